//! What a rule is given, and what it answers.

use std::cell::OnceCell;

use crate::gomod;
use crate::ledger::Entry;
use crate::modzip::Plan;
use crate::objects::{Commit, Fault, Kind, ObjectId};
use crate::policy::Level;
use crate::resolve::{Broken, Located};
use crate::tags::{self, Release, join};

use super::RefUpdate;
use super::advice::Fix;
use super::trial::{Trial, is_file};

/// What a finding means for the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is why nobody can use the version: refuse it (K5).
    Breaks,
    /// It is why nobody can use the version, but nobody would try: no reason to refuse (K5).
    Dead,
    /// It does not keep anybody from using the version.
    Harmless,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The level, where it is not the rule's default.
    pub(super) level: Option<Level>,
    pub(super) effect: Effect,
    pub(super) summary: String,
    pub(super) consumer: String,
    pub(super) fix: Fix,
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
    /// What stands in that line.
    pub(super) excerpt: Option<String>,
}

impl Found {
    pub(super) fn new(summary: String, consumer: String, fix: Fix) -> Self {
        let (level, file, line, excerpt) = (None, None, None, None);
        Self { level, effect: Effect::Harmless, summary, consumer, fix, file, line, excerpt }
    }

    pub(super) fn at_level(self, level: Level) -> Self {
        Self { level: Some(level), ..self }
    }

    pub(super) fn with(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    pub(super) fn in_file(self, file: &str, line: Option<u32>) -> Self {
        Self { file: Some(file.to_owned()), line, ..self }
    }

    /// Quotes the line of the file with this text.
    pub(super) fn quoting(self, text: &[u8]) -> Self {
        Self { excerpt: self.line.and_then(|line| excerpt(text, line)), ..self }
    }

    pub(super) fn in_go_mod(self, go_mod: &GoMod, line: Option<u32>) -> Self {
        self.in_file(&go_mod.path, line).quoting(&go_mod.text)
    }
}

/// Larger files are not read again for the sake of one line.
const MAX_QUOTED: u64 = 1 << 20;

/// Bytes of a line that are quoted.
const MAX_EXCERPT: usize = 200;

/// A line of a text, from 1, without the white space around it; cut where it is long, nothing where there is none.
fn excerpt(text: &[u8], line: u32) -> Option<String> {
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    let line = text.split(|byte| *byte == b'\n').nth(at)?.trim_ascii();
    let cut = &line[..line.len().min(MAX_EXCERPT)];
    let whole = String::from_utf8_lossy(cut).into_owned();
    match cut.len() < line.len() {
        // A character that was cut through.
        true => Some(format!("{}…", whole.trim_end_matches(char::REPLACEMENT_CHARACTER))),
        false => Some(whole).filter(|line| !line.is_empty()),
    }
}

/// How a tag changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It is new, or looked at as if it were.
    Created,
    /// It goes to another commit.
    Moved,
    /// It stays on its commit.
    Replaced,
}

/// The name of a ref, by its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named<'a> {
    Branch(&'a str),
    Tag(&'a str),
}

impl Named<'_> {
    /// The word for it.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Branch(_) => "branch",
            Self::Tag(_) => "tag",
        }
    }
}

/// A branch or tag of any name that is created or changed.
pub(super) struct RefCase<'a> {
    pub(super) trial: &'a Trial<'a>,
    pub(super) update: &'a RefUpdate,
    pub(super) named: Named<'a>,
}

impl<'a> RefCase<'a> {
    /// The case of an update; none where the ref is deleted, or is neither branch nor tag.
    pub(super) fn of(trial: &'a Trial<'a>, update: &'a RefUpdate) -> Option<Self> {
        let named = update.branch().map(Named::Branch).or_else(|| update.tag().map(Named::Tag))?;
        (!update.new.is_zero()).then_some(Self { trial, update, named })
    }

    /// Whether the ref is new, or looked at as if it were.
    pub(super) fn is_created(&self) -> bool {
        self.update.old.is_zero()
    }
}

/// A tag that is created or changed.
pub(super) struct TagCase<'a> {
    pub(super) trial: &'a Trial<'a>,
    pub(super) tag: &'a str,
    /// The name before its last slash (K3).
    pub(super) prefix: &'a str,
    /// The name after its last slash.
    pub(super) base: &'a str,
    pub(super) change: Change,
    /// What the ref is to hold.
    pub(super) target: ObjectId,
    /// What it peels to.
    pub(super) kind: Kind,
    /// The commit, if it is on one.
    pub(super) commit: Option<Commit>,
}

impl TagCase<'_> {
    /// Whether people may have fetched the tag already.
    pub(super) fn is_on_server(&self) -> bool {
        self.trial.push.before.tags.contains_key(self.tag)
    }

    /// The directory that the prefix names at this commit.
    pub(super) fn directory(&self) -> Result<Option<ObjectId>, Fault> {
        match &self.commit {
            Some(commit) => self.trial.directory(commit.tree, self.prefix),
            None => Ok(None),
        }
    }

    /// The prefix where it is a directory, else nothing: the prefix of a tag that would work.
    pub(super) fn working_prefix(&self) -> Result<&str, Fault> {
        Ok(if self.directory()?.is_some() { self.prefix } else { "" })
    }

    /// Whether the base is a version as tags carry it, and no pseudo-version.
    pub(super) fn is_version(&self) -> bool {
        is_version(self.base)
    }

    /// The go.mod of a directory at this commit.
    pub(super) fn go_mod(&self, directory: &str) -> Result<Option<GoMod>, Fault> {
        let Some(commit) = &self.commit else { return Ok(None) };
        GoMod::read(self.trial, commit.tree, directory)
    }
}

/// Whether a tag's base is a canonical version and no pseudo-version.
pub(super) fn is_version(base: &str) -> bool {
    crate::version::canonical(base).as_deref() == Some(base) && !crate::pseudo::is_pseudo(base)
}

/// A go.mod that was found.
#[derive(Debug, Clone)]
pub(super) struct GoMod {
    /// Its path in the repository.
    pub(super) path: String,
    /// The file; empty where it is too large for the go command.
    pub(super) text: Vec<u8>,
    /// What it says, or why no consumer can parse it.
    pub(super) parsed: Result<gomod::File, gomod::Errors>,
    /// What the go command's quick look makes of its module line (D7).
    pub(super) scanned: String,
    strict: OnceCell<Result<gomod::File, gomod::Errors>>,
}

impl GoMod {
    /// The go.mod in `directory`; one too large for the go command is not read, and says nothing.
    pub(super) fn read(
        trial: &Trial<'_>,
        tree: ObjectId,
        directory: &str,
    ) -> Result<Option<Self>, Fault> {
        let path = join(directory, "go.mod");
        let Some(entry) = trial.entry(tree, &path)?.filter(is_file) else { return Ok(None) };
        if trial.push.objects.blob_size(entry.id)? > trial.push.limits.go_mod {
            return Ok(Some(Self {
                path,
                text: Vec::new(),
                parsed: Ok(gomod::File::default()),
                scanned: String::new(),
                strict: OnceCell::new(),
            }));
        }
        let text = trial.push.objects.blob(entry.id)?;
        let (parsed, scanned) = (gomod::parse_lax(&text), gomod::module_line(&text));
        Ok(Some(Self { path, text, parsed, scanned, strict: OnceCell::new() }))
    }

    /// What the main module of a build would make of it.
    pub(super) fn strict(&self) -> Result<gomod::File, gomod::Errors> {
        self.strictly().clone()
    }

    /// The same, made once.
    pub(super) fn strictly(&self) -> &Result<gomod::File, gomod::Errors> {
        self.strict.get_or_init(|| gomod::parse_strict(&self.text))
    }

    /// The declared module path, and its line where it is known.
    pub(super) fn declared(&self) -> Option<(&str, Option<u32>)> {
        match &self.parsed {
            Ok(file) => {
                let module = file.module.as_ref()?;
                Some((&module.path, Some(module.position.line)))
            }
            Err(_) => Some((self.scanned.as_str(), None)).filter(|(path, _)| !path.is_empty()),
        }
    }
}

/// A tag and a module version that it would release.
pub(super) struct ReleaseCase<'a> {
    pub(super) tag: &'a TagCase<'a>,
    pub(super) release: &'a Release,
    /// The go.mod in the directory of the tag's prefix.
    pub(super) own: Option<GoMod>,
    /// The go.mod in the directory of the major version.
    pub(super) other: Option<GoMod>,
    /// Why the go command could not use the version.
    pub(super) broken: Option<&'a Broken>,
    /// Where the version lies and what its zip holds, if it can be used.
    pub(super) usable: Option<&'a (Located, Plan)>,
}

impl ReleaseCase<'_> {
    /// The module's path.
    pub(super) fn path(&self) -> &str {
        &self.release.module.path
    }

    /// `M@V`.
    pub(super) fn name(&self) -> String {
        format!("{}@{}", self.release.module.path, self.release.version)
    }

    /// `vN` from v2 on, where the module path must say so; else empty.
    pub(super) fn wanted_major(&self) -> &str {
        self.release.module.pseudo_major()
    }

    /// The go.mod that counts (D9): that of the major's directory where there is one.
    pub(super) fn go_mod(&self) -> Option<&GoMod> {
        self.other.as_ref().or(self.own.as_ref())
    }

    /// The directory of the module at this commit.
    pub(super) fn directory(&self) -> &str {
        match (self.usable, self.go_mod()) {
            (Some((located, _)), _) => &located.directory,
            (None, Some(go_mod)) => tags::split(&go_mod.path).0,
            (None, None) => &self.release.module.code_dir,
        }
    }

    /// The path of a file or directory of the module, from the root of the repository.
    pub(super) fn path_of(&self, inside: &str) -> String {
        if inside.is_empty() { self.directory().to_owned() } else { join(self.directory(), inside) }
    }

    /// The import path of a main package of the module (K9), if there is one. A version that nobody can use has none.
    pub(super) fn main_package(&self) -> Result<Option<String>, Fault> {
        let Some((_, plan)) = self.usable else { return Ok(None) };
        let trial = self.tag.trial;
        let directory = trial.packages.main(trial.push.objects, plan)?;
        Ok(directory.map(|directory| match directory {
            "" => self.path().to_owned(),
            _ => format!("{}/{directory}", self.path()),
        }))
    }

    /// The finding with its line quoted, for files that are not at hand.
    pub(super) fn quoting(&self, found: Found) -> Result<Found, Fault> {
        let (Some(commit), Some(file)) = (&self.tag.commit, &found.file) else { return Ok(found) };
        let trial = self.tag.trial;
        let Some(entry) = trial.entry(commit.tree, file)?.filter(is_file) else { return Ok(found) };
        if found.line.is_none() || trial.push.objects.blob_size(entry.id)? > MAX_QUOTED {
            return Ok(found);
        }
        Ok(found.quoting(&trial.push.objects.blob(entry.id)?))
    }

    /// What the go command says of the version, or `otherwise` where it says nothing.
    pub(super) fn failure(&self, otherwise: impl FnOnce() -> String) -> String {
        self.broken.map_or_else(otherwise, |broken| broken.reason.clone())
    }
}

/// An accepted version, and what the push does to its tag.
pub(super) struct LedgerCase<'a> {
    pub(super) trial: &'a Trial<'a>,
    pub(super) tag: &'a str,
    pub(super) entry: &'a Entry,
    /// The commit that the tag or the version is to have; `None` when the tag is deleted.
    pub(super) commit: Option<ObjectId>,
}

impl LedgerCase<'_> {
    /// Whether the entry is the one that the tag stands for.
    pub(super) fn is_of_tag(&self) -> bool {
        self.entry.repository == self.trial.push.repository
            && self.entry.tag.as_deref() == Some(self.tag)
    }

    /// Prefix and major version of the tag.
    pub(super) fn series(&self) -> (&str, &str) {
        let (prefix, base) = tags::split(self.tag);
        (prefix, crate::version::major(base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_quoted_without_margins_and_cut() {
        let text = b"module x\r\n\n\trequire y v1.0.0 // why\nlast \xff";
        for (line, expected) in [
            (1, Some("module x")),
            (2, None),
            (3, Some("require y v1.0.0 // why")),
            (4, Some("last \u{fffd}")),
            (5, None),
            (0, None),
        ] {
            assert_eq!(excerpt(text, line).as_deref(), expected, "{line}");
        }
        let long = "é".repeat(1 << 20);
        assert_eq!(excerpt(long.as_bytes(), 1), Some("é".repeat(MAX_EXCERPT / 2) + "…"));
        let cut_through = format!("a{long}");
        assert_eq!(excerpt(cut_through.as_bytes(), 1), Some(format!("a{}…", "é".repeat(99))));
    }
}
