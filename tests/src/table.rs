//! A table of queries: each row is asked of modgate over HTTP and of the go command, and both must give the
//! answer that the row says.
//!
//! All rows of a table are one call of the go command with one module cache, so what a query answers does not
//! depend on the other rows, but `Origin.Ref` does (O4): only modgate's is compared with the row.

use std::fmt::Display;

use crate::compare::facts;
use crate::daemon::Daemon;
use crate::golang::Go;
use crate::http;

/// Rows to ask.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    module: String,
    query: String,
    expected: String,
    judged: bool,
}

/// What modgate answers to `.info` of a query, or to `@latest`: `VERSION REF` (`-` where there is no ref), or
/// `no: REASON` for a 404.
#[track_caller]
pub fn info(daemon: &Daemon, module: &str, query: &str) -> String {
    let answer = daemon.get(&match query {
        "latest" => format!("/{}/@latest", http::escape(module)),
        _ => path(module, query, ".info"),
    });
    if answer.status != 200 {
        return refusal(&answer);
    }
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let reference = json["Origin"]["Ref"].as_str().unwrap_or("-");
    format!("{} {reference}", text("Version"))
}

/// What modgate says where there is nothing: `no: REASON` for a 404, the whole answer for anything else.
pub fn refusal(answer: &http::Answer) -> String {
    let text = answer.text();
    match text.strip_prefix("not found: ").and_then(|rest| rest.strip_suffix('\n')) {
        Some(reason) if answer.status == 404 => format!("no: {reason}"),
        _ => answer.to_string(),
    }
}

/// `/M/@v/REV.KIND` as a client sends it (X3).
pub fn path(module: &str, revision: &str, kind: &str) -> String {
    let mut encoded = String::new();
    for byte in http::escape(revision).bytes() {
        match byte {
            b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'+'
            | b'='
            | b'&'
            | b'@'
            | b'$' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("/{}/@v/{encoded}{kind}", http::escape(module))
}

impl Table {
    /// Adds a query and the answer as [`info`] writes it.
    pub fn row(&mut self, module: &str, query: impl Display, expected: impl Display) -> &mut Self {
        self.add(module, query, expected, true)
    }

    /// The same for a row that the go command is not asked: it answers by itself, or otherwise on purpose.
    pub fn ours(&mut self, module: &str, query: impl Display, expected: impl Display) -> &mut Self {
        self.add(module, query, expected, false)
    }

    fn add(
        &mut self,
        module: &str,
        query: impl Display,
        expected: impl Display,
        judged: bool,
    ) -> &mut Self {
        let (query, expected) = (query.to_string(), expected.to_string());
        self.rows.push(Row { module: module.to_owned(), query, expected, judged });
        self
    }

    /// Asks both. Every row that differs is told.
    #[track_caller]
    pub fn check(&self, daemon: &Daemon, direct: &Go) {
        let mut wrong = Vec::new();
        for row in &self.rows {
            let found = info(daemon, &row.module, &row.query);
            if found != row.expected {
                wrong.push(row.difference("modgate", &found));
            }
        }
        let judged: Vec<&Row> = self.rows.iter().filter(|row| row.judged).collect();
        let names: Vec<String> =
            judged.iter().map(|row| format!("{}@{}", row.module, row.query)).collect();
        for (row, download) in judged.iter().zip(direct.download_all(&names)) {
            let found = match facts(&download) {
                Ok(facts) => facts.version,
                Err(error) => format!("no: {error}"),
            };
            if !row.is_same(&found) {
                wrong.push(row.difference("the go command", &found));
            }
        }
        assert!(wrong.is_empty(), "{} answers differ:\n{}", wrong.len(), wrong.join("\n"));
    }
}

impl Row {
    /// Whether the go command says what the row does: the version, or the reason in its words.
    fn is_same(&self, found: &str) -> bool {
        match self.expected.strip_prefix("no: ") {
            Some(reason) => {
                let found = found.replace('\n', "; ");
                found.strip_prefix("no: ").is_some_and(|found| found == reason)
            }
            None => self.expected.split(' ').next() == Some(found),
        }
    }

    fn difference(&self, who: &str, found: &str) -> String {
        let Self { module, query, expected, .. } = self;
        format!("{module}@{query}:\n  expected {expected}\n  {who} {found}")
    }
}
