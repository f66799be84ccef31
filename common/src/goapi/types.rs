//! Types as they are written, with package names resolved to import paths.
//!
//! Names of the package itself stay names: what they stand for is known only when all of its files have been read.

use std::fmt::{self, Display, Formatter};

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// The length is a number, or an expression as it is written.
    Array(String, Box<Self>),
    Chan(Direction, Box<Self>),
    Func(Box<Signature>),
    /// A generic type with arguments.
    Instance(Box<Self>, Vec<Self>),
    Interface(Interface),
    Map(Box<Self>, Box<Self>),
    /// A name of this package, of the language, or of a package imported with a dot.
    Name(String),
    Parameter(Parameter),
    Pointer(Box<Self>),
    /// A name of another package: import path and name.
    Qualified(String, String),
    Slice(Box<Self>),
    Struct(Vec<Field>),
    /// What only the compiler understands.
    Unknown(String),
}

/// Which way a channel goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Both,
    Receive,
    Send,
}

/// A type parameter, known by its place.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) of_receiver: bool,
    pub(super) index: usize,
}

/// Names of type parameters mean nothing.
impl PartialEq for Parameter {
    fn eq(&self, other: &Self) -> bool {
        (self.of_receiver, self.index) == (other.of_receiver, other.index)
    }
}

impl Eq for Parameter {}

/// Where something stands in its file; for the type itself that means nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line(pub(super) u32);

impl PartialEq for Line {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Line {}

/// What a function takes and gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Signature {
    /// The constraints of its type parameters.
    pub(super) constraints: Vec<Type>,
    pub(super) parameters: Vec<Type>,
    /// Whether the last parameter takes any number.
    pub(super) is_variadic: bool,
    pub(super) results: Vec<Type>,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// For an embedded field the name of its type.
    pub(super) name: String,
    pub(super) is_embedded: bool,
    pub(super) tag: String,
    pub(super) of: Type,
    pub(super) line: Line,
}

/// The elements of an interface.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) methods: Vec<Method>,
    /// Embedded types.
    pub(super) embedded: Vec<Type>,
    /// Whether there are unions or `~T`.
    pub(super) has_union: bool,
}

/// A method of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) name: String,
    pub(super) signature: Signature,
    pub(super) line: Line,
}

/// Whether other packages see this name.
pub(super) fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

/// Names of the language, with what they are short for.
pub(super) fn predeclared(name: &str) -> Option<&str> {
    Some(match name {
        "byte" => "uint8",
        "rune" => "int32",
        "any" | "bool" | "comparable" | "complex64" | "complex128" | "error" | "float32"
        | "float64" | "int" | "int8" | "int16" | "int32" | "int64" | "string" | "uint"
        | "uint8" | "uint16" | "uint32" | "uint64" | "uintptr" => name,
        _ => return None,
    })
}

struct List<'a, T>(&'a [T], &'static str);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (number, item) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str(self.1)?;
            }
            write!(f, "{item}")?;
        }
        Ok(())
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(length, of) => write!(f, "[{length}]{of}"),
            Self::Chan(Direction::Both, of) => write!(f, "chan {of}"),
            Self::Chan(Direction::Receive, of) => write!(f, "<-chan {of}"),
            Self::Chan(Direction::Send, of) => write!(f, "chan<- {of}"),
            Self::Func(signature) => write!(f, "func{signature}"),
            Self::Instance(of, arguments) => write!(f, "{of}[{}]", List(arguments, ", ")),
            Self::Interface(interface) => write!(f, "{interface}"),
            Self::Map(key, value) => write!(f, "map[{key}]{value}"),
            Self::Name(name) | Self::Unknown(name) => f.write_str(name),
            Self::Parameter(parameter) => f.write_str(&parameter.name),
            Self::Pointer(of) => write!(f, "*{of}"),
            Self::Qualified(path, name) => {
                write!(f, "{}.{name}", path.rsplit('/').next().unwrap_or(path))
            }
            Self::Slice(of) => write!(f, "[]{of}"),
            Self::Struct(fields) => write!(f, "struct{{{}}}", List(fields, "; ")),
        }
    }
}

impl Display for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.constraints.is_empty() {
            write!(f, "[{}]", List(&self.constraints, ", "))?;
        }
        match self.parameters.split_last() {
            Some((last, rest)) if self.is_variadic => {
                let comma = if rest.is_empty() { "" } else { ", " };
                write!(f, "({}{comma}...{last})", List(rest, ", "))?;
            }
            _ => write!(f, "({})", List(&self.parameters, ", "))?,
        }
        match &self.results[..] {
            [] => Ok(()),
            [one] => write!(f, " {one}"),
            many => write!(f, " ({})", List(many, ", ")),
        }
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.is_embedded {
            write!(f, "{} ", self.name)?;
        }
        write!(f, "{}", self.of)
    }
}

impl Display for Interface {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let methods: Vec<String> =
            self.methods.iter().map(|m| format!("{}{}", m.name, m.signature)).collect();
        let all: Vec<String> = methods
            .into_iter()
            .chain(self.embedded.iter().map(ToString::to_string))
            .chain(self.has_union.then(|| "...".to_owned()))
            .collect();
        write!(f, "interface{{{}}}", List(&all, "; "))
    }
}
