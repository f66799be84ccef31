//! Commits that no ref leads to any more (20.3). A push is not judged by it: the commits may be gone by the hand of the host,
//! and a branch may be moved as its owner likes. Whoever watches the repository tells the operator.

use std::collections::HashSet;

use crate::objects::{Fault, ObjectId, Objects, Refs};
use crate::policy::Level;

use super::advice::quote;
use super::history::History;
use super::table::{Check, Rule};

/// The id of the rule.
pub const HISTORY_REWRITTEN: &str = "history-rewritten";

/// The rule; whatever its level, nothing is refused.
pub(super) const RULE: Rule = Rule {
    id: HISTORY_REWRITTEN,
    default: Level::Warn,
    summary: "commits of a branch are gone from all branches and tags (seen after the push, so it refuses nothing)",
    consumer: "pseudo-versions of them: unknown revision abcdef123456. Those that were served before stay.",
    advice: "Keep a tag on the old tip.",
    hides: &[],
    check: Check::Watcher,
};

/// A branch whose old commit nothing leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The commit that it had.
    pub tip: ObjectId,
}

impl Rewritten {
    /// The command that keeps the old commit.
    pub fn fix(&self) -> String {
        format!("git tag {} {}", quote(&format!("keep/{}", self.branch)), self.tip)
    }
}

/// The branches whose commits before the change are neither in a branch nor in a tag after it.
///
/// # Errors
/// When the repository cannot be read.
pub fn rewritten(
    objects: &dyn Objects,
    before: &Refs,
    after: &Refs,
) -> Result<Vec<Rewritten>, Fault> {
    let has_moved =
        |(branch, tip): &(&String, &ObjectId)| after.branches.get(*branch) != Some(*tip);
    let moved: Vec<_> = before.branches.iter().filter(has_moved).collect();
    let wanted: HashSet<ObjectId> = moved.iter().map(|(_, tip)| **tip).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let history = History::new(objects);
    // A branch that only went on is the common case: its new commit leads to the old one, and no other ref is read.
    let own = moved.iter().filter_map(|(branch, _)| after.branches.get(*branch).copied());
    let mut astray = history.astray(own, wanted)?;
    if !astray.is_empty() {
        let tags = after.tags.values().map(|tag| tag.peeled);
        astray = history.astray(after.branches.values().copied().chain(tags), astray)?;
    }
    let gone = moved.into_iter().filter(|(_, tip)| astray.contains(*tip));
    Ok(gone.map(|(branch, tip)| Rewritten { branch: branch.clone(), tip: *tip }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::memory::Repository;
    use crate::objects::{Kind, Tag};

    fn refs(branches: &[(&str, ObjectId)]) -> Refs {
        let branches = branches.iter().map(|(name, tip)| ((*name).to_owned(), *tip)).collect();
        Refs { branches, ..Refs::default() }
    }

    #[test]
    fn only_commits_that_nothing_leads_to_are_gone() {
        let mut repository = Repository::default();
        let tree = repository.add_tree(&[("a", "a")]);
        let root = repository.add_commit(tree, &[], 100);
        let old = repository.add_commit(tree, &[root], 200);
        let other = repository.add_commit(tree, &[root], 300);
        let merge = repository.add_commit(tree, &[other, old], 400);
        let before = refs(&[("main", old), ("topic", root)]);
        let gone = |after: &Refs| {
            let found = rewritten(&repository, &before, after).unwrap();
            found.into_iter().map(|one| one.branch).collect::<Vec<_>>()
        };
        assert_eq!(gone(&before), [""; 0]);
        assert_eq!(gone(&refs(&[("main", other)])), ["main"]);
        assert_eq!(gone(&refs(&[("main", merge)])), [""; 0]);
        assert_eq!(gone(&refs(&[("next", old)])), [""; 0], "renamed");
        assert_eq!(gone(&refs(&[])), ["main", "topic"]);
        let mut kept = refs(&[("main", other)]);
        kept.tags.insert("keep".into(), Tag { target: old, peeled: old, kind: Kind::Commit });
        assert_eq!(gone(&kept), [""; 0]);
        let one = rewritten(&repository, &before, &refs(&[("main", other)])).unwrap().remove(0);
        assert_eq!(one.fix(), format!("git tag keep/main {old}"));
    }
}
