//! A move of an accepted version's tag that an administrator allowed: once, and to the same content only.
//!
//! The version stays at its first commit, so a consumer sees nothing of the move. The permission is used up when
//! the tag is there, not here: a push that another hook refuses moved nothing.

use crate::dirhash;
use crate::ledger::Entry;
use crate::modzip::{self, Sums};
use crate::objects::Fault;

use super::case::{Found, ReleaseCase};
use super::table::Rule;

/// The rules about the content of accepted versions.
const RULES: [&str; 2] = ["tag-moved", "version-republished"];

/// What a permission makes of a pushed tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Move {
    /// Nobody allowed anything, or the tag does not move.
    Nothing,
    /// It is allowed, and the content is another: the hashes that it has.
    Other(String),
    /// It is allowed, and the content is the same.
    Same,
}

/// What a permission makes of this tag, which stands for `entry`.
pub(super) fn moves(case: &ReleaseCase<'_>, entry: Option<&Entry>) -> Result<Move, Fault> {
    let (tag, push) = (case.tag, case.tag.trial.push);
    let is_allowed = |entry: &&Entry| {
        let is_of_tag =
            entry.repository == push.repository && entry.tag.as_deref() == Some(tag.tag);
        is_of_tag && entry.may_move
    };
    let Some(entry) = entry.filter(is_allowed) else { return Ok(Move::Nothing) };
    let is_there = tag.commit.as_ref().is_some_and(|commit| entry.stands_at(commit.id));
    let Some((located, plan)) = case.usable.filter(|_| !is_there) else {
        return Ok(Move::Nothing);
    };
    let h1 = modzip::h1(push.objects, plan, &entry.name(), &mut Sums::default())?;
    let gomod_h1 = dirhash::go_mod(&located.mod_bytes(&entry.module));
    Ok(match entry.has_hashes(&h1, &gomod_h1) {
        true => Move::Same,
        false => Move::Other(h1),
    })
}

impl Move {
    /// What is left of the findings about the version.
    pub(super) fn temper(
        &self,
        mut found: Vec<(&'static Rule, Found)>,
    ) -> Vec<(&'static Rule, Found)> {
        let is_content = |rule: &Rule| RULES.contains(&rule.id);
        match self {
            Self::Nothing => {}
            Self::Other(h1) => {
                for (_, found) in found.iter_mut().filter(|(rule, _)| is_content(rule)) {
                    let why = format!("; it may move to the same content, and this has {h1}");
                    found.summary.push_str(&why);
                }
            }
            Self::Same => found.retain(|(rule, _)| !is_content(rule)),
        }
        found
    }
}
