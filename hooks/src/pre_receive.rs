//! pre-receive: judges the tags of a push before their refs exist.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use modgate_common::control::Refusal;
use modgate_common::intake::Site;
use modgate_common::io::repo::{HashCheck, Peeled, Repository, prepare};
use modgate_common::ledger::{How, Proposal, Testimony};
use modgate_common::modzip::{CleanTrees, Limits};
use modgate_common::policy::{Level, OnError};
use modgate_common::report::{self, Reader};
use modgate_common::rules::{self, Judgement, Push, RefUpdate, Report, Skips, Verdict};
use modgate_common::settings::Settings;

use crate::environment::Environment;
use crate::ledger::{Ledger, owns};
use crate::place;
use crate::proposals::{self, Terms};
use crate::time_limit::{Clock, Stage, Unfinished, in_groups, within};

/// What becomes of the push, and what the pusher reads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It may go on.
    Accept(String),
    /// It ends here.
    Refuse(String),
}

/// Everything a judgement needs, owned: it is made on a thread of its own.
pub(crate) struct Job {
    /// Settings.
    pub settings: Settings,
    /// What git and the host say.
    pub environment: Environment,
    /// What the push wants.
    pub updates: Vec<RefUpdate>,
    /// When the hook began.
    pub start: Instant,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// Whether there is anything to judge: a release, a new name, or a branch that may carry the repository's own policy.
pub(crate) fn is_judged(updates: &[RefUpdate]) -> bool {
    let is_written = |update: &RefUpdate| update.branch().is_some() && !update.new.is_zero();
    rules::holds_release(updates)
        || !rules::names_to_judge(updates).is_empty()
        || updates.iter().any(is_written)
}

/// Judges the push within the time limit. What goes wrong on our side is decided by `on_error`; a push without a
/// release is let in then.
pub(crate) fn decide(job: Job) -> Decision {
    let policy = &job.settings.policy;
    let (on_error, clock) = (policy.on_error, Clock::new(job.start, policy.time_limit));
    let groups = in_groups(&job.updates, on_error);
    let holds_release = rules::holds_release(&job.updates);
    let inside = clock.clone();
    let judged =
        within(
            &clock,
            move || {
                if holds_release { judge(&job, &inside) } else { judge_names(&job) }
            },
        );
    match judged {
        Ok(decision) => decision,
        Err(_) if !holds_release => Decision::Accept(String::new()),
        Err(Unfinished::OutOfTime { error, grows_with_tags: true }) => {
            failed(&error, on_error).and(&groups)
        }
        Err(Unfinished::OutOfTime { error, .. } | Unfinished::Failed(error)) => {
            failed(&error, on_error)
        }
    }
}

impl Decision {
    /// The same, and more to read.
    fn and(self, more: &str) -> Self {
        match self {
            Self::Accept(text) => Self::Accept(text + more),
            Self::Refuse(text) => Self::Refuse(text + more),
        }
    }
}

/// The decision where the check could not be completed.
pub(crate) fn failed(error: &anyhow::Error, on_error: OnError) -> Decision {
    match on_error {
        OnError::Closed => Decision::Refuse(report::incomplete(&format!("{error:#}"), on_error)),
        OnError::Open => Decision::Accept(report::incomplete(&format!("{error:#}"), on_error)),
    }
}

fn judge(job: &Job, clock: &Clock) -> anyhow::Result<Decision> {
    prepare(HashCheck::On);
    let Job { settings, environment, updates, .. } = job;
    let place = place::find(settings, &environment.git_dir)?;
    if settings.policy.is_mirror(&place.repository) {
        return Ok(Decision::Accept(String::new()));
    }
    let git = Repository::open_quarantined(&place.directory, &environment.object_directories)?;
    let (before, _) = git.refs(&Peeled::new())?;
    let policy = settings.effective(&place.repository, &git, &before);
    let skips = skips(environment, &git);
    let code_root = settings.code_root(&place.repository);
    let question = rules::question(&place.repository, &code_root, &git, updates)?;
    clock.enter(Stage::Asking);
    let mut ledger = Ledger::new(settings, clock.left());
    let testimony = ledger.testify(&question)?;
    drop(question);
    clock.enter(Stage::Judging);
    let limits = Limits::default();
    let push = Push {
        repository: &place.repository,
        code_root: &code_root,
        objects: &git,
        before: &before,
        updates,
        testimony: &testimony,
        policy: &policy,
        import: environment.import,
        skips: &skips,
        now: job.now,
        limits: &limits,
        least: Level::Warn,
        has_time: &|| clock.is_early(),
    };
    let mut report = rules::check(&push)?;
    report.add_notes(settings.notes_on_change(&place.repository, &git, &before, updates));
    let text = report::text(&report, Reader::Pusher, settings.color);
    if report.is_refused() {
        ledger.refused(&place.repository, refusals(&report));
        return Ok(Decision::Refuse(text));
    }
    clock.enter(Stage::Recording);
    let proposals = proposed(job, clock, &push, report)?;
    // Proposed before the sync, which may take the rest of the time: the next try then finds the hashes.
    ledger.propose(&place.repository, proposals)?;
    clock.enter(Stage::Syncing);
    sync_quarantine(&environment.object_directories, &place.directory)
        .context("cannot sync the pushed objects to disk")?;
    Ok(Decision::Accept(text))
}

/// What the ledger is to hear of a push that may go on. Takes the report: ten thousand versions take memory, and are
/// written down next.
fn proposed(
    job: &Job,
    clock: &Clock,
    push: &Push<'_>,
    report: Report,
) -> anyhow::Result<Vec<Proposal>> {
    let imports = (push.import || push.policy.import().value) && !push.testimony.has_releases;
    let terms = Terms {
        now: job.now,
        pusher: job.environment.pusher.clone(),
        how: if imports { How::Imported } else { How::Pushed },
        is_believed: owns(&job.settings.state),
        testimony: push.testimony,
        clock,
    };
    let Push { repository, code_root, objects, limits, .. } = *push;
    let site = Site { repository, code_root, objects, limits, clean: &CleanTrees::default() };
    Ok(proposals::of(&terms, &site, &report)?)
}

/// The rules that the pusher wants to skip, and whether this repository would take such a wish. Who sent an option has
/// been asked for it.
fn skips(environment: &Environment, git: &Repository) -> Skips {
    let mut skips = environment.skips.clone();
    skips.are_enabled = skips.are_enabled || git.takes_push_options();
    skips
}

/// A push without a release: new names are judged, and the ledger has nothing to say about them.
fn judge_names(job: &Job) -> anyhow::Result<Decision> {
    prepare(HashCheck::Off);
    let Job { settings, environment, updates, .. } = job;
    let place = place::find(settings, &environment.git_dir)?;
    let git = Repository::open_quarantined(&place.directory, &environment.object_directories)?;
    let is_short_id = |tag: &str| tag.len() == 12;
    let before = if updates.iter().filter_map(RefUpdate::tag).any(is_short_id) {
        git.refs(&Peeled::new())?.0
    } else {
        git.refs_named(&rules::names_to_judge(updates))
    };
    let push = Push {
        repository: &place.repository,
        code_root: &settings.code_root(&place.repository),
        objects: &git,
        before: &before,
        updates,
        testimony: &Testimony::default(),
        policy: &settings.effective(&place.repository, &git, &before),
        import: environment.import,
        skips: &skips(environment, &git),
        now: job.now,
        limits: &Limits::default(),
        least: Level::Warn,
        has_time: &|| true,
    };
    let mut report = rules::check(&push)?;
    // What is wrong with the repository's own policy now matters to releases only.
    report.notes.retain(|note| !push.policy.notes().contains(note));
    report.add_notes(settings.notes_on_change(&place.repository, &git, &before, updates));
    let text = report::text(&report, Reader::Pusher, settings.color);
    Ok(if report.is_refused() { Decision::Refuse(text) } else { Decision::Accept(text) })
}

fn refusals(report: &Report) -> Vec<Refusal> {
    let refused = report.judgements.iter().filter(|j| j.verdict == Verdict::Refused);
    let refusal = |judgement: &Judgement| {
        let worst = judgement.findings.iter().find(|f| f.level == Level::Reject)?;
        Some(Refusal {
            module: judgement.module.clone()?,
            version: judgement.version.clone()?,
            rule: worst.rule.to_owned(),
            summary: worst.summary.clone(),
        })
    };
    refused.filter_map(refusal).collect()
}

/// git itself syncs nothing on a small push. A ref must not outlive its objects in a power cut, so they are
/// synced before the yes.
fn sync_quarantine(directories: &[PathBuf], repository: &Path) -> io::Result<()> {
    // The first directory is the one that git writes to; without a quarantine there is nothing new.
    match directories.first() {
        Some(quarantine) if *quarantine != repository.join("objects") => sync_all(quarantine),
        _ => Ok(()),
    }
}

fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}
