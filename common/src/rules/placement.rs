//! Whether go.mod is where the tag says (20.4).

use crate::objects::Fault;
use crate::policy::Level;
use crate::tags::join;
use crate::version;

use super::advice::{Fix, edit, quote};
use super::case::{Effect, Found, ReleaseCase};
use super::table::{Check, Family, Rule};
use super::trial::is_file;

mod directories;
mod file;

/// This family.
pub(super) const FAMILY: Family = Family { title: "Where go.mod is", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "gomod-missing",
        default: Level::Warn,
        summary: "no go.mod in the root (info where the release before had none either)",
        consumer: "v0 and v1: a module without requirements. From v2 on: only v2.0.0+incompatible.",
        advice: "go mod init",
        hides: &[],
        check: Check::Release(gomod_missing),
    },
    Rule {
        id: "gomod-removed",
        default: Level::Reject,
        summary: "no go.mod in the root, but the release before had one",
        consumer: "Requirements and retractions vanish, and old tags from v2 on come back as +incompatible.",
        advice: "Restore go.mod.",
        hides: &["gomod-missing", "no-go-files"],
        check: Check::Release(gomod_removed),
    },
    Rule {
        id: "gomod-missing-submodule",
        default: Level::Reject,
        summary: "a tag for a directory with Go files and no go.mod (warn where only directories below it have some)",
        consumer: "missing M/sub/go.mod at revision sub/v1.0.0",
        advice: "Add a go.mod to the directory, or leave the tag away.",
        hides: &["tag-prefix-unknown-dir"],
        check: Check::Release(gomod_missing_submodule),
    },
    Rule {
        id: "module-dir-unaddressable",
        default: Level::Warn,
        summary: "a go.mod in a directory that no module path or no tag can name (rejected where the tag is for it)",
        consumer: "malformed module path \"M/a+b\": invalid char '+'",
        advice: "Rename the directory.",
        hides: &["module-path-invalid"],
        check: Check::Tag(directories::unaddressable),
    },
    Rule {
        id: "gomod-not-regular",
        default: Level::Reject,
        summary: "a go.mod that is a symbolic link, a submodule or a directory (warn where the version can be used all the same)",
        consumer: "go.mod is missing module path, or read go.mod: is a directory",
        advice: "Put a regular file in its place.",
        hides: &[
            "gomod-missing",
            "gomod-missing-submodule",
            "gomod-strict",
            "go-directive-missing",
            "symlink-dropped",
        ],
        check: Check::Release(file::not_regular),
    },
    Rule {
        id: "gomod-wrong-case",
        default: Level::Reject,
        summary: "a Go.mod or GO.MOD in the root of the module",
        consumer: "create zip: Go.mod: go.mod files must have lowercase names",
        advice: "Rename it to go.mod.",
        hides: &["gomod-missing", "gomod-missing-submodule"],
        check: Check::Release(file::wrong_case),
    },
    Rule {
        id: "gomod-too-large",
        default: Level::Reject,
        summary: "a go.mod of more than 16 MiB",
        consumer: "create zip: go.mod: go.mod file too large (max size is 16777216 bytes)",
        advice: "Make it smaller.",
        hides: &[],
        check: Check::Release(file::too_large),
    },
    Rule {
        id: "gomod-eol-conversion",
        default: Level::Warn,
        summary: "attributes that change go.mod in the zip",
        consumer: "There are two go.mod files with two sums: one by itself, another in the zip.",
        advice: "Write go.mod -text into .gitattributes.",
        hides: &[],
        check: Check::Release(file::eol_conversion),
    },
];

type Answer = Result<Option<Found>, Fault>;

/// `gomod-missing`.
pub(super) fn gomod_missing(case: &ReleaseCase<'_>) -> Answer {
    if !lacks_root_go_mod(case) {
        return Ok(None);
    }
    let code_root = case.tag.trial.push.code_root;
    let major = version::major(case.tag.base);
    let (summary, consumer, module) = if matches!(major, "v0" | "v1") {
        let consumer = format!("{code_root} is a module without requirements");
        ("the commit has no go.mod".to_owned(), consumer, case.path().to_owned())
    } else {
        let module = format!("{code_root}/{major}");
        let consumer = format!(
            "only {}@{}; {module}: missing {code_root}/go.mod and .../{major}/go.mod at revision {}",
            case.path(),
            case.release.version,
            case.tag.tag
        );
        (format!("the commit has no go.mod, and no {major}/go.mod"), consumer, module)
    };
    let commands = [
        format!("go mod init {}", quote(&module)),
        "go mod tidy".to_owned(),
        "git add go.*".to_owned(),
    ];
    let fix = Fix::mend(case.tag, &commands, "add go.mod");
    let level = if before_lacked_it_too(case)? { Level::Info } else { Level::Warn };
    Ok(Some(Found::new(summary, consumer, fix).at_level(level)))
}

/// Whether the release before this one, of the same major, had no go.mod in the root either.
fn before_lacked_it_too(case: &ReleaseCase<'_>) -> Result<bool, Fault> {
    let trial = case.tag.trial;
    let before = trial.version_before("", case.tag.base);
    let same_major = |v: &String| version::major(v) == version::major(case.tag.base);
    match before.filter(same_major) {
        Some(before) => Ok(!trial.tag_has_file(&before, "go.mod")?),
        None => Ok(false),
    }
}

/// `gomod-removed`. Across majors only what this commit's history had was removed: a v2 line that never had a
/// go.mod may well be older than the last v1 release, and the go command uses it without complaint. A go.mod that made
/// its own version useless is no loss, and a root that was split into modules has nothing left to import.
pub(super) fn gomod_removed(case: &ReleaseCase<'_>) -> Answer {
    if !lacks_root_go_mod(case) {
        return Ok(None);
    }
    let trial = case.tag.trial;
    let Some(before) = trial.version_before("", case.tag.base) else { return Ok(None) };
    if !trial.has_right_go_mod(&before)? {
        return Ok(None);
    }
    let same_major = version::major(&before) == version::major(case.tag.base);
    let commit = case.tag.commit.as_ref().map_or(case.tag.target, |commit| commit.id);
    if !same_major && !trial.is_in_history(&before, commit)? {
        return Ok(None);
    }
    let summary = format!("the commit has no go.mod, but {before} had one");
    let consumer =
        "requirements and retractions vanish; old v2+ tags come back as +incompatible".to_owned();
    let commands = [format!("git checkout {before} -- go.mod")];
    let fix = Fix::mend(case.tag, &commands, "restore go.mod");
    let found = Found::new(summary, consumer, fix);
    let is_split = match (case.usable, &case.tag.commit) {
        (Some((_, plan)), Some(commit)) if !plan.has_go() => {
            !trial.module_directories(commit.tree, 1)?.is_empty()
        }
        _ => false,
    };
    Ok(Some(if is_split { found.at_level(Level::Warn) } else { found }))
}

/// Whether neither the root nor the directory of the tag's major has a go.mod (K4).
pub(super) fn lacks_root_go_mod(case: &ReleaseCase<'_>) -> bool {
    case.tag.prefix.is_empty()
        && case.tag.commit.is_some()
        && case.own.is_none()
        && case.other.is_none()
}

/// `gomod-missing-submodule`.
pub(super) fn gomod_missing_submodule(case: &ReleaseCase<'_>) -> Answer {
    if case.tag.prefix.is_empty() || case.own.is_some() || case.other.is_some() {
        return Ok(None);
    }
    let Some(directory) = case.tag.directory()? else { return Ok(None) };
    let entries = case.tag.trial.push.objects.tree(directory)?;
    let is_package = entries.iter().any(|e| is_file(e) && e.name.ends_with(b".go"));
    let summary = format!(
        "tag {:?} releases a module in {:?}, but there is no go.mod",
        case.tag.tag, case.tag.prefix
    );
    let consumer = case.failure(|| format!("missing {}/go.mod", case.path()));
    let file = join(case.tag.prefix, "go.mod");
    let commands = [
        format!(
            "(cd {} && go mod init {} && go mod tidy)",
            quote(case.tag.prefix),
            quote(case.path())
        ),
        format!("git add {}/go.*", quote(case.tag.prefix)),
    ];
    let fix = Fix::mend(case.tag, &commands, &format!("add {file}"))
        .with(&["or leave the tag away: the directory belongs to the module above it".to_owned()]);
    let found = Found::new(summary, consumer, fix).in_file(&file, None);
    Ok(Some(if is_package {
        found.with(Effect::Breaks)
    } else {
        found.at_level(Level::Warn).with(Effect::Dead)
    }))
}

/// The commands that make a go.mod declare this path.
pub(super) fn declare(path: &str, go_mod: &str) -> String {
    edit(&format!("-module={path}"), go_mod)
}
