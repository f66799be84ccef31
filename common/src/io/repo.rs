//! A bare git repository on disk, read through libgit2.
//!
//! Opening costs some 40 µs, so a repository is opened for each job and never shared between
//! threads. It is opened as a bare repository by its own path: libgit2 then neither searches the
//! parents nor minds who owns it (the operator named the root).
//!
//! Inside a pre-receive hook the new objects lie in git's quarantine; [`Repository::open_quarantined`]
//! adds the folders that git names in the environment. They are never built from the repository's
//! path, since some hosts put them elsewhere.
//!
//! What libgit2 cannot read (SHA-256, reftable) is told apart before it is opened, to be reported in
//! words.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Oid};

use crate::objects::{
    Commit, Fault, Kind, MAX_TAG_DEPTH, Mode, ObjectId, Objects, Refs, Tag, TreeEntry,
};

mod hidden;
pub mod keep;
pub mod quarantine;
pub mod raw;
mod recent;

use recent::Recent;

/// Whether object ids are recomputed while objects are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashCheck {
    /// The object database is trusted; the h1 is compared anyway.
    Off,
    /// Each object is hashed while it is read: what a hook wants of foreign objects, and of a disk, before an h1 is recorded.
    On,
}

/// Sets the hash check of the whole process, and turns libgit2's own cache off: a [`Repository`] has a small one. Call it
/// once, first.
pub fn prepare(check: HashCheck) {
    git2::opts::strict_hash_verification(check == HashCheck::On);
    git2::opts::enable_caching(false);
}

/// Why a repository could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is no git repository.
    #[error("{0:?} is not a git repository")]
    NotARepository(PathBuf),
    /// libgit2 refused.
    #[error("cannot open {path:?}: {reason}")]
    Unreadable {
        /// The repository.
        path: PathBuf,
        /// What libgit2 said.
        reason: String,
    },
    /// The repository keeps its refs or objects in a way that libgit2 cannot read.
    #[error("{path:?} uses {feature}, which modgate cannot read")]
    Unsupported {
        /// The repository.
        path: PathBuf,
        /// Such as `SHA-256 object ids` or `reftable refs`.
        feature: &'static str,
    },
}

/// An open repository. Not shared between threads.
pub struct Repository {
    git: git2::Repository,
    recent: Recent,
}

/// What ref values are known to peel to, so that an unchanged ref costs no object look-up.
pub type Peeled = HashMap<ObjectId, (ObjectId, Kind)>;

impl Repository {
    /// Opens the bare repository (or the `.git` folder) at `path`.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        check_format(path)?;
        let git = git2::Repository::open_bare(path).map_err(|error| OpenError::Unreadable {
            path: path.to_owned(),
            reason: error.message().to_owned(),
        })?;
        Ok(Self { git, recent: Recent::default() })
    }

    /// Opens `path` and also reads objects from these object directories: the quarantine of a push.
    ///
    /// # Errors
    /// As [`Repository::open`], or when a directory cannot be added.
    pub fn open_quarantined(path: &Path, directories: &[PathBuf]) -> Result<Self, OpenError> {
        let repository = Self::open(path)?;
        let unreadable = |reason: String| OpenError::Unreadable { path: path.to_owned(), reason };
        {
            let odb = repository.git.odb().map_err(|e| unreadable(e.message().to_owned()))?;
            for directory in directories {
                let text = directory
                    .to_str()
                    .ok_or_else(|| unreadable(format!("{directory:?} is not UTF-8")))?;
                odb.add_disk_alternate(text).map_err(|e| unreadable(e.message().to_owned()))?;
            }
        }
        Ok(repository)
    }

    /// Where the repository is that `place` is in: a bare one, or the `.git` folder of a work tree around it.
    pub fn around(place: &Path) -> Option<PathBuf> {
        git2::Repository::discover_path(place, None::<&Path>).ok()
    }

    /// The commit that a revision means to git: `HEAD~1`, `origin/main`, a tag, part of a hash. `None` where it
    /// means none.
    ///
    /// # Errors
    /// When several commits could be meant, or the repository cannot be read.
    pub fn revision(&self, revision: &str) -> Result<Option<ObjectId>, Fault> {
        match self.git.revparse_single(revision) {
            Ok(object) => Ok(object.peel_to_commit().ok().map(|commit| object_id(commit.id()))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => {
                Ok(None)
            }
            Err(error) => Err(Fault::Repository(error.message().to_owned())),
        }
    }

    /// Whether git would take this for the name of a tag.
    pub fn is_tag_name(name: &str) -> bool {
        !name.starts_with('-') && git2::Reference::is_valid_name(&format!("refs/tags/{name}"))
    }

    /// What a clone knows of the branches of others (`refs/remotes/`), by the names that git shows.
    ///
    /// # Errors
    /// When the refs cannot be listed.
    pub fn remote_branches(&self) -> Result<Vec<(String, ObjectId)>, Fault> {
        let unreadable = |error: git2::Error| Fault::Repository(error.message().to_owned());
        let references = self.git.references_glob("refs/remotes/*").map_err(unreadable)?;
        let branch = |reference: git2::Reference<'_>| {
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            let short = name.strip_prefix("refs/")?.to_owned();
            Some((short, object_id(reference.target()?)))
        };
        Ok(references.flatten().filter_map(branch).collect())
    }

    /// Whether part of the history was left out when it was cloned.
    pub fn is_shallow(&self) -> bool {
        self.git.is_shallow()
    }

    /// The folder of the repository.
    pub fn path(&self) -> &Path {
        self.git.path()
    }

    /// A value of the repository's own configuration; `None` where it is unset or unreadable.
    pub fn config(&self, name: &str) -> Option<String> {
        self.git.config().ok()?.snapshot().ok()?.get_string(name).ok()
    }

    /// Whether git takes push options (`git push -o`), as far as its own and the system's configuration say.
    pub fn takes_push_options(&self) -> bool {
        let value = self.config("receive.advertisePushOptions").unwrap_or_default();
        matches!(&*value.to_ascii_lowercase(), "true" | "yes" | "on" | "1")
    }

    /// What the ref of this full name holds now, not peeled; `None` where there is no such ref.
    ///
    /// # Errors
    /// When the ref cannot be read.
    pub fn ref_target(&self, name: &str) -> Result<Option<ObjectId>, Fault> {
        match self.git.find_reference(name) {
            Ok(reference) => Ok(reference.resolve().ok().and_then(|r| r.target()).map(object_id)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) if error.code() == ErrorCode::InvalidSpec => Ok(None),
            Err(error) => Err(Fault::Repository(error.message().to_owned())),
        }
    }

    /// The visible refs (R1 to R3), and what their values peel to. A ref whose object
    /// cannot be read keeps its value, as git shows it. `known` saves look-ups.
    ///
    /// # Errors
    /// When the refs cannot be listed.
    pub fn refs(&self, known: &Peeled) -> Result<(Refs, Peeled), Fault> {
        let unreadable = |error: &git2::Error| Fault::Repository(error.message().to_owned());
        let hidden = hidden::Hidden::of(&self.git);
        let mut refs = Refs::default();
        let mut peeled = Peeled::new();
        let mut failures = 0;
        for reference in self.git.references().map_err(|e| unreadable(&e))? {
            let reference = match reference {
                Ok(reference) => reference,
                // One broken ref must not hide the others; an endless run of them is a fault.
                Err(error) if failures == MAX_BROKEN_REFS => return Err(unreadable(&error)),
                Err(_) => {
                    failures += 1;
                    continue;
                }
            };
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            if !name.starts_with("refs/heads/") && !name.starts_with("refs/tags/") {
                continue;
            }
            let resolved = reference.target().or_else(|| reference.resolve().ok()?.target());
            let Some(target) = resolved.map(object_id).filter(|id| !id.is_zero()) else { continue };
            if hidden.hides(&name) {
                continue;
            }
            let value = match known.get(&target).copied().map_or_else(|| self.peel(target), Ok) {
                Ok(value) => {
                    peeled.insert(target, value);
                    value
                }
                // Shown as it stands, as git does: whoever reads it meets the damage (B13).
                Err(_) => (target, Kind::Commit),
            };
            if let Some(branch) = name.strip_prefix("refs/heads/") {
                refs.branches.insert(branch.to_owned(), value.0);
            } else if let Some(tag) = name.strip_prefix("refs/tags/") {
                let tag_value = Tag { target, peeled: value.0, kind: value.1 };
                refs.tags.insert(tag.to_owned(), tag_value);
            }
        }
        if !hidden.hides("HEAD") {
            self.read_head(&mut refs);
        }
        Ok((refs, peeled))
    }

    /// HEAD, and those of these refs (full names) that exist; hidden ones too.
    pub fn refs_named(&self, names: &[String]) -> Refs {
        let mut refs = Refs::default();
        self.read_head(&mut refs);
        for name in names {
            let found = self.git.find_reference(name).ok().and_then(|found| found.target());
            let Some(target) = found.map(object_id) else { continue };
            let (peeled, kind) = self.peel(target).unwrap_or((target, Kind::Commit));
            if let Some(branch) = name.strip_prefix("refs/heads/") {
                refs.branches.insert(branch.to_owned(), peeled);
            } else if let Some(tag) = name.strip_prefix("refs/tags/") {
                refs.tags.insert(tag.to_owned(), Tag { target, peeled, kind });
            }
        }
        refs
    }

    fn read_head(&self, refs: &mut Refs) {
        let head = self.git.find_reference("HEAD").ok();
        let branch = head.as_ref().and_then(|head| head.symbolic_target_bytes());
        let branch = branch.and_then(|name| name.strip_prefix(b"refs/heads/"));
        refs.head_branch = branch.map(|name| String::from_utf8_lossy(name).into_owned());
        refs.head = self.git.head().ok().and_then(|head| head.target()).map(object_id);
    }

    fn fault(id: ObjectId, error: &git2::Error) -> Fault {
        match error.code() {
            ErrorCode::NotFound => Fault::Missing(id),
            _ => Fault::Unreadable { id, reason: error.message().to_owned() },
        }
    }

    fn kind(&self, id: ObjectId) -> Result<(u64, ObjectType), Fault> {
        let odb = self.git.odb().map_err(|e| Self::fault(id, &e))?;
        let (size, kind) = odb.read_header(oid(id)).map_err(|e| Self::fault(id, &e))?;
        Ok((size as u64, kind))
    }

    /// The content of an object, which must be of this type.
    fn raw(&self, id: ObjectId, wanted: ObjectType) -> Result<Vec<u8>, Fault> {
        let odb = self.git.odb().map_err(|e| Self::fault(id, &e))?;
        let object = odb.read(oid(id)).map_err(|e| Self::fault(id, &e))?;
        if object.kind() == wanted {
            return Ok(object.data().to_vec());
        }
        let reason = format!("is a {}, not a {wanted}", object.kind());
        Err(Fault::Unreadable { id, reason })
    }

    /// What a tag object names.
    fn target_of(&self, tag: ObjectId) -> Result<ObjectId, Fault> {
        let target = raw::tag_target(&self.raw(tag, ObjectType::Tag)?);
        target.ok_or_else(|| Self::malformed(tag))
    }

    fn read_tree(&self, id: ObjectId) -> Result<Vec<TreeEntry>, Fault> {
        let tree = self.git.find_tree(oid(id)).map_err(|e| Self::fault(id, &e))?;
        Ok(tree
            .iter()
            .map(|entry| TreeEntry {
                name: entry.name_bytes().to_vec(),
                mode: match entry.filemode_raw() & 0o170_000 {
                    0o040_000 => Mode::Tree,
                    0o120_000 => Mode::Link,
                    0o100_000 => Mode::File,
                    // git takes all that it does not know for a submodule.
                    _ => Mode::Gitlink,
                },
                id: object_id(entry.id()),
            })
            .collect())
    }

    fn malformed(id: ObjectId) -> Fault {
        Fault::Unreadable { id, reason: "malformed".to_owned() }
    }

    /// Every commit and tag with that prefix, by looking at all objects: only where libgit2 says that
    /// the prefix is ambiguous.
    fn search_all(&self, digits: &str) -> Result<Vec<ObjectId>, Fault> {
        let unreadable = |error: git2::Error| Fault::Repository(error.message().to_owned());
        let odb = self.git.odb().map_err(unreadable)?;
        let mut found = Vec::new();
        odb.foreach(|id| {
            if id.to_string().starts_with(digits) {
                found.push(object_id(*id));
            }
            true
        })
        .map_err(unreadable)?;
        found.sort();
        found.dedup();
        Ok(found)
    }
}

/// How many unreadable refs are passed over before the listing counts as failed.
const MAX_BROKEN_REFS: usize = 1000;

impl Objects for Repository {
    fn peel(&self, id: ObjectId) -> Result<(ObjectId, Kind), Fault> {
        let mut current = id;
        for _ in 0..MAX_TAG_DEPTH {
            let kind = match self.kind(current)?.1 {
                ObjectType::Commit => Kind::Commit,
                ObjectType::Tree => Kind::Tree,
                ObjectType::Blob => Kind::Blob,
                _ => {
                    current = self.target_of(current)?;
                    continue;
                }
            };
            return Ok((current, kind));
        }
        Err(Fault::Unreadable { id, reason: format!("more than {MAX_TAG_DEPTH} nested tags") })
    }

    fn tag_target(&self, id: ObjectId) -> Result<Option<ObjectId>, Fault> {
        match self.kind(id)?.1 {
            ObjectType::Tag => self.target_of(id).map(Some),
            _ => Ok(None),
        }
    }

    fn commit(&self, id: ObjectId) -> Result<Commit, Fault> {
        self.recent.commits.get(id, || {
            let content = self.raw(id, ObjectType::Commit)?;
            raw::commit(id, &content).ok_or_else(|| Self::malformed(id))
        })
    }

    fn tree(&self, id: ObjectId) -> Result<Vec<TreeEntry>, Fault> {
        self.recent.trees.get(id, || self.read_tree(id))
    }

    fn blob_size(&self, id: ObjectId) -> Result<u64, Fault> {
        self.recent.sizes.get(id, || match self.kind(id)? {
            (size, ObjectType::Blob) => Ok(size),
            (_, other) => {
                Err(Fault::Unreadable { id, reason: format!("is a {other}, not a blob") })
            }
        })
    }

    fn blob(&self, id: ObjectId) -> Result<Vec<u8>, Fault> {
        self.recent.blobs.get(id, || self.raw(id, ObjectType::Blob))
    }

    fn with_prefix(&self, digits: &str) -> Result<Vec<ObjectId>, Fault> {
        let unreadable = |error: &git2::Error| Fault::Repository(error.message().to_owned());
        let odb = self.git.odb().map_err(|e| unreadable(&e))?;
        let prefix = Oid::from_str(digits).map_err(|e| unreadable(&e))?;
        let found = match odb.exists_prefix(prefix, digits.len()) {
            Ok(id) => vec![object_id(id)],
            Err(error) if error.code() == ErrorCode::NotFound => Vec::new(),
            Err(error) if error.code() == ErrorCode::Ambiguous => self.search_all(digits)?,
            Err(error) => return Err(unreadable(&error)),
        };
        let mut named = Vec::new();
        for id in found {
            // An object that is there and cannot be read is no unknown revision (B13).
            if matches!(self.kind(id)?.1, ObjectType::Commit | ObjectType::Tag) {
                named.push(id);
            }
        }
        Ok(named)
    }
}

/// Tells apart what libgit2 would refuse with a puzzling text.
fn check_format(path: &Path) -> Result<(), OpenError> {
    let common = common_directory(path);
    if !common.join("objects").is_dir() || !path.join("HEAD").exists() {
        return Err(OpenError::NotARepository(path.to_owned()));
    }
    let config = git2::Config::open(&common.join("config"))
        .and_then(|mut config| config.snapshot())
        .map_err(|error| OpenError::Unreadable {
            path: path.to_owned(),
            reason: error.message().to_owned(),
        })?;
    let value = |name| config.get_string(name).unwrap_or_default().to_ascii_lowercase();
    let unsupported = |feature| OpenError::Unsupported { path: path.to_owned(), feature };
    if value("extensions.objectformat") == "sha256" {
        return Err(unsupported("SHA-256 object ids"));
    }
    if value("extensions.refstorage").starts_with("reftable") {
        return Err(unsupported("reftable refs"));
    }
    if !value("extensions.partialclone").is_empty() {
        return Err(unsupported("a partial clone (extensions.partialClone)"));
    }
    Ok(())
}

/// Where objects and configuration are: elsewhere for a work tree that `git worktree` added.
fn common_directory(path: &Path) -> PathBuf {
    let named = std::fs::read_to_string(path.join("commondir"));
    named.map_or_else(|_| path.to_owned(), |named| path.join(named.trim_end_matches('\n')))
}

fn object_id(id: Oid) -> ObjectId {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(id.as_bytes());
    ObjectId::from_bytes(bytes)
}

fn oid(id: ObjectId) -> Oid {
    // Twenty bytes are always an id; the zero id stands in for what cannot happen.
    Oid::from_bytes(id.as_bytes()).unwrap_or(Oid::ZERO_SHA1)
}

#[cfg(test)]
mod tests;
