//! Kept zips (`[keep] zips`): what was accepted, stored outside of the cache's limit, for the day when the repository
//! is gone.
//!
//! `STATE/keep` holds three files for each version, named by its h1: `.zip`, and the answers `.mod` and `.info`. The
//! zip comes last and is synced, so that where it is, all of it is. One goes only where its version was forgotten.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use modgate_common::dirhash;
use modgate_common::goproxy::Request;
use modgate_common::io::store::Untagged;
use modgate_common::io::sync::sync_folder;
use modgate_common::ledger::{Entry, State};

use crate::catalog::Repo;
use crate::proxy::answer::{Answer, Lifetime};
use crate::proxy::respond::target;
use crate::service::{RefreshError, Service};
use crate::zips::{Zip, etag, safe};

/// The folder.
pub(crate) struct Kept {
    folder: PathBuf,
    /// The h1 of all that is there.
    names: Mutex<BTreeSet<String>>,
}

impl Kept {
    /// What lies in `folder`, which exists.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            names.extend(
                name.to_str().and_then(|name| name.strip_suffix(".zip")).map(str::to_owned),
            );
        }
        Ok(Self { folder: folder.to_owned(), names: Mutex::new(names) })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many versions are kept.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// A version was forgotten that nobody was served: what is kept of it goes.
    pub(crate) fn remove(&self, entry: &Entry) {
        let Some(name) = entry.h1.as_deref().map(safe) else { return };
        self.lock().remove(&name);
        for end in ["zip", "mod", "info"] {
            match fs::remove_file(self.path(entry, end)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::error!(%error, "what is kept of {} cannot be removed", entry.name());
                }
                _ => {}
            }
        }
    }

    /// Whether the content of this entry is kept.
    pub(crate) fn has(&self, entry: &Entry) -> bool {
        let name = entry.h1.as_deref().map(safe);
        entry.state == State::Accepted && name.is_some_and(|name| self.lock().contains(&name))
    }

    fn path(&self, entry: &Entry, end: &str) -> PathBuf {
        let name = entry.h1.as_deref().map(safe).unwrap_or_default();
        self.folder.join(format!("{name}.{end}"))
    }

    /// `.info` of a kept version.
    ///
    /// # Errors
    /// Where it is not there.
    pub(crate) fn info(&self, entry: &Entry) -> io::Result<Answer> {
        let text = fs::read_to_string(self.path(entry, "info"))?;
        Ok(Answer::Json(text.into(), Lifetime::Immutable))
    }

    /// `.mod` of a kept version.
    ///
    /// # Errors
    /// Where it is not there, or not what the ledger says.
    pub(crate) fn go_mod(&self, entry: &Entry) -> io::Result<Vec<u8>> {
        let bytes = fs::read(self.path(entry, "mod"))?;
        let found = dirhash::go_mod(&bytes);
        if entry.gomod_h1.as_ref().is_some_and(|known| *known != found) {
            return Err(io::Error::other(format!("a kept go.mod has {found}")));
        }
        Ok(bytes)
    }

    /// The zip of a kept version.
    ///
    /// # Errors
    /// Where it is not there.
    pub(crate) fn zip(&self, entry: &Entry) -> io::Result<Answer> {
        let file = File::open(self.path(entry, "zip"))?;
        let length = file.metadata()?.len();
        let etag = etag(entry.h1.as_deref().unwrap_or_default());
        Ok(Answer::Zip(Arc::new(Zip { file, length, etag })))
    }

    /// Stores a version. On return it is on disk.
    fn store(&self, entry: &Entry, info: &[u8], go_mod: &[u8], zip: &Zip) -> io::Result<()> {
        self.write(&self.path(entry, "info"), |file| file.write_all(info))?;
        self.write(&self.path(entry, "mod"), |file| file.write_all(go_mod))?;
        let path = self.path(entry, "zip");
        self.write(&path, |file| {
            // The file may be read by others meanwhile, each at a place of its own.
            let mut from = 0;
            let mut buffer = vec![0; 1 << 16];
            while from < zip.length {
                let count = std::os::unix::fs::FileExt::read_at(&zip.file, &mut buffer, from)?;
                if count == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                file.write_all(&buffer[..count])?;
                from += count as u64;
            }
            Ok(())
        })?;
        sync_folder(&path)?;
        self.lock().extend(entry.h1.as_deref().map(safe));
        Ok(())
    }

    fn write(&self, path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        let mut new = tempfile::Builder::new().prefix("new-").tempfile_in(&self.folder)?;
        fill(new.as_file_mut())?;
        new.as_file().sync_all()?;
        new.persist(path)?;
        Ok(())
    }
}

/// The name of the zip with this hash in the folder.
pub(crate) fn kept_name(h1: &str) -> String {
    format!("{}.zip", safe(h1))
}

/// Keeps every accepted version of a repository that is not kept yet.
///
/// # Errors
/// When the ledger cannot be read. What cannot be stored is told, and tried again when the repository changes.
pub(crate) fn keep_zips(service: &Service, repo: &Repo) -> Result<(), RefreshError> {
    if !service.settings.keep.zips || service.is_mirror(repo) {
        return Ok(());
    }
    let mut entries = service.store.entries_of(&repo.name)?;
    for Untagged { module, version, .. } in service.store.untagged(&repo.name)? {
        entries.extend(service.store.entry(&module, &version)?);
    }
    entries.retain(|entry| entry.state == State::Accepted && !service.kept.has(entry));
    for entry in entries {
        let name = entry.name();
        if let Err(reason) = keep(service, &entry) {
            tracing::error!(repository = repo.name, reason, "the zip of {name} cannot be kept");
        }
    }
    Ok(())
}

/// Asks for a version as a consumer would, and stores the answers. Nobody was served by that.
fn keep(service: &Service, entry: &Entry) -> Result<(), String> {
    let (module, version) = (entry.module.clone(), entry.version.clone());
    let requests = [
        Request::Zip { module: module.clone(), version: version.clone() },
        Request::Mod { module: module.clone(), version: version.clone() },
        Request::Info { module, query: version },
    ];
    let answers = requests.each_ref().map(|request| match target(service, request) {
        Ok(target) => target.answer_for_keeping(service, request),
        Err(answer) => answer,
    });
    let [Answer::Zip(zip), Answer::Text(go_mod, _), Answer::Json(info, _)] = answers else {
        return Err(format!("{answers:?}"));
    };
    // Its h1 is known now.
    let entry = service.store.entry(&entry.module, &entry.version).map_err(|e| e.to_string())?;
    let is_known = |entry: &Entry| entry.h1.is_some() && entry.state == State::Accepted;
    let entry = entry.filter(is_known).ok_or("its h1 is not known, or it was taken back")?;
    let stored = service.kept.store(&entry, info.as_bytes(), &go_mod, &zip);
    stored.map_err(|error| error.to_string())
}
