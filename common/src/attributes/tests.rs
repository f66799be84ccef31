//! Tables of A3 to A8; the rows were compared with git.

use super::*;
use crate::objects::ObjectId;

const ID: ObjectId = ObjectId::from_bytes([0xab; 20]);

fn conversion(files: &[(&str, &str)], path: &str) -> Result<Conversion, Refusal> {
    let mut attributes = Attributes::default();
    let content = |directory: &str| {
        files.iter().find(|(of, _)| *of == directory).map(|(_, text)| text.as_bytes())
    };
    attributes.enter(b"", content(""))?;
    for (slash, _) in path.match_indices('/') {
        attributes.enter(&path.as_bytes()[..slash], content(&path[..slash]))?;
    }
    attributes.conversion(path.as_bytes())
}

fn converted(attributes: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    let file = format!("* {attributes}\n");
    conversion(&[("", &file)], "a").unwrap().apply(ID, content.as_ref().to_vec())
}

// Rules: A3
#[test]
fn line_ends_follow_text_crlf_and_eol() {
    let (lf, crlf, nul) = ("l1\nl2\n", "l1\r\nl2\n", "l1\0\nl2\n");
    let all = ["l1\r\nl2\r\n", "l1\r\nl2\r\n", "l1\0\r\nl2\r\n"];
    let auto = ["l1\r\nl2\r\n", crlf, nul];
    let none = [lf, crlf, nul];
    for (attributes, expected) in [
        ("eol=crlf", all),
        ("text eol=crlf", all),
        ("text=foo eol=crlf", all),
        ("crlf=input eol=crlf", all),
        ("!text eol=crlf", all),
        ("text=auto eol=crlf", auto),
        ("crlf=auto eol=crlf", auto),
        ("text=auto crlf eol=crlf", auto),
        ("text", none),
        ("text=auto", none),
        ("text=input", none),
        ("text=auto eol=lf", none),
        ("crlf", none),
        ("eol=CRLF", none),
        ("eol", none),
        ("-text eol=crlf", none),
        ("-crlf eol=crlf", none),
        ("binary", none),
        ("binary eol=crlf", none),
    ] {
        for (content, expected) in [lf, crlf, nul].into_iter().zip(expected) {
            let found = String::from_utf8(converted(attributes, content)).unwrap();
            assert_eq!(found, expected, "{attributes} {content:?}");
        }
    }
}

// Rules: A3
#[test]
fn automatic_line_ends_leave_binary_content_alone() {
    let printable = "a".repeat(127);
    for (content, is_text) in [
        ("\n".to_owned(), true),
        (format!("\x01{printable}\n"), false),
        (format!("\x01{printable}a\n"), true),
        ("a\n\x1a".to_owned(), true),
        ("a\n\x1ab".to_owned(), false),
        ("\x7f\n".to_owned(), false),
        ("\x08\t\x0c\x1b\n".to_owned(), true),
        ("é\n".to_owned(), true),
        ("a\rb\n".to_owned(), false),
    ] {
        let changes = converted("text=auto eol=crlf", &content) != content.as_bytes();
        assert_eq!(changes, is_text, "{content:?}");
    }
}

// Rules: A4
#[test]
fn ident_is_expanded() {
    let id = format!("$Id: {ID} $");
    for (content, expected) in [
        ("$Id$", id.clone()),
        ("a $Id$ b $Id: old $ c", format!("a {id} b {id} c")),
        ("$Id:$", id.clone()),
        ("$Id:x$", id.clone()),
        ("$Id:x $", id.clone()),
        ("$Id: x$", id.clone()),
        ("$Id: a b $", "$Id: a b $".to_owned()),
        ("$Id:\n$Id$", format!("$Id:\n{id}")),
        ("$Id: open", "$Id: open".to_owned()),
        ("$Idx$ $id$ Id$", "$Idx$ $id$ Id$".to_owned()),
        ("$$Id$$", format!("${id}$")),
        ("\0$Id$\0", format!("\0{id}\0")),
        ("", String::new()),
    ] {
        assert_eq!(converted("ident", content), expected.as_bytes(), "{content:?}");
        assert_eq!(converted("ident=true", content), content.as_bytes(), "{content:?}");
    }
}

/// A filter, `export-ignore` and `export-subst` change nothing, and a file that no line concerns is raw.
// Rules: A1, A6, A9
#[test]
fn other_attributes_change_no_byte() {
    let content = b"$Format:%H$ $Id$ l1\nl2\r\n\0\xff";
    for attributes in [
        "export-ignore export-subst",
        "filter=lfs diff=lfs merge=lfs -text",
        "filter",
        "whitespace=tab-in-indent linguist-generated delta",
        "-ident",
        "ident=yes",
    ] {
        assert_eq!(converted(attributes, content), content, "{attributes}");
    }
    let elsewhere = "*.c text eol=crlf ident\n[attr]m eol=crlf\nb m\n";
    assert_eq!(conversion(&[("", elsewhere)], "a"), Ok(Conversion::default()));
    assert_eq!(conversion(&[], "d/a"), Ok(Conversion::default()));
}

// Rules: A7
#[test]
fn conversions_come_in_order() {
    let expected: Vec<u8> =
        format!("$Id: {ID} $\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(converted("ident eol=crlf working-tree-encoding=UTF-16LE", "$Id$\n"), expected);
}

// Rules: A5
#[test]
fn encoding_without_a_name_is_fatal() {
    let fatal = |text: &str| conversion(&[("", text)], "a.txt");
    assert_eq!(fatal("*.txt working-tree-encoding\n"), Err(Refusal::BooleanEncoding));
    assert_eq!(fatal("[attr]m working-tree-encoding\n* m\n"), Err(Refusal::BooleanEncoding));
    for harmless in
        ["*.c working-tree-encoding", "* -working-tree-encoding", "* working-tree-encoding="]
    {
        assert_eq!(fatal(harmless), Ok(Conversion::default()), "{harmless}");
    }
}

/// Whether `eol=crlf` of a pattern in the directory `of` reaches the file.
#[track_caller]
fn check_match(of: &str, pattern: &str, path: &str, expected: bool) {
    let file = format!("{pattern} eol=crlf\n");
    let conversion = conversion(&[(of, &file)], path).unwrap();
    assert_eq!(!conversion.is_none(), expected, "{pattern:?} in {of:?} for {path:?}");
}

// Rules: A8
#[test]
fn patterns_match_as_in_gitignore() {
    for (pattern, path, expected) in [
        ("*", "d/a.txt", true),
        ("*.txt", "d/s/a.txt", true),
        ("*.txt", "a.TXT", false),
        ("/a.txt", "a.txt", true),
        ("/a.txt", "d/a.txt", false),
        ("a.txt", "d/a.txt", true),
        ("d/a.txt", "d/a.txt", true),
        ("d/a.txt", "e/d/a.txt", false),
        ("d/", "d/a.txt", false),
        ("d", "d/a.txt", false),
        ("d/*", "d/a.txt", true),
        ("d/*", "d/s/a.txt", false),
        ("d/**", "d/s/a.txt", true),
        ("**/a.txt", "a.txt", true),
        ("**/a.txt", "d/s/a.txt", true),
        ("**/a*", "[a", false),
        ("**/a*", "d/ba", false),
        ("d/**/a.txt", "d/a.txt", true),
        ("d/**/a.txt", "d/s/t/a.txt", true),
        ("d/**/a.txt", "d/sa.txt", false),
        ("d**/a.txt", "d/a.txt", true),
        ("d**/a.txt", "d/s/a.txt", true),
        ("d/**a.txt", "d/s/a.txt", false),
        ("d*/a.txt", "d/s/a.txt", false),
        ("?.txt", "a.txt", true),
        ("d?a.txt", "d/a.txt", false),
        ("d[/]a.txt", "d/a.txt", false),
        ("d\\/a.txt", "d/a.txt", true),
        ("[a-c].txt", "b.txt", true),
        ("[c-a].txt", "b.txt", false),
        ("[!a].txt", "b.txt", true),
        ("[^b].txt", "b.txt", false),
        ("[]b].txt", "b.txt", true),
        ("[a-].txt", "-.txt", true),
        ("[\\a\\]].txt", "].txt", true),
        ("[[:alpha:]].txt", "b.txt", true),
        ("[[:digit:]b].txt", "b.txt", true),
        ("[[:nosuch:]b].txt", "b.txt", false),
        ("[[:b].txt", "b.txt", true),
        ("[b", "[b", false),
        ("\\b.txt", "b.txt", true),
        ("b.txt\\", "b.txt\\", false),
        ("!b.txt", "b.txt", false),
        ("\\!b", "!b", true),
        ("\"a b\"", "a b", true),
        ("\"a\\040\\142\"", "a b", true),
        ("\"a\\x\"", "a\\x", false),
        ("\"a b", "\"a", true),
        ("  \ta", "a", true),
        ("#a", "#a", false),
    ] {
        check_match("", pattern, path, expected);
    }
    check_match("d", "/a.txt", "d/a.txt", true);
    check_match("d", "s/*.txt", "d/s/a.txt", true);
    check_match("d", "d/a.txt", "d/a.txt", false);
    check_match("d", "*", "a.txt", false);
}

#[test]
fn patterns_made_to_take_long_do_not() {
    let pattern = "*a".repeat(900);
    check_match("", &pattern, &"a".repeat(4000), true);
    check_match("", &format!("{pattern}b"), &"a".repeat(4000), false);
}

// Rules: A8
#[test]
fn later_lines_and_deeper_files_win() {
    let crlf = |files: &[(&str, &str)]| !conversion(files, "d/a").unwrap().is_none();
    for (files, expected) in [
        (&[("", "* eol=crlf\n* eol=lf\n")][..], false),
        (&[("", "* eol=lf\n* eol=crlf\n")], true),
        (&[("", "* eol=lf eol=crlf\n")], true),
        (&[("", "* eol=crlf\n* !eol\n")], false),
        (&[("", "* eol=crlf\n"), ("d", "* eol=lf\n")], false),
        (&[("", "* eol=lf\n"), ("d", "* eol=crlf\n")], true),
        (&[("", "* eol=crlf\n"), ("d", "* -text\n")], false),
    ] {
        assert_eq!(crlf(files), expected, "{files:?}");
    }
}

// Rules: A8
#[test]
fn macros_are_expanded_where_they_are_set() {
    let crlf = |files: &[(&str, &str)]| !conversion(files, "d/a").unwrap().is_none();
    for (files, expected) in [
        (&[("", "[attr]m eol=crlf\n* m\n")][..], true),
        (&[("", "* m\n[attr]m eol=crlf\n")], true),
        (&[("", "\"[attr]m\" eol=crlf\n* m\n")], true),
        (&[("", "\"[attr] m x\" eol=crlf\n* m\n")], true),
        (&[("", "[attr]m eol=crlf\n* -m\n")], false),
        (&[("", "[attr]m eol=crlf\n* m=x\n")], false),
        (&[("", "[attr]m eol=crlf\n* m\n* !m\n")], false),
        (&[("", "[attr]m eol=crlf\n"), ("d", "* m\n")], true),
        (&[("d", "[attr]m eol=crlf\n* m\n")], false),
        (&[("", "[attr]m n\n[attr]n eol=crlf\n* m\n")], true),
        (&[("", "[attr]m eol=lf\n[attr]m eol=crlf\n* m\n")], true),
        (&[("", "[attr]m m eol=crlf\n* m\n")], true),
        (&[("", "[attr]m eol=crlf\n* m eol=lf\n")], false),
        (&[("", "[attr]m eol=crlf\n* eol=lf m\n")], true),
        (&[("", "[attr]binary eol=crlf\n* binary\n")], true),
        (&[("", "* eol=crlf binary\n")], false),
    ] {
        assert_eq!(crlf(files), expected, "{files:?}");
    }
}

// Rules: A8
#[test]
fn odd_lines_are_dropped_or_read_as_git_does() {
    let long = |length: usize| format!("* eol=crlf {}\n", "x".repeat(length - 11));
    let crlf = |text: &str| !conversion(&[("", text)], "a").unwrap().is_none();
    assert!(crlf(&long(2047)));
    assert!(!crlf(&long(2048)));
    for (text, expected) in [
        ("* eol=crlf", true),
        ("* eol=crlf\r\n", true),
        ("\u{feff}* eol=crlf\n", false),
        ("\u{feff}\n* eol=crlf\n", true),
        ("* eol=crlf a/b\n", false),
        ("* eol=crlf =x\n", false),
        ("* eol=crlf -\n", false),
        ("* eol=crlf --x\n", false),
        ("* eol=crlf builtin_x\n", false),
        ("* eol=crlf x=y=z\n", true),
        ("\"a\"eol=crlf\n", true),
        ("* x\n\0* eol=crlf\n", false),
        ("* eol=crlf\n\0", true),
    ] {
        assert_eq!(crlf(text), expected, "{text:?}");
    }
}

#[test]
fn chains_of_macros_do_not_exhaust_the_stack() {
    let mut text = "* m0\n".to_owned();
    for number in 0..9000 {
        text.push_str(&format!("[attr]m{number} m{}\n", number + 1));
    }
    text.push_str("[attr]m9000 eol=crlf\n");
    assert!(!conversion(&[("", &text)], "a").unwrap().is_none());
}

#[test]
fn endless_attributes_are_refused() {
    assert_eq!(
        conversion(&[("", &"* eol=lf\n".repeat(MAX_LINES + 1))], "a"),
        Err(Refusal::TooManyLines)
    );
    let mut attributes = Attributes::default();
    let file = format!("{} eol=crlf\n", "*a".repeat(1000)).repeat(1000);
    attributes.enter(b"", Some(file.as_bytes())).unwrap();
    attributes.work = MAX_WORK - 1;
    assert_eq!(attributes.conversion(&b"b".repeat(1000)), Err(Refusal::TooMuchWork));
}

// Rules: A8
#[test]
fn the_work_of_expanding_macros_is_counted() {
    // Each look-up goes through all macros, and with trees used over and over there are more files than anyone waits for.
    let mut text = "* m0\n".to_owned();
    for number in 0..1000 {
        text.push_str(&format!("[attr]m{number} m{}{}\n", number + 1, " text".repeat(300)));
    }
    let mut attributes = Attributes::default();
    attributes.enter(b"", Some(text.as_bytes())).unwrap();
    let before = attributes.work;
    attributes.conversion(b"a").unwrap();
    assert!(attributes.work - before > 300_000, "{}", attributes.work - before);
    attributes.work = MAX_WORK - 1;
    assert_eq!(attributes.conversion(b"a"), Err(Refusal::TooMuchWork));
}

// Rules: A8
#[test]
fn long_lines_count_for_several() {
    let long = format!("{} text\n", "?".repeat(2000));
    let enter = |text: &str| Attributes::default().enter(b"", Some(text.as_bytes()));
    assert_eq!(enter(&long.repeat(1500)), Ok(()));
    assert_eq!(enter(&long.repeat(1600)), Err(Refusal::TooManyLines));
    let states = format!("[attr]m{}\n", " m".repeat(1000));
    assert_eq!(enter(&states.repeat(3000)), Ok(()));
    assert_eq!(enter(&states.repeat(3300)), Err(Refusal::TooManyLines));
    let mut attributes = Attributes::default();
    for _ in 0..3 {
        attributes.enter(b"", Some(long.repeat(1500).as_bytes())).unwrap();
        attributes.leave();
    }
    assert_eq!(attributes.weight, 0);
}

#[test]
fn nonsense_never_crashes() {
    let mut state = 1_u64;
    let mut next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let alphabet = b"ab*?[]!^-\\/:\" \t\n=#.";
    for _ in 0..3000 {
        let file: Vec<u8> = (0..next() % 40).map(|_| alphabet[next() % alphabet.len()]).collect();
        let mut attributes = Attributes::default();
        attributes.enter(b"", Some(&[&file[..], b" eol=crlf"].concat())).unwrap();
        for path in [&b"a"[..], b"a/b", b"[", b"ab/ab/ab"] {
            attributes.conversion(path).unwrap();
        }
    }
}
