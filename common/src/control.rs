//! What hooks and admin verbs say to the daemon over its Unix socket: HTTP/1.1 with JSON bodies.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /v1/testify` | [`Question`](crate::ledger::Question) | [`Testimony`](crate::ledger::Testimony) |
//! | `POST /v1/propose` | [`Propose`] | [`Done`] |
//! | `POST /v1/received` | [`Received`] | [`Released`] |
//! | `POST /v1/refused` | [`Refused`] | [`Done`] |
//! | `GET /v1/status` | | [`Status`] |
//! | `POST /v1/entries` | [`Which`] | list of [`Entry`] |
//! | `POST /v1/decide` | [`Decision`](crate::ledger::decision::Decision) | the [`Entry`] as it is now |
//! | `POST /v1/page` | [`Page`] | list of [`Carried`], in the order of module and version |
//! | `POST /v1/import` | [`Import`] | [`Imported`](crate::ledger::exchange::Imported) |
//! | `POST /v1/compact` | [`Compact`] | [`Compacted`](crate::io::store::Compacted) |
//! | `POST /v1/decisions` | [`Which`] | list of [`Decision`](crate::ledger::decision::Decision) |
//! | `POST /v1/drifts` | [`Which`] | list of [`Drift`](crate::ledger::drift::Drift): of one version all, in order; else those that are open |
//!
//! Any other outcome is a status from 400 on with a [`Problem`]. What a hook sends is a proposal: the
//! daemon looks at the repository itself before anything becomes true.

use serde::{Deserialize, Serialize};

use crate::ledger::exchange::Carried;
use crate::ledger::{Entry, Proposal};
use crate::objects::ObjectId;

/// The paths of the requests.
pub mod path {
    /// Ask the ledger before a push is judged.
    pub const TESTIFY: &str = "/v1/testify";
    /// Record what a push wants to make.
    pub const PROPOSE: &str = "/v1/propose";
    /// Refs of a push are real now.
    pub const RECEIVED: &str = "/v1/received";
    /// A push was refused.
    pub const REFUSED: &str = "/v1/refused";
    /// How things stand.
    pub const STATUS: &str = "/v1/status";
    /// Entries of the ledger.
    pub const ENTRIES: &str = "/v1/entries";
    /// Carry out a decision of an administrator.
    pub const DECIDE: &str = "/v1/decide";
    /// Seal the journal, and go on with a shorter one.
    pub const COMPACT: &str = "/v1/compact";
    /// What administrators decided.
    pub const DECISIONS: &str = "/v1/decisions";
    /// Where refs and ledger disagree.
    pub const DRIFTS: &str = "/v1/drifts";
    /// Take over versions from another ledger.
    pub const IMPORT: &str = "/v1/import";
    /// Some versions of the ledger, behind others.
    pub const PAGE: &str = "/v1/page";
}

/// A push was judged and wants to make these versions.
#[derive(Debug, Serialize, Deserialize)]
pub struct Propose {
    /// The repository's path under the root, less `.git`.
    pub repository: String,
    /// The versions.
    pub proposals: Vec<Proposal>,
}

/// A push is through.
#[derive(Debug, Serialize, Deserialize)]
pub struct Received {
    /// The repository's path under the root, less `.git`.
    pub repository: String,
    /// The tags that were made or moved, without `refs/tags/`, and what they hold.
    pub tags: Vec<(String, ObjectId)>,
}

/// What became of the tags of a push.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Released {
    /// What they stand for: accepted, or broken.
    pub own: Vec<Entry>,
    /// What their versions are instead: those of another commit, or of another repository.
    pub taken: Vec<Entry>,
}

/// A push was refused: consumers who ask for these versions are told why.
#[derive(Debug, Serialize, Deserialize)]
pub struct Refused {
    /// The repository's path under the root, less `.git`.
    pub repository: String,
    /// The refused versions.
    pub versions: Vec<Refusal>,
}

/// One refused version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Module path.
    pub module: String,
    /// Version.
    pub version: String,
    /// The rule that refused it.
    pub rule: String,
    /// What was wrong.
    pub summary: String,
}

/// Which entries are wanted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Which {
    /// Of this module only.
    pub module: Option<String>,
    /// Of this version of the module only.
    pub version: Option<String>,
}

/// The versions behind one are wanted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Page {
    /// Module and version of the last one that is known; none for the first page.
    pub after: Option<(String, String)>,
}

/// The versions of a page; fewer are in the last one only.
pub const PAGE_SIZE: usize = 2_000;

/// Versions of another ledger are to be taken over.
#[derive(Debug, Serialize, Deserialize)]
pub struct Import {
    /// The versions.
    pub versions: Vec<Carried>,
    /// The account that does it; `None` where nothing is to be written.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
}

/// The journal is to be compacted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Compact {
    /// The account that does it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// It is done.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {}

/// Why it is not done.
#[derive(Debug, Serialize, Deserialize)]
pub struct Problem {
    /// In words.
    pub problem: String,
}

/// How things stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether a daemon answers.
    pub daemon: bool,
    /// Repositories served.
    pub repositories: u64,
    /// Module paths with accepted versions.
    pub modules: u64,
    /// Accepted versions.
    pub accepted: u64,
    /// Broken versions.
    pub broken: u64,
    /// Proposals that are not settled.
    pub pending: u64,
    /// Accepted versions whose tag moved or vanished.
    pub drift: u64,
    /// Bytes in the zip cache.
    pub cache_bytes: u64,
    /// The hash of the journal's last line.
    pub journal_head: String,
    /// What is wrong with the ledger's files, or was at the last start; empty where nothing is.
    #[serde(default)]
    pub damage: String,
    /// Versions that are served as the refs have them, because the ledger is damaged for good: none of them is
    /// called accepted.
    #[serde(default)]
    pub unproven: u64,
}
