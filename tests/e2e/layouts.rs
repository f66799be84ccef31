//! Every layout of a module, through modgate alone and straight from the repository: the same answers.

use std::fs;

use modgate_tests::compare::Comparison;
use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::push_rules::gate;

/// Pushes everything, then compares each module; `go get` of the newest must work.
#[track_caller]
fn same(site: &Site, lib: &Repository<'_>, modules: &[&str], queries: &[&str]) {
    let daemon = gate(site);
    lib.push(&["--all"]).accepted();
    lib.push(&["--tags"]).accepted();
    let direct = Go::direct(site, "go-direct");
    let proxied = Go::through(site, "go-modgate", &daemon.url());
    for module in modules {
        let versions = Comparison { direct: &direct, proxied: &proxied }.same(module, queries);
        let consumer = proxied
            .get(&format!("consumer-{}", module.replace('/', "-")), &format!("{module}@latest"));
        let sums = fs::read_to_string(consumer.join("go.sum")).expect("go get wrote go.sum");
        assert!(
            sums.contains(&format!("{module} v")),
            "go.sum of {module} ({versions:?}):\n{sums}"
        );
        check_list(&proxied, module, &versions);
    }
}

/// `go list -m -versions` names what is not retracted, and nothing else.
#[track_caller]
fn check_list(proxied: &Go, module: &str, versions: &[String]) {
    let line = proxied.run(&["list", "-m", "-versions", module]).ok().line();
    let mut words = line.split(' ');
    assert_eq!(words.next(), Some(module));
    assert!(words.all(|word| versions.iter().any(|version| version == word)), "{line}");
}

// Rules: L5, Q1, O3
#[test]
pub(crate) fn plain_module() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    for version in ["v0.1.0", "v1.0.0", "v1.1.0-rc.1", "v1.1.0"] {
        lib.release(version);
    }
    let tip = lib.write("after.txt", "after the last tag").commit("tip");
    same(
        &site,
        &lib,
        &[&lib.module()],
        &["main", "HEAD", &tip, &tip[..12], "v1", "v0.1", "<v1.0.0", "v9.9.9"],
    );
}

// Rules: D9.3, L4
#[test]
fn major_version_in_the_root() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").module_at("", "git.example.com/acme/lib/v2").commit("v2");
    lib.annotate("v2.0.0").write("more.txt", "more").commit("more");
    lib.tag("v2.1.0");
    same(
        &site,
        &lib,
        &["git.example.com/acme/lib", "git.example.com/acme/lib/v2"],
        &["main", "v2.0.0"],
    );
}

// Rules: D9.2
#[test]
fn major_version_in_a_directory() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.module_at("v2", "git.example.com/acme/lib/v2").release("v1.0.0");
    lib.tag("v2.0.0");
    same(&site, &lib, &["git.example.com/acme/lib", "git.example.com/acme/lib/v2"], &["main"]);
}

// Rules: D9.2, D9.3
#[test]
fn major_versions_in_the_root_and_in_a_directory() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").module_at("v2", "git.example.com/acme/lib/v2").commit("v2");
    lib.tag("v2.0.0").module_at("", "git.example.com/acme/lib/v3").commit("v3");
    lib.tag("v3.0.0");
    let modules =
        ["git.example.com/acme/lib", "git.example.com/acme/lib/v2", "git.example.com/acme/lib/v3"];
    same(&site, &lib, &modules, &[]);
}

// Rules: D6, Z3, O2
#[test]
pub(crate) fn module_in_a_sub_directory() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.write("LICENSE", "for all").module_at("sub/deep", "git.example.com/acme/lib/sub/deep");
    lib.module_at("own", "git.example.com/acme/lib/own")
        .write("own/LICENSE", "its own")
        .release("v1.0.0");
    lib.tag("sub/deep/v0.1.0")
        .tag("own/v0.1.0")
        .write("sub/deep/more.go", "package code\n")
        .commit("more");
    lib.annotate("sub/deep/v0.2.0")
        .module_at("own", "git.example.com/acme/lib/own/v2")
        .commit("own v2");
    lib.tag("own/v2.0.0");
    let modules = [
        "git.example.com/acme/lib",
        "git.example.com/acme/lib/sub/deep",
        "git.example.com/acme/lib/own",
        "git.example.com/acme/lib/own/v2",
    ];
    same(&site, &lib, &modules, &["main", "v0.1.0"]);
}

// Rules: L6, Q9.3, X8
#[test]
fn incompatible_versions() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.write("code.go", "package code\n").commit("one");
    lib.tag("v1.0.0").tag("v2.0.0").write("more.go", "package code\n").commit("two");
    lib.tag("v2.1.0").tag("v10.0.0");
    same(
        &site,
        &lib,
        &["git.example.com/acme/lib"],
        &["v2.1.0", "v2.0.0+incompatible", "v10", "main"],
    );
}

// Rules: M10, X3, X14
#[test]
fn upper_case_path() {
    let site = Site::new();
    let lib = site.repository("Acme/MyLib");
    lib.module_at("SubDir", "git.example.com/Acme/MyLib/SubDir")
        .release("v1.0.0-RC.1")
        .tag("SubDir/v1.0.0");
    lib.release("v1.0.0");
    same(
        &site,
        &lib,
        &["git.example.com/Acme/MyLib", "git.example.com/Acme/MyLib/SubDir"],
        &["main"],
    );
}

#[test]
fn nested_group() {
    let site = Site::new();
    let lib = site.repository("team/sub/group/lib");
    lib.module_at("x", "git.example.com/team/sub/group/lib/x").release("v1.0.0").tag("x/v1.0.0");
    let modules = ["git.example.com/team/sub/group/lib", "git.example.com/team/sub/group/lib/x"];
    same(&site, &lib, &modules, &["main"]);
}

#[test]
fn empty_prefix() {
    let site = Site::with_prefix("");
    let lib = site.repository("github.com/acme/lib");
    lib.release("v1.0.0");
    same(&site, &lib, &["github.com/acme/lib"], &["main"]);
}

// Rules: R2, L5
#[test]
fn tags_of_tags_and_of_old_commits() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").annotate("v1.1.0").release("v1.3.0");
    lib.git(&["tag", "--annotate", "--message", "a tag of a tag", "v1.2.0", "v1.1.0"]);
    lib.git(&["tag", "v0.9.0", "v1.0.0"]);
    lib.git(&["checkout", "--quiet", "-b", "release-1.0", "v1.0.0"]);
    lib.write("fix.txt", "fix").commit("fix");
    lib.tag("v1.0.1");
    same(&site, &lib, &["git.example.com/acme/lib"], &["main", "release-1.0"]);
}

// Rules: Q7.5, R9, X9
#[test]
fn no_tags_give_a_pseudo_version() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let first = lib.module_at("", &lib.module()).commit("first");
    lib.git(&["branch", "topic"]);
    let second = lib.write("more.txt", "more").commit("second");
    let queries = ["main", "topic", &first, &first[..7], &second[..12]];
    same(&site, &lib, &["git.example.com/acme/lib"], &queries);
}

// Rules: Q11
#[test]
fn only_prereleases() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    for version in ["v1.0.0-alpha", "v1.0.0-rc.2", "v1.0.0-rc.10"] {
        lib.release(version);
    }
    same(&site, &lib, &["git.example.com/acme/lib"], &["main", "v1"]);
}

// Rules: T2, T4, Q11
#[test]
fn retracted_latest() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").release("v1.1.0");
    lib.write(
        "go.mod",
        "module git.example.com/acme/lib\n\ngo 1.21\n\nretract v1.1.0 // broken\nretract v1.1.1\n",
    );
    lib.commit("retract");
    lib.tag("v1.1.1");
    same(&site, &lib, &["git.example.com/acme/lib"], &["v1.1.0", "v1.1.1", "main"]);
}

// Rules: T5, Q11
#[test]
fn everything_retracted() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0");
    lib.write("go.mod", "module git.example.com/acme/lib\n\ngo 1.21\n\nretract [v1.0.0, v1.0.1]\n")
        .commit("all");
    lib.tag("v1.0.1");
    same(&site, &lib, &["git.example.com/acme/lib"], &["v1.0.0", "main"]);
}

// Rules: A1, A3, A4, H2
#[test]
fn attributes_are_part_of_the_hash() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0");
    lib.write("ident.go", "package code\n\n// $Id$\n").write("dos.txt", "one\ntwo\n");
    lib.write("kept.txt", "one\ntwo\n")
        .write("sub/.gitattributes", "*.txt -text\n")
        .write("sub/raw.txt", "a\nb\n");
    lib.write("secret.txt", "export-ignore does not count").write("subst.txt", "$Format:%H$\n");
    let attributes = "*.go ident\n*.txt text eol=crlf\nkept.txt -text\nsecret.txt export-ignore\nsubst.txt export-subst\n";
    lib.write(".gitattributes", attributes).commit("attributes");
    lib.tag("v1.1.0");
    same(&site, &lib, &["git.example.com/acme/lib"], &[]);
}

// Rules: Z5
#[test]
fn vendored_packages_depend_on_the_go_line() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.write("vendor/modules.txt", "# example.org/x v1.0.0\n")
        .write("vendor/example.org/x/x.go", "package x\n");
    lib.write("sub/vendor/example.org/y/y.go", "package y\n")
        .write("vendor/top.go", "package vendor\n");
    for (go, version) in
        [("1.21", "v1.0.0"), ("1.23", "v1.1.0"), ("1.24", "v1.2.0"), ("1.24.1", "v1.3.0")]
    {
        lib.write("go.mod", format!("module git.example.com/acme/lib\n\ngo {go}\n"))
            .write("code.go", "package code\n");
        lib.commit(version);
        lib.tag(version);
    }
    same(&site, &lib, &["git.example.com/acme/lib"], &[]);
}

// Rules: G2
#[test]
fn go_mod_with_crlf() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.write("go.mod", "module git.example.com/acme/lib\r\n\r\ngo 1.21\r\n")
        .write("code.go", "package code\r\n");
    lib.commit("CRLF");
    lib.tag("v1.0.0");
    same(&site, &lib, &["git.example.com/acme/lib"], &["main"]);
}

// Rules: Z2, Z4.3, Z4.9, Z7
#[test]
fn links_nested_modules_and_odd_files() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.module_at("nested", "git.example.com/acme/lib/nested")
        .write("nested/x.txt", "not in the root's zip");
    lib.write("empty.txt", "")
        .write(".hidden/x", "x")
        .write("testdata/a b.txt", "blank")
        .write("é.txt", "letter");
    std::os::unix::fs::symlink("empty.txt", lib.work().join("link.txt"))
        .expect("the work tree is writable");
    lib.write("run.sh", "#!/bin/sh\n").git(&["add", "run.sh"]);
    lib.git(&["update-index", "--chmod=+x", "run.sh"]);
    lib.release("v1.0.0").tag("nested/v1.0.0");
    same(&site, &lib, &["git.example.com/acme/lib", "git.example.com/acme/lib/nested"], &[]);
}

// Rules: N6
#[test]
fn broken_tags_are_hidden_and_count_all_the_same() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").release("v1.1.0").tag("v2.0.0").tag("v1.5.0+meta");
    let tip = lib.write("after.txt", "after").commit("tip");
    lib.push(&["--all"]).accepted();
    lib.push(&["--tags"]).accepted();
    let daemon = gate(&site);
    assert_eq!(daemon.list("git.example.com/acme/lib"), ["v1.0.0", "v1.1.0"]);
    assert_eq!(daemon.list("git.example.com/acme/lib/v2"), Vec::<String>::new());
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    let wanted = direct.fetch("git.example.com/acme/lib", &tip);
    let got = proxied.fetch("git.example.com/acme/lib", &tip);
    assert_eq!((wanted.version, wanted.sum), (got.version, got.sum));
}

// Rules: Z4.3, Z4.8, Z4.9
#[test]
fn trees_that_name_an_entry_twice() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.module_at("", &lib.module())
        .write("module/go.mod", "module git.example.com/acme/lib/n\n")
        .write("module/dropped.txt", "in another module")
        .write("plain/m/kept.txt", "kept")
        .write("plain/dropped.txt", "by its path in another module too");
    lib.commit("parts");
    let id = |what: &str| lib.git(&["rev-parse", &format!("HEAD:{what}")]).line();
    let (file, code, module, plain) = (id("go.mod"), id("code.go"), id("module"), id("plain"));
    // A link that is dropped takes the file of its name with it.
    let tree = format!(
        "100644 blob {code}\tcode.go\n100644 blob {file}\tgo.mod\n\
         040000 tree {module}\tn\n040000 tree {plain}\tn\n040000 tree {plain}\to\n\
         120000 blob {file}\tx\n100644 blob {code}\tx\n"
    );
    let tree = lib.git_run(&["mktree"]).stdin(tree).finish().ok().line();
    assert_eq!(lib.git(&["ls-tree", &tree]).text().matches("\tx\n").count(), 2);
    let commit = lib.git(&["commit-tree", "-m", "twins", &tree]).line();
    lib.git(&["update-ref", "HEAD", &commit]);
    lib.tag("v1.0.0");
    same(&site, &lib, &["git.example.com/acme/lib"], &[]);
    let go = Go::direct(&site, "go-again");
    let files = go.fetch("git.example.com/acme/lib", "v1.0.0").dir;
    let is_there = |path: &str| files.join(path).exists();
    assert!(is_there("o/m/kept.txt") && !is_there("n") && !is_there("x"), "{files:?}");
}
