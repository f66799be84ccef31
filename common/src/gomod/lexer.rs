//! The tokens of a go.mod (F1 to F5).
//!
//! Any bytes may come in; the first one that starts no token ends the reading with an error.

use super::runes::decode;
use super::{Position, SyntaxError};
use crate::quote::quote_char;
use crate::unicode::is_print;

/// What a token is, as far as lines and blocks need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `)`.
    Close,
    /// A comment alone on its line, with the line's end (F2).
    Comment,
    /// The end of the text.
    End,
    /// LF.
    Newline,
    /// `(`.
    Open,
    /// A comment after other tokens of its line, with the line's end (F2).
    Suffix,
    /// Anything else: identifier, string (F4, F5), other punctuation (F3).
    Word,
}

impl Kind {
    /// Whether the token ends a line.
    pub(super) fn ends_line(self) -> bool {
        matches!(self, Self::End | Self::Newline | Self::Suffix)
    }
}

/// A stretch of the text. Offsets have 32 bits because a hostile file may have millions of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The bytes of `text` it covers.
    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.end as usize]
    }

    /// Whether it covers nothing.
    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// One token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
    pub(super) start: Position,
    /// The line in which it ends: an escaped LF does not end a string.
    pub(super) end_line: u32,
}

/// Reads tokens one by one.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    /// Invariant: at most `text.len()`, which fits.
    offset: u32,
    position: Position,
    /// Whether the current line has a token, so that a comment is a suffix.
    in_line: bool,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `text`.
    ///
    /// # Errors
    /// When the text is larger than offsets can count.
    pub(super) fn new(text: &'a [u8]) -> Result<Self, SyntaxError> {
        let position = Position { line: 1, column: 1 };
        if u32::try_from(text.len()).is_err() {
            return Err(SyntaxError { position, reason: "file too large".to_owned(), verb: "" });
        }
        Ok(Self { text, offset: 0, position, in_line: false })
    }

    /// Where it stands: after the last token.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// The next token; [`Kind::End`] again and again at the end.
    ///
    /// # Errors
    /// When no token starts here, or one is malformed.
    pub(super) fn next(&mut self) -> Result<Token, SyntaxError> {
        while matches!(self.peek(), Some(' ' | '\t' | '\r')) {
            self.bump();
        }
        let (start, offset) = (self.position, self.offset);
        let kind = self.token()?;
        let span = match kind {
            Kind::Comment | Kind::Suffix => self.without_line_end(offset),
            _ => Span { start: offset, end: self.offset },
        };
        self.in_line = matches!(kind, Kind::Close | Kind::Open | Kind::Word);
        Ok(Token { kind, span, start, end_line: self.position.line })
    }

    /// Consumes one token.
    fn token(&mut self) -> Result<Kind, SyntaxError> {
        if self.starts_with(b"//") {
            return Ok(self.comment());
        }
        let Some(first) = self.peek() else {
            return Ok(Kind::End);
        };
        let kind = match first {
            '\n' => Kind::Newline,
            '(' => Kind::Open,
            ')' => Kind::Close,
            '[' | ']' | '{' | '}' | ',' => Kind::Word,
            '"' | '`' => return self.string(first),
            _ => return self.identifier(),
        };
        self.bump();
        Ok(kind)
    }

    /// Consumes a comment and its LF (F2).
    fn comment(&mut self) -> Kind {
        while self.bump().is_some_and(|c| c != '\n') {}
        if self.in_line { Kind::Suffix } else { Kind::Comment }
    }

    /// The comment from `start` to here without its LF or CRLF.
    fn without_line_end(&self, start: u32) -> Span {
        let comment = Span { start, end: self.offset }.of(self.text);
        let shorter = comment
            .strip_suffix(b"\r\n")
            .or_else(|| comment.strip_suffix(b"\n"))
            .unwrap_or(comment);
        Span { start, end: self.offset - (comment.len() - shorter.len()) as u32 }
    }

    /// Consumes a string (F4).
    fn string(&mut self, quote: char) -> Result<Kind, SyntaxError> {
        let start = self.position;
        let unclosed = SyntaxError {
            position: start,
            reason: "unexpected EOF in string".to_owned(),
            verb: "",
        };
        self.bump();
        loop {
            if self.peek() == Some('\n') {
                return Err(self.error("unexpected newline in string"));
            }
            match self.bump() {
                None => return Err(unclosed),
                Some(c) if c == quote => return Ok(Kind::Word),
                // What is escaped matters later; here even LF may be.
                Some('\\') if quote == '"' && self.bump().is_none() => return Err(unclosed),
                Some(_) => {}
            }
        }
    }

    /// Consumes an identifier (F5).
    fn identifier(&mut self) -> Result<Kind, SyntaxError> {
        if let Some(c) = self.peek().filter(|&c| !is_identifier(c)) {
            return Err(self.error(&format!("unexpected input character {}", quote_char(c))));
        }
        while self.peek().is_some_and(is_identifier) && !self.starts_with(b"//") {
            if self.starts_with(b"/*") {
                return Err(self.error("mod files must use // comments (not /* */ comments)"));
            }
            self.bump();
        }
        Ok(Kind::Word)
    }

    fn error(&self, reason: &str) -> SyntaxError {
        SyntaxError { position: self.position, reason: reason.to_owned(), verb: "" }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text[self.offset as usize..]
    }

    fn starts_with(&self, prefix: &[u8]) -> bool {
        self.rest().starts_with(prefix)
    }

    fn peek(&self) -> Option<char> {
        decode(self.rest()).map(|(c, _)| c)
    }

    /// Consumes one character.
    fn bump(&mut self) -> Option<char> {
        let (c, length) = decode(self.rest())?;
        self.offset += length as u32;
        if c == '\n' {
            self.position = Position { line: self.position.line + 1, column: 1 };
        } else {
            self.position.column += 1;
        }
        Some(c)
    }
}

/// Whether `c` may stand in an identifier. Of the spaces only U+0020 is printable.
fn is_identifier(c: char) -> bool {
    !matches!(c, ' ' | '(' | ')' | '[' | ']' | '{' | '}' | ',') && is_print(c)
}
