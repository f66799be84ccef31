//! Cases of `store`.

use std::fs;

use super::*;
use crate::ledger::Conflict;
use crate::ledger::decision::Verb;
use crate::ledger::{How, Question, State};

pub(super) fn entry(version: &str, commit: u8) -> Entry {
    Entry {
        module: "h.io/team/lib".to_owned(),
        version: version.to_owned(),
        state: State::Accepted,
        repository: "team/lib".to_owned(),
        tag: Some(version.to_owned()),
        commit: ObjectId::from_bytes([commit; 20]),
        tree: ObjectId::from_bytes([commit; 20]),
        h1: None,
        gomod_h1: None,
        time: 1_700_000_000,
        pusher: Some("alice".to_owned()),
        how: How::Pushed,
        reason: None,
        skipped: None,
    }
}

pub(super) fn open(folder: &Path) -> Store {
    Store::open(&StateDir::new(folder), 1).unwrap()
}

pub(super) fn proposal(version: &str, target: u8) -> Proposal {
    let entry = Entry { state: State::Pending, ..entry(version, target) };
    Proposal { target: ObjectId::from_bytes([target; 20]), entry }
}

#[test]
fn what_was_written_is_there_after_a_new_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert_eq!(store.write(&[entry("v1.0.0", 1), entry("v1.1.0", 2)]).unwrap().len(), 2);
    let head = store.head();
    assert_eq!(store.write(&[entry("v1.0.0", 1)]).unwrap(), [], "nothing changed");
    assert_eq!(store.head(), head);
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.head(), head);
    assert_eq!(store.entry("h.io/team/lib", "v1.0.0").unwrap(), Some(entry("v1.0.0", 1)));
    assert_eq!(store.entries(Some("h.io/team/lib")).unwrap().len(), 2);
    assert_eq!(store.entries(Some("h.io/team")).unwrap(), []);
    assert_eq!(store.counts().unwrap(), Counts { modules: 1, accepted: 2, broken: 0, pending: 0 });
}

#[test]
fn a_conflict_writes_nothing_of_its_group() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.write(&[entry("v1.0.0", 1)]).unwrap();
    let head = store.head();
    let changed = store.write(&[entry("v1.1.0", 2), entry("v1.0.0", 3)]);
    assert!(matches!(changed, Err(StoreError::Conflict(Conflict::OtherCommit { .. }))));
    assert!(store.write(&[entry("v1.2.0", 2), entry("v1.2.0", 3)]).is_err(), "within one group");
    assert_eq!(store.head(), head);
    assert_eq!(store.entries(None).unwrap().len(), 1);
}

#[test]
fn a_lost_or_damaged_index_is_made_again_from_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::new(folder.path());
    open(folder.path()).write(&[entry("v1.0.0", 1)]).unwrap();
    fs::remove_dir_all(state.index()).unwrap();
    let store = open(folder.path());
    assert_eq!(store.entries(None).unwrap().len(), 1);
    assert!(matches!(store.health(), Health::IndexRebuilt { aside: None, .. }));
    drop(store);
    fs::remove_dir_all(state.index()).unwrap();
    fs::write(state.index(), b"no folder").unwrap();
    let store = open(folder.path());
    assert!(
        matches!(store.health(), Health::IndexRebuilt { aside: Some(aside), .. } if aside.exists())
    );
    assert_eq!(store.entries(None).unwrap().len(), 1);
}

#[test]
fn whatever_is_damaged_in_the_index_no_entry_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::new(folder.path());
    let entries: Vec<Entry> = (0..50).map(|n| entry(&format!("v1.{n}.0"), n)).collect();
    for entry in &entries {
        open(folder.path()).write(std::slice::from_ref(entry)).unwrap();
    }
    let db = state.index().join("db");
    let whole = fs::read(&db).unwrap();
    for n in 0..40 {
        let mut damaged = whole.clone();
        let at = n * 7919 % damaged.len();
        let end = (at + 1 + n % 5 * 20).min(damaged.len());
        damaged[at..end].iter_mut().for_each(|byte| *byte ^= 0x5a);
        fs::write(&db, damaged).unwrap();
        let store = open(folder.path());
        assert_eq!(store.entries(None).unwrap().len(), entries.len(), "damage {n} at {at}");
    }
}

#[test]
fn an_index_that_fails_while_it_is_used_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::new(folder.path());
    let store = open(folder.path());
    store.write(&[entry("v1.0.0", 1)]).unwrap();
    for n in 1..4 {
        // As sled is after an error of the disk: it does nothing any more.
        store.index().failure();
        let version = format!("v1.{n}.0");
        assert_eq!(store.write(&[entry(&version, n)]).unwrap().len(), 1);
        assert!(store.write(&[entry(&version, 9)]).is_err(), "it is decided on all that is known");
        assert_eq!(store.entries(None).unwrap().len(), usize::from(n) + 1);
    }
    let asides = || fs::read_dir(folder.path().join("ledger")).unwrap().flatten();
    let mended = asides().filter(|e| e.file_name().to_string_lossy().contains("mended")).count();
    assert_eq!(mended, 1, "the failed ones take no room");
    store.close().unwrap();
    drop(store);
    let store = open(folder.path());
    assert!(matches!(store.health(), Health::IndexRebuilt { .. }));
    assert_eq!(store.entries(None).unwrap().len(), 4);
    assert!(state.index().exists());
    assert!(!asides().any(|e| e.file_name().to_string_lossy().contains("mended")));
}

#[test]
fn a_second_process_waits_and_then_says_who_is_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let second = Store::open(&StateDir::new(folder.path()), 2);
    assert!(matches!(second, Err(StoreError::State(StateError::InUse(_)))));
    drop(store);
    open(folder.path());
}

#[test]
fn proposals_are_kept_until_they_are_settled() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let both = vec![proposal("v1.0.0", 1), proposal("v1.0.0", 2)];
    store.propose(both.clone()).unwrap();
    assert_eq!(store.proposals(Some("team/lib")).unwrap(), both);
    let first = store.proposals_of("team/lib", "v1.0.0", both[0].target).unwrap();
    assert_eq!(first, both[..1]);
    store.settle(&first).unwrap();
    drop(store);
    let store = open(folder.path());
    assert_eq!(store.proposals(None).unwrap(), both[1..]);
    assert_eq!(store.counts().unwrap().pending, 1);
}

#[test]
fn the_ledger_testifies_about_required_versions_of_its_modules() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let broken = Entry { state: State::Broken, ..entry("v1.5.0", 5) };
    store.write(&[entry("v1.0.0", 1), broken]).unwrap();
    let entry = Entry { state: State::Pending, ..entry("v1.6.0", 6) };
    store.propose(vec![Proposal { target: entry.commit, entry }]).unwrap();
    let pair = |module: &str, version: &str| (module.to_owned(), version.to_owned());
    let versions = ["v1.0.0", "v1.5.0", "v1.6.0", "v1.7.0"];
    let mut required: Vec<_> = versions.iter().map(|v| pair("h.io/team/lib", v)).collect();
    required.push(pair("h.io/team/other", "v1.0.0"));
    let question = Question { required, ..Question::default() };
    let found = store.testify(&question).unwrap().required;
    assert!(found.iter().all(|r| (&*r.module, &*r.repository) == ("h.io/team/lib", "team/lib")));
    let states: Vec<_> = found.iter().map(|r| (&*r.version, r.state)).collect();
    assert_eq!(
        states,
        [
            ("v1.0.0", Some(State::Accepted)),
            ("v1.5.0", Some(State::Broken)),
            ("v1.6.0", Some(State::Pending)),
            ("v1.7.0", None),
        ]
    );
    // An older daemon knows no such question, and an older hook asks none.
    let question: Question =
        serde_json::from_str(r#"{"repository":"r","tags":[],"versions":[],"modules":[]}"#).unwrap();
    assert!(question.required.is_empty());
    let testimony: crate::ledger::Testimony =
        serde_json::from_str(r#"{"entries":[],"owners":[],"has_releases":false}"#).unwrap();
    assert!(testimony.required.is_empty());
}

#[test]
fn the_ledger_testifies_by_tag_and_by_version() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let broken = Entry { state: State::Broken, ..entry("v1.5.0", 5) };
    store.write(&[entry("v1.0.0", 1), entry("v1.1.0", 2), broken.clone()]).unwrap();
    let question = Question {
        repository: "team/lib".to_owned(),
        tags: vec!["v1.0.0".to_owned(), "v1.5.0".to_owned()],
        versions: vec![("h.io/team/lib".to_owned(), "v1.1.0".to_owned())],
        modules: vec!["h.io/team/lib".to_owned(), "h.io/team/other".to_owned()],
        ..Question::default()
    };
    let testimony = store.testify(&question).unwrap();
    assert_eq!(testimony.entries, [entry("v1.0.0", 1), entry("v1.1.0", 2)]);
    assert_eq!(testimony.owner("h.io/team/lib"), Some("team/lib"));
    assert_eq!(testimony.owner("h.io/team/other"), None);
    assert!(testimony.has_releases);
    let elsewhere = Question { repository: "team".to_owned(), ..Question::default() };
    assert!(!store.testify(&elsewhere).unwrap().has_releases);
    store.forget_broken(&[broken, entry("v1.0.0", 1)]).unwrap();
    assert_eq!(store.entries(None).unwrap().len(), 2);
}

#[test]
fn the_ledger_knows_what_was_served_on_top_of_a_version() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let served = |version: &str| Entry { tag: None, how: How::Served, ..entry(version, 1) };
    let built = served("v1.0.1-0.20200101000000-abcdefabcdef");
    let other = served("v1.1.1-0.20200101000000-abcdefabcdef");
    store.write(&[entry("v1.0.0", 1), entry("v1.1.0", 2), built.clone(), other]).unwrap();
    let asked = |module: &str| Question {
        repository: "team/lib".to_owned(),
        bases: vec![(module.to_owned(), "v1.0.0".to_owned())],
        ..Question::default()
    };
    assert_eq!(store.testify(&asked("h.io/team/lib")).unwrap().built, [built]);
    assert!(store.testify(&asked("h.io/team/li")).unwrap().built.is_empty());
}

#[test]
fn a_decision_is_kept_with_who_when_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.write(&[entry("v1.0.0", 1)]).unwrap();
    let decision = |verb, reason: &str| Decision {
        module: "h.io/team/lib".to_owned(),
        version: "v1.0.0".to_owned(),
        verb,
        by: "root".to_owned(),
        time: 1_700_000_001,
        reason: reason.to_owned(),
    };
    let (withdraw, restore) =
        (decision(Verb::Withdraw, "leak"), decision(Verb::Restore, "no leak"));
    let withdrawn = store.decide(withdraw.clone()).unwrap();
    assert_eq!((withdrawn.state, withdrawn.reason.as_deref()), (State::Withdrawn, Some("leak")));
    let head = store.head();
    assert!(matches!(store.decide(withdraw.clone()), Err(StoreError::Undecided(_))));
    assert_eq!(store.head(), head, "what cannot be decided is not recorded");
    // Whatever the repository says, a withdrawn version stays withdrawn.
    assert_eq!(store.write(&[entry("v1.0.0", 1)]).unwrap(), []);
    assert!(store.write(&[entry("v1.0.0", 2)]).is_err());
    store.decide(restore.clone()).unwrap();
    drop(store);
    // The index is made again from the journal.
    fs::remove_dir_all(StateDir::new(folder.path()).index()).unwrap();
    let store = open(folder.path());
    let decided = store.decisions("h.io/team/lib", Some("v1.0.0")).unwrap();
    assert_eq!(decided, [withdraw, restore]);
    assert_eq!(store.decisions("h.io/team/lib", None).unwrap().len(), 2);
    assert_eq!(store.decisions("h.io/team", None).unwrap(), []);
    assert_eq!(store.entry("h.io/team/lib", "v1.0.0").unwrap(), Some(entry("v1.0.0", 1)));
}
