//! What is done to the bytes of a blob: ident (A4), then line ends (A3), then encoding (A5), in this
//! order (A7).

use crate::objects::ObjectId;

use super::encoding::Encoding;
use super::{CRLF, ENCODING, EOL, IDENT, NAMES, Refusal, TEXT, Value};

/// Larger blobs are streamed by git archive and never converted: 512 MiB, `core.bigFileThreshold`.
pub const MAX_CONVERTED: u64 = 512 << 20;

/// What to do with a blob. The default is nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Conversion {
    ident: bool,
    line_ends: LineEnds,
    encoding: Option<Encoding>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
enum LineEnds {
    /// `text-crlf` of A3.
    Crlf,
    /// `auto-crlf` of A3.
    CrlfIfText,
    /// All other outcomes: nothing is ever turned into LF.
    #[default]
    Kept,
}

impl Conversion {
    /// Whether every blob stays as it is.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Converts the content of the blob `id`.
    pub fn apply(&self, id: ObjectId, mut content: Vec<u8>) -> Vec<u8> {
        if content.len() as u64 > MAX_CONVERTED {
            return content;
        }
        if self.ident {
            content = expand_ident(id, content);
        }
        let to_crlf = match self.line_ends {
            LineEnds::Kept => false,
            LineEnds::Crlf => true,
            LineEnds::CrlfIfText => !content.contains(&b'\r') && !is_binary(&content),
        };
        if to_crlf {
            content = with_crlf(content);
        }
        match self.encoding.and_then(|encoding| encoding.encode(&content)) {
            Some(encoded) => encoded,
            None => content,
        }
    }
}

/// From attribute values to the conversion (A3 to A5).
pub(super) fn decide(values: &[Option<&Value>; NAMES.len()]) -> Result<Conversion, Refusal> {
    let encoding = match values[ENCODING] {
        Some(Value::True) => return Err(Refusal::BooleanEncoding),
        Some(Value::Text(name)) => Encoding::named(name),
        _ => None,
    };
    Ok(Conversion {
        ident: values[IDENT] == Some(&Value::True),
        line_ends: line_ends(values),
        encoding,
    })
}

/// T of A3.
#[derive(PartialEq)]
enum Text {
    Always,
    Auto,
    Binary,
    Undefined,
}

fn text_of(value: Option<&Value>) -> Text {
    match value {
        Some(Value::True) => Text::Always,
        Some(Value::False) => Text::Binary,
        Some(Value::Text(text)) if &**text == b"input" => Text::Always,
        Some(Value::Text(text)) if &**text == b"auto" => Text::Auto,
        _ => Text::Undefined,
    }
}

fn line_ends(values: &[Option<&Value>; NAMES.len()]) -> LineEnds {
    let mut text = text_of(values[TEXT]);
    if text == Text::Undefined {
        text = text_of(values[CRLF]);
    }
    let is_crlf = matches!(values[EOL], Some(Value::Text(eol)) if &**eol == b"crlf");
    match text {
        Text::Binary => LineEnds::Kept,
        _ if !is_crlf => LineEnds::Kept,
        Text::Auto => LineEnds::CrlfIfText,
        Text::Always | Text::Undefined => LineEnds::Crlf,
    }
}

/// Whether git takes content without any CR for binary (A3).
fn is_binary(content: &[u8]) -> bool {
    let (mut printable, mut nonprintable) = (0_usize, 0_usize);
    for byte in content {
        match byte {
            0 => return true,
            b'\n' => {}
            0x08 | b'\t' | 0x0c | 0x1b => printable += 1,
            0x01..=0x1f | 0x7f => nonprintable += 1,
            _ => printable += 1,
        }
    }
    if content.last() == Some(&0x1a) {
        nonprintable -= 1;
    }
    printable / 128 < nonprintable
}

fn with_crlf(content: Vec<u8>) -> Vec<u8> {
    let mut converted = Vec::with_capacity(content.len() + content.len() / 16);
    let mut previous = 0;
    for byte in content {
        if byte == b'\n' && previous != b'\r' {
            converted.push(b'\r');
        }
        converted.push(byte);
        previous = byte;
    }
    converted
}

fn expand_ident(id: ObjectId, content: Vec<u8>) -> Vec<u8> {
    let mut expanded = Vec::new();
    let mut rest = content.as_slice();
    while let Some(dollar) = rest.iter().position(|byte| *byte == b'$') {
        let after;
        (after, rest) = rest.split_at(dollar + 1);
        expanded.extend_from_slice(after);
        match keyword(rest) {
            Keyword::Id(length) => {
                expanded.extend_from_slice(format!("Id: {id} $").as_bytes());
                rest = &rest[length..];
            }
            Keyword::Open => break,
            Keyword::Other => {}
        }
    }
    if expanded.is_empty() {
        return content;
    }
    expanded.extend_from_slice(rest);
    expanded
}

/// What follows a dollar sign.
enum Keyword {
    /// `Id$` or `Id:...$`, with its length.
    Id(usize),
    /// `Id:` and no dollar sign any more.
    Open,
    /// Something else, which stays.
    Other,
}

fn keyword(text: &[u8]) -> Keyword {
    if text.starts_with(b"Id$") {
        return Keyword::Id(3);
    }
    let Some(value) = text.strip_prefix(b"Id:") else { return Keyword::Other };
    let Some(length) = value.iter().position(|byte| *byte == b'$') else { return Keyword::Open };
    let value = &value[..length];
    // A first space elsewhere than at the ends: the keyword of some other system.
    let space = value.iter().skip(1).position(|byte| *byte == b' ').map(|at| at + 1);
    if value.contains(&b'\n') || space.is_some_and(|at| at + 1 < length) {
        return Keyword::Other;
    }
    Keyword::Id(3 + length + 1)
}
