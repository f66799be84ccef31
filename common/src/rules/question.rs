//! What the ledger must be asked before a push is judged.

use std::collections::BTreeSet;

use crate::gomod::{self, Require};
use crate::ledger::Question;
use crate::objects::{Fault, Kind, ObjectId, Objects, lookup};
use crate::tags::{Release, join, looks_like_release, releases, split};

use super::RefUpdate;
use super::case::is_version;
use super::trial::is_file;

/// Whether the push creates, moves or deletes a tag that looks like a release. Pushes without one are none of
/// our business: they need no ledger, and no error of ours may stop them.
pub fn holds_release(updates: &[RefUpdate]) -> bool {
    updates.iter().filter_map(RefUpdate::tag).any(looks_like_release)
}

/// The refs that decide about the names in a push without a release: those that it creates, and those that
/// could stand in their way. Nothing where the push creates none.
pub fn names_to_judge(updates: &[RefUpdate]) -> Vec<String> {
    let created = updates.iter().filter(|update| update.old.is_zero() && !update.new.is_zero());
    let twins = created.filter_map(|update| {
        let other = match (update.branch(), update.tag()) {
            (Some(branch), _) => format!("refs/tags/{branch}"),
            (None, Some(tag)) => format!("refs/heads/{tag}"),
            (None, None) => return None,
        };
        Some([update.name.clone(), other])
    });
    twins.flatten().collect()
}

/// The question for the ledger: the tags, the versions that they would release, those that they would release
/// elsewhere if this were a fork, and those that they require of this host. Reads the go.mod files of the tagged commits.
///
/// # Errors
/// When the repository cannot be read.
pub fn question(
    repository: &str,
    code_root: &str,
    objects: &dyn Objects,
    updates: &[RefUpdate],
) -> Result<Question, Fault> {
    let mut tags = Vec::new();
    let mut versions = BTreeSet::new();
    let mut modules = BTreeSet::new();
    let mut bases = Vec::new();
    let mut required = BTreeSet::new();
    for update in updates {
        let Some(tag) = update.tag().filter(|tag| is_version(split(tag).1)) else { continue };
        tags.push(tag.to_owned());
        let named = releases(code_root, tag);
        for Release { module, version } in &named {
            versions.insert((module.path.clone(), version.clone()));
            modules.insert(module.path.clone());
            if !update.old.is_zero() {
                bases.push((module.path.clone(), version.clone()));
            }
        }
        let (prefix, base) = split(tag);
        modules.insert(join(code_root, prefix));
        for (path, requirements) in declared(objects, update.new, prefix, &named)? {
            if !path.is_empty() {
                versions.insert((path.clone(), base.to_owned()));
                modules.insert(path);
            }
            let is_here = |require: &&Require| host(&require.path) == host(code_root);
            let here = requirements.iter().filter(is_here);
            required.extend(here.map(|require| (require.path.clone(), require.version.clone())));
        }
    }
    let (versions, modules) = (versions.into_iter().collect(), modules.into_iter().collect());
    let required = required.into_iter().collect();
    Ok(Question { repository: repository.to_owned(), tags, versions, modules, bases, required })
}

/// The first element of a module path: all modules of a host have the same.
fn host(path: &str) -> &str {
    path.split_once('/').map_or(path, |(host, _)| host)
}

/// What the go.mod files declare and require which could be the tag's.
fn declared(
    objects: &dyn Objects,
    target: ObjectId,
    prefix: &str,
    named: &[Release],
) -> Result<Vec<(String, Vec<Require>)>, Fault> {
    if target.is_zero() {
        return Ok(Vec::new());
    }
    let (peeled, kind) = objects.peel(target)?;
    if kind != Kind::Commit {
        return Ok(Vec::new());
    }
    let tree = objects.commit(peeled)?.tree;
    let majors = named.iter().filter_map(|release| release.module.major_dir());
    let directories: BTreeSet<String> = majors.chain([prefix.to_owned()]).collect();
    let mut files = Vec::new();
    for directory in directories {
        let entry = lookup(objects, tree, &join(&directory, "go.mod"))?.filter(is_file);
        let Some(entry) = entry else { continue };
        if objects.blob_size(entry.id)? <= MAX_GO_MOD {
            let text = objects.blob(entry.id)?;
            let file = gomod::parse_lax(&text).unwrap_or_default();
            let declared = file.module.map(|module| module.path);
            let path = declared.unwrap_or_else(|| gomod::module_line(&text));
            files.push((path, file.require));
        }
    }
    Ok(files)
}

/// A go.mod beyond `MaxGoMod` makes no release, so nobody needs to know whose it is.
const MAX_GO_MOD: u64 = 16 << 20;
