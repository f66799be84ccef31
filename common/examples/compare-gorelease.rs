//! Compares our view of API changes with that of the real `gorelease`, on consecutive releases of real modules.
//!
//! ```text
//! compare-gorelease --cache FOLDER [--gorelease PROGRAM] [--take N] [--details] REPOSITORY [MODULE]...
//! compare-gorelease --cache FOLDER [--gorelease PROGRAM] [--details] --pairs FILE
//! ```
//!
//! REPOSITORY is a bare one with its history; its modules are those of the newest tags, each is compared at N pairs that are
//! spread over its history. A line of FILE names a pair: repository, module path, directory, tag, tag, with tabs between.
//! `gorelease` gets the later release as a tree of files and fetches the earlier one from the registry; what it says is kept in
//! FOLDER, and asked for once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use modgate_common::goapi::{Cache, Change, Limits, compare};
use modgate_common::io::repo::{HashCheck, Peeled, Repository, prepare};
use modgate_common::objects::{Kind, Mode, ObjectId, Objects, lookup};
use modgate_common::tags::{self, join};
use modgate_common::{gomod, version};

type Error = Box<dyn std::error::Error>;

/// Two releases of a module.
#[derive(Debug, Clone)]
struct Pair {
    repository: PathBuf,
    module: String,
    directory: String,
    old: String,
    new: String,
}

#[derive(Debug, Default)]
struct Options {
    cache: PathBuf,
    gorelease: PathBuf,
    take: usize,
    details: bool,
    pairs: Option<PathBuf>,
    words: Vec<String>,
}

fn main() -> Result<(), Error> {
    prepare(HashCheck::Off);
    let options = options();
    fs::create_dir_all(&options.cache)?;
    let pairs = match &options.pairs {
        Some(file) => listed(&fs::read_to_string(file)?),
        None => found(&options)?,
    };
    let mut tally = Tally::default();
    for pair in &pairs {
        let name = format!("{} {}..{}", pair.module, base(&pair.old), base(&pair.new));
        match judge(pair, &options) {
            Ok(Some(both)) => tally.add(&name, &both, options.details),
            Ok(None) => tally.left_out(&name, "gorelease gives no verdict"),
            Err(error) => tally.left_out(&name, &error.to_string()),
        }
    }
    tally.print();
    Ok(())
}

fn options() -> Options {
    let mut options = Options { gorelease: "gorelease".into(), take: 5, ..Options::default() };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_default();
        match arg.as_str() {
            "--cache" => options.cache = value().into(),
            "--details" => options.details = true,
            "--gorelease" => options.gorelease = value().into(),
            "--pairs" => options.pairs = Some(value().into()),
            "--take" => options.take = value().parse().unwrap_or(options.take),
            _ => options.words.push(arg),
        }
    }
    options
}

fn base(tag: &str) -> &str {
    tags::split(tag).1
}

fn listed(text: &str) -> Vec<Pair> {
    let pair = |line: &str| {
        let mut words = line.split('\t').map(str::to_owned);
        let mut next = || words.next();
        Some(Pair {
            repository: next()?.into(),
            module: next()?,
            directory: next()?,
            old: next()?,
            new: next()?,
        })
    };
    text.lines().filter_map(pair).collect()
}

/// The pairs of a repository: releases of one prefix and major version, next to each other.
fn found(options: &Options) -> Result<Vec<Pair>, Error> {
    let [repository, modules @ ..] = options.words.as_slice() else {
        return Err("a repository is wanted".into());
    };
    let git = Repository::open(Path::new(repository))?;
    let (refs, _) = git.refs(&Peeled::new())?;
    let mut series: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for tag in refs.tags.keys() {
        let (prefix, base) = tags::split(tag);
        if version::canonical(base).as_deref() == Some(base) && version::prerelease(base).is_empty()
        {
            let major = if version::major(base) == "v0" { "v1" } else { version::major(base) };
            series.entry((prefix.to_owned(), major.to_owned())).or_default().push(tag.clone());
        }
    }
    let mut pairs = Vec::new();
    for ((prefix, major), mut tags) in series {
        tags.sort_by(|a, b| version::compare(base(a), base(b)));
        let mut own = Vec::new();
        for two in tags.windows(2) {
            let [old, new] = two else { continue };
            let Some((module, directory)) = module(&git, &refs.tags[new].peeled, &prefix, &major)?
            else {
                continue;
            };
            if modules.is_empty() || modules.contains(&module) {
                let (old, new) = (old.clone(), new.clone());
                own.push(Pair { repository: repository.into(), module, directory, old, new });
            }
        }
        let step = own.len().div_ceil(options.take.max(1)).max(1);
        pairs.extend(own.into_iter().rev().step_by(step));
    }
    Ok(pairs)
}

/// The module of a prefix and major version at a commit: its path and directory.
fn module(
    git: &Repository,
    commit: &ObjectId,
    prefix: &str,
    major: &str,
) -> Result<Option<(String, String)>, Error> {
    if git.peel(*commit)?.1 != Kind::Commit {
        return Ok(None);
    }
    let tree = git.commit(*commit)?.tree;
    for directory in [join(prefix, major), prefix.to_owned()] {
        let Some(entry) = lookup(git, tree, &join(&directory, "go.mod"))? else { continue };
        let module = gomod::module_line(&git.blob(entry.id)?);
        let has_major =
            module.ends_with(&format!("/{major}")) || module.ends_with(&format!(".{major}"));
        if has_major == (major != "v1") {
            return Ok(Some((module, directory)));
        }
    }
    Ok(None)
}

/// Incompatible changes by package and symbol.
type Symbols = BTreeSet<(String, String)>;

/// What both say of a pair.
struct Both {
    ours: Symbols,
    theirs: Symbols,
    text: BTreeMap<(String, String), String>,
    ours_added: bool,
    theirs_added: bool,
    /// Packages that we could not read.
    unreadable: Vec<String>,
}

fn judge(pair: &Pair, options: &Options) -> Result<Option<Both>, Error> {
    let Some(said) = gorelease(pair, options)? else { return Ok(None) };
    let git = Repository::open(&pair.repository)?;
    let (old, new) = (tree(&git, &pair.old, pair)?, tree(&git, &pair.new, pair)?);
    let always = || true;
    let comparison = compare(&git, &Cache::default(), &Limits::new(&always), (old, new))?;
    let mut text = BTreeMap::new();
    let mut ours = Symbols::new();
    for change in &comparison.incompatible {
        let key = symbol(&pair.module, change);
        if !said.failed.contains(&key.0) {
            text.insert(key.clone(), format!("{change:?}"));
            ours.insert(key);
        }
    }
    let mut theirs = Symbols::new();
    for (key, line) in said.incompatible {
        text.entry(key.clone()).or_insert(line);
        theirs.insert(key);
    }
    let (ours_added, theirs_added) = (!comparison.added.is_empty(), said.has_added);
    let unreadable = comparison.unreadable.clone();
    Ok(Some(Both { ours, theirs, text, ours_added, theirs_added, unreadable }))
}

fn symbol(module: &str, change: &Change) -> (String, String) {
    let (name, _) = change.what.split_once(": ").unwrap_or((&change.what, ""));
    if let Some(package) = name.strip_prefix("package ") {
        let package = if package == "." { String::new() } else { format!("/{package}") };
        return (format!("{module}{package}"), "package".to_owned());
    }
    let file = change.place.as_ref().map(|place| &*place.file).unwrap_or_default();
    (join(module, tags::split(file).0).trim_end_matches('/').to_owned(), name.to_owned())
}

/// The module's directory at a tag.
fn tree(git: &Repository, tag: &str, pair: &Pair) -> Result<ObjectId, Error> {
    let (refs, _) = git.refs(&Peeled::new())?;
    let commit = refs.tags.get(tag).ok_or("no such tag")?.peeled;
    let root = git.commit(commit)?.tree;
    let major = pair.module.rsplit('/').next().unwrap_or_default();
    // The directory may have moved between the two.
    let prefix = tags::split(tag).0;
    for directory in [join(prefix, major), prefix.to_owned()] {
        let at = |path: &str| lookup(git, root, path);
        if at(&join(&directory, "go.mod"))?.is_some() || directory == pair.directory {
            if directory.is_empty() {
                return Ok(root);
            }
            if let Some(entry) = at(&directory)?.filter(|entry| entry.mode == Mode::Tree) {
                return Ok(entry.id);
            }
        }
    }
    Ok(root)
}

/// What gorelease says.
#[derive(Default)]
struct Said {
    incompatible: Vec<((String, String), String)>,
    has_added: bool,
    /// Packages that do not compile.
    failed: BTreeSet<String>,
}

fn gorelease(pair: &Pair, options: &Options) -> Result<Option<Said>, Error> {
    let name =
        format!("{}@{}..{}", pair.module.replace('/', "+"), base(&pair.old), base(&pair.new));
    let kept = options.cache.join(name);
    if !kept.exists() {
        fs::write(&kept, ask(pair, options)?)?;
    }
    let text = fs::read_to_string(&kept)?;
    let report = text.split("\n---stderr\n").next().unwrap_or_default();
    if !report.contains("# summary") {
        return Ok(None);
    }
    let mut said = Said::default();
    let (mut package, mut section) = (String::new(), String::new());
    for line in report.lines().skip(1) {
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut section);
            if title.starts_with("errors") {
                said.failed.insert(package.clone());
            }
        } else if let Some(title) = line.strip_prefix("# ") {
            title.clone_into(&mut package);
            section.clear();
        } else if section == "incompatible changes" && !line.is_empty() {
            said.incompatible.push(((package.clone(), name_of(line)), line.to_owned()));
        } else if section == "compatible changes" && !line.is_empty() {
            said.has_added = true;
        }
    }
    let failed = said.failed.clone();
    said.incompatible.retain(|((package, _), _)| !failed.contains(package));
    Ok(Some(said))
}

/// The name that a line of gorelease is about, as we would write it.
fn name_of(line: &str) -> String {
    if line == "package removed" {
        return "package".to_owned();
    }
    let name = line.split(": ").next().unwrap_or(line).replace("(*", "").replace(')', "");
    match name.split_once(", method set of ") {
        Some((method, of)) => {
            let method = method.rsplit('.').next().unwrap_or(method);
            format!("{}.{method}", of.trim_start_matches('*'))
        }
        None => name.split(',').next().unwrap_or(&name).to_owned(),
    }
}

fn ask(pair: &Pair, options: &Options) -> Result<String, Error> {
    let place = tempfile::tempdir()?;
    let archive = place.path().join("release.tar");
    let tree = place.path().join("tree");
    fs::create_dir(&tree)?;
    let git = Command::new("git")
        .arg("--git-dir")
        .arg(&pair.repository)
        .args(["archive", "--output"])
        .arg(&archive)
        .arg(&pair.new)
        .status()?;
    let tar = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&tree).status()?;
    if !git.success() || !tar.success() {
        return Err("the release cannot be unpacked".into());
    }
    let done = Command::new(&options.gorelease)
        .arg(format!("-base={}", base(&pair.old)))
        .current_dir(tree.join(&pair.directory))
        .env("GOFLAGS", "-mod=mod")
        .output()?;
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    Ok(format!("exit {:?}\n{out}\n---stderr\n{err}", done.status.code()))
}

#[derive(Default)]
struct Tally {
    kinds: BTreeMap<&'static str, u32>,
    additions: BTreeMap<&'static str, u32>,
    modules: BTreeSet<String>,
    unreadable: u32,
    ours_only: u32,
    theirs_only: u32,
    both: u32,
}

impl Tally {
    fn left_out(&mut self, name: &str, why: &str) {
        *self.kinds.entry("left out").or_default() += 1;
        say(&format!("left out     {name}: {why}"));
    }

    fn add(&mut self, name: &str, both: &Both, details: bool) {
        let kind = match (both.ours.is_empty(), both.theirs.is_empty()) {
            (true, true) => "compatible",
            (false, false) => "incompatible",
            (true, false) => "missed",
            (false, true) => "false alarm",
        };
        let added = match (both.ours_added, both.theirs_added) {
            (false, false) => "nothing added",
            (true, true) => "something added",
            (false, true) => "missed addition",
            (true, false) => "false addition",
        };
        *self.kinds.entry(kind).or_default() += 1;
        *self.additions.entry(added).or_default() += 1;
        self.modules.extend(name.split(' ').next().map(str::to_owned));
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.both += count(both.ours.intersection(&both.theirs).count());
        self.ours_only += count(both.ours.difference(&both.theirs).count());
        self.theirs_only += count(both.theirs.difference(&both.ours).count());
        say(&format!(
            "{kind:<13}{name}: {} of ours, {} of gorelease's; {added}",
            both.ours.len(),
            both.theirs.len()
        ));
        self.unreadable += count(both.unreadable.len());
        if details {
            for package in &both.unreadable {
                say(&format!("    ? {package:?} cannot be read"));
            }
            for key in both.ours.difference(&both.theirs) {
                say(&format!("    + {} {}: {}", key.0, key.1, both.text[key]));
            }
            for key in both.theirs.difference(&both.ours) {
                say(&format!("    - {} {}", key.0, both.text[key]));
            }
        }
    }

    fn print(&self) {
        say(&format!("modules: {}", self.modules.len()));
        say(&format!("pairs: {:?}", self.kinds));
        say(&format!("additions: {:?}", self.additions));
        say(&format!("packages that could not be read: {}", self.unreadable));
        let (both, ours, theirs) = (self.both, self.ours_only, self.theirs_only);
        say(&format!(
            "changes: {both} told by both, {ours} by us only, {theirs} by gorelease only"
        ));
    }
}

#[expect(clippy::print_stdout, reason = "a tool for people")]
fn say(line: &str) {
    println!("{line}");
}
