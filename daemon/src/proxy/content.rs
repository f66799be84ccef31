//! A version whose bytes a client asks for: found, checked, and recorded before it is served.

use modgate_common::dirhash;
use modgate_common::goproxy::Request;
use modgate_common::intake::Usable;
use modgate_common::io::repo::Repository;
use modgate_common::io::sync::sync_file_system;
use modgate_common::ledger::{Entry, How, State};
use modgate_common::modzip;
use modgate_common::objects::{Commit, Fault, Objects};
use modgate_common::pseudo;
use modgate_common::resolve::{Failure, Info, Located, View, at_commit};
use modgate_common::tags::{Module, Release};
use modgate_common::version;

use super::answer::Answer;
use super::former;
use super::respond::Zips;
use crate::catalog::Repo;
use crate::clock;
use crate::service::Service;
use crate::snapshot::Snapshot;

/// A repository opened for one request.
pub(crate) struct Opened<'a> {
    /// The service.
    pub service: &'a Service,
    /// The repository.
    pub repo: &'a Repo,
    /// Its state.
    pub snapshot: &'a Snapshot,
    /// Its objects.
    pub git: Repository,
    /// The module asked for.
    pub module: Module,
    /// The repository whose entries are meant: this one, unless it has another name now.
    pub owner: &'a str,
    /// Who asks.
    pub asker: Asker,
}

/// Who asks for content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// Somebody who gets it, so that it can never be forgotten.
    Consumer,
    /// We, to keep it.
    Keeper,
}

/// A version that can be served.
pub(crate) struct Content {
    /// What it is.
    pub release: Release,
    /// Where it lies and what its zip holds.
    pub usable: Usable,
    /// What the ledger knows of it; `None` for a version that is served unrecorded.
    pub entry: Option<Entry>,
    /// Whether it is served although nobody can use it (`serve_broken`).
    pub is_broken: bool,
}

impl<'a> Opened<'a> {
    /// Opens the repository for a request.
    ///
    /// # Errors
    /// The answer to give instead.
    pub(crate) fn open(
        service: &'a Service,
        repo: &'a Repo,
        snapshot: &'a Snapshot,
        module: Module,
    ) -> Result<Self, Answer> {
        let git = Repository::open(&repo.directory).map_err(Answer::fault)?;
        Ok(Self { service, repo, snapshot, git, module, owner: &repo.name, asker: Asker::Consumer })
    }

    /// The repository as the rules of the go command see it.
    pub(crate) fn view(&self) -> View<'_> {
        View::new(&self.git, &self.snapshot.state)
    }

    /// What the ledger has of this version, if it has anything that decides.
    ///
    /// # Errors
    /// The answer to give: withdrawn, broken, or held by another repository.
    pub(crate) fn recorded(&self, version: &str) -> Result<Option<Entry>, Answer> {
        let Some(entry) = self.service.store.entry(&self.module.path, version)? else {
            return Ok(None);
        };
        let reason = entry.reason.clone().unwrap_or_default();
        match entry.state {
            State::Accepted if self.snapshot.lost.contains(&entry.name()) => {
                Err(self.gone(version))
            }
            State::Accepted if entry.repository == self.owner => {
                if self.snapshot.shows(&entry) {
                    Ok(Some(entry))
                } else {
                    Err(self.not_released(version))
                }
            }
            State::Accepted => Err(Answer::not_found(format!(
                "{}@{version}: the version belongs to repository {:?}",
                self.module.path, entry.repository
            ))),
            State::Withdrawn => Err(Answer::forbidden(format!(
                "{}@{version} was withdrawn: {reason}",
                self.module.path
            ))),
            State::Broken if !self.service.settings.policy.serve_broken => {
                Err(Answer::not_found(reason))
            }
            State::Broken | State::Pending => Ok(None),
        }
    }

    /// Marks a version as served before its first byte goes out: it can never be forgotten then.
    ///
    /// # Errors
    /// The answer to give instead: it was forgotten meanwhile, or the mark cannot be written.
    pub(crate) fn serve(&self, entry: &Entry) -> Result<(), Answer> {
        if self.asker == Asker::Keeper || self.service.mark_served(entry)? {
            return Ok(());
        }
        Err(self.not_released(&entry.version))
    }

    /// An accepted version whose content is gone from the repository.
    pub(crate) fn lost(&self, version: &str) -> Option<Entry> {
        let entry = self.service.store.entry(&self.module.path, version).ok().flatten()?;
        // Nothing is known of the commits of pseudo-versions before one looks.
        let is_suspect = entry.tag.is_none() || self.snapshot.lost.contains(&entry.name());
        let is_lost = || is_suspect && self.git.commit(entry.commit).is_err();
        let is_own = entry.repository == self.owner && entry.state == State::Accepted;
        (is_own && is_lost()).then_some(entry)
    }

    /// Other content must never be fetched in place of what was accepted.
    fn gone(&self, version: &str) -> Answer {
        let drift = self.service.drifts.of(&self.module.path, version);
        let since = drift.map(|drift| format!(" (since {})", drift.date()));
        Answer::forbidden(format!(
            "{}@{version} was released, but its content is gone from repository {:?}{}",
            self.module.path,
            self.repo.name,
            since.unwrap_or_default()
        ))
    }

    /// The commit of a recorded version.
    ///
    /// # Errors
    /// The answer to give instead.
    pub(crate) fn commit_of(&self, entry: &Entry) -> Result<Commit, Answer> {
        self.git.commit(entry.commit).map_err(|fault| match fault {
            Fault::Missing(id) if id == entry.commit => self.gone(&entry.version),
            fault => fault.into(),
        })
    }

    /// A canonical version with all that is needed to serve its zip.
    ///
    /// # Errors
    /// The answer to give instead.
    pub(crate) fn content(&self, version: &str) -> Result<Content, Answer> {
        if let Some(entry) = self.recorded(version)? {
            let release = self.release(version);
            let usable = self.usable_at(&release, &self.commit_of(&entry)?)?;
            return Ok(Content { release, usable, entry: Some(entry), is_broken: false });
        }
        let (release, commit) = self.resolved(version)?;
        let (usable, is_broken) = match self.judged(&release, &commit)? {
            Some(usable) => (usable, false),
            None => (self.as_direct_mode(&release, &commit)?, true),
        };
        Ok(Content { release, usable, entry: None, is_broken })
    }

    fn release(&self, version: &str) -> Release {
        Release { module: self.module.clone(), version: version.to_owned() }
    }

    /// The commit of a canonical version that the ledger does not know.
    fn resolved(&self, version: &str) -> Result<(Release, Commit), Answer> {
        if version::canonical_version(version).as_deref() != Some(version) {
            return Err(Answer::not_found(format!("version {version:?} is not canonical")));
        }
        let info = self.stat(version)?;
        if info.version != version {
            let found = info.version;
            return Err(Answer::not_found(format!("{version:?} resolves to version {found}")));
        }
        if !pseudo::is_pseudo(version) && !self.service.settings.policy.serve_broken {
            return Err(self.not_released(version));
        }
        Ok((self.release(version), self.git.commit(info.commit)?))
    }

    /// What a query means (Q1). A version that does not exist because its push was refused says so.
    ///
    /// # Errors
    /// The answer to give instead.
    pub(crate) fn stat(&self, query: &str) -> Result<Info, Answer> {
        self.view().stat(&self.module, query).map_err(|failure| match failure {
            Failure::NotExist(_) => self.refused(query).unwrap_or_else(|| failure.into()),
            failure => failure.into(),
        })
    }

    /// The reason why a version that the repository seems to have is not served.
    pub(crate) fn not_released(&self, version: &str) -> Answer {
        self.refused(version).unwrap_or_else(|| {
            Answer::not_found(format!("{}@{version}: not released", self.module.path))
        })
    }

    fn refused(&self, version: &str) -> Option<Answer> {
        let refusal = self.service.refusal(&self.module.path, version)?;
        Some(Answer::not_found(format!(
            "{}@{version}: the push was refused by {}: {}",
            self.module.path, refusal.rule, refusal.summary
        )))
    }

    /// The version at this commit, if a consumer can use it.
    ///
    /// # Errors
    /// The answer to give instead.
    pub(crate) fn usable_at(&self, release: &Release, commit: &Commit) -> Result<Usable, Answer> {
        let site = self.service.site(self.repo, &self.git);
        site.judge(release, commit)?.map_err(Answer::from)
    }

    /// The same; `None` for a broken version that is served all the same (`serve_broken`).
    fn judged(&self, release: &Release, commit: &Commit) -> Result<Option<Usable>, Answer> {
        let site = self.service.site(self.repo, &self.git);
        match site.judge(release, commit)? {
            Ok(usable) => Ok(Some(usable)),
            Err(_) if self.service.settings.policy.serve_broken => Ok(None),
            Err(broken) => Err(broken.into()),
        }
    }

    fn located_at(&self, release: &Release, commit: &Commit) -> Result<Located, Answer> {
        let Release { module, version } = release;
        let located = at_commit(&self.git, module, version, commit, &module.tag(version));
        Ok(located.map_err(Failure::from)?)
    }

    /// A broken version as the go command itself would fetch it (`serve_broken`).
    fn as_direct_mode(&self, release: &Release, commit: &Commit) -> Result<Usable, Answer> {
        let located = self.located_at(release, commit)?;
        let limits = &self.service.limits;
        match self.repo.clean.plan(&self.git, commit, &located.directory, limits) {
            Ok(plan) => Ok(Usable { located, plan }),
            Err(modzip::PlanError::Fault(fault)) => Err(fault.into()),
            Err(refused) => Err(Failure::Other(refused.to_string()).into()),
        }
    }

    /// The bytes of `.mod`, recorded or compared with the ledger first.
    ///
    /// # Errors
    /// The answer to give instead.
    pub(crate) fn mod_bytes(&self, version: &str) -> Result<Vec<u8>, Answer> {
        let path = &self.module.path;
        // What was accepted needs no look at the rest of the tree.
        if let Some(entry) = self.recorded(version)? {
            let commit = self.commit_of(&entry)?;
            let bytes = self.located_at(&self.release(version), &commit)?.mod_bytes(path);
            let hash = dirhash::go_mod(&bytes);
            return match &entry.gomod_h1 {
                Some(known) if *known != hash => {
                    Err(self.mismatch(version, "go.mod", known, &hash))
                }
                _ => self.serve(&entry).map(|()| bytes),
            };
        }
        let (release, commit) = self.resolved(version)?;
        let Some(usable) = self.judged(&release, &commit)? else {
            // The go command serves it whether or not there can be a zip (G5).
            return Ok(self.located_at(&release, &commit)?.mod_bytes(path));
        };
        let bytes = usable.located.mod_bytes(path);
        let content = Content { release, usable, entry: None, is_broken: false };
        self.record_served(&content, dirhash::go_mod(&bytes))?;
        Ok(bytes)
    }

    /// The go.mod of a version as it is in the repository, if it has one and can be served.
    pub(crate) fn own_go_mod(&self, version: &str) -> Option<Vec<u8>> {
        if let Some(entry) = self.lost(version) {
            let (module, version) = (entry.module.clone(), entry.version.clone());
            let request = Request::Mod { module, version };
            return match former::found(self.service, &entry, &request, Zips::OnlyBuilt)? {
                Ok(Answer::Text(bytes, _)) => Some(bytes.to_vec()),
                _ => None,
            };
        }
        let (release, commit) = match self.recorded(version).ok()? {
            Some(entry) => (self.release(version), self.commit_of(&entry).ok()?),
            None => self.resolved(version).ok()?,
        };
        self.located_at(&release, &commit).ok()?.go_mod
    }

    /// Content is not what the ledger says: nothing is served, and somebody should look.
    pub(crate) fn mismatch(&self, version: &str, what: &str, known: &str, found: &str) -> Answer {
        self.service.metrics.mismatches.inc();
        Answer::fault(format!(
            "{}@{version}: the {what} in repository {:?} has {found}, the ledger says {known}",
            self.module.path, self.repo.name
        ))
    }

    /// Records a pseudo-version before its first byte is served, so that it stays what it is. One that is
    /// broken makes no promise.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub(crate) fn record_served(&self, content: &Content, gomod_h1: String) -> Result<(), Answer> {
        let Content { release, usable, entry, is_broken } = content;
        if *is_broken || entry.is_some() || !pseudo::is_pseudo(&release.version) {
            return Ok(());
        }
        let recorded = self.service.store.entry(&release.module.path, &release.version)?;
        if recorded.is_some() || !self.service.may_record_served(&self.repo.name)? {
            return Ok(());
        }
        let site = self.service.site(self.repo, &self.git);
        let served = Entry {
            tag: None,
            gomod_h1: Some(gomod_h1),
            time: clock::now(),
            how: How::Served,
            served: true,
            ..site.entry(release, "", &usable.located.commit)
        };
        // A commit that came with a branch is not on disk yet, and what was served must not vanish.
        sync_file_system(&self.repo.directory).map_err(Answer::fault)?;
        self.service.store.write(std::slice::from_ref(&served))?;
        self.service.keep_served(&served);
        Ok(())
    }
}
