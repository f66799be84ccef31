//! The versions that a push makes, as they are proposed to the ledger.
//!
//! Hashes are computed where they will be believed. They need not be complete: what there is no time for is hashed when
//! the push is through. Those that an earlier try of the push has sent are taken from the ledger's answer.

use std::collections::HashMap;

use modgate_common::intake::Site;
use modgate_common::ledger::{Entry, Hashed, How, Proposal, Skip, State, Testimony};
use modgate_common::modzip::Sums;
use modgate_common::objects::{Commit, Fault, ObjectId};
use modgate_common::rules::{Admitted, Judgement, Release as Gives, Report};
use modgate_common::tags::{Release, releases};

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

/// The proposals of a report that is no refusal; versions that nobody can use are among them, so it is known who pushed
/// them.
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
    for judgement in &report.judgements {
        let entry = match &judgement.release {
            Gives::Nothing => None,
            Gives::Unserved(_) => unserved(site, judgement),
            Gives::Usable(admitted) => Some(usable(&mut hasher, site, judgement, admitted)?),
        };
        let Some(entry) = entry else { continue };
        let entry = Entry {
            state: State::Pending,
            time: terms.now,
            pusher: terms.pusher.clone(),
            how: terms.how,
            skipped: skipped(judgement),
            ..entry
        };
        proposals.push(Proposal { target: judgement.target, entry });
    }
    Ok(proposals)
}

/// The entry of a version that consumers can use, with the hashes that there is time for.
fn usable(
    hasher: &mut Hasher<'_>,
    site: &Site<'_>,
    judgement: &Judgement,
    admitted: &Admitted,
) -> Result<Entry, Fault> {
    let release =
        Release { module: admitted.module().clone(), version: admitted.version().to_owned() };
    let entry = site.entry(&release, judgement.subject.name(), admitted.commit());
    let (h1, gomod_h1) = hasher.hashes(site, &release, admitted)?.unzip();
    Ok(Entry { h1, gomod_h1, ..entry })
}

/// The entry of a version that nobody can use; without a commit, what the tag is on stands for it.
fn unserved(site: &Site<'_>, judgement: &Judgement) -> Option<Entry> {
    let tag = judgement.subject.name();
    let is_named = |release: &Release| {
        judgement.module.as_ref() == Some(&release.module.path)
            && judgement.version.as_ref() == Some(&release.version)
    };
    let release = releases(site.code_root, tag).into_iter().find(is_named)?;
    let (id, tree) = (judgement.target, judgement.target);
    let nothing = || Commit { id, tree, parents: Vec::new(), time: None };
    let commit = judgement.commit.clone().unwrap_or_else(nothing);
    Some(site.entry(&release, tag, &commit))
}

/// What the ledger keeps of the pusher's skips.
fn skipped(judgement: &Judgement) -> Option<Skip> {
    let reason = judgement.skip_reason()?.to_owned();
    Some(Skip { rules: judgement.skipped_rules().map(str::to_owned).collect(), reason })
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
