//! go.mod as the go command reads it (section 18) and its quick look at the module line (D7).
//!
//! A file is read in three steps: `lexer` makes tokens (18.1), `syntax` makes lines and blocks
//! (18.2), `directives` gives them their meaning (18.3). An error of the first two ends the reading;
//! errors of directives are collected. All texts of errors are those of the go command, where the
//! file is called `go.mod`. No version fixer exists here: versions count as written, as they do
//! for the go command in a dependency.
//!
//! Not here: whether module paths are valid (the go command's parser does not look either), and
//! what a go version means. Text that is not UTF-8 is kept with U+FFFD for each stray byte.

mod directives;
mod file;
mod go_line;
mod lexer;
mod literal;
mod module_line;
mod replace;
mod runes;
mod syntax;
#[cfg(test)]
mod tests;
mod values;

use std::error::Error;
use std::fmt;

pub use file::{
    Exclude, File, GoDirective, Godebug, Ignore, ModuleDirective, Replace, Require, Retract, Tool,
    Toolchain,
};
pub use module_line::module_line;

/// A position in a file: both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column in characters, as the go command counts; a byte that is not UTF-8 is one.
    pub column: u32,
}

/// One thing wrong with a go.mod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub position: Position,
    /// What, in the go command's words.
    pub reason: String,
    /// The directive that it is about; empty where the text could not be read as directives, or names no known one.
    pub verb: &'static str,
}

impl fmt::Display for SyntaxError {
    /// As the go command prints it: the column only when it is not the first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position: Position { line, column }, reason, .. } = self;
        match column {
            0 | 1 => write!(f, "go.mod:{line}: {reason}"),
            _ => write!(f, "go.mod:{line}:{column}: {reason}"),
        }
    }
}

impl Error for SyntaxError {}

/// Everything wrong with a go.mod, in the order of the go command. Never empty.
///
/// No more than the first 10 000 errors of a file are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errors(pub Vec<SyntaxError>);

impl fmt::Display for Errors {
    /// One error a line, as the go command prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl Error for Errors {}

/// Which directives are looked at (F10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Lax,
    Strict,
}

/// Parses as the go command does for a dependency (F10, lax).
///
/// ```
/// use modgate_common::gomod::parse_lax;
///
/// let file = parse_lax(b"module example.com/m\n\nretract v1.0.1 // broken\n\nfrobnicate x\n")?;
/// assert_eq!(file.module.map(|module| module.path).as_deref(), Some("example.com/m"));
/// assert_eq!(&*file.retract[0].rationale, "broken");
/// # Ok::<(), modgate_common::gomod::Errors>(())
/// ```
///
/// # Errors
/// Every error of the file.
pub fn parse_lax(text: &[u8]) -> Result<File, Errors> {
    parse(text, Mode::Lax)
}

/// Parses as the go command does for the main module (F10, strict).
///
/// # Errors
/// Every error of the file.
pub fn parse_strict(text: &[u8]) -> Result<File, Errors> {
    parse(text, Mode::Strict)
}

fn parse(text: &[u8], mode: Mode) -> Result<File, Errors> {
    let tree = syntax::parse(text).map_err(|error| Errors(vec![error]))?;
    directives::read(&tree, mode)
}
