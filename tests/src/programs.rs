//! Where the programs are: ours beside this test binary, `git` and `go` on the PATH.
//!
//! Cargo does not build the programs of other packages for a test: a missing one is said in words.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::run::Run;

/// What the workspace builds.
pub const OURS: [&str; 2] = ["modgate", "modgate-hook"];

/// The path of a built program.
#[track_caller]
pub fn built(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(
        path.is_file(),
        "{} is missing: build the workspace first (cargo build --workspace)",
        path.display()
    );
    path
}

/// The folder that cargo puts programs into: this binary is in its `deps`.
fn folder() -> PathBuf {
    let this = std::env::current_exe().expect("a test knows its own path");
    let deps = this.parent().expect("a program lies in a folder");
    if deps.ends_with("deps") {
        return deps.parent().expect("deps lies in a folder").to_owned();
    }
    deps.to_owned()
}

/// Fails the test in words when `git` or `go` is missing.
#[track_caller]
pub fn need_git_and_go() {
    static MISSING: OnceLock<Vec<&str>> = OnceLock::new();
    let missing = MISSING.get_or_init(|| {
        let starts = |name: &str, word: &str| Run::new(name).args([word]).finish().code() == 0;
        let tools = [("git", "--version", "apt-get install git"), ("go", "version", GO)];
        let missing = tools.iter().filter(|(name, word, _)| !on_path(name) || !starts(name, word));
        missing.map(|(_, _, advice)| *advice).collect()
    });
    assert!(
        missing.is_empty(),
        "these tests need real git and go commands: {}",
        missing.join("; ")
    );
}

const GO: &str = "install Go 1.25 or newer from https://go.dev/dl/ and put its bin folder on PATH";

/// Whether a program of that name is on the PATH.
pub fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(name).is_file())
}
