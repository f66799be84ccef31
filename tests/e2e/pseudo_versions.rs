//! Pseudo-versions, true and forged: a false one is refused in the go command's words, which name the part that
//! is wrong, whatever file of it is asked for.

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::table::{Table, info, path, refusal};

use crate::push_rules::gate;
use crate::resolving::push_all;

/// `TS` and `REV` of a commit.
fn parts(lib: &Repository<'_>, revision: &str) -> (String, String) {
    let stamp = lib.stamp(revision);
    let (time, id) = stamp.split_once('-').expect("a stamp has a dash");
    (time.to_owned(), id.to_owned())
}

/// The parent chain c1 = `v0.1.0`, c2; `v0.5.0` on a side branch. Checked out is c2.
fn chain(lib: &Repository<'_>) {
    lib.release("v0.1.0").git(&["branch", "one"]);
    lib.git(&["checkout", "--quiet", "-b", "side"]);
    lib.write("side.txt", "side").commit("side");
    lib.tag("v0.5.0").git(&["checkout", "--quiet", "main"]);
    lib.write("two.txt", "two").commit("c2");
}

/// Rows of pseudo-versions and what is wrong with them.
struct Forged<'a> {
    module: &'a str,
    table: Table,
    asked: Vec<(String, String)>,
}

impl<'a> Forged<'a> {
    fn of(module: &'a str) -> Self {
        Self { module, table: Table::default(), asked: Vec::new() }
    }

    fn valid(&mut self, version: &str) {
        self.table.row(self.module, version, format!("{version} -"));
    }

    fn no(&mut self, version: &str, reason: &str) {
        let expected = format!("no: {}@{version}: {reason}", self.module);
        self.table.row(self.module, version, &expected);
        self.asked.push((version.to_owned(), expected));
    }

    fn invalid(&mut self, version: &str, reason: &str) {
        self.no(version, &format!("invalid pseudo-version: {reason}"));
    }

    fn unknown(&mut self, version: &str, revision: &str) {
        self.no(version, &format!("invalid version: unknown revision {revision}"));
    }

    /// Both agree on every row, and the other files of a forged version are refused in the same words.
    #[track_caller]
    fn check(&self, daemon: &Daemon, direct: &Go) {
        self.table.check(daemon, direct);
        for (version, expected) in &self.asked {
            for kind in [".mod", ".zip"] {
                let answer = daemon.get(&path(self.module, version, kind));
                assert_eq!(refusal(&answer), *expected, "{version}{kind}");
            }
        }
    }
}

// Rules: PV1, PV2, PV3, PV4, PV5, PV6, PV7, Q3, Q9.5
#[test]
fn forged_parts_are_named() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    chain(&lib);
    push_all(&lib);
    let ((ts1, rev1), (ts2, rev2)) = (parts(&lib, "one"), parts(&lib, "main"));
    let full = lib.head();
    let mut rows = Forged::of(&m);
    rows.valid(&format!("v0.1.1-0.{ts2}-{rev2}"));
    rows.valid(&format!("v0.0.0-{ts2}-{rev2}"));
    rows.valid(&format!("v0.0.0-{ts1}-{rev1}"));
    let never = "major version without preceding tag must be v0, not v1";
    rows.invalid(&format!("v1.0.0-{ts2}-{rev2}"), never);
    rows.invalid(&format!("v0.1.2-0.{ts2}-{rev2}"), "preceding tag (v0.1.1) not found");
    let negative = "version before v0.2.0 would have negative patch number";
    rows.invalid(&format!("v0.2.0-0.{ts2}-{rev2}"), negative);
    let canonical = "is already canonical, so should not be replaced with a pseudo-version derived from that tag";
    let found = format!("tag (v0.1.0) found on revision {rev1} {canonical}");
    rows.invalid(&format!("v0.1.1-0.{ts1}-{rev1}"), &found);
    let side = format!("revision {rev2} is not a descendent of preceding tag (v0.5.0)");
    rows.invalid(&format!("v0.5.1-0.{ts2}-{rev2}"), &side);
    let expected = format!("(expected {rev2})");
    for (revision, how) in [
        (&full[..7], "revision is shorter than canonical"),
        (&full[..11], "revision is shorter than canonical"),
        (&full[..13], "revision is longer than canonical"),
        (&full, "revision is longer than canonical"),
        ("main", "does not match short name of revision"),
        ("HEAD", "does not match short name of revision"),
    ] {
        rows.invalid(&format!("v0.0.0-{ts2}-{revision}"), &format!("{how} {expected}"));
    }
    let tag = format!("does not match short name of revision (expected {rev1})");
    rows.invalid(&format!("v0.0.0-{ts1}-one"), &tag);
    let upper = rev2.to_uppercase();
    for revision in [&upper, "000000000000", "abcdefabcdef", &full[..6]] {
        rows.unknown(&format!("v0.0.0-{ts2}-{revision}"), revision);
    }
    rows.unknown("v0.0.0-00010101000000-000000000000", "000000000000");
    let time = format!("does not match version-control timestamp (expected {ts2})");
    rows.invalid(&format!("v0.1.1-0.{ts1}-{rev2}"), &time);
    rows.invalid(&format!("v0.1.1-0.20231314000000-{rev2}"), "malformed time \"20231314000000\"");
    let daemon = gate(&site);
    rows.check(&daemon, &Go::direct(&site, "go-direct"));
}

// Rules: PV4, PV5, PV7, Q8, Q9.3, Q9.5
#[test]
fn major_of_a_forged_version_is_named() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    chain(&lib);
    push_all(&lib);
    let (ts2, rev2) = parts(&lib, "main");
    let mut rows = Forged::of(&m);
    let suffix =
        "invalid version: +incompatible suffix not allowed: major version v0 is compatible";
    rows.no(&format!("v0.1.1-0.{ts2}-{rev2}+incompatible"), suffix);
    let reason = "module contains a go.mod file, so module path must match major version";
    let must = format!("invalid version: {reason} (\"{m}/v2\")");
    rows.no(&format!("v2.0.1-0.{ts2}-{rev2}"), &must);
    rows.no(&format!("v2.0.1-0.{ts2}-{rev2}+incompatible"), &must);

    let second = site.repository("acme/second");
    let m2 = format!("{}/v2", second.module());
    second.module_at("", &m2).commit("v2");
    push_all(&second);
    let stamp = second.stamp("main");
    let mut rows2 = Forged::of(&m2);
    rows2.valid(&format!("v2.0.0-{stamp}"));
    let suffix = "module path includes a major version suffix, so major version must match";
    rows2.no(&format!("v0.0.0-{stamp}"), &format!("invalid version: {suffix}"));

    let bare = site.repository("acme/bare");
    let m3 = bare.module();
    bare.write("code.go", "package code\n").commit("before modules");
    bare.tag("v2.0.0").write("more.go", "package code\n").commit("tip");
    push_all(&bare);
    let stamp = bare.stamp("main");
    let mut rows3 = Forged::of(&m3);
    rows3.valid(&format!("v2.0.1-0.{stamp}+incompatible"));
    rows3.valid(&format!("v2.0.0-{stamp}+incompatible"));
    rows3.invalid(&format!("v2.1.1-0.{stamp}+incompatible"), "preceding tag (v2.1.0) not found");
    let suffix =
        "invalid version: +incompatible suffix not allowed: major version v0 is compatible";
    rows3.no(&format!("v0.0.0-{stamp}+incompatible"), suffix);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    for rows in [&rows, &rows2, &rows3] {
        rows.check(&daemon, &direct);
    }
}

// Rules: PV6, PV7, D6
#[test]
fn base_may_be_old_retracted_or_written_with_metadata() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.release("v1.0.0").release("v1.1.0").tag("v1.2.3+meta");
    lib.write("go.mod", format!("module {m}\n\ngo 1.21\n\nretract v1.0.0\n")).commit("retract");
    lib.tag("v1.4.0").module_at("sub", &format!("{m}/sub")).commit("tip");
    lib.tag("sub/v0.3.0").write("tip.txt", "tip").commit("tip");
    push_all(&lib);
    let stamp = lib.stamp("main");
    let mut rows = Forged::of(&m);
    rows.valid(&format!("v1.0.1-0.{stamp}"));
    rows.valid(&format!("v1.1.1-0.{stamp}"));
    rows.valid(&format!("v1.2.4-0.{stamp}"));
    rows.invalid(&format!("v0.3.1-0.{stamp}"), "preceding tag (v0.3.0) not found");
    // Not literally the base: no hindrance.
    rows.valid(&format!("v1.2.4-0.{}", lib.stamp("v1.1.0")));
    let sub = format!("{m}/sub");
    let mut below = Forged::of(&sub);
    below.valid(&format!("v0.3.1-0.{stamp}"));
    below.invalid(&format!("v1.4.1-0.{stamp}"), "preceding tag (v1.4.0) not found");
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    rows.check(&daemon, &direct);
    below.check(&daemon, &direct);
}

// Rules: PV8, X11, V5
#[test]
fn other_build_metadata_resolves_to_the_version_without_it() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    chain(&lib);
    lib.git(&["tag", "v0.7.0+foo", "one"]);
    push_all(&lib);
    let (plain, base) = (lib.stamp("main"), format!("v0.1.1-0.{}", lib.stamp("main")));
    let daemon = gate(&site);
    let invalid = |version: &str, reason: &str| {
        let expected = format!("no: {m}@{version}: invalid pseudo-version: {reason}");
        assert_eq!(info(&daemon, &m, version), expected);
    };
    invalid(&format!("{base}+foo"), "preceding tag (v0.1.0+foo) not found");
    let lacks = "lacks base version, but has build metadata \"+foo\"";
    invalid(&format!("v0.0.0-{plain}+foo"), lacks);
    // The client goes on to the canonical form, as in direct mode.
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    for go in [&direct, &proxied] {
        assert_eq!(go.fetch(&m, &format!("{base}+foo")).version, base);
        assert_eq!(go.fetch(&m, "v0.1.0+foo").version, "v0.1.0");
        // With a base of that metadata it is true, and yet no version that can be downloaded.
        let odd = format!("v0.7.1-0.{plain}+foo");
        let found = go.download(&m, &[&odd]).remove(0);
        assert_eq!(found.version, odd);
        assert_eq!(found.error, format!("non-canonical module version {odd:?}"));
    }
}

// Rules: PV1, R1, R6
#[test]
fn commits_that_nothing_shows_are_unknown_to_pseudo_versions() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    chain(&lib);
    let hidden =
        ["refs/pull/1/head", "refs/changes/01/1/1", "refs/remotes/x/y", "refs/heads/secret"];
    let mut lost = Vec::new();
    for name in hidden.into_iter().chain(["refs/heads/gone"]) {
        lib.git(&["checkout", "--quiet", "--detach", "main"]);
        lib.write("lost.txt", name).commit(name);
        lib.push(&[&format!("HEAD:{name}")]).accepted();
        lost.push((lib.stamp("HEAD"), lib.head()));
    }
    lib.push(&[":refs/heads/gone"]).accepted();
    lib.server(&["config", "transfer.hideRefs", "refs/heads/secret"]);
    lib.server(&["notes", "add", "--message", "a note", &lost[0].1]);
    let notes = lib.server(&["rev-parse", "refs/notes/commits"]).line();
    let format = ["--abbrev=12", "--date=format-local:%Y%m%d%H%M%S", "--format=%cd-%h"];
    let stamp = lib.server(&[&["log", "-1"], &format[..], &[&notes]].concat()).line();
    lost.push((stamp, notes));
    lib.git(&["checkout", "--quiet", "main"]);
    push_all(&lib);
    let mut rows = Forged::of(&m);
    for (stamp, id) in &lost {
        rows.unknown(&format!("v0.1.1-0.{stamp}"), &id[..12]);
        rows.unknown(&format!("v0.0.0-{stamp}"), &id[..12]);
        for revision in [&id[..7], &id[..12], id] {
            let expected =
                format!("no: {m}@{revision}: invalid version: unknown revision {revision}");
            rows.table.row(&m, revision, expected);
        }
    }
    let daemon = gate(&site);
    rows.check(&daemon, &Go::direct(&site, "go-direct"));
}
