//! Whole repositories, hand-made and generated: whatever is asked, the answer is that of the go command.

use std::path::Path;
use std::time::Duration;

use modgate_tests::budget::{choose, is_long};
use modgate_tests::generate::batch::{self, Task};
use modgate_tests::generate::cases;
use modgate_tests::generate::job::{self, Job, describe};
use modgate_tests::generate::judge::{Case, Judge, Report};
use modgate_tests::generate::known::Known;
use modgate_tests::generate::plan::Plan;
use modgate_tests::generate::questions::{EVERYTHING, Measure};
use modgate_tests::generate::{text, write};
use modgate_tests::golang::Go;
use modgate_tests::site::Site;

/// What is asked about a case in the short run: a little of everything, versions first.
const A_LITTLE: Measure = Measure { modules: 7, queries: 8 };

#[track_caller]
fn check(names: &[String], tasks: &[Task]) {
    let reports = batch::run(tasks, &batch::scratch());
    let differences = names.iter().zip(&reports).flat_map(|(name, report)| {
        report.differences.iter().map(move |difference| format!("{name}: {}", describe(difference)))
    });
    let differences: Vec<String> = differences.collect();
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(
        reports.iter().all(|report| report.comparisons > 0),
        "something was compared everywhere"
    );
}

// Rules: D1, D2, D3, D5, D6, D7, D9, D10, G2, G3, G7, L1, L2, L3, L4, L5, L6, L7, L8, M6, M7, M10, N6, O2, O4, P7, P9, Q5, Q6, Q7, Q8, Q9, Q10, R1, R2, R3, R5, R6, R8, R9, R11, V6, Z2, Z3, Z4, Z5
#[test]
fn case_files_show_no_difference() {
    let measure = choose(A_LITTLE, EVERYTHING);
    let task = |plan: Plan| Task { plan, seed: 1, measure, cold: 1, released: true };
    let (names, tasks): (Vec<_>, Vec<_>) =
        cases::read_all().into_iter().map(|(name, plan)| (name, task(plan))).unzip();
    check(&names, &tasks);
}

// Rules: PV1, PV2, PV3, PV5, PV6, PV7, Q1, Q2, Q3, Q4, Q11
#[test]
fn generated_repositories_show_no_difference() {
    if is_long() {
        return long_run();
    }
    let tasks: Vec<Task> = (1..=12).map(job::task).collect();
    let names: Vec<String> = tasks.iter().map(|task| format!("seed {}", task.seed)).collect();
    check(&names, &tasks);
}

/// 3,000 repositories, in as many parts as it takes.
#[expect(clippy::print_stderr, reason = "a run of an hour says how far it is")]
fn long_run() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let state = folder.join("generated.state");
    let cases = folder.join("generated-cases");
    let job = Job { seeds: 1..3001, state, workers: 2, cases, shrink: Duration::from_secs(60) };
    let tally = job::run(&job, &|line| eprintln!("{line}")).expect("the sums can be written");
    assert!(tally.different.is_empty(), "{tally}");
    assert!(tally.sum("comparisons") >= 200_000 && tally.sum("cold") >= 5_000, "{tally}");
}

/// A module whose only version nobody can use.
const BROKEN: &str = "root \"git.example.com/o/lib\"\n\
    commit 1 1700000000 +0000\nput 100644 \"go.mod\" \"module example.com/other\\n\"\n\
    ref \"refs/heads/main\" commit 1\nref \"refs/tags/v1.0.0\" commit 1\n\
    ask \"git.example.com/o/lib\" \"v1.0.0\"\nask \"git.example.com/o/lib\" \"nosuch\"\n";

// Rules: N6
#[test]
fn the_judge_sees_what_the_default_policy_hides() {
    let site = Site::with_prefix("");
    let plan = text::parse(BROKEN).unwrap();
    let bare = site.root().join(format!("{}.git", plan.root));
    let written = write::write(&plan, &bare, |folder| site.git(folder));
    let daemon = site.serve();
    let judge = Judge {
        direct: Go::direct(&site, "go-direct"),
        proxied: Go::through(&site, "go-modgate", &daemon.url()),
        known: Known::list(),
    };
    let case = Case { plan: &plan, written, questions: plan.asks.clone(), cold: 2 };
    let Report { comparisons, cold, differences, .. } = judge.compare(&case);
    let facts: Vec<(&str, &str)> = differences
        .iter()
        .map(|found| (found.fact.as_str(), found.question.query.as_str()))
        .collect();
    assert_eq!(facts, [("list", ""), ("fails", "v1.0.0"), ("fails", "v1.0.0")], "{differences:?}");
    assert_eq!((comparisons, cold), (4, 1));
}
