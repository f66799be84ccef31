//! Cases of `version`.

use std::cmp::Ordering;

use super::*;

/// Generated text, the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// Up to `longest` pieces in a row.
    pub(crate) fn text(&mut self, pieces: &[&str], longest: usize) -> String {
        (0..self.below(longest + 1)).map(|_| pieces[self.below(pieces.len())]).collect()
    }
}

const PIECES: &[&str] = &[
    "v",
    "0",
    "1",
    "2",
    "10",
    ".",
    "-",
    "+",
    "a",
    "rc",
    "B",
    "00",
    "v1.2.3",
    "-0.",
    "é",
    "/",
    " ",
    "_",
    "incompatible",
    "99999999999999999999",
];

#[track_caller]
fn check(v: &str, expected: Option<&str>) {
    assert_eq!(canonical(v).as_deref(), expected, "canonical of {v:?}");
    assert_eq!(is_valid(v), expected.is_some(), "{v:?}");
}

// Rules: V1, V2, V3
#[test]
fn valid_versions_have_a_canonical_form() {
    check("v1", Some("v1.0.0"));
    check("v1.2", Some("v1.2.0"));
    check("v0", Some("v0.0.0"));
    check("v1.2.3", Some("v1.2.3"));
    check("v1.2.3-rc.1", Some("v1.2.3-rc.1"));
    check("v1.2.3+meta", Some("v1.2.3"));
    check("v1.2.3+01.00", Some("v1.2.3"));
    check("v1.2.3-pre+meta", Some("v1.2.3-pre"));
    check("v1.2.3+meta-pre", Some("v1.2.3"));
    check("v2.0.0+incompatible", Some("v2.0.0"));
    check("v1.5.0--", Some("v1.5.0--"));
    check("v1.0.0-0", Some("v1.0.0-0"));
    check("v1.0.0-0a", Some("v1.0.0-0a"));
    check("v1.0.0-00a", Some("v1.0.0-00a"));
    check("v1.0.0--1", Some("v1.0.0--1"));
    check("v0.99999999999999999999.0", Some("v0.99999999999999999999.0"));
}

// Rules: V1, V2, V12
#[test]
fn anything_else_is_invalid() {
    for v in [
        "",
        "v",
        "1.2.3",
        "V1.2.3",
        "vv1",
        "v1.",
        "v1.2.",
        "v.1",
        "v01.2.3",
        "v1.02.3",
        "v1.2.03",
        "v1.2.3.4",
        "v1-pre",
        "v1.2-pre",
        "v1+meta",
        "v1.2+meta",
        "v1.0.0-",
        "v1.0.0+",
        "v1.0.0-rc_1",
        "v1.0.0-rc.01",
        "v1.0.0-00",
        "v1.0.0-a..b",
        "v1.0.0-a.",
        "v1.0.0-.a",
        "v1.0.0+a..b",
        "v1.0.0+a+b",
        "v1.0.0-a+",
        "v1.0.0x",
        " v1.0.0",
        "v1.0.0 ",
        "v1.0.0\n",
        "v-1.0.0",
        "v1.0.0-é",
        "v١.0.0",
        "v1.0.0/go.mod",
    ] {
        check(v, None);
    }
}

// Rules: V4
#[test]
fn only_the_exact_incompatible_suffix_is_kept() {
    for (v, expected) in [
        ("v2.0.0+incompatible", Some("v2.0.0+incompatible")),
        ("v2.0.0-rc+incompatible", Some("v2.0.0-rc+incompatible")),
        ("v2.0.0+incompatible.1", Some("v2.0.0")),
        ("v1.2.3+meta", Some("v1.2.3")),
        ("v1.2.3-rc.1", Some("v1.2.3-rc.1")),
        ("v1.5.0--", Some("v1.5.0--")),
        ("v1", Some("v1.0.0")),
        ("v01.2.3", None),
        ("v2.0.0+Incompatible", Some("v2.0.0")),
        ("v1.2", Some("v1.2.0")),
        ("v2+incompatible", None),
    ] {
        assert_eq!(canonical_version(v).as_deref(), expected, "{v}");
    }
}

/// A tag `v2.0.0+incompatible` is no release, although a module version is written so.
// Rules: V5
#[test]
fn tags_and_module_versions_are_canonical_in_two_ways() {
    for (v, is_canonical_tag, is_canonical_version) in [
        ("v1.2.3", true, true),
        ("v1.2.3-rc.1", true, true),
        ("v2.0.0+incompatible", false, true),
        ("v2.0.0+incompatible.1", false, false),
        ("v1.2.3+meta", false, false),
        ("v1.2", false, false),
        ("1.2.3", false, false),
    ] {
        assert_eq!(canonical(v).as_deref() == Some(v), is_canonical_tag, "{v}");
        assert_eq!(canonical_version(v).as_deref() == Some(v), is_canonical_version, "{v}");
    }
}

// Rules: V8
#[test]
fn versions_are_taken_apart() {
    for (v, expected) in [
        ("v1", ("v1", "", "")),
        ("v12.3", ("v12", "", "")),
        ("v1.2.3-rc.1+meta.1", ("v1", "-rc.1", "+meta.1")),
        ("v1.2.3+a-b", ("v1", "", "+a-b")),
        ("v1.2.3-01", ("", "", "")),
        ("", ("", "", "")),
    ] {
        assert_eq!((major(v), prerelease(v), build(v)), expected, "{v}");
    }
}

// Rules: V9
#[test]
fn only_shorthands_are_prefixes() {
    for (v, expected) in
        [("v1", true), ("v1.2", true), ("v1.2.3", false), ("v1-pre", false), ("x", false)]
    {
        assert_eq!(is_prefix(v), expected, "{v}");
    }
}

/// Every line is greater than those above it; the versions of a line are equal.
const ORDER: &[&[&str]] = &[
    &["", "1.2.3", "v1.0.0-01", "v1.", "bad"],
    &["v0.0.0-0"],
    &["v0.0.0", "v0", "v0.0"],
    &["v0.1.0"],
    &["v0.99999999999999999999.0"],
    &["v1.0.0-0.9"],
    &["v1.0.0-1"],
    &["v1.0.0-2"],
    &["v1.0.0-10"],
    &["v1.0.0-18446744073709551616"],
    &["v1.0.0--"],
    &["v1.0.0-0a"],
    &["v1.0.0-RC1"],
    &["v1.0.0-alpha"],
    &["v1.0.0-alpha.1"],
    &["v1.0.0-alpha.1.0"],
    &["v1.0.0-alpha.beta"],
    &["v1.0.0-alpha-1"],
    &["v1.0.0-beta", "v1.0.0-beta+meta"],
    &["v1.0.0-rc.2"],
    &["v1.0.0-rc.10"],
    &["v1.0.0-rc10"],
    &["v1.0.0-rc2"],
    &["v1.0.0", "v1", "v1.0", "v1.0.0+incompatible", "v1.0.0+0"],
    &["v1.0.1"],
    &["v1.9.0"],
    &["v1.10.0"],
    &["v2.0.0-pre"],
    &["v2.0.0"],
    &["v10.0.0"],
];

// Rules: V6, V11
#[test]
fn every_pair_of_the_table_has_its_order() {
    let ranked =
        || ORDER.iter().enumerate().flat_map(|(rank, line)| line.iter().map(move |v| (rank, *v)));
    for (a_rank, a) in ranked() {
        for (b_rank, b) in ranked() {
            assert_eq!(compare(a, b), a_rank.cmp(&b_rank), "{a:?} and {b:?}");
        }
    }
}

// Rules: V7
#[test]
fn sorting_breaks_ties_bytewise() {
    let mut versions =
        vec!["v1.0.0+b", "v2.0.0", "v1.0.0", "bad", "v1", "v1.0.0+a", "", "v1.0.0-x"];
    sort(&mut versions);
    assert_eq!(versions, ["", "bad", "v1.0.0-x", "v1", "v1.0.0", "v1.0.0+a", "v1.0.0+b", "v2.0.0"]);
}

// Rules: V10
#[test]
fn go_sum_lines_sort_by_path_then_version_then_file() {
    let expected = [
        ("a.b/c", "v1.9.0/go.mod"),
        ("a.b/c", "v1.10.0"),
        ("a.b/c", "v1.10.0/go.mod"),
        ("a.b/c-d", "v0.1.0"),
        ("a.b/c/v2", "v2.0.0-rc"),
        ("a.b/c/v2", "v2.0.0"),
    ];
    let mut lines = expected;
    lines.reverse();
    lines.sort_by(|a, b| compare_sums(*a, *b));
    assert_eq!(lines, expected);
}

// Rules: V6
#[test]
fn generated_text_never_crashes_and_orders_are_total() {
    let mut random = Random(0x5EED_0001);
    let mut versions: Vec<String> = (0..3000)
        .map(|_| {
            if random.below(2) == 0 { "v1.2.3" } else { "" }.to_owned() + &random.text(PIECES, 6)
        })
        .collect();
    for pair in versions.windows(3) {
        let [a, b, c] = pair else { unreachable!() };
        assert_eq!(compare(a, b), compare(b, a).reverse(), "{a:?} and {b:?}");
        if compare(a, b).is_le() && compare(b, c).is_le() {
            assert!(compare(a, c).is_le(), "{a:?}, {b:?} and {c:?}");
        }
        let Some(canonical) = canonical(a) else { continue };
        check(&canonical, Some(&canonical));
        assert_eq!(compare(a, &canonical), Ordering::Equal);
        assert_eq!(major(a), major(&canonical));
        assert_eq!(prerelease(a), prerelease(&canonical));
        assert!(a.ends_with(build(a)));
    }
    sort(&mut versions);
    assert!(versions.is_sorted_by(|a, b| compare(a, b).then_with(|| a.cmp(b)).is_le()));
}

/// What the `semver` crate says where none of the four differences applies: it has no `v`, no
/// shorthand, no numbers beyond 64 bits, and its order looks at build metadata.
// Rules: V11, V12
#[test]
fn semver_crate_agrees_but_for_the_named_differences() {
    let mut random = Random(0x5EED_0002);
    let mut valid = Vec::new();
    for _ in 0..20_000 {
        let rest = ["1.2.3", "1.2.0-a", "1.10.3-rc", "0.0.0-0", "1."][random.below(5)];
        let rest = rest.to_owned() + &random.text(&PIECES[1..], 4);
        let theirs = semver::Version::parse(&rest);
        let ours = format!("v{rest}");
        if is_prefix(&ours) || rest.contains("99999999999999999999") {
            continue;
        }
        assert_eq!(is_valid(&ours), theirs.is_ok(), "{ours:?}");
        valid.extend(theirs.map(|theirs| (ours, theirs)));
    }
    assert!(valid.len() > 1000, "{}", valid.len());
    for pair in valid.windows(2) {
        let [(a, a_theirs), (b, b_theirs)] = pair else { unreachable!() };
        assert_eq!(compare(a, b), a_theirs.cmp_precedence(b_theirs), "{a} and {b}");
    }
}
