//! Go's string literals taken apart (`strconv.Unquote`).
//!
//! Literals of a go.mod are `"…"` with escapes and, for the module line scanner only, backquoted
//! text (F9, D7). Making them is the business of [`crate::quote`].

use super::runes::decode;

/// The value of a literal that starts with `"` or a backquote; `None` where Go says `invalid syntax`.
pub(super) fn unquote(literal: &[u8]) -> Option<Vec<u8>> {
    let (quote, rest) = literal.split_first()?;
    let (end, body) = rest.split_last()?;
    if quote != end {
        return None;
    }
    match quote {
        b'"' => unescape(body),
        // Go drops carriage returns from raw strings.
        b'`' if !body.contains(&b'`') => {
            Some(body.iter().copied().filter(|&b| b != b'\r').collect())
        }
        _ => None,
    }
}

/// Resolves the escapes between two `"`.
fn unescape(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut value = Vec::with_capacity(body.len());
    while let Some((rune, length)) = decode(body) {
        body = &body[length..];
        match rune {
            '\n' | '"' => return None,
            '\\' => body = escape(body, &mut value)?,
            _ => push_rune(rune, &mut value),
        }
    }
    Some(value)
}

/// Resolves one escape, of which the backslash is taken, and answers with what follows it.
fn escape<'a>(text: &'a [u8], value: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&kind, rest) = text.split_first()?;
    let byte = match kind {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        // `\'` is for character literals only.
        b'\\' | b'"' => kind,
        // These two give a byte, which need not be UTF-8.
        b'x' => return number(rest, 2, 16, |n| value.push(n)),
        b'0'..=b'7' => return number(text, 3, 8, |n| value.push(n)),
        b'u' => return number(rest, 4, 16, |n| push_rune(n, value)),
        b'U' => return number(rest, 8, 16, |n| push_rune(n, value)),
        _ => return None,
    };
    value.push(byte);
    Some(rest)
}

/// Reads exactly `digits` digits and gives their value to `push`, unless it is out of range for `T`.
fn number<T: TryFrom<u32>>(
    text: &[u8],
    digits: usize,
    radix: u32,
    push: impl FnOnce(T),
) -> Option<&[u8]> {
    let (number, rest) = text.split_at_checked(digits)?;
    let mut value = 0_u32;
    for &digit in number {
        // Eight hexadecimal digits just fit.
        value = value * radix + char::from(digit).to_digit(radix)?;
    }
    push(T::try_from(value).ok()?);
    Some(rest)
}

fn push_rune(rune: char, value: &mut Vec<u8>) {
    value.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::unquote;
    use crate::quote::quote;

    #[track_caller]
    fn check_unquote(literal: impl AsRef<[u8]>, expected: Option<&[u8]>) {
        let literal = literal.as_ref();
        assert_eq!(unquote(literal).as_deref(), expected, "{:?}", String::from_utf8_lossy(literal));
    }

    // Rules: F9
    #[test]
    fn escapes_are_resolved_as_go_does() {
        check_unquote(r#""""#, Some(b""));
        check_unquote(r#""a b""#, Some(b"a b"));
        check_unquote(r#""\a\b\f\n\r\t\v\\\"""#, Some(b"\x07\x08\x0c\n\r\t\x0b\\\""));
        check_unquote(r#""\x41\101\377\xff""#, Some(b"AA\xff\xff"));
        check_unquote(r#""\u00e9\U0001F600""#, Some("\u{e9}\u{1f600}".as_bytes()));
        check_unquote(b"\"\xff\"", Some("\u{fffd}".as_bytes()));
        check_unquote("\"\0\t\r\"", Some(b"\0\t\r"));
        check_unquote("`a\\n\rb`", Some(b"a\\nb"));
    }

    // Rules: F9
    #[test]
    fn malformed_literals_have_no_value() {
        for literal in [
            "",
            "\"",
            "`",
            "a",
            "'a'",
            "\"a",
            "\"a`",
            "`a`b`",
            "\"a\"b\"",
            "\"a\nb\"",
            r#""\""#,
            r#""\'""#,
            r#""\q""#,
            r#""\x4""#,
            r#""\xg0""#,
            r#""\400""#,
            r#""\18""#,
            r#""\08""#,
            r#""\u123""#,
            r#""\ud800""#,
            r#""\U00110000""#,
            r#""\UFFFFFFFF""#,
            r#""\x+1""#,
            "\"\\\n\"",
        ] {
            check_unquote(literal, None);
        }
    }

    #[test]
    fn quoted_and_unquoted_is_the_same() {
        for text in ["", "a\"b", "\0\u{85}\u{feff}", "\\'\n", "\u{10ffff}"] {
            assert_eq!(unquote(quote(text).as_bytes()).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(unquote(quote(b"\xff").as_bytes()).as_deref(), Some(&b"\xff"[..]));
    }
}
