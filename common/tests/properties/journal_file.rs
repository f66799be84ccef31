//! Whole journal files (`io::journal`), and the mark that an index claims to know.

use std::fs;
use std::path::Path;

use modgate_common::io::journal::{Ending, Journal, JournalError, Mark, verify};
use modgate_common::ledger::journal::Head;

/// The input is a file; or a mark in JSON, a NUL and a file. Of lines that begin with `=`, that sign becomes the right hash,
/// so that they pass.
pub(crate) fn check(input: &[u8]) {
    let nul = input.iter().position(|byte| *byte == 0);
    let (mark, file) = nul.map_or((&b""[..], input), |at| (&input[..at], &input[at + 1..]));
    let mark: Mark = serde_json::from_slice(mark).unwrap_or(Mark::START);
    let content = with_hashes(file);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("journal");
    fs::write(&path, &content).expect("the folder can be written");
    let verified = verify(&path);
    let mut seen = 0;
    let opened = Journal::open(&path, mark, Ending::Torn, |_, _| seen += 1);
    match opened {
        Ok(journal) => check_open(&path, journal, &content),
        Err(error) => {
            assert!(mark != Mark::START || verified.is_err(), "{error}");
            assert!(!matches!(error, JournalError::Io { .. }), "{error}");
            super::assert_tells(&error);
            assert_eq!(
                fs::read(&path).ok().as_ref(),
                Some(&content),
                "a damaged journal was written to"
            );
        }
    }
}

/// An opened journal holds what was whole, and nothing is lost.
fn check_open(path: &Path, journal: Journal, content: &[u8]) {
    let kept = fs::read(path).expect("the journal can be read");
    let torn = journal
        .torn()
        .map(|torn| fs::read(torn).expect("what was torn off is kept"))
        .unwrap_or_default();
    let whole = &content[..content.len() - torn.len()];
    assert_eq!(&content[whole.len()..], torn);
    assert!(kept.starts_with(whole));
    assert_eq!(journal.mark().end, kept.len() as u64);
    let mark = journal.mark();
    drop(journal);
    let again = Journal::open(path, mark, Ending::Torn, |_, _| panic!("nothing is new"))
        .expect("it was open before");
    assert!(again.torn().is_none());
}

/// The lines with right hashes where they ask for them.
fn with_hashes(file: &[u8]) -> Vec<u8> {
    let mut head = Head::EMPTY;
    let mut content = Vec::with_capacity(file.len());
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"=") {
            Some(json) => {
                let hash = super::journal::hash(&head, json.strip_suffix(b"\n").unwrap_or(json));
                head = Head { lines: head.lines + 1, hash: hash.parse().expect("it is a hash") };
                content.extend_from_slice(hash.as_bytes());
                content.push(b' ');
                content.extend_from_slice(json);
            }
            None => content.extend_from_slice(line),
        }
    }
    content
}
