//! What an extracted module has in it, as far as it is odd.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Every file of an extracted module, by its path in the module.
#[track_caller]
pub fn files(extracted: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![extracted.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("the go command extracted it") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(extracted).ok().and_then(Path::to_str);
            let name = name.expect("names in a module zip are UTF-8").to_owned();
            files.insert(name, fs::read(&path).expect("the file can be read"));
        }
    }
    files
}

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
        for (name, bytes) in files(extracted) {
            content.add(name, &bytes);
        }
        content
    }

    fn add(&mut self, name: String, bytes: &[u8]) {
        self.has_empty |= bytes.is_empty();
        self.has_crlf |= !bytes.contains(&0) && bytes.windows(2).any(|pair| pair == b"\r\n");
        let text = String::from_utf8_lossy(bytes);
        if name.rsplit('/').next() == Some(".gitattributes") {
            let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
            self.attributes.extend(lines.map(str::to_owned));
        }
        if name == "go.mod" {
            self.go_mod = text.into_owned();
        }
        self.names.push(name);
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
