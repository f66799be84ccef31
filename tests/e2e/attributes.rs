//! Attributes in the zip (section 12): one commit with a folder for each case, archived by git and by us.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

/// Files by path, and the mode of git.
type Tree = BTreeMap<String, (Vec<u8>, &'static str)>;

/// The files that stand in the folder of each case.
const FILES: [(&str, &[u8]); 11] = [
    ("lf.txt", b"l1\nl2\n"),
    ("crlf.txt", b"l1\r\nl2\n"),
    ("zero.txt", b"l1\0\nl2\n"),
    ("lone.txt", b"l1\rl2\n"),
    ("ctrl.txt", b"\x01\x7f\nl2\n"),
    ("eof.txt", b"l1\n\x1a"),
    ("id.go", b"// $Id$ $Id: old $ $Id:x$ $Id: a b $ $Id:\n$Id$\0$Id"),
    ("latin.txt", "é\n$Id$\n".as_bytes()),
    ("wide.txt", "日本 😀\n".as_bytes()),
    ("bad.txt", b"\xff\xfe\n"),
    ("sub/deep.txt", b"l1\nl2\n"),
];

/// What a line of attributes makes of `lf.txt`, `crlf.txt` and `zero.txt`: the table of A3.
const LINE_ENDS: [(&str, [&str; 3]); 16] = [
    ("eol=crlf", ALL),
    ("text eol=crlf", ALL),
    ("text=foo eol=crlf", ALL),
    ("crlf=input eol=crlf", ALL),
    ("!text eol=crlf", ALL),
    ("text=auto eol=crlf", AUTO),
    ("crlf=auto eol=crlf", AUTO),
    ("text", NONE),
    ("text=auto", NONE),
    ("text=input", NONE),
    ("text=auto eol=lf", NONE),
    ("crlf", NONE),
    ("eol=CRLF", NONE),
    ("eol", NONE),
    ("-text eol=crlf", NONE),
    ("binary", NONE),
];
const ALL: [&str; 3] = ["l1\r\nl2\r\n", "l1\r\nl2\r\n", "l1\0\r\nl2\r\n"];
const AUTO: [&str; 3] = ["l1\r\nl2\r\n", "l1\r\nl2\n", "l1\0\nl2\n"];
const NONE: [&str; 3] = ["l1\nl2\n", "l1\r\nl2\n", "l1\0\nl2\n"];

/// Further files of attributes; the root's has the macro `mine`.
const OTHERS: [&str; 42] = [
    "* -crlf eol=crlf\n",
    "* ident\n",
    "* ident eol=crlf\n",
    "* ident=yes\n",
    "* -ident\n",
    "* ident text=auto eol=crlf working-tree-encoding=UTF-16LE\n",
    "* working-tree-encoding=UTF-16\n",
    "* working-tree-encoding=UTF-16LE\n",
    "* working-tree-encoding=UTF-16LE-BOM\n",
    "* working-tree-encoding=UTF-16BE\n",
    "* working-tree-encoding=UTF-32\n",
    "* working-tree-encoding=UTF-8\n",
    "* working-tree-encoding=ISO-8859-1\n",
    "* working-tree-encoding=Shift_JIS\n",
    "* working-tree-encoding=nosuch\n",
    "* -working-tree-encoding\n",
    "* filter=lfs diff=lfs merge=lfs -text\n",
    "* export-ignore\n",
    "* export-subst\n",
    "* eol=crlf\n* eol=lf\n",
    "* eol=crlf\n* !eol\n",
    "* mine\n",
    "* -mine\n",
    "[attr]own eol=crlf\n* own\n",
    "* binary eol=crlf\n",
    "\u{feff}* eol=crlf\n",
    "\u{feff}\n*.txt eol=crlf\n",
    "* eol=crlf\r\n",
    " \t*.txt eol=crlf\n",
    "\"lf.txt\" eol=crlf\n",
    "\"l\\146.txt\" eol=crlf\n",
    "!lf.txt eol=crlf\n",
    "sub/ eol=crlf\n",
    "sub eol=crlf\n",
    "sub/* eol=crlf\n",
    "/deep.txt eol=crlf\n",
    "deep.txt eol=crlf\n",
    "**/deep.txt eol=crlf\n",
    "sub/**/deep.txt eol=crlf\n",
    "?f.txt eol=crlf\n",
    "[a-l]f.txt eol=crlf\n",
    "#lf.txt eol=crlf\n* eol=crlf a/b\n",
];

fn line_of(length: usize) -> String {
    format!("lf.txt eol=crlf {}\n", "x".repeat(length - "lf.txt eol=crlf ".len()))
}

/// The whole commit.
fn tree() -> Tree {
    let mut tree = Tree::new();
    let mut add = |path: String, content: &[u8], mode| tree.insert(path, (content.to_vec(), mode));
    add("go.mod".to_owned(), format!("module {MODULE}\n\ngo 1.21\n").as_bytes(), "100644");
    add(".gitattributes".to_owned(), b"[attr]mine eol=crlf\ngo.mod eol=crlf\n", "100644");
    let lines = LINE_ENDS.iter().map(|(line, _)| format!("* {line}\n"));
    let others = OTHERS.iter().map(|&text| text.to_owned());
    let long = [line_of(2047), line_of(2048)];
    for (case, attributes) in lines.chain(others).chain(long).enumerate() {
        add(format!("c{case}/.gitattributes"), attributes.as_bytes(), "100644");
        for (name, content) in FILES {
            add(format!("c{case}/{name}"), content, "100644");
        }
    }
    for (name, content) in FILES {
        add(format!("deeper/{name}"), content, "100644");
        add(format!("linked/{name}"), content, "100644");
        add(format!("told/{name}"), content, "100644");
    }
    // A deeper file wins, and a link is not followed: git reads the text of the link.
    add("deeper/.gitattributes".to_owned(), b"* eol=crlf ident\n", "100644");
    add("deeper/sub/.gitattributes".to_owned(), b"* -text\n", "100644");
    add("linked/.gitattributes".to_owned(), b"../deeper/.gitattributes", "120000");
    add("told/.gitattributes".to_owned(), b"* eol=crlf", "120000");
    tree
}

/// Commits the tree byte for byte: `git add` would convert what it reads.
#[track_caller]
fn commit(lib: &Repository<'_>, tree: &Tree) {
    for (path, (content, _)) in tree {
        lib.write(path, content);
    }
    let paths: Vec<&str> = tree.keys().map(String::as_str).collect();
    let hash = ["hash-object", "-w", "--no-filters", "--stdin-paths"];
    let ids = lib.git_run(&hash).stdin(paths.join("\n")).finish().ok().text();
    let entries = tree.iter().zip(ids.lines());
    let entries: String =
        entries.map(|((path, (_, mode)), id)| format!("{mode} {id}\t{path}\n")).collect();
    let index = lib.git_run(&["update-index", "--add", "--index-info"]);
    index.stdin(entries).finish().ok();
    lib.git(&["commit", "--quiet", "--message", "attributes"]);
}

/// Which files of two extracted modules differ.
fn differences(tree: &Tree, wanted: &Path, got: &Path) -> Vec<String> {
    let differs =
        |path: &&String| fs::read(wanted.join(path)).ok() != fs::read(got.join(path)).ok();
    tree.keys().filter(differs).cloned().collect()
}

// Rules: A1, A3, A4, A5, A6, A7, A8, A9, G6, N10
#[test]
fn every_attribute_changes_what_git_changes() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let tree = tree();
    commit(&lib, &tree);
    lib.tag("v1.0.0").push(&["HEAD:refs/heads/main", "v1.0.0"]).accepted();
    let daemon = gate(&site);
    let wanted = Go::direct(&site, "go-direct").fetch(MODULE, "v1.0.0");
    let got = Go::through(&site, "go-modgate", &daemon.url()).fetch(MODULE, "v1.0.0");
    assert_eq!(differences(&tree, &wanted.dir, &got.dir), Vec::<String>::new());
    assert_eq!((&wanted.sum, &wanted.go_mod_sum), (&got.sum, &got.go_mod_sum));
    for (case, (line, expected)) in LINE_ENDS.iter().enumerate() {
        for (name, expected) in ["lf.txt", "crlf.txt", "zero.txt"].iter().zip(expected) {
            let found =
                fs::read(got.dir.join(format!("c{case}/{name}"))).expect("it is in the zip");
            assert_eq!(found, expected.as_bytes(), "{line}: {name}");
        }
    }
    let told = fs::read(got.dir.join("told/lf.txt")).expect("it is in the zip");
    assert_eq!(told, ALL[0].as_bytes());
    let in_zip = fs::read(got.dir.join("go.mod")).expect("it is in the zip");
    let served = fs::read(&got.go_mod).expect("it was downloaded");
    assert_eq!(
        String::from_utf8_lossy(&in_zip),
        String::from_utf8_lossy(&served).replace('\n', "\r\n")
    );
}
