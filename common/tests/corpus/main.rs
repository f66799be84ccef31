//! The corpus of every fuzz target, and mutations of it, with a stable compiler and in every run.
//!
//! `tests/fuzz` explores; this keeps what was found. Each input has a deadline, and four times an input may not take much
//! more than four times its time. Seeds are fixed: a failure names target, file and mutation, and comes again.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{env, fs, panic, thread};

mod mutate;
#[path = "../properties/mod.rs"]
mod properties;

use mutate::Mutator;
use properties::{Check, TARGETS};

/// For one input; the machine may be busy with other things.
const DEADLINE: Duration = Duration::from_secs(60);

/// Inputs that are made long are at least this long, and compared with those of a quarter.
const LONG: usize = 64 << 10;

/// What takes less is no hang, however it grows.
const QUICK: Duration = Duration::from_secs(1);

/// How often a long input may look slow, in a row, because the machine does other things.
const TRIES: usize = 4;

/// How long all mutations together may take, so that a slow machine does fewer of them.
const BUDGET: Duration = Duration::from_secs(6);

/// Whether `tests/run.sh --long` runs.
fn is_long_run() -> bool {
    env::var_os("MODGATE_LONG").is_some_and(|value| !value.is_empty())
}

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(target)
}

/// The files of a target's corpus, in the order of their names.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = corpus(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.expect("the corpus can be listed");
        let content = fs::read(entry.path()).expect("the corpus can be read");
        (entry.file_name().to_string_lossy().into_owned(), content)
    };
    let mut seeds: Vec<_> = entries.map(file).collect();
    seeds.sort();
    assert!(seeds.len() >= 5, "{folder:?} is no corpus");
    seeds
}

/// Runs `check` on inputs, each within the deadline.
struct Runner {
    send: mpsc::Sender<Vec<u8>>,
    done: mpsc::Receiver<thread::Result<()>>,
}

impl Runner {
    fn new(check: Check) -> Self {
        let (send, inputs) = mpsc::channel::<Vec<u8>>();
        let (answer, done) = mpsc::channel();
        thread::spawn(move || {
            for input in inputs {
                // Nobody listens any more after a failure.
                let _ = answer.send(panic::catch_unwind(|| check(&input)));
            }
        });
        Self { send, done }
    }

    /// Runs the check and answers with the time it took.
    #[track_caller]
    fn run(&self, what: impl Debug, input: Vec<u8>) -> Duration {
        let start = Instant::now();
        let shown = input[..input.len().min(2000)].escape_ascii().to_string();
        self.send.send(input).expect("the thread waits for inputs");
        match self.done.recv_timeout(DEADLINE) {
            Ok(Ok(())) => start.elapsed(),
            Ok(Err(_)) => panic!("{what:?} breaks a promise (see above); the input begins {shown}"),
            Err(RecvTimeoutError::Timeout) => {
                panic!("{what:?} takes more than {DEADLINE:?}; the input begins {shown}")
            }
            Err(RecvTimeoutError::Disconnected) => panic!("{what:?} ended the thread"),
        }
    }
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    let entries = fs::read_dir(corpus("")).expect("there is a corpus");
    let mut folders: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    folders.sort();
    assert_eq!(folders, TARGETS.map(|(name, _)| name));
    let manifest =
        fs::read_to_string(corpus("").join("../Cargo.toml")).expect("there is a manifest");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is no fuzz target");
    }
}

#[test]
fn every_file_of_the_corpus_keeps_every_promise() {
    for (target, check) in TARGETS {
        let runner = Runner::new(check);
        for (name, content) in seeds(target) {
            runner.run((target, &name), content);
        }
    }
}

#[test]
fn long_inputs_take_no_longer_than_their_length_allows() {
    for (target, check) in TARGETS {
        let runner = Runner::new(check);
        for (at, (name, content)) in seeds(target).into_iter().enumerate() {
            let mut ways = mutate::lengthened(&content, LONG);
            if !is_long_run() && !ways.is_empty() {
                // One for each file, another one for the next.
                ways = vec![ways.swap_remove(at % ways.len())];
            }
            for (how, quarter, long) in ways {
                let takes_too_long = || {
                    let all = runner.run((target, &name, how), long.clone());
                    all > QUICK && all > runner.run((target, &name, how), quarter.clone()) * 9
                };
                let is_slow = (0..TRIES).all(|_| takes_too_long());
                assert!(!is_slow, "{target}/{name}: time grows faster than {how} is repeated");
            }
        }
    }
}

#[test]
fn mutations_of_the_corpus_keep_every_promise() {
    let (rounds, budget) =
        if is_long_run() { (20_000, Duration::from_secs(24 * 3600)) } else { (300, BUDGET) };
    let start = Instant::now();
    for (at, (target, check)) in TARGETS.into_iter().enumerate() {
        // Each has its share, and what others left of theirs.
        let end = budget / TARGETS.len() as u32 * (at as u32 + 1);
        let runner = Runner::new(check);
        let seeds = seeds(target);
        let mut mutator = Mutator::new(0x5eed + at as u64, &seeds);
        for round in 0..rounds {
            if start.elapsed() > end {
                break;
            }
            let (name, input) = mutator.next();
            runner.run((target, name, "round", round), input);
        }
    }
}
