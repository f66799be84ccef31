//! Section 19, and what `latest` selects (Q11).

use super::*;

fn with(retract: &str) -> String {
    format!("module h.io/r\n{retract}\n")
}

impl Story {
    /// What a client gets for `latest`.
    fn latest(&self) -> String {
        let state = self.state();
        let view = View::new(&self.objects, &state);
        let root = module(ROOT, ROOT);
        let versions = view.versions(&root).unwrap();
        let retracted = view.retractions(&root).unwrap();
        let has_go_mod = |v: &str| view.find_dir(&root, v, None).is_ok_and(|l| l.go_mod.is_some());
        match select_latest(&versions, &retracted, has_go_mod) {
            Some(version) => version.to_owned(),
            None => view.head_version(&root).unwrap().version,
        }
    }

    #[track_caller]
    fn check_latest(&self, expected: &str) {
        assert_eq!(self.latest(), self.expand(expected));
    }

    /// Which of these versions are retracted.
    #[track_caller]
    fn check_retracted(&self, versions: &str, expected: &str) {
        let state = self.state();
        let retracted = View::new(&self.objects, &state).retractions(&module(ROOT, ROOT)).unwrap();
        let found = versions.split_whitespace().filter(|v| retracted.contains(v));
        assert_eq!(found.collect::<Vec<_>>().join(" "), expected);
    }
}

const ALL: &str = "v1.0.0 v1.1.0 v1.2.0-rc.1 v1.2.0 v1.3.0";

// Rules: T1
#[test]
fn the_go_mod_of_the_highest_release_decides() {
    let all = with("retract [v1.1.0, v1.2.0]");
    let story = Story::new()
        .commit("c1", "", PLAIN)
        .commit("c2", "c1", &[("go.mod", &all)])
        .commit("c3", "c2", &[("go.mod", &with("retract v1.0.0"))])
        .main("c3")
        .tags("v1.0.0 v1.1.0 v1.2.0", "c1")
        .tags("v1.3.0", "c2");
    story.check_retracted(ALL, "v1.1.0 v1.2.0-rc.1 v1.2.0");
    story.check_latest("v1.3.0");
    // A prerelease does not count while there is a release.
    let story = story.tags("v1.4.0-rc.1", "c3");
    story.check_retracted(ALL, "v1.1.0 v1.2.0-rc.1 v1.2.0");
    // The next release must carry the directives on.
    let story = story.tags("v1.4.0", "c3");
    story.check_retracted(ALL, "v1.0.0");
}

// Rules: T1, T4, Q4, Q7.2, Q7.4, Q11
#[test]
fn a_version_may_retract_itself() {
    let story = Story::new()
        .commit("c1", "", PLAIN)
        .commit("c2", "c1", &[("go.mod", &with("retract (\n\tv1.3.0 // oops\n\tv1.1.0\n)"))])
        .main("c2")
        .tags("v1.0.0 v1.1.0", "c1")
        .tags("v1.3.0", "c2");
    story.check_latest("v1.0.0");
    story.check(ROOT, "v1.3.0", "v1.3.0 refs/tags/v1.3.0 c2");
    // It names no commit any more: the base is the highest one that was not retracted.
    story.check(ROOT, "{c2.id}", "v1.0.1-0.{c2} - c2");
    story.check(ROOT, "{c1.id}", "v1.0.0 refs/tags/v1.0.0 c1");
    story.check_list(ROOT, "v1.0.0 v1.1.0 v1.3.0");
}

// Rules: T5, Q7.4, Q11
#[test]
fn all_versions_retracted_leave_head() {
    let story = Story::new()
        .commit("c1", "", &[("go.mod", &with("retract [v0.0.0, v1.99.0]"))])
        .commit("c2", "c1", PLAIN)
        .main("c2")
        .tags("v1.0.0 v1.0.1", "c1");
    story.check_latest("v0.0.0-{c2}");
    story.check(ROOT, "{c1.id}", "v0.0.0-{c1} - c1");
}

// Rules: T1, Q11
#[test]
fn prereleases_count_while_there_is_no_release() {
    let story = Story::new()
        .commit("c1", "", PLAIN)
        .commit("c2", "c1", &[("go.mod", &with("retract v1.0.0-rc.1"))])
        .main("c2")
        .tags("v1.0.0-rc.1", "c1")
        .tags("v1.0.0-rc.2", "c2");
    story.check_retracted("v1.0.0-rc.1 v1.0.0-rc.2", "v1.0.0-rc.1");
    story.check_latest("v1.0.0-rc.2");
}

// Rules: T3
#[test]
fn an_interval_contains_prereleases_and_pseudo_versions() {
    let pseudo = "v1.1.1-0.20200101000000-abcdefabcdef v1.3.1-0.20200101000000-abcdefabcdef";
    let story = Story::new()
        .commit("c1", "", &[("go.mod", &with("retract [v1.1.0, v1.2.0]"))])
        .main("c1")
        .tags("v1.3.0", "c1");
    story.check_retracted(pseudo, "v1.1.1-0.20200101000000-abcdefabcdef");
    story.check_retracted("v1.1.0-rc.1 v1.2.0-rc.1 v1.2.1-0", "v1.2.0-rc.1");
}

// Rules: T1, Q4
#[test]
fn whatever_fails_nothing_is_retracted() {
    let bad = with("retract v1.0.0\nrequire (");
    let story = Story::new()
        .commit("c1", "", PLAIN)
        .commit("c2", "c1", &[("go.mod", &bad)])
        .commit("c3", "c2", &[("go.mod", "module h.io/r/v3\nretract v1.0.0\n")])
        .main("c1")
        .tags("v1.0.0", "c1")
        .tags("v1.1.0", "c2");
    story.check_retracted(ALL, "");
    story.check(ROOT, "{c1.id}", "v1.0.0 - c1");
    story.tags("v1.2.0", "c3").check_retracted(ALL, "");
    // The list itself fails where L6 meets a tag on no commit.
    let retracting = with("retract v1.0.0");
    let story = Story::new()
        .commit("c1", "", &[("go.mod", &retracting)])
        .main("c1")
        .tags("v1.0.0 v1.1.0", "c1");
    story.check_retracted(ALL, "v1.0.0");
    story.tags("v2.0.0", "c1").tree_tag("v1.9.0", "c1").check_retracted(ALL, "");
}

// Rules: T1, Q11
#[test]
fn incompatible_versions_are_cut_off_before_the_highest_is_chosen() {
    let story = Story::new()
        .commit("c1", "", BARE)
        .commit("c2", "c1", BARE)
        .main("c2")
        .tags("v1.0.0", "c1")
        .tags("v2.0.0 v3.0.0-rc.1", "c2");
    story.check_retracted(ALL, "");
    story.check_latest("v2.0.0+incompatible");
    let plain = story.commit("c3", "c2", PLAIN).tags("v1.1.0", "c3");
    plain.check_latest("v1.1.0");
}

// Rules: Q11, T3
#[test]
fn latest_is_the_highest_release_that_is_allowed() {
    let none = Retractions::default();
    let some = Retractions::of(with("retract [v1.2.0, v1.9.0]").as_bytes());
    for (versions, retracted, has_go_mod, expected) in [
        ("", &none, true, None),
        ("v1.0.0 v1.1.0", &none, true, Some("v1.1.0")),
        ("v1.0.0 v1.1.0-rc.1", &none, true, Some("v1.0.0")),
        ("v1.0.0-rc.1 v1.0.0-rc.2", &none, true, Some("v1.0.0-rc.2")),
        ("v1.0.0 v1.2.0 v1.3.0", &some, true, Some("v1.0.0")),
        ("v1.2.0 v1.3.0", &some, true, None),
        ("v1.0.0 v2.0.0+incompatible", &none, true, Some("v1.0.0")),
        ("v1.0.0 v2.0.0+incompatible", &none, false, Some("v2.0.0+incompatible")),
        ("v2.0.0+incompatible v3.0.0-rc.1+incompatible", &none, true, Some("v2.0.0+incompatible")),
        ("v1.0.0-rc.1 v2.0.0+incompatible", &none, true, Some("v1.0.0-rc.1")),
    ] {
        let list: Vec<String> = versions.split_whitespace().map(str::to_owned).collect();
        let found = select_latest(&list, retracted, |_| has_go_mod);
        assert_eq!(found, expected, "{versions}");
    }
    // The last compatible version is asked about, not the highest release.
    let list = ["v1.0.0", "v1.1.0-rc.1", "v2.0.0+incompatible"].map(str::to_owned);
    assert_eq!(select_latest(&list, &none, |v| v == "v1.1.0-rc.1"), Some("v1.0.0"));
}
