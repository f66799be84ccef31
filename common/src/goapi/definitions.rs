//! What may change in the definition of a type.

use super::Side;
use super::correspond::Answer;
use super::diff::{At, Differ};
use super::members::{self, Methods, exported, is_comparable};
use super::package::{Meaning, Object, Package};
use super::syntax::Declared;
use super::types::{Direction, Field, Interface, Type, is_exported};

/// Basic types, and those that hold all of their values.
const WIDER: &[(&str, &[&str])] = &[
    ("complex64", &["complex128"]),
    ("float32", &["float64"]),
    ("int", &["int64"]),
    ("int16", &["int32", "int", "int64"]),
    ("int32", &["int", "int64"]),
    ("int8", &["int16", "int32", "int", "int64"]),
    ("uint", &["uint64"]),
    ("uint16", &["uint32", "uint", "uint64"]),
    ("uint32", &["uint", "uint64"]),
    ("uint8", &["uint16", "uint32", "uint", "uint64"]),
];

impl Differ<'_> {
    /// An exported type.
    pub(super) fn types(&mut self, name: &str, old: &Object, new: &Object) {
        match (&old.declaration().of, &new.declaration().of) {
            (Declared::Alias(a, 0), Declared::Alias(..) | Declared::Type(..)) => {
                let target = Type::Name(name.to_owned());
                let target = match &new.declaration().of {
                    Declared::Alias(of, 0) => of,
                    _ => &target,
                };
                if self.correspond(a, target) == Answer::No {
                    self.changed(name, At::New(new), a, target);
                }
            }
            (Declared::Type(..), Declared::Type(..)) => self.defined(name, old, name, new),
            (Declared::Type(of, parameters), Declared::Alias(target, 0)) => {
                let (new_package, target) = (self.new, self.new.unalias(target));
                match target {
                    Type::Name(now) => match (new_package.meaning(now), new_package.object(now)) {
                        (Meaning::Defined, Some(after)) => self.defined(name, old, now, after),
                        (Meaning::Predeclared(_), _) if parameters.is_empty() => {
                            self.underlying(name, old, new, (of, target));
                        }
                        _ => {}
                    },
                    // It is the same type elsewhere, or so they say.
                    Type::Qualified(..) | Type::Instance(..) | Type::Unknown(_) => {}
                    _ => self.changed(name, At::New(new), &name, target),
                }
            }
            _ => {}
        }
    }

    /// A defined type, and the one that it has become.
    pub(super) fn defined(&mut self, name: &str, old: &Object, now: &str, new: &Object) {
        let (Declared::Type(before, p), Declared::Type(after, q)) =
            (&old.declaration().of, &new.declaration().of)
        else {
            return;
        };
        if p.len() != q.len() || self.lists(p, q, 0) == Answer::No {
            let text = |parameters: &[Type]| {
                let all: Vec<String> = parameters.iter().map(ToString::to_string).collect();
                if all.is_empty() { name.to_owned() } else { format!("{name}[{}]", all.join(", ")) }
            };
            return self.changed(name, At::New(new), &text(p), &text(q));
        }
        if self.underlying(name, old, new, (before, after)) {
            self.methods(name, now);
        }
    }

    /// What a type is made of; no where it is something else now.
    fn underlying(&mut self, name: &str, old: &Object, new: &Object, of: (&Type, &Type)) -> bool {
        let (old_package, new_package) = (self.old, self.new);
        let (before, after) = (old_package.underlying(of.0), new_package.underlying(of.1));
        match (before, after) {
            (Type::Interface(a), Type::Interface(b)) => {
                self.interfaces_of(name, (old, a), (new, b));
                return true;
            }
            (Type::Struct(a), Type::Struct(b)) => {
                self.fields(name, (old, a), (new, b));
                let comparable =
                    (is_comparable(old_package, before, 0), is_comparable(new_package, after, 0));
                if comparable == (Some(true), Some(false)) {
                    self.tell(name, At::New(new), "old is comparable, new is not");
                }
                return true;
            }
            (Type::Chan(m, a), Type::Chan(n, b)) => {
                if self.correspond(a, b) == Answer::No || (m != n && *n != Direction::Both) {
                    self.changed(name, At::New(new), before, after);
                } else if m != n {
                    self.add(name, At::New(new), "removed direction");
                }
                return true;
            }
            (Type::Name(a), Type::Name(b)) if is_wider(old_package, a, new_package, b) => {
                self.add(name, At::New(new), &format!("changed from {a} to {b}"));
                return true;
            }
            // What they are made of is elsewhere.
            (Type::Qualified(..) | Type::Instance(..) | Type::Unknown(_), _)
            | (_, Type::Qualified(..) | Type::Instance(..) | Type::Unknown(_)) => return true,
            _ => {}
        }
        let answer = self.correspond(before, after);
        if answer == Answer::No {
            self.changed(name, At::New(new), before, after);
        }
        answer != Answer::No || std::mem::discriminant(before) == std::mem::discriminant(after)
    }

    fn interfaces_of(
        &mut self,
        name: &str,
        old: (&Object, &Interface),
        new: (&Object, &Interface),
    ) {
        let (old_package, new_package) = (self.old, self.new);
        let (before, after) = (Methods::of(old_package, old.1), Methods::of(new_package, new.1));
        let is_sealed = before.is_sealed();
        for (method, was) in before.all.iter().filter(|(method, _)| is_exported(method)) {
            match (was, after.all.get(method)) {
                (Some(was), Some(Some(now))) => {
                    let (a, b) = (&was.method.signature, &now.method.signature);
                    if self.signatures(a, b) == Answer::No {
                        let (symbol, at) = of_interface(name, method, *now, new.0, Side::New);
                        self.changed(&symbol, at, &format!("func{a}"), &format!("func{b}"));
                    }
                }
                (Some(was), None) if before.open == after.open => {
                    let (symbol, at) = of_interface(name, method, *was, old.0, Side::Old);
                    self.gone(&symbol, at);
                }
                (None, None) if before.open == after.open => {
                    self.gone(&format!("{name}.{method}"), At::Old(old.0));
                }
                _ => {}
            }
        }
        let is_open = before.open != after.open || before.may_be_sealed;
        for (method, now) in after.all.iter().filter(|(m, _)| !before.all.contains_key(*m)) {
            let (symbol, at) = match now {
                Some(now) => of_interface(name, method, *now, new.0, Side::New),
                None => (format!("{name}.{method}"), At::New(new.0)),
            };
            if is_sealed {
                if is_exported(method) {
                    self.add(&symbol, at, "added");
                }
            } else if !is_open {
                let what = if is_exported(method) { "added" } else { "added unexported method" };
                self.tell(&symbol, at, what);
            }
        }
    }

    fn fields(&mut self, name: &str, old: (&Object, &[Field]), new: (&Object, &[Field])) {
        let (old_package, new_package) = (self.old, self.new);
        let find =
            |fields: &'_ [Field], name: &str| fields.iter().position(|field| field.name == name);
        for field in old.1.iter().filter(|field| is_exported(&field.name)) {
            let symbol = format!("{name}.{}", field.name);
            match find(new.1, &field.name).and_then(|at| new.1.get(at)) {
                Some(now) => {
                    if self.correspond(&field.of, &now.of) == Answer::No {
                        self.changed(&symbol, At::NewLine(new.0, now.line), &field.of, &now.of);
                    }
                }
                None => self.gone(&symbol, At::OldLine(old.0, field.line)),
            }
        }
        for field in new.1.iter().filter(|field| is_exported(&field.name)) {
            if find(old.1, &field.name).is_none() {
                let symbol = format!("{name}.{}", field.name);
                self.add(&symbol, At::NewLine(new.0, field.line), "added");
            }
        }
        let before = members::promoted(old_package, old.1);
        let after = members::promoted(new_package, new.1);
        if after.is_open {
            return;
        }
        for promoted in &before.promoted {
            let is_there = after.promoted.contains(promoted)
                || find(new.1, promoted).is_some()
                || find(old.1, promoted).is_some()
                || has_method(new_package, name, promoted)
                || has_method(old_package, name, promoted);
            if !is_there {
                self.gone(&format!("{name}.{promoted}"), At::Old(old.0));
            }
        }
    }

    fn methods(&mut self, name: &str, now_named: &str) {
        let (old_package, new_package) = (self.old, self.new);
        let embedded = members::promoted(new_package, fields_of(new_package, now_named));
        for (method, was) in exported(old_package, name) {
            let Some((receiver, signature)) = was.method() else { continue };
            let symbol = format!("{name}.{method}");
            if new_package.is_ambiguous(&format!("{now_named}.{method}")) {
                continue;
            }
            let Some(now) = new_package.method(now_named, method) else {
                if !embedded.is_open && !embedded.promoted.contains(method) {
                    self.gone(&symbol, At::Old(was));
                }
                continue;
            };
            let Some((now_receiver, now_signature)) = now.method() else { continue };
            if self.signatures(signature, now_signature) == Answer::No {
                let (a, b) = (format!("func{signature}"), format!("func{now_signature}"));
                self.changed(&symbol, At::New(now), &a, &b);
            }
            if !receiver.is_pointer && now_receiver.is_pointer {
                self.tell(&symbol, At::New(now), "receiver changed from a value to a pointer");
            } else if receiver.is_pointer && !now_receiver.is_pointer {
                self.add(&symbol, At::New(now), "receiver changed from a pointer to a value");
            }
        }
        let before = fields_of(old_package, name);
        let before = members::promoted(old_package, before);
        for (method, now) in exported(new_package, now_named) {
            let was_there = before.is_open
                || before.promoted.contains(method)
                || has_method(old_package, name, method);
            if !was_there {
                self.add(&format!("{name}.{method}"), At::New(now), "added");
            }
        }
    }
}

/// A method by the name of the interface that declares it, and where it does: it is told once, whoever embeds that.
fn of_interface<'a>(
    name: &str,
    method: &str,
    declared: members::Declared<'a>,
    outer: &'a Object,
    side: Side,
) -> (String, At<'a>) {
    let (name, object) = declared.by.unwrap_or((name, outer));
    let line = declared.method.line;
    let at = match side {
        Side::New => At::NewLine(object, line),
        Side::Old => At::OldLine(object, line),
    };
    (format!("{name}.{method}"), at)
}

fn fields_of<'a>(package: &'a Package, of: &str) -> &'a [Field] {
    match package.defined(of).map(|(of, _)| package.underlying(of)) {
        Some(Type::Struct(fields)) => fields,
        _ => &[],
    }
}

fn has_method(package: &Package, of: &str, method: &str) -> bool {
    package.method(of, method).is_some()
}

/// Whether a basic type holds all values of another one.
fn is_wider(old_package: &Package, old: &str, new_package: &Package, new: &str) -> bool {
    match (old_package.meaning(old), new_package.meaning(new)) {
        (Meaning::Predeclared(old), Meaning::Predeclared(new)) => {
            WIDER.iter().any(|(from, to)| *from == old && to.contains(&new))
        }
        _ => false,
    }
}
