//! Module paths, import paths, major versions in them, and which versions they can have (M1 to M9).

use modgate_common::module;
use modgate_common::quote::quote;
use modgate_tests::budget;
use modgate_tests::random::Random;

use crate::compare::Area;
use crate::judge::Case;
use crate::report::Report;
use crate::text::{damaged, one_in, pick, several};
use crate::versions;

const DOMAINS: [&str; 12] = [
    "x.y",
    "github.com",
    "gopkg.in",
    "example.com",
    "x",
    "X.y",
    "-x.y",
    "x-.y",
    "x..y",
    "a_b.c",
    "x.y.",
    "é.y",
];

const ELEMENTS: [&str; 34] = [
    "a",
    "B",
    "go-yaml",
    "yaml.v2",
    "yaml.v0",
    "yaml.v01",
    "yaml.v1-unstable",
    "yaml.v0-unstable",
    "v",
    "v2",
    "z2",
    "a+b",
    "a b",
    ".",
    "..",
    "...",
    ".a",
    "a.",
    "~",
    "a~1",
    "a~",
    "~12.x",
    "con",
    "COM1",
    "com0.x",
    "nul.tar.gz",
    "AUX",
    "LPT9.",
    "日",
    "",
    "_",
    "a!b",
    "a@b",
    "v2-unstable",
];

const MAJORS: [&str; 20] = [
    "/v2",
    "/v2",
    "/v3",
    "/v1",
    "/v0",
    "/v02",
    "/v",
    "/v2.0",
    "/v2.",
    "/v10",
    ".v1",
    ".v2",
    ".v2",
    ".v1-unstable",
    ".v0-unstable",
    ".v",
    "/v2/v3",
    "/V2",
    "v2",
    "/v99999999999999999999",
];

pub(crate) const PIECES: [&str; 26] = [
    "/",
    "//",
    ".",
    "..",
    "-",
    "~",
    "~1",
    "!",
    "!a",
    "+",
    "v",
    "/v",
    "2",
    "0",
    "A",
    "é",
    "con",
    "gopkg.in/",
    "-unstable",
    "\\",
    " ",
    "@",
    ":",
    "\u{301}",
    "x.y/",
    "*",
];

/// Anything between a module path and a text that is none.
pub(crate) fn any(random: &mut Random) -> String {
    let mut path = if one_in(random, 8) {
        several(random, &PIECES, 5)
    } else {
        let domain =
            if one_in(random, 3) { pick(random, &DOMAINS) } else { pick(random, &DOMAINS[..4]) };
        let mut path = domain.to_owned();
        for _ in 0..random.below(4) {
            let odd = one_in(random, 3);
            path += "/";
            path += if odd { pick(random, &ELEMENTS) } else { pick(random, &ELEMENTS[..4]) };
        }
        path
    };
    if one_in(random, 3) {
        path += pick(random, &MAJORS);
    }
    if one_in(random, 6) { damaged(random, &path, &PIECES) } else { path }
}

/// A version that has a fair chance to belong to the path.
fn version_for(random: &mut Random, path: &str) -> String {
    let major = match module::split_path_version(path) {
        Some((_, major)) if !major.is_empty() => major.trim_start_matches(['/', '.']),
        _ => pick(random, &["v0", "v1", "v2"]),
    };
    let major = major.trim_end_matches("-unstable");
    match random.below(6) {
        0 => versions::any(random),
        1 => format!("{major}.0.0-20060102150405-abcdefabcdef"),
        2 => format!("{major}.0.0+incompatible"),
        3 => "v0.0.0-20060102150405-abcdefabcdef".to_owned(),
        _ => format!("{major}.1.2"),
    }
}

fn generate(random: &mut Random) -> Case {
    let path = any(random);
    let version = version_for(random, &path);
    let odd = several(random, &["/", ".", "v", "1", "0", "-unstable"], 4);
    let majors = ["", pick(random, &MAJORS), &odd].map(str::to_owned);
    [path, version].into_iter().chain(majors).map(String::into_bytes).collect()
}

fn ours(case: &[Vec<u8>]) -> Option<String> {
    let texts: Option<Vec<&str>> = case.iter().map(|field| str::from_utf8(field).ok()).collect();
    let &[path, version, ref majors @ ..] = &*texts? else { return None };
    let mut report = Report::default();
    report.check("module", module::check_path(path));
    report.check("import", module::check_import_path(path));
    report.check("release", module::check(path, version));
    match module::split_path_version(path) {
        Some((prefix, major)) => {
            report.say("split", [prefix, major]);
            report.check("own major", module::check_path_major(version, major));
        }
        None => report.say("split", [""; 0]),
    }
    for major in majors {
        let name = format!("major {}", quote(major));
        report.check(name, module::check_path_major(version, major));
    }
    Some(report.finish())
}

// Rules: M1, M2, M3, M4, M6, M7, M8, M9
#[test]
fn paths_and_their_releases_are_what_the_library_says() {
    Area {
        name: "paths",
        kind: "path",
        seed: 11,
        cases: budget::choose(7_500, 250_000),
        generate: &generate,
        ours: &ours,
        good: "release ok",
    }
    .run();
}
