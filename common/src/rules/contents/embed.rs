//! Patterns of `//go:embed` that mean no file of the zip.

use std::collections::BTreeMap;

use crate::gosource::Pattern;
use crate::objects::{Fault, Mode};
use crate::policy::Level;
use crate::rules::advice::{Fix, quote};
use crate::rules::case::{Found, ReleaseCase};
use crate::rules::files::more;
use crate::rules::module_files::{directory, is_of_package};

use super::links;

/// How often a pattern is compared with a path for one release; whoever needs more is not told.
const MAX_WORK: usize = 1 << 22;

/// A pattern without a file.
struct Missing<'a> {
    /// The Go file inside the module, and the line.
    file: &'a str,
    line: u32,
    text: String,
    pattern: Pattern,
    /// Whether a build constraint may keep the file out of builds.
    is_conditional: bool,
}

/// The paths of the zip in order, and how much may still be compared.
struct Paths<'a> {
    sorted: Vec<&'a str>,
    work: usize,
}

impl Paths<'_> {
    /// Whether a file below `package` is one that the pattern means.
    fn hold(&mut self, package: &str, text: &str, pattern: &Pattern) -> bool {
        let slash = if package.is_empty() { "" } else { "/" };
        let below = format!("{package}{slash}");
        let start = format!("{below}{}", literal(text));
        let first = self.sorted.partition_point(|path| *path < start.as_str());
        for path in self.sorted[first..].iter().take_while(|path| path.starts_with(&start)) {
            self.work = self.work.saturating_sub(1);
            if self.work == 0 || pattern.matches(&path[below.len()..]) {
                return true;
            }
        }
        false
    }
}

/// How every path begins that the pattern means.
fn literal(text: &str) -> &str {
    let glob = text.strip_prefix("all:").unwrap_or(text);
    if glob == "." {
        return "";
    }
    glob.split(['*', '?', '[', '\\']).next().unwrap_or_default()
}

/// `embed-missing`.
pub(super) fn missing(case: &ReleaseCase<'_>) -> Result<Option<Found>, Fault> {
    let mut missing = without_file(case)?;
    if missing.is_empty() {
        return Ok(None);
    }
    let mut dropped = dropped(case, &missing)?;
    // What is refused goes first, what the commit holds before what it does not.
    let weight = |missing: &Missing<'_>, why: &Option<Dropped>| match why {
        Some(_) if !missing.is_conditional => 0,
        Some(_) => 1,
        None => 2,
    };
    let worst = (0..missing.len()).min_by_key(|at| weight(&missing[*at], &dropped[*at]));
    let Some(worst) = worst else { return Ok(None) };
    let count = missing.len();
    let (worst, why) = (missing.swap_remove(worst), dropped.swap_remove(worst));
    let file = case.path_of(worst.file);
    let text = &worst.text;
    let place = match &why {
        Some(why) => format!("only {:?}, {}", case.path_of(&why.path), why.reason),
        None => "no file of the commit".to_owned(),
    };
    let summary = format!("go:embed pattern {text:?} means {place}{}", more(count));
    let level = match &why {
        Some(_) if !worst.is_conditional => Level::Reject,
        _ => Level::Warn,
    };
    let fix = fix(case, &worst, why.as_ref())?;
    let consumer = format!("pattern {text}: no matching files found");
    let consumer = if text.chars().any(char::is_control) {
        "no matching files found".to_owned()
    } else {
        consumer
    };
    let found = Found::new(summary, consumer, fix).at_level(level);
    Ok(Some(case.quoting(found.in_file(&file, Some(worst.line)))?))
}

/// The dropped files that `embed-missing` tells, so that no other rule need.
pub(super) fn told(case: &ReleaseCase<'_>) -> Result<Vec<String>, Fault> {
    let missing = without_file(case)?;
    let dropped = if missing.is_empty() { Vec::new() } else { dropped(case, &missing)? };
    Ok(dropped.into_iter().flatten().map(|dropped| dropped.path).collect())
}

/// The patterns that mean no file of the zip.
fn without_file<'a>(case: &ReleaseCase<'a>) -> Result<Vec<Missing<'a>>, Fault> {
    let Some((_, plan)) = case.usable else { return Ok(Vec::new()) };
    let trial = case.tag.trial;
    let mut paths: Option<Paths<'_>> = None;
    let mut missing = Vec::new();
    for file in plan.files.iter().filter(|file| is_of_package(&file.path)) {
        let head = trial.blobs.go_file(trial.push, file.id)?;
        if head.source.is_ignored || head.source.embeds.is_empty() {
            continue;
        }
        let paths = paths.get_or_insert_with(|| {
            let mut sorted: Vec<&str> = plan.files.iter().map(|file| &*file.path).collect();
            sorted.sort_unstable();
            Paths { sorted, work: MAX_WORK }
        });
        for (text, line) in &head.source.embeds {
            // A pattern that is none fails at home, too.
            let Ok(pattern) = Pattern::parse(text) else { continue };
            if !paths.hold(directory(&file.path), text, &pattern) {
                let (text, line) = (text.clone(), *line);
                let is_conditional = head.source.is_conditional;
                missing.push(Missing { file: &file.path, line, text, pattern, is_conditional });
            }
        }
    }
    Ok(missing)
}

/// A file of the commit that a pattern means and the zip has not.
struct Dropped {
    /// Its path inside the module.
    path: String,
    reason: &'static str,
    is_link: bool,
}

/// For each pattern a file that was dropped, if there is one.
fn dropped(case: &ReleaseCase<'_>, missing: &[Missing<'_>]) -> Result<Vec<Option<Dropped>>, Fault> {
    let mut found: Vec<Option<Dropped>> = missing.iter().map(|_| None).collect();
    let (trial, Some(commit)) = (case.tag.trial, &case.tag.commit) else { return Ok(found) };
    let mut by_package: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, missing) in missing.iter().enumerate() {
        by_package.entry(directory(missing.file)).or_default().push(at);
    }
    let mut work = MAX_WORK;
    for (package, patterns) in by_package {
        let Some(tree) = trial.directory(commit.tree, &case.path_of(package))? else { continue };
        trial.walk(tree, |folder, entry| {
            let name = String::from_utf8_lossy(&entry.name);
            let path = crate::tags::join(folder, &name);
            for at in &patterns {
                let missing = &missing[*at];
                let is_meant = match entry.mode {
                    Mode::File => missing.pattern.matches(&path),
                    // What is behind it the pattern may mean too.
                    Mode::Gitlink | Mode::Link => {
                        missing.pattern.matches(&path)
                            || literal(&missing.text).starts_with(&format!("{path}/"))
                    }
                    Mode::Tree => false,
                };
                work = work.saturating_sub(1);
                if is_meant && found[*at].is_none() {
                    let path = crate::tags::join(package, &path);
                    let reason = reason(entry.mode, &path);
                    let is_link = entry.mode == Mode::Link;
                    found[*at] = Some(Dropped { path, reason, is_link });
                }
            }
            work > 0
        })?;
    }
    Ok(found)
}

fn reason(mode: Mode, path: &str) -> &'static str {
    match mode {
        Mode::Gitlink => "a submodule, which is left out",
        Mode::Link => "a symbolic link, which is left out",
        Mode::File | Mode::Tree if path.split('/').any(|element| element == "vendor") => {
            "which is vendored and left out"
        }
        Mode::File | Mode::Tree => "which belongs to a module of its own",
    }
}

fn fix(case: &ReleaseCase<'_>, missing: &Missing<'_>, why: Option<&Dropped>) -> Result<Fix, Fault> {
    let commands = match why {
        Some(dropped) if dropped.is_link => {
            let path = case.path_of(&dropped.path);
            links::replace(&path, links::leads_somewhere(case, &path)?)
        }
        Some(dropped) => {
            let path = quote(&case.path_of(&dropped.path));
            vec![format!("# move {path} to where the module keeps it, and commit")]
        }
        None => {
            let glob = missing.text.strip_prefix("all:").unwrap_or(&missing.text);
            let files = crate::tags::join(directory(missing.file), glob);
            let files = quote(&case.path_of(&files));
            vec![
                "# write or build what the pattern means, then:".to_owned(),
                format!("git add -f -- {files}"),
            ]
        }
    };
    Ok(Fix::mend(case.tag, &commands, "add embedded files"))
}
