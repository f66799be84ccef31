//! Cases of `ledger`.

use super::journal::{Head, LineError, Record, decode, encode};
use super::*;

fn entry(version: &str, state: State) -> Entry {
    Entry {
        state,
        gomod_h1: Some("h1:m".to_owned()),
        time: 1_700_000_000,
        how: How::Pushed,
        ..Entry::new(
            "h.io/team/lib",
            version,
            "team/lib",
            Some(version),
            (ObjectId::from_bytes([1; 20]), ObjectId::from_bytes([2; 20])),
        )
    }
}

#[test]
fn an_accepted_version_never_changes() {
    for state in [State::Accepted, State::Withdrawn] {
        let recorded = entry("v1.0.0", state);
        let moved = Entry { commit: ObjectId::from_bytes([9; 20]), ..recorded.clone() };
        assert!(matches!(merge(&recorded, &moved), Err(Conflict::OtherCommit { .. })));
        let other_mod = Entry { gomod_h1: Some("h1:x".to_owned()), ..recorded.clone() };
        assert!(matches!(merge(&recorded, &other_mod), Err(Conflict::OtherContent { .. })));
        let other_owner = Entry { repository: "team/x".to_owned(), ..recorded.clone() };
        assert!(matches!(merge(&recorded, &other_owner), Err(Conflict::OtherContent { .. })));
        let broken = Entry { state: State::Broken, ..recorded.clone() };
        assert_eq!(merge(&recorded, &broken), Ok(None), "a later judgement takes nothing back");
    }
}

#[test]
fn an_unknown_hash_is_filled_in_once() {
    let recorded = entry("v1.0.0", State::Accepted);
    let hashed = Entry { h1: Some("h1:z".to_owned()), time: 5, ..recorded.clone() };
    let filled = merge(&recorded, &hashed).unwrap().unwrap();
    assert_eq!(filled, Entry { h1: Some("h1:z".to_owned()), ..recorded });
    let other = Entry { h1: Some("h1:y".to_owned()), ..filled.clone() };
    assert!(merge(&filled, &other).is_err());
    assert_eq!(merge(&filled, &filled), Ok(None));
}

#[test]
fn a_broken_entry_may_become_anything() {
    let recorded = entry("v1.0.0", State::Broken);
    let accepted =
        Entry { commit: ObjectId::from_bytes([9; 20]), state: State::Accepted, ..recorded.clone() };
    assert_eq!(merge(&recorded, &accepted), Ok(Some(accepted)));
}

#[test]
fn an_entry_is_written_with_the_fields_that_others_script_against() {
    let json = serde_json::to_string(&entry("v1.0.0", State::Accepted)).unwrap();
    let ones = "01".repeat(20);
    let twos = "02".repeat(20);
    assert_eq!(
        json,
        format!(
            r#"{{"module":"h.io/team/lib","version":"v1.0.0","state":"accepted","repository":"team/lib","tag":"v1.0.0","commit":"{ones}","tree":"{twos}","h1":null,"gomod_h1":"h1:m","time":"2023-11-14T22:13:20Z","pusher":null,"how":"pushed","reason":null}}"#
        )
    );
}

#[test]
fn what_was_skipped_is_written_where_there_is_something() {
    let skip = Skip { rules: vec!["tag-moved".to_owned()], reason: "why".to_owned() };
    let skipped = Entry { skipped: Some(skip), ..entry("v1.0.0", State::Broken) };
    let json = serde_json::to_string(&skipped).unwrap();
    let end = r#","reason":null,"skipped":{"rules":["tag-moved"],"reason":"why"}}"#;
    assert!(json.ends_with(end), "{json}");
    assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), skipped);
    // Journals from before there were skips.
    let plain = entry("v1.0.0", State::Accepted);
    let json = serde_json::to_string(&plain).unwrap();
    assert!(!json.contains("skipped"), "{json}");
    assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), plain);
}

#[test]
fn journal_lines_are_read_back_and_chained() {
    let records = |version: &str| vec![Record::Entry(entry(version, State::Accepted))];
    let (first, head) = encode(&Head::EMPTY, &records("v1.0.0")).unwrap();
    let (second, last) = encode(&head, &records("v1.1.0")).unwrap();
    let line = |bytes: &[u8]| bytes.strip_suffix(b"\n").unwrap().to_vec();
    assert_eq!(decode(&Head::EMPTY, &line(&first)), Ok((records("v1.0.0"), head)));
    assert_eq!(decode(&head, &line(&second)), Ok((records("v1.1.0"), last)));
    // Without the first line the second one does not fit.
    assert_eq!(decode(&Head::EMPTY, &line(&second)), Err(LineError::WrongHash));
    let mut changed = line(&second);
    let at = changed.len() - 3;
    changed[at] ^= 1;
    assert_eq!(decode(&head, &changed), Err(LineError::WrongHash));
    assert_eq!(decode(&head, b"x"), Err(LineError::NoHash));
}

#[test]
fn a_journal_of_another_format_is_not_guessed_at() {
    let (line, _) = encode(&Head::EMPTY, &[Record::Begun { format: 9 }]).unwrap();
    let line = line.strip_suffix(b"\n").unwrap();
    assert_eq!(decode(&Head::EMPTY, line), Err(LineError::Unknown("format 9".to_owned())));
}

#[test]
fn what_a_line_says_cannot_write_to_a_terminal() {
    let json = br#"{"n":0,"records":[{"kind":"\u001b[31m"}]}"#;
    let line = [Head::EMPTY.after(json).hash.to_string().as_bytes(), b" ", json].concat();
    let error = decode(&Head::EMPTY, &line).unwrap_err().to_string();
    assert!(error.contains(r"unknown variant `\u{1b}[31m`"), "{error}");
    assert!(!error.contains('\u{1b}'), "{error:?}");
}
