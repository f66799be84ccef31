//! What git is about to push: `--pre-push`.
//!
//! git writes to the hook, for each ref, `LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID`: what it takes the value from (which
//! may be any expression), the value, the name on the other side, and what that side has there now. Deletions are passed
//! over: no ledger is here to say what may go. For the rest the other side is told from what is known of it: its branches,
//! and the tags that are here and not among the pushed ones.

use anyhow::Context;
use modgate_common::intake::{Content, Site};
use modgate_common::ledger::{State, Testimony};
use modgate_common::modzip::{CleanTrees, Limits};
use modgate_common::objects::{Kind, Objects, Refs, Tag};
use modgate_common::rules::{RefUpdate, holds_release, names_to_judge, updates};

use crate::admin::place::Place;

/// The updates of branches and tags; nothing where none of them is to be judged.
///
/// # Errors
/// When this is not what git writes.
pub(super) fn parse(input: &[u8]) -> anyhow::Result<Vec<RefUpdate>> {
    let mut lines = String::new();
    for line in String::from_utf8_lossy(input).lines().filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.rsplitn(4, ' ').collect();
        let [old, name, new, _] = words[..] else {
            anyhow::bail!("no line of a pre-push hook: {line:?}");
        };
        lines.push_str(&format!("{old} {new} {name}\n"));
    }
    let updates = updates::parse(lines.as_bytes())
        .context("git push --no-verify goes on without this check")?;
    let updates: Vec<RefUpdate> =
        updates.into_iter().filter(|update| !update.new.is_zero()).collect();
    let is_judged = holds_release(&updates) || !names_to_judge(&updates).is_empty();
    Ok(if is_judged { updates } else { Vec::new() })
}

/// The refs of the other side before the push, as far as they are known here, and its versions that would change.
///
/// # Errors
/// When the repository cannot be read.
pub(super) fn other_side(
    place: &Place,
    mut refs: Refs,
    updates: &[RefUpdate],
) -> anyhow::Result<(Refs, Testimony)> {
    refs.branches = place.git.remote_branches()?.into_iter().collect();
    let (limits, clean) = (Limits::default(), CleanTrees::default());
    let site = Site {
        repository: &place.name,
        code_root: &place.code_root,
        objects: &place.git,
        limits: &limits,
        clean: &clean,
    };
    let mut testimony = Testimony::default();
    for update in updates {
        let Some(name) = update.tag() else { continue };
        refs.tags.remove(name);
        // What was there may never have been fetched: then nothing is known of it.
        let Ok((peeled, kind)) = place.git.peel(update.old) else { continue };
        let tag = Tag { target: update.old, peeled, kind };
        if kind == Kind::Commit {
            let entries = site.entries(name, &tag, Content::Skip)?;
            testimony.entries.extend(entries.into_iter().filter(|e| e.state == State::Accepted));
        }
        refs.tags.insert(name.to_owned(), tag);
    }
    testimony.has_releases = refs
        .tags
        .keys()
        .any(|tag| !modgate_common::tags::releases(&place.code_root, tag).is_empty());
    Ok((refs, testimony))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_is_read_and_deletions_are_passed_over() {
        let (zero, one) = ("0".repeat(40), "1".repeat(40));
        let input = format!(
            "refs/tags/v1.0.0 {one} refs/tags/v1.0.0 {zero}\n\
             (delete) {zero} refs/tags/v0.9.0 {one}\n\
             :/a fix {one} refs/heads/main {zero}\n"
        );
        let updates = parse(input.as_bytes()).unwrap();
        let names: Vec<&str> = updates.iter().map(|update| update.name.as_str()).collect();
        assert_eq!(names, ["refs/tags/v1.0.0", "refs/heads/main"]);
        assert!(updates.iter().all(|update| update.old.is_zero() && !update.new.is_zero()));
    }

    #[test]
    fn a_push_without_anything_to_judge_is_no_work() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let branch = format!("refs/heads/main {two} refs/heads/main {one}\n");
        assert_eq!(parse(branch.as_bytes()).unwrap(), []);
        assert_eq!(parse(b"").unwrap(), []);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(parse(b"what is this\n").is_err());
        let (zero, one) = ("0".repeat(64), "1".repeat(64));
        let tag = format!("refs/tags/v1.0.0 {one} refs/tags/v1.0.0 {zero}\n");
        let error = format!("{:#}", parse(tag.as_bytes()).unwrap_err());
        assert!(error.contains("SHA-256") && error.contains("--no-verify"), "{error}");
        let branch = format!("refs/heads/main {one} refs/heads/main {zero}\n");
        assert_eq!(parse(branch.as_bytes()).unwrap(), []);
    }
}
