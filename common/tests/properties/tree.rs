//! Names in git trees: which of them make a module zip (`modzip`), and that none of those is dangerous.

use std::collections::{BTreeMap, HashSet};
use std::io::{Cursor, Read as _};

use modgate_common::modzip::{CleanTrees, Limits, Plan, PlanError, Sums, h1, plan, write};
use modgate_common::objects::memory::Repository;
use modgate_common::objects::{Mode, ObjectId, Objects as _, TreeEntry};
use modgate_common::{module, unicode};

/// Mode, path and content.
type File<'a> = (u8, &'a [u8], &'a [u8]);

/// Deeper trees say nothing new, and are built by recursion here.
const MAX_DEPTH: usize = 100;

/// The input is files, one a line: a letter for the mode (`l` link, `g` submodule, else a file), a blank, a path,
/// and after a tab the content. Names may be any bytes; one that comes twice stands twice in its tree.
pub(crate) fn check(input: &[u8]) {
    let mut repository = Repository::default();
    let files: Vec<File<'_>> = input.split(|byte| *byte == b'\n').filter_map(file).collect();
    let tree = build(&mut repository, &files, MAX_DEPTH);
    let commit = repository.add_commit(tree, &[], 0);
    let commit = repository.commit(commit).expect("it was added");
    let limits = Limits { entries: 10_000, ..Limits::default() };
    let clean = CleanTrees::default().check(&repository, tree, &limits);
    for directory in ["", "sub"] {
        match plan(&repository, &commit, directory, &limits) {
            Ok(plan) => {
                assert!(clean.is_ok() || !directory.is_empty(), "{clean:?}");
                check_plan(&repository, &plan);
            }
            Err(error) => {
                assert!(!matches!(error, PlanError::Fault(_)), "{error}");
                super::assert_tells(&error);
            }
        }
    }
}

/// What is planned is safe to unpack, and what is written is what was planned.
fn check_plan(repository: &Repository, plan: &Plan) {
    let mut keys = HashSet::new();
    for file in &plan.files {
        assert_eq!(module::check_file_path(file.path.as_bytes()), Ok(()));
        assert!(keys.insert(unicode::fold_key(&file.path)), "a collision: {:?}", file.path);
        assert!(
            !file.path.split('/').any(|element| element.eq_ignore_ascii_case(".git")),
            "{:?}",
            file.path
        );
    }
    let prefix = "example.com/m@v1.0.0";
    let mut bytes = Vec::new();
    let written = write(repository, plan, prefix, &mut bytes).expect("memory does not fail");
    assert_eq!(h1(repository, plan, prefix, &mut Sums::default()), Ok(written));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("it is a zip");
    assert_eq!(archive.len(), plan.files.len());
    for (at, planned) in plan.files.iter().enumerate() {
        let mut entry = archive.by_index(at).expect("the entry can be read");
        let name = entry.name().expect("the name can be read");
        assert_eq!(name, format!("{prefix}/{}", planned.path));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("the content can be read");
        assert_eq!(content.len() as u64, planned.size);
    }
}

fn file(line: &[u8]) -> Option<File<'_>> {
    let (mode, rest) = line.split_first()?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let tab = rest.iter().position(|byte| *byte == b'\t').unwrap_or(rest.len());
    Some((*mode, &rest[..tab], rest.get(tab + 1..).unwrap_or_default()))
}

/// Builds the tree of these files, `depth` directories deep at most.
fn build(repository: &mut Repository, files: &[File<'_>], depth: usize) -> ObjectId {
    let mut entries = Vec::new();
    let mut folders: BTreeMap<&[u8], Vec<File<'_>>> = BTreeMap::new();
    for &(mode, path, content) in files {
        match path.iter().position(|byte| *byte == b'/').filter(|_| depth > 0) {
            Some(slash) => {
                folders.entry(&path[..slash]).or_default().push((mode, &path[slash + 1..], content))
            }
            None => {
                let mode = match mode {
                    b'l' => Mode::Link,
                    b'g' => Mode::Gitlink,
                    _ => Mode::File,
                };
                let id = repository.add_blob(content);
                entries.push(TreeEntry { name: path.to_vec(), mode, id });
            }
        }
    }
    for (folder, files) in folders {
        let id = build(repository, &files, depth - 1);
        entries.push(TreeEntry { name: folder.to_vec(), mode: Mode::Tree, id });
    }
    repository.add_entries(entries)
}
