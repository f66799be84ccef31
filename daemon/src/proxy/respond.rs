//! From a request of the protocol to its answer.
//!
//! Under a repository that is ours, a path that is no module has an empty list and 404 for the rest
//! (X12: a 404 on the list would make clients tell private paths to the next proxy). Elsewhere all is
//! 404.

use std::collections::HashSet;
use std::sync::Arc;

use modgate_common::goproxy::{self, Request};
use modgate_common::intake::Usable;
use modgate_common::ledger::Entry;
use modgate_common::objects::Objects;
use modgate_common::resolve::{Failure, Info, Retractions, select_latest};
use modgate_common::tags::{Module, Release};
use modgate_common::{pseudo, version};

use super::answer::{Answer, Lifetime};
use super::content::{Asker, Content, Opened};
use super::former;
use crate::catalog::Repo;
use crate::service::Service;
use crate::snapshot::Snapshot;

/// What is done about a zip that is not built yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zips {
    /// It is built.
    Build,
    /// Nothing is built.
    OnlyBuilt,
}

/// Where a request leads.
pub(crate) struct Target {
    repo: Arc<Repo>,
    snapshot: Arc<Snapshot>,
    module: Module,
    /// How many decisions there were when the snapshot was taken.
    decisions: u64,
}

/// Finds the repository of a request.
///
/// # Errors
/// The answer to give instead.
pub(crate) fn target(service: &Service, request: &Request) -> Result<Target, Answer> {
    let path = request.module();
    let no_module = || match request {
        Request::List { .. } => Answer::Text(Arc::from(&b""[..]), Lifetime::Mutable),
        _ => Answer::not_found(format!("no module {path}")),
    };
    let candidates = service.catalog.candidates(path);
    let repo = match &candidates[..] {
        [] => {
            return Err(match service.store.owner(path)? {
                Some(owner) => former::respond(service, request, &owner, Zips::Build),
                None => Answer::not_found(format!("no repository holds {path}")),
            });
        }
        [only] => Arc::clone(only),
        // A repository that was made later does not take over what another one released.
        [longest, ..] => {
            let owner = service.store.owner(path)?;
            let owned = owner.and_then(|owner| candidates.iter().find(|repo| repo.name == owner));
            Arc::clone(owned.unwrap_or(longest))
        }
    };
    if service.is_mirror(&repo) {
        return Err(no_module());
    }
    let module = Module::locate(&repo.code_root, path).ok_or_else(no_module)?;
    let decisions = repo.decisions();
    let snapshot = service.snapshot(&repo)?;
    Ok(Target { repo, snapshot, module, decisions })
}

impl Target {
    /// An answer that was given before and still holds.
    pub(crate) fn known(&self, request: &Request) -> Option<Answer> {
        let answer = self.snapshot.answer(request)?;
        self.repo.is_undecided_since(self.decisions).then_some(answer)
    }

    /// Works the answer out. Reads the repository: not for an async thread.
    pub(crate) fn respond(&self, service: &Service, request: &Request, zips: Zips) -> Answer {
        let Self { repo, snapshot, module, decisions } = self;
        let opened = match Opened::open(service, repo, snapshot, module.clone()) {
            Ok(opened) => opened,
            Err(answer) => return answer,
        };
        let answer = opened.respond(request, zips).unwrap_or_else(|refusal| refusal);
        if answer.is_lasting() && repo.is_undecided_since(*decisions) {
            snapshot.keep(request, &answer);
        }
        answer
    }
}

impl Target {
    /// The answer as a consumer would get it; it is not served, and no consumer gets it from here.
    pub(crate) fn answer_for_keeping(&self, service: &Service, request: &Request) -> Answer {
        let Self { repo, snapshot, module, .. } = self;
        let opened = Opened::open(service, repo, snapshot, module.clone());
        let keeper = opened.map(|opened| Opened { asker: Asker::Keeper, ..opened });
        keeper
            .and_then(|keeper| keeper.respond(request, Zips::Build))
            .unwrap_or_else(|refusal| refusal)
    }
}

/// As the go command lists them: compatible ones first (L7).
fn order(versions: &mut [String]) {
    version::sort(versions);
    versions.sort_by_key(|v| v.ends_with("+incompatible"));
}

impl Opened<'_> {
    /// The answer to a request about the module.
    ///
    /// # Errors
    /// The answer to give instead.
    pub(super) fn respond(&self, request: &Request, zips: Zips) -> Result<Answer, Answer> {
        if let Some(version) = request.version()
            && let Some(entry) = self.lost(version)
            && let Some(answer) = former::found(self.service, &entry, request, zips)
        {
            return answer;
        }
        match request {
            Request::Info { query, .. } => self.info(query),
            Request::Latest { .. } => self.latest(),
            Request::List { .. } => self.list(),
            Request::Mod { version, .. } => self.go_mod(version),
            Request::Zip { version, .. } => self.zip(version, zips),
        }
    }

    fn list(&self) -> Result<Answer, Answer> {
        let versions = goproxy::list(&self.listed()?);
        Ok(Answer::Text(versions.into_bytes().into(), Lifetime::Mutable))
    }

    /// The versions of the module that a consumer can use (L, N6).
    fn listed(&self) -> Result<Vec<String>, Answer> {
        let all = match self.view().versions(&self.module) {
            Ok(versions) => versions.to_vec(),
            Err(failure @ Failure::Fault(_)) => return Err(failure.into()),
            Err(failure) if self.service.settings.policy.serve_broken => {
                return Err(failure.into());
            }
            // A tag on no commit spoils the go command's whole list (R8); the good ones are still good.
            Err(_) => self.accepted_versions()?,
        };
        if self.service.settings.policy.serve_broken {
            return Ok(all);
        }
        let mut accepted: HashSet<String> = self.accepted_versions()?.into_iter().collect();
        let mut listed: Vec<String> = all.into_iter().filter(|v| accepted.remove(v)).collect();
        // What is kept elsewhere alone is none of the repository's tags any more.
        accepted.retain(|version| self.lost(version).is_some());
        if !accepted.is_empty() {
            listed.extend(accepted);
            order(&mut listed);
        }
        Ok(listed)
    }

    fn accepted_versions(&self) -> Result<Vec<String>, Answer> {
        let entries = self.service.store.entries(Some(&self.module.path))?;
        let is_accepted = |entry: &Entry| {
            entry.state == modgate_common::ledger::State::Accepted
                && entry.tag.is_some()
                && entry.repository == self.owner
        };
        let accepted = entries.into_iter().filter(is_accepted);
        let (lost, mut here): (Vec<_>, Vec<_>) =
            accepted.partition(|entry| self.snapshot.lost.contains(&entry.name()));
        here.extend(former::somewhere(self.service, lost));
        let mut versions: Vec<String> = here.into_iter().map(|entry| entry.version).collect();
        order(&mut versions);
        Ok(versions)
    }

    /// Q11, X9.
    fn latest(&self) -> Result<Answer, Answer> {
        let versions = self.listed()?;
        // The client cannot tell a go.mod of this text from none.
        let made_up = format!("module {}\n", self.module.path);
        let has_go_mod =
            |v: &str| self.own_go_mod(v).is_some_and(|text| text != made_up.as_bytes());
        // Retractions are those of the version that would be chosen without any (T2).
        let newest = select_latest(&versions, &Retractions::default(), has_go_mod);
        let retracted = newest.and_then(|v| self.own_go_mod(v)).map(|text| Retractions::of(&text));
        let retracted = retracted.unwrap_or_default();
        if let Some(v) = select_latest(&versions, &retracted, has_go_mod) {
            return Ok(match self.info(v)? {
                Answer::Json(json, _) => Answer::Json(json, Lifetime::Mutable),
                other => other,
            });
        }
        if let Some(broken) = self.only_broken(&versions) {
            return Err(broken);
        }
        let info = self.view().head_version(&self.module)?;
        if retracted.contains(&info.version) {
            let module = &self.module.path;
            return Err(Answer::not_found(format!("{module}: every version is retracted")));
        }
        let answer = self.described(&info, Lifetime::Mutable)?;
        match self.view().refs().head {
            // Origin has the commit of HEAD, also where a ref of that name leads elsewhere (R9).
            Some(head) if head != info.commit => {
                self.json(&Info { commit: head, ..info }, Lifetime::Mutable)
            }
            _ => Ok(answer),
        }
    }

    /// Where all versions are broken, the go command would choose one of them and fail: it never falls
    /// back to a commit (Q11). The newest one's reason is the answer.
    fn only_broken(&self, listed: &[String]) -> Option<Answer> {
        let all = self.view().versions(&self.module).ok()?;
        let newest = select_latest(&all, &Retractions::default(), |_| true)?;
        if !listed.is_empty() {
            return None;
        }
        let answer = self.recorded(newest).err();
        Some(answer.unwrap_or_else(|| self.not_released(newest)))
    }

    fn info(&self, query: &str) -> Result<Answer, Answer> {
        if version::canonical_version(query).as_deref() == Some(query)
            && let Some(entry) = self.recorded(query)?
        {
            let commit = self.commit_of(&entry)?;
            self.serve(&entry)?;
            let reference = entry.tag.map(|tag| format!("refs/tags/{tag}"));
            // What was accepted has a time.
            let (version, time) = (entry.version, commit.time.unwrap_or_default());
            let info = Info { version, time, commit: commit.id, reference };
            return self.json(&info, Lifetime::Immutable);
        }
        let info = self.stat(query)?;
        let lifetime = if info.version == query { Lifetime::Immutable } else { Lifetime::Mutable };
        self.described(&info, lifetime)
    }

    /// `.info` of a resolved query, if a consumer could use what it resolves to.
    fn described(&self, info: &Info, lifetime: Lifetime) -> Result<Answer, Answer> {
        let recorded = self.recorded(&info.version)?;
        if recorded.is_none() && !self.service.settings.policy.serve_broken {
            if !pseudo::is_pseudo(&info.version) {
                return Err(self.not_released(&info.version));
            }
            let (module, version) = (self.module.clone(), info.version.clone());
            self.usable_at(&Release { module, version }, &self.git.commit(info.commit)?)?;
        }
        if let Some(entry) = recorded {
            self.serve(&entry)?;
        }
        self.json(info, lifetime)
    }

    fn json(&self, info: &Info, lifetime: Lifetime) -> Result<Answer, Answer> {
        let url = self.service.settings.origin_url(&self.repo.name);
        let wire = goproxy::Info {
            version: &info.version,
            time: info.time,
            url: &url,
            subdir: &self.module.code_dir,
            commit: info.commit,
            reference: info.reference.as_deref(),
        };
        let text = wire
            .to_json()
            .ok_or_else(|| Answer::not_found("Time.MarshalJSON: year outside of range [0,9999]"))?;
        Ok(Answer::Json(text.into(), lifetime))
    }

    fn go_mod(&self, version: &str) -> Result<Answer, Answer> {
        let bytes = self.mod_bytes(version)?;
        Ok(Answer::Text(bytes.into(), Lifetime::Immutable))
    }

    fn zip(&self, version: &str, zips: Zips) -> Result<Answer, Answer> {
        if let Some(entry) = self.recorded(version)?
            && let Some(zip) = entry.h1.as_ref().and_then(|h1| self.service.zips.cached(h1))
        {
            self.serve(&entry)?;
            return Ok(Answer::Zip(zip));
        }
        let content = self.content(version)?;
        if zips == Zips::OnlyBuilt {
            return Ok(Answer::Unbuilt);
        }
        let Content { usable: Usable { located, .. }, .. } = &content;
        let go_mod = modgate_common::dirhash::go_mod(&located.mod_bytes(&self.module.path));
        self.record_served(&content, go_mod)?;
        let zip = self.service.zips.build(self, &content)?;
        if let Some(entry) = &content.entry {
            self.serve(entry)?;
        }
        Ok(Answer::Zip(zip))
    }
}
