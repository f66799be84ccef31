//! What is called go.mod, or nearly so, and is no go.mod as it should be (20.4).

use crate::attributes::{self, Attributes};
use crate::objects::{Fault, Mode, ObjectId, TreeEntry};
use crate::policy::Level;
use crate::tags::{join, split};

use super::super::advice::{Fix, quote};
use super::super::case::{Effect, Found, ReleaseCase};
use super::super::trial::{Trial, is_file};
use super::Answer;

const GO_MOD: &str = "go.mod";

/// The root tree of the tagged commit.
fn root(case: &ReleaseCase<'_>) -> Option<ObjectId> {
    case.tag.commit.as_ref().map(|commit| commit.tree)
}

/// The directories in which the go.mod that counts may lie: that one alone where it is known.
fn directories(case: &ReleaseCase<'_>) -> Vec<String> {
    match case.go_mod() {
        Some(go_mod) => vec![split(&go_mod.path).0.to_owned()],
        None => {
            let own = case.release.module.code_dir.clone();
            [own].into_iter().chain(case.release.module.major_dir()).collect()
        }
    }
}

/// `gomod-not-regular`.
pub(super) fn not_regular(case: &ReleaseCase<'_>) -> Answer {
    let Some(tree) = root(case) else { return Ok(None) };
    for directory in directories(case) {
        let path = join(&directory, GO_MOD);
        let kind = match case.tag.trial.entry(tree, &path)?.map(|entry| entry.mode) {
            Some(Mode::Gitlink) => "a submodule",
            Some(Mode::Link) => "a symbolic link",
            Some(Mode::Tree) => "a directory",
            Some(Mode::File) | None => continue,
        };
        let summary = format!("{path:?} is {kind}, not a file");
        let consumer = case.failure(|| "it counts as if it were not there".to_owned());
        let commands = [
            format!("git rm -r --cached {}", quote(&path)),
            format!("# put a regular file in its place, then: git add {}", quote(&path)),
        ];
        let fix = Fix::mend(case.tag, &commands, "a regular go.mod");
        let found = Found::new(summary, consumer, fix).in_file(&path, None);
        // What is wrong elsewhere has other words.
        let is_why = case.broken.is_some_and(|broken| broken.reason.contains(GO_MOD));
        return Ok(Some(if is_why {
            found.with(Effect::Breaks)
        } else if case.broken.is_none() {
            found.at_level(Level::Warn)
        } else {
            found
        }));
    }
    Ok(None)
}

/// `gomod-wrong-case`.
pub(super) fn wrong_case(case: &ReleaseCase<'_>) -> Answer {
    let Some(tree) = root(case) else { return Ok(None) };
    let trial = case.tag.trial;
    for directory in directories(case) {
        let Some(id) = trial.directory(tree, &directory)? else { continue };
        let entries = trial.push.objects.tree(id)?;
        let Some(entry) = entries.iter().find(|entry| is_file(entry) && is_alike(entry)) else {
            continue;
        };
        let path = join(&directory, &String::from_utf8_lossy(&entry.name));
        let right = join(&directory, GO_MOD);
        let summary = format!("{path:?} must be called {right:?}");
        let consumer = case.failure(|| "go.mod files must have lowercase names".to_owned());
        let has_right = entries.iter().any(|entry| entry.name == GO_MOD.as_bytes());
        let command = if has_right {
            format!("git rm {}", quote(&path))
        } else {
            format!("git mv {} {}", quote(&path), quote(&right))
        };
        let fix = Fix::mend(case.tag, &[command], "go.mod in lower case");
        let found = Found::new(summary, consumer, fix).in_file(&path, None);
        return Ok(Some(found.with(Effect::Breaks)));
    }
    Ok(None)
}

fn is_alike(entry: &TreeEntry) -> bool {
    entry.name.eq_ignore_ascii_case(GO_MOD.as_bytes()) && entry.name != GO_MOD.as_bytes()
}

/// `gomod-too-large`.
pub(super) fn too_large(case: &ReleaseCase<'_>) -> Answer {
    let (Some(tree), Some(go_mod)) = (root(case), case.go_mod()) else { return Ok(None) };
    // Only one of these has no text here.
    let Some(entry) = case.tag.trial.entry(tree, &go_mod.path)?.filter(|_| go_mod.text.is_empty())
    else {
        return Ok(None);
    };
    let limit = case.tag.trial.push.limits.go_mod;
    let size = case.tag.trial.push.objects.blob_size(entry.id)?;
    if size <= limit {
        return Ok(None);
    }
    let summary = format!("{:?} has {size} bytes, {limit} are the most", go_mod.path);
    let text = format!("go.mod file too large (max size is {limit} bytes)");
    let commands = [format!("# make {:?} smaller", go_mod.path)];
    let fix = Fix::mend(case.tag, &commands, "a smaller go.mod");
    let found = Found::new(summary, case.failure(|| text), fix).in_file(&go_mod.path, None);
    Ok(Some(found.with(Effect::Breaks)))
}

/// `gomod-eol-conversion`: what `.mod` serves is the file as committed, the zip has it converted (G6).
pub(super) fn eol_conversion(case: &ReleaseCase<'_>) -> Answer {
    let (Some(tree), Some(go_mod)) = (root(case), case.go_mod()) else { return Ok(None) };
    if case.broken.is_some() {
        return Ok(None);
    }
    let trial = case.tag.trial;
    let Some(entry) = trial.entry(tree, &go_mod.path)?.filter(|entry| entry.mode == Mode::File)
    else {
        return Ok(None);
    };
    let Some(converted) = converted(trial, tree, &go_mod.path, entry.id, &go_mod.text)? else {
        return Ok(None);
    };
    let without_cr = |text: &[u8]| text.iter().copied().filter(|b| *b != b'\r').collect::<Vec<_>>();
    let is_line_ends = without_cr(&converted) == without_cr(&go_mod.text);
    let line =
        if is_line_ends { "go.mod -text" } else { "go.mod -text -ident !working-tree-encoding" };
    let file = join(split(&go_mod.path).0, ".gitattributes");
    let summary = format!("attributes change {:?} in the zip", go_mod.path);
    let consumer = format!(
        "{}@{} has two go.mod files with two sums: one by itself, another in the zip",
        case.path(),
        case.release.version
    );
    let commands =
        [format!("echo {} >> {}", quote(line), quote(&file)), format!("git add {}", quote(&file))];
    let fix = Fix::mend(case.tag, &commands, "go.mod as it is");
    Ok(Some(Found::new(summary, consumer, fix).in_file(&go_mod.path, None)))
}

/// The file as the zip has it, where that is not as it is committed.
fn converted(
    trial: &Trial<'_>,
    tree: ObjectId,
    path: &str,
    id: ObjectId,
    text: &[u8],
) -> Result<Option<Vec<u8>>, Fault> {
    let objects = trial.push.objects;
    let mut attributes = Attributes::default();
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    for directory in [""].into_iter().chain(above) {
        let file = trial.entry(tree, &join(directory, ".gitattributes"))?.filter(is_file);
        let text = match file {
            Some(file) if objects.blob_size(file.id)? < attributes::MAX_FILE => {
                Some(objects.blob(file.id)?)
            }
            _ => None,
        };
        if attributes.enter(directory.as_bytes(), text.as_deref()).is_err() {
            return Ok(None);
        }
    }
    let Ok(conversion) = attributes.conversion(path.as_bytes()) else { return Ok(None) };
    if conversion.is_none() {
        return Ok(None);
    }
    let converted = conversion.apply(id, text.to_vec());
    Ok((converted != text).then_some(converted))
}
