//! What is seen of a repository: refs by name, commits by hash, and nothing that `git ls-remote` does not show.

use modgate_tests::golang::Go;
use modgate_tests::site::Site;
use modgate_tests::table::Table;

use crate::push_rules::gate;
use crate::resolving::{as_direct_mode, push_all};

/// What the go command says of a revision that does not exist.
fn unknown(table: &mut Table, module: &str, revision: &str) {
    let expected = format!("no: {module}@{revision}: invalid version: unknown revision {revision}");
    table.row(module, revision, expected);
}

// Rules: R1, R4.1, R4.2, R4.3, R4.4, R4.5, R5, R7, R14
#[test]
fn tags_come_before_branches_and_names_before_hashes() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    let first = lib.module_at("", &m).commit("one");
    lib.tag("v0.1.0").tag("both").tag("abcdef1").tag("a,b");
    let second = lib.write("two.txt", "two").commit("two");
    lib.tag("v0.2.0").git(&["branch", "both"]);
    lib.git(&["branch", "abcdef2"]);
    lib.git(&["branch", &second[..8], &first]);
    let third = lib.write("three.txt", "three").commit("three");
    push_all(&lib);
    let mut table = Table::default();
    let tip = format!("v0.2.1-0.{} -", lib.stamp("HEAD"));
    table.row(&m, "both", "v0.1.0 refs/tags/both").row(&m, "abcdef1", "v0.1.0 refs/tags/abcdef1");
    table.row(&m, "abcdef2", "v0.2.0 refs/heads/abcdef2").row(&m, "a,b", "v0.1.0 refs/tags/a,b");
    table.row(&m, "main", &tip).row(&m, "HEAD", &tip);
    for digits in [&third[..7], &third[..12], &third[..39], &third] {
        table.row(&m, digits, &tip);
    }
    let upper = third.to_uppercase();
    let longer = format!("{third}0");
    for revision in [&third[..6], &upper, &upper[..12], &longer, "0000000", "head", "Main", "main2"]
    {
        unknown(&mut table, &m, revision);
    }
    // What git would understand is no revision either.
    for syntax in ["main~1", "main^", "main^{}", "main@{0}", "@", "v0.1.0..main", "main^{commit}"] {
        unknown(&mut table, &m, syntax);
    }
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    table.check(&daemon, &direct);
    // With what it has fetched by now, the go command would find the commit.
    direct.forget();
    let mut table = Table::default();
    table.row(&m, &second[..8], format!("v0.1.0 refs/heads/{}", &second[..8]));
    table.check(&daemon, &direct);
}

// Rules: R2, R4.4, R8, L1, X20
#[test]
fn tags_are_worth_what_they_finally_name() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.module_at("", &m).commit("one");
    lib.annotate("v1.0.0");
    lib.git(&["tag", "--annotate", "--message", "nested", "v1.1.0", "v1.0.0"]);
    lib.git(&["tag", "v1.2.0", "HEAD^{tree}"]);
    lib.git(&["tag", "v1.3.0", "HEAD:go.mod"]);
    lib.git(&["tag", "--annotate", "--message", "tree", "v1.4.0", "HEAD^{tree}"]);
    push_all(&lib);
    let [outer, inner] = ["v1.1.0", "v1.0.0"].map(|tag| lib.git(&["rev-parse", tag]).line());
    let mut table = Table::default();
    for tag in ["v1.0.0", "v1.1.0"] {
        table.row(&m, tag, format!("{tag} refs/tags/{tag}"));
    }
    for tag in [&inner, &inner[..12], &outer] {
        table.row(&m, tag, "v1.1.0 -");
    }
    let answer = "unexpected response from git log: \"\"";
    for tag in ["v1.2.0", "v1.3.0", "v1.4.0"] {
        table.row(&m, tag, format!("no: {m}@{tag}: invalid version: {answer}"));
    }
    // By their ids: what a tag names is there. Other objects that are no commits do not exist for us; the go
    // command, which may have fetched them, finds them and fails as well.
    for object in ["v1.2.0", "v1.3.0"] {
        let id = lib.git(&["rev-parse", object]).line();
        table.row(&m, &id, format!("no: {m}@{id}: invalid version: {answer}"));
    }
    let on_tree = lib.git(&["rev-parse", "v1.4.0"]).line();
    let unnamed = lib.git(&["rev-parse", "HEAD:code.go"]).line();
    for id in [&on_tree, &unnamed, &unnamed[..12]] {
        let unknown = format!("no: {m}@{id}: invalid version: unknown revision {id}");
        table.ours(&m, id, unknown);
    }
    let daemon = as_direct_mode(&site);
    let direct = Go::direct(&site, "go-direct");
    table.check(&daemon, &direct);
    let all = ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0"];
    assert_eq!(daemon.list(&m), all);
    assert_eq!(direct.versions(&m).expect("a list"), all);
}

// Rules: R3, R6, R9
#[test]
fn head_counts_only_where_it_leads_somewhere() {
    let site = Site::new();
    let mut table = Table::default();
    let dangling = site.repository("acme/dangling");
    let m = dangling.module();
    dangling.module_at("", &m).commit("one");
    dangling.git(&["branch", "other"]);
    dangling.push(&["other"]).accepted();
    unknown(&mut table, &m, "HEAD");
    unknown(&mut table, &m, "main");
    table.row(&m, "other", format!("v0.0.0-{} -", dangling.stamp("HEAD")));

    let detached = site.repository("acme/detached");
    let m2 = detached.module();
    detached.module_at("", &m2).commit("one");
    push_all(&detached);
    detached.write("two.txt", "two").commit("two");
    detached.push(&["HEAD:refs/heads/topic"]).accepted();
    let lost = detached.head();
    detached.server(&["update-ref", "--no-deref", "HEAD", &lost]);
    detached.server(&["update-ref", "-d", "refs/heads/topic"]);
    let tip = format!("v0.0.0-{} -", detached.stamp("HEAD"));
    table.row(&m2, "HEAD", &tip).row(&m2, &lost, &tip).row(&m2, &lost[..12], &tip);
    table.row(&m2, "latest", &tip);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    table.check(&daemon, &direct);
    let latest = daemon.get(&format!("/{m}/@latest")).has_status(404);
    assert_eq!(latest.text(), "not found: no commits\n");
    let error = direct.download(&m, &["latest"]).remove(0).error;
    assert!(
        error.ends_with("no matching versions for query \"latest\"")
            || error.ends_with("no commits"),
        "{error}"
    );
}

// Rules: R13
#[test]
fn replacements_and_grafts_are_not_seen() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    let first = lib.release("v1.0.0").head();
    let second = lib.write("two.txt", "two").commit("two");
    let third = lib.write("three.txt", "three").commit("three");
    push_all(&lib);
    lib.server(&["replace", &third, &first]);
    std::fs::create_dir_all(lib.bare().join("info")).expect("the repository is ours");
    std::fs::write(lib.bare().join("info/grafts"), format!("{second}\n")).expect("it is ours");
    let mut table = Table::default();
    for id in [&second, &third] {
        table.row(&m, id, format!("v1.0.1-0.{} -", lib.stamp(id)));
    }
    let daemon = gate(&site);
    table.check(&daemon, &Go::direct(&site, "go-direct"));
}
