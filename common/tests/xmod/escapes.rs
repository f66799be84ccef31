//! Escaped module paths and versions, and back (M10, M11).

use modgate_common::module;
use modgate_tests::budget;
use modgate_tests::random::Random;

use crate::compare::Area;
use crate::judge::Case;
use crate::report::Report;
use crate::text::{damaged, one_in};
use crate::{paths, versions};

/// Paths and versions, every second one with some of its capital letters escaped.
fn generate(random: &mut Random) -> Case {
    let mut text = if one_in(random, 2) { paths::any(random) } else { versions::any(random) };
    if one_in(random, 2) {
        let lost = one_in(random, 4);
        let escaped = text.chars().flat_map(|c| {
            let escape = c.is_ascii_uppercase() && !(lost && one_in(random, 2));
            let c = if escape { c.to_ascii_lowercase() } else { c };
            escape.then_some('!').into_iter().chain([c])
        });
        text = escaped.collect();
    }
    if one_in(random, 5) {
        text = damaged(random, &text, &["!", "!a", "!!", "!A", "!/", "A", "é", "/"]);
    }
    vec![text.into_bytes()]
}

fn ours(case: &[Vec<u8>]) -> Option<String> {
    let [text] = case else { return None };
    let text = str::from_utf8(text).ok()?;
    let mut report = Report::default();
    report.outcome("escape path", module::escape_path(text));
    report.outcome("escape version", module::escape_version(text));
    report.outcome("unescape path", module::unescape_path(text));
    report.outcome("unescape version", module::unescape_version(text));
    Some(report.finish())
}

// Rules: M10, M11
#[test]
fn escapes_are_what_the_library_says() {
    Area {
        name: "escapes",
        kind: "escape",
        seed: 21,
        cases: budget::choose(7_500, 250_000),
        generate: &generate,
        ours: &ours,
        good: "unescape path ok",
    }
    .run();
}
