//! That refs and ledger disagree about a version: its tag moved or vanished behind our back, or its repository did.
//!
//! A drift changes no answer: the first content stays. It is recorded once when it is seen, again when it becomes
//! another one, and at its end, so that the journal says since when and until when. The newest record of a
//! version says how it stands.

use serde::{Deserialize, Serialize};

use super::{Entry, rfc3339};
use crate::objects::{ObjectId, Refs};
use crate::timestamp;

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// The tag holds the accepted commit again: the drift is over.
    Back,
    /// The tag is gone.
    Gone,
    /// The tag holds another commit.
    Moved,
    /// The repository is gone: deleted, or renamed.
    RepositoryGone,
}

impl Seen {
    /// The word for it, as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Back => "back",
            Self::Gone => "gone",
            Self::Moved => "moved",
            Self::RepositoryGone => "repository-gone",
        }
    }
}

/// What was seen of the tag of an accepted version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Module path.
    pub module: String,
    /// Version.
    pub version: String,
    /// The repository's path under the root, less `.git`.
    pub repository: String,
    /// The tag, without `refs/tags/`.
    pub tag: String,
    /// What was seen.
    pub seen: Seen,
    /// The accepted commit.
    pub commit: ObjectId,
    /// The accepted h1; `None` where nobody computed it yet.
    pub h1: Option<String>,
    /// What the tag holds instead; `None` unless it moved.
    pub new_commit: Option<ObjectId>,
    /// The h1 that the version would have there; `None` where it could not be used there.
    pub new_h1: Option<String>,
    /// When it was seen, in seconds since 1970 (written as RFC 3339).
    #[serde(with = "rfc3339")]
    pub time: i64,
}

impl Drift {
    /// `M@V`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.module, self.version)
    }

    /// Whether ledger and refs disagree since.
    pub fn is_open(&self) -> bool {
        self.seen != Seen::Back
    }

    /// The day when it was seen, as `2023-11-14`.
    pub fn date(&self) -> String {
        timestamp::rfc3339(self.time).map(|time| time[..10].to_owned()).unwrap_or_default()
    }

    /// Whether both say the same: when it was seen does not matter, nor who was able to hash.
    pub fn is_same(&self, other: &Self) -> bool {
        self.seen == other.seen
            && self.commit == other.commit
            && self.new_commit == other.new_commit
            && self.repository == other.repository
    }

    /// The end of this drift.
    pub fn ended(&self, now: i64) -> Self {
        Self { seen: Seen::Back, new_commit: None, new_h1: None, time: now, ..self.clone() }
    }
}

/// What disagrees: the entries of a repository beside its refs, or beside nothing where it is gone. The h1 at new
/// commits is the caller's to find out.
pub fn find(entries: &[Entry], refs: Option<&Refs>, now: i64) -> Vec<Drift> {
    entries.iter().filter_map(|entry| one(entry, refs, now)).collect()
}

fn one(entry: &Entry, refs: Option<&Refs>, now: i64) -> Option<Drift> {
    let tag = entry.tag.as_ref().filter(|_| entry.occupies())?;
    let (seen, new_commit) = match refs.map(|refs| refs.tags.get(tag)) {
        None => (Seen::RepositoryGone, None),
        Some(None) => (Seen::Gone, None),
        Some(Some(now)) if entry.stands_at(now.peeled) => return None,
        Some(Some(now)) => (Seen::Moved, Some(now.peeled)),
    };
    Some(Drift {
        module: entry.module.clone(),
        version: entry.version.clone(),
        repository: entry.repository.clone(),
        tag: tag.clone(),
        seen,
        commit: entry.commit,
        h1: entry.h1.clone(),
        new_commit,
        new_h1: None,
        time: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{How, State};
    use crate::objects::{Kind, Tag};

    fn id(byte: u8) -> ObjectId {
        ObjectId::from_bytes([byte; 20])
    }

    fn entry(version: &str, tag: Option<&str>, state: State) -> Entry {
        Entry {
            state,
            h1: Some("h1:x".to_owned()),
            how: How::Pushed,
            ..Entry::new("h.io/lib", version, "lib", tag, (id(1), id(2)))
        }
    }

    fn refs(tags: &[(&str, u8)]) -> Refs {
        let mut refs = Refs::default();
        for (name, byte) in tags {
            // An annotated tag: what it peels to counts.
            let tag = Tag { target: id(9), peeled: id(*byte), kind: Kind::Commit };
            refs.tags.insert((*name).to_owned(), tag);
        }
        refs
    }

    #[test]
    fn what_occupies_a_version_is_compared_with_its_tag() {
        let check = |entry: &Entry, refs: Option<&Refs>, expected: Option<(Seen, Option<u8>)>| {
            let found = find(std::slice::from_ref(entry), refs, 5);
            let said = found.first().map(|drift| (drift.seen, drift.new_commit));
            assert_eq!(said, expected.map(|(seen, new)| (seen, new.map(id))), "{entry:?}");
            assert!(found.iter().all(|drift| drift.time == 5 && drift.is_open()));
        };
        let tagged = |state| entry("v1.0.0", Some("v1.0.0"), state);
        let (there, elsewhere) = (refs(&[("v1.0.0", 1)]), refs(&[("v1.0.0", 3), ("v1.1.0", 1)]));
        let allowed = Entry { moved: Some(id(3)), ..tagged(State::Accepted) };
        check(&allowed, Some(&elsewhere), None);
        check(&allowed, Some(&there), None);
        check(&allowed, Some(&refs(&[("v1.0.0", 4)])), Some((Seen::Moved, Some(4))));
        for state in [State::Accepted, State::Withdrawn] {
            check(&tagged(state), Some(&there), None);
            check(&tagged(state), Some(&elsewhere), Some((Seen::Moved, Some(3))));
            check(&tagged(state), Some(&refs(&[])), Some((Seen::Gone, None)));
            check(&tagged(state), None, Some((Seen::RepositoryGone, None)));
        }
        // No promise, and no tag.
        check(&tagged(State::Broken), Some(&refs(&[])), None);
        check(&entry("v1.0.1-0.x", None, State::Accepted), None, None);
    }

    #[test]
    fn a_drift_is_the_same_until_it_becomes_another_one() {
        let seen = |refs: Option<&Refs>, now| {
            find(&[entry("v1.0.0", Some("v1.0.0"), State::Accepted)], refs, now).remove(0)
        };
        let moved = seen(Some(&refs(&[("v1.0.0", 3)])), 5);
        let hashed = Drift { new_h1: Some("h1:y".to_owned()), time: 9, ..moved.clone() };
        assert!(moved.is_same(&hashed));
        let others = [seen(Some(&refs(&[("v1.0.0", 4)])), 5), seen(None, 5), moved.ended(7)];
        assert!(others.iter().all(|other| !moved.is_same(other)));
        let ended = hashed.ended(11);
        assert_eq!((ended.is_open(), ended.new_commit, ended.new_h1), (false, None, None));
    }

    #[test]
    fn a_drift_is_written_with_the_fields_that_others_script_against() {
        let drift = find(&[entry("v1.0.0", Some("v1.0.0"), State::Accepted)], None, 1_700_000_000);
        let json = serde_json::to_string(&drift[0]).unwrap();
        let ones = "01".repeat(20);
        let expected = format!(
            r#"{{"module":"h.io/lib","version":"v1.0.0","repository":"lib","tag":"v1.0.0","seen":"repository-gone","commit":"{ones}","h1":"h1:x","new_commit":null,"new_h1":null,"time":"2023-11-14T22:13:20Z"}}"#
        );
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Drift>(&json).unwrap(), drift[0]);
    }
}
