//! Files that make the zip impossible, sizes, licences.

use super::*;

const SUB: (&str, &str) = ("sub/go.mod", "module git.example.com/team/lib/sub\n\ngo 1.24\n");
const SUB_GO: (&str, &str) = ("sub/a.go", "package a\n");

/// A plain module, and these files in it.
fn with(files: &[(&str, &str)]) -> Story {
    let go_mod = go_mod(LIB);
    let all = [&[GO, ("go.mod", go_mod.as_str())][..], files].concat();
    Story::push_of_odd("v1.0.0", &all)
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &str) {
    with(files).check_rules(expected);
}

#[test]
fn plain_names_are_fine() {
    check(&[("a b.txt", ""), ("ä/日本.go", "package a\n"), ("aux_.go", "package a\n")], "served");
    check(&[(".gitignore", ""), ("_x/y", ""), ("console/a", ""), ("a..b", "")], "served");
    // What lies below a nested module is none of this one's.
    check(&[("n/go.mod", ""), ("n/a:b", ""), ("n/aux.go", "")], "served");
}

#[test]
fn names_that_no_module_may_hold_are_refused() {
    with(&[("a*b.txt", ""), ("c?", ""), ("d/e|f@", "a*b.txt")]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject file-name-invalid a*b.txt
  file name "a*b.txt" can be in no module: invalid char '*' (and 2 more)
  > create zip: a*b.txt: malformed file path "a*b.txt": invalid char '*'
  $ git tag -d v1.0.0
  $ git mv -- 'a*b.txt' a_b.txt
  $ git mv -- 'c?' c_
  $ git mv -- 'd/e|f' d/e_f
  $ git commit -a -m 'mend file names'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    let mut served = with(&[("a*b.txt", "")]);
    served.level("file-name-invalid", Level::Warn);
    served.check_rules("unserved warn:file-name-invalid");
}

#[test]
fn names_of_devices_are_refused() {
    with(&[("internal/aux.go", "package internal\n"), ("con/x", "")]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject file-name-reserved con/x
  file name "con/x" is that of a device on Windows (and 1 more)
  > create zip: con/x: malformed file path "con/x": "con" disallowed as path element component on Windows
  $ git tag -d v1.0.0
  $ git mv -- con con_
  $ git mv -- internal/aux.go internal/aux_.go
  $ git commit -a -m 'mend file names'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
}

#[test]
fn names_with_dots_at_their_end_are_refused() {
    with(&[("foo.", "")]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject file-name-trailing-dot foo.
  file name "foo." has a dot at an end, where Windows drops it
  > create zip: foo.: malformed file path "foo.": trailing dot in path element
  $ git tag -d v1.0.0
  $ git mv -- foo. foo
  $ git commit -a -m 'mend file names'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    check(&[("d/...", "")], "refused reject:file-name-trailing-dot");
}

#[test]
fn names_with_more_than_letters_are_refused() {
    with(&[("docs/\u{1f600}.md", "")]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject file-name-not-letter docs/😀.md
  file name "docs/😀.md" holds '😀' (U+1F600), which is no letter
  > create zip: docs/😀.md: malformed file path "docs/😀.md": invalid char '😀'
  $ git tag -d v1.0.0
  $ git mv -- 'docs/😀.md' docs/renamed.md
  $ git commit -a -m 'mend file names'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    for name in ["cafe\u{301}.md", "\u{661}.md", "a\u{a0}b.md"] {
        check(&[(name, "")], "refused reject:file-name-not-letter");
    }
}

#[test]
fn names_that_are_no_text_are_refused() {
    let mut story = Story::new();
    let blob = story.repository.add_blob(b"");
    let text = story.repository.add_blob(go_mod(LIB).as_bytes());
    let go = story.repository.add_blob(b"package a\n");
    let entry = |name: &[u8], id| TreeEntry { name: name.to_vec(), mode: Mode::File, id };
    let entries = vec![entry(b"\xff.txt", blob), entry(b"go.mod", text), entry(b"a.go", go)];
    let tree = story.repository.add_entries(entries);
    let commit = story.repository.add_commit(tree, &[], 1_700_000_000);
    story.before.head = Some(commit);
    story.push("v1.0.0", commit);
    story.check(
        "
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject file-name-not-utf8 \u{fffd}.txt
  file name \"\\xff.txt\" is no UTF-8
  > create zip: \"\\xff.txt\": malformed file path \"\\xff.txt\": invalid UTF-8
  $ git tag -d v1.0.0
  $ git mv -- \"$(printf -- '\\377.txt')\" renamed.txt
  $ git commit -a -m 'mend file names'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
",
    );
}

#[test]
fn each_kind_of_name_has_a_finding_of_its_own() {
    check(
        &[("a:b", ""), ("aux", ""), ("c.", ""), ("\u{1f600}", ""), ("A.GO", "")],
        "refused reject:file-name-invalid reject:file-name-reserved reject:file-name-trailing-dot \
         reject:file-name-not-letter reject:file-case-collision",
    );
}

#[test]
fn names_that_differ_in_case_are_refused() {
    with(&[("README.md", ""), ("readme.md", ""), ("X/a.go", ""), ("x/b.go", "")]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject file-case-collision readme.md
  "README.md" and "readme.md" differ in case only (and 1 more)
  > create zip: readme.md: case-insensitive file name collision: "README.md" and "readme.md"
  $ git tag -d v1.0.0
  $ # keep one of the two; this forgets the other:
  $ git rm -r -q --cached -- readme.md
  $ git rm -r -q --cached -- x
  $ git commit -a -m 'mend file names'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    check(&[("a/x", ""), ("b/X", "")], "served");
}

#[test]
fn what_is_in_the_way_of_the_inherited_license_is_told() {
    let files = [GO, ("LICENSE", "MIT"), SUB, SUB_GO, ("sub/license", "MIT")];
    Story::push_of("sub/v1.0.0", &files).check(
        r#"
refused sub/v1.0.0 = git.example.com/team/lib/sub@v1.0.0
reject license-collision sub/license
  "sub/license" is in the way of the repository's LICENSE, which the module inherits
  > create zip: LICENSE: case-insensitive file name collision: "license" and "LICENSE"
  $ git tag -d sub/v1.0.0
  $ git mv -- sub/license sub/LICENSE
  $ git commit -a -m 'mend file names'
  $ git tag sub/v1.0.0
  $ git push origin HEAD sub/v1.0.0
"#,
    );
    let folder = [GO, ("LICENSE", "MIT"), SUB, SUB_GO, ("sub/LICENSE/MIT", "MIT")];
    let story = Story::push_of("sub/v1.0.0", &folder);
    story.check_rules("refused reject:license-collision");
    let finding = &story.report().judgements[0].findings[0];
    assert!(finding.fix.contains("\ngit mv -- sub/LICENSE sub/LICENSES\n"), "{}", finding.fix);
    assert_eq!(
        finding.consumer.as_deref(),
        Some("create zip: LICENSE: entry \"LICENSE\" is both a file and a directory")
    );
    // Its own name it may choose as it likes.
    let own = [GO, ("LICENSE", "MIT"), SUB, SUB_GO, ("sub/LICENSE", "MIT")];
    Story::push_of("sub/v1.0.0", &own).check_rules("served");
    check(&[("License", "MIT"), ("LICENSE", "MIT")], "refused reject:file-case-collision");
}

#[test]
fn licenses_beyond_the_limit_are_refused() {
    let large = "x".repeat((16 << 20) + 1);
    with(&[("LICENSE", &large)]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject license-too-large LICENSE
  "LICENSE" is larger than 16 MiB
  > create zip: LICENSE: LICENSE file too large (max size is 16777216 bytes)
  $ git tag -d v1.0.0
  $ # shorten LICENSE
  $ git commit -a -m 'mend file names'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    let inherited = Story::push_of("sub/v1.0.0", &[GO, ("LICENSE", &large), SUB, SUB_GO]);
    inherited.check_rules("refused reject:license-too-large");
    assert_eq!(inherited.report().judgements[0].findings[0].file.as_deref(), Some("LICENSE"));
    check(&[("LICENSE", &large[1..])], "served");
}

#[test]
fn a_missing_license_is_noted() {
    let missing = |mut story: Story| {
        story.policy.levels.clear();
        story.report().judgements[0].findings.iter().any(|f| f.rule == "license-missing")
    };
    let mut story = with(&[]);
    story.policy.levels.clear();
    story.check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
info license-missing
  the module has no LICENSE
  > nobody knows whether it may be used
  $ # write LICENSE
  $ git add LICENSE
  $ git commit -a -m 'add LICENSE'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    for name in ["LICENSE", "LICENSE.md", "COPYING", "licence.txt", "LICENSES/MIT.txt"] {
        assert!(!missing(with(&[(name, "MIT")])), "{name}");
    }
    // A link is dropped, and keeps the root's from being inherited.
    assert!(missing(with(&[("LICENSE@", "doc/x"), ("doc/LICENSE", "MIT")])));
    let sub = |license| Story::push_of_odd("sub/v1.0.0", &[GO, license, SUB, SUB_GO]);
    assert!(!missing(sub(("LICENSE", "MIT"))));
    assert!(missing(sub(("COPYING", "MIT"))));
    assert!(missing(Story::push_of_odd(
        "sub/v1.0.0",
        &[GO, ("LICENSE", "MIT"), SUB, SUB_GO, ("sub/LICENSE@", "../LICENSE")]
    )));
}

/// A module with a file of 16 MiB under many names.
fn large(copies: usize) -> Story {
    let mut story = Story::new();
    let blob = story.repository.add_blob(&vec![b'x'; 16 << 20]);
    let text = story.repository.add_blob(go_mod(LIB).as_bytes());
    let go = story.repository.add_blob(b"package a\n");
    let entry = |name: &str, id| TreeEntry { name: name.as_bytes().to_vec(), mode: Mode::File, id };
    let mut entries = vec![entry("go.mod", text), entry("a.go", go)];
    entries.extend((0..copies).map(|number| entry(&format!("{number}.bin"), blob)));
    let tree = story.repository.add_entries(entries);
    let commit = story.repository.add_commit(tree, &[], 1_700_000_000);
    story.before.head = Some(commit);
    story.push("v1.0.0", commit);
    story
}

#[test]
fn large_modules_are_told_and_larger_ones_refused() {
    large(4).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn module-large 3.bin
  the module has 64 MiB; the largest file is "3.bin" (16 MiB)
  > slow builds: everyone who uses the module loads all of it
  $ # see what is large:
  $ git ls-tree -r -l HEAD | sort -rnk4 | head
  $ # remove it, or give a directory that no package needs a go.mod of its own:
  $ # (cd testdata && go mod init testdata) && git add testdata/go.mod
  $ git commit -a -m 'make the module smaller'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    large(3).check_rules("served");
    large(31).check_rules("served warn:module-large");
    large(32).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject module-too-large
  the module has more than 500 MiB
  > create zip: module source tree too large (max size is 524288000 bytes)
  $ git tag -d v1.0.0
  $ # see what is large:
  $ git ls-tree -r -l HEAD | sort -rnk4 | head
  $ # remove it, or give a directory that no package needs a go.mod of its own:
  $ # (cd testdata && go mod init testdata) && git add testdata/go.mod
  $ git commit -a -m 'make the module smaller'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
}
