//! The rules and the deviations as they stand in `cases/`: one a line, fields between bars.

/// Sections in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Number and name.
    pub name: String,
    /// Its rules in the order of the file.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Such as `Z4.5`.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Why no test cites it; `None` when one must.
    pub reason: Option<String>,
}

/// One deviation from the go command. It is cited as a rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// Id, topic, and the reason when no test can cite it.
    pub rule: Rule,
    /// What the go command does.
    pub go: String,
    /// What modgate does.
    pub ours: String,
}

/// Reads `rules.txt`.
///
/// # Errors
/// With the line that is none.
pub fn rules(text: &str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    for line in lines(text) {
        if let Some(name) = line.strip_prefix("== ") {
            sections.push(Section { name: name.to_owned(), rules: Vec::new() });
            continue;
        }
        let rule = match fields(line).as_slice() {
            [id, title] => rule(id, title, None),
            [id, title, reason] => rule(id, title, Some(reason)),
            _ => Err("two or three fields are wanted"),
        };
        let rule = rule.map_err(|why| format!("{line:?}: {why}"))?;
        let section = sections.last_mut().ok_or_else(|| format!("{line:?}: before any section"))?;
        section.rules.push(rule);
    }
    Ok(sections)
}

/// Reads `deviations.txt`.
///
/// # Errors
/// With the line that is none.
pub fn deviations(text: &str) -> Result<Vec<Deviation>, String> {
    let parse = |line| {
        let (rule, go, ours) = match fields(line).as_slice() {
            [id, topic, go, ours] => (rule(id, topic, None), *go, *ours),
            [id, topic, go, ours, reason] => (rule(id, topic, Some(reason)), *go, *ours),
            _ => return Err(format!("{line:?}: four or five fields are wanted")),
        };
        let rule = rule.map_err(|why| format!("{line:?}: {why}"))?;
        Ok(Deviation { rule, go: go.to_owned(), ours: ours.to_owned() })
    };
    lines(text).map(parse).collect()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn fields(line: &str) -> Vec<&str> {
    line.split(" | ").map(str::trim).collect()
}

fn rule(id: &str, title: &str, reason: Option<&str>) -> Result<Rule, &'static str> {
    if !is_id(id) {
        return Err("an id is wanted, such as Z4.5");
    }
    let explains = |reason: &str| {
        let known = ["not applicable: ", "later: "];
        known.iter().any(|kind| reason.strip_prefix(kind).is_some_and(|why| !why.is_empty()))
    };
    if title.is_empty() {
        return Err("a title is wanted");
    }
    if !reason.is_none_or(explains) {
        return Err("a reason begins with \"not applicable: \" or \"later: \"");
    }
    let reason = reason.map(str::to_owned);
    Ok(Rule { id: id.to_owned(), title: title.to_owned(), reason })
}

/// Whether a text is written like an id: capital letters, digits, and what tells sub-rules apart.
pub(super) fn is_id(text: &str) -> bool {
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    let rest_is_fine =
        rest.chars().all(|l| l.is_ascii_digit() || l.is_ascii_lowercase() || l == '.');
    rest.len() < text.len() && rest.starts_with(|l: char| l.is_ascii_digit()) && rest_is_fine
}

#[cfg(test)]
mod tests {
    use super::{Deviation, Rule, Section, deviations, rules};

    fn rule(id: &str, title: &str, reason: Option<&str>) -> Rule {
        Rule { id: id.to_owned(), title: title.to_owned(), reason: reason.map(str::to_owned) }
    }

    #[test]
    fn rules_are_read_by_section() {
        let text = "# head\n\n== 1 One\nA1 | first\nA1.2 | a part | later: not yet\n\n== 2 Two\n\
                    PV4a | other | not applicable: a | b\n";
        assert!(rules(text).is_err(), "four fields");
        let sections = rules(&text.replace("a | b", "a, b")).unwrap();
        let one = vec![rule("A1", "first", None), rule("A1.2", "a part", Some("later: not yet"))];
        let two = vec![rule("PV4a", "other", Some("not applicable: a, b"))];
        let section = |name: &str, rules| Section { name: name.to_owned(), rules };
        assert_eq!(sections, [section("1 One", one), section("2 Two", two)]);
    }

    #[test]
    fn lines_that_are_no_rule_are_named() {
        for (line, why) in [
            ("A1", "two or three fields are wanted"),
            ("a1 | x", "an id is wanted, such as Z4.5"),
            ("A | x", "an id is wanted, such as Z4.5"),
            ("A1-2 | x", "an id is wanted, such as Z4.5"),
            ("A1 |  | later: x", "a title is wanted"),
            ("A1 | x | because", "a reason begins with \"not applicable: \" or \"later: \""),
            ("A1 | x | later: ", "a reason begins with \"not applicable: \" or \"later: \""),
        ] {
            let error = rules(&format!("== 1 One\n{line}\n")).unwrap_err();
            assert_eq!(error, format!("{line:?}: {why}"));
        }
        assert_eq!(rules("A1 | x\n").unwrap_err(), "\"A1 | x\": before any section");
    }

    #[test]
    fn deviations_are_rules_with_two_sides() {
        let found =
            deviations("# head\nN1 | dates | a | b\nN2 | x | y | z | later: soon\n").unwrap();
        let deviation = |rule, go: &str, ours: &str| Deviation {
            rule,
            go: go.to_owned(),
            ours: ours.to_owned(),
        };
        let first = deviation(rule("N1", "dates", None), "a", "b");
        let second = deviation(rule("N2", "x", Some("later: soon")), "y", "z");
        assert_eq!(found, [first, second]);
        let error = deviations("N1 | dates | a\n").unwrap_err();
        assert_eq!(error, "\"N1 | dates | a\": four or five fields are wanted");
    }
}
