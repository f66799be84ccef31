//! What can be selected of a type: fields and methods, with those of embedded types.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::correspond::is_standard;
use super::package::{Meaning, Object, Package};
use super::types::{Field, Interface, Method, Type, is_exported};

/// What is known of the fields and methods of a struct.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Names that come with embedded types, and where they were declared.
    pub(super) promoted: BTreeSet<String>,
    /// Whether an embedded type is not seen here: it may have any name.
    pub(super) is_open: bool,
}

/// The names that embedded fields bring, at any depth.
pub(super) fn promoted(package: &Package, fields: &[Field]) -> Members {
    let mut members = Members::default();
    let mut seen = HashSet::new();
    let mut queue: Vec<&Type> = fields.iter().filter(|f| f.is_embedded).map(|f| &f.of).collect();
    while let Some(of) = queue.pop() {
        let Some(name) = base(package, of) else {
            members.is_open |= !is_plain(package, of);
            continue;
        };
        if !seen.insert(name) {
            continue;
        }
        members.promoted.extend(package.methods(name).map(|(method, _)| method.clone()));
        let underlying = package.defined(name).map(|(of, _)| package.underlying(of));
        match underlying {
            Some(Type::Struct(fields)) => {
                members.promoted.extend(fields.iter().map(|field| field.name.clone()));
                queue.extend(fields.iter().filter(|f| f.is_embedded).map(|f| &f.of));
            }
            Some(Type::Interface(interface)) => {
                let methods = Methods::of(package, interface);
                members.promoted.extend(methods.all.into_keys().map(str::to_owned));
                members.is_open |= !methods.open.is_empty();
            }
            Some(Type::Name(_) | Type::Qualified(..) | Type::Instance(..) | Type::Unknown(_)) => {
                members.is_open |= !underlying.is_some_and(|of| is_plain(package, of));
            }
            _ => {}
        }
    }
    members.promoted.retain(|name| is_exported(name));
    members
}

/// The new type of the package behind an embedded type.
fn base<'a>(package: &'a Package, of: &'a Type) -> Option<&'a str> {
    match package.unalias(of) {
        Type::Pointer(of) | Type::Instance(of, _) => base(package, of),
        Type::Name(name) if package.meaning(name) == Meaning::Defined => Some(name),
        _ => None,
    }
}

/// Types of the language have no fields and no methods that matter.
fn is_plain(package: &Package, of: &Type) -> bool {
    match of {
        Type::Name(name) => {
            name != "error" && matches!(package.meaning(name), Meaning::Predeclared(_))
        }
        _ => false,
    }
}

/// A method, and the interface that declares it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared<'a> {
    pub(super) method: &'a Method,
    /// The interface, where it is an embedded one with a name.
    pub(super) by: Option<(&'a str, &'a Object)>,
}

/// The methods of an interface, with those of embedded interfaces of the package.
#[derive(Debug, Default)]
pub(super) struct Methods<'a> {
    /// By name; without a method where only the name is known.
    pub(super) all: BTreeMap<&'a str, Option<Declared<'a>>>,
    /// Embedded types that are not seen here.
    pub(super) open: BTreeSet<String>,
    /// Whether those may have methods that are not exported.
    pub(super) may_be_sealed: bool,
}

/// Interfaces of the standard library that are often embedded.
const KNOWN: &[(&str, &str, &[&str])] = &[
    ("context", "Context", &["Deadline", "Done", "Err", "Value"]),
    ("fmt", "Stringer", &["String"]),
    ("io", "Closer", &["Close"]),
    ("io", "ReadCloser", &["Close", "Read"]),
    ("io", "ReadSeeker", &["Read", "Seek"]),
    ("io", "ReadWriteCloser", &["Close", "Read", "Write"]),
    ("io", "ReadWriter", &["Read", "Write"]),
    ("io", "Reader", &["Read"]),
    ("io", "ReaderAt", &["ReadAt"]),
    ("io", "Seeker", &["Seek"]),
    ("io", "WriteCloser", &["Close", "Write"]),
    ("io", "Writer", &["Write"]),
    ("net/http", "Handler", &["ServeHTTP"]),
    ("sort", "Interface", &["Len", "Less", "Swap"]),
];

impl<'a> Methods<'a> {
    pub(super) fn of(package: &'a Package, interface: &'a Interface) -> Self {
        let mut methods = Self::default();
        let mut seen: HashSet<&str> = HashSet::new();
        let mut queue = vec![(interface, None)];
        while let Some((interface, by)) = queue.pop() {
            for method in &interface.methods {
                methods.all.entry(&method.name).or_insert(Some(Declared { method, by }));
            }
            for embedded in &interface.embedded {
                let of = package.unalias(embedded);
                match (of, package.underlying(of)) {
                    (Type::Name(name), Type::Interface(inside)) => {
                        if seen.insert(name) {
                            queue.push((
                                inside,
                                package.object(name).map(|object| (name.as_str(), object)),
                            ));
                        }
                    }
                    (Type::Interface(inside), _) => queue.push((inside, by)),
                    _ => methods.embed(package, of),
                }
            }
        }
        methods
    }

    fn embed(&mut self, package: &Package, of: &'a Type) {
        let names: Option<&[&str]> = match of {
            Type::Name(name) => match package.meaning(name) {
                Meaning::Predeclared("error") => Some(&["Error"]),
                Meaning::Predeclared(_) => Some(&[]),
                Meaning::Defined | Meaning::Unknown => None,
            },
            Type::Qualified(path, name) => KNOWN
                .iter()
                .find(|(p, n, _)| (*p, *n) == (path.as_str(), name.as_str()))
                .map(|(_, _, methods)| *methods),
            _ => None,
        };
        match names {
            Some(names) => {
                for name in names {
                    self.all.entry(name).or_insert(None);
                }
            }
            None => {
                // Qualified by its whole path: packages of the same name are not the same.
                let (text, is_standard) = match of {
                    Type::Qualified(path, name) => (format!("{path}.{name}"), is_standard(path)),
                    other => (other.to_string(), false),
                };
                self.may_be_sealed |=
                    !is_standard || matches!(text.as_str(), "testing.TB" | "reflect.Type");
                self.open.insert(text);
            }
        }
    }

    /// Whether nobody outside of the package can implement it.
    pub(super) fn is_sealed(&self) -> bool {
        self.all.keys().any(|name| !is_exported(name))
    }
}

/// The exported methods that a type declares.
pub(super) fn exported<'a>(
    package: &'a Package,
    of: &'a str,
) -> impl Iterator<Item = (&'a String, &'a Object)> {
    package.methods(of).filter(|(name, _)| is_exported(name))
}

/// Whether values of a type can be compared with `==`; `None` where that is not seen here.
pub(super) fn is_comparable(package: &Package, of: &Type, depth: u32) -> Option<bool> {
    const MAX_DEPTH: u32 = 20;
    if depth > MAX_DEPTH {
        return None;
    }
    match package.underlying(of) {
        Type::Array(_, of) => is_comparable(package, of, depth + 1),
        Type::Chan(..) | Type::Interface(_) | Type::Pointer(_) => Some(true),
        Type::Func(_) | Type::Map(..) | Type::Slice(_) => Some(false),
        Type::Name(name) => {
            matches!(package.meaning(name), Meaning::Predeclared(_)).then_some(true)
        }
        Type::Qualified(path, name) => {
            let is_known = matches!(
                (path.as_str(), name.as_str()),
                ("time", "Duration" | "Location" | "Month" | "Time" | "Weekday")
                    | ("sync", "Mutex" | "Once" | "RWMutex")
                    | ("os", "FileMode")
                    | ("context", "Context" | "CancelFunc")
                    | ("io", "Reader" | "Writer")
                    | ("reflect", "Type")
            ) && name != "CancelFunc";
            is_known.then_some(true)
        }
        Type::Struct(fields) => {
            let mut answer = Some(true);
            for field in fields {
                match is_comparable(package, &field.of, depth + 1) {
                    Some(false) => return Some(false),
                    None => answer = None,
                    Some(true) => {}
                }
            }
            answer
        }
        Type::Instance(..) | Type::Parameter(_) | Type::Unknown(_) => None,
    }
}
