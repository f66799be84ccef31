//! What was accepted is kept: refs of our own, which nobody sees, hold on to it.

use std::fs;
use std::path::Path;

use modgate_tests::budget;
use modgate_tests::consumer::Consumer;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::users::split;
use modgate_tests::wait;

use crate::elsewhere::many;
use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

/// The commits that are kept.
pub(crate) fn kept(lib: &Repository<'_>) -> Vec<String> {
    let refs = lib.server(&["for-each-ref", "--format=%(objectname) %(refname)", "refs/modgate"]);
    let lines = refs.text();
    let commits = lines.lines().map(|line| {
        let (commit, name) = line.split_once(' ').expect("a commit and a ref");
        assert_eq!(name, format!("refs/modgate/keep/{commit}"));
        commit.to_owned()
    });
    commits.collect()
}

#[track_caller]
pub(crate) fn wait_until_kept(lib: &Repository<'_>, commit: &str) {
    wait::until(wait::SOON, "the commit is kept", || kept(lib).contains(&commit.to_owned()));
}

/// The housekeeping of a host at its worst.
#[track_caller]
pub(crate) fn collect_garbage(lib: &Repository<'_>) {
    lib.server(&["reflog", "expire", "--expire=now", "--all"]);
    lib.server(&["gc", "--quiet", "--prune=now"]);
}

/// Built zips must not help.
pub(crate) fn forget_zips(site: &Site) {
    let entries = fs::read_dir(site.state().join("cache")).expect("the cache is readable");
    for entry in entries.flatten() {
        fs::remove_file(entry.path()).expect("the cache is writable");
    }
}

#[test]
fn garbage_collection_takes_nothing_that_was_accepted_or_served() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let released = lib.release("v1.1.0").head();
    lib.push(&["main", "v1.1.0"]).accepted();
    assert_eq!(kept(&lib).len(), 2, "both are kept when the push returns");
    let served = lib.write("more.txt", "more").commit("more");
    lib.push(&["main"]).accepted();
    let path = format!("/{MODULE}/@v/{served}.info");
    wait::until(wait::SOON, "the branch is seen", || daemon.get(&path).status == 200);
    let one = Consumer::of(&site, "one", &daemon, &[&format!("{MODULE}@v1.1.0")]);
    let other = Consumer::of(&site, "other", &daemon, &[&format!("{MODULE}@{served}")]);
    wait_until_kept(&lib, &served);
    // Tag and branch go, behind our back and by push.
    lib.server(&["tag", "--delete", "v1.1.0"]);
    lib.git(&["reset", "--quiet", "--hard", "v1.0.0"]);
    lib.push(&["--force", "main"]).accepted();
    let lost = lib.git(&["commit-tree", "-m", "x", "HEAD^{tree}"]).line();
    lib.git(&["push", "--quiet", "origin", &format!("{lost}:refs/heads/x")]);
    lib.push(&[":refs/heads/x"]).accepted();
    collect_garbage(&lib);
    lib.server(&["cat-file", "-e", &released]);
    let gone = lib.site().git(lib.bare()).args(["cat-file", "-e", &lost]).finish();
    assert_ne!(gone.code(), 0, "what nobody accepted was collected");
    daemon.stop();
    forget_zips(&site);
    let daemon = site.serve();
    one.still_verifies(&daemon);
    other.still_verifies(&daemon);
    // It makes no commit visible.
    daemon.get(&path).has_status(404);
}

#[test]
fn keep_refs_are_seen_by_nobody_and_deleted_by_no_mirror() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let before = kept(&lib);
    assert_eq!(before, [lib.head()]);
    let url = lib.bare().display().to_string();
    let seen = lib.git(&["ls-remote", &url]).text();
    assert!(seen.contains("refs/tags/v1.0.0") && !seen.contains("modgate"), "{seen}");
    let mirror = site.path("work/mirror.git");
    site.git(&site.path("work"))
        .args(["clone", "--quiet", "--mirror", &url])
        .arg(&mirror)
        .finish()
        .ok();
    let refs = site.git(&mirror).args(["for-each-ref"]).finish().ok();
    assert!(!refs.text().contains("modgate"), "{refs}");
    lib.push(&["--mirror", "--force"]).accepted();
    assert_eq!(kept(&lib), before);
    // What a fetch with --prune takes, the daemon makes again when it starts.
    lib.server(&["update-ref", "-d", &format!("refs/modgate/keep/{}", before[0])]);
    daemon.stop();
    let _daemon = site.serve();
    wait_until_kept(&lib, &before[0]);
    let hidden = lib.server(&["config", "--get-all", "transfer.hideRefs"]).text();
    assert_eq!(hidden, "refs/modgate\n", "hidden once");
}

#[test]
fn without_a_daemon_the_hook_keeps() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    site.install();
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
    assert_eq!(kept(&lib), [lib.head()]);
}

#[test]
fn keep_refs_can_be_declined() {
    let site = Site::new();
    site.configure("[keep]\nrefs = false\n");
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let consumer = |daemon| Consumer::of(&site, "one", daemon, &[&format!("{MODULE}@v1.0.0")]);
    lib.release("v0.1.0").push(&["main", "v0.1.0"]).accepted();
    lib.release("v1.0.0").push(&["v1.0.0"]).accepted();
    let consumer = consumer(&daemon);
    lib.server(&["tag", "--delete", "v1.0.0"]);
    daemon.stop();
    forget_zips(&site);
    collect_garbage(&lib);
    let daemon = site.serve();
    assert_eq!(kept(&lib), Vec::<String>::new());
    assert_eq!(
        lib.server(&["config", "--default", "none", "--get", "transfer.hideRefs"]).line(),
        "none"
    );
    let failed = consumer.download(&daemon);
    failed.exits(1).says("its content is gone from repository \"acme/lib\"");
}

#[test]
fn where_the_daemon_may_not_write_the_hook_keeps() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        lib.server(&["config", "core.sharedRepository", "0644"]);
        // The tag that was there before has to wait until the daemon may write.
        let early = lib.release("v0.1.0").head();
        lib.push(&["main", "v0.1.0"]).accepted();
        site.install();
        let rights = |what: &str| lib.shell(lib.bare(), &[&format!("chmod {what} . refs refs/*")]);
        rights("go-w").finish().ok();
        let daemon = site.serve();
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
        assert_eq!(kept(&lib), [lib.head()]);
        let owner = |path: &Path| {
            std::os::unix::fs::MetadataExt::uid(&fs::metadata(path).expect("it is there"))
        };
        assert_eq!(owner(&lib.bare().join("config")), owner(&lib.bare().join("HEAD")));
        let is_told = || daemon.log().contains("not ours to write");
        wait::until(wait::SOON, "the log says that nothing can be written", is_told);
        assert_eq!(daemon.list(MODULE), ["v0.1.0", "v1.0.0"]);
        assert!(!kept(&lib).contains(&early));
        rights("g+w").finish().ok();
        lib.shell(lib.bare(), &["chmod -R g+w refs/modgate"]).finish().ok();
        daemon.stop();
        let _daemon = site.serve();
        wait_until_kept(&lib, &early);
    });
}

/// Thousands of tags are kept by one change of one file, behind the push.
#[test]
fn thousands_of_commits_are_kept_at_once() {
    let site = Site::new();
    site.configure("[policy]\ntime_limit_ms = 100000\n");
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let count = budget::choose(500, 10_000);
    many(&lib, count);
    lib.push(&["--push-option=modgate.import", "main", "--tags"]).accepted();
    // Those that nobody can use are no promise.
    let accepted = count * 9 / 10;
    wait::until(wait::SOON, "all are kept", || kept(&lib).len() == accepted);
    let files = fs::read_dir(lib.bare().join("refs/modgate/keep")).map_or(0, Iterator::count);
    assert_eq!(files, 0, "packed, not one file each");
    lib.server(&["fsck", "--connectivity-only"]);
    lib.server(&["pack-refs", "--all"]);
    assert_eq!(kept(&lib).len(), accepted);
    let more = lib.module_at("", &lib.module()).commit("more");
    let next = format!("v1.{count}.0");
    lib.tag(&next).push(&["main", &next]).accepted().receipt();
    assert!(kept(&lib).contains(&more));
    assert_eq!(daemon.list(&lib.module()).len(), accepted + 1);
}
