//! Everything a request can be answered with, and the one place where outcomes become answers.

use std::sync::Arc;

use modgate_common::objects::Fault;
use modgate_common::resolve::{Broken, Failure};
use modgate_common::unicode::is_print;

use crate::service::RefreshError;
use crate::zips::Zip;

/// Whether an answer may be kept by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// It will be the same for ever.
    Immutable,
    /// The next push may change it.
    Mutable,
}

/// An answer to a request of the protocol.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Must not be fetched here or elsewhere: 403 with the reason (after 404 a client goes on to the
    /// origin).
    Forbidden(Arc<str>),
    /// `.info`.
    Json(Arc<str>, Lifetime),
    /// Does not exist for a consumer: 404 with the reason.
    NotFound(Arc<str>),
    /// Our own fault: 500. The text is for the log, not for the client.
    Fault(Arc<str>),
    /// `list` and `.mod`.
    Text(Arc<[u8]>, Lifetime),
    /// A built zip.
    Zip(Arc<Zip>),
    /// A zip that would have to be built to say more (HEAD, or a client that wants nothing built).
    Unbuilt,
}

impl Answer {
    /// 404 with one line of text.
    pub(crate) fn not_found(reason: impl AsRef<str>) -> Self {
        Self::NotFound(one_line("not found: ", reason.as_ref()))
    }

    /// 403 with one line of text.
    pub(crate) fn forbidden(reason: impl AsRef<str>) -> Self {
        Self::Forbidden(one_line("forbidden: ", reason.as_ref()))
    }

    /// 500.
    pub(crate) fn fault(reason: impl std::fmt::Display) -> Self {
        Self::Fault(reason.to_string().into())
    }

    /// How much text it holds.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(bytes, _) => bytes.len(),
            Self::Forbidden(text)
            | Self::Json(text, _)
            | Self::NotFound(text)
            | Self::Fault(text) => text.len(),
            Self::Zip(_) | Self::Unbuilt => 0,
        }
    }

    /// Whether the answer stays right until a ref changes.
    pub(crate) const fn is_lasting(&self) -> bool {
        matches!(self, Self::Json(..) | Self::NotFound(_) | Self::Text(..))
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fault(fault) => fault.into(),
            // 404 for both classes: other proxies stay usable (X20).
            Failure::NotExist(reason) | Failure::Other(reason) => Self::not_found(reason),
        }
    }
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        Self::fault(fault)
    }
}

impl From<Broken> for Answer {
    fn from(broken: Broken) -> Self {
        Self::not_found(format!("{} ({})", broken.reason, broken.rule))
    }
}

impl From<RefreshError> for Answer {
    fn from(error: RefreshError) -> Self {
        Self::fault(error)
    }
}

impl From<modgate_common::io::store::StoreError> for Answer {
    fn from(error: modgate_common::io::store::StoreError) -> Self {
        Self::fault(error)
    }
}

/// One line that the go command prints: graphic characters only, and short enough (X21).
fn one_line(kind: &str, reason: &str) -> Arc<str> {
    let mut text = String::from(kind);
    for (at, line) in reason.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        text.push_str(if at == 0 { "" } else { "; " });
        text.extend(line.chars().map(|c| if is_print(c) { c } else { ' ' }));
    }
    if text.len() > MAX_LINE {
        let end = (0..=MAX_LINE).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push_str("...");
    }
    text.push('\n');
    text.into()
}

/// The go command prints at most 648 bytes of an answer (X21).
const MAX_LINE: usize = 640;

#[cfg(test)]
mod tests {
    use super::one_line;

    // Rules: X21
    #[test]
    fn reasons_become_one_printable_line() {
        assert_eq!(&*one_line("not found: ", "a\n\tb\u{7}c\n"), "not found: a; b c\n");
        // Nothing that the client takes for a trick: it would print no reason at all.
        let odd = one_line("", "x\u{9b}y\u{202e}z\u{200b}\u{a0}\u{e000}\u{2028}é日😀");
        assert_eq!(&*odd, "x y z    é日😀\n");
        let long = one_line("", &"ä".repeat(2000));
        assert!(long.len() < 648 && long.ends_with("...\n"));
    }
}
