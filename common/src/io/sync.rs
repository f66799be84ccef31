//! Putting on disk what the system may still hold in memory.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

/// Syncs the folder that holds `path`, so that the name of a new file survives a power cut.
///
/// # Errors
/// When the system says so.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

/// Syncs the whole file system that `folder` lies on. git syncs next to nothing on a small push, and its objects lie in
/// many files.
///
/// # Errors
/// When the system says so.
pub fn sync_file_system(folder: &Path) -> io::Result<()> {
    Ok(nix::unistd::syncfs(File::open(folder)?.as_fd())?)
}
