//! Objects found by the first digits of their ids (R4).

use super::*;

#[track_caller]
fn check(fixture: &Fixture, digits: &str, expected: &[ObjectId]) {
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(fixture.open().with_prefix(digits).unwrap(), expected, "{digits}");
}

/// Writes two commits whose ids share seven digits, and more than that many tries are not needed.
fn twins(fixture: &Fixture) -> [ObjectId; 2] {
    let tree = fixture.tree(&[]);
    let mut seen = HashMap::new();
    let text = |n: u32| {
        format!("tree {tree}\nauthor T <t@h.io> 0 +0000\ncommitter T <t@h.io> 0 +0000\n\n{n}\n")
    };
    let (first, second) = (0..u32::MAX)
        .find_map(|n| {
            let id = Oid::hash_object(ObjectType::Commit, text(n).as_bytes()).unwrap();
            seen.insert(id.to_string()[..7].to_owned(), n).map(|other| (other, n))
        })
        .unwrap();
    let odb = fixture.git.odb().unwrap();
    [first, second].map(|n| object_id(odb.write(ObjectType::Commit, text(n).as_bytes()).unwrap()))
}

// Rules: R4.4
#[test]
fn commits_and_tags_are_found_by_seven_to_forty_digits() {
    let fixture = Fixture::new();
    let commit = fixture.file("a");
    let tag = fixture.annotated("t", commit);
    let tree = fixture.open().commit(commit).unwrap().tree;
    let blob = fixture.blob(b"a");
    for packed in [false, true] {
        if packed {
            fixture.set("refs/tags/t", tag);
            fixture.run(&["repack", "-adq"]);
            assert!(!fixture.loose(commit).exists());
        }
        for length in [7, 8, 11, 12, 39, 40] {
            check(&fixture, &commit.to_string()[..length], &[commit]);
            check(&fixture, &tag.to_string()[..length], &[tag]);
            check(&fixture, &tree.to_string()[..length], &[]);
            check(&fixture, &blob.to_string()[..length], &[]);
        }
        check(&fixture, "0000000", &[]);
        check(&fixture, &"f".repeat(40), &[]);
    }
}

// Rules: R4.4, N14
#[test]
fn all_objects_of_an_ambiguous_prefix_are_found() {
    let fixture = Fixture::new();
    let both = twins(&fixture);
    let digits = &both[0].to_string()[..7];
    check(&fixture, digits, &both);
    check(&fixture, &both[0].to_string(), &both[..1]);
    // One of them packed, the other not.
    fixture.set("refs/heads/main", both[0]);
    fixture.run(&["repack", "-adq"]);
    check(&fixture, digits, &both);
    // A ref decides for one of them (R4.4a); two refs, and nobody knows (R4).
    let lookup = |revision: &str| {
        let (objects, state) = (fixture.open(), State::new(fixture.refs()));
        View::new(&objects, &state).lookup(revision).map(|found| found.commit.id)
    };
    assert_eq!(lookup(digits), Ok(both[0]));
    fixture.set("refs/heads/other", both[1]);
    let ambiguous = Err(Failure::Other(format!("ambiguous revision {digits}")));
    assert_eq!(lookup(digits), ambiguous);
    // Both below one ref.
    let tree = fixture.tree(&[]);
    let merge = fixture.commit(tree, &both, 0);
    fixture.set("refs/heads/main", merge);
    fixture.set("refs/heads/other", merge);
    assert_eq!(lookup(digits), ambiguous);
    assert_eq!(lookup(&both[1].to_string()), Ok(both[1]));
    // Only one of them reachable.
    let after = fixture.commit(tree, &both[1..], 0);
    fixture.set("refs/heads/main", after);
    fixture.set("refs/heads/other", after);
    assert_eq!(lookup(digits), Ok(both[1]));
}

// Rules: R4.4
#[test]
fn the_id_of_a_visible_tag_object_names_its_commit() {
    let fixture = Fixture::new();
    let [a, b] = ["a", "b"].map(|content| fixture.file(content));
    let [tag, lost] = [a, b].map(|commit| fixture.annotated("t", commit));
    fixture.set("refs/tags/v1.0.0", tag);
    let (objects, state) = (fixture.open(), State::new(fixture.refs()));
    let view = View::new(&objects, &state);
    for revision in [tag.to_string(), tag.short()] {
        let found = view.lookup(&revision).unwrap();
        assert_eq!((found.commit.id, found.name, found.reference), (a, a.to_string(), None));
    }
    let unknown = Failure::NotExist(format!("unknown revision {lost}"));
    assert_eq!(view.lookup(&lost.to_string()), Err(unknown));
}
