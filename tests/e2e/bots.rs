//! What else speaks the protocol: update bots, other proxies, documentation sites. They send what the go command
//! never sends: other escapes, conditions, HEAD, `Accept`, several requests on one connection.

use std::collections::BTreeMap;

use modgate_tests::http::{Answer, Connection, escape};

use crate::clients::{Host, LIB, OLD, SUB, UPPER};

/// Headers of programs that ask proxies; none of them may change an answer.
const BOTS: [(&str, &[(&str, &str)]); 6] = [
    (
        "update bot on node",
        &[
            ("User-Agent", "RenovateBot/42.0.0"),
            ("Accept", "application/json"),
            ("Accept-Encoding", "gzip, deflate, br"),
            ("Cache-Control", "max-age=0"),
        ],
    ),
    (
        "update bot on ruby",
        &[
            ("User-Agent", "dependabot-core/0.300.0 excon/1.2.0 ruby/3.3.6"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip"),
            ("TE", "trailers, deflate, gzip"),
        ],
    ),
    (
        "proxy that pulls",
        &[("User-Agent", "Go-http-client/1.1"), ("Accept-Encoding", "gzip"), ("Via", "1.1 proxy")],
    ),
    ("shell script", &[("User-Agent", "curl/7.88.1"), ("Accept", "*/*")]),
    ("browser", &[("Accept", "text/html,application/xhtml+xml;q=0.9"), ("Cookie", "a=b")]),
    ("cache that asks again", &[("If-Modified-Since", "Wed, 21 Oct 2035 07:28:00 GMT")]),
];

/// No repository holds it.
const NOBODYS: &str = "git.example.com/acme/nosuch";

/// All that a cache or a client goes by.
fn facts(answer: &Answer) -> BTreeMap<&'static str, String> {
    let names = [
        "content-type",
        "content-length",
        "cache-control",
        "etag",
        "accept-ranges",
        "content-encoding",
        "last-modified",
        "vary",
        "location",
        "set-cookie",
    ];
    let mut facts: BTreeMap<_, _> =
        names.iter().map(|name| (*name, answer.header(name).to_owned())).collect();
    facts.insert("status", answer.status.to_string());
    facts
}

/// Every kind of request, with its status.
fn requests(host: &Host) -> Vec<(String, u16)> {
    let (lib, upper, old) = (escape(LIB), escape(UPPER), escape(OLD));
    let mut requests = vec![
        (format!("/{lib}/@v/topic.info"), 200),
        (format!("/{lib}/@v/{}.mod", host.topic_version), 200),
        (format!("/{lib}/no/module/@v/list"), 200),
        (format!("/{lib}/v3/@latest"), 404),
        (format!("/{lib}/@v/v1.9.0.info"), 404),
        (format!("/{lib}/@v/v9.9.9.zip"), 404),
        (format!("/{lib}?go-get=1"), 404),
        ("/git.example.com/acme/nosuch/@v/list".to_owned(), 404),
    ];
    for (module, version) in [(lib, "v1.2.0"), (upper, "v1.1.0"), (old, "v2.0.0+incompatible")] {
        requests.push((format!("/{module}/@v/list"), 200));
        requests.push((format!("/{module}/@latest"), 200));
        for kind in ["info", "mod", "zip"] {
            requests.push((format!("/{module}/@v/{version}.{kind}"), 200));
        }
    }
    requests
}

// Rules: X1, X2, X20
#[test]
fn answers_do_not_depend_on_who_asks() {
    let host = Host::new();
    for (path, status) in requests(&host) {
        let plain = host.daemon.get(&path).has_status(status);
        let length = plain.body.len().to_string();
        assert_eq!(plain.header("content-length"), length, "{path}: {plain}");
        for name in ["content-encoding", "last-modified", "location", "set-cookie"] {
            assert_eq!(plain.header(name), "", "{path}: {plain}");
        }
        for (bot, headers) in BOTS {
            let answer = host.daemon.request("GET", &path, headers);
            assert_eq!(facts(&answer), facts(&plain), "{bot}: {path}");
            assert_eq!(answer.body, plain.body, "{bot}: {path}");
            let head = host.daemon.request("HEAD", &path, headers);
            assert_eq!(facts(&head), facts(&plain), "{bot}: HEAD {path}");
        }
    }
}

// Rules: X3, X6, X14
#[test]
fn escapes_may_be_percent_encoded_or_not() {
    let host = Host::new();
    let odd = host.site.repository("Acme/ODD");
    odd.module_at("", "git.example.com/Acme/ODD").commit("odd");
    odd.tag("v1.0.0-RC1").push(&["main", "v1.0.0-RC1"]).accepted();
    let module = "git.example.com/Acme/ODD";
    host.daemon.wait_for(modgate_tests::wait::SOON, module, "v1.0.0-RC1");
    for path in ["!acme/!o!d!d", "%21acme/%21o%21d%21d", "%21acme/!o%21d!d", "%21%61cme/%21o!d!d"] {
        for version in ["v1.0.0-!r!c1", "v1.0.0-%21r%21c1", "v1%2E0.0-!r%21c1", "%761.0.0-!r!c1"] {
            let file = format!("/git.example.com/{path}/@v/{version}");
            let info = host.daemon.get(&format!("{file}.info")).has_status(200).json();
            assert_eq!(info["Version"], "v1.0.0-RC1", "{file}");
            let go_mod = host.daemon.get(&format!("{file}.mod")).has_status(200).text();
            assert_eq!(go_mod, format!("module {module}\n\ngo 1.21\n"), "{file}");
            host.daemon.get(&format!("{file}.zip")).has_status(200);
        }
        let latest = host.daemon.get(&format!("/git.example.com/{path}/%40latest"));
        assert_eq!(latest.has_status(200).json()["Version"], "v1.0.0-RC1", "{path}");
    }
    // Escaped in another way than the one is not found: no two names for one thing.
    for path in
        ["Acme/ODD", "acme/odd", "!acme/!odd", "%41cme/ODD", "!Acme/!o!d!d", "%2521acme/!o!d!d"]
    {
        host.daemon.get(&format!("/git.example.com/{path}/@v/v1.0.0-!r!c1.info")).has_status(404);
    }
    for version in ["v1.0.0-RC1", "v1.0.0-rc1", "v1.0.0-%52%431", "v1.0.0-%2521r!c1"] {
        let path = format!("/git.example.com/!acme/!o!d!d/@v/{version}.info");
        host.daemon.get(&path).has_status(404);
    }
    // A plus is a plus, encoded or not.
    for version in ["v2.0.0+incompatible", "v2.0.0%2Bincompatible", "v2.0.0%2bincompatible"] {
        let info = host.daemon.get(&format!("/{OLD}/@v/{version}.info")).has_status(200).json();
        assert_eq!(info["Version"], "v2.0.0+incompatible");
    }
    host.daemon.get(&format!("/{OLD}/@v/v2.0.0 incompatible.info")).has_status(400);
    host.daemon.get(&format!("/{OLD}/@v/v2.0.0%20incompatible.info")).has_status(404);
}

/// An update bot reads the list and each `.info`, then tries one major version after the other until a list is
/// missing or empty.
#[track_caller]
fn releases(host: &Host, module: &str) -> (Vec<String>, String) {
    let (_, headers) = BOTS[0];
    let get = |path: &str| host.daemon.request("GET", path, headers);
    let (mut found, mut latest) = (Vec::new(), String::new());
    for major in 1..100 {
        let path = if major == 1 { escape(module) } else { format!("{}/v{major}", escape(module)) };
        let list = get(&format!("/{path}/@v/list"));
        // Below a repository that is there no list is missing: it has nothing in it (X12).
        assert_eq!(list.status == 200, module != NOBODYS, "{path}: {list}");
        let newest = get(&format!("/{path}/@latest"));
        if newest.status == 200 {
            latest = newest.json()["Version"].as_str().unwrap_or_default().to_owned();
        }
        if list.status == 404 || list.body.is_empty() {
            break;
        }
        for version in list.text().lines() {
            let version = escape(version);
            let info = get(&format!("/{path}/@v/{version}.info")).has_status(200).json();
            assert!(
                info["Time"].as_str().is_some_and(|time| time.starts_with("2023-11-1")),
                "{info}"
            );
            found.push(info["Version"].as_str().unwrap_or_default().to_owned());
        }
    }
    (found, latest)
}

// Rules: X9, X10, X12
#[test]
fn update_bot_finds_every_release_and_comes_to_an_end() {
    let host = Host::new();
    for (module, versions, latest) in [
        (LIB, &["v1.0.0", "v1.0.1", "v1.1.0", "v1.2.0", "v2.0.0"][..], "v2.0.0"),
        (SUB, &["v0.1.0", "v0.2.0"], "v0.2.0"),
        (UPPER, &["v1.0.0", "v1.1.0"], "v1.1.0"),
        (OLD, &["v1.0.0", "v2.0.0+incompatible"], "v2.0.0+incompatible"),
        (NOBODYS, &[], ""),
    ] {
        let (found, newest) = releases(&host, module);
        assert_eq!(
            (found, newest.as_str()),
            (versions.iter().map(|v| (*v).to_owned()).collect(), latest),
            "{module}"
        );
    }
}

// Rules: X34
#[test]
fn nothing_is_built_for_those_who_ask_not_to_fetch() {
    let host = Host::new();
    let quiet = [("Disable-Module-Fetch", "true"), ("User-Agent", "docs/1.0")];
    let get = |file: &str| host.daemon.request("GET", &format!("/{LIB}/{file}"), &quiet);
    assert_eq!(get("@latest").has_status(200).json()["Version"], "v1.2.0");
    let version = &host.topic_version;
    for file in ["@v/list", "@v/v1.2.0.info", "@v/v1.2.0.mod", &format!("@v/{version}.info")] {
        get(file).has_status(200);
    }
    for version in ["v1.2.0", version.as_str()] {
        let zip = format!("@v/{version}.zip");
        let refused = get(&zip).has_status(404);
        assert_eq!(refused.text(), "not found: temporarily unavailable: not built yet\n");
        assert_eq!(refused.header("cache-control"), "no-cache", "it is for now only");
        let head = host.daemon.request("HEAD", &format!("/{LIB}/{zip}"), &quiet).has_status(200);
        assert_eq!(head.header("content-length"), "", "{head}");
        // Somebody else asks, and then it is there.
        let whole = host.daemon.get(&format!("/{LIB}/{zip}")).has_status(200);
        assert_eq!(get(&zip).has_status(200).body, whole.body);
        let head = host.daemon.request("HEAD", &format!("/{LIB}/{zip}"), &quiet).has_status(200);
        assert_eq!(head.header("content-length"), whole.body.len().to_string());
    }
    get("@v/v9.9.9.zip").has_status(404);
}

// Rules: X2
#[test]
fn conditions_and_ranges_are_taken_as_caches_send_them() {
    let host = Host::new();
    for (path, status) in requests(&host) {
        let plain = host.daemon.get(&path).has_status(status);
        let etag = plain.header("etag").to_owned();
        assert_eq!(etag.is_empty(), status != 200 || plain.body.is_empty(), "{path}: {plain}");
        let ask = |method: &str, name: &str, value: &str| {
            host.daemon.request(method, &path, &[(name, value)])
        };
        if !etag.is_empty() {
            let unchanged =
                [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()];
            for known in unchanged {
                for method in ["GET", "HEAD"] {
                    let answer = ask(method, "If-None-Match", &known).has_status(304);
                    assert_eq!(answer.header("etag"), etag, "{path}: {answer}");
                    assert_eq!(answer.header("cache-control"), plain.header("cache-control"));
                }
            }
        }
        assert_eq!(ask("GET", "If-None-Match", "\"x\"").has_status(status).body, plain.body);
        // Only zips are large enough for parts.
        let is_zip = path.ends_with(".zip") && status == 200;
        assert_eq!(plain.header("accept-ranges"), if is_zip { "bytes" } else { "" }, "{path}");
        let part = ask("GET", "Range", "bytes=0-3");
        if is_zip {
            assert_eq!(part.has_status(206).body, &plain.body[..4], "{path}");
        } else {
            assert_eq!(part.has_status(status).body, plain.body, "{path}");
        }
    }
}

#[test]
fn one_connection_serves_many_requests() {
    let host = Host::new();
    let mut connection = Connection::open(host.daemon.address()).expect("the daemon listens");
    let mut ask = |method: &str, path: &str, headers: &[(&str, &str)]| {
        let answer = connection.ask(method, path, headers);
        answer.unwrap_or_else(|error| panic!("{method} {path}: the connection ended: {error}"))
    };
    let requests = requests(&host);
    for (path, status) in requests.iter().chain(&requests) {
        let plain = ask("GET", path, &[]).has_status(*status);
        ask("HEAD", path, &[]).has_status(*status);
        if plain.header("etag").is_empty() {
            continue;
        }
        ask("GET", path, &[("If-None-Match", plain.header("etag"))]).has_status(304);
        assert_eq!(ask("GET", path, &[]).body, plain.body, "{path}");
    }
    let zip = format!("/{LIB}/@v/v1.0.0.zip");
    // HEAD of a zip that is not built says no length, and must not take the next answer for a body.
    assert_eq!(ask("HEAD", &zip, &[]).has_status(200).header("content-length"), "");
    ask("GET", &zip, &[("Range", "bytes=5-9")]).has_status(206);
    ask("GET", &zip, &[("Range", "bytes=99999999-")]).has_status(416);
    ask("POST", &zip, &[("Content-Length", "0")]).has_status(405);
    ask("GET", &format!("/{LIB}/@v/list"), &[]).has_status(200);
}

#[test]
fn clients_of_http_1_0_are_answered() {
    let host = Host::new();
    for (path, status) in requests(&host) {
        let plain = host.daemon.get(&path).has_status(status);
        for method in ["GET", "HEAD"] {
            let request = format!("{method} {path} HTTP/1.0\r\n\r\n");
            let mut connection = Connection::open(host.daemon.address()).expect("it listens");
            let answer = connection.send(request.as_bytes(), method == "HEAD");
            let answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
            assert_eq!(answer.header("transfer-encoding"), "", "{path}: {answer}");
            assert_eq!(facts(&answer), facts(&plain), "{method} {path}");
            if method == "GET" {
                assert_eq!(answer.body, plain.body, "{path}");
            }
            // Without being asked to stay, the server hangs up.
            assert!(connection.ask("GET", &path, &[]).is_err(), "{path}: still open");
        }
        let stay = format!("GET {path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        let mut connection = Connection::open(host.daemon.address()).expect("it listens");
        for _ in 0..2 {
            let answer = connection.send(stay.as_bytes(), false);
            let answer = answer.unwrap_or_else(|error| panic!("keep-alive {path}: {error}"));
            assert_eq!(answer.body, plain.body, "{path}");
        }
    }
}
