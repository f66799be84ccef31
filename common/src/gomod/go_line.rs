//! The versions that a go directive and a toolchain directive may have (F10).

/// Whether `word` is a Go version: `1.23`, `1.23.0`, `1.23rc1`.
pub(super) fn is_go_version(word: &[u8]) -> bool {
    let Some((_, mut rest)) = major_minor(word) else {
        return false;
    };
    if let Some(patch) = rest.strip_prefix(b".") {
        let Some(after) = after_number(patch) else {
            return false;
        };
        rest = after;
    }
    let letters = rest.iter().take_while(|b| b.is_ascii_lowercase()).count();
    let (letters, digits) = rest.split_at(letters);
    letters.is_empty() == digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// The Go version that lax mode takes an odd `word` for: `1.23` for `v1.23.0` or `1.23.x`.
pub(super) fn lax_go_version(word: &[u8]) -> Option<&[u8]> {
    let (version, rest) = major_minor(word.strip_prefix(b"v").unwrap_or(word))?;
    rest.first().filter(|b| !b.is_ascii_digit()).map(|_| version)
}

/// Whether `word` names a toolchain. The rest of the name is left to newer go commands.
pub(super) fn is_toolchain(word: &[u8]) -> bool {
    word == b"default" || word == b"go1" || word.starts_with(b"go1.")
}

/// `MAJOR.MINOR` at the start of `word`, and the rest.
fn major_minor(word: &[u8]) -> Option<(&[u8], &[u8])> {
    if word.starts_with(b"0") {
        return None;
    }
    let rest = after_number(after_number(word)?.strip_prefix(b".")?)?;
    Some(word.split_at(word.len() - rest.len()))
}

/// What follows the number without leading zeros at the start of `word`.
fn after_number(word: &[u8]) -> Option<&[u8]> {
    let digits = match word.first()? {
        b'0' => 1,
        _ => word.iter().take_while(|b| b.is_ascii_digit()).count(),
    };
    if digits == 0 { None } else { Some(&word[digits..]) }
}

#[cfg(test)]
mod tests {
    use super::{is_go_version, is_toolchain, lax_go_version};

    // Rules: F10
    #[test]
    fn go_versions_are_those_of_the_strict_and_the_lax_pattern() {
        for (word, strict, lax) in [
            ("1.20", true, None),
            ("1.20.3", true, Some("1.20")),
            ("1.21rc1", true, Some("1.21")),
            ("1.21.0rc1", true, Some("1.21")),
            ("10.0", true, None),
            ("1.0.0", true, Some("1.0")),
            ("", false, None),
            ("1", false, None),
            ("1.", false, None),
            ("0.1", false, None),
            ("01.2", false, None),
            ("1.02", false, None),
            ("1.20.", false, Some("1.20")),
            ("1.20.x", false, Some("1.20")),
            ("1.20.03", false, Some("1.20")),
            ("1.21.0-rc1", false, Some("1.21")),
            ("1.21rc", false, Some("1.21")),
            ("1.21rc1x", false, Some("1.21")),
            ("1.21RC1", false, Some("1.21")),
            ("v1.20", false, None),
            ("v1.20.1", false, Some("1.20")),
            ("vv1.20.1", false, None),
            ("go1.20.1", false, None),
        ] {
            assert_eq!(is_go_version(word.as_bytes()), strict, "{word}");
            assert_eq!(lax_go_version(word.as_bytes()), lax.map(str::as_bytes), "{word}");
        }
    }

    // Rules: F10
    #[test]
    fn toolchains_start_with_go1() {
        for (word, expected) in [
            ("default", true),
            ("go1", true),
            ("go1.", true),
            ("go1.21.0-custom", true),
            ("", false),
            ("local", false),
            ("defaults", false),
            ("go2.1", false),
            ("go11", false),
            ("1.21", false),
        ] {
            assert_eq!(is_toolchain(word.as_bytes()), expected, "{word}");
        }
    }
}
