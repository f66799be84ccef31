//! Makes a repository smaller for as long as it still shows what it was kept for.
//!
//! Steps go from coarse to fine: refs in halves and one by one, commits, changes, parents, the lines of files, dates. A
//! step that keeps the difference stays; when a round of all steps changes nothing, or the time is up, that is the case.

use std::time::{Duration, Instant};

use super::plan::{Change, Commit, Head, Id, Mode, Plan, Storage, Target, changes};

/// One way to make a plan smaller.
#[derive(Debug, Clone)]
enum Step {
    Change(Id, Vec<u8>),
    Commit(Id),
    Date(Id),
    Lines { id: Id, path: Vec<u8>, from: usize, to: usize },
    Parent(Id, Id),
    Plain,
    Refs(Vec<String>),
    Untag(String),
}

/// The smallest plan that is found in the time given for which `differs` still holds, as it does for `plan`.
pub fn shrink(plan: &Plan, limit: Duration, mut differs: impl FnMut(&Plan) -> bool) -> Plan {
    let end = Instant::now() + limit;
    let mut smallest = plan.clone();
    loop {
        let before = smallest.clone();
        for step in steps(&smallest) {
            if Instant::now() >= end {
                return smallest;
            }
            let smaller = step.take(&smallest);
            if smaller != smallest && differs(&smaller) {
                smallest = smaller;
            }
        }
        if smallest == before {
            return smallest;
        }
    }
}

fn steps(plan: &Plan) -> Vec<Step> {
    let mut steps = vec![Step::Plain];
    let names: Vec<String> = plan.refs.keys().cloned().collect();
    let mut size = names.len() / 2;
    while size > 0 {
        steps.extend(names.chunks(size).map(|names| Step::Refs(names.to_vec())));
        size /= 2;
    }
    steps.extend(plan.commits.iter().rev().map(|commit| Step::Commit(commit.id)));
    for commit in plan.commits.iter().rev() {
        let others = commit.parents.iter().skip(1);
        steps.extend(others.map(|parent| Step::Parent(commit.id, *parent)));
        steps.push(Step::Date(commit.id));
        for change in commit.changes.iter().rev() {
            steps.push(Step::Change(commit.id, path(change).to_vec()));
        }
    }
    for commit in plan.commits.iter().rev() {
        for change in &commit.changes {
            steps.extend(line_steps(commit.id, change));
        }
    }
    steps.extend(names.into_iter().map(Step::Untag));
    steps
}

/// Halves of a file first, then each line.
fn line_steps(id: Id, change: &Change) -> Vec<Step> {
    let Change::Put { path, content, .. } = change else { return Vec::new() };
    let lines = content.split_inclusive(|byte| *byte == b'\n').count();
    let (mut steps, mut size) = (Vec::new(), lines);
    while size > 0 {
        for from in (0..lines).step_by(size).rev() {
            steps.push(Step::Lines { id, path: path.clone(), from, to: from + size });
        }
        size /= 2;
    }
    steps
}

fn path(change: &Change) -> &[u8] {
    match change {
        Change::Put { path, .. } | Change::Remove { path } => path,
    }
}

impl Step {
    fn take(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        match self {
            Self::Change(id, gone) => {
                for commit in commits(&mut plan, *id) {
                    commit.changes.retain(|change| path(change) != gone);
                }
            }
            Self::Commit(id) => remove_commit(&mut plan, *id),
            Self::Date(id) => {
                for commit in commits(&mut plan, *id) {
                    (commit.time, commit.zone) =
                        (1_700_000_000 + i64::from(*id) * 100, "+0000".to_owned());
                }
            }
            Self::Lines { id, path, from, to } => remove_lines(&mut plan, *id, path, *from..*to),
            Self::Parent(id, gone) => {
                for commit in commits(&mut plan, *id) {
                    commit.parents.retain(|parent| parent != gone);
                }
            }
            Self::Plain => {
                plan.config.clear();
                (plan.head, plan.storage) = (Head::default(), Storage::Loose);
            }
            Self::Refs(names) => plan.refs.retain(|name, _| !names.contains(name)),
            Self::Untag(name) => {
                if let Some(target) = plan.refs.get_mut(name)
                    && let Target::Tag(inner) = target.clone()
                {
                    *target = *inner;
                }
            }
        }
        plan
    }
}

fn commits(plan: &mut Plan, id: Id) -> impl Iterator<Item = &mut Commit> {
    plan.commits.iter_mut().filter(move |commit| commit.id == id)
}

/// Takes a commit out of history; its children and refs go to its parents, with the same trees.
fn remove_commit(plan: &mut Plan, id: Id) {
    let Some(gone) = plan.commit(id).cloned() else { return };
    let trees: Vec<_> = plan.commits.iter().map(|commit| plan.files(commit.id)).collect();
    for (commit, tree) in plan.commits.iter_mut().zip(&trees) {
        if let Some(at) = commit.parents.iter().position(|parent| *parent == id) {
            let new = gone.parents.iter().filter(|parent| !commit.parents.contains(parent));
            let new: Vec<Id> = new.copied().collect();
            commit.parents.splice(at..=at, new);
            // Made whole here and small again below, where the new parents are in place.
            commit.changes = changes(&super::plan::Files::new(), tree);
        }
    }
    let had_children: Vec<Id> = plan.commits.iter().map(|commit| commit.id).collect();
    plan.commits.retain(|commit| commit.id != id);
    for (child, tree) in had_children.into_iter().zip(trees) {
        let base = plan.commit(child).and_then(|commit| commit.parents.first().copied());
        let base = base.map(|parent| plan.files(parent)).unwrap_or_default();
        for commit in commits(plan, child) {
            commit.changes = changes(&base, &tree);
        }
    }
    let parent = gone.parents.first().copied();
    let named = format!("{{{id}:");
    plan.refs.retain(|name, target| {
        !name.contains(&named) && (target.commit() != Some(id) || parent.is_some())
    });
    for target in plan.refs.values_mut().filter(|target| target.commit() == Some(id)) {
        retarget(target, parent.unwrap_or_default());
    }
    if plan.head == Head::Detached(id) {
        plan.head = Head::default();
    }
}

fn retarget(target: &mut Target, to: Id) {
    match target {
        Target::Blob(id, _) | Target::Commit(id) | Target::Tree(id) => *id = to,
        Target::Symbolic(_) => {}
        Target::Tag(inner) => retarget(inner, to),
    }
}

fn remove_lines(plan: &mut Plan, id: Id, wanted: &[u8], gone: std::ops::Range<usize>) {
    for commit in commits(plan, id) {
        for change in &mut commit.changes {
            let Change::Put { path, mode, content } = change else { continue };
            if path != wanted || *mode == Mode::Gitlink {
                continue;
            }
            let lines = content.split_inclusive(|byte| *byte == b'\n').enumerate();
            let kept = lines.filter(|(number, _)| !gone.contains(number));
            *content = kept.flat_map(|(_, line)| line.to_vec()).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::shrink;
    use crate::generate::history;
    use crate::generate::plan::Plan;
    use crate::generate::text::print;

    /// Shrinks the first plan that has the property, and tells what is left.
    #[track_caller]
    fn check(has: fn(&Plan) -> bool, lines: usize) {
        let plan = (1..500).map(history::plan).find(has).expect("some plan is like that");
        let small = shrink(&plan, Duration::from_secs(20), has);
        assert!(has(&small), "it is what it was kept for");
        let text = print(&small);
        assert!(text.lines().count() <= lines, "{text}");
    }

    #[test]
    fn what_is_not_needed_goes() {
        // root, head, and what is asked for
        check(|plan| plan.refs.contains_key("refs/tags/v2.0.0"), 4);
        check(|plan| plan.commits.iter().any(|commit| commit.parents.len() > 1), 5);
        let holds_link = |plan: &Plan| {
            let last = plan.commits.last().map(|commit| plan.files(commit.id)).unwrap_or_default();
            last.values().any(|(mode, _)| mode.octal() == "120000")
        };
        check(holds_link, 4);
    }
}
