//! The go command's quick look at a go.mod (D7): the first line that looks like a module directive.
//!
//! This is not the parser and does not agree with it: it is blind to blocks and syntax errors,
//! accepts backquoted paths, and cuts a line at `//` even inside quotes. The go command decides
//! with it which directory holds a version, so it is copied with all its quirks.

use super::literal::unquote;
use super::runes::to_text;

/// The module path by the line scanner (D7); empty where it finds none.
///
/// ```
/// use modgate_common::gomod::module_line;
///
/// assert_eq!(module_line(b"go 1.20\nmodule example.com/m // the module\n"), "example.com/m");
/// assert_eq!(module_line(b"module (\n\texample.com/m\n)\n"), "(");
/// ```
pub fn module_line(text: &[u8]) -> String {
    text.split(|&b| b == b'\n').find_map(declared).unwrap_or_default()
}

/// What `line` declares; `Some("")` stops the search, as a malformed literal does.
fn declared(line: &[u8]) -> Option<String> {
    let comment = line.windows(2).position(|pair| pair == b"//");
    // Decoding first is the same as trimming bytes: a valid rune never begins inside another.
    let line = to_text(&line[..comment.unwrap_or(line.len())]);
    let rest = line.trim().strip_prefix("module")?;
    let path = rest.trim_start();
    if path.len() == rest.len() || path.is_empty() {
        return None;
    }
    if path.starts_with(['"', '`']) {
        return Some(unquote(path.as_bytes()).map(|path| to_text(&path)).unwrap_or_default());
    }
    Some(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::module_line;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(module_line(text.as_bytes()), expected, "{text:?}");
    }

    // Rules: D7
    #[test]
    fn the_first_module_line_counts() {
        check("module example.com/m", "example.com/m");
        check("module example.com/m\n", "example.com/m");
        check("module example.com/m\r\n", "example.com/m");
        check("\t module\t example.com/m \t\r\n", "example.com/m");
        check("module\u{a0}\u{3000}example.com/m\u{2028}", "example.com/m");
        check("go 1.20\nmodule a\nmodule b\n", "a");
        check("module example.com/m // comment", "example.com/m");
        check("module example.com/m/* c */", "example.com/m/* c */");
    }

    // Rules: D7
    #[test]
    fn lines_that_declare_nothing_are_passed_over() {
        check("", "");
        check("module", "");
        check("module ", "");
        check("module\nexample.com/m\n", "");
        check("modulea b", "");
        check("module\"a\"", "");
        check("Module a", "");
        check("\u{feff}module a", "");
        check("// module a\nmodule //\nmodule b", "b");
    }

    // Rules: D7
    #[test]
    fn literals_are_unquoted() {
        check(r#"module "example.com/m""#, "example.com/m");
        check("module `example.com/m`", "example.com/m");
        check(r#"module "\x61\u0062""#, "ab");
        check("module \"a\" b\nmodule c", "");
        check(r#"module "example.com//m""#, "");
        check("module `a\nb`\nmodule c", "");
    }

    // Rules: D7
    #[test]
    fn it_is_blind_to_everything_else() {
        check("module (\n\texample.com/m\n)", "(");
        check("require (\n\tmodule v1.0.0\n)\nmodule a", "v1.0.0");
        check("module a b", "a b");
        check("module 'a'", "'a'");
    }

    #[test]
    fn bytes_that_are_not_utf8_stay_visible() {
        assert_eq!(module_line(b"\xff\nmodule a\xff\xfe b"), "a\u{fffd}\u{fffd} b");
        assert_eq!(module_line(b"module \"a\xff\""), "a\u{fffd}");
    }
}
