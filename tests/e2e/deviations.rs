//! Where modgate answers otherwise than direct mode on purpose (`cases/deviations.txt`): what each side says.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use modgate_tests::compare::{Facts, facts};
use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

#[track_caller]
fn push_all(lib: &Repository<'_>) {
    lib.push(&["--all"]).accepted();
    lib.push(&["--tags"]).accepted();
}

#[track_caller]
fn asked(go: &Go, query: &str) -> Facts {
    facts(&go.fetch(MODULE, query)).expect("what was fetched has facts")
}

// Rules: N2
#[test]
fn branches_that_no_request_can_name_work_in_direct_mode_only() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").write("more.txt", "more").commit("more");
    let branches = ["feature/x", "a!b", "é", "con"];
    for branch in branches {
        lib.git(&["branch", branch]);
    }
    push_all(&lib);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    for branch in branches {
        let wanted = direct.download(MODULE, &[branch]).remove(0);
        assert_eq!(wanted.error, "", "{branch}");
        let got = proxied.download(MODULE, &[branch]).remove(0);
        let refused = ["disallowed version string", "internal error: inconsistency in EscapePath"];
        assert!(refused.iter().any(|words| got.error.contains(words)), "{branch}: {}", got.error);
    }
    for path in ["feature/x", "feature%2Fx", "a!b", "a%21b", "%C3%A9", "con"] {
        daemon.get(&format!("/{MODULE}/@v/{path}.info")).has_status(404);
    }
}

// Rules: N4, O4
#[test]
fn hash_is_named_by_its_smallest_ref_whatever_was_asked_before() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").git(&["tag", "another", "v1.0.0"]);
    let tagged = lib.head();
    lib.write("more.txt", "more").commit("more");
    push_all(&lib);
    let daemon = gate(&site);
    let reference = || {
        let answer = daemon.get(&format!("/{MODULE}/@v/{tagged}.info")).has_status(200).json();
        answer["Origin"]["Ref"].as_str().unwrap_or_default().to_owned()
    };
    let fresh = Go::direct(&site, "go-fresh");
    let wanted = asked(&fresh, &tagged).reference;
    assert_eq!(wanted, "refs/tags/another");
    assert_eq!(reference(), wanted);
    for query in ["main", "v1.0.0", "!h!e!a!d"] {
        daemon.get(&format!("/{MODULE}/@v/{query}.info")).has_status(200);
    }
    assert_eq!(reference(), wanted);
    // Direct mode does not ask for refs when it has the commit.
    let warm = Go::direct(&site, "go-warm");
    asked(&warm, "main");
    assert_eq!(asked(&warm, &tagged).reference, "");
}

/// Settings of git that would change the bytes of a zip: `file` is read by every git command of a user.
fn spoil(file: &Path, attributes: &Path) {
    let text = format!(
        "[core]\n\tattributesFile = {}\n\tautocrlf = true\n\teol = crlf\n\
         [filter \"up\"]\n\tsmudge = tr a-z A-Z\n\tclean = cat\n\trequired = true\n",
        attributes.display()
    );
    fs::write(attributes, "*.go text eol=crlf\n*.txt filter=up ident\n").expect("it is ours");
    let file = OpenOptions::new().append(true).create(true).open(file);
    file.expect("it is ours").write_all(text.as_bytes()).expect("it is ours");
}

// Rules: N9, A2, A6
#[test]
fn git_configuration_of_the_server_changes_no_zip() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.write("read.me", "filtered by the tree's own attributes\n").write("id.txt", "$Id$ lower\n");
    lib.write(".gitattributes", "*.me filter=up\n").release("v1.0.0");
    push_all(&lib);
    let clean = asked(&Go::direct(&site, "go-direct"), "v1.0.0");
    let attributes = site.path("home/attributes");
    spoil(&site.path("home/gitconfig"), &attributes);
    spoil(&lib.bare().join("config"), &attributes);
    fs::create_dir_all(lib.bare().join("info")).expect("the repository is ours");
    fs::write(lib.bare().join("info/attributes"), "* -text ident filter=up\n*.go text eol=crlf\n")
        .expect("the repository is ours");
    let daemon = site.serve();
    assert_eq!(asked(&Go::through(&site, "go-modgate", &daemon.url()), "v1.0.0").sum, clean.sum);
    // Direct mode honours what its user has set.
    let user = Go::direct(&site, "go-user");
    spoil(&site.path("go-user/gitconfig"), &attributes);
    let other = asked(&user, "v1.0.0");
    assert_eq!((&other.version, &other.hash), (&clean.version, &clean.hash));
    assert_ne!(other.sum, clean.sum);
}

// Rules: N12, X20, X21
#[test]
fn text_of_an_error_is_the_body_of_a_404() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").tag("v2.0.0").git(&["branch", "v3.0.0"]);
    lib.module_at("sub", &format!("{MODULE}/sub")).commit("sub");
    push_all(&lib);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    for query in [
        "nosuch",
        "v9.9.9",
        "v2.0.0",
        "v3.0.0",
        "v1.0.0+incompatible",
        "abcdef123456",
        "v0.0.0-20231114221320-abcdef123456",
        "v1.0.1-0.20231114221320-abcdef123456",
    ] {
        let wanted = direct.download(MODULE, &[query]).remove(0).error;
        let answer = daemon.get(&format!("/{MODULE}/@v/{query}.info")).has_status(404);
        assert_eq!(answer.text(), format!("not found: {wanted}\n"), "{query}");
        let got = proxied.download(MODULE, &[query]).remove(0).error;
        let shown = format!("404 Not Found\n\tserver response: not found: {wanted}");
        assert!(got.contains(&shown), "{query}: {got}");
    }
}

/// `@latest` is what the query `latest` selects, which is HEAD only where nothing else can be.
// Rules: N15, X9
#[test]
fn latest_is_a_release_and_head_only_where_there_is_none() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").write("more.txt", "more").commit("more");
    push_all(&lib);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    let latest = || {
        let answer = daemon.get(&format!("/{MODULE}/@latest")).has_status(200).json();
        answer["Version"].as_str().unwrap_or_default().to_owned()
    };
    let check = || {
        let wanted = direct.fetch(MODULE, "latest").version;
        assert_eq!(latest(), wanted);
        wanted
    };
    let head = asked(&direct, "HEAD").version;
    assert!(head.starts_with("v1.0.1-0."), "{head}");
    assert_eq!(check(), "v1.0.0");
    lib.write("go.mod", format!("module {MODULE}\n\nretract [v1.0.0, v1.9.9]\n")).commit("retract");
    lib.tag("v1.1.0").git(&["checkout", "--quiet", "--detach"]);
    push_all(&lib);
    direct.forget();
    let head = check();
    assert!(head.starts_with("v0.0.0-"), "{head}");
}

// Rules: N25, L6, R8
#[test]
fn tag_on_no_commit_spoils_the_list_in_direct_mode_only() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").tag("v2.0.0").git(&["tag", "v1.9.0", "HEAD^{tree}"]);
    push_all(&lib);
    let reason = "unexpected response from git log: \"\"";
    let error = Go::direct(&site, "go-direct").versions(MODULE).expect_err("the list is refused");
    assert!(error.contains(reason), "{error}");
    let daemon = gate(&site);
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    assert_eq!(proxied.versions(MODULE).as_deref(), Ok(&["v1.0.0".to_owned()][..]));
}

// Rules: N26, R5
#[test]
fn ref_named_like_a_commit_is_the_ref_whatever_was_asked_before() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0");
    let first = lib.head();
    let digits = &first[..12];
    let second = lib.write("more.txt", "more").commit("more");
    lib.tag(digits);
    push_all(&lib);
    let daemon = gate(&site);
    let found = |go: &Go| asked(go, digits).hash;
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    assert_eq!(found(&Go::direct(&site, "go-fresh")), second);
    assert_eq!(found(&proxied), second);
    let warm = Go::direct(&site, "go-warm");
    assert_eq!(asked(&warm, "v1.0.0").hash, first);
    asked(&proxied, "v1.0.0");
    assert_eq!(found(&proxied), second);
    assert_eq!(found(&warm), first, "direct mode has the commit now, and takes the digits for it");
}
