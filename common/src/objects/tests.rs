//! Cases of `objects`.

use super::memory::Repository;
use super::*;

#[track_caller]
fn check_id(text: &str, is_valid: bool) {
    let parsed = text.parse::<ObjectId>();
    match is_valid {
        true => assert_eq!(parsed.unwrap().to_string(), text),
        false => {
            let error = parsed.unwrap_err();
            assert_eq!(error.to_string(), format!("not an object id: {text:?}"));
        }
    }
}

#[test]
fn an_id_is_forty_lower_case_hex_digits() {
    check_id("0123456789abcdef0123456789abcdef01234567", true);
    check_id(&"0".repeat(40), true);
    check_id(&"f".repeat(40), true);
    for text in ["", "abc", "0123456789ABCDEF0123456789ABCDEF01234567", "é"] {
        check_id(text, false);
    }
    check_id(&"0".repeat(39), false);
    check_id(&"0".repeat(41), false);
    check_id(&"0".repeat(64), false);
    check_id(&"g".repeat(40), false);
    // Forty bytes, but not forty digits.
    check_id(&"é".repeat(20), false);
    check_id(&format!("+{}", "0".repeat(39)), false);
}

#[test]
fn an_id_is_written_as_text() {
    let id: ObjectId = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    assert_eq!(id.short(), "0123456789ab");
    assert_eq!(format!("{id:?}"), id.to_string());
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, format!("\"{id}\""));
    assert_eq!(serde_json::from_str::<ObjectId>(&json).unwrap(), id);
    assert!(serde_json::from_str::<ObjectId>("\"abc\"").is_err());
    assert!(ObjectId::ZERO.is_zero() && !id.is_zero());
}

// Rules: R10
#[test]
fn a_path_is_looked_up_without_following_links() {
    let mut objects = Repository::default();
    let blob = objects.add_blob(b"folder");
    let folder = objects.add_tree(&[("inner/file", "x"), ("file", "y")]);
    let entry = |name: &str, mode, id| TreeEntry { name: name.as_bytes().to_vec(), mode, id };
    let root = objects.add_entries(vec![
        entry("folder", Mode::Tree, folder),
        entry("link", Mode::Link, blob),
        entry("module", Mode::Gitlink, ObjectId::from_bytes([7; 20])),
        entry("file", Mode::File, blob),
    ]);
    for (path, expected) in [
        ("file", Some(Mode::File)),
        ("folder", Some(Mode::Tree)),
        ("folder/file", Some(Mode::File)),
        ("folder/inner/file", Some(Mode::File)),
        ("link", Some(Mode::Link)),
        ("module", Some(Mode::Gitlink)),
        ("link/file", None),
        ("module/file", None),
        ("file/file", None),
        ("folder/", None),
        ("/file", None),
        ("", None),
        ("folder/../file", None),
        ("File", None),
    ] {
        let found = lookup(&objects, root, path).unwrap();
        assert_eq!(found.map(|entry| entry.mode), expected, "{path:?}");
    }
}

#[test]
fn a_missing_folder_is_a_fault_only_for_those_who_go_through_it() {
    let mut objects = Repository::default();
    let missing = ObjectId::from_bytes([7; 20]);
    let folder = TreeEntry { name: b"folder".to_vec(), mode: Mode::Tree, id: missing };
    let root = objects.add_entries(vec![folder.clone()]);
    assert_eq!(lookup(&objects, root, "folder"), Ok(Some(folder)));
    assert_eq!(lookup(&objects, root, "folder/file"), Err(Fault::Missing(missing)));
    assert_eq!(lookup(&objects, root, "other/file"), Ok(None));
}

#[test]
fn refs_are_listed_peeled_and_in_byte_order() {
    let [a, b, c] = [1, 2, 3].map(|n| ObjectId::from_bytes([n; 20]));
    let tag = Tag { target: c, peeled: b, kind: Kind::Commit };
    let refs = Refs {
        head: Some(a),
        head_branch: Some("main".to_owned()),
        branches: [("main".to_owned(), a), ("Zeta".to_owned(), b)].into(),
        tags: [("v1.0.0".to_owned(), tag)].into(),
    };
    let values: Vec<(String, ObjectId)> = refs.values().collect();
    let name = |name: &str, id| (name.to_owned(), id);
    let expected = [
        name("HEAD", a),
        name("refs/heads/Zeta", b),
        name("refs/heads/main", a),
        name("refs/tags/v1.0.0", b),
    ];
    assert_eq!(values, expected);
    assert!(values.is_sorted());
    assert_eq!(Refs::default().values().count(), 0);
}

#[test]
fn a_prefix_of_an_id_is_told_digit_by_digit() {
    let id: ObjectId = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let text = id.to_string();
    for end in 0..=40 {
        assert!(id.has_prefix(&text[..end]), "{end}");
    }
    for other in ["1", "0123456789ABCDEF", "012345678g", &format!("{text}0")] {
        assert!(!id.has_prefix(other), "{other}");
    }
}
