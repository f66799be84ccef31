//! The same questions to both implementations of [`Objects`]: git, and the map of the case tables.

use super::*;
use crate::gomod;
use crate::objects::lookup;

/// Where a story is written to.
trait Writer {
    fn blob(&mut self, content: &[u8]) -> ObjectId;
    fn tree(&mut self, entries: Vec<TreeEntry>) -> ObjectId;
    fn commit(&mut self, tree: ObjectId, parents: &[ObjectId], time: i64) -> ObjectId;
}

impl Writer for memory::Repository {
    fn blob(&mut self, content: &[u8]) -> ObjectId {
        self.add_blob(content)
    }

    fn tree(&mut self, entries: Vec<TreeEntry>) -> ObjectId {
        self.add_entries(entries)
    }

    fn commit(&mut self, tree: ObjectId, parents: &[ObjectId], time: i64) -> ObjectId {
        self.add_commit(tree, parents, time)
    }
}

impl Writer for Fixture {
    fn blob(&mut self, content: &[u8]) -> ObjectId {
        Self::blob(self, content)
    }

    fn tree(&mut self, entries: Vec<TreeEntry>) -> ObjectId {
        let mut builder = self.git.treebuilder(None).unwrap();
        for TreeEntry { name, mode, id } in entries {
            let mode = match mode {
                Mode::File => 0o100_755,
                Mode::Gitlink => 0o160_000,
                Mode::Link => 0o120_000,
                Mode::Tree => 0o040_000,
            };
            builder.insert(name, oid(id), mode).unwrap();
        }
        object_id(builder.write().unwrap())
    }

    fn commit(&mut self, tree: ObjectId, parents: &[ObjectId], time: i64) -> ObjectId {
        Self::commit(self, tree, parents, time)
    }
}

/// What was written.
struct Story {
    blob: ObjectId,
    root: ObjectId,
    commits: [ObjectId; 3],
}

const TIMES: [i64; 3] = [0, 1_700_000_000, 253_402_300_799];

fn write(writer: &mut impl Writer) -> Story {
    let entry = |name: &[u8], mode, id| TreeEntry { name: name.to_vec(), mode, id };
    let blob = writer.blob(b"module h.io/r\r\n\xff\0");
    let target = writer.blob(b"a/b");
    let inner = writer.tree(vec![entry(b"b", Mode::File, blob)]);
    let root = writer.tree(vec![
        entry(b"a", Mode::Tree, inner),
        entry(b"a.b", Mode::File, blob),
        entry(b"a0", Mode::File, blob),
        entry(b"link", Mode::Link, target),
        entry(b"\xff\xfe", Mode::File, blob),
        entry(b"module", Mode::Gitlink, ObjectId::from_bytes([7; 20])),
    ]);
    let first = writer.commit(root, &[], TIMES[0]);
    let second = writer.commit(inner, &[first], TIMES[1]);
    let third = writer.commit(root, &[second, first], TIMES[2]);
    Story { blob, root, commits: [first, second, third] }
}

fn check_trees(objects: &dyn Objects, story: &Story) {
    let entries = objects.tree(story.root).unwrap();
    let names: Vec<(&[u8], Mode)> = entries.iter().map(|e| (&*e.name, e.mode)).collect();
    // In git's order a directory counts as if its name ended in a slash (B3).
    let expected: [(&[u8], Mode); 6] = [
        (b"a.b", Mode::File),
        (b"a", Mode::Tree),
        (b"a0", Mode::File),
        (b"link", Mode::Link),
        (b"module", Mode::Gitlink),
        (b"\xff\xfe", Mode::File),
    ];
    assert_eq!(names, expected);
    for (path, found) in
        [("a/b", true), ("a.b", true), ("link/b", false), ("module/b", false), ("b", false)]
    {
        assert_eq!(lookup(objects, story.root, path).unwrap().is_some(), found, "{path}");
    }
    let link = lookup(objects, story.root, "link").unwrap().unwrap();
    assert_eq!(objects.blob(link.id).unwrap(), b"a/b");
}

fn check_commits(objects: &dyn Objects, story: &Story) {
    let [first, second, third] = story.commits;
    for (at, (id, parents)) in
        [(first, vec![]), (second, vec![first]), (third, vec![second, first])]
            .into_iter()
            .enumerate()
    {
        let commit = objects.commit(id).unwrap();
        assert_eq!((commit.id, commit.parents, commit.time), (id, parents, Some(TIMES[at])));
        assert_eq!(objects.peel(id), Ok((id, Kind::Commit)));
        for digits in [7, 12, 40] {
            assert_eq!(objects.with_prefix(&id.to_string()[..digits]).unwrap(), [id]);
        }
    }
    assert_eq!(objects.commit(third).unwrap().tree, story.root);
    assert_eq!(objects.peel(story.root), Ok((story.root, Kind::Tree)));
    assert_eq!(objects.peel(story.blob), Ok((story.blob, Kind::Blob)));
    assert_eq!(objects.with_prefix(&story.root.short()).unwrap(), []);
    assert_eq!(objects.with_prefix(&story.blob.short()).unwrap(), []);
}

fn check_blobs(objects: &dyn Objects, story: &Story) {
    let content = b"module h.io/r\r\n\xff\0";
    assert_eq!(objects.blob(story.blob).unwrap(), content);
    assert_eq!(objects.blob_size(story.blob), Ok(content.len() as u64));
    assert_eq!(gomod::module_line(content), "h.io/r");
}

fn check_missing(objects: &dyn Objects) {
    let missing = ObjectId::from_bytes([0xee; 20]);
    let fault = Fault::Missing(missing);
    assert_eq!(objects.commit(missing), Err(fault.clone()));
    assert_eq!(objects.tree(missing), Err(fault.clone()));
    assert_eq!(objects.blob(missing), Err(fault.clone()));
    assert_eq!(objects.blob_size(missing), Err(fault.clone()));
    assert_eq!(objects.peel(missing), Err(fault));
    assert_eq!(objects.with_prefix(&missing.to_string()).unwrap(), []);
}

fn check(objects: &dyn Objects, story: &Story) {
    check_trees(objects, story);
    check_commits(objects, story);
    check_blobs(objects, story);
    check_missing(objects);
}

#[test]
fn a_map_answers_as_git_does() {
    let mut map = memory::Repository::default();
    let story = write(&mut map);
    check(&map, &story);
}

// Rules: P9
#[test]
fn git_answers_as_the_map_does() {
    let mut fixture = Fixture::new();
    let story = write(&mut fixture);
    check(&fixture.open(), &story);
    fixture.set("refs/heads/main", story.commits[2]);
    fixture.run(&["repack", "-adq"]);
    check(&fixture.open(), &story);
}
