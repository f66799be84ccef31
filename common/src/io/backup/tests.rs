//! Cases of `backup`.

use super::*;
use crate::io::store::Store;
use crate::ledger::operation::Act;
use crate::ledger::{Entry, How};
use crate::objects::ObjectId;

fn entry(version: &str) -> Entry {
    let commit = ObjectId::from_bytes([7; 20]);
    Entry {
        time: 1_700_000_000,
        how: How::Pushed,
        ..Entry::new("h.io/lib", version, "lib", Some(version), (commit, commit))
    }
}

fn operation(head: Head) -> Operation {
    let act = Act::RestoreBackup { head, replaced: None };
    Operation { act, by: "root".to_owned(), time: 5, reason: "test".to_owned() }
}

/// A ledger with one version, its backup, and one more version.
fn story(folder: &Path) -> (StateDir, PathBuf) {
    let state = StateDir::new(&folder.join("state"));
    let store = Store::open(&state, 1).unwrap();
    store.write(&[entry("v1.0.0")]).unwrap();
    let backup = folder.join("backup");
    let manifest = make(&state.journal(), store.head().hash, &backup, 9).unwrap();
    assert_eq!(manifest.head, store.head());
    store.write(&[entry("v1.1.0")]).unwrap();
    (state, backup)
}

#[test]
fn a_backup_ends_where_the_ledger_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (state, path) = story(folder.path());
    let backup = Backup::open(&path).unwrap();
    let (mut copy, mut records) = (Vec::new(), Vec::new());
    backup.copy(&mut copy, |line| records.extend(line)).unwrap();
    assert!(fs::read(state.journal()).unwrap().starts_with(&copy));
    assert_eq!(records.last(), Some(&Record::Entry(entry("v1.0.0"))));
    assert!(matches!(
        make(&state.journal(), Head::EMPTY.hash, &path, 0),
        Err(BackupError::Taken(_))
    ));
    let elsewhere = folder.path().join("other");
    let unknown = "1".repeat(64).parse().unwrap();
    assert!(matches!(make(&state.journal(), unknown, &elsewhere, 0), Err(BackupError::NoHead(_))));
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 2, "what is half made is removed");
}

#[test]
fn a_restored_ledger_is_that_of_the_backup_and_keeps_the_other_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (state, path) = story(folder.path());
    let before = fs::read(state.journal()).unwrap();
    let backup = Backup::open(&path).unwrap();
    let restoring = Restoring::begin(&state, &backup, |_| {}).unwrap();
    assert_eq!(fs::read(state.journal()).unwrap(), before, "nothing is changed yet");
    let aside = restoring
        .finish(operation(backup.manifest().head), [("h.io/lib".to_owned(), "v1.0.0".to_owned())])
        .unwrap();
    assert_eq!(fs::read(aside.journal.unwrap()).unwrap(), before);
    assert!(aside.index.unwrap().is_dir());
    let store = Store::open(&state, 1).unwrap();
    let perhaps_served = Entry { served: true, ..entry("v1.0.0") };
    assert_eq!(store.entries(None).unwrap(), [perhaps_served]);
    assert_eq!(store.head().lines, backup.manifest().head.lines + 1);
}

#[test]
fn a_backup_that_was_changed_or_shortened_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (state, path) = story(folder.path());
    let journal = path.join("journal");
    let whole = fs::read(&journal).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut flipped = whole.clone();
    flipped[first + 100] ^= 1;
    let longer = [&whole[..], b"x"].concat();
    let cases: [(&str, &[u8]); 5] = [
        ("a line is missing at the end", &whole[..first]),
        ("the last line is not whole", &whole[..whole.len() - 1]),
        ("the first line is missing", &whole[first..]),
        ("a byte is changed", &flipped),
        ("there is more", &longer),
    ];
    let before = fs::read(state.journal()).unwrap();
    for (what, bytes) in cases {
        fs::write(&journal, bytes).unwrap();
        let restored = Restoring::begin(&state, &Backup::open(&path).unwrap(), |_| {});
        assert!(matches!(restored, Err(BackupError::Damaged { .. })), "{what}: {restored:?}");
        assert_eq!(fs::read(state.journal()).unwrap(), before);
        assert!(!state.journal().with_extension("restoring").exists(), "{what}");
    }
    // Another journal of the same length.
    let twin = StateDir::new(&folder.path().join("twin"));
    let store = Store::open(&twin, 1).unwrap();
    store.write(&[Entry { version: "v1.0.9".to_owned(), ..entry("v1.0.0") }]).unwrap();
    fs::copy(twin.journal(), &journal).unwrap();
    assert_eq!(fs::read(&journal).unwrap().len(), whole.len());
    let restored = Restoring::begin(&state, &Backup::open(&path).unwrap(), |_| {});
    assert!(matches!(restored, Err(BackupError::Damaged { .. })), "{restored:?}");
    fs::write(path.join("head.json"), b"{}").unwrap();
    assert!(matches!(Backup::open(&path), Err(BackupError::Damaged { .. })));
}
