//! The generated parts of `docs/conformance.md`; the rest of the page is written by hand.
//!
//! A generated part stands between two comments: `<!-- generated: NAME -->` and `<!-- end of NAME -->`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::citations::Citation;
use super::list::{Deviation, Rule, Section};

/// The table of deviations.
pub fn deviations(deviations: &[Deviation], citations: &[Citation]) -> String {
    let mut text = "| | topic | go command | modgate | tests |\n|---|---|---|---|---|\n".to_owned();
    for Deviation { rule, go, ours } in deviations {
        let evidence = evidence(rule, citations);
        line(&mut text, &[&rule.id, &rule.title, go, ours, &evidence]);
    }
    text
}

/// The numbers, then one table for each section.
pub fn rules(sections: &[Section], citations: &[Citation]) -> String {
    let mut text = numbers(sections, citations);
    for Section { name, rules } in sections {
        text += &format!("\n### {name}\n\n| rule | about | tests |\n|---|---|---|\n");
        for rule in rules {
            line(&mut text, &[&rule.id, &rule.title, &evidence(rule, citations)]);
        }
    }
    text
}

/// How many rules there are, and how many of them are tested by how many tests.
fn numbers(sections: &[Section], citations: &[Citation]) -> String {
    let rules: Vec<&Rule> = sections.iter().flat_map(|section| &section.rules).collect();
    let is_cited = |rule: &&&Rule| citations.iter().any(|by| by.rules.contains(&rule.id));
    let cited = rules.iter().filter(is_cited).count();
    let reason = |kind: &str| {
        rules.iter().filter_map(|r| r.reason.as_ref()).filter(|r| r.starts_with(kind)).count()
    };
    format!(
        "{} rules: {cited} are cited by {} tests, {} are not applicable, {} come later.\n",
        rules.len(),
        citations.len(),
        reason("not applicable"),
        reason("later"),
    )
}

fn line(text: &mut String, fields: &[&str]) {
    let fields: Vec<String> = fields.iter().map(|field| field.replace('|', "\\|")).collect();
    // Writing to a string does not fail.
    let _ = writeln!(text, "| {} |", fields.join(" | "));
}

/// The tests that cite a rule, by file; else the reason why none does.
fn evidence(rule: &Rule, citations: &[Citation]) -> String {
    let mut tests: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for citation in citations.iter().filter(|citation| citation.rules.contains(&rule.id)) {
        tests.entry(&citation.file).or_default().push(format!("`{}`", citation.test));
    }
    if tests.is_empty() {
        return rule.reason.clone().unwrap_or_default();
    }
    let link = |file: &str| format!("[{}](../{file})", file.replacen("/src/", "/", 1));
    let files = tests.iter().map(|(file, tests)| format!("{}: {}", link(file), tests.join(", ")));
    files.collect::<Vec<_>>().join("; ")
}

/// The page with the part `name` replaced by `text`.
///
/// # Errors
/// When the page has no such part, or has it twice.
pub fn fill(page: &str, name: &str, text: &str) -> Result<String, String> {
    let (start, end) =
        (format!("<!-- generated: {name} -->\n"), format!("<!-- end of {name} -->\n"));
    let missing = || format!("the page has no part between {start:?} and {end:?}");
    let (before, rest) = page.split_once(&start).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    if after.contains(&start) {
        return Err(format!("the page has {start:?} twice"));
    }
    Ok(format!("{before}{start}\n{text}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{deviations, fill, rules};
    use crate::conformance::citations::Citation;
    use crate::conformance::list::{Deviation, Rule, Section};

    fn rule(id: &str, reason: Option<&str>) -> Rule {
        Rule { id: id.to_owned(), title: "x|y".to_owned(), reason: reason.map(str::to_owned) }
    }

    fn citation(rule: &str, file: &str, test: &str) -> Citation {
        Citation { rules: vec![rule.to_owned()], file: file.to_owned(), test: test.to_owned() }
    }

    #[test]
    fn rules_stand_in_a_table_for_each_section() {
        let section = |name: &str, rules| Section { name: name.to_owned(), rules };
        let sections = [
            section("1 One", vec![rule("A1", None), rule("A2", Some("later: z"))]),
            section("2 Two", vec![rule("B1", None)]),
        ];
        let citations = [
            citation("A1", "common/src/z.rs", "last"),
            citation("A1", "common/src/a.rs", "one"),
            citation("A1", "common/src/a.rs", "two"),
            citation("B1", "tests/e2e/src/b.rs", "three"),
        ];
        let wanted = "3 rules: 2 are cited by 4 tests, 0 are not applicable, 1 come later.\n\n\
            ### 1 One\n\n| rule | about | tests |\n|---|---|---|\n\
            | A1 | x\\|y | [common/a.rs](../common/src/a.rs): `one`, `two`; [common/z.rs](../common/src/z.rs): `last` |\n\
            | A2 | x\\|y | later: z |\n\n\
            ### 2 Two\n\n| rule | about | tests |\n|---|---|---|\n\
            | B1 | x\\|y | [tests/e2e/b.rs](../tests/e2e/src/b.rs): `three` |\n";
        assert_eq!(rules(&sections, &citations), wanted);
    }

    #[test]
    fn deviations_stand_in_one_table() {
        let deviation =
            Deviation { rule: rule("N1", None), go: "left".to_owned(), ours: "right".to_owned() };
        let wanted = "| | topic | go command | modgate | tests |\n|---|---|---|---|---|\n\
            | N1 | x\\|y | left | right | [a.rs](../a.rs): `one` |\n";
        assert_eq!(deviations(&[deviation], &[citation("N1", "a.rs", "one")]), wanted);
    }

    #[test]
    fn only_the_part_between_the_marks_is_replaced() {
        let page = "hand\n<!-- generated: x -->\nold\n<!-- end of x -->\nmore\n";
        let filled = fill(page, "x", "| new |\n").unwrap();
        assert_eq!(filled, "hand\n<!-- generated: x -->\n\n| new |\n\n<!-- end of x -->\nmore\n");
        assert_eq!(fill(&filled, "x", "| new |\n").unwrap(), filled);
        for (page, name) in [(page, "y"), ("<!-- generated: x -->\n", "x")] {
            assert!(fill(page, name, "").unwrap_err().starts_with("the page has no part"));
        }
        assert!(fill(&page.repeat(2), "x", "").unwrap_err().ends_with("twice"));
    }
}
