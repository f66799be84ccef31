//! Built zips: files with a byte limit, named by what they hold.
//!
//! A zip is written to a temporary file, hashed while it is written, compared with the ledger, and only
//! then given its name: the h1 of its content and the version of the packer. So a file of that name is
//! complete and right, and one that a crash left half written has none. The least recently used files
//! go first when the limit is reached. Everything here can be deleted at any time.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use modgate_common::ledger::Entry;
use modgate_common::modzip::{self, WriteError};

use crate::proxy::answer::Answer;
use crate::proxy::content::{Content, Opened};

/// Part of the names and of the ETag: another packer may write other bytes for the same content.
const PACKER: &str = "1";

/// A complete zip. The open file stays readable when the cache drops its name.
#[derive(Debug)]
pub(crate) struct Zip {
    /// The content.
    pub file: File,
    /// Its length in bytes.
    pub length: u64,
    /// The value of the ETag header.
    pub etag: String,
}

/// The cache.
pub(crate) struct Zips {
    folder: PathBuf,
    limit: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    files: HashMap<String, Cached>,
    bytes: u64,
    clock: u64,
}

struct Cached {
    length: u64,
    used: u64,
}

impl Zips {
    /// The cache in `folder`, which exists; what lies there already counts.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn open(folder: &Path, limit: u64) -> io::Result<Self> {
        let mut state = State::default();
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (name, metadata) = (entry.file_name(), entry.metadata()?);
            match name.to_str().filter(|name| name.ends_with(".zip")) {
                Some(name) => found.push((metadata.modified()?, name.to_owned(), metadata.len())),
                // Left over from a build that a crash ended.
                None if metadata.is_file() => fs::remove_file(entry.path())?,
                None => {}
            }
        }
        found.sort();
        for (_, name, length) in found {
            state.add(name, length);
        }
        let zips = Self { folder: folder.to_owned(), limit, state: Mutex::new(state) };
        zips.evict(&mut zips.lock());
        Ok(zips)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of all cached zips.
    pub(crate) fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// The zip with this h1, if it is there.
    pub(crate) fn cached(&self, h1: &str) -> Option<Arc<Zip>> {
        let name = file_name(h1);
        let mut state = self.lock();
        state.clock += 1;
        let now = state.clock;
        let cached = state.files.get_mut(&name)?;
        cached.used = now;
        let expected = cached.length;
        let file = File::open(self.folder.join(&name)).ok();
        let length = file.as_ref().and_then(|file| file.metadata().ok()).map(|m| m.len());
        if length != Some(expected) {
            // Somebody tidied up, or shortened it.
            state.forget(&name);
            return None;
        }
        Some(Arc::new(Zip { file: file?, length: expected, etag: etag(h1) }))
    }

    /// Builds the zip. Callers see to it that one version is built once at a time.
    ///
    /// # Errors
    /// The answer to give instead.
    pub(crate) fn build(&self, opened: &Opened<'_>, content: &Content) -> Result<Arc<Zip>, Answer> {
        opened.service.metrics.zip_builds.inc();
        let failed = |error: io::Error| Answer::fault(format!("cannot write a zip: {error}"));
        let prefix = format!("{}@{}", content.release.module.path, content.release.version);
        let mut temporary = tempfile::Builder::new()
            .prefix("building-")
            .tempfile_in(&self.folder)
            .map_err(failed)?;
        let mut sink = BufWriter::with_capacity(1 << 16, temporary.as_file_mut());
        let h1 = match modzip::write(&opened.git, &content.usable.plan, &prefix, &mut sink) {
            Ok(h1) => h1,
            Err(WriteError::Fault(fault)) => return Err(fault.into()),
            Err(WriteError::Io(error)) => return Err(failed(error)),
        };
        sink.flush().map_err(failed)?;
        drop(sink);
        check_and_record(opened, content, &h1)?;
        let length = temporary.as_file().metadata().map_err(failed)?.len();
        if length > opened.service.limits.zip {
            return Err(Answer::not_found(format!("{prefix}: the zip has {length} bytes")));
        }
        temporary.as_file().sync_data().map_err(failed)?;
        let name = file_name(&h1);
        let file = temporary.persist(self.folder.join(&name)).map_err(|e| failed(e.error))?;
        let mut state = self.lock();
        state.add(name, length);
        self.evict(&mut state);
        opened.service.metrics.cache_bytes.set(i64::try_from(state.bytes).unwrap_or(i64::MAX));
        drop(state);
        let file = file.try_clone().map_err(failed)?;
        Ok(Arc::new(Zip { file, length, etag: etag(&h1) }))
    }

    /// Removes the least recently used files until the limit holds.
    fn evict(&self, state: &mut State) {
        if state.bytes <= self.limit {
            return;
        }
        let mut by_age: Vec<_> =
            state.files.iter().map(|(name, cached)| (cached.used, name.clone())).collect();
        by_age.sort();
        for (_, name) in by_age {
            if state.bytes <= self.limit {
                break;
            }
            if let Err(error) = fs::remove_file(self.folder.join(&name)) {
                tracing::warn!(name, %error, "cached zip cannot be removed");
            }
            state.forget(&name);
        }
    }
}

/// Content must be what the ledger says; what it did not know yet, it is told.
fn check_and_record(opened: &Opened<'_>, content: &Content, h1: &str) -> Result<(), Answer> {
    let version = &content.release.version;
    let entry = opened.service.store.entry(&content.release.module.path, version)?;
    match entry.filter(Entry::occupies) {
        // It was forgotten and released again while this was built.
        Some(entry) if entry.commit != content.usable.located.commit.id => {
            Err(opened.not_released(version))
        }
        Some(Entry { h1: Some(known), .. }) if known != h1 => {
            Err(opened.mismatch(version, "zip", &known, h1))
        }
        Some(Entry { h1: Some(_), .. }) | None => Ok(()),
        Some(entry) => {
            opened.service.store.write(&[Entry { h1: Some(h1.to_owned()), ..entry }])?;
            Ok(())
        }
    }
}

impl State {
    fn add(&mut self, name: String, length: u64) {
        self.clock += 1;
        let cached = Cached { length, used: self.clock };
        self.bytes += length;
        if let Some(old) = self.files.insert(name, cached) {
            self.bytes -= old.length;
        }
    }

    fn forget(&mut self, name: &str) {
        if let Some(cached) = self.files.remove(name) {
            self.bytes -= cached.length;
        }
    }
}

/// The name of the zip with this h1 in the cache's folder: base64 without the characters that mean something in a path.
pub(crate) fn file_name(h1: &str) -> String {
    let safe: String = h1
        .trim_start_matches("h1:")
        .chars()
        .map(|c| match c {
            '/' => '_',
            '+' => '-',
            c => c,
        })
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        .collect();
    format!("{safe}.{PACKER}.zip")
}

fn etag(h1: &str) -> String {
    format!("\"{h1}.{PACKER}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(folder: &Path, h1: &str, length: usize) {
        fs::write(folder.join(file_name(h1)), vec![0; length]).unwrap();
    }

    #[test]
    fn what_lies_in_the_folder_counts_and_leftovers_go() {
        let folder = tempfile::tempdir().unwrap();
        add(folder.path(), "h1:a/b+c=", 100);
        fs::write(folder.path().join("building-x"), b"half").unwrap();
        let zips = Zips::open(folder.path(), 1000).unwrap();
        assert_eq!(zips.bytes(), 100);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let zip = zips.cached("h1:a/b+c=").unwrap();
        assert_eq!((zip.length, zip.etag.as_str()), (100, "\"h1:a/b+c=.1\""));
        assert!(zips.cached("h1:other=").is_none());
    }

    #[test]
    fn the_least_recently_used_zip_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        for h1 in ["h1:a=", "h1:b=", "h1:c="] {
            add(folder.path(), h1, 100);
        }
        let zips = Zips::open(folder.path(), 300).unwrap();
        assert!(zips.cached("h1:a=").is_some());
        let mut state = zips.lock();
        state.add(file_name("h1:d="), 150);
        zips.evict(&mut state);
        drop(state);
        assert!(zips.bytes() <= 300);
        assert!(zips.cached("h1:b=").is_none() || zips.cached("h1:c=").is_none());
        assert!(zips.cached("h1:a=").is_some(), "it was just used");
    }

    #[test]
    fn a_zip_that_somebody_removed_or_shortened_is_built_again() {
        let folder = tempfile::tempdir().unwrap();
        add(folder.path(), "h1:a=", 100);
        add(folder.path(), "h1:b=", 100);
        let zips = Zips::open(folder.path(), 1000).unwrap();
        fs::remove_file(folder.path().join(file_name("h1:a="))).unwrap();
        add(folder.path(), "h1:b=", 50);
        assert!(zips.cached("h1:a=").is_none());
        assert!(zips.cached("h1:b=").is_none());
        assert_eq!(zips.bytes(), 0);
    }
}
