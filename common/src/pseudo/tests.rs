//! Cases of `pseudo`.

use super::*;
use crate::version::tests::Random;

#[track_caller]
fn check(v: &str, expected: Option<&str>) {
    assert!(is_pseudo(v), "{v}");
    assert_eq!(base(v).unwrap().as_deref(), expected, "base of {v}");
}

#[track_caller]
fn check_refused(v: &str, expected: &str) {
    assert_eq!(base(v).unwrap_err().to_string(), expected, "{v}");
}

// Rules: P1, P4
#[test]
fn every_form_has_its_base() {
    check("v0.0.0-20060102150405-hash", None);
    check("v5.0.0-20060102150405-abcdefabcdef", None);
    check("v1.2.4-0.20060102150405-hash", Some("v1.2.3"));
    check("v1.2.100000000000000000-0.20060102150405-hash", Some("v1.2.99999999999999999"));
    check("v1.2.10-0.20060102150405-hash", Some("v1.2.9"));
    check("v1.2.1-0.20060102150405-hash", Some("v1.2.0"));
    check("v2.0.1-0.20060102150405-hash+incompatible", Some("v2.0.0+incompatible"));
    check("v1.0.1-0.20060102150405-hash+metadata", Some("v1.0.0+metadata"));
    check("v1.2.3-pre.0.20060102150405-hash", Some("v1.2.3-pre"));
    check("v2.0.0-pre.1.0.20060102150405-hash+incompatible", Some("v2.0.0-pre.1+incompatible"));
    check("v0.0.0--.0.20060102150405-hash", Some("v0.0.0--"));
    check("v0.0.0-0.0.20060102150405-hash", Some("v0.0.0-0"));
    // Made of a tag that is itself a pseudo-version (Q6).
    check(
        "v1.0.0-20200101000000-abcdefabcdef.0.20231114221820-f46c6dc25137",
        Some("v1.0.0-20200101000000-abcdefabcdef"),
    );
}

// Rules: P3, P4
#[test]
fn bases_that_cannot_be_are_refused() {
    check_refused(
        "v0.1.0-0.20060102150405-hash",
        "pseudo-version \"v0.1.0-0.20060102150405-hash\" invalid: \
         version before v0.1.0 would have negative patch number",
    );
    check_refused(
        "v1.0.0-0.20060102150405-hash+metadata",
        "pseudo-version \"v1.0.0-0.20060102150405-hash+metadata\" invalid: \
         version before v1.0.0 would have negative patch number",
    );
    check_refused(
        "v0.0.0-20060102150405-hash+incompatible",
        "pseudo-version \"v0.0.0-20060102150405-hash+incompatible\" invalid: \
         lacks base version, but has build metadata \"+incompatible\"",
    );
    check_refused("v1.2.3", "pseudo-version \"v1.2.3\" invalid: syntax error");
    check_refused("\x1b", r#"pseudo-version "\x1b" invalid: syntax error"#);
    let refused = base("v0.0.0-0.20060102150405-hash").unwrap_err();
    assert_eq!(refused.reason, Reason::NegativePatch("v0.0.0".to_owned()));
}

// Rules: P2, P3
#[test]
fn other_versions_are_no_pseudo_versions() {
    for v in [
        "",
        "v1",
        "v1.2.3",
        "v1.2.3-rc.1",
        "v1.2.3-20060102150405-hash",
        "v1.2.0-20060102150405-hash",
        "v0.0.0-2006010215040-hash",
        "v0.0.0-200601021504055-hash",
        "v0.0.0-20060102150405",
        "v0.0.0-20060102150405-",
        "v0.0.0-20060102150405-a.b",
        "v0.0.0-20060102150405-hash.1",
        "v0.0.0-x20060102150405-hash",
        "v1.2.3-1.20060102150405-hash",
        "v1.2.3-pre20060102150405-hash",
        "v1.2.3-pre.1.20060102150405-hash",
        "v1.2.3-00.20060102150405-hash",
        "v1.2.3--0.20060102150405-hash",
        "v1.2.3-0-20060102150405-hash",
        "v0.0.0-20060102150405-hash+",
        "0.0.0-20060102150405-hash",
        "v0.0-20060102150405-hash",
        "sub/v0.0.0-20060102150405-hash",
        "v0.0.0-100000101000145-ce9a132b6453",
        "v0.0.0-20060102150405-haſh",
    ] {
        assert!(!is_pseudo(v), "{v}");
        assert_eq!(parse(v).unwrap_err().reason, Reason::Syntax);
    }
}

// Rules: P3
#[test]
fn pseudo_versions_are_taken_apart() {
    for (v, base, revision, build) in [
        ("v1.0.0-20060102150405-hash", "v1.0.0", "hash", ""),
        ("v1.0.1-0.20060102150405-H4+x.y-z", "v1.0.1-0", "H4", "+x.y-z"),
        ("v1.0.0-a-b.0.20060102150405-1+a-b", "v1.0.0-a-b.0", "1", "+a-b"),
    ] {
        let expected = Parts { base, timestamp: "20060102150405", revision, build };
        assert_eq!(parse(v), Ok(expected));
    }
}

// Rules: P5, P10
#[test]
fn times_must_be_dates() {
    assert_eq!(time("v0.0.0-20231114221320-abc"), Ok(1_700_000_000));
    check("v0.0.0-00010101000000-000000000000", None);
    assert_eq!(time("v0.0.0-00010101000000-000000000000"), Ok(-62_135_596_800));
    assert_eq!(
        time("v0.0.0-20231314221320-abc").unwrap_err().to_string(),
        "pseudo-version \"v0.0.0-20231314221320-abc\" invalid: malformed time \"20231314221320\""
    );
}

// Rules: P6
#[test]
fn construction_follows_the_base() {
    for (major, older, expected) in [
        ("", "", "v0.0.0-20231114221320-abc"),
        ("v2", "", "v2.0.0-20231114221320-abc"),
        ("v2", "bad", "v2.0.0-20231114221320-abc"),
        ("", "v1.2.3", "v1.2.4-0.20231114221320-abc"),
        ("", "v1", "v1.0.1-0.20231114221320-abc"),
        ("", "v1.2.9", "v1.2.10-0.20231114221320-abc"),
        ("", "v1.2.99999999999999999999", "v1.2.100000000000000000000-0.20231114221320-abc"),
        ("", "v1.2.1099", "v1.2.1100-0.20231114221320-abc"),
        ("", "v2.0.0+incompatible", "v2.0.1-0.20231114221320-abc+incompatible"),
        ("v1", "v1.2.3-pre", "v1.2.3-pre.0.20231114221320-abc"),
        ("", "v2.0.0-pre+incompatible", "v2.0.0-pre.0.20231114221320-abc+incompatible"),
    ] {
        assert_eq!(construct(major, older, 1_700_000_000, "abc"), expected);
    }
}

// Rules: P9
#[test]
fn years_beyond_9999_give_no_pseudo_version() {
    assert!(is_pseudo(&construct("", "", 253_402_300_799, "abc")));
    assert_eq!(construct("", "", 253_402_300_800, "abc"), "v0.0.0-100000101000000-abc");
    assert!(!is_pseudo("v0.0.0-100000101000000-abc"));
}

// Rules: P1, P4, P6
#[test]
fn what_is_constructed_parses_back() {
    let mut random = Random(0x5EED_0003);
    for _ in 0..3000 {
        let mut older = random.text(&["v1.2.3", "v0.0.9", "v2.10.99"], 1);
        if !older.is_empty() {
            older += &random.text(&["-pre", "-0", "-rc.1", "--"], 1);
            older += &random.text(&["+incompatible"], 1);
        }
        let seconds = i64::try_from(random.below(1 << 31)).unwrap();
        let v = construct("v3", &older, seconds, "0123456789ab");
        let parts = parse(&v).unwrap();
        assert_eq!((parts.revision, time(&v)), ("0123456789ab", Ok(seconds)), "{v}");
        assert_eq!(base(&v).unwrap().unwrap_or_default(), older, "{v}");
        // Between its base and what follows it.
        assert!(version::compare(&older, &v).is_lt(), "{older:?} and {v}");
    }
}

#[test]
fn generated_text_never_crashes() {
    let pieces = [
        "v",
        "v1.2.3",
        "v0.0.0",
        "-",
        ".",
        "0",
        "-0.",
        ".0.",
        "20060102150405",
        "-hash",
        "+",
        "é",
        "1",
        "incompatible",
    ];
    let mut random = Random(0x5EED_0004);
    let mut found = 0;
    for _ in 0..50_000 {
        let v = pieces[random.below(3)].to_owned() + &random.text(&pieces, 6);
        let _ = (base(&v), time(&v), construct(&v, &v, 0, &v));
        if let Ok(Parts { base, timestamp, revision, build }) = parse(&v) {
            found += 1;
            let joined =
                |separator: char| format!("{base}{separator}{timestamp}-{revision}{build}");
            assert!([joined('-'), joined('.')].contains(&v), "{v}");
        }
    }
    assert!(found > 5, "{found}");
}

#[test]
fn all_that_is_derived_from_a_version_begins_alike() {
    for older in ["v1.2.3", "v0.0.9", "v1.2.99-pre", "v1.2.3-pre.0", "v2.0.9+incompatible"] {
        let derived = construct("", older, 1_700_000_000, "abcdefabcdef");
        assert_eq!(base(&derived).unwrap().as_deref(), Some(older));
        assert!(derived.starts_with(&start(older)), "{derived}: {}", start(older));
    }
}
