//! What is found out once for a whole push: the refs after it, trees with Go in them, versions by prefix.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use crate::goapi;
use crate::intake::Usable;
use crate::ledger::{Entry, Required};
use crate::modzip::{CleanTrees, Dropped, PlannedFile};
use crate::objects::{Fault, Kind, Mode, ObjectId, Refs, Tag, TreeEntry, lookup};
use crate::resolve::{State, View};
use crate::tags::{self, Module, Release, join, looks_like_release, releases};
use crate::{pseudo, version};

use super::case::GoMod;
use super::history::{History, Walk};
use super::module_files::Blobs;
use super::packages::Packages;
use super::replacements::Sums;
use super::required::Resolved;
use super::{Push, RefUpdate};

/// Of a push of many versions, the contents of so many bytes of names are kept; of the rest, they are listed again.
const MAX_KEPT: usize = 1 << 20;

/// So many go.mod files of releases are kept: each may have 16 MB, and takes more when it is parsed.
const MAX_GO_MODS: usize = 16;

/// A list that is made once.
type Texts = Rc<Vec<String>>;

/// A push under judgement.
pub(super) struct Trial<'a> {
    pub(super) push: &'a Push<'a>,
    pub(super) view: View<'a>,
    pub(super) clean: CleanTrees,
    pub(super) packages: Packages,
    pub(super) resolved: Resolved,
    pub(super) sums: Sums,
    pub(super) apis: goapi::Cache,
    entries_by_tag: HashMap<&'a str, Vec<&'a Entry>>,
    elsewhere: HashMap<(&'a str, ObjectId), &'a Entry>,
    entries_by_version: HashMap<(&'a str, &'a str), &'a Entry>,
    owners: HashMap<&'a str, &'a str>,
    built: HashMap<(&'a str, String), Vec<&'a Entry>>,
    required: HashMap<(&'a str, &'a str), &'a Required>,
    owners_of_required: HashMap<&'a str, &'a str>,
    go_trees: RefCell<HashMap<ObjectId, bool>>,
    versions: RefCell<HashMap<String, Texts>>,
    next: RefCell<HashMap<(String, String), String>>,
    history: History<'a>,
    /// The walks from all branches, and from the default branch and all tags.
    branches: RefCell<Option<Walk>>,
    kept: RefCell<Option<Walk>>,
    kept_bytes: Cell<usize>,
    updated: HashMap<&'a str, &'a RefUpdate>,
    pub(super) blobs: Blobs,
    pub(super) overlaps: RefCell<HashMap<(String, String), Texts>>,
    tags_by_commit: OnceCell<HashMap<ObjectId, Vec<String>>>,
    go_mods: RefCell<HashMap<String, Option<Rc<GoMod>>>>,
    root_go: RefCell<HashMap<ObjectId, bool>>,
    module_directories: RefCell<HashMap<ObjectId, Rc<Vec<String>>>>,
}

/// The refs as they would be after the push (K2). Pushed tags that look like no release are left out: nothing
/// that is judged depends on them, and they are not read.
pub(super) fn refs_after(push: &Push<'_>) -> Result<Refs, Fault> {
    let mut refs = push.before.clone();
    for update in push.updates {
        if let Some(branch) = update.branch() {
            if update.new.is_zero() {
                refs.branches.remove(branch);
            } else {
                refs.branches.insert(branch.to_owned(), update.new);
            }
            if refs.head_branch.as_deref() == Some(branch) {
                refs.head = refs.branches.get(branch).copied();
            }
        } else if let Some(tag) = update.tag() {
            if update.new.is_zero() {
                refs.tags.remove(tag);
            } else if looks_like_release(tag) {
                let (peeled, kind) = push.objects.peel(update.new)?;
                refs.tags.insert(tag.to_owned(), Tag { target: update.new, peeled, kind });
            }
        }
    }
    Ok(refs)
}

impl<'a> Trial<'a> {
    pub(super) fn new(push: &'a Push<'a>, state: &'a State) -> Self {
        let testimony = push.testimony;
        let mut entries_by_tag: HashMap<_, Vec<_>> = HashMap::new();
        for entry in testimony.entries.iter().filter(|entry| entry.repository == push.repository) {
            if let Some(tag) = &entry.tag {
                entries_by_tag.entry(tag.as_str()).or_default().push(entry);
            }
        }
        let mut built: HashMap<_, Vec<_>> = HashMap::new();
        for entry in &testimony.built {
            if let Ok(Some(base)) = pseudo::base(&entry.version) {
                built.entry((entry.module.as_str(), base)).or_default().push(entry);
            }
        }
        let by_version =
            |entry: &'a Entry| ((entry.module.as_str(), entry.version.as_str()), entry);
        let required = |r: &'a Required| ((r.module.as_str(), r.version.as_str()), r);
        let required_owner = |r: &'a Required| (r.module.as_str(), r.repository.as_str());
        let owner = |(module, owner): &'a (String, String)| (module.as_str(), owner.as_str());
        Self {
            push,
            view: View::new(push.objects, state),
            clean: CleanTrees::default(),
            packages: Packages::default(),
            resolved: Resolved::default(),
            sums: Sums::default(),
            apis: goapi::Cache::default(),
            entries_by_tag,
            elsewhere: elsewhere(push),
            entries_by_version: testimony.entries.iter().map(by_version).collect(),
            owners: testimony.owners.iter().map(owner).collect(),
            built,
            required: testimony.required.iter().map(required).collect(),
            owners_of_required: testimony.required.iter().map(required_owner).collect(),
            go_trees: RefCell::default(),
            versions: RefCell::default(),
            next: RefCell::default(),
            history: History::new(push.objects),
            branches: RefCell::default(),
            kept: RefCell::default(),
            kept_bytes: Cell::default(),
            updated: push.updates.iter().map(|update| (update.name.as_str(), update)).collect(),
            blobs: Blobs::default(),
            overlaps: RefCell::default(),
            tags_by_commit: OnceCell::new(),
            go_mods: RefCell::default(),
            root_go: RefCell::default(),
            module_directories: RefCell::default(),
        }
    }

    /// What the push does to the ref of this full name.
    pub(super) fn update_of(&self, name: &str) -> Option<&'a RefUpdate> {
        self.updated.get(name).copied()
    }

    /// What is known of a version, where there is room to keep it until the push is judged.
    pub(super) fn keep(&self, usable: Usable) -> Option<Box<Usable>> {
        let Usable { located, mut plan } = usable;
        // The rules have told it.
        plan.dropped = Dropped::default();
        plan.files.shrink_to_fit();
        let files = plan.files.iter().map(|file| size_of::<PlannedFile>() + file.path.len());
        let bytes = files.sum::<usize>() + located.go_mod.as_ref().map_or(0, Vec::len);
        let kept = self.kept_bytes.get() + bytes;
        // The first is the only one of most pushes.
        if kept > MAX_KEPT && self.kept_bytes.get() > 0 {
            return None;
        }
        self.kept_bytes.set(kept);
        Some(Box::new(Usable { located, plan }))
    }

    /// What a tag on this commit is in another repository; what is accepted there goes first.
    pub(super) fn elsewhere(&self, tag: &str, commit: ObjectId) -> Option<&'a Entry> {
        self.elsewhere.get(&(tag, commit)).copied()
    }

    /// The accepted versions that this tag stands for.
    pub(super) fn entries_of(&self, tag: &str) -> &[&'a Entry] {
        self.entries_by_tag.get(tag).map(Vec::as_slice).unwrap_or_default()
    }

    /// The accepted version, whoever owns it.
    pub(super) fn accepted(&self, module: &str, version: &str) -> Option<&'a Entry> {
        self.entries_by_version.get(&(module, version)).copied()
    }

    /// The pseudo-versions that were served and have this version as their base.
    pub(super) fn built_on(&self, entry: &'a Entry) -> &[&'a Entry] {
        let key = (entry.module.as_str(), entry.version.clone());
        self.built.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The repository that has accepted versions of a module.
    pub(super) fn owner(&self, module: &str) -> Option<&'a str> {
        self.owners.get(module).copied()
    }

    /// What the ledger knows of a required version, where its module has accepted versions here.
    pub(super) fn required(&self, module: &str, version: &str) -> Option<&'a Required> {
        self.required.get(&(module, version)).copied()
    }

    /// The repository that has accepted versions of a module that somebody requires.
    pub(super) fn owner_of_required(&self, module: &str) -> Option<&'a str> {
        self.owners_of_required.get(module).copied().or_else(|| self.owner(module))
    }

    /// The module path of the root directory of another repository.
    pub(super) fn code_root_of(&self, repository: &str) -> Option<String> {
        let host = self.push.code_root.strip_suffix(self.push.repository)?;
        Some(format!("{host}{repository}"))
    }

    /// That repository, if it is another one.
    pub(super) fn other_owner(&self, module: &str) -> Option<&'a str> {
        self.owner(module).filter(|owner| *owner != self.push.repository)
    }

    /// The tags that accepted versions have.
    pub(super) fn accepted_tags(&self) -> impl Iterator<Item = &'a str> {
        self.entries_by_tag.keys().copied()
    }

    /// The text under this prefix and major, made once.
    pub(super) fn remember_next(
        &self,
        prefix: &str,
        major: &str,
        make: impl FnOnce() -> String,
    ) -> String {
        let key = (prefix.to_owned(), major.to_owned());
        if let Some(next) = self.next.borrow().get(&key) {
            return next.clone();
        }
        let next = make();
        self.next.borrow_mut().insert(key, next.clone());
        next
    }

    /// Whether the push holds this tag.
    pub(super) fn is_pushed(&self, tag: &str) -> bool {
        self.updated.contains_key(format!("refs/tags/{tag}").as_str())
    }

    /// The versions that tags of this prefix carry, ascending, and of every major.
    pub(super) fn versions(&self, prefix: &str) -> Rc<Vec<String>> {
        if let Some(versions) = self.versions.borrow().get(prefix) {
            return Rc::clone(versions);
        }
        let canonical = |tag: &String| {
            let (directory, base) = tags::split(tag);
            let is_version = directory == prefix
                && version::canonical(base).as_deref() == Some(base)
                && !pseudo::is_pseudo(base);
            is_version.then(|| base.to_owned())
        };
        let mut versions: Vec<String> =
            self.view.refs().tags.keys().filter_map(canonical).collect();
        version::sort(&mut versions);
        let versions = Rc::new(versions);
        self.versions.borrow_mut().insert(prefix.to_owned(), Rc::clone(&versions));
        versions
    }

    /// The version right before `v` among the tags of this prefix (K9).
    pub(super) fn version_before(&self, prefix: &str, v: &str) -> Option<String> {
        let versions = self.versions(prefix);
        let end = versions.partition_point(|other| version::compare(other, v).is_lt());
        versions[..end].last().cloned()
    }

    /// The tags on this commit that look like releases, after the push.
    pub(super) fn tags_on(&self, commit: ObjectId) -> &[String] {
        let by_commit = self.tags_by_commit.get_or_init(|| {
            let mut by_commit: HashMap<_, Vec<_>> = HashMap::new();
            for (name, tag) in
                self.view.refs().tags.iter().filter(|(name, _)| looks_like_release(name))
            {
                by_commit.entry(tag.peeled).or_default().push(name.clone());
            }
            by_commit
        });
        by_commit.get(&commit).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a tag's commit is this one or an ancestor of it.
    pub(super) fn is_in_history(&self, tag: &str, commit: ObjectId) -> Result<bool, Fault> {
        let refs = self.view.refs();
        let Some(tag) = refs.tags.get(tag) else { return Ok(false) };
        self.history.leads([commit].into_iter(), tag.peeled)
    }

    /// Whether a branch leads to the commit, after the push.
    pub(super) fn is_on_branch(&self, commit: ObjectId) -> Result<bool, Fault> {
        let mut walk = self.branches.borrow_mut();
        if walk.is_none() {
            *walk = Some(self.history.walk(self.view.refs().branches.values().copied())?);
        }
        walk.as_mut().map_or(Ok(false), |walk| walk.reaches(&self.history, commit))
    }

    /// Whether the default branch or a tag leads to the commit, after the push; no answer without a default branch.
    pub(super) fn is_kept(&self, commit: ObjectId) -> Result<Option<bool>, Fault> {
        let refs = self.view.refs();
        let Some(head) = refs.head else { return Ok(None) };
        let mut walk = self.kept.borrow_mut();
        if walk.is_none() {
            let tips = refs.tags.values().filter(|tag| tag.kind == Kind::Commit);
            *walk = Some(self.history.walk(tips.map(|tag| tag.peeled).chain([head]))?);
        }
        walk.as_mut().map(|walk| walk.reaches(&self.history, commit)).transpose()
    }

    /// Whether the commit of this tag has this file; not where the tag is on no commit.
    pub(super) fn tag_has_file(&self, tag: &str, path: &str) -> Result<bool, Fault> {
        let Some(tag) = self.view.refs().tags.get(tag) else { return Ok(false) };
        if tag.kind != Kind::Commit {
            return Ok(false);
        }
        let tree = self.push.objects.commit(tag.peeled)?.tree;
        Ok(self.entry(tree, path)?.is_some_and(|entry| is_file(&entry)))
    }

    /// Whether the root's version `v` has a go.mod of its own there, which declares what the version is asked for by.
    pub(super) fn has_right_go_mod(&self, v: &str) -> Result<bool, Fault> {
        if !self.tag_has_file(v, "go.mod")? {
            return Ok(false);
        }
        let Some(Release { module, .. }) = releases(self.push.code_root, v).into_iter().next()
        else {
            return Ok(false);
        };
        let go_mod = self.go_mod_of(&module, v)?;
        Ok(go_mod.is_some_and(|go_mod| go_mod.scanned == module.path))
    }

    /// The go.mod that counts for a version of a module (D9), as its tag has it.
    pub(super) fn go_mod_of(&self, module: &Module, v: &str) -> Result<Option<Rc<GoMod>>, Fault> {
        let key = format!("{}@{v}", module.path);
        if let Some(known) = self.go_mods.borrow().get(&key) {
            return Ok(known.clone());
        }
        let found = match self.view.refs().tags.get(&module.tag(v)) {
            Some(tag) if tag.kind == Kind::Commit => {
                let tree = self.push.objects.commit(tag.peeled)?.tree;
                let other = match module.major_dir() {
                    Some(directory) => GoMod::read(self, tree, &directory)?,
                    None => None,
                };
                other.map_or_else(|| GoMod::read(self, tree, &module.code_dir), |o| Ok(Some(o)))?
            }
            _ => None,
        };
        let found = found.map(Rc::new);
        let mut known = self.go_mods.borrow_mut();
        // Neighbours are asked about, of which there may be ten thousand large ones.
        if known.len() >= MAX_GO_MODS {
            known.clear();
        }
        known.insert(key, found.clone());
        Ok(found)
    }

    pub(super) fn entry(&self, tree: ObjectId, path: &str) -> Result<Option<TreeEntry>, Fault> {
        lookup(self.push.objects, tree, path)
    }

    /// The tree of a directory of a root tree; the root tree for the empty path.
    pub(super) fn directory(&self, tree: ObjectId, path: &str) -> Result<Option<ObjectId>, Fault> {
        if path.is_empty() {
            return Ok(Some(tree));
        }
        let entry = self.entry(tree, path)?;
        Ok(entry.filter(|entry| entry.mode == Mode::Tree).map(|entry| entry.id))
    }

    /// Whether a go.mod or a `.go` file lies in this tree or below it (K3).
    pub(super) fn holds_go(&self, tree: ObjectId) -> Result<bool, Fault> {
        if let Some(known) = self.go_trees.borrow().get(&tree) {
            return Ok(*known);
        }
        let mut found = false;
        self.walk(tree, |_, entry| {
            found |= is_file(entry) && (entry.name == b"go.mod" || entry.name.ends_with(b".go"));
            !found
        })?;
        self.go_trees.borrow_mut().insert(tree, found);
        Ok(found)
    }

    /// The directories below a root tree that hold a go.mod and may be named by a tag, at most `limit`.
    pub(super) fn module_directories(
        &self,
        tree: ObjectId,
        limit: usize,
    ) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        self.walk(tree, |directory, entry| {
            let ignored = |element: &str| {
                matches!(element, "testdata" | "vendor") || element.starts_with(['.', '_'])
            };
            if entry.name == b"go.mod" && is_file(entry) && !directory.split('/').any(ignored) {
                found.push(directory.to_owned());
            }
            found.len() < limit
        })?;
        found.sort();
        Ok(found)
    }

    /// All directories below a tree that hold a go.mod and may be named by a tag; found once for each tree.
    pub(super) fn all_module_directories(&self, tree: ObjectId) -> Result<Rc<Vec<String>>, Fault> {
        if let Some(known) = self.module_directories.borrow().get(&tree) {
            return Ok(Rc::clone(known));
        }
        let found = Rc::new(self.module_directories(tree, usize::MAX)?);
        self.module_directories.borrow_mut().insert(tree, Rc::clone(&found));
        Ok(found)
    }

    /// Whether a module in the root would have a `.go` file: one that lies in no other module, nor in `vendor`.
    pub(super) fn root_holds_go(&self, root: ObjectId) -> Result<bool, Fault> {
        if let Some(known) = self.root_go.borrow().get(&root) {
            return Ok(*known);
        }
        let is_go = |entry: &TreeEntry| entry.mode == Mode::File && entry.name.ends_with(b".go");
        // Whether a directory is a module depends on itself alone, so one look at each is enough.
        let (mut queue, mut seen) = (vec![root], HashSet::from([root]));
        let (mut found, mut left) = (false, self.push.limits.entries);
        while let Some(tree) = queue.pop().filter(|_| !found && left > 0) {
            let entries = self.push.objects.tree(tree)?;
            left = left.saturating_sub(entries.len());
            if tree != root && entries.iter().any(is_module) {
                continue;
            }
            found = entries.iter().any(is_go);
            let directories =
                entries.iter().filter(|e| e.mode == Mode::Tree && e.name != b"vendor");
            queue.extend(directories.map(|entry| entry.id).filter(|id| seen.insert(*id)));
        }
        self.root_go.borrow_mut().insert(root, found);
        Ok(found)
    }

    /// Shows every entry below a tree, near ones first, with its directory, until `more` says no. Each
    /// tree is read once, and no more entries are looked at than a zip may hold.
    pub(super) fn walk(
        &self,
        tree: ObjectId,
        mut more: impl FnMut(&str, &TreeEntry) -> bool,
    ) -> Result<(), Fault> {
        let mut queue = VecDeque::from([(String::new(), tree)]);
        let mut seen = HashSet::from([tree]);
        let mut left = self.push.limits.entries;
        while let Some((directory, tree)) = queue.pop_front() {
            for entry in self.push.objects.tree(tree)? {
                if left == 0 || !more(&directory, &entry) {
                    return Ok(());
                }
                left -= 1;
                if entry.mode == Mode::Tree && seen.insert(entry.id) {
                    let name = String::from_utf8_lossy(&entry.name);
                    queue.push_back((join(&directory, &name), entry.id));
                }
            }
        }
        Ok(())
    }
}

/// What tags are in other repositories, by name and commit.
fn elsewhere<'a>(push: &'a Push<'a>) -> HashMap<(&'a str, ObjectId), &'a Entry> {
    let mut found: HashMap<_, &Entry> = HashMap::new();
    for entry in push.testimony.elsewhere.iter().filter(|e| e.repository != push.repository) {
        let Some(tag) = &entry.tag else { continue };
        let known = found.entry((tag.as_str(), entry.commit)).or_insert(entry);
        if entry.occupies() {
            *known = entry;
        }
    }
    found
}

/// Files as the go command reads them (R10).
pub(super) fn is_file(entry: &TreeEntry) -> bool {
    matches!(entry.mode, Mode::File | Mode::Link)
}

/// Whether the entry makes a module of its directory, in any letter case (Z4.3).
fn is_module(entry: &TreeEntry) -> bool {
    entry.mode == Mode::File && entry.name.eq_ignore_ascii_case(b"go.mod")
}
