//! The rules about files: what the gate says at the push is what the go command says to whoever uses the module.

use std::os::unix::fs::symlink;

use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::broken_versions::plant;
use crate::push_rules::{gate, refused};

/// A version that cannot be fetched: how it is made, and what is said.
struct Spoilt {
    name: &'static str,
    spoil: fn(&Repository<'_>),
    tag: &'static str,
    rule: &'static str,
    words: &'static str,
}

/// Adds files to a plain module, and tags it.
fn with(lib: &Repository<'_>, files: &[(&str, &str)]) {
    for (file, text) in files {
        lib.write(file, text);
    }
    lib.release("v1.0.0");
}

fn planted(lib: &Repository<'_>, name: &str, text: &str) {
    lib.release("v0.1.0");
    let hash = lib.git_run(&["hash-object", "-w", "--stdin"]).stdin(text);
    let blob = hash.finish().ok().line();
    plant(lib, "v1.0.0", &format!("100644 blob {blob}\t{name}\n"));
}

const SPOILT: &[Spoilt] = &[
    Spoilt {
        name: "invalid",
        spoil: |lib| with(lib, &[("a*b.txt", "")]),
        tag: "v1.0.0",
        rule: "file-name-invalid",
        words: "a*b.txt: malformed file path \"a*b.txt\": invalid char '*'",
    },
    Spoilt {
        name: "reserved",
        spoil: |lib| with(lib, &[("internal/aux.go", "package internal\n")]),
        tag: "v1.0.0",
        rule: "file-name-reserved",
        words: "\"aux\" disallowed as path element component on Windows",
    },
    Spoilt {
        name: "dot",
        spoil: |lib| with(lib, &[("foo.", "")]),
        tag: "v1.0.0",
        rule: "file-name-trailing-dot",
        words: "trailing dot in path element",
    },
    Spoilt {
        name: "letter",
        spoil: |lib| with(lib, &[("docs/\u{1f600}.md", "")]),
        tag: "v1.0.0",
        rule: "file-name-not-letter",
        words: "invalid char '\u{1f600}'",
    },
    Spoilt {
        name: "utf8",
        spoil: |lib| planted(lib, "\"\\377.txt\"", ""),
        tag: "v1.0.0",
        rule: "file-name-not-utf8",
        words: "malformed file path \"\\xff.txt\": invalid UTF-8",
    },
    Spoilt {
        name: "case",
        spoil: |lib| with(lib, &[("X/a.go", "package x\n"), ("x/a.go", "package x\n")]),
        tag: "v1.0.0",
        rule: "file-case-collision",
        words: "x/a.go: case-insensitive file name collision: \"X/a.go\" and \"x/a.go\"",
    },
    Spoilt {
        name: "license",
        spoil: |lib| {
            lib.module_at("sub", &format!("{}/sub", lib.module())).write("sub/license", "MIT");
            lib.write("LICENSE", "MIT").release("v0.1.0").tag("sub/v1.0.0");
        },
        tag: "sub/v1.0.0",
        rule: "license-collision",
        words: "LICENSE: case-insensitive file name collision: \"license\" and \"LICENSE\"",
    },
    Spoilt {
        name: "large",
        spoil: |lib| with(lib, &[("LICENSE", &"x".repeat((16 << 20) + 1))]),
        tag: "v1.0.0",
        rule: "license-too-large",
        words: "LICENSE file too large (max size is 16777216 bytes)",
    },
    Spoilt {
        name: "archive",
        spoil: |lib| planted(lib, ".gitattributes", "code.go working-tree-encoding\n"),
        tag: "v1.0.0",
        rule: "attributes-break-archive",
        words: "fatal: true/false are no valid working-tree-encodings",
    },
];

/// Rules off, and what is broken served.
fn settings(rules: impl Iterator<Item = &'static str>) -> String {
    let off = rules.map(|rule| format!("{rule} = \"off\"\n"));
    format!("[policy]\nserve_broken = true\n{}", off.collect::<String>())
}

// Rules: Z3, Z4.5, Z4.7, Z4.12, Z11, A5
#[test]
fn what_no_zip_can_hold_is_refused_in_the_words_of_the_go_command() {
    let site = Site::new();
    let daemon = gate(&site);
    let mut names = Vec::new();
    let mut libs = Vec::new();
    for spoilt in SPOILT {
        let lib = site.repository(&format!("f/{}", spoilt.name));
        site.install();
        (spoilt.spoil)(&lib);
        refused(&lib, spoilt.tag, spoilt.rule, &[spoilt.words]).lacks("release-unfetchable");
        let module = spoilt.tag.strip_suffix("v1.0.0").map(|prefix| prefix.trim_end_matches('/'));
        let below = module.filter(|prefix| !prefix.is_empty());
        let module =
            below.map_or_else(|| lib.module(), |below| format!("{}/{below}", lib.module()));
        names.push(format!("{module}@v1.0.0"));
        libs.push(lib);
    }
    daemon.stop();
    site.configure(&settings(SPOILT.iter().map(|spoilt| spoilt.rule)));
    let daemon = gate(&site);
    for (lib, spoilt) in libs.iter().zip(SPOILT) {
        let push = lib.push(&[&format!("refs/tags/{}", spoilt.tag)]).accepted();
        push.lacks(&format!("[{}]", spoilt.rule));
    }
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    for go in [direct, proxied] {
        for (found, spoilt) in go.download_all(&names).iter().zip(SPOILT) {
            assert!(found.error.contains(spoilt.words), "{}: {}", spoilt.name, found.error);
        }
    }
}

/// A module that is used, and what its users are told.
struct Used<'a> {
    lib: Repository<'a>,
    tag: &'static str,
    /// What is got, below the module's path.
    packages: &'static [&'static str],
    words: String,
}

fn pointer() -> String {
    let oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n")
}

fn link(lib: &Repository<'_>, path: &str, target: &str) {
    symlink(target, lib.work().join(path)).expect("the work tree is writable");
}

const EMBED: &str = "package web\n\nimport _ \"embed\"\n\n//go:embed data.txt\nvar Data string\n";

/// What is refused.
fn refusals(site: &Site) -> Vec<Used<'_>> {
    let mut all = Vec::new();
    let lib = site.repository("u/link");
    let user = format!("package user\n\nimport _ \"{}/pkg\"\n", lib.module());
    lib.write("other/o.go", "package other\n").write("user/user.go", user);
    link(&lib, "pkg", "other");
    lib.release("v1.0.0");
    let words = format!("found, but does not contain package {}/pkg", lib.module());
    all.push(Used { lib, tag: "v1.0.0", packages: &["/pkg@v1.0.0"], words });
    let lib = site.repository("u/embed");
    lib.write("web/web.go", EMBED).write("data.txt", "x");
    link(&lib, "web/data.txt", "../data.txt");
    lib.release("v1.0.0");
    let words = "pattern data.txt: no matching files found".to_owned();
    all.push(Used { lib, tag: "v1.0.0", packages: &["/web@v1.0.0"], words });
    let lib = site.repository("u/pointer");
    lib.write("p/p.go", pointer()).release("v1.0.0");
    let words = "expected 'package', found version".to_owned();
    all.push(Used { lib, tag: "v1.0.0", packages: &["/p@v1.0.0"], words });
    all
}

/// What is let in with a warning.
fn warnings(site: &Site) -> Vec<Used<'_>> {
    let mut all = Vec::new();
    let lib = site.repository("u/hides");
    lib.write("sub/s.go", "package sub\n").release("v1.0.0");
    lib.module_at("sub", &format!("{}/sub", lib.module())).remove("sub/s.go").release("v1.1.0");
    lib.push(&["v1.0.0"]).accepted();
    let words = format!("@v1.1.0 found, but does not contain package {}/sub", lib.module());
    all.push(Used { lib, tag: "v1.1.0", packages: &["/sub@v1.1.0"], words });
    let lib = site.repository("u/both");
    lib.write("sub/code.go", "package code\n").release("v1.0.0");
    lib.module_at("sub", &format!("{}/sub", lib.module())).commit("sub");
    lib.tag("sub/v0.1.0").push(&["v1.0.0"]).accepted();
    let words = format!("ambiguous import: found package {}/sub in multiple modules", lib.module());
    all.push(Used { lib, tag: "sub/v0.1.0", packages: &["@v1.0.0", "/sub@v0.1.0"], words });
    all
}

#[track_caller]
fn check_user(go: &Go, used: &Used<'_>) {
    let name = used.lib.module().replace('/', "-");
    let dir = go.module(&name, "module consumer.test\n\ngo 1.21\n");
    let paths: Vec<String> =
        used.packages.iter().map(|package| format!("{}{package}", used.lib.module())).collect();
    let args: Vec<&str> = ["get"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    let mut said = go.run_in(&dir, &args).errors();
    let package = paths.last().and_then(|path| path.split_once('@')).map_or("", |(path, _)| path);
    std::fs::write(dir.join("use.go"), format!("package use\n\nimport _ {package:?}\n"))
        .expect("the go home is writable");
    said += &go.run_in(&dir, &["build", "./..."]).errors();
    assert!(said.contains(&used.words), "no {:?} in {said}", used.words);
}

const CONTENT: &[&str] = &["embed-missing", "lfs-pointer", "symlink-dropped"];

// Rules: Z4.3, Z4.9
#[test]
fn what_a_package_lacks_is_told_in_the_words_of_the_go_command() {
    let site = Site::new();
    let refusals = refusals(&site);
    let daemon = gate(&site);
    for (used, rule) in refusals.iter().zip(["symlink-dropped", "embed-missing", "lfs-pointer"]) {
        refused(&used.lib, used.tag, rule, &[&used.words]);
    }
    let warnings = warnings(&site);
    site.install();
    let rules = ["nested-module-hides-package", "nested-module-ambiguous"];
    for (used, rule) in warnings.iter().zip(rules) {
        let push = used.lib.push(&[&format!("refs/tags/{}", used.tag)]).accepted();
        push.says(rule).says(&used.words);
    }
    daemon.stop();
    site.configure(&settings(CONTENT.iter().copied()));
    let daemon = gate(&site);
    for used in &refusals {
        used.lib.push(&[&format!("refs/tags/{}", used.tag)]).accepted();
    }
    let go = Go::through(&site, "go-modgate", &daemon.url());
    for used in refusals.iter().chain(&warnings) {
        check_user(&go, used);
    }
}
