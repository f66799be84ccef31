//! What policy decides: levels, forks, mirrors and imports.

use modgate_tests::site::Site;

use crate::push_rules::gate;

mod levels;
pub(crate) mod skips;

// Rules: K1
#[test]
fn levels_come_from_the_settings() {
    let site = Site::new();
    site.configure("[policy]\ntag-missing-v = \"reject\"\ntag-shorthand = \"off\"\n");
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.release("1.2.3").tag("v1.2");
    lib.push(&["1.2.3"]).refused().says("tag-missing-v");
    lib.push(&["v1.2"]).accepted().lacks("tag-shorthand");
}

// Rules: N6
#[test]
fn broken_version_that_policy_lets_in_is_not_served() {
    let site = Site::new();
    site.configure("[policy]\nmodule-path-mismatch = \"warn\"\n");
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.module_at("", "example.org/other").commit("other");
    lib.tag("v1.0.0")
        .push(&["main", "v1.0.0"])
        .accepted()
        .says("module-path-mismatch")
        .says("not served");
    assert_eq!(daemon.list(&lib.module()), Vec::<String>::new());
    let answer = daemon.get("/git.example.com/acme/lib/@v/v1.0.0.info").has_status(404);
    assert!(answer.text().contains("module-path-mismatch"), "{answer}");
    let entry = site.entry(&lib.module(), "v1.0.0");
    assert_eq!(entry["state"], "broken");
    assert!(
        entry["reason"].as_str().is_some_and(|reason| reason.contains("module-path-mismatch")),
        "{entry}"
    );
    // Broken is no promise: the number is free for a release that works.
    lib.release("v1.0.0").push(&["--force", "v1.0.0"]).accepted().receipt();
    assert_eq!(daemon.list(&lib.module()), ["v1.0.0"]);
}

#[test]
fn wrong_prefix_heals() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let wrong = |verb: &str| {
        let run = site.modgate_bare().args([verb, "--prefix", "wrong.example.com"]);
        run.arg("--root").arg(site.root()).arg("--state").arg(site.state())
    };
    let said = wrong("install").finish().ok();
    assert!(
        said.errors().contains("prefix") || said.text().contains("prefix"),
        "no warning: {said}"
    );
    let daemon =
        modgate_tests::daemon::Daemon::start(wrong("serve").args(["--listen", "127.0.0.1:0"]))
            .ready();
    assert_eq!(daemon.list("wrong.example.com/acme/lib"), Vec::<String>::new());
    daemon.stop();
    let daemon = gate(&site);
    assert_eq!(daemon.list(&lib.module()), ["v1.0.0"]);
}

#[test]
fn fork_is_ignored_in_one_line() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let fork = site.repository("fork/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().receipt();
    let upstream = lib.bare().to_string_lossy().into_owned();
    fork.git(&["pull", "--quiet", "--tags", &upstream, "main"]);
    let push = fork.push(&["main", "v1.0.0"]).accepted();
    let said = push.remote();
    assert!(said.contains("ignored") && said.contains("acme/lib"), "{push:?}");
    assert!(!said.trim().contains("\n\n"), "more than one sentence: {push:?}");
    assert_eq!(push.receipts(), []);
    assert_eq!(daemon.list("git.example.com/fork/lib"), Vec::<String>::new());
    assert_eq!(daemon.list("git.example.com/acme/lib"), ["v1.0.0"]);
    // The same tag on another commit is a release of this repository, and says the way.
    fork.write("change.txt", "mine").commit("change");
    fork.tag("v1.1.0").push(&["v1.1.0"]).refused().says("module-path-mismatch");
}

#[test]
fn mirror_is_not_judged_and_not_listed() {
    let site = Site::new();
    site.configure("[[policy.repository]]\nmatch = \"mirrors/*\"\nkind = \"mirror\"\n");
    let mirror = site.repository("mirrors/lib");
    let daemon = gate(&site);
    mirror.module_at("", "example.org/upstream").commit("upstream");
    mirror.tag("v1.0.0").tag("v2.0.0+meta").push(&["main", "--tags"]).accepted().silent();
    assert_eq!(daemon.list("git.example.com/mirrors/lib"), Vec::<String>::new());
    mirror.push(&[":refs/tags/v1.0.0"]).accepted().silent();
}

#[test]
fn import_lets_broken_tags_in_until_there_is_a_release() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").tag("v2.0.0").tag("v1.1.0+meta");
    lib.push(&["main", "--tags"]).refused();
    lib.push(&["--push-option=modgate.import", "main", "--tags"]).accepted().says("1");
    assert_eq!(daemon.list(&lib.module()), ["v1.0.0"]);
    daemon.get("/git.example.com/acme/lib/v2/@v/v2.0.0.info").has_status(404);
    assert_eq!(site.entry(&lib.module(), "v1.0.0")["how"], "imported");
    lib.release("v1.2.0").tag("v3.0.0");
    lib.push(&["--push-option=modgate.import", "v3.0.0"]).refused().says("major-suffix-missing");
    lib.push(&["v1.2.0"]).accepted().receipt();
}
