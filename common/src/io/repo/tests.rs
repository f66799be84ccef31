//! Real repositories, and what is read of them.

use std::fs;
use std::process::Command;

use git2::{Signature, Time};
use tempfile::TempDir;

use super::*;
use crate::objects::{Tag, memory};
use crate::resolve::{Failure, State, View};

mod conformance;
mod damage;
mod prefixes;
mod refs;

/// A bare repository in a folder of its own.
struct Fixture {
    folder: TempDir,
    path: PathBuf,
    git: git2::Repository,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.git");
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).external_template(false).initial_head("main");
        let git = git2::Repository::init_opts(&path, &options).unwrap();
        Self { folder, path, git }
    }

    fn open(&self) -> Repository {
        Repository::open(&self.path).unwrap()
    }

    fn refs(&self) -> Refs {
        self.open().refs(&Peeled::new()).unwrap().0
    }

    fn blob(&self, content: &[u8]) -> ObjectId {
        object_id(self.git.blob(content).unwrap())
    }

    /// The tree of these entries; modes are git's own.
    fn tree(&self, entries: &[(&str, i32, ObjectId)]) -> ObjectId {
        let mut builder = self.git.treebuilder(None).unwrap();
        for (name, mode, id) in entries {
            builder.insert(name, oid(*id), *mode).unwrap();
        }
        object_id(builder.write().unwrap())
    }

    /// Written as text: libgit2 cuts times off at 32 bits when it writes them.
    fn commit(&self, tree: ObjectId, parents: &[ObjectId], time: i64) -> ObjectId {
        let parents: String = parents.iter().map(|id| format!("parent {id}\n")).collect();
        let who = format!("T <t@h.io> {time} +0530");
        let text =
            format!("tree {tree}\n{parents}author T <t@h.io> 0 +0000\ncommitter {who}\n\nm\n");
        let odb = self.git.odb().unwrap();
        object_id(odb.write(ObjectType::Commit, text.as_bytes()).unwrap())
    }

    /// A commit of one file.
    fn file(&self, content: &str) -> ObjectId {
        let blob = self.blob(content.as_bytes());
        let tree = self.tree(&[("f", 0o100_644, blob)]);
        self.commit(tree, &[], 1_700_000_000)
    }

    /// An annotated tag without a ref.
    fn annotated(&self, name: &str, target: ObjectId) -> ObjectId {
        let who = Signature::new("T", "t@h.io", &Time::new(1_800_000_000, 0)).unwrap();
        let target = self.git.find_object(oid(target), None).unwrap();
        object_id(self.git.tag_annotation_create(name, &target, &who, "m").unwrap())
    }

    fn set(&self, name: &str, id: ObjectId) {
        self.git.reference(name, oid(id), true, "").unwrap();
    }

    fn config(&self, name: &str, value: &str) {
        let mut config = self.git.config().unwrap();
        config.set_multivar(name, "^$", value).unwrap();
    }

    /// Runs git in the repository, with no configuration but its own.
    fn run(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.path).args(arguments);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.folder.path()).env("GIT_CONFIG_NOSYSTEM", "1");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {output:?}");
    }

    /// Where git keeps an object that is not packed.
    fn loose(&self, id: ObjectId) -> PathBuf {
        let id = id.to_string();
        self.path.join("objects").join(&id[..2]).join(&id[2..])
    }

    fn remove(&self, id: ObjectId) {
        fs::remove_file(self.loose(id)).unwrap();
    }

    /// Replaces the content of an object by bytes that are no object.
    fn corrupt(&self, id: ObjectId) {
        self.remove(id);
        fs::write(self.loose(id), b"no object at all").unwrap();
    }
}

fn commit_tag(target: ObjectId, peeled: ObjectId) -> Tag {
    Tag { target, peeled, kind: Kind::Commit }
}

#[track_caller]
fn check_refused(path: &Path, expected: &str) {
    let Err(error) = Repository::open(path) else { panic!("{path:?} was opened") };
    assert_eq!(error.to_string(), format!("{path:?} {expected}"));
}

#[test]
fn what_is_no_repository_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    check_refused(folder.path(), "is not a git repository");
    check_refused(&folder.path().join("none"), "is not a git repository");
    fs::create_dir(folder.path().join("objects")).unwrap();
    check_refused(folder.path(), "is not a git repository");
}

// Rules: N22
#[test]
fn formats_that_cannot_be_read_are_told_apart() {
    let fixture = Fixture::new();
    fixture.config("core.repositoryformatversion", "1");
    fixture.config("extensions.objectformat", "SHA256");
    check_refused(&fixture.path, "uses SHA-256 object ids, which modgate cannot read");
    let fixture = Fixture::new();
    fixture.config("extensions.refstorage", "reftable");
    check_refused(&fixture.path, "uses reftable refs, which modgate cannot read");
    let fixture = Fixture::new();
    fixture.config("extensions.objectformat", "sha1");
    fixture.config("extensions.refstorage", "files");
    fixture.open();
}

#[test]
fn a_damaged_configuration_is_no_missing_repository() {
    let fixture = Fixture::new();
    fs::write(fixture.path.join("config"), "[core\nbare").unwrap();
    let Err(error) = Repository::open(&fixture.path) else { panic!("was opened") };
    assert!(matches!(error, OpenError::Unreadable { .. }), "{error}");
}

#[test]
fn the_folder_of_a_working_tree_is_a_repository() {
    let folder = tempfile::tempdir().unwrap();
    git2::Repository::init(folder.path()).unwrap();
    Repository::open(&folder.path().join(".git")).unwrap();
    check_refused(folder.path(), "is not a git repository");
}

#[test]
fn values_of_the_configuration_are_read() {
    let fixture = Fixture::new();
    fixture.config("modgate.import", "true");
    let repository = fixture.open();
    assert_eq!(repository.config("modgate.import").as_deref(), Some("true"));
    assert_eq!(repository.config("modgate.other"), None);
    assert!(repository.path().ends_with("r.git"));
}

#[test]
fn quarantined_objects_are_read_from_any_folder() {
    let fixture = Fixture::new();
    let known = fixture.file("known");
    for name in ["incoming", "with:colon", "wïth space", "quote\"d"] {
        // The objects of another repository stand for those of a push.
        let push = Fixture::new();
        let pushed = push.file(name);
        let quarantine = fixture.folder.path().join(name);
        fs::rename(push.path.join("objects"), &quarantine).unwrap();
        let directories = [quarantine, fixture.path.join("objects")];
        let repository = Repository::open_quarantined(&fixture.path, &directories).unwrap();
        assert_eq!(repository.peel(pushed), Ok((pushed, Kind::Commit)), "{name}");
        assert_eq!(repository.commit(pushed).unwrap().id, pushed);
        assert_eq!(repository.commit(known).unwrap().id, known);
        assert_eq!(repository.with_prefix(&pushed.short()).unwrap(), [pushed]);
        assert_eq!(fixture.open().commit(pushed), Err(Fault::Missing(pushed)));
    }
}
