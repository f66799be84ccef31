//! What the rules have to say: findings, judgements, and the report of a push.
//!
//! A [`Judgement`] serializes to the element of `modgate check --json`.

use serde::Serialize;

use crate::intake::Usable;
use crate::objects::{Commit, ObjectId};
use crate::policy::Level;
use crate::resolve::Broken;
use crate::tags::Module;

use super::skip::Skipped;

/// One broken rule on one tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How much it weighs here.
    pub level: Level,
    /// What is wrong. Foreign text in it is quoted and escaped.
    pub summary: String,
    /// What somebody who uses the module would see: the go command's own text, which may hold foreign text.
    pub consumer: Option<String>,
    /// Commands to paste, one a line; lines that begin with `#` explain.
    pub fix: String,
    /// The file it is about, relative to the repository.
    pub file: Option<String>,
    /// The line in that file, from 1.
    pub line: Option<u32>,
    /// What stands in that line, without the white space around it: foreign text, of a few hundred bytes at most.
    pub excerpt: Option<String>,
    /// Why it weighs less than it would.
    #[serde(flatten)]
    pub allowance: Allowance,
}

/// Why a finding weighs less than it would: an exception of the policy, or the pusher's word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Allowance {
    /// The exception that gave the level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<Excepted>,
    /// An exception that is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception_ended: Option<Excepted>,
    /// That the pusher skipped the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Skipped>,
}

/// What a report says of an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excepted {
    /// Who answers for it.
    pub owner: String,
    /// Why it is made.
    pub reason: String,
    /// The day it ends with.
    pub until: String,
}

impl Allowance {
    /// The same in sentences, for people. Foreign text in them is as it came.
    pub fn remarks(&self) -> Vec<String> {
        let excepted = self.exception.as_ref().map(|Excepted { owner, reason, until }| {
            format!("excepted until {until} by {owner}: {reason}")
        });
        let ended = self.exception_ended.as_ref().map(|Excepted { owner, reason, until }| {
            format!("the exception by {owner} ended on {until}: {reason}")
        });
        let skipped = self.skipped.as_ref().map(|Skipped { reason, by }| match by {
            Some(by) => format!("skipped by {by}: {reason}"),
            None => format!("skipped: {reason}"),
        });
        [excepted, ended, skipped].into_iter().flatten().collect()
    }
}

/// Something to do about a refused push as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// What it is for, in a sentence.
    pub says: String,
    /// The command to paste.
    pub command: String,
}

/// What becomes of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It may come in.
    Admitted,
    /// It is no release of this repository: nothing was judged.
    Ignored,
    /// It may not come in.
    Refused,
}

/// A version that passed the rules and that consumers can use. Only the rules can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    pub(super) module: Module,
    pub(super) version: String,
    pub(super) commit: Commit,
    pub(super) usable: Option<Box<Usable>>,
}

impl Admitted {
    /// The module.
    pub const fn module(&self) -> &Module {
        &self.module
    }

    /// The version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The commit.
    pub const fn commit(&self) -> &Commit {
        &self.commit
    }

    /// Where it lies and what its zip holds. In a push of many versions that is not kept of all of them.
    pub fn usable(&self) -> Option<&Usable> {
        self.usable.as_deref()
    }
}

/// What a judged tag gives to consumers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// Nothing new: the tag is refused or ignored, names no version, or the ledger's version stands.
    Nothing,
    /// A version that is let in by policy although nobody can use it (N6).
    Unserved(Broken),
    /// A version to serve.
    Usable(Box<Admitted>),
}

/// What a judgement is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A branch, without `refs/heads/`.
    Branch(String),
    /// A tag, without `refs/tags/`.
    Tag(String),
}

impl Subject {
    /// The word for its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Branch(_) => "branch",
            Self::Tag(_) => "tag",
        }
    }

    /// The tag's name, if it is one.
    pub fn tag(&self) -> Option<&str> {
        match self {
            Self::Branch(_) => None,
            Self::Tag(name) => Some(name),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Branch(name) | Self::Tag(name) => name,
        }
    }
}

/// What the rules say about one tag and one module that it could release, or about the name of a ref.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// The repository's path under the root, less `.git`.
    pub repository: String,
    /// The tag or branch.
    #[serde(flatten)]
    pub subject: Subject,
    /// The module; `None` where the tag names none.
    pub module: Option<String>,
    /// The version; `None` where the tag names none.
    pub version: Option<String>,
    /// What becomes of the tag.
    pub verdict: Verdict,
    /// Everything found, worst first.
    pub findings: Vec<Finding>,
    /// What the ref is to hold; zero when it is deleted.
    #[serde(skip)]
    pub target: ObjectId,
    /// The commit behind it, if there is one and it was read.
    #[serde(skip)]
    pub commit: Option<Commit>,
    /// What comes of it.
    #[serde(skip)]
    pub release: Release,
}

impl Judgement {
    /// The level of its worst finding.
    pub fn worst(&self) -> Option<Level> {
        self.findings.iter().map(|finding| finding.level).max()
    }
}

/// What the rules say about a push, in its order: one judgement for each tag and module it could release, and one for
/// each branch whose name was found fault with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The judgements.
    pub judgements: Vec<Judgement>,
    /// Whether this may be history that was made elsewhere: several refused tags, and no release so far.
    pub looks_like_import: bool,
    /// The branches that the push would create or change; they are refused with it.
    pub branches: Vec<String>,
    /// What there is to say about the repository's own policy and about skips, each in a sentence. Foreign text in
    /// them is as it came.
    pub notes: Vec<String>,
    /// What else can be done about a push that is refused.
    pub ways: Vec<Way>,
}

impl Report {
    /// Adds what there is to say beside the findings, unless it is said already.
    pub fn add_notes(&mut self, notes: Vec<String>) {
        for note in notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    /// Whether the push is to be refused.
    pub fn is_refused(&self) -> bool {
        self.judgements.iter().any(|judgement| judgement.verdict == Verdict::Refused)
    }

    /// The versions to serve, with the tag and the object that its ref is to hold.
    pub fn admitted(&self) -> impl Iterator<Item = (&str, ObjectId, &Admitted)> {
        self.judgements.iter().filter_map(|judgement| match &judgement.release {
            Release::Usable(admitted) => {
                Some((judgement.subject.name(), judgement.target, admitted.as_ref()))
            }
            Release::Nothing | Release::Unserved(_) => None,
        })
    }
}
