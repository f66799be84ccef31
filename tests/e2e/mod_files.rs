//! What is served as `.mod` (section 10).

use modgate_tests::golang::Go;
use modgate_tests::site::Site;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

/// A repository before modules, whose last release has a go.mod.
// Rules: G3, G4, D9.4
#[test]
fn go_mod_is_made_up_where_there_is_none() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.write("code.go", "package code\n").commit("one");
    lib.tag("v0.9.0").tag("v1.0.0").tag("v2.0.0").tag("v3.1.0-rc.1");
    let tip = lib.write("more.go", "package code\n").commit("two");
    lib.push(&["--all"]).accepted();
    lib.push(&["--tags"]).accepted();
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    let made = format!("module {MODULE}\n");
    let pseudo = direct.fetch(MODULE, &tip).version;
    assert!(pseudo.starts_with("v3.1.0-rc.1.0.") && pseudo.ends_with("+incompatible"), "{pseudo}");
    for version in
        ["v0.9.0", "v1.0.0", "v2.0.0+incompatible", "v3.1.0-rc.1+incompatible", pseudo.as_str()]
    {
        let answer = daemon.get(&format!("/{MODULE}/@v/{version}.mod")).has_status(200);
        assert_eq!(answer.text(), made, "{version}");
        let [wanted, got] = [&direct, &proxied].map(|go| go.fetch(MODULE, version));
        assert_eq!((&wanted.sum, &wanted.go_mod_sum), (&got.sum, &got.go_mod_sum), "{version}");
    }
}

/// A pseudo-version must be true in all its parts before anything is served for it.
// Rules: G1, Z1, X4
#[test]
fn only_canonical_versions_have_a_go_mod_and_a_zip() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").tag("v1.1.0+meta").tag("nightly");
    let tip = lib.write("more.txt", "more").commit("two");
    lib.push(&["--all"]).accepted();
    lib.push(&["--tags"]).accepted();
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    let pseudo = direct.fetch(MODULE, &tip).version;
    assert!(pseudo.starts_with("v1.1.1-0.2023"), "the base is v1.1.0+meta: {pseudo}");
    let get = |version: &str, kind: &str| daemon.get(&format!("/{MODULE}/@v/{version}.{kind}"));
    for kind in ["mod", "zip"] {
        get("v1.0.0", kind).has_status(200);
        get(&pseudo, kind).has_status(200);
        for version in [
            "v1",
            "v1.0",
            "v1.0.0+meta",
            "v1.1.0+meta",
            "main",
            "!h!e!a!d",
            "nightly",
            &tip,
            &tip[..12],
        ] {
            let answer = get(version, kind).has_status(404);
            assert!(answer.text().contains("not canonical"), "{version}: {answer}");
        }
        for (version, words) in [
            (pseudo.replace("v1.1.1-0.", "v1.0.2-0."), "preceding tag (v1.0.1) not found"),
            (pseudo.replace("-0.2023", "-0.2024"), "does not match version-control timestamp"),
            (format!("{}abcdef", &pseudo[..pseudo.len() - 6]), "unknown revision"),
            (format!("{pseudo}+incompatible"), "+incompatible suffix not allowed"),
            ("v1.0.0+incompatible".to_owned(), "+incompatible suffix not allowed"),
            ("v1.2.0".to_owned(), "unknown revision v1.2.0"),
        ] {
            let answer = get(&version, kind).has_status(404);
            assert!(answer.text().contains(words), "{version}: {answer}");
        }
    }
}
