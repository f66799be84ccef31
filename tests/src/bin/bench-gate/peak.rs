//! Stands between git and a hook, and writes down the hook's peak of memory.

use std::fs;
use std::process::{Command, ExitCode};

use nix::sys::resource::{UsageWho, getrusage};

/// `bench-gate --peak FILE PROGRAM ARGUMENTS...`
pub(crate) const FLAG: &str = "--peak";

/// Runs the program with our streams, and writes the kilobytes that it had at most to the file.
pub(crate) fn run(file: &str, program: &[String]) -> ExitCode {
    let [program, arguments @ ..] = program else { return ExitCode::from(2) };
    let code = Command::new(program).args(arguments).status().ok().and_then(|done| done.code());
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).map(|usage| usage.max_rss());
    let written = peak.is_ok_and(|peak| fs::write(file, peak.to_string()).is_ok());
    match code.and_then(|code| u8::try_from(code).ok()) {
        Some(code) if written => ExitCode::from(code),
        _ => ExitCode::from(2),
    }
}
