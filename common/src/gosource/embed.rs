//! `//go:embed`: which lines there are, and which files a pattern means.

use super::lexer::Lexer;

/// The arguments of every `//go:embed` line outside of strings, with their line.
pub(super) fn directives(text: &[u8]) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    let mut lexer = Lexer::new(text);
    let mut line = 1_u32;
    let mut counted = 0;
    loop {
        let start = lexer.position();
        let token = lexer.next();
        // What lies between two tokens is white space and comments; a token has none of them inside that matters,
        // but for raw strings, whose lines begin after their quote.
        let end = lexer.position();
        let between = blank_before(&text[start..end]);
        for (number, comment) in between {
            line += lines(&text[counted..start + number]);
            counted = start + number;
            if let Some(arguments) = comment.strip_prefix(b"//go:embed")
                && arguments.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'))
            {
                found.extend(words(arguments).into_iter().map(|word| (word, line)));
            }
        }
        if token.is_none() {
            return found;
        }
    }
}

fn lines(text: &[u8]) -> u32 {
    u32::try_from(text.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// The line comments at the start of a text, with their offset.
fn blank_before(text: &[u8]) -> Vec<(usize, &[u8])> {
    let mut comments = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let rest = &text[at..];
        if rest.starts_with(b"//") {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            comments.push((at, rest[..end].trim_ascii_end()));
            at += end;
        } else if rest.starts_with(b"/*") {
            let end = rest.windows(2).skip(2).position(|window| window == b"*/");
            at += end.map_or(rest.len(), |end| end + 4);
        } else {
            return comments;
        }
    }
}

/// Words between blanks; a quoted one may hold blanks. The rest of a line that is not well formed is left out.
fn words(arguments: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(arguments);
    let mut words = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.chars().next() {
            Some(quote @ ('"' | '`')) => match rest[1..].find(quote) {
                Some(end) => (&rest[1..=end], &rest[end + 2..]),
                None => return words,
            },
            _ => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

/// A pattern of `//go:embed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    glob: String,
    takes_hidden: bool,
}

/// The pattern can match nothing, whatever files there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid pattern syntax")]
pub struct PatternError;

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When the go command would refuse it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let (glob, takes_hidden) = match text.strip_prefix("all:") {
            Some(glob) => (glob, true),
            None => (text, false),
        };
        let elements_are_fine =
            glob == "." || glob.split('/').all(|element| !matches!(element, "" | "." | ".."));
        if glob.is_empty() || !elements_are_fine || !is_glob(glob) {
            return Err(PatternError);
        }
        Ok(Self { glob: glob.to_owned(), takes_hidden })
    }

    /// Whether the file is one of those that the pattern means; `path` is relative to the package's directory. What
    /// matches may be the file itself, or a directory above it: below that, names that begin with `.` or `_` count
    /// only after `all:`.
    pub fn matches(&self, path: &str) -> bool {
        if matches(&self.glob, path) {
            return true;
        }
        let is_hidden = |rest: &str| rest.split('/').any(|element| element.starts_with(['.', '_']));
        if self.glob == "." {
            return self.takes_hidden || !is_hidden(path);
        }
        path.match_indices('/').any(|(at, _)| {
            matches(&self.glob, &path[..at]) && (self.takes_hidden || !is_hidden(&path[at + 1..]))
        })
    }
}

/// Whether the glob is well formed: every `[` has its end, and no `\` stands last.
fn is_glob(glob: &str) -> bool {
    let mut letters = glob.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.next().is_none() => return false,
            '[' => {
                let mut first = true;
                loop {
                    match letters.next() {
                        None => return false,
                        Some(']') if !first => break,
                        Some('\\') if letters.next().is_none() => return false,
                        Some('^') if first => continue,
                        Some(_) => {}
                    }
                    first = false;
                }
            }
            _ => {}
        }
    }
    true
}

/// Go's `path.Match`, for a glob that is well formed: `*` and `?` match no slash.
fn matches(glob: &str, path: &str) -> bool {
    let (glob, path): (Vec<char>, Vec<char>) = (glob.chars().collect(), path.chars().collect());
    let (mut g, mut p) = (0, 0);
    // Where to go on when a `*` must take one more.
    let mut star: Option<(usize, usize)> = None;
    loop {
        if g == glob.len() && p == path.len() {
            return true;
        }
        if glob.get(g) == Some(&'*') {
            star = Some((g + 1, p));
            g += 1;
            continue;
        }
        if let Some((letter, next)) =
            path.get(p).and_then(|letter| Some((letter, one(&glob, g, *letter)?)))
        {
            let _ = letter;
            (g, p) = (next, p + 1);
            continue;
        }
        match star {
            Some((after, taken)) if path.get(taken).is_some_and(|letter| *letter != '/') => {
                star = Some((after, taken + 1));
                (g, p) = (after, taken + 1);
            }
            _ => return false,
        }
    }
}

/// Where the glob goes on if the part at `g` matches this letter.
fn one(glob: &[char], g: usize, letter: char) -> Option<usize> {
    match *glob.get(g)? {
        '?' => (letter != '/').then_some(g + 1),
        '\\' => (*glob.get(g + 1)? == letter).then_some(g + 2),
        '[' => class(glob, g + 1, letter),
        plain => (plain == letter).then_some(g + 1),
    }
}

/// Where the glob goes on behind a class that holds the letter.
fn class(glob: &[char], start: usize, letter: char) -> Option<usize> {
    let is_negated = glob.get(start) == Some(&'^');
    let mut at = start + usize::from(is_negated);
    let (mut is_first, mut holds) = (true, false);
    let bound = |at: &mut usize| {
        if glob.get(*at) == Some(&'\\') {
            *at += 1;
        }
        let bound = glob.get(*at).copied();
        *at += 1;
        bound
    };
    while is_first || glob.get(at) != Some(&']') {
        is_first = false;
        let low = bound(&mut at)?;
        let mut high = low;
        if glob.get(at) == Some(&'-') {
            at += 1;
            high = bound(&mut at)?;
        }
        holds |= (low..=high).contains(&letter);
    }
    (holds != is_negated && letter != '/').then_some(at + 1)
}
