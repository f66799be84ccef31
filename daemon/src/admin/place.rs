//! Which repository a verb is about, and which module path its root has.
//!
//! A repository of the host is a bare one under the root: the settings give its module path, and the ledger knows
//! it. Any other, such as a work tree or a clone, is known by the first of these:
//!
//! 1. what the caller says (`--module`)
//! 2. its remote `origin`, where that lies below the host's own address (`host.url`)
//! 3. a go.mod at HEAD, as near to the root as there is one, which fits the directory it lies in
//! 4. the address of its remote
//!
//! A go.mod goes before the remote, since module paths need not be addresses.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use modgate_common::gomod;
use modgate_common::io::repo::Repository;
use modgate_common::module::{check_path, split_path_version};
use modgate_common::objects::{Fault, Kind, Mode, ObjectId, Objects};
use modgate_common::settings::Settings;
use modgate_common::tags::join;

use super::{is_repository, root, with_git};
use crate::discover;

/// Directories that are looked through for a go.mod; whoever has more of them says `--module`.
const MAX_DIRECTORIES: usize = 2000;

/// A go.mod beyond this is none that the go command reads.
const MAX_GO_MOD: u64 = 16 << 20;

/// A repository, and what it is called.
pub(crate) struct Place {
    /// Its path under the root, less `.git`; elsewhere what it would be, or the module path.
    pub name: String,
    /// The module path of its root directory.
    pub code_root: String,
    /// The repository.
    pub git: Repository,
    /// Whether it is one of the host's, so that the ledger knows it.
    pub is_hosted: bool,
}

/// Finds a repository: by path, by name under the root, or around a folder of a work tree.
///
/// # Errors
/// When there is none, it cannot be read, or its module path cannot be told.
pub(crate) fn find(
    settings: &Settings,
    named: &str,
    module: Option<&str>,
) -> anyhow::Result<Place> {
    let root = settings.root.as_ref().map(|_| root(settings)).transpose()?;
    let below = root.as_ref().map(|root| root.join(named.trim_end_matches('/')));
    let bare = [Some(PathBuf::from(named)), below].into_iter().flatten();
    let bare =
        bare.flat_map(|path| [path.clone(), with_git(&path)]).find(|path| is_repository(path));
    let around = || Repository::around(Path::new(named));
    let Some(directory) = bare.clone().or_else(around) else {
        let under = root.map(|root| format!(", nor under the root {root:?}")).unwrap_or_default();
        bail!("{named:?} is no repository or work tree, neither as a path{under}");
    };
    let directory = directory.canonicalize().with_context(|| format!("{directory:?}"))?;
    let git = Repository::open(&directory)?;
    let hosted = root.filter(|_| bare.is_some());
    let hosted = hosted.and_then(|root| discover::name(&root, &directory));
    let is_hosted = hosted.is_some();
    let (name, code_root) = match (hosted, module) {
        (Some(name), None) => {
            let code_root = settings.code_root(&name);
            (name, code_root)
        }
        (hosted, Some(module)) => {
            (hosted.unwrap_or_else(|| name(settings, module)), module.to_owned())
        }
        (None, None) => elsewhere(settings, &git)?,
    };
    if let (false, Err(error)) = (is_hosted && module.is_none(), check_path(&code_root)) {
        bail!("{code_root:?} cannot be a module path: {error}");
    }
    Ok(Place { name, code_root, git, is_hosted })
}

/// What a repository of this module path would be called on the host.
fn name(settings: &Settings, code_root: &str) -> String {
    let below = code_root.strip_prefix(&settings.prefix).and_then(|rest| rest.strip_prefix('/'));
    below.unwrap_or(code_root).to_owned()
}

/// Name and module path of a repository that the host does not have (2 to 4).
fn elsewhere(settings: &Settings, git: &Repository) -> anyhow::Result<(String, String)> {
    let remote = git.config("remote.origin.url").unwrap_or_default();
    let remote = remote.trim_end_matches('/');
    let remote = remote.strip_suffix(".git").unwrap_or(remote);
    let own =
        settings.url.as_ref().and_then(|url| remote.strip_prefix(url.as_str())?.strip_prefix('/'));
    if let Some(name) = own {
        return Ok((name.to_owned(), settings.code_root(name)));
    }
    let found = match git.revision("HEAD")? {
        Some(head) => declared(git, git.commit(head)?.tree)?,
        None => None,
    };
    let Some(code_root) = found.or_else(|| address(remote)) else {
        bail!(
            "neither a go.mod nor a remote tells the module path of the repository: give it with --module"
        );
    };
    Ok((name(settings, &code_root), code_root))
}

/// The module path of the root, as go.mod files tell it.
pub(super) fn declared(objects: &dyn Objects, tree: ObjectId) -> Result<Option<String>, Fault> {
    let mut queue = VecDeque::from([(String::new(), tree)]);
    let mut seen = 0;
    while let Some((directory, tree)) = queue.pop_front().filter(|_| seen < MAX_DIRECTORIES) {
        seen += 1;
        for entry in objects.tree(tree)? {
            let name = String::from_utf8_lossy(&entry.name).into_owned();
            if entry.mode == Mode::Tree && !is_passed_over(&name) {
                queue.push_back((join(&directory, &name), entry.id));
            } else if entry.mode == Mode::File && name == "go.mod" {
                let found = root_of(&directory, &module_of(objects, entry.id)?);
                if found.as_ref().is_some_and(|root| check_path(root).is_ok()) {
                    return Ok(found);
                }
            }
        }
    }
    Ok(None)
}

/// Directories whose go.mod says nothing about the repository.
fn is_passed_over(name: &str) -> bool {
    name.starts_with(['.', '_']) || matches!(name, "testdata" | "vendor")
}

/// The path that a go.mod declares; empty where it declares none.
pub(super) fn module_of(objects: &dyn Objects, go_mod: ObjectId) -> Result<String, Fault> {
    if objects.blob_size(go_mod)? > MAX_GO_MOD {
        return Ok(String::new());
    }
    let text = objects.blob(go_mod)?;
    let parsed = gomod::parse_lax(&text).ok().and_then(|file| file.module);
    Ok(parsed.map_or_else(|| gomod::module_line(&text), |module| module.path))
}

/// The module path of the root directory, if a module of this path lies in `directory`: less the major suffix, which
/// may be the directory's own name.
fn root_of(directory: &str, path: &str) -> Option<String> {
    let is_gopkg = path.starts_with("gopkg.in/");
    let stem = split_path_version(path).filter(|_| !is_gopkg).map_or(path, |(stem, _)| stem);
    let cut = |path: &str| {
        let root = if directory.is_empty() {
            path
        } else {
            path.strip_suffix(directory)?.strip_suffix('/')?
        };
        (!root.is_empty()).then(|| root.to_owned())
    };
    cut(stem).or_else(|| cut(path))
}

/// The module path that an address of git stands for: `https://host:1/a/b`, `ssh://git@host/a/b`, `git@host:a/b`.
fn address(remote: &str) -> Option<String> {
    let path = match remote.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => {
            let (host, path) = rest.split_once('/')?;
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            let host = host.split_once(':').map_or(host, |(host, _)| host);
            format!("{host}/{path}")
        }
        None => {
            let (host, path) = remote.split_once(':').filter(|(host, _)| !host.contains('/'))?;
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{host}/{}", path.trim_start_matches('/'))
        }
    };
    check_path(&path).is_ok().then_some(path)
}

/// The go.mod of a directory at a commit.
pub(super) fn go_mod(
    objects: &dyn Objects,
    commit: ObjectId,
    directory: &str,
) -> Result<Option<ObjectId>, Fault> {
    let (peeled, kind) = objects.peel(commit)?;
    if kind != Kind::Commit {
        return Ok(None);
    }
    let tree = objects.commit(peeled)?.tree;
    let entry = modgate_common::objects::lookup(objects, tree, &join(directory, "go.mod"))?;
    Ok(entry.filter(|entry| entry.mode == Mode::File).map(|entry| entry.id))
}

#[cfg(test)]
mod tests {
    use modgate_common::objects::memory;

    use super::*;

    #[test]
    fn a_go_mod_tells_the_path_of_the_root() {
        for (directory, path, expected) in [
            ("", "h.io/a/lib", Some("h.io/a/lib")),
            ("", "h.io/a/lib/v3", Some("h.io/a/lib")),
            ("sub", "h.io/a/lib/sub", Some("h.io/a/lib")),
            ("sub/x", "h.io/a/lib/sub/x/v2", Some("h.io/a/lib")),
            ("v2", "h.io/a/lib/v2", Some("h.io/a/lib")),
            ("sub/v2", "h.io/a/lib/sub/v2", Some("h.io/a/lib")),
            ("", "gopkg.in/yaml.v3", Some("gopkg.in/yaml.v3")),
            ("examples", "example.com/foo", None),
            ("b", "h.io/ab", None),
            ("sub", "sub", None),
            ("", "", None),
        ] {
            assert_eq!(root_of(directory, path).as_deref(), expected, "{directory} {path}");
        }
    }

    #[test]
    fn an_address_is_a_module_path_without_user_and_port() {
        for (remote, expected) in [
            ("https://h.io/a/b", Some("h.io/a/b")),
            ("https://user:secret@h.io:8443/a/b", Some("h.io/a/b")),
            ("ssh://git@h.io:22/a/b", Some("h.io/a/b")),
            ("git@h.io:a/b", Some("h.io/a/b")),
            ("h.io:/a/b", Some("h.io/a/b")),
            ("/srv/git/a/b", None),
            ("file:///srv/git/a", None),
            ("../a:b", None),
            ("https://h.io/sp ace", None),
            ("https://localhost/a", None),
            ("", None),
        ] {
            assert_eq!(address(remote).as_deref(), expected, "{remote}");
        }
    }

    #[test]
    fn the_nearest_go_mod_that_fits_its_directory_is_taken() {
        let mut repository = memory::Repository::default();
        let tree = repository.add_tree(&[
            ("_old/go.mod", "module h.io/other/_old\n"),
            ("a/go.mod", "module example.com/elsewhere\n"),
            ("b/c/go.mod", "module h.io/r/b/c/v2\n"),
        ]);
        assert_eq!(declared(&repository, tree), Ok(Some("h.io/r".to_owned())));
        let tree =
            repository.add_tree(&[("a.go", "package a\n"), ("a/go.mod", "module \"\u{1b}\"\n")]);
        assert_eq!(declared(&repository, tree), Ok(None));
    }

    #[test]
    fn a_name_is_what_stands_behind_the_prefix() {
        let settings = Settings { prefix: "h.io".to_owned(), ..Settings::default() };
        assert_eq!(name(&settings, "h.io/a/lib"), "a/lib");
        assert_eq!(name(&settings, "h.iox/a/lib"), "h.iox/a/lib");
        assert_eq!(name(&Settings::default(), "h.io/a/lib"), "h.io/a/lib");
    }
}
