//! What admin verbs ask: everybody sees what it can read anyway; only root and the user of the ledger decide.

use std::collections::HashMap;

use modgate_common::control::{Compact, Import, PAGE_SIZE, Page, Status, Which};
use modgate_common::io::journal::Sealing;
use modgate_common::io::store::{Compacted, Purpose, StoreError};
use modgate_common::ledger::Entry;
use modgate_common::ledger::decision::{Decision, UNKNOWN_PAST, Verb, checked_reason};
use modgate_common::ledger::drift::Drift;
use modgate_common::ledger::exchange::{Carried, Imported, check};
use modgate_common::ledger::operation::{Act, Operation};

use super::{Control, Refusal, failed};
use crate::clock;
use crate::peer::Peer;
use crate::service::{RefreshError, Service};

impl Control {
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

    pub(super) fn entries(&self, peer: &Peer, which: &Which) -> Result<Vec<Entry>, Refusal> {
        let mut entries = self.service.store.entries(which.module.as_deref()).map_err(failed)?;
        entries.retain(|entry| which.version.as_ref().is_none_or(|v| *v == entry.version));
        entries.retain(self.sees(peer));
        Ok(entries)
    }

    pub(super) fn decisions(&self, peer: &Peer, which: Which) -> Result<Vec<Decision>, Refusal> {
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
    pub(super) fn drifts(&self, peer: &Peer, which: Which) -> Result<Vec<Drift>, Refusal> {
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
    pub(super) fn page(&self, peer: &Peer, page: &Page) -> Result<Vec<Carried>, Refusal> {
        trusted(peer, "read the whole ledger")?;
        let after = page.after.as_ref().map(|(module, version)| (&**module, &**version));
        self.service.store.carried(after, PAGE_SIZE).map_err(failed)
    }

    /// Who may write the ledger may decide; the time is ours.
    pub(super) fn decide(&self, peer: &Peer, decision: Decision) -> Result<Entry, Refusal> {
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

    pub(super) fn compact(&self, peer: &Peer, request: Compact) -> Result<Compacted, Refusal> {
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

    pub(super) fn import(&self, peer: &Peer, request: Import) -> Result<Imported, Refusal> {
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
}

fn trusted(peer: &Peer, deed: &str) -> Result<(), Refusal> {
    if peer.is_trusted() {
        return Ok(());
    }
    Err(Refusal::Forbidden(format!("only root and the user of the ledger can {deed}")))
}

/// How things stand.
pub(super) fn status(service: &Service) -> Result<Status, Refusal> {
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
