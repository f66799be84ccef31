//! Takes entries over from another ledger, without changing any that is there.

use std::collections::HashMap;

use super::{Store, StoreError};
use crate::ledger::Entry;
use crate::ledger::decision::Decision;
use crate::ledger::exchange::{Carried, Fate, Imported, fate};
use crate::ledger::journal::Record;
use crate::ledger::operation::{Act, Operation};

/// What an import is for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// To find out what it would do.
    Look,
    /// To write it, as one line that says so.
    Write(Operation),
}

impl Store {
    /// At most `limit` versions behind `after`, in the order of module and version, with what was decided about them.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn carried(
        &self,
        after: Option<(&str, &str)>,
        limit: usize,
    ) -> Result<Vec<Carried>, StoreError> {
        let with_decisions = |entry: Entry| {
            let decisions = self.decisions(&entry.module, Some(&entry.version))?;
            Ok(Carried { entry, decisions })
        };
        self.index.page(after, limit)?.into_iter().map(with_decisions).collect()
    }

    /// Takes these versions over; where the ledger says something else it stays, and that is in the outcome. On return
    /// the change is on disk.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; then nothing was.
    pub fn import(&self, versions: Vec<Carried>, purpose: Purpose) -> Result<Imported, StoreError> {
        let mut journal = self.journal();
        let (mut imported, mut records) = (Imported::default(), Vec::new());
        let mut owners: HashMap<String, Option<String>> = HashMap::new();
        for Carried { entry, decisions } in versions {
            let recorded = self.index.entry(&entry.module, &entry.version)?;
            if !owners.contains_key(&entry.module) {
                owners.insert(entry.module.clone(), self.owner(&entry.module)?);
            }
            let owner = owners.get(&entry.module).and_then(Option::as_deref);
            match fate(recorded.as_ref(), owner, &entry) {
                Fate::Clashes(clash) => imported.clashes.push(clash),
                Fate::Completes(whole) => {
                    imported.completed += 1;
                    records.push(Record::Entry(whole));
                }
                Fate::New => {
                    imported.new += 1;
                    if entry.tag.is_some() {
                        owners.insert(entry.module.clone(), Some(entry.repository.clone()));
                    }
                    let kept = decisions.into_iter().filter(|decision| is_kept(decision, &entry));
                    records.extend(kept.map(Record::Decided));
                    // What was served since the file was written, and whether a permission was used, it cannot say.
                    records.push(Record::Entry(Entry { served: true, may_move: false, ..entry }));
                }
                Fate::Same => imported.same += 1,
            }
        }
        if let Purpose::Write(operation) = purpose
            && !records.is_empty()
        {
            let act = Act::Import { entries: imported.new + imported.completed };
            records.insert(0, Record::Operated(Operation { act, ..operation }));
            self.append(&mut journal, &records)?;
        }
        Ok(imported)
    }
}

/// Decisions come along as history, those about the version.
fn is_kept(decision: &Decision, entry: &Entry) -> bool {
    decision.module == entry.module && decision.version == entry.version
}

#[cfg(test)]
mod tests {
    use super::super::tests::{entry, open};
    use super::*;
    use crate::ledger::State;
    use crate::ledger::decision::Verb;

    fn purpose() -> Purpose {
        let act = Act::Import { entries: 0 };
        let (by, reason) = ("alice".to_owned(), "the disk died".to_owned());
        Purpose::Write(Operation { act, by, time: 7, reason })
    }

    fn carried(entry: Entry) -> Carried {
        Carried { entry, decisions: Vec::new() }
    }

    #[test]
    fn an_import_writes_one_line_and_nothing_when_it_comes_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        store.write(&[entry("v1.0.0", 1), entry("v1.1.0", 2)]).unwrap();
        let before = store.head();
        let withdrawn = Entry { state: State::Withdrawn, may_move: true, ..entry("v1.2.0", 3) };
        let decision = Decision {
            module: withdrawn.module.clone(),
            version: "v1.2.0".to_owned(),
            verb: Verb::Withdraw,
            by: "alice".to_owned(),
            time: 0,
            reason: "x".to_owned(),
        };
        let versions = vec![
            carried(entry("v1.0.0", 1)),
            carried(entry("v1.1.0", 9)),
            Carried {
                entry: withdrawn.clone(),
                decisions: vec![
                    decision.clone(),
                    Decision { version: "v9.9.9".to_owned(), ..decision.clone() },
                ],
            },
        ];
        let looked = store.import(versions.clone(), Purpose::Look).unwrap();
        assert_eq!(store.head(), before, "looking writes nothing");
        let imported = store.import(versions.clone(), purpose()).unwrap();
        assert_eq!(imported, looked);
        assert_eq!((imported.new, imported.completed, imported.same), (1, 0, 1));
        assert_eq!(imported.clashes[0].what, "commit");
        assert_eq!(store.head().lines, before.lines + 1);
        let perhaps_served = Entry { served: true, may_move: false, ..withdrawn };
        assert_eq!(store.entry("h.io/team/lib", "v1.2.0").unwrap(), Some(perhaps_served));
        assert_eq!(store.entry("h.io/team/lib", "v1.1.0").unwrap(), Some(entry("v1.1.0", 2)));
        assert_eq!(store.decisions("h.io/team/lib", None).unwrap(), [decision]);
        assert!(!store.has_permissions(), "a permission is not taken over");
        let head = store.head();
        assert_eq!(store.import(versions, purpose()).unwrap().same, 2);
        assert_eq!(store.head(), head);
    }

    #[test]
    fn a_module_path_has_one_owner_within_an_import_too() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let elsewhere = Entry { repository: "other".to_owned(), ..entry("v1.1.0", 2) };
        let versions = vec![carried(entry("v1.0.0", 1)), carried(elsewhere)];
        let imported = store.import(versions, purpose()).unwrap();
        assert_eq!((imported.new, imported.clashes[0].what.as_str()), (1, "owner"));
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let all: Vec<Entry> = (0..5).map(|n| entry(&format!("v1.{n}.0"), 1)).collect();
        store.write(&all).unwrap();
        let mut found: Vec<Entry> = Vec::new();
        loop {
            let after = found.last().map(|last| (last.module.as_str(), last.version.as_str()));
            let page = store.carried(after, 2).unwrap();
            if page.is_empty() {
                break;
            }
            found.extend(page.into_iter().map(|version| version.entry));
        }
        assert_eq!(found, all);
    }
}
