//! Module paths, go.mod that cannot be parsed, and the final gate.

use super::*;

fn declares(tag: &str, path: &str) -> Story {
    Story::push_of(tag, &[GO, ("go.mod", &go_mod(path))])
}

#[test]
fn another_module_path_is_refused() {
    declares("v1.0.0", "github.com/up/lib").check(r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject module-path-mismatch go.mod:1
  go.mod declares module "github.com/up/lib", but this is "git.example.com/team/lib"
  > parsing go.mod: module declares its path as: github.com/up/lib, but was required as: git.example.com/team/lib
  $ git tag -d v1.0.0
  $ go mod edit -module=git.example.com/team/lib
  $ git commit -a -m 'module path git.example.com/team/lib'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
  $ # the repository is served under another path? the operator mends [host] prefix
  $ # a mirror? the operator writes [[policy.repository]] match = "team/lib", kind = "mirror"
  $ # tags that were made elsewhere come in with:
  $ #   git push -o modgate.import origin --tags
"#);
    declares("v2.0.0", "github.com/up/lib/v2").check_rules("refused reject:module-path-mismatch");
    declares("v1.0.0", LIB).check_rules("served");
}

#[test]
fn another_case_is_refused() {
    declares("v1.0.0", "git.example.com/team/Lib").check(r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject module-path-case go.mod:1
  go.mod declares module "git.example.com/team/Lib", but this is "git.example.com/team/lib": the case differs
  > parsing go.mod: module declares its path as: git.example.com/team/Lib, but was required as: git.example.com/team/lib
  $ git tag -d v1.0.0
  $ go mod edit -module=git.example.com/team/lib
  $ git commit -a -m 'module path git.example.com/team/lib'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#);
}

#[test]
fn a_missing_major_suffix_is_refused() {
    declares("v2.0.0", LIB).check(r#"
refused v2.0.0 = git.example.com/team/lib/v2@v2.0.0
reject major-suffix-missing go.mod:1
  go.mod declares module "git.example.com/team/lib", but a v2 release must declare "git.example.com/team/lib/v2"
  > git.example.com/team/lib/v2@v2.0.0: invalid version: go.mod has non-.../v2 module path "git.example.com/team/lib" (and .../v2/go.mod does not exist) at revision v2.0.0
  $ git tag -d v2.0.0
  $ go mod edit -module=git.example.com/team/lib/v2
  $ git commit -a -m 'module path git.example.com/team/lib/v2'
  $ git tag v2.0.0
  $ git push origin HEAD v2.0.0
  $ # imports of the module's own packages become git.example.com/team/lib/v2/...
  $ # or, if nothing breaks for users, release it as v1.0.0
"#);
    declares("v2.0.0", "git.example.com/team/lib/v2").check_rules("served");
}

#[test]
fn another_major_suffix_is_refused() {
    declares("v1.0.0", "git.example.com/team/lib/v2").check(r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject major-suffix-mismatch go.mod:1
  go.mod declares module "git.example.com/team/lib/v2", which is v2, but the tag is v1
  > git.example.com/team/lib@v1.0.0: invalid version: go.mod has post-v1 module path "git.example.com/team/lib/v2" at revision v1.0.0
  $ git tag v2.0.0 'v1.0.0^{}'
  $ git tag -d v1.0.0
  $ git push origin v2.0.0
  $ # or declare the path of the tag:
  $ #   go mod edit -module=git.example.com/team/lib
"#);
    declares("v2.0.0", "git.example.com/team/lib/v3").check(r#"
refused v2.0.0 = git.example.com/team/lib/v2@v2.0.0
reject major-suffix-mismatch go.mod:1
  go.mod declares module "git.example.com/team/lib/v3", which is v3, but the tag is v2
  > git.example.com/team/lib/v2@v2.0.0: invalid version: go.mod has non-.../v2 module path "git.example.com/team/lib/v3" (and .../v2/go.mod does not exist) at revision v2.0.0
  $ git tag v3.0.0 'v2.0.0^{}'
  $ git tag -d v2.0.0
  $ git push origin v3.0.0
  $ # or declare the path of the tag:
  $ #   go mod edit -module=git.example.com/team/lib/v2
"#);
}

#[test]
fn suffixes_that_no_path_may_have_are_refused() {
    declares("v1.0.0", "git.example.com/team/lib/v1").check(r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject major-suffix-v0-v1 go.mod:1
  go.mod declares module "git.example.com/team/lib/v1", but no module path may end in "/v1"
  > git.example.com/team/lib@v1.0.0: invalid version: go.mod has malformed module path "git.example.com/team/lib/v1" at revision v1.0.0
  $ git tag -d v1.0.0
  $ go mod edit -module=git.example.com/team/lib
  $ git commit -a -m 'module path git.example.com/team/lib'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#);
    for suffix in ["v0", "v02", "v1.2"] {
        let path = format!("git.example.com/team/lib/{suffix}");
        declares("v1.0.0", &path).check_rules("refused reject:major-suffix-v0-v1");
        declares("v2.0.0", &path).check_rules("refused reject:major-suffix-v0-v1");
    }
    declares("v1.0.0", "git.example.com/team/lib/v")
        .check_rules("refused reject:module-path-mismatch");
}

#[test]
fn a_path_of_gopkg_in_is_another_path() {
    declares("v1.0.0", "gopkg.in/lib.v3").check_rules("refused reject:module-path-mismatch");
    declares("v2.0.0", "gopkg.in/lib.v2").check_rules("refused reject:module-path-mismatch");
}

fn both(root: &str, v2: &str) -> Story {
    Story::push_of("v2.0.0", &[GO, ("go.mod", root), ("v2/go.mod", v2), ("v2/a.go", "package a\n")])
}

#[test]
fn the_major_directory_must_declare_the_major() {
    let root = "module git.example.com/team/lib\n";
    let v2 = "module git.example.com/team/lib/v2\n";
    both(root, root).check(r#"
refused v2.0.0 = git.example.com/team/lib/v2@v2.0.0
reject major-dir-broken v2/go.mod:1
  "v2/go.mod" declares module "git.example.com/team/lib", but must declare "git.example.com/team/lib/v2"
  > git.example.com/team/lib/v2@v2.0.0: invalid version: git.example.com/team/lib/v2/go.mod has non-.../v2 module path "git.example.com/team/lib" at revision v2.0.0
  $ git tag -d v2.0.0
  $ go mod edit -module=git.example.com/team/lib/v2 v2/go.mod
  $ git commit -a -m 'module path git.example.com/team/lib/v2'
  $ git tag v2.0.0
  $ git push origin HEAD v2.0.0
"#);
    both(v2, root).check_rules("refused reject:major-dir-broken");
    both(root, "go 1.24\n").check_rules("refused reject:major-dir-broken");
    both(root, v2).check_rules("served");
    both(v2, v2).check(r#"
refused v2.0.0 = git.example.com/team/lib/v2@v2.0.0
reject major-defined-twice go.mod:1
  "go.mod" and "v2/go.mod" both declare a v2 module
  > git.example.com/team/lib/v2@v2.0.0: invalid version: git.example.com/team/lib/go.mod and .../v2/go.mod both have .../v2 module paths at revision v2.0.0
  $ git tag -d v2.0.0
  $ # keep one of them: v2/ for v2, and for v1:
  $ go mod edit -module=git.example.com/team/lib
  $ git commit -a -m 'v2 once'
  $ git tag v2.0.0
  $ git push origin HEAD v2.0.0
"#);
    both(root, "module example.com/other/v2\n").check_rules("refused reject:module-path-mismatch");
}

#[test]
fn a_repository_named_like_a_major_releases_itself() {
    let mut story = declares("v2.0.0", "git.example.com/team/lib/v2");
    story.code_root = "git.example.com/team/lib/v2";
    story.check_rules("served");
    let mut story = declares("v2.0.0", LIB);
    story.code_root = "git.example.com/team/lib/v2";
    story.check_rules("refused reject:major-suffix-missing");
}

#[test]
fn a_go_mod_that_cannot_be_parsed_is_refused() {
    let text = "module git.example.com/team/lib\n\nrequire (\n\tfoo\n";
    Story::push_of("v1.0.0", &[GO, ("go.mod", text)]).check(r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject gomod-syntax go.mod:5
  no consumer can parse "go.mod": line 5: syntax error (unterminated block started at go.mod:3:1)
  > git.example.com/team/lib@v1.0.0 requires git.example.com/team/lib@v1.0.0: parsing go.mod: go.mod:5: syntax error (unterminated block started at go.mod:3:1)
  $ git tag -d v1.0.0
  $ # mend go.mod; this must print nothing but JSON:
  $ go mod edit -json
  $ git commit -a -m 'mend go.mod'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#);
    // The go command's quotes stay readable.
    let text = "module git.example.com/team/lib\n\nrequire example.com/a b98a9ff5e252\n";
    let report = Story::push_of("v1.0.0", &[GO, ("go.mod", text)]).report();
    assert_eq!(
        report.judgements[0].findings[0].summary,
        r#"no consumer can parse line 3 of "go.mod": require example.com/a: version "b98a9ff5e252" invalid: must be of the form v1.2.3"#
    );
    // Unknown directives concern the main module only.
    let text = "module git.example.com/team/lib\n\nfrob x\n";
    Story::push_of("v1.0.0", &[GO, ("go.mod", text)]).check_rules("served warn:gomod-strict");
}

// Rules: K7
#[test]
fn other_failures_reach_the_final_gate() {
    Story::push_of("v1.0.0", &[GO, ("go.mod", "go 1.24\n")]).check(r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject release-unfetchable
  nobody could use git.example.com/team/lib@v1.0.0 at this commit
  > git.example.com/team/lib@v1.0.0: invalid version: go.mod is missing module path at revision v1.0.0
  $ git tag -d v1.0.0
  $ # mend what the go command says, and commit
  $ git tag v1.0.0
  $ git push origin v1.0.0
"#);
    // The quick look of the go command sees another module line (D7).
    let text = "require (\n\tmodule v1.0.0\n)\nmodule git.example.com/team/lib\n";
    let mut story = Story::push_of("v2.0.0", &[GO, ("go.mod", text)]);
    story.check_rules("refused reject:major-suffix-missing info:gosum-stale");
    story =
        Story::push_of("v1.0.0", &[GO, ("go.mod", "module (\n\tgit.example.com/team/lib\n)\n")]);
    story.check_rules("served warn:gomod-scanner-disagrees");
}

#[test]
fn a_module_of_another_repository_is_not_taken_over() {
    let files =
        [("sub/go.mod", "module git.example.com/team/lib/sub\n"), ("sub/a.go", "package a\n")];
    let mut story = Story::push_of("sub/v1.0.0", &files);
    let module = "git.example.com/team/lib/sub";
    story.accepted_in("team/lib/sub", module, "v0.1.0", ("v0.1.0", ObjectId::from_bytes([1; 20])));
    story.check(
        r#"
refused sub/v1.0.0 = git.example.com/team/lib/sub@v1.0.0
reject release-unfetchable
  nobody could use git.example.com/team/lib/sub@v1.0.0 at this commit
  > git.example.com/team/lib/sub has its versions from repository "team/lib/sub"
  $ git tag -d sub/v1.0.0
  $ # release it from repository "team/lib/sub", or under another module path
"#,
    );
}
