//! Very many generated repositories: in parts that resume where the last one stopped, and add up.
//!
//! Each worker takes some seeds at a time and compares their repositories on a host of their own. What is done is written down at
//! once, so the run can be stopped at any time. A repository that differs is made small and kept as a case file.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::batch::{self, Task};
use super::cases;
use super::history;
use super::judge::{Difference, Report};
use super::plan::{Plan, Question};
use super::questions::SHARE;
use super::shrink::shrink;
use super::tally::{self, Tally};

/// Repositories on one host.
const TOGETHER: usize = 10;

/// Every so many repositories, one is compared with the default policy, too.
const RELEASED: u64 = 5;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Job {
    /// The seeds.
    pub seeds: Range<u64>,
    /// Where the sums are kept.
    pub state: PathBuf,
    /// Workers.
    pub workers: usize,
    /// Where case files are written.
    pub cases: PathBuf,
    /// How long a repository that differs is made smaller.
    pub shrink: Duration,
}

/// The task of a seed.
pub fn task(seed: u64) -> Task {
    Task {
        plan: history::plan(seed),
        seed,
        measure: SHARE,
        cold: 2,
        released: seed.is_multiple_of(RELEASED),
    }
}

/// Does what of the job is not done; `say` gets a line for each difference and each part.
///
/// # Errors
/// When the file of the sums cannot be read or written.
pub fn run(job: &Job, say: &(dyn Fn(&str) + Sync)) -> io::Result<Tally> {
    let done = Tally::read(&job.state)?.seeds;
    let left: Vec<u64> = job.seeds.clone().filter(|seed| !done.contains(seed)).collect();
    let queue: Mutex<VecDeque<Vec<u64>>> =
        Mutex::new(left.chunks(TOGETHER).map(<[u64]>::to_vec).collect());
    let name = job.state.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let scratch = batch::scratch().join(format!("modgate-generated-{name}"));
    // What an interrupted part left.
    let _none = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch)?;
    let written = Mutex::new(());
    let work = || -> io::Result<()> {
        loop {
            let next = queue.lock().expect("nobody panics with the lock").pop_front();
            let Some(seeds) = next else { return Ok(()) };
            let reports = compare(&seeds, &scratch);
            let _guard = written.lock().expect("nobody panics with the lock");
            for (seed, report) in seeds.iter().zip(&reports) {
                tally::append(&job.state, *seed, report)?;
                tell(job, *seed, report, &scratch, say);
            }
            say(&Tally::read(&job.state)?.to_string());
        }
    };
    let ended = thread::scope(|scope| {
        let workers: Vec<_> = (0..job.workers.max(1)).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("a worker catches what panics"))
    });
    let _gone = fs::remove_dir_all(&scratch);
    ended?;
    Tally::read(&job.state)
}

/// Compares repositories together; where that cannot be done, one by one, so that one alone is to blame.
fn compare(seeds: &[u64], scratch: &Path) -> Vec<Report> {
    let run = |seeds: &[u64]| {
        catch_unwind(AssertUnwindSafe(|| {
            let tasks: Vec<Task> = seeds.iter().map(|seed| task(*seed)).collect();
            batch::run(&tasks, scratch)
        }))
    };
    run(seeds).unwrap_or_else(|_| {
        let alone = seeds
            .iter()
            .map(|seed| run(&[*seed]).map_or_else(|_| not_compared(), |mut one| one.remove(0)));
        alone.collect()
    })
}

fn not_compared() -> Report {
    let mut report = Report::default();
    let question = Question { module: String::new(), query: String::new() };
    report.differ(&question, "panic", String::new(), "see above".to_owned());
    report
}

/// Says what differs, and keeps the first difference of each fact as a case.
fn tell(job: &Job, seed: u64, report: &Report, scratch: &Path, say: &(dyn Fn(&str) + Sync)) {
    let mut facts: Vec<&str> = Vec::new();
    for difference in &report.differences {
        say(&format!("seed {seed}: {}", describe(difference)));
        if facts.contains(&difference.fact.as_str())
            || difference.fact == "panic"
            || job.shrink.is_zero()
        {
            continue;
        }
        facts.push(&difference.fact);
        let reason = format!("Seed {seed}: {}", describe(difference));
        let case = smaller(&history::plan(seed), difference, job.shrink, scratch);
        let name = format!(
            "seed-{seed}-{}",
            difference.fact.trim_start_matches('.').replace(' ', "-").to_lowercase()
        );
        match case.map(|case| cases::write(&job.cases, &name, &reason, &case)) {
            Some(Ok(path)) => say(&format!("seed {seed}: see {}", path.display())),
            Some(Err(error)) => say(&format!("seed {seed}: no case file: {error}")),
            None => say(&format!("seed {seed}: alone, the question shows no difference")),
        }
    }
}

/// A difference in one line.
pub fn describe(difference: &Difference) -> String {
    let Difference { question: Question { module, query }, fact, direct, modgate } = difference;
    format!("{module:?} @ {query:?}: {fact}: direct {direct:?}, modgate {modgate:?}")
}

/// The smallest plan for which one question shows the same kind of difference; none when the whole plan does not.
pub fn smaller(
    plan: &Plan,
    difference: &Difference,
    limit: Duration,
    scratch: &Path,
) -> Option<Plan> {
    let plan = Plan { asks: vec![difference.question.clone()], ..plan.clone() };
    let released = difference.fact.starts_with("released") || difference.fact.starts_with("broken");
    let differs = |plan: &Plan| {
        let task = Task { plan: plan.clone(), seed: 1, measure: SHARE, cold: 0, released };
        let reports = catch_unwind(AssertUnwindSafe(|| batch::run(&[task], scratch)));
        reports.is_ok_and(|reports| {
            reports[0].differences.iter().any(|found| found.fact == difference.fact)
        })
    };
    differs(&plan).then(|| shrink(&plan, limit, differs))
}
