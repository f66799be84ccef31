//! A repository held in maps, for case tables: [`Repository`] implements [`Objects`] without git.
//!
//! Ids are the SHA-1 that git would give only in shape: they are numbered, not hashed.

use std::collections::BTreeMap;

use super::{Commit, Fault, Kind, Mode, ObjectId, Objects, TreeEntry};

/// An in-memory object store.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    commits: BTreeMap<ObjectId, Commit>,
    trees: BTreeMap<ObjectId, Vec<TreeEntry>>,
    blobs: BTreeMap<ObjectId, Vec<u8>>,
    next: u64,
}

impl Repository {
    fn fresh(&mut self) -> ObjectId {
        self.next += 1;
        let mut bytes = [0; 20];
        // A multiplicative hash spreads the numbers, so that prefixes of ids differ.
        bytes[..8].copy_from_slice(&self.next.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        bytes[12..].copy_from_slice(&self.next.to_be_bytes());
        ObjectId::from_bytes(bytes)
    }

    /// Adds a blob.
    pub fn add_blob(&mut self, content: &[u8]) -> ObjectId {
        let id = self.fresh();
        self.blobs.insert(id, content.to_vec());
        id
    }

    /// Adds the tree of these regular files, `(path, content)`.
    pub fn add_tree(&mut self, files: &[(&str, &str)]) -> ObjectId {
        let mut entries = Vec::new();
        let mut folders: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (path, content) in files {
            match path.split_once('/') {
                Some((folder, rest)) => folders.entry(folder).or_default().push((rest, content)),
                None => {
                    let id = self.add_blob(content.as_bytes());
                    entries.push(TreeEntry {
                        name: path.as_bytes().to_vec(),
                        mode: Mode::File,
                        id,
                    });
                }
            }
        }
        for (folder, files) in folders {
            let id = self.add_tree(&files);
            entries.push(TreeEntry { name: folder.as_bytes().to_vec(), mode: Mode::Tree, id });
        }
        self.add_entries(entries)
    }

    /// Adds a tree of these entries, put into git's order (B3).
    pub fn add_entries(&mut self, mut entries: Vec<TreeEntry>) -> ObjectId {
        entries.sort_by_cached_key(|entry| {
            let mut name = entry.name.clone();
            if entry.mode == Mode::Tree {
                name.push(b'/');
            }
            name
        });
        let id = self.fresh();
        self.trees.insert(id, entries);
        id
    }

    /// Adds a commit.
    pub fn add_commit(&mut self, tree: ObjectId, parents: &[ObjectId], time: i64) -> ObjectId {
        let id = self.fresh();
        let time = Some(time);
        self.commits.insert(id, Commit { id, tree, parents: parents.to_vec(), time });
        id
    }
}

impl Objects for Repository {
    fn peel(&self, id: ObjectId) -> Result<(ObjectId, Kind), Fault> {
        let kind = if self.commits.contains_key(&id) {
            Kind::Commit
        } else if self.trees.contains_key(&id) {
            Kind::Tree
        } else if self.blobs.contains_key(&id) {
            Kind::Blob
        } else {
            return Err(Fault::Missing(id));
        };
        Ok((id, kind))
    }

    fn tag_target(&self, id: ObjectId) -> Result<Option<ObjectId>, Fault> {
        self.peel(id).map(|_| None)
    }

    fn commit(&self, id: ObjectId) -> Result<Commit, Fault> {
        self.commits.get(&id).cloned().ok_or(Fault::Missing(id))
    }

    fn tree(&self, id: ObjectId) -> Result<Vec<TreeEntry>, Fault> {
        self.trees.get(&id).cloned().ok_or(Fault::Missing(id))
    }

    fn blob_size(&self, id: ObjectId) -> Result<u64, Fault> {
        self.blobs.get(&id).map(|blob| blob.len() as u64).ok_or(Fault::Missing(id))
    }

    fn blob(&self, id: ObjectId) -> Result<Vec<u8>, Fault> {
        self.blobs.get(&id).cloned().ok_or(Fault::Missing(id))
    }

    fn with_prefix(&self, digits: &str) -> Result<Vec<ObjectId>, Fault> {
        Ok(self.commits.keys().filter(|id| id.to_string().starts_with(digits)).copied().collect())
    }
}
