//! `modgate check`: the rules of the gate on tags that exist.

use anyhow::bail;
use modgate_common::control::path;
use modgate_common::io::repo::{HashCheck, Peeled, Repository, prepare};
use modgate_common::ledger::{Question, Testimony};
use modgate_common::modzip::Limits;
use modgate_common::objects::{ObjectId, Refs};
use modgate_common::rules::{self, Judgement, Push, RefUpdate};
use modgate_common::settings::Settings;

use super::{Answer, Named, Source, complain, print, print_json, repository, root};

/// Judges tags of a repository; no when one would be refused.
///
/// # Errors
/// When the repository cannot be read, or a tag is not there.
pub(crate) fn run(
    settings: &Settings,
    repository_name: &str,
    tags: &[String],
    json: bool,
) -> anyhow::Result<Answer> {
    prepare(HashCheck::On);
    let named = repository(&root(settings)?, repository_name)?;
    let git = Repository::open(&named.directory)?;
    let (refs, _) = git.refs(&Peeled::new())?;
    let short = |tag: &String| tag.strip_prefix("refs/tags/").unwrap_or(tag).to_owned();
    let tags: Vec<String> = tags.iter().map(short).collect();
    let updates = updates(&refs, &tags)?;
    let report = judge(settings, &named, &git, &refs, &updates)?;
    if json {
        print_json(&report.judgements)?;
    } else {
        report.judgements.iter().try_for_each(|judgement| print(&text(judgement)))?;
    }
    Ok(if report.is_refused() { Answer::Denied } else { Answer::Granted })
}

/// Each tag as if it were pushed now.
fn updates(refs: &Refs, tags: &[String]) -> anyhow::Result<Vec<RefUpdate>> {
    if let Some(missing) = tags.iter().find(|tag| !refs.tags.contains_key(*tag)) {
        bail!("there is no tag {missing:?} in the repository");
    }
    let is_wanted = |name: &String| tags.is_empty() || tags.contains(name);
    let wanted = refs.tags.iter().filter(|(name, _)| is_wanted(name));
    Ok(wanted
        .map(|(name, tag)| RefUpdate {
            name: format!("refs/tags/{name}"),
            old: ObjectId::ZERO,
            new: tag.target,
        })
        .collect())
}

fn judge(
    settings: &Settings,
    named: &Named,
    git: &Repository,
    refs: &Refs,
    updates: &[RefUpdate],
) -> anyhow::Result<rules::Report> {
    let code_root = settings.code_root(&named.name);
    let question = rules::question(&named.name, &code_root, git, updates)?;
    let testimony = testimony(settings, &question)?;
    let policy = settings.policy.effective(&named.name);
    Ok(rules::check(&Push {
        repository: &named.name,
        code_root: &code_root,
        objects: git,
        before: refs,
        updates,
        testimony: &testimony,
        policy: &policy,
        import: false,
        now: crate::clock::now(),
        limits: &Limits::default(),
    })?)
}

/// What the ledger says; where there is none yet, it says nothing.
fn testimony(settings: &Settings, question: &Question) -> anyhow::Result<Testimony> {
    match Source::open(settings) {
        Ok(Source::Daemon(client)) => Ok(client.post(path::TESTIFY, question)?),
        Ok(Source::Files(store)) => Ok(store.testify(question)?),
        Err(error) => {
            complain(&format!("judged without a ledger: {error:#}"));
            Ok(Testimony::default())
        }
    }
}

fn text(judgement: &Judgement) -> String {
    let Judgement { subject, module, version, verdict, findings, .. } = judgement;
    let mut text = format!("{:?}: {}", subject.name(), format!("{verdict:?}").to_lowercase());
    if let (Some(module), Some(version)) = (module, version) {
        text.push_str(&format!(" as {module}@{version}"));
    }
    text.push('\n');
    for finding in findings {
        text.push_str(&format!(
            "  {} {}: {}\n",
            finding.level.name(),
            finding.rule,
            finding.summary
        ));
        let consumer =
            finding.consumer.iter().map(|seen| format!("consumers see: {}", seen.escape_debug()));
        for line in consumer.chain(finding.fix.lines().map(str::to_owned)) {
            text.push_str(&format!("      {line}\n"));
        }
    }
    text
}
