//! Which tags are versions: the list of modgate and that of the go command are the one that is expected.

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::site::Site;

use crate::push_rules::gate;
use crate::resolving::{as_direct_mode, push_all};

#[track_caller]
fn check(daemon: &Daemon, direct: &Go, module: &str, expected: &str) {
    let wanted: Vec<&str> = expected.split_whitespace().collect();
    assert_eq!(daemon.list(module), wanted, "{module}: modgate (left)");
    let listed = direct.versions(module).expect("the go command lists it");
    assert_eq!(listed, wanted, "{module}: the go command (left)");
}

// Rules: L1, L2, L3, L4, L5, L9, V6, V7
#[test]
fn canonical_tags_are_listed_in_version_order() {
    let site = Site::new();
    let lib = site.repository("l/odd");
    let m = lib.module();
    lib.module_at("", &m).commit("all");
    let odd = "v0.1.0 v0.1 v1 1.2.3 v1.2.3.4 v01.2.3 V1.0.0 v1.0.0-rc.1 v1.0.0+meta v1.1.0+incompatible \
               v2.0.0 v2.3.0 sub/v1.0.0 release-1 v1.0.0-20200101000000-abcdefabcdef v1.5.0-0 v1.5.0-- \
               größe v1.0.0-é a,b v0.99999999999999999999.0";
    for tag in odd.split_whitespace() {
        lib.tag(tag);
    }
    push_all(&lib);
    let order = site.repository("l/order");
    order.module_at("", &order.module()).commit("all");
    let tags = "v1.0.0-0.9 v1.0.0-1 v1.0.0-RC1 v1.0.0-alpha-1 v1.0.0-beta v1.0.0-rc.2 v1.0.0-rc.10 \
                v1.0.0-rc10 v1.0.0-rc2 v1.0.0";
    for tag in tags.split_whitespace().rev() {
        order.tag(tag);
    }
    push_all(&order);
    let _empty = site.repository("l/empty");
    let daemon = as_direct_mode(&site);
    let direct = Go::direct(&site, "go-direct");
    let root = "v0.1.0 v0.99999999999999999999.0 v1.0.0-rc.1 v1.5.0-0 v1.5.0--";
    check(&daemon, &direct, &m, root);
    // Broken or not: none of these has a go.mod.
    check(&daemon, &direct, &format!("{m}/v2"), "v2.0.0 v2.3.0");
    check(&daemon, &direct, &format!("{m}/sub"), "v1.0.0");
    check(&daemon, &direct, &format!("{m}/nothing"), "");
    check(&daemon, &direct, &order.module(), tags);
    check(&daemon, &direct, "git.example.com/l/empty", "");
}

// Rules: L4, L6, L7
#[test]
fn incompatible_versions_end_where_modules_begin() {
    let site = Site::new();
    let bare = |name: &str, tags: &str| {
        let lib = site.repository(name);
        lib.write("code.go", "package code\n").commit("before modules");
        for tag in tags.split_whitespace() {
            lib.tag(tag);
        }
        lib
    };
    push_all(&bare("l/bare", "v1.0.0 v2.0.0 v2.1.0-rc.1 v3.0.0 v10.0.0"));
    let lib = bare("l/module", "v1.0.0 v2.0.0 v2.1.0-rc.1 v3.0.0");
    lib.module_at("", &lib.module()).commit("a module");
    lib.tag("v1.1.0");
    push_all(&lib);
    // The highest of a major decides for all of it, and v4/go.mod is not looked at.
    let lib = bare("l/majors", "v1.0.0 v2.0.0 v3.0.0 v5.1.0");
    let m = lib.module();
    lib.module_at("", &m).commit("a module");
    lib.tag("v2.1.0-rc.1").tag("v5.0.0").remove("go.mod").module_at("v4", &format!("{m}/v4"));
    lib.commit("v4");
    lib.tag("v4.0.0");
    push_all(&lib);
    let daemon = as_direct_mode(&site);
    let direct = Go::direct(&site, "go-direct");
    let expected = "v1.0.0 v2.0.0+incompatible v2.1.0-rc.1+incompatible v3.0.0+incompatible \
                    v10.0.0+incompatible";
    check(&daemon, &direct, "git.example.com/l/bare", expected);
    check(&daemon, &direct, "git.example.com/l/module", "v1.0.0 v1.1.0");
    let expected = "v1.0.0 v3.0.0+incompatible v4.0.0+incompatible v5.0.0+incompatible \
                    v5.1.0+incompatible";
    check(&daemon, &direct, "git.example.com/l/majors", expected);
    check(&daemon, &direct, "git.example.com/l/majors/v4", "v4.0.0");
}

// Rules: L8, Q11, X9, T1, T3
#[test]
fn retracted_versions_are_listed_and_not_chosen() {
    let site = Site::new();
    let lib = site.repository("l/retract");
    let m = lib.module();
    lib.release("v1.0.0").release("v1.1.0");
    lib.write("go.mod", format!("module {m}\n\ngo 1.21\n\nretract [v1.1.0, v1.1.1]\n"))
        .commit("retract");
    lib.tag("v1.1.1");
    push_all(&lib);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    check(&daemon, &direct, &m, "v1.0.0 v1.1.0 v1.1.1");
    assert_eq!(daemon.get(&format!("/{m}/@latest")).json()["Version"], "v1.0.0");
    for go in [&direct, &proxied] {
        let shown = go.run(&["list", "-m", "-versions", &m]).ok().line();
        assert_eq!(shown, format!("{m} v1.0.0"));
        assert_eq!(go.fetch(&m, "latest").version, "v1.0.0");
        assert_eq!(go.fetch(&m, "v1.1.1").version, "v1.1.1");
    }
}

/// What would be chosen without retractions says what is retracted, and before modules it says nothing.
// Rules: T2, Q11, X9
#[test]
fn latest_before_modules_retracts_nothing() {
    let site = Site::new();
    let lib = site.repository("l/before");
    let m = lib.module();
    lib.write("go.mod", format!("module {m}\n\nretract [v1.0.0, v9.0.0]\n")).commit("a module");
    lib.tag("v1.0.0").remove("go.mod").write("code.go", "package code\n").commit("none");
    lib.tag("v1.1.0-rc.1").tag("v2.0.0");
    push_all(&lib);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    check(&daemon, &direct, &m, "v1.0.0 v1.1.0-rc.1 v2.0.0+incompatible");
    assert_eq!(direct.fetch(&m, "latest").version, "v2.0.0+incompatible");
    let latest = daemon.get(&format!("/{m}/@latest")).json();
    assert_eq!(latest["Version"], "v2.0.0+incompatible");
}

/// A known difference: a proxy is not told the prefix.
// Rules: L10, N1
#[test]
fn prefix_of_a_hidden_major_matches_in_direct_mode_only() {
    let site = Site::new();
    let lib = site.repository("l/prefix");
    let m = lib.module();
    lib.write("code.go", "package code\n").commit("before modules");
    lib.tag("v2.0.0").module_at("", &m).commit("a module");
    lib.tag("v1.0.0");
    push_all(&lib);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    check(&daemon, &direct, &m, "v1.0.0");
    assert_eq!(direct.fetch(&m, "v2").version, "v2.0.0+incompatible");
    let none = proxied.download(&m, &["v2"]).remove(0);
    assert!(none.error.contains("no matching versions for query \"v2\""), "{}", none.error);
}
