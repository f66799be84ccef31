//! The wire: methods, headers, ranges, statuses and texts.

use std::io::{Read, Write};
use std::net::TcpStream;

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::http::{self, Answer};
use modgate_tests::site::Site;
use modgate_tests::wait;

use crate::push_rules::gate;

const MODULE: &str = "/git.example.com/acme/lib";

/// A host with one release, and one broken tag that was there before.
#[track_caller]
fn host(site: &Site) -> Daemon {
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").tag("v2.0.0").push(&["main", "--tags"]).accepted();
    gate(site)
}

/// One line of plain text.
#[track_caller]
fn is_one_line(answer: &Answer) {
    let text = answer.text();
    assert!(answer.header("content-type").starts_with("text/plain"), "{answer}");
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let fine = !text.is_empty() && !text.chars().any(char::is_control);
    assert!(fine, "not one line of text: {answer}");
}

// Rules: X2, O1, O3
#[test]
pub(crate) fn answers_have_their_types_and_lifetimes() {
    let site = Site::new();
    let daemon = host(&site);
    let mut wrong = Vec::new();
    for (file, kind, immutable) in [
        ("@v/list", "text/plain; charset=utf-8", false),
        ("@v/v1.0.0.info", "application/json", true),
        ("@v/v1.0.0.mod", "text/plain; charset=utf-8", true),
        ("@v/v1.0.0.zip", "application/zip", true),
        ("@latest", "application/json", false),
        ("@v/main.info", "application/json", false),
    ] {
        let answer = daemon.get(&format!("{MODULE}/{file}")).has_status(200);
        let control = answer.header("cache-control");
        if answer.header("content-type") != kind
            || control.contains("immutable") != immutable
            || control.is_empty()
        {
            wrong.push(format!("{file}: {:?}, {control:?}", answer.header("content-type")));
        }
        let head = daemon.request("HEAD", &format!("{MODULE}/{file}"), &[]).has_status(200);
        assert!(head.body.is_empty());
        for name in ["content-type", "cache-control", "etag", "content-length"] {
            if head.header(name) != answer.header(name) {
                wrong.push(format!("HEAD {file}: {name} is {:?}", head.header(name)));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(daemon.get(&format!("{MODULE}/@v/list")).text(), "v1.0.0\n");
    let info = daemon.get(&format!("{MODULE}/@v/v1.0.0.info")).json();
    assert_eq!(info["Version"], "v1.0.0");
    assert_eq!(info["Origin"]["VCS"], "git");
    assert_eq!(info["Origin"]["URL"], "https://git.example.com/acme/lib");
    assert_eq!(info["Origin"]["Ref"], "refs/tags/v1.0.0");
    assert!(info["Time"].as_str().is_some_and(|time| time.ends_with('Z')), "{info}");
}

#[test]
fn etag_answers_not_modified() {
    let site = Site::new();
    let daemon = host(&site);
    for file in ["@v/list", "@v/v1.0.0.info", "@v/v1.0.0.mod", "@v/v1.0.0.zip", "@latest"] {
        let path = format!("{MODULE}/{file}");
        let etag = daemon.get(&path).header("etag").to_owned();
        assert!(etag.starts_with('"') || etag.starts_with("W/\""), "ETag of {file}: {etag:?}");
        let answer = daemon.request("GET", &path, &[("If-None-Match", &etag)]).has_status(304);
        assert!(answer.body.is_empty());
        daemon.request("GET", &path, &[("If-None-Match", "\"other\"")]).has_status(200);
    }
}

#[test]
fn zips_have_ranges() {
    let site = Site::new();
    let daemon = host(&site);
    let path = format!("{MODULE}/@v/v1.0.0.zip");
    let head = daemon.request("HEAD", &path, &[]).has_status(200);
    assert_eq!(
        head.header("content-length"),
        "",
        "HEAD of a zip that is not built yet knows no length"
    );
    let range = |range: &str| daemon.request("GET", &path, &[("Range", range)]);
    let first = range("bytes=0-9").has_status(206);
    let whole = daemon.get(&path).has_status(200).body;
    let (size, end) = (whole.len(), whole.len() - 1);
    assert!(whole.starts_with(b"PK"));
    assert_eq!(first.body, &whole[..10]);
    assert_eq!(first.header("content-range"), format!("bytes 0-9/{size}"));
    let tail = range("bytes=-7").has_status(206);
    assert_eq!(tail.body, &whole[size - 7..]);
    assert_eq!(tail.header("content-range"), format!("bytes {}-{end}/{size}", size - 7));
    let rest = range("bytes=20-").has_status(206);
    assert_eq!(rest.body, &whole[20..]);
    assert_eq!(range("bytes=0-99999999").has_status(206).body, whole);
    let beyond = range("bytes=99999999-").has_status(416);
    assert_eq!(beyond.header("content-range"), format!("bytes */{size}"));
    // A unit or a form that we do not know is ignored (RFC 9110, 14.2).
    for odd in ["lines=0-9", "bytes=9-0", "bytes=x", "bytes="] {
        let answer = range(odd);
        assert!([200, 416].contains(&answer.status), "{odd}: {answer}");
    }
}

// Rules: X12, X15, X20, S25
#[test]
pub(crate) fn what_is_not_there_is_said_in_one_line() {
    let site = Site::new();
    let daemon = host(&site);
    for (path, words) in [
        ("/git.example.com/acme/nosuch/@v/list", "git.example.com/acme/nosuch"),
        ("/git.example.com/acme/lib/@v/v9.9.9.info", "v9.9.9"),
        ("/git.example.com/acme/lib/@v/v9.9.9.mod", "v9.9.9"),
        ("/git.example.com/acme/lib/@v/v9.9.9.zip", "v9.9.9"),
        ("/git.example.com/acme/lib/@v/nosuch.info", "nosuch"),
        ("/git.example.com/acme/lib/v2/@v/v2.0.0.info", "major-suffix-missing"),
        ("/git.example.com/acme/lib/v2/@v/v2.0.0.zip", "major-suffix-missing"),
        ("/example.org/other/@v/list", "example.org/other"),
        ("/example.org/other/@latest", "example.org/other"),
        ("/golang.org/toolchain/@v/list", "golang.org/toolchain"),
        ("/sumdb/sums.example.org/supported", ""),
    ] {
        let answer = daemon.get(path);
        assert!([404, 410].contains(&answer.status), "{path}: {answer}");
        assert!(answer.text().contains(words), "{path}: no {words:?} in {answer}");
        is_one_line(&answer);
    }
    // Under a repository of ours a path that is no module is empty, not missing (X12).
    let answer = daemon.get("/git.example.com/acme/lib/no/module/@v/list").has_status(200);
    assert_eq!(answer.text(), "");
    daemon.get("/git.example.com/acme/lib/no/module/@latest").has_status(404);
}

// Rules: X6
#[test]
fn hostile_paths_are_refused() {
    let site = Site::new();
    let daemon = host(&site);
    let long = format!("/git.example.com/{}/@v/list", "a/".repeat(3000));
    for path in [
        "//",
        "/@v/list",
        "/@latest",
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/git.example.com/acme/lib/../lib/@v/list",
        "/git.example.com/acme/lib.git/@v/list",
        "/git.example.com/acme/lib/@v/../HEAD.info",
        "/git.example.com/acme/lib/@v/..%2f..%2fHEAD.info",
        "/git.example.com/acme/lib/@v/%00.info",
        "/git.example.com/acme/lib/@v/v1.0.0%0a.info",
        "/git.example.com/acme/lib/@v/%zz.info",
        "/git.example.com/acme/lib/@v/%.info",
        "/git.example.com/acme/lib/@v/%ff.info",
        "/git.example.com/acme/lib/@v/%252e%252e.info",
        "/git.example.com/Acme/Lib/@v/list",
        "/git.example.com/acme/!lib/@v/list",
        "/git.example.com/acme/!/@v/list",
        "/git.example.com/acme/!!lib/@v/list",
        "/git.example.com//acme/lib/@v/list",
        "/git.example.com/acme/lib/@v/",
        "/git.example.com/acme/lib/@v/.info",
        "/git.example.com/acme/lib/@v/v1.0.0",
        "/git.example.com/acme/lib/@v/v1.0.0.exe",
        "/git.example.com/acme/lib/@v/main.zip",
        "/git.example.com/acme/lib/@v/main.mod",
        "/git.example.com/acme/lib/@v/list/more",
        "/git.example.com/acme/lib/@v/con.info",
        "/git.example.com/acme/lib/@v/refs%2fheads%2fmain.info",
        "/git.example.com/acme/lib/@v/-.info",
        "/git.example.com/acme/lib/@v/HEAD%5e.info",
        "/git.example.com/acme/lib/@v/main@%7b1%7d.info",
        &long,
    ] {
        let answer = daemon.get(path);
        let refused = [400, 404, 414, 431].contains(&answer.status);
        assert!(refused, "{:?}: {answer}", &path[..path.len().min(100)]);
    }
    daemon.get("/healthz").has_status(200);
}

// Rules: X3, M11
#[test]
fn percent_encoded_path_is_decoded_once() {
    let site = Site::new();
    let lib = site.repository("Acme/Lib");
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let daemon = gate(&site);
    for path in ["/git.example.com/!acme/!lib/@v/list", "/git.example.com/%21acme/%21lib/@v/list"] {
        assert_eq!(daemon.get(path).has_status(200).text(), "v1.0.0\n");
    }
}

#[test]
fn bytes_that_are_no_request_harm_nobody() {
    let site = Site::new();
    let daemon = host(&site);
    let long = [b"GET /".to_vec(), vec![b'a'; 2_000_000], b" HTTP/1.1\r\n\r\n".to_vec()].concat();
    let headers = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(100_000)).into_bytes();
    for bytes in [
        b"\x16\x03\x01\x02\x00".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        long,
        headers,
        b"\0\0\0\0\r\n\r\n".to_vec(),
    ] {
        // An answer or a closed connection: both are right.
        if let Ok(answer) = http::raw(daemon.address(), &bytes, false) {
            assert!((400..500).contains(&answer.status), "{answer}");
        }
    }
    daemon.get("/healthz").has_status(200);
}

// Rules: X20
#[test]
fn other_methods_are_not_allowed() {
    let site = Site::new();
    let daemon = host(&site);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = daemon
            .request(method, &format!("{MODULE}/@v/list"), &[("Content-Length", "0")])
            .has_status(405);
        assert!(answer.header("allow").contains("GET"), "{answer}");
    }
}

#[test]
fn health_readiness_and_metrics() {
    let site = Site::new();
    let daemon = host(&site);
    daemon.get("/healthz").has_status(200);
    daemon.get("/readyz").has_status(200);
    daemon.get(&format!("{MODULE}/@v/v1.0.0.zip")).has_status(200);
    let metrics = daemon.get("/metrics").has_status(200);
    let text = metrics.text();
    assert!(text.contains("# TYPE ") && text.contains("modgate_"), "{metrics}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let value = line.rsplit(' ').next().unwrap_or_default();
        assert!(value.parse::<f64>().is_ok(), "not a sample: {line:?}");
    }
}

#[test]
fn many_clients_of_one_new_zip_get_the_same_bytes() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.write("large.bin", noise(4_000_000)).release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let daemon = gate(&site);
    let path = format!("{MODULE}/@v/v1.0.0.zip");
    let bodies: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let clients: Vec<_> =
            (0..8).map(|_| scope.spawn(|| daemon.get(&path).has_status(200).body)).collect();
        clients.into_iter().map(|client| client.join().expect("the client ends")).collect()
    });
    assert!(bodies[0].len() > 3_000_000);
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[test]
fn cache_keeps_its_limit_and_the_hashes_stay() {
    let site = Site::new();
    site.configure("[cache]\nzip_bytes = 250000\n");
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    let mut receipts = Vec::new();
    for version in ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"] {
        lib.write("large.bin", noise(100_000)).release(version);
        receipts.push(lib.push(&["main", version]).accepted().receipt());
    }
    let go = Go::through(&site, "go-modgate", &daemon.url());
    for _ in 0..2 {
        for receipt in &receipts {
            assert_eq!(go.fetch(&receipt.module, &receipt.version).sum, receipt.h1);
        }
        go.forget();
    }
    let cache_bytes = || {
        let status = site.modgate(&["status", "--json"]).finish().ok().json();
        status["cache_bytes"].as_u64().unwrap_or(u64::MAX)
    };
    wait::until(wait::SOON, "the cache is within its limit", || cache_bytes() <= 250_000);
    assert!(cache_bytes() > 0, "nothing is in the cache");
}

#[test]
fn stop_lets_requests_finish() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.write("large.bin", noise(30_000_000))
        .release("v1.0.0")
        .push(&["main", "v1.0.0"])
        .accepted();
    let daemon = gate(&site);
    let path = format!("{MODULE}/@v/v1.0.0.zip");
    let whole = daemon.get(&path).has_status(200).body;
    let mut stream = TcpStream::connect(daemon.address()).expect("the daemon listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .expect("the request is sent");
    let mut start = [0; 1000];
    stream.read_exact(&mut start).expect("the answer begins");
    daemon.terminate();
    // It takes no more connections, but ends only after this one.
    wait::until(wait::SOON, "no new connection", || TcpStream::connect(daemon.address()).is_err());
    let mut rest = start.to_vec();
    stream.read_to_end(&mut rest).expect("the answer goes on");
    assert!(
        rest.ends_with(&whole[whole.len() - 1000..]),
        "the answer is cut off after {} bytes",
        rest.len()
    );
    daemon.stop();
}

#[test]
fn no_process_is_started_for_requests() {
    let site = Site::new();
    let daemon = host(&site);
    for file in
        ["@v/list", "@v/v1.0.0.info", "@v/v1.0.0.mod", "@v/v1.0.0.zip", "@latest", "@v/main.info"]
    {
        daemon.get(&format!("{MODULE}/{file}")).has_status(200);
    }
    // Children that ended show in the times of the parent: fields 16 and 17 of stat.
    let stat =
        std::fs::read_to_string(format!("/proc/{}/stat", daemon.pid())).expect("the daemon runs");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    assert_eq!((fields[13], fields[14]), ("0", "0"), "children used processor time: {stat}");
}

/// Bytes that do not get smaller in a zip.
fn noise(count: usize) -> Vec<u8> {
    let mut random = modgate_tests::random::Random::new(11);
    (0..count).map(|_| u8::try_from(random.below(256)).unwrap_or_default()).collect()
}
