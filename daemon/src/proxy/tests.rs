//! Answers under small limits, which no setting gives.

use std::path::Path;
use std::sync::Arc;

use modgate_common::goproxy;
use modgate_common::io::state_dir::StateDir;
use modgate_common::io::store::Store;
use modgate_common::modzip::Limits;
use modgate_common::settings::Settings;

use super::answer::Answer;
use super::respond::{Zips as Building, target};
use crate::kept::Kept;
use crate::service::Service;
use crate::zips::Zips;

/// A service over `root/lib.git`, which has `v1.0.0` with a go.mod of 15 bytes and this file beside it.
fn service(folder: &Path, file: &str, zip: u64) -> Service {
    let root = folder.join("root");
    let git = git2::Repository::init_bare(root.join("lib.git")).unwrap();
    let mut tree = git.treebuilder(None).unwrap();
    for (name, content) in [("go.mod", "module h.io/lib"), ("file.txt", file)] {
        tree.insert(name, git.blob(content.as_bytes()).unwrap(), 0o100_644).unwrap();
    }
    let tree = git.find_tree(tree.write().unwrap()).unwrap();
    let who = git2::Signature::new("a", "a@b", &git2::Time::new(1_700_000_000, 0)).unwrap();
    let commit = git.commit(Some("refs/heads/main"), &who, &who, "one", &tree, &[]).unwrap();
    git.reference("refs/tags/v1.0.0", commit, false, "tag").unwrap();
    let state = StateDir::new(&folder.join("state"));
    let store = Store::open(&state, 1).unwrap();
    let zips = Zips::open(&state.cache(), 1 << 20).unwrap();
    let settings = Settings { prefix: "h.io".to_owned(), ..Settings::default() };
    let mut service =
        Service::new(settings, root, store, (zips, Kept::open(&state.kept()).unwrap())).unwrap();
    service.limits = Limits { zip, ..Limits::default() };
    service.rediscover();
    service
}

/// What is answered to a path of the protocol.
fn answer(service: &Service, path: &str) -> Answer {
    let request = goproxy::parse(path).unwrap();
    target(service, &request).unwrap().respond(service, &request, Building::Build)
}

fn text(answer: &Answer) -> Arc<str> {
    match answer {
        Answer::NotFound(reason) => Arc::clone(reason),
        Answer::Text(bytes, _) => String::from_utf8_lossy(bytes).into(),
        other => format!("{other:?}").into(),
    }
}

// Rules: N21
#[test]
fn a_zip_beyond_the_limit_is_not_served_though_its_content_is_within() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path(), "x", 16);
    assert_eq!(&*text(&answer(&service, "/h.io/lib/@v/list")), "v1.0.0\n");
    let zip = text(&answer(&service, "/h.io/lib/@v/v1.0.0.zip"));
    let is_told = zip.starts_with("not found: h.io/lib@v1.0.0: the zip has ");
    assert!(is_told && zip.ends_with(" bytes\n"), "{zip}");
    assert_eq!(service.zips.bytes(), 0, "nothing is kept of it");
}

// Rules: Z4.11, N6
#[test]
fn content_beyond_the_limit_is_no_version_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(folder.path(), "xx", 16);
    assert_eq!(&*text(&answer(&service, "/h.io/lib/@v/list")), "");
    let zip = text(&answer(&service, "/h.io/lib/@v/v1.0.0.zip"));
    assert!(zip.contains("module source tree too large (max size is 16 bytes)"), "{zip}");
}
