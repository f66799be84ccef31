//! Cases of `compaction`.

use std::fs;
use std::path::Path;

use super::super::tests::{entry, open, proposal};
use super::super::{Purpose, StateDir};
use super::*;
use crate::io::journal::lineage::{Found, links};
use crate::io::journal::{JournalError, verify};
use crate::ledger::decision::{Decision, Verb};
use crate::ledger::drift::{self, Drift};
use crate::ledger::exchange::Carried;
use crate::ledger::operation::{Act, Operation};
use crate::ledger::{Entry, Proposal};

const MODULE: &str = "h.io/team/lib";

fn sealing() -> Sealing {
    Sealing { by: "alice".to_owned(), time: 9, reason: "it grew".to_owned() }
}

fn decide(store: &Store, verb: Verb, reason: &str) {
    let (module, version) = (MODULE.to_owned(), "v1.0.0".to_owned());
    let (by, reason) = ("root".to_owned(), reason.to_owned());
    // The clock stands still: only the order of lines tells which came first.
    store.decide(Decision { module, version, verb, by, time: 5, reason }).unwrap();
}

fn reasons(store: &Store) -> Vec<String> {
    let decided = store.decisions(MODULE, Some("v1.0.0")).unwrap();
    decided.into_iter().map(|decision| decision.reason).collect()
}

#[derive(Debug, PartialEq)]
struct Known {
    entries: Vec<Entry>,
    reasons: Vec<String>,
    drifts: Vec<Drift>,
    proposals: Vec<Proposal>,
}

fn known(store: &Store) -> Known {
    Known {
        entries: store.entries(None).unwrap(),
        reasons: reasons(store),
        drifts: store.drifts(MODULE, "v1.1.0").unwrap(),
        proposals: store.proposals(None).unwrap(),
    }
}

/// A ledger with some of everything.
fn filled(folder: &Path) -> Store {
    let store = open(folder);
    for n in 0..30 {
        let version = format!("v1.{n}.0");
        store.propose(vec![proposal(&version, n)]).unwrap();
        store.take_in(&[entry(&version, n)], &[proposal(&version, n)]).unwrap();
        store.mark_served(&entry(&version, n)).unwrap();
    }
    let operation = Operation {
        act: Act::Import { entries: 0 },
        by: "bob".to_owned(),
        time: 4,
        reason: "from the old host".to_owned(),
    };
    let carried = Carried { entry: entry("v0.9.0", 77), decisions: Vec::new() };
    store.import(vec![carried], Purpose::Write(operation)).unwrap();
    decide(&store, Verb::Withdraw, "first");
    decide(&store, Verb::Restore, "second");
    let gone = drift::find(&[entry("v1.1.0", 1)], None, 3);
    store.record_drift(gone.clone()).unwrap();
    store.record_drift(vec![gone[0].ended(3)]).unwrap();
    store.propose(vec![proposal("v2.0.0", 99)]).unwrap();
    store
}

fn journal(folder: &Path) -> String {
    fs::read_to_string(StateDir::new(folder).journal()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for found in fs::read_dir(from).unwrap() {
        let found = found.unwrap().path();
        let name = to.join(found.file_name().unwrap());
        if found.is_dir() {
            copy(&found, &name);
        } else {
            fs::copy(&found, name).unwrap();
        }
    }
}

fn rebuild(folder: &Path) -> Store {
    fs::remove_dir_all(StateDir::new(folder).index()).unwrap();
    open(folder)
}

#[test]
fn a_compacted_journal_says_the_same_in_fewer_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = StateDir::new(folder.path()).journal();
    let store = filled(folder.path());
    let (all, old, head) = (known(&store), journal(folder.path()), store.head());
    let Compacted { sealed, before, after } = store.compact(sealing()).unwrap();
    assert_eq!((before.head, after.head), (head, store.head()));
    assert!(after.head.lines < 10 && after.bytes < before.bytes, "{before:?} {after:?}");
    assert_eq!(fs::read_to_string(&sealed).unwrap(), old, "not a byte of it is lost");
    let new = journal(folder.path());
    let second = new.lines().nth(1).unwrap();
    for part in ["\"compacted\"", "\"journal.sealed.1\"", &head.hash.to_string(), "it grew"] {
        assert!(second.contains(part), "{part} in {second}");
    }
    assert!(new.contains("from the old host"), "what was done to the ledger: {new}");
    assert_eq!(known(&store), all, "live");
    drop(store);
    assert_eq!(known(&open(folder.path())), all, "after a new start");
    let store = rebuild(folder.path());
    assert_eq!(known(&store), all, "from the journal alone");
    // Once more; the chain leads through both.
    store.write(&[entry("v1.99.0", 98)]).unwrap();
    let again = store.compact(sealing()).unwrap();
    assert!(again.sealed.ends_with("journal.sealed.2"));
    assert!(journal(folder.path()).contains("from the old host"));
    verify(&path).unwrap();
    let found = links(&path).unwrap();
    let names: Vec<_> = found.iter().map(|link| link.path.clone()).collect();
    assert_eq!(names, [again.sealed, sealed.clone()]);
    assert!(found.iter().all(|link| matches!(link.found, Found::Whole)), "{found:?}");
    // A sealed journal that is changed, or gone.
    fs::write(&sealed, &old.as_bytes()[..old.len() - 1]).unwrap();
    assert!(matches!(links(&path).unwrap()[1].found, Found::Wrong(_)));
    fs::remove_file(&sealed).unwrap();
    assert!(matches!(links(&path).unwrap()[1].found, Found::Absent));
    drop(store);
    assert_eq!(
        rebuild(folder.path()).health().words(),
        "the index was made again from the journal: it was gone"
    );
}

#[test]
fn what_comes_after_a_new_journal_is_later_than_all_before() {
    type Renew = fn(&Store, &Path);
    let compact: Renew = |store, _| drop(store.compact(sealing()).unwrap());
    let damage: Renew = |store, path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[500] ^= 1;
        fs::write(path, bytes).unwrap();
        assert!(matches!(store.check_journal().unwrap(), Some(Health::JournalRenewed { .. })));
    };
    for (what, renew) in [("compacted", compact), ("damaged", damage)] {
        let folder = tempfile::tempdir().unwrap();
        let path = StateDir::new(folder.path()).journal();
        let store = filled(folder.path());
        for word in ["third", "fifth"] {
            renew(&store, &path);
            decide(&store, Verb::Withdraw, word);
            decide(&store, Verb::Restore, &format!("after the {word}"));
        }
        let gone = drift::find(&[entry("v1.1.0", 1)], None, 3);
        assert_eq!(store.record_drift(gone.clone()).unwrap().len(), 1, "{what}: it was back");
        assert_eq!(store.record_drift(gone).unwrap().len(), 0, "{what}: the last one is known");
        let all = known(&store);
        let order = ["first", "second", "third", "after the third", "fifth", "after the fifth"];
        assert_eq!(all.reasons, order, "{what}, live");
        drop(store);
        let store = open(folder.path());
        assert_eq!(known(&store), all, "{what}, after a new start");
        decide(&store, Verb::Withdraw, "last");
        let all = known(&store);
        assert_eq!(all.reasons.last().unwrap(), "last", "{what}");
        drop(store);
        assert_eq!(known(&rebuild(folder.path())), all, "{what}, from the journal alone");
    }
}

/// The index as it was at the line that was sealed, beside the compacted journal: the process was killed in between.
#[test]
fn an_index_that_was_not_told_goes_on_behind_what_was_taken_over() {
    for (what, boot) in [("killed", None), ("power cut", Some("another-boot\n"))] {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        let all = known(&filled(folder.path()));
        let aside = folder.path().join("aside");
        copy(&state.index(), &aside);
        let store = open(folder.path());
        let Compacted { sealed, after, .. } = store.compact(sealing()).unwrap();
        drop(store);
        fs::remove_dir_all(state.index()).unwrap();
        copy(&aside, &state.index());
        // It may be in an archive already.
        fs::remove_file(sealed).unwrap();
        if let Some(text) = boot {
            fs::write(state.seal(), text).unwrap();
        }
        let store = open(folder.path());
        assert_eq!(store.health() == &Health::Fine, boot.is_none(), "{what}: {:?}", store.health());
        assert!(!matches!(store.health(), Health::JournalRenewed { .. }), "{what}");
        assert_eq!((store.head(), known(&store)), (after.head, all), "{what}");
        decide(&store, Verb::Withdraw, "third");
        assert_eq!(reasons(&store), ["first", "second", "third"], "{what}");
        drop(store);
        assert_eq!(open(folder.path()).damage(), "", "{what}");
    }
}

#[test]
fn an_older_index_is_made_again_and_never_speaks_for_a_compacted_journal() {
    for (boot, keeps, is_fine) in [
        (None, true, true),
        (Some("another-boot\n"), true, true),
        (Some("another-boot\n"), false, false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        drop(filled(folder.path()));
        let aside = folder.path().join("aside");
        copy(&state.index(), &aside);
        let store = open(folder.path());
        decide(&store, Verb::Withdraw, "third");
        let all = known(&store);
        let sealed = store.compact(sealing()).unwrap().sealed;
        drop(store);
        fs::remove_dir_all(state.index()).unwrap();
        copy(&aside, &state.index());
        if let Some(text) = boot {
            fs::write(state.seal(), text).unwrap();
        }
        if !keeps {
            fs::remove_file(sealed).unwrap();
        }
        let before = journal(folder.path());
        match Store::open(&state, 1) {
            Ok(store) => {
                assert!(is_fine && matches!(store.health(), Health::IndexRebuilt { .. }));
                assert_eq!(known(&store), all);
            }
            // Nobody can say that the journal is not an old copy.
            Err(error) => assert!(!is_fine && matches!(error, StoreError::Unproven { .. })),
        }
        assert_eq!(journal(folder.path()), before, "{boot:?}");
    }
}

#[test]
fn a_journal_that_is_damaged_or_stopped_is_not_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let path = StateDir::new(folder.path()).journal();
    let store = filled(folder.path());
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[700] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let compacted = store.compact(sealing());
    assert!(matches!(compacted, Err(StoreError::Journal(JournalError::Damaged { .. }))));
    assert_eq!(fs::read(&path).unwrap(), damaged);
    fs::write(&path, &whole).unwrap();
    store.close().unwrap();
    let compacted = store.compact(sealing());
    assert!(matches!(compacted, Err(StoreError::Journal(JournalError::Stopped { .. }))));
    let names = fs::read_dir(path.parent().unwrap()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("sealed")), "{names:?}");
}

/// The second name is there, and the new journal is not in its place yet: the next compaction takes that name.
#[test]
fn a_compaction_that_was_killed_leaves_the_old_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = StateDir::new(folder.path()).journal();
    let store = filled(folder.path());
    let all = known(&store);
    drop(store);
    fs::hard_link(&path, path.with_extension("sealed.1")).unwrap();
    fs::write(path.with_extension("new"), "half a line").unwrap();
    let store = open(folder.path());
    assert_eq!((store.health(), known(&store)), (&Health::Fine, all));
    store.write(&[entry("v1.98.0", 98)]).unwrap();
    let Compacted { sealed, before, .. } = store.compact(sealing()).unwrap();
    assert!(sealed.ends_with("journal.sealed.1"), "{sealed:?}");
    assert_eq!(verify(&sealed).unwrap().head, before.head);
}

#[test]
fn whoever_writes_meanwhile_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    std::thread::scope(|scope| {
        let compacting = scope.spawn(|| {
            for _ in 0..4 {
                store.compact(sealing()).unwrap();
                assert_eq!(store.check_journal().unwrap(), None);
            }
        });
        let mut written = 0;
        while written < 20 || (!compacting.is_finished() && written < 200) {
            store.write(&[entry(&format!("v3.{written}.0"), written)]).unwrap();
            written += 1;
        }
        compacting.join().unwrap();
        let count = || store.entries(None).unwrap().len();
        assert_eq!(count(), 31 + usize::from(written));
    });
    let all = known(&store);
    drop(store);
    assert_eq!(known(&open(folder.path())), all);
    assert_eq!(known(&rebuild(folder.path())), all);
}
