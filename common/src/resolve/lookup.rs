//! A revision as a person writes it, to a commit (rules R4 to R9, and O4 for the ref).

use crate::objects::{Commit, Kind, MAX_TAG_DEPTH, ObjectId};

use super::{Failure, View};

/// What a revision names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The commit.
    pub commit: Commit,
    /// Its committer time in seconds (P7).
    pub time: i64,
    /// The revision itself where it is the name of a tag, else the full commit id (R7).
    pub name: String,
    /// The full name of the tag or branch that named it; for a hash, of the first ref on that commit.
    pub reference: Option<String>,
}

impl View<'_> {
    /// Looks up `revision` by R4: tag, branch, `HEAD`, then hash.
    ///
    /// # Errors
    /// `unknown revision R` (not existing), `ambiguous revision R`, or R8 for tags on no commit.
    pub fn lookup(&self, revision: &str) -> Result<Revision, Failure> {
        // Also behind the time of a pseudo-version, and whatever tag or branch there is (R9).
        if revision == "latest" {
            return self.head();
        }
        let refs = self.refs();
        if let Some(tag) = refs.tags.get(revision) {
            return self.named(tag.peeled, revision, Some(format!("refs/tags/{revision}")));
        }
        if let Some(commit) = refs.branches.get(revision) {
            return self.named(*commit, revision, Some(format!("refs/heads/{revision}")));
        }
        if revision == "HEAD"
            && let Some(commit) = refs.head
        {
            return self.named(commit, revision, None);
        }
        if !is_hash(revision) {
            return Err(unknown(revision));
        }
        self.lookup_hash(revision)
    }

    /// What HEAD names: the look-up of its commit's id (R9), so that a tag or branch of that name goes
    /// first (R5).
    ///
    /// # Errors
    /// `no commits` where there is no HEAD.
    pub fn head(&self) -> Result<Revision, Failure> {
        let Some(commit) = self.refs().head else {
            return Err(Failure::NotExist("no commits".to_owned()));
        };
        let found = self.lookup(&commit.to_string())?;
        Ok(Revision { reference: None, ..found })
    }

    fn lookup_hash(&self, digits: &str) -> Result<Revision, Failure> {
        let begins = |id: ObjectId| id.has_prefix(digits);
        let mut advertised: Vec<(String, ObjectId)> =
            self.refs().values().filter(|(_, id)| begins(*id)).collect();
        advertised.sort();
        if let Some((reference, id)) = advertised.first() {
            if advertised.iter().any(|(_, other)| other != id) {
                return Err(Failure::Other(format!("ambiguous revision {digits}")));
            }
            let reference = Some(reference.clone()).filter(|name| name != "HEAD");
            return self.named(*id, digits, reference);
        }
        let mut commits = Vec::new();
        for id in self.objects.with_prefix(digits)? {
            commits.extend(self.reachable(id)?);
        }
        commits.sort();
        commits.dedup();
        match commits[..] {
            [] => Err(unknown(digits)),
            [commit] => self.named(commit, digits, None),
            _ => Err(Failure::Other(format!("ambiguous revision {digits}"))),
        }
    }

    /// The commit that `id` stands for, if it is visible: a reachable commit, or a tag object
    /// that leads to one (R4.4b).
    fn reachable(&self, id: ObjectId) -> Result<Option<ObjectId>, Failure> {
        let (peeled, kind) = self.objects.peel(id)?;
        if kind != Kind::Commit {
            return Ok(None);
        }
        let visible =
            if peeled == id { self.graph()?.contains(id) } else { self.is_visible_tag(id)? };
        Ok(visible.then_some(peeled))
    }

    /// Whether the tag object is that of a visible tag, or one that such a tag names.
    fn is_visible_tag(&self, id: ObjectId) -> Result<bool, Failure> {
        for tag in self.refs().tags.values().filter(|tag| tag.target != tag.peeled) {
            let mut next = Some(tag.target);
            for _ in 0..MAX_TAG_DEPTH {
                let Some(current) = next else { break };
                if current == id {
                    return Ok(true);
                }
                next = self.objects.tag_target(current)?;
            }
        }
        Ok(false)
    }

    fn named(
        &self,
        id: ObjectId,
        revision: &str,
        reference: Option<String>,
    ) -> Result<Revision, Failure> {
        let (_, kind) = self.objects.peel(id)?;
        if kind != Kind::Commit {
            return Err(Failure::Other("unexpected response from git log: \"\"".to_owned()));
        }
        let commit = self.objects.commit(id)?;
        let Some(time) = commit.time else {
            return Err(Failure::Other(NO_TIME.to_owned()));
        };
        let is_tag = self.tags_of(id).any(|tag| tag == revision);
        let name = if is_tag { revision.to_owned() } else { id.to_string() };
        Ok(Revision { commit, time, name, reference })
    }
}

/// What the go command says of a commit whose time git cannot read.
pub(super) const NO_TIME: &str = "invalid time from git log: \"\"";

/// Between 7 and 40 lower-case hex digits (R4.4).
fn is_hash(revision: &str) -> bool {
    (7..=40).contains(&revision.len())
        && revision.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn unknown(revision: &str) -> Failure {
    Failure::NotExist(format!("unknown revision {revision}"))
}
