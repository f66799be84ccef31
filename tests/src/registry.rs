//! Real modules from the Go registry, with the hashes that are published for them.
//!
//! The list is a text file, one version a line:
//!
//! ```text
//! MODULE VERSION [repository=PATH] [major-directory] [license-above] [vendor]
//! ```
//!
//! `repository` is the module path of the repository's root where it is not the usual one;
//! `major-directory` puts `/vN` into a folder; `license-above` puts LICENSE into the root of the repository,
//! where a module in a sub-directory inherits it; `vendor` adds a vendored package, which no zip may hold.

use std::path::{Path, PathBuf};

use crate::golang::{Download, answers};
use crate::run::Run;

/// One line of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Real {
    /// Module path.
    pub module: String,
    /// Version.
    pub version: String,
    /// Module path of the repository's root.
    pub repository: String,
    /// Whether `/vN` is a folder.
    pub major_directory: bool,
    /// Whether LICENSE lies in the repository's root.
    pub license_above: bool,
    /// Whether a vendored package is added.
    pub vendor: bool,
}

impl Real {
    /// The module's directory, less a folder for the major version.
    pub fn prefix(&self) -> &str {
        let inside = self.module.strip_prefix(&self.repository).unwrap_or_default();
        without_major(inside).trim_start_matches('/')
    }

    /// The module's directory in the repository.
    pub fn directory(&self) -> String {
        let major = self.module.rsplit('/').next().unwrap_or_default();
        match (self.prefix(), self.major_directory) {
            (prefix, false) => prefix.to_owned(),
            ("", true) => major.to_owned(),
            (prefix, true) => format!("{prefix}/{major}"),
        }
    }

    /// The tag that releases it.
    pub fn tag(&self) -> String {
        let version = self.version.trim_end_matches("+incompatible");
        let prefix = self.prefix();
        if prefix.is_empty() { version.to_owned() } else { format!("{prefix}/{version}") }
    }
}

fn without_major(path: &str) -> &str {
    let (above, last) = path.rsplit_once('/').unwrap_or((path, ""));
    let digits = last.strip_prefix('v').unwrap_or_default();
    let is_major = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_major { above } else { path }
}

/// Reads the list.
#[track_caller]
pub fn read(text: &str) -> Vec<Real> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(line).collect()
}

#[track_caller]
fn line(line: &str) -> Real {
    let mut words = line.split_whitespace();
    let mut word = || words.next().unwrap_or_default().to_owned();
    let mut real = Real { module: word(), version: word(), ..Real::default() };
    assert!(real.version.starts_with('v'), "no version in {line:?}");
    let usual = without_major(&real.module);
    let elements = if usual.starts_with("github.com/") { 3 } else { usize::MAX };
    real.repository = usual.split('/').take(elements).collect::<Vec<_>>().join("/");
    for flag in words {
        match flag.split_once('=') {
            Some(("repository", path)) => real.repository = path.to_owned(),
            None if flag == "major-directory" => real.major_directory = true,
            None if flag == "license-above" => real.license_above = true,
            None if flag == "vendor" => real.vendor = true,
            _ => panic!("unknown word {flag:?} in {line:?}"),
        }
    }
    real
}

/// Downloads all of them with the machine's own settings (registry, checksum database), into a cache
/// that is kept; one answer for each, in order.
#[track_caller]
pub fn download(list: &[Real], cache: &Path) -> Vec<Download> {
    std::fs::create_dir_all(cache).expect("the cache folder is writable");
    let names = list.iter().map(|real| format!("{}@{}", real.module, real.version));
    let run = Run::new("go").envs(own_settings()).env("GOMODCACHE", cache.join("mod"));
    let run =
        run.env("GOFLAGS", "-modcacherw").dir(cache).limit(std::time::Duration::from_secs(480));
    let done = run.args(["mod", "download", "-json"]).args(names).finish().ok();
    answers(&done, list.len())
}

/// Installs a program from the registry with the machine's own settings, into a cache that is kept; returns its path.
#[track_caller]
pub fn install(package: &str, version: &str, cache: &Path) -> PathBuf {
    std::fs::create_dir_all(cache).expect("the cache folder is writable");
    let run = Run::new("go").envs(own_settings()).env("GOMODCACHE", cache.join("mod"));
    let run = run.env("GOBIN", cache.join("bin")).env("GOCACHE", cache.join("build"));
    let run =
        run.env("GOFLAGS", "-modcacherw").dir(cache).limit(std::time::Duration::from_secs(480));
    run.arg("install").arg(format!("{package}@{version}")).finish().ok();
    cache.join("bin").join(package.rsplit('/').next().unwrap_or(package))
}

/// What the go command reads of the environment to reach the registry.
pub(crate) fn own_settings() -> impl Iterator<Item = (String, String)> {
    std::env::vars().filter(|(name, _)| {
        let name = name.to_ascii_uppercase();
        let certificates = name.starts_with("SSL_CERT");
        name == "HOME" || name.starts_with("GO") || name.ends_with("_PROXY") || certificates
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[track_caller]
    fn check(text: &str, repository: &str, directory: &str, tag: &str) {
        let real = read(text).remove(0);
        let found = (real.repository.as_str(), real.directory(), real.tag());
        assert_eq!(found, (repository, directory.to_owned(), tag.to_owned()), "{text}");
    }

    #[test]
    fn line_names_repository_directory_and_tag() {
        check("github.com/a/b v1.0.0", "github.com/a/b", "", "v1.0.0");
        check("github.com/a/b/c/d v1.0.0", "github.com/a/b", "c/d", "c/d/v1.0.0");
        check("github.com/a/b/v2 v2.0.0", "github.com/a/b", "", "v2.0.0");
        check("github.com/a/b/v2 v2.0.0 major-directory", "github.com/a/b", "v2", "v2.0.0");
        check("github.com/a/b/c/v2 v2.0.0", "github.com/a/b", "c", "c/v2.0.0");
        check("github.com/a/b/c/v2 v2.0.0 major-directory", "github.com/a/b", "c/v2", "c/v2.0.0");
        check("github.com/a/b v3.1.0+incompatible", "github.com/a/b", "", "v3.1.0");
        check("x.test/a v1.0.0", "x.test/a", "", "v1.0.0");
        check("x.test/a/exp v0.1.0 repository=x.test/a", "x.test/a", "exp", "exp/v0.1.0");
    }
}
