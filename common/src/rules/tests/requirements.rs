//! What go.mod requires.

use super::*;
use crate::ledger::Required;

/// The rules of this family that speak.
#[track_caller]
fn check(story: &Story, expected: &str) {
    let report = story.report();
    let judgement = &report.judgements[0];
    let found = judgement.findings.iter().filter(|f| f.rule.starts_with("require-"));
    let found: Vec<String> = found.map(|f| format!("{}:{}", f.level.name(), f.rule)).collect();
    assert_eq!(found.join(" "), expected, "{}", text(&report));
}

/// A go.mod with these requirements, sums for all of them, and a package that needs them.
fn requires(lines: &[&str]) -> [(String, String); 3] {
    let mut go_mod = go_mod(LIB);
    let (mut sums, mut code) = (String::new(), GO.1.to_owned());
    for line in lines {
        code.push_str(&format!("\nimport _ {:?}\n", line.split(' ').next().unwrap_or_default()));
        go_mod.push_str(&format!("require {line}\n"));
        let module = line.split(" //").next().unwrap_or_default();
        sums.push_str(&format!("{module}/go.mod h1:x=\n"));
    }
    [(GO.0.to_owned(), code), ("go.mod".to_owned(), go_mod), ("go.sum".to_owned(), sums)]
}

fn add(story: &mut Story, lines: &[&str], more: &[(&str, &str)]) -> ObjectId {
    let files = requires(lines);
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let files: Vec<(&str, &str)> = files.chain(more.iter().copied()).collect();
    story.commit(&files)
}

/// A push of `v1.0.0` that requires this.
fn push_of(lines: &[&str]) -> Story {
    let mut story = Story::new();
    let commit = add(&mut story, lines, &[]);
    story.push("v1.0.0", commit);
    story
}

// Rules: F10, K8
#[test]
fn a_requirement_that_nobody_can_parse_is_refused() {
    push_of(&["a.b/c v2.0.0"]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject require-invalid go.mod:4
  no consumer can parse line 4 of "go.mod": require a.b/c: version "v2.0.0" invalid: should be v0 or v1, not v2
  > git.example.com/team/lib@v1.0.0 requires git.example.com/team/lib@v1.0.0: parsing go.mod: go.mod:4: require a.b/c: version "v2.0.0" invalid: should be v0 or v1, not v2
  $ git tag -d v1.0.0
  $ # mend go.mod; this must print nothing but JSON:
  $ go mod edit -json
  $ git commit -a -m 'mend go.mod'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
  $ # from v2 on the module path ends in /vN, and the version is vN.x.y
"#,
    );
    for line in ["a.b/c", "a.b/c master", "a.b/c/v1 v1.0.0", "a.b/c v1.2.3.4"] {
        push_of(&[line]).check_rules("refused reject:require-invalid");
    }
    push_of(&["a.b/c v2.0.0", "a.b/d v1.0.0\nretract"])
        .check_rules("refused reject:require-invalid");
    push_of(&["a.b/c v2.0.0", "a.b/d v1.0.0\nignore"]).check_rules("refused reject:gomod-syntax");
    push_of(&["a.b/c v2.0.0+incompatible", "a.b/c/v3 v3.0.0"]).check_rules("served");
}

// Rules: V4
#[test]
fn a_version_that_is_not_written_in_full_is_told() {
    let mut story = push_of(&["a.b/c v1", "a.b/d v1.2.0+meta", "a.b/e v1.0.0"]);
    story.level("gosum-stale", Level::Off);
    story.check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn require-noncanonical go.mod:4
  "go.mod" requires "a.b/c@v1.0.0", written as "v1" (and 1 more)
  > v1 is read as v1.0.0
  $ go mod edit -require=a.b/c@v1.0.0
  $ go mod edit -require=a.b/d@v1.2.0
  $ git commit -a -m 'canonical versions'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    check(&push_of(&["a.b/c \"v1.0.0\"", "a.b/d v2.0.0+incompatible"]), "");
}

const SUB: &str = "git.example.com/team/lib/sub";

fn sub(go_mod: &'static str) -> [(&'static str, &'static str); 2] {
    [("sub/go.mod", go_mod), ("sub/a.go", "package sub\n")]
}

/// A push of `v1.0.0` that requires a version of the module in `sub`.
fn requires_sub(v: &str) -> Story {
    let mut story = Story::new();
    let files = sub("module git.example.com/team/lib/sub\n\ngo 1.24\n");
    let commit = add(&mut story, &[&format!("{SUB} {v}")], &files);
    story.push("v1.0.0", commit);
    story
}

#[test]
fn a_version_of_this_repository_that_is_not_there_is_refused() {
    let mut story = requires_sub("v1.77.0");
    story.check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject require-missing-version go.mod:4
  "go.mod" requires "git.example.com/team/lib/sub@v1.77.0", which does not exist
  > git.example.com/team/lib@v1.0.0 requires git.example.com/team/lib/sub@v1.77.0: reading git.example.com/team/lib/sub/go.mod at revision sub/v1.77.0: unknown revision sub/v1.77.0
  $ git push origin sub/v1.77.0 v1.0.0
  $ # if it is not to be released, require a version that exists, and tag again:
  $ #   go get MODULE@VERSION
"#,
    );
    // It comes with the push.
    let commit = story.updates[0].new;
    story.push("sub/v1.77.0", commit);
    check(&story, "");
    // The ledger still has it.
    let mut story = requires_sub("v1.77.0");
    story.testimony.required.push(required(SUB, "v1.77.0", "team/lib", Some(State::Accepted)));
    check(&story, "");
    // Another repository may lie there.
    story.testimony.required =
        vec![required(SUB, "v1.77.0", "team/lib/sub", Some(State::Accepted))];
    check(&story, "");
    check(&push_of(&["git.example.com/team/lib/other v1.0.0"]), "");
    check(&push_of(&["git.example.com/team/library v1.0.0"]), "");
    check(&push_of(&["git.example.com/team/lib/v2 v2.0.0"]), "reject:require-missing-version");
}

/// From Go 1.17 on, consumers look at those requirements only whose packages they need.
#[test]
fn what_is_not_there_and_not_needed_is_told() {
    let with = |go: &str, code: &str| {
        let text = format!(
            "module {LIB}\n\ngo {go}\n\nrequire a.b/c v0.0.0-00010101000000-000000000000\n"
        );
        Story::push_of(
            "v1.0.0",
            &[("go.mod", &text), ("a.go", code), ("b_test.go", "package a\n\nimport \"a.b/c\"\n")],
        )
    };
    check(&with("1.17", "package a\n"), "warn:require-zero-pseudo");
    check(&with("1.17", "package a\n\nimport _ \"a.b/cd\"\n"), "warn:require-zero-pseudo");
    check(&with("1.17", "package a\n\nimport _ \"a.b/c/d\"\n"), "reject:require-zero-pseudo");
    check(&with("1.16", "package a\n"), "reject:require-zero-pseudo");
}

fn required(module: &str, version: &str, repository: &str, state: Option<State>) -> Required {
    let [module, version, repository] = [module, version, repository].map(str::to_owned);
    Required { module, version, repository, state }
}

#[test]
fn a_version_of_another_repository_that_the_ledger_does_not_have_is_refused() {
    let other = "git.example.com/team/other/x";
    let with = |version: &str, state| {
        let mut story = push_of(&[&format!("{other} {version}")]);
        story.testimony.required.push(required(other, version, "team/other", state));
        story
    };
    with("v1.1.0", None).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject require-missing-version go.mod:4
  "go.mod" requires "git.example.com/team/other/x@v1.1.0", which does not exist
  > git.example.com/team/lib@v1.0.0 requires git.example.com/team/other/x@v1.1.0: reading git.example.com/team/other/x/go.mod at revision x/v1.1.0: unknown revision x/v1.1.0
  $ # in a clone of "team/other":
  $ git push origin x/v1.1.0
  $ # then here:
  $ git push origin v1.0.0
  $ # if it is not to be released, require a version that exists, and tag again:
  $ #   go get MODULE@VERSION
"#,
    );
    for state in [State::Accepted, State::Broken, State::Pending, State::Withdrawn] {
        check(&with("v1.1.0", Some(state)), "");
    }
    // The ledger does not say who owns the module.
    check(&push_of(&["git.example.com/team/other/x v1.1.0"]), "");
    check(&push_of(&["a.b/c v1.1.0"]), "");
    // Commits of other repositories are not looked up.
    check(&with("v0.0.0-20240101000000-abcdefabcdef", None), "info:require-prerelease");
}

/// The pseudo-version of a commit, as stories date them.
fn pseudo_of(commit: ObjectId, offset: i64) -> String {
    crate::pseudo::construct("", "", 1_700_000_000 + offset, &commit.short())
}

// Rules: PV1, PV2, PV3
#[test]
fn a_pseudo_version_of_no_commit_here_is_refused() {
    let mut story = requires_sub("v0.0.0-20240101000000-abcdefabcdef");
    story.check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject require-bad-pseudo go.mod:4
  "go.mod" requires "git.example.com/team/lib/sub@v0.0.0-20240101000000-abcdefabcdef", which is not the pseudo-version of a commit here
  > git.example.com/team/lib@v1.0.0 requires git.example.com/team/lib/sub@v0.0.0-20240101000000-abcdefabcdef: git.example.com/team/lib/sub@v0.0.0-20240101000000-abcdefabcdef: invalid version: unknown revision abcdefabcdef
  $ git tag -d v1.0.0
  $ # push the branch with the commit; then:
  $ go get git.example.com/team/lib/sub@abcdefabcdef
  $ go mod tidy
  $ git commit -a -m 'require what exists'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
info require-prerelease go.mod:4
  "go.mod" requires "git.example.com/team/lib/sub@v0.0.0-20240101000000-abcdefabcdef", which is no release
  > whoever takes git.example.com/team/lib@v1.0.0 takes git.example.com/team/lib/sub@v0.0.0-20240101000000-abcdefabcdef
  $ # nothing, if there is no release that would do
"#,
    );
    let first = story.commit(&sub("module git.example.com/team/lib/sub\n"));
    let with = |story: &mut Story, v: &str| {
        let line = format!("{SUB} {v}");
        let files = requires(&[&line]);
        let files: Vec<_> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        let files = [&files, &sub("module git.example.com/team/lib/sub\n")[..]].concat();
        story.updates[0].new = story.commit_after(first, &files);
        story.before.head = Some(story.updates[0].new);
    };
    with(&mut story, &pseudo_of(first, 0));
    check(&story, "info:require-prerelease");
    // Its time is another one.
    with(&mut story, &pseudo_of(first, 1));
    check(&story, "reject:require-bad-pseudo info:require-prerelease");
}

// Rules: P10
#[test]
fn a_placeholder_for_a_directory_is_refused() {
    let mut story = push_of(&["a.b/c v0.0.0-00010101000000-000000000000"]);
    story.check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject require-zero-pseudo go.mod:4
  "go.mod" requires "a.b/c@v0.0.0-00010101000000-000000000000", which only stands for a local directory
  > git.example.com/team/lib@v1.0.0 requires a.b/c@v0.0.0-00010101000000-000000000000: a.b/c@v0.0.0-00010101000000-000000000000: invalid version: unknown revision 000000000000
  $ git tag -d v1.0.0
  $ # when the dependency is released:
  $ go mod edit -dropreplace=a.b/c
  $ go get a.b/c@latest
  $ go mod tidy
  $ git commit -a -m 'require what is released'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    story = requires_sub("v0.0.0-00010101000000-000000000000");
    check(&story, "reject:require-zero-pseudo");
    check(&push_of(&["a.b/c v0.0.0-20240101000000-000000000000"]), "info:require-prerelease");
}

#[test]
fn a_commit_that_only_a_branch_holds_is_told() {
    let mut story = Story::new();
    let first = story.commit(&sub("module git.example.com/team/lib/sub\n"));
    story.before.branches.insert("work".to_owned(), first);
    let line = format!("{SUB} {}", pseudo_of(first, 0));
    let files = sub("module git.example.com/team/lib/sub\n\ngo 1.24\n");
    let commit = add(&mut story, &[&line], &files);
    story.before.branches.insert("main".to_owned(), commit);
    story.before.head = Some(commit);
    story.push("v1.0.0", commit);
    check(&story, "warn:require-unpublished-commit info:require-prerelease");
    let finding = story.report().judgements.remove(0).findings.remove(0);
    let pseudo = pseudo_of(first, 0);
    assert_eq!(
        finding.summary,
        format!(
            "\"go.mod\" requires \"{SUB}@{pseudo}\", a commit that neither the default branch nor a tag leads to"
        )
    );
    assert_eq!(finding.consumer, Some(format!("{SUB}@{pseudo} is gone when its branch goes")));
    let short = first.short();
    assert_eq!(finding.fix, format!("git tag sub/v0.0.0 {short}\ngit push origin sub/v0.0.0"));
    // A tag holds it.
    story.has("nightly", first);
    check(&story, "info:require-prerelease");
}

#[test]
fn a_module_that_requires_itself_is_told() {
    push_of(&["git.example.com/team/lib v1.1.0"]).check(
        r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject require-self go.mod:4
  "go.mod" requires "git.example.com/team/lib@v1.1.0": itself
  > git.example.com/team/lib@v1.0.0 requires git.example.com/team/lib@v1.1.0, not git.example.com/team/lib@v1.0.0
  $ git tag -d v1.0.0
  $ go mod edit -droprequire=git.example.com/team/lib
  $ git commit -a -m 'do not require the module itself'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
"#,
    );
    check(&push_of(&["git.example.com/team/lib v0.9.0"]), "info:require-self");
    check(&push_of(&["git.example.com/team/lib v1.0.0"]), "info:require-self");
}

// Rules: T1, T3, T8
#[test]
fn a_version_that_is_retracted_here_is_told() {
    let with = |go_mod: &'static str| {
        let mut story = requires_sub("v1.0.0");
        let commit = story.updates[0].new;
        story.has("sub/v1.0.0", commit);
        let newest = story.commit(&sub(go_mod));
        story.has("sub/v1.1.0", newest);
        story
    };
    let story = with(
        "module git.example.com/team/lib/sub\n\ngo 1.24\n\n// It deletes files.\nretract v1.0.0\n",
    );
    story.check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
warn require-retracted go.mod:4
  "go.mod" requires "git.example.com/team/lib/sub@v1.0.0", which is retracted
  > go: warning: git.example.com/team/lib/sub@v1.0.0: retracted by module author: It deletes files.
  $ go get git.example.com/team/lib/sub@latest
  $ go mod tidy
  $ git commit -a -m 'upgrade what is retracted'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    check(&with("module git.example.com/team/lib/sub\n\nretract v1.0.1\n"), "");
    let story = with("// Deprecated: use x.\nmodule git.example.com/team/lib/sub\n");
    check(&story, "warn:require-retracted");
    assert_eq!(
        story.report().judgements[0].findings[0].consumer.as_deref(),
        Some("go: module git.example.com/team/lib/sub is deprecated: use x.")
    );
}

#[test]
fn a_release_that_requires_what_is_none_is_noted() {
    let lines = ["a.b/c v1.0.0-rc.1", "a.b/d v0.0.0-20240101000000-abcdefabcdef", "a.b/e v1.0.0"];
    check(&push_of(&lines), "info:require-prerelease");
    check(&push_of(&["a.b/c v1.0.0-rc.1 // indirect", "a.b/e v1.0.0"]), "");
    let mut story = push_of(&["a.b/c v1.0.0-rc.1"]);
    story.updates[0].name = "refs/tags/v1.0.0-rc.1".to_owned();
    check(&story, "");
}

#[test]
fn the_ledger_is_asked_for_what_is_required_of_this_host() {
    let story =
        push_of(&["a.b/c v1.0.0", "git.example.com/team/x v1.2", "git.example.com/y v0.1.0"]);
    let asked = question("team/lib", LIB, &story.repository, &story.updates).unwrap().required;
    let asked: Vec<String> = asked.iter().map(|(m, v)| format!("{m}@{v}")).collect();
    assert_eq!(asked, ["git.example.com/team/x@v1.2.0", "git.example.com/y@v0.1.0"]);
}
