//! What the rules see of a git repository: object ids, commits, trees, blobs and refs.
//!
//! Two things implement [`Objects`]: git itself (`io::repo`) and an in-memory map for case tables
//! (`objects::memory`). The names are git's own. Nothing here reads a disk.
//!
//! Refs are those that `git ls-remote` would show as `HEAD`, `refs/heads/*` and `refs/tags/*`, less
//! the hidden ones (rules R1 to R3); tags are peeled (R2).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hex;

pub mod memory;

/// A SHA-1 object id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; 20]);

impl ObjectId {
    /// The id that git writes for "no object": a ref that is created or deleted.
    pub const ZERO: Self = Self([0; 20]);

    /// The id made of these 20 bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The 20 bytes of the id.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Whether this is [`ObjectId::ZERO`].
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// Whether the id, as 40 hex digits, begins with these digits.
    pub fn has_prefix(&self, digits: &str) -> bool {
        let nibbles = self.0.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let wanted = digits.bytes().map(|digit| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        });
        digits.len() <= 40 && wanted.zip(nibbles).all(|(wanted, own)| wanted == Some(own))
    }

    /// The first 12 hex digits, as pseudo-versions carry them (P8).
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The text is not 40 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an object id: {0:?}")]
pub struct InvalidObjectId(pub String);

impl FromStr for ObjectId {
    type Err = InvalidObjectId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::parse(text).map(Self).ok_or_else(|| InvalidObjectId(text.to_owned()))
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The type of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file's content.
    Blob,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
    /// A directory.
    Tree,
}

/// What the rules need of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its own id.
    pub id: ObjectId,
    /// The root tree.
    pub tree: ObjectId,
    /// The parents, first parent first.
    pub parents: Vec<ObjectId>,
    /// Committer time in seconds since 1970-01-01T00:00:00Z (P7); `None` where the commit has none that
    /// git can read. Such a commit can be walked past, but not be a version.
    pub time: Option<i64>,
}

/// What a tree entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A regular file, executable or not.
    File,
    /// A submodule.
    Gitlink,
    /// A symbolic link.
    Link,
    /// A directory.
    Tree,
}

/// One entry of a tree object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// The name as git stores it: any bytes but NUL and `/`.
    pub name: Vec<u8>,
    /// What the entry is.
    pub mode: Mode,
    /// The object it names.
    pub id: ObjectId,
}

/// Why an object could not be read. Never a statement about the release: the repository is damaged,
/// incomplete, or the disk failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The repository does not hold the object.
    #[error("object {0} is missing")]
    Missing(ObjectId),
    /// The object is there, but cannot be decoded or has another type than its user says.
    #[error("object {id} is unreadable: {reason}")]
    Unreadable {
        /// The object.
        id: ObjectId,
        /// What the reader said.
        reason: String,
    },
    /// Anything else that stopped the reading.
    #[error("repository is unreadable: {0}")]
    Repository(String),
}

/// How many tags of tags are followed.
pub const MAX_TAG_DEPTH: usize = 100;

/// Read access to the objects of one repository.
pub trait Objects {
    /// The object that `id` finally names, tags peeled (R2), and its kind (never [`Kind::Tag`]).
    ///
    /// # Errors
    /// When an object on the way cannot be read.
    fn peel(&self, id: ObjectId) -> Result<(ObjectId, Kind), Fault>;

    /// The object that the annotated tag `id` names, which may be a tag again; `None` where `id` is no tag.
    ///
    /// # Errors
    /// When there is no readable object of that id.
    fn tag_target(&self, id: ObjectId) -> Result<Option<ObjectId>, Fault>;

    /// The commit `id`.
    ///
    /// # Errors
    /// When there is no readable commit of that id.
    fn commit(&self, id: ObjectId) -> Result<Commit, Fault>;

    /// The entries of the tree `id`, in git's order.
    ///
    /// # Errors
    /// When there is no readable tree of that id.
    fn tree(&self, id: ObjectId) -> Result<Vec<TreeEntry>, Fault>;

    /// The size of the blob `id` in bytes, without reading it.
    ///
    /// # Errors
    /// When there is no readable blob of that id.
    fn blob_size(&self, id: ObjectId) -> Result<u64, Fault>;

    /// The content of the blob `id`.
    ///
    /// # Errors
    /// When there is no readable blob of that id.
    fn blob(&self, id: ObjectId) -> Result<Vec<u8>, Fault>;

    /// All commits and annotated tags whose id begins with these 7 to 40 hex digits (R4).
    ///
    /// # Errors
    /// When the object database cannot be searched.
    fn with_prefix(&self, digits: &str) -> Result<Vec<ObjectId>, Fault>;
}

/// The entry at `path` (slash-separated, relative to `tree`); `None` where nothing is. Symbolic
/// links on the way are not followed (R10). An empty path names no entry.
///
/// # Errors
/// When a tree on the way cannot be read.
pub fn lookup(
    objects: &dyn Objects,
    tree: ObjectId,
    path: &str,
) -> Result<Option<TreeEntry>, Fault> {
    let (first, rest) = path.split_once('/').map_or((path, None), |(f, r)| (f, Some(r)));
    let Some(entry) = objects.tree(tree)?.into_iter().find(|entry| entry.name == first.as_bytes())
    else {
        return Ok(None);
    };
    match rest {
        None => Ok(Some(entry)),
        Some(rest) if entry.mode == Mode::Tree => lookup(objects, entry.id, rest),
        Some(_) => Ok(None),
    }
}

/// A tag: what the ref holds, and what that peels to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// The object the ref names: a commit, or an annotated tag.
    pub target: ObjectId,
    /// The object the tag finally peels to (R2).
    pub peeled: ObjectId,
    /// What `peeled` is; tags on trees and blobs exist (R8).
    pub kind: Kind,
}

/// The visible refs of a repository (R1), names without `refs/heads/` and `refs/tags/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refs {
    /// The commit that HEAD resolves to; `None` where it dangles (R3).
    pub head: Option<ObjectId>,
    /// The branch that HEAD names, whether it exists or not; `None` where HEAD names a commit.
    pub head_branch: Option<String>,
    /// Branches and their commits.
    pub branches: BTreeMap<String, ObjectId>,
    /// Tags.
    pub tags: BTreeMap<String, Tag>,
}

impl Refs {
    /// Every full ref name with its peeled value, in byte order: `HEAD`, heads, tags.
    pub fn values(&self) -> impl Iterator<Item = (String, ObjectId)> {
        let head = self.head.iter().map(|id| ("HEAD".to_owned(), *id));
        let heads = self.branches.iter().map(|(name, id)| (format!("refs/heads/{name}"), *id));
        let tags = self.tags.iter().map(|(name, tag)| (format!("refs/tags/{name}"), tag.peeled));
        head.chain(heads).chain(tags)
    }
}

#[cfg(test)]
mod tests;
