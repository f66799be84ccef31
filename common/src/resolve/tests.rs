//! Tables of cases over repositories held in memory. The expected texts are the go command's own.

use std::collections::BTreeMap;

use super::*;
use crate::objects::memory::Repository;
use crate::objects::{Commit, Kind, Tag};
use crate::tags::Module;
use crate::timestamp;

mod find_dir;
mod limits;
mod list;
mod lookup;
mod pseudo;
mod retract;
mod stat;
mod usable;

/// The code root of all stories that do not say otherwise.
const ROOT: &str = "h.io/r";
/// A go.mod of the root module.
const PLAIN: &[(&str, &str)] = &[("go.mod", "module h.io/r\n"), ("a.go", "package a\n")];
/// A commit before modules.
const BARE: &[(&str, &str)] = &[("a.go", "package a\n")];

/// A repository as it is told: commits with short names, and refs.
#[derive(Default)]
struct Story {
    objects: Repository,
    refs: Refs,
    commits: BTreeMap<&'static str, Commit>,
}

impl Story {
    fn new() -> Self {
        Self::default()
    }

    /// A commit of these files; each one is 100 seconds later than the one before.
    fn commit(mut self, name: &'static str, parents: &str, files: &[(&str, &str)]) -> Self {
        let tree = self.objects.add_tree(files);
        self.commit_tree(name, parents, tree)
    }

    fn commit_tree(mut self, name: &'static str, parents: &str, tree: ObjectId) -> Self {
        let parents: Vec<_> = parents.split_whitespace().map(|name| self.id(name)).collect();
        let time = 1_700_000_000 + 100 * self.commits.len() as i64;
        let id = self.objects.add_commit(tree, &parents, time);
        let commit = self.objects.commit(id).unwrap();
        self.commits.insert(name, commit);
        self
    }

    fn id(&self, name: &str) -> ObjectId {
        self.commits[name].id
    }

    /// Tags on a commit, separated by spaces.
    fn tags(mut self, names: &str, commit: &str) -> Self {
        let id = self.id(commit);
        for name in names.split_whitespace() {
            let tag = Tag { target: id, peeled: id, kind: Kind::Commit };
            self.refs.tags.insert(name.to_owned(), tag);
        }
        self
    }

    /// A tag on the tree of a commit.
    fn tree_tag(mut self, name: &str, commit: &str) -> Self {
        let tree = self.commits[commit].tree;
        let tag = Tag { target: tree, peeled: tree, kind: Kind::Tree };
        self.refs.tags.insert(name.to_owned(), tag);
        self
    }

    fn branch(mut self, name: &str, commit: &str) -> Self {
        let name = self.expand(name);
        self.refs.branches.insert(name, self.id(commit));
        self
    }

    /// The branch `main`, which HEAD points to.
    fn main(mut self, commit: &str) -> Self {
        self.refs.head = Some(self.id(commit));
        self.branch("main", commit)
    }

    /// `text` with `{NAME}` put as `TS-REV` of a commit, and `{NAME.id}`, `{NAME.ts}`, `{NAME.rev}`.
    fn expand(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, commit) in &self.commits {
            let (ts, rev) = (timestamp::digits(commit.time.unwrap()), commit.id.short());
            text = text.replace(&format!("{{{name}}}"), &format!("{ts}-{rev}"));
            text = text.replace(&format!("{{{name}.id}}"), &commit.id.to_string());
            text = text.replace(&format!("{{{name}.ts}}"), &ts);
            text = text.replace(&format!("{{{name}.rev}}"), &rev);
        }
        text
    }

    fn name_of(&self, id: ObjectId) -> &str {
        self.commits.iter().find(|(_, commit)| commit.id == id).unwrap().0
    }

    fn state(&self) -> State {
        State::new(self.refs.clone())
    }

    /// The answer to a query as `VERSION REF COMMIT`, or as an error.
    fn answer(&self, path: &str, query: &str) -> String {
        let state = self.state();
        let module = module(ROOT, path);
        match View::new(&self.objects, &state).stat(&module, &self.expand(query)) {
            Ok(info) => {
                let commit = &self.commits[self.name_of(info.commit)];
                assert_eq!(Some(info.time), commit.time, "the time of {query}");
                let reference = info.reference.as_deref().unwrap_or("-");
                format!("{} {reference} {}", info.version, self.name_of(info.commit))
            }
            Err(failure) => described(&failure),
        }
    }

    #[track_caller]
    fn check(&self, path: &str, query: &str, expected: &str) {
        let found = self.answer(path, query);
        assert_eq!(found, self.expand(expected), "{path}@{}", self.expand(query));
    }

    #[track_caller]
    fn check_list(&self, path: &str, expected: &str) {
        let state = self.state();
        let found = match View::new(&self.objects, &state).versions(&module(ROOT, path)) {
            Ok(versions) => versions.join(" "),
            Err(failure) => described(&failure),
        };
        assert_eq!(found, expected, "the list of {path}");
    }
}

fn module(root: &str, path: &str) -> Module {
    Module::locate(root, path).unwrap()
}

fn described(failure: &Failure) -> String {
    match failure {
        Failure::Fault(fault) => format!("fault: {fault}"),
        Failure::NotExist(reason) => format!("none: {reason}"),
        Failure::Other(reason) => format!("other: {reason}"),
    }
}
