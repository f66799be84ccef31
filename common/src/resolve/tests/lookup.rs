//! Section 4: which commit a revision names.

use super::*;

impl Story {
    /// The answer is `COMMIT NAME REF`, the name left out where it is the commit's id.
    #[track_caller]
    fn check_lookup(&self, revision: &str, expected: &str) {
        let revision = self.expand(revision);
        let state = self.state();
        let found = match View::new(&self.objects, &state).lookup(&revision) {
            Ok(found) => {
                let reference = found.reference.as_deref().unwrap_or("-");
                let commit = self.name_of(found.commit.id);
                match found.name == found.commit.id.to_string() {
                    true => format!("{commit} {reference}"),
                    false => format!("{commit} {} {reference}", found.name),
                }
            }
            Err(failure) => described(&failure),
        };
        assert_eq!(found, self.expand(expected), "{revision:?}");
    }
}

fn refs() -> Story {
    Story::new()
        .commit("c1", "", PLAIN)
        .commit("c2", "c1", PLAIN)
        .commit("side", "c1", PLAIN)
        .commit("merged", "c1", PLAIN)
        .commit("c3", "c2 merged", PLAIN)
        .commit("lost", "c3", PLAIN)
        .tags("v1.0.0", "c1")
        .tags("only-tagged", "side")
        .main("c3")
}

// Rules: R4, R4.1, R4.2, R4.3, R5, R7
#[test]
fn tags_branches_head_and_hashes_are_found_in_this_order() {
    let story = refs().tags("both abcdef1", "c1").branch("both", "c2").branch("abcdef2", "c2");
    story.check_lookup("v1.0.0", "c1 v1.0.0 refs/tags/v1.0.0");
    story.check_lookup("both", "c1 both refs/tags/both");
    story.check_lookup("main", "c3 refs/heads/main");
    story.check_lookup("HEAD", "c3 -");
    story.check_lookup("abcdef1", "c1 abcdef1 refs/tags/abcdef1");
    story.check_lookup("abcdef2", "c2 refs/heads/abcdef2");
}

// Rules: R9
#[test]
fn latest_is_head_whatever_refs_are_called_so() {
    let story = refs().tags("latest", "c1").branch("latest", "c2");
    story.check_lookup("latest", "c3 -");
}

// Rules: R4.2, R5
#[test]
fn names_that_look_like_hashes_beat_hashes() {
    let story = refs().branch("{c2.rev}", "c1").branch("{c3.id}", "c1");
    story.check_lookup("{c2.rev}", "c1 refs/heads/{c2.rev}");
    story.check_lookup("{c2.id}", "c2 -");
    story.check_lookup("{c3.id}", "c1 refs/heads/{c3.id}");
}

// Rules: R4.4, R4.5, R5, R6
#[test]
fn hashes_are_found_below_visible_refs_only() {
    let story = refs();
    for (name, expected) in [
        // HEAD sorts before refs/heads, and means no ref (O4).
        ("c3", "c3 -"),
        ("c1", "c1 refs/tags/v1.0.0"),
        ("side", "side refs/tags/only-tagged"),
        ("c2", "c2 -"),
        ("merged", "merged -"),
    ] {
        let id = story.id(name).to_string();
        for digits in [7, 11, 12, 13, 39, 40] {
            story.check_lookup(&id[..digits], expected);
        }
        story.check_lookup(&id[..6], &format!("none: unknown revision {}", &id[..6]));
        story.check_lookup(&format!("{id}0"), &format!("none: unknown revision {id}0"));
        let upper = id.to_uppercase();
        story.check_lookup(&upper, &format!("none: unknown revision {upper}"));
    }
    // R6: the object is there, but nothing shows it.
    story.check_lookup("{lost.id}", "none: unknown revision {lost.id}");
    story.check_lookup("{lost.rev}", "none: unknown revision {lost.rev}");
    let zeros = "0".repeat(40);
    story.check_lookup(&zeros, &format!("none: unknown revision {zeros}"));
}

// Rules: O4
#[test]
fn the_smallest_ref_on_a_commit_is_the_one_a_hash_is_named_by() {
    let story = refs().branch("alpha", "c1").branch("zeta", "c1");
    story.check_lookup("{c1.id}", "c1 refs/heads/alpha");
}

// Rules: R4.3, R6
#[test]
fn a_commit_below_a_detached_head_exists() {
    let mut story = refs();
    story.refs.head = Some(story.id("lost"));
    story.check_lookup("HEAD", "lost -");
    story.check_lookup("{lost.rev}", "lost -");
}

// Rules: R4.5, R5
#[test]
fn full_ref_names_and_revision_syntax_are_unknown() {
    let story = refs();
    for revision in [
        "refs/heads/main",
        "refs/tags/v1.0.0",
        "heads/main",
        "tags/v1.0.0",
        "origin/main",
        "main~1",
        "main^",
        "v1.0.0..main",
        "main@{0}",
        "@",
        "",
        "head",
        "Main",
        "v1.0",
        "v1.0.0^{}",
    ] {
        story.check_lookup(revision, &format!("none: unknown revision {revision}"));
    }
}

// Rules: R14
#[test]
fn odd_tag_names_are_ordinary_names() {
    let story = refs().tags("a,b größe v1.0.0+x 日本", "c2");
    for tag in ["a,b", "größe", "v1.0.0+x", "日本"] {
        story.check_lookup(tag, &format!("c2 {tag} refs/tags/{tag}"));
    }
}

// Rules: R8
#[test]
fn a_tag_on_no_commit_is_an_error_of_its_own() {
    let story = refs().tree_tag("v1.5.0", "c1");
    story.check_lookup("v1.5.0", "other: unexpected response from git log: \"\"");
}

// Rules: N29
#[test]
fn the_id_of_what_is_no_commit_is_unknown() {
    let story = refs();
    let tree = story.objects.commit(story.id("c1")).unwrap().tree.to_string();
    story.check_lookup(&tree, &format!("none: unknown revision {tree}"));
}

// Rules: R3, R9
#[test]
fn without_head_there_is_no_latest() {
    let mut story = refs();
    story.refs.head = None;
    let state = story.state();
    let head = View::new(&story.objects, &state).head();
    assert_eq!(described(&head.unwrap_err()), "none: no commits");
    story.check_lookup("HEAD", "none: unknown revision HEAD");
    story.check(ROOT, "latest", "none: no commits");
}

#[test]
fn a_missing_object_is_a_fault_and_no_answer() {
    let missing = ObjectId::from_bytes([0xee; 20]);
    let mut story = refs();
    story.refs.branches.insert("gone".to_owned(), missing);
    let fault = format!("fault: object {missing} is missing");
    story.check_lookup("gone", &fault);
    // The other names do not suffer.
    story.check_lookup("{c2.id}", "c2 -");
    let mut story = refs().commit("c4", "c3", PLAIN);
    let tree = story.commits["c1"].tree;
    let id = story.objects.add_commit(tree, &[missing], 0);
    story.refs.branches.insert("shallow".to_owned(), id);
    story.check_lookup("{c2.id}", &fault);
}

// Rules: R11, R12
#[test]
fn descent_follows_all_parents() {
    let story = refs();
    let roots = [story.id("c3"), story.id("side")];
    let graph = Graph::below(&story.objects, roots.into_iter()).unwrap();
    let names = |from| -> Vec<&str> {
        graph.ancestors(story.id(from)).map(|id| story.name_of(id)).collect()
    };
    assert_eq!(names("c3"), ["c3", "c2", "merged", "c1"]);
    assert_eq!(names("side"), ["side", "c1"]);
    assert_eq!(names("lost"), [""; 0]);
    for (commit, ancestor, expected) in [
        ("c3", "c3", true),
        ("c3", "merged", true),
        ("c3", "c1", true),
        ("side", "c2", false),
        ("c1", "c3", false),
        ("c3", "lost", false),
        ("lost", "c3", false),
    ] {
        let found = graph.descends(story.id(commit), story.id(ancestor));
        assert_eq!(found, expected, "{commit} from {ancestor}");
    }
}
