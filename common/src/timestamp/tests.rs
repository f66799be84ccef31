//! Cases of `timestamp`.

use super::*;
use crate::version::tests::Random;

#[track_caller]
fn check(seconds: i64, expected: &str) {
    assert_eq!(rfc3339(seconds).as_deref(), Some(expected), "{seconds}");
    assert_eq!(from_rfc3339(expected), Some(seconds), "{expected}");
    let expected: String = expected.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits(seconds), expected, "{seconds}");
    assert_eq!(from_digits(&expected), Some(seconds), "{expected}");
}

// Rules: P5
#[test]
fn times_are_written_and_read_in_utc() {
    check(0, "1970-01-01T00:00:00Z");
    check(-1, "1969-12-31T23:59:59Z");
    check(86_399, "1970-01-01T23:59:59Z");
    check(951_782_399, "2000-02-28T23:59:59Z");
    check(951_782_400, "2000-02-29T00:00:00Z");
    check(951_868_800, "2000-03-01T00:00:00Z");
    check(1_136_214_245, "2006-01-02T15:04:05Z");
    check(1_700_000_200, "2023-11-14T22:16:40Z");
    check(1_709_164_800, "2024-02-29T00:00:00Z");
    check(4_107_542_400, "2100-03-01T00:00:00Z");
    check(-2_203_891_200, "1900-03-01T00:00:00Z");
    check(-62_135_596_800, "0001-01-01T00:00:00Z");
    check(-62_135_596_801, "0000-12-31T23:59:59Z");
    check(-62_162_121_600, "0000-02-29T00:00:00Z");
    check(-62_167_219_200, "0000-01-01T00:00:00Z");
    check(253_402_300_799, "9999-12-31T23:59:59Z");
}

// Rules: P9
#[test]
fn years_without_four_digits_have_no_rfc3339_form() {
    for (seconds, expected) in [
        (253_402_300_800, "100000101000000"),
        (253_402_300_905, "100000101000145"),
        (-62_167_219_201, "-00011231235959"),
    ] {
        assert_eq!(digits(seconds), expected);
        assert_eq!(rfc3339(seconds), None);
        assert_eq!(from_digits(expected), None);
    }
    for seconds in [i64::MIN, i64::MAX] {
        assert_eq!(rfc3339(seconds), None);
        assert!(digits(seconds).len() > 14);
    }
}

// Rules: P5
#[test]
fn digits_must_be_a_date() {
    for text in [
        "",
        "2023111422132",
        "202311142213200",
        "20231114221320Z",
        "2023111422132x",
        "+2023111422132",
        "20230014221320",
        "20231314221320",
        "20231100221320",
        "20231131221320",
        "20230229000000",
        "19000229000000",
        "20231114240000",
        "20231114226000",
        "20231114221360",
        "2023111422132٣",
        "2023é111422132",
    ] {
        assert_eq!(from_digits(text), None, "{text:?}");
    }
    assert!(from_digits("20000229000000").is_some());
    assert!(from_digits("00000229000000").is_some());
}

#[test]
fn rfc3339_is_read_in_one_spelling_only() {
    for text in [
        "",
        "2023-11-14T22:16:40",
        "2023-11-14 22:16:40Z",
        "2023-11-14t22:16:40z",
        "2023-11-14T22:16:40.0Z",
        "2023-11-14T22:16:40+00:00",
        "2023-1-14T22:16:400Z",
        "02023-11-14T22:16:40Z",
        "2023-11-14T22:16:60Z",
        "2023-02-29T00:00:00Z",
        "-023-11-14T22:16:40Z",
        " 2023-11-14T22:16:40Z",
        "2023-11-14T22:16:40Z ",
        "2023-11-14T24:00:00Z",
    ] {
        assert_eq!(from_rfc3339(text), None, "{text:?}");
    }
}

#[test]
fn every_day_of_four_centuries_follows_the_one_before() {
    let mut date = Date::at(-1);
    for days in 0..Date::CYCLE_DAYS + 2 {
        let next = Date::at(days);
        let is_next_day =
            (next.year, next.month, next.day) == (date.year, date.month, date.day + 1);
        let is_next_month =
            date.day == date.days_in_month() && next.day == 1 && next.month == date.month % 12 + 1;
        assert!(is_next_day || is_next_month, "day {days}");
        assert_eq!(
            next.year - date.year,
            i64::from(next.month == 1 && next.day == 1),
            "day {days}"
        );
        assert_eq!(next.days(), Some(days));
        date = next;
    }
}

#[test]
fn generated_times_come_back_and_text_never_crashes() {
    let mut random = Random(0x5EED_0005);
    for _ in 0..10_000 {
        let seconds = i64::try_from(random.below(1 << 30)).unwrap() * 293 - 62_167_219_200;
        assert_eq!(from_digits(&digits(seconds)), Some(seconds));
        assert_eq!(from_rfc3339(&rfc3339(seconds).unwrap()), Some(seconds));
        let text = random.text(&["2023", "-11", "-14", "T", "22", ":16", ":40", "Z", "é", "0"], 10);
        if let Some(seconds) = from_digits(&text) {
            assert_eq!(digits(seconds), text);
        }
        if let Some(seconds) = from_rfc3339(&text) {
            assert_eq!(rfc3339(seconds), Some(text));
        }
    }
}
