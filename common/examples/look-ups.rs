//! Times look-ups of random versions in a ledger: `look-ups STATE`. No daemon may run with it.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use modgate_common::io::state_dir::StateDir;
use modgate_common::io::store::Store;
use modgate_tests::random::Random;

/// Look-ups that are timed.
const COUNT: usize = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let state = std::env::args_os().nth(1).ok_or("expected STATE")?;
    let begun = Instant::now();
    let store = Store::open(&StateDir::new(Path::new(&state)), 1)?;
    say(&format!("store opened in {:.0} ms", millis(begun.elapsed())));
    let begun = Instant::now();
    let counts = store.counts()?;
    say(&format!("counts in {:.2} ms: {counts:?}", millis(begun.elapsed())));
    let mut names: Vec<(String, String)> = Vec::new();
    let begun = Instant::now();
    for repository in store.repositories()? {
        let entries = store.entries_of(&repository)?;
        names.extend(entries.into_iter().map(|entry| (entry.module, entry.version)));
    }
    say(&format!("{} entries read in {:.0} ms", names.len(), millis(begun.elapsed())));
    let mut random = Random::new(7);
    let mut times = Vec::new();
    for _ in 0..COUNT {
        let (module, version) = &names[random.below(names.len() as u64) as usize];
        let begun = Instant::now();
        store.entry(module, version)?.ok_or("an entry is gone")?;
        times.push(begun.elapsed());
    }
    times.sort();
    let (median, last) = (millis(times[COUNT / 2]), millis(times[COUNT * 99 / 100]));
    say(&format!("{COUNT} look-ups: median {median:.4} ms, p99 {last:.4} ms"));
    store.close()?;
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn say(text: &str) {
    // Nobody reads it any more: then nobody needs it.
    let _ = writeln!(std::io::stdout(), "{text}");
}
