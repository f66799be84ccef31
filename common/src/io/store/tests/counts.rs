//! What is counted is what a full count would say, whatever happens to the entries.

use std::collections::{BTreeMap, BTreeSet};

use modgate_tests::random::{Random, seed};

use super::{entry, open};
use crate::io::journal::Mark;
use crate::io::state_dir::StateDir;
use crate::io::store::index::Index;
use crate::io::store::opening::{apply_unseen, remove_folder};
use crate::io::store::{Counts, Health, Store, Untagged};
use crate::ledger::journal::Record;
use crate::ledger::{Entry, How, Proposal, State};
use crate::objects::ObjectId;

fn random_entry(random: &mut Random) -> Entry {
    let repository = ["a", "a/b", "b"][random.below(3) as usize].to_owned();
    let module = format!("h.io/{}", ["a", "a/b", "b", "b/v2"][random.below(4) as usize]);
    let version = format!("v1.{}.0", random.below(5));
    let states = [State::Accepted, State::Broken, State::Withdrawn];
    let tag = (random.below(3) > 0).then(|| version.clone());
    Entry {
        module,
        repository,
        tag,
        state: states[random.below(3) as usize],
        ..entry(&version, random.below(5) as u8)
    }
}

fn random_record(random: &mut Random) -> Record {
    let entry = random_entry(random);
    let (module, version) = (entry.module.clone(), entry.version.clone());
    match random.below(10) {
        0 | 1 => Record::Forgotten { module, version },
        2 => Record::Served { module, version },
        3 => Record::Proposed(Proposal { target: ObjectId::from_bytes([1; 20]), entry }),
        _ => Record::Entry(entry),
    }
}

#[track_caller]
fn check(index: &Index, what: &str) {
    let entries = index.entries(None).unwrap();
    let taken: Vec<&Entry> = entries.iter().filter(|entry| entry.occupies()).collect();
    let modules: BTreeSet<&str> = taken.iter().map(|entry| &*entry.module).collect();
    let expected = Counts {
        modules: modules.len() as u64,
        accepted: taken.len() as u64,
        broken: (entries.len() - taken.len()) as u64,
        pending: index.proposals(None).unwrap().len() as u64,
    };
    assert_eq!(index.counts().unwrap(), expected, "{what}");
    let (mut tagged, mut broken) = (BTreeSet::new(), BTreeSet::new());
    let mut untagged: BTreeMap<String, Vec<Untagged>> = BTreeMap::new();
    let mut owned: BTreeMap<(String, String), u64> = BTreeMap::new();
    for Entry { module, version, repository, tag, state, commit, .. } in entries {
        if state == State::Broken {
            broken.insert(repository.clone());
        }
        let is_taken = state != State::Broken;
        if tag.is_some() {
            *owned.entry((module, repository.clone())).or_default() += u64::from(is_taken);
            tagged.insert(repository);
        } else {
            untagged.entry(repository).or_default().push(Untagged { module, version, commit });
        }
    }
    assert_eq!(index.with_tags().unwrap(), tagged, "{what}");
    assert_eq!(index.with_broken().unwrap(), broken, "{what}");
    for repository in ["a", "a/b", "b"] {
        let known = untagged.remove(repository).unwrap_or_default();
        assert_eq!(index.untagged(repository).unwrap(), known, "{what}");
        for module in ["h.io/a", "h.io/a/b", "h.io/b", "h.io/b/v2"] {
            let held = index.holders(module).unwrap().get(repository).copied().unwrap_or_default();
            let name = (module.to_owned(), repository.to_owned());
            assert_eq!(held.owned, owned.get(&name).copied().unwrap_or_default(), "{what}");
        }
    }
}

#[test]
fn counts_are_those_of_all_entries_after_every_line() {
    let seed = seed();
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path()).unwrap();
    for line in 0..300 {
        let records: Vec<Record> =
            (0..=random.below(6)).map(|_| random_record(&mut random)).collect();
        apply_unseen(&index, &records).unwrap();
        check(&index, &format!("seed {seed}, line {line}: {records:?}"));
    }
    index.uncount();
    drop(index);
    let index = Index::open(folder.path()).unwrap();
    index.count_again().unwrap();
    check(&index, &format!("seed {seed}, counted again"));
    assert_ne!(index.mark().unwrap(), Mark::START);
}

#[test]
fn an_index_of_an_earlier_modgate_is_extended_once() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::new(folder.path());
    let served = Entry { tag: None, how: How::Served, ..entry("v1.0.1-0.2020", 1) };
    let broken = Entry { state: State::Broken, ..entry("v1.2.0", 1) };
    for is_closed in [false, true] {
        let store = open(folder.path());
        store.write(&[entry("v1.0.0", 1), served.clone(), broken.clone()]).unwrap();
        if is_closed {
            store.close().unwrap();
        }
        drop(store);
        Index::open(&state.index()).unwrap().uncount();
        let store = open(folder.path());
        assert_eq!(store.health(), &Health::IndexExtended, "closed: {is_closed}");
        assert_eq!(store.damage(), "");
        check_known(&store);
        drop(store);
        let store = open(folder.path());
        assert_eq!(store.health(), &Health::Fine, "closed: {is_closed}");
        check_known(&store);
    }
    // One that another modgate laid out is kept aside, and made again from the journal.
    Index::open(&state.index()).unwrap().lay_out("999");
    let store = open(folder.path());
    let Health::IndexRebuilt { aside: Some(aside), .. } = store.health() else {
        panic!("{:?}", store.health());
    };
    check_known(&store);
    remove_folder(aside).unwrap();
}

#[track_caller]
fn check_known(store: &Store) {
    let counts = Counts { modules: 1, accepted: 2, broken: 1, pending: 0 };
    assert_eq!(store.counts().unwrap(), counts);
    assert_eq!(store.untagged("team/lib").unwrap().len(), 1);
    assert_eq!(store.with_broken().unwrap(), ["team/lib".to_owned()].into());
    assert_eq!(store.owner("h.io/team/lib").unwrap().as_deref(), Some("team/lib"));
}

#[test]
fn broken_versions_of_a_repository_that_is_gone_are_forgotten_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let broken = |repository: &str, version: &str| Entry {
        state: State::Broken,
        repository: repository.to_owned(),
        ..entry(version, 1)
    };
    let others = [entry("v1.0.0", 1), broken("team/lib2", "v1.2.0")];
    store.write(&[others.to_vec(), vec![broken("team/lib", "v1.1.0")]].concat()).unwrap();
    store.forget_gone("team/lib").unwrap();
    assert_eq!(store.entries(None).unwrap(), others);
    let head = store.head();
    store.forget_gone("team/lib").unwrap();
    assert_eq!(store.head(), head, "the second time nothing is written");
}
