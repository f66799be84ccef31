//! Go's semantic versions (rules V1 to V10).

use std::cmp::Ordering;

/// Whether `v` is a valid semantic version (V1, V2).
pub fn is_valid(_v: &str) -> bool {
    todo!()
}

/// Without build metadata, shorthands completed (V3); `None` when invalid.
pub fn canonical(_v: &str) -> Option<String> {
    todo!()
}

/// [`canonical`] with an exact `+incompatible` put back (V4).
pub fn canonical_version(_v: &str) -> Option<String> {
    todo!()
}

/// Order of V6: build metadata ignored, invalid below valid, two invalid ones equal.
pub fn compare(_a: &str, _b: &str) -> Ordering {
    todo!()
}

/// Sorts by V7.
pub fn sort<S: AsRef<str>>(_versions: &mut [S]) {
    todo!()
}

/// `vX` (V8), `""` when invalid.
pub fn major(_v: &str) -> &str {
    todo!()
}

/// `-pre` (V8), `""` when none or invalid.
pub fn prerelease(_v: &str) -> &str {
    todo!()
}

/// `+build` (V8), `""` when none or invalid.
pub fn build(_v: &str) -> &str {
    todo!()
}
