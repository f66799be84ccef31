//! What an administrator decides about a version: kept beside its entry for ever, with who, when and why.
//!
//! A decision never changes content. `withdraw` ends the service of an accepted version and keeps its place taken;
//! `restore` takes that back. `allow` lets its tag move once to the same content, `disallow` takes that back. `forget` gives a version free of which nobody
//! can have a hash. The entry says what holds now, the decisions how it came to be.

use serde::{Deserialize, Serialize};

use super::{Entry, How, State, rfc3339};

/// More characters of a reason are none that anybody reads.
pub const MAX_REASON: usize = 500;

/// Why nothing can be forgotten where broken versions are served.
pub const UNKNOWN_PAST: &str =
    "with serve_broken nobody knows what was served before it was accepted";

/// How the reason of an entry begins that was forgotten.
pub(super) const FORGOTTEN: &str = "forgotten: ";

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// The tag of an accepted version may move once, to a commit with the same content.
    Allow,
    /// It may not, after all.
    Disallow,
    /// A version that was never served is free again.
    Forget,
    /// A withdrawn version is served again.
    Restore,
    /// An accepted version is served no more; whoever asks for it reads the reason.
    Withdraw,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Module path.
    pub module: String,
    /// Version.
    pub version: String,
    /// What was decided.
    pub verb: Verb,
    /// The account that decided.
    pub by: String,
    /// When, in seconds since 1970 (written as RFC 3339).
    #[serde(with = "rfc3339")]
    pub time: i64,
    /// Why, in the words of whoever decided.
    pub reason: String,
}

/// Why a decision cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// There is no such version.
    #[error("the ledger does not have {0}; `modgate ledger list` says what it has")]
    Unknown(String),
    /// The version is not in the state that the verb is for.
    #[error("{name} is {state}: only {wanted} versions can be {done}")]
    WrongState {
        /// `M@V`.
        name: String,
        /// Its state.
        state: &'static str,
        /// The state that is needed.
        wanted: &'static str,
        /// What was to be done.
        done: &'static str,
    },
    /// Nobody could say whether a commit has the same content.
    #[error("the hashes of {0} are not known yet: try again when they are")]
    Unhashed(String),
    /// Somebody may have its hashes.
    #[error(
        "{0} was served: whoever fetched it has its hash, so no other content may have its name; withdraw it and \
         release the next version"
    )]
    Served(String),
    /// Only of a version that came through the gate is its whole life known.
    #[error(
        "{0} did not come in by a push through the hook, so it may have been fetched before it was recorded; withdraw \
         it and release the next version"
    )]
    UnknownPast(String),
    /// Nothing was allowed that could be taken back.
    #[error("no move of the tag of {0} is allowed now")]
    NotAllowed(String),
    /// The reason says nothing.
    #[error("say why: the reason is kept, and whoever asks about it reads it")]
    NoReason,
    /// The reason cannot be shown in one line.
    #[error(
        "the reason must be one line of at most {MAX_REASON} characters, without control characters"
    )]
    OddReason,
}

impl Verb {
    /// The state that it is for, and what it does, in words.
    const fn words(self) -> (State, &'static str) {
        match self {
            Self::Allow => (State::Accepted, "allowed to move"),
            Self::Disallow => (State::Accepted, "disallowed to move"),
            Self::Forget => (State::Accepted, "forgotten"),
            Self::Restore => (State::Withdrawn, "restored"),
            Self::Withdraw => (State::Accepted, "withdrawn"),
        }
    }

    /// The verb as it was carried out.
    pub const fn done(self) -> &'static str {
        self.words().1
    }

    /// The same in one word.
    pub fn short(self) -> &'static str {
        self.done().split(' ').next().unwrap_or_default()
    }
}

/// The reason without the space around it.
///
/// # Errors
/// When it says nothing, or cannot be shown in one line.
pub fn checked_reason(reason: &str) -> Result<&str, Undecided> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Undecided::NoReason);
    }
    if reason.chars().count() > MAX_REASON || reason.chars().any(char::is_control) {
        return Err(Undecided::OddReason);
    }
    Ok(reason)
}

/// The entry as the decision makes it.
///
/// # Errors
/// When the ledger has no such version, it is in another state, or no fitting reason is given.
pub fn decide(recorded: Option<&Entry>, decision: &Decision) -> Result<Entry, Undecided> {
    let name = format!("{}@{}", decision.module, decision.version);
    let reason = checked_reason(&decision.reason)?;
    let Some(recorded) = recorded else { return Err(Undecided::Unknown(name)) };
    let (wanted, done) = decision.verb.words();
    if recorded.state != wanted {
        let (state, wanted) = (recorded.state.name(), wanted.name());
        return Err(Undecided::WrongState { name, state, wanted, done });
    }
    if decision.verb == Verb::Allow && (recorded.h1.is_none() || recorded.gomod_h1.is_none()) {
        return Err(Undecided::Unhashed(name));
    }
    if decision.verb == Verb::Disallow && !recorded.may_move {
        return Err(Undecided::NotAllowed(name));
    }
    if decision.verb == Verb::Forget && recorded.was_served() {
        return Err(Undecided::Served(name));
    }
    if decision.verb == Verb::Forget && recorded.how != How::Pushed {
        return Err(Undecided::UnknownPast(name));
    }
    Ok(match decision.verb {
        Verb::Allow => Entry { may_move: true, ..recorded.clone() },
        Verb::Disallow => Entry { may_move: false, ..recorded.clone() },
        Verb::Forget => Entry {
            state: State::Broken,
            h1: None,
            gomod_h1: None,
            reason: Some(format!("{FORGOTTEN}{reason}")),
            moved: None,
            may_move: false,
            ..recorded.clone()
        },
        Verb::Restore => Entry { state: State::Accepted, reason: None, ..recorded.clone() },
        Verb::Withdraw => {
            Entry { state: State::Withdrawn, reason: Some(reason.to_owned()), ..recorded.clone() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::ObjectId;

    fn entry(state: State) -> Entry {
        Entry {
            state,
            h1: Some("h1:x".to_owned()),
            how: How::Pushed,
            ..Entry::new(
                "h.io/lib",
                "v1.0.0",
                "lib",
                Some("v1.0.0"),
                (ObjectId::ZERO, ObjectId::ZERO),
            )
        }
    }

    fn decision(verb: Verb, reason: &str) -> Decision {
        Decision {
            module: "h.io/lib".to_owned(),
            version: "v1.0.0".to_owned(),
            verb,
            by: "alice".to_owned(),
            time: 0,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn a_withdrawn_version_keeps_its_content_and_can_be_restored() {
        let accepted = entry(State::Accepted);
        let withdrawn =
            decide(Some(&accepted), &decision(Verb::Withdraw, " a leak\u{20}")).unwrap();
        let reason = Some("a leak".to_owned());
        assert_eq!(withdrawn, Entry { state: State::Withdrawn, reason, ..accepted.clone() });
        assert!(withdrawn.occupies());
        let restored = decide(Some(&withdrawn), &decision(Verb::Restore, "none after all"));
        assert_eq!(restored, Ok(accepted));
    }

    #[test]
    fn a_forgotten_version_is_no_promise_any_more() {
        let forgotten = decide(Some(&entry(State::Accepted)), &decision(Verb::Forget, "too soon"));
        let forgotten = forgotten.unwrap();
        assert!(forgotten.is_forgotten() && !forgotten.occupies());
        assert_eq!(
            (forgotten.h1, forgotten.reason),
            (None, Some("forgotten: too soon".to_owned()))
        );
        let broken = Entry { reason: Some("x: forgotten: y".to_owned()), ..entry(State::Broken) };
        assert!(!broken.is_forgotten());
    }

    #[test]
    fn what_cannot_be_decided_says_why() {
        let check = |recorded: Option<&Entry>, verb, reason: &str, expected: &str| {
            let error = decide(recorded, &decision(verb, reason)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        let (accepted, broken) = (entry(State::Accepted), entry(State::Broken));
        check(None, Verb::Withdraw, "x", "does not have h.io/lib@v1.0.0");
        check(
            Some(&broken),
            Verb::Withdraw,
            "x",
            "is broken: only accepted versions can be withdrawn",
        );
        check(Some(&accepted), Verb::Restore, "x", "only withdrawn versions can be restored");
        check(Some(&broken), Verb::Forget, "x", "only accepted versions can be forgotten");
        let served = Entry { served: true, ..accepted.clone() };
        check(Some(&served), Verb::Forget, "x", "whoever fetched it has its hash");
        let adopted = Entry { how: How::Adopted, ..accepted.clone() };
        check(Some(&adopted), Verb::Forget, "x", "did not come in by a push");
        check(Some(&accepted), Verb::Withdraw, " \n", "say why");
        check(Some(&accepted), Verb::Withdraw, "a\u{1b}[2J", "control characters");
        check(Some(&accepted), Verb::Withdraw, &"x".repeat(501), "at most 500");
    }
}
