//! Lines for a terminal: wrapped, cut and coloured, with nothing foreign in them that a terminal would act on.

use crate::quote::harmless;

use super::Color;

/// What is set off from the rest, where colour is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Refused.
    Bad,
    /// Let in with a warning.
    Doubtful,
    /// Good, or nothing to judge.
    Fine,
    /// Something to paste.
    Command,
}

impl Ink {
    const fn code(self) -> &'static str {
        match self {
            Self::Bad => "\u{1b}[1;31m",
            Self::Doubtful => "\u{1b}[1;33m",
            Self::Fine => "\u{1b}[32m",
            Self::Command => "\u{1b}[36m",
        }
    }
}

const PLAIN: &str = "\u{1b}[m";

/// Lines in the making.
#[derive(Debug)]
pub(super) struct Lines {
    text: String,
    width: usize,
    color: Color,
}

impl Lines {
    pub(super) const fn new(width: usize, color: Color) -> Self {
        Self { text: String::new(), width, color }
    }

    /// Lines that can be put behind these.
    pub(super) const fn more(&self) -> Self {
        Self::new(self.width, self.color)
    }

    pub(super) fn append(&mut self, lines: &Self) {
        self.text.push_str(&lines.text);
    }

    pub(super) fn count(&self) -> usize {
        self.text.lines().count()
    }

    /// Whether these words were said already.
    pub(super) fn hold(&self, words: &str) -> bool {
        self.text.contains(words)
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// An empty line, where there is not one already.
    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// One line, cut where it is too long.
    pub(super) fn cut(&mut self, text: &str) {
        let text = one_line(text);
        let mut end = 0;
        let mut used = 0;
        for c in text.chars() {
            used += columns_of(c);
            if used >= self.width && columns(&text) > self.width {
                self.push(&format!("{}…", &text[..end]));
                return;
            }
            end += c.len_utf8();
        }
        self.push(&text);
    }

    /// A sentence, wrapped at spaces; its lines after the first begin with `indent`.
    pub(super) fn wrap(&mut self, first: &str, indent: &str, text: &str) {
        for row in self.rows(first, indent, text) {
            self.push(&row);
        }
    }

    /// The same, of at most so many lines.
    pub(super) fn wrap_within(&mut self, rows: usize, indent: &str, text: &str) -> bool {
        let all = self.rows(indent, indent, text);
        all.iter().take(rows).for_each(|row| self.push(row));
        all.len() <= rows
    }

    /// A sentence that begins `modgate: WORD:`, the word in colour.
    pub(super) fn headline(&mut self, ink: Ink, word: &str, text: &str) {
        let start = self.text.len() + "modgate: ".len();
        self.wrap("", "  ", &format!("modgate: {word}: {text}"));
        if self.color == Color::Always {
            self.text.insert_str(start + word.len(), PLAIN);
            self.text.insert_str(start, ink.code());
        }
    }

    /// A line of advice: a command stays whole, so that it can be pasted; a comment is wrapped as comments are, save
    /// one that holds a command itself and therefore begins `#   `.
    pub(super) fn advice(&mut self, indent: &str, line: &str) {
        match line.strip_prefix("# ") {
            Some(words) if !words.starts_with("  ") => {
                self.wrap(&format!("{indent}# "), &format!("{indent}# "), words);
            }
            Some(_) => self.push(&format!("{indent}{}", one_line(line))),
            None if self.color == Color::Always => {
                self.push(&format!("{indent}{}{}{PLAIN}", Ink::Command.code(), one_line(line)));
            }
            None => self.push(&format!("{indent}{}", one_line(line))),
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn rows(&self, first: &str, indent: &str, text: &str) -> Vec<String> {
        let mut rows = Vec::new();
        let mut row = first.to_owned();
        let mut is_begun = false;
        for word in one_line(text).split(' ') {
            let room = self.width.saturating_sub(columns(&row) + usize::from(is_begun));
            if is_begun && columns(word) > room {
                rows.push(std::mem::replace(&mut row, indent.to_owned()));
            } else if is_begun {
                row.push(' ');
            }
            for c in word.chars() {
                if columns(&row) + columns_of(c) > self.width {
                    rows.push(std::mem::replace(&mut row, indent.to_owned()));
                }
                row.push(c);
            }
            is_begun = true;
        }
        rows.push(row);
        rows
    }
}

/// Foreign text in one line, with nothing invisible in it.
pub(super) fn one_line(text: &str) -> String {
    harmless(text).replace('\n', "\\n")
}

fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Columns of a visible character: scripts of East Asia and pictures take two. Marks that take none are escaped before.
const fn columns_of(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(write: impl Fn(&mut Lines), expected: &str) {
        let mut lines = Lines::new(20, Color::Never);
        write(&mut lines);
        assert_eq!(lines.finish(), expected);
    }

    #[test]
    fn sentences_are_wrapped_at_spaces_and_long_words_are_broken() {
        check(
            |l| l.wrap("", "  ", "one two three four five six"),
            "one two three four\n  five six\n",
        );
        check(|l| l.wrap("> ", "> ", &"x".repeat(30)), "> xxxxxxxxxxxxxxxxxx\n> xxxxxxxxxxxx\n");
        check(|l| l.wrap("", "", "0123456789012345678 90"), "0123456789012345678\n90\n");
        check(|l| l.wrap("", "", "日本語日本語日本語日本語"), "日本語日本語日本語日\n本語\n");
    }

    #[test]
    fn lines_are_cut_at_the_width() {
        check(|l| l.cut("12345678901234567890"), "12345678901234567890\n");
        check(|l| l.cut("123456789012345678901"), "1234567890123456789…\n");
        check(|l| l.cut("日本語日本語日本語日本語"), "日本語日本語日本語…\n");
    }

    #[test]
    fn commands_stay_whole_and_comments_are_wrapped_as_comments() {
        check(
            |l| l.advice("  ", "git push origin refs/tags/v1.0.0"),
            "  git push origin refs/tags/v1.0.0\n",
        );
        check(
            |l| l.advice("  ", "# one two three four five"),
            "  # one two three\n  # four five\n",
        );
        check(
            |l| l.advice("", "#   git push origin some/v1.0.0"),
            "#   git push origin some/v1.0.0\n",
        );
    }

    #[test]
    fn colour_begins_and_ends_in_one_line() {
        let mut lines = Lines::new(80, Color::Always);
        lines.headline(Ink::Bad, "refused", "tag v1.0.0\u{1b}[0m");
        lines.advice("  ", "git tag v1");
        let expected = "modgate: \u{1b}[1;31mrefused\u{1b}[m: tag v1.0.0\\u{1b}[0m\n  \u{1b}[36mgit tag v1\u{1b}[m\n";
        assert_eq!(lines.finish(), expected);
    }
}
