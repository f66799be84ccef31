//! Tables of which files a zip holds (Z2 to Z6, Z8), and vectors of its hash (H2).

use std::io::{self, Read as _};

use super::*;
use crate::objects::memory::Repository;
use crate::objects::{Mode, Objects as _, TreeEntry};

/// A file, a link (`path@`) or a submodule (`path#`).
fn repository(files: &[(&str, &str)]) -> (Repository, crate::objects::Commit) {
    let mut repository = Repository::default();
    let tree = tree(&mut repository, files);
    let commit = repository.add_commit(tree, &[], 0);
    let commit = repository.commit(commit).unwrap();
    (repository, commit)
}

fn tree(repository: &mut Repository, files: &[(&str, &str)]) -> ObjectId {
    let mut folders: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
    let mut entries = Vec::new();
    for (path, content) in files {
        if let Some((folder, rest)) = path.split_once('/') {
            match folders.iter_mut().find(|(name, _)| *name == folder) {
                Some((_, files)) => files.push((rest, content)),
                None => folders.push((folder, vec![(rest, content)])),
            }
            continue;
        }
        let (name, mode) = match path.strip_suffix('@') {
            Some(name) => (name, Mode::Link),
            None => {
                path.strip_suffix('#').map_or((*path, Mode::File), |name| (name, Mode::Gitlink))
            }
        };
        let id = repository.add_blob(content.as_bytes());
        entries.push(TreeEntry { name: name.as_bytes().to_vec(), mode, id });
    }
    for (folder, files) in folders {
        let id = tree(repository, &files);
        entries.push(TreeEntry { name: folder.as_bytes().to_vec(), mode: Mode::Tree, id });
    }
    repository.add_entries(entries)
}

fn planned(files: &[(&str, &str)], directory: &str, limits: &Limits) -> Result<String, String> {
    let (repository, commit) = repository(files);
    let plan = plan(&repository, &commit, directory, limits).map_err(|e| e.to_string())?;
    let names: Vec<_> = plan.files.into_iter().map(|file| file.path).collect();
    Ok(names.join(" "))
}

#[track_caller]
fn check(files: &[(&str, &str)], directory: &str, expected: &str) {
    assert_eq!(planned(files, directory, &Limits::default()).as_deref(), Ok(expected));
}

#[track_caller]
fn check_refused(files: &[(&str, &str)], expected: &str) {
    let expected = format!("create zip: {expected}");
    assert_eq!(planned(files, "", &Limits::default()), Err(expected));
}

const MOD: (&str, &str) = ("go.mod", "module m\n");

// Rules: Z2
#[test]
fn everything_below_the_directory_is_in() {
    let files = [
        (".gitattributes", "* export-ignore\n"),
        (".gitignore", "*"),
        ("_x/y", ""),
        ("a.go", ""),
        ("a/b/c", ""),
        MOD,
        ("testdata/t", ""),
    ];
    check(&files, "", ".gitattributes .gitignore _x/y a.go a/b/c go.mod testdata/t");
    check(&files, "a/b", "c");
}

// Rules: Z4.4, Z4.9, Z4.10, Z8
#[test]
fn links_submodules_and_mercurial_files_are_dropped() {
    check(&[("a@", "go.mod"), ("s#", ""), (".hg_archival.txt", ""), MOD], "", "go.mod");
    check(&[("a@", "x")], "", "");
}

// Rules: Z4.3
#[test]
fn nested_modules_are_dropped() {
    check(&[MOD, ("n/go.mod", ""), ("n/a", ""), ("n/m/a", ""), ("o/a", "")], "", "go.mod o/a");
    check(&[MOD, ("n/GO.MOD", ""), ("n/a", "")], "", "go.mod");
    check(&[MOD, ("n/go.mod@", "x"), ("n/a", "")], "", "go.mod n/a");
    check(&[MOD, ("n/go.mod/x", ""), ("n/a", "")], "", "go.mod n/a n/go.mod/x");
    check(&[MOD, ("n/go.mod#", ""), ("n/a", "")], "", "go.mod n/a");
}

// Rules: Z4.2, Z5, G6
#[test]
fn vendored_files_are_dropped_by_the_go_line_of_the_zip() {
    let rest = [
        ("p/vendor/f.go", ""),
        ("p/vendor/p/f.go", ""),
        ("vendor/a/b.go", ""),
        ("vendor/f.go", ""),
        ("vendor/modules.txt", ""),
    ];
    let old = "go.mod vendor/f.go vendor/modules.txt";
    let modern = "go.mod p/vendor/f.go vendor/f.go";
    for (go, expected) in [
        ("", old),
        ("go 1.23\n", old),
        ("go 1.24\n", modern),
        ("go 1.24rc1\n", modern),
        ("go v1.24\n", old),
    ] {
        let text = format!("module m\n{go}");
        check(&[&[("go.mod", text.as_str())][..], &rest].concat(), "", expected);
    }
    // What counts is the go.mod as it is in the zip.
    let attributes = (".gitattributes", "go.mod working-tree-encoding=UTF-16\n");
    let files = [&[attributes, ("go.mod", "module m\ngo 1.24\n")][..], &rest].concat();
    check(&files, "", &format!(".gitattributes {old}"));
    // And it is the one of the module, not of the repository.
    let files = [("go.mod", "module m\ngo 1.24\n"), ("s/go.mod", ""), ("s/vendor/modules.txt", "")];
    check(&files, "s", "go.mod vendor/modules.txt");
}

// Rules: Z5
#[test]
fn go_line_counts_in_a_go_mod_that_is_too_large() {
    let files = [("go.mod", "module m\ngo 1.24\n"), ("p/vendor/a:b", "")];
    let limits = Limits { go_mod: 16, ..Limits::default() };
    let refused = "create zip: go.mod: go.mod file too large (max size is 16 bytes)\n\
                   p/vendor/a:b: malformed file path \"p/vendor/a:b\": invalid char ':'";
    assert_eq!(planned(&files, "", &limits), Err(refused.to_owned()));
}

// Rules: Z3, Z4.7, Z4.8
#[test]
fn license_is_inherited_by_directories_without_one() {
    let root = ("LICENSE", "root");
    check(&[root, ("s/go.mod", "")], "s", "go.mod LICENSE");
    check(&[("LICENSE@", "root"), ("s/go.mod", "")], "s", "go.mod LICENSE");
    check(&[("LICENSE/x", ""), ("s/go.mod", "")], "s", "go.mod");
    check(&[("LICENSE#", ""), ("s/go.mod", "")], "s", "go.mod");
    check(&[("LICENSE.md", ""), ("s/go.mod", "")], "s", "go.mod");
    check(&[root, ("s/LICENSE", ""), ("s/go.mod", "")], "s", "LICENSE go.mod");
    check(&[root, ("s/LICENSE@", ""), ("s/go.mod", "")], "s", "go.mod");
    check(&[root, ("s/LICENSE#", ""), ("s/go.mod", "")], "s", "go.mod LICENSE");
    check(&[root, ("s/LICENSE.md", ""), ("s/go.mod", "")], "s", "LICENSE.md go.mod LICENSE");
    check(&[root, MOD], "", "LICENSE go.mod");
    let refused = |file, reason: &str| {
        let files = [root, (file, ""), ("s/go.mod", "")];
        let expected = format!("create zip: LICENSE: {reason}");
        assert_eq!(planned(&files, "s", &Limits::default()), Err(expected));
    };
    refused("s/LICENSE/x", "entry \"LICENSE\" is both a file and a directory");
    refused("s/license", "case-insensitive file name collision: \"license\" and \"LICENSE\"");
}

// Rules: Z3
#[test]
fn inherited_license_is_not_converted() {
    let files = [(".gitattributes", "* eol=crlf\n"), ("LICENSE", "a\n"), ("s/a", "a\n")];
    let (repository, commit) = repository(&files);
    let plan = plan(&repository, &commit, "s", &Limits::default()).unwrap();
    let sizes: Vec<_> = plan.files.iter().map(|file| (&*file.path, file.size)).collect();
    assert_eq!(sizes, [("a", 3), ("LICENSE", 2)]);
}

// Rules: A8
#[test]
fn linked_attributes_are_read_as_the_text_of_the_link() {
    for (attributes, size) in [("x", 2), ("* eol=crlf", 3)] {
        let files = [(".gitattributes@", attributes), ("a", "a\n"), ("x", "* eol=crlf\n")];
        let (repository, commit) = repository(&files);
        let plan = plan(&repository, &commit, "", &Limits::default()).unwrap();
        assert_eq!(plan.files[0].size, size, "{attributes:?}");
    }
}

// Rules: Z4, Z4.2, Z4.3, Z4.5, Z4.6, Z11
#[test]
fn bad_names_are_refused_unless_the_file_is_dropped_first() {
    check_refused(&[("a:b", "")], "a:b: malformed file path \"a:b\": invalid char ':'");
    // Links are dropped later than names are looked at.
    check_refused(&[("a:b@", "")], "a:b: malformed file path \"a:b\": invalid char ':'");
    check_refused(&[("a\nb", "")], "\"a\\nb\": malformed file path \"a\\nb\": invalid char '\\n'");
    check_refused(&[("GO.MOD", "")], "GO.MOD: go.mod files must have lowercase names");
    check(&[("vendor/p/a:b", ""), ("n/go.mod", ""), ("n/a:b", ""), MOD], "", "go.mod");
    check_refused(
        &[("a:b", ""), ("c:d", ""), MOD],
        "a:b: malformed file path \"a:b\": invalid char ':'\nc:d: malformed file path \"c:d\": invalid char ':'",
    );
}

// Rules: Z4.3, Z4.7, Z6
#[test]
fn names_that_differ_in_case_collide() {
    let collision =
        |a: &str, b: &str| format!("case-insensitive file name collision: {a:?} and {b:?}");
    for (a, b) in [("A", "a"), ("k", "\u{212a}"), ("ß", "ẞ"), ("X/y/A", "X/y/a")] {
        check_refused(&[(a, ""), (b, "")], &format!("{b}: {}", collision(a, b)));
    }
    check_refused(
        &[("X/a", ""), ("x/b", ""), ("x/c", ""), ("x/y/d", "")],
        &["x/b", "x/c", "x/y/d"].map(|path| format!("{path}: {}", collision("X", "x"))).join("\n"),
    );
    check_refused(&[("X@", ""), ("x/b", "")], &format!("x/b: {}", collision("X", "x")));
    check(&[("ß", ""), ("ss", "")], "", "ss ß");
    check(&[("N/a", ""), ("n/a", ""), ("n/go.mod", "")], "", "N/a");
}

/// The plan of a module whose root tree has these entries, twins among them.
fn planned_entries(repository: &mut Repository, entries: Vec<TreeEntry>) -> Result<String, String> {
    let tree = repository.add_entries(entries);
    let commit = repository.add_commit(tree, &[], 0);
    let commit = repository.commit(commit).unwrap();
    let plan = plan(repository, &commit, "", &Limits::default()).map_err(|e| e.to_string())?;
    Ok(plan.files.into_iter().map(|file| file.path).collect::<Vec<_>>().join(" "))
}

// Rules: Z4.8
#[test]
fn of_a_name_used_twice_only_what_is_said_first_counts() {
    let mut repository = Repository::default();
    let id = repository.add_blob(b"");
    let twins = |name: &str, modes: &[Mode]| -> Vec<TreeEntry> {
        modes.iter().map(|&mode| TreeEntry { name: name.into(), mode, id }).collect()
    };
    let mut check = |entries, expected: Result<&str, &str>| {
        let planned = planned_entries(&mut repository, entries);
        assert_eq!(
            planned.as_deref().map_err(|error| error.trim_start_matches("create zip: ")),
            expected
        );
    };
    let refused = Err("a: multiple entries for file \"a\"");
    check(twins("a", &[Mode::File, Mode::File]), refused);
    check(twins("a", &[Mode::File, Mode::File, Mode::File]), refused);
    check(twins("a", &[Mode::File, Mode::Link]), refused);
    check(twins("a", &[Mode::Link, Mode::File, Mode::File]), Ok(""));
    check(
        twins("a:b", &[Mode::File, Mode::File]),
        Err("a:b: malformed file path \"a:b\": invalid char ':'"),
    );
}

// Rules: Z4.3
#[test]
fn directories_of_one_name_are_one_module() {
    let mut repository = Repository::default();
    let with = tree(&mut repository, &[("m/go.mod", ""), ("m/a", ""), ("x", "")]);
    let without = tree(&mut repository, &[("m/b", ""), ("y", "")]);
    let other = tree(&mut repository, &[("m/b", ""), ("y", "")]);
    for twins in [[with, without], [without, with]] {
        let entry = |name: &str, id| TreeEntry { name: name.into(), mode: Mode::Tree, id };
        let entries = vec![entry("n", twins[0]), entry("n", twins[1]), entry("o", other)];
        let planned = planned_entries(&mut repository, entries).unwrap();
        let mut names: Vec<&str> = planned.split(' ').collect();
        names.sort_unstable();
        assert_eq!(names, ["n/x", "n/y", "o/m/b", "o/y"]);
    }
}

// Rules: Z4.8
#[test]
fn names_used_twice_are_refused() {
    let mut repository = Repository::default();
    let blob = repository.add_blob(b"");
    let below = tree(&mut repository, &[("b", "")]);
    let entry = |mode, id| TreeEntry { name: b"a".to_vec(), mode, id };
    for (entries, expected) in [
        (
            vec![entry(Mode::File, blob), entry(Mode::File, blob)],
            "a: multiple entries for file \"a\"",
        ),
        (
            vec![entry(Mode::File, blob), entry(Mode::Tree, below)],
            "a/b: entry \"a\" is both a file and a directory",
        ),
    ] {
        let tree = repository.add_entries(entries);
        let commit = repository.add_commit(tree, &[], 0);
        let commit = repository.commit(commit).unwrap();
        let refused = plan(&repository, &commit, "", &Limits::default()).unwrap_err();
        assert_eq!(refused.to_string(), format!("create zip: {expected}"));
    }
}

// Rules: A5
#[test]
fn what_git_cannot_archive_is_refused_first() {
    check_refused(&[("d/.git", ""), ("a:b", "")], "error: invalid path 'd/.git'");
    check_refused(&[(".gitmodules@", "")], "error: invalid path '.gitmodules'");
    let fatal = "fatal: true/false are no valid working-tree-encodings";
    check_refused(&[(".gitattributes", "a working-tree-encoding"), ("a", ""), ("a:b", "")], fatal);
    // Even for files that are dropped afterwards.
    check_refused(
        &[("n/.gitattributes", "a working-tree-encoding"), ("n/a", ""), ("n/go.mod", "")],
        fatal,
    );
    let files = [(".gitattributes", "a working-tree-encoding"), ("a@", ""), ("b", "")];
    check(&files, "", ".gitattributes b");
}

// Rules: Z4.11, Z4.12
#[test]
fn sizes_are_limited_after_conversion() {
    let limits = Limits { zip: 40, go_mod: 5, license: 6, entries: 8 };
    let attributes = (".gitattributes", "* eol=crlf\n");
    for (files, expected) in [
        (vec![("a", "1234567890123456789012345678901234567890")], Ok("a")),
        (
            vec![
                ("a", "12345678901234567890123456789012345678901"),
                ("b:", ""),
                ("go.mod", "123456"),
            ],
            Err("module source tree too large (max size is 40 bytes)"),
        ),
        (vec![("go.mod", "12345"), ("LICENSE", "123456")], Ok("LICENSE go.mod")),
        (vec![("go.mod", "123456")], Err("go.mod: go.mod file too large (max size is 5 bytes)")),
        (
            vec![("LICENSE", "1234567")],
            Err("LICENSE: LICENSE file too large (max size is 6 bytes)"),
        ),
        (
            vec![attributes, ("go.mod", "1234\n")],
            Err("go.mod: go.mod file too large (max size is 5 bytes)"),
        ),
        (
            vec![("v/go.mod", "1234567890"), ("a@", "12345678901234567890123456789012345678901")],
            Ok(""),
        ),
        (vec![("a/b/c/d/e/f/g/h/i", "")], Err("more than 8 tree entries")),
    ] {
        let expected = expected.map(str::to_owned).map_err(|e: &str| format!("create zip: {e}"));
        assert_eq!(planned(&files, "", &limits), expected, "{files:?}");
    }
}

#[test]
fn trees_without_end_are_refused() {
    let mut repository = Repository::default();
    let mut id = repository.add_entries(Vec::new());
    for _ in 0..100 {
        let entry = |name: &[u8]| TreeEntry { name: name.to_vec(), mode: Mode::Tree, id };
        id = repository.add_entries(vec![entry(b"a"), entry(b"b")]);
    }
    let commit = repository.add_commit(id, &[], 0);
    let commit = repository.commit(commit).unwrap();
    let limits = Limits { entries: 1000, ..Limits::default() };
    let refused = PlanError::Refused(Refused::TooManyEntries(1000));
    assert_eq!(refused.to_string(), "create zip: more than 1000 tree entries");
    assert_eq!(plan(&repository, &commit, "", &limits), Err(refused));
}

#[test]
fn missing_objects_are_faults() {
    let mut repository = Repository::default();
    let gone = ObjectId::from_bytes([7; 20]);
    for mode in [Mode::File, Mode::Tree] {
        let entry = TreeEntry { name: b"a".to_vec(), mode, id: gone };
        let tree = repository.add_entries(vec![entry]);
        let commit = repository.add_commit(tree, &[], 0);
        let commit = repository.commit(commit).unwrap();
        let expected = Err(PlanError::Fault(Fault::Missing(gone)));
        assert_eq!(plan(&repository, &commit, "", &Limits::default()), expected);
    }
}

// Rules: H1, H2
#[test]
fn hashes_are_those_of_the_go_command() {
    for (files, expected) in [
        (&[][..], "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        (
            &[("go.mod", "module example.com/m\n")],
            "h1:yJwNngL0tCKlmRg8yireic46hRGohEbhwD/WSE0Ax3I=",
        ),
        (
            &[("go.mod", "module example.com/m\n"), ("a.go", "package a\n")],
            "h1:mf3ZgaLi4oSAsMraSF2c/29zuDnyW+GWSJW1ofY+5Bk=",
        ),
    ] {
        let (repository, commit) = repository(files);
        let plan = plan(&repository, &commit, "", &Limits::default()).unwrap();
        let prefix = "example.com/m@v1.0.0";
        assert_eq!(h1(&repository, &plan, prefix, &mut Sums::default()).as_deref(), Ok(expected));
        assert_eq!(write(&repository, &plan, prefix, io::sink()).unwrap(), expected);
    }
}

// Rules: Z7
#[test]
fn archives_hold_the_planned_files_and_nothing_else() {
    let files = [(".gitattributes", "a eol=crlf\n"), ("a", "1\n2\n"), ("d/é", "x"), ("l@", "a")];
    let (repository, commit) = repository(&files);
    let plan = plan(&repository, &commit, "", &Limits::default()).unwrap();
    let mut bytes = Vec::new();
    write(&repository, &plan, "m@v1.0.0", &mut bytes).unwrap();
    let mut again = Vec::new();
    write(&repository, &plan, "m@v1.0.0", &mut again).unwrap();
    assert_eq!(bytes, again);
    let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut content = String::new();
        file.read_to_string(&mut content).unwrap();
        found.push((file.name().unwrap().into_owned(), content));
    }
    let expected = [
        ("m@v1.0.0/.gitattributes", "a eol=crlf\n"),
        ("m@v1.0.0/a", "1\r\n2\r\n"),
        ("m@v1.0.0/d/é", "x"),
    ];
    assert_eq!(found, expected.map(|(name, content)| (name.to_owned(), content.to_owned())));
}

// Rules: Z4.11, Z4.12
#[test]
fn limits_are_those_of_the_go_command() {
    let Limits { zip, go_mod, license, .. } = Limits::default();
    assert_eq!((zip, go_mod, license), (524_288_000, 16_777_216, 16_777_216));
}
