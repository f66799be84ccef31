//! Journals that were written down: of the first versions of the format, and of today's.
//!
//! `formats/1-first.journal` is frozen: what it says must be read for ever. `formats/1.journal` has a line for each kind
//! of record as it is written now; where a test says that this changed, a journal that is out there may be one that
//! others cannot read. A kind or a field that is added goes to its end, with a new line.

use std::fs;

use super::tests::{entry, proposal};
use super::*;
use crate::io::journal::Sealing;
use crate::ledger::decision::{Decision, Verb};
use crate::ledger::drift::{Drift, Seen};
use crate::ledger::exchange::Collected;
use crate::ledger::journal::{FORMAT, decode, encode};
use crate::ledger::operation::{Act, Operation};
use crate::ledger::{How, Skip, State};

const FIRST: &str = include_str!("formats/1-first.journal");
const TODAY: &str = include_str!("formats/1.journal");
const MODULE: &str = "git.example.com/acme/lib";

/// A state directory with this journal and nothing else.
fn state(folder: &Path, journal: &str) -> StateDir {
    let state = StateDir::new(folder);
    state.prepare().unwrap();
    fs::write(state.journal(), journal).unwrap();
    state
}

fn with(journal: &str, json: &str) -> String {
    let last = journal.lines().last().map_or_else(|| "0".repeat(64), |line| line[..64].to_owned());
    let hash = Head { lines: 0, hash: last.parse().unwrap() };
    format!("{journal}{} {json}\n", hash.after(json.as_bytes()).hash)
}

#[test]
fn a_journal_of_the_first_format_is_opened_and_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let state = state(folder.path(), FIRST);
    let check = |store: &Store| {
        let entries = store.entries(Some(MODULE)).unwrap();
        let told = |entry: &Entry| {
            let Entry { version, state, commit, h1, .. } = entry;
            (version.clone(), *state, commit.to_string()[..2].to_owned(), h1.is_some())
        };
        let expected = [
            ("v0.9.0", State::Accepted, "01", true),
            ("v1.0.0", State::Withdrawn, "03", true),
            ("v1.1.0", State::Accepted, "04", true),
            ("v1.1.1-0.20250302093500-060606060606", State::Accepted, "06", true),
        ];
        let expected = expected
            .map(|(version, state, commit, h1)| (version.to_owned(), state, commit.to_owned(), h1));
        assert_eq!(entries.iter().map(told).collect::<Vec<_>>(), expected);
        let withdrawn = &entries[1];
        assert_eq!((withdrawn.time, withdrawn.how), (1_740_907_800, How::Pushed));
        assert_eq!(withdrawn.pusher.as_deref(), Some("alice"));
        assert_eq!(withdrawn.reason.as_deref(), Some("leaks a key"));
        // Fields that did not exist.
        assert!(entries.iter().all(|e| e.skipped.is_none() && e.moved.is_none() && !e.may_move));
        assert!(!entries[2].was_served() && entries[3].was_served());
        let decided = store.decisions(MODULE, None).unwrap();
        assert_eq!((decided.len(), decided[0].verb), (1, Verb::Withdraw));
        let proposed = store.proposals(None).unwrap();
        assert_eq!(proposed.iter().map(|p| &*p.entry.version).collect::<Vec<_>>(), ["v1.3.0"]);
    };
    let store = Store::open(&state, 1).unwrap();
    check(&store);
    store.write(&[entry("v1.0.0", 9)]).unwrap();
    let text = fs::read_to_string(state.journal()).unwrap();
    assert!(text.starts_with(FIRST), "what was written stays as it is");
    drop(store);
    fs::remove_dir_all(state.index()).unwrap();
    let store = Store::open(&state, 1).unwrap();
    check(&store);
    // The upgrade: all of it is written anew, as this version writes.
    let sealing = Sealing { by: "root".to_owned(), time: 0, reason: "upgrade".to_owned() };
    let compacted = store.compact(sealing).unwrap();
    assert_eq!(fs::read_to_string(compacted.sealed).unwrap(), text);
    drop(store);
    fs::remove_dir_all(state.index()).unwrap();
    let store = Store::open(&state, 1).unwrap();
    check(&store);
    assert_eq!(store.entry("h.io/team/lib", "v1.0.0").unwrap(), Some(entry("v1.0.0", 9)));
}

/// The word for a kind. A new one needs a line in `every_kind`.
fn word(record: &Record) -> &'static str {
    match record {
        Record::Begun { .. } => "begun",
        Record::Carried { .. } => "carried",
        Record::Compacted { .. } => "compacted",
        Record::Decided(_) => "decided",
        Record::Drift(_) => "drift",
        Record::Entry(_) => "entry",
        Record::Forgotten { .. } => "forgotten",
        Record::Moved { .. } => "moved",
        Record::Operated(_) => "operated",
        Record::Proposed(_) => "proposed",
        Record::Recovered { .. } => "recovered",
        Record::Served { .. } => "served",
        Record::Settled { .. } => "settled",
    }
}

const KINDS: usize = 13;

/// A decision of each kind.
fn decisions() -> [Record; 5] {
    let verbs = [Verb::Allow, Verb::Disallow, Verb::Forget, Verb::Restore, Verb::Withdraw];
    verbs.map(|verb| {
        let (module, version) = ("h.io/team/lib".to_owned(), "v1.0.0".to_owned());
        let (by, reason) = ("alice".to_owned(), "why \u{e9} \"x\"".to_owned());
        Record::Decided(Decision { module, version, verb, by, time: 1_700_000_000, reason })
    })
}

/// A record of every kind, with every field and every word in it.
fn every_kind() -> Vec<Record> {
    let (module, version) = (|| "h.io/team/lib".to_owned(), || "v1.0.0".to_owned());
    let (by, reason) = (|| "alice".to_owned(), || "why \u{e9} \"x\"".to_owned());
    let (id, time) = (ObjectId::from_bytes([7; 20]), 1_700_000_000);
    let head = Head { lines: 7, hash: "ab".repeat(32).parse().unwrap() };
    let full = Entry {
        h1: Some("h1:a".to_owned()),
        gomod_h1: Some("h1:m".to_owned()),
        reason: Some(reason()),
        skipped: Some(Skip { rules: vec!["tag-moved".to_owned()], reason: reason() }),
        moved: Some(id),
        may_move: true,
        served: true,
        state: State::Withdrawn,
        how: How::Imported,
        ..entry("v1.0.0", 1)
    };
    let mut records = vec![
        Record::Begun { format: FORMAT },
        Record::Recovered { reason: reason(), aside: Some("journal.damaged.1".to_owned()), head },
        Record::Compacted {
            sealed: "journal.sealed.1".to_owned(),
            head,
            by: by(),
            time,
            reason: reason(),
        },
        Record::Carried { records: 7 },
        Record::Entry(full),
        Record::Entry(Entry { state: State::Broken, how: How::Adopted, ..entry("v1.1.0", 2) }),
        Record::Entry(Entry { tag: None, pusher: None, how: How::Served, ..entry("v1.2.0", 3) }),
        Record::Proposed(proposal("v1.3.0", 4)),
        Record::Settled { repository: "team/lib".to_owned(), tag: version(), target: id },
        Record::Forgotten { module: module(), version: version() },
        Record::Moved { module: module(), version: version(), to: id, time },
        Record::Served { module: module(), version: version() },
    ];
    records.extend(decisions());
    let seen = [Seen::Back, Seen::Gone, Seen::Moved, Seen::RepositoryGone];
    records.extend(seen.map(|seen| {
        Record::Drift(Drift {
            module: module(),
            version: version(),
            repository: "team/lib".to_owned(),
            tag: version(),
            seen,
            commit: id,
            h1: Some("h1:a".to_owned()),
            new_commit: (seen == Seen::Moved).then_some(id),
            new_h1: (seen == Seen::Moved).then(|| "h1:b".to_owned()),
            time,
        })
    }));
    let acts = [Act::Import { entries: 3 }, Act::RestoreBackup { head, replaced: Some(head) }];
    records.extend(
        acts.map(|act| Record::Operated(Operation { act, by: by(), time, reason: reason() })),
    );
    records
}

#[test]
fn a_record_of_every_kind_is_written_as_it_was_written_down() {
    let (mut head, mut written) = (Head::EMPTY, String::new());
    for record in every_kind() {
        let (line, next) = encode(&head, &[record]).unwrap();
        written.push_str(&String::from_utf8(line).unwrap());
        head = next;
    }
    for (now, then) in written.lines().zip(TODAY.lines()) {
        assert_eq!(
            now[65..],
            then[65..],
            "the format has changed; lines as written now:\n{written}"
        );
    }
    assert_eq!(written, TODAY, "a kind without a line; as written now:\n{written}");
    let kinds: BTreeSet<&str> = every_kind().iter().map(word).collect();
    assert_eq!(kinds.len(), KINDS, "a kind that nobody wrote down");
    let (mut head, mut read) = (Head::EMPTY, Vec::new());
    for line in TODAY.lines() {
        let (records, next) = decode(&head, line.as_bytes()).unwrap();
        read.extend(records);
        head = next;
    }
    assert_eq!(read, every_kind());
}

#[test]
fn what_a_newer_version_wrote_is_refused_in_words_and_left_alone() {
    let last = FIRST.lines().count();
    let strange = format!(r#"{{"n":{last},"records":[{{"kind":"teleported","to":"mars"}}]}}"#);
    let settled = r#"{"kind":"settled","repository":"acme/lib","tag":"v1.3.0","target":"0707070707070707070707070707070707070707"}"#;
    let more = format!(r#"{{"n":{},"records":[{settled}]}}"#, last + 1);
    let in_the_middle = with(&with(FIRST, &strange), &more);
    let newer = with("", r#"{"n":0,"records":[{"kind":"begun","format":2}]}"#);
    let newer = with(&newer, r#"{"n":1,"records":[{"kind":"beamed"}]}"#);
    for (journal, word) in [(&in_the_middle, "teleported"), (&newer, "format 2")] {
        // Without an index, and with one that knows an older beginning; closed in order or not.
        for (has_index, is_closed) in [(false, false), (true, false), (true, true)] {
            let folder = tempfile::tempdir().unwrap();
            let state = state(folder.path(), FIRST);
            if has_index {
                let store = Store::open(&state, 1).unwrap();
                if is_closed {
                    store.close().unwrap();
                }
            }
            fs::write(state.journal(), journal).unwrap();
            for _ in 0..2 {
                for opened in [Store::open(&state, 1), Store::open_even_unproven(&state, 1)] {
                    let error = opened.err().unwrap();
                    assert!(matches!(error, StoreError::Newer { .. }), "{word}: {error}");
                    let text = error.to_string();
                    assert!(
                        text.contains(word) && text.contains("run that version again"),
                        "{text}"
                    );
                }
            }
            assert_eq!(fs::read_to_string(state.journal()).unwrap(), **journal);
            let names = fs::read_dir(state.journal().parent().unwrap()).unwrap();
            let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
            assert!(names.iter().all(|n| !n.to_string_lossy().contains("damaged")), "{names:?}");
            // Back to the version that understands it, as far as this one can: nothing is lost.
            fs::write(state.journal(), FIRST).unwrap();
            let store = Store::open(&state, 1).unwrap();
            assert_eq!(store.entries(None).unwrap().len(), 4);
        }
    }
    // The same for an import.
    let mut collected = Collected::default();
    assert!(collected.take(Record::Begun { format: FORMAT + 1 }).is_err());
    assert!(collected.take(Record::Begun { format: 1 }).is_ok());
}
