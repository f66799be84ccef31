//! The protocol to the letter: each request that has no answer gets its status, its type and its text, and what
//! the go command asks for arrives as it was meant.

use std::time::Duration;

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::http::Answer;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::table::{Table, info, path};
use modgate_tests::wait;

use crate::push_rules::gate;
use crate::resolving::push_all;

const M: &str = "/git.example.com/acme/lib";

/// One release, one broken tag, and a commit after them.
fn host<'a>(site: &'a Site) -> (Daemon, Repository<'a>) {
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").tag("v2.0.0").write("tip.txt", "tip").commit("tip");
    push_all(&lib);
    (gate(site), lib)
}

/// The go command prints what follows as `server response`: lines of graphic characters, the first not blank.
#[track_caller]
fn is_printed(answer: &Answer) {
    let text = answer.text();
    let lines: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
    assert!(lines.len() <= 8 && text.len() <= 648, "too long: {answer}");
    assert!(lines.iter().all(|line| !line.trim().is_empty()), "a blank line: {answer}");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "not graphic: {answer}");
}

#[track_caller]
fn check(daemon: &Daemon, path: &str, status: u16, text: &str) {
    let answer = daemon.get(path);
    let found = (answer.status, answer.header("content-type"), answer.text());
    assert_eq!(found, (status, "text/plain; charset=utf-8", format!("{text}\n")), "{path}");
    is_printed(&answer);
    let head = daemon.request("HEAD", path, &[]);
    let same = |name| head.header(name) == answer.header(name);
    assert!(
        head.status == status && same("content-type") && same("content-length"),
        "{path}: {head}"
    );
}

// Rules: X4, X5, X6, X12, X20, X21
#[test]
fn refusals_have_their_text() {
    let site = Site::new();
    let (daemon, _lib) = host(&site);
    let not = |path: &str, text: &str| check(&daemon, path, 404, &format!("not found: {text}"));
    let m = &M[1..];
    let of = |file: &str, text: &str| not(&format!("{M}/@v/{file}"), text);
    // What does not exist (X20).
    not("/git.example.com/acme/nosuch/@v/list", "no repository holds git.example.com/acme/nosuch");
    not("/git.example.com/@v/list", "no repository holds git.example.com");
    not(
        "/git.example.com/acme/lib.git/@v/list",
        "no repository holds git.example.com/acme/lib.git",
    );
    not("/git.example.com/acme/!lib/@latest", "no repository holds git.example.com/acme/Lib");
    of("nosuch.info", &format!("{m}@nosuch: invalid version: unknown revision nosuch"));
    for kind in ["info", "mod", "zip"] {
        let unknown = format!("{m}@v9.9.9: invalid version: unknown revision v9.9.9");
        of(&format!("v9.9.9.{kind}"), &unknown);
    }
    let none = format!("{m}/none@v1.0.0: invalid version: unknown revision none/v1.0.0");
    not(&format!("{M}/none/@v/v1.0.0.info"), &none);
    // The major does not fit (Q9.5).
    let must = "module contains a go.mod file, so module path must match major version";
    of("v2.0.0.info", &format!("{m}@v2.0.0: invalid version: {must} (\"{m}/v2\")"));
    // Only canonical versions have a `.mod` and a `.zip` (X4).
    for revision in ["main", "!h!e!a!d", "v1", "v1.0", "v1.0.0+meta", "latest"] {
        for kind in ["mod", "zip"] {
            let name = revision.replace("!h!e!a!d", "HEAD");
            let text = format!("version {name:?} is not canonical");
            of(&format!("{revision}.{kind}"), &text);
        }
    }
    // No endpoint of the protocol (X5).
    for file in
        ["", "v1.0.0", "v1.0.0.exe", "list/", "list/x", "v1.0.0.info/", "a/b.info", "a%2fb.info"]
    {
        of(file, "no such endpoint");
    }
    for path in
        [M, "/git.example.com/acme/lib/@v", "/favicon.ico", "/robots.txt", "/@latest", "/@v/list"]
    {
        not(path, "no such endpoint");
    }
}

// Rules: X15, X20, X21, S20, S25
#[test]
fn what_the_next_proxy_may_have_is_not_found_here() {
    let site = Site::new();
    let (daemon, _lib) = host(&site);
    let not = |path: &str, text: &str| check(&daemon, path, 404, &format!("not found: {text}"));
    // No checksum database, now (S25).
    for below in
        ["supported", "latest", "lookup/git.example.com/acme/lib@v1.0.0", "tile/8/0/000.p/1"]
    {
        for name in ["sum.example.org", "sums.example.org/db"] {
            not(&format!("/sumdb/{name}/{below}"), "no such endpoint");
        }
    }
    // The next proxy has it (X15).
    let toolchain = "v0.0.1-go1.27.3.linux-amd64";
    for file in [
        "list".to_owned(),
        format!("{toolchain}.info"),
        format!("{toolchain}.mod"),
        format!("{toolchain}.zip"),
    ] {
        not(
            &format!("/golang.org/toolchain/@v/{file}"),
            "no repository holds golang.org/toolchain",
        );
    }
}

// Rules: X3, X6, X14, X20, X21, M1, M2, M4, M11
#[test]
fn malformed_paths_have_their_text() {
    let site = Site::new();
    let (daemon, _lib) = host(&site);
    let not = |path: &str, text: &str| check(&daemon, path, 404, &format!("not found: {text}"));
    let malformed = |escaped: &str, path: &str, why: &str| {
        let text = format!(
            "invalid escaped module path {escaped:?}: malformed module path {path:?}: {why}"
        );
        not(&format!("/{}/@v/list", escaped.replace(' ', "%20")), &text);
    };
    malformed("git.example.com/../x", "git.example.com/../x", "invalid path element \"..\"");
    malformed("git.example.com//x", "git.example.com//x", "double slash");
    malformed("git.example.com/x/", "git.example.com/x/", "trailing slash");
    malformed("/git.example.com/x", "/git.example.com/x", "empty path element");
    malformed("git.example.com/.x", "git.example.com/.x", "leading dot in path element");
    malformed("git.example.com/a b", "git.example.com/a b", "invalid char ' '");
    malformed("git.example.com/x/v1", "git.example.com/x/v1", "invalid version");
    malformed("nodot/x", "nodot/x", "missing dot in first path element");
    for escaped in
        ["git.example.com/Acme", "git.example.com/!", "git.example.com/!A", "git.example.com/a!!b"]
    {
        not(&format!("/{escaped}/@v/list"), &format!("invalid escaped module path {escaped:?}"));
    }
    for escaped in ["V1.0.0", "a!", "a!1"] {
        not(&format!("{M}/@v/{escaped}.info"), &format!("invalid escaped version {escaped:?}"));
    }
    for (encoded, version, why) in [
        ("con", "con", "\"con\" disallowed as path element component on Windows"),
        ("a%3ab", "a:b", "invalid char ':'"),
        ("foo.", "foo.", "trailing dot in path element"),
        ("", "", "empty path element"),
        ("..", "..", "invalid path element \"..\""),
        ("v1.0.0*", "v1.0.0*", "invalid char '*'"),
    ] {
        let text = format!("invalid escaped version {version:?}: {why}");
        not(&format!("{M}/@v/{encoded}.info"), &text);
    }
    for encoded in ["%", "%4", "%zz", "%ff", "%c3"] {
        not(&format!("{M}/@v/{encoded}.info"), "malformed percent encoding");
    }
    not(&format!("{M}/@v/{}.info", "a".repeat(2048)), "the path has more than 2048 bytes");
}

// Rules: X2, X20, U9
#[test]
fn methods_other_than_get_and_head_are_405() {
    let site = Site::new();
    let (daemon, _lib) = host(&site);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "CONNECT"] {
        let target = if method == "CONNECT" {
            "example.org:443"
        } else {
            "/git.example.com/acme/lib/@v/list"
        };
        let answer = daemon.request(method, target, &[("Content-Length", "0")]).has_status(405);
        assert_eq!(answer.header("allow"), "GET, HEAD", "{method}");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(answer.text(), "method not allowed\n");
    }
    for base in ["/", "/?go-get=1"] {
        daemon.request("HEAD", base, &[]).has_status(200);
    }
    // Credentials mean nothing, and a query is no part of the path.
    let headers = [("Authorization", "Basic eDp5"), ("Cookie", "a=b"), ("Accept-Encoding", "gzip")];
    let agent = [("User-Agent", "GoCommand/1 (+https://go.dev/cmd/go)")];
    let answer =
        daemon.request("GET", &format!("{M}/@v/list?x=/@latest"), &[&headers[..], &agent].concat());
    assert_eq!(answer.has_status(200).text(), "v1.0.0\n");
}

// Rules: X34
#[test]
fn disabled_fetch_builds_no_zip() {
    let site = Site::new();
    let (daemon, lib) = host(&site);
    let zip = format!("{M}/@v/v1.0.0.zip");
    let ask =
        |path: &str, value: &str| daemon.request("GET", path, &[("Disable-Module-Fetch", value)]);
    let builds = || {
        let metrics = daemon.get("/metrics").text();
        let line = metrics.lines().find(|line| line.starts_with("modgate_zip_builds"));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u32>().ok()).expect("it is counted")
    };
    for value in ["true", "TRUE"] {
        let answer = ask(&zip, value).has_status(404);
        assert_eq!(answer.text(), "not found: temporarily unavailable: not built yet\n");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert!(answer.header("cache-control").contains("no-cache"), "{answer}");
    }
    assert_eq!(builds(), 0);
    // All else lies in the repository.
    let pseudo = format!("v1.0.1-0.{}", lib.stamp("HEAD"));
    for file in [
        "@v/list",
        "@latest",
        "@v/v1.0.0.info",
        "@v/v1.0.0.mod",
        "@v/main.info",
        &format!("@v/{pseudo}.mod"),
    ] {
        ask(&format!("{M}/{file}"), "true").has_status(200);
    }
    let unbuilt = ask(&format!("{M}/@v/{pseudo}.zip"), "true").has_status(404);
    assert_eq!(unbuilt.text(), "not found: temporarily unavailable: not built yet\n");
    let unknown = ask(&format!("{M}/@v/v9.9.9.zip"), "true").has_status(404);
    assert!(unknown.text().contains("unknown revision v9.9.9"), "{unknown}");
    // A HEAD builds nothing either; any other value is no wish.
    daemon.request("HEAD", &zip, &[]).has_status(200);
    assert_eq!(builds(), 0);
    ask(&zip, "false").has_status(200);
    assert_eq!(builds(), 1);
    ask(&zip, "true").has_status(200);
    assert_eq!(builds(), 1);
}

/// Tags that a client can ask for.
const SENT: [&str; 17] = [
    "v1.0.0-RC1",
    "a#b",
    "a%b",
    "a%2fb",
    "a,b",
    "a{b}",
    "a(b)",
    "a+b",
    "a=b",
    "a&b",
    "a@b",
    "a$b",
    "x.zip",
    "x.info",
    "x.mod",
    "list",
    "UPPER",
];

/// Names that only direct mode can ask for.
const UNSENT: [&str; 6] = ["a;b", "a'b", "a!b", "größe", "feature/x", "con"];

// Rules: X3, X4, X5, M10
#[test]
fn odd_revisions_arrive_as_they_were_meant() {
    let site = Site::new();
    let lib = site.repository("Acme/Lib");
    let m = lib.module();
    lib.module_at("", &m).commit("one");
    for tag in [&SENT[..], &UNSENT].concat() {
        lib.tag(tag);
    }
    push_all(&lib);
    let daemon = gate(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    let mut table = Table::default();
    for tag in SENT {
        table.row(&m, tag, format!("v1.0.0-RC1 refs/tags/{tag}"));
    }
    table.check(&daemon, &direct);
    let asked = |go: &Go, queries: &[&str]| -> Vec<(String, String)> {
        let found = go.download(&m, queries);
        found.into_iter().map(|found| (found.version, found.error)).collect()
    };
    // Through the client itself: the same version for each name that can be sent.
    let sent = asked(&proxied, &SENT);
    assert!(
        sent.iter().all(|(version, error)| version == "v1.0.0-RC1" && error.is_empty()),
        "{sent:?}"
    );
    // The others work in direct mode, and are never asked for.
    let infos = || {
        let metrics = daemon.get("/metrics").text();
        metrics
            .lines()
            .filter(|line| line.contains("endpoint=\"info\""))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let before = infos();
    for query in UNSENT {
        let [(version, error)] = &asked(&direct, &[query])[..] else { panic!("one answer") };
        assert_eq!((&**version, &**error), ("v1.0.0-RC1", ""), "{query}");
        let [(_, error)] = &asked(&proxied, &[query])[..] else { panic!("one answer") };
        assert!(
            error.contains("disallowed version string") || error.contains("inconsistency"),
            "{query}: {error}"
        );
    }
    assert_eq!(infos(), before);
}

// Rules: X9, X10, X14, Q11, R9
#[test]
fn latest_is_the_newest_release_or_head() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.module_at("", &m).module_at("sub", &format!("{m}/sub")).commit("one");
    push_all(&lib);
    let daemon = gate(&site);
    let stamp = lib.stamp("HEAD");
    let latest = |module: &str| info(&daemon, module, "latest");
    assert_eq!(latest(&m), format!("v0.0.0-{stamp} -"));
    let soon = Duration::from_secs(5);
    for (tag, expected) in
        [("v1.0.0-rc.1", "v1.0.0-rc.1"), ("v0.9.0", "v0.9.0"), ("v1.0.0-rc.2", "v0.9.0")]
    {
        lib.tag(tag).push(&[tag]).accepted();
        assert_eq!(latest(&m), format!("{expected} refs/tags/{expected}"));
    }
    assert_eq!(latest(&format!("{m}/sub")), format!("v0.0.0-{stamp} -"));
    let missing = format!(
        "no: {m}/none@v0.0.0-{stamp}: invalid version: missing {m}/none/go.mod at revision "
    );
    assert_eq!(latest(&format!("{m}/none")), format!("{missing}{}", &stamp[15..]));
    // Whatever is listed answers (X10).
    for version in daemon.list(&m) {
        for kind in [".info", ".mod", ".zip"] {
            wait::until(soon, "it answers", || daemon.get(&path(&m, &version, kind)).status == 200);
        }
    }
    let other = "no: no repository holds git.example.com/acme/Lib";
    assert_eq!(latest("git.example.com/acme/Lib"), other);
}

// Rules: X21
#[test]
fn reason_is_printed_by_the_client_whatever_is_in_it() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0");
    let mut said = Vec::new();
    for (tag, file, text) in [
        ("v1.1.0", "go.mod", "module \"git.example.com/\u{202e}\u{200b}x\"\n".to_owned()),
        ("v1.2.0", "go.mod", format!("module \"git.example.com/{}\"\n", "é".repeat(2000))),
        (
            "v1.3.0",
            "go.mod",
            format!("module git.example.com/acme/lib\n{}", "require )\n".repeat(50)),
        ),
        ("v1.4.0", "go.mod", "module \"git.example.com/\\x1b[31m\"\n".to_owned()),
        ("v1.5.0", "\u{202e}\n\u{9b}.go", "package code\n".to_owned()),
    ] {
        lib.write(file, text).commit(tag);
        lib.tag(tag);
        said.push(tag);
    }
    push_all(&lib);
    let daemon = gate(&site);
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    for tag in said {
        let answer = daemon.get(&format!("{M}/@v/{tag}.info")).has_status(404);
        is_printed(&answer);
        let error = proxied.download(&M[1..], &[tag]).remove(0).error;
        let printed = error.split_once("server response:").map(|(_, printed)| printed.trim());
        assert_eq!(printed, Some(answer.text().trim_end()), "{tag}: {error:?}");
    }
}
