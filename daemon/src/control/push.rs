//! What hooks ask: whoever may write a repository speaks for it, and is believed nothing that the daemon can see itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use modgate_common::control::{Done, Propose, Received, Refused, Released};
use modgate_common::io::repo::Repository;
use modgate_common::ledger::{
    Entry, How, Proposal, Question, Skip, State, Testimony, occupied_commits,
};
use modgate_common::objects::{ObjectId, Objects};
use modgate_common::rules;
use modgate_common::tags::releases;

use super::{Control, Refusal, failed};
use crate::catalog::Repo;
use crate::clock;
use crate::peer::Peer;
use crate::service::MAX_REFUSALS;

/// Proposals of one repository that are not settled yet; more are none that a push makes.
const MAX_PENDING: usize = 20_000;

/// A push of more versions than these takes git long enough for the watcher to see its refs half made.
const LARGE: usize = 100;

/// Commits that are kept while the pusher waits: each is a small file.
const MAX_KEPT_AT_ONCE: usize = 16;

/// Characters of a pusher's name that are kept.
const MAX_PUSHER: usize = 200;

/// Characters of a refusal's text that are kept.
const MAX_SUMMARY: usize = 300;

impl Control {
    /// The repository that a peer speaks for; one that is not known yet is looked for.
    fn repository(&self, peer: &Peer, name: &str) -> Result<Arc<Repo>, Refusal> {
        let find = || self.service.catalog.named(name);
        let repo = find().or_else(|| {
            // A name that somebody made up is no reason to look through everything.
            if self.service.may_be_there(name) {
                self.service.rediscover();
            }
            find()
        });
        let repo = repo.ok_or_else(|| Refusal::Bad(format!("no repository {name:?} is served")))?;
        if peer.can_write(self.service.root(), &repo.directory) {
            return Ok(repo);
        }
        Err(Refusal::Forbidden(format!("you have no right to write repository {name:?}")))
    }

    /// Whoever pushes asks about what others have too: which versions there are is no secret among those who may write
    /// a repository.
    pub(super) fn testify(&self, peer: &Peer, question: &Question) -> Result<Testimony, Refusal> {
        self.repository(peer, &question.repository)?;
        self.service.store.testify(question).map_err(failed)
    }

    pub(super) fn propose(&self, peer: &Peer, request: Propose) -> Result<Done, Refusal> {
        let Propose { repository, proposals } = request;
        let repo = self.repository(peer, &repository)?;
        let pending = self.service.store.proposed(&repo.name).map_err(failed)?;
        if pending + proposals.len() > MAX_PENDING {
            return Err(Refusal::Bad(format!("more than {MAX_PENDING} proposals wait already")));
        }
        let checked: Result<Vec<_>, _> =
            proposals.into_iter().map(|proposal| checked(peer, &repo, proposal)).collect();
        let checked = checked?;
        if checked.len() > LARGE {
            repo.expect_push();
        }
        self.service.store.propose(checked).map_err(failed)?;
        Ok(Done {})
    }

    /// The refs of a push are there: takes them in and says what became of their versions.
    pub(super) fn received(&self, peer: &Peer, request: &Received) -> Result<Released, Refusal> {
        let repo = self.repository(peer, &request.repository)?;
        repo.forget_push();
        let snapshot = self.service.refresh_pushed(&repo).map_err(failed)?;
        let git = Repository::open(&repo.directory).map_err(failed)?;
        let pass = self.service.pass(&repo, &git);
        // Another push may have moved a tag on: whose version it is, what this one pushed says.
        let peeled = |target| match snapshot.peeled.get(&target) {
            Some((commit, _)) => Some(*commit),
            None => git.peel(target).map(|(commit, _)| commit).ok(),
        };
        let pushed =
            request.tags.iter().filter_map(|(tag, target)| Some((&**tag, peeled(*target)?)));
        let released = pass.released(pushed).map_err(failed)?;
        self.keep(&git, &occupied_commits(&released.own));
        Ok(released)
    }

    /// What a small push brought is kept before it ends; all else, and what cannot be kept now, later.
    fn keep(&self, git: &Repository, commits: &BTreeSet<ObjectId>) {
        if self.service.settings.keep.refs && commits.len() <= MAX_KEPT_AT_ONCE {
            let _ = git.keep(commits);
        }
    }

    pub(super) fn refused(&self, peer: &Peer, request: Refused) -> Result<Done, Refusal> {
        let repo = self.repository(peer, &request.repository)?;
        let below = |module: &str| {
            let rest = module.strip_prefix(repo.code_root.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let own = request.versions.into_iter().filter(|refusal| below(&refusal.module));
        let shortened = own.take(MAX_REFUSALS).map(|mut refusal| {
            refusal.summary = refusal.summary.chars().take(MAX_SUMMARY).collect();
            refusal.rule = refusal.rule.chars().take(MAX_SUMMARY).collect();
            refusal
        });
        self.service.remember_refusals(shortened.collect());
        if let Some(snapshot) = repo.snapshot() {
            snapshot.forget_answers();
        }
        Ok(Done {})
    }
}

/// A proposal as it is recorded. What the daemon can know itself, it does not take from the peer; hashes
/// of those who are not the ledger's user are computed again.
fn checked(peer: &Peer, repo: &Repo, proposal: Proposal) -> Result<Proposal, Refusal> {
    let Proposal { target, entry } = proposal;
    let tag = entry.tag.as_deref().unwrap_or_default();
    let is_named = releases(&repo.code_root, tag)
        .iter()
        .any(|release| release.module.path == entry.module && release.version == entry.version);
    let is_pushed = matches!(entry.how, How::Pushed | How::Imported);
    if entry.repository != repo.name || !is_named || !is_pushed {
        return Err(Refusal::Bad("the proposal is none of this repository".to_owned()));
    }
    let h1 = entry.h1.filter(|_| peer.is_trusted());
    // Only the hook knows whom the host let in; it is believed as far as it may write the repository.
    let pusher = entry.pusher.map(|pusher| pusher.chars().take(MAX_PUSHER).collect());
    let skipped = entry.skipped.map(bounded).filter(|skip| !skip.rules.is_empty());
    let time = clock::now();
    let entry = Entry { state: State::Pending, reason: None, h1, pusher, time, skipped, ..entry };
    Ok(Proposal { target, entry })
}

/// What was skipped, as it is recorded: rules that there are, and a reason of bounded length.
fn bounded(Skip { mut rules, reason }: Skip) -> Skip {
    rules.retain(|rule| rules::find(rule).is_some());
    rules.sort();
    rules.dedup();
    Skip { rules, reason: rules::clean(&reason) }
}
