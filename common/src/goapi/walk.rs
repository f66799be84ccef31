//! The packages of a module in git: which changed, and what they declare.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::diff::{self, Difference};
use super::package::Package;
use super::platform::{fits_name, fits_text};
use super::syntax::{self, File};
use super::{Change, Comparison, Place, Side};
use crate::objects::{Fault, Mode, ObjectId, Objects, TreeEntry};
use crate::tags::join;

/// What a comparison may cost.
pub struct Limits<'a> {
    /// Larger files are not read, in bytes; their package is not compared.
    pub file: u64,
    /// How deep directories may nest.
    pub depth: usize,
    /// Asked before each package: whether there is time for it.
    pub has_time: &'a dyn Fn() -> bool,
}

/// Generated files of some megabytes are real.
const MAX_FILE: u64 = 8 << 20;

/// No real module comes near this.
const MAX_DEPTH: usize = 100;

impl<'a> Limits<'a> {
    /// The usual limits, with this clock.
    pub const fn new(has_time: &'a dyn Fn() -> bool) -> Self {
        Self { file: MAX_FILE, depth: MAX_DEPTH, has_time }
    }
}

/// Files that were parsed and directories that were compared: tags of one push share most of both.
#[derive(Default)]
pub struct Cache {
    files: RefCell<HashMap<(ObjectId, bool), Rc<Read>>>,
    /// The size of those files.
    bytes: Cell<u64>,
    comparisons: RefCell<HashMap<(ObjectId, ObjectId), Rc<Comparison>>>,
}

/// What a file was found to be.
enum Read {
    /// What it declares, if it is compiled, and can be read.
    Compiled(Option<Rc<File>>),
    /// It is for another platform.
    Excluded,
}

/// So many bytes of source are kept as declarations, which take about as much memory.
const MAX_KEPT: u64 = 8 << 20;

/// Compares two releases of a module, whose directories these are.
///
/// # Errors
/// When an object cannot be read.
pub fn compare(
    objects: &dyn Objects,
    cache: &Cache,
    limits: &Limits<'_>,
    (old, new): (ObjectId, ObjectId),
) -> Result<Rc<Comparison>, Fault> {
    if let Some(known) = cache.comparisons.borrow().get(&(old, new)) {
        return Ok(Rc::clone(known));
    }
    if old != new && !(limits.has_time)() {
        // Not even trees are read: of many tags each would have some.
        return Ok(Rc::new(Comparison { is_unfinished: true, ..Comparison::default() }));
    }
    let mut walk = Walk { objects, cache, limits, found: Comparison::default() };
    walk.directories("", (Some(old), Some(new)), 0)?;
    let found = Rc::new(walk.found);
    if !found.is_unfinished {
        cache.comparisons.borrow_mut().insert((old, new), Rc::clone(&found));
    }
    Ok(found)
}

struct Walk<'a> {
    objects: &'a dyn Objects,
    cache: &'a Cache,
    limits: &'a Limits<'a>,
    found: Comparison,
}

/// The Go files of a directory.
#[derive(Default)]
struct Directory {
    /// Path and id of each Go file that is no test.
    files: Vec<(Rc<str>, ObjectId)>,
    /// Directories below that may hold packages, by name.
    below: BTreeMap<String, ObjectId>,
    /// Whether it is a module of its own.
    is_module: bool,
}

/// A package as it was found.
enum Found {
    /// No file of it is compiled here, but there are some.
    Excluded,
    Missing,
    Package(Package),
    /// There was no time for all of its files.
    Unfinished,
    Unreadable,
}

impl Walk<'_> {
    /// Compares two directories and what is below them; equal ones are not read.
    fn directories(
        &mut self,
        path: &str,
        (old, new): (Option<ObjectId>, Option<ObjectId>),
        depth: usize,
    ) -> Result<(), Fault> {
        if old == new || depth > self.limits.depth || self.found.is_unfinished {
            return Ok(());
        }
        let (before, after) = (self.directory(path, old)?, self.directory(path, new)?);
        // Packages that moved to a module of their own have the same import paths as before.
        if depth > 0 && (before.is_module || after.is_module) {
            return Ok(());
        }
        if before.files != after.files {
            self.packages(path, &before, &after)?;
        }
        let names: std::collections::BTreeSet<&String> =
            before.below.keys().chain(after.below.keys()).collect();
        for name in names {
            let pair = (before.below.get(name).copied(), after.below.get(name).copied());
            self.directories(&join(path, name), pair, depth + 1)?;
        }
        Ok(())
    }

    fn directory(&self, path: &str, tree: Option<ObjectId>) -> Result<Directory, Fault> {
        let mut directory = Directory::default();
        let Some(tree) = tree else { return Ok(directory) };
        for TreeEntry { name, mode, id } in self.objects.tree(tree)? {
            let Ok(name) = String::from_utf8(name) else { continue };
            match mode {
                Mode::File if name.eq_ignore_ascii_case("go.mod") => directory.is_module = true,
                Mode::File if is_source(&name) => {
                    directory.files.push((Rc::from(join(path, &name)), id));
                }
                Mode::Tree if !is_hidden(&name) => {
                    directory.below.insert(name, id);
                }
                _ => {}
            }
        }
        Ok(directory)
    }

    fn packages(&mut self, path: &str, old: &Directory, new: &Directory) -> Result<(), Fault> {
        let before = self.package(old)?;
        // Without one side the other is of no use.
        let after = match before {
            Found::Unfinished => Found::Unfinished,
            _ => self.package(new)?,
        };
        let named = if path.is_empty() { "." } else { path };
        match (before, after) {
            (Found::Unfinished, _) | (_, Found::Unfinished) => self.found.is_unfinished = true,
            (Found::Unreadable, _) | (_, Found::Unreadable) => {
                self.found.unreadable.push(named.to_owned());
            }
            (Found::Package(before), Found::Package(after))
                if before.name != "main" && after.name != "main" =>
            {
                self.compare(&before, &after, new)?;
            }
            (Found::Package(_), Found::Missing) => {
                let what = format!("package {named}: removed");
                let place = old.files.first().map(|(file, _)| place(file, Side::Old));
                self.found.incompatible.push(Change { what, place });
            }
            (Found::Missing, Found::Package(_)) => {
                let what = format!("package {named}: added");
                let place = new.files.first().map(|(file, _)| place(file, Side::New));
                self.found.added.push(Change { what, place });
            }
            _ => {}
        }
        Ok(())
    }

    fn compare(
        &mut self,
        old: &Package,
        new: &Package,
        directory: &Directory,
    ) -> Result<(), Fault> {
        let mut differ = diff::compare(old, new);
        let (incompatible, added) =
            (std::mem::take(&mut differ.incompatible), std::mem::take(&mut differ.added));
        let elsewhere =
            if incompatible.is_empty() { HashSet::new() } else { self.elsewhere(directory)? };
        let is_here = |difference: &Difference| !elsewhere.contains(&difference.symbol);
        let change = |difference: Difference| difference.change;
        self.found.incompatible.extend(incompatible.into_iter().filter(is_here).map(change));
        self.found.added.extend(added.into_iter().map(change));
        Ok(())
    }

    /// What files for other platforms declare.
    fn elsewhere(&self, directory: &Directory) -> Result<HashSet<String>, Fault> {
        let mut names = HashSet::new();
        for (path, id) in &directory.files {
            if matches!(&*self.read(path, *id)?, Read::Excluded)
                && let Some(file) = syntax::file(&self.objects.blob(*id)?)
            {
                names.extend(file.declarations.iter().map(syntax::Declaration::symbol));
            }
        }
        Ok(names)
    }

    fn package(&self, directory: &Directory) -> Result<Found, Fault> {
        let mut files = Vec::new();
        for (path, id) in &directory.files {
            if !(self.limits.has_time)() {
                return Ok(Found::Unfinished);
            }
            match &*self.read(path, *id)? {
                Read::Compiled(Some(file)) if file.package == "documentation" => {}
                Read::Compiled(Some(file)) => files.push((Rc::clone(path), Rc::clone(file))),
                Read::Compiled(None) => return Ok(Found::Unreadable),
                Read::Excluded => {}
            }
        }
        if files.is_empty() {
            let is_missing = directory.files.is_empty();
            return Ok(if is_missing { Found::Missing } else { Found::Excluded });
        }
        Ok(Package::of(files).map_or(Found::Unreadable, Found::Package))
    }

    fn read(&self, path: &str, id: ObjectId) -> Result<Rc<Read>, Fault> {
        // The same file may have two names.
        let key = (id, fits_name(path));
        if let Some(known) = self.cache.files.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let size = self.objects.blob_size(id)?;
        let read = Rc::new(if size > self.limits.file {
            Read::Compiled(None)
        } else {
            let text = self.objects.blob(id)?;
            if key.1 && fits_text(&text) {
                Read::Compiled(syntax::file(&text).map(Rc::new))
            } else {
                Read::Excluded
            }
        });
        let mut files = self.cache.files.borrow_mut();
        let bytes = &self.cache.bytes;
        if bytes.get().saturating_add(size) > MAX_KEPT {
            files.clear();
            bytes.set(0);
        }
        bytes.set(bytes.get() + size.min(self.limits.file));
        files.insert(key, Rc::clone(&read));
        Ok(read)
    }
}

fn place(file: &Rc<str>, side: Side) -> Place {
    Place { file: Rc::clone(file), line: 1, side }
}

/// Whether a file may be part of a package that others import.
fn is_source(name: &str) -> bool {
    name.ends_with(".go") && !name.ends_with("_test.go") && !name.starts_with(['.', '_'])
}

/// Whether packages in directories of this name, and below, are no part of the API.
fn is_hidden(name: &str) -> bool {
    matches!(name, "internal" | "testdata" | "vendor") || name.starts_with(['.', '_'])
}
