//! The versions that a push makes, as they are proposed to the ledger.
//!
//! Hashes are computed where they will be believed. They need not be complete: what there is no time for is hashed when
//! the push is through. Those that an earlier try of the push has sent are taken from the ledger's answer.

use std::collections::HashMap;

use modgate_common::intake::Site;
use modgate_common::ledger::{Entry, Hashed, How, Proposal, State, Testimony};
use modgate_common::modzip::Sums;
use modgate_common::objects::{Fault, ObjectId};
use modgate_common::rules::{Admitted, Report};
use modgate_common::tags::Release;

use crate::time_limit::Clock;

/// Content beyond this, in bytes, is hashed when the push is through: the time of a judgement is limited.
const MAX_HASHED: u64 = 64 << 20;

/// What all proposals of a push have in common.
pub(crate) struct Terms<'a> {
    /// Now, in seconds since 1970.
    pub now: i64,
    /// Who pushes.
    pub pusher: Option<String>,
    /// How the versions come in.
    pub how: How,
    /// Whether the hashes of this process are believed.
    pub is_believed: bool,
    /// What the ledger answered.
    pub testimony: &'a Testimony,
    /// The time there is.
    pub clock: &'a Clock,
}

/// The proposals of a report that is no refusal.
///
/// # Errors
/// When the repository cannot be read.
pub(crate) fn of(
    terms: &Terms<'_>,
    site: &Site<'_>,
    report: &Report,
) -> Result<Vec<Proposal>, Fault> {
    let mut hasher = Hasher::new(terms);
    let mut proposals = Vec::new();
    for (tag, target, admitted) in report.admitted() {
        let release =
            Release { module: admitted.module().clone(), version: admitted.version().to_owned() };
        let entry = Entry {
            state: State::Pending,
            time: terms.now,
            pusher: terms.pusher.clone(),
            how: terms.how,
            ..site.entry(&release, tag, admitted.commit())
        };
        let (h1, gomod_h1) = hasher.hashes(site, &release, admitted)?.unzip();
        proposals.push(Proposal { target, entry: Entry { h1, gomod_h1, ..entry } });
    }
    Ok(proposals)
}

/// Hashes as many versions as may be.
struct Hasher<'a> {
    clock: &'a Clock,
    is_believed: bool,
    known: HashMap<(&'a str, &'a str, ObjectId), &'a Hashed>,
    sums: Sums,
    bytes_left: u64,
}

impl<'a> Hasher<'a> {
    fn new(terms: &Terms<'a>) -> Self {
        let by_version = |h: &'a Hashed| ((&*h.module, &*h.version, h.commit), h);
        Self {
            clock: terms.clock,
            is_believed: terms.is_believed,
            known: terms.testimony.hashed.iter().map(by_version).collect(),
            sums: Sums::default(),
            bytes_left: MAX_HASHED,
        }
    }

    fn hashes(
        &mut self,
        site: &Site<'_>,
        release: &Release,
        admitted: &Admitted,
    ) -> Result<Option<(String, String)>, Fault> {
        if !self.is_believed {
            return Ok(None);
        }
        let name = (&*release.module.path, &*release.version, admitted.commit().id);
        if let Some(known) = self.known.get(&name) {
            return Ok(Some((known.h1.clone(), known.gomod_h1.clone())));
        }
        if !self.clock.is_ample() {
            return Ok(None);
        }
        let again;
        let usable = match admitted.usable() {
            Some(usable) => usable,
            None => {
                let Ok(usable) = site.judge(release, admitted.commit())? else { return Ok(None) };
                again = usable;
                &again
            }
        };
        let bytes = self.sums.unknown(&usable.plan);
        if bytes > self.bytes_left {
            return Ok(None);
        }
        self.bytes_left -= bytes;
        site.hashes(release, (&usable.located, &usable.plan), &mut self.sums).map(Some)
    }
}
