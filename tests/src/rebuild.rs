//! Rebuilds git repositories from the zips of real modules.
//!
//! Every tag is one commit that holds the files of the zip, byte for byte, in the module's directory; two
//! modules that share a tag share the commit. `git fast-import` writes the blobs as they are: no filter, no
//! conversion, whatever a `.gitattributes` in the zip says.
//!
//! A commit can have more than its zip: files of the kinds in `dropped`, which the go command leaves out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::content;
use crate::golang::Download;
use crate::registry::Real;
use crate::run::Run;

type Files = BTreeMap<String, Entry>;

/// A file of a commit.
#[derive(Debug, Clone)]
struct Entry {
    mode: &'static str,
    content: Vec<u8>,
}

const FILE: &str = "100644";
const LINK: &str = "120000";

const FIRST_TIME: usize = 1_700_000_000;

/// Kinds of files that no zip holds: the kind, a path below the module's directory, mode and content.
///
/// `vendor-list` is dropped from go 1.24 on, `vendor-below` before it.
const DROPPED: [(&str, &str, &str, &str); 8] = [
    ("archival", ".hg_archival.txt", FILE, "repo: 0\n"),
    ("link", "dropped-link", LINK, "dropped-target"),
    ("nested", "dropped-nested/go.mod", FILE, "module dropped.example/nested\n"),
    ("nested", "dropped-nested/inner/dropped.go", FILE, "package inner\n"),
    ("nested-upper-case", "dropped-upper/GO.MOD", FILE, "module dropped.example/upper\n"),
    ("vendor", "vendor/example.org/dropped/dropped.go", FILE, "package dropped\n"),
    ("vendor-below", "dropped-below/vendor/dropped.go", FILE, "package dropped\n"),
    ("vendor-list", "vendor/modules.txt", FILE, "# example.org/dropped v1.0.0\n"),
];

/// The kinds of files that no zip holds.
pub fn dropped_kinds() -> impl Iterator<Item = &'static str> {
    DROPPED.iter().map(|(kind, ..)| *kind)
}

/// One rebuilt repository: its tags in the order of the list, each with its modules and where they are extracted.
#[derive(Debug, Default)]
pub struct Rebuilt {
    tags: Vec<(String, Vec<(Real, PathBuf)>)>,
}

/// Groups downloaded modules by repository.
pub fn group(list: &[Real], downloads: &[Download]) -> BTreeMap<String, Rebuilt> {
    let mut repositories: BTreeMap<String, Rebuilt> = BTreeMap::new();
    for (real, download) in list.iter().zip(downloads) {
        let tags = &mut repositories.entry(real.repository.clone()).or_default().tags;
        let module = (real.clone(), download.dir.clone());
        let tag = real.tag();
        match tags.iter_mut().find(|(name, _)| *name == tag) {
            Some((_, modules)) => modules.push(module),
            None => tags.push((tag, vec![module])),
        }
    }
    repositories
}

#[track_caller]
fn add_module(files: &mut Files, real: &Real, extracted: &Path) {
    let entry = |(name, content)| (name, Entry { mode: FILE, content });
    let mut module: Files = content::files(extracted).into_iter().map(entry).collect();
    let directory = real.directory();
    let at = |name: &str| match directory.as_str() {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    };
    if real.license_above {
        let license = module.remove("LICENSE").expect("license-above needs a LICENSE in the zip");
        files.insert("LICENSE".to_owned(), license);
    }
    for kind in &real.dropped {
        let known = DROPPED.iter().filter(|(name, ..)| name == kind);
        let before = files.len();
        files.extend(known.map(|(_, path, mode, content)| {
            (at(path), Entry { mode, content: content.as_bytes().to_owned() })
        }));
        assert!(files.len() > before, "unknown kind {kind:?} of dropped files: {}", real.name());
    }
    files.extend(module.into_iter().map(|(name, entry)| (at(&name), entry)));
}

impl Rebuilt {
    /// Names of the tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(|(name, _)| name.as_str())
    }

    /// Writes a bare repository.
    #[track_caller]
    pub fn write(&self, git: impl Fn(&Path) -> Run, bare: &Path) {
        fs::create_dir_all(bare).expect("the folder is writable");
        git(bare).args(["init", "--quiet", "--bare", "--initial-branch=main"]).finish().ok();
        git(bare).args(["fast-import", "--quiet"]).stdin(self.stream()).finish().ok();
    }

    /// The repository as `git fast-import` reads it.
    #[track_caller]
    fn stream(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        for (number, (tag, modules)) in self.tags.iter().enumerate() {
            let time = FIRST_TIME + 100 * number;
            let head = format!(
                "commit refs/heads/main\ncommitter Test <test@example.com> {time} +0000\n\
                data {}\n{tag}\ndeleteall\n",
                tag.len()
            );
            stream.extend_from_slice(head.as_bytes());
            let mut files = Files::new();
            for (real, extracted) in modules {
                add_module(&mut files, real, extracted);
            }
            for (path, Entry { mode, content }) in files {
                let file = format!("M {mode} inline {}\ndata {}\n", quote(&path), content.len());
                stream.extend_from_slice(file.as_bytes());
                stream.extend_from_slice(&content);
                stream.push(b'\n');
            }
            stream.extend_from_slice(
                format!("reset refs/tags/{tag}\nfrom refs/heads/main\n\n").as_bytes(),
            );
        }
        stream
    }
}

/// A path in the form of fast-import: always quoted.
fn quote(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
}
