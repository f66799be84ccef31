//! Each rule, by a real `git push`: refused or warned with its words, and the near case passes.

use modgate_tests::daemon::Daemon;
use modgate_tests::push::Push;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::advice;
use crate::broken_versions::{git_folder, plant};

/// Hooks in every repository, and a daemon.
#[track_caller]
pub(crate) fn gate(site: &Site) -> Daemon {
    site.install();
    site.serve()
}

/// The tag is refused for this rule, in these words, and is not on the server.
#[track_caller]
pub(crate) fn refused(lib: &Repository<'_>, tag: &str, rule: &str, words: &[&str]) -> Push {
    let push = lib.push(&[&format!("refs/tags/{tag}")]).refused().says(rule).says(tag);
    assert!(!lib.server_has(tag), "{tag} was refused and is on the server");
    let push = words.iter().fold(push, |push, words| push.says(words));
    advice::mends(lib, tag, &push.remote());
    push.says(&format!("git tag -d {tag}"))
}

/// The tag goes through with a warning of this rule.
#[track_caller]
fn warned(lib: &Repository<'_>, tag: &str, rule: &str, words: &[&str]) -> Push {
    let push = lib.push(&[&format!("refs/tags/{tag}")]).accepted().says(rule).says(tag);
    assert!(lib.server_has(tag), "{tag} was accepted and is not on the server");
    words.iter().fold(push, |push, words| push.says(words))
}

/// The tag goes through without a word of this rule.
#[track_caller]
fn passes(lib: &Repository<'_>, tag: &str, rule: &str) -> Push {
    lib.push(&[&format!("refs/tags/{tag}")]).accepted().lacks(rule)
}

/// The tag goes through, is served, and its receipt has the hash.
#[track_caller]
fn released(lib: &Repository<'_>, daemon: &Daemon, tag: &str) {
    let receipt = lib.push(&[&format!("refs/tags/{tag}")]).accepted().receipt();
    assert_eq!(receipt.version, tag.rsplit('/').next().unwrap_or_default());
    assert!(daemon.list(&receipt.module).contains(&receipt.version), "{receipt:?} is not listed");
}

#[test]
pub(crate) fn plain_release_is_accepted_with_a_receipt() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let push = lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let receipt = push.receipt();
    assert_eq!(
        (receipt.module.as_str(), receipt.version.as_str()),
        ("git.example.com/acme/lib", "v1.0.0")
    );
    push.says("go get git.example.com/acme/lib@v1.0.0");
    assert_eq!(daemon.list(&lib.module()), ["v1.0.0"]);
    let entry = site.entry(&lib.module(), "v1.0.0");
    assert_eq!(entry["h1"], receipt.h1.as_str());
    assert_eq!(entry["commit"], lib.head().as_str());
    assert_eq!((&entry["state"], &entry["how"]), (&"accepted".into(), &"pushed".into()));
}

#[test]
fn tag_pseudo_version() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v0.0.0-20231114221320-abcdef123456");
    refused(&lib, "v0.0.0-20231114221320-abcdef123456", "tag-pseudo-version", &[]);
    lib.tag("v0.1.0-20231114");
    released(&lib, &daemon, "v0.1.0-20231114");
}

#[test]
fn tag_missing_v() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("1.2.3");
    warned(&lib, "1.2.3", "tag-missing-v", &["v1.2.3"]);
    assert_eq!(daemon.list(&lib.module()), Vec::<String>::new());
    lib.tag("v1.2.3");
    released(&lib, &daemon, "v1.2.3");
}

#[test]
fn tag_uppercase_v() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("V1.3.0");
    warned(&lib, "V1.3.0", "tag-uppercase-v", &["v1.3.0"]);
    lib.tag("v1.3.0");
    released(&lib, &daemon, "v1.3.0");
}

#[test]
fn tag_shorthand() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.release("v1.2");
    warned(&lib, "v1.2", "tag-shorthand", &[]);
    lib.tag("v1");
    passes(&lib, "v1", "tag-shorthand");
    lib.write("more.txt", "more").commit("more");
    lib.tag("v1.2");
    lib.push(&["--force", "refs/tags/v1.2"]).accepted().lacks("tag-shorthand");
}

#[test]
fn tag_not_semver() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.release("v1.2.3.4");
    for tag in ["v1.2.3.4", "v01.2.3", "v1.0.0-rc_1", "v1.0.0-rc.01", "v1.0.0-"] {
        lib.tag(tag);
        warned(&lib, tag, "tag-not-semver", &[]);
    }
    lib.tag("2024.01.15");
    passes(&lib, "2024.01.15", "tag-not-semver");
    lib.tag("v1.0.0-rc.1");
    passes(&lib, "v1.0.0-rc.1", "tag-not-semver").receipt();
}

#[test]
fn tag_build_metadata() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.2.3+meta");
    refused(&lib, "v1.2.3+meta", "tag-build-metadata", &[]);
    lib.tag("v1.2.3-meta");
    released(&lib, &daemon, "v1.2.3-meta");
}

#[test]
fn tag_incompatible_literal() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.write("code.go", "package code\n").commit("no go.mod");
    lib.tag("v2.0.0+incompatible");
    refused(&lib, "v2.0.0+incompatible", "tag-incompatible-literal", &["v2.0.0"]);
    lib.tag("v2.0.0");
    lib.push(&["v2.0.0"]).accepted();
    assert_eq!(daemon.list(&lib.module()), ["v2.0.0+incompatible"]);
}

#[test]
fn tag_prefix_unknown_dir() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.module_at("sub", "git.example.com/acme/lib/sub").release("v1.0.0");
    lib.tag("nosuch/v1.0.0");
    warned(&lib, "nosuch/v1.0.0", "tag-prefix-unknown-dir", &["nosuch"]);
    lib.tag("sub/v1.0.0");
    released(&lib, &daemon, "sub/v1.0.0");
    lib.remove("sub").commit("sub is gone");
    lib.tag("sub/v1.1.0");
    refused(&lib, "sub/v1.1.0", "tag-prefix-unknown-dir", &["sub"]);
}

#[test]
fn gomod_missing() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.write("code.go", "package code\n").commit("no go.mod");
    lib.tag("v1.0.0");
    warned(&lib, "v1.0.0", "gomod-missing", &["go mod init"]).receipt();
    lib.tag("v1.1.0");
    passes(&lib, "v1.1.0", "gomod-missing").receipt();
    lib.release("v1.2.0");
    released(&lib, &daemon, "v1.2.0");
    assert_eq!(daemon.list(&lib.module()), ["v1.0.0", "v1.1.0", "v1.2.0"]);
}

#[test]
fn gomod_missing_submodule() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.write("sub/code.go", "package sub\n").write("above/below/code.go", "package below\n");
    lib.release("v1.0.0").tag("sub/v1.0.0").tag("above/v1.0.0");
    let text = "missing git.example.com/acme/lib/sub/go.mod";
    refused(&lib, "sub/v1.0.0", "gomod-missing-submodule", &[text]);
    warned(&lib, "above/v1.0.0", "gomod-missing-submodule", &[]);
    lib.module_at("sub", "git.example.com/acme/lib/sub").commit("go.mod");
    lib.tag("sub/v1.0.0");
    released(&lib, &daemon, "sub/v1.0.0");
}

#[test]
fn gomod_removed() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0");
    released(&lib, &daemon, "v1.0.0");
    lib.remove("go.mod").commit("gone");
    lib.tag("v1.1.0");
    refused(&lib, "v1.1.0", "gomod-removed", &[]);
    lib.release("v1.1.0");
    released(&lib, &daemon, "v1.1.0");
}

#[test]
pub(crate) fn module_path_mismatch() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.module_at("", "example.org/other").commit("other");
    lib.tag("v1.0.0");
    let words = ["example.org/other", "git.example.com/acme/lib", "module declares its path as"];
    refused(&lib, "v1.0.0", "module-path-mismatch", &words);
    lib.release("v1.0.0");
    released(&lib, &daemon, "v1.0.0");
}

#[test]
fn module_path_case() {
    let site = Site::new();
    let lib = site.repository("Acme/Lib");
    let daemon = gate(&site);
    lib.module_at("", "git.example.com/acme/Lib").commit("case");
    lib.tag("v1.0.0");
    refused(&lib, "v1.0.0", "module-path-case", &["git.example.com/Acme/Lib"])
        .lacks("module-path-mismatch");
    lib.release("v1.0.0");
    released(&lib, &daemon, "v1.0.0");
}

#[test]
fn major_suffix_missing() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v2.0.0");
    let words = ["has non-.../v2 module path", "git.example.com/acme/lib/v2"];
    refused(&lib, "v2.0.0", "major-suffix-missing", &words).lacks("module-path-mismatch");
    lib.module_at("", "git.example.com/acme/lib/v2").commit("suffix");
    lib.tag("v2.0.0");
    released(&lib, &daemon, "v2.0.0");
}

#[test]
fn major_suffix_mismatch() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.module_at("", "git.example.com/acme/lib/v2").commit("v2");
    lib.tag("v1.0.0").tag("v3.0.0");
    let path = "git.example.com/acme/lib/v2";
    refused(&lib, "v1.0.0", "major-suffix-mismatch", &["has post-v1 module path", path]);
    refused(&lib, "v3.0.0", "major-suffix-mismatch", &["has non-.../v3 module path", path]);
    lib.tag("v2.0.0");
    released(&lib, &daemon, "v2.0.0");
}

#[test]
fn major_suffix_v0_v1() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    for suffix in ["v0", "v1", "v02", "v1.2"] {
        lib.module_at("", &format!("git.example.com/acme/lib/{suffix}")).commit(suffix);
        lib.tag("v1.0.0");
        refused(&lib, "v1.0.0", "major-suffix-v0-v1", &[suffix]).lacks("module-path-mismatch");
    }
    lib.release("v1.0.0").push(&["v1.0.0"]).accepted().receipt();
}

#[test]
fn gomod_syntax() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0")
        .write("go.mod", "module git.example.com/acme/lib\n\nrequire (\n\tx y z\n");
    lib.commit("broken");
    lib.tag("v1.0.0");
    refused(&lib, "v1.0.0", "gomod-syntax", &["go.mod:"]);
    lib.write("go.mod", "module git.example.com/acme/lib\n\nfrob x\n").commit("unknown, but lax");
    lib.tag("v1.0.0");
    released(&lib, &daemon, "v1.0.0");
}

#[test]
pub(crate) fn moved_tag_is_refused() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0");
    released(&lib, &daemon, "v1.0.0");
    let first = lib.head();
    lib.annotate("v1.0.0").push(&["--force", "v1.0.0"]).accepted().lacks("tag-moved");
    lib.release("v1.0.0")
        .push(&["--force", "v1.0.0"])
        .refused()
        .says("tag-moved")
        .lacks("version-republished");
    assert_eq!(lib.server(&["rev-parse", "v1.0.0^{commit}"]).line(), first);
    assert_eq!(site.entry(&lib.module(), "v1.0.0")["commit"], first.as_str());
    lib.tag("nightly").push(&["nightly"]).accepted();
    lib.write("more.txt", "more").commit("more");
    lib.tag("nightly").push(&["--force", "nightly"]).accepted().silent();
}

#[test]
pub(crate) fn deleted_tag_is_refused() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").tag("nightly");
    released(&lib, &daemon, "v1.0.0");
    lib.push(&["nightly"]).accepted().silent();
    lib.push(&[":refs/tags/v1.0.0"]).refused().says("tag-deleted").says("retract");
    assert!(lib.server_has("v1.0.0"));
    lib.push(&[":refs/tags/nightly"]).accepted().silent();
}

#[test]
pub(crate) fn republished_version_is_refused() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0");
    released(&lib, &daemon, "v1.0.0");
    let first = lib.head();
    lib.server(&["tag", "--delete", "v1.0.0"]);
    lib.release("v1.0.0").write("other.txt", "other").commit("other");
    lib.tag("v1.0.0").push(&["v1.0.0"]).refused().says("version-republished");
    lib.git(&["tag", "--force", "v1.0.0", &first]);
    lib.push(&["v1.0.0"]).accepted().lacks("version-republished");
    assert_eq!(daemon.list(&lib.module()), ["v1.0.0"]);
}

// Rules: K7
#[test]
pub(crate) fn release_unfetchable() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0");
    plant(&lib, "v1.1.0", &git_folder(&lib));
    refused(&lib, "v1.1.0", "release-unfetchable", &["error: invalid path 'zzz/git~1'"]);
    released(&lib, &daemon, "v1.0.0");
}

#[test]
fn all_findings_are_reported_and_say_how_to_push_the_branch_alone() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").tag("v2.0.0").tag("v1.1.0+meta");
    let push = lib.push(&["main", "v1.0.0", "v2.0.0", "v1.1.0+meta"]).refused();
    push.says("major-suffix-missing").says("tag-build-metadata").says("git push");
    assert_eq!(daemon.list(&lib.module()), Vec::<String>::new());
    assert_eq!(lib.server(&["for-each-ref", "refs/heads", "refs/tags"]).line(), "");
    lib.push(&["main", "v1.0.0"]).accepted().receipt();
}

#[test]
pub(crate) fn branches_and_other_tags_pass_untouched() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.write("go.mod", "module (((\n").write("code.go", "package code\n").commit("broken");
    lib.push(&["main"]).accepted().silent();
    lib.git(&["branch", "topic"]);
    lib.push(&["topic"]).accepted().silent();
    let blob = lib.git(&["hash-object", "-w", "go.mod"]).line();
    lib.git(&["tag", "signing-key", &blob]);
    for tag in ["nightly", "build/1234", "prod/2024-01-15"] {
        lib.tag(tag);
    }
    lib.annotate("annotated");
    let tags = ["nightly", "build/1234", "prod/2024-01-15", "annotated", "signing-key"];
    lib.push(&tags).accepted().silent();
    lib.push(&[":refs/heads/topic"]).accepted().silent();
}

// Rules: K3
#[test]
fn repository_without_go_is_not_judged() {
    let site = Site::new();
    let lib = site.repository("acme/docs");
    let _daemon = gate(&site);
    lib.write("README", "no Go here").commit("docs");
    lib.tag("v1.0.0").tag("1.0").tag("v2.0.0+meta");
    // Not judged is not forgotten: v1.0.0 is a version for the go command, and may have its receipt.
    let push = lib.push(&["main", "v1.0.0", "1.0", "v2.0.0+meta"]).accepted();
    push.lacks("tag-").lacks("gomod-").lacks("release-unfetchable");
}

#[test]
pub(crate) fn twenty_tags_in_one_push_give_twenty_receipts() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let tags: Vec<String> = (0..20).map(|minor| format!("v1.{minor}.0")).collect();
    for tag in &tags {
        lib.release(tag);
    }
    let push = lib.push(&["main", "--tags"]).accepted();
    assert_eq!(push.receipts().len(), 20);
    let mut listed = daemon.list(&lib.module());
    listed.sort();
    let mut tags = tags;
    tags.sort();
    assert_eq!(listed, tags);
}

// Rules: K2
#[test]
fn modules_of_one_push_see_each_other() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.module_at("sub", "git.example.com/acme/lib/sub").release("v1.2.0").tag("sub/v1.1.0");
    assert_eq!(lib.push(&["v1.2.0", "sub/v1.1.0"]).accepted().receipts().len(), 2);
    assert_eq!(daemon.list("git.example.com/acme/lib/sub"), ["v1.1.0"]);
    assert_eq!(daemon.list("git.example.com/acme/lib"), ["v1.2.0"]);
}
