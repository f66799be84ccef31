//! `.info`: byte for byte what the go command keeps of the same query in a module cache that was empty before.

use std::fs;

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::site::Site;
use modgate_tests::table::path;

use crate::push_rules::gate;
use crate::resolving::push_all;

/// Both files of a query, and the ref in them.
#[track_caller]
fn check(daemon: &Daemon, direct: &Go, module: &str, query: &str, reference: Option<&str>) {
    direct.forget();
    let wanted = fs::read_to_string(direct.fetch(module, query).info).expect("it was downloaded");
    let answer = daemon.get(&path(module, query, ".info")).has_status(200);
    assert_eq!(answer.text(), wanted, "{module}@{query}: modgate (left), the go command (right)");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json()["Origin"]["Ref"].as_str(), reference, "{module}@{query}");
}

// Rules: O1, O2, O3, O4, P7, P8, R7
#[test]
fn ref_is_that_of_the_query() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    let first = lib.module_at("sub", &format!("{m}/sub")).release("v1.1.0").head();
    lib.tag("nonver").tag("V1.0.0").tag("v1.1.0+x").tag("sub/v0.1.0");
    lib.git(&["branch", "old"]);
    let second = lib.write("two.txt", "two").commit("two");
    lib.annotate("v1.2.0").tag("a-tag");
    let third = lib.write("three.txt", "three").commit("three");
    lib.tag("v1.3.0");
    push_all(&lib);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    for (query, reference) in [
        ("v1.1.0", Some("refs/tags/v1.1.0")),
        ("nonver", Some("refs/tags/nonver")),
        ("V1.0.0", Some("refs/tags/V1.0.0")),
        ("v1.1.0+x", Some("refs/tags/v1.1.0+x")),
        ("old", Some("refs/heads/old")),
        ("HEAD", None),
        // The smallest ref with that value: HEAD before heads before tags.
        (&third, None),
        (&first[..12], Some("refs/heads/old")),
        (&second[..7], Some("refs/tags/a-tag")),
        (&format!("v0.0.0-{}", lib.stamp(&third)), None),
    ] {
        check(&daemon, &direct, &m, query, reference);
    }
    check(&daemon, &direct, &format!("{m}/sub"), "v0.1.0", Some("refs/tags/sub/v0.1.0"));
}

// Rules: O2, O3, O4, P7
#[test]
fn directory_and_time_are_those_of_tag_prefix_and_committer() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.module_at("", &m)
        .module_at("v2", &format!("{m}/v2"))
        .module_at("sub/v3", &format!("{m}/sub/v3"));
    lib.git(&["add", "--all"]);
    let date = ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"];
    let commit = lib.git_run(&["commit", "--quiet", "--message", "far from Greenwich"]);
    commit.env(date[0], "@1600000000 -1100").env(date[1], "@1700000567 +0530").finish().ok();
    // Tagged years later.
    let tag = lib.git_run(&["tag", "--annotate", "--message", "later", "v2.0.0"]);
    tag.env(date[1], "@1800000000 +0000").finish().ok();
    lib.tag("sub/v3.0.0");
    push_all(&lib);
    let bare = site.repository("acme/bare");
    bare.write("code.go", "package code\n").commit("before modules");
    bare.tag("v2.0.0");
    push_all(&bare);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    check(&daemon, &direct, &format!("{m}/v2"), "v2.0.0", Some("refs/tags/v2.0.0"));
    let info = daemon.get(&path(&format!("{m}/v2"), "v2.0.0", ".info")).json();
    assert_eq!(
        (&info["Time"], &info["Origin"]["Subdir"]),
        (&"2023-11-14T22:22:47Z".into(), &().into())
    );
    check(&daemon, &direct, &format!("{m}/sub/v3"), "v3.0.0", Some("refs/tags/sub/v3.0.0"));
    let info = daemon.get(&path(&format!("{m}/sub/v3"), "v3.0.0", ".info")).json();
    assert_eq!(info["Origin"]["Subdir"], "sub");
    for query in ["v2.0.0", "v2.0.0+incompatible"] {
        check(&daemon, &direct, &bare.module(), query, Some("refs/tags/v2.0.0"));
    }
}

// Rules: O6, N13
#[test]
fn clients_show_the_origin_of_single_revisions() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.release("v1.0.0").write("tip.txt", "tip").commit("tip");
    push_all(&lib);
    let daemon = gate(&site);
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    let origin = |query: &str| {
        let done = proxied.run(&["list", "-m", "-json", &format!("{m}@{query}")]).ok();
        done.json()["Origin"].clone()
    };
    for (query, reference) in [("v1.0.0", Some("refs/tags/v1.0.0")), ("main", None)] {
        let origin = origin(query);
        assert_eq!(origin["URL"], "https://git.example.com/acme/lib", "{query}");
        assert_eq!(origin["Ref"].as_str(), reference, "{query}");
        for absent in ["TagPrefix", "TagSum", "RepoSum"] {
            assert!(origin[absent].is_null(), "{query}: {origin}");
        }
    }
    // The list has no origin.
    assert!(origin("latest").is_null(), "{}", origin("latest"));
}
