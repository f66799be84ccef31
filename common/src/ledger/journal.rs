//! The format of the journal: one line for each group of changes, each chained to the one before.
//!
//! A line is `HASH JSON`, ended by LF. JSON is one object `{"n":N,"records":[...]}`; N counts lines from
//! 0. HASH is the SHA-256, in hex, of the hash of the line before (64 zeros before the first), an LF,
//! and JSON. So a removed, inserted or changed line shows at the next one. The first line holds one
//! `begun` record, which names the version of the format. Reading it needs no more than a text editor
//! and `sha256sum`.
//!
//! Records carry whole values, never differences: applying one twice changes nothing, which is what
//! lets the index catch up from any earlier line.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::decision::Decision;
use super::drift::Drift;
use super::operation::Operation;
use super::{Entry, Proposal, rfc3339};
use crate::hex;
use crate::objects::ObjectId;

/// The version of the format that this code writes.
pub const FORMAT: u32 = 1;

/// One change of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Record {
    /// The first record of a journal.
    Begun {
        /// [`FORMAT`] of the writer.
        format: u32,
    },
    /// Here ends what a compacted journal took over from the sealed one: so many records since `compacted`.
    Carried {
        /// How many.
        records: u64,
    },
    /// This journal goes on for a longer one, which is whole and was put aside. What that one comes to follows, up to
    /// `carried`.
    Compacted {
        /// The name that the sealed journal has now, in the same folder.
        sealed: String,
        /// Where the sealed journal ends.
        head: Head,
        /// The account that did it.
        by: String,
        /// When, in seconds since 1970 (written as RFC 3339).
        #[serde(with = "rfc3339")]
        time: i64,
        /// Why, in the words of whoever did it.
        reason: String,
    },
    /// An administrator decided about a version; the entry behind it says what holds since.
    Decided(Decision),
    /// Refs and ledger disagree about a version, or agree again; the entry stays what it is.
    Drift(Drift),
    /// An entry as it is from now on.
    Entry(Entry),
    /// A broken entry whose ref is gone.
    Forgotten {
        /// Module path.
        module: String,
        /// Version.
        version: String,
    },
    /// The tag of a version moved to the same content, as an administrator had allowed; the permission is used up.
    Moved {
        /// Module path.
        module: String,
        /// Version.
        version: String,
        /// The commit that the tag is on now.
        to: ObjectId,
        /// When it was noticed, in seconds since 1970 (written as RFC 3339).
        #[serde(with = "rfc3339")]
        time: i64,
    },
    /// An administrator did something to the ledger as a whole.
    Operated(Operation),
    /// A push proposes a version.
    Proposed(Proposal),
    /// Something of a version is about to be served for the first time.
    Served {
        /// Module path.
        module: String,
        /// Version.
        version: String,
    },
    /// This journal goes on for one that could not be used any more. What was known follows: all entries, decisions
    /// and proposals.
    Recovered {
        /// What was wrong with the other journal.
        reason: String,
        /// The name that the other journal has now, in the same folder; none where it was gone.
        aside: Option<String>,
        /// Where the other journal ended, as far as was known.
        head: Head,
    },
    /// Proposals of this ref value are settled: accepted, or never came true.
    Settled {
        /// The repository.
        repository: String,
        /// The tag.
        tag: String,
        /// The proposed value of the ref.
        target: ObjectId,
    },
}

/// The hash of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LineHash([u8; 32]);

impl LineHash {
    /// What stands for the line before the first one.
    pub const ZERO: Self = Self([0; 32]);
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for LineHash {
    type Err = LineError;

    fn from_str(text: &str) -> Result<Self, LineError> {
        hex::parse(text).map(Self).ok_or(LineError::NoHash)
    }
}

impl Serialize for LineHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LineHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a journal ends: how many lines it has, and the hash of the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of lines.
    pub lines: u64,
    /// The hash of the last line.
    pub hash: LineHash,
}

impl Head {
    /// The head of a journal without lines.
    pub const EMPTY: Self = Self { lines: 0, hash: LineHash::ZERO };

    pub(crate) fn after(&self, json: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(self.hash.to_string());
        hasher.update(b"\n");
        hasher.update(json);
        Self { lines: self.lines + 1, hash: LineHash(hasher.finalize().into()) }
    }
}

/// Why a line is not the next one of its journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The line is not `HASH JSON`.
    #[error("the line does not begin with a hash")]
    NoHash,
    /// The line has no end.
    #[error("the line has no end")]
    Unfinished,
    /// The line was changed, or a line before it was changed or removed.
    #[error("the hash does not match: this line or one before it was changed or removed")]
    WrongHash,
    /// The hash is right, so the line is what was written, but the content is none that this version understands: a newer
    /// one wrote it.
    #[error("unknown content (written by a newer modgate?): {0:?}")]
    Unknown(String),
}

#[derive(Serialize)]
struct Written<'a> {
    n: u64,
    records: &'a [Record],
}

#[derive(Deserialize)]
struct Read {
    n: u64,
    records: Vec<Record>,
}

/// The line that carries these records after `head`, LF included, and the head behind it.
///
/// # Errors
/// When a record cannot be written as JSON (a time beyond the year 9999).
pub fn encode(head: &Head, records: &[Record]) -> Result<(Vec<u8>, Head), serde_json::Error> {
    let json = serde_json::to_vec(&Written { n: head.lines, records })?;
    let next = head.after(&json);
    let mut line = next.hash.to_string().into_bytes();
    line.push(b' ');
    line.extend(json);
    line.push(b'\n');
    Ok((line, next))
}

/// Reads the line behind `head`, without its LF.
///
/// # Errors
/// When the line is not the one that followed `head`.
pub fn decode(head: &Head, line: &[u8]) -> Result<(Vec<Record>, Head), LineError> {
    let (hash, json) = split(line)?;
    let next = head.after(json);
    if next.hash != hash {
        return Err(LineError::WrongHash);
    }
    let read = parse(json)?;
    let unknown = LineError::Unknown;
    if read.n != head.lines {
        return Err(unknown(format!("line number {} where {} was due", read.n, head.lines)));
    }
    // Every older format is read: see the rule in docs/ledger.md.
    if let Some(Record::Begun { format }) = read.records.first()
        && !(1..=FORMAT).contains(format)
    {
        return Err(unknown(format!("format {format}")));
    }
    Ok((read.records, next))
}

fn parse(json: &[u8]) -> Result<Read, LineError> {
    serde_json::from_slice(json).map_err(|error| LineError::Unknown(error.to_string()))
}

/// Reads a line of a journal that is damaged elsewhere: the hash that it claims, and its records where that is right
/// behind a line of the hash `before`. Where only JSON was damaged, the next line can be read again.
pub fn decode_alone(
    before: Option<LineHash>,
    line: &[u8],
) -> (Option<LineHash>, Option<Vec<Record>>) {
    let Ok((claimed, json)) = split(line) else { return (None, None) };
    let follows = |hash| Head { lines: 0, hash }.after(json).hash == claimed;
    let is_whole = before.is_some_and(follows);
    let records = is_whole.then(|| parse(json).ok()).flatten();
    (Some(claimed), records.map(|read| read.records))
}

/// The hash that a line claims, and its JSON.
///
/// # Errors
/// When it does not begin with a hash.
pub fn split(line: &[u8]) -> Result<(LineHash, &[u8]), LineError> {
    let (hash, rest) = line.split_at_checked(64).ok_or(LineError::NoHash)?;
    let json = rest.strip_prefix(b" ").ok_or(LineError::NoHash)?;
    let hash = std::str::from_utf8(hash).map_err(|_| LineError::NoHash)?.parse()?;
    Ok((hash, json))
}
