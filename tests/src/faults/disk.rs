//! A disk as a power cut leaves it: a model of what is on it for certain, and of what may be.
//!
//! What was done before the cut, and not synced, is dropped, or kept, each thing by itself: every block of every write
//! (a block may also be torn at a sector), every new length, every name that was made, moved or removed. A file whose
//! content is on disk need not have its name there: that takes a sync of the folder.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::trace::{Event, Op};
use crate::random::Random;

const BLOCK: u64 = 4096;
const SECTOR: u64 = 512;

/// What of the unsynced survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything, as when a process is killed.
    All,
    /// Nothing.
    Nothing,
    /// All names, in time, and no content.
    Names,
    /// Names in the order in which they were made, up to some point; content at random.
    Ordered,
    /// Anything.
    Random,
}

/// All of them.
pub const MODES: [Mode; 5] = [Mode::Random, Mode::Ordered, Mode::Names, Mode::Nothing, Mode::All];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    File(usize),
    Folder,
}

/// Names and contents.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    names: BTreeMap<PathBuf, Node>,
    contents: Vec<Vec<u8>>,
}

/// A change of a disk, with what it is about resolved.
#[derive(Debug, Clone)]
enum Change {
    Write { file: usize, at: u64, data: Vec<u8> },
    Truncate { file: usize, length: u64 },
    Name { path: PathBuf, node: Node },
    Rename { from: PathBuf, to: PathBuf, node: Node },
    Unlink { path: PathBuf, node: Node },
}

impl Change {
    /// Whether it is about this disk. A file without a name does not matter.
    fn is_on(&self, disk: &Path, files: &HashMap<usize, PathBuf>) -> bool {
        match self {
            Self::Write { file, .. } | Self::Truncate { file, .. } => {
                files.get(file).is_none_or(|path| path.starts_with(disk))
            }
            Self::Name { path, .. } | Self::Unlink { path, .. } | Self::Rename { to: path, .. } => {
                path.starts_with(disk)
            }
        }
    }
}

/// A change, when it was done, and the number of the event that put it on disk.
#[derive(Debug)]
struct Done {
    change: Change,
    time: u64,
    synced: usize,
}

/// All that was done to a disk, from a known beginning.
#[derive(Debug)]
pub struct Recording {
    before: Disk,
    changes: Vec<Done>,
    /// By event: how many changes there are then, and how many marks.
    ends: Vec<usize>,
    marks: Vec<(usize, usize)>,
}

impl Disk {
    /// What lies in these folders.
    #[track_caller]
    pub fn read(folders: &[PathBuf]) -> Self {
        let mut disk = Self::default();
        folders.iter().for_each(|folder| disk.read_folder(folder));
        disk
    }

    fn read_folder(&mut self, folder: &Path) {
        self.names.insert(folder.to_owned(), Node::Folder);
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("the folder is there").path();
            if path.is_dir() {
                self.read_folder(&path);
            } else if path.is_file() && path.extension().is_none_or(|end| end != "sample") {
                let file = self.add(fs::read(&path).expect("it is there"));
                self.names.insert(path, Node::File(file));
            }
        }
    }

    fn add(&mut self, content: Vec<u8>) -> usize {
        self.contents.push(content);
        self.contents.len() - 1
    }

    /// Writes a folder of this disk to another place. Names in folders that are not there cannot be reached.
    #[track_caller]
    pub fn write(&self, from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("writable");
        for (path, node) in self.names.range(from.to_owned()..) {
            let Ok(below) = path.strip_prefix(from) else { break };
            let target = to.join(below);
            let has_folder = target.parent().is_some_and(Path::is_dir);
            match node {
                _ if below.as_os_str().is_empty() || !has_folder => {}
                Node::Folder => fs::create_dir(&target).expect("writable"),
                Node::File(file) => {
                    fs::write(&target, &self.contents[*file]).expect("writable");
                }
            }
        }
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Write { file, at, data } => {
                let content = &mut self.contents[*file];
                let (start, end) = (*at as usize, *at as usize + data.len());
                content.resize(content.len().max(end), 0);
                content[start..end].copy_from_slice(data);
            }
            Change::Truncate { file, length } => self.contents[*file].resize(*length as usize, 0),
            Change::Name { path, node } => drop(self.names.insert(path.clone(), *node)),
            Change::Unlink { path, node } => {
                if self.names.get(path) == Some(node) {
                    self.names.remove(path);
                }
            }
            Change::Rename { from, to, node } => {
                if self.names.get(from) == Some(node) {
                    self.names.remove(from);
                }
                self.names.insert(to.clone(), *node);
                if *node == Node::Folder {
                    let inside = self.names.range(from.clone()..);
                    let inside: Vec<_> = inside
                        .take_while(|(path, _)| path.starts_with(from))
                        .map(|(path, node)| (path.clone(), *node))
                        .collect();
                    for (path, node) in inside {
                        let below = path.strip_prefix(from).map(|below| to.join(below));
                        self.names.remove(&path);
                        self.names.insert(below.unwrap_or(path), node);
                    }
                }
            }
        }
    }

    /// Writes some blocks of a write, each whole or up to a sector, and perhaps the length that goes with them.
    fn apply_torn(&mut self, (file, at, data): (usize, u64, &[u8]), random: &mut Random) {
        let content = &mut self.contents[file];
        if random.below(2) == 0 {
            content.resize(content.len().max(at as usize + data.len()), 0);
        }
        let mut start = at;
        let end = at + data.len() as u64;
        while start < end {
            let next = ((start / BLOCK + 1) * BLOCK).min(end);
            let mut kept = next;
            match random.below(8) {
                0..4 => kept = start,
                4 => kept = (start / SECTOR + random.below(BLOCK / SECTOR)) * SECTOR,
                _ => {}
            }
            let kept = kept.clamp(start, next).min((content.len() as u64).max(start));
            let (from, to) = ((start - at) as usize, (kept - at) as usize);
            if kept > start {
                content[start as usize..kept as usize].copy_from_slice(&data[from..to]);
            }
            start = next;
        }
    }
}

impl Recording {
    /// Puts together what was there and what was done to it. Whatever lies elsewhere is left out.
    pub fn new(before: Disk, events: &[Event]) -> Self {
        let mut maker = Maker {
            now: before.clone(),
            changes: Vec::new(),
            time: 0,
            places: HashMap::new(),
            roots: before.names.keys().filter(|path| is_top(path, &before)).cloned().collect(),
        };
        let (mut ends, mut marks) = (Vec::new(), Vec::new());
        for (number, event) in events.iter().enumerate() {
            match &event.op {
                Op::Mark { what } => marks.push((number, *what)),
                _ => maker.event(number, event),
            }
            ends.push(maker.changes.len());
        }
        let Maker { now, changes, .. } = maker;
        // Files that were made later have no content at first.
        let mut before = before;
        before.contents.resize(now.contents.len(), Vec::new());
        Self { before, changes, ends, marks }
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nothing was done.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// What was marked before the event of this number.
    pub fn marks(&self, event: usize) -> impl Iterator<Item = usize> {
        self.marks.iter().filter(move |(number, _)| *number < event).map(|(_, what)| *what)
    }

    /// The disk after a power cut before the event of this number, and how many changes were not synced then.
    pub fn cut(&self, event: usize, mode: Mode, random: &mut Random) -> (Disk, usize) {
        let done = if event == 0 { 0 } else { self.ends[event - 1] };
        let changes = &self.changes[..done];
        let open = changes.iter().filter(|done| done.synced >= event).count();
        let last_name = random.below(open as u64 + 1) as usize;
        let mut disk = self.before.clone();
        let mut unsynced = 0;
        for Done { change, synced, .. } in changes {
            if *synced < event {
                disk.apply(change);
                continue;
            }
            unsynced += 1;
            let is_name = !matches!(change, Change::Write { .. } | Change::Truncate { .. });
            if let (Mode::Ordered | Mode::Random, Change::Write { file, at, data }) = (mode, change)
            {
                disk.apply_torn((*file, *at, data), random);
                continue;
            }
            let is_kept = match mode {
                Mode::All => true,
                Mode::Nothing => false,
                Mode::Names => is_name,
                Mode::Ordered if is_name => unsynced <= last_name,
                Mode::Ordered | Mode::Random => random.below(2) == 0,
            };
            if is_kept {
                disk.apply(change);
            }
        }
        (disk, open)
    }
}

fn is_top(path: &Path, disk: &Disk) -> bool {
    path.parent().is_none_or(|parent| !disk.names.contains_key(parent))
}

/// Follows the events with names and places of writes.
struct Maker {
    now: Disk,
    changes: Vec<Done>,
    time: u64,
    places: HashMap<usize, u64>,
    roots: Vec<PathBuf>,
}

const NEVER: usize = usize::MAX;

impl Maker {
    fn event(&mut self, number: usize, event: &Event) {
        self.time = event.time;
        match &event.op {
            Op::Open { path, creates, truncates, appends } => {
                let file = match self.now.names.get(path) {
                    Some(Node::File(file)) => *file,
                    None if *creates && self.is_inside(path) => {
                        let file = self.now.add(Vec::new());
                        self.change(Change::Name { path: path.clone(), node: Node::File(file) });
                        file
                    }
                    _ => return,
                };
                if *truncates && !self.now.contents[file].is_empty() {
                    self.change(Change::Truncate { file, length: 0 });
                }
                let length = self.now.contents[file].len() as u64;
                self.places.insert(file, if *appends { length } else { 0 });
            }
            Op::Seek { path, to } => {
                if let Some(file) = self.file(path) {
                    self.places.insert(file, *to);
                }
            }
            Op::Write { path, at, data } => {
                let Some(file) = self.file(path) else { return };
                let place = at.unwrap_or_else(|| self.places.get(&file).copied().unwrap_or(0));
                self.change(Change::Write { file, at: place, data: data.clone() });
                if at.is_none() {
                    self.places.insert(file, place + data.len() as u64);
                }
            }
            Op::Truncate { path, length } => {
                if let Some(file) = self.file(path) {
                    self.change(Change::Truncate { file, length: *length });
                }
            }
            Op::Sync { .. } | Op::SyncAll { .. } => self.sync(number, event),
            Op::Link { from, to } => self.link(from, to),
            Op::Rename { from, to } => match self.now.names.get(from) {
                Some(node) if self.is_inside(to) => {
                    let change = Change::Rename { from: from.clone(), to: to.clone(), node: *node };
                    self.change(change);
                }
                _ => {}
            },
            Op::Unlink { path } => {
                if let Some(node) = self.now.names.get(path).copied() {
                    self.change(Change::Unlink { path: path.clone(), node });
                }
            }
            Op::Mkdir { path } if self.is_inside(path) => {
                self.change(Change::Name { path: path.clone(), node: Node::Folder });
            }
            Op::Mkdir { .. } | Op::Mark { .. } => {}
        }
    }

    fn link(&mut self, from: &Path, to: &Path) {
        if let Some(node) = self.now.names.get(from).copied().filter(|_| self.is_inside(to)) {
            self.change(Change::Name { path: to.to_owned(), node });
        }
    }

    /// What was done before the wait began is on disk when it ends.
    fn sync(&mut self, number: usize, event: &Event) {
        let (path, is_all) = match &event.op {
            Op::SyncAll { path } => (path, true),
            Op::Sync { path } => (path, false),
            _ => return,
        };
        let disk = self.roots.iter().find(|root| path.starts_with(root)).cloned();
        let node = self.now.names.get(path).copied();
        let files = self.file_names();
        let is_synced = |change: &Change| match (is_all, node, change) {
            // Each of the folders may be a disk of its own.
            (true, ..) => disk.as_ref().is_some_and(|disk| change.is_on(disk, &files)),
            (
                _,
                Some(Node::File(file)),
                Change::Write { file: of, .. } | Change::Truncate { file: of, .. },
            ) => *of == file,
            (
                _,
                Some(Node::Folder),
                Change::Name { path: of, .. }
                | Change::Unlink { path: of, .. }
                | Change::Rename { to: of, .. },
            ) => of.parent() == Some(path),
            _ => false,
        };
        let waiting = self.changes.iter_mut().filter(|done| done.synced == NEVER);
        for done in waiting.filter(|done| done.time <= event.start) {
            if is_synced(&done.change) {
                done.synced = number;
            }
        }
    }

    /// A name of each file that has one.
    fn file_names(&self) -> HashMap<usize, PathBuf> {
        let named = |(path, node): (&PathBuf, &Node)| match node {
            Node::File(file) => Some((*file, path.clone())),
            Node::Folder => None,
        };
        self.now.names.iter().filter_map(named).collect()
    }

    fn file(&self, path: &Path) -> Option<usize> {
        match self.now.names.get(path) {
            Some(Node::File(file)) => Some(*file),
            _ => None,
        }
    }

    fn is_inside(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    fn change(&mut self, change: Change) {
        self.now.apply(&change);
        self.changes.push(Done { change, time: self.time, synced: NEVER });
    }
}
