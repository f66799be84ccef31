//! What the clients really send, seen on the wire.

use modgate_tests::clients;
use modgate_tests::golang::Go;
use modgate_tests::relay::{Asked, Relay};

use super::host::{Host, LIB, LIB2, SUB, UPPER, go_mod};

/// The requests for one module that a command makes with an empty cache, without the path before `@`.
#[track_caller]
fn asked(relay: &Relay, go: &Go, module: &str, args: &[&str]) -> Vec<String> {
    go.forget();
    let dir = go.module("consumer", &go_mod("consumer.test", ""));
    go.run_in(&dir, args).ok();
    let prefix = format!("/{}/@", modgate_tests::http::escape(module).replace('!', "%21"));
    let paths = relay.paths();
    let mut files: Vec<String> =
        paths.iter().filter_map(|path| path.strip_prefix(&prefix)).map(str::to_owned).collect();
    files.dedup();
    files
}

// Rules: X3, X11
#[test]
fn every_client_asks_what_the_protocol_says() {
    let host = Host::new();
    let topic = host.topic_version.clone();
    for client in clients::all() {
        let relay = Relay::start(host.daemon.address());
        let go = host.client_of(client, "wire", &relay.url());
        let of = |version: &str, kinds: &[&str]| -> Vec<String> {
            kinds.iter().map(|kind| format!("v/{version}.{kind}")).collect()
        };
        let newest = of("v1.2.0", &["info", "mod"]);
        let all = ["info", "mod", "zip"];
        let at = |module: &str, query: &str| format!("{module}@{query}");
        for (module, verb, what, files) in [
            (LIB, "list -m -versions", LIB.to_owned(), newest.clone()),
            (LIB, "get", LIB.to_owned(), of("v1.2.0", &all)),
            (LIB, "get", at(LIB, "v1.0"), [of("v1.0.1", &all), newest.clone()].concat()),
            (
                LIB,
                "get",
                at(LIB, "topic"),
                [of("topic", &["info"]), newest.clone(), of(&topic, &["mod", "zip"])].concat(),
            ),
            (
                UPPER,
                "get",
                at(UPPER, "v1.0.0"),
                [of("v1.0.0", &all), of("v1.1.0", &["info", "mod"])].concat(),
            ),
            (LIB, "mod download", at(LIB, "v1.0.0"), of("v1.0.0", &all)),
            (SUB, "mod download", at(SUB, "v0.1.0"), of("v0.1.0", &all)),
            (
                LIB,
                "mod download",
                at(LIB, "v1.0.0+meta"),
                [of("v1.0.0+meta", &["info"]), of("v1.0.0", &all)].concat(),
            ),
        ] {
            let args: Vec<&str> = verb.split(' ').chain([what.as_str()]).collect();
            let found = asked(&relay, &go, module, &args);
            let list = (verb != "mod download").then(|| "v/list".to_owned());
            let wanted: Vec<String> = list.into_iter().chain(files).collect();
            assert_eq!(found, wanted, "{}: {args:?}", client.name);
        }
    }
}

/// Queries that the go command answers without asking anybody.
// Rules: X4, X4a
#[test]
fn no_client_sends_what_the_protocol_has_no_words_for() {
    let host = Host::new();
    for client in clients::all() {
        let relay = Relay::start(host.daemon.address());
        let go = host.client_of(client, "unsent", &relay.url());
        let dir = go.module("consumer", &go_mod("consumer.test", ""));
        for (query, said) in [
            ("release/x", "invalid version: "),
            ("x!y", "invalid version: "),
            ("dev\u{e9}", "invalid version: "),
            ("con", "invalid version: "),
            ("v1.7", "no matching versions for query \"v1.7\""),
            ("v7", "no matching versions for query \"v7\""),
        ] {
            let done = go.run_in(&dir, &["get", &format!("{LIB}@{query}")]).exits(1).says(said);
            let paths = relay.paths();
            let own = paths.iter().filter(|path| path.contains(query));
            assert_eq!(own.count(), 0, "{}: {paths:?} {done}", client.name);
        }
    }
}

// Rules: X2
#[test]
fn no_client_sends_conditions_or_queries() {
    let host = Host::new();
    for client in clients::all() {
        let relay = Relay::start(host.daemon.address());
        let go = host.client_of(client, "headers", &relay.url());
        let dir = go.module("consumer", &go_mod("consumer.test", ""));
        go.run_in(&dir, &["get", UPPER, LIB2]).ok();
        // A second time, with everything in the cache.
        go.run_in(&dir, &["get", UPPER, &format!("{LIB}@topic")]).ok();
        let asked = relay.asked();
        assert!(asked.iter().any(|asked| asked.path.ends_with("/topic.info")), "{asked:?}");
        asked.iter().for_each(|asked| check_headers(asked, &client.name));
    }
}

/// Headers that no go command sends: what an answer depends on must be in the path.
#[track_caller]
fn check_headers(asked: &Asked, client: &str) {
    let value = |name: &str| {
        let found = asked.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    assert_eq!(asked.method, "GET", "{client}: {asked:?}");
    assert!(!asked.path.contains('?'), "{client}: {asked:?}");
    assert_eq!(value("accept-encoding"), "gzip", "{client}: {asked:?}");
    let agents = ["GoCommand/1 (+https://go.dev/cmd/go)", "Go-http-client/1.1"]; // new and old
    assert!(agents.contains(&value("user-agent")), "{client}: {asked:?}");
    for name in ["accept", "if-none-match", "if-modified-since", "range", "disable-module-fetch"] {
        assert_eq!(value(name), "", "{client}: {asked:?}");
    }
}
