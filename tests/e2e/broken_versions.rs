//! Versions that nobody can use (N6): hidden, and refused with the rule and the reason.

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::{Download, Go, answers};
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::table::{path, refusal};

use crate::push_rules::gate;
use crate::resolving::push_all;

/// A module with a good version and a broken one.
pub(crate) struct Broken {
    pub(crate) module: String,
    pub(crate) good: &'static str,
    pub(crate) bad: &'static str,
    rule: &'static str,
    reason: String,
}

/// How a version is spoilt: files that are added to a good one (`$M` is the module path), and what is said.
pub(crate) struct Kind {
    name: &'static str,
    files: Vec<(&'static str, String)>,
    rule: &'static str,
    reason: &'static str,
}

fn kind(
    name: &'static str,
    file: &'static str,
    text: &str,
    rule: &'static str,
    reason: &'static str,
) -> Kind {
    Kind { name, files: vec![(file, text.to_owned())], rule, reason }
}

/// Kinds that are files of a commit tagged `v1.1.0`.
pub(crate) fn kinds() -> Vec<Kind> {
    let zip = "release-unfetchable";
    let declares = "parsing go.mod: module declares its path as: ";
    let large = format!("module $M\n// {}\n", "x".repeat(16 << 20));
    vec![
        kind("mismatch", "go.mod", "module x.y/z\n", "module-path-mismatch", declares),
        kind("case", "go.mod", "module git.example.com/B/Case\n", "module-path-case", declares),
        kind("syntax", "go.mod", "module $M\nrequire (\n", "gomod-syntax", "parsing go.mod: "),
        kind("quoted", "go.mod", "module `$M`\n", "gomod-syntax", "parsing go.mod: "),
        kind(
            "line",
            "go.mod",
            "require (\n\tmodule v1.0.0\n)\n",
            zip,
            "parsing go.mod: missing module line",
        ),
        kind("empty", "go.mod", "", zip, "go.mod is missing module path at revision v1.1.0"),
        kind(
            "post",
            "go.mod",
            "module $M/v2\n",
            "major-suffix-mismatch",
            "go.mod has post-v1 module path",
        ),
        kind("name", "a:b.go", "package code\n", zip, "create zip: a:b.go: malformed file path"),
        kind("device", "aux.go", "package code\n", zip, "create zip: aux.go: malformed file path"),
        kind("collide", "CODE.go", "package code\n", zip, "create zip: code.go: case-insensitive"),
        kind("large", "go.mod", &large, zip, "create zip: go.mod: go.mod file too large"),
    ]
}

/// A repository of this kind, pushed.
pub(crate) fn spoil(site: &Site, kind: &Kind) -> Broken {
    let lib = site.repository(&format!("b/{}", kind.name));
    let module = lib.module();
    lib.release("v1.0.0");
    for (file, text) in &kind.files {
        lib.write(file, text.replace("$M", &module));
    }
    lib.commit("spoilt");
    lib.tag("v1.1.0");
    push_all(&lib);
    Broken {
        module,
        good: "v1.0.0",
        bad: "v1.1.0",
        rule: kind.rule,
        reason: kind.reason.to_owned(),
    }
}

/// Kinds that are more than a file.
fn others(site: &Site) -> Vec<Broken> {
    let mut all = Vec::new();
    let mut add = |lib: &Repository<'_>, bad, rule, reason: &str| {
        push_all(lib);
        let (module, reason) = (lib.module(), reason.to_owned());
        all.push(Broken { module, good: "v1.0.0", bad, rule, reason });
    };
    let answer = "unexpected response from git log: \"\"";
    for (name, object) in [("tree", "HEAD^{tree}"), ("blob", "HEAD:go.mod")] {
        let lib = site.repository(&format!("b/{name}"));
        lib.release("v1.0.0").git(&["tag", "v1.1.0", object]);
        add(&lib, "v1.1.0", "release-unfetchable", answer);
    }
    let lib = site.repository("b/dotgit");
    lib.release("v1.0.0");
    plant(&lib, "v1.1.0", &git_folder(&lib));
    add(&lib, "v1.1.0", "release-unfetchable", "error: invalid path 'zzz/git~1'");
    let lib = site.repository("b/archive");
    lib.release("v1.0.0");
    let hash = lib.git_run(&["hash-object", "-w", "--stdin"]);
    let blob = hash.stdin("code.go working-tree-encoding\n").finish().ok().line();
    plant(&lib, "v1.1.0", &format!("100644 blob {blob}\t.gitattributes\n"));
    let fatal = "fatal: true/false are no valid working-tree-encodings";
    add(&lib, "v1.1.0", "release-unfetchable", fatal);
    let lib = site.repository("b/folder");
    lib.release("v1.0.0").remove("go.mod").write("go.mod/x.go", "package x\n").commit("a folder");
    lib.tag("v1.1.0");
    add(&lib, "v1.1.0", "release-unfetchable", "read go.mod: is a directory");
    let lib = site.repository("b/late");
    lib.release("v1.0.0").write("more.go", "package code\n").git(&["add", "--all"]);
    let late = lib.git_run(&["commit", "--quiet", "--message", "after the year 9999"]);
    late.env("GIT_COMMITTER_DATE", "@253402300800 +0000").finish().ok();
    lib.tag("v1.1.0");
    add(&lib, "v1.1.0", "release-unfetchable", "Time.MarshalJSON: year outside of range [0,9999]");
    all
}

/// Tags a commit with one entry more, which git itself would not add.
#[track_caller]
pub(crate) fn plant(lib: &Repository<'_>, tag: &str, entry: &str) {
    let entries = lib.git(&["ls-tree", "HEAD"]).text() + entry;
    let tree = lib.git_run(&["mktree"]).stdin(entries).finish().ok().line();
    let commit = lib.git(&["commit-tree", "-p", "HEAD", "-m", "planted", &tree]).line();
    lib.git(&["tag", tag, &commit]);
}

/// An entry for [`plant`] that holds a name which git cannot archive.
pub(crate) fn git_folder(lib: &Repository<'_>) -> String {
    let blob = lib.git(&["rev-parse", "HEAD:code.go"]).line();
    let inner = format!("100644 blob {blob}\tgit~1\n");
    let inner = lib.git_run(&["mktree"]).stdin(inner).finish().ok().line();
    format!("040000 tree {inner}\tzzz\n")
}

/// A version of `/v2` in a repository with other good versions.
fn second(
    site: &Site,
    name: &str,
    files: &[(&str, &str)],
    rule: &'static str,
    reason: &str,
) -> Broken {
    let lib = site.repository(&format!("b/{name}"));
    let module = format!("{}/v2", lib.module());
    lib.module_at("", &module).commit("good");
    lib.tag("v2.0.0");
    for (file, text) in files {
        lib.write(file, text.replace("$M", &lib.module()));
    }
    lib.commit("spoilt");
    lib.tag("v2.1.0");
    push_all(&lib);
    Broken { module, good: "v2.0.0", bad: "v2.1.0", rule, reason: reason.to_owned() }
}

pub(crate) fn all(site: &Site) -> Vec<Broken> {
    let mut all: Vec<Broken> = kinds().iter().map(|kind| spoil(site, kind)).collect();
    all.extend(others(site));
    let (m1, m2) = ("module $M\n", "module $M/v2\n");
    let both = &[("v2/go.mod", m2)];
    all.push(second(site, "both", both, "major-defined-twice", "both have .../v2 module paths"));
    let wrong = &[("v2/go.mod", m1)];
    all.push(second(site, "wrong", wrong, "major-dir-broken", "has non-.../v2 module path"));
    let none = &[("go.mod", m1)];
    let lib = site.repository("b/beside");
    let module = format!("{}/sub", lib.module());
    lib.module_at("sub", &module).release("v1.0.0").tag("sub/v1.0.0");
    plant(&lib, "sub/v1.1.0", &git_folder(&lib));
    push_all(&lib);
    let (rule, reason) = ("release-unfetchable", "error: invalid path 'zzz/git~1'".to_owned());
    all.push(Broken { module, good: "v1.0.0", bad: "v1.1.0", rule, reason });
    all.push(second(
        site,
        "none",
        none,
        "major-suffix-missing",
        "go.mod has non-.../v2 module path",
    ));
    all
}

#[track_caller]
fn check_hidden(daemon: &Daemon, version: &Broken) {
    let Broken { module, good, bad, rule, reason } = version;
    assert_eq!(daemon.list(module), [*good], "{module}");
    for kind in [".info", ".mod", ".zip"] {
        let answer = daemon.get(&path(module, bad, kind)).has_status(404);
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        let text = refusal(&answer);
        assert!(text.starts_with("no: "), "{module} {kind}: {answer}");
        assert!(text.contains(rule) && text.contains(reason.as_str()), "{module} {kind}: {text}");
    }
    let latest = daemon.get(&format!("/{}/@latest", modgate_tests::http::escape(module)));
    assert_eq!(latest.has_status(200).json()["Version"], *good, "{module}");
}

/// What the client makes of these queries, in one call.
#[track_caller]
pub(crate) fn ask(go: &Go, names: &[String]) -> Vec<Download> {
    let mut args = vec!["mod", "download", "-json"];
    args.extend(names.iter().map(String::as_str));
    answers(&go.run(&args), names.len())
}

// Rules: N6, N28, L4, X10, X20, X21, R8, D9.2, D9.3, Z4.5, Z4.7, Z4.12, Z11, P9
#[test]
fn broken_version_is_hidden_and_says_why() {
    let site = Site::new();
    let all = all(&site);
    let daemon = gate(&site);
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    let mut names = Vec::new();
    for version @ Broken { module, good, bad, .. } in &all {
        check_hidden(&daemon, version);
        let queries = ["latest", &good[..2], ">=v1.0.0", bad];
        names.extend(queries.map(|query| format!("{module}@{query}")));
    }
    for (Broken { module, good, reason, .. }, found) in
        all.iter().zip(ask(&proxied, &names).chunks(4))
    {
        for download in &found[..3] {
            assert_eq!((&*download.version, &*download.error), (*good, ""), "{module}");
        }
        // The consumer reads the reason.
        assert!(found[3].error.contains(reason.as_str()), "{module}: {}", found[3].error);
    }
}
