//! Cases of `exchange`.

use super::*;
use crate::ledger::decision::Verb;
use crate::ledger::{How, State};
use crate::objects::ObjectId;

const H1: &str = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn entry(version: &str) -> Entry {
    let commit = ObjectId::from_bytes([7; 20]);
    Entry {
        h1: Some(H1.to_owned()),
        time: 1_700_000_000,
        how: How::Pushed,
        ..Entry::new("h.io/lib", version, "lib", Some(version), (commit, commit))
    }
}

#[track_caller]
fn clashes(recorded: &Entry, owner: Option<&str>, imported: &Entry, what: &str) {
    match fate(Some(recorded), owner, imported) {
        Fate::Clashes(clash) => assert_eq!(clash.what, what, "{clash:?}"),
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn what_is_recorded_stays_and_what_is_not_is_written() {
    let plain = entry("v1.0.0");
    assert_eq!(fate(None, None, &plain), Fate::New);
    assert_eq!(fate(None, Some("lib"), &plain), Fate::New);
    assert_eq!(fate(Some(&plain), Some("lib"), &plain), Fate::Same);
    let unhashed = Entry { h1: None, ..plain.clone() };
    assert_eq!(fate(Some(&unhashed), None, &plain), Fate::Completes(plain.clone()));
    assert_eq!(fate(Some(&plain), None, &unhashed), Fate::Same);
    let broken = Entry { state: State::Broken, ..plain.clone() };
    assert_eq!(fate(Some(&broken), None, &plain), Fate::New, "a broken entry is no promise");

    let commit = ObjectId::from_bytes([8; 20]);
    clashes(&plain, None, &Entry { commit, ..plain.clone() }, "commit");
    let other = Some("h1:yJwNngL0tCKlmRg8yireic46hRGohEbhwD/WSE0Ax3I=".to_owned());
    clashes(&plain, None, &Entry { h1: other, ..plain.clone() }, "h1");
    let withdrawn = Entry { state: State::Withdrawn, ..plain.clone() };
    clashes(&plain, None, &withdrawn, "state");
    clashes(&withdrawn, None, &plain, "state");
    clashes(&broken, Some("other"), &plain, "owner");
}

#[test]
fn a_journal_comes_to_its_last_word_on_each_version() {
    let mut collected = Collected::default();
    let decision = Decision {
        module: "h.io/lib".to_owned(),
        version: "v1.1.0".to_owned(),
        verb: Verb::Withdraw,
        by: "alice".to_owned(),
        time: 0,
        reason: "x".to_owned(),
    };
    let withdrawn = Entry { state: State::Withdrawn, ..entry("v1.1.0") };
    let broken = Entry { state: State::Broken, ..entry("v1.2.0") };
    let forgotten =
        Record::Forgotten { module: "h.io/lib".to_owned(), version: "v1.3.0".to_owned() };
    for record in [
        Record::Begun { format: FORMAT },
        Record::Entry(entry("v1.1.0")),
        Record::Entry(entry("v1.3.0")),
        Record::Decided(decision.clone()),
        Record::Entry(withdrawn.clone()),
        Record::Entry(broken),
        forgotten,
    ] {
        collected.take(record).unwrap();
    }
    let (carried, left_out) = collected.finish();
    assert_eq!(carried, [Carried { entry: withdrawn, decisions: vec![decision] }]);
    assert_eq!(left_out, 1);
}

#[test]
fn lines_that_no_export_has_are_refused() {
    #[track_caller]
    fn check(line: &str, expected: &str) {
        let mut collected = Collected::default();
        let good = serde_json::to_vec(&Record::Entry(entry("v1.0.0"))).unwrap();
        collected.take_line(&good).unwrap();
        let error = collected.take_line(line.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let changed = |change: &dyn Fn(&mut Entry)| {
        let mut entry = entry("v1.1.0");
        change(&mut entry);
        serde_json::to_string(&Record::Entry(entry)).unwrap()
    };
    check("x", "no record");
    check(r#"{"kind":"begun","format":9}"#, "newer modgate");
    check(&changed(&|e| e.version = "v1.0.0".to_owned()), "twice");
    check(&changed(&|e| e.version = "v1.0".to_owned()), "version \"v1.0\" is none");
    check(&changed(&|e| e.module = "h.io/a\0b".to_owned()), "module path");
    check(&changed(&|e| e.repository = "a\0b".to_owned()), "repository");
    check(&changed(&|e| e.tag = Some(String::new())), "tag");
    check(&changed(&|e| e.h1 = Some("h1:x".to_owned())), "h1");
    check(&changed(&|e| e.gomod_h1 = Some(H1[3..].to_owned())), "gomod_h1");
}
