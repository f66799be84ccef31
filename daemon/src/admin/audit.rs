//! `modgate audit`: every accepted version beside the refs as they are now.
//!
//! The repositories are read here and now, with or without a daemon; the ledger is asked through it, or read as files.
//! What was recorded says since when; what was not is news.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::bail;
use modgate_common::control::{Which, path};
use modgate_common::intake::Site;
use modgate_common::io::repo::{HashCheck, Peeled, Repository, prepare};
use modgate_common::io::state_dir::StateDir;
use modgate_common::ledger::drift::{self, Drift, Seen};
use modgate_common::ledger::{Entry, State};
use modgate_common::modzip::{CleanTrees, Limits, Sums};
use modgate_common::objects::{Fault, ObjectId, Objects, Refs};
use modgate_common::settings::Settings;

use super::{Answer, Named, Source, complain, print, print_json};
use crate::clock;
use crate::kept::kept_name;

mod row;

use row::{Content, Row};

/// Compares; no when there is drift.
///
/// # Errors
/// When a repository or the ledger cannot be read; what could be compared was printed.
pub(crate) fn run(settings: &Settings, named: &[String], json: bool) -> anyhow::Result<Answer> {
    prepare(HashCheck::On);
    // Read before the ledger is opened: that may give up rights of root.
    let mut seen = Repositories::read(settings, named)?;
    let source = Source::open(settings)?;
    let entries = seen.choose(entries(&source)?)?;
    let known = open_drifts(&source)?;
    let mut rows = Vec::new();
    for (name, entries) in &entries {
        match seen.audit(settings, name, entries, &known) {
            Ok(found) => rows.extend(found),
            Err(error) => seen.unreadable.push(format!("{name:?}: {error}")),
        }
    }
    let compared: usize = entries.values().map(Vec::len).sum();
    if json {
        print_json(&rows)?;
    } else {
        rows.iter().try_for_each(|row| print(&row.text()))?;
        print(&format!("{compared} accepted versions compared, {} drifted\n", rows.len()))?;
    }
    if !seen.unreadable.is_empty() {
        seen.unreadable.iter().for_each(|problem| complain(problem));
        bail!("not everything could be compared");
    }
    Ok(if rows.is_empty() { Answer::Granted } else { Answer::Denied })
}

fn entries(source: &Source) -> anyhow::Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = match source {
        Source::Daemon(client) => client.post(path::ENTRIES, &Which::default())?,
        Source::Files(store) => store.entries(None)?,
    };
    entries.retain(Entry::occupies);
    Ok(entries)
}

fn open_drifts(source: &Source) -> anyhow::Result<BTreeMap<String, Drift>> {
    let open: Vec<Drift> = match source {
        Source::Daemon(client) => client.post(path::DRIFTS, &Which::default())?,
        Source::Files(store) => store.open_drifts()?,
    };
    Ok(open.into_iter().map(|drift| (drift.name(), drift)).collect())
}

/// A repository as it is now.
struct Here {
    directory: PathBuf,
    git: Repository,
    refs: Refs,
}

/// What lies under the root.
struct Repositories {
    here: BTreeMap<String, Here>,
    /// Named on the command line, and not there: the ledger may know them.
    missing: BTreeSet<String>,
    /// Whether all are wanted.
    all: bool,
    unreadable: Vec<String>,
    root: PathBuf,
    /// The folder of kept zips.
    kept: PathBuf,
}

impl Repositories {
    fn read(settings: &Settings, named: &[String]) -> anyhow::Result<Self> {
        let root = super::root(settings)?;
        let mut missing = BTreeSet::new();
        let found = if named.is_empty() {
            super::repositories(settings, &[])?
        } else {
            let mut found = Vec::new();
            for name in named {
                match super::repository(&root, name) {
                    Ok(one) => found.push(one),
                    Err(_) => {
                        let bare = name.trim_end_matches('/');
                        missing.insert(bare.strip_suffix(".git").unwrap_or(bare).to_owned());
                    }
                }
            }
            found
        };
        let mut this = Self {
            here: BTreeMap::new(),
            missing,
            all: named.is_empty(),
            unreadable: Vec::new(),
            root,
            kept: StateDir::new(&settings.state).kept(),
        };
        for Named { name, directory } in found {
            if settings.policy.is_mirror(&name) {
                continue;
            }
            let read = Repository::open(&directory).map_err(|error| error.to_string());
            match read.and_then(|git| {
                let (refs, _) = git.refs(&Peeled::new()).map_err(|error| error.to_string())?;
                Ok((git, refs))
            }) {
                Ok((git, refs)) => drop(this.here.insert(name, Here { directory, git, refs })),
                Err(error) => this.unreadable.push(format!("{name:?}: {error}")),
            }
        }
        Ok(this)
    }

    /// The entries that are wanted, by repository.
    fn choose(&self, entries: Vec<Entry>) -> anyhow::Result<BTreeMap<String, Vec<Entry>>> {
        let mut chosen: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for entry in entries {
            let name = &entry.repository;
            if self.all || self.here.contains_key(name) || self.missing.contains(name) {
                chosen.entry(name.clone()).or_default().push(entry);
            }
        }
        if let Some(name) = self.missing.iter().find(|name| !chosen.contains_key(*name)) {
            bail!(
                "{name:?} is no bare repository under the root {:?}, and the ledger does not know it",
                self.root
            );
        }
        Ok(chosen)
    }

    /// What disagrees in one repository.
    fn audit(
        &self,
        settings: &Settings,
        name: &str,
        entries: &[Entry],
        known: &BTreeMap<String, Drift>,
    ) -> Result<Vec<Row>, Fault> {
        let here = self.here.get(name);
        if settings.policy.is_mirror(name) || (here.is_none() && self.is_there(name)) {
            return Ok(Vec::new());
        }
        let mut sums = Sums::default();
        let code_root = settings.code_root(name);
        let found = drift::find(entries, here.map(|here| &here.refs), clock::now());
        let mut rows = Vec::new();
        for mut drift in found {
            let recorded = known.get(&drift.name()).filter(|known| known.is_same(&drift));
            match (recorded, here) {
                (Some(recorded), _) => drift.new_h1.clone_from(&recorded.new_h1),
                (None, Some(here)) => drift.new_h1 = here.h1(&code_root, &drift, &mut sums),
                (None, None) => {}
            }
            let since = recorded.map(|recorded| recorded.time);
            let content = self.content(name, drift.commit, drift.h1.as_deref())?;
            let is_withdrawn = entries
                .iter()
                .any(|entry| entry.state == State::Withdrawn && entry.name() == drift.name());
            let directory = here.map(|here| &*here.directory);
            let row = Row::of(drift, since, content, directory);
            rows.push(if is_withdrawn { row.withdrawn() } else { row });
        }
        // What was served of a commit without a tag has no ref to be compared with: it is there, or lost.
        for entry in entries.iter().filter(|entry| entry.tag.is_none()) {
            let content = self.content(name, entry.commit, entry.h1.as_deref())?;
            if content == Content::Gone {
                rows.push(Row::lost(entry));
            }
        }
        Ok(rows)
    }

    /// Where accepted content is now.
    fn content(&self, name: &str, commit: ObjectId, h1: Option<&str>) -> Result<Content, Fault> {
        let has = |here: &Here| match here.git.commit(commit) {
            Ok(_) => Ok(true),
            Err(Fault::Missing(_)) => Ok(false),
            Err(fault) => Err(fault),
        };
        if self.here.get(name).map(has).transpose()? == Some(true) {
            return Ok(Content::Repository);
        }
        let kept = h1.map(|h1| self.kept.join(kept_name(h1)));
        if kept.is_some_and(|zip| zip.exists()) {
            return Ok(Content::Kept);
        }
        // Only where the repository itself is gone, others are asked.
        let is_gone = !self.here.contains_key(name);
        let is_elsewhere = is_gone && self.here.values().any(|here| has(here).unwrap_or(false));
        Ok(if is_elsewhere { Content::Elsewhere } else { Content::Gone })
    }

    /// Whether something is there that could not be read.
    fn is_there(&self, name: &str) -> bool {
        !crate::discover::is_gone(&self.root, name)
    }
}

impl Here {
    /// The h1 that a version would have where its tag is now; none where it could not be used there.
    fn h1(&self, code_root: &str, drift: &Drift, sums: &mut Sums) -> Option<String> {
        let commit = drift.new_commit.filter(|_| drift.seen == Seen::Moved)?;
        let (limits, clean) = (Limits::default(), CleanTrees::default());
        let site = Site {
            repository: &drift.repository,
            code_root,
            objects: &self.git,
            limits: &limits,
            clean: &clean,
        };
        site.h1_at(&drift.module, &drift.version, commit, sums).unwrap_or_default()
    }
}
