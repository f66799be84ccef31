//! `modgate ledger verify`.
//!
//! Entries come from whoever has the ledger, a page at a time; repositories and zips are read here, as whoever
//! started this. Nothing is changed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

use modgate_common::control::Which;
use modgate_common::intake::Site;
use modgate_common::intake::recheck::Wrong;
use modgate_common::io::journal;
use modgate_common::io::journal::lineage::{self, Found, Link};
use modgate_common::io::repo::{HashCheck, OpenError, Repository, prepare};
use modgate_common::io::state_dir::StateDir;
use modgate_common::ledger::Entry;
use modgate_common::modzip::{self, CleanTrees, Limits, Sums};
use modgate_common::settings::Settings;

use super::export::each;
use crate::admin::{Answer, complain, progress, repositories};
use crate::kept::kept_name;
use crate::zips::file_name;

mod pace;
mod report;

use pace::Pace;
use report::{Finding, Report, Zip};

/// Verifies one version, those of a module, or all; no when something is wrong.
///
/// # Errors
/// When the ledger or the root cannot be read.
pub(super) fn run(
    settings: &Settings,
    wanted: Option<&str>,
    rate: Option<u64>,
    json: bool,
) -> anyhow::Result<Answer> {
    prepare(HashCheck::On);
    let mut verifier = Verifier::new(settings, rate)?;
    let (module, version) = match wanted {
        None => (None, None),
        Some(name) => match name.split_once('@') {
            None => (Some(name), None),
            Some((module, version)) => (Some(module), Some(version)),
        },
    };
    match module {
        Some(module) => {
            let which =
                Which { module: Some(module.to_owned()), version: version.map(str::to_owned) };
            let entries = super::entries(settings, &which)?;
            if entries.is_empty() {
                complain(&format!("the ledger does not have {:?}", wanted.unwrap_or_default()));
                return Ok(Answer::Denied);
            }
            entries.iter().for_each(|entry| verifier.take(entry));
        }
        None => {
            verifier.journal();
            each(settings, |version| {
                verifier.take(&version.entry);
                Ok(())
            })?;
        }
    }
    verifier.finish(json)
}

/// The repository that was looked at last: versions of one follow each other.
struct Opened {
    name: String,
    code_root: String,
    git: Repository,
    clean: CleanTrees,
    sums: Sums,
}

struct Verifier {
    settings: Settings,
    directories: HashMap<String, PathBuf>,
    state: StateDir,
    limits: Limits,
    opened: Option<Opened>,
    pace: Pace,
    report: Report,
    is_watched: bool,
}

impl Verifier {
    fn new(settings: &Settings, rate: Option<u64>) -> anyhow::Result<Self> {
        let found = repositories(settings, &[])?;
        let state = StateDir::new(&settings.state);
        let mut report = Report::default();
        for folder in [state.cache(), state.kept()] {
            if let Err(error) = std::fs::read_dir(&folder) {
                report.skipped.push(format!("the zips in {folder:?}: {error}"));
            }
        }
        Ok(Self {
            settings: settings.clone(),
            directories: found.into_iter().map(|named| (named.name, named.directory)).collect(),
            state,
            limits: Limits::default(),
            opened: None,
            pace: Pace::new(rate),
            report,
            is_watched: io::stderr().is_terminal(),
        })
    }

    /// The chain of the journal, where it may be read.
    fn journal(&mut self) {
        let path = self.state.journal();
        if let Err(error) = File::open(&path) {
            self.report.skipped.push(format!("the journal {path:?}: {error}"));
            return;
        }
        match journal::verify(&path) {
            Ok(mark) => self.report.journal_lines = Some(mark.head.lines),
            Err(error) => self.report.journal_damage = Some(error.to_string()),
        }
        if let Ok(links) = lineage::links(&path) {
            links.into_iter().for_each(|link| self.sealed(link));
        }
    }

    /// A journal that was sealed.
    fn sealed(&mut self, Link { path, head, found }: Link) {
        match found {
            Found::Absent => self.report.skipped.push(format!(
                "the sealed journal {path:?} is not there (moved to an archive?); it ends with {}",
                head.hash
            )),
            Found::Whole => self.report.sealed_lines.push(head.lines),
            Found::Wrong(why) => {
                let told = || format!("{path:?}: {why}");
                self.report.journal_damage.get_or_insert_with(told);
            }
        }
    }

    /// Verifies one version. What is broken was promised to nobody.
    fn take(&mut self, entry: &Entry) {
        if !entry.occupies() {
            self.report.broken += 1;
            return;
        }
        self.report.checked += 1;
        self.report.unhashed += u64::from(entry.h1.is_none());
        let zip = self.zip(entry);
        for wrong in self.content(entry) {
            self.report.findings.push(Finding::of(entry, wrong, zip.as_deref()));
        }
        if self.is_watched {
            let (checked, bytes) = (self.report.checked, self.pace.bytes());
            let wrong = self.report.findings.len();
            progress(&format!("{checked} versions, {} MiB, {wrong} wrong", bytes >> 20));
        }
        self.pace.wait();
    }

    /// What is wrong with the content in the repository.
    fn content(&mut self, entry: &Entry) -> Vec<Wrong> {
        if let Err(wrong) = self.open(&entry.repository) {
            return vec![wrong];
        }
        let Some(opened) = &mut self.opened else { return Vec::new() };
        let site = Site {
            repository: &opened.name,
            code_root: &opened.code_root,
            objects: &opened.git,
            limits: &self.limits,
            clean: &opened.clean,
        };
        let found = site.recheck(entry, &mut opened.sums);
        self.pace.read(found.bytes);
        found.wrong
    }

    fn open(&mut self, name: &str) -> Result<(), Wrong> {
        if self.opened.as_ref().is_some_and(|opened| opened.name == name) {
            return Ok(());
        }
        self.opened = None;
        let gone = || Wrong::Gone { what: format!("repository {name:?} is not under the root") };
        let directory = self.directories.get(name).ok_or_else(gone)?;
        let git = Repository::open(directory).map_err(|error| match error {
            OpenError::NotARepository(_) => gone(),
            error => Wrong::Unreadable { what: error.to_string() },
        })?;
        let code_root = self.settings.code_root(name);
        let (clean, sums) = (CleanTrees::default(), Sums::default());
        self.opened = Some(Opened { name: name.to_owned(), code_root, git, clean, sums });
        Ok(())
    }

    /// A zip that is right, of those that are cached and kept.
    fn zip(&mut self, entry: &Entry) -> Option<PathBuf> {
        let h1 = entry.h1.as_ref()?;
        let cached = self.state.cache().join(file_name(h1));
        let cached = self.compared(entry, h1, cached, "it is built again from the repository");
        let kept = self.state.kept().join(kept_name(h1));
        let again = "it is built again from the repository when the daemon is started again";
        let kept = self.compared(entry, h1, kept, again);
        cached.or(kept)
    }

    /// The zip at `path`, if there is one and it is right.
    fn compared(&mut self, entry: &Entry, h1: &str, path: PathBuf, then: &str) -> Option<PathBuf> {
        let (length, found) = match hash(&path) {
            // There is none, or it may not be read, which was said before.
            Err(error) if is_absent(&error) => return None,
            Ok((length, found)) => (length, Ok(found)),
            Err(error) => (0, Err(error)),
        };
        self.pace.read(length);
        self.report.zips += 1;
        let found = found.unwrap_or_else(|error| error.to_string());
        if found == *h1 {
            return Some(path);
        }
        let zip = Zip::new(&path, h1, found);
        self.report.findings.push(Finding::of_zip(entry, zip, &format!("remove {path:?}: {then}")));
        None
    }

    fn finish(mut self, json: bool) -> anyhow::Result<Answer> {
        if self.is_watched {
            progress("");
        }
        self.report.bytes = self.pace.bytes();
        self.report.print(json)?;
        Ok(if self.report.is_fine() { Answer::Granted } else { Answer::Denied })
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
}

fn hash(path: &Path) -> io::Result<(u64, String)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((length, modzip::h1_of(BufReader::new(file))?))
}
