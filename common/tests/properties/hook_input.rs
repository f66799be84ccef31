//! What git writes to a hook (`rules::updates`).

use modgate_common::rules::updates::{InputError, parse};
use modgate_common::rules::{RefUpdate, holds_release};

/// The input is what a hook reads.
pub(crate) fn check(input: &[u8]) {
    let updates = match parse(input) {
        Ok(updates) => updates,
        Err(error) => {
            super::assert_tells(&error);
            return check_refusal(input, &error);
        }
    };
    assert!(updates.iter().all(|update| update.name.starts_with("refs/")));
    let written: String = updates.iter().map(line).collect();
    assert_eq!(parse(written.as_bytes()).as_ref(), Ok(&updates));
    assert!(!holds_release(&updates) || updates.iter().any(|update| update.tag().is_some()));
    let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    assert!(updates.len() <= lines.count());
}

/// The refusal is that of the first line that is refused alone.
fn check_refusal(input: &[u8], error: &InputError) {
    let mut lines = input.split(|byte| *byte == b'\n');
    assert_eq!(lines.find_map(|line| parse(line).err()).as_ref(), Some(error));
}

fn line(update: &RefUpdate) -> String {
    format!("{} {} {}\n", update.old, update.new, update.name)
}
