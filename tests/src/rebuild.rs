//! Rebuilds git repositories from the zips of real modules.
//!
//! Every tag is one commit that holds the files of the zip, byte for byte, in the module's directory; two
//! modules that share a tag share the commit. `git fast-import` writes the blobs as they are: no filter, no
//! conversion, whatever a `.gitattributes` in the zip says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::golang::Download;
use crate::registry::Real;
use crate::run::Run;

type Files = BTreeMap<String, Vec<u8>>;

const FIRST_TIME: usize = 1_700_000_000;

/// What a vendored package looks like; no zip holds it.
const VENDORED: (&str, &[u8]) = ("vendor/example.org/dropped/dropped.go", b"package dropped\n");

/// One rebuilt repository: its tags in the order of the list, each with its files.
#[derive(Debug, Default)]
pub struct Rebuilt {
    tags: Vec<(String, Files)>,
}

/// Groups downloaded modules by repository.
#[track_caller]
pub fn group(list: &[Real], downloads: &[Download]) -> BTreeMap<String, Rebuilt> {
    let mut repositories: BTreeMap<String, Rebuilt> = BTreeMap::new();
    for (real, download) in list.iter().zip(downloads) {
        let tags = &mut repositories.entry(real.repository.clone()).or_default().tags;
        let tag = real.tag();
        if !tags.iter().any(|(name, _)| *name == tag) {
            tags.push((tag.clone(), Files::new()));
        }
        let found = tags.iter_mut().find(|(name, _)| *name == tag);
        let (_, files) = found.expect("it was pushed above");
        add_module(files, real, &download.dir);
    }
    repositories
}

fn add_module(files: &mut Files, real: &Real, extracted: &Path) {
    let mut module = Files::new();
    walk(extracted, "", &mut module);
    let directory = real.directory();
    let at = |name: &str| match directory.as_str() {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    };
    if real.license_above {
        let license = module.remove("LICENSE").expect("license-above needs a LICENSE in the zip");
        files.insert("LICENSE".to_owned(), license);
    }
    if real.vendor {
        files.insert(at(VENDORED.0), VENDORED.1.to_owned());
    }
    files.extend(module.into_iter().map(|(name, content)| (at(&name), content)));
}

fn walk(folder: &Path, name: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).expect("the go command extracted it") {
        let entry = entry.expect("the folder can be read");
        let last = entry.file_name().into_string().expect("names in a module zip are UTF-8");
        let path = if name.is_empty() { last } else { format!("{name}/{last}") };
        if entry.path().is_dir() {
            walk(&entry.path(), &path, files);
        } else {
            files.insert(path, fs::read(entry.path()).expect("the file can be read"));
        }
    }
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
    fn stream(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        for (number, (tag, files)) in self.tags.iter().enumerate() {
            let time = FIRST_TIME + 100 * number;
            let head = format!(
                "commit refs/heads/main\ncommitter Test <test@example.com> {time} +0000\n\
                data {}\n{tag}\ndeleteall\n",
                tag.len()
            );
            stream.extend_from_slice(head.as_bytes());
            for (path, content) in files {
                let file = format!("M 100644 inline {}\ndata {}\n", quote(path), content.len());
                stream.extend_from_slice(file.as_bytes());
                stream.extend_from_slice(content);
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
