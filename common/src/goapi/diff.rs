//! The difference between two versions of a package, as apidiff tells it, as far as syntax shows it.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::constants::{Of, Value, evaluate};
use super::correspond::Answer;
use super::package::{Object, Package};
use super::syntax::Declared;
use super::types::{Line, Type, is_exported};
use super::{Change, Place, Side};
use crate::quote::harmless;

/// A comparison under way.
pub(super) struct Differ<'a> {
    pub(super) old: &'a Package,
    pub(super) new: &'a Package,
    /// What types that are not exported have become.
    pairs: HashMap<String, String>,
    queue: Vec<(String, String)>,
    told: HashSet<String>,
    pub(super) incompatible: Vec<Difference>,
    pub(super) added: Vec<Difference>,
}

/// A difference, and the name whose declaration elsewhere would explain it.
#[derive(Debug)]
pub(super) struct Difference {
    /// The name, or `Type.Method`.
    pub(super) symbol: String,
    pub(super) change: Change,
}

/// Where a difference is.
#[derive(Clone, Copy)]
pub(super) enum At<'a> {
    New(&'a Object),
    NewLine(&'a Object, Line),
    Old(&'a Object),
    OldLine(&'a Object, Line),
}

/// Compares two versions of a package.
pub(super) fn compare<'a>(old: &'a Package, new: &'a Package) -> Differ<'a> {
    let mut differ = Differ {
        old,
        new,
        pairs: HashMap::new(),
        queue: Vec::new(),
        told: HashSet::new(),
        incompatible: Vec::new(),
        added: Vec::new(),
    };
    for (name, object) in old.objects().filter(|(name, _)| is_exported(name)) {
        if new.is_ambiguous(name) {
            continue;
        }
        match new.object(name) {
            Some(now) => differ.objects(name, object, now),
            None => differ.gone(name, At::Old(object)),
        }
    }
    for (name, object) in new.objects().filter(|(name, _)| is_exported(name)) {
        if old.object(name).is_none() {
            differ.add(name, At::New(object), "added");
        }
    }
    while let Some((was, now)) = differ.queue.pop() {
        differ.hidden_types(&was, &now);
    }
    differ
}

impl Differ<'_> {
    /// Notes that a type that is not exported became another one; it is compared once.
    pub(super) fn reach(&mut self, old: &str, new: &str) {
        if !self.pairs.contains_key(old) {
            self.pairs.insert(old.to_owned(), new.to_owned());
            self.queue.push((old.to_owned(), new.to_owned()));
        }
    }

    fn hidden_types(&mut self, was: &str, now: &str) {
        let (old, new) = (self.old, self.new);
        if let (Some(before), Some(after)) = (old.object(was), new.object(now))
            && !old.is_ambiguous(was)
            && !new.is_ambiguous(now)
        {
            self.defined(was, before, now, after);
        }
    }

    fn objects(&mut self, name: &str, old: &Object, new: &Object) {
        let answer = match (&old.declaration().of, &new.declaration().of) {
            (Declared::Constant(..), Declared::Constant(..)) => {
                return self.constants(name, old, new);
            }
            (Declared::Var(Some(a)), Declared::Var(Some(b))) => (self.correspond(a, b), a, b),
            (Declared::Var(_), Declared::Var(_)) => return,
            (Declared::Func(a), Declared::Func(b)) => {
                if self.signatures(a, b) == Answer::No {
                    self.changed(name, At::New(new), &func(a), &func(b));
                }
                return;
            }
            (Declared::Func(a), Declared::Var(b)) => {
                let a = Type::Func(Box::new(a.clone()));
                if let Some(b) = b
                    && self.correspond(&a, b) == Answer::No
                {
                    self.changed(name, At::New(new), &a, b);
                }
                return self.add(name, At::New(new), "changed from func to var");
            }
            (
                Declared::Type(..) | Declared::Alias(..),
                Declared::Type(..) | Declared::Alias(..),
            ) => {
                return self.types(name, old, new);
            }
            _ => return self.changed(name, At::New(new), &old.kind(), &new.kind()),
        };
        if let (Answer::No, a, b) = answer {
            self.changed(name, At::New(new), a, b);
        }
    }

    fn constants(&mut self, name: &str, old: &Object, new: &Object) {
        let (was, now) = (evaluate(self.old, old), evaluate(self.new, new));
        let kind = |value: &Option<Value>| value.as_ref().map(Value::kind).unwrap_or_default();
        match (&was.of, &now.of) {
            (Of::Typed(a), Of::Typed(b)) if self.correspond(a, b) == Answer::No => {
                return self.changed(name, At::New(new), a, b);
            }
            (Of::Typed(a), Of::Untyped) if now.value.is_some() => {
                return self.changed(name, At::New(new), a, &kind(&now.value));
            }
            (Of::Untyped, Of::Typed(b)) if was.value.is_some() => {
                return self.changed(name, At::New(new), &kind(&was.value), b);
            }
            _ => {}
        }
        let (Some(a), Some(b)) = (was.value, now.value) else { return };
        if was.of == Of::Untyped && now.of == Of::Untyped && a.kind() != b.kind() {
            return self.changed(name, At::New(new), &a.kind(), &b.kind());
        }
        // It says which version this is, and has to change.
        let says_version =
            matches!(a, Value::Text(_)) && name.to_ascii_lowercase().contains("version");
        if a.differs(&b) && !says_version {
            let what = format!("value changed from {} to {}", a.text(), b.text());
            self.tell(name, At::New(new), &what);
        }
    }

    /// A name that stays, with something else behind it.
    pub(super) fn changed(
        &mut self,
        name: &str,
        at: At<'_>,
        old: &dyn std::fmt::Display,
        new: &dyn std::fmt::Display,
    ) {
        let (old, new) = (short(&old.to_string()), short(&new.to_string()));
        self.tell(name, at, &format!("changed from {old} to {new}"));
    }

    /// A name that is gone.
    pub(super) fn gone(&mut self, name: &str, at: At<'_>) {
        self.tell(name, at, "removed");
    }

    /// Tells an incompatible difference, each once.
    pub(super) fn tell(&mut self, symbol: &str, at: At<'_>, what: &str) {
        if self.told.insert(format!("{symbol}: {what}")) {
            self.incompatible.push(difference(symbol, at, what));
        }
    }

    /// Tells a compatible difference.
    pub(super) fn add(&mut self, symbol: &str, at: At<'_>, what: &str) {
        self.added.push(difference(symbol, at, what));
    }
}

fn difference(symbol: &str, at: At<'_>, what: &str) -> Difference {
    let (object, side, line) = match at {
        At::New(object) => (object, Side::New, object.declaration().line),
        At::NewLine(object, line) => (object, Side::New, line),
        At::Old(object) => (object, Side::Old, object.declaration().line),
        At::OldLine(object, line) => (object, Side::Old, line),
    };
    let place = Place { file: Rc::clone(&object.path), line: line.0, side };
    let change = Change { what: format!("{symbol}: {what}"), place: Some(place) };
    Difference { symbol: symbol.to_owned(), change }
}

fn func(signature: &super::types::Signature) -> String {
    format!("func{signature}")
}

/// Text for a line, with nothing in it that does more than be read: long types are cut.
fn short(text: &str) -> String {
    const MAX: usize = 100;
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = harmless(&words.join(" "));
    if text.chars().count() <= MAX {
        return text;
    }
    let cut: String = text.chars().take(MAX).collect();
    format!("{cut}...")
}
