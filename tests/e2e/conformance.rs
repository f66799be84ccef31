//! The rules of Go modules and the tests that cite them: nothing is left out, and `docs/conformance.md` says so.

use std::fs;

use modgate_tests::conformance::citations::{Citation, scan};
use modgate_tests::conformance::list::{self, Deviation, Section};
use modgate_tests::conformance::{judge, page};
use modgate_tests::sources::{rust_files, workspace};

const HOW: &str = "MODGATE_WRITE=1 cargo test -p modgate-tests --test e2e conformance";

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn rules() -> Vec<Section> {
    list::rules(&read("tests/cases/rules.txt")).expect("rules.txt is well formed")
}

fn deviations() -> Vec<Deviation> {
    list::deviations(&read("tests/cases/deviations.txt")).expect("deviations.txt is well formed")
}

/// All citations, and what is wrong with others.
fn citations() -> (Vec<Citation>, Vec<String>) {
    let sources = rust_files(&workspace()).expect("sources are readable");
    let scanned = sources.iter().map(|(name, source)| scan(name, source));
    let (citations, errors): (Vec<_>, Vec<_>) = scanned.unzip();
    (citations.concat(), errors.concat())
}

#[test]
fn every_rule_is_cited_by_a_test_or_has_a_reason() {
    let (sections, deviations) = (rules(), deviations());
    let rules = sections.iter().flat_map(|section| &section.rules);
    let all = rules.chain(deviations.iter().map(|deviation| &deviation.rule));
    let (citations, mut wrong) = citations();
    wrong.extend(judge::complaints(all, &citations));
    assert!(wrong.is_empty(), "{} complaints:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn page_is_generated_from_the_rules_and_the_tests() {
    let (citations, _) = citations();
    let was = read("docs/conformance.md");
    let deviations = page::deviations(&deviations(), &citations);
    let filled = page::fill(&was, "deviations", &deviations).expect("the page has this part");
    let rules = page::rules(&rules(), &citations);
    let filled = page::fill(&filled, "rules", &rules).expect("the page has this part");
    if std::env::var_os("MODGATE_WRITE").is_some() {
        fs::write(workspace().join("docs/conformance.md"), filled).expect("the page is writable");
        return;
    }
    let first = was.lines().zip(filled.lines()).find(|(was, is)| was != is);
    assert!(was == filled, "docs/conformance.md is stale ({first:?}); generate it with\n{HOW}");
}
