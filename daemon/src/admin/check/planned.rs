//! A tag that does not exist yet: `--as TAG [REV]`.

use anyhow::bail;
use modgate_common::io::repo::Repository;
use modgate_common::objects::{ObjectId, Refs};
use modgate_common::rules::{Judgement, RefUpdate};

use super::short;
use crate::admin::place::Place;

/// The push of a tag on this commit. Where the tag is on another commit now, it would be moved.
///
/// # Errors
/// When the name is none for a tag, or the revision names no commit.
pub(super) fn update(
    place: &Place,
    refs: &Refs,
    (tag, revision): (&str, &str),
) -> anyhow::Result<RefUpdate> {
    let tag = short(tag);
    if !Repository::is_tag_name(tag) {
        bail!("{tag:?} cannot be the name of a tag");
    }
    let Some(new) = place.git.revision(revision)? else {
        bail!("{revision:?} names no commit of the repository");
    };
    let old = refs.tags.get(tag).filter(|tag| tag.peeled != new);
    let old = old.map_or(ObjectId::ZERO, |tag| tag.target);
    Ok(RefUpdate { name: format!("refs/tags/{tag}"), old, new })
}

/// Makes the advice fit a tag that nobody has made: there is nothing to delete, and its commit has no other name.
pub(super) fn adapt(judgements: &mut [Judgement], commit: ObjectId) {
    for judgement in judgements {
        let peeled = format!("{}^{{}}", judgement.subject.name());
        let peeled = format!("'{}'", peeled.replace('\'', r"'\''"));
        for finding in &mut judgement.findings {
            let lines = finding.fix.lines().filter(|line| !line.starts_with("git tag -d "));
            let lines = lines.map(|line| line.replace(&peeled, &commit.to_string()));
            finding.fix = lines.collect::<Vec<_>>().join("\n");
        }
    }
}
