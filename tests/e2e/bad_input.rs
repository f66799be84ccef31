//! Pushes that nobody makes by accident: each gets an answer, in time, and the next release goes through.

use std::time::{Duration, Instant};

use modgate_tests::budget::choose;
use modgate_tests::daemon::Daemon;
use modgate_tests::push::Push;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::push_rules::gate;

/// What 100 MB of a message are made of.
const LINE: &str = "not much is said in this line, but it is long enough to add up soon\n";

const LARGE: usize = 100 << 20;

/// Far more than it takes, so that only what never ends fails.
const LIMIT: Duration = Duration::from_secs(60);

/// Unoptimized programs on a busy machine take longer than those that people run.
const PATIENT: &str = "[policy]\ntime_limit_ms = 60000\n";

/// Pushes a tag within the limit.
#[track_caller]
fn timed(lib: &Repository<'_>, what: &[&str]) -> Push {
    let start = Instant::now();
    let push = lib.push(what);
    assert!(start.elapsed() < LIMIT, "{what:?} took {:?}", start.elapsed());
    push
}

/// A tag object on another object.
fn tag_object(lib: &Repository<'_>, target: &str, kind: &str, message: &str) -> String {
    let object = format!(
        "object {target}\ntype {kind}\ntag v1.0.0\ntagger T <t@example.com> 1700000000 +0000\n\n{message}"
    );
    lib.git_run(&["mktag", "--no-strict"]).stdin(object).finish().ok().line()
}

#[test]
fn a_tag_of_a_tag_of_a_tag_is_the_commit_below() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v0.1.0").push_main();
    let mut target = tag_object(&lib, &lib.head(), "commit", "x\n");
    for _ in 0..90 {
        target = tag_object(&lib, &target, "tag", "x\n");
    }
    lib.git(&["tag", "v1.0.0", &target]);
    timed(&lib, &["v1.0.0"]).accepted().receipt();
    assert_eq!(daemon.list(&lib.module()), ["v1.0.0"]);
    for _ in 0..choose(110, 2000) {
        target = tag_object(&lib, &target, "tag", "x\n");
    }
    lib.git(&["tag", "v1.1.0", &target]);
    timed(&lib, &["v1.1.0"]).refused().says("more than 100 nested tags");
    // Where no hook is in its way, it spoils nothing else.
    std::fs::remove_file(lib.bare().join("hooks/pre-receive")).expect("it was installed");
    lib.push(&["v1.1.0"]).accepted();
    lib.release("v1.2.0").push(&["v1.2.0"]).accepted();
    daemon.wait_for(LIMIT, &lib.module(), "v1.2.0");
}

#[test]
fn symbolic_links_in_a_circle_are_left_out() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.release("v0.1.0");
    let link = |name: &str, target: &str| {
        std::os::unix::fs::symlink(target, lib.work().join(name))
            .expect("the work tree is writable");
    };
    for (name, target) in [("a", "b"), ("b", "a"), ("own", "own"), ("here", "."), ("up", "../lib")]
    {
        link(name, target);
    }
    lib.remove("note.txt")
        .write("embed.go", "package code\n\nimport _ \"embed\"\n\n//go:embed a\nvar A string\n");
    lib.commit("links");
    lib.tag("v1.0.0");
    let push = timed(&lib, &["v1.0.0"]).refused().says("embed-missing").says("5 | //go:embed a");
    // What leads nowhere cannot be copied.
    push.says("git rm -q -- own")
        .says("git rm -q -- here")
        .says("cp -RL -- up")
        .lacks("cp -RL -- a");
    lib.remove("embed.go").remove("go.mod");
    link("go.mod", "go.mod");
    lib.commit("go.mod is one of them");
    lib.tag("v1.0.0");
    timed(&lib, &["v1.0.0"]).refused().says("gomod-not-regular");
}

/// A repository behind a gate that takes its time.
fn patient(site: &Site) -> (Repository<'_>, Daemon) {
    let lib = site.repository("acme/lib");
    let daemon = gate(site);
    lib.release("v0.1.0").push_main();
    site.configure(PATIENT);
    site.install();
    (lib, daemon)
}

#[test]
fn a_commit_message_of_100_mb_is_answered() {
    let site = Site::new();
    let (lib, _daemon) = patient(&site);
    let message = LINE.repeat(LARGE / LINE.len());
    let tree = lib.git(&["rev-parse", "HEAD^{tree}"]).line();
    let commit =
        lib.git_run(&["commit-tree", "-p", "HEAD", &tree]).stdin(message).finish().ok().line();
    lib.git(&["tag", "v1.0.0", &commit]);
    timed(&lib, &["v1.0.0"]).accepted().receipt();
}

#[test]
fn a_tag_message_of_100_mb_is_answered() {
    let site = Site::new();
    let (lib, _daemon) = patient(&site);
    let message = LINE.repeat(LARGE / LINE.len());
    let tag = tag_object(&lib, &lib.head(), "commit", &message);
    lib.git(&["update-ref", "refs/tags/v1.0.0", &tag]);
    timed(&lib, &["v1.0.0"]).accepted().receipt();
}

/// The declared path is in the message, cut; the command that would hold it is left out.
#[test]
fn a_module_line_of_1_mb_is_cut() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    for path in
        ["x/".repeat(1 << 19), "\u{1b}[31m\u{202e}".repeat(1 << 17), "日本語".repeat(1 << 17)]
    {
        lib.write("code.go", "package code\n");
        lib.write("go.mod", format!("module git.example.com/{path}\n")).commit("long");
        lib.tag("v1.0.0");
        let push = timed(&lib, &["v1.0.0"]).refused().says("…");
        let said = push.remote();
        assert!(said.lines().count() < 60, "{said}");
        assert!(said.len() < 10_000, "{}", said.len());
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said}");
    }
}

#[test]
fn many_bad_tags_are_summed_up_in_one_screen() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    site.configure(PATIENT);
    let daemon = gate(&site);
    lib.release("v0.1.0").push(&["main", "v0.1.0"]).accepted();
    let head = lib.head();
    let make = |names: &mut dyn Iterator<Item = String>| {
        let lines: String = names.map(|name| format!("create refs/tags/{name} {head}\n")).collect();
        lib.git_run(&["update-ref", "--stdin"]).stdin(lines).finish().ok();
    };
    let screen = |push: Push, tags: usize| {
        let said = push.remote();
        assert!(said.lines().count() <= 30, "{} lines: {said}", said.lines().count());
        assert!(said.contains(&format!("modgate: {tags} tags: ")), "{said}");
    };
    make(&mut (0..20).map(|n| format!("v{}.0.{n}", 2 + n % 7)));
    screen(timed(&lib, &["--tags"]).refused().says("20 x major-suffix-missing (reject)"), 20);
    lib.git(&["push", "--quiet", "origin", "HEAD:refs/heads/other"]);
    // The same history, as an import into a repository without releases.
    let imported = site.repository("acme/imported");
    site.install();
    imported.git(&["fetch", "--quiet", "--tags", &lib.work().to_string_lossy(), "main"]);
    let count = choose(200, 10_000);
    let lines: String =
        (0..count).map(|n| format!("create refs/tags/v12.0.{n} {head}\n")).collect();
    imported.git_run(&["update-ref", "--stdin"]).stdin(lines).finish().ok();
    let push = timed(&imported, &["--quiet", "-o", "modgate.import", "--tags"]).accepted();
    let all = 20 + 1 + count;
    screen(push.says("let in by policy, not served"), all);
    daemon.stop();
}
