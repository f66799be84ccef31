//! Objects that are missing or damaged are faults, never answers (B13).

use super::*;

#[track_caller]
fn check_unreadable<T: std::fmt::Debug>(found: Result<T, Fault>, id: ObjectId) {
    assert!(matches!(found, Err(Fault::Unreadable { id: of, .. }) if of == id), "{found:?}");
}

#[test]
fn missing_objects_are_faults() {
    let fixture = Fixture::new();
    let commit = fixture.file("a");
    let tag = fixture.annotated("t", commit);
    fixture.remove(commit);
    let repository = fixture.open();
    let missing = Fault::Missing(commit);
    assert_eq!(missing.to_string(), format!("object {commit} is missing"));
    assert_eq!(repository.commit(commit), Err(missing.clone()));
    assert_eq!(repository.tree(commit), Err(missing.clone()));
    assert_eq!(repository.blob(commit), Err(missing.clone()));
    assert_eq!(repository.blob_size(commit), Err(missing.clone()));
    assert_eq!(repository.peel(commit), Err(missing.clone()));
    assert_eq!(repository.peel(tag), Err(missing));
}

#[test]
fn corrupt_objects_are_faults() {
    let fixture = Fixture::new();
    let blob = fixture.blob(b"content");
    let tree = fixture.tree(&[("f", 0o100_644, blob)]);
    let commit = fixture.commit(tree, &[], 0);
    for id in [blob, tree, commit] {
        fixture.corrupt(id);
    }
    let repository = fixture.open();
    check_unreadable(repository.blob(blob), blob);
    check_unreadable(repository.blob_size(blob), blob);
    check_unreadable(repository.tree(tree), tree);
    check_unreadable(repository.commit(commit), commit);
    check_unreadable(repository.peel(commit), commit);
}

#[test]
fn objects_of_another_kind_are_faults() {
    let fixture = Fixture::new();
    let commit = fixture.file("a");
    let tree = fixture.open().commit(commit).unwrap().tree;
    let blob = fixture.blob(b"content");
    let repository = fixture.open();
    for (found, id) in [
        (repository.commit(tree).err(), tree),
        (repository.tree(commit).err(), commit),
        (repository.blob(commit).err(), commit),
        (repository.commit(blob).err(), blob),
    ] {
        let fault = found.unwrap();
        assert!(
            matches!(&fault, Fault::Missing(of) | Fault::Unreadable { id: of, .. } if *of == id),
            "{fault}"
        );
    }
    let size = repository.blob_size(commit).unwrap_err().to_string();
    assert_eq!(size, format!("object {commit} is unreadable: is a commit, not a blob"));
}

#[test]
fn a_damaged_ref_hides_no_other() {
    let fixture = Fixture::new();
    let a = fixture.file("a");
    fixture.set("refs/heads/main", a);
    for (name, content) in [
        ("garbage", "what is this\n"),
        ("empty", ""),
        ("zero", "0000000000000000000000000000000000000000\n"),
    ] {
        fs::write(fixture.path.join("refs/heads").join(name), content).unwrap();
    }
    let refs = fixture.refs();
    assert_eq!(refs.branches.keys().collect::<Vec<_>>(), ["main"]);
    assert_eq!(refs.head, Some(a));
}

#[test]
fn a_ref_to_a_damaged_object_is_there_and_a_fault() {
    let fixture = Fixture::new();
    let [a, corrupt, gone] = ["a", "corrupt", "gone"].map(|content| fixture.file(content));
    let tag = fixture.annotated("t", a);
    fixture.set("refs/heads/main", a);
    fixture.set("refs/heads/corrupt", corrupt);
    fixture.set("refs/tags/v1.0.0", tag);
    fixture.set("refs/tags/gone", gone);
    fixture.corrupt(corrupt);
    fixture.corrupt(tag);
    fixture.remove(gone);
    let (objects, (refs, peeled)) = (fixture.open(), fixture.open().refs(&Peeled::new()).unwrap());
    assert_eq!(peeled.keys().collect::<Vec<_>>(), [&a], "what was not peeled is not known");
    let state = State::new(refs);
    let view = View::new(&objects, &state);
    assert_eq!(view.lookup("main").unwrap().commit.id, a);
    for revision in
        ["corrupt", "v1.0.0", "gone", &gone.short(), &corrupt.to_string(), &corrupt.short()]
    {
        let found = view.lookup(revision);
        assert!(matches!(found, Err(Failure::Fault(_))), "{revision}: {found:?}");
    }
}

#[test]
fn a_corrupt_object_is_no_unknown_revision() {
    let fixture = Fixture::new();
    let corrupt = fixture.file("corrupt");
    fixture.corrupt(corrupt);
    check_unreadable(fixture.open().with_prefix(&corrupt.short()), corrupt);
}
