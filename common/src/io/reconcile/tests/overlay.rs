//! What was accepted, as answers see it (N7).

use super::*;
use crate::resolve;

/// The answer to `query` about the root module, over the refs as the ledger lets them be seen.
fn answer(story: &Story, query: &str) -> String {
    let entries = story.store.entries_of("team/m").unwrap();
    let state = resolve::State::new(overlay(&Arc::new(story.refs.clone()), &entries));
    let module = Module::locate(ROOT, ROOT).unwrap();
    match resolve::View::new(&story.objects, &state).stat(&module, query) {
        Ok(info) => format!("{} {}", info.version, info.commit),
        Err(failure) => failure.to_string(),
    }
}

// Rules: N7
#[test]
fn answers_see_what_was_accepted() {
    let mut story = Story::new();
    let first = story.release("v1.0.0", PLAIN);
    let gone = story.release("v1.1.0", PLAIN);
    story.refs.branches.insert("main".to_owned(), gone);
    story.reconcile();
    story.refs.tags.remove("v1.1.0");
    let moved = story.release("v1.0.0", PLAIN);
    story.refs.branches.insert("moved".to_owned(), moved);
    assert_eq!(answer(&story, "v1.0.0"), format!("v1.0.0 {first}"));
    // A vanished tag still counts, also for the name of its commit.
    assert_eq!(answer(&story, "v1.1.0"), format!("v1.1.0 {gone}"));
    assert_eq!(answer(&story, "main"), format!("v1.1.0 {gone}"));
    // A moved tag is no version tag of its new commit.
    let pseudo = format!("v0.0.0-20231114221320-{} {moved}", moved.short());
    assert_eq!(answer(&story, "moved"), pseudo);
    // The old commit is reachable by no ref of the repository, and still there.
    assert_eq!(answer(&story, &first.to_string()), format!("v1.0.0 {first}"));
}

#[test]
fn the_overlay_touches_only_what_drifted() {
    let mut story = Story::new();
    let commit = story.commit(PLAIN);
    let tag_object = ObjectId::from_bytes([9; 20]);
    let annotated = Tag { target: tag_object, peeled: commit, kind: Kind::Commit };
    story.refs.tags.insert("v1.0.0".to_owned(), annotated);
    story.release("v1.1.0", OTHER);
    story.refs.head = Some(commit);
    story.reconcile();
    let entries = story.store.entries_of("team/m").unwrap();
    let refs = Arc::new(story.refs.clone());
    assert!(Arc::ptr_eq(&overlay(&refs, &entries), &refs), "nothing is copied");
    assert_eq!(drifted(&story.refs, &entries), Vec::<&Entry>::new());
    // A broken version that vanishes is no drift, a withdrawn one keeps its name.
    let withdrawn = |entry: &Entry| Entry { state: State::Withdrawn, ..entry.clone() };
    let entries: Vec<Entry> = entries
        .iter()
        .map(|entry| if entry.occupies() { withdrawn(entry) } else { entry.clone() })
        .collect();
    let empty = Arc::new(Refs::default());
    let seen = overlay(&empty, &entries);
    assert_eq!(seen.tags.keys().collect::<Vec<_>>(), ["v1.0.0"]);
    let accepted = Tag { target: commit, peeled: commit, kind: Kind::Commit };
    assert_eq!(seen.tags["v1.0.0"], accepted);
    assert_eq!(drifted(&empty, &entries).len(), 1);
}
