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

/// Whether a source has this test: `a::b::name` is `fn name`, marked as a test, in a file `a/b.rs`.
pub fn has_test(sources: &[(String, String)], test: &str) -> bool {
    let Some((module, name)) = test.rsplit_once("::") else { return false };
    // A module of tests is in the file of what it tests, or beside it.
    let places = [module, module.strip_suffix("::tests").unwrap_or(module)];
    let files = places.map(|place| format!("/{}.rs", place.replace("::", "/")));
    let mut lines = sources
        .iter()
        .filter(|(file, _)| files.iter().any(|end| format!("/{file}").ends_with(end)))
        .flat_map(|(_, source)| {
            let lines: Vec<&str> = source.lines().map(str::trim).collect();
            lines
                .windows(2)
                .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
                .collect::<Vec<_>>()
        });
    let head = format!("fn {name}(");
    lines.any(|(above, line)| {
        let function = line.strip_prefix("pub(crate) ").unwrap_or(&line);
        above == "#[test]" && function.starts_with(&head)
    })
}

#[cfg(test)]
mod tests {
    use super::{has_test, rust_files, workspace};

    #[test]
    fn all_members_are_found_and_nothing_that_was_built() {
        let names: Vec<String> =
            rust_files(&workspace()).unwrap().into_iter().map(|(name, _)| name).collect();
        for name in ["common/src/lib.rs", "hooks/src/main.rs", "tests/e2e/main.rs"] {
            assert!(names.iter().any(|found| found == name), "{name}");
        }
        assert!(!names.iter().any(|name| name.split('/').any(|folder| folder == "target")));
    }

    #[test]
    fn tests_are_found_by_file_and_name() {
        let sources = [
            ("x/src/a.rs".to_owned(), "#[test]\nfn one() {}\nfn two() {}\n".to_owned()),
            ("c.rs".to_owned(), "#[test]\nfn four() {}\n".to_owned()),
            (
                "x/src/b/tests.rs".to_owned(),
                "    #[test]\n    pub(crate) fn three() {}\n".to_owned(),
            ),
        ];
        for (test, found) in [
            ("a::one", true),
            ("a::tests::one", true),
            ("a::two", false),
            ("c::four", true),
            ("a::on", false),
            ("b::one", false),
            ("b::tests::three", true),
            ("three", false),
        ] {
            assert_eq!(has_test(&sources, test), found, "{test}");
        }
    }
}
