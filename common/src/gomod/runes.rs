//! Bytes as Go reads text: UTF-8, where every byte that fits nowhere is one U+FFFD.
//!
//! The standard library's lossy decoding joins some invalid bytes; Go never does, and it counts
//! columns by such runes.

use std::char::REPLACEMENT_CHARACTER;

/// The first rune of `bytes` and its length; `None` at the end.
pub(super) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let &first = bytes.first()?;
    let length = match first {
        0..0x80 => return Some((char::from(first), 1)),
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return Some((REPLACEMENT_CHARACTER, 1)),
    };
    let valid = bytes.get(..length).and_then(|rune| str::from_utf8(rune).ok());
    match valid.and_then(|rune| rune.chars().next()) {
        Some(rune) => Some((rune, length)),
        None => Some((REPLACEMENT_CHARACTER, 1)),
    }
}

/// `bytes` as a text. What is not UTF-8 stays malformed in it: no rule accepts U+FFFD in a path or version.
pub(super) fn to_text(bytes: &[u8]) -> String {
    if let Ok(text) = str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((rune, length)) = decode(rest) {
        text.push(rune);
        rest = &rest[length..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::to_text;

    // Rules: F1
    #[test]
    fn each_invalid_byte_is_one_replacement_character() {
        for (bytes, text) in [
            (&b"abc"[..], "abc"),
            ("\u{e9}\u{1f600}".as_bytes(), "\u{e9}\u{1f600}"),
            (b"\xff", "\u{fffd}"),
            (b"a\xe2\x82", "a\u{fffd}\u{fffd}"),
            (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
            (b"\xc0\x80", "\u{fffd}\u{fffd}"),
            (b"\xf4\x90\x80\x80!", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}!"),
            (b"\xe2\xc2\xa0", "\u{fffd}\u{a0}"),
        ] {
            assert_eq!(to_text(bytes), text, "{bytes:?}");
        }
    }
}
