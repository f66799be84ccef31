//! See `version` in `common/tests/properties`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| modgate_fuzz::check("version", input));
