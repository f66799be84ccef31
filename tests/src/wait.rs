//! Waiting for a condition, with a deadline. The only place here that pauses.

use std::time::{Duration, Instant};

/// What an answer that should come soon may take on a loaded machine.
pub const SOON: Duration = Duration::from_secs(30);

const STEP: Duration = Duration::from_millis(2);

/// Asks until there is an answer; `None` when the deadline passed first.
pub fn within<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(STEP);
    }
}

/// Waits until the condition holds and fails with `what` when it does not in time.
#[track_caller]
pub fn until(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let held = within(limit, || condition().then_some(()));
    assert!(held.is_some(), "not within {limit:?}: {what}");
}
