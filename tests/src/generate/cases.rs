//! The case files: small repositories that each have a reason to be there. All of them run in every test run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::plan::Plan;
use super::text::{parse, print};

/// Where the case files of this workspace lie.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/repositories")
}

/// All case files with their names, in alphabetical order.
///
/// # Panics
/// When one makes no sense.
#[track_caller]
pub fn read_all() -> Vec<(String, Plan)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder()).expect("the case files are there").flatten() {
        let path = entry.path();
        let text = fs::read_to_string(&path).expect("a case file can be read");
        match parse(&text) {
            Ok(plan) => found
                .push((path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), plan)),
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

/// Writes a case file; the reason stands at its head.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(folder: &Path, name: &str, reason: &str, plan: &Plan) -> io::Result<PathBuf> {
    let path = folder.join(format!("{name}.txt"));
    fs::create_dir_all(folder)?;
    let head: String = reason.lines().map(|line| format!("# {line}\n")).collect();
    fs::write(&path, head + &print(plan))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{read_all, write};
    use crate::generate::history;
    use crate::generate::text::{parse, print};

    #[test]
    fn case_files_have_their_own_roots_and_a_reason() {
        let cases = read_all();
        let roots: BTreeSet<&str> = cases.iter().map(|(_, plan)| plan.root.as_str()).collect();
        assert_eq!(roots.len(), cases.len());
        for (name, _) in &cases {
            let text =
                std::fs::read_to_string(super::folder().join(format!("{name}.txt"))).unwrap();
            assert!(text.starts_with("# "), "{name} has no reason at its head");
        }
    }

    #[test]
    fn generated_plan_survives_as_a_case_file() {
        let folder = tempfile::tempdir().unwrap();
        for seed in 1..200 {
            let plan = history::plan(seed);
            assert_eq!(parse(&print(&plan)).as_ref(), Ok(&plan), "seed {seed}");
            assert_eq!(history::plan(seed), plan, "seed {seed} means one plan");
        }
        let plan = history::plan(3);
        let path = write(folder.path(), "x", "one\ntwo", &plan).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("# one\n# two\nroot "), "{text}");
        assert_eq!(parse(&text), Ok(plan));
    }
}
