//! The elements of a path (M1 to M3).

use crate::unicode;

use super::Reason;

/// What kind of path an element is part of: the later ones allow more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Module,
    Import,
    File,
}

impl Kind {
    /// M3.
    fn allows(self, c: char) -> bool {
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '.' | '_' | '~' => true,
            '+' => self != Self::Module,
            _ if self != Self::File => false,
            _ if c.is_ascii() => " !#$%&(),=@[]^{}".contains(c),
            _ => unicode::is_letter(c),
        }
    }
}

/// M1 and M2 for all elements; that `path` is UTF-8, its type says.
pub(super) fn check_all(path: &str, kind: Kind) -> Result<(), Reason> {
    if path.is_empty() {
        return Err(Reason::EmptyString);
    }
    if path.starts_with('-') && kind != Kind::File {
        return Err(Reason::LeadingDash);
    }
    if path.contains("//") {
        return Err(Reason::DoubleSlash);
    }
    if path.ends_with('/') {
        return Err(Reason::TrailingSlash);
    }
    path.split('/').try_for_each(|element| check(element, kind))
}

/// M2.
pub(super) fn check(element: &str, kind: Kind) -> Result<(), Reason> {
    if element.is_empty() {
        return Err(Reason::EmptyElement);
    }
    if element.bytes().all(|b| b == b'.') {
        return Err(Reason::DotsOnly(element.to_owned()));
    }
    if element.starts_with('.') && kind == Kind::Module {
        return Err(Reason::LeadingDot);
    }
    if element.ends_with('.') {
        return Err(Reason::TrailingDot);
    }
    if let Some(c) = element.chars().find(|c| !kind.allows(*c)) {
        return Err(Reason::InvalidChar(c));
    }
    let (short, _) = element.split_once('.').unwrap_or((element, ""));
    if is_device(short) {
        return Err(Reason::DeviceName(short.to_owned()));
    }
    if kind != Kind::File && is_short_name(short) {
        return Err(Reason::ShortName);
    }
    Ok(())
}

/// The names that Windows reserves in every directory, whatever follows the first dot.
fn is_device(name: &str) -> bool {
    const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];
    let is_one_of = |names: &[&str], text: &str| names.iter().any(|n| n.eq_ignore_ascii_case(text));
    let numbered = || {
        let (port, number) = name.split_at_checked(3)?;
        Some(is_one_of(&["COM", "LPT"], port) && matches!(number.as_bytes(), [b'1'..=b'9']))
    };
    is_one_of(&DEVICES, name) || numbered().unwrap_or(false)
}

/// `~` and digits at the end, as in `PROGRA~1`.
fn is_short_name(name: &str) -> bool {
    name.rsplit_once('~')
        .is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit()))
}
