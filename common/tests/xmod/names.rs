//! File names (M5), which are bytes, and the quotes around them.

use modgate_common::module;
use modgate_tests::budget;
use modgate_tests::random::Random;

use crate::compare::Area;
use crate::judge::Case;
use crate::report::Report;
use crate::text::{character, damaged, one_in, pick};

const ELEMENTS: [&str; 40] = [
    "a.go",
    "README.md",
    "vendor",
    "go.mod",
    "LICENSE",
    "日本",
    "é",
    "a b",
    "-a",
    "a+b,c@[d]^{e}",
    ".",
    "..",
    "...",
    ".a",
    "a.",
    "a..b",
    "con",
    "CON.txt",
    "con.d.e",
    "conx",
    "prn",
    "AUX",
    "nul",
    "com1",
    "COM9.x",
    "com0",
    "com10",
    "lpt1.",
    "LPT",
    "~1",
    "a~1",
    "a~1.b",
    "e\u{301}",
    "a:b",
    "a\\b",
    "a*b",
    "a'b",
    "a\"b",
    "",
    "\u{a0}",
];

const BYTES: [&[u8]; 10] = [
    b"\xff",
    b"\xc3",
    b"\xe6\x97",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\0",
    b"\n",
    b"\xe2\x80\xae",
];

fn generate(random: &mut Random) -> Case {
    let mut elements = Vec::new();
    for _ in 0..=random.below(3) {
        let few = if one_in(random, 2) { 10 } else { ELEMENTS.len() };
        let mut element = pick(random, &ELEMENTS[..few]).to_owned();
        if one_in(random, 4) {
            element.push(character(random));
        }
        elements.push(element);
    }
    let mut name = elements.join("/");
    if one_in(random, 6) {
        name = damaged(random, &name, &["/", "//", ".", "~1", "con"]);
    }
    let mut name = name.into_bytes();
    if one_in(random, 8) {
        let at = random.below(name.len() as u64 + 1) as usize;
        name.splice(at..at, pick(random, &BYTES).iter().copied());
    }
    vec![name]
}

fn ours(case: &[Vec<u8>]) -> Option<String> {
    let [name] = case else { return None };
    let mut report = Report::default();
    report.say("name", [name]);
    report.check("file", module::check_file_path(name));
    Some(report.finish())
}

// Rules: M1, M2, M3, M5
#[test]
fn file_names_are_what_the_library_says() {
    Area {
        name: "file names",
        kind: "file",
        seed: 31,
        cases: budget::choose(7_500, 250_000),
        generate: &generate,
        ours: &ours,
        good: "file ok",
    }
    .run();
}
