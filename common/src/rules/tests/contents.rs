//! What is dropped or changed on the way into the zip, and what needs it.

use super::*;

const SUB: (&str, &str) = ("sub/go.mod", "module git.example.com/team/lib/sub\n\ngo 1.24\n");
const SUB_GO: (&str, &str) = ("sub/a.go", "package a\n");
const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:\
                       4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

/// A plain module, and these files in it.
fn with(files: &[(&str, &str)]) -> Story {
    let go_mod = go_mod(LIB);
    let all = [&[GO, ("go.mod", go_mod.as_str())][..], files].concat();
    let mut story = Story::push_of_odd("v1.0.0", &all);
    story.policy.levels.remove("vendor-dropped");
    story
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &str) {
    with(files).check_rules(expected);
}

#[test]
fn a_link_is_told() {
    with(&[("docs/link@", "../a.go"), ("b@", "x")]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn symlink-dropped b
  "b" is a symbolic link, which is left out of the module (and 1 more)
  > the file is missing from the module
  $ git rm -q -- b
  $ cp -RL -- docs/link docs/link.copy && rm -- docs/link && mv -- docs/link.copy docs/link
  $ git add -- docs/link
  $ git commit -a -m 'replace links by copies'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    // None of the module's own.
    check(&[("n/go.mod", ""), ("n/link@", "x")], "served");
    check(&[("vendor/a/link@", "x")], "served info:vendor-dropped");
}

#[test]
fn a_link_that_a_package_is_compiled_from_is_refused() {
    let shared = ("internal/shared.go", "package internal\n");
    with(&[("p/shared.go@", "../internal/shared.go"), ("a@", "x"), shared]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject symlink-dropped p/shared.go
  "p/shared.go" is a symbolic link, which is left out of the module (and 1 more)
  > the package in "p" lacks "p/shared.go"
  $ git tag -d v1.0.0
  $ cp -RL -- p/shared.go p/shared.go.copy && rm -- p/shared.go && mv -- p/shared.go.copy p/shared.go
  $ git add -- p/shared.go
  $ git rm -q -- a
  $ git commit -a -m 'replace links by copies'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    let warn = "served warn:symlink-dropped";
    // Nobody compiles these.
    check(&[("p/shared_test.go@", "../internal/shared.go"), shared], warn);
    check(&[("testdata/shared.go@", "../internal/shared.go"), shared], warn);
    check(&[("p/gone.go@", "../nowhere.go")], warn);
    check(&[("p/out.go@", "../../out.go")], warn);
    check(&[("p/a.go@", "b.go"), ("p/b.go@", "a.go")], warn);
    let ignored = "//go:build ignore\n\npackage main\n";
    check(&[("p/gen.go@", "../tools/gen.go"), ("tools/gen.go", ignored)], warn);
    // Over two links.
    check(
        &[("p/x.go@", "../q/y.go"), ("q/y.go@", "../internal/shared.go"), shared],
        "refused reject:symlink-dropped",
    );
}

#[test]
fn a_link_to_packages_is_refused_where_they_are_imported() {
    let other = ("other/o.go", "package other\n");
    let user = |path: &str| format!("package user\n\nimport _ \"{LIB}/{path}\"\n");
    let story = with(&[("pkg@", "other"), other, ("user.go", &user("pkg"))]);
    story.check_rules("refused reject:symlink-dropped");
    assert_eq!(
        story.report().judgements[0].findings[0].consumer.as_deref(),
        Some(
            "module git.example.com/team/lib@v1.0.0 found, but does not contain package \
             git.example.com/team/lib/pkg"
        )
    );
    let warn = "served warn:symlink-dropped";
    check(&[("pkg@", "other"), other, ("user.go", &user("other"))], warn);
    check(&[("pkg@", "other"), other, ("user_test.go", &user("pkg"))], warn);
    check(&[("pkg@", "other"), other, ("user.go", &user("pkgs"))], warn);
}

#[test]
fn a_submodule_is_told() {
    with(&[("third_party/x#", ""), ("vendor/y#", "")]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn gitlink-dropped third_party/x
  "third_party/x" is a submodule of git, which is left out of the module
  > its files are missing from the module
  $ git rm -q --cached -- third_party/x && rm -rf -- third_party/x/.git && git add -- third_party/x
  $ git commit -a -m 'replace submodules by their files'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
  $ # or nothing, if no package needs the files
"#,
    );
}

#[test]
fn pointers_of_lfs_are_told_and_refused_for_go_files() {
    with(&[("data/x.bin", POINTER), ("data/y.bin", POINTER)]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn lfs-pointer data/x.bin
  "data/x.bin" is kept in Git LFS: the module has a pointer in its place (and 1 more)
  > the file has the text of the pointer
  $ git lfs pull
  $ # take filter=lfs from the lines for these files in .gitattributes, then:
  $ git add --renormalize .
  $ git commit -a -m 'keep files out of LFS'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    let go = with(&[("data/x.bin", POINTER), ("p/gen.go", POINTER)]);
    go.check_rules("refused reject:lfs-pointer");
    assert_eq!(
        go.report().judgements[0].findings[0].consumer.as_deref(),
        Some("p/gen.go:1:1: expected 'package', found version")
    );
    check(&[("testdata/gen.go", POINTER)], "served warn:lfs-pointer");
    check(&[("README", &format!("version 1\n{}", "x".repeat(120)))], "served");
}

/// A release of these files after one of those, whose tag is there already.
fn after(before: &[(&str, &str)], files: &[(&str, &str)]) -> Story {
    let mut story = Story::new();
    let (go_mod, main) = (go_mod(LIB), ("main.go", "package lib\n"));
    let base = [("go.mod", go_mod.as_str()), main];
    let old = story.commit(&[&base[..], before].concat());
    story.has("v1.0.0", old);
    let new = story.commit_after(old, &[&base[..], files].concat());
    story.before.branches.insert("main".to_owned(), new);
    story.push("v1.1.0", new);
    story
}

#[test]
fn packages_that_a_new_module_takes_away_are_told() {
    let story = after(&[("sub/a.go", "package sub\n")], &[SUB, SUB_GO]);
    story.check(
        r#"
served v1.1.0 = git.example.com/team/lib@v1.1.0
warn nested-module-hides-package sub/go.mod
  "sub" has a go.mod now: its packages, part of v1.0.0, are left out
  > module git.example.com/team/lib@v1.1.0 found, but does not contain package git.example.com/team/lib/sub
  $ # release sub too, and let each of the two require the other:
  $ git tag sub/v0.1.0 && git push origin sub/v0.1.0
  $ # or remove sub/go.mod
"#,
    );
    let check = |before: &[(&str, &str)], files: &[(&str, &str)], expected: &str| {
        after(before, files).check_rules(expected);
    };
    let found = "served warn:nested-module-hides-package";
    check(&[("x/sub/p/a.go", "package p\n")], &[("x/sub/go.mod", ""), GO], found);
    let deep = after(&[("x/sub/p/a.go", "package p\n")], &[("x/sub/go.mod", ""), GO]);
    let consumer = deep.report().judgements[0].findings[0].consumer.clone().unwrap();
    assert!(consumer.ends_with(" package git.example.com/team/lib/x/sub/p"), "{consumer}");
    // It was none of the module's before, it has no packages, or nobody can import them.
    check(&[SUB, SUB_GO], &[SUB, SUB_GO, ("sub/b.go", "package a\n")], "served");
    check(&[("sub/README", "")], &[SUB, SUB_GO], "served");
    check(&[("sub/a_test.go", "package a\n")], &[SUB, SUB_GO], "served");
    check(&[("internal/x/a.go", "package x\n")], &[("internal/x/go.mod", "")], found);
    check(&[("x/internal/a.go", "package x\n")], &[("x/go.mod", "")], "served");
    check(&[("testdata/a.go", "package x\n")], &[("testdata/go.mod", "")], "served");
    check(&[GO], &[GO, SUB, SUB_GO], "served");
}

#[test]
fn a_new_module_that_is_released_too_hides_nothing() {
    let mut story = after(&[("sub/a.go", "package sub\n")], &[SUB, SUB_GO]);
    let commit = story.updates[0].new;
    story.push("sub/v0.1.0", commit);
    story.check_rules("served; served");
}

#[test]
fn packages_of_two_modules_are_told() {
    let mut story = after(&[("sub/a.go", "package sub\n")], &[SUB, SUB_GO]);
    story.updates[0].name = "refs/tags/sub/v0.1.0".to_owned();
    story.check(
        r#"
served sub/v0.1.0 = git.example.com/team/lib/sub@v0.1.0
warn nested-module-ambiguous
  package git.example.com/team/lib/sub is part of git.example.com/team/lib@v1.0.0 too, its highest release
  > ambiguous import: found package git.example.com/team/lib/sub in multiple modules
  $ # release git.example.com/team/lib without the directory:
  $ git tag v1.0.1 && git push origin v1.0.1
"#,
    );
    // The highest release has the module, but not the package.
    let mut story = after(&[("sub/b/a.go", "package sub\n")], &[SUB, SUB_GO]);
    story.updates[0].name = "refs/tags/sub/v0.1.0".to_owned();
    story.check_rules("served");
    let mut story = after(&[SUB, SUB_GO], &[SUB, SUB_GO]);
    story.updates[0].name = "refs/tags/sub/v0.1.0".to_owned();
    story.check_rules("served");
}

#[test]
fn a_go_mod_in_other_letters_below_is_told() {
    with(&[("sub/Go.mod", ""), SUB_GO]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn nested-gomod-case sub/Go.mod
  "sub/Go.mod" makes a module of "sub": it is left out
  > the directory "sub" is missing from the module
  $ # if sub is meant to be a module:
  $ git mv -- sub/Go.mod sub/go.mod
  $ # or remove the file
  $ git commit -a -m 'rename go.mod'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    check(&[SUB, SUB_GO], "served");
    check(&[("sub/Go.mod@", "x"), SUB_GO], "served warn:symlink-dropped");
}

#[test]
fn vendored_files_are_noted() {
    with(&[("vendor/modules.txt", ""), ("vendor/x/y.go", "package x\n")]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
info vendor-dropped vendor/modules.txt
  "vendor/modules.txt" is vendored: left out of the module (and 1 more)
  > the requirements in go.mod are loaded in their place
  $ # nothing, if go.mod is complete
"#,
    );
    check(&[("vendor/y.go", "package x\n")], "served");
}

/// A package whose file embeds this.
fn embeds(pattern: &str) -> String {
    format!("package web\n\nimport \"embed\"\n\n//go:embed {pattern}\nvar files embed.FS\n")
}

#[test]
fn patterns_that_mean_files_of_the_module_are_fine() {
    for (pattern, file) in [
        ("x.txt", "web/x.txt"),
        ("*.txt", "web/x.txt"),
        ("tmpl", "web/tmpl/deep/x"),
        ("all:tmpl", "web/tmpl/.x"),
        ("tmpl/*", "web/tmpl/_x"),
        ("\"a b\"", "web/a b"),
        ("a[b]c", "web/abc"),
        ("web.go", "web/y"),
    ] {
        check(&[("web/web.go", &embeds(pattern)), (file, "")], "served");
    }
    // Nobody compiles these.
    check(&[("web/web_test.go", &embeds("x"))], "served");
    check(&[("testdata/web.go", &embeds("x"))], "served");
    check(&[("web/web.go", &format!("//go:build ignore\n\n{}", embeds("x")))], "served");
}

#[test]
fn patterns_that_mean_dropped_files_only_are_refused() {
    with(&[("web/web.go", &embeds("data.txt")), ("web/data.txt@", "../a.go")]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject embed-missing web/web.go:5
  go:embed pattern "data.txt" means only "web/data.txt", a symbolic link, which is left out
  > pattern data.txt: no matching files found
  $ git tag -d v1.0.0
  $ cp -RL -- web/data.txt web/data.txt.copy && rm -- web/data.txt && mv -- web/data.txt.copy web/data.txt
  $ git add -- web/data.txt
  $ git commit -a -m 'add embedded files'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    let refused = "refused reject:embed-missing";
    let web = ("web/web.go", &*embeds("tmpl"));
    check(&[web, ("web/tmpl/go.mod", ""), ("web/tmpl/x", "")], refused);
    check(&[web, ("web/tmpl/vendor/x/y", "")], refused);
    check(
        &[("web/web.go", &embeds("sub/x")), ("web/sub#", "")],
        "refused reject:embed-missing warn:gitlink-dropped",
    );
    // Another link is told all the same.
    let link = ("web/tmpl@", "../t");
    check(&[web, link, ("b@", "x")], "refused reject:embed-missing warn:symlink-dropped");
    // A constraint may keep the file out.
    let conditional = format!("//go:build web\n\n{}", embeds("tmpl"));
    check(&[("web/web.go", &conditional), link], "served warn:embed-missing");
}

#[test]
fn patterns_that_mean_no_file_at_all_are_told() {
    with(&[("web/web.go", &embeds("all:dist/*.js x.txt"))]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn embed-missing web/web.go:5
  go:embed pattern "all:dist/*.js" means no file of the commit (and 1 more)
  > pattern all:dist/*.js: no matching files found
  $ # write or build what the pattern means, then:
  $ git add -f -- 'web/dist/*.js'
  $ git commit -a -m 'add embedded files'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    // Below a directory, hidden names do not count.
    check(&[("web/web.go", &embeds("dist")), ("web/dist/.keep", "")], "served warn:embed-missing");
    check(&[("web/web.go", &embeds("dist")), ("dist/x", "")], "served warn:embed-missing");
}

#[test]
fn files_that_attributes_change_are_told() {
    with(&[
        (".gitattributes", "*.txt eol=crlf\n*.id ident\n"),
        ("d/x.txt", "a\n"),
        ("e.id", "$Id$"),
    ])
    .check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn attributes-change-content d/x.txt
  "d/x.txt" is changed by .gitattributes in the module (and 1 more)
  > the file differs from the one in the repository
  $ echo '/x.txt -text -ident !working-tree-encoding' >> d/.gitattributes
  $ git add -- d/.gitattributes
  $ echo '/e.id -text -ident !working-tree-encoding' >> .gitattributes
  $ git add -- .gitattributes
  $ git commit -a -m 'keep files as they are'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    // Attributes that change no byte, and those of go.mod.
    check(&[(".gitattributes", "*.txt eol=crlf\n* ident\n"), ("x.txt", "a\r\n")], "served");
    check(
        &[(".gitattributes", "go.mod eol=crlf\n* text=auto\n")],
        "served warn:gomod-eol-conversion",
    );
}

#[test]
fn an_encoding_without_a_value_is_refused() {
    with(&[("d/.gitattributes", "# x\n*.txt working-tree-encoding\n"), ("d/x.txt", "a\n")]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject attributes-break-archive d/.gitattributes:2
  "d/x.txt" has the attribute working-tree-encoding without a value
  > create zip: fatal: true/false are no valid working-tree-encodings
  $ git tag -d v1.0.0
  $ # write working-tree-encoding=UTF-16 (or what it is) in d/.gitattributes, or leave it away
  $ git commit -a -m 'give working-tree-encoding a value'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    check(&[("d/.gitattributes", "*.txt working-tree-encoding\n"), ("d/x", "a\n")], "served");
}

#[test]
fn attributes_for_archives_are_noted() {
    with(&[("d/.gitattributes", "x text\n/docs export-ignore\n")]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
info export-ignore-ignored d/.gitattributes:2
  "d/.gitattributes" sets export-ignore or export-subst: not for modules
  > the files stay in the module, and nothing is substituted
  $ # nothing, if it is for other archives
"#,
    );
    check(&[(".gitattributes", "# export-ignore\nx -export-ignore\n")], "served");
    let above = [("sub/d", ""), SUB, SUB_GO, (".gitattributes", "* export-subst\n")];
    Story::push_of("sub/v1.0.0", &above).check_rules("served info:export-ignore-ignored");
    let beside = [SUB, SUB_GO, ("other/.gitattributes", "* export-subst\n")];
    Story::push_of("sub/v1.0.0", &beside).check_rules("served");
}

#[test]
fn a_module_without_go_files_is_told() {
    let root = go_mod(LIB);
    Story::push_of("v1.0.0", &[("go.mod", &root), SUB, SUB_GO]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn no-go-files
  the module has no Go file
  > git.example.com/team/lib can be required, but there is nothing to import
  $ # the modules of this commit and their tags:
  $ # sub:
  $ #   git tag sub/v1.0.0 'v1.0.0^{}' && git push origin sub/v1.0.0
"#,
    );
    Story::push_of("v1.0.0", &[("go.mod", &root)]).check_rules("served warn:no-go-files");
    Story::push_of("v1.0.0", &[("go.mod", &root), ("x/a_test.go", "package a\n")])
        .check_rules("served");
}
