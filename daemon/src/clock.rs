//! The only place that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use modgate_common::timestamp::LATEST;

/// Seconds since 1970-01-01T00:00:00Z. A clock that is wrong stays within what can be written down.
pub(crate) fn now() -> i64 {
    seconds().min(LATEST)
}

/// Whether the clock says what cannot be written down.
pub(crate) fn is_beyond() -> bool {
    seconds() > LATEST
}

fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
