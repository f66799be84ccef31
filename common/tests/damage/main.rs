//! Damage at seeded places of every file of a ledger: bytes that flip, blocks of zeros, ends that are cut off, files
//! that are gone.
//!
//! One damaged file never costs a record, whichever it is. Where the journal and another file are damaged, either
//! nothing is missing, or the ledger says that nothing in it can be called accepted. `MODGATE_SEED` chooses other places;
//! a failure names its seed.

#![expect(clippy::print_stderr, reason = "the counts belong to what was tested")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use modgate_common::io::state_dir::StateDir;
use modgate_common::io::store::{Health, Store, StoreError};
use modgate_common::ledger::decision::{Decision, Verb};
use modgate_common::ledger::{Entry, How, State};
use modgate_common::objects::ObjectId;
use modgate_tests::budget;
use modgate_tests::random::{Random, seed};

const MODULE: &str = "h.io/team/lib";
const VERSIONS: u8 = 120;

fn entry(n: u8) -> Entry {
    let id = ObjectId::from_bytes([n; 20]);
    Entry {
        h1: Some(format!("h1:{n}")),
        time: 1_700_000_000,
        pusher: Some("alice".repeat(usize::from(n))),
        how: How::Pushed,
        ..Entry::new(MODULE, &format!("v1.{n}.0"), "team/lib", Some(&format!("v1.{n}.0")), (id, id))
    }
}

fn decision() -> Decision {
    Decision {
        module: MODULE.to_owned(),
        version: "v1.7.0".to_owned(),
        verb: Verb::Withdraw,
        by: "root".to_owned(),
        time: 1_700_000_001,
        reason: "leak".to_owned(),
    }
}

/// How the last process ended.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    InOrder,
    Killed,
    PowerCut,
}

/// A ledger with its files as they were left.
fn template(folder: &Path, end: End) {
    for part in 0..3 {
        let store = Store::open(&StateDir::new(folder), 1).expect("it opens");
        for n in (0..VERSIONS).filter(|n| n % 3 == part) {
            store.write(&[entry(n)]).expect("it writes");
        }
        if part == 2 {
            store.decide(decision()).expect("it is accepted");
        }
        if end == End::InOrder {
            store.close().expect("it closes");
        }
    }
    if end == End::PowerCut {
        fs::write(folder.join("ledger/boot"), "another start\n").expect("it is ours");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it is there").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).expect("it lies below"));
        fs::create_dir_all(target.parent().expect("it lies below")).expect("writable");
        fs::copy(file, target).expect("writable");
    }
}

/// Whether a file may lose its end.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cuts {
    Anywhere,
    None,
}

/// Damages a file; returns what was done to it.
fn damage(random: &mut Random, file: &Path, cuts: Cuts) -> String {
    let mut bytes = fs::read(file).expect("it is there");
    let length = bytes.len().max(1) as u64;
    // sled reserves far more than it uses: most places should be used ones.
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |last| last as u64 + 1);
    let bound = if random.below(4) == 0 { length } else { used };
    let at = random.below(bound) as usize;
    let kinds = if cuts == Cuts::None { 3 } else { 5 };
    let what = match random.below(kinds) {
        0 | 1 => {
            for n in 0..=random.below(8) as usize {
                if let Some(byte) = bytes.get_mut(at + n) {
                    *byte ^= 1 << random.below(8);
                }
            }
            format!("bits flipped at {at}")
        }
        2 => {
            let (start, end) = (at / 512 * 512, (at / 512 * 512 + 4096).min(bytes.len()));
            bytes[start..end].fill(0);
            format!("zeros at {start}")
        }
        3 => {
            bytes.truncate(at);
            format!("cut at {at}")
        }
        _ if random.below(2) == 0 => {
            fs::remove_file(file).expect("it is there");
            return "gone".to_owned();
        }
        _ => {
            bytes.clear();
            "emptied".to_owned()
        }
    };
    fs::write(file, bytes).expect("writable");
    what
}

/// Why a ledger cannot be read.
#[derive(Debug)]
enum Failure {
    Error(StoreError),
    /// In sled.
    Panic,
}

/// What a ledger answers.
fn read(folder: &Path) -> Result<Vec<Entry>, Failure> {
    let job = || {
        let store = Store::open(&StateDir::new(folder), 1)?;
        let mut entries = store.entries(Some(MODULE))?;
        let by_tag = store.entries_of("team/lib")?;
        let decisions = store.decisions(MODULE, None)?;
        if (by_tag.len(), decisions.len()) != (entries.len(), 1) {
            entries.clear();
        }
        entries.sort_by_key(|entry| entry.commit.to_string());
        let other = Entry { module: "h.io/other".to_owned(), ..entry(250) };
        store.write(&[other])?;
        store.check_journal()?;
        Ok(entries)
    };
    let done = catch_unwind(AssertUnwindSafe(job));
    done.map_or(Err(Failure::Panic), |done| done.map_err(Failure::Error))
}

#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    unproven: usize,
    failed_once: usize,
    panicked: usize,
}

/// Reads the ledger, a second time where the first one only found the damage.
#[track_caller]
fn check(folder: &Path, expected: &[Entry], what: &str, tally: &mut Tally) -> bool {
    tally.cases += 1;
    let mut first = read(folder);
    match &first {
        Err(Failure::Error(StoreError::Unproven { .. })) | Ok(_) => {}
        Err(failure) => {
            tally.failed_once += 1;
            tally.panicked += usize::from(matches!(failure, Failure::Panic));
            first = read(folder);
        }
    }
    match first {
        Ok(entries) => assert!(entries == expected, "{what}: {} entries", entries.len()),
        Err(Failure::Error(StoreError::Unproven { .. })) => {
            tally.unproven += 1;
            let store = Store::open_even_unproven(&StateDir::new(folder), 1);
            let store = store.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(matches!(store.health(), Health::Unproven { .. }), "{what}");
            for entry in store.entries(None).expect("what is left can be read") {
                // Only that it was withdrawn can be lost.
                let withdrawn = Entry {
                    state: State::Withdrawn,
                    reason: Some("leak".to_owned()),
                    ..entry.clone()
                };
                let is_known = expected.contains(&entry) || expected.contains(&withdrawn);
                assert!(is_known || entry.module != MODULE, "{what}: {entry:?}");
            }
            return false;
        }
        Err(failure) => panic!("{what}: {failure:?}"),
    }
    true
}

/// Damages each file of the ledger in turn; with `and_journal`, the journal as well.
fn run(end: End, rounds: u64, and_journal: bool) -> Tally {
    let mut tally = Tally::default();
    let folder = tempfile::tempdir().expect("a temporary folder");
    template(folder.path(), end);
    let mut expected: Vec<Entry> = (0..VERSIONS).map(entry).collect();
    expected[7].state = State::Withdrawn;
    expected[7].reason = Some("leak".to_owned());
    let ledger = folder.path().join("ledger");
    for case in 0..rounds {
        for file in files(&ledger) {
            let name = file.strip_prefix(folder.path()).expect("it lies below");
            let mut random = Random::new(seed() + case);
            let state = tempfile::tempdir().expect("a temporary folder");
            copy(folder.path(), state.path());
            let done = damage(&mut random, &state.path().join(name), Cuts::Anywhere);
            let mut what = format!("seed {}, {end:?}, {}: {done}", seed() + case, name.display());
            let is_journal = name.ends_with("journal");
            if and_journal && !is_journal {
                // Where a killed process leaves no word of how long the journal was, a shorter one is none.
                let cuts = if end == End::InOrder { Cuts::Anywhere } else { Cuts::None };
                let journal = state.path().join("ledger/journal");
                what += &format!(", journal: {}", damage(&mut random, &journal, cuts));
            }
            let is_whole = check(state.path(), &expected, &what, &mut tally);
            // After a power cut, the journal alone can say what was accepted.
            let may_fail = and_journal || (is_journal && end == End::PowerCut);
            assert!(is_whole || may_fail, "{what}: nothing can be called accepted");
        }
    }
    tally
}

#[test]
fn one_damaged_file_costs_nothing() {
    for end in [End::InOrder, End::Killed, End::PowerCut] {
        let tally = run(end, budget::choose(8, 60), false);
        eprintln!("{end:?}: {tally:?}");
        assert!(tally.cases > 40);
    }
}

#[test]
fn two_damaged_files_cost_nothing_or_it_is_said() {
    for end in [End::InOrder, End::Killed] {
        let tally = run(end, budget::choose(8, 60), true);
        eprintln!("{end:?}: {tally:?}");
        assert!(tally.unproven > 0 && tally.unproven < tally.cases, "{tally:?}");
    }
}
