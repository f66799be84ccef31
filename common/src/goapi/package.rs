//! All files of a package put together.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::syntax::{Declaration, Declared, File, Receiver};
use super::types::{Signature, Type, predeclared};

/// The declarations of a package, of the files that are compiled together.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// The name in the package clauses.
    pub(super) name: String,
    /// Whether names may come from elsewhere.
    has_dot_import: bool,
    objects: BTreeMap<String, Object>,
    methods: HashMap<String, BTreeMap<String, Object>>,
    /// Declared more than once: what is known of build constraints is not enough.
    ambiguous: HashSet<String>,
}

/// One declaration, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Object {
    file: Rc<File>,
    index: usize,
    /// The path of the file.
    pub(super) path: Rc<str>,
}

impl Object {
    pub(super) fn declaration(&self) -> &Declaration {
        &self.file.declarations[self.index]
    }

    pub(super) fn is_type(&self) -> bool {
        matches!(self.declaration().of, Declared::Alias(..) | Declared::Type(..))
    }

    /// The receiver and the signature of a method.
    pub(super) fn method(&self) -> Option<(&Receiver, &Signature)> {
        match &self.declaration().of {
            Declared::Method(receiver, signature) => Some((receiver, signature)),
            _ => None,
        }
    }

    /// The word for its kind.
    pub(super) fn kind(&self) -> &'static str {
        match self.declaration().of {
            Declared::Alias(..) | Declared::Type(..) => "type",
            Declared::Constant(..) => "const",
            Declared::Func(_) => "func",
            Declared::Method(..) => "method",
            Declared::Var(_) => "var",
        }
    }
}

impl Package {
    /// A package of these files, each with its path; `None` where they do not belong together.
    pub(super) fn of(files: Vec<(Rc<str>, Rc<File>)>) -> Option<Self> {
        let mut package = Self::default();
        for (path, file) in files {
            if package.name.is_empty() {
                package.name.clone_from(&file.package);
            } else if package.name != file.package {
                return None;
            }
            package.has_dot_import |= file.has_dot_import;
            for index in 0..file.declarations.len() {
                package.add(Object { file: Rc::clone(&file), index, path: Rc::clone(&path) });
            }
        }
        package.join_methods();
        Some(package)
    }

    fn add(&mut self, object: Object) {
        let name = object.declaration().name.clone();
        if let Some((receiver, _)) = object.method() {
            let of = receiver.of.clone();
            let key = format!("{of}.{name}");
            if self.methods.entry(of).or_default().insert(name, object).is_some() {
                self.ambiguous.insert(key);
            }
        } else if name != "_"
            && name != "init"
            && self.objects.insert(name.clone(), object).is_some()
        {
            self.ambiguous.insert(name);
        }
    }

    /// Methods may be declared on an alias of their type.
    fn join_methods(&mut self) {
        let receivers: Vec<String> = self.methods.keys().cloned().collect();
        for receiver in receivers {
            let of = match self.unalias(&Type::Name(receiver.clone())) {
                Type::Name(name) if *name != receiver => name.clone(),
                _ => continue,
            };
            let methods = self.methods.remove(&receiver).unwrap_or_default();
            self.methods.entry(of).or_default().extend(methods);
        }
    }

    /// Everything that the package declares, but methods.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&String, &Object)> {
        self.objects.iter().filter(|(name, _)| !self.ambiguous.contains(*name))
    }

    /// What this name means in the package.
    pub(super) fn object(&self, name: &str) -> Option<&Object> {
        self.objects.get(name)
    }

    /// Whether a name, or `Type.Method`, is declared more than once.
    pub(super) fn is_ambiguous(&self, name: &str) -> bool {
        self.ambiguous.contains(name)
    }

    /// The methods that a type declares.
    pub(super) fn methods(&self, of: &str) -> impl Iterator<Item = (&String, &Object)> {
        self.methods.get(of).into_iter().flatten()
    }

    /// A method that a type declares.
    pub(super) fn method(&self, of: &str, name: &str) -> Option<&Object> {
        self.methods.get(of)?.get(name)
    }

    /// The new type of this name: its type, and the constraints of its parameters.
    pub(super) fn defined(&self, name: &str) -> Option<(&Type, &[Type])> {
        match &self.object(name)?.declaration().of {
            Declared::Type(of, constraints) => Some((of, constraints)),
            _ => None,
        }
    }

    /// What a type is when aliases of the package are replaced by what they stand for.
    pub(super) fn unalias<'a>(&'a self, of: &'a Type) -> &'a Type {
        /// Aliases of aliases, and a guard against those of themselves.
        const MAX: usize = 32;
        let mut of = of;
        for _ in 0..MAX {
            let Type::Name(name) = of else { return of };
            match self.object(name).map(|object| &object.declaration().of) {
                Some(Declared::Alias(target, 0)) => of = target,
                _ => return of,
            }
        }
        of
    }

    /// What a name means: a type of the package, one of the language, or something from elsewhere.
    pub(super) fn meaning<'a>(&'a self, name: &'a str) -> Meaning<'a> {
        match self.object(name).map(|object| &object.declaration().of) {
            Some(Declared::Type(..)) if !self.is_ambiguous(name) => Meaning::Defined,
            Some(_) => Meaning::Unknown,
            None if self.has_dot_import => Meaning::Unknown,
            None => predeclared(name).map_or(Meaning::Unknown, Meaning::Predeclared),
        }
    }

    /// The type behind a name of the package, and behind that, down to one that is no name of it.
    pub(super) fn underlying<'a>(&'a self, of: &'a Type) -> &'a Type {
        /// Types of types, and a guard against those of themselves.
        const MAX: usize = 32;
        let mut of = self.unalias(of);
        for _ in 0..MAX {
            let Type::Name(name) = of else { return of };
            match self.defined(name) {
                Some((inside, [])) if !self.is_ambiguous(name) => of = self.unalias(inside),
                _ => return of,
            }
        }
        of
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    /// A new type of the package.
    Defined,
    /// A type of the language, by its own name.
    Predeclared(&'a str),
    /// Something that is not seen here.
    Unknown,
}
