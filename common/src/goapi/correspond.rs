//! Whether a type of the old package and one of the new package are the same to those who use them.
//!
//! Follows apidiff: types of the package correspond by name, those that are not exported may have another name, and
//! what becomes of them is compared when they are reached. Where a name of another package may be an alias, the answer
//! is unknown.

use super::diff::Differ;
use super::package::Meaning;
use super::types::{Field, Interface, Signature, Type, is_exported};

/// Whether types are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    No,
    Unknown,
    Yes,
}

impl Answer {
    const fn of(same: bool) -> Self {
        if same { Self::Yes } else { Self::No }
    }
}

/// Deeper types are not compared.
const MAX_DEPTH: u32 = 100;

/// Types of the standard library that are another name for a type elsewhere.
const ALIASES: &[(&str, &str)] = &[("html/template", "FuncMap"), ("os", "Signal")];

impl Differ<'_> {
    /// Whether an old type and a new one are the same.
    pub(super) fn correspond(&mut self, old: &Type, new: &Type) -> Answer {
        self.corr(old, new, 0)
    }

    fn corr(&mut self, old: &Type, new: &Type, depth: u32) -> Answer {
        if depth > MAX_DEPTH {
            return Answer::Unknown;
        }
        let (old_package, new_package) = (self.old, self.new);
        let (old, new) = (old_package.unalias(old), new_package.unalias(new));
        let depth = depth + 1;
        match (old, new) {
            (Type::Unknown(a), Type::Unknown(b)) if a == b => Answer::Yes,
            (Type::Unknown(_), _) | (_, Type::Unknown(_)) => Answer::Unknown,
            (Type::Name(a), _) if is_any(a, old_package.meaning(a)) => {
                self.corr(&Type::Interface(Interface::default()), new, depth)
            }
            (_, Type::Name(b)) if is_any(b, new_package.meaning(b)) => {
                self.corr(old, &Type::Interface(Interface::default()), depth)
            }
            (Type::Name(a), _) => self.names(a, new),
            (_, Type::Name(b)) => match (old, new_package.meaning(b)) {
                (_, Meaning::Unknown) => Answer::Unknown,
                (Type::Qualified(_, name), Meaning::Defined) if name == b => Answer::Unknown,
                _ => Answer::No,
            },
            (Type::Qualified(p, a), Type::Qualified(q, b)) => qualified((p, a), (q, b)),
            (Type::Qualified(path, name), other) | (other, Type::Qualified(path, name)) => {
                literal(path, name, other)
            }
            (Type::Instance(a, x), Type::Instance(b, y)) => {
                // Another number of parameters is told where the type is declared.
                let count = if x.len() == y.len() { Answer::Yes } else { Answer::Unknown };
                count.min(self.corr(a, b, depth)).min(self.lists(x, y, depth))
            }
            (Type::Instance(..), _) | (_, Type::Instance(..)) => self.instance(old, new),
            (Type::Parameter(a), Type::Parameter(b)) => Answer::of(a == b),
            (Type::Array(m, a), Type::Array(n, b)) => {
                let length = if m == n {
                    Answer::Yes
                } else if [m, n].iter().all(|n| n.bytes().all(|b| b.is_ascii_digit())) {
                    Answer::No
                } else {
                    Answer::Unknown
                };
                length.min(self.corr(a, b, depth))
            }
            (Type::Chan(m, a), Type::Chan(n, b)) => Answer::of(m == n).min(self.corr(a, b, depth)),
            (Type::Func(a), Type::Func(b)) => self.signatures_at(a, b, depth),
            (Type::Interface(a), Type::Interface(b)) => self.interfaces(a, b, depth),
            (Type::Map(k, a), Type::Map(l, b)) => {
                self.corr(k, l, depth).min(self.corr(a, b, depth))
            }
            (Type::Pointer(a), Type::Pointer(b)) | (Type::Slice(a), Type::Slice(b)) => {
                self.corr(a, b, depth)
            }
            (Type::Struct(a), Type::Struct(b)) => self.structs(a, b, depth),
            _ => Answer::No,
        }
    }

    /// Whether two signatures are the same.
    pub(super) fn signatures(&mut self, old: &Signature, new: &Signature) -> Answer {
        self.signatures_at(old, new, 0)
    }

    fn signatures_at(&mut self, old: &Signature, new: &Signature, depth: u32) -> Answer {
        let same_shape = old.is_variadic == new.is_variadic
            && old.constraints.len() == new.constraints.len()
            && old.parameters.len() == new.parameters.len()
            && old.results.len() == new.results.len();
        let constraints = self.lists(&old.constraints, &new.constraints, depth);
        let parameters = self.lists(&old.parameters, &new.parameters, depth);
        let results = self.lists(&old.results, &new.results, depth);
        Answer::of(same_shape).min(constraints).min(parameters).min(results)
    }

    /// Whether types are the same one by one, as many as both have.
    pub(super) fn lists(&mut self, old: &[Type], new: &[Type], depth: u32) -> Answer {
        let mut answer = Answer::Yes;
        for (old, new) in old.iter().zip(new) {
            answer = answer.min(self.corr(old, new, depth));
        }
        answer
    }

    /// A name of the old package that is no alias of it.
    fn names(&mut self, old: &str, new: &Type) -> Answer {
        match self.old.meaning(old) {
            Meaning::Unknown => Answer::Unknown,
            Meaning::Predeclared(old) => match new {
                Type::Name(name) => match self.new.meaning(name) {
                    Meaning::Predeclared(new) => Answer::of(old == new),
                    Meaning::Defined => Answer::No,
                    Meaning::Unknown => Answer::Unknown,
                },
                Type::Qualified(path, name) => literal(path, name, &Type::Name(old.to_owned())),
                Type::Instance(..) => self.instance(&Type::Name(old.to_owned()), new),
                _ => Answer::No,
            },
            Meaning::Defined if is_exported(old) => self.exported(old, new),
            Meaning::Defined => self.hidden(old, new),
        }
    }

    /// An exported type is what its name means in the new package.
    fn exported(&self, old: &str, new: &Type) -> Answer {
        let target = Type::Name(old.to_owned());
        let target = self.new.unalias(&target);
        match (target, new) {
            (Type::Name(target), Type::Name(new)) if target == new => Answer::Yes,
            _ if target == new => Answer::Yes,
            // It was removed, which is told.
            (Type::Name(name), _) if self.new.meaning(name) == Meaning::Unknown => Answer::Unknown,
            (_, Type::Name(new)) if self.new.meaning(new) == Meaning::Unknown => Answer::Unknown,
            (_, Type::Qualified(_, name)) if name == old => Answer::Unknown,
            (_, Type::Instance(..)) => Answer::Unknown,
            _ => Answer::No,
        }
    }

    /// A type that is not exported may have another name now: what others see of it is compared.
    fn hidden(&mut self, old: &str, new: &Type) -> Answer {
        match new {
            Type::Name(name) => match self.new.meaning(name) {
                Meaning::Defined => {
                    self.reach(old, name);
                    Answer::Yes
                }
                _ => Answer::Unknown,
            },
            Type::Qualified(_, name) if name == old => Answer::Unknown,
            Type::Instance(..) | Type::Unknown(_) => Answer::Unknown,
            _ => Answer::No,
        }
    }

    /// One of them has type arguments, the other has none.
    fn instance(&self, old: &Type, new: &Type) -> Answer {
        let is_open = |of: &Type, package: &super::package::Package| match of {
            // What it stands for depends on the arguments.
            Type::Instance(of, _) => match &**of {
                Type::Name(name) => package.meaning(name) != Meaning::Defined,
                _ => true,
            },
            _ => false,
        };
        if is_open(old, self.old) || is_open(new, self.new) { Answer::Unknown } else { Answer::No }
    }

    fn interfaces(&mut self, old: &Interface, new: &Interface, depth: u32) -> Answer {
        if old == new {
            return Answer::Yes;
        }
        let is_plain =
            |interface: &Interface| interface.embedded.is_empty() && !interface.has_union;
        if !is_plain(old) || !is_plain(new) {
            return Answer::Unknown;
        }
        let mut answer = Answer::of(old.methods.len() == new.methods.len());
        for method in &old.methods {
            let same = new.methods.iter().find(|other| other.name == method.name);
            answer = answer.min(same.map_or(Answer::No, |other| {
                self.signatures_at(&method.signature, &other.signature, depth)
            }));
        }
        answer
    }

    fn structs(&mut self, old: &[Field], new: &[Field], depth: u32) -> Answer {
        let mut answer = Answer::of(old.len() == new.len());
        for (old, new) in old.iter().zip(new) {
            let is_hidden = old.is_embedded && !is_exported(&old.name) && !is_exported(&new.name);
            let same = old.is_embedded == new.is_embedded
                && old.tag == new.tag
                && (old.name == new.name || is_hidden);
            answer = answer.min(Answer::of(same)).min(self.corr(&old.of, &new.of, depth));
        }
        answer
    }
}

fn is_any(name: &str, meaning: Meaning<'_>) -> bool {
    name == "any" && meaning == Meaning::Predeclared("any")
}

/// Two names of other packages. The same name elsewhere may be an alias: so it is when types move. So may be another name
/// in the same package, or in one that is not of the standard library.
fn qualified((p, a): (&str, &str), (q, b): (&str, &str)) -> Answer {
    if (p, a) == (q, b) {
        return Answer::Yes;
    }
    let is_known = |path: &str| !path.starts_with('?');
    let is_alias = |path, name| ALIASES.contains(&(path, name));
    let (same_name, same_package) = (a == b, p == q);
    if !is_known(p) || !is_known(q) || is_alias(p, a) || is_alias(q, b) || same_name {
        Answer::Unknown
    } else if same_package {
        if is_standard(p) { Answer::No } else { Answer::Unknown }
    } else {
        Answer::No
    }
}

/// A name of another package, and a type that is no such name.
fn literal(path: &str, name: &str, other: &Type) -> Answer {
    let is_known = !path.starts_with('?') && !ALIASES.contains(&(path, name));
    match other {
        _ if !is_known => Answer::Unknown,
        Type::Name(_) | Type::Pointer(_) | Type::Parameter(_) => Answer::No,
        _ if is_standard(path) => Answer::No,
        _ => Answer::Unknown,
    }
}

/// Whether packages of this path come with Go.
pub(super) fn is_standard(path: &str) -> bool {
    !path.starts_with('?') && !path.split('/').next().unwrap_or_default().contains('.')
}
