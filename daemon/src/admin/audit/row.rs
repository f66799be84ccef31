//! One version that drifted, as it is printed: what it was, what it would be, and what to do.

use std::path::Path;

use modgate_common::ledger::Entry;
use modgate_common::ledger::drift::{Drift, Seen};
use modgate_common::quote::harmless;
use modgate_common::timestamp;
use serde::Serialize;

use crate::drift::words;

/// Where the accepted content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Content {
    /// In another repository.
    Elsewhere,
    /// Nowhere: the version is answered with 403.
    Gone,
    /// In a kept zip.
    Kept,
    /// In the repository.
    Repository,
    /// Wherever it is: an administrator withdrew the version.
    Withdrawn,
}

/// A version that drifted.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    module: String,
    version: String,
    repository: String,
    tag: Option<String>,
    /// `gone`, `moved` or `repository-gone`; `lost` for a version without a tag whose content is gone.
    seen: &'static str,
    commit: String,
    h1: Option<String>,
    new_commit: Option<String>,
    new_h1: Option<String>,
    /// When the daemon noticed; none where it has not yet.
    since: Option<String>,
    content: Content,
    /// In words.
    what: String,
    /// Commands, and remarks that begin with `#`.
    advice: Vec<String>,
}

impl Row {
    /// A version whose tag or repository is not as it was.
    pub(super) fn of(
        drift: Drift,
        since: Option<i64>,
        content: Content,
        directory: Option<&Path>,
    ) -> Self {
        Self {
            what: words(&drift),
            advice: advice(&drift, content, directory),
            seen: drift.seen.name(),
            commit: drift.commit.to_string(),
            new_commit: drift.new_commit.map(|id| id.to_string()),
            since: since.and_then(timestamp::rfc3339),
            content,
            module: drift.module,
            version: drift.version,
            repository: drift.repository,
            tag: Some(drift.tag),
            h1: drift.h1,
            new_h1: drift.new_h1,
        }
    }

    /// The same of a version that is withdrawn already: consumers get nothing of it, wherever its content is.
    pub(super) fn withdrawn(mut self) -> Self {
        self.content = Content::Withdrawn;
        let last = withdraw(&self.module, &self.version);
        self.advice.retain(|line| *line != last);
        if let Some(line) = self.advice.last_mut().filter(|line| line.starts_with("# or, ")) {
            *line = "# it is withdrawn: it may as well stay so".to_owned();
        }
        self
    }

    /// A version without a tag, the commit of which nobody has any more.
    pub(super) fn lost(entry: &Entry) -> Self {
        let Entry { module, version, repository, commit, h1, .. } = entry.clone();
        Self {
            what: format!("commit {} is gone from repository {repository:?}", commit.short()),
            advice: vec![
                format!(
                    "# push commit {commit} again from a clone that has it, on any branch, or:"
                ),
                withdraw(&module, &version),
            ],
            seen: "lost",
            commit: commit.to_string(),
            new_commit: None,
            new_h1: None,
            since: None,
            content: Content::Gone,
            tag: None,
            module,
            version,
            repository,
            h1,
        }
    }

    /// The same for people.
    pub(super) fn text(&self) -> String {
        let unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let mut text = format!("{}@{}: {}\n", self.module, self.version, self.what);
        let mut row = |name: &str, value: String| text.push_str(&format!("  {name:<9}{value}\n"));
        row("accepted", format!("{} {}", self.commit, unknown(&self.h1)));
        if let Some(new) = &self.new_commit {
            row("now", format!("{new} {}", unknown(&self.new_h1)));
        }
        if self.seen != "lost" {
            let not_yet = || "not recorded yet".to_owned();
            row("since", self.since.clone().unwrap_or_else(not_yet));
        }
        row("content", self.content.words().to_owned());
        for line in &self.advice {
            text.push_str(&format!("    {}\n", harmless(line)));
        }
        text
    }
}

impl Content {
    const fn words(self) -> &'static str {
        match self {
            Self::Elsewhere => "in another repository: consumers get what was accepted",
            Self::Kept => "in a kept zip: consumers get what was accepted",
            Self::Gone => "gone: consumers get status 403",
            Self::Repository => "in the repository: consumers get what was accepted",
            Self::Withdrawn => "withdrawn: consumers get status 403",
        }
    }
}

fn advice(drift: &Drift, content: Content, directory: Option<&Path>) -> Vec<String> {
    let Drift { module, version, repository, tag, commit, .. } = drift;
    let reference = format!("refs/tags/{tag}");
    let put_back = match (directory, content) {
        (None, _) => vec![format!(
            "# bring the repository back as {repository:?}, under its old name or from a backup, or:"
        )],
        (Some(directory), Content::Repository) => {
            let directory = quoted(&directory.to_string_lossy());
            vec![
                match drift.seen {
                    Seen::Moved => "# put the tag back, and release what it holds now under another version:",
                    _ => "# put the tag back:",
                }
                .to_owned(),
                format!("git -C {directory} update-ref {} {commit}", quoted(&reference)),
                "# or, where nobody may use the version:".to_owned(),
            ]
        }
        (Some(_), _) => vec![
            "# in a clone that has the commit (after git -C REPOSITORY update-ref -d, where the tag is elsewhere):"
                .to_owned(),
            format!("git push origin {}", quoted(&format!("{commit}:{reference}"))),
            "# or, where nobody has it any more:".to_owned(),
        ],
    };
    let and_then = withdraw(module, version);
    let is_moved = drift.seen == Seen::Moved;
    let look =
        is_moved.then(|| "# who moved it? the content was changed behind the gate".to_owned());
    look.into_iter().chain(put_back).chain([and_then]).collect()
}

fn withdraw(module: &str, version: &str) -> String {
    format!("modgate ledger withdraw {module} {version} --reason 'WHY'")
}

/// A word as the shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:+@".contains(c);
    if word.chars().all(is_plain) && !word.is_empty() {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell_where_need_be() {
        assert_eq!(quoted("refs/tags/v1.0.0-rc+x"), "refs/tags/v1.0.0-rc+x");
        assert_eq!(quoted("/srv/a b/it's"), r"'/srv/a b/it'\''s'");
        assert_eq!(quoted("refs/tags/$(x)"), "'refs/tags/$(x)'");
    }
}
