//! One bare repository under the root, with a work tree to make commits in.
//!
//! Names, dates and therefore commit ids are the same in every run: the committer's clock starts at
//! 1700000000 and moves 100 seconds with every commit.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::push::Push;
use crate::run::{Done, Run};
use crate::site::Site;

const FIRST_TIME: u64 = 1_700_000_000;

/// A bare repository and a clone of it.
#[derive(Debug)]
pub struct Repository<'a> {
    site: &'a Site,
    name: String,
    bare: PathBuf,
    work: PathBuf,
    commits: AtomicU64,
}

impl<'a> Repository<'a> {
    #[track_caller]
    pub(crate) fn create(site: &'a Site, name: &str) -> Self {
        let bare = site.root().join(format!("{name}.git"));
        let work = site.path("work").join(name);
        let here = site.path("work");
        let shared = if site.is_split() { "--shared=group" } else { "--shared=umask" };
        let init =
            site.git(&here).args(["init", "--quiet", "--bare", "--initial-branch=main", shared]);
        init.args([&bare]).finish().ok();
        site.git(&here)
            .args(["init", "--quiet", "--initial-branch=main"])
            .args([&work])
            .finish()
            .ok();
        let repository =
            Self { site, name: name.to_owned(), bare, work, commits: AtomicU64::new(0) };
        let url = repository.bare.to_string_lossy().into_owned();
        repository.git(&["remote", "add", "origin", &url]);
        repository
    }

    /// Another work tree of the same bare repository, with everything fetched.
    #[track_caller]
    pub fn clone_again(&self, name: &str) -> Self {
        let work = self.site.path("work").join(name);
        let clone = self.site.git(&self.site.path("work")).args(["clone", "--quiet"]);
        clone.args([&self.bare, &work]).finish().ok();
        let commits = AtomicU64::new(self.commits.load(Ordering::Relaxed));
        Self { site: self.site, name: self.name.clone(), bare: self.bare.clone(), work, commits }
    }

    /// The bare repository's folder.
    pub fn bare(&self) -> &Path {
        &self.bare
    }

    /// The work tree's folder.
    pub fn work(&self) -> &Path {
        &self.work
    }

    /// The module path of the root.
    pub fn module(&self) -> String {
        let prefix = self.site.prefix();
        if prefix.is_empty() { self.name.clone() } else { format!("{prefix}/{}", self.name) }
    }

    /// Writes a file in the work tree.
    #[track_caller]
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let file = self.work.join(path);
        fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("writable");
        fs::write(file, content).expect("the work tree is writable");
        self
    }

    /// Removes a file or folder from the work tree.
    #[track_caller]
    pub fn remove(&self, path: &str) -> &Self {
        let file = self.work.join(path);
        let gone = if file.is_dir() { fs::remove_dir_all(file) } else { fs::remove_file(file) };
        gone.expect("it was in the work tree");
        self
    }

    /// Writes a small module in a directory (`""` is the root): go.mod and one package.
    #[track_caller]
    pub fn module_at(&self, dir: &str, path: &str) -> &Self {
        let at =
            |file: &str| if dir.is_empty() { file.to_owned() } else { format!("{dir}/{file}") };
        self.write(&at("go.mod"), format!("module {path}\n\ngo 1.21\n"));
        self.write(&at("code.go"), "package code\n\n// Answer is what it is.\nconst Answer = 42\n")
    }

    /// Commits everything in the work tree and returns the commit's id.
    #[track_caller]
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.head()
    }

    /// The commit that is checked out.
    #[track_caller]
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).line()
    }

    /// `TS-REV` of a commit, as pseudo-versions carry it (P7, P8).
    #[track_caller]
    pub fn stamp(&self, revision: &str) -> String {
        let format = ["--abbrev=12", "--date=format-local:%Y%m%d%H%M%S", "--format=%cd-%h"];
        let run = self.git_run(&["log", "-1"]).args(format).arg(revision).env("TZ", "UTC0");
        run.finish().ok().line()
    }

    /// Makes a lightweight tag, moving it when it exists.
    #[track_caller]
    pub fn tag(&self, name: &str) -> &Self {
        self.git(&["tag", "--force", name]);
        self
    }

    /// Makes an annotated tag, moving it when it exists.
    #[track_caller]
    pub fn annotate(&self, name: &str) -> &Self {
        self.git(&["tag", "--force", "--annotate", "--message", name, name]);
        self
    }

    /// A plain first release of the root module: files, commit, tag; nothing is pushed.
    #[track_caller]
    pub fn release(&self, version: &str) -> &Self {
        self.write("note.txt", version).module_at("", &self.module()).commit(version);
        self.tag(version)
    }

    /// A git command in the work tree that must succeed.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> Done {
        self.git_run(args).finish().ok()
    }

    /// A git command in the work tree, at the time of the next commit.
    pub fn git_run(&self, args: &[&str]) -> Run {
        self.at_the_next_time(self.site.git(&self.work)).args(args)
    }

    /// Lines of sh in a folder, as the pusher, at the time of the next commit. The first that fails ends them.
    pub fn shell(&self, dir: &Path, lines: &[&str]) -> Run {
        let user = self.site.actors().pusher.as_ref();
        let run = Run::by(user, "sh").envs(self.site.environment()).dir(dir);
        self.at_the_next_time(run).args(["-e", "-c", &lines.join("\n")])
    }

    /// The host it is on.
    pub fn site(&self) -> &'a Site {
        self.site
    }

    /// A git command on the server, in the bare repository, that must succeed.
    #[track_caller]
    pub fn server(&self, args: &[&str]) -> Done {
        self.at_the_next_time(self.site.git(&self.bare)).args(args).finish().ok()
    }

    fn at_the_next_time(&self, run: Run) -> Run {
        let time = FIRST_TIME + 100 * self.commits.fetch_add(1, Ordering::Relaxed);
        let date = format!("@{time} +0000");
        run.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date)
    }

    /// Pushes refspecs (`main`, `v1.0.0`, `:refs/tags/v1.0.0`; options such as `--force` too).
    #[track_caller]
    pub fn push(&self, refspecs: &[&str]) -> Push {
        let command = ["push", "origin"];
        self.site.git(&self.work).args(command).args(refspecs).finish().into()
    }

    /// Whether the bare repository has the tag.
    #[track_caller]
    pub fn server_has(&self, tag: &str) -> bool {
        !self.server(&["for-each-ref", &format!("refs/tags/{tag}")]).line().is_empty()
    }

    /// Pushes the branch, untouched by us, so that a later push of a tag sends the tag alone.
    #[track_caller]
    pub fn push_main(&self) -> &Self {
        self.push(&["HEAD:refs/heads/main"]).accepted();
        self
    }
}
