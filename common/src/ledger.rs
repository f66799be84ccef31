//! What was accepted: entries, their states, and what may never change.
//!
//! An entry is all that is known of one version of one module. Entries live in the journal
//! (`ledger::journal` has the format of a line, `io::journal` the file) and in sled, the index over it
//! (`io::store`). This file says which change of an entry is allowed:
//!
//! - an `accepted` or `withdrawn` entry occupies its version: module, version, commit, tree and every hash
//!   that is known stay what they are, for ever;
//! - a hash that was not known yet (an adopted tag) may be filled in once;
//! - a `broken` entry is no promise and may be replaced;
//! - a proposal (`pending`) is keyed by the ref it came with and makes nothing true.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::objects::ObjectId;
use crate::timestamp;

pub mod decision;
pub mod drift;
pub mod exchange;
pub mod journal;
pub mod operation;

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The ref exists and a consumer can use the version.
    Accepted,
    /// The ref exists, but the version cannot be fetched or required (N6).
    Broken,
    /// A push proposed it.
    Pending,
    /// Taken back by an administrator, with a reason.
    Withdrawn,
}

impl State {
    /// The word for it, as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Broken => "broken",
            Self::Pending => "pending",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// How a version came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// The tag was there when modgate first looked, or appeared without the hook.
    Adopted,
    /// Pushed with `modgate.import`.
    Imported,
    /// Pushed through the hook.
    Pushed,
    /// A pseudo-version that a consumer fetched.
    Served,
}

/// All that is known of one version of one module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Module path.
    pub module: String,
    /// Canonical version.
    pub version: String,
    /// Where it stands.
    pub state: State,
    /// The repository's path under the root, less `.git`.
    pub repository: String,
    /// The tag, without `refs/tags/`; `None` for a pseudo-version.
    pub tag: Option<String>,
    /// The commit.
    pub commit: ObjectId,
    /// The commit's root tree.
    pub tree: ObjectId,
    /// h1 of the zip (H2); `None` until somebody computed it.
    pub h1: Option<String>,
    /// h1 of the go.mod (H3); `None` until somebody computed it.
    pub gomod_h1: Option<String>,
    /// When it was recorded, in seconds since 1970 (written as RFC 3339).
    #[serde(with = "rfc3339")]
    pub time: i64,
    /// Who pushed it, as far as the host tells.
    pub pusher: Option<String>,
    /// How it came in.
    pub how: How,
    /// Why it is broken or withdrawn: `RULE: text`.
    pub reason: Option<String>,
    /// The rules that the pusher skipped for it, if any. Lines from before there were skips have no such field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Skip>,
    /// Another commit that its tag may be on, with the same content: an administrator allowed the move. What is served is
    /// `commit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<ObjectId>,
    /// Whether its tag may move once, to the same content.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_move: bool,
    /// Whether any of it was ever served, so that somebody may have its hashes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub served: bool,
}

/// That a pusher skipped rules, with permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// The rules that would have refused the push.
    pub rules: Vec<String>,
    /// Why, in the pusher's words.
    pub reason: String,
}

impl Entry {
    /// An accepted version of a tag, or of a commit without one, of which nothing more is known: its commit and
    /// the root tree of that.
    pub fn new(
        module: &str,
        version: &str,
        repository: &str,
        tag: Option<&str>,
        (commit, tree): (ObjectId, ObjectId),
    ) -> Self {
        Self {
            module: module.to_owned(),
            version: version.to_owned(),
            state: State::Accepted,
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            commit,
            tree,
            h1: None,
            gomod_h1: None,
            time: 0,
            pusher: None,
            how: How::Adopted,
            reason: None,
            skipped: None,
            moved: None,
            may_move: false,
            served: false,
        }
    }

    /// `M@V`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.module, self.version)
    }

    /// Whether the version is taken: nothing else may ever be served under its name.
    pub const fn occupies(&self) -> bool {
        matches!(self.state, State::Accepted | State::Withdrawn)
    }

    /// Whether somebody may have its hashes from here.
    pub fn was_served(&self) -> bool {
        self.served || self.how == How::Served
    }

    /// Whether an administrator gave the version free: it is accepted again when its tag is pushed anew, or moves.
    pub fn is_forgotten(&self) -> bool {
        let is_said = |reason: &String| reason.starts_with(decision::FORGOTTEN);
        self.state == State::Broken && self.reason.as_ref().is_some_and(is_said)
    }

    /// Whether its tag may be on this commit: nothing is amiss then.
    pub fn stands_at(&self, commit: ObjectId) -> bool {
        self.commit == commit || self.moved == Some(commit)
    }

    /// What a pusher is told who put its tag on this commit; `moved` says that it moved there with permission.
    pub fn told_at(self, commit: ObjectId) -> Option<Self> {
        if self.commit == commit {
            return Some(Self { moved: None, ..self });
        }
        (self.moved == Some(commit)).then_some(self)
    }

    /// Whether these are its hashes, both of them.
    pub fn has_hashes(&self, h1: &str, gomod_h1: &str) -> bool {
        self.h1.as_deref() == Some(h1) && self.gomod_h1.as_deref() == Some(gomod_h1)
    }
}

/// The commits of those entries that occupy their versions: they must not be lost.
pub fn occupied_commits(entries: &[Entry]) -> BTreeSet<ObjectId> {
    entries.iter().filter(|entry| entry.occupies()).map(|entry| entry.commit).collect()
}

/// Why an entry cannot become another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The version was accepted at another commit.
    #[error("{module}@{version} was accepted at commit {recorded}, it cannot become {proposed}")]
    OtherCommit {
        /// Module path.
        module: String,
        /// Version.
        version: String,
        /// The commit in the ledger.
        recorded: ObjectId,
        /// The commit of the change.
        proposed: ObjectId,
    },
    /// The module path belongs to another repository.
    #[error("{module}@{version}: the module path belongs to repository {owner:?}")]
    OtherOwner {
        /// Module path.
        module: String,
        /// Version.
        version: String,
        /// The repository that has accepted versions of it.
        owner: String,
    },
    /// The version was accepted with another hash, or for another owner.
    #[error(
        "{module}@{version}: the {what} is recorded as {recorded:?}, it cannot become {proposed:?}"
    )]
    OtherContent {
        /// Module path.
        module: String,
        /// Version.
        version: String,
        /// Which field.
        what: &'static str,
        /// The value in the ledger.
        recorded: String,
        /// The value of the change.
        proposed: String,
    },
}

/// What `recorded` becomes when `proposed` is written over it: `None` when nothing changes.
///
/// # Errors
/// When the ledger's promise forbids it.
pub fn merge(recorded: &Entry, proposed: &Entry) -> Result<Option<Entry>, Conflict> {
    if !recorded.occupies() {
        return Ok((recorded != proposed).then(|| proposed.clone()));
    }
    if recorded.commit != proposed.commit || recorded.tree != proposed.tree {
        return Err(Conflict::OtherCommit {
            module: recorded.module.clone(),
            version: recorded.version.clone(),
            recorded: recorded.commit,
            proposed: proposed.commit,
        });
    }
    let differs = |what, recorded_value: &str, proposed_value: &str| Conflict::OtherContent {
        module: recorded.module.clone(),
        version: recorded.version.clone(),
        what,
        recorded: recorded_value.to_owned(),
        proposed: proposed_value.to_owned(),
    };
    if recorded.repository != proposed.repository {
        return Err(differs("repository", &recorded.repository, &proposed.repository));
    }
    let fill = |what, known: &Option<String>, new: &Option<String>| match (known, new) {
        (Some(known), Some(new)) if known != new => Err(differs(what, known, new)),
        (Some(known), _) => Ok(Some(known.clone())),
        (None, new) => Ok(new.clone()),
    };
    let merged = Entry {
        h1: fill("h1", &recorded.h1, &proposed.h1)?,
        gomod_h1: fill("gomod_h1", &recorded.gomod_h1, &proposed.gomod_h1)?,
        ..recorded.clone()
    };
    Ok((merged != *recorded).then_some(merged))
}

/// A version that a push wants to make: not true before its ref holds `target`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// What the ref is to hold: the commit or tag object of the push.
    pub target: ObjectId,
    /// What the entry will be; its state is `pending`.
    pub entry: Entry,
}

/// What the ledger is asked before a push is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The repository that is pushed to.
    pub repository: String,
    /// Tags, without `refs/tags/`: their entries in this repository are wanted.
    pub tags: Vec<String>,
    /// Versions as `(module path, version)`: their entries are wanted, whoever owns them.
    pub versions: Vec<(String, String)>,
    /// Module paths: whether they have accepted versions is wanted.
    pub modules: Vec<String>,
    /// Versions as `(module path, version)` whose tag moves or goes: pseudo-versions that were served and have it as
    /// their base are wanted.
    #[serde(default)]
    pub bases: Vec<(String, String)>,
    /// Versions that the pushed go.mod files require, as `(module path, version)`: what is known of those whose
    /// module has accepted versions here is wanted.
    #[serde(default)]
    pub required: Vec<(String, String)>,
}

/// What the ledger knows of a version that somebody requires, of a module with accepted versions here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Required {
    /// Module path.
    pub module: String,
    /// The version.
    pub version: String,
    /// The repository that the module's versions come from.
    pub repository: String,
    /// Where the version stands; none where the ledger does not have it.
    pub state: Option<State>,
}

/// Hashes of a version at a commit, as a proposal holds them that has not come true. Only a process whose hashes are
/// believed can have sent them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashed {
    /// Module path.
    pub module: String,
    /// The version.
    pub version: String,
    /// The commit.
    pub commit: ObjectId,
    /// h1 of the zip.
    pub h1: String,
    /// h1 of the go.mod.
    pub gomod_h1: String,
}

/// What the ledger answers: the witness of the rules about immutability and ownership.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Testimony {
    /// The occupying entries that were asked for, by tag or by version.
    pub entries: Vec<Entry>,
    /// Those of the asked module paths that have accepted versions, with their repository.
    pub owners: Vec<(String, String)>,
    /// Whether the repository has any accepted release.
    pub has_releases: bool,
    /// Pseudo-versions that were served and have an asked version as their base; no more than some hundred.
    #[serde(default)]
    pub built: Vec<Entry>,
    /// Those of the required versions whose module has accepted versions here.
    #[serde(default)]
    pub required: Vec<Required>,
    /// What the asked tags are in the other repositories that own an asked module, in any state: a fork brings along what
    /// is broken at its origin too.
    #[serde(default)]
    pub elsewhere: Vec<Entry>,
    /// Hashes that an earlier try of this push sent, of tags that were asked for.
    #[serde(default)]
    pub hashed: Vec<Hashed>,
}

impl Testimony {
    /// The occupying entry of this version, whoever owns it.
    pub fn version(&self, module: &str, version: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.module == module && entry.version == version)
    }

    /// The occupying entries that this tag of this repository stands for.
    pub fn tag<'a>(&'a self, repository: &'a str, tag: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |e| e.repository == repository && e.tag.as_deref() == Some(tag))
    }

    /// The repository that holds accepted versions of this module path.
    pub fn owner(&self, module: &str) -> Option<&str> {
        self.owners.iter().find(|(path, _)| path == module).map(|(_, owner)| owner.as_str())
    }
}

pub(crate) mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    use super::timestamp;

    pub(crate) fn serialize<S: Serializer>(seconds: &i64, to: S) -> Result<S::Ok, S::Error> {
        let text = timestamp::rfc3339(*seconds);
        to.serialize_str(&text.ok_or_else(|| ser::Error::custom("year beyond 9999"))?)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        let text = String::deserialize(from)?;
        timestamp::from_rfc3339(&text)
            .ok_or_else(|| de::Error::custom(format!("not a time in UTC: {text:?}")))
    }
}

#[cfg(test)]
mod tests;
