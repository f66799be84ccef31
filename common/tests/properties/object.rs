//! Raw commits and tags, read as git reads them (`io::repo::raw`).

use modgate_common::io::repo::raw::{commit, tag_target};
use modgate_common::objects::ObjectId;

/// The input is the content of a commit or tag.
pub(crate) fn check(input: &[u8]) {
    if let Some(read) = commit(ObjectId::ZERO, input) {
        assert!(read.time.is_none_or(|seconds| seconds >= 0), "git knows no time before 1970 here");
        let mut written = format!("tree {}\n", read.tree);
        for parent in &read.parents {
            written.push_str(&format!("parent {parent}\n"));
        }
        if let Some(time) = read.time {
            written.push_str(&format!("committer a <a> {time} +0000\n"));
        }
        assert_eq!(commit(ObjectId::ZERO, written.as_bytes()), Some(read.clone()));
        // A message says nothing.
        written.push_str("\nparent x\ncommitter b <b> 1 +0000\n");
        assert_eq!(commit(ObjectId::ZERO, written.as_bytes()), Some(read));
    }
    if let Some(target) = tag_target(input) {
        assert!(input.starts_with(format!("object {target}").as_bytes()));
    }
}
