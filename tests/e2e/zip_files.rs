//! Which files are in a zip and which names forbid one: the same files, sums and words through modgate as from the
//! repository itself.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use modgate_tests::compare::Stages;
use modgate_tests::golang::{Go, answers};
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::push_rules::gate;
use crate::resolving::{as_direct_mode, push_all};

/// Modules at `v1.0.0`, and the files of each (separated by blanks) or why it has no zip (`no: REASON`).
#[derive(Default)]
pub(crate) struct Zips(Vec<(String, String)>);

impl Zips {
    pub(crate) fn row(&mut self, module: impl Into<String>, expected: impl Into<String>) {
        self.0.push((module.into(), expected.into()));
    }

    #[track_caller]
    pub(crate) fn check(&self, site: &Site) {
        let daemon = as_direct_mode(site);
        let direct = Go::direct(site, "go-direct");
        let proxied = Go::through(site, "go-modgate", &daemon.url());
        let names: Vec<String> =
            self.0.iter().map(|(module, _)| format!("{module}@v1.0.0")).collect();
        let mut args = vec!["mod", "download", "-json"];
        args.extend(names.iter().map(String::as_str));
        let [wanted, got] = [&direct, &proxied].map(|go| answers(&go.run(&args), names.len()));
        let mut wrong = Vec::new();
        for (((module, expected), wanted), got) in self.0.iter().zip(&wanted).zip(&got) {
            let [judge, ours] = [wanted, got].map(|download| Stages::from(download).reason_only());
            let found = match &*ours.error {
                "" => listing(&got.dir),
                error => format!("no: {error}"),
            };
            if judge != ours || found != *expected {
                wrong.push(format!(
                    "{module}:\n  expected {expected}\n  found    {found}\n  {judge:?}\n  {ours:?}"
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} modules differ (the go command, modgate):\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}

/// The files below a folder, in byte order.
fn listing(dir: &Path) -> String {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => files
                    .push(path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().into_owned()),
            }
        }
    }
    files.sort();
    files.join(" ")
}

pub(crate) fn link(lib: &Repository<'_>, target: &str, path: &str) {
    let path = lib.work().join(path);
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("writable");
    symlink(target, path).expect("the work tree is writable");
}

/// A module in the folder `name`, with one more file, and its tag.
pub(crate) fn below(lib: &Repository<'_>, name: &str, file: &str) -> String {
    let module = format!("{}/{name}", lib.module());
    lib.write(&format!("{name}/go.mod"), format!("module {module}\n"));
    lib.write(&format!("{name}/{file}"), "x\n");
    module
}

/// Commits all, and tags each folder that has a go.mod of its own.
pub(crate) fn tag_all(lib: &Repository<'_>, zips: &Zips) {
    lib.commit("all");
    let root = lib.module();
    for (module, _) in &zips.0 {
        let tag = match module.strip_prefix(&format!("{root}/")) {
            Some(name) => format!("{name}/v1.0.0"),
            None if *module == root => "v1.0.0".to_owned(),
            None => continue,
        };
        lib.tag(&tag);
    }
    push_all(lib);
}

// Rules: Z1, Z2, Z4.3, Z4.4, Z4.9, Z4.10, Z7, Z8, Z10
#[test]
fn every_file_of_the_tree_is_in_but_links_and_other_modules() {
    let site = Site::new();
    let mut zips = Zips::default();
    let lib = site.repository("z/all");
    for file in [
        ".hidden/x",
        "_dir/y",
        "testdata/t",
        "ignored.txt",
        "export.txt",
        ".hg_archival.txt",
        "code.go",
    ] {
        lib.write(file, "x\n");
    }
    lib.write(".gitignore", "ignored.txt\n").write(".gitattributes", "export.txt export-ignore\n");
    lib.write(".gitmodules", "[submodule \"s\"]\n\tpath = s\n\turl = ../s\n")
        .write("go.mod", "module git.example.com/z/all\n");
    lib.write("sub/.hg_archival.txt", "kept\n");
    link(&lib, "code.go", "link.go");
    // Any letter case of a regular file makes another module; a link or a folder of that name does not.
    lib.write("upper/GO.MOD", "x\n")
        .write("upper/gone.go", "x\n")
        .write("upper/deep/gone.go", "x\n");
    link(&lib, "x", "linked/go.mod");
    lib.write("linked/kept.go", "x\n").write("folder/go.mod/kept.go", "x\n");
    lib.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{},submodule", "1".repeat(40)),
    ]);
    let all = ".gitattributes .gitignore .gitmodules .hidden/x _dir/y code.go export.txt folder/go.mod/kept.go go.mod \
               ignored.txt linked/kept.go sub/.hg_archival.txt testdata/t";
    zips.row(lib.module(), all);
    tag_all(&lib, &zips);

    let lib = site.repository("z/links");
    link(&lib, "nowhere", "a.go");
    zips.row(lib.module(), "");
    tag_all(&lib, &zips);

    let lib = site.repository("z/upper");
    lib.write("GO.MOD", "module git.example.com/z/upper\n").write("code.go", "package code\n");
    zips.row(lib.module(), "no: create zip: GO.MOD: go.mod files must have lowercase names");
    tag_all(&lib, &zips);
    zips.check(&site);
}

// Rules: Z3, Z4.8, Z4.7, G6
#[test]
fn license_is_inherited_where_there_is_none() {
    let site = Site::new();
    let mut zips = Zips::default();
    let lib = site.repository("z/license");
    lib.write("LICENSE", "for all\n")
        .write(".gitattributes", "LICENSE text eol=crlf\n*.txt text eol=crlf\n");
    for (name, file, expected) in [
        ("plain", "a.txt", "LICENSE a.txt go.mod"),
        ("own", "LICENSE", "LICENSE go.mod"),
        ("other", "LICENSE.md", "LICENSE LICENSE.md go.mod"),
        ("copying", "COPYING", "COPYING LICENSE go.mod"),
        (
            "lower",
            "license",
            "no: create zip: LICENSE: case-insensitive file name collision: \"license\" and \"LICENSE\"",
        ),
        (
            "folder",
            "LICENSE/x",
            "no: create zip: LICENSE: entry \"LICENSE\" is both a file and a directory",
        ),
    ] {
        zips.row(below(&lib, name, file), expected);
    }
    let linked = below(&lib, "linked", "a.txt");
    link(&lib, "../LICENSE", "linked/LICENSE");
    zips.row(linked, "a.txt go.mod");
    tag_all(&lib, &zips);

    let lib = site.repository("z/link");
    lib.write("real", "for all\n");
    link(&lib, "real", "LICENSE");
    zips.row(below(&lib, "sub", "a.txt"), "LICENSE a.txt go.mod");
    tag_all(&lib, &zips);
    let lib = site.repository("z/folder");
    lib.write("LICENSE/x", "for all\n");
    zips.row(below(&lib, "sub", "a.txt"), "a.txt go.mod");
    tag_all(&lib, &zips);
    zips.check(&site);
}

// Rules: Z3, Z2, D9.2
#[test]
fn major_folder_inherits_the_license() {
    let site = Site::new();
    let lib = site.repository("z/major");
    let m = format!("{}/v2", lib.module());
    lib.write("LICENSE", "for all\n")
        .module_at("", &lib.module())
        .module_at("v2", &m)
        .commit("all");
    lib.tag("v1.0.0").tag("v2.0.0");
    push_all(&lib);
    let daemon = as_direct_mode(&site);
    let direct = Go::direct(&site, "go-direct");
    let proxied = Go::through(&site, "go-modgate", &daemon.url());
    let [wanted, got] = [&direct, &proxied].map(|go| go.fetch(&m, "v2.0.0"));
    assert_eq!(wanted.sum, got.sum);
    assert_eq!(listing(&got.dir), "LICENSE code.go go.mod");
}

// Rules: Z4.2, Z5
#[test]
fn vendor_rule_is_that_of_the_go_line() {
    let site = Site::new();
    let mut zips = Zips::default();
    let lib = site.repository("z/vendor");
    lib.write("go.mod", format!("module {}\n\ngo 1.24\n", lib.module()));
    let old = "go.mod notvendor/a/b.go vendor/f.go vendor/modules.txt xvendor/a/b.go";
    let modern =
        "go.mod notvendor/a/b.go p/vendor/f.go p/vendor/modules.txt vendor/f.go xvendor/a/b.go";
    for (name, line, expected) in [
        ("none", "", old),
        ("go123", "go 1.23\n", old),
        ("go124", "go 1.24\n", modern),
        ("rc", "go 1.24rc1\n", modern),
        ("patch", "go 1.24.0\n", modern),
        ("lax", "go 1.24.x\n", modern),
        ("wrong", "go v1.24\n", old),
    ] {
        for file in [
            "vendor/modules.txt",
            "vendor/f.go",
            "vendor/a/b.go",
            "p/vendor/f.go",
            "p/vendor/modules.txt",
            "p/vendor/a/f.go",
            "xvendor/a/b.go",
            "notvendor/a/b.go",
        ] {
            lib.write(&format!("{name}/{file}"), "x\n");
        }
        let module = format!("{}/{name}", lib.module());
        lib.write(&format!("{name}/go.mod"), format!("module {module}\n\n{line}"));
        zips.row(module, expected);
    }
    tag_all(&lib, &zips);
    zips.check(&site);
}

/// The client decides about its own age, not the server.
// Rules: Z9, N5, F16
#[test]
fn module_for_a_newer_go_is_served() {
    let site = Site::new();
    let lib = site.repository("z/newer");
    let m = lib.module();
    lib.write("go.mod", format!("module {m}\n\ngo 1.99.0\n"))
        .write("code.go", "package code\n")
        .commit("new");
    lib.tag("v1.0.0");
    push_all(&lib);
    let daemon = gate(&site);
    assert_eq!(daemon.list(&m), ["v1.0.0"]);
    daemon.get(&format!("/{m}/@v/v1.0.0.zip")).has_status(200);
    for go in [Go::direct(&site, "go-direct"), Go::through(&site, "go-modgate", &daemon.url())] {
        let error = go.download(&m, &["v1.0.0"]).remove(0).error;
        assert!(error.contains("requires go >= 1.99.0"), "{error}");
    }
}

/// Sixteen million bytes are a lot for a run of minutes.
// Rules: Z4.11, Z4.12
#[test]
fn sizes_have_the_limits_of_the_go_command() {
    let site = Site::new();
    let mut zips = Zips::default();
    let lib = site.repository("z/sizes");
    let limit = 16 << 20;
    let license = |zips: &mut Zips, name: &str, size: usize, expected: &str| {
        let module = below(&lib, name, "a");
        lib.write(&format!("{name}/LICENSE"), vec![b'\n'; size]);
        zips.row(module, expected);
    };
    let large = "no: create zip: LICENSE: LICENSE file too large (max size is 16777216 bytes)";
    license(&mut zips, "more", limit + 1, large);
    if modgate_tests::budget::is_long() {
        license(&mut zips, "just", limit, "LICENSE a go.mod");
        let module = below(&lib, "just-mod", "a");
        let head = format!("module {module}\n");
        lib.write("just-mod/go.mod", format!("{head}{}", "\n".repeat(limit - head.len())));
        zips.row(module, "a go.mod");
        let module = below(&lib, "huge", "a");
        for part in 0..5 {
            lib.write(&format!("huge/b{part}"), vec![0; 100 << 20]);
        }
        let sum = "no: create zip: module source tree too large (max size is 524288000 bytes)";
        zips.row(module, sum);
    }
    tag_all(&lib, &zips);
    zips.check(&site);
}
