//! Which refs are visible, and what they are worth (R1 to R3).

use super::*;
use crate::resolve::{Failure, State, View};

/// No refs; HEAD names the branch that is to come.
fn nothing() -> Refs {
    Refs { head_branch: Some("main".to_owned()), ..Refs::default() }
}

#[test]
fn an_empty_repository_has_no_refs() {
    assert_eq!(Fixture::new().refs(), nothing());
}

// Rules: R1
#[test]
fn heads_and_tags_are_visible_and_nothing_else() {
    let fixture = Fixture::new();
    let [a, b, lost] = ["a", "b", "lost"].map(|content| fixture.file(content));
    fixture.set("refs/heads/main", a);
    fixture.set("refs/heads/feature/x", b);
    fixture.set("refs/tags/v1.0.0", a);
    fixture.set("refs/tags/sub/v1.0.0", b);
    for name in
        ["refs/pull/1/head", "refs/changes/01/1/1", "refs/notes/commits", "refs/remotes/o/x"]
    {
        fixture.set(name, lost);
    }
    let expected = Refs {
        head: Some(a),
        head_branch: Some("main".to_owned()),
        branches: [("main".to_owned(), a), ("feature/x".to_owned(), b)].into(),
        tags: [
            ("v1.0.0".to_owned(), commit_tag(a, a)),
            ("sub/v1.0.0".to_owned(), commit_tag(b, b)),
        ]
        .into(),
    };
    assert_eq!(fixture.refs(), expected);
    fixture.run(&["pack-refs", "--all"]);
    assert!(fixture.path.join("packed-refs").exists());
    assert_eq!(fixture.refs(), expected);
    // A loose ref beats the packed one.
    fixture.set("refs/tags/v1.0.0", b);
    assert_eq!(fixture.refs().tags["v1.0.0"], commit_tag(b, b));
}

/// R4.4b: also the tag that a visible tag names, though no ref holds it.
// Rules: R4.4
#[test]
fn tag_objects_that_lead_to_a_commit_are_found_by_their_id() {
    let fixture = Fixture::new();
    let commit = fixture.file("a");
    let inner = fixture.annotated("inner", commit);
    let outer = fixture.annotated("outer", inner);
    let lost = fixture.annotated("lost", commit);
    fixture.set("refs/tags/nested", outer);
    let repository = fixture.open();
    let state = State::new(fixture.refs());
    let found = |id: ObjectId| {
        View::new(&repository, &state).lookup(&id.to_string()).map(|found| found.commit.id)
    };
    for id in [outer, inner, commit] {
        assert_eq!(found(id), Ok(commit));
    }
    assert_eq!(found(lost), Err(Failure::NotExist(format!("unknown revision {lost}"))));
}

// Rules: R2, R8
#[test]
fn tags_are_worth_what_they_finally_peel_to() {
    let fixture = Fixture::new();
    let commit = fixture.file("a");
    let tree = fixture.open().commit(commit).unwrap().tree;
    let blob = fixture.blob(b"blob");
    let inner = fixture.annotated("inner", commit);
    let outer = fixture.annotated("outer", inner);
    let on_tree = fixture.annotated("tree", tree);
    for (name, target, peeled, kind) in [
        ("light", commit, commit, Kind::Commit),
        ("annotated", inner, commit, Kind::Commit),
        ("nested", outer, commit, Kind::Commit),
        ("tree", tree, tree, Kind::Tree),
        ("annotated-tree", on_tree, tree, Kind::Tree),
        ("blob", blob, blob, Kind::Blob),
    ] {
        fixture.set(&format!("refs/tags/{name}"), target);
        assert_eq!(fixture.refs().tags[name], Tag { target, peeled, kind }, "{name}");
        let full = fixture.open().ref_target(&format!("refs/tags/{name}"));
        assert_eq!(full, Ok(Some(target)), "{name}");
    }
    let before = fixture.refs();
    assert_eq!(before.tags.len(), 6);
    // git writes what annotated tags peel to into packed-refs; that must not be mistaken.
    fixture.run(&["pack-refs", "--all"]);
    assert_eq!(fixture.refs(), before);
}

// Rules: N23
#[test]
fn tags_of_tags_end_somewhere() {
    let fixture = Fixture::new();
    let commit = fixture.file("a");
    let mut tag = commit;
    for _ in 0..MAX_TAG_DEPTH - 1 {
        tag = fixture.annotated("t", tag);
    }
    assert_eq!(fixture.open().peel(tag), Ok((commit, Kind::Commit)));
    let tag = fixture.annotated("t", tag);
    let fault = fixture.open().peel(tag).unwrap_err().to_string();
    assert_eq!(fault, format!("object {tag} is unreadable: more than 100 nested tags"));
}

// Rules: R3, R6
#[test]
fn head_is_there_only_where_it_resolves() {
    let fixture = Fixture::new();
    let [a, b] = ["a", "b"].map(|content| fixture.file(content));
    fixture.set("refs/heads/other", a);
    assert_eq!(fixture.refs().head, None, "main does not exist");
    fixture.git.set_head("refs/heads/other").unwrap();
    assert_eq!(fixture.refs().head, Some(a));
    fixture.git.set_head_detached(oid(b)).unwrap();
    let refs = fixture.refs();
    assert_eq!(refs.head, Some(b));
    assert_eq!(refs.branches.len(), 1);
    let (refs, objects) = (State::new(refs), fixture.open());
    let found = View::new(&objects, &refs).lookup(&b.short()).unwrap();
    assert_eq!(found.commit.id, b);
}

// Rules: R1
#[test]
fn symbolic_refs_are_worth_their_target() {
    let fixture = Fixture::new();
    let a = fixture.file("a");
    fixture.set("refs/heads/main", a);
    let symbolic = |name: &str, target: &str| {
        fixture.git.reference_symbolic(name, target, true, "").unwrap();
    };
    symbolic("refs/heads/alias", "refs/heads/main");
    symbolic("refs/heads/dangling", "refs/heads/none");
    symbolic("refs/tags/latest", "refs/heads/main");
    let refs = fixture.refs();
    assert_eq!(refs.branches.keys().collect::<Vec<_>>(), ["alias", "main"]);
    assert_eq!(refs.tags["latest"], commit_tag(a, a));
    assert_eq!(fixture.open().ref_target("refs/tags/latest"), Ok(Some(a)));
    for absent in ["refs/heads/dangling", "refs/heads/none", "refs/heads/..", "no name"] {
        assert_eq!(fixture.open().ref_target(absent), Ok(None), "{absent}");
    }
}

// Rules: R1, R6
#[test]
fn hidden_refs_do_not_exist() {
    let fixture = Fixture::new();
    let [a, b] = ["a", "b"].map(|content| fixture.file(content));
    for name in ["refs/heads/main", "refs/heads/internal/x", "refs/tags/v1.0.0"] {
        fixture.set(name, a);
    }
    fixture.set("refs/tags/secret/v1.0.0", b);
    fixture.set("refs/tags/secret/shown", a);
    fixture.config("transfer.hideRefs", "refs/heads/internal");
    fixture.config("transfer.hideRefs", "refs/tags/secret");
    fixture.config("transfer.hideRefs", "!refs/tags/secret/shown");
    let refs = fixture.refs();
    assert_eq!(refs.branches.keys().collect::<Vec<_>>(), ["main"]);
    assert_eq!(refs.tags.keys().collect::<Vec<_>>(), ["secret/shown", "v1.0.0"]);
    // What only a hidden ref shows is unknown, though the object is there (R6).
    let (state, objects) = (State::new(refs), fixture.open());
    let view = View::new(&objects, &state);
    for revision in [b.to_string(), b.short()] {
        let unknown = Failure::NotExist(format!("unknown revision {revision}"));
        assert_eq!(view.lookup(&revision), Err(unknown));
    }
    fixture.config("uploadpack.hideRefs", "refs/heads");
    let refs = fixture.refs();
    assert_eq!(
        (refs.branches.len(), refs.head),
        (0, Some(a)),
        "HEAD is hidden by its own name only"
    );
    fixture.config("uploadpack.hideRefs", "HEAD");
    assert_eq!(fixture.refs().head, None);
}

#[test]
fn known_values_are_not_looked_up_again() {
    let fixture = Fixture::new();
    let a = fixture.file("a");
    let tag = fixture.annotated("t", a);
    fixture.set("refs/tags/v1.0.0", tag);
    let (refs, peeled) = fixture.open().refs(&Peeled::new()).unwrap();
    assert_eq!(peeled, Peeled::from([(tag, (a, Kind::Commit))]));
    fixture.remove(tag);
    assert_eq!(fixture.open().refs(&peeled), Ok((refs, peeled)));
    // Values of refs that are gone are not carried on.
    fixture.git.find_reference("refs/tags/v1.0.0").unwrap().delete().unwrap();
    let known = Peeled::from([(tag, (a, Kind::Commit))]);
    assert_eq!(fixture.open().refs(&known), Ok((nothing(), Peeled::new())));
}

#[test]
fn a_work_tree_leads_to_its_repository_and_its_revisions() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.file("a"), fixture.file("b"));
    fixture.set("refs/heads/main", first);
    fixture.set("refs/remotes/origin/main", second);
    fixture.set("refs/tags/v1.0.0", fixture.annotated("v1.0.0", second));
    let added = fixture.folder.path().join("added");
    let tree = added.to_str().unwrap();
    fixture.run(&["worktree", "add", "--quiet", "--detach", tree, "v1.0.0"]);
    fs::create_dir(added.join("deep")).unwrap();
    let repository = Repository::open(&Repository::around(&added.join("deep")).unwrap()).unwrap();
    for (revision, expected) in [
        ("HEAD", Some(second)),
        ("main", Some(first)),
        ("origin/main", Some(second)),
        ("v1.0.0^{commit}", Some(second)),
        (&first.to_string()[..12], Some(first)),
        ("HEAD~9", None),
        ("nosuch", None),
        ("main^{tree}", None),
        ("..", None),
        ("a b\u{1b}", None),
    ] {
        assert_eq!(repository.revision(revision), Ok(expected), "{revision:?}");
    }
    assert_eq!(repository.refs(&Peeled::new()).unwrap().0.head, Some(second));
    let expected = vec![("remotes/origin/main".to_owned(), second)];
    assert_eq!(repository.remote_branches(), Ok(expected));
    assert!(!repository.is_shallow());
    assert_eq!(Repository::around(&fixture.path.join("refs")), Some(fixture.path.join("")));
    assert_eq!(Repository::around(&fixture.folder.path().join("nosuch")), None);
}
