//! What an extracted module has in it, as far as it is odd.

use std::fs;
use std::path::Path;

/// Names and some contents of an extracted module.
#[derive(Debug, Default)]
pub struct Content {
    /// Paths of all files.
    pub names: Vec<String>,
    /// Lines of all `.gitattributes`, less comments.
    pub attributes: Vec<String>,
    /// go.mod in the root; empty when there is none.
    pub go_mod: String,
    /// Whether a text file has a line that ends in CR LF.
    pub has_crlf: bool,
    /// Whether a file is empty.
    pub has_empty: bool,
}

impl Content {
    /// Reads an extracted module.
    #[track_caller]
    pub fn read(extracted: &Path) -> Self {
        let mut content = Self::default();
        content.walk(extracted, "");
        content
    }

    fn walk(&mut self, folder: &Path, above: &str) {
        for entry in fs::read_dir(folder).expect("the go command extracted it") {
            let entry = entry.expect("the folder can be read");
            let last = entry.file_name().into_string().expect("names in a module zip are UTF-8");
            let name = if above.is_empty() { last.clone() } else { format!("{above}/{last}") };
            if entry.path().is_dir() {
                self.walk(&entry.path(), &name);
                continue;
            }
            let bytes = fs::read(entry.path()).expect("the file can be read");
            self.has_empty |= bytes.is_empty();
            self.has_crlf |= !bytes.contains(&0) && bytes.windows(2).any(|pair| pair == b"\r\n");
            let text = || String::from_utf8_lossy(&bytes).into_owned();
            if last == ".gitattributes" {
                let text = text();
                let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
                self.attributes.extend(lines.map(str::to_owned));
            }
            if name == "go.mod" {
                self.go_mod = text();
            }
            self.names.push(name);
        }
    }

    /// Whether the root has a file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|one| one == name)
    }

    /// Whether a `.gitattributes` sets this attribute for some path.
    pub fn sets(&self, attribute: &str) -> bool {
        let mut words = self.attributes.iter().map(|line| line.split_whitespace().skip(1));
        words.any(|mut words| words.any(|word| word == attribute))
    }

    /// Whether go.mod has a directive of this name.
    pub fn has_directive(&self, name: &str) -> bool {
        let mut lines = self.go_mod.lines();
        lines.any(|line| line.split([' ', '\t', '(']).next() == Some(name))
    }

    /// The minor number of the go directive; 0 when there is none.
    pub fn go_minor(&self) -> u32 {
        let mut lines = self.go_mod.lines();
        let version = lines.find_map(|line| line.strip_prefix("go 1."));
        let minor = version.and_then(|version| version.trim().split('.').next());
        minor.and_then(|minor| minor.parse().ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Content;

    #[test]
    fn odd_things_are_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        let go_mod = "module x.test/a\n\ngo 1.24.1\n\nretract (\n\tv1.0.0\n)\n";
        let attributes = "# -text\n* text=auto\n*.rc text eol=crlf\n";
        for (name, text) in
            [("go.mod", go_mod), ("sub/.gitattributes", attributes), ("a.rc", "1\r\n"), ("b", "")]
        {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let content = Content::read(folder.path());
        assert!(content.has("go.mod") && !content.has("LICENSE"));
        assert!(content.has("sub/.gitattributes"));
        assert!(content.sets("eol=crlf") && content.sets("text=auto") && !content.sets("-text"));
        assert!(content.has_directive("retract") && !content.has_directive("toolchain"));
        assert_eq!(content.go_minor(), 24);
        assert!(content.has_crlf && content.has_empty);
    }
}
