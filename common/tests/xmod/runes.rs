//! Every Unicode scalar value: letters, what is printed, quotes, fold keys (M3, Z6).

use modgate_common::quote::quote_char;
use modgate_common::unicode::{fold_key, is_letter, is_print};

use crate::judge::{Case, Judge};
use crate::report::Report;

/// The version of our tables.
const OURS: &str = "17.0.0";

fn facts(c: char) -> String {
    let mut report = Report::default();
    let facts = [is_letter(c).to_string(), is_print(c).to_string()];
    let texts = [quote_char(c), fold_key(c.encode_utf8(&mut [0; 4]))];
    report.say("", facts.iter().chain(&texts));
    report.finish()
}

/// An older go command does not know the newest characters, nor that some older ones differ in case only.
fn comparable(facts: &str, is_old: bool) -> &str {
    facts.rsplit_once(' ').filter(|_| is_old).map_or(facts, |(before_fold_key, _)| before_fold_key)
}

// Rules: M3, Z6
#[test]
#[expect(clippy::print_stdout, reason = "the figures are for docs/conformance.md")]
fn every_scalar_value_is_what_go_says() {
    let ends: Vec<u32> = (0..=0x11_0000).step_by(0x1000).collect();
    let case = |range: &[u32]| range.iter().map(|end| end.to_string().into_bytes()).collect();
    let cases: Vec<Case> = ends.windows(2).map(case).collect();
    let (mut version, mut compared, mut unknown) = (String::new(), 0, 0);
    let mut differences = Vec::new();
    for (range, answer) in ends.windows(2).zip(Judge::get().ask("runes", &cases)) {
        let (head, lines) = answer.split_once('\n').expect("the version of Unicode comes first");
        version = head.to_owned();
        let values = (range[0]..range[1]).filter_map(char::from_u32);
        assert_eq!(lines.lines().count(), values.clone().count());
        for (c, line) in values.zip(lines.lines()) {
            let (known, theirs) = line.split_once(' ').expect("a word comes first");
            let is_old = version != format!("unicode \"{OURS}\"");
            if is_old && known == "unknown" {
                unknown += 1;
                continue;
            }
            compared += 1;
            let ours = facts(c);
            if comparable(ours.trim(), is_old) != comparable(theirs, is_old) {
                differences.push(format!("{c:?}: ours {}, Go's {theirs}", ours.trim()));
            }
        }
    }
    let count = differences.len();
    println!("scalar values: {compared} cases, {count} differences ({unknown} not in {version})");
    differences.truncate(20);
    assert!(differences.is_empty(), "{count} differences, {version}:\n{}", differences.join("\n"));
    assert!(compared > 250_000, "{compared} values were compared");
}
