//! What is pushed, and where to: a site with bare repositories with and without hooks.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use modgate_tests::daemon::Daemon;
use modgate_tests::random::Random;
use modgate_tests::site::{PREFIX, Site};
use modgate_tests::sshd::Sshd;
use modgate_tests::users;

use crate::peak;

/// What is pushed in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A branch with a new commit.
    Branch,
    /// A release of two files.
    Small,
    /// A release of 1,000 files of 10 KB, all of them new.
    Large,
    /// 10,000 releases of 20 files, one of them new in each.
    Tags,
    /// A release with one file of 200 MB.
    Blob,
}

const TAGS: usize = 10_000;

/// Where it is pushed to: the first has hooks.
const NAMES: [&str; 3] = ["gated", "plain", "other"];

const HOOKS: [&str; 2] = ["pre-receive", "post-receive"];

/// A host, perhaps with its daemon.
pub(crate) struct Bench {
    _daemon: Option<Daemon>,
    server: Option<Sshd>,
    site: Site,
}

/// A push that is ready to be made.
pub(crate) struct Push<'b> {
    bench: &'b Bench,
    work: PathBuf,
    refs: Vec<String>,
    bare: [PathBuf; 3],
}

impl Bench {
    /// A host whose daemon runs.
    pub(crate) fn new() -> Self {
        let site = site();
        let _daemon = Some(site.serve());
        Self { site, server: None, _daemon }
    }

    /// A host without one.
    pub(crate) fn without_daemon() -> Self {
        Self { site: site(), server: None, _daemon: None }
    }

    /// Makes the content of a round, each in repositories of its own where it is more than a few objects.
    pub(crate) fn prepare(&self, round: usize, content: Content) -> Push<'_> {
        let is_new = round == 0 || content == Content::Tags;
        let folder = if content == Content::Tags { round } else { 0 };
        let name = |name: &str| format!("r{folder}/{name}");
        let below = |folder: PathBuf, bare| folder.join(format!("{}.git", name(bare)));
        let root = self.site.root();
        // What the daemon sees it takes in, hooks or none: a bare push must not pay for that, nor the next one.
        let bare = NAMES.map(|bare| match bare {
            "gated" => below(root.clone(), bare),
            _ => below(self.site.path("beside"), bare),
        });
        let work = self.site.path("work").join(name(NAMES[0]));
        if is_new {
            let repositories = NAMES.map(|bare| self.site.repository(&name(bare)));
            repositories[0].module_at("", &module(folder)).commit("first");
            for (bare, place) in NAMES.into_iter().zip(&bare).skip(1) {
                let folder = place.parent().expect("it lies in a folder");
                fs::create_dir_all(folder).expect("the site's folder is writable");
                fs::rename(below(root.clone(), bare), place).expect("it is on the same disk");
            }
            for remote in &bare {
                let push = self.git(&work, &["push", "-q", &self.url(remote), "HEAD:main"]);
                assert!(push.success(), "the first push failed");
            }
            self.site.modgate(&["install", &name(NAMES[0])]).finish().ok();
        }
        let refs = self.make(&work, round, content);
        Push { bench: self, work, refs, bare }
    }

    fn make(&self, work: &Path, round: usize, content: Content) -> Vec<String> {
        let mut random = Random::new(round as u64 + 1);
        let write = |name: &str, text: &[u8]| {
            let file = work.join(name);
            let folder = file.parent().expect("a file lies in a folder");
            fs::create_dir_all(folder).expect("the work tree is writable");
            fs::write(file, text).expect("the work tree is writable");
        };
        match content {
            Content::Branch | Content::Small => write("a.go", &text(&mut random, 100)),
            Content::Large => {
                for file in 0..1000 {
                    let name = format!("p{}/f{file}.go", file / 20);
                    write(&name, &text(&mut random, 10_000));
                }
            }
            Content::Blob => {
                write("a.go", b"package a\n");
                // Text that deflates badly, as large files are.
                write("data.bin", &text(&mut random, 200_000_000));
            }
            Content::Tags => {
                let import = self.site.git(work);
                let stream = history(round);
                import.args(["fast-import", "--quiet", "--force"]).stdin(stream).finish().ok();
                return vec!["refs/heads/main".to_owned(), "refs/tags/*:refs/tags/*".to_owned()];
            }
        }
        for command in [&["add", "-A"][..], &["commit", "-q", "-m", "round"]] {
            assert!(self.git(work, command).success(), "git {command:?} failed");
        }
        if content == Content::Branch {
            return vec![format!("HEAD:refs/heads/b{round}")];
        }
        let tag = format!("v1.{round}.0");
        assert!(self.git(work, &["tag", &tag]).success(), "git tag failed");
        vec!["HEAD:refs/heads/main".to_owned(), format!("refs/tags/{tag}")]
    }

    fn url(&self, bare: &Path) -> String {
        let path = || bare.to_string_lossy().into_owned();
        self.server.as_ref().map_or_else(path, |server| server.url(bare))
    }

    /// Runs git without the pauses that waiting for a deadline brings.
    fn git(&self, dir: &Path, args: &[&str]) -> std::process::ExitStatus {
        let mut command = Command::new("git");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.site.environment()).current_dir(dir).args(args);
        if let Some(server) = &self.server {
            command.env("GIT_SSH_COMMAND", server.command());
        }
        if let Some(user) = &self.site.actors().pusher {
            use std::os::unix::process::CommandExt;
            command.uid(user.uid).gid(user.gid);
        }
        let said = fs::File::create(self.said()).expect("the site's folder is writable");
        command.stdout(Stdio::null()).stderr(said);
        command.status().expect("git can be started")
    }

    /// What git and the hooks said last.
    fn said(&self) -> PathBuf {
        self.site.path("said")
    }

    /// Has the hooks of the first round write down their peaks of memory from now on.
    pub(crate) fn watch_peak(&self) {
        let bench = std::env::current_exe().expect("a program knows its own path");
        for hook in HOOKS {
            let file = self.site.root().join("r0/gated.git/hooks").join(hook);
            let script = fs::read_to_string(&file).expect("the hook was installed");
            let out = self.peak(hook);
            let watched = format!("exec '{}' {} '{}' ", bench.display(), peak::FLAG, out.display());
            fs::write(&file, script.replace("exec ", &watched)).expect("the hook is writable");
        }
    }

    fn peak(&self, hook: &str) -> PathBuf {
        self.site.path(&format!("peak-{hook}"))
    }

    /// The peaks of pre-receive and post-receive, in megabytes.
    pub(crate) fn peaks(&self) -> [f64; 2] {
        HOOKS.map(|hook| {
            let kilobytes = fs::read_to_string(self.peak(hook)).ok();
            let kilobytes = kilobytes.and_then(|text| text.trim().parse::<f64>().ok());
            kilobytes.expect("the hook ran") / 1000.0
        })
    }
}

impl Push<'_> {
    /// Pushes to one of the repositories: how long that took.
    pub(crate) fn run(&self, remote: usize) -> Duration {
        let url = self.bench.url(&self.bare[remote]);
        let mut args = vec!["push", "-q", &url];
        args.extend(self.refs.iter().map(String::as_str));
        let start = Instant::now();
        let status = self.bench.git(&self.work, &args);
        let took = start.elapsed();
        let said = || fs::read_to_string(self.bench.said()).unwrap_or_default();
        assert!(status.success(), "the push of {:?} failed:\n{}", self.refs, said());
        took
    }
}

/// Runs `story` on a host whose pusher comes over ssh and is not the daemon's user.
pub(crate) fn over_ssh(story: impl FnOnce(&Bench)) {
    users::split(|| {
        let site = site();
        let (server, _daemon) = (Some(Sshd::start(&site)), Some(site.serve()));
        story(&Bench { site, server, _daemon });
    });
}

/// A host that gives every push the time it takes: what is slow is to be measured, not refused.
fn site() -> Site {
    let site = Site::new();
    site.configure("[policy]\ntime_limit_ms = 60000\n");
    site
}

fn module(folder: usize) -> String {
    format!("{PREFIX}/r{folder}/{}", NAMES[0])
}

/// Lines of words that deflate somewhat, as source does.
fn text(random: &mut Random, bytes: usize) -> Vec<u8> {
    let mut text = b"package p\n".to_vec();
    while text.len() < bytes {
        let line =
            format!("// {:x} is followed by {:x}\n", random.below(1 << 32), random.below(1 << 16));
        text.extend_from_slice(line.as_bytes());
    }
    text
}

/// A history for `git fast-import`: 20 files, and tags of which each changes one.
fn history(folder: usize) -> String {
    let mut stream = String::new();
    let file = |name: &str, content: &str| {
        format!("M 100644 inline {name}\ndata {}\n{content}\n", content.len())
    };
    for tag in 0..TAGS {
        let time = 1_700_000_000 + tag;
        let _ = write!(
            stream,
            "commit refs/heads/main\nmark :{}\ncommitter Bench <bench@example.com> {time} +0000\ndata 1\nc\n",
            tag + 1
        );
        if tag == 0 {
            stream.push_str("from refs/heads/main^0\n");
            stream.push_str(&file("go.mod", &format!("module {}\n\ngo 1.21\n", module(folder))));
            stream.push_str(&file("LICENSE", "Do as you like.\n"));
        }
        // The first has them all.
        let (from, to) = if tag == 0 { (0, 18) } else { (tag % 18, tag % 18 + 1) };
        for at in from..to {
            let content =
                format!("package code\n\n// V{at} is in tag {tag}.\nconst V{at} = {tag}\n");
            stream.push_str(&file(&format!("code{at}.go"), &content));
        }
    }
    for tag in 0..TAGS {
        let _ =
            write!(stream, "reset refs/tags/v1.{}.{}\nfrom :{}\n\n", tag / 100, tag % 100, tag + 1);
    }
    stream
}
