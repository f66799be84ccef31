//! Cases of `module`.

use super::*;
use crate::version::tests::Random;

/// What each kind of path says to `path`: `""` where it is valid, else the reason.
#[track_caller]
fn check_kinds(path: &str, module: &str, import: &str, file: &str) {
    let quoted = quote(path);
    let wanted = |kind: &str, why: &str| match why {
        "" => Ok(()),
        _ => Err(format!("malformed {kind} path {quoted}: {why}")),
    };
    let text = |result: Result<(), PathError>| result.map_err(|error| error.to_string());
    assert_eq!(text(check_path(path)), wanted("module", module));
    assert_eq!(text(check_import_path(path)), wanted("import", import));
    assert_eq!(text(check_file_path(path.as_bytes())), wanted("file", file));
}

#[track_caller]
fn check_all(path: &str, why: &str) {
    check_kinds(path, why, why, why);
}

/// For paths that are refused as module paths only.
#[track_caller]
fn check_module(path: &str, why: &str) {
    check_kinds(path, why, "", "");
}

// Rules: M1, M2
#[test]
fn common_rules_hold_for_every_kind() {
    check_all("x.y/z", "");
    check_all("x.y/Z-a_b~c.d/v2", "");
    check_all("", "empty string");
    check_all("x.y//z", "double slash");
    check_all("//x.y", "double slash");
    check_all("x.y/", "trailing slash");
    check_all("/", "trailing slash");
    check_all("/x.y", "empty path element");
    check_all("x.y/.", "invalid path element \".\"");
    check_all("x.y/../z", "invalid path element \"..\"");
    check_all("x.y/...", "invalid path element \"...\"");
    check_all("x.y/z.", "trailing dot in path element");
    check_all("x.y/z./w", "trailing dot in path element");
    check_all("x.y/a\\b", "invalid char '\\\\'");
    check_all("x.y/a\nb", "invalid char '\\n'");
    check_all("x.y/a'b", "invalid char '\\''");
    check_all("x.y/a\"b", "invalid char '\"'");
    check_all("x.y/a\u{A0}b", "invalid char '\\u00a0'");
    check_all("x.y/😀", "invalid char '😀'");
    check_all("x.y/a\u{202E}b", "invalid char '\\u202e'");
}

// Rules: M1, M2, M3
#[test]
fn kinds_differ_in_what_they_allow() {
    check_kinds("-x.y/z", "leading dash", "leading dash", "");
    check_all("x.y/-z", "");
    check_module("x.y/.hid", "leading dot in path element");
    check_module(".x.y/z", "leading dot in path element");
    check_module("x.y/a+b", "invalid char '+'");
    for c in " !#$%&(),=@[]^{}éß日".chars() {
        let why = format!("invalid char '{c}'");
        check_kinds(&format!("x.y/a{c}b"), &why, &why, "");
    }
    for c in "*<>?`|:;¹٣½\u{301}\0\x7f".chars() {
        check_all(&format!("x.y/a{c}b"), &format!("invalid char {}", quote_char(c)));
    }
    let short = "trailing tilde and digits in path element";
    check_kinds("x.y/progra~1", short, short, "");
    check_kinds("x.y/progra~1.txt", short, short, "");
    check_kinds("x.y/~1", short, short, "");
    check_kinds("x.y/a~b~12", short, short, "");
    for fine in ["x.y/a~", "x.y/~", "x.y/a~1b", "x.y/a.b~1", "x.y/~user"] {
        check_all(fine, "");
    }
}

// Rules: M2
#[test]
fn device_names_of_windows_are_refused_everywhere() {
    for name in ["con", "CON", "pRn", "aux", "nul", "com1", "COM9", "lpt1", "LPT9"] {
        let why = format!("\"{name}\" disallowed as path element component on Windows");
        check_all(&format!("x.y/{name}"), &why);
        check_all(&format!("x.y/{name}/z"), &why);
        check_all(&format!("x.y/{name}.txt"), &why);
        check_all(&format!("x.y/{name}.tar.gz"), &why);
    }
    for fine in ["xcon", "conx", "com0", "lpt0", "com10", "com", "a.con", "con-1", "auxiliary"] {
        check_all(&format!("x.y/{fine}"), "");
    }
    check_kinds("x.y/CONIN$", "invalid char '$'", "invalid char '$'", "");
    check_all("x.y/COM¹", "invalid char '¹'");
}

// Rules: M4
#[test]
fn module_paths_begin_with_a_domain() {
    check_module("x/y", "missing dot in first path element");
    check_module("x", "missing dot in first path element");
    check_module("X.y/z", "invalid char 'X' in first path element");
    check_module("_x.y/z", "invalid char '_' in first path element");
    check_module("x~.y/z", "invalid char '~' in first path element");
    check_all("x-1.y", "");
    check_all("127.0.0.1", "");
}

// Rules: M1, M5
#[test]
fn bytes_that_are_no_utf8_are_no_file_path() {
    for (path, expected) in [
        (&b"a/\xff"[..], "malformed file path \"a/\\xff\": invalid UTF-8"),
        (b"\xed\xa0\x80", "malformed file path \"\\xed\\xa0\\x80\": invalid UTF-8"),
        (b"//\xc0\x80", "malformed file path \"//\\xc0\\x80\": invalid UTF-8"),
        ("e\u{301}".as_bytes(), "malformed file path \"e\u{301}\": invalid char '\u{301}'"),
    ] {
        assert_eq!(check_file_path(path).unwrap_err().to_string(), expected);
    }
}

#[track_caller]
fn check_split(path: &str, expected: Option<(&str, &str)>) {
    assert_eq!(split_path_version(path), expected, "{path}");
    let why = if expected.is_some() { "" } else { "invalid version" };
    check_module(path, why);
}

// Rules: M4, M6
#[test]
fn major_suffixes_are_split_off() {
    check_split("x.y/z", Some(("x.y/z", "")));
    check_split("x.y/z/v2", Some(("x.y/z", "/v2")));
    check_split("x.y/z/v20", Some(("x.y/z", "/v20")));
    check_split("x.y/z/v100000000000000000000", Some(("x.y/z", "/v100000000000000000000")));
    check_split("x.y/v2", Some(("x.y", "/v2")));
    check_split("x.y/v", Some(("x.y/v", "")));
    check_split("x.y/z2", Some(("x.y/z2", "")));
    check_split("x.y/zv2", Some(("x.y/zv2", "")));
    check_split("x.y/V2", Some(("x.y/V2", "")));
    check_split("x.y/2", Some(("x.y/2", "")));
    check_split("x.y/z/v2/sub", Some(("x.y/z/v2/sub", "")));
    check_split("x.y/z/v2/v3", Some(("x.y/z/v2", "/v3")));
    for path in ["x.y/z/v0", "x.y/z/v1", "x.y/z/v02", "x.y/z/v00", "x.y/z/v2.0", "x.y/z/v1.2"] {
        check_split(path, None);
    }
    // No module paths, but the function takes any text.
    for (path, expected) in [
        ("", Some(("", ""))),
        ("/v2", Some(("", "/v2"))),
        ("v2", Some(("v2", ""))),
        ("x/v2.", None),
    ] {
        assert_eq!(split_path_version(path), expected, "{path}");
    }
}

// Rules: M4, M7
#[test]
fn gopkg_in_has_dotted_majors_only() {
    check_split("gopkg.in/yaml.v2", Some(("gopkg.in/yaml", ".v2")));
    check_split("gopkg.in/yaml.v0", Some(("gopkg.in/yaml", ".v0")));
    check_split("gopkg.in/yaml.v1", Some(("gopkg.in/yaml", ".v1")));
    check_split("gopkg.in/u/m.v10", Some(("gopkg.in/u/m", ".v10")));
    check_split("gopkg.in/m.v2-unstable", Some(("gopkg.in/m", ".v2-unstable")));
    check_split("gopkg.in/yaml", None);
    check_split("gopkg.in/yaml.v", None);
    check_split("gopkg.in/yaml.v02", None);
    check_split("gopkg.in/yaml.v0-unstable", None);
    check_split("gopkg.in/yaml.v2/abc", None);
    check_split("gopkg.in/yaml/v2", None);
    check_split("gopkg.inx/yaml/v2", Some(("gopkg.inx/yaml", "/v2")));
}

// Rules: M8
#[test]
fn versions_must_be_of_the_major_of_the_path() {
    for (version, path_major) in [
        ("v0.1.0", ""),
        ("v1.2.3", ""),
        ("v2.0.0+incompatible", ""),
        ("v2.0.0", "/v2"),
        ("v2", "/v2"),
        ("v2.0.0-rc", "/v2"),
        ("v10.0.0", "/v10"),
        ("v2.1.0", ".v2"),
        ("v2.1.0", ".v2-unstable"),
        ("v0.0.0-20161208181325-20d25e280405", ".v1"),
        ("v0.0.0-x", ".v1-unstable"),
    ] {
        assert_eq!(check_path_major(version, path_major), Ok(()), "{version} {path_major}");
    }
    for (version, path_major, expected) in [
        ("v2.0.0", "", "version \"v2.0.0\" invalid: should be v0 or v1, not v2"),
        ("v2.0.0+meta", "", "version \"v2.0.0+meta\" invalid: should be v0 or v1, not v2"),
        ("v1.0.0", "/v2", "version \"v1.0.0\" invalid: should be v2, not v1"),
        (
            "v3.0.0+incompatible",
            "/v2",
            "version \"v3.0.0+incompatible\" invalid: should be v2, not v3",
        ),
        ("v0.0.0-x", "/v1", "version \"v0.0.0-x\" invalid: should be v1, not v0"),
        ("bad\n", "/v2", "version \"bad\\n\" invalid: should be v2, not "),
        ("v1.0.0", ".v2-unstable", "version \"v1.0.0\" invalid: should be v2, not v1"),
    ] {
        let error = check_path_major(version, path_major).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

// Rules: M9
#[test]
fn a_release_needs_a_path_and_a_version_that_fit() {
    assert_eq!(check("x.y/z", "v1.0.0"), Ok(()));
    assert_eq!(check("x.y/z/v2", "v2.0.0"), Ok(()));
    assert_eq!(check("x.y/z", "v2.0.0+incompatible"), Ok(()));
    for (path, version, expected) in [
        ("x/z", "bad", "malformed module path \"x/z\": missing dot in first path element"),
        ("x.y/z", "1.0.0", "x.y/z@1.0.0: invalid version: not a semantic version"),
        ("x.y/z", "v2.0.0", "x.y/z@v2.0.0: invalid version: should be v0 or v1, not v2"),
        ("x.y/z/v2", "v1.0.0", "x.y/z/v2@v1.0.0: invalid version: should be v2, not v1"),
    ] {
        assert_eq!(check(path, version).unwrap_err().to_string(), expected);
    }
}

// Rules: M10, M11
#[test]
fn escapes_come_in_pairs() {
    for (path, escaped) in [
        ("github.com/GoogleCloudPlatform/omega", "github.com/!google!cloud!platform/omega"),
        (
            "ascii.com/abcdefghijklmnopqrstuvwxyz.-/~_0123456789",
            "ascii.com/abcdefghijklmnopqrstuvwxyz.-/~_0123456789",
        ),
    ] {
        assert_eq!(escape_path(path).as_deref(), Ok(escaped));
        assert_eq!(unescape_path(escaped).as_deref(), Ok(path));
    }
    for (version, escaped) in [
        ("v1.0.0-RC1", "v1.0.0-!r!c1"),
        ("a+b", "a+b"),
        ("a#b", "a#b"),
        ("a b", "a b"),
        ("Main", "!main"),
    ] {
        assert_eq!(escape_version(version).as_deref(), Ok(escaped));
        assert_eq!(unescape_version(escaped).as_deref(), Ok(version));
    }
}

// Rules: M10
#[test]
fn what_no_request_can_carry_is_not_escaped() {
    for (version, expected) in [
        ("release/x", "version \"release/x\" invalid: disallowed version string"),
        ("a!b", "version \"a!b\" invalid: disallowed version string"),
        ("foo.", "version \"foo.\" invalid: disallowed version string"),
        ("con", "version \"con\" invalid: disallowed version string"),
        ("", "version \"\" invalid: disallowed version string"),
        ("v1.0.0*", "version \"v1.0.0*\" invalid: disallowed version string"),
        ("vé", "internal error: inconsistency in EscapePath"),
    ] {
        assert_eq!(escape_version(version).unwrap_err().to_string(), expected);
    }
    assert_eq!(
        escape_path("x.y/é").unwrap_err().to_string(),
        "malformed module path \"x.y/é\": invalid char 'é'"
    );
}

// Rules: M11
#[test]
fn malformed_escapes_are_refused() {
    for escaped in ["x.y/A", "x.y/!", "x.y/!!a", "x.y/!A", "x.y/!1", "x.y/é", "x.y/!é"] {
        let expected = format!("invalid escaped module path {}", quote(escaped));
        assert_eq!(unescape_path(escaped).unwrap_err().to_string(), expected);
        let expected = format!("invalid escaped version {}", quote(escaped));
        assert_eq!(unescape_version(escaped).unwrap_err().to_string(), expected);
    }
    assert_eq!(
        unescape_path("!x.y/z").unwrap_err().to_string(),
        "invalid escaped module path \"!x.y/z\": malformed module path \"X.y/z\": \
         invalid char 'X' in first path element"
    );
    assert_eq!(
        unescape_version("!a/b").unwrap_err().to_string(),
        "invalid escaped version \"A/b\": invalid char '/'"
    );
    assert_eq!(
        unescape_version("..").unwrap_err().to_string(),
        "invalid escaped version \"..\": invalid path element \"..\""
    );
}

// Rules: M10, M11
#[test]
fn generated_text_never_crashes_and_escapes_round_trip() {
    let pieces = [
        "x.y",
        "gopkg.in/",
        "/",
        "/v",
        "2",
        "0",
        ".",
        "..",
        "-",
        "~",
        "1",
        "A",
        "b",
        "!",
        "é",
        "con",
        "\u{301}",
        " ",
        "+",
        "-unstable",
        ".v",
        "\\",
    ];
    let mut random = Random(0x5EED_0006);
    let mut valid = 0;
    for _ in 0..50_000 {
        let path = ["", "x.y/a"][random.below(2)].to_owned() + &random.text(&pieces, 7);
        if let Some((prefix, path_major)) = split_path_version(&path) {
            assert_eq!(format!("{prefix}{path_major}"), path);
        }
        if check_path(&path).is_ok() {
            valid += 1;
            assert_eq!(check_import_path(&path), Ok(()));
            assert_eq!(check_file_path(path.as_bytes()), Ok(()));
        }
        if let Ok(escaped) = escape_path(&path) {
            assert_eq!(escaped, escaped.to_lowercase());
            assert_eq!(unescape_path(&escaped).as_deref(), Ok(&*path));
        }
        if let Ok(escaped) = escape_version(&path) {
            assert_eq!(unescape_version(&escaped).as_deref(), Ok(&*path));
        }
        if let Ok(unescaped) = unescape_path(&path) {
            assert_eq!(escape_path(&unescaped).as_deref(), Ok(&*path));
        }
        if let Ok(unescaped) = unescape_version(&path) {
            assert_eq!(escape_version(&unescaped).as_deref(), Ok(&*path));
        }
        let _ =
            (check(&path, &path), check_path_major(&path, &path), check_file_path(path.as_bytes()));
    }
    assert!(valid > 1000, "{valid}");
}
