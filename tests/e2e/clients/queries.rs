//! Looking and downloading without building: `go list -m`, `go mod download`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use modgate_tests::clients;
use modgate_tests::golang::{Go, answers};
use serde_json::Value;

use super::host::{DEPRECATED, Host, LIB, LIB2, OLD, RETRACTED, SUB, UPPER, go_mod};

/// A consumer of versions that are old, retracted and deprecated; its go.sum is what the ledger says.
#[track_caller]
fn behind(host: &Host, go: &Go) -> PathBuf {
    let requires =
        [(UPPER, "v1.1.0"), (LIB, "v1.1.0"), (SUB, "v0.1.0"), (LIB2, "v2.0.0"), (OLD, "v1.0.0")];
    let lines: String =
        requires.iter().map(|(module, version)| format!("\t{module} {version}\n")).collect();
    let dir = go.module("behind", &go_mod("consumer.test", &format!("\nrequire (\n{lines})\n")));
    let sums = requires.iter().chain(&[(LIB, "v1.0.0")]);
    let sums = sums.flat_map(|(module, version)| host.sums(module, version));
    let sums: String = sums.map(|line| line + "\n").collect();
    fs::write(dir.join("go.sum"), sums).expect("the module is writable");
    dir
}

// Rules: L7, L8, T2, T4, T8, X7
#[test]
fn updates_retractions_and_deprecations_are_listed_by_every_client() {
    let host = Host::new();
    for client in clients::all() {
        let go = host.client(client, "list");
        let dir = behind(&host, &go);
        let line = |args: &[&str]| go.run_in(&dir, args).ok().line();
        let wanted = [
            "consumer.test".to_owned(),
            format!("{UPPER} v1.1.0 (deprecated)"),
            format!("{LIB} v1.1.0 (retracted) [v1.2.0]"),
            format!("{SUB} v0.1.0 [v0.2.0]"),
            format!("{LIB2} v2.0.0"),
            format!("{OLD} v1.0.0 [v2.0.0+incompatible]"),
        ];
        assert_eq!(line(&["list", "-m", "-u", "all"]), wanted.join("\n"), "{}", client.name);
        for (args, versions) in [
            (&["list", "-m", "-versions", LIB][..], "v1.0.0 v1.0.1 v1.2.0"),
            (&["list", "-m", "-retracted", "-versions", LIB], "v1.0.0 v1.0.1 v1.1.0 v1.2.0"),
            (&["list", "-m", "-versions", OLD], "v1.0.0 v2.0.0+incompatible"),
            (&["list", "-m", "-versions", UPPER], "v1.0.0 v1.1.0"),
            (&["list", "-m", "-versions", LIB2], "v2.0.0"),
            (&["list", "-m", "-versions", "git.example.com/acme/lib/v3"], ""),
        ] {
            let module = args[args.len() - 1];
            let wanted = format!("{module} {versions}");
            assert_eq!(line(args), wanted.trim_end(), "{}: {args:?}", client.name);
        }
    }
}

/// The question that update bots ask the go command.
// Rules: T4, T7, T8
#[test]
fn every_client_reports_modules_as_json() {
    let host = Host::new();
    for client in clients::all() {
        let go = host.client(client, "json");
        let dir = behind(&host, &go);
        let done = go.run_in(&dir, &["list", "-m", "-u", "-json", "all"]).ok();
        let modules = serde_json::Deserializer::from_slice(&done.stdout).into_iter::<Value>();
        let modules: BTreeMap<String, Value> = modules
            .filter_map(Result::ok)
            .map(|module| (module["Path"].as_str().unwrap_or_default().to_owned(), module))
            .collect();
        assert_eq!(modules.len(), 6, "{done}");
        let text = |module: &str, field: &str| modules[module][field].to_string();
        assert_eq!(text(LIB, "Retracted"), format!("[{RETRACTED:?}]"), "{}", client.name);
        assert_eq!(text(UPPER, "Deprecated"), format!("{DEPRECATED:?}"), "{}", client.name);
        assert_eq!(modules[SUB]["Update"]["Version"], "v0.2.0", "{}", client.name);
        for module in [LIB, UPPER, SUB, LIB2, OLD] {
            let version = modules[module]["Version"].as_str().unwrap_or_default();
            let path = format!("/{}/@v/{version}.info", modgate_tests::http::escape(module));
            let info = host.daemon.get(&path).has_status(200).json();
            assert_eq!(modules[module]["Time"], info["Time"], "{}: {module}", client.name);
        }
    }
}

// Rules: H2, H3, H5
#[test]
fn downloads_have_the_same_sums_with_every_client() {
    let host = Host::new();
    let versions = [
        (LIB, "v1.0.0"),
        (LIB, "v1.1.0"),
        (LIB, "v1.2.0"),
        (LIB2, "v2.0.0"),
        (SUB, "v0.2.0"),
        (UPPER, "v1.1.0"),
        (OLD, "v2.0.0+incompatible"),
        (LIB, &host.topic_version),
    ];
    for client in clients::all() {
        let go = host.client(client, "download");
        let names: Vec<String> =
            versions.iter().map(|(module, version)| format!("{module}@{version}")).collect();
        let mut args = vec!["mod", "download", "-json"];
        args.extend(names.iter().map(String::as_str));
        let done = go.run(&args).ok();
        for ((module, version), got) in versions.iter().zip(answers(&done, versions.len())) {
            let lines = [
                format!("{module} {version} {}", got.sum),
                format!("{module} {version}/go.mod {}", got.go_mod_sum),
            ];
            assert_eq!(lines, host.sums(module, version), "{}", client.name);
            assert!(got.zip.is_file() && got.dir.is_dir() && got.go_mod.is_file(), "{got:?}");
        }
        check_plain_download(&go, &behind(&host, &go));
    }
}

/// `go mod download` of what a go.mod requires fills the cache.
#[track_caller]
fn check_plain_download(go: &Go, dir: &Path) {
    go.run_in(dir, &["mod", "download"]).ok();
    let found = go.run_in(dir, &["list", "-m", "-f", "{{.Dir}}", SUB]).ok().line();
    assert!(Path::new(&found).join("sub.go").is_file(), "{found:?}");
}
