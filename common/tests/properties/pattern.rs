//! Patterns over repository paths (`policy::Pattern`), against a matcher that tries everything.

use modgate_common::policy::Pattern;

/// The input is a pattern, and after a line end a path.
pub(crate) fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (pattern, path) = super::split_at(&text, '\n');
    let parsed = match Pattern::parse(pattern) {
        Ok(parsed) => parsed,
        Err(error) => return super::assert_tells(&error),
    };
    assert_eq!(Pattern::parse(parsed.as_str()).as_ref(), Ok(&parsed));
    let matches = parsed.matches(path);
    // What tries everything takes the square of what it is given.
    if pattern.len() * path.len() < 1 << 16 {
        assert_eq!(matches, slow(pattern, path), "{pattern:?} {path:?}");
    }
    if !pattern.contains('*') {
        assert_eq!(matches, pattern == path);
    }
    assert!(path.is_empty() || Pattern::parse("**").is_ok_and(|all| all.matches(path)));
}

/// By a table of all pairs of places.
fn slow(pattern: &str, path: &str) -> bool {
    let mut elements: Vec<&str> = pattern.split('/').collect();
    if elements.last() == Some(&"**") {
        elements.push("*");
    }
    let path: Vec<&str> = path.split('/').collect();
    table(
        &elements,
        &path,
        |element| *element == "**",
        |pattern, element| {
            table(pattern.as_bytes(), element.as_bytes(), |byte| *byte == b'*', PartialEq::eq)
        },
    )
}

fn table<T>(
    pattern: &[T],
    text: &[T],
    is_any: impl Fn(&T) -> bool,
    equal: impl Fn(&T, &T) -> bool,
) -> bool {
    let mut row = vec![false; text.len() + 1];
    row[0] = true;
    for part in pattern {
        let mut next = vec![false; text.len() + 1];
        for place in 0..=text.len() {
            next[place] = if is_any(part) {
                row[place] || place > 0 && next[place - 1]
            } else {
                place > 0 && row[place - 1] && equal(part, &text[place - 1])
            };
        }
        row = next;
    }
    row[text.len()]
}
