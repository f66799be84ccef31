//! File names that forbid a zip: each in the go command's words.

use modgate_tests::golang::Go;
use modgate_tests::site::Site;

use crate::resolving::{as_direct_mode, push_all};
use crate::zip_files::{Zips, below, link, tag_all};

// Rules: Z4.5, Z11, M3, M5
#[test]
fn names_that_no_module_may_have() {
    let site = Site::new();
    let mut zips = Zips::default();
    let lib = site.repository("z/names");
    for (at, (file, quoted, why)) in [
        ("a:b", "a:b", "invalid char ':'"),
        ("a\\b", "a\\\\b", "invalid char '\\\\'"),
        ("foo.", "foo.", "trailing dot in path element"),
        ("...", "...", "invalid path element \"...\""),
        ("aux.go", "aux.go", "\"aux\" disallowed as path element component on Windows"),
        ("con/x", "con/x", "\"con\" disallowed as path element component on Windows"),
        ("nul.txt", "nul.txt", "\"nul\" disallowed as path element component on Windows"),
        ("😀.txt", "😀.txt", "invalid char '😀'"),
        ("e\u{301}.txt", "e\u{301}.txt", "invalid char '\u{301}'"),
        ("٣.txt", "٣.txt", "invalid char '٣'"),
        ("a'b", "a'b", "invalid char '\\''"),
        ("a\"b", "a\\\"b", "invalid char '\"'"),
        ("a*b", "a*b", "invalid char '*'"),
    ]
    .into_iter()
    .enumerate()
    {
        let expected = format!("no: create zip: {file}: malformed file path \"{quoted}\": {why}");
        zips.row(below(&lib, &format!("n{at}"), file), expected);
    }
    // A link is looked at before it is dropped; a file that is dropped first is not.
    let linked = below(&lib, "linked", "a");
    link(&lib, "a", "linked/x:y");
    zips.row(linked, "no: create zip: x:y: malformed file path \"x:y\": invalid char ':'");
    let hidden = below(&lib, "hidden", "n/x:y");
    lib.write("hidden/n/go.mod", "module x.y/z\n").write("hidden/vendor/p/x:y", "x\n");
    zips.row(hidden, "go.mod");
    let good = below(&lib, "good", "é ñ日本.txt");
    lib.write("good/a!#$%&()+,-.=@[]^_{}~b", "x\n")
        .write("good/com0", "x\n")
        .write("good/xcon.txt", "x\n");
    zips.row(good, "a!#$%&()+,-.=@[]^_{}~b com0 go.mod xcon.txt é ñ日本.txt");
    tag_all(&lib, &zips);
    zips.check(&site);
}

// Rules: Z4.5, Z11
#[test]
fn names_that_cannot_be_printed_are_quoted() {
    let site = Site::new();
    let lib = site.repository("z/bytes");
    lib.release("v0.1.0");
    let blob = lib.git(&["rev-parse", "HEAD:code.go"]).line();
    let names = [
        ("v1.0.0", &b"\xff.txt"[..], "\\xff.txt", "invalid UTF-8"),
        ("v1.1.0", b"a\nb", "a\\nb", "invalid char '\\n'"),
        ("v1.2.0", "a\u{a0}b".as_bytes(), "a\\u00a0b", "invalid char '\\u00a0'"),
    ];
    for (tag, name, ..) in names {
        let entries = [b"100644 blob ", blob.as_bytes(), b"\t", name, b"\0"].concat();
        let tree = lib.git_run(&["mktree", "-z"]).stdin(entries).finish().ok().line();
        let commit = lib.git(&["commit-tree", "-m", tag, &tree]).line();
        lib.git(&["tag", tag, &commit]);
    }
    push_all(&lib);
    let daemon = as_direct_mode(&site);
    let direct = Go::direct(&site, "go-direct");
    for (tag, _, quoted, why) in names {
        // The go command prints the path once as it is, and once quoted.
        let malformed = format!("malformed file path \"{quoted}\": {why}");
        let answer = daemon.get(&format!("/git.example.com/z/bytes/@v/{tag}.zip")).has_status(404);
        assert_eq!(answer.text(), format!("not found: create zip: \"{quoted}\": {malformed}\n"));
        let error = direct.download(&lib.module(), &[tag]).remove(0).error;
        assert!(error.starts_with("create zip: ") && error.ends_with(&malformed), "{error}");
    }
}

// Rules: Z4.7, Z6
#[test]
fn names_that_fold_to_one_collide() {
    let site = Site::new();
    let mut zips = Zips::default();
    let lib = site.repository("z/fold");
    for (at, (first, second)) in [
        ("K", "k"),
        ("k", "\u{212a}"),
        ("ς", "σ"),
        ("s", "ſ"),
        ("ß", "ẞ"),
        ("µ", "μ"),
        ("Ǆ", "ǅ"),
        ("Å", "\u{212b}"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("c{at}");
        let module = below(&lib, &name, first);
        lib.write(&format!("{name}/{second}"), "x\n");
        let (a, b) = if first < second { (first, second) } else { (second, first) };
        let expected = format!(
            "no: create zip: {b}: case-insensitive file name collision: \"{a}\" and \"{b}\""
        );
        zips.row(module, expected);
    }
    let folders = below(&lib, "folders", "X/a.go");
    lib.write("folders/x/b.go", "x\n");
    zips.row(
        folders,
        "no: create zip: x/b.go: case-insensitive file name collision: \"X\" and \"x\"",
    );
    let linked = below(&lib, "linked", "x/b.go");
    link(&lib, "nowhere", "linked/X");
    zips.row(
        linked,
        "no: create zip: x/b.go: case-insensitive file name collision: \"X\" and \"x\"",
    );
    for (at, (first, second)) in
        [("ss", "ß"), ("i", "İ"), ("i", "ı"), ("fi", "ﬁ")].into_iter().enumerate()
    {
        let name = format!("d{at}");
        let module = below(&lib, &name, first);
        lib.write(&format!("{name}/{second}"), "x\n");
        let mut files = ["go.mod", first, second];
        files.sort_unstable();
        zips.row(module, files.join(" "));
    }
    // A file that is dropped collides with nothing.
    let dropped = below(&lib, "dropped", "N/a");
    lib.write("dropped/n/a", "x\n").write("dropped/n/go.mod", "module x.y/z\n");
    zips.row(dropped, "N/a go.mod");
    tag_all(&lib, &zips);
    zips.check(&site);
}
