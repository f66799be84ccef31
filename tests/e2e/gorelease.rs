//! `gorelease`, which compares a work tree with the release before it, and gets that from modgate.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use modgate_tests::clients;
use modgate_tests::golang::Go;
use modgate_tests::registry;

use crate::clients::{Host, LIB, SUB};

/// It has no releases of its own; this one builds with the judge.
const VERSION: &str = "v0.0.0-20261113113407-e3970619a1a4";

pub(crate) fn gorelease() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("registry");
        registry::install("golang.org/x/exp/cmd/gorelease", VERSION, &cache)
    })
}

/// A work tree of `acme/lib` on its way to the next release.
struct WorkTree<'a> {
    go: &'a Go,
    host: &'a Host,
}

impl WorkTree<'_> {
    fn dir(&self) -> PathBuf {
        self.host.site.path("work/acme/lib")
    }

    #[track_caller]
    fn git(&self, args: &[&str]) {
        self.host.site.git(&self.dir()).args(args).finish().ok();
    }

    /// Writes a file and commits everything: gorelease wants a clean tree.
    #[track_caller]
    fn commit(&self, file: &str, text: &str) {
        std::fs::write(self.dir().join(file), text).expect("the work tree is writable");
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", file]);
    }

    /// What gorelease reports in a folder, with an empty module cache.
    #[track_caller]
    fn reports(&self, dir: &str, args: &[&str], code: i32, report: &str) {
        self.go.forget();
        let done = self.go.start(gorelease(), &self.dir().join(dir), args).exits(code);
        assert_eq!(done.line(), report, "{done}");
    }
}

#[test]
fn gorelease_compares_with_the_release_before() {
    let host = Host::new();
    let go = host.client(clients::newest(), "gorelease");
    let tree = WorkTree { go: &go, host: &host };
    tree.git(&["checkout", "--quiet", "-B", "next", "v1.2.0"]);
    let none = "# summary\nSuggested version: v0.1.0";
    tree.reports("", &["-base=none"], 0, none);
    // The retracted v1.1.0 and the broken v1.9.0 are not what latest is.
    let latest = "# summary\nBase version: v1.2.0 (latest)\nSuggested version: v1.2.1";
    tree.reports("", &["-base=latest"], 0, latest);
    tree.commit("more.go", "package lib\n\n// More is new.\nfunc More() {}\n");
    let added = format!("# {LIB}\n## compatible changes\nMore: added\n\n# summary\n");
    let inferred = format!("{added}Inferred base version: v1.2.0\nSuggested version: v1.3.0");
    tree.reports("", &[], 0, &inferred);
    let bad = format!(
        "{added}v1.2.1 is not a valid semantic version for this release.\nThere are compatible changes, but the minor version is not incremented\nover the base version (v1.2.0)."
    );
    tree.reports("", &["-base=v1.2.0", "-version=v1.2.1"], 1, &bad);
    let good = format!("{added}v1.3.0 is a valid semantic version for this release.");
    tree.reports("", &["-base=v1.2.0", "-version=v1.3.0"], 0, &good);
    let old = format!(
        "# {LIB}\n## incompatible changes\nVersion: value changed from \"v1.0.0\" to \"v1.2.0\"\n## compatible changes\nMore: added\n\n\
        # summary\nCannot suggest a release version.\nIncompatible changes were detected."
    );
    tree.reports("", &["-base=v1.0.0"], 1, &old);
}

#[test]
fn gorelease_knows_nested_modules() {
    let host = Host::new();
    let go = host.client(clients::newest(), "gorelease");
    let tree = WorkTree { go: &go, host: &host };
    tree.git(&["checkout", "--quiet", "-B", "next", "v2.0.0"]);
    let summary = |base: &str, next: &str| {
        format!("# summary\nInferred base version: {base}\nSuggested version: {next}")
    };
    tree.reports("v2", &[], 0, &summary("v2.0.0", "v2.0.1"));
    tree.go.run_in(&tree.dir().join("sub"), &["mod", "tidy"]).ok();
    tree.commit("sub/more.go", "package sub\n\n// More is new.\nfunc More() {}\n");
    let added = format!("# {SUB}\n## compatible changes\nMore: added\n\n");
    let summary = summary("v0.2.0", "v0.3.0 (with tag sub/v0.3.0)");
    tree.reports("sub", &[], 0, &format!("{added}{summary}"));
}

// Rules: X10, X21
#[test]
fn gorelease_says_why_the_base_is_not_there() {
    let host = Host::new();
    let go = host.client(clients::newest(), "gorelease");
    let tree = WorkTree { go: &go, host: &host };
    for (base, reason) in [
        (
            "v1.9.0",
            format!(
                "module-path-mismatch: parsing go.mod: module declares its path as: git.example.com/other/lib, but was required as: {LIB}"
            ),
        ),
        ("v1.8.0", format!("{LIB}@v1.8.0: invalid version: unknown revision v1.8.0")),
    ] {
        let done = tree.go.start(gorelease(), &tree.dir(), &[&format!("-base={base}")]).exits(1);
        let url = host.daemon.url();
        let said = format!(
            "{LIB}@{base}: reading {url}/{LIB}/@v/{base}.info: 404 Not Found\n\tserver response: not found: {reason}"
        );
        assert!(done.errors().contains(&said), "no {said:?}: {done}");
    }
}
