//! Cases of `tests/cases/api`, and files that are none.
//!
//! What gorelease says of the same cases is asked in `tests/e2e/api.rs`.

use std::fs;
use std::path::PathBuf;

use super::{Cache, Change, Comparison, Limits, compare};
use crate::objects::memory::Repository;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases/api"))
}

/// The sections of a case, by name.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
            Some(name) => sections.push((name.to_owned(), String::new())),
            None => {
                if let Some((_, text)) = sections.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    sections
}

fn lines(changes: &[Change]) -> String {
    changes.iter().map(|change| format!("{}\n", change.line("", "v1.0.0"))).collect()
}

/// Compares two modules of these files.
fn between(old: &[(&str, &str)], new: &[(&str, &str)]) -> Comparison {
    let mut repository = Repository::default();
    let (old, new) = (repository.add_tree(old), repository.add_tree(new));
    let always = || true;
    let found = compare(&repository, &Cache::default(), &Limits::new(&always), (old, new));
    (*found.unwrap()).clone()
}

#[test]
fn every_case_gives_just_its_changes() {
    let mut wrong = String::new();
    let mut count = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let sections = sections(&fs::read_to_string(&path).unwrap());
        let side = |side: &str| -> Vec<(&str, &str)> {
            let files = sections.iter().filter_map(|(name, text)| {
                Some((name.strip_prefix(side)?.strip_prefix('/')?, text.as_str()))
            });
            files.collect()
        };
        let section = |wanted: &str| {
            let found = sections.iter().find(|(name, _)| name == wanted);
            found.map(|(_, text)| text.clone()).unwrap_or_default()
        };
        let found = between(&side("old"), &side("new"));
        let (incompatible, added) = (lines(&found.incompatible), lines(&found.added));
        let is_clean = found.unreadable.is_empty() && !found.is_unfinished;
        if !is_clean || incompatible != section("incompatible") || added != section("added") {
            wrong
                .push_str(&format!("{path:?}: {:?}\n{incompatible}+\n{added}\n", found.unreadable));
        }
        count += 1;
    }
    assert!(count > 40, "{count} cases");
    assert_eq!(wrong, "");
}

#[test]
fn files_that_are_no_go_say_nothing() {
    let deep = format!("package a\n\nvar V {}int\n", "[]".repeat(20_000));
    let parens = format!("package a\n\nconst C = {}1{}\n", "(".repeat(5_000), ")".repeat(5_000));
    let long = format!("package a\n\n{}", "{".repeat(100_000));
    let good = "package a\n\nfunc F() {}\n";
    for text in ["", "package", "package a\nfunc F( {", "version https://git-lfs\n", &long] {
        let found = between(&[("a.go", good)], &[("a.go", text)]);
        assert_eq!(found.incompatible, [], "{:.40}", text);
        assert_eq!(found.unreadable, ["."], "{:.40}", text);
    }
    for text in [&deep, &parens] {
        let found = between(&[("a.go", text)], &[("a.go", text), ("b.go", "package a\n")]);
        assert_eq!(found.incompatible, [], "{:.40}", text);
    }
    let invalid = between(&[("a.go", good)], &[("a.go", good), ("b.go", "package b\n")]);
    assert_eq!(invalid.unreadable, ["."], "two packages in a directory");
}

#[test]
fn recursive_types_come_to_an_end() {
    let text = "package a\n\ntype A = B\ntype B = A\ntype C D\ntype D C\ntype E struct{ *E; C; F func(E) A }\n\
        type I interface{ J }\ntype J interface{ I }\nconst X = Y\nconst Y = X\n";
    let other = text.replace("func(E) A", "func(E) C");
    let found = between(&[("a.go", text)], &[("a.go", &other)]);
    assert_eq!(found.unreadable, [""; 0]);
}

#[test]
fn large_files_are_not_read() {
    let mut repository = Repository::default();
    let old = repository.add_tree(&[("a.go", "package a\n\nfunc F() {}\n")]);
    let new = repository.add_tree(&[("a.go", "package a\n\nfunc FF() {}\n")]);
    let always = || true;
    let limits = Limits { file: 10, ..Limits::new(&always) };
    let found = compare(&repository, &Cache::default(), &limits, (old, new)).unwrap();
    assert_eq!(found.unreadable, ["."]);
}

#[test]
fn without_time_nothing_is_read() {
    let mut repository = Repository::default();
    let old = repository.add_tree(&[("a.go", "package a\n\nfunc F() {}\n")]);
    let new = repository.add_tree(&[("a.go", "package a\n")]);
    let cache = Cache::default();
    let never = || false;
    let found = compare(&repository, &cache, &Limits::new(&never), (old, new)).unwrap();
    assert!(found.is_unfinished && found.incompatible.is_empty());
    // What was not finished is not remembered.
    let always = || true;
    let found = compare(&repository, &cache, &Limits::new(&always), (old, new)).unwrap();
    assert_eq!(found.incompatible.len(), 1);
}

#[test]
fn packages_of_nested_modules_are_not_compared() {
    let sub = ("sub/s.go", "package s\n\nfunc F() {}\n");
    let module = ("sub/go.mod", "module m/sub\n");
    let root = ("a.go", "package a\n");
    let moved = between(&[root, sub], &[root, sub, module]);
    assert_eq!(moved.incompatible, []);
    let changed = between(&[root, sub, module], &[root, module, ("sub/s.go", "package s\n")]);
    assert_eq!(changed, Comparison::default());
}
