//! The directives of a go.mod (18.3).

use std::sync::Arc;

use super::go_line::{is_go_version, is_toolchain, lax_go_version};
use super::runes::to_text;
use super::syntax::{Entry, Shape, Tree, Words};
use super::values::{
    any_version, canonical_version, check_major, comment_text, deprecation, is_indirect, path,
    path_major, string,
};
use super::{
    Errors, Exclude, File, GoDirective, Godebug, Ignore, Mode, ModuleDirective, Require, Retract,
    SyntaxError, Tool, Toolchain, replace,
};
use crate::quote::quote;

/// How many errors are kept, so that a hostile file does not fill the memory with them.
const MAX_ERRORS: usize = 10_000;

/// Reads all directives.
///
/// # Errors
/// Every error, up to a limit.
pub(super) fn read(tree: &Tree<'_>, mode: Mode) -> Result<File, Errors> {
    let mut reader = Reader { tree, mode, file: File::default(), has_module: false, block: None };
    let mut errors = Vec::new();
    for entry in &tree.entries {
        if let Err(reason) = reader.entry(entry) {
            let verb = reader.verb(entry);
            errors.push(SyntaxError { position: entry.start, reason, verb });
        }
        if errors.len() == MAX_ERRORS {
            break;
        }
    }
    if errors.is_empty() { Ok(reader.file) } else { Err(Errors(errors)) }
}

struct Reader<'t> {
    tree: &'t Tree<'t>,
    mode: Mode,
    file: File,
    /// Whether a module directive was seen, right or wrong.
    has_module: bool,
    /// The block whose lines are read; `None` where they are skipped.
    block: Option<Block<'t>>,
}

struct Block<'t> {
    verb: &'t [u8],
    head: &'t Entry,
    /// The block's comment, made when first asked for.
    comment: Option<Arc<str>>,
}

/// Every directive.
const VERBS: [&str; 10] = [
    "exclude",
    "go",
    "godebug",
    "ignore",
    "module",
    "replace",
    "require",
    "retract",
    "tool",
    "toolchain",
];

impl<'t> Reader<'t> {
    /// The directive that an entry is or is part of; empty where it is an unknown one.
    fn verb(&self, entry: &'t Entry) -> &'static str {
        let verb = match (entry.shape, &self.block) {
            (Shape::InBlock, Some(block)) => block.verb,
            _ => self.tree.words(entry).at(0),
        };
        VERBS.into_iter().find(|known| known.as_bytes() == verb).unwrap_or_default()
    }

    fn entry(&mut self, entry: &'t Entry) -> Result<(), String> {
        let words = self.tree.words(entry);
        match entry.shape {
            Shape::Block => self.block(entry, words),
            Shape::Line => {
                self.block = None;
                self.line(entry, words.at(0), words.from(1))
            }
            Shape::InBlock => match self.block.as_ref().map(|block| block.verb) {
                Some(verb) => self.line(entry, verb, words),
                None => Ok(()),
            },
        }
    }

    /// Begins a block; one that is unknown is skipped (F7).
    fn block(&mut self, head: &'t Entry, words: Words<'t>) -> Result<(), String> {
        self.block = None;
        let known: [&[u8]; 8] = [
            b"module", b"godebug", b"require", b"exclude", b"replace", b"retract", b"tool",
            b"ignore",
        ];
        if words.len() == 1 && known.contains(&words.at(0)) {
            self.block = Some(Block { verb: words.at(0), head, comment: None });
            return Ok(());
        }
        if self.mode == Mode::Lax {
            return Ok(());
        }
        let words: Vec<&[u8]> = words.iter().collect();
        Err(format!("unknown block type: {}", to_text(&words.join(&b' '))))
    }

    /// Reads one directive (F10).
    fn line(&mut self, entry: &'t Entry, verb: &[u8], args: Words<'t>) -> Result<(), String> {
        match verb {
            b"go" => self.go(entry, args),
            b"ignore" => self.ignore(entry, args),
            b"module" => self.module(entry, args),
            b"require" => self.require(entry, args),
            b"retract" => self.retract(entry, args),
            _ if self.mode == Mode::Lax => Ok(()),
            b"exclude" => self.exclude(entry, args),
            b"godebug" => self.godebug(entry, args),
            b"replace" => {
                self.file.replace.push(replace::parse(args, entry.start)?);
                Ok(())
            }
            b"tool" => self.tool(entry, args),
            b"toolchain" => self.toolchain(entry, args),
            _ => Err(format!("unknown directive: {}", to_text(verb))),
        }
    }

    fn go(&mut self, entry: &Entry, args: Words<'_>) -> Result<(), String> {
        if self.file.go.is_some() {
            return Err("repeated go statement".to_owned());
        }
        let word = only("go", args)?;
        let lax = || Some(word).filter(|_| self.mode == Mode::Lax).and_then(lax_go_version);
        let Some(version) = Some(word).filter(|word| is_go_version(word)).or_else(lax) else {
            return Err(format!(
                "invalid go version '{}': must match format 1.23.0",
                to_text(word)
            ));
        };
        self.file.go = Some(GoDirective { version: to_text(version), position: entry.start });
        Ok(())
    }

    fn toolchain(&mut self, entry: &Entry, args: Words<'_>) -> Result<(), String> {
        if self.file.toolchain.is_some() {
            return Err("repeated toolchain statement".to_owned());
        }
        let word = only("toolchain", args)?;
        let name = to_text(word);
        if !is_toolchain(word) {
            return Err(format!(
                "invalid toolchain version '{name}': must match format go1.23.0 or default"
            ));
        }
        self.file.toolchain = Some(Toolchain { name, position: entry.start });
        Ok(())
    }

    fn module(&mut self, entry: &Entry, args: Words<'_>) -> Result<(), String> {
        // One that is wrong counts too.
        if std::mem::replace(&mut self.has_module, true) {
            return Err("repeated module statement".to_owned());
        }
        if args.len() != 1 {
            return Err("usage: module module/path".to_owned());
        }
        let path = path(args.at(0))?;
        let deprecated = deprecation(&self.comment(entry));
        self.file.module = Some(ModuleDirective { path, position: entry.start, deprecated });
        Ok(())
    }

    fn require(&mut self, entry: &Entry, args: Words<'_>) -> Result<(), String> {
        let (path, version) = path_and_version("require", args)?;
        let indirect = is_indirect(self.tree.suffix(entry));
        // It was read as a version above.
        let written = to_text(&string(args.at(1)).unwrap_or_default());
        let position = entry.start;
        self.file.require.push(Require { path, version, written, indirect, position });
        Ok(())
    }

    fn exclude(&mut self, entry: &Entry, args: Words<'_>) -> Result<(), String> {
        let (path, version) = path_and_version("exclude", args)?;
        self.file.exclude.push(Exclude { path, version, position: entry.start });
        Ok(())
    }

    /// Reads a retraction (F12). Lax mode leaves malformed ones to newer go commands.
    fn retract(&mut self, entry: &Entry, args: Words<'_>) -> Result<(), String> {
        let (low, high, rest) = match interval(args) {
            Ok(interval) => interval,
            Err(_) if self.mode == Mode::Lax => return Ok(()),
            Err(reason) => return Err(reason),
        };
        if rest.len() > 0 && self.mode == Mode::Strict {
            return Err(format!("unexpected token after version: {}", quote(rest.at(0))));
        }
        let rationale = self.comment(entry);
        self.file.retract.push(Retract { low, high, rationale, position: entry.start });
        Ok(())
    }

    fn tool(&mut self, entry: &Entry, args: Words<'_>) -> Result<(), String> {
        let path = path(only("tool", args)?)?;
        self.file.tool.push(Tool { path, position: entry.start });
        Ok(())
    }

    fn ignore(&mut self, entry: &Entry, args: Words<'_>) -> Result<(), String> {
        let path = path(only("ignore", args)?)?;
        self.file.ignore.push(Ignore { path, position: entry.start });
        Ok(())
    }

    fn godebug(&mut self, entry: &Entry, args: Words<'_>) -> Result<(), String> {
        let word = to_text(args.at(0));
        let setting =
            Some(&word).filter(|word| args.len() == 1 && !word.contains(['"', '`', '\'', ',']));
        let Some((key, value)) = setting.and_then(|word| word.split_once('=')) else {
            return Err("usage: godebug key=value".to_owned());
        };
        let (key, value) = (key.to_owned(), value.to_owned());
        self.file.godebug.push(Godebug { key, value, position: entry.start });
        Ok(())
    }

    /// The comment of a directive (F13): its own, or that of its block.
    fn comment(&mut self, entry: &Entry) -> Arc<str> {
        let tree = self.tree;
        let (before, suffix) = (tree.before(entry), tree.suffix(entry));
        // A blank line above counts as a comment of its own, if an empty one.
        if before.len() + suffix.len() > 0 {
            return comment_text(before, suffix).into();
        }
        let Some(block) = &mut self.block else {
            return Arc::default();
        };
        let head = block.head;
        let comment = || comment_text(tree.before(head), tree.suffix(head)).into();
        Arc::clone(block.comment.get_or_insert_with(comment))
    }
}

/// The single argument of `verb`.
fn only<'w>(verb: &str, args: Words<'w>) -> Result<&'w [u8], String> {
    if args.len() == 1 {
        Ok(args.at(0))
    } else {
        Err(format!("{verb} directive expects exactly one argument"))
    }
}

/// The arguments of require and exclude.
fn path_and_version(verb: &str, args: Words<'_>) -> Result<(String, String), String> {
    if args.len() != 2 {
        return Err(format!("usage: {verb} module/path v1.2.3"));
    }
    let path = path(args.at(0))?;
    let version = canonical_version(verb, &path, args.at(1))?;
    check_major(verb, &path, &version, path_major(&path)?)?;
    Ok((path, version))
}

/// Lower and upper bound of a retraction, and the words after it (F12).
fn interval(args: Words<'_>) -> Result<(String, String, Words<'_>), String> {
    let expect = |index, word: &[u8], what: &str| {
        if args.at(index) == word { Ok(()) } else { Err(what.to_owned()) }
    };
    let bound = |index, what: &str| {
        if index < args.len() { any_version(args.at(index)) } else { Err(what.to_owned()) }
    };
    match args.at(0) {
        b"" | b"(" => Err("expected '[' or version".to_owned()),
        b"[" => {
            let low = bound(1, "expected version after '['")?;
            expect(2, b",", "expected ',' after version")?;
            let high = bound(3, "expected version after ','")?;
            expect(4, b"]", "expected ']' after version")?;
            Ok((low, high, args.from(5)))
        }
        word => {
            let version = any_version(word)?;
            Ok((version.clone(), version, args.from(1)))
        }
    }
}
