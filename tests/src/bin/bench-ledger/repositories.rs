//! Many bare repositories with many tags, and questions about them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use modgate_tests::random::Random;
use modgate_tests::run::Run;

use super::program::Program;

/// The prefix of all module paths.
pub(crate) const PREFIX: &str = "bench.test";

const COMMITS: usize = 4;

/// What there is.
pub(crate) struct Plan {
    pub(crate) folder: PathBuf,
    pub(crate) repositories: usize,
    /// In each of them.
    pub(crate) tags: usize,
}

/// A version that there is.
pub(crate) struct Version {
    module: String,
    version: String,
}

impl Version {
    /// Asks for it.
    ///
    /// # Errors
    /// When the answer is another one.
    pub(crate) fn ask(&self, daemon: &mut Program) -> io::Result<()> {
        let Self { module, version } = self;
        let answer = daemon.get(&format!("/{module}/@v/{version}.info"))?;
        let is_it = answer.status == 200 && answer.json()["Version"] == version.as_str();
        if is_it { Ok(()) } else { Err(io::Error::other(format!("{module}@{version}: {answer}"))) }
    }
}

/// Forty to a group.
fn name(number: usize) -> String {
    format!("team{}/lib{number}", number / 40)
}

fn tag(number: usize) -> String {
    format!("v1.{}.{}", number / 20, number % 20)
}

impl Plan {
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    /// A version, any of them.
    pub(crate) fn any(&self, random: &mut Random) -> Version {
        let mut below = |count: usize| random.below(count as u64) as usize;
        let module = format!("{PREFIX}/{}", name(below(self.repositories)));
        Version { module, version: tag(below(self.tags)) }
    }

    pub(crate) fn make(&self) -> io::Result<()> {
        (0..self.repositories).try_for_each(|number| self.repository(&name(number)))
    }

    /// A bare repository with four commits, and tags on them as `git pack-refs` would write them.
    fn repository(&self, name: &str) -> io::Result<()> {
        let bare = self.root().join(format!("{name}.git"));
        fs::create_dir_all(&bare)?;
        let git = |words: &[&str]| Run::new("git").dir(&bare).args(words);
        git(&["init", "--quiet", "--bare", "--initial-branch=main"]).finish().ok();
        let marks = bare.join("marks");
        let export = format!("--export-marks={}", marks.display());
        git(&["fast-import", "--quiet", &export]).stdin(stream(name)).finish().ok();
        let commits = commits(&marks)?;
        fs::remove_file(marks)?;
        let mut lines: Vec<String> = (0..self.tags)
            .map(|number| (format!("refs/tags/{}", tag(number)), &commits[number % COMMITS]))
            .map(|(tag, commit)| format!("{tag} {commit}"))
            .collect();
        lines.sort();
        let mut packed = "# pack-refs with: peeled fully-peeled sorted \n".to_owned();
        for line in lines {
            let (tag, commit) = line.split_once(' ').unwrap_or_default();
            packed.push_str(&format!("{commit} {tag}\n"));
        }
        fs::write(bare.join("packed-refs"), packed)
    }
}

/// What `git fast-import` reads.
fn stream(name: &str) -> Vec<u8> {
    let mut stream = String::new();
    for number in 1..=COMMITS {
        let who = format!("committer Gopher <gopher@bench.test> {} +0000", 1_700_000_000 + number);
        stream.push_str(&format!("commit refs/heads/main\nmark :{number}\n{who}\ndata 2\nc\n"));
        let go_mod = format!("module {PREFIX}/{name}\n\ngo 1.21\n");
        let source = format!("package lib\n\n// N is a number.\nconst N = {number}\n");
        for (path, text) in [("go.mod", go_mod), ("lib.go", source)] {
            stream.push_str(&format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len()));
        }
    }
    stream.push_str("done\n");
    stream.into_bytes()
}

fn commits(marks: &Path) -> io::Result<Vec<String>> {
    let text = fs::read_to_string(marks)?;
    let mut commits: Vec<(usize, String)> = text
        .lines()
        .filter_map(|line| line.strip_prefix(':')?.split_once(' '))
        .filter_map(|(mark, commit)| Some((mark.parse().ok()?, commit.to_owned())))
        .collect();
    commits.sort();
    Ok(commits.into_iter().map(|(_, commit)| commit).collect())
}
