//! Large pushes and large trees.

use super::*;

/// Everything that is looked up per tag must be found once per push.
#[test]
fn a_push_of_many_tags_is_judged_in_one_go() {
    let mut story = Story::new();
    let commit = story.commit(&[GO]);
    for patch in 0..3000 {
        story.push(&format!("v1.0.{patch}"), commit);
    }
    let report = story.report();
    assert_eq!(report.judgements.len(), 3000);
    assert_eq!(report.admitted().count(), 3000);
}

#[test]
fn a_tree_without_end_stops_at_the_limit() {
    let mut story = Story::new();
    let mut tree = story.repository.add_tree(&[("README", "")]);
    for _ in 0..200 {
        let entry = |name: &str| TreeEntry { name: name.into(), mode: Mode::Tree, id: tree };
        // Two names for one tree: a walk that reads it twice never ends.
        let entries = vec![entry("a"), entry("b")];
        tree = story.repository.add_entries(entries);
    }
    let commit = story.repository.add_commit(tree, &[], 0);
    story.push("v1.0.0", commit);
    story.check_rules("ignored");
}

/// What go.mod says is looked at per tag, what it requires and which packages are main once per push.
#[test]
fn many_tags_with_requirements_are_judged_in_one_go() {
    let mut story = Story::new();
    let lines: String =
        (0..50).map(|n| format!("require git.example.com/team/lib/m{n} v1.0.{n}\n")).collect();
    let text = format!("{}\nreplace a.b/c => d.e/f v1.0.0\n\n{lines}", go_mod(LIB));
    let mut files = vec![("go.mod".to_owned(), text), ("main.go".to_owned(), "package a\n".into())];
    files.extend((0..50).map(|n| (format!("m{n}/go.mod"), format!("module {LIB}/m{n}\n"))));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    let commit = story.commit(&files);
    for n in 0..50 {
        story.has(&format!("m{n}/v1.0.{n}"), commit);
    }
    for patch in 0..500 {
        story.push(&format!("v1.0.{patch}"), commit);
    }
    let report = story.report();
    assert_eq!(report.admitted().count(), 500);
}
