//! What go.mod says (20.5).

use crate::objects::Fault;
use crate::policy::Level;

use super::advice::Fix;
use super::case::{Effect, Found, ReleaseCase};
use super::table::{Check, Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "What go.mod says", rules: RULES };

const RULES: &[Rule] = &[Rule {
    id: "gomod-syntax",
    default: Level::Reject,
    summary: "a go.mod that no consumer can parse",
    consumer: "M@V requires M@V: parsing go.mod: go.mod:3: …",
    advice: "Mend the line.",
    hides: &[],
    check: Check::Release(syntax),
}];

/// `gomod-syntax`.
pub(super) fn syntax(case: &ReleaseCase<'_>) -> Result<Option<Found>, Fault> {
    let Some(go_mod) = case.go_mod() else { return Ok(None) };
    let Err(errors) = &go_mod.parsed else { return Ok(None) };
    let Some(first) = errors.0.first() else { return Ok(None) };
    let more = match errors.0.len() {
        1 => String::new(),
        more => format!(" (and {} more)", more - 1),
    };
    let summary = format!(
        "no consumer can parse {:?}: line {}: {}{more}",
        go_mod.path,
        first.position.line,
        visible(&first.reason)
    );
    let version = format!("{}@{}", case.path(), case.release.version);
    let consumer = format!("{version} requires {version}: parsing go.mod: {errors}");
    let check =
        format!("# mend {}; this must print nothing but JSON:", super::advice::quote(&go_mod.path));
    let commands = [check, super::advice::edit("-json", &go_mod.path)];
    let fix = Fix::mend(case.tag, &commands, "mend go.mod");
    let found = Found::new(summary, consumer, fix).in_file(&go_mod.path, Some(first.position.line));
    Ok(Some(found.with(Effect::Breaks)))
}

/// The go command's text with everything escaped that a terminal would act on. It has quoted what it took from the
/// file already; its quotes stay as they are.
fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '"' | '\'' | '\\') {
            visible.push(c);
        } else {
            visible.extend(c.escape_debug());
        }
    }
    visible
}
