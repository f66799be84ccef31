//! What go.mod says, requirements aside.

use super::*;

/// A main package.
const MAIN: (&str, &str) = ("cmd/tool/main.go", "package main\n\nfunc main() {}\n");
const GO_124: &str = "module git.example.com/team/lib\n\ngo 1.24\n";

/// A push of `v1.0.0` with the lines after the module line, and these files besides.
fn says(lines: &str, files: &[(&str, &str)]) -> Story {
    let text = format!("module {LIB}\n\n{lines}");
    let all: Vec<(&str, &str)> = [&[GO, ("go.mod", &text)], files].concat();
    Story::push_of("v1.0.0", &all)
}

#[track_caller]
fn check(lines: &str, files: &[(&str, &str)], expected: &str) {
    says(lines, files).check_rules(expected);
}

// Rules: F10, K8
#[test]
fn a_go_mod_that_is_fit_for_a_dependency_only_is_told() {
    says("go 1.24\n\nfrob x\n", &[]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn gomod-strict go.mod:5
  "go.mod" is only fit for a dependency: line 5: unknown directive: frob
  > in a clone: errors parsing go.mod: go.mod:5: unknown directive: frob
  $ # mend go.mod; this must print nothing but JSON:
  $ go mod edit -json
  $ git commit -a -m 'mend go.mod'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    let story = says("go 1.24\n\nfrob x\n", &[MAIN]);
    story.check_rules("refused reject:gomod-strict");
    assert_eq!(
        story.report().judgements[0].findings[0].consumer.as_deref(),
        Some(
            "go install git.example.com/team/lib/cmd/tool@v1.0.0: git.example.com/team/lib/cmd/tool@v1.0.0 \
             (in git.example.com/team/lib@v1.0.0): go.mod:5: unknown directive: frob"
        )
    );
    check("go 1.24\n\nreplace a => b\n", &[], "served warn:gomod-strict");
    check("go 1.24\ntoolchain go1.24.1\n\ntool a.b/c\n", &[MAIN], "served");
    // What nobody can parse is told once, with all that is wrong.
    check("go 1.24\nrequire a\nretract\nignore\n", &[MAIN], "refused reject:gomod-syntax");
}

// Rules: K9
#[test]
fn what_is_no_main_package_of_the_module_raises_nothing() {
    for file in [
        ("main_test.go", "package main\n"),
        ("testdata/main.go", "package main\n"),
        ("_x/main.go", "package main\n"),
        (".x/main.go", "package main\n"),
        ("gen.go", "//go:build ignore\n\npackage main\n"),
        ("vendor/a.b/c/main.go", "package main\n"),
        ("main.txt", "package main\n"),
        ("main.go", "not Go\n"),
    ] {
        check("go 1.24\nfrob x\n", &[file], "served warn:gomod-strict");
    }
    // Of another module.
    let nested = [("tool/main.go", "package main\n"), ("tool/go.mod", "module a.b/c\n")];
    check("go 1.24\nfrob x\n", &nested, "served warn:gomod-strict");
    check("go 1.24\nfrob x\n", &[("main.go", "package main\n")], "refused reject:gomod-strict");
}

// Rules: F16
#[test]
fn a_missing_go_directive_is_told() {
    let mut story = says("", &[]);
    story.policy.levels.remove("go-directive-missing");
    story.check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn go-directive-missing go.mod
  "go.mod" has no go directive: it counts as go 1.16
  > git.example.com/team/lib is compiled as Go 1.16, and consumers load the go.mod of everything below it
  $ # the oldest Go that the module works with, such as:
  $ go mod edit -go=1.26
  $ go mod tidy
  $ git commit -a -m 'add the go directive'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    let mut story = says("go 1.16\n", &[]);
    story.policy.levels.remove("go-directive-missing");
    story.check_rules("served");
}

// Rules: F10, K5
#[test]
fn a_go_directive_that_is_no_version_is_told() {
    says("go 1.20.x\n", &[]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn go-directive-invalid go.mod:3
  no main module may have line 3 of "go.mod": invalid go version '1.20.x': must match format 1.23.0
  > in a clone: errors parsing go.mod: go.mod:3: invalid go version '1.20.x': must match format 1.23.0
  $ # write this in line 3 of go.mod: go 1.20
  $ # then this must print nothing but JSON:
  $ go mod edit -json
  $ git commit -a -m 'go 1.20'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    check("go 1.20.x\n", &[MAIN], "refused reject:go-directive-invalid");
    says("go v1.20\n", &[]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject go-directive-invalid go.mod:3
  no consumer can parse line 3 of "go.mod": invalid go version 'v1.20': must match format 1.23.0
  > git.example.com/team/lib@v1.0.0 requires git.example.com/team/lib@v1.0.0: parsing go.mod: go.mod:3: invalid go version 'v1.20': must match format 1.23.0
  $ git tag -d v1.0.0
  $ # write this in line 3 of go.mod: go 1.20
  $ # then this must print nothing but JSON:
  $ go mod edit -json
  $ git commit -a -m 'go 1.20'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    check("go one\n", &[], "refused reject:go-directive-invalid");
    check("go 1.21rc1\n", &[MAIN], "served");
    // Another mistake besides: both are told by the rule about the whole file.
    check("go 1.20.x\nfrob x\n", &[], "served warn:gomod-strict");
    check("go v1.20\nrequire a\n", &[], "refused reject:gomod-syntax");
    check("go 1.20\ngo 1.20\n", &[], "refused reject:gomod-syntax");
}

// Rules: F17, K5
#[test]
fn a_go_that_is_not_there_yet_is_told() {
    says("go 1.99\n", &[MAIN]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn go-directive-too-new go.mod:3
  "go.mod" asks for go 1.99, but the newest release known here is 1.27
  > git.example.com/team/lib@v1.0.0 requires go >= 1.99 (running go 1.27; GOTOOLCHAIN=local)
  $ go mod edit -go=1.27
  $ git commit -a -m 'go 1.27'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    check("go 1.27.3\n", &[], "served");
    check("go 1.28rc1\n", &[], "served warn:go-directive-too-new");
}

/// A push of a tag after another one, each with a go directive.
fn raised(before: (&str, &str), after: (&str, &str)) -> Story {
    let mut story = Story::new();
    let text = |go: &str| format!("module {LIB}\n\n{go}\n");
    let first = story.commit(&[GO, ("go.mod", &text(before.1))]);
    story.has(before.0, first);
    let last = story.commit_after(first, &[GO, ("go.mod", &text(after.1))]);
    story.push(after.0, last);
    story
}

#[test]
fn a_patch_that_asks_for_a_newer_go_is_noted() {
    raised(("v1.2.0", "go 1.24"), ("v1.2.1", "go 1.24.1")).check(
        r#"
served v1.2.1 = git.example.com/team/lib@v1.2.1
info go-directive-raised go.mod:3
  "go.mod" asks for go 1.24.1, but v1.2.0, which this one patches, for go 1.24
  > whoever takes this patch must have go 1.24.1
  $ # if nothing needs the newer Go:
  $ go mod edit -go=1.24
  $ git commit -a -m 'go 1.24'
  $ git tag v1.2.2
  $ git push origin HEAD v1.2.2
"#,
    );
    for (before, after) in [
        (("v1.2.0", "go 1.24"), ("v1.3.0", "go 1.25")),
        (("v1.2.0", "go 1.24"), ("v1.2.1", "go 1.24")),
        (("v1.2.0", "go 1.24"), ("v1.2.1", "go 1.23")),
        (("v1.2.0", ""), ("v1.2.1", "go 1.24")),
        (("v1.2.1-rc.1", "go 1.24"), ("v1.2.1", "go 1.25")),
    ] {
        raised(before, after).check_rules("served");
    }
    // A prerelease in between is no release to patch.
    let mut story = raised(("v1.2.0", "go 1.24"), ("v1.2.1", "go 1.25"));
    let commit = story.updates[0].new;
    let text = format!("module {LIB}\n\ngo 1.25\n");
    let candidate = story.commit_after(commit, &[GO, ("go.mod", &text), ("b.go", "package a\n")]);
    story.has("v1.2.1-rc.1", candidate);
    let found = story.report().judgements.remove(0).findings;
    assert!(found.iter().any(|finding| finding.rule == "go-directive-raised"), "{found:?}");
}

#[test]
fn replacements_by_modules_are_told() {
    let lines = "go 1.24\n\nreplace a.b/c v1.0.0 => d.e/f v1.1.0\nreplace a.b/d => d.e/f v1.1.0\n";
    says(lines, &[]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn replace-directive go.mod:5
  "go.mod" replaces "a.b/c" by "d.e/f" (and 1 more): that holds in a clone only
  > whoever requires git.example.com/team/lib gets a.b/c itself
  $ go mod edit -dropreplace=a.b/c@v1.0.0
  $ go mod edit -dropreplace=a.b/d
  $ go mod tidy
  $ git add go.*
  $ git commit -a -m 'drop replacements'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
  $ # for work on several modules at once, a go.work that is not committed holds replacements
"#,
    );
    let story = says(lines, &[MAIN]);
    story.check_rules("refused reject:replace-directive");
    assert_eq!(
        story.report().judgements[0].findings[0].consumer.as_deref(),
        Some(
            "go install git.example.com/team/lib/cmd/tool@v1.0.0: git.example.com/team/lib/cmd/tool@v1.0.0 \
             (in git.example.com/team/lib@v1.0.0): The go.mod file for the module providing named packages contains \
             one or more replace directives. It must not contain directives that would cause it to be interpreted \
             differently than if it were the main module."
        )
    );
}

#[test]
fn replacements_by_directories_are_told() {
    let lines = "go 1.24\n\nrequire a.b/c v1.2.0\n\nreplace a.b/c => ../c\n";
    let sum = ("go.sum", "a.b/c v1.2.0 h1:x=\na.b/c v1.2.0/go.mod h1:x=\n");
    says(lines, &[sum]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject replace-local-path go.mod:7
  "go.mod" replaces "a.b/c" by directory "../c", which no clone has
  > whoever requires git.example.com/team/lib gets a.b/c@v1.2.0 instead
  $ git tag -d v1.0.0
  $ go mod edit -dropreplace=a.b/c
  $ go mod tidy
  $ git add go.*
  $ git commit -a -m 'drop replacements'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
  $ # for work on several modules at once, a go.work that is not committed holds replacements
  $ # what is needed of a.b/c must be released before, and is taken with:
  $ #   go get a.b/c@latest
"#,
    );
    // Every clone has the directory: modules of one repository that are released together.
    let inside = "go 1.24\n\nrequire a.b/c v1.2.0\n\nreplace a.b/c => ./c\n";
    let nested = ("c/go.mod", "module a.b/c\n");
    check(inside, &[sum, nested], "served warn:replace-local-path");
    check(inside, &[sum, nested, MAIN], "refused reject:replace-local-path");
    check(inside, &[sum], "refused reject:replace-local-path");
    // Nothing is replaced.
    check("go 1.24\n\nreplace a.b/c => ../c\n", &[], "served warn:replace-local-path");
    // Each kind by its own rule.
    check(
        "go 1.24\n\nreplace a.b/c => ../c\nreplace a.b/d => d.e/f v1.0.0\n",
        &[],
        "served warn:replace-directive warn:replace-local-path",
    );
}

#[test]
fn exclusions_are_told() {
    let lines = "go 1.24\n\nexclude a.b/c v1.0.0\n";
    says(lines, &[]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn exclude-directive go.mod:5
  "go.mod" excludes "a.b/c@v1.0.0": that holds in a clone only
  > whoever requires git.example.com/team/lib may get a.b/c@v1.0.0
  $ go mod edit -dropexclude=a.b/c@v1.0.0
  $ go mod tidy
  $ git commit -a -m 'drop exclusions'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
  $ # a higher version that works is required so:
  $ #   go get MODULE@VERSION
"#,
    );
    check(lines, &[MAIN], "refused reject:exclude-directive");
}

// Rules: H4
#[test]
fn sums_that_are_missing_are_noted() {
    let lines = "go 1.24\n\nrequire (\n\ta.b/c v1.0.0\n\ta.b/d v1.0.0\n)\n";
    says(lines, &[]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
info gosum-stale go.sum
  there is no "go.sum", but "go.mod" has requirements
  > in a clone: a.b/c@v1.0.0: missing go.sum entry for go.mod file; to add it: go mod download a.b/c
  $ go mod tidy
  $ git add go.sum
  $ git commit -a -m go.sum
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    let sum = |text: &'static str| [("go.sum", text)];
    let stale = "a.b/c v1.0.0 h1:x=\na.b/c v1.0.0/go.mod h1:x=\na.b/d v1.0.0 h1:x=\n";
    let story = says(lines, &sum(stale));
    story.check_rules("served info:gosum-stale");
    let summary = &story.report().judgements[0].findings[0].summary;
    assert_eq!(summary, r#""go.sum" has no line for "a.b/d v1.0.0""#);
    let full = "a.b/c v1.0.0/go.mod h1:x=\na.b/d v1.0.0/go.mod h1:x=\n";
    check(lines, &sum(full), "served");
    check("go 1.24\n", &[], "served");
    check(lines, &[("vendor/modules.txt", "")], "served");
    check(lines, &[("go.work", "go 1.24\nuse .\n")], "served");
    let replaced = "go 1.24\n\nrequire a.b/c v1.0.0\n\nreplace a.b/c => ./c\n";
    check(replaced, &[("c/go.mod", "module a.b/c\n")], "served warn:replace-local-path");
}

// Rules: D7, K8
#[test]
fn a_byte_order_mark_is_refused() {
    let text = format!("\u{feff}{GO_124}");
    Story::push_of("v1.0.0", &[GO, ("go.mod", &text)]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject gomod-bom go.mod:1
  "go.mod" begins with a byte order mark
  > git.example.com/team/lib@v1.0.0: invalid version: go.mod is missing module path at revision v1.0.0
  $ git tag -d v1.0.0
  $ tail -c +4 go.mod > go.mod.new && mv go.mod.new go.mod
  $ git commit -a -m 'go.mod without byte order mark'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    let text = format!("\u{feff}// The module.\n{GO_124}");
    Story::push_of("v1.0.0", &[GO, ("go.mod", &text)]).check_rules("refused reject:gomod-bom");
}

// Rules: D7, D9, K8
#[test]
fn a_module_line_that_the_quick_look_does_not_read_is_told() {
    let block = |path: &str| format!("module (\n\t{path}\n)\n\ngo 1.24\n");
    Story::push_of("v1.0.0", &[GO, ("go.mod", &block(LIB))]).check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn gomod-scanner-disagrees go.mod:2
  "go.mod" declares "git.example.com/team/lib" in a way that the go command's quick look does not read: it sees "("
  > nothing yet; from v2 on, the version would be found in no list
  $ # write this as the first line of go.mod:
  $ #   module git.example.com/team/lib
  $ # in place of the module directive; this must print nothing but JSON:
  $ go mod edit -json
  $ git commit -a -m 'one plain module line'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    let text = block("git.example.com/team/lib/v2");
    let story = Story::push_of("v2.0.0", &[GO, ("go.mod", &text)]);
    story.check_rules("refused reject:gomod-scanner-disagrees");
    let text = format!("module `{LIB}`\n\ngo 1.24\n");
    let story = Story::push_of("v1.0.0", &[GO, ("go.mod", &text)]);
    story.check_rules("refused reject:gomod-scanner-disagrees");
    assert_eq!(
        story.report().judgements[0].findings[0].consumer.as_deref(),
        Some(
            "parsing go.mod: go.mod:1: invalid quoted string: unquoted string cannot contain quote"
        )
    );
    let text = format!("go 1.24\n\n  module \"{LIB}\" // here\n");
    Story::push_of("v1.0.0", &[GO, ("go.mod", &text)]).check_rules("served");
}

// Rules: M4, K8
#[test]
fn a_path_that_no_module_may_have_is_refused() {
    Story::push_of("v1.0.0", &[GO, ("go.mod", &go_mod("lib"))]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject module-path-invalid go.mod:1
  go.mod declares module "lib", a path that no module may have: missing dot in first path element
  > parsing go.mod: module declares its path as: lib, but was required as: git.example.com/team/lib
  $ git tag -d v1.0.0
  $ go mod edit -module=git.example.com/team/lib
  $ git commit -a -m 'module path git.example.com/team/lib'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
  $ # tags that were made elsewhere come in with:
  $ #   git push -o modgate.import origin --tags
"#,
    );
    let declares = |tag, path: &str| Story::push_of(tag, &[GO, ("go.mod", &go_mod(path))]);
    for path in ["git.example.com/team/a+b", "git.example.com//lib", "-x.y/z", "x.y/a~1"] {
        let text = format!("\"{path}\"");
        declares("v1.0.0", &text).check_rules("refused reject:module-path-invalid");
    }
    declares("v1.0.0", "git.example.com/team/lib/v1")
        .check_rules("refused reject:major-suffix-v0-v1");
    // The directory makes the path.
    let files =
        [("a+b/go.mod", &*go_mod("git.example.com/team/lib/a+b")), ("a+b/a.go", "package a\n")];
    Story::push_of("a+b/v1.0.0", &files).check_rules("refused reject:module-dir-unaddressable");
}
