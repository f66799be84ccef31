//! Lines and blocks of a go.mod, and which comments belong to which line (F6, F13).
//!
//! Everything lies in flat lists, and entries refer to stretches of them: a file of millions of
//! lines costs a few dozen bytes each, and nothing here recurses.

use std::ops::Range;

use super::lexer::{Kind, Lexer, Span, Token};
use super::{Position, SyntaxError};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The words before the `(` of a block; the block's lines follow it.
    Block,
    /// A line in the block before it.
    InBlock,
    /// A line of its own.
    Line,
}

/// A line, or the head of a block.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) shape: Shape,
    pub(super) start: Position,
    words: Range<u32>,
    before: Range<u32>,
    suffix: Range<u32>,
}

/// A go.mod by its form.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    text: &'a [u8],
    /// In the order of the file.
    pub(super) entries: Vec<Entry>,
    words: Vec<Span>,
    /// Whole-line comments; an empty one is a blank line in a block.
    before: Vec<Span>,
    /// Suffix comments.
    suffix: Vec<Span>,
}

impl<'a> Tree<'a> {
    /// The words of `entry`; never empty.
    pub(super) fn words(&self, entry: &Entry) -> Words<'_> {
        Words { text: self.text, spans: slice(&self.words, &entry.words) }
    }

    /// The comments above `entry`, `//` included; a blank line is empty.
    pub(super) fn before(&self, entry: &Entry) -> Words<'_> {
        Words { text: self.text, spans: slice(&self.before, &entry.before) }
    }

    /// The comments after `entry` on its line, `//` included.
    pub(super) fn suffix(&self, entry: &Entry) -> Words<'_> {
        Words { text: self.text, spans: slice(&self.suffix, &entry.suffix) }
    }
}

fn slice<'s>(spans: &'s [Span], range: &Range<u32>) -> &'s [Span] {
    &spans[range.start as usize..range.end as usize]
}

/// Some stretches of the text in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'t> {
    text: &'t [u8],
    spans: &'t [Span],
}

impl<'t> Words<'t> {
    /// How many there are.
    pub(super) fn len(self) -> usize {
        self.spans.len()
    }

    /// The word at `index`; empty, which no word is, where there is none.
    pub(super) fn at(self, index: usize) -> &'t [u8] {
        self.spans.get(index).map_or(b"", |span| span.of(self.text))
    }

    /// The words from `index` on.
    pub(super) fn from(self, index: usize) -> Self {
        Self { spans: self.spans.get(index..).unwrap_or_default(), ..self }
    }

    /// All words.
    pub(super) fn iter(self) -> impl Iterator<Item = &'t [u8]> {
        self.spans.iter().map(move |span| span.of(self.text))
    }
}

/// Reads the form of a go.mod.
///
/// # Errors
/// The first syntax error; there is never a second one (F8).
pub(super) fn parse(text: &[u8]) -> Result<Tree<'_>, SyntaxError> {
    let mut lexer = Lexer::new(text)?;
    let token = lexer.next()?;
    let tree = Tree {
        text,
        entries: Vec::new(),
        words: Vec::new(),
        before: Vec::new(),
        suffix: Vec::new(),
    };
    let mut parser = Parser { lexer, token, tree, suffix_owner: None };
    parser.file()?;
    Ok(parser.tree)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token to be taken next. It is read ahead, so its errors come before those of the form.
    token: Token,
    tree: Tree<'a>,
    /// The entry that owns the next suffix comment; `None` when something of no interest owns it.
    suffix_owner: Option<usize>,
}

impl Parser<'_> {
    fn file(&mut self) -> Result<(), SyntaxError> {
        let mut comments = self.comments_end();
        loop {
            match self.token.kind {
                Kind::End => return Ok(()),
                Kind::Comment => self.take_comment()?,
                Kind::Newline => {
                    // A blank line detaches the comments above, which then stand for themselves.
                    if comments != self.comments_end() {
                        self.suffix_owner = None;
                        comments = self.comments_end();
                    }
                    self.take()?;
                }
                _ => {
                    self.statement(comments..self.comments_end())?;
                    comments = self.comments_end();
                }
            }
        }
    }

    /// A line or a block, whichever it turns out to be.
    fn statement(&mut self, before: Range<u32>) -> Result<(), SyntaxError> {
        let words = self.words_end();
        let first = self.take_word()?;
        let (start, mut end_line) = (first.start, first.end_line);
        loop {
            let token = self.take()?;
            if token.kind.ends_line() {
                self.push(Entry {
                    shape: Shape::Line,
                    start,
                    words: words..self.words_end(),
                    before,
                    suffix: 0..0,
                });
                self.end_line(start.line == end_line, token);
                return Ok(());
            }
            if token.kind != Kind::Open {
                self.tree.words.push(token.span);
                end_line = token.end_line;
                continue;
            }
            // The go command does not move a line's end over these parentheses; it shows in who
            // owns the suffix comment after a string with an escaped LF.
            let close = if self.token.kind == Kind::Close { Some(self.take()?) } else { None };
            if self.token.kind.ends_line() {
                self.push(Entry {
                    shape: Shape::Block,
                    start,
                    words: words..self.words_end(),
                    before,
                    suffix: 0..0,
                });
                return self.block_after_open(start, close.is_some());
            }
            self.tree.words.push(token.span);
            self.tree.words.extend(close.map(|close| close.span));
        }
    }

    /// The rest of a block after `(`, or after `( )` of an empty one.
    fn block_after_open(&mut self, start: Position, closed: bool) -> Result<(), SyntaxError> {
        // Suffix comments after parentheses are for no line.
        self.suffix_owner = None;
        if !closed {
            self.block(start)?;
        }
        self.take()?;
        self.suffix_owner = None;
        Ok(())
    }

    /// The lines of a block and its `)`; what follows it is not taken.
    fn block(&mut self, start: Position) -> Result<(), SyntaxError> {
        let mut comments = self.comments_end();
        let mut first = true;
        loop {
            match self.token.kind {
                Kind::Suffix => {
                    self.take()?;
                }
                Kind::Newline => {
                    self.take()?;
                    self.blank_line(comments, first);
                }
                Kind::Comment => self.take_comment()?,
                Kind::End => {
                    let Position { line, column } = start;
                    return Err(self.error(format!(
                        "syntax error (unterminated block started at go.mod:{line}:{column})"
                    )));
                }
                Kind::Close => {
                    self.take()?;
                    if !self.token.kind.ends_line() {
                        return Err(self.error(
                            "syntax error (expected newline after closing paren)".to_owned(),
                        ));
                    }
                    return Ok(());
                }
                Kind::Open | Kind::Word => {
                    self.block_line(comments..self.comments_end())?;
                    comments = self.comments_end();
                    first = false;
                }
            }
        }
    }

    /// Keeps a blank line of a block: one is enough for a line to have comments of its own (F13).
    fn blank_line(&mut self, comments: u32, first: bool) {
        let wanted = if comments == self.comments_end() {
            !first
        } else {
            self.tree.before.last().is_some_and(|comment| !comment.is_empty())
        };
        if wanted {
            self.tree.before.push(Span::default());
        }
    }

    /// A line of a block; parentheses in it are ordinary words.
    fn block_line(&mut self, before: Range<u32>) -> Result<(), SyntaxError> {
        let words = self.words_end();
        let first = self.take_word()?;
        let mut end_line = first.end_line;
        loop {
            let token = self.take()?;
            if token.kind.ends_line() {
                let (start, words) = (first.start, words..self.words_end());
                self.push(Entry { shape: Shape::InBlock, start, words, before, suffix: 0..0 });
                self.end_line(start.line == end_line, token);
                return Ok(());
            }
            self.tree.words.push(token.span);
            end_line = token.end_line;
        }
    }

    /// Ends the newest entry. One that spans lines leaves its comment to the entry before it.
    fn end_line(&mut self, in_one_line: bool, end: Token) {
        if in_one_line {
            self.suffix_owner = self.tree.entries.len().checked_sub(1);
        }
        let Some(owner) = self.suffix_owner.filter(|_| end.kind == Kind::Suffix) else {
            return;
        };
        let at = count(&self.tree.suffix);
        self.tree.suffix.push(end.span);
        let suffix = &mut self.tree.entries[owner].suffix;
        // Comments of one owner stand side by side: another owner is a later one.
        let start = if suffix.start == suffix.end { at } else { suffix.start };
        *suffix = start..at + 1;
    }

    fn push(&mut self, entry: Entry) {
        self.tree.entries.push(entry);
    }

    fn take(&mut self) -> Result<Token, SyntaxError> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn take_word(&mut self) -> Result<Token, SyntaxError> {
        let token = self.take()?;
        self.tree.words.push(token.span);
        Ok(token)
    }

    fn take_comment(&mut self) -> Result<(), SyntaxError> {
        let token = self.take()?;
        self.tree.before.push(token.span);
        Ok(())
    }

    fn comments_end(&self) -> u32 {
        count(&self.tree.before)
    }

    fn words_end(&self) -> u32 {
        count(&self.tree.words)
    }

    /// An error of the form stands after the token read ahead, as the go command has it.
    fn error(&self, reason: String) -> SyntaxError {
        SyntaxError { position: self.lexer.position(), reason, verb: "" }
    }
}

/// How many `spans` there are: no more than the text has bytes, which the lexer has checked.
fn count(spans: &[Span]) -> u32 {
    spans.len() as u32
}
