//! Keep refs: what was accepted stays reachable for git, whatever happens to its tag, so that no `git gc` takes it.
//!
//! `refs/modgate/keep/COMMIT` for each commit, which is all it holds: it never changes. One goes only where the version that it
//! was made for was forgotten. They are hidden first (`transfer.hideRefs`): nobody sees them in a fetch, and no `git push --mirror` deletes them.
//!
//! A few are written as files, as git does. Many are one change of `packed-refs`, under git's own lock: thousands of
//! files would take seconds, and slow down all who list refs. Content is synced before it has its name, since git stops
//! at a ref that is empty; names of files are not, a sync of the file system is the caller's.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::Repository;
use super::hidden::Hidden;
use crate::io::sync::sync_folder;
use crate::objects::{ObjectId, Objects};

/// What is hidden.
const HIDDEN: &str = "refs/modgate";

/// Where they lie.
const KEEP: &str = "refs/modgate/keep/";

/// No more than these are written as files, at a time and in all.
const MAX_FILES: usize = 64;

/// How often the lock of `packed-refs` is tried, 20 ms apart: git holds it for moments.
const LOCK_ATTEMPTS: usize = if cfg!(test) { 3 } else { 100 };

const HEADER: &str = "# pack-refs with: peeled fully-peeled sorted \n";

/// Why commits could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The system refused.
    #[error("{path:?}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The refs could not be hidden, so none were made.
    #[error("refs below {HIDDEN:?} cannot be hidden: {0}")]
    Shown(String),
}

impl KeepError {
    /// Whether it would be the same in a moment: we have no right to write there, or somebody wants the refs shown.
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Io { error, .. } => {
                matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
            }
            Self::Shown(_) => true,
        }
    }
}

impl Repository {
    /// Keeps these commits, those that the repository has; returns how many were not kept before.
    ///
    /// # Errors
    /// When the repository cannot be written.
    pub fn keep(&self, commits: &BTreeSet<ObjectId>) -> Result<usize, KeepError> {
        let folder = self.path();
        let loose = loose(folder);
        let mut missing: BTreeSet<ObjectId> = commits.difference(&loose).copied().collect();
        if missing.is_empty() {
            return Ok(0);
        }
        let packed = kept(&packed(folder)?);
        // A ref to nothing would make git fail.
        missing.retain(|commit| !packed.contains(commit) && self.commit(*commit).is_ok());
        if missing.is_empty() {
            return Ok(0);
        }
        self.hide()?;
        // One that leads elsewhere is another repository's.
        let file = folder.join("packed-refs");
        let is_linked = file.symlink_metadata().is_ok_and(|file| file.is_symlink());
        if loose.len() + missing.len() <= MAX_FILES || is_linked {
            write_loose(folder, &missing)?;
        } else {
            missing.extend(&loose);
            pack(folder, &|before| merged(before, &missing))?;
            for commit in &loose {
                // It says what the packed one says; whoever removes it first is right.
                let _ = fs::remove_file(folder.join(format!("{KEEP}{commit}")));
            }
            return Ok(missing.len() - loose.len());
        }
        Ok(missing.len())
    }

    /// Keeps these commits no more; returns how many were kept.
    ///
    /// # Errors
    /// When the repository cannot be written.
    pub fn keep_no_more(&self, commits: &BTreeSet<ObjectId>) -> Result<usize, KeepError> {
        let folder = self.path();
        let is_file = |commit: &&ObjectId| folder.join(format!("{KEEP}{commit}")).exists();
        let loose: BTreeSet<ObjectId> = commits.iter().filter(is_file).copied().collect();
        let packed = &kept(&packed(folder)?) & commits;
        // First there: a file that is gone would show what is packed.
        if !packed.is_empty() {
            pack(folder, &|before| without(before, &packed))?;
        }
        for commit in &loose {
            let file = folder.join(format!("{KEEP}{commit}"));
            match fs::remove_file(&file) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                removed => removed.map_err(failed(&file))?,
            }
        }
        Ok(loose.union(&packed).count())
    }

    fn hide(&self) -> Result<(), KeepError> {
        let example = format!("{KEEP}x");
        if Hidden::of(&self.git).hides(&example) {
            return Ok(());
        }
        let file = self.path().join("config");
        let file = fs::canonicalize(&file).map_err(failed(&file))?;
        let before = fs::metadata(&file).map_err(failed(&file))?;
        let shown = |error: git2::Error| KeepError::Shown(error.message().to_owned());
        // libgit2 says in its own words what the system says in codes.
        if let Err(error) = nix::unistd::access(self.path(), nix::unistd::AccessFlags::W_OK) {
            return Err(failed(self.path())(error.into()));
        }
        // Under git's own lock, and synced before it has its name, which libgit2 does not do.
        let lock = file.with_file_name("config.lock");
        let held = Held::take(lock)?;
        let text = fs::read(&file).map_err(failed(&file))?;
        fs::write(&held.path, text).map_err(failed(&held.path))?;
        let mut config = git2::Config::open(&held.path).map_err(shown)?;
        config.set_multivar("transfer.hideRefs", "^refs/modgate$", HIDDEN).map_err(shown)?;
        drop(config);
        held.put(&file, &before)?;
        // Read anew, with what other files say.
        let again = git2::Repository::open_bare(self.path()).map_err(shown)?;
        if !Hidden::of(&again).hides(&example) {
            return Err(KeepError::Shown("the configuration shows them again".to_owned()));
        }
        Ok(())
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> KeepError {
    let path = path.to_owned();
    |error| KeepError::Io { path, error }
}

/// Those that are files of their own, and whole: after a power cut one may be empty, and is written again.
fn loose(folder: &Path) -> BTreeSet<ObjectId> {
    let Ok(entries) = fs::read_dir(folder.join(KEEP)) else { return BTreeSet::new() };
    let whole = entries.flatten().filter_map(|entry| {
        let name = entry.file_name();
        let is_whole = fs::read_to_string(entry.path()).is_ok_and(|text| *name == *text.trim_end());
        name.to_str().filter(|_| is_whole)?.parse().ok()
    });
    whole.collect()
}

/// The text of `packed-refs`.
fn packed(folder: &Path) -> Result<Vec<u8>, KeepError> {
    let file = folder.join("packed-refs");
    match fs::read(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(failed(&file)),
    }
}

/// Those in the text of `packed-refs`.
fn kept(packed: &[u8]) -> BTreeSet<ObjectId> {
    packed.split(|byte| *byte == b'\n').filter_map(name).filter_map(commit).collect()
}

/// The ref that a line of `packed-refs` is about.
fn name(line: &[u8]) -> Option<&[u8]> {
    line.get(41..).filter(|_| !line.starts_with(b"#") && line[40] == b' ')
}

fn commit(name: &[u8]) -> Option<ObjectId> {
    std::str::from_utf8(name.strip_prefix(KEEP.as_bytes())?).ok()?.parse().ok()
}

fn write_loose(folder: &Path, commits: &BTreeSet<ObjectId>) -> Result<(), KeepError> {
    let like = fs::metadata(folder.join("refs")).map_err(failed(folder))?;
    let mut path = folder.to_owned();
    for part in KEEP.trim_end_matches('/').split('/') {
        path.push(part);
        match fs::create_dir(&path) {
            Ok(()) => belong(&path, &like)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&path)(error)),
        }
    }
    let like = fs::metadata(folder.join("HEAD")).map_err(failed(folder))?;
    for commit in commits {
        // What a crash left of this lock is of no use to anybody; two who write it write the same.
        let (lock, file) = (path.join(format!("{commit}.lock")), path.join(commit.to_string()));
        write_synced(&lock, format!("{commit}\n").as_bytes()).map_err(failed(&lock))?;
        belong(&lock, &like)?;
        match fs::rename(&lock, &file) {
            // Another one was faster: it has written the same.
            Err(error) if error.kind() == ErrorKind::NotFound && file.exists() => {}
            renamed => renamed.map_err(failed(&file))?,
        }
    }
    Ok(())
}

/// Changes the text of `packed-refs`.
fn pack(folder: &Path, change: &dyn Fn(&[u8]) -> Vec<u8>) -> Result<(), KeepError> {
    let (file, lock) = (folder.join("packed-refs"), folder.join("packed-refs.lock"));
    let held = Held::take(lock)?;
    // Nobody else changes it from here on.
    let (before, like) = match fs::read(&file) {
        Ok(before) => (before, fs::metadata(&file).map_err(failed(&file))?),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            (Vec::new(), fs::metadata(folder.join("HEAD")).map_err(failed(folder))?)
        }
        Err(error) => return Err(failed(&file)(error)),
    };
    fs::write(&held.path, change(&before)).map_err(failed(&held.path))?;
    held.put(&file, &like)
}

fn write_synced(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// git's lock, given back whatever happens.
struct Held {
    path: PathBuf,
    is_done: bool,
}

impl Held {
    fn take(path: PathBuf) -> Result<Self, KeepError> {
        take(&path)?;
        Ok(Self { path, is_done: false })
    }

    /// Puts what was written into it in the place of the file, with the rights that this has.
    fn put(mut self, file: &Path, like: &fs::Metadata) -> Result<(), KeepError> {
        belong(&self.path, like)?;
        let written = File::open(&self.path).and_then(|file| file.sync_all());
        written.map_err(failed(&self.path))?;
        fs::rename(&self.path, file).map_err(failed(file))?;
        self.is_done = true;
        sync_folder(file).map_err(failed(file))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn take(lock: &Path) -> Result<(), KeepError> {
    let mut attempts = 0;
    loop {
        match OpenOptions::new().write(true).create_new(true).open(lock) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && attempts < LOCK_ATTEMPTS => {
                attempts += 1;
                thread::sleep(Duration::from_millis(20));
            }
            taken => return taken.map(drop).map_err(failed(lock)),
        }
    }
}

/// The text of `packed-refs` with these refs in it: in their place where it is sorted, else at the end.
fn merged(before: &[u8], commits: &BTreeSet<ObjectId>) -> Vec<u8> {
    let known = kept(before);
    let mut new = commits.difference(&known).peekable();
    let mut text = Vec::with_capacity(before.len() + commits.len() * 110);
    if before.is_empty() {
        text.extend(HEADER.as_bytes());
    }
    let mut lines = before.split_inclusive(|byte| *byte == b'\n').peekable();
    let is_sorted = lines.peek().is_none_or(|first| {
        let traits = first.split(|byte| byte.is_ascii_whitespace());
        first.starts_with(b"# pack-refs with:") && traits.into_iter().any(|one| one == b"sorted")
    });
    for line in lines {
        if is_sorted && let Some(name) = name(line) {
            let name = name.trim_ascii_end();
            while let Some(commit) = new.next_if(|new| format!("{KEEP}{new}").as_bytes() < name) {
                text.extend(format!("{commit} {KEEP}{commit}\n").as_bytes());
            }
        }
        text.extend(line);
    }
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    new.for_each(|commit| text.extend(format!("{commit} {KEEP}{commit}\n").as_bytes()));
    text
}

/// The text of `packed-refs` without these refs.
fn without(before: &[u8], commits: &BTreeSet<ObjectId>) -> Vec<u8> {
    let is_one = |line: &&[u8]| {
        let name = name(line).map(<[u8]>::trim_ascii_end);
        name.and_then(commit).is_some_and(|commit| commits.contains(&commit))
    };
    before
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| !is_one(line))
        .flatten()
        .copied()
        .collect()
}

/// Gives a file the rights of another one: a repository may be shared by a group, or with everybody. What root makes
/// belongs to the owner of the repository.
fn belong(path: &Path, like: &fs::Metadata) -> Result<(), KeepError> {
    let own = fs::metadata(path).map_err(failed(path))?;
    let mode = like.mode() & 0o7777;
    if own.mode() & 0o7777 != mode {
        fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed(path))?;
    }
    if own.uid() != like.uid() && nix::unistd::geteuid().is_root() {
        chown(path, Some(like.uid()), Some(like.gid())).map_err(failed(path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(bytes: &[u8]) -> BTreeSet<ObjectId> {
        bytes.iter().map(|byte| ObjectId::from_bytes([*byte; 20])).collect()
    }

    fn line(byte: u8) -> String {
        let id = ObjectId::from_bytes([byte; 20]);
        format!("{id} {KEEP}{id}\n")
    }

    #[track_caller]
    fn check(before: &str, commits: &[u8], expected: &str) {
        let text = merged(before.as_bytes(), &ids(commits));
        assert_eq!(String::from_utf8_lossy(&text), expected);
        assert_eq!(merged(&text, &ids(commits)), text, "twice is once");
    }

    #[test]
    fn keep_refs_come_to_stand_in_their_place() {
        let other = |name: &str| format!("{} {name}\n", ObjectId::from_bytes([9; 20]));
        let (head, tag) = (other("refs/heads/main"), other("refs/tags/v1.0.0"));
        let peeled = format!("^{}\n", ObjectId::from_bytes([8; 20]));
        check("", &[2, 1], &format!("{HEADER}{}{}", line(1), line(2)));
        check(
            &format!("{HEADER}{head}{}{tag}{peeled}", line(2)),
            &[1, 2, 3],
            &format!("{HEADER}{head}{}{}{}{tag}{peeled}", line(1), line(2), line(3)),
        );
        check(
            &format!("{HEADER}{tag}{peeled}"),
            &[1],
            &format!("{HEADER}{}{tag}{peeled}", line(1)),
        );
        // Not sorted, or not known to be: git sorts it when it reads it.
        let old = "# pack-refs with: peeled \n";
        check(&format!("{old}{tag}{head}"), &[1], &format!("{old}{tag}{head}{}", line(1)));
        check(tag.trim_end(), &[1], &format!("{tag}{}", line(1)));
        check(&format!("{HEADER}{head}"), &[], &format!("{HEADER}{head}"));
        let all = format!("{HEADER}{head}{}{}{tag}{peeled}", line(1), line(2));
        let rest = without(all.as_bytes(), &ids(&[2, 3, 9]));
        assert_eq!(String::from_utf8_lossy(&rest), all.replace(&line(2), ""));
    }

    /// A bare repository with a chain of commits.
    fn repository(folder: &Path, count: usize) -> (Repository, Vec<ObjectId>) {
        let git = git2::Repository::init_bare(folder).unwrap();
        let tree = git.find_tree(git.treebuilder(None).unwrap().write().unwrap()).unwrap();
        let mut commits = Vec::new();
        for n in 0..count {
            let time = git2::Time::new(1_700_000_000 + i64::try_from(n).unwrap(), 0);
            let who = git2::Signature::new("a", "a@b", &time).unwrap();
            let id = git.commit(None, &who, &who, "x", &tree, &[]).unwrap();
            commits.push(super::super::object_id(id));
        }
        (Repository::open(folder).unwrap(), commits)
    }

    fn kept_by(folder: &Path) -> BTreeSet<ObjectId> {
        let git = git2::Repository::open_bare(folder).unwrap();
        let refs = git.references_glob("refs/modgate/keep/*").unwrap();
        refs.map(|found| super::super::object_id(found.unwrap().target().unwrap())).collect()
    }

    #[test]
    fn a_few_are_files_and_many_are_packed_with_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (git, commits) = repository(folder.path(), 200);
        let keep = |some: &[ObjectId]| git.keep(&some.iter().copied().collect());
        assert_eq!(keep(&commits[..3]).unwrap(), 3);
        assert_eq!(keep(&commits[..3]).unwrap(), 0, "once");
        assert_eq!(loose(folder.path()).len(), 3);
        let hidden = fs::read_to_string(folder.path().join("config")).unwrap();
        assert_eq!(hidden.matches("refs/modgate").count(), 1, "{hidden}");
        // One that is not there cannot be kept, and keeps no other from it.
        let gone = ObjectId::from_bytes([7; 20]);
        assert_eq!(keep(&[commits[3], gone]).unwrap(), 1);
        assert_eq!(keep(&commits[..100]).unwrap(), 96);
        assert_eq!(loose(folder.path()).len(), 0, "all are packed");
        assert_eq!(kept_by(folder.path()), commits[..100].iter().copied().collect());
        // A power cut left one empty.
        let torn = folder.path().join(format!("{KEEP}{}", commits[150]));
        fs::write(&torn, "").unwrap();
        assert_eq!(keep(&commits[150..151]).unwrap(), 1);
        assert_eq!(fs::read_to_string(&torn).unwrap(), format!("{}\n", commits[150]));
        assert_eq!(git.keep_no_more(&[commits[150]].into()).unwrap(), 1);
        // git holds the lock: tried again later.
        let lock = folder.path().join("packed-refs.lock");
        fs::write(&lock, "").unwrap();
        let busy = keep(&commits).unwrap_err();
        assert!(!busy.is_lasting(), "{busy}");
        assert!(lock.exists(), "it is another's lock");
        assert_eq!(kept_by(folder.path()).len(), 100);
        fs::remove_file(&lock).unwrap();
        assert_eq!(keep(&commits).unwrap(), 100);
        assert_eq!(kept_by(folder.path()), commits.iter().copied().collect());
    }

    #[test]
    fn what_is_kept_no_more_is_gone_wherever_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (git, commits) = repository(folder.path(), 100);
        let set = |some: &[ObjectId]| some.iter().copied().collect::<BTreeSet<_>>();
        git.keep(&set(&commits[..80])).unwrap();
        git.keep(&set(&commits[80..])).unwrap();
        assert_eq!(loose(folder.path()).len(), 20);
        // One of these is in both.
        write_loose(folder.path(), &set(&commits[..1])).unwrap();
        let mut some = set(&commits[90..]);
        some.extend(&commits[..10]);
        assert_eq!(git.keep_no_more(&some).unwrap(), 20);
        assert_eq!(kept_by(folder.path()), set(&commits[10..90]));
        assert_eq!(git.keep_no_more(&some).unwrap(), 0, "once");
        assert!(!folder.path().join("packed-refs.lock").exists());
    }

    #[test]
    fn they_are_hidden_whatever_was_shown_before() {
        let folder = tempfile::tempdir().unwrap();
        let (git, commits) = repository(folder.path(), 1);
        let config = folder.path().join("config");
        let text = fs::read_to_string(&config).unwrap();
        let shown = "[transfer]\n\thideRefs = refs/x\n[uploadpack]\n\thideRefs = !refs/modgate\n";
        fs::write(&config, format!("{shown}{text}")).unwrap();
        assert_eq!(git.keep(&commits.into_iter().collect()).unwrap(), 1);
        let again = git2::Repository::open_bare(folder.path()).unwrap();
        let hidden = Hidden::of(&again);
        assert!(hidden.hides("refs/modgate/keep/1") && hidden.hides("refs/x/1"));
        assert!(!hidden.hides("refs/modgates"));
    }

    #[test]
    fn odd_lines_are_left_as_they_are() {
        for odd in ["x\n", "\n", "# a remark\n", "1234 refs/x\n", &" ".repeat(60)] {
            let text = merged(odd.as_bytes(), &ids(&[1]));
            assert!(text.starts_with(odd.trim_end_matches(' ').as_bytes()), "{odd:?}");
            assert_eq!(kept(&text), ids(&[1]));
        }
    }
}
