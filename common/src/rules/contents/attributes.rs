//! What `.gitattributes` do to the files of a module (section 12).

use crate::attributes::Refusal;
use crate::modzip::Refused;
use crate::objects::{Fault, ObjectId};
use crate::rules::advice::{Fix, quote};
use crate::rules::case::{Effect, Found, ReleaseCase};
use crate::rules::files::more;
use crate::rules::module_files::{attribute_line, directory};
use crate::rules::trial::is_file;
use crate::tags::{join, split};

use super::{Answer, each, plan};

/// `attributes-change-content`.
pub(super) fn change_content(case: &ReleaseCase<'_>) -> Answer {
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
        let (folder, name) = split(path);
        let attributes = quote(&join(folder, ".gitattributes"));
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

/// `attributes-break-archive`.
pub(super) fn break_archive(case: &ReleaseCase<'_>) -> Answer {
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
    Ok(Some(case.quoting(found.with(Effect::Breaks))?))
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
        let path = join(directory, ".gitattributes");
        let entry = case.tag.trial.entry(commit.tree, &path)?;
        files.extend(entry.filter(is_file).map(|entry| (path, entry.id)));
        if directory.is_empty() {
            return Ok(files);
        }
        directory = split(directory).0;
    }
}

/// `export-ignore-ignored`.
pub(super) fn export_ignored(case: &ReleaseCase<'_>) -> Answer {
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
        let found = Found::new(summary, consumer, fix).in_file(&path, Some(line));
        return Ok(Some(case.quoting(found)?));
    }
    Ok(None)
}
