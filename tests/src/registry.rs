//! Real modules from the Go registry, with the hashes that are published for them.
//!
//! The lists are text files, one version a line:
//!
//! ```text
//! MODULE VERSION [FLAG...] H1 H1-OF-GO.MOD
//! ```
//!
//! Both sums are those of the checksum database: the go command compared them when the line was written down.
//! The versions of one repository stand in the order in which they are tagged there. The flags:
//!
//! - `ci`: part of every run, not only of the long one
//! - `repository=PATH`: the module path of the repository's root, where it is not the usual one
//! - `major-directory`: `/vN` is a folder
//! - `license-above`: LICENSE lies in the root of the repository, where a module in a sub-directory inherits it
//! - `dropped=KIND,...`: the commit has more files, which no zip may hold; the kinds stand in [`crate::rebuild`]
//! - `because=REASON`: why it cannot be served with its hash from a rebuilt repository; the reasons are [`Reason`]

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::golang::{Download, answers};
use crate::run::{Done, Run};

/// One line of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Real {
    /// Module path.
    pub module: String,
    /// Version.
    pub version: String,
    /// Whether the short run has it too.
    pub ci: bool,
    /// Module path of the repository's root.
    pub repository: String,
    /// Whether `/vN` is a folder.
    pub major_directory: bool,
    /// Whether LICENSE lies in the repository's root.
    pub license_above: bool,
    /// Kinds of files that the commit has and the zip has not.
    pub dropped: Vec<String>,
    /// Why it cannot be served with its hash from a rebuilt repository.
    pub because: Option<Reason>,
    /// h1 of the zip.
    pub sum: String,
    /// h1 of go.mod.
    pub go_mod_sum: String,
}

/// Why a version cannot be served with its hash from a repository that is rebuilt from its zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// `commit-id`: the version names the id of a commit; a rebuilt commit has another one.
    CommitId,
    /// `other-path`: its go.mod declares another path, so that nobody can require it. The go command downloads it all
    /// the same; modgate serves it only with `serve_broken`.
    OtherPath,
}

impl Real {
    /// `MODULE@VERSION`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.module, self.version)
    }

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
    let words: Vec<&str> = line.split_whitespace().collect();
    let [module, version, flags @ .., sum, go_mod_sum] = &words[..] else {
        panic!("a module, a version and two sums wanted: {line:?}");
    };
    let [module, version, sum, go_mod_sum] =
        [module, version, sum, go_mod_sum].map(|word| (*word).to_owned());
    assert!(version.starts_with('v'), "no version in {line:?}");
    assert!([&sum, &go_mod_sum].iter().all(|sum| sum.starts_with("h1:")), "no sums in {line:?}");
    let usual = without_major(&module);
    let elements = if usual.starts_with("github.com/") { 3 } else { usize::MAX };
    let repository = usual.split('/').take(elements).collect::<Vec<_>>().join("/");
    let mut real = Real { module, version, repository, sum, go_mod_sum, ..Real::default() };
    for flag in flags {
        match (*flag, flag.split_once('=')) {
            (_, Some(("repository", path))) => real.repository = path.to_owned(),
            (_, Some(("dropped", kinds))) => {
                real.dropped = kinds.split(',').map(str::to_owned).collect();
            }
            (_, Some(("because", "commit-id"))) => real.because = Some(Reason::CommitId),
            (_, Some(("because", "other-path"))) => real.because = Some(Reason::OtherPath),
            ("ci", _) => real.ci = true,
            ("major-directory", _) => real.major_directory = true,
            ("license-above", _) => real.license_above = true,
            _ => panic!("unknown flag {flag:?} in {line:?}"),
        }
    }
    real
}

/// All of them, in order, from a cache that is kept; what it lacks is fetched one by one with the machine's own
/// settings (registry, checksum database).
///
/// What the registry refuses ends it: there is no use in asking again.
#[track_caller]
pub fn download(list: &[Real], cache: &Path) -> Vec<Download> {
    std::fs::create_dir_all(cache).expect("the cache folder is writable");
    let cache = &cache.canonicalize().expect("it was made above");
    let names: Vec<String> = list.iter().map(Real::name).collect();
    let kept = answers(&ask(&names, cache, Some("off")), list.len());
    let downloads = names
        .iter()
        .zip(kept)
        .map(|(name, kept)| if kept.error.is_empty() { kept } else { fetch(name, cache) });
    downloads.collect()
}

#[track_caller]
fn fetch(name: &str, cache: &Path) -> Download {
    let done = ask(std::slice::from_ref(&name.to_owned()), cache, None);
    let answer = answers(&done, 1).remove(0);
    assert_eq!(answer.error, "", "the registry does not give {name}, which the list names");
    answer
}

fn ask(names: &[String], cache: &Path, registry: Option<&str>) -> Done {
    let run = registry.into_iter().fold(go(cache), |run, registry| run.env("GOPROXY", registry));
    let run = run.limit(Duration::from_secs(300));
    run.args(["mod", "download", "-json"]).args(names).finish()
}

/// Installs a program from the registry with the machine's own settings, into a cache that is kept; returns its path.
#[track_caller]
pub fn install(package: &str, version: &str, cache: &Path) -> PathBuf {
    let run = go(cache).env("GOBIN", cache.join("bin")).env("GOCACHE", cache.join("build"));
    let run = run.limit(Duration::from_secs(480));
    run.arg("install").arg(format!("{package}@{version}")).finish().ok();
    cache.join("bin").join(package.rsplit('/').next().unwrap_or(package))
}

/// The go.mod files of all of them, in order; nothing else is downloaded.
#[track_caller]
pub fn go_mods(list: &[Real], cache: &Path) -> Vec<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Module {
        go_mod: PathBuf,
    }
    let names = list.iter().map(|real| format!("{}@{}", real.module, real.version));
    let done = go(cache).args(["list", "-m", "-json"]).args(names).finish().ok();
    let modules = serde_json::Deserializer::from_slice(&done.stdout).into_iter::<Module>();
    let files = modules.map(|module| {
        let path = module.expect("go list prints JSON").go_mod;
        std::fs::read_to_string(path).expect("real go.mod files are UTF-8")
    });
    files.collect()
}

/// The go command with the machine's own settings (registry, checksum database) and a module cache that is kept.
#[track_caller]
pub fn go(cache: &Path) -> Run {
    std::fs::create_dir_all(cache).expect("the cache folder is writable");
    let run = Run::new("go").envs(own_settings()).env("GOMODCACHE", cache.join("mod"));
    run.env("GOFLAGS", "-modcacherw").env("GOTOOLCHAIN", "local").dir(cache)
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
    use super::{Reason, read};

    #[track_caller]
    fn check(text: &str, repository: &str, directory: &str, tag: &str) {
        let real = read(&format!("{text} h1:zip h1:mod")).remove(0);
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
        check("gopkg.in/a.v2 v2.1.0", "gopkg.in/a.v2", "", "v2.1.0");
        check("x.test/a v1.0.0", "x.test/a", "", "v1.0.0");
        check("x.test/a/exp v0.1.0 repository=x.test/a", "x.test/a", "exp", "exp/v0.1.0");
    }

    #[test]
    fn line_has_flags_and_ends_in_both_sums() {
        let text = "# a comment\n\nx.test/a v1.0.0 ci dropped=vendor,nested because=commit-id h1:zip h1:mod\n";
        let real = read(text).remove(0);
        assert!(real.ci && !real.license_above && !real.major_directory);
        assert_eq!(real.dropped, ["vendor", "nested"]);
        assert_eq!(real.because, Some(Reason::CommitId));
        assert_eq!([real.sum, real.go_mod_sum], ["h1:zip", "h1:mod"]);
    }
}
