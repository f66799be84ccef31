//! Fuzzing of every parser that sees foreign bytes.
//!
//! What must hold for any input stands in `common/tests/properties`, which the stable tests call too. A fuzz target only
//! hands its input over.

#[path = "../../../common/tests/properties/mod.rs"]
mod properties;

/// Panics where `input` breaks a promise of the target of this name.
pub fn check(target: &str, input: &[u8]) {
    let found = properties::TARGETS.iter().find(|(name, _)| *name == target);
    let (_, check) = found.expect("the target is in the list");
    check(input);
}
