//! Which files go into a zip (Z2 to Z6): one walk over the tree of the module, in git's order (B3).
//!
//! What a rule needs to know of files that come later is looked up when a directory is entered:
//! whether it is a module of its own, and which vendor rule the module's go.mod asks for.
//!
//! Trees come from outside. The walk does not recurse, looks at a limited number of entries, and
//! holds a limited amount of names; with one tree used over and over, a few kilobytes of objects can
//! stand for more files than there are atoms.

use std::collections::HashMap;

use super::collisions::Collisions;
use super::dropped::{self, Dropped};
use super::refused::{Problem, Problems, Reason, Refused};
use super::repeated::{self, Repeated};
use super::vendored::{self, Rule};
use super::{Limits, Plan, PlanError, PlannedFile, forbidden, goversion};
use crate::attributes::{self, Attributes, Conversion, MAX_CONVERTED};
use crate::objects::{self, Commit, Mode, ObjectId, Objects, TreeEntry};
use crate::quote::quote;
use crate::unicode::is_print;
use crate::{gomod, module};

/// git archive writes no longer path, its own `prefix/` included.
const MAX_PATH: usize = 0xffff - "prefix/".len();

/// Length of all paths together. Each takes memory twice or more; the go command has a limit of the
/// same order, as they stand twice in git's archive, which may have 500 MiB.
const MAX_NAMES: u64 = 128 << 20;

/// No one reads more reasons than these.
const MAX_REASONS: usize = 1000;

/// Works out the zip of the module in `directory` of `commit`, reading as little content as possible.
///
/// # Errors
/// When the repository cannot be read or the module can never be zipped.
pub fn plan(
    objects: &dyn Objects,
    commit: &Commit,
    directory: &str,
    limits: &Limits,
) -> Result<Plan, PlanError> {
    let mut planner = Planner::new(objects, limits, directory);
    let root = planner.find(commit.tree, directory)?;
    let has_license = planner.walk(root)?;
    if !directory.is_empty() && !has_license {
        planner.inherit_license(commit)?;
    }
    planner.finish()
}

/// A directory that the walk is inside of.
struct Frame {
    entries: std::vec::IntoIter<TreeEntry>,
    /// Length of the directory's path below the module, with the slash at the end.
    length: usize,
    /// Whether it belongs to another module (Z4.3).
    is_foreign: bool,
}

struct Planner<'a> {
    objects: &'a dyn Objects,
    limits: &'a Limits,
    /// The module's directory, with a slash at the end unless it is the root.
    directory: Vec<u8>,
    /// The path of the current directory or file below the module.
    path: Vec<u8>,
    attributes: Attributes,
    collisions: Collisions,
    /// The module's own go.mod.
    go_mod: Option<(ObjectId, Conversion)>,
    /// Found out when it first matters.
    vendor_rule: Option<Rule>,
    /// Once a tree names an entry twice.
    repeated: Option<Repeated>,
    files: Vec<PlannedFile>,
    dropped: Dropped,
    problems: Vec<Problem>,
    /// Sizes of the files so far; `None` once they are too large together (Z4.11).
    total: Option<u64>,
    /// Sizes after conversion, and whether it changes anything.
    converted: HashMap<(ObjectId, Conversion), (u64, bool)>,
    entries_seen: usize,
    bytes_of_names: u64,
    bytes_converted: u64,
}

impl<'a> Planner<'a> {
    fn new(objects: &'a dyn Objects, limits: &'a Limits, directory: &str) -> Self {
        let mut prefix = directory.as_bytes().to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        Self {
            objects,
            limits,
            directory: prefix,
            path: Vec::new(),
            attributes: Attributes::default(),
            collisions: Collisions::default(),
            go_mod: None,
            vendor_rule: None,
            repeated: None,
            files: Vec::new(),
            dropped: Dropped::default(),
            problems: Vec::new(),
            total: Some(0),
            converted: HashMap::new(),
            entries_seen: 0,
            bytes_of_names: 0,
            bytes_converted: 0,
        }
    }

    /// Goes down from the root of the commit to the module; attributes apply from above too (A8).
    fn find(&mut self, tree: ObjectId, directory: &str) -> Result<Vec<TreeEntry>, PlanError> {
        let mut entries = self.enter(tree, b"")?;
        let mut length = 0;
        for name in directory.split('/').filter(|name| !name.is_empty()) {
            length += name.len() + usize::from(length > 0);
            let is_it =
                |entry: &TreeEntry| entry.name == name.as_bytes() && entry.mode == Mode::Tree;
            let Some(entry) = entries.into_iter().find(is_it) else {
                return Err(Refused::NoDirectory(directory.to_owned()).into());
            };
            entries = self.enter(entry.id, &directory.as_bytes()[..length])?;
        }
        Ok(entries)
    }

    /// Reads a directory and its attributes; `path` is from the root of the commit.
    fn enter(&mut self, tree: ObjectId, path: &[u8]) -> Result<Vec<TreeEntry>, PlanError> {
        let entries = self.objects.tree(tree)?;
        self.spend(entries.len(), path.len())?;
        if !repeated::is_orderly(&entries) {
            self.look_ahead(path, &entries)?;
        }
        // A symbolic link is not followed (A8), but git reads its target as if it were the file.
        let file = entries.iter().find(|e| e.name == b".gitattributes" && is_blob(e));
        let content = match file {
            Some(file) if self.objects.blob_size(file.id)? < attributes::MAX_FILE => {
                Some(self.objects.blob(file.id)?)
            }
            _ => None,
        };
        let refused = |why| Refused::Attributes { path: path.to_vec(), why };
        self.attributes.enter(path, content.as_deref()).map_err(refused)?;
        Ok(entries)
    }

    /// Finds the modules in the directories that the one at `path` names twice.
    fn look_ahead(&mut self, path: &[u8], entries: &[TreeEntry]) -> Result<(), PlanError> {
        let mut found = self.repeated.take().unwrap_or_default();
        let mut directories = repeated::twins(repeated::directories(path, entries));
        while let Some((path, tree)) = directories.pop() {
            let entries = self.objects.tree(tree)?;
            self.spend(entries.len(), path.len())?;
            found.look_at(&path, &entries);
            directories.extend(repeated::directories(&path, &entries));
        }
        self.repeated = Some(found);
        Ok(())
    }

    fn spend(&mut self, entries: usize, bytes_of_names: usize) -> Result<(), PlanError> {
        self.entries_seen += entries;
        if self.entries_seen > self.limits.entries {
            return Err(Refused::TooManyEntries(self.limits.entries).into());
        }
        self.bytes_of_names += bytes_of_names as u64;
        if self.bytes_of_names > MAX_NAMES {
            return Err(Refused::NamesTooLong.into());
        }
        Ok(())
    }

    /// Looks at every entry of the module. Gives whether it has a LICENSE of its own (Z3).
    fn walk(&mut self, root: Vec<TreeEntry>) -> Result<bool, PlanError> {
        let has_license = root.iter().any(|entry| entry.name == b"LICENSE" && is_blob(entry));
        let is_own = |entry: &&TreeEntry| entry.name == b"go.mod" && entry.mode == Mode::File;
        // Where there are two, the go command reads both.
        if let Some(entry) = root.iter().rfind(is_own) {
            let path = [&*self.directory, b"go.mod"].concat();
            self.go_mod = Some((entry.id, self.conversion(&path)?));
        }
        let mut frames = vec![Frame { entries: root.into_iter(), length: 0, is_foreign: false }];
        while let Some(frame) = frames.last_mut() {
            self.path.truncate(frame.length);
            let is_foreign = frame.is_foreign;
            let Some(entry) = frame.entries.next() else {
                frames.pop();
                self.attributes.leave();
                self.collisions.leave();
                continue;
            };
            self.path.extend_from_slice(&entry.name);
            if self.directory.len() + self.path.len() > MAX_PATH {
                return Err(Refused::PathTooLong.into());
            }
            if forbidden::is_forbidden(&entry.name, entry.mode) {
                return Err(Refused::ForbiddenName(self.full_path()).into());
            }
            match entry.mode {
                Mode::Tree => frames.push(self.go_down(&entry, is_foreign)?),
                Mode::Gitlink => self.drop_submodule(is_foreign),
                Mode::File | Mode::Link => self.look_at(&entry, is_foreign)?,
            }
        }
        Ok(has_license)
    }

    fn go_down(&mut self, entry: &TreeEntry, is_foreign: bool) -> Result<Frame, PlanError> {
        let full = self.full_path();
        let entries = self.enter(entry.id, &full)?;
        self.collisions.enter(self.path.len());
        self.path.push(b'/');
        let is_module = |repeated: &Repeated| repeated.is_module(&full);
        let odd = entries.iter().find(|entry| is_go_mod(entry));
        if let Some(odd) = odd.filter(|_| !is_foreign)
            && !entries.iter().any(|entry| is_go_mod(entry) && entry.name == b"go.mod")
        {
            self.dropped.odd_modules.add(|| dropped::text(&[&*self.path, &odd.name].concat()));
        }
        let is_foreign =
            is_foreign || odd.is_some() || self.repeated.as_ref().is_some_and(is_module);
        Ok(Frame { entries: entries.into_iter(), length: self.path.len(), is_foreign })
    }

    fn drop_submodule(&mut self, is_foreign: bool) {
        if !is_foreign && !dropped::is_in_vendor(&self.path) {
            self.dropped.submodules.add(|| dropped::text(&self.path));
        }
    }

    fn conversion(&mut self, path: &[u8]) -> Result<Conversion, Refused> {
        let refused = |why| Refused::Attributes { path: path.to_vec(), why };
        self.attributes.conversion(path).map_err(refused)
    }

    /// The current path from the root of the commit.
    fn full_path(&self) -> Vec<u8> {
        [&*self.directory, &*self.path].concat()
    }

    fn look_at(&mut self, entry: &TreeEntry, is_foreign: bool) -> Result<(), PlanError> {
        let mut conversion = Conversion::default();
        if entry.mode == Mode::File {
            // Before all else: where git archive dies, it does so for files that would be dropped too.
            let full = self.full_path();
            conversion = self.conversion(&full)?;
        }
        if vendored::concerns(&self.path) {
            let rule = self.vendor_rule()?;
            if vendored::is_vendored(&self.path, rule) {
                self.dropped.vendored.add(|| dropped::text(&self.path));
                return self.judge().map(drop);
            }
        }
        if is_foreign || self.path == b".hg_archival.txt" {
            return self.judge().map(drop);
        }
        self.consider(entry, conversion)
    }

    /// Rules Z4.5 to Z4.12 for the file at the current path.
    fn consider(&mut self, entry: &TreeEntry, conversion: Conversion) -> Result<(), PlanError> {
        self.spend(0, self.path.len())?;
        if let Err(error) = module::check_file_path(&self.path) {
            return self.refuse(Reason::Name(error));
        }
        // Only UTF-8 passes that check.
        let path = String::from_utf8_lossy(&self.path).into_owned();
        if path.eq_ignore_ascii_case("go.mod") && path != "go.mod" {
            return self.refuse(Reason::GoModCase);
        }
        if let Err(collision) = self.collisions.check(&path) {
            return self.refuse(Reason::Collision(collision));
        }
        if entry.mode != Mode::File {
            self.dropped.links.add(|| (path, entry.id));
            return self.judge().map(drop);
        }
        let Some(total) = self.total else { return Ok(()) };
        let (size, is_altered) = self.size(entry.id, conversion)?;
        self.total = total.checked_add(size).filter(|total| *total <= self.limits.zip);
        for (name, limit) in [("go.mod", self.limits.go_mod), ("LICENSE", self.limits.license)] {
            if path == name && size > limit {
                return self.refuse(Reason::TooLarge { name, limit });
            }
        }
        self.files.push(PlannedFile { path, id: entry.id, conversion, size, is_altered });
        Ok(())
    }

    /// Size after conversion, and whether it changes anything. Content is read only where it may change.
    fn size(&mut self, id: ObjectId, conversion: Conversion) -> Result<(u64, bool), PlanError> {
        let size = self.objects.blob_size(id)?;
        if conversion.is_none() || size > MAX_CONVERTED {
            return Ok((size, false));
        }
        if let Some(known) = self.converted.get(&(id, conversion)) {
            return Ok(*known);
        }
        // Conversions may shrink, so that the limit on the sum alone would not bound the work.
        self.bytes_converted += size;
        if self.bytes_converted > self.limits.zip.saturating_mul(8) {
            return Err(Refused::TooMuchToConvert.into());
        }
        let converted = conversion.apply(id, self.objects.blob(id)?);
        // Rarely of the same size; reading again takes less memory than a copy.
        let is_altered = converted.len() as u64 != size || converted != self.objects.blob(id)?;
        let known = (converted.len() as u64, is_altered);
        self.converted.insert((id, conversion), known);
        Ok(known)
    }

    /// The vendor rule by the zip's own go.mod (Z5), after conversion (G6).
    fn vendor_rule(&mut self) -> Result<Rule, PlanError> {
        if let Some(rule) = self.vendor_rule {
            return Ok(rule);
        }
        let mut rule = Rule::Old;
        if let Some((id, conversion)) = self.go_mod
            // One beyond the limit fails the zip, yet decides what else is wrong; far beyond it is not even read.
            && self.objects.blob_size(id)? <= self.limits.go_mod.saturating_mul(4)
        {
            let content = conversion.apply(id, self.objects.blob(id)?);
            let file = gomod::parse_lax(&content).ok();
            let go = file.and_then(|file| file.go).map(|go| go.version).unwrap_or_default();
            if goversion::is_at_least_1_24(&go) {
                rule = Rule::Modern;
            }
        }
        self.vendor_rule = Some(rule);
        Ok(rule)
    }

    /// Adds the LICENSE of the repository's root as it is (Z3).
    fn inherit_license(&mut self, commit: &Commit) -> Result<(), PlanError> {
        let license = objects::lookup(self.objects, commit.tree, "LICENSE")?;
        if let Some(mut license) = license
            && is_blob(&license)
        {
            // A link contributes its target.
            license.mode = Mode::File;
            self.path = b"LICENSE".to_vec();
            let known = self.problems.len();
            self.consider(&license, Conversion::default())?;
            for problem in &mut self.problems[known..] {
                if let Reason::Collision(collision) = &problem.why {
                    problem.why = Reason::InheritedCollision(collision.clone());
                }
            }
        }
        Ok(())
    }

    /// Notes that the file at the current path is dropped or refused. Gives whether it is the first of its path.
    fn judge(&mut self) -> Result<bool, PlanError> {
        let Some(repeated) = &mut self.repeated else { return Ok(true) };
        let is_first = repeated.judge(&self.path);
        self.spend(0, self.path.len())?;
        Ok(is_first)
    }

    /// Notes what is wrong with the file at the current path.
    fn refuse(&mut self, why: Reason) -> Result<(), PlanError> {
        if !self.judge()? {
            return Ok(());
        }
        self.problems.push(Problem { path: self.path.clone(), why });
        if self.problems.len() < MAX_REASONS {
            return Ok(());
        }
        let files = std::mem::take(&mut self.problems);
        Err(Refused::Files(Problems { files, is_cut: true }).into())
    }

    fn finish(self) -> Result<Plan, PlanError> {
        if self.total.is_none() {
            return Err(Refused::TooLarge(self.limits.zip).into());
        }
        if !self.problems.is_empty() {
            return Err(Refused::Files(Problems { files: self.problems, is_cut: false }).into());
        }
        Ok(Plan { files: self.files, dropped: self.dropped })
    }
}

/// Whether the entry makes a module of its directory, in any letter case (Z4.3).
pub(super) fn is_go_mod(entry: &TreeEntry) -> bool {
    entry.mode == Mode::File && entry.name.eq_ignore_ascii_case(b"go.mod")
}

/// What `git cat-file blob` reads.
const fn is_blob(entry: &TreeEntry) -> bool {
    matches!(entry.mode, Mode::File | Mode::Link)
}

/// The path as the go command prints it, which is as it is; quoted where that could control a
/// terminal.
pub(super) fn printable(path: &[u8]) -> String {
    match std::str::from_utf8(path) {
        Ok(text) if text.chars().all(is_print) => text.to_owned(),
        _ => quote(path),
    }
}

#[cfg(test)]
mod tests {
    use super::printable;

    // Rules: N30
    #[test]
    fn only_what_a_terminal_would_act_on_is_quoted() {
        for (path, expected) in [
            (&b"a b/\xc3\xa9\"'.go"[..], "a b/\u{e9}\"'.go"),
            (b"a\x1b[2J", "\"a\\x1b[2J\""),
            (b"a\nb", "\"a\\nb\""),
            (b"a\xff", "\"a\\xff\""),
            ("a\u{202e}b".as_bytes(), "\"a\\u202eb\""),
        ] {
            assert_eq!(printable(path), expected);
        }
    }
}
