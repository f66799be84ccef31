//! Cases of `store`.

use std::fs;

use super::*;
use crate::io::state_dir::StateError;
use crate::ledger::Conflict;
use crate::ledger::decision::{Decision, Undecided, Verb};
use crate::ledger::{How, Question, State};

mod counts;

pub(super) fn entry(version: &str, commit: u8) -> Entry {
    Entry {
        time: 1_700_000_000,
        pusher: Some("alice".to_owned()),
        how: How::Pushed,
        ..Entry::new(
            "h.io/team/lib",
            version,
            "team/lib",
            Some(version),
            (ObjectId::from_bytes([commit; 20]), ObjectId::from_bytes([commit; 20])),
        )
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
fn two_repositories_that_write_at_once_do_not_share_a_module_path() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.write(&[entry("v1.0.0", 1)]).unwrap();
    let head = store.head();
    let other = Entry { repository: "team".to_owned(), ..entry("v1.1.0", 2) };
    let owner = "team/lib".to_owned();
    let refused = Conflict::OtherOwner {
        module: other.module.clone(),
        version: other.version.clone(),
        owner,
    };
    let written = store.write(std::slice::from_ref(&other));
    assert!(matches!(written, Err(StoreError::Conflict(conflict)) if conflict == refused));
    assert_eq!(store.head(), head);
    // Broken versions and what was only served take nobody's place.
    let broken = Entry { state: State::Broken, ..other.clone() };
    let served = Entry { tag: None, version: "v1.2.0-0.x".to_owned(), ..other };
    assert_eq!(store.write(&[broken, served]).unwrap().len(), 2);
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

#[test]
fn a_permission_to_move_is_used_once_and_for_the_same_content() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let decide = |store: &Store, verb| {
        let (module, version) = ("h.io/team/lib".to_owned(), "v1.0.0".to_owned());
        let (by, reason) = ("alice".to_owned(), "history was rewritten".to_owned());
        store.decide(Decision { module, version, verb, by, time: 3, reason })
    };
    let unhashed = entry("v1.0.0", 1);
    store.write(std::slice::from_ref(&unhashed)).unwrap();
    let refused = decide(&store, Verb::Allow);
    assert!(matches!(refused, Err(StoreError::Undecided(Undecided::Unhashed(_)))));
    let (h1, gomod_h1) = (Some("h1:a".to_owned()), Some("h1:m".to_owned()));
    let hashed = Entry { h1, gomod_h1, ..unhashed };
    store.write(std::slice::from_ref(&hashed)).unwrap();
    let place = |h1, commit| Place {
        module: "h.io/team/lib",
        version: "v1.0.0",
        commit: ObjectId::from_bytes([commit; 20]),
        h1,
        gomod_h1: "h1:m",
    };
    assert_eq!(store.follow(&place("h1:a", 2), 4).unwrap(), None, "nobody allowed it");
    assert!(decide(&store, Verb::Disallow).is_err(), "nothing is allowed");
    decide(&store, Verb::Allow).unwrap();
    decide(&store, Verb::Disallow).unwrap();
    assert_eq!(store.follow(&place("h1:a", 2), 4).unwrap(), None, "it was taken back");
    decide(&store, Verb::Allow).unwrap();
    assert_eq!(store.follow(&place("h1:b", 2), 4).unwrap(), None, "other content");
    drop(store);
    let store = open(folder.path());
    assert!(store.has_permissions());
    let question = Question {
        repository: "team/lib".to_owned(),
        tags: vec!["v1.0.0".to_owned()],
        ..Question::default()
    };
    assert!(store.testify(&question).unwrap().entries[0].may_move);
    let moved = Entry { moved: Some(ObjectId::from_bytes([2; 20])), ..hashed };
    assert_eq!(store.follow(&place("h1:a", 2), 4).unwrap(), Some(moved.clone()));
    assert_eq!(store.follow(&place("h1:a", 3), 5).unwrap(), None, "it is used up");
    assert!(!store.has_permissions());
    drop(store);
    fs::remove_dir_all(StateDir::new(folder.path()).index()).unwrap();
    let store = open(folder.path());
    assert_eq!(store.entry("h.io/team/lib", "v1.0.0").unwrap(), Some(moved));
    assert!(!store.has_permissions(), "an index that is made again says the same");
}

#[test]
fn a_version_is_marked_as_served_once_and_can_never_be_forgotten_then() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let forget = |store: &Store, version: &str| {
        let (module, version) = ("h.io/team/lib".to_owned(), version.to_owned());
        let (by, reason) = ("alice".to_owned(), "too soon".to_owned());
        store.decide(Decision { module, version, verb: Verb::Forget, by, time: 3, reason })
    };
    store.write(&[entry("v1.0.0", 1), entry("v1.1.0", 2)]).unwrap();
    assert!(store.mark_served(&entry("v1.0.0", 1)).unwrap());
    let head = store.head();
    assert!(store.mark_served(&entry("v1.0.0", 1)).unwrap());
    assert_eq!(store.head(), head, "the second time nothing is written");
    let h1 = Some("h1:a".to_owned());
    store.write(&[Entry { h1: h1.clone(), ..entry("v1.0.0", 1) }]).unwrap();
    let served = Entry { h1, served: true, ..entry("v1.0.0", 1) };
    assert_eq!(store.entry("h.io/team/lib", "v1.0.0").unwrap(), Some(served));
    assert!(matches!(forget(&store, "v1.0.0"), Err(StoreError::Undecided(Undecided::Served(_)))));
    forget(&store, "v1.1.0").unwrap();
    assert!(!store.mark_served(&entry("v1.1.0", 2)).unwrap(), "it is not accepted any more");
    let entries = store.entries(None).unwrap();
    drop(store);
    fs::remove_dir_all(StateDir::new(folder.path()).index()).unwrap();
    let store = open(folder.path());
    assert_eq!(store.entries(None).unwrap(), entries, "an index that is made again says the same");
    store.write(&[entry("v1.1.0", 9)]).unwrap();
    assert!(!store.mark_served(&entry("v1.1.0", 2)).unwrap(), "its number has other content now");
    assert_eq!(store.entry("h.io/team/lib", "v1.1.0").unwrap(), Some(entry("v1.1.0", 9)));
}

#[test]
fn a_drift_is_recorded_once_for_each_change_and_at_its_end() {
    use crate::ledger::drift::find;
    use crate::objects::{Kind, Refs, Tag};
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let entries = [entry("v1.0.0", 1), entry("v1.1.0", 2)];
    store.write(&entries).unwrap();
    let at = |commit: u8| {
        let peeled = ObjectId::from_bytes([commit; 20]);
        let mut refs = Refs::default();
        refs.tags.insert("v1.0.0".to_owned(), Tag { target: peeled, peeled, kind: Kind::Commit });
        find(&entries[..1], Some(&refs), 7)
    };
    let record = |seen| store.record_drift(seen).unwrap().len();
    let nothing = find(&entries[1..], Some(&Refs::default()), 7)[0].ended(8);
    assert_eq!(record(vec![nothing]), 0, "the end of nothing");
    assert_eq!([record(at(5)), record(at(5)), record(at(6)), record(at(6))], [1, 0, 1, 0]);
    assert_eq!(record(find(&entries, None, 9)), 2);
    assert_eq!(store.open_drifts().unwrap().len(), 2);
    let end = store.open_drifts().unwrap()[0].ended(10);
    assert_eq!([record(vec![end.clone()]), record(vec![end])], [1, 0]);
    let head = store.head();
    drop(store);
    fs::remove_dir_all(StateDir::new(folder.path()).index()).unwrap();
    let store = open(folder.path());
    let open: Vec<_> = store.open_drifts().unwrap().iter().map(|d| d.version.clone()).collect();
    assert_eq!((store.head(), open), (head, vec!["v1.1.0".to_owned()]));
    let seen = store.drifts("h.io/team/lib", "v1.0.0").unwrap();
    let times: Vec<_> = seen.iter().map(|drift| (drift.seen.name(), drift.time)).collect();
    assert_eq!(times, [("moved", 7), ("moved", 7), ("repository-gone", 9), ("back", 10)]);
    assert_eq!(store.entry("h.io/team/lib", "v1.0.0").unwrap(), Some(entry("v1.0.0", 1)));
}
