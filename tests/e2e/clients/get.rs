//! `go get`: which version a query gives, and what is said on the way.

use std::fs;
use std::path::Path;

use modgate_tests::clients;
use modgate_tests::golang::Go;
use modgate_tests::http;
use modgate_tests::run::Done;

use super::host::{DEPRECATED, Host, LIB, LIB2, OLD, RETRACTED, SUB, UPPER, go_mod};

/// The version that go.mod requires; empty where it requires none.
fn required(dir: &Path, module: &str) -> String {
    let text = fs::read_to_string(dir.join("go.mod")).expect("there is a go.mod");
    let words = text.lines().map(|line| line.trim().trim_start_matches("require "));
    let line = words.filter_map(|line| line.strip_prefix(module)?.strip_prefix(' ')).next();
    line.map_or_else(String::new, |rest| rest.split(' ').next().unwrap_or_default().to_owned())
}

/// A consumer that got something.
struct Consumer<'a> {
    go: &'a Go,
    dir: &'a Path,
}

impl Consumer<'_> {
    /// `go get MODULE@QUERY` makes go.mod require this version.
    #[track_caller]
    fn get(&self, module: &str, query: &str, version: &str) -> Done {
        let what = if query.is_empty() { module.to_owned() } else { format!("{module}@{query}") };
        let done = self.go.run_in(self.dir, &["get", &what]).ok();
        assert_eq!(required(self.dir, module), version, "{done}");
        done
    }

    /// `go get MODULE@QUERY` fails, says exactly this, and leaves go.mod alone.
    #[track_caller]
    fn fails(&self, module: &str, query: &str, said: &str) {
        let before = fs::read(self.dir.join("go.mod")).expect("there is a go.mod");
        let done = self.go.run_in(self.dir, &["get", &format!("{module}@{query}")]).exits(1);
        let errors = done.errors();
        let lines = errors.lines().filter(|line| !line.starts_with("go: downloading"));
        assert_eq!(lines.collect::<Vec<_>>().join("\n").trim_end(), said, "{done}");
        assert_eq!(fs::read(self.dir.join("go.mod")).ok(), Some(before), "go.mod changed");
    }
}

// Rules: X3, X5, X8, X11
#[test]
fn every_query_of_go_get_gives_the_same_version_with_every_client() {
    let host = Host::new();
    for client in clients::all() {
        let go = host.client(client, "get");
        let dir = go.module("consumer", &go_mod("consumer.test", ""));
        let consumer = Consumer { go: &go, dir: &dir };
        let (topic, commit) = (host.topic_version.as_str(), host.topic.as_str());
        for (module, query, version) in [
            (LIB, "", "v1.2.0"),
            (LIB, "v1.0.0", "v1.0.0"),
            (LIB, "patch", "v1.0.1"),
            (LIB, "upgrade", "v1.2.0"),
            (LIB, "v1.0", "v1.0.1"),
            (LIB, "v1", "v1.2.0"),
            (LIB, "<v1.2.0", "v1.0.1"),
            (LIB, ">v1.0.0", "v1.0.1"),
            (LIB, "topic", topic),
            (LIB, "latest", "v1.2.0"),
            (LIB, &commit[..12], topic),
            (LIB, "upgrade", topic),
            (LIB, "none", ""),
            (LIB, commit, topic),
            (LIB, "v1.0.0+meta", "v1.0.0"),
            (LIB, "x.zip", topic),
            (LIB, topic, topic),
            (LIB2, "latest", "v2.0.0"),
            (SUB, "v0.1.0", "v0.1.0"),
            (SUB, "", "v0.2.0"),
            (UPPER, "v1.0.0", "v1.0.0"),
            (OLD, "v1.0.0", "v1.0.0"),
            (OLD, "v2.0.0", "v2.0.0+incompatible"),
            (OLD, "<v2.0.0", "v1.0.0"),
            (OLD, "latest", "v2.0.0+incompatible"),
        ] {
            consumer.get(module, query, version);
        }
    }
}

// Rules: T2, T4, T8
#[test]
fn retracted_and_deprecated_are_said_by_every_client() {
    let host = Host::new();
    for client in clients::all() {
        let go = host.client(client, "warnings");
        let dir = go.module("consumer", &go_mod("consumer.test", ""));
        let consumer = Consumer { go: &go, dir: &dir };
        consumer
            .get(LIB, "v1.1.0", "v1.1.0")
            .says(&format!("go: warning: {LIB}@v1.1.0: retracted by module author: {RETRACTED}"))
            .says("go: to switch to the latest unretracted version, run:");
        consumer
            .get(UPPER, "v1.0.0", "v1.0.0")
            .says(&format!("go: module {UPPER} is deprecated: {DEPRECATED}"));
        let silent = consumer.get(LIB, "latest", "v1.2.0").errors();
        assert!(!silent.contains("retracted"), "{silent}");
    }
}

/// What the go command says of an answer 404, and of the body.
fn not_found(url: &str, file: &str, module: &str, query: &str, reason: &str) -> String {
    let is_version = query.starts_with('v');
    let kind = match query {
        "latest" => format!("module {module}: "),
        _ if is_version => String::new(),
        _ => "invalid version: ".to_owned(),
    };
    format!(
        "go: {module}@{query}: {kind}reading {url}/{file}: 404 Not Found\n\tserver response: not found: {reason}"
    )
}

// Rules: X12, X14, X20, X21, X22
#[test]
fn every_client_prints_why_a_version_is_not_there() {
    let host = Host::new();
    let v3 = "git.example.com/acme/lib/v3";
    for client in clients::all() {
        let go = host.client(client, "errors");
        let dir = go.module("consumer", &go_mod("consumer.test", ""));
        let consumer = Consumer { go: &go, dir: &dir };
        for (module, query, reason) in [
            (LIB, "v9.9.9", format!("{LIB}@v9.9.9: invalid version: unknown revision v9.9.9")),
            (LIB, "nosuch", format!("{LIB}@nosuch: invalid version: unknown revision nosuch")),
            (
                LIB,
                "v1.9.0",
                format!(
                    "module-path-mismatch: parsing go.mod: module declares its path as: git.example.com/other/lib, but was required as: {LIB}"
                ),
            ),
            (
                v3,
                "v3.0.0",
                format!(
                    "major-suffix-missing: {v3}@v3.0.0: invalid version: go.mod has non-.../v3 module path \"{LIB}\" (and .../v3/go.mod does not exist) at revision v3.0.0"
                ),
            ),
            (
                OLD,
                "v3.0.0+incompatible",
                format!("{OLD}@v3.0.0+incompatible: invalid version: unknown revision v3.0.0"),
            ),
            (UPPER, "v1.9.9", format!("{UPPER}@v1.9.9: invalid version: unknown revision v1.9.9")),
            (
                "git.example.com/acme/upper",
                "v1.0.0",
                "no repository holds git.example.com/acme/upper".to_owned(),
            ),
            (
                "git.example.com/acme/nosuch",
                "latest",
                "no repository holds git.example.com/acme/nosuch".to_owned(),
            ),
        ] {
            let file = if query == "latest" { "list".to_owned() } else { format!("{query}.info") };
            let path = http::escape(module).replace('!', "%21");
            let url = host.daemon.url();
            let said = not_found(&url, &format!("{path}/@v/{file}"), module, query, &reason);
            consumer.fails(module, query, &said);
        }
        // Nothing on the list that would do: no request could have failed.
        consumer.fails(
            LIB,
            "v1.3",
            &format!("go: {LIB}@v1.3: no matching versions for query \"v1.3\""),
        );
        consumer.fails(
            v3,
            "latest",
            &format!("go: module {LIB}@latest found (v1.2.0), but does not contain package {v3}"),
        );
    }
}
