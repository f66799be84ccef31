//! Measures what the hooks of modgate cost on a push, on top of a bare `git push`.
//!
//! ```text
//! tests/bench/gate.sh [CASE...]
//! ```
//!
//! Each push is made to three bare repositories, in turns: one with hooks, and two without, whose difference is the noise. The
//! medians are printed. Cases: `branch`, `small` (a release of a small module), `alone` (the same without a daemon), `ssh` (the
//! same over ssh, between different users), `large` (1,000 files, 10 MB), `tags` (10,000 tags of 20 files, one changed for each
//! tag), `memory` (the peak of the hooks in all of these, and with a file of 200 MB).

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

mod peak;
mod pushes;

use pushes::{Bench, Content};

/// Pushes of each kind.
const SMALL_ROUNDS: usize = 40;
const LARGE_ROUNDS: usize = 9;
const TAGS_ROUNDS: usize = 3;

const CASES: [&str; 7] = ["branch", "small", "alone", "ssh", "large", "tags", "memory"];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, file, program @ ..] = &words[..]
        && flag == peak::FLAG
    {
        return peak::run(file, program);
    }
    if let Some(unknown) = words.iter().find(|word| !CASES.contains(&word.as_str())) {
        say(&format!("no case {unknown:?}; there are {}", CASES.join(", ")));
        return ExitCode::from(2);
    }
    for case in CASES.into_iter().filter(|case| words.is_empty() || words.iter().any(|w| w == case))
    {
        match case {
            "branch" => times(case, &Bench::new(), SMALL_ROUNDS, Content::Branch),
            "small" => times(case, &Bench::new(), SMALL_ROUNDS, Content::Small),
            "alone" => times(case, &Bench::without_daemon(), SMALL_ROUNDS, Content::Small),
            "ssh" => pushes::over_ssh(|bench| times(case, bench, SMALL_ROUNDS, Content::Small)),
            "large" => times(case, &Bench::new(), LARGE_ROUNDS, Content::Large),
            "tags" => times(case, &Bench::new(), TAGS_ROUNDS, Content::Tags),
            _ => memory(),
        }
    }
    ExitCode::SUCCESS
}

/// Times pushes of this content with and without hooks.
fn times(case: &str, bench: &Bench, rounds: usize, content: Content) {
    let mut all: [Vec<Duration>; 3] = Default::default();
    for round in 0..rounds {
        let push = bench.prepare(round, content);
        // Whoever comes first finds the caches cold: each takes its turn.
        for at in 0..3 {
            let remote = (round + at) % 3;
            all[remote].push(push.run(remote));
        }
    }
    let [gated, plain, other] = all.map(median);
    let own = gated - (plain + other) / 2.0;
    say(&format!(
        "{case:<8} without hooks {plain:8.1} ms, again without {other:8.1} ms, with modgate {gated:8.1} ms: its own {own:8.1} ms"
    ));
}

/// The largest memory that the hooks had in pushes of every content.
fn memory() {
    for (name, content) in [
        ("small", Content::Small),
        ("large", Content::Large),
        ("tags", Content::Tags),
        ("200 MB", Content::Blob),
    ] {
        let bench = Bench::new();
        let push = bench.prepare(0, content);
        bench.watch_peak();
        push.run(0);
        let [before, after] = bench.peaks();
        say(&format!(
            "memory   {name:<8} pre-receive {before:6.1} MB, post-receive {after:6.1} MB"
        ));
    }
}

/// The middle one, in milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

fn say(text: &str) {
    // Nobody reads it any more: then nobody needs it.
    let _ = writeln!(std::io::stdout(), "{text}");
}
