//! Files that are dropped or changed on the way into the zip, and what needs them (20.7).
//!
//! All of it is about versions that can be fetched: the planner says what it left out, the heads of Go files say
//! what is needed. What a consumer could not compile is refused only where no build constraint may keep it out.

use crate::modzip::Plan;
use crate::objects::Fault;
use crate::policy::Level;

use super::advice::Fix;
use super::case::{Found, ReleaseCase};
use super::files::more;
use super::module_files::is_of_package;
use super::table::{Check, Family, Rule};

mod attributes;
mod embed;
mod links;
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
        check: Check::Release(links::symlink_dropped),
    },
    Rule {
        id: "gitlink-dropped",
        default: Level::Warn,
        summary: "a submodule, which is in no module",
        consumer: "Its files are missing.",
        advice: "Put the files themselves in its place.",
        hides: &[],
        check: Check::Release(links::gitlink_dropped),
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
        check: Check::Release(attributes::change_content),
    },
    Rule {
        id: "attributes-break-archive",
        default: Level::Reject,
        summary: "a file with the attribute working-tree-encoding and no value",
        consumer: "fatal: true/false are no valid working-tree-encodings",
        advice: "Give it a value, or take it away.",
        hides: &[],
        check: Check::Release(attributes::break_archive),
    },
    Rule {
        id: "export-ignore-ignored",
        default: Level::Info,
        summary: "export-ignore or export-subst in .gitattributes, which the go command overrules",
        consumer: "The files stay in the module, and nothing is substituted.",
        advice: "Nothing, if it is for other archives.",
        hides: &[],
        check: Check::Release(attributes::export_ignored),
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
fn each<T>(paths: impl Iterator<Item = T>, command: impl Fn(T) -> Vec<String>) -> Vec<String> {
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

fn no_go_files(case: &ReleaseCase<'_>) -> Answer {
    /// No more module directories than these are listed.
    const MAX: usize = 10;
    let Some(plan) = plan(case) else { return Ok(None) };
    if plan.has_go() {
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
