//! Which tag names which module and version.
//!
//! A tag `P/B` names a version `B` of the module in directory `P` (rules D1 to D6). The directory of
//! a major version (`v2/`) is never part of the tag prefix. One tag can name two modules: where
//! `v2/go.mod` exists and the root has no go.mod, `v2.0.0` is both `R/v2@v2.0.0` and
//! `R@v2.0.0+incompatible`. Whether a named version is usable is decided elsewhere, by `resolve`.
//!
//! A repository of `gopkg.in` bears its major version in its name (M7): all its modules are that one.

use crate::{module, pseudo, version};

mod next;

pub use next::{Next, next};

/// A module path placed in its repository (D1 to D6). Invariant: `path` is `code_root` or below it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Module {
    /// The module path.
    pub path: String,
    /// The module path of the repository's root directory.
    pub code_root: String,
    /// `path` without its major suffix; `path` itself where that is the code root (D2).
    pub path_prefix: String,
    /// `/vN`, or empty; for gopkg.in `.vN` or `.vN-unstable`.
    pub path_major: String,
    /// The directory that tags are prefixed with, without slashes at its ends (D3).
    pub code_dir: String,
}

impl Module {
    /// Places `path` below `code_root`; `None` where it is not there or its suffix is invalid (M6).
    pub fn locate(code_root: &str, path: &str) -> Option<Self> {
        let below = path.strip_prefix(code_root)?;
        if !below.is_empty() && !below.starts_with('/') {
            return None;
        }
        let (prefix, path_major) = module::split_path_version(path)?;
        let path_prefix = if below.is_empty() { path } else { prefix };
        let code_dir = path_prefix.strip_prefix(code_root)?.trim_matches('/');
        Some(Self {
            path: path.to_owned(),
            code_root: code_root.to_owned(),
            path_prefix: path_prefix.to_owned(),
            path_major: path_major.to_owned(),
            code_dir: code_dir.to_owned(),
        })
    }

    /// What stands before the version in a tag of this module: `""` or `dir/` (D6).
    pub fn tag_prefix(&self) -> String {
        if self.code_dir.is_empty() { String::new() } else { format!("{}/", self.code_dir) }
    }

    /// `vN`, or empty without a major suffix (D5).
    pub fn pseudo_major(&self) -> &str {
        self.path_major.trim_start_matches(['/', '.']).trim_end_matches("-unstable")
    }

    /// Where the go.mod of a major version may lie besides [`Module::code_dir`]: `dir/vN`.
    pub fn major_dir(&self) -> Option<String> {
        (self.path_major.starts_with('/') && self.code_root != self.path)
            .then(|| join(&self.code_dir, self.pseudo_major()))
    }

    /// The name of the tag that would carry `version`; `+incompatible` never stands in a tag.
    pub fn tag(&self, version: &str) -> String {
        let version = version.strip_suffix("+incompatible").unwrap_or(version);
        format!("{}{version}", self.tag_prefix())
    }
}

/// `directory/name`, or `name` in the root directory.
pub fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// Splits a tag name at its last slash into prefix (may be empty) and base (K3).
pub fn split(tag: &str) -> (&str, &str) {
    tag.rsplit_once('/').unwrap_or(("", tag))
}

/// A module version that a tag names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Release {
    /// The module.
    pub module: Module,
    /// The version, with `+incompatible` where that is the only way to use it.
    pub version: String,
}

/// Every module version that the tag could name, the proper one first (L1 to L4, L6, K4).
pub fn releases(code_root: &str, tag: &str) -> Vec<Release> {
    let (directory, base) = split(tag);
    if version::canonical(base).as_deref() != Some(base) || pseudo::is_pseudo(base) {
        return Vec::new();
    }
    let path = join(code_root, directory).trim_end_matches('/').to_owned();
    let major = version::major(base);
    let with_major = format!("{path}/{major}");
    let named = |path: &str, version: String| {
        let module = Module::locate(code_root, path)?;
        // The tag is asked for by this name, so `/v1.0.0`, which is no name of a ref, names nothing.
        let fits = module.tag(&version) == tag
            && module::check_path_major(&version, &module.path_major).is_ok();
        fits.then_some(Release { module, version })
    };
    if matches!(major, "v0" | "v1") {
        return named(&path, base.to_owned()).into_iter().collect();
    }
    let incompatible = || {
        let release = named(&path, format!("{base}+incompatible"))?;
        (directory.is_empty() && release.module.path_major.is_empty()).then_some(release)
    };
    named(&path, base.to_owned())
        .into_iter()
        .chain(named(&with_major, base.to_owned()))
        .chain(incompatible())
        .collect()
}

/// Whether somebody who pushes this tag probably means a release (K3).
pub fn looks_like_release(tag: &str) -> bool {
    let (_, base) = split(tag);
    version_with_v(base) || plain_version(base) || embedded_version(tag)
}

/// `[vV]` `.`? digits (`.` digits)* then the end or one of `-+._` and anything.
fn version_with_v(base: &str) -> bool {
    let Some(rest) = base.strip_prefix(['v', 'V']) else { return false };
    let Some((_, rest)) = numbers(rest.strip_prefix('.').unwrap_or(rest)) else { return false };
    rest.is_empty() || rest.starts_with(['-', '+', '.', '_'])
}

/// Two to four numbers joined by dots, then the end or one of `-+_` and anything.
fn plain_version(base: &str) -> bool {
    let Some((count, rest)) = numbers(base) else { return false };
    (2..=4).contains(&count) && (rest.is_empty() || rest.starts_with(['-', '+', '_']))
}

/// `X.Y.Z` behind a separator anywhere in the name.
fn embedded_version(tag: &str) -> bool {
    tag.match_indices(['-', '_', '/']).any(|(at, _)| {
        let rest = &tag[at + 1..];
        numbers(rest.strip_prefix('v').unwrap_or(rest)).is_some_and(|(count, _)| count >= 3)
    })
}

/// The dot-separated numbers that `text` begins with: how many, and what follows.
fn numbers(text: &str) -> Option<(usize, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(text);
    if end == 0 {
        return None;
    }
    let mut count = 1;
    while text[end..].starts_with('.') {
        let more = digits(&text[end + 1..]);
        if more == 0 {
            break;
        }
        end += 1 + more;
        count += 1;
    }
    Some((count, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_releases(code_root: &str, tag: &str, expected: &[&str]) {
        let found: Vec<String> = releases(code_root, tag)
            .into_iter()
            .map(|release| format!("{}@{}", release.module.path, release.version))
            .collect();
        assert_eq!(found, expected, "{tag} in {code_root}");
    }

    // Rules: D6, L4
    #[test]
    fn a_tag_names_the_module_of_its_directory_and_major() {
        check_releases("h.io/r", "v1.2.3", &["h.io/r@v1.2.3"]);
        check_releases("h.io/r", "v0.1.0-rc.1", &["h.io/r@v0.1.0-rc.1"]);
        check_releases("h.io/r", "v2.1.0", &["h.io/r/v2@v2.1.0", "h.io/r@v2.1.0+incompatible"]);
        check_releases("h.io/r", "sub/v1.2.3", &["h.io/r/sub@v1.2.3"]);
        check_releases("h.io/r", "sub/v2.1.0", &["h.io/r/sub/v2@v2.1.0"]);
        check_releases("h.io/r", "v2/x/v1.0.0", &["h.io/r/v2/x@v1.0.0"]);
        // The major directory is no tag prefix: v2/v2.1.0 names nothing of R/v2.
        check_releases("h.io/r", "v2/v1.0.0", &[]);
        check_releases("h.io/r", "v2/v2.1.0", &["h.io/r/v2/v2@v2.1.0"]);
    }

    // Rules: D2, D6
    #[test]
    fn a_repository_named_like_a_major_releases_itself() {
        check_releases("h.io/e/v2", "v2.0.0", &["h.io/e/v2@v2.0.0", "h.io/e/v2/v2@v2.0.0"]);
        check_releases("h.io/e/v2", "v1.0.0", &[]);
        check_releases("h.io/e/v2", "sub/v1.0.0", &["h.io/e/v2/sub@v1.0.0"]);
    }

    // Rules: D2, D5, D6, M7
    #[test]
    fn a_repository_of_gopkg_in_releases_the_major_in_its_name() {
        check_releases("gopkg.in/y.v2", "v2.4.0", &["gopkg.in/y.v2@v2.4.0"]);
        check_releases("gopkg.in/y.v2", "v1.4.0", &[]);
        check_releases("gopkg.in/y.v1", "v1.4.0", &["gopkg.in/y.v1@v1.4.0"]);
        let unstable = Module::locate("gopkg.in/y.v2-unstable", "gopkg.in/y.v2-unstable").unwrap();
        assert_eq!((unstable.pseudo_major(), unstable.major_dir()), ("v2", None));
        let below = Module::locate("gopkg.in/y", "gopkg.in/y/z.v3").unwrap();
        assert_eq!((below.pseudo_major(), below.major_dir()), ("v3", None));
    }

    // Rules: L2, L3, P1
    #[test]
    fn non_canonical_tags_name_nothing() {
        for tag in ["v1", "v1.2", "v1.0.0+meta", "v2.0.0+incompatible", "1.2.3", "V1.2.3", "x"] {
            check_releases("h.io/r", tag, &[]);
        }
        for tag in ["/v1.0.0", "/v2.0.0", "a//v1.0.0", "/a/v1.0.0"] {
            check_releases("h.io/r", tag, &[]);
        }
        check_releases("h.io/r", "v1.0.0-20200101000000-abcdefabcdef", &[]);
        check_releases("h.io/r", "v0.0.0-20200101000000-abcdefabcdef", &[]);
        // Only form 1 has no numbers of its own (P1).
        let no_pseudo = "v1.2.3-20200101000000-abcdefabcdef";
        check_releases("h.io/r", no_pseudo, &[&format!("h.io/r@{no_pseudo}")]);
    }

    #[test]
    fn failed_attempts_look_like_releases_and_other_tags_do_not() {
        for tag in [
            "v1",
            "v1.2",
            "v1.2.3",
            "V1.0.0",
            "v.1.2.3",
            "1.2",
            "1.2.3",
            "v1.2.3.4",
            "sub-v1.0.0",
            "release-v1.4.0",
            "v/1.2.3",
            "release/1.2.3-rc1",
            "a_1.2.3",
            "v1.0.0-",
            "2024.01.15",
        ] {
            assert!(looks_like_release(tag), "{tag}");
        }
        for tag in
            ["build/1234", "prod/2024-01-15", "nightly", "v", "vnext", "1", "1.2.3.4.5", "v1x"]
        {
            assert!(!looks_like_release(tag), "{tag}");
        }
    }

    // Rules: D1, D2, D3
    #[test]
    fn modules_are_located_by_the_rules_of_the_go_command() {
        let at = |root, path| Module::locate(root, path).map(|m| (m.path_major, m.code_dir));
        let place = |major: &str, dir: &str| Some((major.to_owned(), dir.to_owned()));
        assert_eq!(at("h.io/r", "h.io/r"), place("", ""));
        assert_eq!(at("h.io/r", "h.io/r/v2"), place("/v2", ""));
        assert_eq!(at("h.io/r", "h.io/r/sub/v2"), place("/v2", "sub"));
        assert_eq!(at("h.io/r", "h.io/r/v2/x"), place("", "v2/x"));
        assert_eq!(at("h.io/e/v2", "h.io/e/v2"), place("/v2", ""));
        assert_eq!(at("h.io/r", "h.io/rx"), None);
        assert_eq!(at("h.io/r", "h.io/r/v1"), None);
    }
}
