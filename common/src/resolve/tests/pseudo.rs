//! Section 8: whether a pseudo-version is true.

use super::*;

/// c1 is `v0.1.0`, c2 follows, `v0.5.0` is on a side branch.
fn story() -> Story {
    Story::new()
        .commit("c1", "", PLAIN)
        .commit("c2", "c1", PLAIN)
        .commit("side", "c1", PLAIN)
        .commit("lost", "c2", PLAIN)
        .main("c2")
        .branch("side", "side")
        .tags("v0.1.0", "c1")
        .tags("v0.5.0", "side")
}

impl Story {
    #[track_caller]
    fn check_true(&self, path: &str, pseudo: &str, commit: &str) {
        self.check(path, pseudo, &format!("{pseudo} - {commit}"));
    }

    /// The expected reason of an invalid pseudo-version of the root module.
    #[track_caller]
    fn check_false(&self, pseudo: &str, reason: &str) {
        self.check(
            ROOT,
            pseudo,
            &format!("other: h.io/r@{pseudo}: invalid pseudo-version: {reason}"),
        );
    }
}

// Rules: PV5, PV7, Q3
#[test]
fn true_pseudo_versions_are_served() {
    let story = story().tags("v0.2.0-rc.1", "c1");
    for pseudo in ["v0.1.1-0.{c2}", "v0.0.0-{c2}", "v0.0.0-{c1}", "v0.2.0-rc.1.0.{c2}"] {
        story.check_true(ROOT, pseudo, &pseudo[pseudo.len() - 3..pseudo.len() - 1]);
    }
    story.check_true(ROOT, "v0.5.1-0.{side}".replace("0.5.1", "0.1.1").as_str(), "side");
}

// Rules: PV2, PV3, PV4, PV5, PV6, PV7
#[test]
fn false_pseudo_versions_are_refused() {
    let story = story();
    for (pseudo, reason) in [
        ("v1.0.0-{c2}", "major version without preceding tag must be v0, not v1"),
        ("v0.1.2-0.{c2}", "preceding tag (v0.1.1) not found"),
        ("v0.2.0-0.{c2}", "version before v0.2.0 would have negative patch number"),
        (
            "v0.1.1-0.{c1}",
            "tag (v0.1.0) found on revision {c1.rev} is already canonical, so should not be replaced \
             with a pseudo-version derived from that tag",
        ),
        ("v0.5.1-0.{c2}", "revision {c2.rev} is not a descendent of preceding tag (v0.5.0)"),
        (
            "v0.1.1-0.{c1.ts}-{c2.rev}",
            "does not match version-control timestamp (expected {c2.ts})",
        ),
        ("v0.1.1-0.20231314000000-{c2.rev}", "malformed time \"20231314000000\""),
        ("v0.0.0-{c2.ts}-main", "does not match short name of revision (expected {c2.rev})"),
        ("v0.0.0-{c2.ts}-HEAD", "does not match short name of revision (expected {c2.rev})"),
        ("v0.0.0-{c2.ts}-{c2.id}", "revision is longer than canonical (expected {c2.rev})"),
    ] {
        story.check_false(pseudo, reason);
    }
    let id = story.id("c2").to_string();
    let reason = "revision is shorter than canonical (expected {c2.rev})";
    story.check_false(&format!("v0.0.0-{{c2.ts}}-{}", &id[..11]), reason);
    let reason = "revision is longer than canonical (expected {c2.rev})";
    story.check_false(&format!("v0.0.0-{{c2.ts}}-{}", &id[..13]), reason);
}

// Rules: PV1, P10, R6
#[test]
fn pseudo_versions_of_unknown_commits_do_not_exist() {
    let story = story();
    let upper = story.id("c2").short().to_uppercase();
    for revision in ["000000000000", &upper, "{lost.rev}", "abcdefabcdef"] {
        let pseudo = format!("v0.0.0-{{c2.ts}}-{revision}");
        let expected =
            format!("none: h.io/r@{pseudo}: invalid version: unknown revision {revision}");
        story.check(ROOT, &pseudo, &expected);
    }
    let zero = "v0.0.0-00010101000000-000000000000";
    story.check(
        ROOT,
        zero,
        &format!("none: h.io/r@{zero}: invalid version: unknown revision 000000000000"),
    );
}

// Rules: Q3, Q9.1, Q9.5, D5
#[test]
fn the_major_is_checked_before_the_base() {
    let story = story();
    story.check(
        ROOT,
        "v0.1.1-0.{c2}+incompatible",
        "other: h.io/r@v0.1.1-0.{c2}+incompatible: invalid version: +incompatible suffix not allowed: \
         major version v0 is compatible",
    );
    story.check(
        ROOT,
        "v2.0.1-0.{c2}",
        "other: h.io/r@v2.0.1-0.{c2}: invalid version: module contains a go.mod file, so module path \
         must match major version (\"h.io/r/v2\")",
    );
    let v2 = Story::new().commit("c1", "", &[("go.mod", "module h.io/r/v2\n")]).main("c1");
    v2.check_true("h.io/r/v2", "v2.0.0-{c1}", "c1");
    v2.check(
        "h.io/r/v2",
        "v0.0.0-{c1}",
        "other: h.io/r/v2@v0.0.0-{c1}: invalid version: module path includes a major version suffix, \
         so major version must match",
    );
    v2.check(
        ROOT,
        "v0.0.0-{c1}",
        "none: h.io/r@v0.0.0-{c1}: invalid version: go.mod has post-v0 module path \"h.io/r/v2\" at \
         revision {c1.rev}",
    );
}

// Rules: PV6, PV7
#[test]
fn a_base_may_be_any_tag_of_its_version() {
    let story = Story::new()
        .commit("c1", "", PLAIN)
        .commit("c2", "c1", PLAIN)
        .main("c2")
        .tags("v1.2.3+meta v1.1.0", "c1");
    story.check_true(ROOT, "v1.2.4-0.{c2}", "c2");
    // It need not be the highest, and a tag that is not literally the base is no hindrance.
    story.check_true(ROOT, "v1.1.1-0.{c2}", "c2");
    story.check_true(ROOT, "v1.2.4-0.{c1}", "c1");
    // The base is a prefix of another tag.
    let story = Story::new().commit("c1", "", PLAIN).commit("c2", "c1", PLAIN).main("c2");
    let story = story.tags("v1.1.10 v1.1.1-rc.1", "c1");
    story.check_false("v1.1.2-0.{c2}", "preceding tag (v1.1.1) not found");
}

// Rules: PV7
#[test]
fn one_of_several_tags_of_the_base_must_be_an_ancestor() {
    let story = story().tags("v0.7.0+a", "side").tags("v0.7.0+b", "c1").tags("v0.7.0+c", "side");
    story.check_true(ROOT, "v0.7.1-0.{c2}", "c2");
    let story = self::story().tags("v0.7.0+a v0.7.0+c", "side");
    let reason = "revision {c2.rev} is not a descendent of preceding tag (v0.7.0+c)";
    story.check_false("v0.7.1-0.{c2}", reason);
}

// Rules: PV7
#[test]
fn a_retracted_or_broken_base_is_a_base() {
    let retracting: &[_] = &[("go.mod", "module h.io/r\nretract v1.0.0\n")];
    let story = Story::new()
        .commit("c0", "", &[("go.mod", "module h.io/r/v2\n")])
        .commit("c1", "c0", PLAIN)
        .commit("c2", "c1", retracting)
        .commit("c3", "c2", retracting)
        .main("c3")
        .tags("v0.9.0", "c0")
        .tags("v1.0.0", "c1")
        .tags("v1.1.0", "c2");
    story.check_true(ROOT, "v1.0.1-0.{c3}", "c3");
    story.check_true(ROOT, "v0.9.1-0.{c3}", "c3");
}

// Rules: PV6, PV7, D6
#[test]
fn bases_of_a_directory_have_its_prefix() {
    let files: &[_] = &[("go.mod", "module h.io/r\n"), ("sub/go.mod", "module h.io/r/sub\n")];
    let story = Story::new()
        .commit("c1", "", files)
        .commit("c2", "c1", files)
        .main("c2")
        .tags("sub/v1.0.0 v1.5.0", "c1");
    story.check_true("h.io/r/sub", "v1.0.1-0.{c2}", "c2");
    let refused = |pseudo: &str, reason: &str| {
        let wrapped = format!("other: h.io/r/sub@{pseudo}: invalid pseudo-version: {reason}");
        story.check("h.io/r/sub", pseudo, &wrapped);
    };
    refused("v1.5.1-0.{c2}", "preceding tag (v1.5.0) not found");
    refused(
        "v1.0.1-0.{c1}",
        "tag (sub/v1.0.0) found on revision {c1.rev} is already canonical, so should not be replaced \
         with a pseudo-version derived from that tag",
    );
    // PV6 takes the prefix off where there is one: a root tag hinders too.
    refused(
        "v1.5.1-0.{c1}",
        "tag (v1.5.0) found on revision {c1.rev} is already canonical, so should not be replaced with \
         a pseudo-version derived from that tag",
    );
}

// Rules: PV4, PV7, Q9.3
#[test]
fn incompatible_pseudo_versions_need_an_incompatible_base() {
    let story = Story::new()
        .commit("c1", "", BARE)
        .commit("c2", "c1", BARE)
        .main("c2")
        .tags("v2.0.0", "c1");
    story.check_true(ROOT, "v2.0.1-0.{c2}+incompatible", "c2");
    story.check(ROOT, "v2.0.1-0.{c2}", "v2.0.1-0.{c2}+incompatible - c2");
    story.check_false("v2.1.1-0.{c2}+incompatible", "preceding tag (v2.1.0) not found");
    let negative = "other: h.io/r@v2.0.0-0.{c2}: invalid pseudo-version: version before v2.0.0 would \
                    have negative patch number";
    story.check(ROOT, "v2.0.0-0.{c2}+incompatible", negative);
    story.check_true(ROOT, "v2.0.0-{c2}+incompatible", "c2");
}

// Rules: PV4, PV7
#[test]
fn other_build_metadata_is_part_of_the_base() {
    let story = story();
    story.check_false("v0.1.1-0.{c2}+foo", "preceding tag (v0.1.0+foo) not found");
    story.check_false("v0.0.0-{c2}+foo", "lacks base version, but has build metadata \"+foo\"");
    story.tags("v0.1.0+foo", "c1").check_true(ROOT, "v0.1.1-0.{c2}+foo", "c2");
}

// Rules: R9, PV2
#[test]
fn latest_as_revision_is_head_whatever_tag_is_called_so() {
    let reason = "does not match short name of revision (expected {c2.rev})";
    story().main("c2").tags("latest", "c1").check_false("v0.0.0-{c1.ts}-latest", reason);
}

// Rules: PV2, R5
#[test]
fn a_ref_named_like_the_revision_is_looked_up_first() {
    let story = story().branch("{c2.rev}", "c1");
    let reason = "does not match short name of revision (expected {c1.rev})";
    story.check_false("v0.0.0-{c2}", reason);
}
