//! Files that make the zip impossible, its size, and its licence (20.7).
//!
//! What is wrong the planner says ([`Refused`]); each problem belongs to one rule only, so that none of them has to
//! hide another one (K8). Many problems of one kind make one finding, about the first.

use crate::module::{PathError, Reason as NameReason, check_file_path};
use crate::modzip::{Collision, Problem, Reason, Refused};
use crate::objects::{Fault, Mode};
use crate::policy::Level;
use crate::quote;

use super::advice::{self, Fix};
use super::case::{Effect, Found, ReleaseCase};
use super::table::{Check, Family, Rule};
use super::trial::is_file;

mod rename;

use rename::{renames, shell};

/// This family.
pub(super) const FAMILY: Family = Family { title: "Files of the module", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "file-name-invalid",
        default: Level::Reject,
        summary: "a file whose name no module may hold, symbolic links too",
        consumer: "create zip: a*b.txt: malformed file path \"a*b.txt\": invalid char '*'",
        advice: "Rename it, or move it below a nested module.",
        hides: &[],
        check: Check::Release(name_invalid),
    },
    Rule {
        id: "file-name-reserved",
        default: Level::Reject,
        summary: "a file or directory with the name of a device on Windows (aux.go, con/x)",
        consumer: "\"aux\" disallowed as path element component on Windows",
        advice: "Rename it.",
        hides: &[],
        check: Check::Release(name_reserved),
    },
    Rule {
        id: "file-name-trailing-dot",
        default: Level::Reject,
        summary: "a file or directory whose name ends in a dot",
        consumer: "trailing dot in path element",
        advice: "Rename it.",
        hides: &[],
        check: Check::Release(name_trailing_dot),
    },
    Rule {
        id: "file-name-not-letter",
        default: Level::Reject,
        summary: "a character beyond ASCII that is no letter (an emoji, a combining accent, a hard blank) in a file name",
        consumer: "invalid char '😀'",
        advice: "Rename it: letters of any script are fine, accents only in one piece with theirs (NFC).",
        hides: &[],
        check: Check::Release(name_not_letter),
    },
    Rule {
        id: "file-name-not-utf8",
        default: Level::Reject,
        summary: "a file name that is no UTF-8",
        consumer: "malformed file path \"\\xff.txt\": invalid UTF-8",
        advice: "Rename it.",
        hides: &[],
        check: Check::Release(name_not_utf8),
    },
    Rule {
        id: "file-case-collision",
        default: Level::Reject,
        summary: "two files or directories whose names differ in case only",
        consumer: "create zip: x/a.go: case-insensitive file name collision: \"X\" and \"x\"",
        advice: "Keep one of the two, or rename it.",
        hides: &[],
        check: Check::Release(case_collision),
    },
    Rule {
        id: "license-collision",
        default: Level::Reject,
        summary: "a module without LICENSE, whose license, License or LICENSE/ is in the way of the repository's",
        consumer: "create zip: LICENSE: case-insensitive file name collision: \"license\" and \"LICENSE\"",
        advice: "Give the module a LICENSE of its own.",
        hides: &[],
        check: Check::Release(license_collision),
    },
    Rule {
        id: "license-too-large",
        default: Level::Reject,
        summary: "a LICENSE of more than 16 MiB, the module's own or the repository's",
        consumer: "LICENSE file too large (max size is 16777216 bytes)",
        advice: "Shorten it.",
        hides: &[],
        check: Check::Release(license_too_large),
    },
    Rule {
        id: "license-missing",
        default: Level::Info,
        summary: "a module without a licence, and none in the repository's root",
        consumer: "Nobody knows whether it may be used.",
        advice: "Add a regular file LICENSE.",
        hides: &[],
        check: Check::Release(license_missing),
    },
    Rule {
        id: "module-too-large",
        default: Level::Reject,
        summary: "files of more than 500 MiB together",
        consumer: "create zip: module source tree too large (max size is 524288000 bytes)",
        advice: "Give the directories that no package needs, such as test data, a go.mod of their own.",
        hides: &["module-large"],
        check: Check::Release(module_too_large),
    },
    Rule {
        id: "module-large",
        default: Level::Warn,
        summary: "files of more than 50 MiB together",
        consumer: "Slow builds: everyone who uses the module loads all of it.",
        advice: "Give the directories that no package needs, such as test data, a go.mod of their own.",
        hides: &[],
        check: Check::Release(module_large),
    },
];

type Answer = Result<Option<Found>, Fault>;

/// The problems of one kind; none where the version can be used.
fn problems<'a>(case: &ReleaseCase<'a>, is_meant: impl Fn(&Reason) -> bool) -> Vec<&'a Problem> {
    match refused(case) {
        Some(Refused::Files(all)) => {
            all.files.iter().filter(|problem| is_meant(&problem.why)).collect()
        }
        _ => Vec::new(),
    }
}

fn refused<'a>(case: &ReleaseCase<'a>) -> Option<&'a Refused> {
    case.broken?.refused.as_ref()
}

/// `and N more`, where there are more than one.
pub(super) fn more(count: usize) -> String {
    if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() }
}

/// A finding about these problems, which is why there can be no zip.
fn found(
    case: &ReleaseCase<'_>,
    problems: &[&Problem],
    summary: String,
    commands: &[String],
) -> Answer {
    let Some(first) = problems.first() else { return Ok(None) };
    let fix = Fix::mend(case.tag, commands, "mend file names");
    let file = case.path_of(&String::from_utf8_lossy(&first.path));
    let found = Found::new(summary, format!("create zip: {first}"), fix);
    Ok(Some(found.in_file(&file, None).with(Effect::Breaks)))
}

/// A finding about names: what is wrong with the first, and commands that rename all.
fn names(
    case: &ReleaseCase<'_>,
    is_meant: impl Fn(&NameReason) -> bool,
    wrong: impl Fn(&NameReason) -> String,
) -> Answer {
    let why = |problem: &Reason| match problem {
        Reason::Name(PathError::File { why, .. }) => Some(why.clone()),
        _ => None,
    };
    let problems = problems(case, |problem| why(problem).is_some_and(|why| is_meant(&why)));
    let Some(first) = problems.first() else { return Ok(None) };
    let path = quote::quote(join_bytes(case.directory(), &first.path));
    let wrong = why(&first.why).map(|why| wrong(&why)).unwrap_or_default();
    let paths = problems.iter().map(|problem| &*problem.path);
    let commands = renames(case.directory(), paths);
    let summary = format!("file name {path} {wrong}{}", more(problems.len()));
    found(case, &problems, summary, &commands)
}

fn join_bytes(directory: &str, file: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
    [directory.as_bytes(), slash, file].concat()
}

fn name_invalid(case: &ReleaseCase<'_>) -> Answer {
    let is_special = |why: &NameReason| match why {
        NameReason::DeviceName(_)
        | NameReason::DotsOnly(_)
        | NameReason::InvalidUtf8
        | NameReason::TrailingDot => true,
        NameReason::InvalidChar(c) => !c.is_ascii(),
        _ => false,
    };
    let wrong = |why: &NameReason| format!("can be in no module: {why}");
    names(case, |why| !is_special(why), wrong)
}

fn name_reserved(case: &ReleaseCase<'_>) -> Answer {
    let is_meant = |why: &NameReason| matches!(why, NameReason::DeviceName(_));
    names(case, is_meant, |_| "is that of a device on Windows".to_owned())
}

fn name_trailing_dot(case: &ReleaseCase<'_>) -> Answer {
    let is_meant =
        |why: &NameReason| matches!(why, NameReason::TrailingDot | NameReason::DotsOnly(_));
    names(case, is_meant, |_| "has a dot at an end, where Windows drops it".to_owned())
}

fn name_not_letter(case: &ReleaseCase<'_>) -> Answer {
    let is_meant = |why: &NameReason| matches!(why, NameReason::InvalidChar(c) if !c.is_ascii());
    names(case, is_meant, |why| match why {
        NameReason::InvalidChar(c) => {
            format!("holds {} (U+{:04X}), which is no letter", quote::quote_char(*c), u32::from(*c))
        }
        _ => String::new(),
    })
}

fn name_not_utf8(case: &ReleaseCase<'_>) -> Answer {
    let is_meant = |why: &NameReason| matches!(why, NameReason::InvalidUtf8);
    names(case, is_meant, |_| "is no UTF-8".to_owned())
}

fn case_collision(case: &ReleaseCase<'_>) -> Answer {
    let problems = problems(case, |why| matches!(why, Reason::Collision(_)));
    let Some(Problem { why: Reason::Collision(first), .. }) = problems.first() else {
        return Ok(None);
    };
    let summary = match first {
        Collision::Case { earlier, path } => {
            format!("{:?} and {:?} differ in case only", case.path_of(earlier), case.path_of(path))
        }
        Collision::FileAndDirectory(path) | Collision::Twice(path) => {
            format!("the commit has {:?} twice", case.path_of(path))
        }
    };
    let mut commands = vec!["# keep one of the two; this forgets the other:".to_owned()];
    for problem in &problems {
        let Reason::Collision(
            Collision::Case { path, .. }
            | Collision::FileAndDirectory(path)
            | Collision::Twice(path),
        ) = &problem.why
        else {
            continue;
        };
        let path = shell(case.path_of(path).as_bytes());
        commands.push(format!("git rm -r -q --cached -- {path}"));
    }
    let commands = rename::few(commands);
    found(case, &problems, format!("{summary}{}", more(problems.len())), &commands)
}

fn license_collision(case: &ReleaseCase<'_>) -> Answer {
    let problems = problems(case, |why| matches!(why, Reason::InheritedCollision(_)));
    let Some(Problem { why: Reason::InheritedCollision(collision), .. }) = problems.first() else {
        return Ok(None);
    };
    let other = match collision {
        Collision::Case { earlier, .. } => earlier.as_str(),
        Collision::FileAndDirectory(_) | Collision::Twice(_) => "LICENSE",
    };
    let there = case.path_of(other);
    let entry = match &case.tag.commit {
        Some(commit) => case.tag.trial.entry(commit.tree, &there)?,
        None => None,
    };
    let is_directory = entry.is_some_and(|entry| entry.mode == Mode::Tree);
    let right = case.path_of(if is_directory { "LICENSES" } else { "LICENSE" });
    let summary =
        format!("{there:?} is in the way of the repository's LICENSE, which the module inherits");
    let command = format!("git mv -- {} {}", advice::quote(&there), advice::quote(&right));
    Ok(found(case, &problems, summary, &[command])?.map(|found| found.in_file(&there, None)))
}

fn license_too_large(case: &ReleaseCase<'_>) -> Answer {
    let is_meant = |why: &Reason| matches!(why, Reason::TooLarge { name: "LICENSE", .. });
    let problems = problems(case, is_meant);
    let Some(Problem { why: Reason::TooLarge { limit, .. }, .. }) = problems.first() else {
        return Ok(None);
    };
    let own = case.path_of("LICENSE");
    let entry = match &case.tag.commit {
        Some(commit) => case.tag.trial.entry(commit.tree, &own)?,
        None => None,
    };
    let file = if entry.is_some_and(|entry| is_file(&entry)) { &own } else { "LICENSE" };
    let summary = format!("{file:?} is larger than {}", size(*limit));
    let commands = [format!("# shorten {}", advice::quote(file))];
    Ok(found(case, &problems, summary, &commands)?.map(|found| found.in_file(file, None)))
}

/// Names that people give to licences; the go command itself passes on only the first.
fn is_license(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["license", "licence", "copying", "unlicense"].iter().any(|start| name.starts_with(start))
}

fn license_missing(case: &ReleaseCase<'_>) -> Answer {
    let Some((_, plan)) = case.usable else { return Ok(None) };
    let is_meant = |path: &str| {
        !path.contains('/') && is_license(path)
        // The folder of the REUSE convention.
        || path.starts_with("LICENSES/")
    };
    if plan.files.is_empty() || plan.files.iter().any(|file| is_meant(&file.path)) {
        return Ok(None);
    }
    let place = if case.directory().is_empty() { "" } else { ", and the repository's root none" };
    let summary = format!("the module has no LICENSE{place}");
    let consumer = "nobody knows whether it may be used".to_owned();
    let file = advice::quote(&case.path_of("LICENSE"));
    let commands = [format!("# write {file}"), format!("git add {file}")];
    let fix = Fix::mend(case.tag, &commands, "add LICENSE");
    Ok(Some(Found::new(summary, consumer, fix)))
}

/// Bytes as people say it.
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1 << 20 { format!("{bytes} bytes") } else { format!("{} MiB", bytes >> 20) }
}

/// What to do about large modules.
fn shrink(case: &ReleaseCase<'_>) -> Fix {
    let below = match case.directory() {
        "" => String::new(),
        directory => format!(" {}", advice::quote(directory)),
    };
    let commands = [
        "# see what is large:".to_owned(),
        format!("git ls-tree -r -l HEAD{below} | sort -rnk4 | head"),
        "# remove it, or give a directory that no package needs a go.mod of its own:".to_owned(),
        "# (cd testdata && go mod init testdata) && git add testdata/go.mod".to_owned(),
    ];
    Fix::mend(case.tag, &commands, "make the module smaller")
}

fn module_too_large(case: &ReleaseCase<'_>) -> Answer {
    let Some(refusal @ Refused::TooLarge(limit)) = refused(case) else { return Ok(None) };
    let summary = format!("the module has more than {}", size(*limit));
    let found = Found::new(summary, format!("create zip: {refusal}"), shrink(case));
    Ok(Some(found.with(Effect::Breaks)))
}

fn module_large(case: &ReleaseCase<'_>) -> Answer {
    let Some((_, plan)) = case.usable else { return Ok(None) };
    let total: u64 = plan.files.iter().map(|file| file.size).sum();
    let largest = plan.files.iter().max_by_key(|file| file.size);
    let Some(largest) =
        largest.filter(|_| total > case.tag.trial.push.policy.large_module_bytes().value)
    else {
        return Ok(None);
    };
    let file = case.path_of(&largest.path);
    let summary = format!(
        "the module has {}; the largest file is {file:?} ({})",
        size(total),
        size(largest.size)
    );
    let consumer = "slow builds: everyone who uses the module loads all of it".to_owned();
    Ok(Some(Found::new(summary, consumer, shrink(case)).in_file(&file, None)))
}

/// Whether a name may be in a module.
fn is_valid(element: &str) -> bool {
    check_file_path(element.as_bytes()).is_ok()
}
