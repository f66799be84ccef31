//! How each known kind of difference is recognised. [`super::known`] says which of them are tolerated.

use std::collections::BTreeSet;

use super::facts::{Answer, Facts, version};
use super::judge::{Answers, Case};
use super::known::Kind;
use super::plan::{Head, Id, Plan, Target};

/// What is said of a commit whose time is no time of JSON.
const LATE: &str = "Time.MarshalJSON: year outside of range";

/// What it is to read the `.info` that direct mode does not write for such a commit.
const NO_FILE: &str = "No such file or directory";

/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;

/// Which known kind of difference this is.
pub(super) fn kind(case: &Case<'_>, answers: &Answers<'_>) -> Option<Kind> {
    if is_about_a_ref_named_like_a_commit(case, answers) {
        return Some(Kind::HashNamedRef);
    }
    let query = &answers.question.query;
    match (&answers.direct, &answers.proxied) {
        (Ok(direct), Ok(proxied)) if is_base_of_meta(case, direct, proxied) => Some(Kind::MetaBase),
        (Ok(direct), _) if is_prefix(query) && version(direct).ends_with("+incompatible") => {
            Some(Kind::PrefixIncompatible)
        }
        (Err(error), Ok(_))
            if error.contains("git fetch --unshallow") && !has_branch(case.plan) =>
        {
            Some(Kind::NoBranch)
        }
        (Ok(_), Err(error)) if error.contains(LATE) && has_late_commit(case.plan) => {
            Some(Kind::LateCommit)
        }
        (Err(error), Ok(_)) if error.contains(NO_FILE) && has_late_commit(case.plan) => {
            Some(Kind::LateCommit)
        }
        (Err(_), Ok(proxied)) if is_history_of_head(case, proxied) => Some(Kind::HeadHistory),
        (Err(_), Ok(_)) if is_by_list(query) && has_tag_on_no_commit(case.plan) => {
            Some(Kind::SpoiledList)
        }
        _ => None,
    }
}

/// Whether question or answers have the digits of a commit in them that are also the name of a ref.
fn is_about_a_ref_named_like_a_commit(case: &Case<'_>, answers: &Answers<'_>) -> bool {
    let said = |answer: &Answer| match answer {
        Ok(facts) => version(facts).to_owned(),
        Err(error) => error.clone(),
    };
    let query = case.written.expand(&answers.question.query);
    let texts = [query, said(&answers.direct), said(&answers.proxied)];
    let names = case.plan.refs.keys().filter_map(|name| name.splitn(3, '/').nth(2));
    let names = names.filter(|name| name.starts_with('{')).map(|name| case.written.expand(name));
    let mut digits = names.filter_map(|name| name.get(..7).map(str::to_owned));
    digits.any(|digits| texts.iter().any(|text| text.contains(&digits)))
}

/// Whether two pseudo-versions of one commit differ, which has a tag with build metadata.
fn is_base_of_meta(case: &Case<'_>, direct: &Facts, proxied: &Facts) -> bool {
    let hash = |facts: &Facts| {
        facts.iter().find(|(name, _)| *name == "Hash").map(|(_, hash)| hash.clone())
    };
    let tagged = |(tag, target): (&str, &Target)| {
        tag.contains('+')
            && target.commit().and_then(|id| case.written.id(id)) == hash(direct).as_deref()
    };
    hash(direct) == hash(proxied)
        && [direct, proxied].iter().all(|facts| version(facts).matches('-').count() >= 2)
        && case.plan.tags().any(tagged)
}

/// Whether the answer is a commit that HEAD reaches, but no visible branch or tag.
fn is_history_of_head(case: &Case<'_>, proxied: &Facts) -> bool {
    let plan = case.plan;
    let hash = proxied.iter().find(|(name, _)| *name == "Hash").map_or("", |(_, hash)| hash);
    let is_fetched = |name: &str| {
        (name.starts_with("refs/heads/") || name.starts_with("refs/tags/"))
            && !is_hidden(plan, name)
    };
    let fetched = plan.refs.iter().filter(|(name, _)| is_fetched(name));
    let fetched = ancestors(plan, fetched.filter_map(|(_, target)| target.commit()).collect());
    let head = match &plan.head {
        Head::Branch(name) => plan.refs.get(name).and_then(Target::commit),
        Head::Detached(id) => Some(*id),
    };
    let by_head = ancestors(plan, head.into_iter().collect());
    by_head.difference(&fetched).any(|id| case.written.id(*id) == Some(hash))
}

/// Some commits and all before them.
fn ancestors(plan: &Plan, mut left: Vec<Id>) -> BTreeSet<Id> {
    let mut seen = BTreeSet::new();
    while let Some(id) = left.pop() {
        if seen.insert(id) {
            left.extend(plan.commit(id).into_iter().flat_map(|commit| commit.parents.clone()));
        }
    }
    seen
}

/// Whether the configuration hides a ref: the last line that speaks of it decides.
fn is_hidden(plan: &Plan, name: &str) -> bool {
    let speaks = |(_, value): &&(String, String)| {
        let above = value.trim_start_matches('!');
        name.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    plan.config.iter().rfind(speaks).is_some_and(|(_, value)| !value.starts_with('!'))
}

/// Whether there is a branch that is not hidden.
fn has_branch(plan: &Plan) -> bool {
    plan.refs.keys().any(|name| name.starts_with("refs/heads/") && !is_hidden(plan, name))
}

fn has_late_commit(plan: &Plan) -> bool {
    plan.commits.iter().any(|commit| commit.time > LAST)
}

pub(super) fn has_tag_on_no_commit(plan: &Plan) -> bool {
    plan.tags().any(|(_, target)| !target.is_commit())
}

/// `v1`, `v1.2`.
fn is_prefix(query: &str) -> bool {
    query.strip_prefix('v').is_some_and(|rest| {
        rest.split('.').count() < 3
            && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
}

/// Whether the client asks for the list to answer the query.
pub(super) fn is_by_list(query: &str) -> bool {
    query == "latest" || query.starts_with(['<', '>']) || is_prefix(query)
}
