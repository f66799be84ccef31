//! Tables of sections 18 and 19, and hostile input.

use super::{Errors, File, module_line, parse_lax, parse_strict};

type Parse = fn(&[u8]) -> Result<File, Errors>;

#[track_caller]
fn check_error(parse: Parse, text: impl AsRef<[u8]>, expected: &str) {
    let text = text.as_ref();
    let got = parse(text).map_err(|errors| errors.to_string());
    assert_eq!(
        got.err().as_deref().unwrap_or("ok"),
        expected,
        "{:?}",
        String::from_utf8_lossy(text)
    );
}

/// Checks the text of the errors in lax and in strict mode; `ok` when there is none.
#[track_caller]
fn check(text: impl AsRef<[u8]>, lax: &str, strict: &str) {
    check_error(parse_lax, &text, lax);
    check_error(parse_strict, &text, strict);
}

#[track_caller]
fn check_path(text: &str, expected: &str) {
    for parse in [parse_lax, parse_strict] {
        let file = parse(text.as_bytes()).unwrap();
        assert_eq!(file.module.unwrap().path, expected, "{text:?}");
    }
}

#[track_caller]
fn lax(text: &str) -> File {
    parse_lax(text.as_bytes()).unwrap()
}

// Rules: F1, F2, F4, F8
#[test]
fn stray_characters_are_refused_with_their_column() {
    for (text, expected) in [
        ("module m\u{a0}", r"go.mod:1:9: unexpected input character '\u00a0'"),
        ("\u{feff}module m", r"go.mod:1: unexpected input character '\ufeff'"),
        ("a\nb\0", r"go.mod:2:2: unexpected input character '\x00'"),
        ("a\u{b}", r"go.mod:1:2: unexpected input character '\v'"),
        ("a\u{c}", r"go.mod:1:2: unexpected input character '\f'"),
        ("a\u{85}", r"go.mod:1:2: unexpected input character '\u0085'"),
        ("\u{4e16}\u{4e16} \u{e0001}", r"go.mod:1:4: unexpected input character '\U000e0001'"),
        ("module m /* c */", "go.mod:1:10: mod files must use // comments (not /* */ comments)"),
        ("module m/*", "go.mod:1:9: mod files must use // comments (not /* */ comments)"),
        ("module \"m", "go.mod:1:8: unexpected EOF in string"),
        ("module \"m\\", "go.mod:1:8: unexpected EOF in string"),
        ("module \"m\n\"", "go.mod:1:10: unexpected newline in string"),
        ("module `m\n`", "go.mod:1:10: unexpected newline in string"),
    ] {
        check(text, expected, expected);
    }
    check("module m // \u{a0}\0\u{feff} /* c */", "ok", "ok");
    check(b"module m // \xff\xfe", "ok", "ok");
    check(b"module m\xff", "ok", "ok");
    assert_eq!(parse_lax(b"module m\xff").unwrap().module.unwrap().path, "m\u{fffd}");
}

// Rules: F6, F8
#[test]
fn blocks_are_closed_alone_on_a_line() {
    for (text, expected) in [
        (
            " require (\n a v1.0.0\n",
            "go.mod:3: syntax error (unterminated block started at go.mod:1:2)",
        ),
        ("require (", "go.mod:1:10: syntax error (unterminated block started at go.mod:1:1)"),
        ("require (\n) x\n", "go.mod:2:4: syntax error (expected newline after closing paren)"),
        ("require ( ) // c\nrequire (\n) // c\nretract (// c\n)", "ok"),
    ] {
        check(text, expected, expected);
    }
    check(
        "require ( ) x",
        "go.mod:1: usage: require module/path v1.2.3",
        "go.mod:1: usage: require module/path v1.2.3",
    );
    // Blocks do not nest.
    let nested = r#"go.mod:2: require retract: version "(" invalid: must be of the form v1.2.3"#;
    check("require (\nretract (\n)\n", nested, nested);
}

// Rules: F7, F10
#[test]
fn unknown_directives_and_blocks_are_refused_in_strict_mode_only() {
    check("frob x", "ok", "go.mod:1: unknown directive: frob");
    check("Module x", "ok", "go.mod:1: unknown directive: Module");
    check("frob (\n\tx\n)\n", "ok", "go.mod:1: unknown block type: frob");
    check("go (\n1.20\n)", "ok", "go.mod:1: unknown block type: go");
    check("toolchain (\n)", "ok", "go.mod:1: unknown block type: toolchain");
    check("require x y (\n z\n)", "ok", "go.mod:1: unknown block type: require x y");
    check(
        "replace x",
        "ok",
        "go.mod:1: usage: replace module/path [v1.2.3] => other/module v1.4\n\t or replace module/path [v1.2.3] => ../local/directory",
    );
    check(
        "toolchain x",
        "ok",
        "go.mod:1: invalid toolchain version 'x': must match format go1.23.0 or default",
    );
    check("toolchain default\n toolchain go1", "ok", "go.mod:2:2: repeated toolchain statement");
    check("godebug x", "ok", "go.mod:1: usage: godebug key=value");
    check("godebug k=v,w", "ok", "go.mod:1: usage: godebug key=value");
    check("tool", "ok", "go.mod:1: tool directive expects exactly one argument");
    let ignore = "go.mod:1: ignore directive expects exactly one argument";
    check("ignore a b", ignore, ignore);
}

// Rules: F3, F5, F9, F10
#[test]
fn module_directives_are_found_in_every_dress() {
    check_path("module m", "m");
    check_path("go 1.20\r\n\tmodule\t\"m\" // c\r\n", "m");
    check_path("module (\n\tm\n)\n", "m");
    check_path("module a//b\n", "a");
    check_path("module \"a//b\"\n", "a//b");
    let usage = "go.mod:1: usage: module module/path";
    check("module", usage, usage);
    check("module example.com/a,b", usage, usage);
    let repeated = "go.mod:2: repeated module statement";
    check("module a\nmodule b\n", repeated, repeated);
    let quoted = "go.mod:1: invalid quoted string: unquoted string cannot contain quote";
    check("module `m`", quoted, quoted);
    check("module 'm'", quoted, quoted);
    check(
        r#"module "\'""#,
        "go.mod:1: invalid quoted string: invalid syntax",
        "go.mod:1: invalid quoted string: invalid syntax",
    );
    assert_eq!(lax("").module, None);
}

// Rules: F3, F5, F9
#[test]
fn words_end_at_punctuation_and_comments() {
    let usage = "go.mod:1: usage: module module/path";
    for letter in "()[]{},".chars() {
        check(format!("module a{letter}b"), usage, usage);
    }
    check("module a=>b-c_d+e!f%g;h:i*j?k|l&m<n", "ok", "ok");
    let arrow = "go.mod:1: usage: replace module/path [v1.2.3] => other/module v1.4\n\t or replace \
                 module/path [v1.2.3] => ../local/directory";
    check("replace a=>./b", "ok", arrow);
    let version = |text: &str| lax(text).require.remove(0).version;
    assert_eq!(version("require a v1.0.0// c"), "v1.0.0");
    let quoted = "go.mod:1: invalid quoted string: unquoted string cannot contain quote";
    for word in ["a\"b", "a'b", "a`b"] {
        check(format!("module {word}"), quoted, quoted);
    }
}

// Rules: F6, F7, F10
#[test]
fn every_directive_but_go_and_toolchain_may_be_a_block() {
    let text = "module (\nm\n)\ngodebug (\nk=v\n)\nrequire (\na v1.0.0\n\n// c\nb v1.0.0\n)\nexclude (\na v1.0.1\n)\n\
                replace (\na => ./b\n)\nretract (\nv1.0.0\n)\ntool (\na/t\n)\nignore (\n./d\n)\n";
    let file = parse_strict(text.as_bytes()).unwrap();
    assert_eq!(file.module.unwrap().path, "m");
    let (once, twice) = (file.retract.len(), file.require.len());
    assert_eq!((once, twice), (1, 2));
    let strict = [
        file.godebug.len(),
        file.exclude.len(),
        file.replace.len(),
        file.tool.len(),
        file.ignore.len(),
    ];
    assert_eq!(strict, [1; 5]);
    let file = lax(text);
    assert_eq!((file.retract.len(), file.require.len(), file.ignore.len()), (1, 2, 1));
    let skipped = [file.godebug.len(), file.exclude.len(), file.replace.len(), file.tool.len()];
    assert_eq!(skipped, [0; 4]);
}

// Rules: F10
#[test]
fn go_versions_are_shortened_in_lax_mode() {
    for version in ["v1.20", "one", "1"] {
        let expected =
            format!("go.mod:1: invalid go version '{version}': must match format 1.23.0");
        check(format!("go {version}"), &expected, &expected);
    }
    for (version, short) in
        [("1.20.x", "1.20"), ("1.21.0-rc1", "1.21"), ("1.21.3", "1.21.3"), ("v1.20.1", "1.20")]
    {
        assert_eq!(lax(&format!("go {version}")).go.unwrap().version, short);
    }
    check("go 1.20.x", "ok", "go.mod:1: invalid go version '1.20.x': must match format 1.23.0");
    check("go 1.20\ngo 1.20", "go.mod:2: repeated go statement", "go.mod:2: repeated go statement");
    check(
        "go",
        "go.mod:1: go directive expects exactly one argument",
        "go.mod:1: go directive expects exactly one argument",
    );
}

// Rules: F9, F10
#[test]
fn requirements_are_checked_in_both_modes() {
    for (text, expected) in [
        ("require a", "go.mod:1: usage: require module/path v1.2.3"),
        (
            "require a master",
            r#"go.mod:1: require a: version "master" invalid: must be of the form v1.2.3"#,
        ),
        (
            "require a v2.0.0",
            r#"go.mod:1: require a: version "v2.0.0" invalid: should be v0 or v1, not v2"#,
        ),
        (
            "require a/v2 v1.0.0",
            r#"go.mod:1: require a/v2: version "v1.0.0" invalid: should be v2, not v1"#,
        ),
        ("require a/v1 v1.0.0", "go.mod:1: invalid module path"),
        (
            "require a 'v1'",
            r#"go.mod:1: require a: version "'v1'" invalid: unquoted string cannot contain quote"#,
        ),
        (
            r#"require "" x"#,
            r#"go.mod:1: require: version "x" invalid: must be of the form v1.2.3"#,
        ),
        (
            "require (\n\ta\n\n\tb x // c\n)",
            "go.mod:2:2: usage: require module/path v1.2.3\n\
             go.mod:4:2: require b: version \"x\" invalid: must be of the form v1.2.3",
        ),
    ] {
        check(text, expected, expected);
    }
    check(
        "exclude a v2.0.0",
        "ok",
        r#"go.mod:1: exclude a: version "v2.0.0" invalid: should be v0 or v1, not v2"#,
    );
    let file = lax("require a v1\nrequire b v2.0.0+incompatible\nrequire c v1.0.0+meta\n");
    let versions: Vec<&str> = file.require.iter().map(|require| require.version.as_str()).collect();
    assert_eq!(versions, ["v1.0.0", "v2.0.0+incompatible", "v1.0.0"]);
}

// Rules: F11
#[test]
fn indirect_requirements_are_marked() {
    for (comment, expected) in [
        ("// indirect", true),
        ("//indirect", true),
        ("// indirect; because", true),
        ("// indirect;", false),
        ("// indirect because", false),
        ("// not indirect", false),
        ("// Indirect", false),
        ("", false),
    ] {
        assert_eq!(
            lax(&format!("require a v1.0.0 {comment}")).require[0].indirect,
            expected,
            "{comment}"
        );
    }
    assert!(!lax("// indirect\nrequire a v1.0.0").require[0].indirect);
}

// Rules: F10
#[test]
fn replacements_are_modules_or_directories() {
    for (args, expected) in [
        ("a => ./b", "ok"),
        ("a v1.0.0 => ..", "ok"),
        ("a => C:", "ok"),
        ("a => .", "ok"),
        ("a => ../b", "ok"),
        ("a => /b", "ok"),
        ("a => b v1.0.0", "ok"),
        ("a v1 => b v1", "ok"),
        (
            "a => b",
            "go.mod:1: replacement module without version must be directory path (rooted or starting with . or ..)",
        ),
        (
            "a => b@v1",
            "go.mod:1: replacement module must match format 'path version', not 'path@version'",
        ),
        (
            "a => .\\b",
            "go.mod:1: replacement directory appears to be Windows path (on a non-windows system)",
        ),
        (
            "a => \\b",
            "go.mod:1: replacement directory appears to be Windows path (on a non-windows system)",
        ),
        (
            "a => ..\\b",
            "go.mod:1: replacement directory appears to be Windows path (on a non-windows system)",
        ),
        (
            "a => ./b v1.0.0",
            r#"go.mod:1: replacement module directory path "./b" cannot have version"#,
        ),
        ("a/v1 => ./b", "go.mod:1: replace a/v1: invalid module path"),
        (
            "a v2.0.0 => ./b",
            r#"go.mod:1: replace a: version "v2.0.0" invalid: should be v0 or v1, not v2"#,
        ),
        ("a => b x", r#"go.mod:1: replace b: version "x" invalid: must be of the form v1.2.3"#),
    ] {
        check(format!("replace {args}"), "ok", expected);
    }
    let file = parse_strict(b"replace a v1 => b v1.2\nreplace c => ./d").unwrap();
    let versions =
        |i: usize| (file.replace[i].old_version.as_deref(), file.replace[i].new_version.as_deref());
    assert_eq!(versions(0), (Some("v1.0.0"), Some("v1.2.0")));
    assert_eq!(versions(1), (None, None));
}

// Rules: F10
#[test]
fn strict_mode_keeps_what_only_the_main_module_has() {
    let file =
        parse_strict(b"tool a/b\nignore ./c\ngodebug k=v=w\nexclude a v1\ntoolchain go1.22.0\n")
            .unwrap();
    assert_eq!(file.tool[0].path, "a/b");
    assert_eq!(file.ignore[0].path, "./c");
    assert_eq!((file.godebug[0].key.as_str(), file.godebug[0].value.as_str()), ("k", "v=w"));
    assert_eq!((file.exclude[0].version.as_str(), file.exclude[0].position.line), ("v1.0.0", 4));
    assert_eq!(file.toolchain.unwrap().name, "go1.22.0");
}

/// The table of F12.
// Rules: F12, T3
#[test]
fn retractions_cover_closed_intervals() {
    for (args, expected) in [
        ("v1.1.0", "v1.1.0"),
        ("\"v1.1.0\"", "v1.1.0"),
        ("v1.1.0+meta", "v1.1.0"),
        ("v1.1.0 v1.2.0", "v1.1.0"),
        ("v1", "v1.0.0"),
        ("v1.2", "v1.2.0"),
        ("[v1.0.0,v1.1.0]", "v1.0.0 v1.1.0"),
        ("[v0.0.0-0, v1.1.0]", "v1.0.0 v1.1.0"),
        ("[v1.2.0, v1.0.0]", ""),
        ("[v1.1.0, foo]", ""),
        ("foo", ""),
        ("[v1.0.0 v1.1.0]", ""),
        ("[foo, v1.1.0]", "v1.0.0 v1.1.0"),
    ] {
        let file = lax(&format!("retract {args}"));
        let versions = ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"];
        let retracted =
            versions.into_iter().filter(|v| file.retract.iter().any(|retract| retract.contains(v)));
        assert_eq!(retracted.collect::<Vec<_>>().join(" "), expected, "{args}");
    }
}

// Rules: F12
#[test]
fn malformed_retractions_are_refused_in_strict_mode_only() {
    for (args, expected) in [
        ("", "expected '[' or version"),
        ("( v1", "expected '[' or version"),
        ("[", "expected version after '['"),
        ("[v1", "expected ',' after version"),
        ("[v1,", "expected version after ','"),
        ("[v1, v2", "expected ']' after version"),
        ("v1 v2", "unexpected token after version: \"v2\""),
        ("[v1, v2] \"x\"", r#"unexpected token after version: "\"x\"""#),
        ("'v1'", r#"retract: version "'v1'" invalid: unquoted string cannot contain quote"#),
    ] {
        check(format!("retract {args}"), "ok", &format!("go.mod:1: {expected}"));
    }
}

// Rules: F13
#[test]
fn rationales_are_the_comments_of_line_or_block() {
    for (text, expected) in [
        ("retract v1 // why", "why"),
        ("//  a\t\n//b\r\nretract v1 // c", "a\nb\nc"),
        ("// a\n\nretract v1", ""),
        ("// a\n\n// b\nretract v1", "b"),
        ("// block\nretract (\nv1\n)", "block"),
        ("// block\nretract (\nv1 // own\n)", "own"),
        ("// block\nretract (\n// own\nv1\n)", "own"),
        ("// block\nretract ( // not this\nv1\n)", "block"),
        // A comment set off by a blank line stays with the line inside a block.
        ("// block\nretract (\n// own\n\nv1\n)", "own"),
        ("retract ( // not this\nv1\n) // nor this", ""),
    ] {
        assert_eq!(&*lax(text).retract[0].rationale, expected, "{text:?}");
    }
    // A blank line between the lines of a block keeps the block's comment from the second.
    let file = lax("// block\nretract (\nv1\nv2\n\nv3\n)");
    let rationales: Vec<&str> = file.retract.iter().map(|retract| &*retract.rationale).collect();
    assert_eq!(rationales, ["block", "block", ""]);
}

// Rules: F13
#[test]
fn comments_after_strings_over_two_lines_belong_to_the_line_before() {
    let file = lax("require a v1.0.0\ntool \"x\\\ny\" // indirect\nrequire b v1.0.0\n");
    assert_eq!(
        file.require.iter().map(|require| require.indirect).collect::<Vec<_>>(),
        [true, false]
    );
    let file =
        lax("retract v1.0.0 // a\ntool \"\\\n\" // b\ntool \"\\\n\" // c\nretract v1 // d\n");
    assert_eq!((&*file.retract[0].rationale, &*file.retract[1].rationale), ("a\nb\nc", "d"));
    // Free comments and blocks between take them away.
    for between in ["// free\n\n", "retract (\n)\n", "retract ( )\n"] {
        let file = lax(&format!("retract v1.0.0\n{between}tool \"\\\n\" // lost\n"));
        assert_eq!(&*file.retract[0].rationale, "", "{between:?}");
    }
}

// Rules: F14
#[test]
fn deprecation_is_a_paragraph_of_the_module_comment() {
    for (text, expected) in [
        ("// Deprecated: use b\nmodule a", Some("use b")),
        ("module a // Deprecated: use b", Some("use b")),
        ("// Deprecated:use\n// b\n//\n// more\nmodule a", Some("use\nb")),
        ("// About.\n//\n// Deprecated:   use b\nmodule a", Some("use b")),
        ("// Deprecated: x\n//\n// Deprecated: y\nmodule a", Some("x")),
        ("// Deprecated: use b\nmodule (\na\n)", Some("use b")),
        ("// About.\n// Deprecated: use b\nmodule a", None),
        ("// deprecated: use b\nmodule a", None),
        ("// Deprecated: use b\n\nmodule a", None),
        ("// Deprecated:\nmodule a", None),
        ("module a", None),
    ] {
        assert_eq!(lax(text).module.unwrap().deprecated.as_deref(), expected, "{text:?}");
    }
}

// Rules: N24
#[test]
fn every_error_is_reported_up_to_a_limit() {
    let text = "x\n".repeat(20_000);
    let errors = parse_strict(text.as_bytes()).unwrap_err();
    assert_eq!(errors.0.len(), 10_000);
    assert_eq!(errors.0[1].to_string(), "go.mod:2: unknown directive: x");
}

/// Were the work or the memory quadratic, this test would not end.
#[test]
fn hostile_files_are_read_in_linear_time() {
    const SIZE: usize = 1 << 20;
    for unit in [
        "a",
        "(",
        "( ) ",
        "x (\n",
        "\n",
        "// c\n",
        "\"",
        "\"\\\n\" // c\n",
        "`",
        "\\",
        ",",
        "retract v1 // c\n",
        "\u{4e16}",
        "/",
    ] {
        let text = unit.repeat(SIZE / unit.len());
        let _ = (
            parse_lax(text.as_bytes()),
            parse_strict(text.as_bytes()),
            module_line(text.as_bytes()),
        );
    }
    // One long comment for many lines is kept once.
    let text =
        format!("// {}\nretract (\n{})\n", "long ".repeat(SIZE / 10), "v1\n".repeat(SIZE / 6));
    let file = lax(&text);
    assert_eq!(file.retract.len(), SIZE / 6);
    assert_eq!(file.retract[0].rationale.as_ptr(), file.retract[1].rationale.as_ptr());
}

/// A small generator with a fixed seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

#[test]
fn mutated_files_never_crash_and_strict_files_are_lax_files() {
    const PIECES: [&[u8]; 20] = [
        b"module m // Deprecated: x\n",
        b"go 1.20.x\n",
        b"require (\n",
        b")\n",
        b"a v1.0.0 // indirect\n",
        b"retract [v1, v2]\n",
        b"replace a => ./b\n",
        b"\"\\",
        b"\n",
        b"`",
        b"//",
        b"/*",
        b"(",
        b"[",
        b",",
        b"\xff",
        b"\xc2\xa0",
        b"\r",
        b" ",
        b"=>",
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut text = Vec::new();
        for _ in 0..random.below(12) {
            text.extend_from_slice(PIECES[random.below(PIECES.len())]);
        }
        if let Some(at) =
            text.len().checked_sub(1).map(|last| random.below(last + 1)).filter(|at| at % 3 == 0)
        {
            text[at] = random.below(256) as u8;
        }
        let _ = module_line(&text);
        let lax = parse_lax(&text);
        if let Ok(strict) = parse_strict(&text) {
            accepted += 1;
            let lax = lax.unwrap();
            assert_eq!(
                (strict.module, strict.require, strict.retract),
                (lax.module, lax.require, lax.retract)
            );
        }
    }
    assert!(accepted > 100, "{accepted}");
}
