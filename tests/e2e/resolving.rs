//! What a query resolves to: asked of modgate and of the go command, which must agree to the word.
//!
//! The repositories hold broken versions too, so modgate runs with `serve_broken`: without it those have answers
//! of our own (`broken_versions`).

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::table::Table;

use crate::push_rules::gate;

/// Pushes everything that was made before the hooks are there.
#[track_caller]
pub(crate) fn push_all(lib: &Repository<'_>) {
    lib.push(&["--all"]).accepted();
    lib.push(&["--tags"]).accepted();
}

/// A host that answers as direct mode does.
#[track_caller]
pub(crate) fn as_direct_mode(site: &Site) -> Daemon {
    site.configure("[policy]\nserve_broken = true\n");
    gate(site)
}

#[track_caller]
fn check(site: &Site, table: &Table) {
    let daemon = as_direct_mode(site);
    table.check(&daemon, &Go::direct(site, "go-direct"));
}

/// What the go command says before the reason.
fn no(module: &str, query: &str, reason: &str) -> String {
    format!("no: {module}@{query}: invalid version: {reason}")
}

// Rules: Q1, Q2, Q5, Q7.2, Q7.4, Q7.5, X4a
#[test]
fn build_metadata_is_no_version_of_its_own() {
    let site = Site::new();
    let mut table = Table::default();

    let lib = site.repository("q/meta");
    let m = lib.module();
    lib.module_at("", &m).commit("parent");
    let tip = lib.write("a.txt", "a").commit("tip");
    lib.tag("v1.2.3+meta");
    push_all(&lib);
    let pseudo = format!("v1.2.4-0.{} -", lib.stamp("HEAD"));
    table.row(&m, "v1.2.3+meta", &pseudo).row(&m, &tip, &pseudo).row(&m, "main", &pseudo);
    table.row(&m, "v1.2.3", no(&m, "v1.2.3", "unknown revision v1.2.3"));

    let lib = site.repository("q/both");
    let m = lib.module();
    lib.release("v1.1.0").tag("v1.1.0+x");
    push_all(&lib);
    table.row(&m, "v1.1.0+x", "v1.1.0 refs/tags/v1.1.0+x");

    let lib = site.repository("q/two");
    let m = lib.module();
    lib.release("v1.0.0+a").tag("v1.0.0+b");
    push_all(&lib);
    table.row(&m, "v1.0.0", no(&m, "v1.0.0", "unknown revision v1.0.0"));
    table.row(&m, "v1.0.0+b", format!("v1.0.1-0.{} -", lib.stamp("HEAD")));

    // A shorthand is a version, and so the name of a tag; the go command asks it of the list instead.
    let lib = site.repository("q/short");
    let m = lib.module();
    lib.release("v1.0.0").tag("v1").commit("tip");
    lib.tag("v1.1");
    push_all(&lib);
    table.ours(&m, "v1", "v1.0.0 refs/tags/v1");
    table.ours(&m, "v1.1", format!("v1.0.1-0.{} -", lib.stamp("HEAD")));
    table.ours(&m, "v1.2", no(&m, "v1.2", "unknown revision v1.2"));
    check(&site, &table);
}

// Rules: Q7.1, Q7.3, Q8, Q9.2, Q9.3, Q9.4, Q9.5, L4
#[test]
fn majors_are_matched_by_the_path_or_incompatible() {
    let site = Site::new();
    let mut table = Table::default();

    let lib = site.repository("q/bare");
    let m = lib.module();
    lib.write("code.go", "package code\n").commit("before modules");
    lib.tag("v2.0.0");
    push_all(&lib);
    table.row(&m, "v2.0.0", "v2.0.0+incompatible refs/tags/v2.0.0");
    table.row(&m, "v2.0.0+incompatible", "v2.0.0+incompatible refs/tags/v2.0.0");
    table.row(&m, "main", "v2.0.0+incompatible refs/heads/main");

    let lib = site.repository("q/after");
    let m = lib.module();
    lib.write("code.go", "package code\n").commit("before modules");
    lib.tag("v2.0.0").write("more.go", "package code\n").commit("tip");
    push_all(&lib);
    table.row(&m, "main", format!("v2.0.1-0.{}+incompatible -", lib.stamp("HEAD")));

    let lib = site.repository("q/four");
    let m = lib.module();
    lib.module_at("v4", &format!("{m}/v4")).commit("v4");
    lib.tag("v4.0.0");
    push_all(&lib);
    let must = |m: &str, version: &str, major: &str| {
        let reason = "module contains a go.mod file, so module path must match major version";
        no(m, version, &format!("{reason} (\"{m}/{major}\")"))
    };
    table.row(&m, "v4.0.0", must(&m, "v4.0.0", "v4"));
    table.row(&m, "v4.0.0+incompatible", "v4.0.0+incompatible refs/tags/v4.0.0");

    let lib = site.repository("q/wrong");
    let m = lib.module();
    lib.release("v2.0.0").tag("v1.0.0");
    push_all(&lib);
    table.row(&m, "v2.0.0", must(&m, "v2.0.0", "v2"));
    table.row(&m, "v2.0.0+incompatible", must(&m, "v2.0.0+incompatible", "v2"));
    let suffix = "+incompatible suffix not allowed: major version v1 is compatible";
    table.row(&m, "v1.0.0+incompatible", no(&m, "v1.0.0+incompatible", suffix));

    let lib = site.repository("q/second");
    let m = format!("{}/v2", lib.module());
    lib.module_at("", &m).commit("v2");
    lib.tag("v1.0.0");
    push_all(&lib);
    table.row(&m, "latest", format!("v2.0.0-{} -", lib.stamp("HEAD")));
    let must = "module path includes a major version suffix, so major version must match";
    table.row(&m, "v1.0.0", no(&m, "v1.0.0", must));
    check(&site, &table);
}

// Rules: Q4, Q7.2, Q7.3, Q7.4, R11, N3
#[test]
fn highest_tag_that_is_not_retracted_decides() {
    let site = Site::new();
    let mut table = Table::default();

    let lib = site.repository("q/name");
    let m = lib.module();
    lib.module_at("", &m).commit("one");
    lib.tag("nonver");
    push_all(&lib);
    table.row(&m, "nonver", format!("v0.0.0-{} -", lib.stamp("HEAD")));

    let retract = |m: &str, what: &str| format!("module {m}\n\ngo 1.21\n\nretract {what}\n");
    let lib = site.repository("q/higher");
    let m = lib.module();
    lib.release("v1.0.0").tag("v1.1.0").tag("v1.2.0-rc.1");
    let first = lib.head();
    lib.write("go.mod", retract(&m, "[v1.1.0, v1.1.9]")).commit("retract");
    lib.tag("v1.3.0");
    push_all(&lib);
    // Retracted or not, the prerelease is the highest; without it, v1.0.0 is.
    table.row(&m, &first, "v1.2.0-rc.1 refs/tags/v1.0.0");

    let lib = site.repository("q/unretracted");
    let m = lib.module();
    lib.release("v1.0.0").tag("v1.1.0");
    let first = lib.head();
    lib.write("go.mod", retract(&m, "v1.1.0")).commit("retract");
    lib.tag("v1.3.0");
    push_all(&lib);
    table.row(&m, &first, "v1.0.0 refs/tags/v1.0.0");

    let lib = site.repository("q/alone");
    let m = lib.module();
    lib.release("v1.0.0").write("a.txt", "a").commit("second");
    lib.tag("v1.1.0");
    let second = lib.head();
    lib.write("go.mod", retract(&m, "v1.1.0")).commit("retract");
    lib.tag("v1.3.0");
    push_all(&lib);
    table.row(&m, &second, format!("v1.0.1-0.{} -", lib.stamp(&second)));

    let lib = site.repository("q/merge");
    let m = lib.module();
    lib.module_at("", &m).commit("base");
    lib.tag("v0.9.0").git(&["checkout", "--quiet", "-b", "side"]);
    lib.write("side.txt", "side").commit("side");
    lib.tag("v1.3.0").git(&["checkout", "--quiet", "main"]);
    lib.write("main.txt", "main").commit("main");
    lib.tag("v1.0.0").git(&["merge", "--quiet", "--no-edit", "side"]);
    push_all(&lib);
    table.row(&m, "main", format!("v1.3.1-0.{} -", lib.stamp("HEAD")));
    check(&site, &table);
}

// Rules: Q2, Q6, Q9.1, D3, D6, L1, L9
#[test]
fn tags_of_a_directory_are_those_of_its_module() {
    let site = Site::new();
    let mut table = Table::default();

    let lib = site.repository("q/sub");
    let (m, sub) = (lib.module(), format!("{}/sub", lib.module()));
    lib.module_at("sub", &sub).release("v1.4.0");
    push_all(&lib);
    table.row(&sub, "latest", format!("v0.0.0-{} -", lib.stamp("HEAD")));
    table.row(&sub, "v1.4.0", no(&sub, "v1.4.0", "unknown revision sub/v1.4.0"));

    let lib = site.repository("q/quirk");
    let (root, sub) = (lib.module(), format!("{}/sub", lib.module()));
    let odd = "v1.0.0-20200101000000-abcdefabcdef";
    lib.module_at("sub", &sub).module_at("", &root).commit("one");
    lib.tag(odd).tag(&format!("sub/{odd}"));
    let first = lib.head();
    lib.write("a.txt", "a").commit("two");
    push_all(&lib);
    table.row(&root, "main", format!("v0.0.0-{} -", lib.stamp("HEAD")));
    table.row(&sub, "main", format!("{odd}.0.{} -", lib.stamp("HEAD")));
    let gone = "unknown revision abcdefabcdef";
    let reading = format!("reading {sub}/go.mod at revision abcdefabcdef: {gone}");
    table.row(&sub, &first, no(&sub, odd, &reading));
    table.row(&root, odd, no(&root, odd, gone));

    let lib = site.repository("q/none");
    let none = format!("{}/none", lib.module());
    lib.module_at("", &lib.module()).commit("one");
    push_all(&lib);
    let stamp = lib.stamp("HEAD");
    let revision = &stamp[15..];
    let missing = format!("missing {none}/go.mod at revision {revision}");
    table.row(&none, "main", no(&none, &format!("v0.0.0-{stamp}"), &missing));
    table.row(&m, "main", "v1.4.0 refs/heads/main");
    check(&site, &table);
}

// Rules: Q9.4, Q10, R4.2, R5
#[test]
fn branch_named_like_a_version_is_none() {
    let site = Site::new();
    let lib = site.repository("q/branch");
    let m = lib.module();
    lib.module_at("", &m).commit("one");
    for branch in ["v1.0.0", "v1.1.0+meta", "feature/x"] {
        lib.git(&["branch", branch]);
    }
    push_all(&lib);
    let pseudo = format!("v0.0.0-{}", lib.stamp("HEAD"));
    let mut table = Table::default();
    let reason = format!("resolves to version {pseudo} (v1.0.0 is not a tag)");
    table.row(&m, "v1.0.0", no(&m, "v1.0.0", &reason));
    table.row(&m, "v1.1.0+meta", format!("{pseudo} -"));
    check(&site, &table);
}
