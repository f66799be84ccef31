//! What a consumer gets for each go.mod that a release may have (section 18): through modgate the same as straight from
//! the repository, except that a version whose go.mod is refused is not there in the first place (N6).

use std::fs;
use std::path::PathBuf;

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::run::Done;
use modgate_tests::site::Site;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

/// A go.mod and what comes of it.
struct Row {
    /// `$M` is the module path.
    text: Vec<u8>,
    /// What `go get` says; empty when it takes the version.
    get: &'static str,
    /// What `go install` says; empty when it is not asked.
    install: &'static str,
    /// Whether modgate has the version.
    is_served: bool,
}

fn row(text: impl AsRef<[u8]>, get: &'static str) -> Row {
    Row { text: text.as_ref().to_vec(), get, install: "", is_served: get.is_empty() }
}

/// A go.mod that dependencies may have and main modules may not.
fn lax(text: &str, install: &'static str) -> Row {
    Row { install, ..row(text, "") }
}

/// A version that is served and yet cannot be used: the client decides.
fn client(text: &str, get: &'static str) -> Row {
    Row { is_served: true, ..row(text, get) }
}

const NO_LINE: &str = "go.mod is missing module path at revision v0.";
const QUOTE: &str = "go.mod:1: invalid quoted string: unquoted string cannot contain quote";
const VERSION: &str = ": must match format 1.23.0";

/// The table of section 18, and some of its neighbours.
fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("module $M\r\n\r\ngo 1.20\r\n", ""),
        row("module $M", ""),
        row("  module $M\n", ""),
        row("module\t$M\n", ""),
        row("module \"$M\"\n", ""),
        row("go 1.20\n\nmodule $M\n", ""),
        row("// A comment first.\n\nmodule $M // and behind\n", ""),
        row("module (\n\t$M\n)\n", ""),
        row("module `$M`\n", QUOTE),
        row("\u{feff}module $M\n", NO_LINE),
        row("", NO_LINE),
        row("go 1.20\n", NO_LINE),
        row("Module $M\n", NO_LINE),
        row("module \"git.example.com//acme/lib\"\n", NO_LINE),
        row("module $M\nmodule $M\n", "go.mod:2: repeated module statement"),
        row("module $M/\n", "module declares its path as: git.example.com/acme/lib/"),
        row(
            "module git.example.com/Acme/lib\n",
            "module declares its path as: git.example.com/Acme/lib",
        ),
        row("require (\n\tmodule v1.0.0\n)\n", "parsing go.mod: missing module line"),
        row("require (\n\tmodule v1.0.0\n)\nmodule \"\"\n", "parsing go.mod: missing module line"),
    ];
    rows.extend(go_lines());
    rows.extend(directives());
    rows.extend(syntax());
    rows
}

fn go_lines() -> Vec<Row> {
    let mut rows = ["v1.20", "one", "1"]
        .map(|v| row(format!("module $M\ngo {v}\n"), VERSION))
        .into_iter()
        .collect::<Vec<_>>();
    rows.push(lax("module $M\ngo 1.20.x\n", "invalid go version '1.20.x'"));
    rows.push(lax("module $M\ngo 1.21.0-rc1\n", "invalid go version '1.21.0-rc1'"));
    rows.push(row("module $M\ngo 1.20\ngo 1.20\n", "go.mod:3: repeated go statement"));
    rows.push(client("module $M\ngo 1.99\n", "requires go >= 1.99"));
    rows
}

fn directives() -> Vec<Row> {
    vec![
        lax("module $M\nfrobnicate x\n", "unknown directive: frobnicate"),
        lax("module $M\nfrobnicate (\n\tx\n)\n", "unknown block type: frobnicate"),
        lax(
            "module $M\nreplace x.y/a => b\n",
            "replacement module without version must be directory path",
        ),
        lax("module $M\ntoolchain x\n", "invalid toolchain version 'x'"),
        lax("module $M\ngodebug x\n", "usage: godebug key=value"),
        lax("module $M\nexclude x.y/a v2.0.0\n", "should be v0 or v1, not v2"),
        lax("module $M\nretract [v0.9.0, v0.9.1\n", "expected ']' after version"),
        row("module $M\nrequire x.y/a\n", "usage: require module/path v1.2.3"),
        row("module $M\nrequire x.y/a master\n", "must be of the form v1.2.3"),
        row("module $M\nrequire x.y/a v2.0.0\n", "should be v0 or v1, not v2"),
        row("module $M\nrequire x.y/a/v1 v1.0.0\n", "invalid module path"),
        row("module $M\nrequire git.example.com/acme/dep v1\n", ""),
        row("module $M\nignore a b\n", "ignore directive expects exactly one argument"),
        client(
            "module $M\nrequire $M v1.0.0\n",
            "requires git.example.com/acme/lib@v1.0.0, not git.example.com/acme/lib@v0.",
        ),
    ]
}

fn syntax() -> Vec<Row> {
    let stray = "unexpected input character";
    let mut rows = vec![
        row("module $M\n/* c */\n", "mod files must use // comments (not /* */ comments)"),
        row("module $M\nrequire (\n", "syntax error (unterminated block started at go.mod:2:1)"),
        row("module $M\nrequire (\n) x\n", "syntax error (expected newline after closing paren)"),
        row("module $M\ngo \"1.20\n", "unexpected newline in string"),
        row(b"module $M // \xff\xfe\n", ""),
    ];
    rows.extend(
        ["\u{a0}", "\0", "\u{b}", "\u{c}", "\u{85}"]
            .map(|c| row(format!("module $M\n{c}go 1.20\n"), stray)),
    );
    rows
}

fn version(index: usize) -> String {
    format!("v0.{}.0", index + 1)
}

/// One tag for each row, and a plain one above them all, which retracts nothing.
#[track_caller]
fn release_all(lib: &Repository<'_>, rows: &[Row]) -> Vec<Vec<u8>> {
    lib.write("code.go", "package main\n\nfunc main() {}\n");
    let texts: Vec<Vec<u8>> = rows.iter().map(|row| filled(&row.text)).collect();
    for (index, text) in texts.iter().enumerate() {
        lib.write("go.mod", text).commit("row");
        lib.tag(&version(index));
    }
    lib.write("go.mod", format!("module {MODULE}\n")).commit("last");
    lib.tag("v1.0.0");
    lib.push(&["--all"]).accepted();
    lib.push(&["--tags"]).accepted();
    texts
}

/// With the module path in its place; not all texts are UTF-8.
fn filled(text: &[u8]) -> Vec<u8> {
    let mut rest = text;
    let mut filled = Vec::new();
    while let Some(at) = rest.windows(2).position(|pair| pair == b"$M") {
        filled.extend_from_slice(&rest[..at]);
        filled.extend_from_slice(MODULE.as_bytes());
        rest = &rest[at + 2..];
    }
    filled.extend_from_slice(rest);
    filled
}

/// A consumer of each kind.
struct Consumer {
    go: Go,
    folder: PathBuf,
}

impl Consumer {
    /// `go get` in a new module.
    fn get(&self, version: &str) -> Done {
        fs::create_dir_all(&self.folder).expect("the site's folder is writable");
        let _none = fs::remove_file(self.folder.join("go.sum"));
        fs::write(self.folder.join("go.mod"), "module consumer.test\n\ngo 1.21\n")
            .expect("writable");
        self.go.run_in(&self.folder, &["get", &format!("{MODULE}@{version}")])
    }

    fn sums(&self) -> String {
        fs::read_to_string(self.folder.join("go.sum")).unwrap_or_default()
    }
}

fn consumers(site: &Site, daemon: &Daemon) -> [Consumer; 2] {
    let direct = Go::direct(site, "go-direct");
    let proxied = Go::through(site, "go-modgate", &daemon.url());
    [("direct", direct), ("modgate", proxied)]
        .map(|(name, go)| Consumer { go, folder: site.path(&format!("consumer-{name}")) })
}

// Rules: F1, F2, F4, F6, F7, F8, F9, F10, F12, F15, F16, D7, G2, H3, H4, N6, V10
#[test]
fn consumer_takes_and_refuses_what_it_would_without_modgate() {
    let site = Site::new();
    site.repository("acme/dep").release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let lib = site.repository("acme/lib");
    let rows = rows();
    let texts = release_all(&lib, &rows);
    let daemon = gate(&site);
    let consumers = consumers(&site, &daemon);
    for (index, (row, text)) in rows.iter().zip(&texts).enumerate() {
        let version = version(index);
        let shown = String::from_utf8_lossy(text);
        for consumer in &consumers {
            let done = consumer.get(&version);
            assert_eq!(done.code() == 0, row.get.is_empty(), "{shown:?}: {done}");
            assert!(done.errors().contains(row.get), "{shown:?} {:?}: {done}", row.get);
            if !row.install.is_empty() {
                let done = consumer.go.run(&["install", &format!("{MODULE}@{version}")]);
                assert!(
                    done.code() != 0 && done.errors().contains(row.install),
                    "{shown:?}: {done}"
                );
            }
        }
        if row.get.is_empty() {
            assert_ne!(consumers[0].sums(), "", "{shown:?}");
            assert_eq!(consumers[0].sums(), consumers[1].sums(), "{shown:?}");
        }
        let answer = daemon.get(&format!("/{MODULE}/@v/{version}.mod"));
        assert_eq!(answer.status == 200, row.is_served, "{shown:?}: {answer}");
        assert!(!row.is_served || answer.body == *text, "{shown:?}: {answer}");
    }
    let served = rows.iter().enumerate().filter(|(_, row)| row.is_served);
    let mut listed: Vec<String> = served.map(|(index, _)| version(index)).collect();
    listed.push("v1.0.0".to_owned());
    assert_eq!(daemon.list(MODULE), listed);
}

/// The quick look at the module line sees a parenthesis, which is of major version 0 or 1 and of no other.
// Rules: D7, D8, F6, N6
#[test]
fn module_line_in_a_block_is_no_major_version() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let v2 = format!("{MODULE}/v2");
    lib.write("code.go", "package code\n")
        .write("go.mod", format!("module (\n\t{v2}\n)\n"))
        .commit("block");
    lib.tag("v2.0.0").write("go.mod", format!("module {v2}\n")).commit("line");
    lib.tag("v2.1.0").push(&["main", "--tags"]).accepted();
    let daemon = gate(&site);
    let words = "go.mod has non-.../v2 module path \"(\" (and .../v2/go.mod does not exist) at revision v2.0.0";
    for go in [Go::direct(&site, "go-direct"), Go::through(&site, "go-modgate", &daemon.url())] {
        let error = go.download(&v2, &["v2.0.0"]).remove(0).error;
        assert!(error.contains(words), "{error}");
        go.fetch(&v2, "v2.1.0");
    }
    assert_eq!(daemon.list(&v2), ["v2.1.0"]);
}
