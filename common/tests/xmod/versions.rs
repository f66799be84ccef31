//! Semantic versions (V), pseudo-versions (P), and the orders of versions and of go.sum.

use modgate_common::{module, pseudo, version};
use modgate_tests::budget;
use modgate_tests::random::Random;

use crate::compare::Area;
use crate::judge::Case;
use crate::report::Report;
use crate::text::{damaged, one_in, pick, several};

const NUMBERS: [&str; 11] =
    ["0", "0", "1", "1", "2", "9", "10", "99", "100", "00", "99999999999999999999"];

const IDENTIFIERS: [&str; 16] = [
    "0",
    "1",
    "10",
    "01",
    "a",
    "B",
    "rc",
    "rc1",
    "RC",
    "0a",
    "00a",
    "-",
    "x--y",
    "incompatible",
    "99999999999999999999",
    "é",
];

/// Also what a version may be taken for, or cut into.
const PIECES: [&str; 22] = [
    "v",
    "v1.2.3",
    "v0.0.0-",
    "v2.0.9-0.",
    ".",
    "-",
    "+",
    "-0.",
    ".0.",
    "0",
    "1",
    "00",
    "rc",
    "/",
    "/go.mod",
    "_",
    " ",
    "+incompatible",
    "20060102150405",
    "-20060102150405-abcdefabcdef",
    "99999999999999999999",
    "V",
];

fn identifiers(random: &mut Random) -> String {
    let identifiers: Vec<&str> =
        (0..=random.below(3)).map(|_| pick(random, &IDENTIFIERS)).collect();
    identifiers.join(".")
}

/// Digits of a time: most often of one that exists.
fn timestamp(random: &mut Random) -> String {
    let odd = u64::from(one_in(random, 4));
    let mut field = |most: u64| random.below(most + odd * 40);
    let (year, month, day) = (field(10_000), 1 + field(12), 1 + field(28));
    let (hour, minute, second) = (field(24), field(60), field(60));
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

fn pseudo_version(random: &mut Random) -> String {
    let mut number = || pick(random, &NUMBERS);
    let (major, minor, patch) = (number(), number(), number());
    let base = match random.below(4) {
        0 => format!("v{major}.0.0-"),
        1 => format!("v{major}.{minor}.{patch}-0."),
        2 => format!("v{major}.{minor}.{patch}-{}.0.", identifiers(random)),
        _ => format!("v{major}.{minor}.{patch}-{}", several(random, &["0", ".", "a", "-"], 3)),
    };
    let revision = pick(random, &["abcdefabcdef", "0", "abc", "", "ABC9", "123456789012", "a.b"]);
    let build = pick(random, &["", "", "", "+incompatible", "+meta.1", "+"]);
    format!("{base}{}-{revision}{build}", timestamp(random))
}

/// Anything between a version and a text that is none.
pub(crate) fn any(random: &mut Random) -> String {
    let text = match random.below(4) {
        0 => several(random, &PIECES, 5),
        1 => pseudo_version(random),
        _ => {
            let numbers: Vec<&str> = (0..=random.below(3).max(random.below(4)))
                .map(|_| pick(random, &NUMBERS))
                .collect();
            let mut text = format!("v{}", numbers.join("."));
            if one_in(random, 2) {
                text += &format!("-{}", identifiers(random));
            }
            if one_in(random, 3) {
                text += "+";
                text += &if one_in(random, 2) {
                    identifiers(random)
                } else {
                    "incompatible".to_owned()
                };
            }
            text
        }
    };
    if one_in(random, 4) { damaged(random, &text, &PIECES) } else { text }
}

/// A version as it stands in a go.sum.
fn canonical(random: &mut Random) -> String {
    loop {
        if let Some(canonical) = version::canonical_version(&any(random)) {
            return canonical;
        }
    }
}

/// A text close to `text` in any order.
fn neighbour(random: &mut Random, text: &str) -> String {
    match random.below(3) {
        0 => any(random),
        1 => text.to_owned(),
        _ => damaged(random, text, &NUMBERS),
    }
}

/// Two versions, a revision, and seconds between the years -8 000 and 14 000.
fn generate(random: &mut Random) -> Case {
    let version = any(random);
    let other = neighbour(random, &version);
    let revision = pick(random, &["abcdefabcdef", "", "x"]);
    let span = if one_in(random, 4) { 315_000_000_000 } else { 1_900_000_000 };
    let seconds = (random.below(span) as i64 * 2 + random.below(2) as i64) - span as i64;
    [version, other, revision.to_owned(), seconds.to_string()].map(String::into_bytes).into()
}

fn texts(case: &[Vec<u8>]) -> Option<Vec<&str>> {
    case.iter().map(|field| str::from_utf8(field).ok()).collect()
}

fn ours(case: &[Vec<u8>]) -> Option<String> {
    let &[v, other, revision, seconds] = &*texts(case)? else { return None };
    let seconds: i64 = seconds.parse().ok()?;
    let mut report = Report::default();
    report.value("valid", version::is_valid(v));
    let canonical = [version::canonical(v), version::canonical_version(v)];
    report.say("canonical", canonical.map(Option::unwrap_or_default));
    report.say("parts", [version::major(v), version::prerelease(v), version::build(v)]);
    report.value("compare", version::compare(v, other) as i8);
    report.value("pseudo", pseudo::is_pseudo(v));
    report.outcome("base", pseudo::base(v).map(Option::unwrap_or_default));
    report.outcome("revision", pseudo::parse(v).map(|parts| parts.revision));
    report.outcome("time", pseudo::time(v));
    let major = version::major(other);
    let constructed = [("", v), (major, v), (major, "")]
        .map(|(major, older)| pseudo::construct(major, older, seconds, revision));
    report.say("construct", constructed);
    Some(report.finish())
}

// Rules: V1, V2, V3, V4, V6, V8, P2, P3, P4, P5, P6
#[test]
fn versions_and_pseudo_versions_are_what_the_library_says() {
    Area {
        name: "versions",
        kind: "version",
        seed: 1,
        cases: budget::choose(7_500, 250_000),
        generate: &generate,
        ours: &ours,
        good: "valid \"true\"",
    }
    .run();
}

// Rules: V6, V7
#[test]
fn versions_are_sorted_as_the_library_sorts_them() {
    Area {
        name: "lists of versions",
        kind: "sort",
        seed: 2,
        cases: budget::choose(500, 20_000),
        generate: &|random| {
            let mut list = vec![any(random)];
            for _ in 0..random.below(8) {
                let last = list[list.len() - 1].clone();
                list.push(neighbour(random, &last));
            }
            list.into_iter().map(String::into_bytes).collect()
        },
        ours: &|case| {
            let mut list = texts(case)?;
            version::sort(&mut list);
            let mut report = Report::default();
            report.say("sorted", list);
            Some(report.finish())
        },
        good: "+",
    }
    .run();
}

// Rules: V10
#[test]
fn lines_of_go_sum_are_ordered_as_the_library_orders_them() {
    Area {
        name: "lines of go.sum",
        kind: "sums",
        seed: 3,
        cases: budget::choose(500, 20_000),
        generate: &|random| {
            let (version, mut other) = (canonical(random), canonical(random));
            if one_in(random, 3) {
                other.clone_from(&version);
            }
            let mut file = || pick(random, &["", "/go.mod"]);
            let (version, other) = (version + file(), other + file());
            let paths = [pick(random, &["x.y/a", "x.y/b"]), pick(random, &["x.y/a", "x.y/a-b"])];
            [paths[0], &version, paths[1], &other].map(|text| text.as_bytes().to_vec()).into()
        },
        ours: &|case| {
            let &[path, version, other_path, other] = &*texts(case)? else { return None };
            let versions = [version, other].map(|text| text.split('/').next().unwrap_or_default());
            if versions[0] != versions[1] && version::compare(versions[0], versions[1]).is_eq() {
                return None; // the library then has no order, and a go.sum no such lines
            }
            let order = version::compare_sums((other_path, other), (path, version));
            let mut report = Report::default();
            report.value("swapped", order.is_lt());
            Some(report.finish())
        },
        good: "true",
    }
    .run();
}

#[test]
fn generated_versions_are_texts_of_every_kind() {
    let mut random = Random::new(4);
    let all: Vec<String> = (0..5_000).map(|_| any(&mut random)).collect();
    let kinds: [fn(&str) -> bool; 6] = [
        pseudo::is_pseudo,
        |v| pseudo::base(v).is_ok_and(|base| base.is_some()),
        |v| pseudo::is_pseudo(v) && pseudo::time(v).is_err(),
        |v| version::is_valid(v) && !version::prerelease(v).is_empty() && !pseudo::is_pseudo(v),
        version::is_prefix,
        |v| module::check_path_major(v, "").is_ok() && v.ends_with("+incompatible"),
    ];
    for (number, is) in kinds.iter().enumerate() {
        assert!(all.iter().filter(|text| is(text)).count() > 20, "kind {number} is rare");
    }
}
