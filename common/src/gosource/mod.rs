//! What the go command reads of a `.go` file before it compiles anything: build constraint, package clause, imports and
//! `//go:embed` lines.
//!
//! Enough of Go's lexer to know comments from strings is here; nothing is parsed beyond the imports. A file that is
//! no Go source has no [`Source`]: whoever builds it gets an error from the compiler, and rules about its content
//! have nothing to say.

mod constraint;
mod embed;
mod lexer;

use constraint::Truth;
use lexer::{Lexer, Token};

pub use embed::{Pattern, PatternError};

/// The head of a Go source file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The name in the package clause.
    pub package: String,
    /// Whether its build constraint keeps it out of every build that does not ask for the tag `ignore`.
    pub is_ignored: bool,
    /// Whether it has a build constraint at all.
    pub is_conditional: bool,
    /// Import paths, as written in quotes.
    pub imports: Vec<String>,
    /// The arguments of `//go:embed`, with their line; only where package embed is imported.
    pub embeds: Vec<(String, u32)>,
}

/// Reads the head of a file; `None` where there is no package clause.
///
/// ```
/// use modgate_common::gosource::scan;
///
/// let text = b"//go:build ignore\n\npackage main\n\nimport \"fmt\"\n";
/// let source = scan(text).expect("it has a package clause");
/// assert_eq!((source.package.as_str(), source.is_ignored), ("main", true));
/// assert_eq!(source.imports, ["fmt"]);
/// ```
pub fn scan(text: &[u8]) -> Option<Source> {
    let mut lexer = Lexer::new(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text));
    let constraint = constraint::of_file(text, &of_tag);
    if lexer.next()? != Token::Word(b"package") {
        return None;
    }
    let Some(Token::Word(package)) = lexer.next() else { return None };
    let package = String::from_utf8_lossy(package).into_owned();
    let imports = imports(&mut lexer);
    let embeds = if imports.iter().any(|path| path == "embed") {
        embed::directives(text)
    } else {
        Vec::new()
    };
    let (is_ignored, is_conditional) = (constraint == Some(Truth::No), constraint.is_some());
    Some(Source { package, is_ignored, is_conditional, imports, embeds })
}

/// Of all tags only `ignore` is known here: nobody sets it.
fn of_tag(tag: &str) -> Truth {
    if tag == "ignore" { Truth::No } else { Truth::Open }
}

/// Whether the build constraint of a file lets it in where just these tags hold. One that cannot be read does.
pub fn is_built(text: &[u8], holds: impl Fn(&str) -> bool) -> bool {
    let of_tag = |tag: &str| if holds(tag) { Truth::Yes } else { Truth::No };
    constraint::of_file(text, &of_tag) != Some(Truth::No)
}

/// The import declarations, which come before all others.
fn imports(lexer: &mut Lexer<'_>) -> Vec<String> {
    let mut imports = Vec::new();
    let mut depth = 0_u32;
    while let Some(token) = lexer.next() {
        match token {
            Token::Sign(b';') | Token::Word(b"import") => {}
            Token::Sign(b'(') => depth += 1,
            Token::Sign(b')') if depth > 0 => depth -= 1,
            Token::Text(path) => imports.push(path),
            // A name for the package, `.` or `_`.
            Token::Sign(b'.') => {}
            Token::Word(b"const" | b"func" | b"type" | b"var") => break,
            Token::Word(_) => {}
            Token::Sign(_) | Token::Other => break,
        }
    }
    imports
}

#[cfg(test)]
mod tests;
