//! Prefixes, directories and missing go.mod files.

use super::*;

const SUB: (&str, &str) = ("sub/go.mod", "module git.example.com/team/lib/sub\n");

#[test]
fn a_prefix_that_is_no_directory_is_explained() {
    let files =
        [("go.mod", "module git.example.com/team/lib\n"), GO, SUB, ("sub/a.go", "package a\n")];
    Story::push_of("web/v1.0.0", &files).check(
        r#"
unserved web/v1.0.0 = git.example.com/team/lib/web@v1.0.0
warn tag-prefix-unknown-dir
  tag "web/v1.0.0" releases the module in directory "web", which this commit does not have
  > missing git.example.com/team/lib/web/go.mod at revision web/v1.0.0
  $ # the modules of this commit and their tags:
  $ #   .: git tag v1.0.0 'web/v1.0.0^{}' && git push origin v1.0.0
  $ #   sub: git tag sub/v1.0.0 'web/v1.0.0^{}' && git push origin sub/v1.0.0
"#,
    );
    Story::push_of("web/v2.0.0", &files).check_rules("unserved warn:tag-prefix-unknown-dir");
    Story::push_of("sub/v1.0.0", &files).check_rules("served");
    let mut known = Story::push_of("web/v1.1.0", &files);
    let commit = known.module();
    known.accepted("git.example.com/team/lib/web", "v1.0.0", "web/v1.0.0", commit);
    known.check_rules("refused reject:tag-prefix-unknown-dir");
    let fix = known.report().judgements[0].findings[0].fix.clone();
    // The old tag names the commit until the new one exists.
    assert!(fix.ends_with("\ngit tag -d web/v1.1.0"), "{fix}");
    known.level("tag-prefix-unknown-dir", Level::Off);
    known.check_rules("unserved");
    // With one module there is nothing to choose.
    let single =
        Story::push_of("web/v1.0.0", &[GO, ("go.mod", "module git.example.com/team/lib\n")]);
    assert_eq!(
        single.report().judgements[0].findings[0].fix,
        "git tag v1.0.0 'web/v1.0.0^{}'\ngit push origin v1.0.0"
    );
}

#[test]
fn a_major_directory_in_the_tag_is_refused() {
    let files = [("v2/go.mod", "module git.example.com/team/lib/v2\n"), ("v2/a.go", "package a\n")];
    Story::push_of("v2/v2.1.0", &files).check(
        r#"
refused v2/v2.1.0 = git.example.com/team/lib/v2/v2@v2.1.0
reject tag-prefix-has-major-dir
  tag "v2/v2.1.0" names the major version twice: the directory v2 is no part of a tag
  > never listed; unknown revision v2.1.0
  $ git tag v2.1.0 'v2/v2.1.0^{}'
  $ git tag -d v2/v2.1.0
  $ git push origin v2.1.0
"#,
    );
    Story::push_of("v2.1.0", &files).check_rules("served; served");
}

#[test]
fn a_version_tag_on_a_blob_is_refused() {
    let mut story = Story::new();
    let commit = story.module();
    story.before.head = Some(commit);
    let blob = story.repository.add_blob(b"key");
    story.push("v1.0.0", blob);
    story.check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject tag-not-commit
  tag "v1.0.0" is on a file, not on a commit
  > unexpected response from git log: ""
  $ git tag -d v1.0.0
  $ # tag a commit:
  $ git tag v1.0.0
  $ git push origin v1.0.0
"#,
    );
    // In a repository without Go it is nobody's business.
    let mut other = Story::new();
    let blob = other.repository.add_blob(b"key");
    other.push("v1.0.0", blob);
    other.check_rules("ignored");
}

#[test]
fn a_missing_go_mod_is_explained_for_v1_and_v2() {
    Story::push_of("v1.0.0", &[GO]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn gomod-missing
  the commit has no go.mod
  > git.example.com/team/lib is a module without requirements
  $ go mod init git.example.com/team/lib
  $ go mod tidy
  $ git add go.*
  $ git commit -a -m 'add go.mod'
  $ git tag v1.0.1
  $ git push origin v1.0.1
"#,
    );
    Story::push_of("v2.0.0", &[GO]).check(r#"
served v2.0.0 = git.example.com/team/lib@v2.0.0+incompatible
warn gomod-missing
  the commit has no go.mod, and no v2/go.mod
  > only git.example.com/team/lib@v2.0.0+incompatible; git.example.com/team/lib/v2: missing git.example.com/team/lib/go.mod and .../v2/go.mod at revision v2.0.0
  $ go mod init git.example.com/team/lib/v2
  $ go mod tidy
  $ git add go.*
  $ git commit -a -m 'add go.mod'
  $ git tag v2.0.1
  $ git push origin v2.0.1
"#);
}

#[test]
fn a_go_mod_that_was_never_there_is_only_told_once() {
    let mut story = Story::new();
    let commit = story.commit(&[GO]);
    story.has("v1.0.0", commit);
    story.push("v1.0.1", commit);
    story.check_rules("served info:version-duplicate-commit info:gomod-missing");
    // Another major is another series.
    story.push("v2.0.0", commit);
    story.check_rules(
        "served info:version-duplicate-commit info:gomod-missing; served warn:gomod-missing",
    );
}

#[test]
fn a_removed_go_mod_is_refused() {
    let mut story = Story::new();
    let with = story.module();
    let without = story.commit_after(with, &[GO]);
    story.has("v1.0.0", with);
    story.push("v1.1.0", without);
    story.check(
        r#"
refused v1.1.0 = git.example.com/team/lib@v1.1.0
reject gomod-removed
  the commit has no go.mod, but v1.0.0 had one
  > requirements and retractions vanish; old v2+ tags come back as +incompatible
  $ git tag -d v1.1.0
  $ git checkout v1.0.0 -- go.mod
  $ git commit -a -m 'restore go.mod'
  $ git tag v1.1.0
  $ git push origin v1.1.0
"#,
    );
    // Lower than all that had one.
    story.updates.clear();
    story.push("v0.9.0", without);
    story.check_rules("served warn:gomod-missing info:version-not-higher");
}

#[test]
fn a_v2_line_that_never_had_a_go_mod_removed_none() {
    let mut story = Story::new();
    let (v1, v2) = (story.module(), story.commit(&[GO]));
    story.has("v1.6.0", v1);
    story.push("v2.0.0", v2);
    story.check_rules("served warn:gomod-missing");
    // Here v1.6.0 is an ancestor.
    let tree = story.repository.add_tree(&[GO]);
    let after = story.repository.add_commit(tree, &[v1], 1_700_000_001);
    story.updates.clear();
    story.push("v2.0.0", after);
    story.check_rules("refused reject:gomod-removed");
}

// Rules: K2
#[test]
fn tags_pushed_together_see_each_other() {
    let mut story = Story::new();
    let (with, without) = (story.module(), story.commit(&[GO]));
    story.push("v1.1.0", without);
    story.push("v1.0.0", with);
    story.check_rules(
        "refused reject:gomod-removed info:commit-not-descendant; served info:version-not-higher",
    );
}

#[test]
fn a_directory_without_go_mod_is_refused() {
    let files = [("go.mod", "module git.example.com/team/lib\n"), ("sub/a.go", "package a\n")];
    Story::push_of("sub/v1.0.0", &files).check(r#"
refused sub/v1.0.0 = git.example.com/team/lib/sub@v1.0.0
reject gomod-missing-submodule sub/go.mod
  tag "sub/v1.0.0" releases a module in "sub", but there is no go.mod
  > git.example.com/team/lib/sub@v1.0.0: invalid version: missing git.example.com/team/lib/sub/go.mod at revision sub/v1.0.0
  $ git tag -d sub/v1.0.0
  $ (cd sub && go mod init git.example.com/team/lib/sub && go mod tidy)
  $ git add sub/go.*
  $ git commit -a -m 'add sub/go.mod'
  $ git tag sub/v1.0.0
  $ git push origin sub/v1.0.0
  $ # or leave the tag away: the directory belongs to the module above it
"#);
    Story::push_of("sub/v2.0.0", &files).check_rules("refused reject:gomod-missing-submodule");
    let deeper = [("go.mod", "module git.example.com/team/lib\n"), ("sub/x/a.go", "package a\n")];
    Story::push_of("sub/v1.0.0", &deeper).check_rules("unserved warn:gomod-missing-submodule");
}

// Rules: K3
#[test]
fn what_holds_no_go_is_not_judged() {
    Story::push_of("v1.2.3+meta", &[("index.html", "")]).check_rules("ignored");
    Story::push_of("v1.2.3", &[("a/b/c.txt", "")]).check_rules("ignored");
    let files = [("go.mod", "module git.example.com/team/lib\n"), ("web/index.html", "")];
    Story::push_of("web/v1.2.3", &files).check_rules("ignored");
    Story::push_of("web/1.2.3", &files).check_rules("ignored");
    // An earlier release makes the repository one of Go.
    let mut story = Story::push_of("v1.1.0", &[("README", "")]);
    let commit = story.module();
    story.has("v1.0.0", commit);
    story.accepted(LIB, "v1.0.0", "v1.0.0", commit);
    story.check_rules("refused reject:gomod-removed info:commit-not-descendant");
}

// Rules: K4
#[test]
fn a_v2_directory_beside_a_root_module_releases_v2_alone() {
    let files = [
        ("go.mod", "module git.example.com/team/lib\n"),
        GO,
        ("v2/go.mod", "module git.example.com/team/lib/v2\n"),
        ("v2/a.go", "package a\n"),
    ];
    Story::push_of("v2.0.0", &files).check_rules("served");
    Story::push_of("v1.0.0", &files).check_rules("served");
}

#[test]
fn a_module_that_nobody_can_name_is_told() {
    let with = |directory: &str, tag: &str| {
        let path = format!("{LIB}/{directory}");
        let (file, go) = (format!("{directory}/go.mod"), format!("{directory}/b.go"));
        let files =
            [GO, ("go.mod", &*go_mod(LIB)), (&*file, &*go_mod(&path)), (&*go, "package b\n")];
        Story::push_of(tag, &files)
    };
    with("a+b/x", "v1.0.0").check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn module-dir-unaddressable a+b/x/go.mod
  no version can be released of the module in "a+b/x"
  > malformed module path "git.example.com/team/lib/a+b/x": invalid char '+'
  $ git mv a+b RIGHT-NAME
  $ go mod edit -module=git.example.com/team/lib/RIGHT-NAME/x RIGHT-NAME/x/go.mod
  $ git commit -a -m 'rename a module'
  $ git tag v1.0.1
  $ git push origin v1.0.1
"#,
    );
    with("a+b", "a+b/v1.0.0").check(
        r#"
refused a+b/v1.0.0 = git.example.com/team/lib/a+b@v1.0.0
reject module-dir-unaddressable a+b/go.mod
  no version can be released of the module in "a+b"
  > malformed module path "git.example.com/team/lib/a+b": invalid char '+'
  $ git tag -d a+b/v1.0.0
  $ git mv a+b RIGHT-NAME
  $ go mod edit -module=git.example.com/team/lib/RIGHT-NAME RIGHT-NAME/go.mod
  $ git commit -a -m 'rename a module'
  $ git tag RIGHT-NAME/v1.0.0
  $ git push origin RIGHT-NAME/v1.0.0
"#,
    );
    with("v1", "v1/v1.0.0").check(
        r#"
refused v1/v1.0.0 = -@-
reject module-dir-unaddressable v1/go.mod
  no version can be released of the module in "v1"
  > malformed module path "git.example.com/team/lib/v1": invalid version
  $ git tag -d v1/v1.0.0
  $ git mv v1 RIGHT-NAME
  $ go mod edit -module=git.example.com/team/lib/RIGHT-NAME RIGHT-NAME/go.mod
  $ git commit -a -m 'rename a module'
  $ git tag RIGHT-NAME/v1.0.0
  $ git push origin RIGHT-NAME/v1.0.0
"#,
    );
}

#[test]
fn modules_that_can_be_named_are_left_alone() {
    let check = |directory: &str, expected: &str| {
        let (file, path) = (format!("{directory}/go.mod"), format!("{LIB}/{directory}"));
        let files = [GO, ("go.mod", &*go_mod(LIB)), (&*file, &*go_mod(&path))];
        Story::push_of("v1.0.0", &files).check_rules(expected);
    };
    for directory in ["v1", "v02", "x/v1", "a b", "a~b", "a..b", "x.lock", "nul", "\u{fc}"] {
        check(directory, "served warn:module-dir-unaddressable");
    }
    for directory in [
        "v2",
        "v1/x",
        "a-b",
        "testdata/a+b",
        "vendor/a+b",
        ".x/a+b",
        "_x/a+b",
        "a.b",
        "locker.lockx",
    ] {
        check(directory, "served");
    }
    // Other modules' directories are told with their own releases.
    let sub = go_mod(&format!("{LIB}/sub"));
    let files = [("sub/go.mod", &*sub), ("sub/a.go", "package a\n"), ("a+b/go.mod", "module x\n")];
    Story::push_of("sub/v1.0.0", &files).check_rules("served");
}

/// A push of these files, and of entries that are no files.
fn with_entries(tag: &str, files: &[(&str, &str)], entries: &[(&str, Mode, &str)]) -> Story {
    use crate::objects::{Mode, Objects, TreeEntry};
    let mut story = Story::new();
    let tree = story.repository.add_tree(files);
    let mut all = story.repository.tree(tree).unwrap();
    for (name, mode, content) in entries {
        let id = match mode {
            Mode::Tree => story.repository.add_tree(&[("x.go", content)]),
            _ => story.repository.add_blob(content.as_bytes()),
        };
        all.push(TreeEntry { name: (*name).into(), mode: *mode, id });
    }
    let tree = story.repository.add_entries(all);
    let commit = story.repository.add_commit(tree, &[], 1_700_000_000);
    story.before.head = Some(commit);
    story.push(tag, commit);
    story
}

// Rules: G7
#[test]
fn a_go_mod_that_is_no_file_is_refused() {
    use crate::objects::Mode;
    let pushed = |mode, content: &str| with_entries("v1.0.0", &[GO], &[("go.mod", mode, content)]);
    pushed(Mode::Link, "../go.mod").check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject gomod-not-regular go.mod
  "go.mod" is a symbolic link, not a file
  > git.example.com/team/lib@v1.0.0: invalid version: go.mod is missing module path at revision v1.0.0
  $ git tag -d v1.0.0
  $ git rm -r --cached go.mod
  $ # put a regular file in its place, then: git add go.mod
  $ git commit -a -m 'a regular go.mod'
  $ git tag v1.0.0
  $ git push origin v1.0.0
"#,
    );
    pushed(Mode::Tree, "package x\n").check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject gomod-not-regular go.mod
  "go.mod" is a directory, not a file
  > read go.mod: is a directory
  $ git tag -d v1.0.0
  $ git rm -r --cached go.mod
  $ # put a regular file in its place, then: git add go.mod
  $ git commit -a -m 'a regular go.mod'
  $ git tag v1.0.0
  $ git push origin v1.0.0
"#,
    );
    pushed(Mode::Gitlink, "").check_rules("served warn:gomod-not-regular warn:gitlink-dropped");
    // The target of a link is taken for the file.
    pushed(Mode::Link, &format!("module {LIB}")).check_rules("served warn:gomod-not-regular");
    pushed(Mode::File, &format!("module {LIB}")).check_rules("served");
}

// Rules: Z4.6
#[test]
fn a_go_mod_in_capitals_is_refused() {
    Story::push_of("v1.0.0", &[GO, ("Go.mod", &go_mod(LIB))]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject gomod-wrong-case Go.mod
  "Go.mod" must be called "go.mod"
  > create zip: Go.mod: go.mod files must have lowercase names
  $ git tag -d v1.0.0
  $ git mv Go.mod go.mod
  $ git commit -a -m 'go.mod in lower case'
  $ git tag v1.0.0
  $ git push origin v1.0.0
"#,
    );
    let both = [GO, ("GO.MOD", ""), ("go.mod", &go_mod(LIB))];
    Story::push_of("v1.0.0", &both).check_rules("refused reject:gomod-wrong-case");
    let sub = go_mod(&format!("{LIB}/sub"));
    let files = [("sub/Go.mod", &*sub), ("sub/a.go", "package a\n")];
    Story::push_of("sub/v1.0.0", &files).check_rules("refused reject:gomod-wrong-case");
    // Below the module it is another mistake.
    let below = [GO, ("go.mod", &*go_mod(LIB)), ("x/Go.mod", "")];
    Story::push_of("v1.0.0", &below).check_rules("served warn:nested-gomod-case");
}

// Rules: Z4.12, G5
#[test]
fn a_go_mod_beyond_the_limit_is_refused() {
    let with = |size: usize| {
        let mut text = go_mod(LIB);
        text.push_str("//");
        text.push_str(&"x".repeat(size - text.len() - 1));
        text.push('\n');
        Story::push_of("v1.0.0", &[GO, ("go.mod", &text)])
    };
    with((16 << 20) + 1).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject gomod-too-large go.mod
  "go.mod" has 16777217 bytes, 16777216 are the most
  > create zip: go.mod: go.mod file too large (max size is 16777216 bytes)
  $ git tag -d v1.0.0
  $ # make "go.mod" smaller
  $ git commit -a -m 'a smaller go.mod'
  $ git tag v1.0.0
  $ git push origin v1.0.0
"#,
    );
    with(16 << 20).check_rules("served");
}

// Rules: G6
#[test]
fn attributes_that_change_go_mod_are_told() {
    let with = |attributes: &str| {
        Story::push_of("v1.0.0", &[GO, ("go.mod", &go_mod(LIB)), (".gitattributes", attributes)])
    };
    with("go.mod text eol=crlf\n").check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn gomod-eol-conversion go.mod
  attributes change "go.mod" in the zip
  > git.example.com/team/lib@v1.0.0 has two go.mod files with two sums: one by itself, another in the zip
  $ echo 'go.mod -text' >> .gitattributes
  $ git add .gitattributes
  $ git commit -a -m 'go.mod as it is'
  $ git tag v1.0.1
  $ git push origin v1.0.1
"#,
    );
    with("* working-tree-encoding=UTF-16\n")
        .check_rules("served warn:gomod-eol-conversion warn:attributes-change-content");
    let fix = with("* working-tree-encoding=UTF-16\n")
        .report()
        .judgements
        .remove(0)
        .findings
        .remove(0)
        .fix;
    assert!(
        fix.starts_with("echo 'go.mod -text -ident !working-tree-encoding' >> .gitattributes\n")
    );
    for harmless in ["go.mod text eol=lf\n", "* text=auto\n", "* ident\n"] {
        with(harmless).check_rules("served");
    }
    with("*.go text eol=crlf\n").check_rules("served warn:attributes-change-content");
    let path = format!("{LIB}/sub");
    let files = [
        ("sub/go.mod", &*go_mod(&path)),
        ("sub/a.go", "package a\n"),
        (".gitattributes", "sub/* eol=crlf\n"),
    ];
    Story::push_of("sub/v1.0.0", &files)
        .check_rules("served warn:gomod-eol-conversion warn:attributes-change-content");
}
