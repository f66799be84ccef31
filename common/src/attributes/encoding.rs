//! Encodings for `working-tree-encoding` (A5), as glibc's iconv writes them.
//!
//! UTF-16, UTF-32 and their kin are written here. The older ones come from the WHATWG tables, with
//! what iconv has differently put right. Left out, and so never converted: encodings with states
//! (ISO-2022-*, UTF-7, CP1258), JIS X 0212, and whatever only some iconv knows.

use encoding_rs::{EncoderResult, Encoding as Table};

mod differences;
#[cfg(test)]
mod tests;

/// An encoding other than UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Encoding {
    /// One of the WHATWG tables, put right by [`differences`].
    Legacy(&'static Legacy),
    /// ISO-8859-1, or with `limit` 0x80 US-ASCII: the code point is the byte.
    Plain {
        /// The first code point that has no byte.
        limit: u32,
    },
    /// UTF-16, or UCS-2 where `pairs` is false.
    Utf16 {
        /// Byte order mark in front.
        bom: bool,
        order: Order,
        pairs: bool,
    },
    /// UTF-32 or UCS-4.
    Utf32 {
        /// Byte order mark in front.
        bom: bool,
        order: Order,
    },
}

/// The order of the bytes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Order {
    Big,
    Little,
}

/// An encoding with a table.
#[derive(Debug)]
pub(super) struct Legacy {
    /// Its names in upper case.
    names: &'static [&'static str],
    table: &'static Table,
    /// Whether iconv has this code of the table at all.
    has: fn(u32, &[u8]) -> bool,
    /// Whether the control characters U+0080 to U+009F are the bytes of that number.
    keeps_controls: bool,
    /// Where iconv writes something else than the table, in order; nothing where it has no code.
    instead: &'static [(u32, &'static [u8])],
}

impl PartialEq for Legacy {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
    }
}

impl Eq for Legacy {}

impl std::hash::Hash for Legacy {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.names.hash(state);
    }
}

impl Encoding {
    /// The encoding of that name; `None` for UTF-8 and for what we do not know, where nothing is
    /// converted.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?.to_ascii_uppercase();
        if let Some(unicode) = unicode(&name) {
            return Some(unicode);
        }
        // iconv ignores empty suffixes.
        let name = name.trim_end_matches('/');
        if matches!(name, "LATIN-1") || LATIN_1.contains(&name) {
            return Some(Self::Plain { limit: 0x100 });
        }
        if ASCII.contains(&name) {
            return Some(Self::Plain { limit: 0x80 });
        }
        differences::LEGACY.iter().find(|legacy| legacy.names.contains(&name)).map(Self::Legacy)
    }

    /// Encodes UTF-8; `None` where the content is not UTF-8, or a character has no code. Nothing is
    /// done to nothing.
    pub(super) fn encode(self, content: &[u8]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(content).ok().filter(|text| !text.is_empty())?;
        let mut encoded = Vec::with_capacity(text.len());
        if matches!(self, Self::Utf16 { bom: true, .. } | Self::Utf32 { bom: true, .. }) {
            self.push('\u{feff}', &mut encoded)?;
        }
        for c in text.chars() {
            self.push(c, &mut encoded)?;
        }
        Some(encoded)
    }

    fn push(self, c: char, encoded: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::Legacy(legacy) if legacy.push(c, encoded).is_some() => {}
            Self::Plain { .. } | Self::Utf16 { pairs: false, .. } | Self::Legacy(_)
                if is_dropped(c) => {}
            Self::Legacy(_) => return None,
            Self::Plain { limit } => {
                let byte = Some(u32::from(c)).filter(|code| *code < limit)?;
                encoded.push(u8::try_from(byte).ok()?);
            }
            Self::Utf16 { order, pairs, .. } => {
                if !pairs && c.len_utf16() > 1 {
                    return None;
                }
                for unit in c.encode_utf16(&mut [0; 2]) {
                    encoded.extend_from_slice(&match order {
                        Order::Big => unit.to_be_bytes(),
                        Order::Little => unit.to_le_bytes(),
                    });
                }
            }
            Self::Utf32 { order, .. } => encoded.extend_from_slice(&match order {
                Order::Big => u32::from(c).to_be_bytes(),
                Order::Little => u32::from(c).to_le_bytes(),
            }),
        }
        Some(())
    }
}

impl Legacy {
    fn push(&self, c: char, encoded: &mut Vec<u8>) -> Option<()> {
        let code = u32::from(c);
        if c.is_ascii() {
            encoded.push(u8::try_from(code).ok()?);
            return Some(());
        }
        if let Ok(at) = self.instead.binary_search_by_key(&code, |(from, _)| *from) {
            let bytes = self.instead[at].1;
            encoded.extend_from_slice(bytes);
            return (!bytes.is_empty()).then_some(());
        }
        if self.keeps_controls
            && let Ok(byte @ 0x80..=0x9f) = u8::try_from(code)
        {
            encoded.push(byte);
            return Some(());
        }
        let mut bytes = [0; 8];
        let mut encoder = self.table.new_encoder();
        let mut buffer = [0; 4];
        let text = c.encode_utf8(&mut buffer);
        let (result, _, written) =
            encoder.encode_from_utf8_without_replacement(text, &mut bytes, true);
        let bytes = bytes.get(..written)?;
        if result != EncoderResult::InputEmpty || !(self.has)(code, bytes) {
            return None;
        }
        encoded.extend_from_slice(bytes);
        Some(())
    }
}

/// Unicode's tag characters, which iconv leaves out where it cannot write them.
const fn is_dropped(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// The encodings of Unicode. git itself takes `UTF16` for `UTF-16`, and knows the `-BOM` ones.
fn unicode(name: &str) -> Option<Encoding> {
    use Order::{Big, Little};
    let utf16 = |bom, order| Some(Encoding::Utf16 { bom, order, pairs: true });
    let utf32 = |bom, order| Some(Encoding::Utf32 { bom, order });
    let ucs2 = |bom, order| Some(Encoding::Utf16 { bom, order, pairs: false });
    match name {
        "UTF-16LE-BOM" | "UTF16LE-BOM" => return utf16(true, Little),
        "UTF-16BE-BOM" | "UTF16BE-BOM" => return utf16(true, Big),
        _ => {}
    }
    match name.trim_end_matches('/') {
        "UTF-16" | "UTF16" => utf16(true, Little),
        "UTF-16LE" | "UTF16LE" => utf16(false, Little),
        "UTF-16BE" | "UTF16BE" => utf16(false, Big),
        "UTF-32" | "UTF32" => utf32(true, Little),
        "UTF-32LE" | "UTF32LE" => utf32(false, Little),
        "UTF-32BE" | "UTF32BE" => utf32(false, Big),
        "UNICODE" | "CSUNICODE" => ucs2(true, Little),
        "UNICODELITTLE" | "UCS-2LE" | "UCS2LE" => ucs2(false, Little),
        "UNICODEBIG" | "UCS-2BE" | "UCS2BE" => ucs2(false, Big),
        "UCS-2" | "UCS2" | "ISO-10646/UCS2" => ucs2(false, Little),
        "UCS-4" | "UCS4" | "UCS-4BE" | "ISO-10646" | "10646-1:1993" | "ISO-10646/UCS4" => {
            utf32(false, Big)
        }
        "UCS-4LE" | "WCHAR_T" => utf32(false, Little),
        _ => None,
    }
}

const LATIN_1: &[&str] = &[
    "ISO-8859-1",
    "ISO8859-1",
    "ISO88591",
    "ISO_8859-1",
    "ISO_8859-1:1987",
    "ISO-IR-100",
    "LATIN1",
    "L1",
    "8859_1",
    "CP819",
    "IBM819",
    "CSISOLATIN1",
    "ISO8859_1",
];

const ASCII: &[&str] = &[
    "US-ASCII",
    "ASCII",
    "US",
    "ANSI_X3.4-1968",
    "ANSI_X3.4-1986",
    "ISO-IR-6",
    "ISO_646.IRV:1991",
    "ISO646-US",
    "IBM367",
    "CP367",
    "CSASCII",
    "646",
    "ANSI_X3.4",
    "ISO_646.IRV",
];
