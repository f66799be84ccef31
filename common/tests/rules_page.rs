//! `docs/rules.md`: the part that is generated from the table of rules is what the table says.

use std::fmt::Write as _;
use std::fs;

use modgate_common::rules::{FAMILIES, Rule, all};
use modgate_tests::conformance::page::fill;
use modgate_tests::sources::workspace;

const PAGE: &str = "docs/rules.md";
const HOW: &str = "MODGATE_WRITE=1 cargo test -p modgate-common --test rules_page";

/// Text that Markdown shows as it is.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => plain.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' => plain.extend(['\\', c]),
            c => plain.push(c),
        }
    }
    plain
}

/// Links to the sections of rules.
fn links(ids: impl Iterator<Item = &'static str>) -> String {
    ids.map(|id| format!("[`{id}`](#{id})")).collect::<Vec<_>>().join(", ")
}

fn section(rule: &Rule) -> String {
    let Rule { id, summary, consumer, advice, hides, .. } = rule;
    let mut text = format!("#### {id}\n\n**{}**: {}.\n\n", rule.default.name(), plain(summary));
    let is_empty = |text: &str| text.trim().is_empty();
    for (title, said) in [("Consumers see", consumer), ("What to do", advice)] {
        if !is_empty(said) {
            let _ = writeln!(text, "- {title}: {}", plain(said));
        }
    }
    if !hides.is_empty() {
        let _ = writeln!(text, "- Said instead of {}", links(hides.iter().copied()));
    }
    let stronger = all().filter(|other| other.hides.contains(id)).map(|other| other.id);
    let stronger = links(stronger);
    if !stronger.is_empty() {
        let _ = writeln!(text, "- Not said beside {stronger}");
    }
    text
}

/// The numbers, the families with the rules of each, then every rule.
fn generated() -> String {
    let count = |level: &str| all().filter(|rule| rule.default.name() == level).count();
    let mut text = format!(
        "{} rules: {} refuse, {} warn, {} inform, where the policy says nothing else.\n\n",
        all().count(),
        count("reject"),
        count("warn"),
        count("info"),
    );
    let families = || FAMILIES.iter().filter(|family| !family.rules.is_empty());
    text += "| | rules |\n|---|---|\n";
    for family in families() {
        let rules = links(family.rules.iter().map(|rule| rule.id));
        let _ = writeln!(text, "| {} | {rules} |", plain(family.title));
    }
    for family in families() {
        let sections: Vec<String> = family.rules.iter().map(section).collect();
        let _ = write!(text, "\n### {}\n\n{}", family.title, sections.join("\n"));
    }
    text
}

#[test]
fn the_page_is_generated_from_the_table() {
    let path = workspace().join(PAGE);
    let was = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{PAGE}: {error}"));
    let filled = fill(&was, "rules", &generated()).expect("the page has this part");
    if std::env::var_os("MODGATE_WRITE").is_some() {
        fs::write(path, filled).expect("the page is writable");
        return;
    }
    let first = was.lines().zip(filled.lines()).find(|(was, is)| was != is);
    assert!(was == filled, "{PAGE} is stale ({first:?}); generate it with\n{HOW}");
}

#[test]
fn markdown_in_the_table_is_shown_as_it_is() {
    assert_eq!(plain("a_b <c> [d](e) `f`\ng|h"), r"a\_b \<c\> \[d\](e) \`f\` g\|h");
}
