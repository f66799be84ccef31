//! Several repositories on one host, with a daemon for direct mode's answers and one with the default policy.

use std::fs;
use std::path::{Path, PathBuf};

use super::judge::{Case, Judge, Report};
use super::known::Known;
use super::plan::Plan;
use super::published;
use super::questions::{Measure, questions};
use super::write::{Written, write};
use crate::daemon::Daemon;
use crate::golang::Go;
use crate::site::Site;

/// A repository to compare.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its plan.
    pub plan: Plan,
    /// Decides what is asked.
    pub seed: u64,
    /// How much is asked.
    pub measure: Measure,
    /// How many questions are asked with an empty cache first.
    pub cold: usize,
    /// Whether it is compared with the default policy, too.
    pub released: bool,
}

/// Where the files of a batch lie: in memory where that can be had, for they are many and small.
pub fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let writable = tempfile::tempdir_in(&memory).is_ok();
    if writable { memory } else { std::env::temp_dir() }
}

/// Compares all; one report for each. No two plans may have the same root.
#[track_caller]
pub fn run(tasks: &[Task], scratch: &Path) -> Vec<Report> {
    let site = Site::within(scratch, "");
    let written: Vec<Written> =
        tasks.iter().map(|task| write_repository(&site, &task.plan)).collect();
    site.configure("[policy]\nserve_broken = true\n");
    let daemon = site.serve();
    let judge = judge(&site, "", &daemon);
    let released = tasks.iter().any(|task| task.released).then(|| {
        let daemon = with_default_policy(&site);
        let judge = self::judge(&site, "-released", &daemon);
        (daemon, judge)
    });
    let cases = tasks.iter().zip(written).map(|(task, written)| {
        let questions = questions(&task.plan, task.seed, task.measure);
        (task, Case { plan: &task.plan, written, questions, cold: task.cold })
    });
    let compare = |(task, case): (&Task, Case<'_>)| {
        let mut report = judge.compare(&case);
        if task.released
            && let Some((daemon, judge)) = &released
        {
            report.add(published::compare(judge, daemon, &case));
        }
        report
    };
    cases.map(compare).collect()
}

fn write_repository(site: &Site, plan: &Plan) -> Written {
    let bare = site.root().join(format!("{}.git", plan.root));
    write(plan, &bare, |folder| site.git(folder))
}

fn judge(site: &Site, name: &str, daemon: &Daemon) -> Judge {
    Judge {
        direct: Go::direct(site, &format!("go-direct{name}")),
        proxied: Go::through(site, &format!("go-modgate{name}"), &daemon.url()),
        known: Known::list(),
    }
}

/// A second daemon beside the one that serves broken versions, with a ledger of its own.
fn with_default_policy(site: &Site) -> Daemon {
    let state = site.path("state-released");
    fs::create_dir(&state).expect("the site's folder is writable");
    if let Some(user) = &site.actors().daemon {
        user.own(&state);
    }
    let serve = site.modgate_bare().args(["serve", "--listen", "127.0.0.1:0", "--prefix", ""]);
    Daemon::start(serve.arg("--root").arg(site.root()).arg("--state").arg(state)).ready()
}
