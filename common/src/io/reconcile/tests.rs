//! Cases of `reconcile`.

use std::collections::BTreeMap;

use super::*;
use crate::io::state_dir::StateDir;
use crate::ledger::Skip;
use crate::modzip::Limits;
use crate::objects::memory::Repository;
use crate::objects::{ObjectId, Objects};

mod overlay;

const ROOT: &str = "example.com/m";
const PLAIN: &[(&str, &str)] = &[("go.mod", "module example.com/m\n"), ("a.go", "package a\n")];
const OTHER: &[(&str, &str)] = &[("go.mod", "module example.com/other\n")];
/// The hashes of [`PLAIN`] as v1.0.0.
const ZIP: &str = "h1:mf3ZgaLi4oSAsMraSF2c/29zuDnyW+GWSJW1ofY+5Bk=";
const GO_MOD: &str = "h1:flS2VctbRrTv+sBE+VKgxx6hlkMGPVz9MGOmzMYFg3k=";
const NOW: i64 = 1_700_000_000;

/// A ledger and a repository.
struct Story {
    _folder: tempfile::TempDir,
    store: Store,
    objects: Repository,
    refs: Refs,
    limits: Limits,
    code_root: &'static str,
    now: i64,
}

impl Story {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&StateDir::new(folder.path()), 1).unwrap();
        let (objects, refs) = (Repository::default(), Refs::default());
        let limits = Limits::default();
        Self { _folder: folder, store, objects, refs, limits, code_root: ROOT, now: NOW }
    }

    fn commit(&mut self, files: &[(&str, &str)]) -> ObjectId {
        let tree = self.objects.add_tree(files);
        self.objects.add_commit(tree, &[], NOW)
    }

    fn tag(&mut self, name: &str, commit: ObjectId) {
        let tag = Tag { target: commit, peeled: commit, kind: Kind::Commit };
        self.refs.tags.insert(name.to_owned(), tag);
    }

    /// A tag on a new commit of these files.
    fn release(&mut self, name: &str, files: &[(&str, &str)]) -> ObjectId {
        let commit = self.commit(files);
        self.tag(name, commit);
        commit
    }

    fn pass(&self) -> Pass<'_> {
        let site = Site {
            repository: "team/m",
            code_root: self.code_root,
            objects: &self.objects,
            limits: &self.limits,
            clean: Box::leak(Box::default()),
        };
        Pass { store: &self.store, site, now: self.now }
    }

    /// One pass over all tags, which must meet no fault; then the same again, which must write nothing.
    fn reconcile(&self) -> Vec<Entry> {
        let pass = self.pass();
        let outcome = pass.tags(self.refs.tags.iter()).unwrap();
        assert_eq!(outcome.faults, []);
        pass.tidy(&self.refs).unwrap();
        let head = self.store.head();
        let later = Pass { now: self.now + 1000, ..pass };
        assert_eq!(later.tags(self.refs.tags.iter()).unwrap().changed, []);
        later.tidy(&self.refs).unwrap();
        assert_eq!(self.store.head(), head, "a second pass wrote something");
        outcome.changed
    }

    fn entry(&self, module: &str, version: &str) -> Entry {
        self.store.entry(module, version).unwrap().unwrap()
    }

    /// A proposal of the root module's version, with the hashes of a [`PLAIN`] v1.0.0.
    fn propose(&self, version: &str, commit: ObjectId, how: How) {
        self.propose_with(version, commit, how, None);
    }

    /// The same, with what its pusher skipped.
    fn propose_with(&self, version: &str, commit: ObjectId, how: How, skipped: Option<Skip>) {
        let entry = Entry {
            state: State::Pending,
            h1: Some(ZIP.to_owned()),
            gomod_h1: Some(GO_MOD.to_owned()),
            time: NOW - 5,
            pusher: Some("alice".to_owned()),
            how,
            skipped,
            ..Entry::new(
                ROOT,
                version,
                "team/m",
                Some(version),
                (commit, self.objects.commit(commit).unwrap().tree),
            )
        };
        self.store.propose(vec![Proposal { target: commit, entry }]).unwrap();
    }

    /// The ledger, an entry a line: version, state, commit by its name.
    #[track_caller]
    fn check(&self, commits: &[(&str, ObjectId)], expected: &[&str]) {
        let names: BTreeMap<ObjectId, &str> =
            commits.iter().map(|(name, id)| (*id, *name)).collect();
        let line = |entry: &Entry| {
            let version = format!("{}@{}", entry.module, entry.version);
            format!("{version} {:?} {}", entry.state, names[&entry.commit])
        };
        let found: Vec<String> = self.store.entries(None).unwrap().iter().map(line).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn a_tag_without_a_push_is_adopted() {
    let mut story = Story::new();
    let commit = story.release("v1.0.0", PLAIN);
    story.release("nightly", PLAIN);
    let changed = story.reconcile();
    let entry = story.entry(ROOT, "v1.0.0");
    assert_eq!(changed, std::slice::from_ref(&entry));
    assert_eq!((entry.state, entry.how, entry.pusher), (State::Accepted, How::Adopted, None));
    assert_eq!((entry.commit, entry.time), (commit, NOW));
    // The content is not read before somebody asks for it.
    assert_eq!((entry.h1, entry.gomod_h1.as_deref()), (None, Some(GO_MOD)));
}

#[test]
fn a_proposal_that_came_true_is_used_and_settled() {
    for how in [How::Pushed, How::Imported] {
        let mut story = Story::new();
        let commit = story.release("v1.0.0", PLAIN);
        story.propose("v1.0.0", commit, how);
        story.reconcile();
        let entry = story.entry(ROOT, "v1.0.0");
        assert_eq!((entry.state, entry.how, entry.time), (State::Accepted, how, NOW));
        assert_eq!((entry.pusher.as_deref(), entry.h1.as_deref()), (Some("alice"), Some(ZIP)));
        assert_eq!(story.store.proposals(None).unwrap(), []);
    }
}

#[test]
fn a_proposal_of_another_value_stays_and_is_not_used() {
    let mut story = Story::new();
    let [proposed, other] = [PLAIN, PLAIN].map(|files| story.commit(files));
    story.propose("v1.0.0", proposed, How::Pushed);
    story.tag("v1.0.0", other);
    story.reconcile();
    let entry = story.entry(ROOT, "v1.0.0");
    assert_eq!((entry.commit, entry.how, entry.pusher), (other, How::Adopted, None));
    assert_eq!(story.store.proposals(None).unwrap().len(), 1);
}

#[test]
fn a_proposal_that_the_repository_contradicts_gives_no_hash() {
    let mut story = Story::new();
    let go_mod = &[("go.mod", "module example.com/m\n\ngo 1.20\n")];
    let changed = story.release("v1.0.0", go_mod);
    story.propose("v1.0.0", changed, How::Pushed);
    let broken = story.release("v1.1.0", OTHER);
    story.propose("v1.1.0", broken, How::Imported);
    story.reconcile();
    let entry = story.entry(ROOT, "v1.0.0");
    assert_eq!((entry.state, entry.h1, entry.how), (State::Accepted, None, How::Pushed));
    let entry = story.entry(ROOT, "v1.1.0");
    assert_eq!((entry.state, entry.h1, entry.how), (State::Broken, None, How::Imported));
    assert_eq!(story.store.proposals(None).unwrap(), []);
}

#[test]
fn what_a_pusher_skipped_stays_with_the_version_good_or_broken() {
    let skip = Skip { rules: vec!["module-path-mismatch".to_owned()], reason: "why".to_owned() };
    let mut story = Story::new();
    let good = story.release("v1.0.0", PLAIN);
    let broken = story.release("v2.0.0", OTHER);
    story.propose_with("v1.0.0", good, How::Pushed, Some(skip.clone()));
    // The hook had another of the tag's versions in mind.
    let version = "v2.0.0+incompatible";
    let mut proposal = story.store.proposals(None).unwrap().remove(0);
    proposal.target = broken;
    proposal.entry.version = version.to_owned();
    proposal.entry.commit = broken;
    proposal.entry.tag = Some("v2.0.0".to_owned());
    story.store.propose(vec![proposal]).unwrap();
    story.reconcile();
    let entry = story.entry(ROOT, "v1.0.0");
    assert_eq!((entry.state, entry.skipped.as_ref()), (State::Accepted, Some(&skip)));
    let entry = story.entry(&format!("{ROOT}/v2"), "v2.0.0");
    assert_eq!((entry.state, entry.skipped.as_ref()), (State::Broken, Some(&skip)));
    assert_eq!((entry.pusher.as_deref(), entry.h1), (Some("alice"), None));
    assert_eq!(story.store.proposals(None).unwrap(), []);
}

// Rules: N7
#[test]
fn what_was_accepted_stays_when_its_tag_moves_or_vanishes() {
    let mut story = Story::new();
    let first = story.release("v1.0.0", PLAIN);
    let gone = story.release("v1.1.0", PLAIN);
    story.reconcile();
    let before = story.store.entries(None).unwrap();
    story.refs.tags.remove("v1.1.0");
    let moved = story.release("v1.0.0", PLAIN);
    assert_eq!(story.reconcile(), []);
    // Not even by a push that proposes the new value, nor by a tag on no commit.
    story.propose("v1.0.0", moved, How::Pushed);
    assert_eq!(story.pass().tags(story.refs.tags.iter()).unwrap().changed, []);
    assert_eq!(story.store.proposals(None).unwrap(), []);
    let tree = story.objects.commit(moved).unwrap().tree;
    let on_tree = Tag { target: tree, peeled: tree, kind: Kind::Tree };
    story.refs.tags.insert("v1.0.0".to_owned(), on_tree);
    assert_eq!(story.reconcile(), []);
    assert_eq!(story.store.entries(None).unwrap(), before);
    let drift = drifted(&story.refs, &before);
    assert_eq!(drift.iter().map(|e| e.commit).collect::<Vec<_>>(), [first, gone]);
}

// Rules: N6
#[test]
fn broken_entries_are_judged_again() {
    let mut story = Story::new();
    let bad = story.release("v1.0.0", OTHER);
    story.reconcile();
    let broken = story.entry(ROOT, "v1.0.0");
    assert_eq!(
        broken.reason.as_deref(),
        Some(
            "module-path-mismatch: parsing go.mod: module declares its path as: example.com/other, \
             but was required as: example.com/m"
        )
    );
    story.check(&[("bad", bad)], &["example.com/m@v1.0.0 Broken bad"]);
    // The tag is moved to something that is usable.
    story.now += 50;
    let good = story.release("v1.0.0", PLAIN);
    let changed = story.reconcile();
    assert_eq!((changed.len(), changed[0].time, &changed[0].reason), (1, NOW + 50, &None));
    story.check(&[("good", good)], &["example.com/m@v1.0.0 Accepted good"]);
}

// Rules: N6
#[test]
fn a_larger_limit_makes_a_broken_version_usable() {
    let mut story = Story::new();
    let commit = story.release("v1.0.0", PLAIN);
    story.limits.go_mod = 5;
    story.reconcile();
    story.check(&[("c", commit)], &["example.com/m@v1.0.0 Broken c"]);
    story.limits = Limits::default();
    story.reconcile();
    story.check(&[("c", commit)], &["example.com/m@v1.0.0 Accepted c"]);
    // But what was accepted stays when the limit shrinks again.
    story.limits.go_mod = 5;
    assert_eq!(story.reconcile(), []);
}

#[test]
fn broken_entries_are_forgotten_with_their_tags() {
    let mut story = Story::new();
    let commit = story.commit(PLAIN);
    for tag in ["v1.0.0", "v2.0.0", "none/v1.0.0"] {
        story.tag(tag, commit);
    }
    story.reconcile();
    let good = "example.com/m@v1.0.0 Accepted c";
    let [major, none] = ["example.com/m/v2@v2.0.0 Broken c", "example.com/m/none@v1.0.0 Broken c"];
    story.check(&[("c", commit)], &[good, none, major]);
    story.refs.tags.remove("v2.0.0");
    story.reconcile();
    story.check(&[("c", commit)], &[good, none]);
    story.refs.tags.clear();
    story.reconcile();
    story.check(&[("c", commit)], &[good]);
}

#[test]
fn broken_entries_are_forgotten_when_their_tags_name_other_releases() {
    let mut story = Story::new();
    story.release("v2.0.0", PLAIN);
    story.reconcile();
    assert_eq!(story.entry("example.com/m/v2", "v2.0.0").state, State::Broken);
    // Without a go.mod the tag is a release of the root module.
    let bare = story.release("v2.0.0", &[("a.go", "package a\n")]);
    story.reconcile();
    story.check(&[("bare", bare)], &["example.com/m@v2.0.0+incompatible Accepted bare"]);
    // The repository is given another module path.
    let mut story = Story::new();
    let other = story.release("v1.0.0", OTHER);
    story.reconcile();
    story.code_root = "example.com/other";
    story.reconcile();
    story.check(&[("other", other)], &["example.com/other@v1.0.0 Accepted other"]);
}

// Rules: I9, N32
#[test]
fn a_module_path_belongs_to_one_repository() {
    let mut story = Story::new();
    let commit = story.release("v1.0.0", PLAIN);
    story.propose("v0.9.0", commit, How::Pushed);
    let first = story.store.proposals(None).unwrap().remove(0).entry;
    let first = Entry { state: State::Accepted, repository: "up/m".to_owned(), ..first };
    story.store.write(std::slice::from_ref(&first)).unwrap();
    story.reconcile();
    let entry = story.entry(ROOT, "v1.0.0");
    assert_eq!((entry.state, entry.repository.as_str()), (State::Broken, "team/m"));
    let reason = "release-unfetchable: the module path belongs to repository \"up/m\"";
    assert_eq!(entry.reason.as_deref(), Some(reason));
    // Nor does it touch the same version of the owner.
    story.tag("v0.9.0", commit);
    story.reconcile();
    assert_eq!(story.entry(ROOT, "v0.9.0"), first);
}

#[test]
fn another_repository_that_was_faster_costs_the_rest_of_the_push_nothing() {
    let mut story = Story::new();
    let nested = [("sub/go.mod", "module example.com/m/sub\n"), ("sub/a.go", "package a\n")];
    let commit = story.release("v1.0.0", &[PLAIN, &nested].concat());
    story.tag("sub/v1.0.0", commit);
    story.tag("sub/v1.1.0", commit);
    let pass = story.pass();
    // Judged before the other one wrote.
    let mut entries = Vec::new();
    for (name, tag) in &story.refs.tags {
        entries.extend(pass.judge(name, tag, &[]).unwrap());
    }
    let nested_entry = entries.iter().find(|e| e.version == "v1.0.0" && e.module != ROOT);
    let other = Entry {
        repository: "team/m/sub".to_owned(),
        tag: Some("v1.0.0".to_owned()),
        commit: ObjectId::from_bytes([9; 20]),
        ..nested_entry.unwrap().clone()
    };
    story.store.write(std::slice::from_ref(&other)).unwrap();
    let mut outcome = Outcome::default();
    pass.flush(&mut entries, &mut Vec::new(), &mut outcome).unwrap();
    let mut states: Vec<_> =
        outcome.changed.iter().map(|entry| (entry.name(), entry.state)).collect();
    states.sort_by(|a, b| a.0.cmp(&b.0));
    // Neither the other one's version, nor another first one of its module.
    let wanted = [
        ("example.com/m/sub@v1.1.0".to_owned(), State::Broken),
        ("example.com/m@v1.0.0".to_owned(), State::Accepted),
    ];
    assert_eq!(states, wanted);
    assert_eq!(pass.taken_elsewhere("sub/v1.0.0", commit).unwrap(), [other]);
    assert_eq!(pass.taken_elsewhere("sub/v1.1.0", commit).unwrap(), []);
    assert_eq!(pass.taken_elsewhere("v1.0.0", commit).unwrap(), []);
}

#[test]
fn a_fault_stops_only_its_own_tag() {
    let mut story = Story::new();
    let good = story.release("v1.1.0", PLAIN);
    let missing = ObjectId::from_bytes([7; 20]);
    let bad = story.objects.add_commit(missing, &[], NOW);
    story.tag("v1.0.0", bad);
    story.propose("v1.0.0", bad, How::Pushed);
    let outcome = story.pass().tags(story.refs.tags.iter()).unwrap();
    assert_eq!(outcome.faults, [("v1.0.0".to_owned(), Fault::Missing(missing))]);
    story.check(&[("good", good)], &["example.com/m@v1.1.0 Accepted good"]);
    // Nothing is known of it yet, so the proposal waits.
    assert_eq!(story.store.proposals(None).unwrap().len(), 1);
}

#[test]
fn many_tags_are_written_in_groups() {
    let mut story = Story::new();
    let commit = story.commit(PLAIN);
    let count = GROUP + 50;
    for n in 0..count {
        story.tag(&format!("v1.{n}.0"), commit);
    }
    let before = story.store.head().lines;
    assert_eq!(story.reconcile().len(), count);
    assert_eq!(story.store.head().lines, before + 2);
    assert_eq!(story.store.entries(Some(ROOT)).unwrap().len(), count);
}

#[test]
fn the_hash_of_an_adopted_version_is_filled_in_once() {
    let mut story = Story::new();
    story.release("v1.0.0", PLAIN);
    story.release("v1.1.0", OTHER);
    story.reconcile();
    let adopted = story.entry(ROOT, "v1.0.0");
    let pass = story.pass();
    let complete = pass.complete(vec![adopted.clone()]).unwrap().remove(0);
    assert_eq!(complete, Entry { h1: Some(ZIP.to_owned()), ..adopted.clone() });
    assert_eq!(story.entry(ROOT, "v1.0.0"), complete);
    let head = story.store.head();
    // Neither what is complete nor what was read before it was, nor a broken one, is written again.
    for entry in [complete, adopted, story.entry(ROOT, "v1.1.0")] {
        pass.complete(vec![entry]).unwrap();
        assert_eq!(story.store.head(), head);
    }
    assert_eq!(story.entry(ROOT, "v1.1.0").h1, None);
}

#[test]
fn hashes_of_many_versions_are_one_line_and_a_fault_loses_none_of_them() {
    let mut story = Story::new();
    let commit = story.commit(PLAIN);
    for version in ["v1.0.0", "v1.0.1", "v1.0.2"] {
        story.tag(version, commit);
    }
    story.reconcile();
    let mut entries = story.store.entries(Some(ROOT)).unwrap();
    let before = story.store.head().lines;
    let broken = Entry { commit: ObjectId::ZERO, ..entries[2].clone() };
    let half = vec![entries[0].clone(), entries[1].clone(), broken];
    assert!(matches!(story.pass().complete(half), Err(CompleteError::Fault(_))));
    assert_eq!(story.store.head().lines, before + 1);
    entries = story.store.entries(Some(ROOT)).unwrap();
    let known: Vec<bool> = entries.iter().map(|entry| entry.h1.is_some()).collect();
    assert_eq!(known, [true, true, false]);
    assert_eq!(entries[0].h1.as_deref(), Some(ZIP));
    let complete = story.pass().complete(entries).unwrap();
    assert_eq!(story.store.head().lines, before + 2);
    assert_eq!(complete, story.store.entries(Some(ROOT)).unwrap());
    assert!(complete.iter().all(|entry| entry.h1.is_some()));
}

#[test]
fn a_hash_that_cannot_be_computed_is_a_fault() {
    let mut story = Story::new();
    let commit = story.release("v1.0.0", PLAIN);
    story.reconcile();
    let entry = story.entry(ROOT, "v1.0.0");
    story.objects = Repository::default();
    let failed = story.pass().complete(vec![entry.clone()]);
    assert!(matches!(failed, Err(CompleteError::Fault(Fault::Missing(id))) if id == commit));
    assert_eq!(story.entry(ROOT, "v1.0.0"), entry);
}

#[test]
fn whose_version_it_is_depends_on_what_was_pushed_not_on_where_the_tag_is_now() {
    let mut story = Story::new();
    let first = story.release("v1.0.0", PLAIN);
    story.reconcile();
    // Another push forced the tag on before the first one was told.
    let second = story.commit(&[("go.mod", "module example.com/m\n"), ("b.go", "package b\n")]);
    story.tag("v1.0.0", second);
    story.reconcile();
    let told = |commit| story.pass().released([("v1.0.0", commit)].into_iter()).unwrap();
    let released = told(first);
    assert_eq!((released.own[0].commit, released.own[0].h1.as_deref()), (first, Some(ZIP)));
    assert!(released.taken.is_empty());
    let lost = told(second);
    assert!(lost.own.is_empty());
    assert_eq!(lost.taken[0].commit, first);
}
