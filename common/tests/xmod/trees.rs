//! Which files of a tree are in the zip of a module, or why there is no zip (Z4 to Z6); h1 hashes (H1, H2); and our
//! zips as a client checks them (Z10).

mod generate;

use std::collections::{BTreeMap, BTreeSet};

use modgate_common::dirhash::Hasher;
use modgate_common::modzip::{self, Limits, PlanError, Sums};
use modgate_common::objects::memory::Repository;
use modgate_common::objects::{Commit, Fault, Kind, Mode, ObjectId, Objects, TreeEntry};
use modgate_common::{module, version};
use modgate_tests::budget;
use modgate_tests::random::Random;

use crate::compare::Area;
use crate::judge::{Case, Judge};
use crate::report::Report;
use crate::text::pick;

/// A file, read from a field; the format stands in `tests/xmod/trees.go`.
struct Entry<'a> {
    mode: Mode,
    size: u64,
    path: &'a [u8],
    content: &'a [u8],
}

impl<'a> Entry<'a> {
    fn parse(field: &'a [u8]) -> Option<Self> {
        let nul = field.iter().position(|byte| *byte == 0)?;
        let (head, content) = (&field[..nul], &field[nul + 1..]);
        let space = head.iter().position(|byte| *byte == b' ')?;
        let mode = match head.first()? {
            b'f' => Mode::File,
            b'l' => Mode::Link,
            b's' => Mode::Gitlink,
            _ => return None,
        };
        let size = str::from_utf8(&head[1..space]).ok()?.parse().ok()?;
        let path = &head[space + 1..];
        let fits = content.len() as u64 <= size && path.split(|byte| *byte == b'/').all(is_name);
        fits.then_some(Self { mode, size, path, content })
    }
}

/// Whether git archives a file of this name, as far as it matters here; what it refuses, the library never sees.
fn is_name(name: &[u8]) -> bool {
    let harmless = [&b".gitattributes"[..], b".gitignore"].contains(&name);
    let lower = name.to_ascii_lowercase();
    let has = |own: &[u8]| lower.windows(own.len()).any(|part| part == own);
    harmless || !matches!(name, b"" | b"." | b"..") && !has(b".git") && !has(b"git~1")
}

/// Objects in memory, some of which are larger than what is held of them.
struct Declared {
    objects: Repository,
    sizes: BTreeMap<ObjectId, u64>,
}

impl Objects for Declared {
    fn peel(&self, id: ObjectId) -> Result<(ObjectId, Kind), Fault> {
        self.objects.peel(id)
    }

    fn tag_target(&self, id: ObjectId) -> Result<Option<ObjectId>, Fault> {
        self.objects.tag_target(id)
    }

    fn commit(&self, id: ObjectId) -> Result<Commit, Fault> {
        self.objects.commit(id)
    }

    fn tree(&self, id: ObjectId) -> Result<Vec<TreeEntry>, Fault> {
        self.objects.tree(id)
    }

    fn blob_size(&self, id: ObjectId) -> Result<u64, Fault> {
        self.sizes.get(&id).map_or_else(|| self.objects.blob_size(id), |size| Ok(*size))
    }

    fn blob(&self, id: ObjectId) -> Result<Vec<u8>, Fault> {
        self.objects.blob(id)
    }

    fn with_prefix(&self, digits: &str) -> Result<Vec<ObjectId>, Fault> {
        self.objects.with_prefix(digits)
    }
}

impl Declared {
    fn new(entries: &[Entry<'_>]) -> (Self, Commit) {
        let mut declared = Self { objects: Repository::default(), sizes: BTreeMap::new() };
        let files: Vec<(&[u8], &Entry<'_>)> =
            entries.iter().map(|entry| (entry.path, entry)).collect();
        let tree = declared.add(&files);
        let commit = declared.objects.add_commit(tree, &[], 0);
        let commit = declared.objects.commit(commit).expect("it was just added");
        (declared, commit)
    }

    /// Adds a tree of files, given with the rest of their paths.
    fn add(&mut self, files: &[(&[u8], &Entry<'_>)]) -> ObjectId {
        let mut entries = Vec::new();
        let mut folders: BTreeMap<&[u8], Vec<(&[u8], &Entry<'_>)>> = BTreeMap::new();
        for (path, entry) in files {
            if let Some(slash) = path.iter().position(|byte| *byte == b'/') {
                folders.entry(&path[..slash]).or_default().push((&path[slash + 1..], entry));
                continue;
            }
            let id = self.objects.add_blob(entry.content);
            self.sizes.insert(id, entry.size);
            entries.push(TreeEntry { name: path.to_vec(), mode: entry.mode, id });
        }
        for (folder, files) in folders {
            let id = self.add(&files);
            entries.push(TreeEntry { name: folder.to_vec(), mode: Mode::Tree, id });
        }
        self.objects.add_entries(entries)
    }
}

/// A module version and its tree.
struct Module<'a> {
    path: &'a str,
    version: &'a str,
    declared: Declared,
    commit: Commit,
}

impl<'a> Module<'a> {
    fn parse(case: &'a [Vec<u8>]) -> Option<Self> {
        let [path, version, entries @ ..] = case else { return None };
        let [path, version] = [path, version].map(|text| str::from_utf8(text).ok());
        let (path, version) = (path?, version?);
        let canonical = version::canonical_version(version)? == version;
        let entries: Option<Vec<Entry<'_>>> =
            entries.iter().map(|field| Entry::parse(field)).collect();
        let entries = entries.filter(|entries| entries.is_sorted_by_key(|entry| entry.path))?;
        module::check(path, version).ok().filter(|()| canonical)?;
        let (declared, commit) = Declared::new(&entries);
        Some(Self { path, version, declared, commit })
    }

    fn prefix(&self) -> String {
        format!("{}@{}", self.path, self.version)
    }

    fn plan(&self) -> Result<modzip::Plan, PlanError> {
        modzip::plan(&self.declared, &self.commit, "", &Limits::default())
    }
}

fn ours(case: &[Vec<u8>]) -> Option<String> {
    let module = Module::parse(case)?;
    let mut report = Report::default();
    match module.plan() {
        Ok(plan) => {
            report.say("files", plan.files.iter().map(|file| &file.path));
            let sum = modzip::h1(&module.declared, &plan, &module.prefix(), &mut Sums::default());
            report.value("sum", sum.expect("everything is in memory"));
        }
        Err(refused) => report.value("refused", refused),
    }
    Some(report.finish())
}

// Rules: Z4, Z4.2, Z4.3, Z4.4, Z4.5, Z4.6, Z4.7, Z4.8, Z4.9, Z4.11, Z4.12, Z5, Z6, Z8, Z11, H1, H2
#[test]
fn trees_are_zipped_or_refused_as_the_library_does() {
    Area {
        name: "trees",
        kind: "tree",
        seed: 51,
        cases: budget::choose(600, 100_000),
        generate: &generate::tree,
        ours: &ours,
        good: "files",
    }
    .run();
}

// Rules: H2, Z7, Z10
#[test]
fn our_zips_pass_the_check_of_a_client_and_have_our_hash() {
    let (mut zips, mut sums) = (Vec::<Case>::new(), Vec::new());
    for seed in 0..budget::choose(100, 2_000) {
        let mut case = generate::tree(&mut Random::new(61 + seed));
        // Odd names would leave few trees to look at.
        case.retain(|field| field.is_ascii());
        let Some(module) = Module::parse(&case) else { continue };
        let Ok(plan) = module.plan() else { continue };
        let mut zip = Vec::new();
        let sum = modzip::write(&module.declared, &plan, &module.prefix(), &mut zip);
        sums.push(sum.expect("everything is in memory"));
        zips.push(vec![case[0].clone(), case[1].clone(), zip]);
    }
    for (sum, answer) in sums.iter().zip(Judge::get().ask("zip", &zips)) {
        assert_eq!(answer, format!("zip ok \"\"\nsum ok \"{sum}\"\n"));
    }
    assert!(sums.len() > 20, "{} trees had a zip", sums.len());
}

// Rules: H1
#[test]
fn files_hash_as_the_library_hashes_them() {
    let part = |random: &mut Random| {
        let text = pick(random, &["a", "B/c", "-", "é", "a b", "\u{202e}", "x@v1.0.0/", "\r", "0"]);
        text.repeat(random.below(40) as usize)
    };
    Area {
        name: "hashes",
        kind: "hash",
        seed: 71,
        cases: budget::choose(200, 5_000),
        generate: &|random| {
            let names: BTreeSet<String> = (0..random.below(6)).map(|_| part(random)).collect();
            let files = names.into_iter().flat_map(|name| [name, part(random)]);
            files
                .map(String::into_bytes)
                .rev()
                .collect::<Case>()
                .chunks_mut(2)
                .flat_map(|pair| {
                    pair.reverse();
                    pair.to_vec()
                })
                .collect()
        },
        ours: &|case| {
            let mut names = BTreeSet::new();
            let mut hasher = Hasher::default();
            for pair in case.chunks(2) {
                let [name, content] = pair else { return None };
                let name = str::from_utf8(name).ok().filter(|name| names.insert(*name))?;
                hasher.add(name, content);
            }
            let mut report = Report::default();
            report.outcome("sum", Ok::<_, String>(hasher.finish()));
            Some(report.finish())
        },
        // About every other hash.
        good: "A",
    }
    .run();
}
