//! Levels, forks, mirrors, imports, and the shape of the report.

use super::*;

fn mismatch() -> Story {
    Story::push_of("v1.0.0", &[GO, ("go.mod", "module github.com/up/lib\n")])
}

// Rules: K5, K10
#[test]
fn a_level_that_the_operator_wrote_is_never_raised() {
    let mut story = mismatch();
    story.level("module-path-mismatch", Level::Warn);
    story.check_rules("unserved warn:module-path-mismatch");
    let report = story.report();
    let Release::Unserved(broken) = &report.judgements[0].release else { panic!("{report:?}") };
    assert_eq!(broken.rule, "module-path-mismatch");
    assert_eq!(
        broken.reason,
        "parsing go.mod: module declares its path as: github.com/up/lib, but was required as: git.example.com/team/lib"
    );
    story.level("module-path-mismatch", Level::Off);
    story.check_rules("unserved");
}

// Rules: K1, K10
#[test]
fn presets_raise_and_lower_what_the_operator_did_not_write() {
    let mut story = mismatch();
    story.policy.preset = At::unwritten(crate::policy::Preset::Observe);
    story.check_rules("unserved warn:module-path-mismatch");
    let mut story = Story::push_of("v1.0.0", &[GO]);
    story.policy.preset = At::unwritten(crate::policy::Preset::Strict);
    story.check_rules("refused reject:gomod-missing");
    story.level("gomod-missing", Level::Warn);
    story.check_rules("served warn:gomod-missing");
}

// Rules: K10
#[test]
fn a_fork_is_ignored_in_one_line() {
    let mut story = mismatch();
    let commit = story.updates[0].new;
    story.accepted_in("up/lib", "github.com/up/lib", "v1.0.0", ("v1.0.0", commit));
    story.check(
        r#"
ignored v1.0.0 = git.example.com/team/lib@v1.0.0
info module-path-mismatch go.mod
  a fork's copy of "github.com/up/lib@v1.0.0", which repository "up/lib" releases: let in unjudged
  > github.com/up/lib is served from up/lib
"#,
    );
    // On another commit it is no copy.
    let mut other = mismatch();
    other.accepted_in(
        "up/lib",
        "github.com/up/lib",
        "v1.0.0",
        ("v1.0.0", ObjectId::from_bytes([1; 20])),
    );
    other.check(r#"
refused v1.0.0 = git.example.com/team/lib@v1.0.0
reject module-path-mismatch go.mod:1
  go.mod declares module "github.com/up/lib", but this is "git.example.com/team/lib"
  > parsing go.mod: module declares its path as: github.com/up/lib, but was required as: git.example.com/team/lib
  $ git tag -d v1.0.0
  $ go mod edit -module=git.example.com/team/lib
  $ git commit -a -m 'module path git.example.com/team/lib'
  $ git tag v1.0.0
  $ git push origin HEAD v1.0.0
  $ # a fork of "up/lib"? push the tag there first, then it is let in here unjudged
  $ # a mirror? the operator writes [[policy.repository]] match = "team/lib", kind = "mirror"
  $ # tags that were made elsewhere come in with:
  $ #   git push -o modgate.import origin --tags
"#);
}

#[test]
fn a_fork_brings_along_what_is_broken_at_its_origin() {
    let mut story = Story::push_of("v2.0.0", &[GO, ("go.mod", &go_mod("github.com/up/lib"))]);
    let commit = story.updates[0].new;
    story.accepted_in("up/lib", "github.com/up/lib/v2", "v2.0.0", ("v2.0.0", commit));
    let mut broken = story.testimony.entries.remove(0);
    broken.state = State::Broken;
    // Elsewhere another commit is another tag.
    let other = Entry { commit: ObjectId::ZERO, ..broken.clone() };
    story.testimony.elsewhere = vec![other];
    story.check_rules("refused reject:major-suffix-missing");
    story.testimony.elsewhere.push(broken.clone());
    story.check(
        r#"
ignored v2.0.0 = git.example.com/team/lib/v2@v2.0.0
info module-path-mismatch go.mod
  a fork's copy of a tag of repository "up/lib", where nobody can use it: let in unjudged
  > it is served nowhere
"#,
    );
    // What consumers can use under the name of this repository is its own.
    let mut own = Story::push_of("v1.0.0", &[GO]);
    broken.commit = own.updates[0].new;
    broken.tag = Some("v1.0.0".to_owned());
    own.testimony.elsewhere = vec![broken];
    own.check_rules("served warn:gomod-missing");
}

#[test]
fn a_mirror_is_not_judged() {
    let mut story = mismatch();
    story.policy.repositories.push(RepositoryPolicy {
        pattern: Pattern::parse("team/*").unwrap(),
        kind: Some(RepositoryKind::Mirror),
        choices: Choices::default(),
        levels: Levels::new(),
    });
    story.repository = Repository::default();
    story.check_rules("ignored");
}

#[test]
fn an_import_comes_in_unserved_where_it_is_broken() {
    let mut story = mismatch();
    story.import = true;
    story.check_rules("unserved warn:module-path-mismatch");
    story.testimony.has_releases = true;
    story.check_rules("refused reject:module-path-mismatch");
    story.testimony.has_releases = false;
    story.import = false;
    story.policy.choices.import = Some(At::unwritten(true));
    story.check_rules("unserved warn:module-path-mismatch");
}

#[test]
fn several_refused_tags_of_a_new_repository_look_like_an_import() {
    let mut story = Story::new();
    let commit = story.module();
    story.push("v2.0.0", commit);
    story.push("v1.0.0+meta", commit);
    let report = story.report();
    assert!(report.looks_like_import && report.is_refused());
    story.testimony.has_releases = true;
    assert!(!story.report().looks_like_import);
}

#[test]
fn existing_tags_are_judged_as_if_they_were_created() {
    let mut story = Story::new();
    let commit = story.module();
    story.has("v2.0.0", commit);
    story.has("v1.0.0", commit);
    for name in ["refs/tags/v2.0.0", "refs/tags/v1.0.0"] {
        let name = name.to_owned();
        story.updates.push(RefUpdate { name, old: ObjectId::ZERO, new: commit });
    }
    story.check(r#"
refused v2.0.0 = git.example.com/team/lib/v2@v2.0.0
reject major-suffix-missing go.mod:1
  go.mod declares module "git.example.com/team/lib", but a v2 release must declare "git.example.com/team/lib/v2"
  > git.example.com/team/lib/v2@v2.0.0: invalid version: go.mod has non-.../v2 module path "git.example.com/team/lib" (and .../v2/go.mod does not exist) at revision v2.0.0
  $ go mod edit -module=git.example.com/team/lib/v2
  $ git commit -a -m 'module path git.example.com/team/lib/v2'
  $ git tag v2.0.1
  $ git push origin HEAD v2.0.1
  $ # imports of the module's own packages become git.example.com/team/lib/v2/...
  $ # or, if nothing breaks for users, release it as v1.0.1
served v1.0.0 = git.example.com/team/lib@v1.0.0
"#);
}

#[test]
fn a_judgement_serializes_as_the_element_of_check() {
    let story = Story::push_of("v2.0.0", &[GO, ("go.mod", "module git.example.com/team/lib\n")]);
    let json = serde_json::to_value(&story.report().judgements).unwrap();
    let finding = &json[0]["findings"][0];
    let keys = |value: &serde_json::Value| {
        let keys = value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        keys.join(" ")
    };
    assert_eq!(keys(&json[0]), "findings module repository tag verdict version");
    assert_eq!(keys(finding), "consumer excerpt file fix level line rule summary");
    assert_eq!(json[0]["verdict"], "refused");
    assert_eq!(finding["level"], "reject");
    assert_eq!((&finding["file"], &finding["line"]), (&"go.mod".into(), &1.into()));
    assert_eq!(finding["excerpt"], "module git.example.com/team/lib");
}

#[test]
fn an_admitted_version_carries_what_the_ledger_needs() {
    let mut story = Story::new();
    let commit =
        story.commit(&[("sub/go.mod", "module git.example.com/team/lib/sub\n"), ("sub/a.go", "")]);
    story.push("sub/v1.0.0", commit);
    let report = story.report();
    let (tag, target, admitted) = report.admitted().next().unwrap();
    assert_eq!((tag, target), ("sub/v1.0.0", commit));
    assert_eq!(admitted.module().path, "git.example.com/team/lib/sub");
    assert_eq!(admitted.version(), "v1.0.0");
    assert_eq!(admitted.usable().unwrap().located.directory, "sub");
}

#[test]
fn the_ledger_is_asked_for_what_the_rules_need() {
    let mut story = mismatch();
    story.push("v2.0.0", story.updates[0].new);
    story.push("sub/v1.0.0", ObjectId::ZERO);
    let asked = question("team/lib", LIB, &story.repository, &story.updates).unwrap();
    assert_eq!(asked.repository, "team/lib");
    assert_eq!(asked.tags, ["v1.0.0", "v2.0.0", "sub/v1.0.0"]);
    let versions: Vec<String> = asked.versions.iter().map(|(m, v)| format!("{m}@{v}")).collect();
    assert_eq!(
        versions,
        [
            "git.example.com/team/lib@v1.0.0",
            "git.example.com/team/lib@v2.0.0+incompatible",
            "git.example.com/team/lib/sub@v1.0.0",
            "git.example.com/team/lib/v2@v2.0.0",
            "github.com/up/lib@v1.0.0",
            "github.com/up/lib@v2.0.0",
        ]
    );
    assert!(asked.modules.contains(&"github.com/up/lib".to_owned()));
}

#[test]
fn the_table_names_every_rule_once_and_hides_only_rules() {
    for rule in all() {
        assert_eq!(all().filter(|other| other.id == rule.id).count(), 1, "{}", rule.id);
        assert!(find(rule.id).is_some_and(|found| found.id == rule.id));
        assert!(rule.hides.iter().all(|hidden| find(hidden).is_some()), "{}", rule.id);
        assert!(![rule.summary, rule.consumer, rule.advice].contains(&""), "{}", rule.id);
        assert!(!rule.hides.contains(&rule.id));
    }
    assert!(find("no-such-rule").is_none());
}
