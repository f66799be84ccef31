//! What the names of packages in a file stand for.
//!
//! The name of an imported package is in its own files, which are not read here. It is nearly always made of the end of
//! the import path, so that is where it is looked for; a name that fits no import is kept as it is.

use tree_sitter::Node;

use super::syntax::{children, text_of};

/// The imports of a file.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// The name that the file gives, and the path.
    all: Vec<(Option<String>, String)>,
}

impl Imports {
    /// Reads an import declaration.
    pub(super) fn add(&mut self, node: Node<'_>, text: &str) {
        for child in children(node) {
            match child.kind() {
                "import_spec_list" => self.add(child, text),
                "import_spec" => {
                    let name = child.child_by_field_name("name").map(|name| text_of(name, text));
                    let path = child.child_by_field_name("path").map(|path| text_of(path, text));
                    let path = path.unwrap_or_default().trim_matches(['"', '`']).to_owned();
                    self.all.push((name, path));
                }
                _ => {}
            }
        }
    }

    /// Whether a package is imported with a dot.
    pub(super) fn has_dot(&self) -> bool {
        self.all.iter().any(|(name, _)| name.as_deref() == Some("."))
    }

    /// The import path that a name stands for; the name with a `?` where none fits.
    pub(super) fn resolve(&self, name: &str) -> String {
        let named = self.all.iter().find(|(own, _)| own.as_deref() == Some(name));
        let unnamed = || self.all.iter().filter(|(own, _)| own.is_none());
        let fit = named
            .or_else(|| unnamed().find(|(_, path)| last(path) == name))
            .or_else(|| unnamed().find(|(_, path)| fits(path, name)));
        fit.map_or_else(|| format!("?{name}"), |(_, path)| path.clone())
    }
}

/// The last element that is no major version.
fn last(path: &str) -> &str {
    let mut elements = path.rsplit('/');
    let last = elements.next().unwrap_or_default();
    let is_major = |e: &str| {
        e.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let last = if is_major(last) { elements.next().unwrap_or(last) } else { last };
    match last.rsplit_once(".v") {
        Some((name, major)) if major.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => last,
    }
}

/// Whether packages at this path are often named so: `go-yaml`, `yaml-go`, `yaml.go` for `yaml`.
fn fits(path: &str, name: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let last = last(path);
    let last = last.strip_prefix("go-").or_else(|| last.strip_prefix("go.")).unwrap_or(last);
    let last = ["-go", ".go", "_go"].iter().find_map(|end| last.strip_suffix(end)).unwrap_or(last);
    let any = last.split(['-', '.']).any(|part| part == name);
    plain(last) == plain(name) || any
}

#[cfg(test)]
mod tests {
    use super::Imports;

    #[test]
    fn names_of_packages_are_found_in_import_paths() {
        let import = |path: &str| (None, path.to_owned());
        let mut all = [
            "context",
            "github.com/a/b/v2",
            "gopkg.in/yaml.v3",
            "github.com/c/go-toml",
            "github.com/x/uuid-go",
        ]
        .map(import)
        .to_vec();
        all.push((Some("q".to_owned()), "github.com/d/e".to_owned()));
        let imports = Imports { all };
        for (name, path) in [
            ("context", "context"),
            ("b", "github.com/a/b/v2"),
            ("yaml", "gopkg.in/yaml.v3"),
            ("toml", "github.com/c/go-toml"),
            ("uuid", "github.com/x/uuid-go"),
            ("q", "github.com/d/e"),
            ("e", "?e"),
        ] {
            assert_eq!(imports.resolve(name), path, "{name}");
        }
    }
}
