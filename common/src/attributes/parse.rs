//! The lines of a `.gitattributes` file (A8): a pattern or `[attr]name`, then attribute states.
//!
//! A line with one malformed attribute name is dropped as a whole, as git does.

use super::pattern::Pattern;

/// Lines of this length and above are ignored (A8).
const MAX_LINE: usize = 2048;

const MACRO_PREFIX: &[u8] = b"[attr]";

/// What a line says about an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// `-name`.
    False,
    /// `name=text`.
    Text(Box<[u8]>),
    /// `name`.
    True,
    /// `!name`: as if no line had said anything, but final.
    Unset,
}

/// An attribute, by number, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) attribute: usize,
    pub(super) value: Value,
}

/// A line that matters.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) pattern: Pattern,
    pub(super) states: Vec<State>,
}

/// A line as written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RawLine<'a> {
    Macro { name: Vec<u8>, states: Vec<(&'a [u8], Value)> },
    Pattern { pattern: Vec<u8>, states: Vec<(&'a [u8], Value)> },
}

/// The lines of a file, which ends at its first NUL.
pub(super) fn lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = file.iter().position(|byte| *byte == 0).unwrap_or(file.len());
    file[..end].split(|byte| *byte == b'\n')
}

/// Reads one line; `None` where it is blank, a comment, too long or malformed.
pub(super) fn line(line: &[u8]) -> Option<RawLine<'_>> {
    let start = skip_blanks(line);
    if matches!(start.first(), None | Some(b'#')) || line.len() >= MAX_LINE {
        return None;
    }
    let (pattern, rest) = match unquote(start) {
        Some((pattern, rest)) => (pattern, rest),
        None => {
            let (word, rest) = word(start);
            (word.to_vec(), rest)
        }
    };
    let states = states(rest)?;
    match pattern.strip_prefix(MACRO_PREFIX).filter(|name| !name.is_empty()) {
        Some(name) => {
            // In quotes there may be blanks.
            let name = word(skip_blanks(name)).0;
            is_name(name).then(|| RawLine::Macro { name: name.to_vec(), states })
        }
        None => Some(RawLine::Pattern { pattern, states }),
    }
}

fn states(mut rest: &[u8]) -> Option<Vec<(&[u8], Value)>> {
    let mut states = Vec::new();
    loop {
        rest = skip_blanks(rest);
        if rest.is_empty() {
            return Some(states);
        }
        let item;
        (item, rest) = word(rest);
        states.push(state(item)?);
    }
}

fn state(item: &[u8]) -> Option<(&[u8], Value)> {
    let equals = item.iter().position(|byte| *byte == b'=');
    let (name, text) = equals.map_or((item, None), |at| (&item[..at], Some(&item[at + 1..])));
    let (name, value) = match (name.first(), text) {
        // A sign outweighs `=text`.
        (Some(b'-'), _) => (&name[1..], Value::False),
        (Some(b'!'), _) => (&name[1..], Value::Unset),
        (_, Some(text)) => (name, Value::Text(text.into())),
        (_, None) => (name, Value::True),
    };
    is_name(name).then_some((name, value))
}

/// Whether git accepts this attribute name; names that begin with `builtin_` are its own.
fn is_name(name: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !name.is_empty()
        && name[0] != b'-'
        && name.iter().all(is_allowed)
        && !name.starts_with(b"builtin_")
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_blank(*byte)).unwrap_or(text.len());
    &text[start..]
}

fn word(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| is_blank(*byte)).unwrap_or(text.len()))
}

/// Reads a C-quoted string and gives what follows it; `None` where it is not one, and the quote then
/// counts as a plain byte.
fn unquote(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"\"")?;
    let mut content = Vec::new();
    loop {
        let (byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some((content, rest)),
            b'\\' => {
                let escaped;
                (escaped, rest) = unescape(rest)?;
                content.push(escaped);
            }
            byte => content.push(*byte),
        }
    }
}

fn unescape(text: &[u8]) -> Option<(u8, &[u8])> {
    let (byte, rest) = text.split_first()?;
    let value = match byte {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' | b'"' => *byte,
        b'0'..=b'3' => {
            let (digits, rest) = rest.split_at_checked(2)?;
            let digit = |d: u8| matches!(d, b'0'..=b'7').then(|| d - b'0');
            return Some(((byte - b'0') << 6 | digit(digits[0])? << 3 | digit(digits[1])?, rest));
        }
        _ => return None,
    };
    Some((value, rest))
}
