//! Commands to paste (K6).
//!
//! A tag that was refused never existed on the server: it is deleted, and its number is free. One that came in
//! stays, and the next number is advised. Which of the two holds is known only when the whole push is judged.

use crate::tags::{self, join};
use crate::version;

use super::case::TagCase;
use super::trial::Trial;

/// Advice for both outcomes of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fix {
    /// When the push is refused.
    pub(super) refused: String,
    /// When the tag comes in.
    pub(super) admitted: String,
}

impl Fix {
    /// The same advice either way.
    pub(super) fn same(lines: &[String]) -> Self {
        let text = lines.join("\n");
        Self { refused: text.clone(), admitted: text }
    }

    /// Change the files with these commands, commit, and release the commit. Its branch goes along.
    pub(super) fn mend(case: &TagCase<'_>, commands: &[String], message: &str) -> Self {
        let commit = format!("git commit -a -m {}", quote(message));
        let steps: Vec<String> = commands.iter().cloned().chain([commit]).collect();
        Self::after(case, &steps)
    }

    /// Take these steps, then tag again: the same number when it is free, else the next.
    pub(super) fn after(case: &TagCase<'_>, steps: &[String]) -> Self {
        let next = next_tag(case.trial, case.prefix, version::major(case.base));
        let commits = steps.iter().any(|step| step.starts_with("git commit "));
        let release = |tag: &str| if commits { release_head(tag) } else { release(tag, None) };
        let admitted = [steps, &release(&next)].concat().join("\n");
        let refused = if case.is_on_server() {
            admitted.clone()
        } else {
            let delete = [format!("git tag -d {}", quote(case.tag))];
            [&delete, steps, &release(case.tag)].concat().join("\n")
        };
        Self { refused, admitted }
    }

    /// Release the same commit under another tag.
    pub(super) fn rename(case: &TagCase<'_>, right: &str) -> Self {
        let admitted = release(right, Some(case.tag)).join("\n");
        let refused = if case.is_on_server() {
            admitted.clone()
        } else {
            let [tag, push] = release(right, Some(case.tag));
            [tag, format!("git tag -d {}", quote(case.tag)), push].join("\n")
        };
        Self { refused, admitted }
    }

    /// Release the same commit as one of the modules in these directories: which one, only the pusher knows.
    pub(super) fn choice(case: &TagCase<'_>, directories: &[String]) -> Self {
        let mut lines = vec!["# no directory of this commit has a go.mod".to_owned()];
        if !directories.is_empty() {
            lines = vec!["# the modules of this commit and their tags:".to_owned()];
        }
        for directory in directories {
            let tag = free_tag(case.trial, directory, case.base);
            let [tag, push] = release(&tag, Some(case.tag));
            let place = if directory.is_empty() { "." } else { directory };
            lines.push(format!("# {}:", quote(place)));
            lines.push(format!("#   {tag} && {push}"));
        }
        let admitted = lines.join("\n");
        let refused = if case.is_on_server() {
            admitted.clone()
        } else {
            format!("{admitted}\ngit tag -d {}", quote(case.tag))
        };
        Self { refused, admitted }
    }

    /// The same advice with explaining lines behind it; one that begins with two blanks is a command.
    pub(super) fn with(mut self, notes: &[String]) -> Self {
        for note in notes {
            for text in [&mut self.refused, &mut self.admitted] {
                text.push_str("\n# ");
                text.push_str(note);
            }
        }
        self
    }
}

/// Tag a commit (HEAD when none is named) and push the tag.
fn release(tag: &str, from: Option<&str>) -> [String; 2] {
    let tag = quote(tag);
    let create = match from {
        Some(from) => format!("git tag {tag} {}", quote(&format!("{from}^{{}}"))),
        None => format!("git tag {tag}"),
    };
    [create, format!("git push origin {tag}")]
}

/// Tag a commit that was just made, and push the tag together with the branch.
fn release_head(tag: &str) -> [String; 2] {
    let tag = quote(tag);
    [format!("git tag {tag}"), format!("git push origin HEAD {tag}")]
}

/// `go mod edit` on this go.mod; it prints nothing and keeps comments.
pub(super) fn edit(change: &str, go_mod: &str) -> String {
    let file = if go_mod == "go.mod" { String::new() } else { format!(" {}", quote(go_mod)) };
    format!("go mod edit {}{file}", quote(change))
}

/// The wanted tag where it is free, else the next of its series.
pub(super) fn free_tag(trial: &Trial<'_>, prefix: &str, wanted: &str) -> String {
    let taken = trial.versions(prefix).iter().any(|v| v == wanted);
    if taken { next_tag(trial, prefix, version::major(wanted)) } else { join(prefix, wanted) }
}

/// The tag after the highest one of this prefix and major: the next patch, or `vN.0.0` where there is none.
pub(super) fn next_tag(trial: &Trial<'_>, prefix: &str, major: &str) -> String {
    trial.remember_next(prefix, major, || {
        let versions = trial.versions(prefix);
        let recorded = trial.accepted_tags().map(tags::split);
        let recorded = recorded.filter_map(|(other, base)| (other == prefix).then_some(base));
        let all = versions.iter().map(String::as_str).chain(recorded);
        let highest =
            all.filter(|v| version::major(v) == major).max_by(|a, b| version::compare(a, b));
        let next = highest.and_then(next_patch);
        join(prefix, &next.unwrap_or_else(|| format!("{major}.0.0")))
    })
}

/// The release after a version: of a prerelease the release itself, else the next patch.
pub(super) fn next_patch(v: &str) -> Option<String> {
    let pre = version::prerelease(v);
    if !pre.is_empty() {
        return v.strip_suffix(pre).map(str::to_owned);
    }
    let (series, patch) = v.rsplit_once('.')?;
    Some(format!("{series}.{}", version::increment(patch)))
}

/// A word for a POSIX shell.
pub(super) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/+@=:,-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.chars().any(char::is_control) {
        quote_bytes(word.as_bytes())
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A word of any bytes for a POSIX shell, all of it visible: control characters, which no ref holds but a declared path
/// may, and names of files that are no text. An end of line at its end is lost.
pub(super) fn quote_bytes(word: &[u8]) -> String {
    let mut text = String::new();
    for byte in word {
        match byte {
            b'%' => text.push_str("%%"),
            b'\'' | b'\\' | 0..=0x1f | 0x7f.. => text.push_str(&format!("\\{byte:03o}")),
            plain => text.push(char::from(*plain)),
        }
    }
    format!("\"$(printf -- '{text}')\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell() {
        for (word, expected) in [
            ("v1.2.3", "v1.2.3"),
            ("v1^{}", "'v1^{}'"),
            ("", "''"),
            ("it's;rm", r"'it'\''s;rm'"),
            ("$(x)", "'$(x)'"),
            ("a\nb'\u{1b}%", r#""$(printf -- 'a\012b\047\033%%')""#),
        ] {
            assert_eq!(quote(word), expected);
        }
    }

    #[test]
    fn the_next_patch_is_free() {
        for (v, expected) in [
            ("v1.2.3", "v1.2.4"),
            ("v1.2.9", "v1.2.10"),
            ("v1.2.199", "v1.2.200"),
            ("v1.0.99999999999999999999", "v1.0.100000000000000000000"),
            ("v1.3.0-rc.1", "v1.3.0"),
        ] {
            assert_eq!(next_patch(v).as_deref(), Some(expected));
        }
    }
}
