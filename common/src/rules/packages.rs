//! The packages of a module, as far as rules speak of them (K9).

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::gosource::{self, Source};
use crate::modzip::Plan;
use crate::objects::{Fault, ObjectId, Objects};

/// What is known of Go files; each blob is read once for a whole push.
#[derive(Default)]
pub(super) struct Packages {
    heads: RefCell<HashMap<ObjectId, Option<Rc<Source>>>>,
}

impl Packages {
    /// The directory of the first main package of a module, relative to the module.
    pub(super) fn main<'p>(
        &self,
        objects: &dyn Objects,
        plan: &'p Plan,
    ) -> Result<Option<&'p str>, Fault> {
        for file in plan.files.iter().filter(|file| is_source(&file.path)) {
            let source = self.head(objects, file.id)?;
            if source.is_some_and(|source| source.package == "main" && !source.is_ignored) {
                return Ok(Some(file.path.rsplit_once('/').map_or("", |(directory, _)| directory)));
            }
        }
        Ok(None)
    }

    /// Whether a package of a module imports one of another module, as its path has it.
    pub(super) fn import(
        &self,
        objects: &dyn Objects,
        plan: &Plan,
        module: &str,
    ) -> Result<bool, Fault> {
        let is_of_module = |import: &String| {
            import.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        for file in plan.files.iter().filter(|file| is_source(&file.path)) {
            let source = self.head(objects, file.id)?.filter(|source| !source.is_ignored);
            if source.is_some_and(|source| source.imports.iter().any(is_of_module)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The head of a Go file; none where it is not Go.
    fn head(&self, objects: &dyn Objects, blob: ObjectId) -> Result<Option<Rc<Source>>, Fault> {
        if let Some(known) = self.heads.borrow().get(&blob) {
            return Ok(known.clone());
        }
        let source = gosource::scan(&objects.blob(blob)?).map(Rc::new);
        self.heads.borrow_mut().insert(blob, source.clone());
        Ok(source)
    }
}

/// Whether a file of a module can be part of a package that others may use: a Go file, no test, in a directory that
/// counts.
pub(super) fn is_source(path: &str) -> bool {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    name.ends_with(".go")
        && !name.ends_with("_test.go")
        && !name.starts_with(['.', '_'])
        && !directory.split('/').any(is_ignored)
}

/// Whether the go command passes over directories of this name where it looks for packages.
fn is_ignored(directory: &str) -> bool {
    matches!(directory, "testdata" | "vendor") || directory.starts_with(['.', '_'])
}

#[cfg(test)]
mod tests {
    use super::is_source;

    #[test]
    fn files_of_packages_are_told_from_others() {
        for path in ["a.go", "cmd/a/main.go", "testdata2/a.go", "a/vendors/b.go"] {
            assert!(is_source(path), "{path}");
        }
        for path in [
            "a_test.go",
            "a.c",
            "_a.go",
            ".a.go",
            "testdata/a.go",
            "x/vendor/y/a.go",
            ".x/a.go",
            "x/_y/a.go",
        ] {
            assert!(!is_source(path), "{path}");
        }
    }
}
