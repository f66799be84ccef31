//! Bytes as lower-case hex digits: object ids, hashes of journal lines.

use std::fmt;

/// Writes the digits of `bytes`.
///
/// # Errors
/// Those of the formatter.
pub fn write(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// The digits of `bytes`.
pub fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of exactly `2 * N` lower-case digits; `None` for anything else.
pub fn parse<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let digits = digits.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{parse, text};

    #[test]
    fn only_lower_case_digits_of_the_right_number_are_parsed() {
        assert_eq!(parse("00ff1a"), Some([0x00, 0xff, 0x1a]));
        assert_eq!(text(&[0x00, 0xff, 0x1a]), "00ff1a");
        for text in ["00ff1", "00ff1a00", "00FF1A", "00ff1g", "+0ff1a", "", "ä0ff1a"] {
            assert_eq!(parse::<3>(text), None, "{text}");
        }
    }
}
