//! Which files are compiled together: those of linux/amd64 with cgo, in the newest Go.
//!
//! One platform is compared, as gorelease does: files for others are no part of the API. A name that is still declared in
//! one of those is not gone, though: it moved between constrained files.

use crate::gosource::is_built;

/// Systems that names of files may end in.
const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

/// Architectures that names of files may end in.
const ARCHITECTURES: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "arm64",
    "arm64be",
    "armbe",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "mipsle",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// Whether a tag holds.
fn holds(tag: &str) -> bool {
    matches!(tag, "amd64" | "cgo" | "gc" | "linux" | "unix")
        || tag.strip_prefix("go1.").is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the build constraint of a Go file lets it in.
pub(super) fn fits_text(text: &[u8]) -> bool {
    is_built(text, holds)
}

/// Whether the name of a Go file lets it in.
pub(super) fn fits_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = name.strip_suffix(".go").unwrap_or(name);
    // What is before the first `_` is never a tag.
    let Some((_, rest)) = name.split_once('_') else { return true };
    let parts: Vec<&str> = rest.split('_').collect();
    match parts.as_slice() {
        [.., system, architecture]
            if SYSTEMS.contains(system) && ARCHITECTURES.contains(architecture) =>
        {
            *system == "linux" && *architecture == "amd64"
        }
        [.., last] if SYSTEMS.contains(last) => *last == "linux",
        [.., last] if ARCHITECTURES.contains(last) => *last == "amd64",
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{fits_name, fits_text};

    #[test]
    fn files_of_one_platform_are_compiled() {
        for (path, head, expected) in [
            ("a.go", "", true),
            ("x/a_linux.go", "", true),
            ("a_linux_amd64.go", "", true),
            ("a_windows.go", "", false),
            ("a_linux_arm64.go", "", false),
            ("a_arm64.go", "", false),
            ("linux.go", "", true),
            ("windows.go", "", true),
            ("a_unix.go", "", true),
            ("a.go", "//go:build ignore\n\n", false),
            ("a.go", "//go:build linux && !cgo\n\n", false),
            ("a.go", "//go:build unix || windows\n\n", true),
            ("a.go", "//go:build go1.21\n\n", true),
            ("a.go", "//go:build !go1.18\n\n", false),
            ("a.go", "// +build linux,amd64 darwin\n// +build !appengine\n\n", true),
            ("a.go", "// +build appengine\n\n", false),
            ("a.go", "/*\nText\n*/\n\n// +build !linux\n\n", false),
        ] {
            let text = format!("{head}package a\n");
            let found = fits_name(path) && fits_text(text.as_bytes());
            assert_eq!(found, expected, "{path} {head:?}");
        }
    }
}
