//! Times in UTC, as pseudo-versions and `.info` write them (P5, P9, O1).

/// `yyyymmddhhmmss`; years from 10000 on make it longer than 14 digits (P9).
pub fn digits(_seconds: i64) -> String {
    todo!()
}

/// Parses exactly 14 digits of a real date (P5).
pub fn from_digits(_digits: &str) -> Option<i64> {
    todo!()
}

/// RFC 3339 with seconds, `2023-11-14T22:16:40Z`; `None` where the year needs more than four digits.
pub fn rfc3339(_seconds: i64) -> Option<String> {
    todo!()
}
