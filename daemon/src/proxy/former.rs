//! Module paths that no repository has any more: it was deleted, renamed, or the host's prefix was changed.
//!
//! What was accepted under such a path stays what it was. It comes from the kept zips, from the repository under its
//! new module path, or from another one that has the commit; the ledger's hashes say that it is the same. Where it is
//! nowhere, the answer is 403, lest somebody else's content is fetched in its place.

use modgate_common::goproxy::{self, Request};
use modgate_common::io::repo::Repository;
use modgate_common::ledger::drift::{Drift, Seen};
use modgate_common::ledger::{Entry, State};
use modgate_common::objects::Objects;
use modgate_common::resolve::{Retractions, select_latest};
use modgate_common::tags::Module;
use modgate_common::version;

use super::answer::{Answer, Lifetime};
use super::content::Opened;
use super::respond::Zips;
use crate::service::Service;

/// Answers a request for a module path that was released by `owner`, which is not among the repositories of the path.
pub(crate) fn respond(service: &Service, request: &Request, owner: &str, zips: Zips) -> Answer {
    let former = Former { service, path: request.module(), owner };
    let answer = match request {
        Request::List { .. } => former.list(),
        Request::Latest { .. } => former.latest(),
        Request::Info { query: version, .. }
        | Request::Mod { version, .. }
        | Request::Zip { version, .. } => former.version(request, version, zips),
    };
    answer.unwrap_or_else(|refusal| refusal)
}

struct Former<'a> {
    service: &'a Service,
    path: &'a str,
    owner: &'a str,
}

impl Former<'_> {
    /// The accepted versions that are somewhere.
    fn versions(&self) -> Result<Vec<String>, Answer> {
        let mut entries = self.service.store.entries(Some(self.path))?;
        entries.retain(|entry| {
            let is_listed = entry.state == State::Accepted && entry.tag.is_some();
            is_listed && entry.repository == self.owner
        });
        let found = somewhere(self.service, entries);
        let mut versions: Vec<String> = found.into_iter().map(|entry| entry.version).collect();
        version::sort(&mut versions);
        Ok(versions)
    }

    fn list(&self) -> Result<Answer, Answer> {
        let versions = goproxy::list(&self.versions()?);
        Ok(Answer::Text(versions.into_bytes().into(), Lifetime::Mutable))
    }

    fn latest(&self) -> Result<Answer, Answer> {
        let versions = self.versions()?;
        let Some(newest) = select_latest(&versions, &Retractions::default(), |_| true) else {
            return Err(self.gone("every version", None));
        };
        let (module, query) = (self.path.to_owned(), newest.to_owned());
        match self.version(&Request::Info { module, query }, newest, Zips::OnlyBuilt)? {
            Answer::Json(json, _) => Ok(Answer::Json(json, Lifetime::Mutable)),
            other => Ok(other),
        }
    }

    fn version(&self, request: &Request, version: &str, zips: Zips) -> Result<Answer, Answer> {
        let Self { service, path, owner } = self;
        let Some(entry) = service.store.entry(path, version)? else {
            return Err(Answer::not_found(format!(
                "{path}@{version}: no repository has this module path any more (it was that of {owner:?})"
            )));
        };
        let reason = entry.reason.clone().unwrap_or_default();
        match entry.state {
            State::Accepted => {}
            State::Withdrawn => {
                return Err(Answer::forbidden(format!("{path}@{version} was withdrawn: {reason}")));
            }
            State::Broken | State::Pending => return Err(Answer::not_found(reason)),
        }
        found(service, &entry, request, zips).unwrap_or_else(|| {
            let drift = service.drifts.of(path, version);
            Err(self.gone(version, drift.filter(|drift| drift.seen == Seen::RepositoryGone)))
        })
    }

    fn gone(&self, version: &str, drift: Option<Drift>) -> Answer {
        let Self { path, owner, .. } = self;
        let what = match drift {
            Some(drift) => format!("deleted on {}", drift.date()),
            None => "deleted or renamed".to_owned(),
        };
        Answer::forbidden(format!(
            "{path}@{version} was released by repository {owner:?}, which was {what}: its content is gone"
        ))
    }
}

/// Those of these versions whose content is somewhere: in a kept zip, in their own repository, or in the one that has the
/// newest of the others. To look for each of thousands everywhere would take too long for a list.
pub(super) fn somewhere(service: &Service, entries: Vec<Entry>) -> Vec<Entry> {
    let (mut found, others): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| service.kept.has(entry));
    let newest = others.iter().max_by(|a, b| version::compare(&a.version, &b.version));
    let home = newest.and_then(|entry| service.home(entry));
    if let Some(git) = home.and_then(|home| Repository::open(&home.directory).ok()) {
        found.extend(others.into_iter().filter(|entry| git.commit(entry.commit).is_ok()));
    }
    found
}

/// The answer about a version whose repository does not have it any more, from wherever it is; nothing where that is
/// nowhere.
pub(super) fn found(
    service: &Service,
    entry: &Entry,
    request: &Request,
    zips: Zips,
) -> Option<Result<Answer, Answer>> {
    if let Some(answer) = kept(service, entry, request) {
        return Some(served(service, entry).map(|()| answer));
    }
    let (home, module) = (service.home(entry)?, module(entry)?);
    Some(service.snapshot(&home).map_err(Answer::from).and_then(|snapshot| {
        let opened = Opened::open(service, &home, &snapshot, module)?;
        Opened { owner: &entry.repository, ..opened }.respond(request, zips)
    }))
}

/// Marks a version as served before its first byte goes out.
fn served(service: &Service, entry: &Entry) -> Result<(), Answer> {
    if service.mark_served(entry)? {
        return Ok(());
    }
    Err(Answer::not_found(format!("{} is not released", entry.name())))
}

/// What is kept of a version; nothing where none is.
fn kept(service: &Service, entry: &Entry, request: &Request) -> Option<Answer> {
    if !service.kept.has(entry) {
        return None;
    }
    let found = match request {
        Request::Info { .. } => service.kept.info(entry),
        Request::Mod { .. } => {
            let bytes = service.kept.go_mod(entry);
            bytes.map(|bytes| Answer::Text(bytes.into(), Lifetime::Immutable))
        }
        Request::Zip { .. } => service.kept.zip(entry),
        Request::Latest { .. } | Request::List { .. } => return None,
    };
    let name = entry.name();
    found.inspect_err(|error| tracing::error!(%error, "what is kept of {name} cannot be read")).ok()
}

/// The module of an entry as it was placed when it was accepted: its path says where the repository's root was.
fn module(entry: &Entry) -> Option<Module> {
    let Entry { module: path, repository, tag, version, .. } = entry;
    let is_end = |at: usize| at == path.len() || path[at..].starts_with('/');
    let ends = path.match_indices(repository.as_str()).filter_map(|(at, _)| {
        let end = at + repository.len();
        ((at == 0 || path[..at].ends_with('/')) && is_end(end)).then_some(end)
    });
    let mut places = ends.filter_map(|end| Module::locate(&path[..end], path));
    places.find(|module| tag.as_ref().is_none_or(|tag| *tag == module.tag(version)))
}

/// Whether a repository has the commit of an entry.
pub(crate) fn has_commit(repository: &std::path::Path, entry: &Entry) -> bool {
    Repository::open(repository).is_ok_and(|git| git.commit(entry.commit).is_ok())
}

#[cfg(test)]
mod tests {
    use modgate_common::ledger::How;
    use modgate_common::objects::ObjectId;

    use super::*;

    #[track_caller]
    fn check(path: &str, repository: &str, tag: Option<&str>, expected: Option<(&str, &str)>) {
        let entry = Entry {
            how: How::Pushed,
            ..Entry::new(path, "v1.0.0", repository, tag, (ObjectId::ZERO, ObjectId::ZERO))
        };
        let module = module(&entry);
        let found = module.as_ref().map(|m| (m.code_root.as_str(), m.code_dir.as_str()));
        assert_eq!(found, expected, "{path} of {repository}");
    }

    #[test]
    fn where_a_repository_was_is_seen_from_module_path_and_tag() {
        let root = Some("v1.0.0");
        check("h.io/a/lib", "a/lib", root, Some(("h.io/a/lib", "")));
        check("a/lib", "a/lib", root, Some(("a/lib", "")));
        check("h.io/a/lib/sub", "a/lib", Some("sub/v1.0.0"), Some(("h.io/a/lib", "sub")));
        // The prefix has the repository's name in it, or a directory of it has.
        check("lib.io/lib/lib", "lib", root, Some(("lib.io/lib/lib", "")));
        check("lib.io/lib/lib", "lib", Some("lib/v1.0.0"), Some(("lib.io/lib", "lib")));
        check("h.io/lib/x", "lib", None, Some(("h.io/lib", "x")));
        check("h.io/mylib", "lib", root, None);
        check("h.io/other", "lib", root, None);
    }
}
