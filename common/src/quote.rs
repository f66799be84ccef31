//! Text from outside in the go command's quotes (`%q`).
//!
//! Go error texts carry names the way `strconv.Quote` writes them: printable characters as they are,
//! all else escaped, bytes that are no UTF-8 as `\xNN`. Nothing that is printed so can control a
//! terminal. Rust's `{:?}` is as safe, but spells escapes otherwise.

use std::fmt::Write as _;

use crate::unicode::is_print;

/// `text` in double quotes. It may be any bytes: git's names need not be UTF-8.
///
/// ```
/// use modgate_common::quote::quote;
/// assert_eq!(quote("tab\t\"é\""), r#""tab\t\"é\"""#);
/// assert_eq!(quote(b"\xff\x1b"), r#""\xff\x1b""#);
/// ```
pub fn quote(text: impl AsRef<[u8]>) -> String {
    let mut out = String::from('"');
    for chunk in text.as_ref().utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_escaped(&mut out, c, '"'));
        for byte in chunk.invalid() {
            push_hex(&mut out, 'x', 2, u32::from(*byte));
        }
    }
    out.push('"');
    out
}

/// The text with everything escaped that is not plainly visible: controls, marks of text direction, joiners, private
/// and unassigned characters. Quotes and backslashes stay, or commands in it would no longer work; so do the ends of
/// its lines.
///
/// ```
/// use modgate_common::quote::harmless;
/// assert_eq!(harmless("say 'é'\nred\u{1b}[31m"), "say 'é'\nred\\u{1b}[31m");
/// ```
pub fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '"' | '\'' | '\\' | '\n') {
            harmless.push(c);
        } else {
            harmless.extend(c.escape_debug());
        }
    }
    harmless
}

/// A text of at most so many characters: of a longer one the middle is left out, since both ends of a message say
/// something.
///
/// ```
/// use modgate_common::quote::shortened;
/// assert_eq!(shortened("0123456789", 9), "012345…89");
/// ```
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    let tail = most / 4;
    let head: String = text.chars().take(most.saturating_sub(tail + 1)).collect();
    let tail: String = text.chars().rev().take(tail).collect();
    format!("{head}…{}", tail.chars().rev().collect::<String>())
}

/// `c` in single quotes.
pub fn quote_char(c: char) -> String {
    let mut out = String::from('\'');
    push_escaped(&mut out, c, '\'');
    out.push('\'');
    out
}

fn push_escaped(out: &mut String, c: char, delimiter: char) {
    match c {
        '\\' => out.push_str(r"\\"),
        '\x07' => out.push_str(r"\a"),
        '\x08' => out.push_str(r"\b"),
        '\x0C' => out.push_str(r"\f"),
        '\n' => out.push_str(r"\n"),
        '\r' => out.push_str(r"\r"),
        '\t' => out.push_str(r"\t"),
        '\x0B' => out.push_str(r"\v"),
        _ if c == delimiter => out.extend(['\\', c]),
        _ if is_print(c) => out.push(c),
        _ if c.is_ascii() => push_hex(out, 'x', 2, u32::from(c)),
        '\u{80}'..='\u{FFFF}' => push_hex(out, 'u', 4, u32::from(c)),
        _ => push_hex(out, 'U', 8, u32::from(c)),
    }
}

fn push_hex(out: &mut String, kind: char, width: usize, value: u32) {
    // Writing into a string cannot fail.
    let _ = write!(out, "\\{kind}{value:0width$x}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_go_quotes_them() {
        for (text, expected) in [
            ("", r#""""#),
            ("a/b c", r#""a/b c""#),
            ("it's \"q\" \\", r#""it's \"q\" \\""#),
            ("\x07\x08\x0C\n\r\t\x0B", r#""\a\b\f\n\r\t\v""#),
            ("\0\x1b\x7f", r#""\x00\x1b\x7f""#),
            ("é日\u{301}😀\u{FFFD}", "\"é日\u{301}😀\u{FFFD}\""),
            ("\u{80}\u{A0}\u{AD}\u{202E}\u{FEFF}", r#""\u0080\u00a0\u00ad\u202e\ufeff""#),
            ("\u{E0001}\u{10FFFF}", r#""\U000e0001\U0010ffff""#),
        ] {
            assert_eq!(quote(text), expected, "{text:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_escaped_one_by_one() {
        for (text, expected) in [
            (&b"a\xffb"[..], r#""a\xffb""#),
            (b"\xe6\x97", r#""\xe6\x97""#),
            (b"\xed\xa0\x80", r#""\xed\xa0\x80""#),
            (b"\xf0\x9f\x98x\xc0\x80", r#""\xf0\x9f\x98x\xc0\x80""#),
            (b"\xf4\x90\x80\x80", r#""\xf4\x90\x80\x80""#),
        ] {
            assert_eq!(quote(text), expected, "{text:?}");
        }
    }

    #[test]
    fn characters_have_single_quotes() {
        for (c, expected) in [
            ('"', r#"'"'"#),
            ('\'', r"'\''"),
            ('\\', r"'\\'"),
            ('\n', r"'\n'"),
            ('\u{A0}', r"'\u00a0'"),
            ('😀', "'😀'"),
        ] {
            assert_eq!(quote_char(c), expected);
        }
    }
}
