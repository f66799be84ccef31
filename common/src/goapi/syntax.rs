//! A Go file to its declarations, with tree-sitter's grammar.
//!
//! Files are foreign and may be hostile: they are parsed with a limit on the parser's steps, and what nests deeper than
//! any real type is left unknown. A file with a syntax error has no declarations: nothing can be said about its package.

use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

use super::constants::Expression;
use super::imports::Imports;
use super::types::{Line, Signature, Type};

mod declarations;
mod expressions;
mod signatures;

/// What a file declares.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The name in the package clause.
    pub(super) package: String,
    /// Whether names may come from a package that is imported with a dot.
    pub(super) has_dot_import: bool,
    pub(super) declarations: Vec<Declaration>,
}

/// Something at the top of a file.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) line: Line,
    pub(super) of: Declared,
}

impl Declaration {
    /// The name, for a method behind that of its type.
    pub(super) fn symbol(&self) -> String {
        match &self.of {
            Declared::Method(receiver, _) => format!("{}.{}", receiver.of, self.name),
            _ => self.name.clone(),
        }
    }
}

/// What it is.
#[derive(Debug)]
pub(super) enum Declared {
    /// An alias, with the number of its type parameters.
    Alias(Type, usize),
    Constant(Option<Type>, Option<Expression>),
    Func(Signature),
    Method(Receiver, Signature),
    /// A new type, with the constraints of its type parameters.
    Type(Type, Vec<Type>),
    /// The type, if it is known.
    Var(Option<Type>),
}

/// The receiver of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Receiver {
    pub(super) of: String,
    pub(super) is_pointer: bool,
}

/// Reads a file; `None` where it cannot be parsed.
pub(super) fn file(text: &[u8]) -> Option<File> {
    let text = std::str::from_utf8(text).ok()?;
    let tree = parse(text)?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let mut file = File::default();
    let mut imports = Imports::default();
    for node in children(root) {
        match node.kind() {
            "package_clause" => file.package = node.named_child(0).map(|n| text_of(n, text))?,
            "import_declaration" => imports.add(node, text),
            _ => {}
        }
    }
    if file.package.is_empty() {
        return None;
    }
    file.has_dot_import = imports.has_dot();
    let reader = Reader { text, imports: &imports };
    for node in children(root) {
        reader.declare(node, &mut file.declarations);
    }
    Some(file)
}

/// The tree of a file; `None` where the parser needs far more steps than real files do.
fn parse(text: &str) -> Option<Tree> {
    /// The parser asks each hundred operations; real files take about a question for 30 bytes.
    const MIN: usize = 10_000;
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
    let mut left = MIN + text.len();
    let mut progress = |_: &ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(options))
}

/// What is needed to read a part of a file.
struct Reader<'a> {
    text: &'a str,
    imports: &'a Imports,
}

impl Reader<'_> {
    fn text(&self, node: Node<'_>) -> String {
        text_of(node, self.text)
    }
}

/// The source of a node.
pub(super) fn text_of(node: Node<'_>, text: &str) -> String {
    text.get(node.byte_range()).unwrap_or_default().to_owned()
}

/// The named nodes below a node, without comments.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

fn line(node: Node<'_>) -> Line {
    Line(u32::try_from(node.start_position().row).unwrap_or(u32::MAX).saturating_add(1))
}
