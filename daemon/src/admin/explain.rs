//! `modgate explain`: what the rules are about, from the table that the gate itself runs on.

use anyhow::anyhow;
use modgate_common::rules::{self, FAMILIES, Family, Rule};
use modgate_common::settings::nearest;
use serde::Serialize;

use super::{Answer, print, print_json};

/// Columns of the text.
const WIDTH: usize = 80;

/// Explains the rules of these ids, or all of them.
///
/// # Errors
/// When there is no such rule; the nearest one is named.
pub(crate) fn run(ids: &[String], all: bool, json: bool) -> anyhow::Result<Answer> {
    let wanted: Vec<&Rule> = if all {
        rules::all().collect()
    } else {
        ids.iter().map(|id| find(id)).collect::<anyhow::Result<_>>()?
    };
    if json {
        print_json(&wanted.into_iter().map(Row::of).collect::<Vec<_>>())?;
    } else if all {
        print(&catalogue(FAMILIES))?;
    } else {
        print(&wanted.into_iter().map(page).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(Answer::Granted)
}

fn find(id: &str) -> anyhow::Result<&'static Rule> {
    let known = || rules::all().map(|rule| rule.id);
    rules::find(id).ok_or_else(|| {
        let nearest = nearest(id, known()).unwrap_or_default();
        anyhow!("there is no rule {id:?}, did you mean {nearest:?}?")
    })
}

/// A rule as JSON has it.
#[derive(Serialize)]
struct Row {
    rule: &'static str,
    family: &'static str,
    level: &'static str,
    summary: &'static str,
    consumer: &'static str,
    advice: &'static str,
    hides: &'static [&'static str],
}

impl Row {
    fn of(rule: &Rule) -> Self {
        let family = FAMILIES.iter().find(|family| family.rules.iter().any(|r| r.id == rule.id));
        Self {
            rule: rule.id,
            family: family.map_or("", |family| family.title),
            level: rule.default.name(),
            summary: rule.summary,
            consumer: rule.consumer,
            advice: rule.advice,
            hides: rule.hides,
        }
    }
}

/// All rules, under the titles of their families.
fn catalogue(families: &[Family]) -> String {
    let family = |family: &Family| {
        let pages: Vec<String> = family.rules.iter().map(page).collect();
        format!("== {} ==\n\n{}", family.title, pages.join("\n"))
    };
    // A family may have no rule yet.
    let filled = families.iter().filter(|family| !family.rules.is_empty());
    filled.map(family).collect::<Vec<_>>().join("\n")
}

/// The page of a rule.
fn page(rule: &Rule) -> String {
    let mut page = format!("{} ({})\n", rule.id, rule.default.name());
    wrap(&mut page, "  ", rule.summary);
    for (title, text) in [("What consumers see", rule.consumer), ("What to do", rule.advice)] {
        page.push_str(&format!("\n  {title}:\n"));
        text.lines().for_each(|line| wrap(&mut page, "    ", line));
    }
    if !rule.hides.is_empty() {
        page.push('\n');
        wrap(&mut page, "  ", &format!("Said instead of: {}", rule.hides.join(", ")));
    }
    page
}

/// Appends a line, broken at spaces so that it fits.
fn wrap(page: &mut String, indent: &str, text: &str) {
    let mut line = indent.to_owned();
    for word in text.split(' ') {
        if line.len() > indent.len() {
            if line.chars().count() + 1 + word.chars().count() > WIDTH {
                page.push_str(&format!("{line}\n"));
                line = indent.to_owned();
            } else {
                line.push(' ');
            }
        }
        line.push_str(word);
    }
    page.push_str(&format!("{line}\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_all_that_the_table_has() {
        let rule = rules::find("prerelease-after-release").unwrap();
        let expected = "prerelease-after-release (warn)\n  \
            a prerelease of a version that is released already\n\n  \
            What consumers see:\n    It is never selected by @latest.\n\n  \
            What to do:\n    Raise the number first.\n\n  \
            Said instead of: version-not-higher\n";
        assert_eq!(page(rule), expected);
    }

    #[test]
    fn all_rules_are_in_the_catalogue_and_fit_the_width() {
        let catalogue = catalogue(FAMILIES);
        for rule in rules::all() {
            let head = format!("{} ({})\n", rule.id, rule.default.name());
            assert!(catalogue.contains(&head), "{head:?} is missing");
        }
        let long = catalogue
            .lines()
            .find(|line| line.chars().count() > WIDTH && line.trim().contains(' '));
        assert_eq!(long, None, "too wide, and could be broken");
    }

    #[test]
    fn a_mistyped_rule_leads_to_the_nearest() {
        let said = find("tag-mising-v").err().map(|error| error.to_string());
        let expected = r#"there is no rule "tag-mising-v", did you mean "tag-missing-v"?"#;
        assert_eq!(said.as_deref(), Some(expected));
        let said = find("tag\u{1b}[2J").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }

    #[test]
    fn long_lines_are_broken_at_spaces_only() {
        let mut page = String::new();
        let word = "x".repeat(90);
        wrap(&mut page, "  ", &format!("a {word} b {}", "yy ".repeat(30).trim_end()));
        let lines: Vec<&str> = page.lines().collect();
        assert_eq!(lines[..2], ["  a".to_owned(), format!("  {word}")]);
        assert!(lines[2].starts_with("  b yy yy") && lines[2].len() <= WIDTH, "{lines:?}");
        assert_eq!(page.matches("yy").count(), 30);
    }
}
