//! Go's tokens, as far as they must be told apart: words, texts, signs; comments and white space are passed over.

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A number, a rune, or what is no token.
    Other,
    /// Any other single character.
    Sign(u8),
    /// A string literal, without its quotes and as written otherwise.
    Text(String),
    /// A keyword or identifier.
    Word(&'a [u8]),
}

/// Reads tokens.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next token is looked for, in bytes from the start.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        while let Some(comment) = self.skip_blank() {
            self.at += comment;
        }
        let first = *self.text.get(self.at)?;
        Some(match first {
            b'"' | b'`' => self.literal(first).map_or(Token::Other, Token::Text),
            b'\'' => {
                self.literal(first);
                Token::Other
            }
            _ if is_letter(first) => self.word(),
            b'0'..=b'9' => {
                self.word();
                Token::Other
            }
            _ => {
                self.at += 1;
                Token::Sign(first)
            }
        })
    }

    /// Skips white space; the length of the comment that comes then, if there is one.
    fn skip_blank(&mut self) -> Option<usize> {
        let rest = &self.text[self.at..];
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let rest = &self.text[self.at..];
        let end = |from: usize, end: &[u8]| {
            let found = rest[from..].windows(end.len()).position(|window| window == end);
            found.map_or(rest.len(), |found| from + found + end.len())
        };
        match rest {
            [b'/', b'/', ..] => Some(end(2, b"\n")),
            [b'/', b'*', ..] => Some(end(2, b"*/")),
            _ => None,
        }
    }

    fn word(&mut self) -> Token<'a> {
        let rest = &self.text[self.at..];
        let length =
            rest.iter().take_while(|byte| is_letter(**byte) || byte.is_ascii_digit()).count();
        self.at += length;
        Token::Word(&rest[..length])
    }

    /// A literal with its quotes; `None` where it has no end.
    fn literal(&mut self, quote: u8) -> Option<String> {
        let start = self.at + 1;
        let mut at = start;
        while let Some(byte) = self.text.get(at) {
            match byte {
                b'\\' if quote != b'`' => at += 1,
                b'\n' if quote != b'`' => break,
                byte if *byte == quote => {
                    self.at = at + 1;
                    return Some(String::from_utf8_lossy(&self.text[start..at]).into_owned());
                }
                _ => {}
            }
            at += 1;
        }
        self.at = at.min(self.text.len());
        None
    }
}

const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}
