//! Compares generated repositories with the go command, for as long as one likes.
//!
//! ```text
//! cargo build --release --workspace
//! target/release/compare-generated --from 1 --count 3000 --state FILE
//! ```
//!
//! It can be stopped at any time; the next run with the same file goes on where this one stopped. With `--jobs N` it works on so many
//! hosts at a time, `--cases FOLDER` is where small repositories that differ are kept, `--shrink SECONDS` how long each is made
//! smaller (0: not at all). Exit code 1 says that something differs.
//!
//! `--case FILE` compares the repository of one case file, `--print SEED` prints the case file of a seed.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use modgate_tests::generate::batch::{self, Task};
use modgate_tests::generate::job::{Job, describe, run};
use modgate_tests::generate::questions::EVERYTHING;
use modgate_tests::generate::{cases, history, text};

const USAGE: &str = "usage: compare-generated --state FILE [--from SEED] [--count N] [--jobs N] [--cases FOLDER] [--shrink SECONDS]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--case", file] => return compare(file),
        ["--print", seed] => return seed.parse().map_or_else(|_| ExitCode::from(2), show),
        _ => {}
    }
    let Some(job) = arguments(words.into_iter()) else {
        say(USAGE);
        return ExitCode::from(2);
    };
    let start = Instant::now();
    match run(&job, &say) {
        Ok(tally) => {
            say(&format!("this part took {} s", start.elapsed().as_secs()));
            ExitCode::from(u8::from(!tally.different.is_empty()))
        }
        Err(error) => {
            say(&format!("{}: {error}", job.state.display()));
            ExitCode::from(2)
        }
    }
}

fn compare(file: &str) -> ExitCode {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string());
    match text.and_then(|text| text::parse(&text)) {
        Ok(plan) => {
            let task = Task { plan, seed: 1, measure: EVERYTHING, cold: 2, released: true };
            let report = batch::run(&[task], &batch::scratch()).remove(0);
            report.differences.iter().for_each(|difference| say(&describe(difference)));
            say(&format!("{} comparisons, tolerated {:?}", report.comparisons, report.tolerated));
            ExitCode::from(u8::from(!report.differences.is_empty()))
        }
        Err(error) => {
            say(&format!("{file}: {error}"));
            ExitCode::from(2)
        }
    }
}

fn show(seed: u64) -> ExitCode {
    let printed = std::io::stdout().write_all(text::print(&history::plan(seed)).as_bytes());
    printed.map_or_else(|_| ExitCode::from(2), |()| ExitCode::SUCCESS)
}

fn arguments(mut words: impl Iterator<Item = String>) -> Option<Job> {
    let mut job = Job {
        seeds: 1..2,
        state: PathBuf::new(),
        workers: 2,
        cases: cases::folder(),
        shrink: Duration::from_secs(60),
    };
    let (mut from, mut count) = (1, 100);
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--cases" => job.cases = PathBuf::from(value),
            "--count" => count = value.parse().ok()?,
            "--from" => from = value.parse().ok()?,
            "--jobs" => job.workers = value.parse().ok()?,
            "--shrink" => job.shrink = Duration::from_secs(value.parse().ok()?),
            "--state" => job.state = PathBuf::from(value),
            _ => return None,
        }
    }
    job.seeds = from..from + count;
    (!job.state.as_os_str().is_empty()).then_some(job)
}

fn say(text: &str) {
    // Without a stderr there is nobody to tell.
    let _gone = writeln!(std::io::stderr(), "{text}");
}
