//! Measures the daemon with a million versions: its start, its look-ups, its memory, and what is on disk.
//!
//! ```text
//! tests/bench/ledger.sh FOLDER [REPOSITORIES TAGS]
//! ```
//!
//! Makes so many bare repositories with so many tags each in `FOLDER`, 1,000 and 1,000 unless said otherwise, lets the daemon
//! take them in and hash them, and measures; what is in `FOLDER` already is used as it is. Repositories have four commits each,
//! which the tags share.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use modgate_tests::random::Random;

mod program;
mod repositories;

use program::Program;
use repositories::Plan;

/// How often each start is measured.
const STARTS: usize = 5;

/// Look-ups of one kind.
const LOOKUPS: usize = 10_000;

/// What adoption and hashing may take.
const PATIENCE: Duration = Duration::from_secs(3600);

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (folder, [repositories, tags]) = match &words[..] {
        [folder] => (folder, [1000, 1000]),
        [folder, repositories, tags] => {
            let number = |word: &String| word.parse().map_err(io::Error::other);
            (folder, [number(repositories)?, number(tags)?])
        }
        _ => return Err(io::Error::other("expected FOLDER [REPOSITORIES TAGS]")),
    };
    let plan = Plan { folder: PathBuf::from(folder), repositories, tags };
    let bench = Bench { state: plan.folder.join("state"), plan };
    if !bench.state.exists() {
        bench.make()?;
    }
    bench.measure()
}

struct Bench {
    plan: Plan,
    state: PathBuf,
}

impl Bench {
    fn start(&self) -> io::Result<Program> {
        Program::start(&self.plan.root(), &self.state)
    }

    /// Makes repositories and the ledger of them.
    fn make(&self) -> io::Result<()> {
        let begun = Instant::now();
        self.plan.make()?;
        say(&format!("repositories made in {:.0} s", begun.elapsed().as_secs_f64()));
        let begun = Instant::now();
        let mut daemon = self.start()?;
        daemon.ready(PATIENCE)?;
        say(&format!("taken in after {:.0} s", begun.elapsed().as_secs_f64()));
        daemon.rest(&self.state.join("ledger/journal"), PATIENCE)?;
        say(&format!(
            "all hashed after {:.0} s; {:.0} MB in memory",
            begun.elapsed().as_secs_f64(),
            daemon.memory()?
        ));
        daemon.stop()
    }

    fn measure(&self) -> io::Result<()> {
        let mut random = Random::new(7);
        // Whatever was made before may have been killed.
        self.start()?.stop()?;
        for name in ["journal", "index"] {
            let path = self.state.join("ledger").join(name);
            say(&format!("{name}: {:.0} MB", size(&path)? as f64 / 1e6));
        }
        self.starts("after a stop in order", &mut random, |daemon| daemon.stop())?;
        self.starts("after kill -9", &mut random, |daemon| daemon.kill())?;
        let (mut daemon, _) = self.first(&mut random)?;
        say(&format!("memory at the first answer: {:.0} MB", daemon.memory()?));
        let begun = Instant::now();
        self.look_up(&mut daemon, "while all is looked through", &mut random, 1000)?;
        daemon.ready(PATIENCE)?;
        let after = begun.elapsed().as_secs_f64();
        say(&format!("all looked through after {after:.1} s; {:.0} MB", daemon.memory()?));
        daemon.rest(&self.state.join("ledger/journal"), PATIENCE)?;
        let seed = random.below(u64::MAX - 1) + 1;
        let mut again = Random::new(seed);
        self.look_up(&mut daemon, "first of a version, which is synced", &mut again, LOOKUPS)?;
        say(&format!("memory after {LOOKUPS} look-ups: {:.0} MB", daemon.memory()?));
        self.look_up(&mut daemon, "answers that are kept", &mut Random::new(seed), LOOKUPS)?;
        daemon.stop()?;
        let mut daemon = self.start()?;
        daemon.ready(PATIENCE)?;
        let title = "served before, after another start";
        self.look_up(&mut daemon, title, &mut Random::new(seed), LOOKUPS)?;
        daemon.stop()?;
        fs::write(self.state.join("ledger/boot"), "another start of the machine\n")?;
        let (daemon, time) = self.first(&mut random)?;
        say(&format!("after a power cut, the index made again: {:.1} s", time.as_secs_f64()));
        say(&format!("memory then: {:.0} MB", daemon.memory()?));
        daemon.stop()?;
        say(&format!("index: {:.0} MB", size(&self.state.join("ledger/index"))? as f64 / 1e6));
        Ok(())
    }

    /// Starts it, and asks for a version until the answer is there.
    fn first(&self, random: &mut Random) -> io::Result<(Program, Duration)> {
        let begun = Instant::now();
        let mut daemon = self.start()?;
        self.plan.any(random).ask(&mut daemon)?;
        Ok((daemon, begun.elapsed()))
    }

    fn starts(
        &self,
        what: &str,
        random: &mut Random,
        end: impl Fn(Program) -> io::Result<()>,
    ) -> io::Result<()> {
        // The first one ends as the others will begin.
        end(self.start()?)?;
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let (daemon, time) = self.first(random)?;
            times.push(time);
            end(daemon)?;
        }
        say(&format!("start to the first answer, {what}: {}", summary(times)));
        Ok(())
    }

    /// Asks for random versions, one after the other.
    fn look_up(
        &self,
        daemon: &mut Program,
        what: &str,
        random: &mut Random,
        count: usize,
    ) -> io::Result<()> {
        let mut times = Vec::new();
        for _ in 0..count {
            let version = self.plan.any(random);
            let begun = Instant::now();
            version.ask(daemon)?;
            times.push(begun.elapsed());
        }
        say(&format!("{count} look-ups, {what}: {}", summary(times)));
        Ok(())
    }
}

fn summary(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64();
    format!("median {:.2} ms, p99 {:.2} ms", at(50) * 1e3, at(99) * 1e3)
}

/// Bytes in a file, or in all files of a folder.
fn size(path: &std::path::Path) -> io::Result<u64> {
    let data = fs::metadata(path)?;
    if data.is_file() {
        return Ok(data.len());
    }
    fs::read_dir(path)?.map(|entry| size(&entry?.path())).sum()
}

fn say(text: &str) {
    // Nobody reads it any more: then nobody needs it.
    let _ = writeln!(io::stdout(), "{text}");
}
