//! Which files count as vendored (Z5). Go 1.24 changed the rule; the language version of the module
//! decides which one holds, so that old hashes stay what they were.

/// The rule, by the language version in the module's own go.mod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Go 1.24 and later.
    Modern,
    /// Before Go 1.24, or unknown.
    Old,
}

/// Whether the rule matters for this path: no other path is ever vendored.
pub(super) fn concerns(path: &[u8]) -> bool {
    path.starts_with(b"vendor/") || below_nested(path).is_some()
}

/// Whether the file at `path` is dropped.
pub(super) fn is_vendored(path: &[u8], rule: Rule) -> bool {
    if let Some(below) = path.strip_prefix(b"vendor/") {
        return below.contains(&b'/') || (rule == Rule::Modern && below == b"modules.txt");
    }
    match below_nested(path) {
        // The old rule looked for the slash in the wrong place and always found one.
        Some(below) => rule == Rule::Old || below.contains(&b'/'),
        None => false,
    }
}

/// What follows the first `/vendor/`.
fn below_nested(path: &[u8]) -> Option<&[u8]> {
    const VENDOR: &[u8] = b"/vendor/";
    let at = path.windows(VENDOR.len()).position(|window| window == VENDOR)?;
    path.get(at + VENDOR.len()..)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Rules: Z5
    #[test]
    fn go_1_24_changed_what_is_vendored() {
        for (path, old, modern) in [
            ("vendor/modules.txt", false, true),
            ("vendor/f.go", false, false),
            ("vendor/a/b.go", true, true),
            ("vendor/a/modules.txt", true, true),
            ("p/vendor/f.go", true, false),
            ("p/vendor/modules.txt", true, false),
            ("p/vendor/a/f.go", true, true),
            ("p/vendor/a/vendor/f.go", true, true),
            ("xvendor/a/b.go", false, false),
            ("notvendor/a.go", false, false),
            ("p/xvendor/a/b.go", false, false),
            ("vendor", false, false),
            ("p/vendor", false, false),
            ("Vendor/a/b.go", false, false),
        ] {
            let path = path.as_bytes();
            assert_eq!(is_vendored(path, Rule::Old), old, "{path:?}");
            assert_eq!(is_vendored(path, Rule::Modern), modern, "{path:?}");
            assert!(concerns(path) || !old && !modern, "{path:?}");
        }
    }
}
