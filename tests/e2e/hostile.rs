//! Hostile tags, paths and files: each is answered in words that cannot write to a terminal.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::time::{Duration, Instant};

use modgate_tests::push::Push;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::push_rules::gate;

/// Bytes that a terminal would obey, ESC and the 8-bit and UTF-8 forms of CSI among them.
#[track_caller]
fn is_harmless(push: &Push) {
    let said = push.remote_bytes();
    for bad in [&b"\x1b"[..], b"\x07", "\u{9b}".as_bytes(), "\u{202e}".as_bytes(), b"\xff"] {
        let found = said.windows(bad.len()).any(|window| window == bad);
        assert!(
            !found,
            "{bad:?} in what the hooks said: {}",
            String::from_utf8_lossy(&said).escape_debug()
        );
    }
}

/// Tags of any bytes that git allows.
#[track_caller]
fn push_tag(site: &Site, lib: &Repository<'_>, name: &[u8]) -> Push {
    let reference = OsString::from_vec([b"refs/tags/", name].concat());
    let head = lib.head();
    site.git(lib.work())
        .args(["update-ref".into(), reference.clone(), OsString::from(head)])
        .finish()
        .ok();
    site.git(lib.work()).args(["push".into(), "origin".into(), reference]).finish().into()
}

#[test]
fn tag_names_are_printed_escaped() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.release("v0.1.0").push_main();
    let names: [&[u8]; 12] = [
        "v1.0.0\u{9b}31mred".as_bytes(),
        "v1.0.0-\u{202e}gnp".as_bytes(),
        b"v1.0.0\xff",
        b"v1.2.3$(touch,pwned)",
        b"v1.2.3`id`",
        b"v1.2.3;id",
        b"v1.2.3\"quoted'",
        b"v1.2.3%2e%2e",
        b"v1.0.0+\xc3\xa9",
        b"sub\"/v1.0.0",
        "\u{fe0f}/v1.0.0".as_bytes(),
        "v\u{ff11}.0.0".as_bytes(),
    ];
    for name in names {
        is_harmless(&push_tag(&site, &lib, name));
    }
    assert!(!lib.bare().join("pwned").exists());
    lib.push(&["v0.1.0"]).accepted().receipt();
}

#[test]
fn very_long_tag_name_is_answered() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.release("v0.1.0").push_main();
    let long = format!("v1.0.0-{}", "a".repeat(200));
    push_tag(&site, &lib, long.as_bytes()).accepted().receipt();
    let digits = format!("v{}.0.0", "9".repeat(200));
    is_harmless(&push_tag(&site, &lib, digits.as_bytes()).refused());
}

#[test]
fn file_names_are_printed_escaped() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    for name in ["a\nremote: forged\n.go", "a\x1b[31m.go", "a\u{202e}.go", "a\\b.go"] {
        lib.write(name, "package code\n").release("v1.0.0");
        let push = lib.push(&["v1.0.0"]);
        is_harmless(&push);
        assert!(!push.remote().contains("\nremote: forged"), "{push:?}");
        push.refused().says("malformed file path");
        lib.remove(name);
    }
    lib.write("-rf", "an option?").release("v1.0.0").push(&["v1.0.0"]).accepted().receipt();
    // git itself refuses to add `..`, but a tree can be made by hand.
    let blob = lib.git(&["hash-object", "-w", "code.go"]).line();
    let root =
        lib.git_run(&["mktree"]).stdin(format!("100644 blob {blob}\tx.go\n")).finish().ok().line();
    let dots = format!("040000 tree {root}\t..\n100644 blob {blob}\tcode.go\n");
    let tree = lib.git_run(&["mktree"]).stdin(dots).finish().ok().line();
    let commit = lib.git(&["commit-tree", "-m", "dots", &tree]).line();
    lib.git(&["tag", "--force", "v1.1.0", &commit]);
    is_harmless(&lib.push(&["v1.1.0"]).refused());
}

#[test]
fn hostile_module_line_is_printed_escaped() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    for line in [
        "module \"git.example.com/\x1b[31mred\"",
        "module git.example.com/\u{9b}31m",
        "module \x07",
    ] {
        lib.write("code.go", "package code\n").write("go.mod", line).commit("hostile");
        lib.tag("v1.0.0");
        is_harmless(&lib.push(&["v1.0.0"]).refused());
    }
    lib.write("go.mod", b"module git.example.com/\xff\xfe\n").commit("not UTF-8");
    lib.tag("v1.0.0");
    is_harmless(&lib.push(&["v1.0.0"]).refused());
}

#[test]
fn go_mod_of_20_mib_is_refused_in_words() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.release("v1.0.0");
    let comment = "// a line of forty characters or so, at all\n".repeat(20 * 1024 * 1024 / 44);
    lib.write("go.mod", format!("module git.example.com/acme/lib\n{comment}")).commit("large");
    lib.tag("v1.0.0").push(&["v1.0.0"]).refused().says("too large").says("16777216");
    lib.write("go.mod", "module git.example.com/acme/lib\n").commit("small");
    lib.tag("v1.0.0").push(&["v1.0.0"]).accepted().receipt();
}

#[test]
fn tree_of_a_million_entries_is_answered_and_harms_nobody() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let blob = lib.git(&["hash-object", "-w", "note.txt"]).line();
    let entries: String =
        (0..1_000_000).map(|n| format!("100644 blob {blob}\tf{n:07}.txt\n")).collect();
    let big = lib.git_run(&["mktree", "--missing"]).stdin(entries).finish().ok().line();
    let gomod = lib.git(&["rev-parse", "HEAD:go.mod"]).line();
    let root = format!("040000 tree {big}\tbig\n100644 blob {gomod}\tgo.mod\n");
    let tree = lib.git_run(&["mktree"]).stdin(root).finish().ok().line();
    let commit = lib.git(&["commit-tree", "-m", "a million", &tree]).line();
    lib.git(&["tag", "v1.1.0", &commit]);
    let start = Instant::now();
    let push = lib.push(&["v1.1.0"]);
    assert!(start.elapsed() < Duration::from_secs(90), "the push took {:?}", start.elapsed());
    // Either answer is right; silence and a daemon that is gone are not.
    let accepted = push.is_accepted();
    assert_ne!(push.remote(), "", "not a word: {push:?}");
    assert_eq!(daemon.list(&lib.module()).contains(&"v1.1.0".to_owned()), accepted);
    lib.release("v1.2.0").push(&["main", "v1.2.0"]).accepted().receipt();
    daemon.stop();
}

#[test]
fn tree_as_deep_as_a_mine_is_answered() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0");
    let blob = lib.git(&["rev-parse", "HEAD:code.go"]).line();
    let gomod = lib.git(&["rev-parse", "HEAD:go.mod"]).line();
    let mut tree =
        lib.git_run(&["mktree"]).stdin(format!("100644 blob {blob}\ta.go\n")).finish().ok().line();
    for _ in 0..600 {
        let above = format!("040000 tree {tree}\td\n");
        tree = lib.git_run(&["mktree"]).stdin(above).finish().ok().line();
    }
    let root = format!("040000 tree {tree}\td\n100644 blob {gomod}\tgo.mod\n");
    let tree = lib.git_run(&["mktree"]).stdin(root).finish().ok().line();
    let commit = lib.git(&["commit-tree", "-m", "deep", &tree]).line();
    lib.git(&["tag", "--force", "v1.0.0", &commit]);
    let push = lib.push(&["v1.0.0"]);
    assert!(push.remote().contains("v1.0.0"), "nothing about the tag: {push:?}");
    daemon.get("/healthz").has_status(200);
}
