//! The daemon's side of its Unix socket: what hooks and admin verbs ask for.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use modgate_common::control::{
    Compact, Done, Import, PAGE_SIZE, Page, Problem, Propose, Received, Refused, Status, Which,
    path,
};
use modgate_common::io::journal::Sealing;
use modgate_common::io::repo::Repository;
use modgate_common::io::store::{Compacted, Health, Purpose, StoreError};
use modgate_common::ledger::decision::{Decision, UNKNOWN_PAST, Verb, checked_reason};
use modgate_common::ledger::drift::Drift;
use modgate_common::ledger::exchange::{Carried, Imported, check};
use modgate_common::ledger::operation::{Act, Operation};
use modgate_common::ledger::{Entry, How, Proposal, Question, Skip, State, Testimony};
use modgate_common::objects::ObjectId;
use modgate_common::rules;
use modgate_common::tags::releases;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::catalog::Repo;
use crate::clock;
use crate::http::{Body, full};
use crate::jobs::{Jobs, Keyed, acquire};
use crate::peer::Peer;
use crate::service::{MAX_REFUSALS, RefreshError, Service};

/// A push of 10,000 tags fits twice.
const MAX_BODY: usize = 16 << 20;

/// Bodies of one user that are read at once: what they take is bounded, and whoever sends many keeps only
/// itself waiting. The user of the ledger may be that of all hooks.
const MAX_BODIES: usize = 4;
const MAX_TRUSTED_BODIES: usize = 16;

/// A peer that does not send its body within this time is not waited for.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

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

/// The control side of the service.
pub(crate) struct Control {
    /// What it controls.
    pub service: Arc<Service>,
    /// Where blocking work is done.
    pub jobs: Jobs,
    /// A place for each body that may be in memory, by user.
    bodies: Keyed,
}

/// Why a request is not carried out.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    Bad(String),
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    Failed(String),
}

fn failed(error: impl std::fmt::Display) -> Refusal {
    Refusal::Failed(error.to_string())
}

impl Control {
    /// The control side of this service.
    pub(crate) fn new(service: Arc<Service>, jobs: Jobs) -> Self {
        Self { service, jobs, bodies: Keyed::default() }
    }

    /// Answers one request of a peer.
    pub(crate) async fn handle(
        self: Arc<Self>,
        peer: Peer,
        request: Request<Incoming>,
    ) -> Response<Body> {
        respond(self.answer(peer, request).await)
    }

    async fn answer(
        self: Arc<Self>,
        peer: Peer,
        request: Request<Incoming>,
    ) -> Result<Vec<u8>, Refusal> {
        let target = request.uri().path().to_owned();
        // Held until the answer is there.
        let places = if peer.is_trusted() { MAX_TRUSTED_BODIES } else { MAX_BODIES };
        let _place = acquire(self.bodies.of(&peer.uid().to_string(), places)).await;
        let read = Limited::new(request.into_body(), MAX_BODY).collect();
        let body = tokio::time::timeout(BODY_TIMEOUT, read)
            .await
            .map_err(|_| Refusal::Bad("the request did not come in time".to_owned()))?
            .map_err(|error| Refusal::Bad(format!("cannot read the request: {error}")))?
            .to_bytes();
        let this = Arc::clone(&self);
        let job = move || this.dispatch(&target, &peer, &body);
        let answer = self.jobs.run(job).await;
        answer.unwrap_or_else(|| Err(failed("the request handler panicked")))
    }

    fn dispatch(&self, target: &str, peer: &Peer, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        if let Health::Unproven { reason } = self.service.store.health()
            && target != path::STATUS
        {
            return Err(failed(StoreError::Unproven { reason: reason.clone() }));
        }
        match target {
            path::TESTIFY => write(&self.testify(peer, &read(body)?)?),
            path::PROPOSE => write(&self.propose(peer, read(body)?)?),
            path::RECEIVED => write(&self.received(peer, &read(body)?)?),
            path::REFUSED => write(&self.refused(peer, read(body)?)?),
            path::STATUS => write(&status(&self.service)?),
            path::ENTRIES => write(&self.entries(peer, &read(body)?)?),
            path::DECIDE => write(&self.decide(peer, read(body)?)?),
            path::IMPORT => write(&self.import(peer, read(body)?)?),
            path::COMPACT => write(&self.compact(peer, read(body)?)?),
            path::PAGE => write(&self.page(peer, &read(body)?)?),
            path::DECISIONS => write(&self.decisions(peer, read(body)?)?),
            path::DRIFTS => write(&self.drifts(peer, read(body)?)?),
            _ => Err(Refusal::Bad(format!("unknown request {target:?}"))),
        }
    }

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
    fn testify(&self, peer: &Peer, question: &Question) -> Result<Testimony, Refusal> {
        self.repository(peer, &question.repository)?;
        self.service.store.testify(question).map_err(failed)
    }

    /// Whether a peer may see what the ledger has of a repository: what it can read there anyway.
    fn sees<'a>(&'a self, peer: &'a Peer) -> impl FnMut(&Entry) -> bool + use<'a> {
        let mut known: HashMap<String, bool> = HashMap::new();
        move |entry| {
            if peer.is_trusted() {
                return true;
            }
            let sees = |name: &str| {
                let repo = self.service.catalog.named(name);
                repo.is_some_and(|repo| peer.can_read(self.service.root(), &repo.directory))
            };
            *known.entry(entry.repository.clone()).or_insert_with(|| sees(&entry.repository))
        }
    }

    fn entries(&self, peer: &Peer, which: &Which) -> Result<Vec<Entry>, Refusal> {
        let mut entries = self.service.store.entries(which.module.as_deref()).map_err(failed)?;
        entries.retain(|entry| which.version.as_ref().is_none_or(|v| *v == entry.version));
        entries.retain(self.sees(peer));
        Ok(entries)
    }

    fn decisions(&self, peer: &Peer, which: Which) -> Result<Vec<Decision>, Refusal> {
        let Which { module, version } = which;
        let module = module.ok_or_else(|| Refusal::Bad("which module?".to_owned()))?;
        let store = &self.service.store;
        let mut found = store.decisions(&module, version.as_deref()).map_err(failed)?;
        let mut sees = self.sees(peer);
        found.retain(|decision| {
            let entry = store.entry(&decision.module, &decision.version);
            entry.is_ok_and(|entry| entry.is_some_and(|entry| sees(&entry)))
        });
        Ok(found)
    }

    /// Where refs and ledger disagree; of one version, whenever they did.
    fn drifts(&self, peer: &Peer, which: Which) -> Result<Vec<Drift>, Refusal> {
        let store = &self.service.store;
        let found = match (which.module, which.version) {
            (Some(module), Some(version)) => store.drifts(&module, &version),
            _ => store.open_drifts(),
        };
        let mut found = found.map_err(failed)?;
        let mut sees = self.sees(peer);
        found.retain(|drift| {
            let entry = store.entry(&drift.module, &drift.version);
            entry.is_ok_and(|entry| entry.is_some_and(|entry| sees(&entry)))
        });
        Ok(found)
    }

    /// The ledger, page by page.
    fn page(&self, peer: &Peer, page: &Page) -> Result<Vec<Carried>, Refusal> {
        trusted(peer, "read the whole ledger")?;
        let after = page.after.as_ref().map(|(module, version)| (&**module, &**version));
        self.service.store.carried(after, PAGE_SIZE).map_err(failed)
    }

    fn compact(&self, peer: &Peer, request: Compact) -> Result<Compacted, Refusal> {
        trusted(peer, "compact the ledger")?;
        let Compact { by, reason } = request;
        let reason =
            checked_reason(&reason).map_err(|why| Refusal::Bad(why.to_string()))?.to_owned();
        let sealing = Sealing { by, time: clock::now(), reason };
        let compacted = self.service.store.compact(sealing).map_err(failed)?;
        let Compacted { sealed, before, after } = &compacted;
        let (lines, left) = (before.head.lines, after.head.lines);
        tracing::info!(?sealed, lines, left, "the journal is compacted; the one before is sealed");
        Ok(compacted)
    }

    fn propose(&self, peer: &Peer, request: Propose) -> Result<Done, Refusal> {
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
    fn received(&self, peer: &Peer, request: &Received) -> Result<Vec<Entry>, Refusal> {
        let repo = self.repository(peer, &request.repository)?;
        repo.forget_push();
        let snapshot = self.service.refresh_pushed(&repo).map_err(failed)?;
        let git = Repository::open(&repo.directory).map_err(failed)?;
        let pass = self.service.pass(&repo, &git);
        let (mut entries, mut taken) = (Vec::new(), Vec::new());
        for (tag, _) in &request.tags {
            let Some(now) = snapshot.refs.tags.get(tag).map(|tag| tag.peeled) else { continue };
            let known = self.service.store.tagged(&repo.name, tag).map_err(failed)?;
            if known.is_empty() {
                taken.extend(pass.taken_elsewhere(tag, now).map_err(failed)?);
            }
            // Where the tag was moved, the version stays what it was: nothing was released.
            entries.extend(known.into_iter().filter_map(|entry| entry.told_at(now)));
        }
        let mut entries = pass.complete(entries).map_err(failed)?;
        self.keep(&git, &entries);
        entries.extend(taken);
        Ok(entries)
    }

    /// What a small push brought is kept before it ends; all else, and what cannot be kept now, later.
    fn keep(&self, git: &Repository, entries: &[Entry]) {
        let accepted = entries.iter().filter(|entry| entry.occupies());
        let commits: BTreeSet<ObjectId> = accepted.map(|entry| entry.commit).collect();
        if self.service.settings.keep.refs && commits.len() <= MAX_KEPT_AT_ONCE {
            let _ = git.keep(&commits);
        }
    }

    /// Who may write the ledger may decide; the time is ours.
    fn decide(&self, peer: &Peer, decision: Decision) -> Result<Entry, Refusal> {
        trusted(peer, "decide about versions")?;
        if decision.verb == Verb::Forget && self.service.settings.policy.serve_broken {
            return Err(Refusal::Bad(UNKNOWN_PAST.to_owned()));
        }
        let decision = Decision { time: clock::now(), ..decision };
        self.service.decide(decision).map_err(|error| match error {
            RefreshError::Store(StoreError::Undecided(why)) => Refusal::Bad(why.to_string()),
            error => failed(error),
        })
    }

    fn import(&self, peer: &Peer, request: Import) -> Result<Imported, Refusal> {
        let Import { versions, by, reason } = request;
        trusted(peer, "import versions")?;
        for Carried { entry, .. } in &versions {
            check(entry).map_err(|odd| Refusal::Bad(format!("{:?}: {odd}", entry.name())))?;
        }
        let reason = checked_reason(&reason).map_err(|why| Refusal::Bad(why.to_string()))?;
        let purpose = by.map_or(Purpose::Look, |by| {
            let (act, reason) = (Act::Import { entries: 0 }, reason.to_owned());
            Purpose::Write(Operation { act, by, time: clock::now(), reason })
        });
        self.service.import(versions, purpose).map_err(failed)
    }

    fn refused(&self, peer: &Peer, request: Refused) -> Result<Done, Refusal> {
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

fn trusted(peer: &Peer, deed: &str) -> Result<(), Refusal> {
    if peer.is_trusted() {
        return Ok(());
    }
    Err(Refusal::Forbidden(format!("only root and the user of the ledger can {deed}")))
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

/// How things stand.
fn status(service: &Service) -> Result<Status, Refusal> {
    let counts = service.store.counts().map_err(failed)?;
    let count = |n: usize| n as u64;
    let is_proven = service.store.is_proven();
    Ok(Status {
        daemon: true,
        repositories: count(service.catalog.all().len()),
        modules: counts.modules,
        accepted: if is_proven { counts.accepted } else { 0 },
        broken: counts.broken,
        pending: counts.pending,
        drift: count(service.drift()),
        cache_bytes: service.zips.bytes(),
        journal_head: service.store.head().hash.to_string(),
        damage: service.store.damage(),
        unproven: if is_proven { 0 } else { counts.accepted },
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Bad(error.to_string()))
}

fn write(value: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value).map_err(failed)
}

fn respond(answer: Result<Vec<u8>, Refusal>) -> Response<Body> {
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => {
            let status = match refusal {
                Refusal::Bad(_) => StatusCode::BAD_REQUEST,
                Refusal::Forbidden(_) => StatusCode::FORBIDDEN,
                Refusal::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let problem = refusal.to_string();
            tracing::warn!(problem, "control request refused");
            (status, serde_json::to_vec(&Problem { problem }).unwrap_or_default())
        }
    };
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    response
}
