//! Modules below the directory of another one: what one of them loses, and what both have.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::modzip::Plan;
use crate::objects::{Fault, Kind, Mode, ObjectId, TreeEntry};
use crate::rules::advice::{Fix, quote};
use crate::rules::case::{Found, GoMod, ReleaseCase, is_version};
use crate::rules::files::more;
use crate::rules::module_files::{directory, is_hidden, is_of_package};
use crate::rules::siblings::{Siblings, module};
use crate::rules::trial::{Trial, is_file};
use crate::tags::join;
use crate::version;

type Answer = Result<Option<Found>, Fault>;

/// `nested-gomod-case`.
pub(super) fn gomod_case(case: &ReleaseCase<'_>) -> Answer {
    let Some((_, plan)) = case.usable else { return Ok(None) };
    let odd = &plan.dropped.odd_modules;
    let Some(first) = odd.first.first() else { return Ok(None) };
    let path = case.path_of(first);
    let folder = case.path_of(directory(first));
    let summary =
        format!("{path:?} makes a module of {folder:?}: it is left out{}", more(odd.count));
    let consumer = format!("the directory {folder:?} is missing from the module");
    let commands = [
        format!("# if {} is meant to be a module:", quote(&folder)),
        format!("git mv -- {} {}", quote(&path), quote(&join(&folder, "go.mod"))),
        "# or remove the file".to_owned(),
    ];
    let fix = Fix::mend(case.tag, &commands, "rename go.mod");
    Ok(Some(Found::new(summary, consumer, fix).in_file(&path, None)))
}

/// `nested-module-hides-package`.
pub(super) fn hides_package(case: &ReleaseCase<'_>) -> Answer {
    let (Some(_), Some(commit)) = (case.usable, &case.tag.commit) else { return Ok(None) };
    let trial = case.tag.trial;
    let siblings = Siblings::of(case.tag);
    let end = siblings.all().partition_point(|v| version::compare(v, case.tag.base).is_lt());
    let before = siblings.all()[..end].last().filter(|_| is_version(case.tag.base));
    let Some(before) = before else { return Ok(None) };
    let Some(old) = tree_of(trial, &join(case.tag.prefix, before))? else { return Ok(None) };
    let hidden = newly_hidden(case, old, commit.tree)?;
    let Some((first, package)) = hidden.first() else { return Ok(None) };
    let folder = case.path_of(first);
    let summary = format!(
        "{folder:?} has a go.mod now: its packages, part of {before}, are left out{}",
        more(hidden.len())
    );
    let consumer = format!(
        "module {}@{} found, but does not contain package {}/{package}",
        case.path(),
        case.release.version,
        case.path()
    );
    let tag = join(&folder, "v0.1.0");
    let fix = Fix::same(&[
        format!("# release {} too, and let each of the two require the other:", quote(&folder)),
        format!("git tag {0} && git push origin {0}", quote(&tag)),
        format!("# or remove {}", quote(&join(&folder, "go.mod"))),
    ]);
    Ok(Some(Found::new(summary, consumer, fix).in_file(&join(&folder, "go.mod"), None)))
}

/// The directories with packages of the module in the old commit that are modules now and were never released, and a
/// package of each.
fn newly_hidden(
    case: &ReleaseCase<'_>,
    old: ObjectId,
    new: ObjectId,
) -> Result<Vec<(String, String)>, Fault> {
    let trial = case.tag.trial;
    let mut hidden = Vec::new();
    let own = |root| trial.directory(root, case.directory());
    let (Some(old_tree), Some(new_tree)) = (own(old)?, own(new)?) else { return Ok(hidden) };
    for (path, tree) in new_modules(trial, old_tree, new_tree)? {
        let is_released = !trial.versions(&case.path_of(&path)).is_empty();
        if !is_released && let Some(package) = packages(trial, tree)?.first() {
            let package = below(&path, package);
            hidden.push((path, package));
        }
    }
    // Where the module moved, the directories of the old commit are other ones.
    let declared = |root| -> Result<Option<String>, Fault> {
        let go_mod = GoMod::read(trial, root, case.directory())?;
        Ok(go_mod.and_then(|go_mod| go_mod.declared().map(|(path, _)| path.to_owned())))
    };
    if !hidden.is_empty() && declared(old)? != declared(new)? {
        hidden.clear();
    }
    Ok(hidden)
}

fn tree_of(trial: &Trial<'_>, tag: &str) -> Result<Option<ObjectId>, Fault> {
    match trial.view.refs().tags.get(tag) {
        Some(tag) if tag.kind == Kind::Commit => {
            Ok(Some(trial.push.objects.commit(tag.peeled)?.tree))
        }
        _ => Ok(None),
    }
}

/// Whether the entry makes a module of its directory (Z4.3).
fn is_go_mod(entry: &TreeEntry) -> bool {
    entry.mode == Mode::File && entry.name.eq_ignore_ascii_case(b"go.mod")
}

/// Directories that are modules in the new tree and were none in the old one, with what they were then. What did not
/// change is not looked at.
fn new_modules(
    trial: &Trial<'_>,
    old: ObjectId,
    new: ObjectId,
) -> Result<Vec<(String, ObjectId)>, Fault> {
    let objects = trial.push.objects;
    let mut found = Vec::new();
    let mut left = trial.push.limits.entries;
    let mut pairs = vec![(String::new(), objects.tree(old)?, objects.tree(new)?)];
    while let Some((path, old, new)) = pairs.pop() {
        for entry in new.iter().filter(|entry| entry.mode == Mode::Tree) {
            let Ok(name) = std::str::from_utf8(&entry.name) else { continue };
            let was = old.iter().find(|o| o.name == entry.name && o.mode == Mode::Tree);
            let Some(was) = was.filter(|was| was.id != entry.id && !is_hidden(name)) else {
                continue;
            };
            let (old, new) = (objects.tree(was.id)?, objects.tree(entry.id)?);
            left = left.saturating_sub(old.len() + new.len());
            if left == 0 {
                return Ok(found);
            }
            let path = join(&path, name);
            match (old.iter().any(is_go_mod), new.iter().any(is_go_mod)) {
                (false, true) => found.push((path, was.id)),
                (false, false) => pairs.push((path, old, new)),
                (true, _) => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The directories below a tree that others may import packages from, without those of other modules; empty for
/// the tree itself.
fn packages(trial: &Trial<'_>, tree: ObjectId) -> Result<BTreeSet<String>, Fault> {
    let mut modules = BTreeSet::new();
    let mut found = BTreeSet::new();
    trial.walk(tree, |folder, entry| {
        if is_go_mod(entry) && !folder.is_empty() {
            modules.insert(folder.to_owned());
        }
        let path = join(folder, &String::from_utf8_lossy(&entry.name));
        if is_file(entry) && is_of_package(&path) && is_importable(folder) {
            found.insert(folder.to_owned());
        }
        true
    })?;
    let is_foreign = |folder: &String| modules.iter().any(|module| is_below(folder, module));
    found.retain(|folder| !is_foreign(folder));
    Ok(found)
}

/// A path below another one, or that itself.
fn below(path: &str, inside: &str) -> String {
    if inside.is_empty() { path.to_owned() } else { join(path, inside) }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_importable(folder: &str) -> bool {
    !folder.split('/').any(|element| element == "internal")
}

/// `nested-module-ambiguous`.
pub(super) fn ambiguous(case: &ReleaseCase<'_>) -> Answer {
    let Some((_, plan)) = case.usable else { return Ok(None) };
    let trial = case.tag.trial;
    let code_root = trial.push.code_root;
    let inside = case.path().strip_prefix(code_root).and_then(|rest| rest.strip_prefix('/'));
    let Some(inside) = inside else { return Ok(None) };
    let mut around = inside;
    while !around.is_empty() {
        around = directory(around);
        let Some(highest) = highest(trial, around) else { continue };
        let theirs = overlap(trial, around, &highest, inside)?;
        let Some(package) = theirs.iter().find(|package| holds(plan, package)) else { continue };
        let other = below(code_root, around);
        let package = below(case.path(), package);
        let summary =
            format!("package {package} is part of {other}@{highest} too, its highest release");
        let consumer = format!("ambiguous import: found package {package} in multiple modules");
        let tag = crate::rules::advice::next_tag(trial, around, version::major(&highest));
        let fix = Fix::same(&[
            format!("# release {other} without the directory:"),
            format!("git tag {0} && git push origin {0}", quote(&tag)),
        ]);
        return Ok(Some(Found::new(summary, consumer, fix)));
    }
    Ok(None)
}

/// The highest release of the v0 and v1 module in a directory.
fn highest(trial: &Trial<'_>, folder: &str) -> Option<String> {
    let versions = trial.versions(folder);
    let end = versions.partition_point(|v| version::compare(module(v), "v2").is_lt());
    let of_module = &versions[..end];
    let release = of_module.iter().rfind(|v| version::prerelease(v).is_empty());
    release.or_else(|| of_module.last()).cloned()
}

/// The packages that the highest release of the module in directory `around` has in the directory `inside`,
/// relative to that.
fn overlap(
    trial: &Trial<'_>,
    around: &str,
    highest: &str,
    inside: &str,
) -> Result<Rc<Vec<String>>, Fault> {
    let key = (around.to_owned(), inside.to_owned());
    if let Some(known) = trial.overlaps.borrow().get(&key) {
        return Ok(Rc::clone(known));
    }
    let found = match own_directory(trial, around, highest, inside)? {
        Some(tree) => packages(trial, tree)?.into_iter().collect(),
        None => Vec::new(),
    };
    let found = Rc::new(found);
    trial.overlaps.borrow_mut().insert(key, Rc::clone(&found));
    Ok(found)
}

/// The tree of a directory at that release, if it is the module's own.
fn own_directory(
    trial: &Trial<'_>,
    around: &str,
    highest: &str,
    inside: &str,
) -> Result<Option<ObjectId>, Fault> {
    let Some(root) = tree_of(trial, &join(around, highest))? else { return Ok(None) };
    let Some(mut tree) = trial.directory(root, around)? else { return Ok(None) };
    let below = inside.strip_prefix(around).unwrap_or(inside).trim_start_matches('/');
    for element in below.split('/') {
        if is_hidden(element) || element == "internal" {
            return Ok(None);
        }
        let Some(next) = trial.directory(tree, element)? else { return Ok(None) };
        if trial.push.objects.tree(next)?.iter().any(is_go_mod) {
            return Ok(None);
        }
        tree = next;
    }
    Ok(Some(tree))
}

/// Whether the zip has a package in this directory.
fn holds(plan: &Plan, folder: &str) -> bool {
    plan.files.iter().any(|file| directory(&file.path) == folder && is_of_package(&file.path))
}
