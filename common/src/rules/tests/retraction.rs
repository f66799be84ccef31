//! Retractions and deprecations in go.mod.

use super::*;

/// A module of v1.0.0, v1.1.0 and v1.2.0, and a push of v1.3.0 whose go.mod ends in these lines.
fn saying(lines: &str) -> Story {
    released(&[("v1.0.0", ""), ("v1.1.0", ""), ("v1.2.0", "")], ("v1.3.0", lines))
}

/// Releases, one after the other, with the ends of their go.mod files; the last is pushed.
fn released(before: &[(&str, &str)], (pushed, lines): (&str, &str)) -> Story {
    let mut story = Story::new();
    let mut last = story.module();
    for (tag, lines) in before {
        last = commit(&mut story, last, tag, lines);
        story.has(tag, last);
    }
    last = commit(&mut story, last, pushed, lines);
    story.before.branches.insert("main".to_owned(), last);
    story.push(pushed, last);
    story
}

fn commit(story: &mut Story, parent: ObjectId, tag: &str, lines: &str) -> ObjectId {
    let go = format!("// {tag}\npackage a\n");
    story.commit_after(parent, &[("a.go", &go), ("go.mod", &format!("{}{lines}", go_mod(LIB)))])
}

/// The rules of this family that speak.
#[track_caller]
fn check(story: &Story, expected: &str) {
    let found = story.report().judgements.remove(0).findings;
    let of_family = |rule: &&str| rule.starts_with("retract-") || rule.starts_with("deprecation-");
    let rules: Vec<&str> = found.iter().map(|f| f.rule).filter(of_family).collect();
    assert_eq!(rules.join(" "), expected);
}

/// The rule of the one finding, its line, and how it begins.
#[track_caller]
fn check_text(lines: &str, expected: &str) {
    let finding = saying(lines).report().judgements.remove(0).findings.remove(0);
    let (consumer, line) = (finding.consumer.unwrap(), finding.line.unwrap_or_default());
    assert_eq!(format!("{}:{line}: {} > {consumer}", finding.rule, finding.summary), expected);
}

// Rules: F12
#[test]
fn each_interval_has_one_fault_at_most() {
    for (interval, expected) in [
        ("v1.1.0 // bad", ""),
        ("[v1.0.0, v1.1.0] // bad", ""),
        ("\"v1.1.0\" // bad", ""),
        ("[v0.0.0-0, v0.9.0] // never meant", ""),
        ("v0.0.0-20200101000000-abcdefabcdef // secret", ""),
        ("v1.3.0 // itself", ""),
        ("v1.1.0+meta // x", "retract-malformed"),
        ("foo // x", "retract-malformed"),
        ("[foo, v1.1.0] // x", "retract-malformed"),
        ("[v1.1.0, foo] // x", "retract-malformed"),
        ("v1.1.0 v1.2.0 // x", "retract-malformed"),
        ("[v1.0.0 v1.1.0] // x", "retract-malformed"),
        ("[v1.0.0, v1.1.0 // x", "retract-malformed"),
        ("`v1.1.0` // x", "retract-malformed"),
        ("[v1.2.0, v1.0.0] // x", "retract-inverted"),
        ("[v1.2, v1] // x", "retract-inverted"),
        ("v1 // x", "retract-shorthand"),
        ("v1.2 // x", "retract-shorthand"),
        ("[v1.0.0, v1.2] // x", "retract-shorthand"),
        ("v2.0.0 // x", "retract-wrong-major"),
        ("[v1.1.0, v2] // x", "retract-wrong-major"),
        ("v1.1.1 // x", "retract-no-effect"),
        ("[v1.2.1, v1.2.9] // x", "retract-no-effect"),
        ("v2.0.0+incompatible // x", "retract-no-effect"),
        ("v1.1.0", "retract-no-reason"),
        ("v1.1.0 //", "retract-no-reason"),
    ] {
        check(&saying(&format!("retract {interval}\n")), expected);
    }
}

#[test]
fn faults_of_other_lines_are_told_too() {
    let lines =
        "retract (\n\tv1 // x\n\tfoo // x\n\t[v1.2.0, v1.0.0] // x\n\tv1.0.0\n\tbar // x\n)\n";
    let expected = "retract-malformed retract-inverted retract-shorthand retract-no-reason";
    check(&saying(lines), expected);
    check_text(
        lines,
        "retract-malformed:6: \"retract foo\" in \"go.mod\" is none: \"foo\" is no full version (and 1 more) > nothing is retracted",
    );
}

#[test]
fn what_a_malformed_retraction_does_is_told() {
    for (interval, expected) in [
        (
            "[foo, v1.1.0]",
            "retract [foo, v1.1.0]\" in \"go.mod\" is none: \"foo\" is no full version > every version up to v1.1.0 is retracted",
        ),
        (
            "[v1.1.0, \"a\\x1b\"]",
            "retract [v1.1.0, a\\u{1b}]\" in \"go.mod\" is none: \"a\\u{1b}\" is no full version > nothing is retracted",
        ),
        (
            "v1.1.0+meta",
            "retract v1.1.0+meta\" in \"go.mod\" is none: \"v1.1.0+meta\" is no full version > it counts as v1.1.0",
        ),
    ] {
        check_text(&format!("retract {interval}\n"), &format!("retract-malformed:4: \"{expected}"));
    }
    for (interval, reason, effect) in [
        ("[v1.0.0 v1.1.0]", "expected ',' after version", "nothing is retracted"),
        (
            "v1.1.0 x",
            "unexpected token after version: \"x\"",
            "only what stands before it is retracted",
        ),
        (
            "`v1.1.0\u{7}`",
            "retract: version \"`v1.1.0\\a`\" invalid: unquoted string cannot contain quote",
            "nothing is retracted",
        ),
    ] {
        let text = format!(
            "retract-malformed:4: the retraction in \"go.mod\" is none: {reason} > {effect}"
        );
        check_text(&format!("retract {interval}\n"), &text);
    }
}

#[test]
fn a_retraction_that_cannot_be_read_is_refused() {
    saying("retract [v1.0.0 v1.1.0]\n").check(
        r#"
refused v1.3.0 = git.example.com/team/lib@v1.3.0
reject retract-malformed go.mod:4
  the retraction in "go.mod" is none: expected ',' after version
  > nothing is retracted
  $ git tag -d v1.3.0
  $ # mend line 4 of "go.mod": retract v1.0.1, or retract [v1.0.0, v1.2.3]
  $ # this must print nothing but JSON:
  $ go mod edit -json
  $ git commit -a -m 'mend a retraction'
  $ git tag v1.3.0
  $ git push origin HEAD v1.3.0
"#,
    );
}

#[test]
fn a_retraction_the_wrong_way_round_is_refused() {
    saying("retract [v1.2.0, v1.0.0] // bad\n").check(
        r#"
refused v1.3.0 = git.example.com/team/lib@v1.3.0
reject retract-inverted go.mod:4
  "retract [v1.2.0, v1.0.0]" in "go.mod" is the wrong way round
  > nothing is retracted
  $ git tag -d v1.3.0
  $ go mod edit '-dropretract=[v1.2.0,v1.0.0]'
  $ go mod edit '-retract=[v1.0.0,v1.2.0]'
  $ # with its comment: "bad"
  $ git commit -a -m 'mend a retraction'
  $ git tag v1.3.0
  $ git push origin HEAD v1.3.0
"#,
    );
}

#[test]
fn a_shorthand_is_told_with_its_range() {
    saying("retract v1 // bad\n").check(
        r#"
served v1.3.0 = git.example.com/team/lib@v1.3.0
warn retract-shorthand go.mod:4
  "retract v1" in "go.mod" has no full version
  > retracted is v1.0.0 alone
  $ go mod edit -dropretract=v1
  $ go mod edit '-retract=[v1.0.0,v1.3.0]'
  $ # with its comment: "bad"
  $ git commit -a -m 'mend a retraction'
  $ git tag v1.3.1
  $ git push origin HEAD v1.3.1
"#,
    );
    let fix = |lines: &str| saying(lines).report().judgements.remove(0).findings.remove(0).fix;
    assert!(fix("retract v1.2 // x\n").contains("go mod edit -retract=v1.2.0\n"));
    assert!(fix("retract [v1, v1.1] // x\n").contains("go mod edit '-retract=[v1.0.0,v1.1.0]'\n"));
}

#[test]
fn a_retraction_of_nothing_is_told() {
    saying("retract v1.1.1 // bad\n").check(
        r#"
served v1.3.0 = git.example.com/team/lib@v1.3.0
warn retract-no-effect go.mod:4
  "retract v1.1.1" in "go.mod" is about versions that no tag has
  > nothing is retracted
  $ go mod edit -dropretract=v1.1.1
  $ # and what was meant instead:
  $ #   go mod edit -retract=RIGHT-VERSION
  $ # with its comment: "bad"
  $ git commit -a -m 'mend a retraction'
  $ git tag v1.3.1
  $ git push origin HEAD v1.3.1
  $ # the newest versions of this module: v1.0.0 v1.1.0 v1.2.0 v1.3.0
  $ # a version whose tag is gone may still be cached: then leave it
"#,
    );
}

#[test]
fn a_retraction_without_a_reason_is_noted() {
    saying("retract v1.1.0\n").check(
        r#"
served v1.3.0 = git.example.com/team/lib@v1.3.0
info retract-no-reason go.mod:4
  "retract v1.1.0" in "go.mod" has no comment that says why
  > warning: git.example.com/team/lib@v1.1.0: retracted by module author
  $ # write the reason behind line 4 of "go.mod": // why
  $ git commit -a -m 'say why versions are retracted'
  $ git tag v1.3.1
  $ git push origin HEAD v1.3.1
"#,
    );
    check(&saying("// why\nretract v1.1.0\n"), "");
    check(&saying("// why\nretract (\n\tv1.1.0\n\tv1.2.0\n)\n"), "");
    // The first line is what is shown (T7).
    check(&saying("//\n// why\nretract v1.1.0\n"), "retract-no-reason");
}

// Rules: M8
#[test]
fn a_retraction_of_another_major_is_told() {
    saying("retract v2.0.0 // bad\n").check(
        r#"
served v1.3.0 = git.example.com/team/lib@v1.3.0
warn retract-wrong-major go.mod:4
  "retract v2.0.0" in "go.mod" is of another major version than the module
  > every go command in the module itself fails: go.mod:4: retract git.example.com/team/lib: version "v2.0.0" invalid: should be v0 or v1, not v2
  $ go mod edit -dropretract=v2.0.0
  $ # and what was meant instead:
  $ #   go mod edit -retract=RIGHT-VERSION
  $ # with its comment: "bad"
  $ git commit -a -m 'mend a retraction'
  $ git tag v1.3.1
  $ git push origin HEAD v1.3.1
"#,
    );
    // The repository has a version that may be meant.
    let incompatible = |interval: &str| {
        let mut story = saying(&format!("retract {interval} // bad\n"));
        let old = story.commit(&[GO]);
        story.has("v2.1.0", old);
        story
    };
    let story = incompatible("[v2.0.0, v2.2.0]");
    let fix = &story.report().judgements[0].findings[0].fix;
    assert!(fix.contains("'-retract=[v2.0.0+incompatible,v2.2.0+incompatible]'\n"), "{fix}");
    check(&incompatible("v2.1.0+incompatible"), "");
    check(&incompatible("v2.2.0+incompatible"), "retract-no-effect");
}

#[test]
fn a_module_of_v2_takes_back_its_own_versions() {
    let path = format!("{LIB}/v2");
    let mut story = Story::new();
    let text = format!("{}retract v2.0.0 // x\nretract v1.0.0 // x\n", go_mod(&path));
    let first = story.commit(&[GO, ("go.mod", &go_mod(&path))]);
    story.has("v2.0.0", first);
    let next = story.commit_after(first, &[GO, ("go.mod", &text)]);
    story.before.branches.insert("main".to_owned(), next);
    story.push("v2.0.1", next);
    check(&story, "retract-wrong-major");
}

// Rules: T2
#[test]
fn only_the_highest_release_takes_back() {
    let before = [("v1.0.0", ""), ("v1.1.0", ""), ("v1.2.0", "")];
    released(&before, ("v1.1.1", "retract v1.1.0 // bad\n")).check(
        r#"
served v1.1.1 = git.example.com/team/lib@v1.1.1
warn retract-not-highest go.mod:4
  "retract v1.1.0" in v1.1.1 does not count: the highest release is v1.2.0, and its go.mod decides
  > git.example.com/team/lib@v1.1.0 is not retracted
  $ # on the branch of v1.2.0:
  $ go mod edit -retract=v1.1.0
  $ # with its comment: "bad"
  $ git commit -a -m retract
  $ git tag v1.2.1
  $ git push origin HEAD v1.2.1
"#,
    );
    let pushed = |before: &str, pushed| released(&[("v1.1.0", ""), ("v1.2.0", before)], pushed);
    let own = "retract v1.1.0 // bad\n";
    for (highest, version, expected) in [
        (own, "v1.1.1", ""),
        ("retract [v1.0.0, v1.1.9] // x\n", "v1.1.1", ""),
        ("", "v1.3.0-rc.1", "retract-not-highest"),
        ("", "v1.2.0-rc.1", "retract-not-highest"),
        (own, "v1.3.0-rc.1", ""),
        ("", "v1.3.0", ""),
        ("retract v1.1.1 // x\n", "v1.1.1", "retract-not-highest"),
    ] {
        check(&pushed(highest, (version, own)), expected);
    }
    // Without a release the highest prerelease counts.
    check(&released(&[("v1.0.0-a", "")], ("v1.0.0-b", "retract v1.0.0-a // x\n")), "");
    check(
        &released(&[("v1.0.0-b", "")], ("v1.0.0-a", "retract v1.0.0-b // x\n")),
        "retract-not-highest",
    );
    // A prerelease counts once it is a release.
    let found = pushed("", ("v1.3.0-rc.1", own)).report().judgements.remove(0).findings.remove(0);
    assert_eq!(found.fix, "# nothing, if v1.3.0 is to follow: it counts from then on");
}

#[test]
fn a_deprecation_counts_in_the_highest_release_only() {
    let mut story = released(&[("v1.2.0", "")], ("v1.1.0", ""));
    let text = format!("// Deprecated: use other\n{}", go_mod(LIB));
    let old = story.commit_after(story.updates[0].new, &[GO, ("go.mod", &text)]);
    story.updates[0].new = old;
    story.before.branches.insert("old".to_owned(), old);
    check(&story, "retract-not-highest");
    let finding = story.report().judgements.remove(0).findings.remove(0);
    assert_eq!(
        finding.summary,
        "the deprecation in v1.1.0 does not count: the highest release is v1.2.0, and its go.mod decides"
    );
    story.updates[0].name = "refs/tags/v1.3.0".to_owned();
    check(&story, "");
}

// Rules: T2
#[test]
fn a_dropped_retraction_is_told() {
    let before =
        [("v1.0.0", ""), ("v1.1.0", "// a secret\nretract v1.0.0\nretract v1.1.0 // itself\n")];
    released(&before, ("v1.2.0", "retract v1.1.0 // itself\n")).check(
        r#"
served v1.2.0 = git.example.com/team/lib@v1.2.0
warn retract-dropped go.mod
  v1.2.0 drops "retract v1.0.0", which v1.1.0 had
  > git.example.com/team/lib@v1.0.0 is visible again
  $ go mod edit -retract=v1.0.0
  $ # with its comment: "a secret"
  $ git commit -a -m 'keep what was retracted'
  $ git tag v1.2.1
  $ git push origin HEAD v1.2.1
"#,
    );
    let own = "retract [v1.0.0, v1.0.9] // bad\n";
    let after = |pushed| released(&[("v1.0.0", ""), ("v1.1.0", own)], pushed);
    for (version, lines, expected) in [
        ("v1.2.0", own, ""),
        ("v1.2.0", "retract v1.0.0 // bad\n", ""),
        ("v1.2.0", "", "retract-dropped"),
        ("v1.0.1", "", ""),
        ("v1.2.0-rc.1", "", ""),
    ] {
        check(&after((version, lines)), expected);
    }
    // Two releases in one push do not hide what was dropped in the lower one.
    let mut story = after(("v1.3.0", ""));
    let commit = story.updates[0].new;
    story.push("v1.2.0", commit);
    check(&story, "retract-dropped");
    // A go.mod of another module says nothing about this one.
    let text = "module x.y/z\n\nretract v1.0.0 // bad\n";
    let other = story.commit_after(commit, &[GO, ("go.mod", text)]);
    story.has("v1.2.0", other);
    story.has("v1.1.0", other);
    story.updates.pop();
    check(&story, "");
}

#[test]
fn a_dropped_deprecation_is_told() {
    let mut story = Story::new();
    let text = format!("// Deprecated: use other\n// instead.\n{}", go_mod(LIB));
    let old = story.commit(&[GO, ("go.mod", &text)]);
    story.has("v1.0.0", old);
    let next = commit(&mut story, old, "v1.1.0", "");
    story.before.branches.insert("main".to_owned(), next);
    story.push("v1.1.0", next);
    story.check(
        r#"
served v1.1.0 = git.example.com/team/lib@v1.1.0
warn retract-dropped go.mod
  v1.1.0 drops the deprecation, which v1.0.0 had
  > nobody is told any more that git.example.com/team/lib is deprecated
  $ # above the module line: // Deprecated: "use other"
  $ git commit -a -m 'keep what was retracted'
  $ git tag v1.1.1
  $ git push origin HEAD v1.1.1
"#,
    );
}

// Rules: T5
#[test]
fn a_module_without_any_version_left_is_noted() {
    let story = saying("retract [v1.0.0, v1.3.0] // moved\n");
    story.check(
        r#"
served v1.3.0 = git.example.com/team/lib@v1.3.0
info retract-all go.mod:4
  v1.3.0 takes back every version of git.example.com/team/lib
  > git.example.com/team/lib@latest is a pseudo-version of the newest commit
  $ # nothing, if it is meant
"#,
    );
    check(&saying("retract [v1.0.0, v1.1.0] // x\nretract [v1.2.0, v1.9.0] // x\n"), "retract-all");
    check(&saying("retract [v1.0.0, v1.2.0] // x\n"), "");
}

// Rules: F14
#[test]
fn comments_that_resemble_a_deprecation_are_noted() {
    let with = |head: &str, behind: &str| {
        let text = format!("{head}module {LIB}{behind}\n\ngo 1.24\n");
        Story::push_of("v1.0.0", &[GO, ("go.mod", &text)])
    };
    with("// deprecated: use other\n", "").check(
        r#"
served v1.0.0 = git.example.com/team/lib@v1.0.0
info deprecation-form go.mod:1
  line 1 of "go.mod" looks like a deprecation and is none: it must begin with "Deprecated:", letter by letter
  > nobody is told that git.example.com/team/lib is deprecated
  $ # in "go.mod", directly above the module line:
  $ #   // Deprecated: what to use instead
  $ git commit -a -m 'deprecate the module'
  $ git tag v1.0.1
  $ git push origin HEAD v1.0.1
"#,
    );
    for (head, behind, expected) in [
        ("// Deprecated: use other\n", "", ""),
        ("// Old.\n//\n// Deprecated: use other\n", "", ""),
        ("", " // Deprecated: use other", ""),
        ("// This is deprecated: yes\n", "", ""),
        ("// deprecated things live here\n", "", ""),
        ("// x\n\n// Deprecated: use other\n", "", ""),
        ("// DEPRECATED: use other\n", "", "deprecation-form"),
        ("// Deprecated\n", "", "deprecation-form"),
        ("// Deprecated - use other\n", "", "deprecation-form"),
        ("// Deprecated: use other\n\n", "", "deprecation-form"),
        ("// Old.\n// Deprecated: use other\n", "", "deprecation-form"),
        ("// Deprecated:\n", "", "deprecation-form"),
        ("", " // deprecated: use other", "deprecation-form"),
        ("// Deprecated\u{e9}\n", "", ""),
    ] {
        check(&with(head, behind), expected);
    }
}

/// What 20 000 intervals mean for each other is found by searching, not by comparing all of them.
#[test]
fn a_go_mod_of_many_retractions_is_judged_in_time() {
    let mut lines = "retract (\n".to_owned();
    for i in 0..20_000 {
        lines.push_str(&format!("\tv1.0.{i} // {i}\n"));
    }
    lines.push_str(")\n");
    let mut story = released(&[("v1.1.0", &lines)], ("v1.0.9", &lines));
    let commit = story.updates[0].new;
    for patch in 10..15 {
        story.push(&format!("v1.0.{patch}"), commit);
    }
    assert_eq!(story.report().judgements.len(), 6);
}
