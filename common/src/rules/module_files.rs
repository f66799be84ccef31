//! What the rules want to know of single files: the heads of Go files, pointers of Git LFS, attribute lines. Tags of
//! one push share most of their files, so every blob is read once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::gosource::{self, Source};
use crate::objects::{Fault, ObjectId, Objects};
use crate::tags;

use super::Push;

/// What Git LFS leaves in place of a file starts so.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// A pointer has an address of 64 digits and a number behind that line, and rarely more.
const POINTER_SIZES: std::ops::RangeInclusive<u64> = 120..=200;

/// Larger Go files are not looked at: generated ones, without a line that matters here.
const MAX_GO: u64 = 8 << 20;

/// Larger attribute files are not looked at.
const MAX_ATTRIBUTES: u64 = 1 << 20;

/// What is known of a Go file.
#[derive(Debug, Default)]
pub(super) struct GoFile {
    /// Its head, of whose imports those of this repository only; empty where it is none, or too large.
    pub(super) source: Source,
    /// Whether it is a pointer of Git LFS.
    pub(super) is_pointer: bool,
}

/// Files that were read.
#[derive(Debug, Default)]
pub(super) struct Blobs {
    go: RefCell<HashMap<ObjectId, Rc<GoFile>>>,
    pointers: RefCell<HashMap<ObjectId, bool>>,
    attributes: RefCell<HashMap<ObjectId, Option<u32>>>,
}

impl Blobs {
    /// The head of a Go file.
    pub(super) fn go_file(&self, push: &Push<'_>, id: ObjectId) -> Result<Rc<GoFile>, Fault> {
        if let Some(known) = self.go.borrow().get(&id) {
            return Ok(Rc::clone(known));
        }
        let (mut file, objects) = (GoFile::default(), push.objects);
        if objects.blob_size(id)? <= MAX_GO {
            let text = objects.blob(id)?;
            file.is_pointer = text.starts_with(POINTER);
            file.source = gosource::scan(&text).unwrap_or_default();
            // A million files import much, and little of it is of interest.
            file.source.imports.retain(|import| import.starts_with(push.code_root));
            file.source.imports.shrink_to_fit();
        }
        let file = Rc::new(file);
        self.go.borrow_mut().insert(id, Rc::clone(&file));
        Ok(file)
    }

    /// Whether a file that is no Go file is a pointer of Git LFS; `size` is known without reading it.
    pub(super) fn is_pointer(
        &self,
        objects: &dyn Objects,
        id: ObjectId,
        size: u64,
    ) -> Result<bool, Fault> {
        if !POINTER_SIZES.contains(&size) {
            return Ok(false);
        }
        if let Some(known) = self.pointers.borrow().get(&id) {
            return Ok(*known);
        }
        let is_pointer = objects.blob(id)?.starts_with(POINTER);
        self.pointers.borrow_mut().insert(id, is_pointer);
        Ok(is_pointer)
    }

    /// The first line of an attribute file that sets `export-ignore` or `export-subst`.
    pub(super) fn export_line(
        &self,
        objects: &dyn Objects,
        id: ObjectId,
    ) -> Result<Option<u32>, Fault> {
        if let Some(known) = self.attributes.borrow().get(&id) {
            return Ok(*known);
        }
        let is_meant = |word: &str| matches!(word, "export-ignore" | "export-subst");
        let line = attribute_line(objects, id, is_meant)?;
        self.attributes.borrow_mut().insert(id, line);
        Ok(line)
    }
}

/// The first line of an attribute file with such a word behind the pattern.
pub(super) fn attribute_line(
    objects: &dyn Objects,
    id: ObjectId,
    is_meant: impl Fn(&str) -> bool,
) -> Result<Option<u32>, Fault> {
    if objects.blob_size(id)? > MAX_ATTRIBUTES {
        return Ok(None);
    }
    let content = objects.blob(id)?;
    let text = String::from_utf8_lossy(&content);
    let has_it = |line: &str| {
        !line.trim_start().starts_with('#') && line.split_whitespace().skip(1).any(&is_meant)
    };
    Ok(text.lines().zip(1..).find(|(line, _)| has_it(line)).map(|(_, number)| number))
}

/// Whether this element of a path hides what is below it from those who look for packages (K9).
pub(super) fn is_hidden(element: &str) -> bool {
    matches!(element, "testdata" | "vendor") || element.starts_with(['.', '_'])
}

/// Whether the file of a module is compiled into a package that others may use.
pub(super) fn is_of_package(path: &str) -> bool {
    path.ends_with(".go") && !path.ends_with("_test.go") && !path.split('/').any(is_hidden)
}

/// The directory of a file.
pub(super) fn directory(path: &str) -> &str {
    tags::split(path).0
}

/// Where a symbolic link leads to, from the root of the commit; `None` where that is outside.
pub(super) fn link_target(link: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut elements: Vec<&str> = link.split('/').collect();
    elements.pop();
    for element in target.split('/') {
        match element {
            "" | "." => {}
            ".." => {
                elements.pop()?;
            }
            name => elements.push(name),
        }
    }
    Some(elements.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_packages_are_known_by_their_path() {
        for path in ["a.go", "x/a.go", "internal/a_linux.go", "testdata.go"] {
            assert!(is_of_package(path), "{path}");
        }
        for path in
            ["a_test.go", "_a.go", ".a.go", "testdata/a.go", "x/_y/a.go", "vendor/a.go", "go"]
        {
            assert!(!is_of_package(path), "{path}");
        }
    }

    #[test]
    fn links_are_followed_inside_of_the_commit_only() {
        for (link, target, expected) in [
            ("a", "b", Some("b")),
            ("x/a", "b", Some("x/b")),
            ("x/a", "../b/./c", Some("b/c")),
            ("x/a", "..", Some("")),
            ("a", "../b", None),
            ("a", "/etc/passwd", None),
        ] {
            assert_eq!(link_target(link, target).as_deref(), expected, "{link} {target}");
        }
    }
}
