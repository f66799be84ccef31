//! What does not fit together between the list and the citations.

use std::collections::{BTreeMap, BTreeSet};

use super::citations::Citation;
use super::list::Rule;

/// Everything that is wrong: a rule that is there twice, one that is neither cited nor has a reason, one that has a reason and
/// is cited all the same, and a citation of what is no rule.
pub fn complaints<'a>(
    rules: impl IntoIterator<Item = &'a Rule>,
    citations: &[Citation],
) -> Vec<String> {
    let mut cited: BTreeMap<&str, Vec<&Citation>> = BTreeMap::new();
    for citation in citations {
        for rule in &citation.rules {
            cited.entry(rule).or_default().push(citation);
        }
    }
    let mut known = BTreeSet::new();
    let mut wrong = Vec::new();
    for Rule { id, title, reason } in rules {
        if !known.insert(id.as_str()) {
            wrong.push(format!("{id} is in the list twice"));
        }
        match (reason, cited.get(id.as_str())) {
            (None, None) => wrong.push(format!("{id} ({title}): no test cites it")),
            (Some(reason), Some(by)) => {
                let test = &by[0].test;
                wrong
                    .push(format!("{id} ({title}): {test} cites it, but the list says {reason:?}"));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
    for (id, by) in cited.into_iter().filter(|(id, _)| !known.contains(id)) {
        wrong.extend(
            by.iter().map(|by| format!("{}: {} cites {id}, which is no rule", by.file, by.test)),
        );
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::complaints;
    use crate::conformance::citations::Citation;
    use crate::conformance::list::Rule;

    fn rule(id: &str, reason: Option<&str>) -> Rule {
        Rule { id: id.to_owned(), title: "x".to_owned(), reason: reason.map(str::to_owned) }
    }

    fn citation(rule: &str) -> Citation {
        Citation { rules: vec![rule.to_owned()], file: "a.rs".to_owned(), test: "t".to_owned() }
    }

    #[test]
    fn cited_rules_and_reasons_are_fine() {
        let rules = [rule("V1", None), rule("V2", Some("later: y"))];
        assert_eq!(complaints(&rules, &[citation("V1")]), Vec::<String>::new());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let rules =
            [rule("V1", None), rule("V2", Some("later: y")), rule("V3", None), rule("V3", None)];
        let found = complaints(&rules, &[citation("V2"), citation("V3"), citation("V9")]);
        let wanted = [
            "V1 (x): no test cites it",
            "V2 (x): t cites it, but the list says \"later: y\"",
            "V3 is in the list twice",
            "a.rs: t cites V9, which is no rule",
        ];
        assert_eq!(found, wanted);
    }
}
