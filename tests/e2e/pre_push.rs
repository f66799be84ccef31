//! `modgate install --pre-push`: a developer's own git asks before anything leaves the machine.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use modgate_tests::repository::Repository;
use modgate_tests::run::Done;
use modgate_tests::site::Site;

const MODULE: &str = "git.example.com/acme/lib";

fn modgate(site: &Site, folder: &Path, args: &[&str]) -> Done {
    site.modgate_bare().dir(folder).args(args).finish()
}

/// A push from any folder; nothing on the server judges it.
fn push(lib: &Repository<'_>, folder: &Path, what: &[&str]) -> Done {
    lib.git_run(&["push", "--quiet", "origin"]).args(what).dir(folder).finish()
}

#[track_caller]
fn hook(path: &Path, script: &str) {
    fs::write(path, script).expect("the hooks' folder is writable");
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("it is ours");
}

/// A clone with a first release on the server.
fn released(site: &Site) -> Repository<'_> {
    let lib = site.repository("acme/lib");
    lib.write("LICENSE", "as you like\n");
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    lib.write("more.go", "package code\n").commit("more");
    lib
}

#[test]
fn what_would_be_refused_does_not_leave_the_machine() {
    let site = Site::new();
    let lib = released(&site);
    modgate(&site, lib.work(), &["install", "--pre-push"]).ok().says("hook installed");
    modgate(&site, lib.work(), &["install", "--pre-push"]).ok().says("is in place");
    lib.tag("v2.0.0");
    let refused = push(&lib, lib.work(), &["main", "v2.0.0"]).exits(1);
    let refused = refused.says("modgate: refused: tag v2.0.0").says("nothing was pushed");
    refused.says("    1 | module git.example.com/acme/lib").says("git tag -d v2.0.0");
    assert!(!lib.server_has("v2.0.0"));
    assert_ne!(lib.server(&["rev-parse", "main"]).line(), lib.head(), "all or nothing");
    // Only what is pushed is judged: other tags of the clone, branches and deletions go through.
    lib.tag("v1.1.0");
    push(&lib, lib.work(), &["main", "v1.1.0"]).ok();
    assert!(lib.server_has("v1.1.0"));
    push(&lib, lib.work(), &["--delete", "v1.1.0"]).ok();
    // A warning is told, and the tag goes.
    lib.tag("1.2.0");
    push(&lib, lib.work(), &["1.2.0"]).ok().says("tag-missing-v");
    // Under another name than it has here.
    push(&lib, lib.work(), &["HEAD:refs/tags/v3.0.0"]).exits(1).says("major-suffix-missing");
    push(&lib, lib.work(), &["--no-verify", "v2.0.0"]).ok();
}

#[test]
fn a_tag_that_moves_is_known_by_what_the_server_has() {
    let site = Site::new();
    let lib = released(&site);
    modgate(&site, lib.work(), &["install", "--pre-push"]).ok();
    lib.tag("v1.0.0");
    push(&lib, lib.work(), &["--force", "v1.0.0"])
        .exits(1)
        .says("tag-moved")
        .says("git tag v1.0.1");
    lib.git(&["tag", "--force", "v1.0.0", "HEAD~1"]);
    lib.annotate("v1.1.0");
    push(&lib, lib.work(), &["main", "v1.0.0", "v1.1.0"]).ok();
}

#[test]
fn a_hook_that_was_there_runs_first_with_the_same_input_and_comes_back() {
    let site = Site::new();
    let lib = released(&site);
    let path = lib.work().join(".git/hooks/pre-push");
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("writable");
    let theirs =
        "#!/bin/sh\nif [ -e stop ]; then echo stopped >&2; exit 3; fi\n(echo \"$@\"; cat) > seen\n";
    hook(&path, theirs);
    modgate(&site, lib.work(), &["install", "--pre-push"]).ok();
    // Installing again mends what somebody broke.
    fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("it is ours");
    modgate(&site, lib.work(), &["install", "--pre-push"]).ok().says("hook installed");
    lib.tag("v2.0.0");
    push(&lib, lib.work(), &["v2.0.0"]).exits(1).says("major-suffix-missing");
    let seen = fs::read_to_string(lib.work().join("seen")).expect("the other hook ran");
    let (zero, head) = ("0".repeat(40), lib.head());
    let expected = format!(
        "origin {}\nrefs/tags/v2.0.0 {head} refs/tags/v2.0.0 {zero}\n",
        lib.bare().display()
    );
    assert_eq!(seen, expected);
    lib.tag("v1.1.0");
    fs::write(lib.work().join("stop"), "").expect("writable");
    push(&lib, lib.work(), &["v1.1.0"]).exits(1).says("stopped");
    modgate(&site, &site.path(""), &["uninstall", "--pre-push", &lib.work().to_string_lossy()])
        .ok()
        .says("hook removed");
    assert_eq!(fs::read_to_string(&path).expect("it is back"), theirs);
    modgate(&site, lib.work(), &["uninstall", "--pre-push"]).ok().says("no hook of modgate");
}

#[test]
fn hooks_lie_where_git_looks_for_them() {
    let site = Site::new();
    let lib = released(&site);
    lib.git(&["config", "core.hooksPath", ".githooks"]);
    let below = lib.work().join("deep/down");
    fs::create_dir_all(&below).expect("writable");
    modgate(&site, &below, &["install", "--pre-push"]).ok().says(".githooks");
    assert!(lib.work().join(".githooks/pre-push").exists());
    lib.tag("v2.0.0");
    push(&lib, &below, &["v2.0.0"]).exits(1).says("major-suffix-missing");
    modgate(&site, lib.work(), &["uninstall", "--pre-push"]).ok();
    lib.git(&["config", "--unset", "core.hooksPath"]);
    // A work tree that was added shares the hooks of its clone, and has its own HEAD.
    let added = site.path("work/added");
    lib.git(&["worktree", "add", "--quiet", "-b", "next", &added.to_string_lossy()]);
    modgate(&site, &added, &["install", "--pre-push"]).ok();
    assert!(lib.work().join(".git/hooks/pre-push").exists());
    push(&lib, &added, &["v2.0.0"]).exits(1).says(&format!("{MODULE}/v2@v2.0.0"));
    modgate(&site, &site.path(""), &["install", "--pre-push"]).exits(2).says("no clone around");
}

#[test]
fn what_cannot_be_checked_is_said_in_words() {
    let site = Site::new();
    let lib = released(&site);
    modgate(&site, lib.work(), &["install", "--pre-push"]).ok();
    // As if the program had been removed.
    let path = lib.work().join(".git/hooks/pre-push");
    let script = fs::read_to_string(&path).expect("it was installed");
    let program = site.program("modgate").to_string_lossy().into_owned();
    assert!(script.contains(&program), "{script}");
    hook(&path, &script.replace(&program, "/nowhere/modgate"));
    lib.tag("v1.1.0");
    push(&lib, lib.work(), &["v1.1.0"]).exits(1).says("is gone").says("--no-verify");
    push(&lib, lib.work(), &["main"]).ok();
    let new = site.path("work/sha256");
    let git = |args: &[&str], dir: &Path| site.git(dir).args(args).finish().ok();
    git(&["init", "--quiet", "--object-format=sha256", "sha256"], &site.path("work"));
    git(&["init", "--quiet", "--bare", "--object-format=sha256", "other.git"], &site.path("work"));
    fs::write(new.join("go.mod"), "module git.example.com/x\n").expect("writable");
    git(&["add", "go.mod"], &new);
    git(&["commit", "--quiet", "--message", "x"], &new);
    git(&["tag", "v1.0.0"], &new);
    modgate(&site, &new, &["install", "--pre-push"]).ok();
    let push = |what: &str| site.git(&new).args(["push", "--quiet", "../other.git", what]).finish();
    push("v1.0.0").exits(1).says("SHA-256").says("--no-verify");
    push("HEAD:refs/heads/main").ok();
}
