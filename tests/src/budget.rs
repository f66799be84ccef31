//! How much a test may do: a few minutes for all of them together, or as much as it takes.
//!
//! `tests/run.sh --long` sets `MODGATE_LONG`. A generated case has the same seed in both: the long run only goes further.

/// Whether this is the long run.
pub fn is_long() -> bool {
    std::env::var_os("MODGATE_LONG").is_some_and(|value| !value.is_empty())
}

/// `short` in every run, `long` in the long one.
pub fn choose<T>(short: T, long: T) -> T {
    if is_long() { long } else { short }
}
