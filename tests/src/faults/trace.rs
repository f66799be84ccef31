//! What programs did to a disk, read from the logs of strace.
//!
//! A call counts when it has returned: what it did is there then, and what it waited for is on disk. Logs of several
//! processes are put in the order of these times.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::inject::DISK;

/// The words that stand before a program so that all it does to a disk is written to `log`, with the data.
pub fn recording(log: &Path, daemon: Daemon) -> Vec<String> {
    let trace = format!("trace={DISK},lseek,chdir,fchdir,clone,clone3,fork,vfork");
    let mut words = vec!["strace".to_owned()];
    if daemon == Daemon::Yes {
        words.push("-D".to_owned());
    }
    words
        .extend(["-f", "-qq", "-ttt", "-T", "-y", "-xx", "-s", "9999999", "-e"].map(str::to_owned));
    words.extend([trace, "-o".to_owned(), log.to_string_lossy().into_owned()]);
    words
}

/// Whether the traced program is to be our child itself, as one that is stopped by a signal must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Daemon {
    /// strace is our child, and ends as the program does.
    No,
    /// The program is our child.
    Yes,
}

/// One change, or one wait for the disk. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what their variants name")]
pub enum Op {
    /// A file that is opened to be written; made if need be.
    Open { path: PathBuf, creates: bool, truncates: bool, appends: bool },
    /// The place of the next write in an open file.
    Seek { path: PathBuf, to: u64 },
    /// Bytes, at a place or at the next one.
    Write { path: PathBuf, at: Option<u64>, data: Vec<u8> },
    /// A file gets a length.
    Truncate { path: PathBuf, length: u64 },
    /// Content of a file, or names in a folder, are on disk.
    Sync { path: PathBuf },
    /// Everything is on the disk that this folder lies on.
    SyncAll { path: PathBuf },
    /// Another name.
    Link { from: PathBuf, to: PathBuf },
    /// A new name.
    Rename { from: PathBuf, to: PathBuf },
    /// A name goes.
    Unlink { path: PathBuf },
    /// A new folder.
    Mkdir { path: PathBuf },
    /// Something that the test wants to know the time of.
    Mark { what: usize },
}

/// An operation, and when it was done, in microseconds since 1970.
#[derive(Debug, Clone)]
pub struct Event {
    /// When it began.
    pub start: u64,
    /// When it was done.
    pub time: u64,
    /// What was done.
    pub op: Op,
}

/// Reads logs, and puts their operations in order.
#[track_caller]
pub fn read(logs: &[PathBuf]) -> Vec<Event> {
    let mut events: Vec<Event> = logs.iter().flat_map(|log| read_one(log)).collect();
    events.sort_by_key(|event| event.time);
    events
}

#[track_caller]
fn read_one(log: &Path) -> Vec<Event> {
    let text = fs::read_to_string(log).expect("strace wrote a log");
    let mut reader = Reader::default();
    text.lines().for_each(|line| reader.line(line));
    reader.events
}

#[derive(Default)]
struct Reader<'t> {
    events: Vec<Event>,
    /// By thread: a call that has not returned yet.
    begun: HashMap<&'t str, (&'t str, u64)>,
    folders: HashMap<String, PathBuf>,
}

impl<'t> Reader<'t> {
    fn line(&mut self, line: &'t str) {
        let mut words = line.splitn(2, ' ');
        let (Some(thread), Some(rest)) = (words.next(), words.next()) else { return };
        let Some((time, rest)) = rest.trim_start().split_once(' ') else { return };
        let time = micros(time);
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            self.begun.insert(thread, (begun, time));
        } else if rest.starts_with("<... ") {
            let Some((_, end)) = rest.split_once(" resumed>") else { return };
            let Some((begun, time)) = self.begun.remove(thread) else { return };
            self.call(thread, time, &format!("{begun}{end}"));
        } else {
            self.call(thread, time, rest);
        }
    }

    fn call(&mut self, thread: &str, start: u64, text: &str) {
        let Some((name, rest)) = text.split_once('(') else { return };
        let Some((arguments, end)) = rest.rsplit_once(" = ") else { return };
        let arguments = arguments.trim_end().trim_end_matches(')');
        let arguments: Vec<&str> = arguments.split(", ").collect();
        let (result, took) = match end.rsplit_once(" <") {
            Some((result, took)) => (result, micros(took.trim_end_matches('>'))),
            None => (end, 0),
        };
        if let Some(here) = arguments[0].strip_prefix("AT_FDCWD<") {
            self.folders.insert(thread.to_owned(), unhex(here.trim_end_matches('>')));
        }
        if result.starts_with('-') || result.starts_with('?') {
            return;
        }
        match name {
            "clone" | "clone3" | "fork" | "vfork" => {
                if let Some(here) = self.folders.get(thread).cloned() {
                    self.folders.insert(result.to_owned(), here);
                }
            }
            "chdir" => {
                let to = self.path(thread, arguments[0]);
                self.folders.insert(thread.to_owned(), to);
            }
            "fchdir" => {
                if let Some(to) = of_descriptor(arguments[0]) {
                    self.folders.insert(thread.to_owned(), to);
                }
            }
            _ => {
                let op = self.op(thread, name, &arguments, result);
                self.events.extend(op.map(|op| Event { start, time: start + took, op }));
            }
        }
    }

    fn op(&self, thread: &str, name: &str, arguments: &[&str], result: &str) -> Option<Op> {
        let at = |first: usize| self.path_at(thread, arguments[first], arguments[first + 1]);
        let here = |number: usize| self.path(thread, arguments[number]);
        let file = || of_descriptor(arguments[0]);
        Some(match name {
            "openat" | "open" | "creat" => {
                let flags = arguments.get(usize::from(name == "openat") + 1).unwrap_or(&"");
                let (writes, creates) = (
                    flags.contains("O_WRONLY") || flags.contains("O_RDWR"),
                    flags.contains("O_CREAT"),
                );
                if !writes && !creates {
                    return None;
                }
                let (truncates, appends) = (flags.contains("O_TRUNC"), flags.contains("O_APPEND"));
                Op::Open { path: of_descriptor(result)?, creates, truncates, appends }
            }
            "lseek" => Op::Seek { path: file()?, to: result.parse().ok()? },
            "write" => written(file()?, None, bytes(arguments[1]), result)?,
            "pwrite64" => {
                written(file()?, Some(arguments[3].parse().ok()?), bytes(arguments[1]), result)?
            }
            "writev" => {
                let parts = arguments.iter().filter_map(|part| part.split_once("iov_base="));
                let data = parts.flat_map(|(_, data)| bytes(data)).collect();
                written(file()?, None, data, result)?
            }
            "ftruncate" => Op::Truncate { path: file()?, length: arguments[1].parse().ok()? },
            "fsync" | "fdatasync" => Op::Sync { path: file()? },
            "syncfs" => Op::SyncAll { path: file()? },
            "link" => Op::Link { from: here(0), to: here(1) },
            "linkat" => Op::Link { from: at(0), to: at(2) },
            "rename" => Op::Rename { from: here(0), to: here(1) },
            "renameat" | "renameat2" => Op::Rename { from: at(0), to: at(2) },
            "unlink" | "rmdir" => Op::Unlink { path: here(0) },
            "unlinkat" => Op::Unlink { path: at(0) },
            "mkdir" => Op::Mkdir { path: here(0) },
            "mkdirat" => Op::Mkdir { path: at(0) },
            // It promises nothing about a power cut, and reserving room changes no content.
            "sync_file_range" | "fallocate" => return None,
            other => {
                panic!("{other} is a call that the model of the disk does not know: {arguments:?}")
            }
        })
    }

    fn path(&self, thread: &str, text: &str) -> PathBuf {
        let path = PathBuf::from(os(bytes(text)));
        let here = self.folders.get(thread);
        normal(&here.map_or_else(|| path.clone(), |here| here.join(&path)))
    }

    fn path_at(&self, thread: &str, folder: &str, text: &str) -> PathBuf {
        let below = of_descriptor(folder).or_else(|| self.folders.get(thread).cloned());
        let path = PathBuf::from(os(bytes(text)));
        normal(&below.map_or_else(|| path.clone(), |below| below.join(&path)))
    }
}

fn written(path: PathBuf, at: Option<u64>, mut data: Vec<u8>, result: &str) -> Option<Op> {
    data.truncate(result.parse().ok()?);
    Some(Op::Write { path, at, data })
}

/// The path in `5</path>`; none where the file has no name any more, or is none.
fn of_descriptor(text: &str) -> Option<PathBuf> {
    if text.contains("(deleted)") {
        return None;
    }
    let path = unhex(text.split_once('<')?.1.split('>').next()?);
    path.is_absolute().then_some(path)
}

/// The bytes in `"\x2f\x61"`.
fn bytes(text: &str) -> Vec<u8> {
    let inside = text.split('"').nth(1).unwrap_or_default();
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or_default() as u8;
    let pairs = inside.as_bytes().chunks_exact(4);
    pairs.map(|escape| digit(escape[2]) << 4 | digit(escape[3])).collect()
}

fn unhex(text: &str) -> PathBuf {
    PathBuf::from(os(bytes(&format!("\"{text}\""))))
}

fn os(bytes: Vec<u8>) -> std::ffi::OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

/// Without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}

/// Microseconds in `SECONDS.MICROS`.
fn micros(text: &str) -> u64 {
    let (seconds, rest) = text.split_once('.').unwrap_or((text, "0"));
    seconds.parse().unwrap_or(0) * 1_000_000 + rest.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Op, Reader};

    #[test]
    fn calls_of_several_threads_are_read() {
        let log = "7 1.000001 openat(AT_FDCWD<\\x2f\\x61>, \"\\x62\", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3<\\x2f\\x61\\x2f\\x62> <0.000002>\n\
            7 1.000005 write(3<\\x2f\\x61\\x2f\\x62>, \"\\x68\\x69\", 2 <unfinished ...>\n\
            8 1.000006 rename(\"\\x62\", \"\\x63\") = -1 ENOENT (x) <0.000001>\n\
            7 1.000009 <... write resumed>) = 2 <0.000007>\n\
            7 1.000020 clone(child_stack=NULL, flags=SIGCHLD) = 9 <0.000001>\n\
            9 1.000030 rename(\"\\x2e\\x2f\\x62\", \"\\x63\") = 0 <0.000001>\n";
        let mut reader = Reader::default();
        log.lines().for_each(|line| reader.line(line));
        let ops: Vec<_> = reader.events.iter().map(|event| event.op.clone()).collect();
        let path = |text: &str| text.into();
        assert_eq!(
            ops,
            [
                Op::Open { path: path("/a/b"), creates: true, truncates: true, appends: false },
                Op::Write { path: path("/a/b"), at: None, data: b"hi".to_vec() },
                Op::Rename { from: path("/a/b"), to: path("/a/c") },
            ]
        );
        assert_eq!(reader.events[1].time, 1_000_012);
    }
}
