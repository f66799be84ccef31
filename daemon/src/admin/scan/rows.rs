//! The rows of a scan, as a table, as CSV, and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use modgate_common::quote::harmless;
use serde::Serialize;

/// What was found in one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    /// Its path under the root, less `.git`.
    pub repository: String,
    /// Modules that its tags name.
    pub modules: usize,
    /// Versions that consumers can use.
    pub releases: usize,
    /// Tags that would be refused, and versions that nobody could use.
    pub broken: usize,
    /// Tags that would come in with a warning.
    pub warned: usize,
    /// The rules that broken ones break, and how many break each.
    pub why: BTreeMap<String, usize>,
    /// Why it could not be judged.
    pub error: Option<String>,
}

impl Row {
    /// `RULE (N), RULE (N)`, the most frequent first.
    fn reasons(&self) -> String {
        if let Some(error) = &self.error {
            return one_line(&format!("could not be judged: {error}"));
        }
        let mut why: Vec<_> = self.why.iter().collect();
        why.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let reasons = why.iter().map(|(rule, count)| format!("{rule} ({count})"));
        reasons.collect::<Vec<_>>().join(", ")
    }

    fn numbers(&self) -> [usize; 4] {
        [self.modules, self.releases, self.broken, self.warned]
    }
}

/// Foreign text in one line, with nothing invisible in it.
fn one_line(text: &str) -> String {
    harmless(text).replace('\n', "\\n")
}

const HEAD: [&str; 4] = ["modules", "releases", "broken", "warned"];

/// For people: a line for each repository, and the sums.
pub(super) fn table(rows: &[Row]) -> String {
    let name = |row: &Row| one_line(&row.repository);
    let widest = rows.iter().map(|row| name(row).chars().count());
    let width = widest.chain(["repository".len()]).max().unwrap_or_default();
    let mut table = String::new();
    let mut line = |name: &str, cells: [String; 4], why: &str| {
        let mut line = format!("{name:<width$}");
        for (cell, head) in cells.iter().zip(HEAD) {
            let _ = write!(line, "  {cell:>columns$}", columns = head.len());
        }
        let _ = write!(line, "  {why}");
        table.push_str(line.trim_end());
        table.push('\n');
    };
    line("repository", HEAD.map(str::to_owned), "why");
    for row in rows {
        line(&name(row), row.numbers().map(|n| n.to_string()), &row.reasons());
    }
    let sum = |at: usize| rows.iter().map(|row| row.numbers()[at]).sum::<usize>().to_string();
    line(&format!("{} in all", rows.len()), [0, 1, 2, 3].map(sum), "");
    table
}

/// Comma-separated values (RFC 4180).
pub(super) fn csv(rows: &[Row]) -> String {
    let mut csv = format!("repository,{},why\r\n", HEAD.join(","));
    for row in rows {
        let numbers = row.numbers().map(|n| n.to_string()).join(",");
        let (repository, why) = (field(&one_line(&row.repository)), field(&row.reasons()));
        // Writing to a string does not fail.
        let _ = write!(csv, "{repository},{numbers},{why}\r\n");
    }
    csv
}

/// A field in quotes. A spreadsheet must not take it for a formula.
fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let why = [("module-path-mismatch".to_owned(), 1), ("gomod-syntax".to_owned(), 12)].into();
        let lib =
            Row { repository: "team/lib".to_owned(), modules: 2, releases: 105, ..Row::default() };
        vec![
            Row { broken: 13, warned: 3, why, ..lib },
            Row {
                repository: "=x\"\n\u{1b}".to_owned(),
                error: Some("object is missing\n\u{202e}".to_owned()),
                ..Row::default()
            },
        ]
    }

    #[test]
    fn a_table_has_a_line_for_each_repository_and_the_sums() {
        let expected = concat!(
            "repository   modules  releases  broken  warned  why\n",
            "team/lib           2       105      13       3  gomod-syntax (12), module-path-mismatch (1)\n",
            "=x\"\\n\\u{1b}        0         0       0       0  could not be judged: object is missing\\n\\u{202e}\n",
            "2 in all           2       105      13       3\n",
        );
        assert_eq!(table(&rows()), expected);
        assert_eq!(table(&[]).lines().count(), 2);
    }

    #[test]
    fn csv_quotes_what_is_foreign() {
        let expected = concat!(
            "repository,modules,releases,broken,warned,why\r\n",
            "\"team/lib\",2,105,13,3,\"gomod-syntax (12), module-path-mismatch (1)\"\r\n",
            "\"'=x\"\"\\n\\u{1b}\",0,0,0,0,\"could not be judged: object is missing\\n\\u{202e}\"\r\n",
        );
        assert_eq!(csv(&rows()), expected);
    }
}
