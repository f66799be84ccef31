//! Makes a bare repository of a plan.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::plan::{
    Change, Commit, Head, Id, Mode, Plan, Storage, Target, expand, needed, timestamp,
};
use crate::run::Run;

const CONFIG: &str = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";

/// Where commits are made; gone at the end.
const WORK: &str = "refs/generated/work";

/// A plan that became a repository: the ids that its placeholders stand for.
#[derive(Debug, Clone, Default)]
pub struct Written {
    ids: BTreeMap<Id, String>,
    times: BTreeMap<Id, String>,
}

impl Written {
    /// The id of a commit.
    pub fn id(&self, commit: Id) -> Option<&str> {
        self.ids.get(&commit).map(String::as_str)
    }

    /// Fills in placeholders.
    pub fn expand(&self, text: &str) -> String {
        expand(text, |id, what| {
            if what == "time" {
                return self.times.get(&id).cloned();
            }
            let (upper, digits) =
                what.strip_prefix('U').map_or((false, what), |digits| (true, digits));
            let prefix = self.ids.get(&id)?.get(..digits.parse().ok()?)?;
            Some(if upper { prefix.to_uppercase() } else { prefix.to_owned() })
        })
    }
}

/// Writes the repository into the folder `bare`, which must not be there; `git` gives a git command that runs in a folder.
#[track_caller]
pub fn write(plan: &Plan, bare: &Path, git: impl Fn(&Path) -> Run) -> Written {
    for folder in ["objects", "refs/heads", "refs/tags"] {
        fs::create_dir_all(bare.join(folder)).expect("the root is writable");
    }
    fs::write(bare.join("HEAD"), "ref: refs/heads/main\n").expect("the repository is ours");
    fs::write(bare.join("config"), CONFIG).expect("the repository is ours");
    let times = plan.commits.iter().map(|commit| (commit.id, timestamp(commit.time))).collect();
    let mut writer = Writer {
        bare: bare.to_owned(),
        git,
        written: Written { ids: BTreeMap::new(), times },
        tags: BTreeMap::new(),
    };
    writer.commits(plan);
    writer.refs(plan);
    writer.configure(plan);
    match plan.storage {
        Storage::Loose => {}
        Storage::PackedRefs => drop(writer.git(&["pack-refs", "--all"], "")),
        Storage::Collected => drop(writer.git(&["gc", "--quiet"], "")),
    }
    writer.written
}

struct Writer<G> {
    bare: PathBuf,
    git: G,
    written: Written,
    tags: BTreeMap<String, String>,
}

impl<G: Fn(&Path) -> Run> Writer<G> {
    #[track_caller]
    fn git(&self, args: &[&str], input: impl Into<Vec<u8>>) -> String {
        (self.git)(&self.bare).args(args).stdin(input).finish().ok().line()
    }

    /// Commits in as few runs of `git fast-import` as possible: one ends where a file needs the id of a commit in it.
    fn commits(&mut self, plan: &Plan) {
        let (mut stream, mut waiting) = (Vec::new(), Vec::new());
        for commit in &plan.commits {
            if ids_needed(commit).iter().any(|id| waiting.contains(id)) {
                self.import(&std::mem::take(&mut stream));
                waiting.clear();
            }
            self.add_commit(&mut stream, commit);
            waiting.push(commit.id);
        }
        for (number, target) in plan.refs.values().filter(|target| is_plain_tag(target)).enumerate()
        {
            add_tag(&mut stream, number, target);
        }
        if !stream.is_empty() {
            self.import(&stream);
        }
    }

    fn add_commit(&self, stream: &mut Vec<u8>, commit: &Commit) {
        let Commit { id, parents, time, zone, changes } = commit;
        let mut text = |text: &str| stream.extend(text.as_bytes());
        text(&format!(
            "reset {WORK}\n\ncommit {WORK}\nmark :{id}\nauthor a <a@x.test> 1600000000 +0000\n"
        ));
        text(&format!("committer c <c@x.test> {time} {zone}\ndata 2\nm\n\n"));
        for (number, parent) in parents.iter().enumerate() {
            text(&format!("{} :{parent}\n", if number == 0 { "from" } else { "merge" }));
        }
        for change in changes {
            match change {
                Change::Put { path, mode: Mode::Gitlink, .. } => {
                    stream.extend(format!("M 160000 {} ", "1234567890".repeat(4)).as_bytes());
                    quote(stream, path);
                }
                Change::Put { path, mode, content } => {
                    stream.extend(format!("M {} inline ", mode.octal()).as_bytes());
                    quote(stream, path);
                    let content = self.content(content);
                    stream.extend(format!("data {}\n", content.len()).as_bytes());
                    stream.extend(content);
                    stream.push(b'\n');
                }
                Change::Remove { path } => {
                    stream.extend(b"D ");
                    quote(stream, path);
                }
            }
        }
        stream.push(b'\n');
    }

    fn content(&self, content: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(content) {
            Ok(text) => self.written.expand(text).into_bytes(),
            Err(_) => content.to_owned(),
        }
    }

    fn import(&mut self, stream: &[u8]) {
        let marks = self.bare.join("marks");
        let file = marks.to_string_lossy();
        let (import, export) =
            (format!("--import-marks-if-exists={file}"), format!("--export-marks={file}"));
        let import =
            ["fast-import", "--quiet", "--force", "--date-format=raw-permissive", &import, &export];
        self.git(&import, stream);
        let text = fs::read_to_string(&marks).expect("git wrote the marks");
        for (mark, id) in text.lines().filter_map(|line| line.strip_prefix(':')?.split_once(' ')) {
            let mark: Id = mark.parse().expect("git writes the marks that it was given");
            self.written.ids.insert(mark, id.to_owned());
        }
    }

    fn refs(&mut self, plan: &Plan) {
        let mut commands = String::new();
        let mut plain = 0;
        for (name, target) in &plan.refs {
            let name = self.written.expand(name);
            if let Target::Symbolic(to) = target {
                let file = self.bare.join(&name);
                fs::create_dir_all(file.parent().expect("a ref lies in a folder"))
                    .expect("the repository is ours");
                fs::write(file, format!("ref: {to}\n")).expect("the repository is ours");
                continue;
            }
            let id = if is_plain_tag(target) {
                let marks = tag_marks(plain, target);
                plain += 1;
                self.written.ids[&marks.end].clone()
            } else {
                self.object(target)
            };
            commands.push_str(&format!("create {name} {id}\n"));
        }
        for name in self
            .git(&["for-each-ref", "--format=%(refname)", WORK, "refs/tags/generated"], "")
            .lines()
        {
            commands.push_str(&format!("delete {name}\n"));
        }
        self.git(&["update-ref", "--stdin"], commands);
        let _none = fs::remove_file(self.bare.join("marks"));
        self.written.ids.retain(|mark, _| *mark < FIRST_TAG);
    }

    /// The id of an object that `git fast-import` has no mark for.
    fn object(&mut self, target: &Target) -> String {
        let id = |id: &Id| self.written.ids[id].clone();
        match target {
            Target::Blob(commit, path) => {
                let path = String::from_utf8_lossy(path);
                self.git(&["rev-parse", &format!("{}:{path}", id(commit))], "")
            }
            Target::Commit(commit) => id(commit),
            Target::Symbolic(_) => unreachable!("a tag object is on an object"),
            Target::Tag(inner) => {
                let inner = self.object(inner);
                if let Some(known) = self.tags.get(&inner) {
                    return known.clone();
                }
                let kind = self.git(&["cat-file", "-t", &inner], "");
                let text = format!(
                    "object {inner}\ntype {kind}\ntag t\ntagger t <t@x.test> 1900000000 +0000\n\nm\n"
                );
                let made = self.git(&["hash-object", "-t", "tag", "-w", "--stdin"], text);
                self.tags.insert(inner, made.clone());
                made
            }
            Target::Tree(commit) => {
                self.git(&["rev-parse", &format!("{}^{{tree}}", id(commit))], "")
            }
        }
    }

    fn configure(&self, plan: &Plan) {
        let head = match &plan.head {
            Head::Branch(name) => format!("ref: {}\n", self.written.expand(name)),
            Head::Detached(id) => format!("{}\n", self.written.ids[id]),
        };
        fs::write(self.bare.join("HEAD"), head).expect("the repository is ours");
        let mut config = CONFIG.to_owned();
        for (key, value) in &plan.config {
            let (section, name) = key.split_once('.').expect("a key has a section");
            config.push_str(&format!("[{section}]\n\t{name} = {value}\n"));
        }
        fs::write(self.bare.join("config"), config).expect("the repository is ours");
    }
}

/// Marks of tag objects begin here.
const FIRST_TAG: Id = 1_000_000;

/// A tag object on a commit, or on another such object: what `git fast-import` can make.
fn is_plain_tag(target: &Target) -> bool {
    matches!(target, Target::Tag(_)) && target.is_commit()
}

struct Marks {
    start: Id,
    end: Id,
}

/// The marks of the tag objects of a ref; the last one is what the ref points to.
fn tag_marks(number: usize, target: &Target) -> Marks {
    let mut depth = 0;
    let mut inner = target;
    while let Target::Tag(next) = inner {
        (depth, inner) = (depth + 1, next);
    }
    let start = FIRST_TAG + Id::try_from(number).expect("there are few tags") * 100;
    Marks { start, end: start + depth - 1 }
}

fn add_tag(stream: &mut Vec<u8>, number: usize, target: &Target) {
    let Marks { start, end } = tag_marks(number, target);
    let mut from = target.commit().expect("it is a tag on a commit");
    for mark in start..=end {
        let text = format!(
            "tag generated/{mark}\nmark :{mark}\nfrom :{from}\ntagger t <t@x.test> 1900000000 +0000\ndata 2\nm\n\n"
        );
        stream.extend(text.as_bytes());
        from = mark;
    }
}

fn ids_needed(commit: &Commit) -> Vec<Id> {
    let texts = commit.changes.iter().filter_map(|change| match change {
        Change::Put { content, .. } => std::str::from_utf8(content).ok(),
        Change::Remove { .. } => None,
    });
    texts.flat_map(needed).collect()
}

/// A path as `git fast-import` reads any byte.
fn quote(stream: &mut Vec<u8>, path: &[u8]) {
    stream.push(b'"');
    for byte in path {
        match byte {
            b'"' | b'\\' => stream.extend([b'\\', *byte]),
            b' '..=b'~' => stream.push(*byte),
            _ => stream.extend(format!("\\{byte:03o}").as_bytes()),
        }
    }
    stream.extend(b"\"\n");
}
