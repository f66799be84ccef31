//! Makes trees: vendor folders, nested modules, links, collisions, odd names, sizes at the limits.

use modgate_tests::random::Random;

use crate::judge::Case;
use crate::text::{one_in, pick};

/// The first few are harmless.
const FOLDERS: [&str; 30] = [
    "a",
    "b",
    "pkg",
    "vendor",
    "vendor",
    "x",
    "n",
    "sub",
    "A",
    "X",
    "Vendor",
    "vendor.d",
    "xvendor",
    "k",
    "K",
    "\u{212a}",
    "ß",
    "ẞ",
    "é",
    "É",
    "e\u{301}",
    "con",
    "aux.d",
    "a b",
    "a.",
    "...",
    "a~1",
    ".hidden",
    "testdata",
    ".hg_archival.txt",
];

/// The first few are harmless.
const FILES: [&str; 56] = [
    "a.go",
    "b.go",
    "c.go",
    "README.md",
    "modules.txt",
    "go.sum",
    "x",
    "k",
    ".gitattributes",
    ".gitignore",
    "LICENSE",
    "go.mod",
    "vendor",
    "a",
    "b",
    "A.go",
    "a.GO",
    "readme.md",
    "X",
    "K",
    "\u{212a}",
    "s",
    "S",
    "ſ",
    "ß",
    "ẞ",
    "σ",
    "ς",
    "µ",
    "μ",
    "İ",
    "i",
    "ﬁ",
    "fi",
    "日本",
    "e\u{301}",
    "é",
    "É",
    "GO.MOD",
    "Go.mod",
    "license",
    ".hg_archival.txt",
    "x*y",
    "a:b",
    "a\\b",
    "nul",
    "NUL.txt",
    "com1",
    "com0",
    "file ",
    "a\nb",
    "a.",
    "-x",
    "😀",
    "\u{202e}",
    "~1",
];

const ODD_BYTES: [&[u8]; 3] = [b"\xff", b"\xc3(", b"a\xed\xa0\x80"];

const RELEASES: [(&str, &str); 5] = [
    ("example.com/m", "v1.0.0"),
    ("example.com/m", "v2.0.0+incompatible"),
    ("example.com/m/v2", "v2.1.0-rc.1"),
    ("gopkg.in/m.v3", "v3.0.0"),
    ("example.com/Team/m", "v0.0.0-20200101000000-abcdefabcdef"),
];

const GO_LINES: [&str; 20] = [
    "",
    "",
    "go 1.16",
    "go 1.23",
    "go 1.23.9",
    "go 1.24",
    "go 1.24",
    "go 1.24.0",
    "go 1.24rc1",
    "go 1.24.x",
    "go v1.24",
    "go v1.24.1",
    "go 1.25",
    "go 1.3",
    "go 2.0",
    "go 1.100",
    "go one",
    "go 1.24\ngo 1.24",
    "go 1.24 // x",
    "go 1.24.0-rc1",
];

const MEBIBYTE: u64 = 1 << 20;

/// A module path, a version, and files in git's order.
pub(super) fn tree(random: &mut Random) -> Case {
    // Some trees hold nothing odd, or every larger one would be refused.
    let odd = one_in(random, 2);
    let mut files = vec![go_mod(random, odd)];
    let folders: Vec<String> = (0..1 + random.below(6)).map(|_| folder(random, odd)).collect();
    let most = if one_in(random, 10) { 200 } else { 25 };
    for _ in 0..random.below(most) {
        let folder = if one_in(random, 3) {
            ""
        } else {
            &folders[random.below(folders.len() as u64) as usize]
        };
        files.push(file(random, folder, odd));
    }
    if one_in(random, 6) {
        grow(random, &mut files);
    }
    let twice = one_in(random, 30);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files.dedup_by(|one, other| one.path == other.path && !twice);
    let release = if odd { RELEASES[random.below(5) as usize] } else { RELEASES[0] };
    let release = [release.0, release.1].map(|text| text.as_bytes().to_vec());
    release.into_iter().chain(files.iter().map(File::field)).collect()
}

struct File {
    mode: char,
    path: Vec<u8>,
    content: &'static str,
    /// Beyond the content.
    more: u64,
}

impl File {
    fn field(&self) -> Vec<u8> {
        let size = self.content.len() as u64 + self.more;
        let mut field = format!("{}{size} ", self.mode).into_bytes();
        field.extend(&self.path);
        field.push(0);
        field.extend(self.content.as_bytes());
        field
    }
}

/// The module's own go.mod, or something in its place.
fn go_mod(random: &mut Random, odd: bool) -> File {
    let mode = if odd && one_in(random, 10) { 'l' } else { 'f' };
    let path = if odd && one_in(random, 8) {
        pick(random, &["GO.MOD", "go.mOd", "a.go"])
    } else {
        "go.mod"
    };
    let content = pick(random, &GO_LINES);
    File { mode, path: path.into(), content, more: 0 }
}

fn folder(random: &mut Random, odd: bool) -> String {
    let mut folder = String::new();
    for _ in 0..=random.below(3) {
        let few = if odd && one_in(random, 2) { FOLDERS.len() } else { 8 };
        folder += pick(random, &FOLDERS[..few]);
        folder += "/";
    }
    folder
}

fn file(random: &mut Random, folder: &str, odd: bool) -> File {
    let few = if odd && one_in(random, 3) { FILES.len() } else { 11 };
    let nested = one_in(random, 16);
    let name = if nested {
        pick(random, &["go.mod", "go.mod", "GO.MOD", "go.Mod", "LICENSE"])
    } else {
        pick(random, &FILES[..few])
    };
    let name = if folder.is_empty() && nested { "LICENSE" } else { name };
    let mut path = [folder, name].concat().into_bytes();
    if odd && one_in(random, 40) && !name.starts_with(".git") {
        path.extend(pick(random, &ODD_BYTES));
    }
    let mode = match random.below(12) {
        0 => 'l',
        1 if one_in(random, 3) => 's',
        _ => 'f',
    };
    let content = match name {
        // Attributes are not what is compared here.
        ".gitattributes" => "",
        "go.mod" => pick(random, &GO_LINES),
        _ => pick(random, &["", "package a\n", "x", "\0\u{ff}\r\n", "module x\n"]),
    };
    File { mode, path, content, more: 0 }
}

/// Makes some files as large as they may be, or a little larger.
fn grow(random: &mut Random, files: &mut [File]) {
    let mut around = |limit: u64| limit - 20 + random.below(40);
    let (small, large) = (around(16 * MEBIBYTE), around(500 * MEBIBYTE));
    let first = random.below(files.len() as u64) as usize;
    for (at, file) in files.iter_mut().enumerate() {
        match &*file.path {
            b".gitattributes" => {}
            b"go.mod" | b"LICENSE" if one_in(random, 2) => file.more = small,
            path if at == first && !path.ends_with(b".gitattributes") => {
                // So far beyond its limit, we do not look for a go line.
                if path == b"go.mod" {
                    file.content = "";
                }
                file.more = large;
            }
            _ => {}
        }
    }
}
