//! Rows that were compared with iconv.

use super::*;

#[track_caller]
fn check(name: &str, text: &str, expected: Option<&[u8]>) {
    let encoding = Encoding::named(name.as_bytes()).expect(name);
    assert_eq!(encoding.encode(text.as_bytes()).as_deref(), expected, "{text:?} in {name}");
}

// Rules: A5, N10
#[test]
fn unicode_has_marks_and_orders() {
    check("UTF-16", "a", Some(b"\xff\xfea\0"));
    check("utf16", "\u{feff}a", Some(b"\xff\xfe\xff\xfea\0"));
    check("UTF-16LE", "a😀", Some(b"a\0\x3d\xd8\x00\xde"));
    check("UTF-16BE", "a", Some(b"\0a"));
    check("UTF-16LE-BOM", "a", Some(b"\xff\xfea\0"));
    check("utf16be-bom", "a", Some(b"\xfe\xff\0a"));
    check("UTF-32", "a", Some(b"\xff\xfe\0\0a\0\0\0"));
    check("UTF-32BE", "a", Some(b"\0\0\0a"));
    check("UCS-2", "a", Some(b"a\0"));
    check("UCS-2", "😀", None);
    check("UCS-4", "a", Some(b"\0\0\0a"));
}

#[test]
fn nothing_is_done_to_nothing() {
    check("UTF-16", "", None);
}

// Rules: A5
#[test]
fn tables_are_those_of_iconv() {
    for (name, text, expected) in [
        ("ISO-8859-1", "é\u{80}", Some(&b"\xe9\x80"[..])),
        ("latin-1", "€", None),
        ("US-ASCII", "a~", Some(b"a~")),
        ("ASCII", "é", None),
        ("ISO-8859-15", "€", Some(b"\xa4")),
        ("ISO-8859-9", "ğ\u{80}", Some(b"\xf0\x80")),
        ("ISO-8859-9", "€", None),
        ("CP1252", "€", Some(b"\x80")),
        ("windows-1252", "\u{81}", None),
        ("KOI8-R", "Ж", Some(b"\xf6")),
        ("KOI8-U", "ў", None),
        ("SHIFT_JIS", "あ\\~〜ｱ", Some(b"\x82\xa0\\~\x81\x60\xb1")),
        ("SJIS", "①", None),
        ("CP932", "①", Some(b"\x87\x40")),
        ("EUC-JP", "あ", Some(b"\xa4\xa2")),
        ("GBK", "中€", Some(b"\xd6\xd0\x80")),
        ("GB2312", "丂", None),
        ("GB18030", "😀", Some(b"\x94\x39\xfc\x36")),
        ("BIG5", "中", Some(b"\xa4\xa4")),
        ("EUC-KR", "가", Some(b"\xb0\xa1")),
        ("EUC-KR", "갂", None),
        ("CP949", "갂", Some(b"\x81\x41")),
        // Tag characters are left out, if they have no code.
        ("ISO-8859-2", "a\u{e0041}b", Some(b"ab")),
    ] {
        check(name, text, expected);
    }
}

// Rules: A5
#[test]
fn unknown_names_and_utf8_mean_no_conversion() {
    for name in ["UTF-8", "utf8", "nosuch", "", "ISO-2022-JP", "\u{e9}"] {
        assert_eq!(Encoding::named(name.as_bytes()), None, "{name:?}");
    }
    assert_eq!(Encoding::named(b"\xff"), None);
}

// Rules: A5
#[test]
fn what_is_no_utf8_stays() {
    let encoding = Encoding::named(b"UTF-16").unwrap();
    assert_eq!(encoding.encode(b"a\xff"), None);
    assert_eq!(encoding.encode(b"\xed\xa0\x80"), None);
}

#[test]
fn differences_are_in_order() {
    for legacy in differences::LEGACY {
        assert!(legacy.instead.is_sorted_by_key(|(code, _)| *code), "{:?}", legacy.names);
    }
}
