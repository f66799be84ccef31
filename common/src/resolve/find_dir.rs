//! The directory and go.mod of a version (rules D7 to D9, R10).

use crate::gomod;
use crate::module;
use crate::objects::{Commit, Fault, Mode, ObjectId, Objects, TreeEntry, lookup};
use crate::quote::quote;
use crate::tags::{Module, join};
use crate::version;

use super::{Failure, View};

/// Where a version lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The commit.
    pub commit: Commit,
    /// The module's directory, without slashes at its ends.
    pub directory: String,
    /// The go.mod's bytes as committed; `None` where it is synthesized (G3).
    pub go_mod: Option<Vec<u8>>,
}

impl Located {
    /// The bytes of `.mod` (G2, G3).
    pub fn mod_bytes(&self, module_path: &str) -> Vec<u8> {
        self.go_mod.clone().unwrap_or_else(|| format!("module {module_path}\n").into_bytes())
    }

    /// The path of the go.mod in the repository.
    pub fn go_mod_path(&self) -> String {
        join(&self.directory, "go.mod")
    }
}

/// The revision that a query stands for (Q2).
pub(super) fn revision_of(module: &Module, query: &str) -> String {
    if !version::is_valid(query) {
        return query.to_owned();
    }
    match crate::pseudo::parse(query) {
        Ok(parts) => parts.revision.to_owned(),
        Err(_) => module.tag(query),
    }
}

impl View<'_> {
    /// D9 for a canonical version. `hint` is the commit that is already known to carry it.
    ///
    /// # Errors
    /// `NotExist` with the go command's reason.
    pub(super) fn find_dir(
        &self,
        module: &Module,
        version: &str,
        hint: Option<&Commit>,
    ) -> Result<Located, Failure> {
        let revision = revision_of(module, version);
        // The go command looks the revision up again by name. Where that name is the short hash of
        // a commit in hand and no ref bears it, the look-up can only find the same commit.
        let known = hint.filter(|commit| {
            commit.id.short() == revision
                && !self.refs().tags.contains_key(&revision)
                && !self.refs().branches.contains_key(&revision)
        });
        let commit = match known {
            Some(commit) => commit.clone(),
            None => {
                let reading = |reason| {
                    let file = join(&module.code_dir, "go.mod");
                    format!("reading {}/{file} at revision {revision}: {reason}", module.code_root)
                };
                self.lookup(&revision).map_err(|failure| failure.map(reading))?.commit
            }
        };
        Ok(at_commit(self.objects, module, version, &commit, &revision)?)
    }
}

/// Why a version lies nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotLocated {
    /// The repository could not be read.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// No directory holds the module, or two do.
    #[error("{reason}")]
    Misplaced {
        /// The rule of the gate that describes it best.
        rule: &'static str,
        /// What the go command says.
        reason: String,
    },
}

impl From<NotLocated> for Failure {
    fn from(error: NotLocated) -> Self {
        match error {
            NotLocated::Fault(fault) => Self::Fault(fault),
            NotLocated::Misplaced { reason, .. } => Self::NotExist(reason),
        }
    }
}

/// D9 at a given commit; `revision` is what messages call it.
///
/// # Errors
/// With the go command's reason, or a fault.
pub fn at_commit(
    objects: &dyn Objects,
    module: &Module,
    version: &str,
    commit: &Commit,
    revision: &str,
) -> Result<Located, NotLocated> {
    let misplaced = |misfit: Misfit| NotLocated::Misplaced {
        rule: misfit.rule,
        reason: format!("{} at revision {revision}", misfit.reason),
    };
    let read = |directory: &str| match Candidate::read(objects, commit, directory) {
        Ok(candidate) => Ok(candidate),
        Err(Failure::Fault(fault)) => Err(NotLocated::Fault(fault)),
        Err(Failure::NotExist(reason) | Failure::Other(reason)) => {
            Err(misplaced(Misfit { rule: "release-unfetchable", reason }))
        }
    };
    let own = read(&module.code_dir)?;
    let other = module.major_dir().map(|directory| read(&directory)).transpose()?;
    let chosen = choose(module, version, &own, other.as_ref()).map_err(misplaced)?;
    let Candidate { directory, go_mod, .. } = match chosen {
        Choice::Own => own,
        Choice::Major => other.unwrap_or(own),
    };
    Ok(Located { commit: commit.clone(), directory, go_mod })
}

/// A directory that may be the module's, and its go.mod.
struct Candidate {
    directory: String,
    go_mod: Option<Vec<u8>>,
    /// What D7 reads in it; empty without go.mod.
    path: String,
}

impl Candidate {
    fn read(objects: &dyn Objects, commit: &Commit, directory: &str) -> Result<Self, Failure> {
        let go_mod = read_file(objects, commit.tree, &join(directory, "go.mod"))?;
        let path = go_mod.as_deref().map(gomod::module_line).unwrap_or_default();
        Ok(Self { directory: directory.to_owned(), go_mod, path })
    }

    fn file(&self) -> String {
        join(&self.directory, "go.mod")
    }
}

enum Choice {
    Own,
    Major,
}

/// Why no directory fits: the rule that describes it best, and the go command's text less the revision.
struct Misfit {
    rule: &'static str,
    reason: String,
}

impl Misfit {
    fn new(rule: &'static str, reason: String) -> Self {
        Self { rule, reason }
    }
}

/// The decision of D9.
fn choose(
    module: &Module,
    version: &str,
    own: &Candidate,
    other: Option<&Candidate>,
) -> Result<Choice, Misfit> {
    let major = &module.path_major;
    let own_fits = own.go_mod.is_some()
        && (is_major(&own.path, major) || major.is_empty() && own.path.starts_with("gopkg.in/"));
    if let Some(other) = other.filter(|other| other.go_mod.is_some()) {
        return choose_major(module, own_fits.then_some(own), other);
    }
    if own_fits {
        return Ok(Choice::Own);
    }
    if own.go_mod.is_some() {
        return Err(unfit(module, version, own, other.is_some()));
    }
    // A major with a dot, of gopkg.in, needs no go.mod either.
    if module.code_dir.is_empty() && !major.starts_with('/') {
        return Ok(Choice::Own);
    }
    let rule = if module.code_dir.is_empty() { "gomod-missing" } else { "gomod-missing-submodule" };
    Err(Misfit::new(
        rule,
        if other.is_some() {
            format!("missing {}/go.mod and ...{major}/go.mod", module.path_prefix)
        } else {
            format!("missing {}/go.mod", module.path_prefix)
        },
    ))
}

/// D9.2: there is a `vN/go.mod`.
fn choose_major(
    module: &Module,
    own: Option<&Candidate>,
    other: &Candidate,
) -> Result<Choice, Misfit> {
    let (major, file) = (&module.path_major, other.file());
    match own {
        Some(own) if is_major(&other.path, major) => {
            let (prefix, file) = (&module.path_prefix, own.file());
            let reason =
                format!("{prefix}/{file} and ...{major}/go.mod both have ...{major} module paths");
            Err(Misfit::new("major-defined-twice", reason))
        }
        None if is_major(&other.path, major) => Ok(Choice::Major),
        _ => {
            let reason = if other.path.is_empty() {
                format!("{}/{file} is missing module path", module.code_root)
            } else {
                format!(
                    "{}/{file} has non-...{major} module path {}",
                    module.code_root,
                    quote(&other.path)
                )
            };
            Err(Misfit::new("major-dir-broken", reason))
        }
    }
}

/// D9.3: there is a go.mod, but its module line does not fit.
fn unfit(module: &Module, version: &str, own: &Candidate, has_other: bool) -> Misfit {
    let (file, path, major) = (own.file(), &own.path, &module.path_major);
    let quoted = quote(path);
    let also =
        if has_other { format!(" (and ...{major}/go.mod does not exist)") } else { String::new() };
    let declared_major = module::split_path_version(path).map(|(_, major)| major);
    if path.is_empty() {
        Misfit::new("release-unfetchable", format!("{file} is missing module path{also}"))
    } else if !major.is_empty() {
        let rule = match declared_major {
            Some("") => "major-suffix-missing",
            Some(_) => "major-suffix-mismatch",
            None => "major-suffix-v0-v1",
        };
        Misfit::new(rule, format!("{file} has non-...{major} module path {quoted}{also}"))
    } else if declared_major.is_none() {
        let reason = format!("{file} has malformed module path {quoted}{also}");
        Misfit::new("major-suffix-v0-v1", reason)
    } else {
        let reason =
            format!("{file} has post-{} module path {quoted}{also}", version::major(version));
        Misfit::new("major-suffix-mismatch", reason)
    }
}

/// D8.
fn is_major(path: &str, path_major: &str) -> bool {
    if path.is_empty() {
        return false;
    }
    let Some((_, found)) = module::split_path_version(path) else { return false };
    let found = found.get(1..).unwrap_or_default();
    match path_major.get(1..) {
        None => matches!(found, "" | "v0" | "v1"),
        Some(wanted) => found == wanted,
    }
}

/// The raw content of a go.mod; the target text of a symlink; `None` where there is neither (R10).
///
/// # Errors
/// When the repository cannot be read, or the file is absurdly large.
pub(super) fn read_file(
    objects: &dyn Objects,
    tree: ObjectId,
    path: &str,
) -> Result<Option<Vec<u8>>, Failure> {
    let Some(entry) = file(objects, tree, path)? else { return Ok(None) };
    if objects.blob_size(entry.id)? > MAX_READ {
        return Err(Failure::Other(format!(
            "{path}: go.mod file too large (max size is 16777216 bytes)"
        )));
    }
    Ok(Some(objects.blob(entry.id)?))
}

/// Whether [`read_file`] would find something.
pub(super) fn has_file(objects: &dyn Objects, tree: ObjectId, path: &str) -> Result<bool, Fault> {
    Ok(file(objects, tree, path)?.is_some())
}

fn file(objects: &dyn Objects, tree: ObjectId, path: &str) -> Result<Option<TreeEntry>, Fault> {
    let found = lookup(objects, tree, path)?;
    Ok(found.filter(|entry| matches!(entry.mode, Mode::File | Mode::Link)))
}

/// The go command serves a `.mod` of any size (G5) and refuses the zip beyond 16 MiB (Z4), so such a
/// version is broken. What lies far beyond is not even read.
const MAX_READ: u64 = 64 << 20;
