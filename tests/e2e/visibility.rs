//! When a change of the repository shows, and what stays as it was.

use std::time::Duration;

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::run::Run;
use modgate_tests::site::Site;
use modgate_tests::wait;

use crate::push_rules::gate;

const A_SECOND: Duration = Duration::from_secs(1);
const MODULE: &str = "git.example.com/acme/lib";

#[test]
pub(crate) fn pushed_tag_is_listed_when_the_push_returns() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    check_pushes(&site, &daemon, &lib);
}

/// The watcher sees nothing: every watch is refused, as with a used-up limit.
#[test]
fn pushed_tag_is_listed_when_the_push_returns_though_nothing_is_watched() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    site.install();
    let mark = site.path("watch-was-refused");
    let source = "#include <errno.h>\n#include <fcntl.h>\n#include <stdint.h>\n#include <stdlib.h>\n#include <unistd.h>\n\
        int inotify_add_watch(int fd, const char *path, uint32_t mask) {\n\
        close(open(getenv(\"WATCH_MARK\"), O_CREAT | O_WRONLY, 0644));\n\
        errno = ENOSPC;\nreturn -1;\n}\n";
    std::fs::write(site.path("blind.c"), source).expect("the site's folder is writable");
    Run::new("cc")
        .dir(&site.path(""))
        .args(["-shared", "-fPIC", "-o", "blind.so", "blind.c"])
        .finish()
        .ok();
    let serve = site.modgate(&["serve", "--listen", "127.0.0.1:0"]);
    let serve = serve.env("LD_PRELOAD", site.path("blind.so")).env("WATCH_MARK", &mark);
    let daemon = Daemon::start(serve).ready();
    wait::until(wait::SOON, "the daemon tries to watch", || mark.exists());
    check_pushes(&site, &daemon, &lib);
    assert!(!daemon.log().is_empty(), "a watch limit that is used up must be said in the log");
}

#[track_caller]
fn check_pushes(site: &Site, daemon: &Daemon, lib: &modgate_tests::repository::Repository<'_>) {
    let go = Go::through(site, "go-modgate", &daemon.url());
    for patch in 0..15 {
        let version = format!("v1.0.{patch}");
        let receipt = lib.release(&version).push(&["main", &version]).accepted().receipt();
        assert!(
            daemon.list(MODULE).contains(&version),
            "{version} is not listed when the push returns"
        );
        assert_eq!(daemon.get(&format!("/{MODULE}/@latest")).json()["Version"], version.as_str());
        if patch % 5 == 0 {
            assert_eq!(go.fetch(MODULE, &version).sum, receipt.h1);
        }
    }
}

#[test]
pub(crate) fn tag_made_on_the_server_shows_within_a_second() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let daemon = gate(&site);
    for version in ["v1.0.1", "v1.0.2", "v1.0.3"] {
        lib.server(&["tag", version, "main"]);
        daemon.wait_for(A_SECOND, MODULE, version);
    }
    lib.server(&["tag", "--annotate", "--message", "x", "v1.1.0", "main"]);
    daemon.wait_for(A_SECOND, MODULE, "v1.1.0");
    lib.server(&["pack-refs", "--all"]);
    lib.server(&["tag", "v1.2.0", "main"]);
    daemon.wait_for(A_SECOND, MODULE, "v1.2.0");
    assert_eq!(daemon.list(MODULE).len(), 6);
    assert_eq!(site.entry(MODULE, "v1.2.0")["how"], "adopted");
}

#[test]
fn tags_that_a_mirror_fetches_show_within_a_second() {
    let site = Site::new();
    let (lib, source) = (site.repository("acme/lib"), site.repository("elsewhere/lib"));
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let daemon = gate(&site);
    source.module_at("", MODULE).commit("the same module");
    source.tag("v1.1.0").tag("v1.2.0").tag("v1.3.0");
    let work = source.work().to_string_lossy().into_owned();
    lib.server(&["fetch", "--quiet", &work, "refs/tags/*:refs/tags/*"]);
    for version in ["v1.1.0", "v1.2.0", "v1.3.0"] {
        daemon.wait_for(A_SECOND, MODULE, version);
    }
}

#[test]
fn branch_moved_on_the_server_shows_within_a_second() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let daemon = gate(&site);
    let hash = || daemon.get(&format!("/{MODULE}/@v/main.info")).json()["Origin"]["Hash"].clone();
    assert_eq!(hash(), lib.head().as_str());
    lib.write("more.txt", "more").commit("more");
    lib.push(&["main"]).accepted().silent();
    let head = lib.head();
    wait::until(A_SECOND, "main.info has the new commit", || hash() == head.as_str());
}

// Rules: N7, X13
#[test]
fn deleted_tag_stays_served() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let receipt = lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
    lib.server(&["tag", "--delete", "v1.0.0"]);
    lib.release("v1.1.0").push(&["main"]).accepted();
    lib.server(&["tag", "v1.1.0", "main"]);
    // The new tag is seen: so is the deletion.
    daemon.wait_for(A_SECOND, MODULE, "v1.1.0");
    assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.1.0"]);
    let go = Go::through(&site, "go-modgate", &daemon.url());
    assert_eq!(go.fetch(MODULE, "v1.0.0").sum, receipt.h1);
    daemon.stop();
    let daemon = site.serve();
    let go = Go::through(&site, "go-restarted", &daemon.url());
    assert_eq!(go.fetch(MODULE, "v1.0.0").sum, receipt.h1);
}

// Rules: N7, X13
#[test]
pub(crate) fn moved_tag_keeps_the_first_content() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let receipt = lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
    let first = lib.head();
    lib.write("moved.txt", "moved").commit("moved");
    lib.push(&["main"]).accepted();
    lib.server(&["tag", "--force", "v1.0.0", "main"]);
    lib.server(&["tag", "v1.1.0", "main"]);
    daemon.wait_for(A_SECOND, MODULE, "v1.1.0");
    let check = |daemon: &Daemon, name: &str| {
        let info = daemon.get(&format!("/{MODULE}/@v/v1.0.0.info")).has_status(200).json();
        assert_eq!(info["Origin"]["Hash"], first.as_str());
        let go = Go::through(&site, name, &daemon.url());
        assert_eq!(go.fetch(MODULE, "v1.0.0").sum, receipt.h1);
    };
    check(&daemon, "go-modgate");
    let status = site.modgate(&["status", "--json"]).finish().ok().json();
    assert_ne!(status["drift"], 0, "a moved tag is drift: {status}");
    daemon.stop();
    check(&site.serve(), "go-restarted");
}

#[test]
fn repository_made_while_the_daemon_runs_is_served() {
    let site = Site::new();
    let _first = site.repository("acme/lib");
    let daemon = gate(&site);
    for name in ["acme/second", "new/group/third"] {
        let lib = site.repository(name);
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        let path = format!("/{}/@v/v1.0.0.info", lib.module());
        wait::until(wait::SOON, &path, || daemon.get(&path).status == 200);
        lib.release("v1.1.0").push(&["main", "v1.1.0"]).accepted();
        daemon.wait_for(wait::SOON, &lib.module(), "v1.1.0");
    }
}

/// A restore: the folder goes and comes back at once, with other inodes.
#[test]
fn repository_that_is_made_again_is_watched_and_says_what_is_gone() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    lib.release("v1.1.0").push(&["main", "v1.1.0"]).accepted();
    let (old, kept) = (site.path("old.git"), lib.bare().to_owned());
    std::fs::rename(&kept, &old).expect("the root is writable");
    let first = format!("file://{}", old.display());
    let kept_path = kept.to_str().expect("it is UTF-8");
    site.git(&site.root())
        .args([
            "clone",
            "--quiet",
            "--bare",
            "--branch",
            "v1.0.0",
            "--single-branch",
            &first,
            kept_path,
        ])
        .finish()
        .ok();
    std::fs::remove_dir_all(&old).expect("it is ours");
    let gone = || daemon.get(&format!("/{MODULE}/@v/v1.1.0.info"));
    wait::until(wait::SOON, "the lost version is forbidden", || gone().status == 403);
    assert!(gone().text().contains("content is gone"), "{}", gone().text());
    // What was seen while the folder was filled is looked at again.
    wait::until(wait::SOON, "the version that is there", || daemon.list(MODULE) == ["v1.0.0"]);
    daemon.get(&format!("/{MODULE}/@v/v1.0.0.zip")).has_status(200);
    // Whatever was watched before went with the old folder.
    lib.server(&["tag", "v1.2.0", "v1.0.0"]);
    daemon.wait_for(A_SECOND, MODULE, "v1.2.0");
}

// Rules: Q1, Q7.4, PV1, PV7
#[test]
fn queries_by_branch_commit_and_pseudo_version() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let commit = lib.write("more.txt", "more").commit("more");
    lib.push(&["main"]).accepted();
    let info = |query: &str| daemon.get(&format!("/{MODULE}/@v/{query}.info"));
    let version = || info("main").json()["Version"].as_str().unwrap_or_default().to_owned();
    wait::until(A_SECOND, "main is the pushed commit", || version().ends_with(&commit[..12]));
    let version = version();
    assert!(version.starts_with("v1.0.1-0."), "{version}");
    for query in [&commit, &commit[..12], &commit[..7], version.as_str()] {
        let answer = info(query).has_status(200).json();
        assert_eq!(
            (&answer["Version"], &answer["Origin"]["Hash"]),
            (&version.as_str().into(), &commit.as_str().into())
        );
    }
    for (query, words) in
        [("nosuch", "nosuch"), ("v1.0.1-0.20200101000000-0123456789ab", "0123456789ab")]
    {
        let answer = info(query).has_status(404);
        assert!(answer.text().contains(words), "{answer}");
    }
    // Right commit, wrong base: not a name of this commit.
    info(&version.replace("v1.0.1-0.", "v1.7.1-0.")).has_status(404);
}

// Rules: R1, R6, N8
#[test]
fn commit_that_no_ref_reaches_is_not_served() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let lost = lib.write("secret.txt", "secret").commit("secret");
    lib.push(&["HEAD:refs/heads/topic"]).accepted();
    let path = format!("/{MODULE}/@v/{lost}.info");
    wait::until(A_SECOND, "the branch is seen", || daemon.get(&path).status == 200);
    lib.push(&[":refs/heads/topic"]).accepted();
    wait::until(A_SECOND, "the deleted branch is seen", || daemon.get(&path).status == 404);
    daemon.get(&format!("/{MODULE}/@v/{}.info", &lost[..12])).has_status(404);
    // Hidden refs make no commit visible.
    let tip = lib.server(&["commit-tree", "-m", "pull", &format!("{lost}^{{tree}}")]).line();
    lib.server(&["update-ref", "refs/pull/1/head", &tip]);
    lib.server(&["tag", "v1.1.0", "main"]);
    daemon.wait_for(A_SECOND, MODULE, "v1.1.0");
    daemon.get(&format!("/{MODULE}/@v/{tip}.info")).has_status(404);
}

// Rules: N8, X13
#[test]
fn served_pseudo_version_outlives_a_force_push() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let commit = lib.write("more.txt", "more").commit("more");
    lib.push(&["main"]).accepted();
    let go = Go::through(&site, "go-modgate", &daemon.url());
    let path = format!("/{MODULE}/@v/{commit}.info");
    wait::until(A_SECOND, "the branch is seen", || daemon.get(&path).status == 200);
    let served = go.fetch(MODULE, &commit);
    lib.git(&["reset", "--quiet", "--hard", "v1.0.0"]);
    lib.push(&["--force", "main"]).accepted();
    wait::until(A_SECOND, "the force push is seen", || daemon.get(&path).status == 404);
    go.forget();
    assert_eq!(go.fetch(MODULE, &served.version).sum, served.sum);
    assert_eq!(site.entry(MODULE, &served.version)["how"], "served");
}

#[test]
fn rewritten_history_is_told_to_the_operator() {
    let site = Site::new();
    site.configure("[[policy.repository]]\nmatch = \"acme/draft\"\nhistory-rewritten = \"off\"\n");
    let (lib, draft) = (site.repository("acme/lib"), site.repository("acme/draft"));
    let daemon = gate(&site);
    let told = |words: &str| daemon.log().contains(words);
    let mut lost = Vec::new();
    for one in [&draft, &lib] {
        one.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        lost.push(one.write("more.txt", "more").commit("more"));
        one.push(&["main", "main:refs/heads/merged"]).accepted();
        let path = format!("/{}/@v/{}.info", one.module(), lost[lost.len() - 1]);
        wait::until(A_SECOND, "the branch is seen", || daemon.get(&path).status == 200);
        // The commit of a branch that goes is still in another one.
        one.push(&[":refs/heads/merged"]).accepted();
        one.git(&["reset", "--quiet", "--hard", "v1.0.0"]);
        one.push(&["--force", "main"]).accepted();
        wait::until(A_SECOND, "the force push is seen", || daemon.get(&path).status == 404);
    }
    let short = &lost[1][..12];
    wait::until(A_SECOND, "the rewritten history is told", || told("history-rewritten"));
    assert!(
        told(&format!("nothing leads to commit {short} any more, which branch \"main\" had")),
        "{}",
        daemon.log()
    );
    assert!(told(&format!("git tag keep/main {}", lost[1])), "{}", daemon.log());
    assert_eq!(daemon.log().matches("history-rewritten").count(), 1, "{}", daemon.log());
    let metrics = daemon.get("/metrics").text();
    assert!(metrics.contains("modgate_rewritten_branches_total 1"), "{metrics}");
    // That is what the rule says that consumers see.
    let go = Go::through(&site, "go-modgate", &daemon.url());
    let failed = go.run(&["list", "-m", &format!("{}@{}", lib.module(), lost[1])]);
    failed.exits(1).says("unknown revision");
}
