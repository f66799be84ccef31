//! Messages on the daemon's socket (`control`): what is read can be written and read again.

use std::fmt::Debug;

use modgate_common::control::{Done, Problem, Propose, Received, Refused, Status, Which};
use modgate_common::ledger::{Entry, Proposal, Question, Testimony, merge};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The input is the body of any message.
pub(crate) fn check(input: &[u8]) {
    round_trip::<Done>(input);
    round_trip::<Problem>(input);
    round_trip::<Question>(input);
    round_trip::<Received>(input);
    round_trip::<Refused>(input);
    round_trip::<Status>(input);
    round_trip::<Testimony>(input);
    round_trip::<Which>(input);
    round_trip::<Vec<Entry>>(input);
    if let Some(propose) = round_trip::<Propose>(input) {
        propose.proposals.windows(2).for_each(check_merge);
    }
}

fn round_trip<T: DeserializeOwned + Serialize + Debug>(input: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(input).ok()?;
    let written = serde_json::to_string(&read).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(serde_json::to_string(&again).ok(), Some(written));
    assert_eq!(format!("{read:?}"), format!("{again:?}"));
    Some(read)
}

/// Writing the same twice changes nothing the second time, and what is taken never changes.
fn check_merge(pair: &[Proposal]) {
    let (recorded, proposed) = (&pair[0].entry, &pair[1].entry);
    match merge(recorded, proposed) {
        Ok(merged) => {
            let now = merged.as_ref().unwrap_or(recorded);
            if recorded.occupies() {
                assert_eq!(
                    (now.commit, now.tree, now.state),
                    (recorded.commit, recorded.tree, recorded.state)
                );
            }
            assert_eq!(merge(now, proposed), Ok(None));
        }
        Err(error) => {
            assert!(recorded.occupies(), "only what is taken refuses");
            drop(error);
        }
    }
}
