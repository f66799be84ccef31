//! pre-receive: judges the tags of a push before their refs exist.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use modgate_common::control::Refusal;
use modgate_common::intake::{Site, Usable};
use modgate_common::io::repo::{HashCheck, Peeled, Repository, prepare};
use modgate_common::ledger::{Entry, How, Proposal, Skip, State, Testimony};
use modgate_common::modzip::{CleanTrees, Limits};
use modgate_common::objects::Commit;
use modgate_common::policy::{Level, OnError};
use modgate_common::report::{self, Reader};
use modgate_common::rules::{self, Admitted, Judgement, Push, RefUpdate, Report, Skips, Verdict};
use modgate_common::settings::Settings;
use modgate_common::tags::{Release, releases};

use crate::environment::Environment;
use crate::ledger::{Ledger, owns};
use crate::place::{self, Place};

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
    let (on_error, limit) = (policy.on_error, policy.time_limit);
    let holds_release = rules::holds_release(&job.updates);
    match within(limit, move || if holds_release { judge(&job) } else { judge_names(&job) }) {
        Ok(decision) => decision,
        Err(_) if !holds_release => Decision::Accept(String::new()),
        Err(error) => failed(&error, on_error),
    }
}

/// The decision where the check could not be completed.
pub(crate) fn failed(error: &anyhow::Error, on_error: OnError) -> Decision {
    match on_error {
        OnError::Closed => Decision::Refuse(report::incomplete(&format!("{error:#}"), on_error)),
        OnError::Open => Decision::Accept(report::incomplete(&format!("{error:#}"), on_error)),
    }
}

/// Runs `job` on its own thread: a panic or an endless one becomes an error in words.
fn within<T: Send + 'static>(
    limit: Duration,
    job: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let (send, receive) = mpsc::channel();
    thread::Builder::new()
        .name("judge".to_owned())
        // Deep trees are walked with a stack.
        .stack_size(32 << 20)
        .spawn(move || {
            // Nobody listens any more when the time is over.
            let _ = send.send(job());
        })
        .context("cannot start a thread")?;
    match receive.recv_timeout(limit) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(anyhow::anyhow!(
            "the check took longer than the limit of {} ms (time_limit_ms)",
            limit.as_millis()
        )),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(anyhow::anyhow!("the check ended unexpectedly (a bug in modgate)"))
        }
    }
}

/// The part of the time limit in which there is time for what can also be said later.
const SPARE: u32 = 8;

fn judge(job: &Job) -> anyhow::Result<Decision> {
    let start = Instant::now();
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
    let ledger = Ledger::reach(settings, settings.policy.time_limit)?;
    let testimony = ledger.testify(&question)?;
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
        has_time: &|| start.elapsed() < settings.policy.time_limit / SPARE,
    };
    let mut report = rules::check(&push)?;
    report.add_notes(settings.notes_on_change(&place.repository, &git, &before, updates));
    let text = report::text(&report, Reader::Pusher, settings.color);
    if report.is_refused() {
        ledger.refused(&place.repository, refusals(&report));
        return Ok(Decision::Refuse(text));
    }
    let imports = (environment.import || policy.import().value) && !testimony.has_releases;
    let proposals = proposals(job, &place, &git, &report, imports)?;
    sync_quarantine(&environment.object_directories, &place.directory)
        .context("cannot sync the pushed objects to disk")?;
    ledger.propose(&place.repository, proposals)?;
    Ok(Decision::Accept(text))
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
        has_time: &|| true,
    };
    let mut report = rules::check(&push)?;
    // What is wrong with the repository's own policy now matters to releases only.
    report.notes.retain(|note| !push.policy.notes().contains(note));
    report.add_notes(settings.notes_on_change(&place.repository, &git, &before, updates));
    let text = report::text(&report, Reader::Pusher, settings.color);
    Ok(if report.is_refused() { Decision::Refuse(text) } else { Decision::Accept(text) })
}

/// Content beyond this, in bytes, is hashed when the push is through: the time of a judgement is limited.
const MAX_HASHED: u64 = 64 << 20;

/// The versions that the push makes, those that nobody can use among them: so it is known who pushed them. Hashes are
/// computed where they will be believed, and not for an import: it may be ten thousand versions.
fn proposals(
    job: &Job,
    place: &Place,
    git: &Repository,
    report: &Report,
    imports: bool,
) -> anyhow::Result<Vec<Proposal>> {
    let code_root = job.settings.code_root(&place.repository);
    let (limits, clean) = (Limits::default(), CleanTrees::default());
    let repository = place.repository.as_str();
    let code_root = &code_root;
    let site = Site { repository, code_root, objects: git, limits: &limits, clean: &clean };
    let content = report.admitted().flat_map(|(_, _, admitted)| &admitted.plan().files);
    let hash = !imports
        && owns(&job.settings.state)
        && content.map(|file| file.size).sum::<u64>() <= MAX_HASHED;
    let mut proposals = Vec::new();
    for judgement in &report.judgements {
        let tag = judgement.subject.name();
        let entry = match &judgement.release {
            rules::Release::Nothing => None,
            rules::Release::Unserved(_) => unserved(&site, judgement),
            rules::Release::Usable(admitted) => Some(usable(&site, tag, admitted, hash)?),
        };
        let Some(entry) = entry else { continue };
        let entry = Entry {
            state: State::Pending,
            time: job.now,
            pusher: job.environment.pusher.clone(),
            how: if imports { How::Imported } else { How::Pushed },
            skipped: skipped(judgement),
            ..entry
        };
        proposals.push(Proposal { target: judgement.target, entry });
    }
    Ok(proposals)
}

/// The entry of a version that consumers can use.
fn usable(site: &Site<'_>, tag: &str, admitted: &Admitted, hash: bool) -> anyhow::Result<Entry> {
    let release =
        Release { module: admitted.module().clone(), version: admitted.version().to_owned() };
    let located = admitted.located().clone();
    let entry = site.entry(&release, tag, &located.commit);
    if !hash {
        return Ok(entry);
    }
    let usable = Usable { located, plan: admitted.plan().clone() };
    let (h1, gomod_h1) = site.hashes(&release, &usable)?;
    Ok(Entry { h1: Some(h1), gomod_h1: Some(gomod_h1), ..entry })
}

/// The entry of a version that nobody can use; without a commit, what the tag is on stands for it.
fn unserved(site: &Site<'_>, judgement: &Judgement) -> Option<Entry> {
    let tag = judgement.subject.name();
    let is_named = |release: &Release| {
        judgement.module.as_ref() == Some(&release.module.path)
            && judgement.version.as_ref() == Some(&release.version)
    };
    let release = releases(site.code_root, tag).into_iter().find(is_named)?;
    let (id, tree) = (judgement.target, judgement.target);
    let nothing = || Commit { id, tree, parents: Vec::new(), time: None };
    let commit = judgement.commit.clone().unwrap_or_else(nothing);
    Some(site.entry(&release, tag, &commit))
}

/// What the ledger keeps of the pusher's skips.
fn skipped(judgement: &Judgement) -> Option<Skip> {
    let reason = judgement.skip_reason()?.to_owned();
    Some(Skip { rules: judgement.skipped_rules().map(str::to_owned).collect(), reason })
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

/// git itself syncs nothing on a small push. What was proposed must not outlive its objects in a power
/// cut, so they are synced before the yes.
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
