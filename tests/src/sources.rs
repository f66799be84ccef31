//! The Rust files of the workspace.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The workspace's folder.
pub fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().map(Path::to_owned).unwrap_or_default()
}

/// Every Rust file below `folder`, by its path from there, in order. Hidden folders and what cargo builds are left out.
///
/// # Errors
/// When a folder or a file cannot be read.
pub fn rust_files(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
            if path.is_dir() {
                let is_ours = name != "target" && !name.to_string_lossy().starts_with('.');
                folders.extend(is_ours.then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                found.push((name, fs::read_to_string(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{rust_files, workspace};

    #[test]
    fn all_members_are_found_and_nothing_that_was_built() {
        let names: Vec<String> =
            rust_files(&workspace()).unwrap().into_iter().map(|(name, _)| name).collect();
        for name in ["common/src/lib.rs", "hooks/src/main.rs", "tests/e2e/main.rs"] {
            assert!(names.iter().any(|found| found == name), "{name}");
        }
        assert!(!names.iter().any(|name| name.split('/').any(|folder| folder == "target")));
    }
}
