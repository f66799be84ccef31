//! What an administrator did to the ledger as a whole: kept in it for ever, with who, when and why.
//!
//! A decision (`ledger::decision`) is about one version; an operation is about where entries came from.

use serde::{Deserialize, Serialize};

use super::journal::Head;
use super::rfc3339;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum Act {
    /// Entries were taken over from another ledger, or an earlier state of this one: those of this line.
    Import {
        /// How many.
        entries: u64,
    },
    /// The ledger goes on from a backup. All lines before this one are the backup's.
    RestoreBackup {
        /// Where the backup ended.
        head: Head,
        /// Where the ledger ended that it took the place of; `None` where there was none that could be read.
        replaced: Option<Head>,
    },
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// What was done.
    #[serde(flatten)]
    pub act: Act,
    /// The account that did it.
    pub by: String,
    /// When, in seconds since 1970 (written as RFC 3339).
    #[serde(with = "rfc3339")]
    pub time: i64,
    /// Why, in the words of whoever did it.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::journal::Record;

    #[test]
    fn an_operation_is_written_flat_and_read_back() {
        let act = Act::RestoreBackup { head: Head::EMPTY, replaced: Some(Head::EMPTY) };
        let reason = "the disk died".to_owned();
        let record = Record::Operated(Operation {
            act,
            by: "alice".to_owned(),
            time: 1_700_000_000,
            reason,
        });
        let json = serde_json::to_string(&record).unwrap();
        let start = r#"{"kind":"operated","verb":"restore-backup","head":{"lines":0,"#;
        assert!(json.starts_with(start), "{json}");
        let end = r#""by":"alice","time":"2023-11-14T22:13:20Z","reason":"the disk died"}"#;
        assert!(json.ends_with(end), "{json}");
        assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
    }
}
