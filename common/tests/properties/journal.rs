//! Lines of the journal (`ledger::journal`).

use modgate_common::ledger::journal::{Head, LineError, decode, encode, split};
use sha2::{Digest as _, Sha256};

/// The input is a line as it stands, or the JSON of one with a right hash.
pub(crate) fn check(input: &[u8]) {
    let input = input.strip_suffix(b"\n").unwrap_or(input);
    check_line(input);
    let line = [hash(&Head::EMPTY, input).as_bytes(), b" ", input].concat();
    assert_ne!(decode(&Head::EMPTY, &line), Err(LineError::WrongHash));
    check_line(&line);
}

fn check_line(line: &[u8]) {
    let (records, head) = match decode(&Head::EMPTY, line) {
        Ok(read) => read,
        Err(error) => return super::assert_tells(&error),
    };
    assert_eq!(split(line).map(|(hash, _)| hash), Ok(head.hash));
    let (written, next) = encode(&Head::EMPTY, &records).expect("what was read can be written");
    let json = written.strip_suffix(b"\n").expect("a line ends");
    assert!(!json.contains(&b'\n'), "a line that is two");
    assert_eq!(decode(&Head::EMPTY, json), Ok((records, next)));
    // A line belongs to its place only.
    assert_eq!(decode(&head, json), Err(LineError::WrongHash));
    let mut changed = line.to_vec();
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    assert!(decode(&Head::EMPTY, &changed).is_err());
}

/// The hash that the line after `head` must have.
pub(crate) fn hash(head: &Head, json: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(head.hash.to_string());
    hasher.update(b"\n");
    hasher.update(json);
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
