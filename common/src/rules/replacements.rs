//! What holds in the main module only: replace, exclude, and go.sum (20.5).

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use crate::gomod::{File, Replace};
use crate::objects::{Fault, ObjectId};
use crate::policy::Level;
use crate::tags::join;

use super::advice::{Fix, edit, quote};
use super::case::{Found, GoMod, ReleaseCase};
use super::content::{beside, more, strictly};
use super::requirements::missing_reason;
use super::trial::is_file;

type Answer = Result<Option<Found>, Fault>;

/// No one pastes more commands than these.
pub(super) const MAX_COMMANDS: usize = 10;

/// What `go install` says of such a directive, or `otherwise` where there is nothing to install, with the level.
fn weigh(
    case: &ReleaseCase<'_>,
    directive: &str,
    otherwise: String,
) -> Result<(String, Level), Fault> {
    let Some(main) = case.main_package()? else { return Ok((otherwise, Level::Warn)) };
    let consumer = format!(
        "go install {main}@{version}: {main}@{version} (in {}): The go.mod file for the module providing named \
         packages contains one or more {directive} directives. It must not contain directives that would cause it to \
         be interpreted differently than if it were the main module.",
        case.name(),
        version = case.release.version,
    );
    Ok((consumer, Level::Reject))
}

/// `replace-directive`.
pub(super) fn replace(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, file)) = strictly(case) else { return Ok(None) };
    let found: Vec<&Replace> = file.replace.iter().filter(|r| r.new_version.is_some()).collect();
    let Some(first) = found.first() else { return Ok(None) };
    let summary = format!(
        "{:?} replaces {:?} by {:?}{}: that holds in a clone only",
        go_mod.path,
        first.old_path,
        first.new_path,
        more(found.len())
    );
    let otherwise = format!("whoever requires {} gets {} itself", case.path(), first.old_path);
    let (consumer, level) = weigh(case, "replace", otherwise)?;
    let fix = drop_replaces(case, go_mod, &found);
    let line = Some(first.position.line);
    Ok(Some(Found::new(summary, consumer, fix).in_go_mod(go_mod, line).at_level(level)))
}

fn drop_replaces(case: &ReleaseCase<'_>, go_mod: &GoMod, replaces: &[&Replace]) -> Fix {
    let drop = |replace: &&Replace| {
        let version = replace.old_version.as_ref().map(|version| format!("@{version}"));
        let old = format!("{}{}", replace.old_path, version.unwrap_or_default());
        let mut commands = vec![edit(&format!("-dropreplace={old}"), &go_mod.path)];
        if requires_nothing(go_mod, &replace.old_path) {
            // No such version exists; go mod tidy takes the newest that does.
            commands.push(edit(&format!("-droprequire={}", replace.old_path), &go_mod.path));
        }
        commands
    };
    let mut commands: Vec<String> = replaces.iter().take(MAX_COMMANDS).flat_map(drop).collect();
    let directory = go_mod.path.strip_suffix("go.mod").unwrap_or_default();
    commands.push(beside(go_mod, "go mod tidy"));
    commands.push(format!("git add {}go.*", quoted_directory(directory)));
    let note =
        "for work on several modules at once, a go.work that is not committed holds replacements";
    Fix::mend(case.tag, &commands, "drop replacements").with(&[note.to_owned()])
}

/// Whether a version is required that stands for none, as it does beside a replacement.
fn requires_nothing(go_mod: &GoMod, path: &str) -> bool {
    let strict = go_mod.strictly().as_ref().ok();
    let required = strict.and_then(|file| file.require.iter().find(|r| r.path == path));
    required.is_some_and(|r| {
        r.version == "v0.0.0" || r.version.ends_with("-00010101000000-000000000000")
    })
}

fn quoted_directory(directory: &str) -> String {
    if directory.is_empty() { String::new() } else { quote(directory) }
}

/// `replace-local-path`. Where every clone has the directory, as in a repository of several modules that are released
/// together, the go command has nothing to complain about, so it is a warning.
pub(super) fn local(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, file)) = strictly(case) else { return Ok(None) };
    let found: Vec<&Replace> = file.replace.iter().filter(|r| r.new_version.is_none()).collect();
    let Some(first) = found.first() else { return Ok(None) };
    let mut missing = None;
    for replace in &found {
        let is_used = file.require.iter().any(|require| require.path == replace.old_path);
        if is_used && missing.is_none() && !is_in_clone(case, go_mod, &replace.new_path)? {
            missing = Some(*replace);
        }
    }
    let named = missing.unwrap_or(first);
    let whether = if missing.is_some() { ", which no clone has" } else { "" };
    let summary = format!(
        "{:?} replaces {:?} by directory {:?}{whether}{}",
        go_mod.path,
        named.old_path,
        named.new_path,
        more(found.len())
    );
    let required = file.require.iter().find(|require| require.path == named.old_path);
    let version = required.map(|require| format!("@{}", require.version)).unwrap_or_default();
    let missed = match required.filter(|_| missing.is_some()) {
        Some(required) => missing_reason(case, required)?,
        None => None,
    };
    let otherwise = missed.unwrap_or_else(|| {
        format!("whoever requires {} gets {}{version} instead", case.path(), named.old_path)
    });
    let (consumer, level) = weigh(case, "replace", otherwise)?;
    let level = if missing.is_some() { Level::Reject } else { level };
    let fix = drop_replaces(case, go_mod, &found).with(&[
        format!("what is needed of {} must be released before, and is taken with:", named.old_path),
        format!(
            "  {}",
            beside(go_mod, &format!("go get {}", quote(&format!("{}@latest", named.old_path))))
        ),
    ]);
    let line = Some(named.position.line);
    Ok(Some(Found::new(summary, consumer, fix).in_go_mod(go_mod, line).at_level(level)))
}

/// Whether a module is replaced by a directory that no clone has: `replace-local-path` tells.
pub(super) fn is_replaced_outside(case: &ReleaseCase<'_>, path: &str) -> Result<bool, Fault> {
    let Some((go_mod, file)) = strictly(case) else { return Ok(false) };
    let mut replaced = file.replace.iter().filter(|r| r.old_path == path);
    match replaced.find(|replace| replace.new_version.is_none()) {
        Some(replace) => Ok(!is_in_clone(case, go_mod, &replace.new_path)?),
        None => Ok(false),
    }
}

/// Whether the commit has a go.mod in the directory that a replacement names.
fn is_in_clone(case: &ReleaseCase<'_>, go_mod: &GoMod, path: &str) -> Result<bool, Fault> {
    let Some(commit) = &case.tag.commit else { return Ok(false) };
    let base = go_mod.path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let Some(directory) = below(base, path) else { return Ok(false) };
    let entry = case.tag.trial.entry(commit.tree, &join(&directory, "go.mod"))?;
    Ok(entry.is_some_and(|entry| is_file(&entry)))
}

/// The directory in the repository that a relative path means; none where it leads out of it.
fn below(base: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\\', ':']) {
        return None;
    }
    let mut elements: Vec<&str> = base.split('/').filter(|element| !element.is_empty()).collect();
    for element in path.split('/') {
        match element {
            "" | "." => {}
            ".." => drop(elements.pop()?),
            element => elements.push(element),
        }
    }
    Some(elements.join("/"))
}

/// `exclude-directive`.
pub(super) fn exclude(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, file)) = strictly(case) else { return Ok(None) };
    let Some(first) = file.exclude.first() else { return Ok(None) };
    let summary = format!(
        "{:?} excludes {:?}{}: that holds in a clone only",
        go_mod.path,
        format!("{}@{}", first.path, first.version),
        more(file.exclude.len())
    );
    let otherwise =
        format!("whoever requires {} may get {}@{}", case.path(), first.path, first.version);
    let (consumer, level) = weigh(case, "exclude", otherwise)?;
    let drop = |exclude: &crate::gomod::Exclude| {
        edit(&format!("-dropexclude={}@{}", exclude.path, exclude.version), &go_mod.path)
    };
    let mut commands: Vec<String> = file.exclude.iter().take(MAX_COMMANDS).map(drop).collect();
    commands.push(beside(go_mod, "go mod tidy"));
    let notes = [
        "a higher version that works is required so:".to_owned(),
        format!("  {}", beside(go_mod, "go get MODULE@VERSION")),
    ];
    let fix = Fix::mend(case.tag, &commands, "drop exclusions").with(&notes);
    let line = Some(first.position.line);
    Ok(Some(Found::new(summary, consumer, fix).in_go_mod(go_mod, line).at_level(level)))
}

/// The lines of one go.sum about go.mod files, as `PATH VERSION`: tags mostly share it.
#[derive(Default)]
pub(super) struct Sums {
    last: RefCell<Option<(ObjectId, Rc<HashSet<String>>)>>,
}

impl Sums {
    fn of(&self, case: &ReleaseCase<'_>, blob: ObjectId) -> Result<Rc<HashSet<String>>, Fault> {
        if let Some((last, sums)) = &*self.last.borrow()
            && *last == blob
        {
            return Ok(Rc::clone(sums));
        }
        let text = case.tag.trial.push.objects.blob(blob)?;
        let sum = |line: &str| {
            let mut words = line.split_whitespace();
            let (path, version) = (words.next()?, words.next()?.strip_suffix("/go.mod")?);
            Some(format!("{path} {version}"))
        };
        let sums = Rc::new(String::from_utf8_lossy(&text).lines().filter_map(sum).collect());
        *self.last.borrow_mut() = Some((blob, Rc::clone(&sums)));
        Ok(sums)
    }
}

/// `gosum-stale`. With a workspace or vendored modules, go.sum is not all that is asked.
pub(super) fn stale_sums(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, file)) = strictly(case) else { return Ok(None) };
    let wanted = needed(file);
    let Some(commit) = case.tag.commit.as_ref().filter(|_| !wanted.is_empty()) else {
        return Ok(None);
    };
    let trial = case.tag.trial;
    let directory = go_mod.path.rsplit_once('/').map_or("", |(directory, _)| directory);
    for other in ["go.work".to_owned(), join(directory, "vendor/modules.txt")] {
        if trial.entry(commit.tree, &other)?.is_some() {
            return Ok(None);
        }
    }
    let path = join(directory, "go.sum");
    let entry = trial.entry(commit.tree, &path)?.filter(is_file);
    let (summary, lacking) = match entry {
        None => (
            format!("there is no {path:?}, but {:?} has requirements", go_mod.path),
            wanted[0].clone(),
        ),
        Some(entry) if trial.push.objects.blob_size(entry.id)? > trial.push.limits.go_mod => {
            return Ok(None);
        }
        Some(entry) => {
            let sums = trial.sums.of(case, entry.id)?;
            let lacking: Vec<&String> = wanted.iter().filter(|m| !sums.contains(*m)).collect();
            let Some(first) = lacking.first() else { return Ok(None) };
            let summary = format!("{path:?} has no line for {first:?}{}", more(lacking.len()));
            (summary, (*first).clone())
        }
    };
    let (module, version) = lacking.split_once(' ').unwrap_or((&lacking, ""));
    let consumer = format!(
        "in a clone: {module}@{version}: missing go.sum entry for go.mod file; to add it: go mod download {module}"
    );
    let commands = [beside(go_mod, "go mod tidy"), format!("git add {}", quote(&path))];
    let fix = Fix::mend(case.tag, &commands, "go.sum");
    Ok(Some(Found::new(summary, consumer, fix).in_file(&path, None)))
}

/// The versions whose go.mod every build of the module reads over the network, as `PATH VERSION`.
fn needed(file: &File) -> Vec<String> {
    let replaced = |path: &str| file.replace.iter().any(|replace| replace.old_path == path);
    let excluded = |path: &str| file.exclude.iter().any(|exclude| exclude.path == path);
    let kept = file.require.iter().filter(|r| !replaced(&r.path) && !excluded(&r.path));
    kept.map(|require| format!("{} {}", require.path, require.version)).collect()
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn paths_of_replacements_stay_below_the_root_or_are_none() {
        for (base, path, expected) in [
            ("", "./x", Some("x")),
            ("", ".", Some("")),
            ("", "../x", None),
            ("a/b", "../x/", Some("a/x")),
            ("a", "..", Some("")),
            ("a", "../../a", None),
            ("", "/x", None),
            ("", r".\x", None),
            ("", "C:/x", None),
        ] {
            assert_eq!(below(base, path).as_deref(), expected, "{base} {path}");
        }
    }
}
