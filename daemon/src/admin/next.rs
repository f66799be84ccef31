//! `modgate next`: the next free tags of a module.

use std::collections::BTreeSet;

use anyhow::bail;
use modgate_common::control::{Which, path};
use modgate_common::io::repo::Peeled;
use modgate_common::module::split_path_version;
use modgate_common::objects::Refs;
use modgate_common::quote::harmless;
use modgate_common::settings::Settings;
use modgate_common::tags::{Next, join, next, split};
use modgate_common::{pseudo, version};
use serde::Serialize;

use super::place::{self, Place};
use super::{Answer, Source, complain, print, print_json};

/// The next tags, as JSON has them.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Tags {
    /// The module path at HEAD.
    module: String,
    patch: String,
    minor: String,
    major: String,
    /// The path that go.mod must declare for the next major.
    major_module: String,
}

/// A module's place among the tags.
#[derive(Debug, PartialEq, Eq)]
struct Series {
    /// What stands before the version in its tags, without a slash at its end.
    prefix: String,
    /// The path without a major suffix.
    stem: String,
    /// The major that the path ends in, `v1` where it ends in none; `None` without a go.mod.
    line: Option<String>,
}

/// Prints the next free patch, minor and major tags of the module in a directory.
///
/// # Errors
/// When there is no such module, or the repository cannot be read.
pub(crate) fn run(
    settings: &Settings,
    repository: &str,
    directory: &str,
    json: bool,
) -> anyhow::Result<Answer> {
    let place = place::find(settings, repository, None)?;
    let (refs, _) = place.git.refs(&Peeled::new())?;
    let directory = directory.trim_start_matches("./").trim_matches('/');
    let directory = if directory == "." { "" } else { directory };
    let go_mod = match refs.head {
        Some(head) => place::go_mod(&place.git, head, directory)?,
        None => None,
    };
    let declared = go_mod.map(|id| place::module_of(&place.git, id)).transpose()?;
    let series = series(&place.code_root, directory, declared.as_deref());
    let mut taken = tagged(&refs, &series.prefix);
    if declared.is_none() {
        if taken.is_empty() && !directory.is_empty() {
            bail!("there is no go.mod in {directory:?} at HEAD, and no release of it");
        }
        let shown = if directory.is_empty() { "." } else { directory };
        complain(&format!("there is no go.mod in {shown:?} at HEAD"));
    }
    if place.is_hosted {
        recorded(settings, &place, &series, &mut taken)?;
    }
    let tags = tags(&series, &taken);
    if json {
        print_json(&tags)?;
    } else {
        print(&text(&tags))?;
    }
    Ok(Answer::Granted)
}

/// Where the module is whose go.mod, which declares this path, lies in the directory. The directory of a major version
/// is no part of the prefix (D3).
fn series(code_root: &str, directory: &str, declared: Option<&str>) -> Series {
    let path = join(code_root, directory).trim_end_matches('/').to_owned();
    // A repository may bear its major version in its own name.
    let split_off = |path: &str| {
        let parts = split_path_version(path).filter(|_| path != code_root);
        parts.map(|(stem, major)| (stem.to_owned(), major.trim_start_matches('/').to_owned()))
    };
    let major = declared.map(|declared| split_off(declared).map_or_else(String::new, |(_, m)| m));
    let line = major.map(|major| if major.is_empty() { "v1".to_owned() } else { major });
    let own =
        split_path_version(code_root).map_or("", |(_, major)| major).trim_start_matches(['/', '.']);
    match split_off(&path) {
        Some((stem, major)) if !major.is_empty() && line.as_ref() == Some(&major) => {
            let prefix = directory.strip_suffix(major.as_str()).unwrap_or(directory);
            Series { prefix: prefix.trim_end_matches('/').to_owned(), stem, line }
        }
        _ => {
            let line = line.map(|line| if own.is_empty() { line } else { own.to_owned() });
            Series { prefix: directory.to_owned(), stem: path, line }
        }
    }
}

/// The versions that tags of this prefix carry.
fn tagged(refs: &Refs, prefix: &str) -> BTreeSet<String> {
    let names = refs.tags.keys().map(|tag| split(tag));
    let own = names.filter(|(directory, _)| *directory == prefix).map(|(_, base)| base);
    own.filter(|base| is_release(base)).map(str::to_owned).collect()
}

fn is_release(v: &str) -> bool {
    version::canonical(v).as_deref() == Some(v) && !pseudo::is_pseudo(v)
}

/// Adds the versions that the ledger has of the module, of its other majors, and of the one to come: a deleted tag
/// leaves its number taken.
fn recorded(
    settings: &Settings,
    place: &Place,
    series: &Series,
    taken: &mut BTreeSet<String>,
) -> anyhow::Result<()> {
    let source = match Source::open(settings) {
        Ok(source) => source,
        Err(error) => {
            complain(&format!("without a ledger, from tags alone: {error:#}"));
            return Ok(());
        }
    };
    let mut asked = BTreeSet::new();
    loop {
        let majors = taken.iter().map(|v| version::major(v).to_owned());
        let majors: BTreeSet<String> = majors.chain(coming(series, taken)).collect();
        let mut paths = majors.iter().map(|major| series.path(major)).chain([series.stem.clone()]);
        let Some(path) = paths.find(|path| !asked.contains(path)) else { return Ok(()) };
        let which = Which { module: Some(path.clone()), version: None };
        let entries: Vec<modgate_common::ledger::Entry> = match &source {
            Source::Daemon(client) => client.post(path::ENTRIES, &which)?,
            Source::Files(store) => store.entries(Some(&path))?,
        };
        let own = entries.into_iter().filter(|entry| entry.repository == place.name);
        let versions = own.map(|entry| entry.version.trim_end_matches("+incompatible").to_owned());
        taken.extend(versions.filter(|v| is_release(v)));
        asked.insert(path);
    }
}

impl Series {
    /// The path of the module at a major version.
    fn path(&self, major: &str) -> String {
        match major {
            "v0" | "v1" => self.stem.clone(),
            // Its name bears the major version already.
            _ if split_path_version(&self.stem).is_some_and(|(_, own)| !own.is_empty()) => {
                self.stem.clone()
            }
            major => format!("{}/{major}", self.stem),
        }
    }
}

/// The majors that the answer would be about.
fn coming(series: &Series, taken: &BTreeSet<String>) -> Vec<String> {
    let Next { patch, major, .. } = numbers(series, taken);
    [patch, major].iter().map(|v| version::major(v).to_owned()).collect()
}

fn numbers(series: &Series, taken: &BTreeSet<String>) -> Next {
    let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
    next(&taken, series.line.as_deref())
}

fn tags(series: &Series, taken: &BTreeSet<String>) -> Tags {
    let Next { patch, minor, major } = numbers(series, taken);
    let tag = |v: &str| join(&series.prefix, v);
    Tags {
        module: series.path(version::major(&patch)),
        major_module: series.path(version::major(&major)),
        patch: tag(&patch),
        minor: tag(&minor),
        major: tag(&major),
    }
}

fn text(tags: &Tags) -> String {
    let Tags { module, patch, minor, major, major_module } = tags;
    let note = if major_module == module {
        String::new()
    } else {
        format!(" (go.mod must say: module {major_module})")
    };
    harmless(&format!("patch {patch}\nminor {minor}\nmajor {major}{note}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_series(
        (directory, declared): (&str, Option<&str>),
        (prefix, stem, line): (&str, &str, Option<&str>),
    ) {
        let line = line.map(str::to_owned);
        let expected = Series { prefix: prefix.to_owned(), stem: stem.to_owned(), line };
        assert_eq!(series("h.io/r", directory, declared), expected, "{directory} {declared:?}");
    }

    // Rules: D3, D6
    #[test]
    fn the_directory_of_a_major_version_is_no_part_of_the_prefix() {
        check_series(("", Some("h.io/r")), ("", "h.io/r", Some("v1")));
        check_series(("", Some("h.io/r/v3")), ("", "h.io/r", Some("v3")));
        check_series(("", None), ("", "h.io/r", None));
        check_series(("sub", Some("h.io/r/sub")), ("sub", "h.io/r/sub", Some("v1")));
        check_series(("sub", Some("h.io/r/sub/v2")), ("sub", "h.io/r/sub", Some("v2")));
        check_series(("sub/v2", Some("h.io/r/sub/v2")), ("sub", "h.io/r/sub", Some("v2")));
        check_series(("v2", Some("h.io/r/v2")), ("", "h.io/r", Some("v2")));
        // A go.mod that says something else makes no major of the directory.
        check_series(("v2", Some("h.io/r/x")), ("v2", "h.io/r/v2", Some("v1")));
    }

    #[track_caller]
    fn check(directory: &str, declared: &str, taken: &[&str], expected: &str) {
        let taken = taken.iter().map(|v| (*v).to_owned()).collect();
        let tags = tags(&series("h.io/r", directory, Some(declared)), &taken);
        assert_eq!(text(&tags), expected);
    }

    #[test]
    fn tags_carry_the_prefix_and_the_next_major_its_path() {
        check(
            "sub",
            "h.io/r/sub",
            &["v1.2.3"],
            "patch sub/v1.2.4\nminor sub/v1.3.0\nmajor sub/v2.0.0 (go.mod must say: module h.io/r/sub/v2)\n",
        );
        check(
            "v2",
            "h.io/r/v2",
            &["v1.2.3", "v2.0.0"],
            "patch v2.0.1\nminor v2.1.0\nmajor v3.0.0 (go.mod must say: module h.io/r/v3)\n",
        );
        check("", "h.io/r", &["v0.2.0"], "patch v0.2.1\nminor v0.3.0\nmajor v1.0.0\n");
    }

    #[test]
    fn only_releases_of_the_prefix_are_counted() {
        let tag = modgate_common::objects::Tag {
            target: modgate_common::objects::ObjectId::ZERO,
            peeled: modgate_common::objects::ObjectId::ZERO,
            kind: modgate_common::objects::Kind::Commit,
        };
        let names = ["v1.0.0", "v1.2", "v1", "x", "sub/v1.5.0", "a/sub/v1.6.0", "v1.0.0+meta"];
        let tags = names.map(|name| (name.to_owned(), tag)).into();
        let refs = Refs { tags, ..Refs::default() };
        assert_eq!(tagged(&refs, ""), ["v1.0.0".to_owned()].into());
        assert_eq!(tagged(&refs, "sub"), ["v1.5.0".to_owned()].into());
    }

    // Rules: M7
    #[test]
    fn a_repository_named_by_its_major_keeps_its_path() {
        let taken: BTreeSet<String> = ["v3.0.1".to_owned()].into();
        let found = series("gopkg.in/yaml.v3", "", Some("gopkg.in/yaml.v3"));
        assert_eq!(found.line.as_deref(), Some("v3"));
        let tags = tags(&found, &taken);
        assert_eq!((tags.patch.as_str(), tags.module.as_str()), ("v3.0.2", "gopkg.in/yaml.v3"));
    }
}
