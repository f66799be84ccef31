//! strace in front of a program: it is killed at a certain system call, or the call fails.
//!
//! A point is a system call and its number among the calls of that name in one thread, since that is how strace counts.
//! A process that is killed at a call dies before the call does anything; what is there after the call is what is there
//! before the next one, so that all calls are all points.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::site::Site;

/// All system calls that change what is on a disk, or ask for it to be there.
pub const DISK: &str = "openat,open,creat,write,pwrite64,writev,ftruncate,fsync,fdatasync,syncfs,sync_file_range,\
    rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,fallocate,copy_file_range";

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL.
    Kill,
    /// The call fails with this error, and does nothing.
    Error(&'static str),
}

/// Where it happens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The system call.
    pub call: String,
    /// Its number in its thread, from 1.
    pub number: usize,
    /// What it was called with, where it was seen first.
    pub seen: String,
}

/// The words that stand before a program so that it is traced, or a fault happens to it.
pub fn prefix(log: &Path, fault: Option<(&Point, Fault)>) -> Vec<String> {
    let mut words: Vec<String> =
        ["strace", "-D", "-f", "-qq", "-y", "-s", "120", "-o"].map(str::to_owned).into();
    words.push(log.to_string_lossy().into_owned());
    match fault {
        None => words.extend(["-e".to_owned(), format!("trace={DISK}")]),
        Some((Point { call, number, .. }, fault)) => {
            let what = match fault {
                Fault::Kill => "signal=KILL".to_owned(),
                Fault::Error(name) => format!("error={name}"),
            };
            words.extend(["-e".to_owned(), format!("trace={call}")]);
            words.extend(["-e".to_owned(), format!("inject={call}:{what}:when={number}")]);
        }
    }
    words
}

/// The points in a log whose calls name something in `folder`.
#[track_caller]
pub fn points(log: &Path, folder: &Path) -> Vec<Point> {
    let text = fs::read_to_string(log).expect("strace wrote a log");
    let folder = folder.to_string_lossy();
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    let mut points = Vec::new();
    for line in text.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        let Some((call, arguments)) = rest.split_once('(') else { continue };
        if !DISK.split(',').any(|name| name == call) {
            continue;
        }
        let number = counts.entry((thread, call)).or_default();
        *number += 1;
        if arguments.contains(&*folder) {
            let seen = arguments.chars().take(200).collect();
            points.push(Point { call: call.to_owned(), number: *number, seen });
        }
    }
    points
}

/// The hooks of a site with a place before our program, which is free at first.
#[derive(Debug)]
pub struct Hooks {
    folder: PathBuf,
}

impl Hooks {
    /// Prepares the hooks in this repository, which are installed.
    #[track_caller]
    pub fn of(site: &Site, bare: &Path) -> Self {
        let folder = site.path("orders");
        fs::create_dir_all(&folder).expect("the site's folder is writable");
        for name in ["pre-receive", "post-receive"] {
            let hook = bare.join("hooks").join(name);
            let text = fs::read_to_string(&hook).expect("the hook is installed");
            let order = folder.join(name);
            fs::write(&order, "").expect("the site's folder is writable");
            let changed = text.replace("exec '", &format!("exec $(cat '{}') '", order.display()));
            assert_ne!(text, changed, "the hook has another form: {text}");
            fs::write(&hook, changed).expect("the hook is writable");
        }
        Self { folder }
    }

    /// What runs before the program of this hook from now on.
    pub fn order(&self, hook: &str, words: &[String]) {
        fs::write(self.folder.join(hook), words.join(" ")).expect("the site's folder is writable");
    }

    /// Nothing runs before them any more.
    pub fn free(&self) {
        for name in ["pre-receive", "post-receive"] {
            self.order(name, &[]);
        }
    }

    /// A log of this name.
    pub fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }
}
