//! The arrows between the parts: who may use whom, read from the sources.
//!
//! ```text
//! hooks ──► common ◄── daemon          tests ──► the built programs, git, go
//! ```
//!
//! In common, `lib.rs` names the modules in reading order: each uses only those before it. Only `io` touches
//! the disk, the environment, git and sled; nothing in common knows the network or the clock.

use std::fs;

use modgate_tests::sources::{rust_files, workspace};

/// Every Rust file below a folder of the workspace, with its path from there.
fn sources(folder: &str) -> Vec<(String, String)> {
    let found = rust_files(&workspace().join(folder)).expect("sources are readable");
    assert!(!found.is_empty(), "no source in {folder}");
    found.into_iter().map(|(name, source)| (format!("{folder}/{name}"), source)).collect()
}

/// The code of a file: no comments, no text in quotes.
fn code(source: &str) -> String {
    let lines = source.lines().map(|line| {
        let mut code = String::new();
        let mut quoted = false;
        let mut before = ' ';
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '/' if !quoted && letters.peek() == Some(&'/') => break,
                '"' if before != '\\' && before != '\'' => quoted = !quoted,
                _ if !quoted => code.push(letter),
                _ => {}
            }
            before = if before == '\\' && letter == '\\' { ' ' } else { letter };
        }
        code + "\n"
    });
    lines.collect()
}

/// Whether the code names a path such as `std::fs`, alone or in a list (`use std::{env, fs}`).
fn names(code: &str, path: &str) -> bool {
    let (root, last) = path.rsplit_once("::").unwrap_or(("", path));
    let used = |text: &str, word: &str| {
        text.match_indices(word).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            let inside =
                |letter: Option<char>| letter.is_some_and(|l| l.is_alphanumeric() || l == '_');
            !inside(before) && !inside(after)
        })
    };
    if root.is_empty() {
        return used(code, last);
    }
    let listed = code.split(&format!("{root}::{{")).skip(1).any(|rest| {
        let list = rest.split(';').next().unwrap_or_default();
        used(list, last)
    });
    listed || used(code, path)
}

/// Modules of common that the code uses: `crate::a::x`, `crate::{a, b::c}`.
fn modules_used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let items = match rest.strip_prefix('{') {
            Some(list) => top_level(list),
            None => vec![rest.to_owned()],
        };
        let first = |item: &String| {
            item.trim().chars().take_while(|l| l.is_alphanumeric() || *l == '_').collect::<String>()
        };
        used.extend(items.iter().map(first));
    }
    used
}

/// The items of a list in braces, as far as its closing brace; lists inside stay one item.
fn top_level(list: &str) -> Vec<String> {
    let (mut items, mut depth) = (vec![String::new()], 0);
    for letter in list.chars() {
        match letter {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(String::new()),
            _ => {
                depth += i32::from(letter == '{') - i32::from(letter == '}');
                items.last_mut().expect("it is never empty").push(letter);
            }
        }
    }
    items
}

/// Tests beside the code may use what they like of their own crate.
fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

/// The code before the tests that stand at a file's end.
fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod ").next().unwrap_or(source)
}

#[test]
fn every_file_has_a_head() {
    let all = ["common", "hooks", "daemon", "tests"].into_iter().flat_map(sources);
    let headless: Vec<String> =
        all.filter(|(_, source)| !source.starts_with("//!")).map(|(name, _)| name).collect();
    assert_eq!(headless, Vec::<String>::new(), "these files do not start with //!");
}

#[test]
fn only_io_touches_disk_environment_git_and_sled() {
    for (name, source) in sources("common/src") {
        let code = code(without_tests(&source));
        if name.starts_with("common/src/io/") || is_test(&name) {
            continue;
        }
        for path in ["git2", "sled", "std::fs", "std::process", "std::env", "nix"] {
            assert!(!names(&code, path), "{name} uses {path}: only common/src/io may");
        }
    }
}

#[test]
fn common_knows_no_network_and_no_clock() {
    for (name, source) in sources("common/src") {
        let code = code(&source);
        for path in
            ["std::net", "SystemTime", "Instant", "std::time::SystemTime", "std::time::Instant"]
        {
            assert!(!names(&code, path), "{name} uses {path}");
        }
        assert!(!code.contains("async fn") && !code.contains(".await"), "{name} is asynchronous");
    }
}

/// The modules of common in the order of `lib.rs`.
fn reading_order() -> Vec<String> {
    let lib = fs::read_to_string(workspace().join("common/src/lib.rs")).expect("common has a map");
    let lines =
        lib.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'));
    lines.map(str::to_owned).collect()
}

#[test]
fn modules_of_common_use_only_those_before_them() {
    let order = reading_order();
    let place = |module: &str| order.iter().position(|name| name == module);
    let mut wrong = Vec::new();
    for (name, source) in sources("common/src") {
        let inside = name.trim_start_matches("common/src/").trim_end_matches(".rs");
        let own = inside.split('/').next().unwrap_or_default();
        if own == "lib" || is_test(&name) {
            continue;
        }
        let Some(own_place) = place(own) else { panic!("{name}: {own} is not in lib.rs") };
        let used = modules_used(&code(without_tests(&source)));
        let later = used.iter().filter(|used| place(used).is_some_and(|place| place > own_place));
        wrong.extend(later.map(|later| format!("{name} uses {later}")));
    }
    assert_eq!(wrong, Vec::<String>::new(), "these use what comes after them in lib.rs");
}

#[test]
fn reading_order_is_the_one_of_the_design() {
    let order = reading_order();
    let place = |module: &str| order.iter().position(|name| name == module);
    for pair in [
        ("version", "pseudo"),
        ("pseudo", "module"),
        ("module", "gomod"),
        ("module", "tags"),
        ("module", "goproxy"),
        ("module", "ledger"),
        ("gomod", "modzip"),
        ("dirhash", "ledger"),
        ("gomod", "rules"),
        ("tags", "rules"),
        ("goproxy", "rules"),
        ("ledger", "rules"),
        ("rules", "io"),
    ] {
        let places = (place(pair.0), place(pair.1));
        assert!(
            matches!(places, (Some(first), Some(second)) if first < second),
            "{pair:?}: {places:?}"
        );
    }
    assert_eq!(order.last().map(String::as_str), Some("io"), "nothing may use io");
}

#[test]
fn dirhash_stands_alone() {
    for (name, source) in sources("common/src") {
        if name.starts_with("common/src/dirhash") && !is_test(&name) {
            assert_eq!(modules_used(&code(without_tests(&source))), Vec::<String>::new(), "{name}");
        }
    }
}

/// The packages of this workspace that a member depends on, its tests apart.
fn own_dependencies(member: &str) -> Vec<String> {
    let manifest = fs::read_to_string(workspace().join(member).join("Cargo.toml"))
        .expect("members have a manifest");
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies") && !line.contains("dev-dependencies");
        } else if inside && line.starts_with("modgate-") {
            found.push(line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned());
        }
    }
    found
}

#[test]
fn programs_depend_on_common_and_tests_on_nobody() {
    assert_eq!(own_dependencies("common"), Vec::<String>::new());
    assert_eq!(own_dependencies("hooks"), ["modgate-common"]);
    assert_eq!(own_dependencies("daemon"), ["modgate-common"]);
    assert_eq!(own_dependencies("tests"), Vec::<String>::new());
    for (name, source) in sources("tests") {
        assert!(!names(&code(&source), "modgate_common"), "{name} uses our crate");
    }
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    for folder in ["common/src", "hooks/src", "daemon/src", "tests/src"] {
        for (name, _) in sources(folder) {
            for bad in ["utils", "util", "helpers", "misc", "common"] {
                let last = name.rsplit('/').next().unwrap_or_default();
                assert_ne!(last, format!("{bad}.rs"), "{name}");
                assert!(
                    !name.trim_start_matches("common/").contains(&format!("/{bad}/")),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn files_are_short() {
    for folder in ["common/src", "hooks/src", "daemon/src", "tests"] {
        for (name, source) in sources(folder) {
            let lines = without_tests(&source).lines().count();
            assert!(lines <= 600, "{name} has {lines} lines: split it");
        }
    }
}

#[test]
fn this_reader_reads_code() {
    assert!(names(&code("use std::fs;\n"), "std::fs"));
    assert!(names(&code("use std::{\n env,\n fs,\n};\n"), "std::fs"));
    assert!(names(&code("let x = std::fs::read(y);"), "std::fs"));
    assert!(names(&code("use git2::Repository;"), "git2"));
    assert!(!names(&code("// use std::fs;\nlet text = \"std::fs\";"), "std::fs"));
    assert!(!names(&code("use std::{io}; let fs = 1;"), "std::fs"));
    assert!(!names(&code("use my_git2::x;"), "git2"));
    assert_eq!(modules_used("use crate::{a, b::{c, d}};\ncrate::e::f()"), ["a", "b", "e"]);
}
