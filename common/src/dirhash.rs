//! The h1 hash of a set of named files (rules H1 to H3).
//!
//! Each file gives a line: the SHA-256 of its content in hex, two spaces, its name. The hash is the
//! SHA-256 of the lines sorted by name. For a module, the names are those of the zip entries, with
//! `M@V/` in front (H2): the version is part of what is hashed (H5).
//!
//! Files come in any order, whole or in pieces, and nothing of their content is kept.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of one file's content.
pub type Sum = [u8; 32];

/// Collects files in any order and gives their h1 (H1).
///
/// ```
/// use modgate_common::dirhash::Hasher;
/// let mut files = Hasher::default();
/// files.add("example.com/m@v1.0.0/go.mod", b"module example.com/m\n");
/// assert_eq!(files.finish(), "h1:yJwNngL0tCKlmRg8yireic46hRGohEbhwD/WSE0Ax3I=");
/// ```
#[derive(Debug, Default)]
pub struct Hasher {
    files: Vec<(String, Sum)>,
}

impl Hasher {
    /// Adds one whole file.
    ///
    /// The name must have no line feed, or other files could have the same hash; a valid file path
    /// has none (M5).
    pub fn add(&mut self, name: &str, content: &[u8]) {
        self.add_sum(name, Sha256::digest(content).into());
    }

    /// Adds a file whose content went through a [`FileHasher`].
    pub fn add_sum(&mut self, name: &str, sum: Sum) {
        debug_assert!(!name.contains('\n'), "line feed in {name:?}");
        self.files.push((name.to_owned(), sum));
    }

    /// The hash, `h1:...`.
    pub fn finish(mut self) -> String {
        self.files.sort();
        let mut lines = Sha256::new();
        for (name, sum) in &self.files {
            lines.update(hex(sum));
            lines.update("  ");
            lines.update(name);
            lines.update("\n");
        }
        format!("h1:{}", STANDARD.encode(lines.finalize()))
    }
}

/// Hashes the content of one file piece by piece; what is written to it is only hashed.
#[derive(Debug, Default)]
pub struct FileHasher {
    hash: Sha256,
}

impl FileHasher {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.hash.update(piece);
    }

    /// The sum of all pieces.
    pub fn finish(self) -> Sum {
        self.hash.finalize().into()
    }
}

impl io::Write for FileHasher {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The h1 of a go.mod (H3).
pub fn go_mod(content: &[u8]) -> String {
    let mut files = Hasher::default();
    files.add("go.mod", content);
    files.finish()
}

fn hex(sum: &Sum) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    sum.iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const GO_MOD: &str = "module example.com/m\n";

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &str) {
        let hash = |order: &mut dyn Iterator<Item = &(&str, &str)>| {
            let mut hasher = Hasher::default();
            order.for_each(|(name, content)| {
                hasher.add(&format!("example.com/m@v1.0.0/{name}"), content.as_bytes());
            });
            hasher.finish()
        };
        assert_eq!(hash(&mut files.iter()), expected);
        assert_eq!(hash(&mut files.iter().rev()), expected);
    }

    // Rules: H1, H2
    #[test]
    fn modules_hash_as_the_go_command_hashes_them() {
        check(&[], "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        check(&[("go.mod", GO_MOD)], "h1:yJwNngL0tCKlmRg8yireic46hRGohEbhwD/WSE0Ax3I=");
        check(
            &[("go.mod", GO_MOD), ("a.go", "package a\n")],
            "h1:mf3ZgaLi4oSAsMraSF2c/29zuDnyW+GWSJW1ofY+5Bk=",
        );
    }

    // Rules: H1
    #[test]
    fn names_are_sorted_bytewise() {
        check(
            &[("b", ""), ("B/c", "x\n"), ("a-b", "1\n"), ("a/b", "2\n")],
            "h1:P6owM3K9PxzvQDjn2QGJc9sV+U2COcmOpjG/KtjkEWE=",
        );
    }

    // Rules: H3
    #[test]
    fn go_mod_files_hash_under_their_bare_name() {
        assert_eq!(go_mod(GO_MOD.as_bytes()), "h1:flS2VctbRrTv+sBE+VKgxx6hlkMGPVz9MGOmzMYFg3k=");
        assert_eq!(go_mod(b""), "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=");
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        let mut file = FileHasher::default();
        file.update(b"module ");
        file.update(b"");
        file.write_all(b"example.com/m\n").unwrap();
        let mut pieces = Hasher::default();
        pieces.add_sum("go.mod", file.finish());
        assert_eq!(pieces.finish(), go_mod(GO_MOD.as_bytes()));
    }

    // Rules: H5
    #[test]
    fn the_version_is_part_of_the_hash() {
        let hash = |version: &str| {
            let mut files = Hasher::default();
            files.add(&format!("example.com/m@{version}/go.mod"), GO_MOD.as_bytes());
            files.finish()
        };
        assert_ne!(hash("v2.0.0"), hash("v2.0.0+incompatible"));
    }
}
