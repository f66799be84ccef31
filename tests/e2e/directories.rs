//! Where a module lies in its repository, and what its go.mod may say: the layout table, line by line.

use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::table::Table;

use crate::resolving::{as_direct_mode, push_all};

/// A repository whose one commit has these files, tagged `v1.0.0` and `v2.0.0`; `M` stands for its path.
#[track_caller]
fn layout<'a>(site: &'a Site, name: &str, files: &[(&str, &str)]) -> Repository<'a> {
    let lib = site.repository(name);
    lib.write("code.go", "package code\n");
    for (file, text) in files {
        lib.write(file, text.replace("$M", &lib.module()));
    }
    lib.commit("all");
    lib.tag("v1.0.0").tag("v2.0.0");
    push_all(&lib);
    lib
}

/// Adds what the tags mean: `ok`, or the reason without ` at revision V`.
fn rows(table: &mut Table, lib: &Repository<'_>, first: &str, second: &str) {
    let m = lib.module();
    for (path, version, expected) in
        [(m.clone(), "v1.0.0", first), (format!("{m}/v2"), "v2.0.0", second)]
    {
        let expected = match expected {
            "ok" => format!("{version} refs/tags/{version}"),
            reason => {
                let reason = reason.replace("$M", &m);
                format!("no: {path}@{version}: invalid version: {reason} at revision {version}")
            }
        };
        table.row(&path, version, expected);
    }
}

// Rules: D8, D9.1, D9.2, D9.3, D9.4, D10, Q9.1
#[test]
fn layout_table_holds() {
    let site = Site::new();
    let mut table = Table::default();
    let (m1, m2) = ("module $M\n", "module $M/v2\n");
    let post = "go.mod has post-v1 module path \"$M/v2\"";
    let non = "$M/v2/go.mod has non-.../v2 module path \"$M\"";
    let absent = "(and .../v2/go.mod does not exist)";
    let both = "$M/go.mod and .../v2/go.mod both have .../v2 module paths";
    let other = "go.mod has post-v1 module path \"other.example/x/v2\"";
    let only = format!("go.mod has non-.../v2 module path \"$M\" {absent}");
    let gopkg = format!("go.mod has non-.../v2 module path \"gopkg.in/x.v3\" {absent}");
    let v1 = format!("go.mod has non-.../v2 module path \"example.com/x/v1\" {absent}");
    let malformed = "go.mod has malformed module path \"example.com/x/v1\"";
    for (name, files, first, second) in [
        ("root", &[("go.mod", m2)][..], post, "ok"),
        ("folder", &[("go.mod", m1), ("v2/go.mod", m2), ("v2/v.go", "package v2\n")], "ok", "ok"),
        ("both", &[("go.mod", m2), ("v2/go.mod", m2)], post, both),
        ("wrong", &[("go.mod", m1), ("v2/go.mod", m1)], "ok", non),
        (
            "none",
            &[("go.mod", m1), ("v2/go.mod", "go 1.21\n")],
            "ok",
            "$M/v2/go.mod is missing module path",
        ),
        ("bare", &[], "ok", "missing $M/go.mod and .../v2/go.mod"),
        ("only", &[("go.mod", m1)], "ok", &only),
        ("foreign", &[("go.mod", "module other.example/x/v2\n")], other, "ok"),
        ("gopkg", &[("go.mod", "module gopkg.in/x.v3\n")], "ok", &gopkg),
        ("first", &[("go.mod", "module example.com/x/v1\n")], malformed, &v1),
        // The folder's go.mod decides even where the root's would do.
        ("spoilt", &[("go.mod", m2), ("v2/go.mod", m1)], post, non),
    ] {
        rows(&mut table, &layout(&site, &format!("d/{name}"), files), first, second);
    }
    let daemon = as_direct_mode(&site);
    table.check(&daemon, &Go::direct(&site, "go-direct"));
}

// Rules: D7, D8
#[test]
fn module_line_is_read_by_the_quick_look() {
    let site = Site::new();
    let mut table = Table::default();
    let missing = "go.mod is missing module path";
    let also = "go.mod is missing module path (and .../v2/go.mod does not exist)";
    let non = |path: &str| {
        format!("go.mod has non-.../v2 module path {path:?} (and .../v2/go.mod does not exist)")
    };
    let (plain, block) = (non("$M"), non("("));
    for (name, text, first, second) in [
        ("crlf", "module $M\r\n", "ok", &*plain),
        ("bom", "\u{feff}module $M\n", missing, also),
        ("upper", "Module $M\n", missing, also),
        ("slashes", "module \"$M//x\"\n", missing, also),
        ("backquote", "module `$M`\n", "ok", &plain),
        ("block", "module (\n\t$M\n)\n", "ok", &block),
        ("junk", "module $M junk\n", "ok", &non("$M junk")),
        ("require", "require (\n\tmodule v1.0.0\n)\nmodule $M/v2\n", "ok", &non("v1.0.0")),
        ("comment", "// module $M/v2\nmodule $M\n", "ok", &plain),
    ] {
        let lib = layout(&site, &format!("d/{name}"), &[("go.mod", text)]);
        rows(&mut table, &lib, first, second);
    }
    let daemon = as_direct_mode(&site);
    table.check(&daemon, &Go::direct(&site, "go-direct"));
}

// Rules: D2, D3, D5, D6, D9.2, D9.4
#[test]
fn modules_below_the_root_and_roots_with_a_major() {
    let site = Site::new();
    let mut table = Table::default();
    let lib = site.repository("d/deep");
    let m = lib.module();
    lib.module_at("", &m).module_at("sub", &format!("{m}/sub"));
    lib.module_at("sub/v2", &format!("{m}/sub/v2")).module_at("v2/x", &format!("{m}/v2/x"));
    lib.commit("all");
    for tag in ["v1.2.3", "sub/v1.2.3", "sub/v2.1.0", "v2/x/v1.0.0"] {
        lib.tag(tag);
    }
    push_all(&lib);
    for (below, version, tag) in [
        ("", "v1.2.3", "v1.2.3"),
        ("/sub", "v1.2.3", "sub/v1.2.3"),
        ("/sub/v2", "v2.1.0", "sub/v2.1.0"),
        ("/v2/x", "v1.0.0", "v2/x/v1.0.0"),
    ] {
        table.row(&format!("{m}{below}"), version, format!("{version} refs/tags/{tag}"));
    }

    let lib = site.repository("exact/v2");
    let m = lib.module();
    lib.module_at("", &m).module_at("v2", &m).commit("all");
    lib.tag("v2.0.0").remove("go.mod").commit("the folder only");
    lib.tag("v2.1.0");
    push_all(&lib);
    table.row(&m, "v2.0.0", "v2.0.0 refs/tags/v2.0.0");
    let missing = format!("invalid version: missing {m}/go.mod at revision v2.1.0");
    table.row(&m, "v2.1.0", format!("no: {m}@v2.1.0: {missing}"));
    let daemon = as_direct_mode(&site);
    table.check(&daemon, &Go::direct(&site, "go-direct"));
}

// Rules: R10, G7
#[test]
fn links_and_folders_named_go_mod() {
    let site = Site::new();
    let mut table = Table::default();
    let link = |lib: &Repository<'_>, target: &str, path: &str| {
        std::os::unix::fs::symlink(target, lib.work().join(path))
            .expect("the work tree is writable");
    };
    for (name, target, first) in
        [("link", "real.mod", "go.mod is missing module path"), ("text", "module x.y", "ok")]
    {
        let lib = site.repository(&format!("d/{name}"));
        link(&lib, target, "go.mod");
        lib.write("real.mod", format!("module {}\n", lib.module())).commit("a link");
        lib.tag("v1.0.0");
        push_all(&lib);
        let m = lib.module();
        let expected = match first {
            "ok" => "v1.0.0 refs/tags/v1.0.0".to_owned(),
            reason => format!("no: {m}@v1.0.0: invalid version: {reason} at revision v1.0.0"),
        };
        table.row(&m, "v1.0.0", expected);
    }
    let lib = layout(&site, "d/dir", &[("go.mod/x", "a folder")]);
    table.ours(&lib.module(), "v1.0.0", "v1.0.0 refs/tags/v1.0.0");
    // A link to a folder with a go.mod is no folder.
    let lib = site.repository("d/aside");
    let m = lib.module();
    lib.module_at("", &m).module_at("real", &format!("{m}/sub"));
    link(&lib, "real", "sub");
    lib.commit("a link to a folder");
    lib.tag("sub/v1.0.0");
    push_all(&lib);
    let sub = format!("{m}/sub");
    let missing = format!("invalid version: missing {sub}/go.mod at revision sub/v1.0.0");
    table.row(&sub, "v1.0.0", format!("no: {sub}@v1.0.0: {missing}"));
    let daemon = as_direct_mode(&site);
    table.check(&daemon, &Go::direct(&site, "go-direct"));
}
