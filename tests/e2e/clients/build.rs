//! What a developer does with required modules: tidy, build, test, vendor, look into the graph, install a program.

use std::fs;
use std::path::{Path, PathBuf};

use modgate_tests::clients::{self};
use modgate_tests::golang::Go;
use modgate_tests::run::Run;

use super::host::{Host, LIB, LIB2, OLD, SUB, TOOL, UPPER, go_mod};
use super::some;

/// What `go mod tidy` must choose.
const CHOSEN: [(&str, &str); 5] = [
    (UPPER, "v1.1.0"),
    (LIB, "v1.2.0"),
    (SUB, "v0.2.0"),
    (LIB2, "v2.0.0"),
    (OLD, "v2.0.0+incompatible"),
];

/// A module that imports all of them and requires none yet.
#[track_caller]
fn app(go: &Go) -> PathBuf {
    let dir = go.module("app", &go_mod("consumer.test/app", ""));
    let names = ["upper", "lib", "sub", "lib2", "old"];
    let (mut imports, mut sum) = (String::new(), Vec::new());
    for ((path, _), name) in CHOSEN.iter().zip(names) {
        imports.push_str(&format!("\t{name} {path:?}\n"));
        sum.push(format!("{name}.Version"));
    }
    let sum = sum.join(" + \" \" + ");
    let code = format!(
        "// Package app uses them all.\npackage app\n\nimport (\n{imports})\n\n\
        // Versions are what is used.\nconst Versions = {sum}\n"
    );
    let wanted = "v1.0.0 v1.2.0 v0.2.0 v2.0.0 v2.0.0";
    let test = format!(
        "package app\n\nimport \"testing\"\n\nfunc TestVersions(t *testing.T) {{\n\
        \tif Versions != {wanted:?} {{\n\t\tt.Fatal(Versions)\n\t}}\n}}\n"
    );
    fs::write(dir.join("app.go"), code).expect("the module is writable");
    fs::write(dir.join("app_test.go"), test).expect("the module is writable");
    dir
}

fn read(dir: &Path, file: &str) -> String {
    fs::read_to_string(dir.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A tidy module: the same go.mod and go.sum with every client.
struct Tidy {
    go_mod: String,
    go_sum: String,
}

#[track_caller]
fn tidy(go: &Go, dir: &Path) -> Tidy {
    go.run_in(dir, &["mod", "tidy"]).ok();
    Tidy { go_mod: read(dir, "go.mod"), go_sum: read(dir, "go.sum") }
}

/// What the ledger says go.sum must be.
fn wanted_sums(host: &Host) -> String {
    let lines = CHOSEN.iter().flat_map(|(module, version)| host.sums(module, version));
    lines.map(|line| line + "\n").collect()
}

// Rules: H4, H5
#[test]
fn tidy_chooses_and_sums_the_same_with_every_client() {
    let host = Host::new();
    let required: String =
        CHOSEN.iter().map(|(module, version)| format!("\t{module} {version}\n")).collect();
    let wanted = go_mod("consumer.test/app", &format!("\nrequire (\n{required})\n"));
    let judge = Go::direct(&host.site, "judge");
    let dir = app(&judge);
    // It would choose the broken v1.9.0 of a module that is not required yet, and fail.
    fs::write(dir.join("go.mod"), &wanted).expect("the module is writable");
    let judged = tidy(&judge, &dir);
    assert_eq!((judged.go_mod.as_str(), judged.go_sum), (wanted.as_str(), wanted_sums(&host)));
    for client in clients::all() {
        let go = host.client(client, "tidy");
        let tidy = tidy(&go, &app(&go));
        let wanted = (wanted.clone(), wanted_sums(&host));
        assert_eq!((tidy.go_mod, tidy.go_sum), wanted, "{}", client.name);
    }
}

/// The graph of the tidy module, without the lines on the go version that newer clients add.
fn graph() -> String {
    let direct = CHOSEN.iter().map(|(module, version)| ("consumer.test/app", *module, *version));
    let nested = [(UPPER, "v1.0.0"), (LIB, "v1.0.1")];
    let sub = format!("{SUB}@v0.2.0");
    let nested = nested.iter().map(|(module, version)| (sub.as_str(), *module, *version));
    direct.chain(nested).map(|(from, to, version)| format!("{from} {to}@{version}\n")).collect()
}

fn modules_txt() -> String {
    let module = |(module, version): &(&str, &str)| {
        let go = if *module == OLD { "" } else { "; go 1.18" };
        format!("# {module} {version}\n## explicit{go}\n{module}\n")
    };
    CHOSEN.iter().map(module).collect()
}

// Rules: H2
#[test]
fn module_is_verified_explained_and_vendored_the_same_with_every_client() {
    let host = Host::new();
    for client in clients::all() {
        let go = host.client(client, "graph");
        let dir = app(&go);
        tidy(&go, &dir);
        let run = |args: &[&str]| go.run_in(&dir, args).ok();
        assert_eq!(run(&["mod", "verify"]).line(), "all modules verified", "{}", client.name);
        let found = run(&["mod", "graph"]).text();
        let lines = found.split_inclusive('\n').filter(|line| !line.contains(" go@"));
        assert_eq!(lines.collect::<String>(), graph(), "{}", client.name);
        let why = format!("# {UPPER}\nconsumer.test/app\n{UPPER}\n");
        assert_eq!(run(&["mod", "why", "-m", UPPER]).text(), why, "{}", client.name);
        run(&["mod", "vendor"]);
        assert_eq!(read(&dir, "vendor/modules.txt"), modules_txt(), "{}", client.name);
        for (module, file) in [(LIB, "lib.go"), (UPPER, "upper.go"), (SUB, "sub.go")] {
            let code = read(&dir, &format!("vendor/{module}/{file}"));
            assert!(code.contains("const Version = "), "{}: {module}: {code}", client.name);
        }
        run(&["build", "-mod=vendor", "./..."]);
    }
}

#[test]
fn required_modules_are_built_and_tested_with_old_and_new_clients() {
    let host = Host::new();
    for client in some() {
        let go = host.client(client, "build");
        let dir = app(&go);
        tidy(&go, &dir);
        go.run_in(&dir, &["build", "./..."]).ok();
        go.run_in(&dir, &["test", "-vet=off", "./..."]).ok().says("ok  \tconsumer.test/app");
    }
}

/// A module of a workspace, with one package that imports one module.
#[track_caller]
fn member(go: &Go, name: &str, imported: &str, requires: &str) -> PathBuf {
    let dir = go.module(name, &go_mod(&format!("consumer.test/{name}"), requires));
    let code = format!("// Package {name} is used.\npackage {name}\n\nimport _ {imported:?}\n");
    fs::write(dir.join("code.go"), code).expect("the module is writable");
    dir
}

// Rules: H4
#[test]
fn work_sync_raises_requirements_with_every_client() {
    let host = Host::new();
    for client in clients::all() {
        let go = host.client(client, "work");
        let indirect = format!("\t{UPPER} v1.0.0 // indirect\n\t{LIB} v1.0.1 // indirect\n");
        let nested = format!("\nrequire {SUB} v0.2.0\n\nrequire (\n{indirect})\n");
        let lower = member(&go, "lower", LIB, &format!("\nrequire {LIB} v1.0.0\n"));
        let higher = member(&go, "higher", SUB, &nested);
        let above = higher.parent().expect("it lies in a folder");
        go.run_in(above, &["work", "init", "./lower", "./higher"]).ok();
        go.run_in(above, &["work", "sync"]).ok();
        let wanted = go_mod("consumer.test/lower", &format!("\nrequire {LIB} v1.0.1\n"));
        assert_eq!(read(&lower, "go.mod"), wanted, "{}", client.name);
        go.run_in(above, &["build", "./lower", "./higher"]).ok();
        let sums = read(above, "go.work.sum");
        for (module, version) in [(UPPER, "v1.0.0"), (SUB, "v0.2.0")] {
            let lines = host.sums(module, version);
            assert!(sums.contains(&lines.join("\n")), "{}: {lines:?} in {sums}", client.name);
        }
    }
}

// Rules: H5
#[test]
fn program_is_installed_with_old_and_new_clients() {
    let host = Host::new();
    for client in some() {
        let go = host.client(client, "install");
        let bin = host.site.path(&format!("bin-{}", client.name));
        let go = go.with("GOBIN", bin.to_string_lossy());
        for (query, said, lib) in
            [("v1.0.0", "v1.0.0 v1.0.0\n", "v1.0.0"), ("latest", "v1.1.0 v1.2.0\n", "v1.2.0")]
        {
            go.run(&["install", &format!("{TOOL}/cmd/hello@{query}")]).ok();
            let hello = bin.join("hello");
            assert_eq!(Run::new(&hello).finish().ok().errors(), said, "{}", client.name);
            let made_of =
                go.run(&["version", "-m", &hello.to_string_lossy()]).ok().text().replace('\t', " ");
            let version = said.split(' ').next().unwrap_or_default();
            for (kind, module, version) in [("mod", TOOL, version), ("dep", LIB, lib)] {
                let line = format!("{kind} {}", host.sums(module, version)[0]);
                assert!(made_of.contains(&line), "no {line:?} in {made_of}");
            }
        }
    }
}
