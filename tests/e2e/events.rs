//! What can happen to repositories, to the ledger and to the machine: each row of the table of events in
//! `docs/ledger.md` has its test here or where it says. A go.sum from before holds after.

use std::fs;
use std::path::Path;

use modgate_tests::clock::Clock;
use modgate_tests::consumer::Consumer;
use modgate_tests::daemon::Daemon;
use modgate_tests::push::Push;
use modgate_tests::repository::Repository;
use modgate_tests::run::Run;
use modgate_tests::site::Site;
use modgate_tests::sources::{has_test, rust_files, workspace};
use modgate_tests::wait;

use crate::drift::{audit, drift, wait_for_drift};
use crate::keep::{collect_garbage, forget_zips, wait_until_kept};
use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";
const KEEP_ZIPS: &str = "[keep]\nzips = true\n";

/// v1.0.0 and v1.1.0, a daemon, and a consumer of each.
struct Story<'a> {
    site: &'a Site,
    lib: Repository<'a>,
    daemon: Daemon,
    first: Consumer<'a>,
    second: Consumer<'a>,
}

impl<'a> Story<'a> {
    #[track_caller]
    fn begin(site: &'a Site) -> Self {
        let lib = site.repository("acme/lib");
        let daemon = gate(site);
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        lib.release("v1.1.0").push(&["main", "v1.1.0"]).accepted();
        let of =
            |name, version| Consumer::of(site, name, &daemon, &[&format!("{MODULE}@{version}")]);
        let (first, second) = (of("first", "v1.0.0"), of("second", "v1.1.0"));
        Self { site, lib, daemon, first, second }
    }

    /// What the next daemon serves, it does not take from the cache.
    #[track_caller]
    fn restart(self) -> Self {
        self.daemon.stop();
        forget_zips(self.site);
        Self { daemon: self.site.serve(), ..self }
    }

    /// Both consumers get what they had.
    #[track_caller]
    fn all_verify(&self) {
        self.first.still_verifies(&self.daemon);
        self.second.still_verifies(&self.daemon);
    }

    #[track_caller]
    fn wait_until_zips_are_kept(&self, count: usize) {
        let line = format!("modgate_kept_zips {count}");
        let are_kept = || self.daemon.get("/metrics").text().contains(&line);
        wait::until(wait::SOON, "the zips are kept", are_kept);
    }
}

/// Other content than v1.1.0 has, under its tag.
#[track_caller]
fn other_content(lib: &Repository<'_>) -> String {
    let commit = lib.write("other.txt", "other").commit("other");
    lib.tag("v1.1.0");
    commit
}

/// An empty repository where the other one was.
#[track_caller]
fn make_again(site: &Site, lib: &Repository<'_>) {
    let again = site.path("work/again.git");
    let init = ["init", "--quiet", "--bare", "--initial-branch=main", "--shared=umask"];
    site.git(&site.path("work")).args(init).arg(&again).finish().ok();
    fs::rename(again, lib.bare()).expect("the root is ours");
    site.install();
}

#[track_caller]
fn copy(from: &Path, to: &Path) {
    Run::new("cp").arg("-a").arg(from).arg(to).finish().ok();
}

#[test]
fn moved_tag() {
    let site = Site::new();
    let story = Story::begin(&site);
    let moved_to = other_content(&story.lib);
    story.lib.push(&["--force", "v1.1.0"]).refused().says("tag-moved");
    story.lib.push(&["main"]).accepted();
    story.lib.server(&["tag", "--force", "v1.1.0", &moved_to]);
    wait_for_drift(&site, MODULE, "v1.1.0", "moved");
    collect_garbage(&story.lib);
    let story = story.restart();
    story.all_verify();
    assert_eq!(audit(&site, 1)[0]["content"], "repository");
}

#[test]
fn deleted_tag() {
    let site = Site::new();
    let story = Story::begin(&site);
    let released = story.lib.head();
    story.lib.push(&[":refs/tags/v1.1.0"]).refused().says("tag-deleted");
    story.lib.server(&["tag", "--delete", "v1.1.0"]);
    story.lib.push(&["--force", "v1.0.0^{commit}:refs/heads/main"]).accepted();
    wait_for_drift(&site, MODULE, "v1.1.0", "gone");
    collect_garbage(&story.lib);
    let story = story.restart();
    story.all_verify();
    // The second push of two: the ledger remembers what the refs have forgotten.
    other_content(&story.lib);
    story.lib.push(&["v1.1.0"]).refused().says("version-republished");
    story.lib.git(&["tag", "--force", "v1.1.0", &released]);
    story.lib.push(&["v1.1.0"]).accepted();
    wait_for_drift(&site, MODULE, "v1.1.0", "back");
    assert_eq!(audit(&site, 0).len(), 0);
}

#[test]
fn another_tag_for_the_same_version_is_refused() {
    let site = Site::new();
    let story = Story::begin(&site);
    // The group is a repository too, and has a directory where the module of the other one would be.
    let group = site.repository("acme").clone_again("group");
    site.install();
    group.module_at("lib", MODULE).write("lib/other.txt", "other").commit("other");
    group.tag("lib/v1.1.0").tag("lib/v1.2.0");
    group.push(&["main"]).accepted();
    group.push(&["refs/tags/lib/v1.1.0"]).refused().says("of repository \"acme/lib\"");
    group.push(&["refs/tags/lib/v1.2.0"]).refused();
    let story = story.restart();
    story.all_verify();
    assert_eq!(story.daemon.list(MODULE), ["v1.0.0", "v1.1.0"]);
}

#[test]
fn deleted_repository() {
    let site = Site::new();
    let story = Story::begin(&site);
    fs::remove_dir_all(story.lib.bare()).expect("the root is ours");
    wait_for_drift(&site, MODULE, "v1.1.0", "repository-gone");
    let story = story.restart();
    // Neither list nor status sends anybody to look for the module elsewhere.
    assert_eq!(story.daemon.list(MODULE), Vec::<String>::new());
    for path in ["@latest", "@v/v1.1.0.info", "@v/v1.1.0.mod", "@v/v1.1.0.zip"] {
        let answer = story.daemon.get(&format!("/{MODULE}/{path}")).has_status(403);
        let words = if path == "@latest" { "deleted or renamed" } else { "deleted on 20" };
        assert!(answer.text().contains(words), "{answer}");
    }
    let failed = story.first.download(&story.daemon);
    failed.exits(1).says("was released by repository \"acme/lib\", which was deleted on 20");
    let rows = audit(&site, 1);
    assert_eq!((rows.len(), &rows[0]["content"]), (2, &"gone".into()));
    site.modgate(&["audit", "acme/lib"]).finish().exits(1).says("was deleted or renamed");
    // Made again, it is not what it was: other content is refused, the first comes back.
    make_again(&site, &story.lib);
    let released = story.lib.head();
    other_content(&story.lib);
    story.lib.push(&["v1.1.0"]).refused().says("version-republished");
    story.daemon.get(&format!("/{MODULE}/@v/v1.1.0.zip")).has_status(403);
    story.lib.git(&["tag", "--force", "v1.1.0", &released]);
    story.lib.push(&["v1.0.0", "v1.1.0"]).accepted();
    wait_for_drift(&site, MODULE, "v1.1.0", "back");
    story.all_verify();
}

#[test]
fn deleted_repository_with_kept_zips() {
    let site = Site::new();
    site.configure(KEEP_ZIPS);
    let story = Story::begin(&site);
    story.wait_until_zips_are_kept(2);
    fs::remove_dir_all(story.lib.bare()).expect("the root is ours");
    wait_for_drift(&site, MODULE, "v1.1.0", "repository-gone");
    let story = story.restart();
    story.all_verify();
    assert_eq!(story.daemon.list(MODULE), ["v1.0.0", "v1.1.0"]);
    let latest = story.daemon.get(&format!("/{MODULE}/@latest")).has_status(200).json();
    assert_eq!(latest["Version"], "v1.1.0");
    assert_eq!(audit(&site, 1)[0]["content"], "kept");
    // What an administrator takes back is not kept from that.
    let withdraw = ["ledger", "withdraw", MODULE, "v1.1.0", "--reason", "leaks a key"];
    site.modgate(&withdraw).finish().ok();
    story.daemon.get(&format!("/{MODULE}/@v/v1.1.0.zip")).has_status(403);
    assert_eq!(story.daemon.list(MODULE), ["v1.0.0"]);
    story.first.still_verifies(&story.daemon);
}

#[test]
fn renamed_repository() {
    let site = Site::new();
    let story = Story::begin(&site);
    let new = site.root().join("acme/new.git");
    fs::rename(story.lib.bare(), &new).expect("the root is ours");
    wait_for_drift(&site, MODULE, "v1.1.0", "repository-gone");
    let story = story.restart();
    story.all_verify();
    assert_eq!(audit(&site, 1)[0]["content"], "elsewhere");
    // Under its new name nothing is released before go.mod says so.
    let push = |args: &[&str]| -> Push {
        let url = new.display().to_string();
        site.git(story.lib.work()).args(["push", &url]).args(args).finish().into()
    };
    story.lib.write("more.txt", "more").commit("more");
    story.lib.tag("v1.2.0");
    push(&["v1.2.0"]).refused().says("module-path-mismatch");
    // And whoever takes the old name cannot release what was released.
    make_again(&site, &story.lib);
    let released = story.lib.git(&["rev-parse", "v1.1.0"]).line();
    other_content(&story.lib);
    story.lib.push(&["v1.1.0"]).refused().says("version-republished");
    story.all_verify();
    story.lib.git(&["tag", "--force", "v1.1.0", &released]);
    // Renamed back, all is as before.
    fs::remove_dir_all(story.lib.bare()).expect("the root is ours");
    fs::rename(&new, story.lib.bare()).expect("the root is ours");
    wait_for_drift(&site, MODULE, "v1.1.0", "back");
    story.all_verify();
}

#[test]
fn restored_backup_of_the_repository() {
    let site = Site::new();
    site.configure(KEEP_ZIPS);
    let story = Story::begin(&site);
    let backup = site.path("work/backup.git");
    copy(story.lib.bare(), &backup);
    let third = story.lib.release("v1.2.0").head();
    story.lib.push(&["main", "v1.2.0"]).accepted();
    let wanted = format!("{MODULE}@v1.2.0");
    let consumer = Consumer::of(&site, "third", &story.daemon, &[&wanted]);
    story.wait_until_zips_are_kept(3);
    fs::remove_dir_all(story.lib.bare()).expect("the root is ours");
    copy(&backup, story.lib.bare());
    wait_for_drift(&site, MODULE, "v1.2.0", "gone");
    let story = story.restart();
    story.all_verify();
    consumer.still_verifies(&story.daemon);
    assert_eq!(story.daemon.list(MODULE), ["v1.0.0", "v1.1.0", "v1.2.0"]);
    let row = &audit(&site, 1)[0];
    assert_eq!((&row["version"], &row["content"]), (&"v1.2.0".into(), &"kept".into()));
    // The number is not free, though no ref has it.
    story.lib.write("other.txt", "other").commit("other");
    story.lib.tag("v1.2.0").push(&["v1.2.0"]).refused().says("version-republished");
    story.lib.git(&["tag", "--force", "v1.2.0", &third]);
    story.lib.push(&["v1.2.0"]).accepted();
    wait_for_drift(&site, MODULE, "v1.2.0", "back");
}

#[test]
fn restored_backup_of_the_ledger() {
    let site = Site::new();
    let story = Story::begin(&site);
    let backup = site.path("ledger-backup").display().to_string();
    site.modgate(&["ledger", "backup", &backup]).finish().ok();
    story.lib.release("v1.2.0").push(&["main", "v1.2.0"]).accepted();
    let wanted = format!("{MODULE}@v1.2.0");
    let consumer = Consumer::of(&site, "third", &story.daemon, &[&wanted]);
    story.daemon.stop();
    forget_zips(&site);
    let restore = ["ledger", "restore-backup", &backup, "--replace", "--reason", "a test"];
    site.modgate(&restore).finish().ok();
    let story = Story { daemon: site.serve(), ..story };
    story.all_verify();
    consumer.still_verifies(&story.daemon);
    assert_eq!(site.entry(MODULE, "v1.2.0")["how"], "adopted");
    assert_eq!(audit(&site, 0).len(), 0);
}

#[test]
fn force_push() {
    let site = Site::new();
    let story = Story::begin(&site);
    story.lib.git(&["reset", "--quiet", "--hard", "v1.0.0"]);
    story.lib.write("new.txt", "new").commit("another history");
    story.lib.push(&["--force", "main"]).accepted();
    collect_garbage(&story.lib);
    let story = story.restart();
    story.all_verify();
    assert_eq!(audit(&site, 0).len(), 0, "the tags are where they were");
    story.lib.tag("v1.1.0").push(&["--force", "v1.1.0"]).refused().says("tag-moved");
}

#[test]
fn unreachable_commit() {
    let site = Site::new();
    let story = Story::begin(&site);
    let served = story.lib.write("more.txt", "more").commit("more");
    story.lib.push(&["main"]).accepted();
    let path = format!("/{MODULE}/@v/{served}.info");
    wait::until(wait::SOON, "the branch is seen", || story.daemon.get(&path).status == 200);
    let wanted = format!("{MODULE}@{served}");
    let consumer = Consumer::of(&site, "third", &story.daemon, &[&wanted]);
    wait_until_kept(&story.lib, &served);
    story.lib.push(&["--force", "v1.0.0^{commit}:refs/heads/main"]).accepted();
    story.lib.server(&["tag", "--delete", "v1.1.0"]);
    wait_for_drift(&site, MODULE, "v1.1.0", "gone");
    collect_garbage(&story.lib);
    let story = story.restart();
    story.all_verify();
    consumer.still_verifies(&story.daemon);
    story.daemon.get(&path).has_status(404);
}

#[test]
fn changed_prefix() {
    let site = Site::new();
    let story = Story::begin(&site);
    story.daemon.stop();
    forget_zips(&site);
    let root = site.root().display().to_string();
    let serve =
        ["serve", "--listen", "127.0.0.1:0", "--prefix", "code.example.org", "--root", &root];
    let run = site.modgate_bare().args(serve).arg("--state").arg(site.state());
    let story = Story { daemon: Daemon::start(run).ready(), ..story };
    story.all_verify();
    assert_eq!(story.daemon.list(MODULE), ["v1.0.0", "v1.1.0"]);
    // Only what was accepted: a branch is not asked for under a path that nobody has.
    story.daemon.get(&format!("/{MODULE}/@v/main.info")).has_status(404);
    assert_eq!(story.daemon.list("code.example.org/acme/lib"), Vec::<String>::new());
    // Back again.
    let story = story.restart();
    story.all_verify();
    assert_eq!(audit(&site, 0).len(), 0);
}

#[test]
fn hook_removed() {
    let site = Site::new();
    let story = Story::begin(&site);
    site.modgate(&["uninstall"]).finish().ok();
    other_content(&story.lib);
    story.lib.tag("v1.2.0").push(&["--force", "main", "v1.1.0", "v1.2.0"]).accepted().silent();
    wait_for_drift(&site, MODULE, "v1.1.0", "moved");
    story.daemon.wait_for(wait::SOON, MODULE, "v1.2.0");
    assert_eq!(site.entry(MODULE, "v1.2.0")["how"], "adopted");
    let story = story.restart();
    story.all_verify();
    site.install();
    story.lib.push(&[":refs/tags/v1.2.0"]).refused().says("tag-deleted");
}

#[test]
fn hook_disabled_for_an_hour() {
    let site = Site::new();
    let story = Story::begin(&site);
    story.daemon.stop();
    forget_zips(&site);
    let hooks =
        ["pre-receive", "post-receive"].map(|name| story.lib.bare().join("hooks").join(name));
    let aside = |hook: &Path| hook.with_extension("off");
    hooks.iter().for_each(|hook| fs::rename(hook, aside(hook)).expect("the hooks are ours"));
    other_content(&story.lib);
    story.lib.tag("v1.2.0").push(&["--force", "main", "v1.1.0", "v1.2.0"]).accepted().silent();
    story.lib.push(&[":refs/tags/v1.0.0"]).accepted().silent();
    hooks.iter().for_each(|hook| fs::rename(aside(hook), hook).expect("the hooks are ours"));
    assert_eq!(audit(&site, 1).len(), 2);
    let story = Story { daemon: site.serve(), ..story };
    wait_for_drift(&site, MODULE, "v1.1.0", "moved");
    wait_for_drift(&site, MODULE, "v1.0.0", "gone");
    story.all_verify();
    assert_eq!(story.daemon.list(MODULE), ["v1.0.0", "v1.1.0", "v1.2.0"]);
    story.lib.write("more.txt", "more").commit("more");
    story.lib.tag("v1.2.0").push(&["--force", "v1.2.0"]).refused().says("tag-moved");
}

#[test]
fn two_hosts_with_one_state() {
    let site = Site::new();
    let story = Story::begin(&site);
    // At the same time.
    let other = site.path("work/other-root");
    fs::create_dir_all(other.join("acme")).expect("the site's folder is writable");
    let serve = |root: &Path| {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--prefix", "git.example.com", "--root"];
        site.modgate_bare().args(serve).arg(root).arg("--state").arg(site.state())
    };
    serve(&other).finish().exits(2).says("is in use by another modgate process");
    // One after the other: the second host has another repository of the same name.
    story.daemon.stop();
    forget_zips(&site);
    copy(story.lib.bare(), &other.join("acme/lib.git"));
    let bare = other.join("acme/lib.git");
    let git = |args: &[&str]| site.git(&bare).args(args).finish().ok();
    let tree = git(&["rev-parse", "v1.0.0^{tree}"]).line();
    let commit = git(&["commit-tree", "-m", "another", &tree]).line();
    git(&["tag", "--force", "v1.1.0", &commit]);
    let story = Story { daemon: Daemon::start(serve(&other)).ready(), ..story };
    wait_for_drift(&site, MODULE, "v1.1.0", "moved");
    story.all_verify();
    // Back at the first.
    let story = story.restart();
    story.all_verify();
    wait_for_drift(&site, MODULE, "v1.1.0", "back");
    assert_eq!(drift(&site, MODULE, "v1.0.0").len(), 0);
}

#[test]
fn clock_back_one_year() {
    let site = Site::new();
    let story = Story::begin(&site);
    let before = site.entry(MODULE, "v1.1.0");
    story.daemon.stop();
    forget_zips(&site);
    let clock = Clock::new(&site);
    clock.jump(-365 * 86_400);
    let serve = clock.of(site.modgate(&["serve", "--listen", "127.0.0.1:0"]));
    let story = Story { daemon: Daemon::start(serve).ready(), ..story };
    story.lib.release("v1.2.0");
    let push = clock.of(site.git(story.lib.work())).args(["push", "origin", "main", "v1.2.0"]);
    Push::from(push.finish()).accepted().receipt();
    story.all_verify();
    let year = |entry: &serde_json::Value| entry["time"].as_str().map(|time| time[..4].to_owned());
    let (first, third) = (site.entry(MODULE, "v1.1.0"), site.entry(MODULE, "v1.2.0"));
    assert_eq!(first, before, "what was recorded keeps its time");
    assert!(year(&third) < year(&first), "{third}");
    story.lib.server(&["tag", "--delete", "v1.1.0"]);
    wait_for_drift(&site, MODULE, "v1.1.0", "gone");
    // The clock goes right again; the order of the journal is that of its lines.
    let story = story.restart();
    story.lib.push(&["v1.1.0"]).accepted();
    wait_for_drift(&site, MODULE, "v1.1.0", "back");
    story.all_verify();
    let status = site.modgate(&["status", "--json"]).finish().ok().json();
    assert_eq!(status["pending"], 0, "{status}");
}

/// The table of events names its tests, and these tests exist.
#[test]
fn every_event_names_a_test_that_exists() {
    let page = fs::read_to_string(workspace().join("docs/ledger.md")).expect("there is a page");
    let events = page.split("## Events").nth(1).expect("it has a section on events");
    let events = events.split("\n## ").next().unwrap_or_default();
    let rows: Vec<&str> = events.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 14, "{} rows", rows.len());
    let tests = rust_files(&workspace().join("tests/e2e")).expect("the tests are readable");
    for row in rows {
        let named: Vec<&str> =
            row.split('`').skip(1).step_by(2).filter(|word| word.contains("::")).collect();
        assert!(!named.is_empty(), "no test in {row:?}");
        for name in named {
            let exists = has_test(&tests, name);
            assert!(exists, "{name:?} in {row:?} is no test");
        }
    }
}
