//! Cases of `opening`: one file damaged, or both.

use super::super::tests::{entry, open as reopen, proposal};
use super::super::{Store, StoreError};
use super::unproven::next;
use super::*;
use crate::io::journal::verify;
use crate::ledger::decision::{Decision, Verb};
use crate::ledger::drift::{self, Drift};
use crate::ledger::journal::LineHash;
use crate::ledger::{Proposal, State};

const MODULE: &str = "h.io/team/lib";

fn decision(version: &str, verb: Verb) -> Decision {
    Decision {
        module: MODULE.to_owned(),
        version: version.to_owned(),
        verb,
        by: "root".to_owned(),
        time: 1_700_000_001,
        reason: "leak".to_owned(),
    }
}

fn is_unproven(opened: &Result<Store, StoreError>) -> bool {
    matches!(opened, Err(StoreError::Unproven { .. }))
}

/// A ledger on disk, with some of everything in it.
struct Case {
    _folder: tempfile::TempDir,
    state: StateDir,
    files: Files,
    known: Known,
}

#[derive(Debug, PartialEq)]
struct Known {
    entries: Vec<Entry>,
    decisions: Vec<Decision>,
    drifts: Vec<Drift>,
    proposals: Vec<Proposal>,
}

fn known(store: &Store) -> Known {
    Known {
        entries: store.entries(None).unwrap(),
        decisions: store.decisions(MODULE, None).unwrap(),
        drifts: store.open_drifts().unwrap(),
        proposals: store.proposals(None).unwrap(),
    }
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        let store = reopen(folder.path());
        for n in 0..20 {
            store.write(&[entry(&format!("v1.{n}.0"), n)]).unwrap();
        }
        store.decide(decision("v1.3.0", Verb::Withdraw)).unwrap();
        store.decide(decision("v1.3.0", Verb::Restore)).unwrap();
        store.decide(decision("v1.4.0", Verb::Withdraw)).unwrap();
        let hash = || Some("h1:x".to_owned());
        store.write(&[Entry { h1: hash(), gomod_h1: hash(), ..entry("v1.5.0", 5) }]).unwrap();
        store.decide(decision("v1.5.0", Verb::Allow)).unwrap();
        store.mark_served(&entry("v1.6.0", 6)).unwrap();
        store.record_drift(drift::find(&[entry("v1.7.0", 7)], None, 3)).unwrap();
        let broken = Entry { state: State::Broken, ..entry("v1.99.0", 8) };
        store.write(&[broken, Entry { tag: None, ..entry("v1.98.0", 8) }]).unwrap();
        store.propose(vec![proposal("v2.0.0", 9)]).unwrap();
        store.settle(&[proposal("v2.1.0", 9)]).unwrap();
        let known = known(&store);
        drop(store);
        Self { files: Files::of(&state), _folder: folder, state, known }
    }

    fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.state, 1)
    }

    /// All is known, and can be added to.
    #[track_caller]
    fn check_whole(&self, what: &str) -> Store {
        let store = self.open().unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(known(&store), self.known, "{what}");
        store.write(&[entry("v1.0.0", 0)]).unwrap();
        store
    }

    fn spoil_index(&self) {
        fs::write(self.files.index.join("db"), b"spoilt").unwrap();
    }

    fn spoil_journal(&self, at: usize) {
        let mut bytes = fs::read(&self.files.journal).unwrap();
        bytes[at] ^= 1;
        fs::write(&self.files.journal, bytes).unwrap();
    }
}

#[test]
fn every_tree_of_the_index_is_in_its_dump() {
    let case = Case::new();
    let (index, _) = open_index(&case.files.index).unwrap();
    let copied = tempfile::tempdir().unwrap();
    let (copy, _) = open_index(copied.path()).unwrap();
    let mut mark = Mark::START;
    index
        .dump(&mut |records| {
            mark = next(mark);
            copy.apply(records, mark)
        })
        .unwrap();
    let (all, again) = (index.trees(), copy.trees());
    assert!(all.len() >= 4, "{:?}", all.keys());
    assert_eq!(all.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    for (name, values) in all {
        assert!(!values.is_empty(), "{name}: a tree that this test has nothing in");
        assert_eq!(again[&name], values, "{name}");
    }
}

#[test]
fn a_journal_that_is_gone_or_older_is_made_again_from_the_index() {
    type Spoil = fn(&Case, &[u8]);
    let cases: [(&str, Spoil, bool); 5] = [
        ("gone", |case, _| fs::remove_file(&case.files.journal).unwrap(), false),
        ("empty", |case, _| fs::write(&case.files.journal, b"").unwrap(), true),
        ("half", |case, b| fs::write(&case.files.journal, &b[..b.len() / 2]).unwrap(), true),
        ("end", |case, b| fs::write(&case.files.journal, &b[..b.len() - 1]).unwrap(), true),
        ("zeros", |case, b| fs::write(&case.files.journal, vec![0; b.len()]).unwrap(), true),
    ];
    for (what, spoil, has_aside) in cases {
        let case = Case::new();
        let old = fs::read(&case.files.journal).unwrap();
        let before = verify(&case.files.journal).unwrap().head;
        spoil(&case, &old);
        let left = fs::read(&case.files.journal).ok();
        let store = case.check_whole(what);
        let Health::JournalRenewed { aside, .. } = store.health() else {
            panic!("{what}: {:?}", store.health());
        };
        assert_eq!(aside.is_some(), has_aside, "{what}");
        assert_eq!(aside.as_ref().and_then(|aside| fs::read(aside).ok()), left, "{what}");
        drop(store);
        // The new journal says so, and holds everything without an index.
        verify(&case.files.journal).unwrap();
        let text = fs::read_to_string(&case.files.journal).unwrap();
        let second = text.lines().nth(1).unwrap();
        assert!(second.contains("\"recovered\""), "{what}: {second}");
        assert!(second.contains(&before.hash.to_string()), "{what}: {second}");
        fs::remove_dir_all(&case.files.index).unwrap();
        let store = case.check_whole(what);
        assert_eq!(store.damage().contains("journal.damaged.1"), has_aside, "{}", store.damage());
    }
}

#[test]
fn what_another_journal_has_and_the_index_does_not_is_kept() {
    let case = Case::new();
    let old = fs::read(&case.files.journal).unwrap();
    fs::remove_dir_all(&case.files.index).unwrap();
    fs::write(&case.files.journal, &old[..old.len() * 3 / 4]).unwrap();
    // The journal ends in half a line, and nothing says what was there.
    fs::remove_file(case.files.seal.path()).unwrap();
    let store = case.open().unwrap();
    store.write(&[entry("v3.0.0", 7)]).unwrap();
    drop(store);
    fs::write(&case.files.journal, old).unwrap();
    let store = case.open().unwrap();
    assert!(matches!(store.health(), Health::JournalRenewed { .. }));
    let mut entries = case.known.entries;
    // Broken ones are no promise.
    entries.retain(Entry::occupies);
    entries.push(entry("v3.0.0", 7));
    let names = |entries: &[Entry]| entries.iter().map(Entry::name).collect::<Vec<_>>();
    assert_eq!(names(&store.entries(None).unwrap()), names(&entries));
}

#[test]
fn damage_in_the_middle_of_the_journal_is_found_by_reading_it() {
    let case = Case::new();
    let length = fs::read(&case.files.journal).unwrap().len();
    for at in [10, 70, length / 2, length - 300, length - 2, length - 1] {
        let case = Case::new();
        case.spoil_journal(at);
        let store = case.open().unwrap();
        let found = match store.health() {
            Health::Fine => store.check_journal().unwrap().unwrap(),
            found => found.clone(),
        };
        assert!(matches!(found, Health::JournalRenewed { aside: Some(_), .. }), "{at}: {found:?}");
        assert_eq!(store.check_journal().unwrap(), None, "{at}");
        store.write(&[entry("v9.0.0", 9)]).unwrap();
        drop(store);
        fs::remove_dir_all(&case.files.index).unwrap();
        assert_eq!(case.open().unwrap().entries(None).unwrap().len(), 23, "{at}");
    }
}

#[test]
fn an_index_of_another_start_of_the_machine_is_not_believed() {
    for text in ["another-boot\n", "doubtful\n", "", "clean 1 x\n"] {
        let case = Case::new();
        // As a power cut could leave it: whole to look at, and older than the mark in it.
        let (index, _) = open_index(&case.files.index).unwrap();
        index.lose(MODULE, "v1.7.0");
        drop(index);
        fs::write(case.files.seal.path(), text).unwrap();
        let store = case.check_whole(text);
        assert!(matches!(store.health(), Health::IndexRebuilt { aside: None, .. }), "{text:?}");
        drop(store);
        assert_eq!(case.check_whole(text).health(), &Health::Fine, "{text:?}");
        assert!(!case.files.stale.exists());
    }
}

#[test]
fn an_index_that_was_closed_in_order_is_believed() {
    let case = Case::new();
    let store = case.open().unwrap();
    store.close().unwrap();
    assert!(store.write(&[entry("v4.0.0", 9)]).is_err(), "nothing comes after the end");
    drop(store);
    assert!(fs::read_to_string(case.files.seal.path()).unwrap().starts_with("clean "));
    assert_eq!(case.check_whole("closed").health(), &Health::Fine);
    assert!(!fs::read_to_string(case.files.seal.path()).unwrap().starts_with("clean"));
}

#[test]
fn with_both_damaged_nothing_is_called_accepted_and_nothing_recorded() {
    type Spoil = fn(&Case);
    let cases: [(&str, Spoil); 7] = [
        ("no journal", |case| fs::remove_file(&case.files.journal).unwrap()),
        ("middle", |case| case.spoil_journal(900)),
        ("last line", |case| {
            case.spoil_journal(fs::read(&case.files.journal).unwrap().len() - 20);
        }),
        ("half a line", |case| {
            let bytes = fs::read(&case.files.journal).unwrap();
            fs::write(&case.files.journal, &bytes[..bytes.len() - 20]).unwrap();
        }),
        ("closed, and a line is missing", |case| {
            case.open().unwrap().close().unwrap();
            let bytes = fs::read(&case.files.journal).unwrap();
            let end = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
            fs::write(&case.files.journal, &bytes[..=end]).unwrap();
        }),
        ("power cut, middle", |case| {
            fs::write(case.files.seal.path(), "another\n").unwrap();
            case.spoil_journal(900);
        }),
        ("all gone", |case| {
            fs::remove_file(&case.files.journal).unwrap();
            fs::remove_dir_all(&case.files.index).unwrap();
            fs::create_dir(&case.files.index).unwrap();
        }),
    ];
    for (what, spoil) in cases {
        let case = Case::new();
        spoil(&case);
        case.spoil_index();
        let left = fs::read(&case.files.journal).ok();
        // However often it is tried.
        assert!(is_unproven(&case.open()), "{what}");
        assert!(is_unproven(&case.open()), "{what}, again");
        for _ in 0..2 {
            let store = Store::open_even_unproven(&case.state, 1).unwrap();
            assert!(matches!(store.health(), Health::Unproven { .. }), "{what}");
            assert!(!store.is_proven() && !store.damage().is_empty());
            assert!(matches!(
                store.propose(vec![proposal("v5.0.0", 1)]),
                Err(StoreError::Unproven { .. })
            ));
            let withdraw = decision("v1.0.0", Verb::Withdraw);
            assert!(store.decide(withdraw).is_err(), "{what}");
            // What can still be read is a witness: nothing else is ever served under its name.
            for entry in store.entries(None).unwrap() {
                assert!(case.known.entries.contains(&entry), "{what}: {entry:?}");
            }
            if left.is_some() {
                assert!(store.entries(None).unwrap().len() >= 17, "{what}");
                assert!(store.write(&[entry("v1.0.0", 99)]).is_err(), "{what}");
            }
            assert_eq!(store.write(&[entry("v6.0.0", 1)]).unwrap().len(), 1);
            assert_eq!(store.entry(MODULE, "v6.0.0").unwrap(), Some(entry("v6.0.0", 1)));
        }
        assert_eq!(fs::read(&case.files.journal).ok(), left, "{what}: it is evidence");
    }
}

#[test]
fn an_index_that_lost_its_end_does_not_speak_for_a_journal_with_gaps() {
    let case = Case::new();
    let text = fs::read_to_string(&case.files.journal).unwrap();
    let start: usize = text.split_inclusive('\n').take(10).map(str::len).sum();
    // sled leaves out the end of a file that is damaged there.
    fs::remove_dir_all(&case.files.index).unwrap();
    let (index, _) = open_index(&case.files.index).unwrap();
    let mut lines = 0;
    Journal::open(&case.files.journal, Mark::START, Ending::Torn, |records, mark| {
        lines += 1;
        if lines <= 10 {
            index.apply(&records, mark).unwrap();
        }
    })
    .unwrap();
    drop(index);
    assert_eq!(case.check_whole("whole journal").health(), &Health::Fine);
    case.spoil_journal(start - 400);
    case.spoil_journal(start + 100);
    fs::remove_dir_all(&case.files.index).unwrap();
    let (index, _) = open_index(&case.files.index).unwrap();
    let odd = Head { lines: 10, hash: LineHash::ZERO };
    index.apply(&[], Mark { head: odd, start: 5, end: 50 }).unwrap();
    drop(index);
    assert!(is_unproven(&case.open()));
}

#[test]
fn a_first_start_that_was_killed_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::new(folder.path());
    state.prepare().unwrap();
    let files = Files::of(&state);
    // The index was made, and the journal was not.
    drop(open_index(&files.index).unwrap());
    reopen(folder.path());
    // The journal is there, and empty; then the same with the seal.
    for is_sealed in [false, true] {
        fs::remove_dir_all(&files.index).unwrap();
        fs::write(&files.journal, b"").unwrap();
        fs::remove_file(files.seal.path()).unwrap();
        if is_sealed {
            files.sealed(Seal::build).unwrap();
        }
        assert_eq!(reopen(folder.path()).health(), &Health::Fine);
    }
}

#[test]
fn a_rebuild_that_was_killed_goes_on() {
    let case = Case::new();
    fs::remove_dir_all(&case.files.index).unwrap();
    let (index, _) = open_index(&case.files.index).unwrap();
    let mut lines = 0;
    Journal::open(&case.files.journal, Mark::START, Ending::Torn, |records, mark| {
        lines += 1;
        if lines < 8 {
            index.apply(&records, mark).unwrap();
        }
    })
    .unwrap();
    drop(index);
    case.files.sealed(Seal::build).unwrap();
    assert_eq!(case.check_whole("continued").health(), &Health::Fine);
}
