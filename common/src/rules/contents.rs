//! Files that are dropped or changed on the way into the zip, and what needs them (20.7).
//!
//! All of it is about versions that can be fetched: the planner says what it left out, the heads of Go files say
//! what is needed. What a consumer could not compile is refused only where no build constraint may keep it out.

use crate::attributes::Refusal;
use crate::modzip::{Plan, Refused};
use crate::objects::{Fault, Mode, ObjectId};
use crate::policy::Level;

use super::advice::{Fix, quote};
use super::case::{Effect, Found, ReleaseCase};
use super::files::more;
use super::module_files::{attribute_line, directory, is_of_package, link_target};
use super::table::{Check, Family, Rule};
use super::trial::is_file;

mod embed;
mod nested;

/// This family.
pub(super) const FAMILY: Family = Family { title: "What is in the module", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "symlink-dropped",
        default: Level::Warn,
        summary: "a symbolic link, which is in no module (rejected where a package is compiled from it)",
        consumer: "module M@V found, but does not contain package M/p",
        advice: "Put a copy in its place.",
        hides: &[],
        check: Check::Release(symlink_dropped),
    },
    Rule {
        id: "gitlink-dropped",
        default: Level::Warn,
        summary: "a submodule, which is in no module",
        consumer: "Its files are missing.",
        advice: "Put the files themselves in its place.",
        hides: &[],
        check: Check::Release(gitlink_dropped),
    },
    Rule {
        id: "lfs-pointer",
        default: Level::Warn,
        summary: "a pointer of Git LFS in place of a file (rejected for Go files)",
        consumer: "expected 'package', found version; or the pointer where data should be.",
        advice: "Keep the files of a module out of LFS.",
        hides: &[],
        check: Check::Release(lfs_pointer),
    },
    Rule {
        id: "nested-module-hides-package",
        default: Level::Warn,
        summary: "a directory with packages in the release before, which has a go.mod now and no release of its own",
        consumer: "module M@v1.1.0 found, but does not contain package M/sub",
        advice: "Release M/sub at the same time, and let each require the other.",
        hides: &[],
        check: Check::Release(nested::hides_package),
    },
    Rule {
        id: "nested-module-ambiguous",
        default: Level::Warn,
        summary: "a module whose packages the highest release of the module around it still holds",
        consumer: "ambiguous import: found package M/sub in multiple modules",
        advice: "Release M without it.",
        hides: &[],
        check: Check::Release(nested::ambiguous),
    },
    Rule {
        id: "nested-gomod-case",
        default: Level::Warn,
        summary: "GO.MOD or Go.mod in a directory below the module's",
        consumer: "The directory is missing from the module.",
        advice: "Rename the file.",
        hides: &[],
        check: Check::Release(nested::gomod_case),
    },
    Rule {
        id: "vendor-dropped",
        default: Level::Info,
        summary: "vendored files, which are in no module",
        consumer: "The requirements in go.mod are loaded in their place.",
        advice: "Nothing, if go.mod is complete.",
        hides: &[],
        check: Check::Release(vendor_dropped),
    },
    Rule {
        id: "embed-missing",
        default: Level::Reject,
        summary: "a go:embed pattern that means dropped files only (warn where the commit holds none either)",
        consumer: "pattern tmpl: no matching files found",
        advice: "Commit the files.",
        // The links and vendored files that it tells are left out by their rules, and only those (K8).
        hides: &[],
        check: Check::Release(embed::missing),
    },
    Rule {
        id: "attributes-change-content",
        default: Level::Warn,
        summary: "a file that .gitattributes change in the zip (go.mod has a rule of its own)",
        consumer: "The file differs from the one in the repository.",
        advice: "-text -ident !working-tree-encoding",
        hides: &[],
        check: Check::Release(change_content),
    },
    Rule {
        id: "attributes-break-archive",
        default: Level::Reject,
        summary: "a file with the attribute working-tree-encoding and no value",
        consumer: "fatal: true/false are no valid working-tree-encodings",
        advice: "Give it a value, or take it away.",
        hides: &[],
        check: Check::Release(break_archive),
    },
    Rule {
        id: "export-ignore-ignored",
        default: Level::Info,
        summary: "export-ignore or export-subst in .gitattributes, which the go command overrules",
        consumer: "The files stay in the module, and nothing is substituted.",
        advice: "Nothing, if it is for other archives.",
        hides: &[],
        check: Check::Release(export_ignored),
    },
    Rule {
        id: "no-go-files",
        default: Level::Warn,
        summary: "a module without a Go file",
        consumer: "It can be required, and there is nothing to import.",
        advice: "Tag the directory of the module that is meant.",
        hides: &[],
        check: Check::Release(no_go_files),
    },
];

type Answer = Result<Option<Found>, Fault>;

fn plan<'a>(case: &ReleaseCase<'a>) -> Option<&'a Plan> {
    case.usable.map(|(_, plan)| plan)
}

/// Commands for the first of many, and a remark for the rest.
fn each<'a>(
    paths: impl Iterator<Item = &'a str>,
    command: impl Fn(&str) -> Vec<String>,
) -> Vec<String> {
    const MAX: usize = 4;
    let mut lines = Vec::new();
    let mut rest = 0_usize;
    for (number, path) in paths.enumerate() {
        if number < MAX {
            lines.extend(command(path));
        } else {
            rest += 1;
        }
    }
    if rest > 0 {
        lines.push(format!("# and the same for {rest} more"));
    }
    lines
}

/// What a package would lack without a link.
enum Need {
    /// The package in this directory is compiled from it.
    File,
    /// Packages of the module import what lies behind it.
    Package(String),
}

fn symlink_dropped(case: &ReleaseCase<'_>) -> Answer {
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
    let commands = each(all.iter().map(String::as_str), copy);
    let fix = Fix::mend(case.tag, &commands, "replace links by copies");
    let level = if need.is_some() { Level::Reject } else { Level::Warn };
    Ok(Some(Found::new(summary, consumer, fix).at_level(level).in_file(&path, None)))
}

/// Commands that put a copy in place of a link.
fn copy(path: &str) -> Vec<String> {
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

fn gitlink_dropped(case: &ReleaseCase<'_>) -> Answer {
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

fn lfs_pointer(case: &ReleaseCase<'_>) -> Answer {
    let Some(plan) = plan(case) else { return Ok(None) };
    let (trial, objects) = (case.tag.trial, case.tag.trial.push.objects);
    let mut pointers = Vec::new();
    for file in &plan.files {
        let is_pointer = if is_of_package(&file.path) {
            trial.blobs.go_file(trial.push, file.id)?.is_pointer
        } else {
            trial.blobs.is_pointer(objects, file.id, file.size)?
        };
        if is_pointer {
            pointers.push(file.path.as_str());
        }
    }
    let compiled = pointers.iter().find(|path| is_of_package(path));
    let Some(first) = compiled.or_else(|| pointers.first()) else { return Ok(None) };
    let path = case.path_of(first);
    let summary = format!(
        "{path:?} is kept in Git LFS: the module has a pointer in its place{}",
        more(pointers.len())
    );
    let consumer = match compiled {
        Some(_) => format!("{first}:1:1: expected 'package', found version"),
        None => "the file has the text of the pointer".to_owned(),
    };
    let commands = [
        "git lfs pull".to_owned(),
        "# take filter=lfs from the lines for these files in .gitattributes, then:".to_owned(),
        "git add --renormalize .".to_owned(),
    ];
    let fix = Fix::mend(case.tag, &commands, "keep files out of LFS");
    let level = if compiled.is_some() { Level::Reject } else { Level::Warn };
    Ok(Some(Found::new(summary, consumer, fix).at_level(level).in_file(&path, None)))
}

fn vendor_dropped(case: &ReleaseCase<'_>) -> Answer {
    let Some(plan) = plan(case) else { return Ok(None) };
    let vendored = &plan.dropped.vendored;
    let Some(first) = vendored.first.first() else { return Ok(None) };
    let is_vendored = |path: &String| path.split('/').any(|element| element == "vendor");
    if embed::told(case)?.iter().any(is_vendored) {
        return Ok(None);
    }
    let path = case.path_of(first);
    let summary = format!("{path:?} is vendored: left out of the module{}", more(vendored.count));
    let consumer = "the requirements in go.mod are loaded in their place".to_owned();
    let fix = Fix::same(&["# nothing, if go.mod is complete".to_owned()]);
    Ok(Some(Found::new(summary, consumer, fix).in_file(&path, None)))
}

fn change_content(case: &ReleaseCase<'_>) -> Answer {
    let Some(plan) = plan(case) else { return Ok(None) };
    let altered: Vec<String> = plan
        .files
        .iter()
        .filter(|file| file.is_altered && file.path != "go.mod")
        .map(|file| case.path_of(&file.path))
        .collect();
    let Some(first) = altered.first() else { return Ok(None) };
    let summary =
        format!("{first:?} is changed by .gitattributes in the module{}", more(altered.len()));
    let consumer = "the file differs from the one in the repository".to_owned();
    let commands = each(altered.iter().map(String::as_str), |path| {
        let (folder, name) = crate::tags::split(path);
        let attributes = quote(&crate::tags::join(folder, ".gitattributes"));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        let name = if name.chars().all(is_plain) { format!("/{name}") } else { "*".to_owned() };
        vec![
            format!("echo '{name} -text -ident !working-tree-encoding' >> {attributes}"),
            format!("git add -- {attributes}"),
        ]
    });
    let fix = Fix::mend(case.tag, &commands, "keep files as they are");
    Ok(Some(Found::new(summary, consumer, fix).in_file(first, None)))
}

fn break_archive(case: &ReleaseCase<'_>) -> Answer {
    let refused = case.broken.and_then(|broken| broken.refused.as_ref());
    let Some(Refused::Attributes { path, why: Refusal::BooleanEncoding }) = refused else {
        return Ok(None);
    };
    let path = String::from_utf8_lossy(path).into_owned();
    let summary = format!("{path:?} has the attribute working-tree-encoding without a value");
    let consumer = case.failure(String::new);
    let is_meant = |word: &str| matches!(word, "working-tree-encoding" | "-working-tree-encoding");
    let (file, line) = match attributes_above(case, &path, is_meant)? {
        Some((file, line)) => (file, Some(line)),
        None => (".gitattributes".to_owned(), None),
    };
    let commands = [format!(
        "# write working-tree-encoding=UTF-16 (or what it is) in {}, or leave it away",
        quote(&file)
    )];
    let fix = Fix::mend(case.tag, &commands, "give working-tree-encoding a value");
    let found = Found::new(summary, consumer, fix).in_file(&file, line);
    Ok(Some(found.with(Effect::Breaks)))
}

/// The nearest attribute file above a path that has such a word, and its line.
fn attributes_above(
    case: &ReleaseCase<'_>,
    path: &str,
    is_meant: impl Fn(&str) -> bool,
) -> Result<Option<(String, u32)>, Fault> {
    let trial = case.tag.trial;
    for (file, id) in attribute_files(case, directory(path))? {
        if let Some(line) = attribute_line(trial.push.objects, id, &is_meant)? {
            return Ok(Some((file, line)));
        }
    }
    Ok(None)
}

/// The attribute files in a directory of the commit and above it, near ones first.
fn attribute_files(
    case: &ReleaseCase<'_>,
    mut directory: &str,
) -> Result<Vec<(String, ObjectId)>, Fault> {
    let Some(commit) = &case.tag.commit else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    loop {
        let path = crate::tags::join(directory, ".gitattributes");
        let entry = case.tag.trial.entry(commit.tree, &path)?;
        files.extend(entry.filter(is_file).map(|entry| (path, entry.id)));
        if directory.is_empty() {
            return Ok(files);
        }
        directory = self::directory(directory);
    }
}

fn export_ignored(case: &ReleaseCase<'_>) -> Answer {
    let Some((located, plan)) = case.usable else { return Ok(None) };
    let trial = case.tag.trial;
    let above = match located.directory.as_str() {
        "" => Vec::new(),
        inside => attribute_files(case, directory(inside))?,
    };
    let own = plan.files.iter().filter(|file| {
        file.path.strip_suffix(".gitattributes").is_some_and(|d| d.is_empty() || d.ends_with('/'))
    });
    let own = own.map(|file| (case.path_of(&file.path), file.id));
    for (path, id) in own.chain(above) {
        let Some(line) = trial.blobs.export_line(trial.push.objects, id)? else { continue };
        let summary = format!("{path:?} sets export-ignore or export-subst: not for modules");
        let consumer = "the files stay in the module, and nothing is substituted".to_owned();
        let fix = Fix::same(&["# nothing, if it is for other archives".to_owned()]);
        return Ok(Some(Found::new(summary, consumer, fix).in_file(&path, Some(line))));
    }
    Ok(None)
}

fn no_go_files(case: &ReleaseCase<'_>) -> Answer {
    /// No more module directories than these are listed.
    const MAX: usize = 10;
    let Some(plan) = plan(case) else { return Ok(None) };
    if plan.files.iter().any(|file| file.path.ends_with(".go")) {
        return Ok(None);
    }
    let summary = "the module has no Go file".to_owned();
    let consumer = format!("{} can be required, but there is nothing to import", case.path());
    let mut directories = match &case.tag.commit {
        Some(commit) => case.tag.trial.module_directories(commit.tree, MAX)?,
        None => Vec::new(),
    };
    directories.retain(|directory| directory != case.directory());
    let fix = if directories.is_empty() {
        Fix::after(case.tag, &["# add a package".to_owned()])
    } else {
        Fix::choice(case.tag, &directories)
    };
    Ok(Some(Found::new(summary, consumer, fix)))
}
