//! Names that stand in each other's way: branches and tags of any kind (20.2, R4, R5, M10).

use crate::module;
use crate::objects::{Fault, ObjectId, Refs};
use crate::policy::Level;
use crate::resolve::Graph;
use crate::version;

use super::advice::{Fix, quote};
use super::case::{Found, Named, RefCase};
use super::table::{Check, Family, Rule};

type Answer = Result<Option<Found>, Fault>;

/// This family.
pub(super) const FAMILY: Family = Family { title: "Branches and other refs", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "ref-looks-like-hash",
        default: Level::Warn,
        summary: "a branch or tag that is named like a commit (a tag named like another commit is rejected)",
        consumer: "The name hides the commit: invalid pseudo-version: does not match short name of revision.",
        advice: "Rename it.",
        hides: &[],
        check: Check::Ref(looks_like_hash),
    },
    Rule {
        id: "branch-looks-like-version",
        default: Level::Warn,
        summary: "a new branch that is named like a version",
        consumer: "resolves to version v0.0.0-… (v1.0.0 is not a tag)",
        advice: "Call it release-1.0, or v1 for a whole major version.",
        hides: &[],
        check: Check::Ref(branch_looks_like_version),
    },
    Rule {
        id: "branch-not-queryable",
        default: Level::Info,
        summary: "a new branch that cannot be asked for through a proxy",
        consumer: "invalid version: disallowed version string",
        advice: "Give branches that are meant for go get a short name without slashes.",
        hides: &[],
        check: Check::Ref(branch_not_queryable),
    },
    Rule {
        id: "tag-branch-same-name",
        default: Level::Warn,
        summary: "a branch and a tag of the same name",
        consumer: "The tag wins: the branch cannot be asked for.",
        advice: "Rename the branch.",
        hides: &[],
        check: Check::Ref(same_name),
    },
    Rule {
        id: "head-missing",
        default: Level::Warn,
        summary: "a release in a repository whose HEAD names no branch that exists",
        consumer: "Modules without tags: no matching versions for query \"latest\".",
        advice: "Push the default branch, or point HEAD to another one.",
        hides: &[],
        check: Check::Tag(head_missing),
    },
];

/// Whether the name is all that R4 needs to take it for a commit.
fn is_hash(name: &str) -> bool {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (7..=64).contains(&name.len()) && name.bytes().all(is_hex)
}

fn looks_like_hash(case: &RefCase<'_>) -> Answer {
    let (Named::Branch(name) | Named::Tag(name)) = case.named;
    if !is_hash(name) || matches!(case.named, Named::Branch(_)) && !case.is_created() {
        return Ok(None);
    }
    let hidden = match case.named {
        Named::Tag(_) if name.len() == 12 => other_commit(case, name)?,
        Named::Branch(_) | Named::Tag(_) => None,
    };
    let kind = case.named.kind();
    let (summary, level) = match hidden {
        Some(id) => {
            (format!("{kind} {name:?} hides commit {id}, which it is not on"), Level::Reject)
        }
        None => (format!("{kind} {name:?} is named like a commit"), Level::Warn),
    };
    let consumer = "invalid pseudo-version: does not match short name of revision".to_owned();
    let found = Found::new(summary, consumer, rename(case, "RIGHT-NAME"));
    Ok(Some(found.at_level(level)))
}

/// A visible commit whose short name this is, other than the one that the ref is on.
fn other_commit(case: &RefCase<'_>, short: &str) -> Result<Option<ObjectId>, Fault> {
    let push = case.trial.push;
    let roots = push.updates.iter().map(|update| update.new).filter(|id| !id.is_zero());
    let before = push.before.values().map(|(_, id)| id);
    let graph = Graph::below(push.objects, before.chain(roots.map(|id| peeled(case, id))))?;
    let (target, _) = push.objects.peel(case.update.new)?;
    Ok(graph.ids().find(|id| *id != target && id.short() == short))
}

/// The object that an update finally names; an unreadable one names itself, and is passed over.
fn peeled(case: &RefCase<'_>, id: ObjectId) -> ObjectId {
    case.trial.push.objects.peel(id).map_or(id, |(peeled, _)| peeled)
}

fn branch_looks_like_version(case: &RefCase<'_>) -> Answer {
    let Named::Branch(name) = case.named else { return Ok(None) };
    if !case.is_created() || version::canonical(name).as_deref() != Some(name) {
        return Ok(None);
    }
    let series =
        name.get(1..).and_then(|numbers| numbers.rsplit_once('.')).map(|(series, _)| series);
    let summary = format!("branch {name:?} is named like a version, and is none: only tags are");
    let consumer = format!("resolves to version v0.0.0-… ({name} is not a tag)");
    let right = format!("release-{}", series.unwrap_or("X.Y"));
    Ok(Some(Found::new(summary, consumer, rename(case, &right))))
}

fn branch_not_queryable(case: &RefCase<'_>) -> Answer {
    let Named::Branch(name) = case.named else { return Ok(None) };
    let Err(error) = module::escape_version(name) else { return Ok(None) };
    if !case.is_created() {
        return Ok(None);
    }
    let summary = format!("branch {name:?} cannot be asked for through a proxy");
    let short = name.rsplit('/').next().unwrap_or_default();
    let short: String =
        short.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    let right = if short.is_empty() { "SHORT-NAME" } else { &short };
    let fix = Fix::same(&["# only if go get shall find it:".to_owned()]);
    let renamed = rename(case, right);
    let fix = Fix {
        refused: format!("{}\n{}", fix.refused, renamed.refused),
        admitted: format!("{}\n{}", fix.admitted, renamed.admitted),
    };
    Ok(Some(Found::new(summary, error.to_string(), fix)))
}

fn same_name(case: &RefCase<'_>) -> Answer {
    let (name, other) = match case.named {
        Named::Branch(name) => (name, format!("refs/tags/{name}")),
        Named::Tag(name) => (name, format!("refs/heads/{name}")),
    };
    if !case.is_created() || !exists(case, &other) {
        return Ok(None);
    }
    let summary = format!("there is a branch and a tag of the name {name:?}");
    let consumer = format!("@{name} means the tag, never the branch");
    let fix = Fix::same(&[format!(
        "git push origin refs/heads/{0}:refs/heads/{1} :refs/heads/{0}",
        quote(name),
        quote(&format!("{name}-branch"))
    )]);
    Ok(Some(Found::new(summary, consumer, fix)))
}

/// Whether the ref is there after the push.
fn exists(case: &RefCase<'_>, reference: &str) -> bool {
    match case.trial.update_of(reference) {
        Some(update) => !update.new.is_zero(),
        None => holds(case.trial.push.before, reference),
    }
}

fn holds(refs: &Refs, reference: &str) -> bool {
    let branch = reference.strip_prefix("refs/heads/");
    let tag = reference.strip_prefix("refs/tags/");
    branch.is_some_and(|name| refs.branches.contains_key(name))
        || tag.is_some_and(|name| refs.tags.contains_key(name))
}

/// Push the same object under another name, and take this one away where it is on the server.
fn rename(case: &RefCase<'_>, right: &str) -> Fix {
    let (Named::Branch(name) | Named::Tag(name)) = case.named;
    let (name, right) = (quote(name), quote(right));
    let (local, folder) = match case.named {
        Named::Branch(_) => (format!("git branch -m {name} {right}"), "heads"),
        Named::Tag(_) => (format!("git tag {right} {}", quote(&format!("{name}^{{}}"))), "tags"),
    };
    let delete = match case.named {
        Named::Branch(_) => None,
        Named::Tag(_) => Some(format!("git tag -d {name}")),
    };
    let push = format!("git push origin {right}");
    let refused: Vec<String> = [local.clone()].into_iter().chain(delete).chain([push]).collect();
    let admitted = [local, format!("git push origin {right} :refs/{folder}/{name}")];
    Fix { refused: refused.join("\n"), admitted: admitted.join("\n") }
}

/// What the pusher reads is about the repository: it is told with each release until HEAD is there.
fn head_missing(case: &super::case::TagCase<'_>) -> Answer {
    let refs = case.trial.view.refs();
    if refs.head.is_some() || !case.is_version() {
        return Ok(None);
    }
    let branch = refs.head_branch.as_deref().unwrap_or("main");
    let summary = format!("HEAD of the repository names branch {branch:?}, which does not exist");
    let consumer = "modules without tags: no matching versions for query \"latest\"".to_owned();
    let fix = Fix::same(&[
        format!("git push origin HEAD:refs/heads/{}", quote(branch)),
        "# or let the host use another default branch".to_owned(),
    ]);
    Ok(Some(Found::new(summary, consumer, fix)))
}
