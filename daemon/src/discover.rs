//! Which repositories lie under the root.
//!
//! A repository is a folder with `HEAD`, `objects` and `refs`. Groups nest. Folders that begin with a
//! dot, `@` or `+` belong to the host, wikis are no code. Symbolic links are not followed: a hook sees the
//! real path of its repository, which would have another name.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use modgate_common::io::repo::{OpenError, Repository};
use modgate_common::module;
use modgate_common::settings::Settings;

/// How deep groups may nest; a limit against folders mounted into themselves.
const MAX_DEPTH: usize = 32;

/// A repository on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its path under the root, less `.git`.
    pub name: String,
    /// Its folder.
    pub directory: PathBuf,
    /// The module path of its root directory.
    pub code_root: String,
    /// Device and inode of the folder and of its `refs`: another repository may come to lie at the same
    /// place.
    pub identity: Identity,
}

/// See [`Found::identity`].
pub(crate) type Identity = [(u64, u64); 2];

fn identity(directory: &Path) -> Identity {
    [directory.to_owned(), directory.join("refs")].map(|path| {
        // What is not there now is noticed when it is.
        fs::metadata(path).map(|folder| (folder.dev(), folder.ino())).unwrap_or_default()
    })
}

/// What lies under a root.
#[derive(Debug, Default)]
pub(crate) struct Discovery {
    /// Repositories that can be served, by name.
    pub repositories: BTreeMap<String, Found>,
    /// Folders that hold repositories: new ones appear there.
    pub groups: Vec<PathBuf>,
    /// Repositories that are not served, and why.
    pub problems: Vec<String>,
}

/// Looks for repositories under `root`; the settings give their module paths.
pub(crate) fn discover(root: &Path, settings: &Settings) -> Discovery {
    let mut discovery = Discovery::default();
    let mut found = Vec::new();
    walk(root, 0, &mut found, &mut discovery);
    found.sort();
    let mut by_name: HashMap<String, Vec<Found>> = HashMap::new();
    for directory in found {
        match name(root, &directory) {
            Some(name) => {
                let code_root = settings.code_root(&name);
                let identity = identity(&directory);
                let found = Found { name: name.clone(), directory, code_root, identity };
                by_name.entry(name).or_default().push(found);
            }
            None => discovery.problems.push(format!("{directory:?}: the name is not UTF-8")),
        }
    }
    for twins in by_name.into_values() {
        match <[Found; 1]>::try_from(twins) {
            Ok([one]) => match check(&one) {
                Ok(()) => drop(discovery.repositories.insert(one.name.clone(), one)),
                Err(problem) => discovery.problems.push(problem),
            },
            Err(twins) => discovery.problems.push(format!(
                "{:?} and {:?} would serve the same module path: neither is served, rename one",
                twins[0].directory, twins[1].directory
            )),
        }
    }
    discovery.problems.sort();
    discovery
}

/// The name of the repository at `directory`: the path under `root`, less `.git`.
pub(crate) fn name(root: &Path, directory: &Path) -> Option<String> {
    let below = directory.strip_prefix(root).ok()?.to_str()?;
    Some(below.strip_suffix(".git").unwrap_or(below).to_owned()).filter(|name| !name.is_empty())
}

/// Where the repository of this name may lie.
fn places(root: &Path, name: &str) -> [PathBuf; 2] {
    [root.join(name), root.join(format!("{name}.git"))]
}

/// Whether a repository lies where the one of this name would; a name that leads out of the root names none.
pub(crate) fn may_be_there(root: &Path, name: &str) -> bool {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    let is_name = !name.is_empty() && Path::new(name).components().all(is_plain);
    is_name && places(root, name).iter().any(|folder| is_repository(folder))
}

/// Whether nothing lies where the repository of this name would.
pub(crate) fn is_gone(root: &Path, name: &str) -> bool {
    // A group that nobody may look into says nothing.
    places(root, name).iter().all(|folder| match fs::symlink_metadata(folder.join("HEAD")) {
        Err(error) => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
        Ok(_) => false,
    })
}

/// Whether the folder is a git repository.
pub(crate) fn is_repository(directory: &Path) -> bool {
    // HEAD may be a link to a ref, and a dangling one at that.
    directory.join("HEAD").symlink_metadata().is_ok()
        && directory.join("objects").is_dir()
        && directory.join("refs").is_dir()
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>, discovery: &mut Discovery) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            discovery.problems.push(format!("{folder:?}: {error}"));
            return;
        }
    };
    discovery.groups.push(folder.to_owned());
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with(['.', '@', '+']) || name.trim_end_matches(".git").ends_with(".wiki") {
            continue;
        }
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_symlink() && is_repository(&path) {
            let problem = format!("{path:?} is a symbolic link: move the repository itself here");
            discovery.problems.push(problem);
        } else if kind.is_dir() && is_repository(&path) {
            found.push(path);
        } else if kind.is_dir() && depth < MAX_DEPTH {
            walk(&path, depth + 1, found, discovery);
        }
    }
}

fn check(found: &Found) -> Result<(), String> {
    if let Err(error) = module::check_path(&found.code_root) {
        return Err(format!("{:?} cannot hold Go modules: {error}", found.directory));
    }
    match Repository::open(&found.directory) {
        Ok(_) => Ok(()),
        Err(error @ (OpenError::Unsupported { .. } | OpenError::NotARepository(_))) => {
            Err(error.to_string())
        }
        // It may be readable in a moment; requests say what is wrong until then.
        Err(OpenError::Unreadable { .. }) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { prefix: "h.io".to_owned(), ..Settings::default() }
    }

    fn repository(path: &Path) {
        git2::Repository::init_bare(path).unwrap();
    }

    #[test]
    fn repositories_are_found_in_nested_groups() {
        let root = tempfile::tempdir().unwrap();
        for name in
            ["lib.git", "team/sub/lib.git", "plain", ".hidden.git", "@hashed/x.git", "a.wiki.git"]
        {
            repository(&root.path().join(name));
        }
        std::os::unix::fs::symlink(root.path(), root.path().join("team/loop")).unwrap();
        let discovery = discover(root.path(), &settings());
        let names: Vec<_> = discovery.repositories.keys().collect();
        assert_eq!(names, ["lib", "plain", "team/sub/lib"]);
        assert_eq!(discovery.repositories["team/sub/lib"].code_root, "h.io/team/sub/lib");
        assert_eq!(discovery.problems, Vec::<String>::new());
        assert_eq!(discovery.groups.len(), 3);
    }

    #[test]
    fn twins_and_impossible_names_are_reported_and_not_served() {
        let root = tempfile::tempdir().unwrap();
        for name in ["lib", "lib.git", "sp ace.git", "good.git"] {
            repository(&root.path().join(name));
        }
        let discovery = discover(root.path(), &settings());
        let names: Vec<_> = discovery.repositories.keys().collect();
        assert_eq!(names, ["good"]);
        assert_eq!(discovery.problems.len(), 2);
    }

    // Rules: X14
    #[test]
    fn names_that_differ_in_case_are_two_repositories() {
        let root = tempfile::tempdir().unwrap();
        for name in ["Case.git", "case.git"] {
            repository(&root.path().join(name));
        }
        let discovery = discover(root.path(), &settings());
        let names: Vec<_> = discovery.repositories.keys().collect();
        assert_eq!(names, ["Case", "case"]);
        assert_eq!(discovery.problems, Vec::<String>::new());
    }

    // Rules: N27
    #[test]
    fn one_dot_git_is_the_end_of_the_folder_and_not_of_the_module_path() {
        let root = tempfile::tempdir().unwrap();
        repository(&root.path().join("lib.git.git"));
        let discovery = discover(root.path(), &settings());
        assert_eq!(discovery.repositories["lib.git"].code_root, "h.io/lib.git");
    }

    // Rules: N22
    #[test]
    fn repositories_that_cannot_be_read_are_named_with_the_reason() {
        let root = tempfile::tempdir().unwrap();
        repository(&root.path().join("new.git"));
        let config = root.path().join("new.git/config");
        let text = "[core]\n\tbare = true\n\trepositoryformatversion = 1\n[extensions]\n\t";
        for (line, word) in
            [("objectFormat = sha256", "SHA-256"), ("refStorage = reftable", "reftable")]
        {
            fs::write(&config, format!("{text}{line}\n")).unwrap();
            let discovery = discover(root.path(), &settings());
            assert!(discovery.problems[0].contains(word), "{:?}", discovery.problems);
        }
    }
}
