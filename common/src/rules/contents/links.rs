//! Symbolic links and submodules, which are in no module, and what a package would lack without them.

use crate::modzip::Plan;
use crate::objects::{Fault, Mode, ObjectId};
use crate::policy::Level;
use crate::rules::advice::{Fix, quote};
use crate::rules::case::{Found, ReleaseCase};
use crate::rules::files::more;
use crate::rules::module_files::{directory, is_of_package, link_target};

use super::{Answer, each, embed, plan};

/// What a package would lack without a link.
enum Need {
    /// The package in this directory is compiled from it.
    File,
    /// Packages of the module import what lies behind it.
    Package(String),
}

/// `symlink-dropped`.
pub(super) fn symlink_dropped(case: &ReleaseCase<'_>) -> Answer {
    let Some(plan) = plan(case) else { return Ok(None) };
    if plan.dropped.links.count == 0 {
        return Ok(None);
    }
    let told = embed::told(case)?;
    let is_told = |link: &String| told.contains(link);
    let links: Vec<_> = plan.dropped.links.first.iter().filter(|(l, _)| !is_told(l)).collect();
    let Some((first, _)) = links.first() else { return Ok(None) };
    let count = plan.dropped.links.count - (plan.dropped.links.first.len() - links.len());
    let mut found = (first, None);
    for (link, id) in &links {
        if let Some(need) = needed(case, plan, link, *id)? {
            found = (link, Some(need));
            break;
        }
    }
    let (link, need) = found;
    let path = case.path_of(link);
    let what = format!("{path:?} is a symbolic link, which is left out of the module");
    let summary = format!("{what}{}", more(count));
    let consumer = match &need {
        Some(Need::File) => format!("the package in {:?} lacks {link:?}", directory(link)),
        Some(Need::Package(package)) => format!(
            "module {}@{} found, but does not contain package {package}",
            case.path(),
            case.release.version
        ),
        None => "the file is missing from the module".to_owned(),
    };
    let others = links.iter().map(|(other, _)| other).filter(|other| *other != link);
    let all: Vec<String> = [link].into_iter().chain(others).map(|l| case.path_of(l)).collect();
    let copyable = all.iter().map(|path| leads_somewhere(case, path));
    let copyable = copyable.collect::<Result<Vec<bool>, Fault>>()?;
    let all: Vec<(&str, bool)> = all.iter().map(String::as_str).zip(copyable).collect();
    let commands = each(all.into_iter(), |(path, copyable)| replace(path, copyable));
    let fix = Fix::mend(case.tag, &commands, "replace links by copies");
    let level = if need.is_some() { Level::Reject } else { Level::Warn };
    Ok(Some(Found::new(summary, consumer, fix).at_level(level).in_file(&path, None)))
}

/// Whether a link can be replaced by a copy: not where it leads to nothing, in a circle, or to a directory around it.
/// What lies outside of the repository may be there.
pub(super) fn leads_somewhere(case: &ReleaseCase<'_>, link: &str) -> Result<bool, Fault> {
    let (trial, Some(commit)) = (case.tag.trial, &case.tag.commit) else { return Ok(true) };
    let objects = trial.push.objects;
    let mut path = link.to_owned();
    for _ in 0..MAX_LINKS {
        let is_around = path.is_empty() || link.starts_with(&format!("{path}/"));
        let Some(entry) = trial.entry(commit.tree, &path)?.filter(|_| !is_around) else {
            return Ok(false);
        };
        if entry.mode != Mode::Link {
            return Ok(true);
        }
        if objects.blob_size(entry.id)? > 4096 {
            return Ok(false);
        }
        let target = String::from_utf8_lossy(&objects.blob(entry.id)?).into_owned();
        match link_target(&path, &target) {
            Some(target) => path = target,
            None => return Ok(true),
        }
    }
    Ok(false)
}

/// Commands that put a copy in place of a link, or take away one that leads nowhere.
pub(super) fn replace(path: &str, copyable: bool) -> Vec<String> {
    if !copyable {
        return vec![format!("git rm -q -- {}", quote(path))];
    }
    let (path, aside) = (quote(path), quote(&format!("{path}.copy")));
    vec![
        format!("cp -RL -- {path} {aside} && rm -- {path} && mv -- {aside} {path}"),
        format!("git add -- {path}"),
    ]
}

/// How many links are followed after one another.
const MAX_LINKS: usize = 8;

/// What a consumer's build would lack without this link.
fn needed(
    case: &ReleaseCase<'_>,
    plan: &Plan,
    link: &str,
    id: ObjectId,
) -> Result<Option<Need>, Fault> {
    let (trial, Some(commit)) = (case.tag.trial, &case.tag.commit) else { return Ok(None) };
    let objects = trial.push.objects;
    let (mut path, mut id) = (case.path_of(link), id);
    for _ in 0..MAX_LINKS {
        // Longer ones lead nowhere on any system.
        if objects.blob_size(id)? > 4096 {
            return Ok(None);
        }
        let target = String::from_utf8_lossy(&objects.blob(id)?).into_owned();
        let Some(target) = link_target(&path, &target) else { return Ok(None) };
        let Some(entry) = trial.entry(commit.tree, &target)? else { return Ok(None) };
        match entry.mode {
            Mode::Link => (path, id) = (target, entry.id),
            Mode::File if is_of_package(link) => {
                let file = trial.blobs.go_file(trial.push, entry.id)?;
                let source = &file.source;
                let is_compiled = !source.package.is_empty() && !source.is_conditional;
                return Ok(is_compiled.then_some(Need::File));
            }
            Mode::Tree => return imported(case, plan, link),
            Mode::File | Mode::Gitlink => return Ok(None),
        }
    }
    Ok(None)
}

/// The package at or below this directory that some package of the module imports.
fn imported(case: &ReleaseCase<'_>, plan: &Plan, link: &str) -> Result<Option<Need>, Fault> {
    let trial = case.tag.trial;
    let wanted = format!("{}/{link}", case.path());
    let is_meant = |import: &&String| {
        import.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    for file in plan.files.iter().filter(|file| is_of_package(&file.path)) {
        let file = trial.blobs.go_file(trial.push, file.id)?;
        if !file.source.is_conditional
            && let Some(package) = file.source.imports.iter().find(is_meant)
        {
            return Ok(Some(Need::Package(package.clone())));
        }
    }
    Ok(None)
}

/// `gitlink-dropped`.
pub(super) fn gitlink_dropped(case: &ReleaseCase<'_>) -> Answer {
    let Some(plan) = plan(case) else { return Ok(None) };
    let submodules = &plan.dropped.submodules;
    let Some(first) = submodules.first.first() else { return Ok(None) };
    let path = case.path_of(first);
    let summary = format!(
        "{path:?} is a submodule of git, which is left out of the module{}",
        more(submodules.count)
    );
    let all: Vec<String> = submodules.first.iter().map(|path| case.path_of(path)).collect();
    let commands = each(all.iter().map(String::as_str), |path| {
        let path = quote(path);
        vec![format!("git rm -q --cached -- {path} && rm -rf -- {path}/.git && git add -- {path}")]
    });
    let fix = Fix::mend(case.tag, &commands, "replace submodules by their files")
        .with(&["or nothing, if no package needs the files".to_owned()]);
    let consumer = "its files are missing from the module".to_owned();
    Ok(Some(Found::new(summary, consumer, fix).in_file(&path, None)))
}
