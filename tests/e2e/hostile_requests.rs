//! Requests that want to leave the root, reach what nobody shows, or get one module's bytes for another's.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use modgate_tests::daemon::Daemon;
use modgate_tests::http;
use modgate_tests::random::Random;
use modgate_tests::site::Site;
use modgate_tests::table::info;

use crate::push_rules::gate;
use crate::resolving::push_all;

/// What must never be seen in an answer.
const SECRET: &str = "a-secret-word";

/// Module paths, below the host, that lead to no repository.
const PATHS: [&str; 21] = [
    "acme/link",
    "group/other",
    "acme/lib.git",
    "acme/lib.git/nested",
    "acme/lib.git/refs/heads/inner",
    ".hidden",
    "acme/checkout",
    "acme/checkout/.git",
    "acme/lib.wiki",
    "acme/lib/../lib",
    "acme/./lib",
    "acme//lib",
    "acme/lib/",
    "acme/lib%00",
    "acme/lib%2e%2e",
    "acme/lib%252f..%252fother",
    "..%2foutside%2fother",
    "%2e%2e/outside/other",
    "acme/lib/..%2f..%2foutside",
    "acme%5clib",
    "acme/lib%0d%0aX-Y:%20z",
];

/// What is asked of each.
const FILES: [&str; 6] =
    ["@v/list", "@latest", "@v/v1.0.0.info", "@v/v1.0.0.mod", "@v/v1.0.0.zip", "@v/main.info"];

/// What is asked of a module that is there.
const REVISIONS: [&str; 18] = [
    "..%2fHEAD.info",
    "..%2f..%2fHEAD.info",
    "%2e%2e%2fHEAD.info",
    "%252e%252e%252fHEAD.info",
    "HEAD%00.info",
    "..info",
    "...info",
    "refs%2fheads%2fmain.info",
    "refs%5cheads.info",
    "passwd.info",
    "-rf.info",
    "--help.info",
    "%2fetc%2fpasswd.mod",
    "v1.0.0%2f..%2fv1.0.0.zip",
    "v1.0.0.zip%00",
    "v1.0.0%00.zip",
    "%40.info",
    "..%00.zip",
];

/// Copies a bare repository to any place.
fn copy(site: &Site, from: &Path, to: &Path) {
    let made = site.path("copy.git");
    let clone = [
        "clone",
        "--quiet",
        "--bare",
        "--no-local",
        &from.to_string_lossy(),
        &made.to_string_lossy(),
    ];
    site.git(&site.path("work")).args(clone).finish().ok();
    fs::create_dir_all(to.parent().expect("it lies in a folder")).expect("the site is writable");
    fs::rename(made, to).expect("the site is one file system");
}

/// `GET` of a path that must not be answered with content.
#[track_caller]
fn refused(daemon: &Daemon, path: &str) {
    let answer = daemon.get(path);
    assert!([400, 404, 414, 431].contains(&answer.status), "{path}: {answer}");
    assert!(!answer.text().contains(SECRET), "{path}: {answer}");
}

// Rules: X3, X6, X14, I9, M2, M11
#[test]
fn nothing_outside_of_the_shown_repositories_is_read() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.write("secret.txt", SECRET).release("v1.0.0");
    push_all(&lib);
    // The same repository in places where none is served.
    let (root, outside) = (site.root(), site.path("outside"));
    for place in [
        outside.join("other.git"),
        root.join(".hidden.git"),
        root.join("acme/checkout/.git"),
        root.join("acme/lib.wiki.git"),
        lib.bare().join("nested.git"),
        lib.bare().join("refs/heads/inner.git"),
    ] {
        copy(&site, lib.bare(), &place);
    }
    symlink(outside.join("other.git"), root.join("acme/link.git")).expect("the root is writable");
    symlink(&outside, root.join("group")).expect("the root is writable");
    symlink("/etc/passwd", lib.bare().join("refs/heads/passwd")).expect("the repository is ours");
    let daemon = gate(&site);
    let host = "/git.example.com";
    for path in PATHS {
        for file in FILES {
            refused(&daemon, &format!("{host}/{path}/{file}"));
        }
    }
    for file in REVISIONS {
        refused(&daemon, &format!("{host}/acme/lib/@v/{file}"));
    }
    // One encoded slash is a slash: the module is the same one.
    let same = daemon.get("/git.example.com%2facme%2Flib/%40v%2flist").has_status(200);
    assert_eq!(same.text(), "v1.0.0\n");
    daemon.get("/healthz").has_status(200);
}

// Rules: I9, Z7, D2, D3
#[test]
fn longest_repository_answers_and_each_zip_is_its_own() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.module_at("sub", &format!("{m}/sub")).module_at("own", &format!("{m}/own"));
    lib.write("sub/which.txt", "the folder").release("v1.0.0").tag("own/v1.0.0");
    push_all(&lib);
    let inner = site.repository("acme/lib/sub");
    inner.write("which.txt", "the repository").release("v1.0.0");
    push_all(&inner);
    let twin = site.repository("acme/library");
    twin.release("v1.0.0");
    push_all(&twin);
    let daemon = gate(&site);
    let head = lib.head();
    let unknown = format!("{m}/sub@{head}: invalid version: unknown revision {head}");
    assert_eq!(info(&daemon, &inner.module(), &head), format!("no: {unknown}"));
    for (module, head) in [
        (m.clone(), lib.head()),
        (format!("{m}/own"), lib.head()),
        (inner.module(), inner.head()),
        (twin.module(), twin.head()),
    ] {
        let info = daemon.get(&format!("/{module}/@v/v1.0.0.info")).has_status(200).json();
        assert_eq!(info["Origin"]["Hash"], head.as_str(), "{module}");
        let gomod = daemon.get(&format!("/{module}/@v/v1.0.0.mod")).has_status(200).text();
        assert!(gomod.starts_with(&format!("module {module}\n")), "{gomod}");
        let zip = daemon.get(&format!("/{module}/@v/v1.0.0.zip")).has_status(200).body;
        let names = names(&zip);
        let prefix = format!("{module}@v1.0.0/");
        assert!(
            !names.is_empty() && names.iter().all(|name| name.starts_with(&prefix)),
            "{names:?}"
        );
    }
}

/// The names in a zip, from its local headers' signatures and the central directory behind them.
fn names(zip: &[u8]) -> Vec<String> {
    let starts = zip.windows(4).enumerate().filter(|(_, bytes)| bytes == b"PK\x01\x02");
    let name = |(at, _): (usize, &[u8])| {
        let length = usize::from(u16::from_le_bytes([zip[at + 28], zip[at + 29]]));
        String::from_utf8_lossy(&zip[at + 46..at + 46 + length]).into_owned()
    };
    starts.map(name).collect()
}

// Rules: X3, X6, X20
#[test]
fn odd_request_lines_are_answered_or_closed() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0");
    push_all(&lib);
    let daemon = gate(&site);
    let ask = |line: &str| {
        let text = format!("{line}\r\nHost: x\r\nConnection: close\r\n\r\n");
        http::raw(daemon.address(), text.as_bytes(), false)
    };
    // The form that clients use of proxies: host and scheme mean nothing.
    let answer = ask("GET http://evil.example/git.example.com/acme/lib/@v/list HTTP/1.1")
        .expect("an answer");
    assert_eq!((answer.status, answer.text()), (200, "v1.0.0\n".to_owned()));
    for line in [
        "GET * HTTP/1.1",
        "GET git.example.com/acme/lib/@v/list HTTP/1.1",
        "GET file:///etc/passwd HTTP/1.1",
        "GET /git.example.com/acme/lib/@v/list HTTP/9.9",
        "GET /git.example.com/acme/lib/@v/\u{e9}.info HTTP/1.1",
        "get /git.example.com/acme/lib/@v/list HTTP/1.1",
        "GET  /git.example.com/acme/lib/@v/list HTTP/1.1",
    ] {
        if let Ok(answer) = ask(line) {
            assert!(
                (400..500).contains(&answer.status) || answer.status == 505,
                "{line}: {answer}"
            );
        }
    }
    daemon.get("/healthz").has_status(200);
}

/// Resident memory in bytes.
fn memory(daemon: &Daemon) -> u64 {
    let status =
        fs::read_to_string(format!("/proc/{}/status", daemon.pid())).expect("the daemon runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).expect("a number") * 1024
}

// Rules: X6, X20
#[test]
fn ever_new_requests_do_not_fill_the_memory() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0");
    push_all(&lib);
    let daemon = gate(&site);
    let count = modgate_tests::budget::choose(6_000, 60_000);
    let mut random = Random::new(7);
    let mut ask = |from: usize| {
        for number in from..from + count {
            let long = "x".repeat(200 + usize::try_from(random.below(1_500)).unwrap_or_default());
            let path = match number % 3 {
                0 => format!("/git.example.com/acme/lib/@v/{number}{long}.info"),
                1 => format!("/git.example.com/acme/lib/{number}{long}/@v/list"),
                _ => format!("/git.example.com/acme/lib/{number}{long}/@latest"),
            };
            daemon.get(&path);
        }
    };
    ask(0);
    let before = memory(&daemon);
    ask(count);
    let grown = memory(&daemon).saturating_sub(before);
    assert!(grown < 8 << 20, "{count} requests more took {grown} bytes more");
}
