//! Heads of Go files; the go command judged the odd ones.

use super::*;

#[track_caller]
fn check(text: &str, package: &str, is_ignored: bool, imports: &[&str]) {
    let source = scan(text.as_bytes()).unwrap();
    assert_eq!((source.package.as_str(), source.is_ignored), (package, is_ignored), "{text:?}");
    assert_eq!(source.imports, imports, "{text:?}");
}

#[test]
fn package_and_imports_are_found_behind_comments() {
    check("package a\n", "a", false, &[]);
    check(
        "\u{feff}/* package x */ package a; import \"b\"; import c `d`\n",
        "a",
        false,
        &["b", "d"],
    );
    check(
        "// package x\npackage /* y */ a\nimport (\n\t. \"b\" // c\n\t_ \"d\"\n)\nvar x = \"e\"\n",
        "a",
        false,
        &["b", "d"],
    );
    check("package a\nfunc f() { import(\"x\") }\n", "a", false, &[]);
    for text in ["", "a package", "package", "package \"a\"", "/* package a", "\"package a\""] {
        assert_eq!(scan(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn only_the_tag_ignore_is_known_to_be_off() {
    for (constraint, is_ignored) in [
        ("//go:build ignore", true),
        ("//go:build ignore && linux", true),
        ("//go:build linux && (ignore)", true),
        ("//go:build ignore || linux", false),
        ("//go:build !ignore", false),
        ("//go:build !!ignore", true),
        ("//go:build linux", false),
        ("//go:build !linux", false),
        ("//go:buildignore", false),
        ("// go:build ignore", false),
        ("//go:build ignore &&", false),
        ("// +build ignore", true),
        ("//+build ignore", true),
        ("// +build ignore linux", false),
        ("// +build linux,ignore", true),
        ("// +build !ignore", false),
        ("// +build linux\n// +build ignore", true),
        ("// +build ignore\n//go:build linux", false),
        ("/* c */ //go:build ignore", true),
    ] {
        check(&format!("{constraint}\n\npackage main\n"), "main", is_ignored, &[]);
    }
    check("package main\n\n//go:build ignore\n", "main", false, &[]);
    // No stack may be spent on it.
    check(&format!("//go:build {}ignore\npackage a\n", "!".repeat(100_000)), "a", false, &[]);
}

#[test]
fn embed_lines_are_found_outside_of_strings() {
    let text = "package a\n\nimport _ \"embed\"\n\nvar s = `\n//go:embed no\n`\n\n//go:embed a.txt \"b c.txt\" `d` // e\n\t//go:embed\tdir/*\n/*\n//go:embed no\n*/\n//go:embedded no\n// go:embed no\nvar x string //go:embed late\n";
    let source = scan(text.as_bytes()).unwrap();
    let expected =
        [("a.txt", 9), ("b c.txt", 9), ("d", 9), ("//", 9), ("e", 9), ("dir/*", 10), ("late", 16)];
    assert_eq!(source.embeds, expected.map(|(word, line)| (word.to_owned(), line)));
    let without = text.replace("\"embed\"", "\"fmt\"");
    assert_eq!(scan(without.as_bytes()).unwrap().embeds, []);
}

#[test]
fn patterns_mean_files_and_directories() {
    for (pattern, path, expected) in [
        ("a.txt", "a.txt", true),
        ("a.txt", "b/a.txt", false),
        ("*.txt", "a.txt", true),
        ("*.txt", ".txt", true),
        ("*", "a/b", true),
        ("*", "_x/b", true),
        ("a", "a/b/c", true),
        ("a", "a/.b/c", false),
        ("a", "a/_b", false),
        ("all:a", "a/.b/_c", true),
        ("a/*", "a/.b", true),
        ("a/*", "a/b/_c", false),
        (".", "a", true),
        (".", "_a", false),
        ("all:.", "_a", true),
        ("a?c", "abc", true),
        ("a?c", "a/c", false),
        ("[a-c]x", "bx", true),
        ("[^a-c]x", "bx", false),
        (r"\*", "*", true),
        (r"[\]]", "]", true),
        ("a*b*c", "aXbYc", true),
        ("a*b*c", "aXbY", false),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap().matches(path), expected, "{pattern} {path}");
    }
    for pattern in ["", "all:", "../a", "a/../b", "/a", "a//b", "a/", "[a", "a\\", "a/."] {
        assert_eq!(Pattern::parse(pattern), Err(PatternError), "{pattern}");
    }
    // Linear enough: many stars that all fail late.
    let (many, long) = ("*a".repeat(200), "a".repeat(5000) + "b");
    assert!(!Pattern::parse(&many).unwrap().matches(&long));
}
