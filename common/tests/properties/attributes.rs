//! `.gitattributes`: lines, look-up, and what conversions make of content.

use modgate_common::attributes::{Attributes, Conversion, Refusal};
use modgate_common::objects::ObjectId;

/// The input is a file of attributes, a NUL, a path, a NUL, and content.
pub(crate) fn check(input: &[u8]) {
    let mut parts = input.splitn(3, |byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (file, path, content) = (part(), part(), part());
    let path = if path.is_empty() { b"dir/file.txt" } else { path };
    let found = conversion(&[file], path);
    assert_eq!(conversion(&[&[b"\n# nothing\r\n\n", file, b"\n \t\n"].concat()], path), found);
    assert_eq!(conversion(&[&[file, b"\n", file].concat()], path), found, "the same twice");
    assert_eq!(
        conversion(&[b"* text eol=crlf ident\n* !text !eol !ident\n", file], path).is_err(),
        found.is_err()
    );
    // A file that speaks of all paths goes before those above it.
    let nothing = &b"* -text !working-tree-encoding -ident\n"[..];
    assert_eq!(conversion(&[file, nothing], path), Ok(Conversion::default()));
    if let Ok(found) = found {
        check_content(&found, content);
    }
    check_line_ends(content);
    check_encodings(content);
}

/// The conversion of `path` under these files, all of which lie at the root.
fn conversion(files: &[&[u8]], path: &[u8]) -> Result<Conversion, Refusal> {
    let mut attributes = Attributes::default();
    for file in files {
        attributes.enter(b"", Some(file))?;
    }
    let found = attributes.conversion(path);
    assert_eq!(attributes.conversion(path), found, "looking changes nothing");
    found
}

fn check_content(conversion: &Conversion, content: &[u8]) {
    let converted = conversion.apply(ObjectId::ZERO, content.to_vec());
    assert_eq!(conversion.apply(ObjectId::ZERO, content.to_vec()), converted);
    assert!(!conversion.is_none() || converted == content);
    // Four bytes for each of a doubled line, and an id for every two dollar signs.
    assert!(
        converted.len() <= 8 + content.len() * 8 + content.len() / 4 * 4 * 60,
        "{}",
        converted.len()
    );
}

fn apply(attributes: &[u8], content: &[u8]) -> Vec<u8> {
    let conversion = conversion(&[attributes], b"f").expect("it is a plain conversion");
    conversion.apply(ObjectId::ZERO, content.to_vec())
}

/// Line ends and keywords: once is for ever.
fn check_line_ends(content: &[u8]) {
    let crlf = apply(b"f text eol=crlf", content);
    assert!((0..crlf.len()).all(|at| crlf[at] != b'\n' || at > 0 && crlf[at - 1] == b'\r'));
    assert_eq!(apply(b"f text eol=crlf", &crlf), crlf);
    let without =
        |text: &[u8]| text.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<_>>();
    assert_eq!(without(&crlf), without(content));
    let auto = apply(b"f text=auto eol=crlf", content);
    assert!(auto == crlf || auto == content);
    let ident = apply(b"f ident", content);
    assert_eq!(apply(b"f ident", &ident), ident);
}

/// What is written in UTF-16 and UTF-32 is the text again.
fn check_encodings(content: &[u8]) {
    let text = std::str::from_utf8(content).ok().filter(|text| !text.is_empty());
    let wide = apply(b"f working-tree-encoding=UTF-16LE", content);
    let long = apply(b"f working-tree-encoding=UTF-32BE", content);
    let Some(text) = text else {
        assert!(wide == content && long == content);
        return;
    };
    let units = wide.chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    assert!(char::decode_utf16(units).eq(text.chars().map(Ok)));
    let codes = long.chunks(4).map(|code| u32::from_be_bytes([code[0], code[1], code[2], code[3]]));
    assert!(codes.eq(text.chars().map(u32::from)));
}
