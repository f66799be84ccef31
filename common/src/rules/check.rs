//! The frame around the rules: which tags, which modules, which level, which verdict.

use crate::intake::Usable;
use crate::ledger::Entry;
use crate::objects::{Fault, Kind, ObjectId, Refs};
use crate::policy::Level;
use crate::resolve::{Broken, State};
use crate::tags::{self, Release as Named, looks_like_release, releases};
use crate::version;

use super::allowed::{self, Move};
use super::case::{Change, Effect, Found, GoMod, LedgerCase, RefCase, ReleaseCase, TagCase};
use super::draft::{Draft, Weighed, report};
use super::report::{Admitted, Allowance, Release, Report, Subject, Verdict};
use super::table::{Check, Rule, all, find};
use super::trial::{Trial, refs_after};
use super::{Push, RefUpdate, gate, guard, question};

/// Judges every tag of a push, and the names of its branches. Of tags that look like no release only the name is judged.
///
/// # Errors
/// When the repository cannot be read; that says nothing about the push.
pub fn check(push: &Push<'_>) -> Result<Report, Fault> {
    judge_all(push, false)
}

/// The same for tags that nobody has pushed yet: whatever comes out of it, their numbers are free.
///
/// # Errors
/// As of [`check`].
pub fn rehearse(push: &Push<'_>) -> Result<Report, Fault> {
    judge_all(push, true)
}

fn judge_all(push: &Push<'_>, is_rehearsal: bool) -> Result<Report, Fault> {
    let is_seen = |update: &&RefUpdate| update.tag().or_else(|| update.branch()).is_some();
    let updates = push.updates.iter().filter(is_seen);
    if push.policy.is_mirror() {
        return Ok(report(
            push,
            updates.filter(|u| u.tag().is_some()).map(Draft::ignored).collect(),
            is_rehearsal,
        ));
    }
    // Without a release the state of the refs is of no interest, and may be large.
    let refs =
        if question::holds_release(push.updates) { refs_after(push)? } else { Refs::default() };
    let state = State::new(refs);
    let trial = Trial::new(push, &state);
    let mut drafts = Vec::new();
    for update in updates {
        match update.tag().filter(|tag| looks_like_release(tag)) {
            Some(tag) => drafts.extend(judge(&trial, update, tag)?),
            None => drafts.extend(by_name(&trial, update)?),
        }
    }
    Ok(report(push, drafts, is_rehearsal))
}

type Findings = Vec<(&'static Rule, Found)>;

/// A branch, or a tag that looks like no release.
fn by_name(trial: &Trial<'_>, update: &RefUpdate) -> Result<Option<Draft>, Fault> {
    let found = of_name(trial, update)?;
    if !found.is_empty() && is_about_go(trial, update.new)? {
        return Ok(Some(Draft::ignored(update).weigh(trial.push, found)));
    }
    Ok(update.tag().map(|_| Draft::ignored(update)))
}

/// The rules about names.
fn of_name(trial: &Trial<'_>, update: &RefUpdate) -> Result<Findings, Fault> {
    let mut found = Vec::new();
    let Some(case) = RefCase::of(trial, update) else { return Ok(found) };
    for rule in all() {
        if let Check::Ref(check) = rule.check {
            found.extend(guard::run(rule, || check(&case))?);
        }
    }
    Ok(found)
}

/// Whether a ref that holds this, or the repository around it, is about Go at all (K3).
fn is_about_go(trial: &Trial<'_>, target: ObjectId) -> Result<bool, Fault> {
    let objects = trial.push.objects;
    let roots = [Some(target), trial.push.before.head];
    for root in roots.into_iter().flatten() {
        let (peeled, kind) = objects.peel(root)?;
        if kind == Kind::Commit && trial.holds_go(objects.commit(peeled)?.tree)? {
            return Ok(true);
        }
    }
    Ok(has_releases(trial))
}

fn judge(trial: &Trial<'_>, update: &RefUpdate, tag: &str) -> Result<Vec<Draft>, Fault> {
    let entries = trial.entries_of(tag);
    if update.new.is_zero() {
        return Ok(deleted(trial, update, entries));
    }
    let case = tag_case(trial, update, tag)?;
    if entries.is_empty() && !in_scope(&case)? {
        return Ok(vec![Draft::ignored(update)]);
    }
    let mut found = of_name(trial, update)?;
    for rule in all() {
        if let Check::Tag(check) = rule.check {
            found.extend(guard::run(rule, || check(&case))?);
        }
    }
    let mut drafts = Vec::new();
    let named = concerned(&case)?;
    for concern in &named {
        drafts.extend(judge_release(&case, concern, &found)?);
    }
    let elsewhere = entries
        .iter()
        .filter(|entry| !named.iter().any(|concern| is_entry_of(entry, &concern.named)));
    for entry in elsewhere {
        let commit = case.commit.as_ref().map_or(case.target, |commit| commit.id);
        let draft = Draft { commit: case.commit.clone(), ..Draft::ignored(update) };
        drafts.extend(stands(trial, draft, entry, Some(commit)));
    }
    if named.is_empty() && (drafts.is_empty() || !found.is_empty()) {
        let draft = Draft { commit: case.commit, ..Draft::ignored(update) };
        drafts.push(draft.weigh(trial.push, found));
    }
    Ok(drafts)
}

fn is_entry_of(entry: &Entry, named: &Named) -> bool {
    entry.module == named.module.path && entry.version == named.version
}

fn tag_case<'a>(
    trial: &'a Trial<'a>,
    update: &RefUpdate,
    tag: &'a str,
) -> Result<TagCase<'a>, Fault> {
    let push = trial.push;
    let (peeled, kind) = match trial.view.refs().tags.get(tag) {
        Some(tag) => (tag.peeled, tag.kind),
        None => push.objects.peel(update.new)?,
    };
    let change = match push.before.tags.get(tag) {
        Some(before) if !update.old.is_zero() && before.target != update.new => {
            if before.peeled == peeled { Change::Replaced } else { Change::Moved }
        }
        _ => Change::Created,
    };
    let commit = match kind {
        Kind::Commit => Some(push.objects.commit(peeled)?),
        Kind::Blob | Kind::Tag | Kind::Tree => None,
    };
    let (prefix, base) = tags::split(tag);
    Ok(TagCase { trial, tag, prefix, base, change, target: update.new, kind, commit })
}

/// Whether this is about Go at all (K3).
fn in_scope(case: &TagCase<'_>) -> Result<bool, Fault> {
    let trial = case.trial;
    let Some(commit) = &case.commit else {
        // There is no commit: the default branch says what the repository is about.
        let Some(head) = trial.push.before.head else { return Ok(has_releases(trial)) };
        let tree = trial.push.objects.commit(head)?.tree;
        return Ok(has_releases(trial) || trial.holds_go(tree)?);
    };
    if !case.prefix.is_empty()
        && let Some(directory) = case.directory()?
    {
        return trial.holds_go(directory);
    }
    Ok(has_releases(trial) || trial.holds_go(commit.tree)?)
}

const fn has_releases(trial: &Trial<'_>) -> bool {
    trial.push.testimony.has_releases
}

/// A version that the tag would release.
struct Concern {
    named: Named,
    /// Whether it comes along with another one that is meant: `R@v2.0.0+incompatible` beside `R/v2`.
    aside: bool,
}

/// The versions that the tag is about (K4).
fn concerned(case: &TagCase<'_>) -> Result<Vec<Concern>, Fault> {
    let mut named = releases(case.trial.push.code_root, case.tag);
    let is_meant = |named| Concern { named, aside: false };
    if matches!(version::major(case.base), "v0" | "v1") || named.len() < 2 {
        return Ok(named.into_iter().map(is_meant).collect());
    }
    let rest = named.split_off(1);
    let first = named.remove(0);
    let incompatible = rest.into_iter().find(|named| named.version.ends_with("+incompatible"));
    let Some(incompatible) = incompatible else {
        // The repository's own name ends in the major: it releases itself.
        return Ok(vec![is_meant(first)]);
    };
    let has_own = case.go_mod(case.prefix)?.is_some();
    let has_other = match first.module.major_dir() {
        Some(directory) => case.go_mod(&directory)?.is_some(),
        None => false,
    };
    Ok(match (has_own, has_other) {
        (true, _) => vec![is_meant(first)],
        (false, true) => vec![is_meant(first), Concern { named: incompatible, aside: true }],
        (false, false) if case.commit.is_some() => vec![is_meant(incompatible)],
        (false, false) => vec![is_meant(first)],
    })
}

fn judge_release(
    tag: &TagCase<'_>,
    concern: &Concern,
    of_tag: &[(&'static Rule, Found)],
) -> Result<Option<Draft>, Fault> {
    let (trial, named) = (tag.trial, &concern.named);
    let outcome = match &tag.commit {
        Some(commit) => gate::pipeline(trial, named, commit)?,
        None => Err(Broken::unfetchable("unexpected response from git log: \"\"")),
    };
    if concern.aside && (outcome.is_err() || !gate::is_listed(trial, named)?) {
        return Ok(None);
    }
    let other = match named.module.major_dir() {
        Some(directory) => tag.go_mod(&directory)?,
        None => None,
    };
    let own = tag.go_mod(&named.module.code_dir)?;
    let (usable, broken) = (outcome.as_ref().ok(), outcome.as_ref().err());
    let case = ReleaseCase { tag, release: named, own, other, broken, usable };
    let mut draft = Draft {
        subject: Subject::Tag(tag.tag.to_owned()),
        named: Some((named.module.path.clone(), named.version.clone())),
        target: tag.target,
        commit: tag.commit.clone(),
        verdict: Verdict::Admitted,
        findings: Vec::new(),
        release: Release::Nothing,
    };
    if let Some(entry) = forked(&case) {
        draft.verdict = Verdict::Ignored;
        draft.findings.extend(fork(&case, entry));
        return Ok(Some(draft));
    }
    let entry = entry_of(&case);
    let moves = allowed::moves(&case, entry)?;
    let mut found = moves.temper(ledger(&case, entry));
    if !concern.aside {
        found.extend(of_tag.iter().cloned());
        found.extend(of_release(&case)?);
        let is_explained = found.iter().any(|(_, found)| found.effect != Effect::Harmless);
        if let Some(broken) = case.broken.filter(|_| !is_explained) {
            let gate = all().find(|rule| matches!(rule.check, Check::Gate));
            found.extend(gate.map(|rule| (rule, gate::unexplained(&case, broken))));
        }
    }
    draft.release = match outcome {
        Ok((located, plan)) => {
            let (module, version) = (named.module.clone(), named.version.clone());
            let commit = located.commit.clone();
            let usable = trial.keep(Usable { located, plan });
            Release::Usable(Box::new(Admitted { module, version, commit, usable }))
        }
        Err(broken) => Release::Unserved(broken),
    };
    let mut draft = draft.weigh(trial.push, found);
    if moves == Move::Same {
        // What was released stays what it was.
        draft.release = Release::Nothing;
    }
    Ok(Some(draft))
}

/// The rules about a release.
fn of_release(case: &ReleaseCase<'_>) -> Result<Vec<(&'static Rule, Found)>, Fault> {
    let mut found: Vec<(&Rule, Found)> = Vec::new();
    for rule in all() {
        if let Check::Release(check) = rule.check {
            found.extend(guard::run(rule, || check(case))?);
        }
    }
    Ok(found)
}

/// What the tag is in another repository of this host, on this very commit: an accepted release of the declared module, or,
/// where nobody could use it here, whatever it is there.
fn forked<'a>(case: &ReleaseCase<'a>) -> Option<&'a Entry> {
    let (trial, push) = (case.tag.trial, case.tag.trial.push);
    let commit = case.tag.commit.as_ref()?.id;
    let declared = case.go_mod().and_then(GoMod::declared).map(|(declared, _)| declared);
    if case.broken.is_some() && declared != Some(case.path()) {
        let copied = trial.elsewhere(case.tag.tag, commit);
        if copied.is_some() {
            return copied;
        }
    }
    let declared = declared?;
    let entry = case.tag.trial.accepted(declared, case.tag.base)?;
    let is_there = declared != case.path()
        && entry.repository != push.repository
        && entry.tag.as_deref() == Some(case.tag.tag)
        && entry.commit == commit;
    is_there.then_some(entry)
}

fn fork(case: &ReleaseCase<'_>, entry: &Entry) -> Option<Weighed> {
    let (summary, consumer) = if entry.occupies() {
        let name = format!("{}@{}", entry.module, entry.version);
        (
            format!(
                "a fork's copy of {name:?}, which repository {:?} releases: let in unjudged",
                entry.repository
            ),
            format!("{} is served from {}", entry.module, entry.repository),
        )
    } else {
        (
            format!(
                "a fork's copy of a tag of repository {:?}, where nobody can use it: let in unjudged",
                entry.repository
            ),
            "it is served nowhere".to_owned(),
        )
    };
    let fix = super::advice::Fix::same(&[]);
    let rule = find("module-path-mismatch")?;
    let found = Found::new(summary, consumer, fix);
    let file = case.go_mod().map(|go_mod| go_mod.path.clone());
    let found = Found { file, ..found };
    Some(Weighed { rule, level: Level::Info, allowance: Allowance::default(), found })
}

/// The accepted version that this tag stands for, or else whoever has the version.
fn entry_of<'a>(case: &ReleaseCase<'a>) -> Option<&'a Entry> {
    let trial = case.tag.trial;
    let of_tag = trial.entries_of(case.tag.tag).iter().copied();
    let mut of_tag = of_tag.filter(|entry| is_entry_of(entry, case.release));
    of_tag.next().or_else(|| trial.accepted(case.path(), &case.release.version))
}

/// The rules about accepted versions.
fn ledger(case: &ReleaseCase<'_>, entry: Option<&Entry>) -> Vec<(&'static Rule, Found)> {
    let trial = case.tag.trial;
    let commit = case.tag.commit.as_ref().map_or(case.tag.target, |commit| commit.id);
    entry.map(|entry| by_ledger(trial, case.tag.tag, entry, Some(commit))).unwrap_or_default()
}

fn by_ledger(
    trial: &Trial<'_>,
    tag: &str,
    entry: &Entry,
    commit: Option<ObjectId>,
) -> Vec<(&'static Rule, Found)> {
    let case = LedgerCase { trial, tag, entry, commit };
    let run = |rule: &'static Rule| match rule.check {
        // They read nothing that could be missing.
        Check::Ledger(check) => guard::run(rule, || Ok(check(&case))).ok().flatten(),
        Check::Gate | Check::Ref(_) | Check::Release(_) | Check::Tag(_) | Check::Watcher => None,
    };
    all().filter_map(run).collect()
}

/// A deleted tag: a judgement for each accepted version that it stands for.
fn deleted(trial: &Trial<'_>, update: &RefUpdate, entries: &[&Entry]) -> Vec<Draft> {
    if entries.is_empty() {
        return vec![Draft::ignored(update)];
    }
    let judged = |entry: &&Entry| stands(trial, Draft::ignored(update), entry, None);
    entries.iter().filter_map(judged).collect()
}

/// A tag that stands for an accepted version and no longer would.
fn stands(
    trial: &Trial<'_>,
    draft: Draft,
    entry: &Entry,
    commit: Option<ObjectId>,
) -> Option<Draft> {
    let found = by_ledger(trial, draft.subject.name(), entry, commit);
    let named = Some((entry.module.clone(), entry.version.clone()));
    (!found.is_empty()).then(|| Draft { named, ..draft }.weigh(trial.push, found))
}
