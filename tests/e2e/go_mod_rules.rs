//! What the rules about the content of go.mod promise that a consumer sees: the go command says just that, with a policy
//! that refuses nothing and serves what is broken.

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::run::Done;
use modgate_tests::site::Site;

use crate::push_rules::gate;

/// How the version is used.
#[derive(Clone, Copy)]
enum Use {
    Get,
    Install,
}

/// A mistake: `$M` is the module path.
struct Row {
    rule: &'static str,
    go_mod: &'static str,
    by: Use,
    /// What the go command says, straight from the repository; white space counts as one blank.
    says: &'static str,
    /// The end of it that it says through modgate too.
    through: &'static str,
}

fn row(
    (rule, go_mod): (&'static str, &'static str),
    by: Use,
    says: &'static str,
    through: &'static str,
) -> Row {
    Row { rule, go_mod, by, says, through }
}

const INSTALL: &str = "$M/cmd/tool@v1.0.0: $M/cmd/tool@v1.0.0 (in $M@v1.0.0)";

fn rows() -> Vec<Row> {
    let mut rows = vec![
        row(
            ("gomod-bom", "\u{feff}module $M\n\ngo 1.21\n"),
            Use::Get,
            "$M@v1.0.0: invalid version: go.mod is missing module path at revision v1.0.0",
            "go.mod is missing module path at revision v1.0.0",
        ),
        row(
            ("gomod-scanner-disagrees", "module `$M`\n\ngo 1.21\n"),
            Use::Get,
            "parsing go.mod: go.mod:1: invalid quoted string: unquoted string cannot contain quote",
            "invalid quoted string: unquoted string cannot contain quote",
        ),
        row(
            ("module-path-invalid", "module lib\n\ngo 1.21\n"),
            Use::Get,
            "module declares its path as: lib but was required as: $M",
            "module declares its path as: lib but was required as: $M",
        ),
        row(
            ("go-directive-invalid", "module $M\n\ngo v1.20\n"),
            Use::Get,
            "parsing go.mod: go.mod:3: invalid go version 'v1.20': must match format 1.23.0",
            "invalid go version 'v1.20': must match format 1.23.0",
        ),
        row(
            ("go-directive-too-new", "module $M\n\ngo 1.99\n"),
            Use::Get,
            "$M@v1.0.0 requires go >= 1.99 (running go 1.",
            "requires go >= 1.99 (running go 1.",
        ),
    ];
    rows.extend(installs());
    rows.extend(requirements());
    rows
}

/// Mistakes that count where the module is the main one.
fn installs() -> [Row; 5] {
    const REPLACE: &str = ": The go.mod file for the module providing named packages contains one or more \
                           replace directives. It must not contain directives that would cause it to be \
                           interpreted differently than if it were the main module.";
    const EXCLUDE: &str = "contains one or more exclude directives. It must not contain directives that would \
                           cause it to be interpreted differently than if it were the main module.";
    let install = |rule, go_mod, says| row((rule, go_mod), Use::Install, says, says);
    [
        install(
            "gomod-strict",
            "module $M\n\ngo 1.21\nfrob x\n",
            ": go.mod:4: unknown directive: frob",
        ),
        install(
            "go-directive-invalid",
            "module $M\n\ngo 1.20.x\n",
            ": go.mod:3: invalid go version '1.20.x': must match format 1.23.0",
        ),
        install(
            "replace-directive",
            "module $M\n\ngo 1.21\nreplace x.y/a => x.y/b v1.0.0\n",
            REPLACE,
        ),
        install("replace-local-path", "module $M\n\ngo 1.21\nreplace x.y/a => ./sub\n", REPLACE),
        install("exclude-directive", "module $M\n\ngo 1.21\nexclude x.y/a v1.0.0\n", EXCLUDE),
    ]
}

/// With Go 1.16 in go.mod a consumer looks at what every requirement requires; later, at what is imported.
fn requirements() -> [Row; 6] {
    let get = |rule, go_mod, says, through| row((rule, go_mod), Use::Get, says, through);
    [
        get(
            "require-invalid",
            "module $M\n\ngo 1.21\nrequire x.y/a v2.0.0\n",
            "parsing go.mod: go.mod:4: require x.y/a: version \"v2.0.0\" invalid: should be v0 or v1, not v2",
            "require x.y/a: version \"v2.0.0\" invalid: should be v0 or v1, not v2",
        ),
        get(
            "require-missing-version",
            "module $M\n\ngo 1.16\nrequire $M/sub v1.77.0\n",
            "$M@v1.0.0 requires $M/sub@v1.77.0: reading $M/sub/go.mod at revision sub/v1.77.0: unknown \
             revision sub/v1.77.0",
            "unknown revision sub/v1.77.0",
        ),
        get(
            "require-bad-pseudo",
            "module $M\n\ngo 1.16\nrequire $M/sub v0.0.0-20240101000000-abcdefabcdef\n",
            "$M@v1.0.0 requires $M/sub@v0.0.0-20240101000000-abcdefabcdef: \
             $M/sub@v0.0.0-20240101000000-abcdefabcdef: invalid version: unknown revision abcdefabcdef",
            "unknown revision abcdefabcdef",
        ),
        get(
            "require-zero-pseudo",
            "module $M\n\ngo 1.16\nrequire $M/sub v0.0.0-00010101000000-000000000000\n",
            "$M@v1.0.0 requires $M/sub@v0.0.0-00010101000000-000000000000: \
             $M/sub@v0.0.0-00010101000000-000000000000: invalid version: unknown revision 000000000000",
            "unknown revision 000000000000",
        ),
        get(
            "require-self",
            "module $M\n\ngo 1.21\nrequire $M v1.1.0\n",
            "$M@v1.0.0 requires $M@v1.1.0, not $M@v1.0.0",
            "$M@v1.0.0 requires $M@v1.1.0, not $M@v1.0.0",
        ),
        get(
            "require-retracted",
            "module $M\n\ngo 1.21\nrequire $M/sub v1.0.0\n",
            "go: warning: $M/sub@v1.0.0: retracted by module author: It deletes files.",
            "go: warning: $M/sub@v1.0.0: retracted by module author: It deletes files.",
        ),
    ]
}

/// A repository with this go.mod in `v1.0.0`, and a module `sub` whose first version is retracted.
fn publish(lib: &Repository<'_>, row: &Row) {
    let module = lib.module();
    lib.module_at("sub", &format!("{module}/sub"));
    // What no package imports, a consumer need not have.
    let imports = if row.go_mod.contains("$M/sub") { "import _ \"$M/sub\"\n" } else { "" };
    lib.write("code.go", format!("package code\n\n{imports}").replace("$M", &module));
    lib.write("cmd/tool/main.go", "package main\n\nfunc main() {}\n");
    lib.write("go.mod", row.go_mod.replace("$M", &module)).commit("first");
    lib.tag("v1.0.0").tag("sub/v1.0.0");
    let retracts =
        format!("module {module}/sub\n\ngo 1.21\n\n// It deletes files.\nretract v1.0.0\n");
    lib.write("sub/go.mod", retracts).commit("retract");
    lib.tag("sub/v1.0.1");
    lib.module_at("", &module).commit("mended");
    lib.tag("v1.1.0");
    let push = lib.push(&["main", "sub/v1.0.0", "sub/v1.0.1", "v1.0.0", "v1.1.0"]);
    push.accepted().says(row.rule);
}

fn run(go: &Go, index: usize, lib: &Repository<'_>, by: Use) -> Done {
    match by {
        Use::Install => go.run(&["install", &format!("{}/cmd/tool@v1.0.0", lib.module())]),
        Use::Get => {
            let dir = go.module(&format!("get{index}"), "module example.com/user\n\ngo 1.21\n");
            go.run_in(&dir, &["get", &format!("{}@v1.0.0", lib.module())])
        }
    }
}

#[track_caller]
fn says(row: &Row, lib: &Repository<'_>, done: &Done, expected: &str) {
    let said = done.errors().split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = expected.replace("$M", &lib.module());
    assert!(
        said.contains(&expected),
        "{} {:?}:\n{said}\n  lacks\n{expected}",
        row.rule,
        row.go_mod
    );
}

fn served(site: &Site) -> Daemon {
    site.configure("[policy]\npreset = \"observe\"\nserve_broken = true\n");
    gate(site)
}

// Rules: F10, F15, F16, P10, PV1, T4, D7
#[test]
fn what_the_rules_about_go_mod_promise_is_what_the_go_command_says() {
    let site = Site::new();
    let rows = rows();
    let all = (0..rows.len()).map(|index| site.repository(&format!("rules/r{index}")));
    let all: Vec<Repository<'_>> = all.collect();
    let daemon = served(&site);
    let direct = Go::direct(&site, "go-direct");
    let through = Go::through(&site, "go-through", &daemon.url());
    for (index, (row, lib)) in rows.iter().zip(&all).enumerate() {
        publish(lib, row);
        let done = run(&direct, index, lib, row.by);
        says(row, lib, &done, row.says);
        if matches!(row.by, Use::Install) {
            let prefix = INSTALL.strip_prefix("$M/cmd/tool@v1.0.0: ").unwrap_or(INSTALL);
            says(row, lib, &done, prefix);
        }
        says(row, lib, &run(&through, index, lib, row.by), row.through);
    }
}

// Rules: H4
#[test]
fn sums_that_are_missing_are_missing_in_a_clone() {
    let site = Site::new();
    let (dep, lib) = (site.repository("rules/dep"), site.repository("rules/lib"));
    let daemon = served(&site);
    dep.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let text = format!("module {}\n\ngo 1.21\n\nrequire {} v1.0.0\n", lib.module(), dep.module());
    lib.write("go.mod", text);
    lib.write("code.go", format!("package code\n\nimport _ {:?}\n", dep.module()))
        .commit("no sums");
    // Information is no matter for the terminal of who pushes.
    lib.tag("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let go = Go::through(&site, "go-through", &daemon.url());
    let said = go.run_in(lib.work(), &["list", "-m", "all"]).errors();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = format!(
        "{0}@v1.0.0: missing go.sum entry for go.mod file; to add it: go mod download {0}",
        dep.module()
    );
    assert!(said.contains(&wanted), "{said}");
}
