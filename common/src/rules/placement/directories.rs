//! Directories with a go.mod that no module path, or no tag, can name (20.4).

use crate::module;
use crate::tags::{join, split};

use super::super::advice::{Fix, quote};
use super::super::case::{Effect, Found, TagCase};
use super::Answer;

/// `module-dir-unaddressable`: in the directory of the tag and below it.
pub(super) fn unaddressable(case: &TagCase<'_>) -> Answer {
    let code_root = case.trial.push.code_root;
    let Some(directory) = case.directory()?.filter(|_| case.is_version()) else { return Ok(None) };
    if module::check_path(code_root).is_err() {
        return Ok(None);
    }
    let below = case.trial.all_module_directories(directory)?;
    let paths = below.iter().map(|below| join(case.prefix, below));
    let paths = paths.map(|path| path.trim_end_matches('/').to_owned());
    let mut unfit = paths.filter_map(|path| why(code_root, &path).map(|why| (path, why)));
    let Some((first, consumer)) = unfit.next() else { return Ok(None) };
    let more = match unfit.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let summary = format!("no version can be released of the module in {first:?}{more}");
    let is_own = first == case.prefix;
    let fix = if is_own { rename_and_tag(case, &first) } else { rename(case, &first) };
    let found = Found::new(summary, consumer, fix).in_file(&join(&first, "go.mod"), None);
    Ok(Some(if is_own { found.with(Effect::Breaks) } else { found }))
}

/// Why nobody can require the module in this directory.
fn why(code_root: &str, directory: &str) -> Option<String> {
    if directory.is_empty() {
        return None;
    }
    if let Err(error) = module::check_path(&join(code_root, directory)) {
        return Some(error.to_string());
    }
    let cannot = |element: &str| {
        element.contains('~') || element.contains("..") || element.ends_with(".lock")
    };
    directory
        .split('/')
        .any(cannot)
        .then(|| format!("git refuses a tag of this name: {:?}", format!("{directory}/v1.0.0")))
}

/// The directory that must be renamed, which may be one above, and its new name.
fn renamed(code_root: &str, directory: &str) -> (String, String) {
    let mut bad = directory;
    for (at, _) in directory.match_indices('/') {
        // With something behind it a major version is no reason.
        if why(code_root, &format!("{}/x", &directory[..at])).is_some() {
            bad = &directory[..at];
            break;
        }
    }
    (bad.to_owned(), join(split(bad).0, "RIGHT-NAME") + &directory[bad.len()..])
}

fn commands(case: &TagCase<'_>, directory: &str) -> (Vec<String>, String) {
    let code_root = case.trial.push.code_root;
    let (bad, right) = renamed(code_root, directory);
    let place = join(split(&bad).0, "RIGHT-NAME");
    let commands = vec![
        format!("git mv {} {}", quote(&bad), quote(&place)),
        super::declare(&join(code_root, &right), &join(&right, "go.mod")),
    ];
    (commands, right)
}

fn rename(case: &TagCase<'_>, directory: &str) -> Fix {
    Fix::mend(case, &commands(case, directory).0, "rename a module")
}

/// The tag has the directory's name in it.
fn rename_and_tag(case: &TagCase<'_>, directory: &str) -> Fix {
    let (mut lines, right) = commands(case, directory);
    let tag = quote(&join(&right, case.base));
    lines.push("git commit -a -m 'rename a module'".to_owned());
    lines.push(format!("git tag {tag}"));
    lines.push(format!("git push origin HEAD {tag}"));
    let admitted = lines.join("\n");
    let refused = if case.is_on_server() {
        admitted.clone()
    } else {
        format!("git tag -d {}\n{admitted}", quote(case.tag))
    };
    Fix { refused, admitted }
}
