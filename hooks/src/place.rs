//! Where a hook runs: the settings that `modgate install` wrote, and the repository's name under the root.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use modgate_common::settings::{self, Overrides, Settings};

/// Reads the settings file.
///
/// # Errors
/// When it cannot be read or is wrong.
pub(crate) fn settings(file: &Path) -> anyhow::Result<Settings> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file:?}"))?;
    let written = settings::parse(&file.to_string_lossy(), &text)?;
    Ok(settings::resolve(written, Overrides::default())?)
}

/// A repository that is pushed to.
#[derive(Debug)]
pub(crate) struct Place {
    /// Its path under the root, less `.git`.
    pub repository: String,
    /// Its folder.
    pub directory: PathBuf,
}

/// Finds out which repository `git_dir` is.
///
/// # Errors
/// When it does not lie under the root.
pub(crate) fn find(settings: &Settings, git_dir: &Path) -> anyhow::Result<Place> {
    let directory =
        git_dir.canonicalize().with_context(|| format!("cannot find repository {git_dir:?}"))?;
    let Some(root) = &settings.root else { bail!("the settings name no root") };
    let root = root.canonicalize().with_context(|| format!("cannot find root {root:?}"))?;
    let below = directory.strip_prefix(&root).ok().and_then(Path::to_str);
    let Some(name) = below.map(|below| below.strip_suffix(".git").unwrap_or(below)) else {
        bail!("repository {directory:?} does not lie under the root {root:?}");
    };
    if name.is_empty() {
        bail!("the root {root:?} is itself a repository, it must be the folder that holds them");
    }
    let repository = name.to_owned();
    Ok(Place { repository, directory })
}
