//! `If-None-Match`, `Range` and `If-Range` (RFC 9110, sections 13 and 14).

use hyper::HeaderMap;
use hyper::header::{IF_NONE_MATCH, IF_RANGE, RANGE};
use sha2::{Digest, Sha256};

/// Which part of a file is wanted. `end` is the first byte that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Impossible,
    Range { start: u64, end: u64 },
    Whole,
}

/// The ETag of content that is in memory.
pub(super) fn etag(content: &[u8]) -> String {
    let hash = Sha256::digest(content);
    let digits: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

/// Whether the client has this content already.
pub(super) fn is_unchanged(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().any(|value| {
        value.to_str().is_ok_and(|value| {
            value
                .split(',')
                .map(str::trim)
                .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
        })
    })
}

/// The part of a file of `length` bytes that is wanted. Several ranges at once, and what is no range of
/// bytes, mean the whole file, as the RFC allows.
pub(super) fn part(headers: &HeaderMap, length: u64, etag: &str) -> Part {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(IF_RANGE).is_some_and(|known| known != etag) {
        return Part::Whole;
    }
    let Some(range) = text(RANGE).and_then(|range| range.strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    let Some((first, last)) = range.trim().split_once('-').filter(|_| !range.contains(',')) else {
        return Part::Whole;
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than fit name a byte beyond every file.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let (start, end) = match (number(first), number(last)) {
        (Some(start), Some(last)) if start <= last => (start, last.saturating_add(1).min(length)),
        (Some(start), None) if last.is_empty() => (start, length),
        (None, Some(count)) if first.is_empty() => (length - count.min(length), length),
        _ => return Part::Whole,
    };
    if start < end { Part::Range { start, end } } else { Part::Impossible }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;
    use modgate_tests::random::Random;

    use super::*;

    #[track_caller]
    fn check(range: &'static str, expected: Part) {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static(range));
        assert_eq!(part(&headers, 100, "\"e\""), expected, "{range}");
    }

    #[test]
    fn ranges_are_cut_to_the_file() {
        check("bytes=0-9", Part::Range { start: 0, end: 10 });
        check("bytes=90-", Part::Range { start: 90, end: 100 });
        check("bytes=-5", Part::Range { start: 95, end: 100 });
        check("bytes=-500", Part::Range { start: 0, end: 100 });
        check("bytes=50-5000", Part::Range { start: 50, end: 100 });
        check("bytes=100-", Part::Impossible);
        check("bytes=-0", Part::Impossible);
        check("bytes=99999999999999999999-", Part::Impossible);
        for odd in [
            "bytes=",
            "bytes=-",
            "bytes=9-1",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=a-b",
            "bytes=+1-2",
        ] {
            check(odd, Part::Whole);
        }
    }

    #[test]
    fn any_range_is_a_part_of_the_file() {
        const WORDS: [&str; 14] = [
            "bytes=",
            "bytes",
            "0",
            "9",
            "99",
            "100",
            "-",
            ",",
            "=",
            " ",
            "+",
            "18446744073709551615",
            "99999999999999999999",
            "x",
        ];
        let mut random = Random::new(1);
        let mut next = |bound: usize| random.below(bound as u64) as usize;
        let mut ranges = 0;
        for round in 0..20_000 {
            let words = (0..=next(5)).map(|_| WORDS[next(WORDS.len())]).collect::<String>();
            let length = [0, 1, 100, u64::MAX][round % 4];
            let mut headers = HeaderMap::new();
            let text = format!("bytes={words}");
            headers.insert(RANGE, HeaderValue::from_str(&text).unwrap());
            if let Part::Range { start, end } = part(&headers, length, "\"e\"") {
                assert!(start < end && end <= length, "{text} of {length}: {start} to {end}");
                ranges += 1;
            }
        }
        assert!(ranges > 100, "{ranges}");
    }

    #[test]
    fn a_range_of_another_file_is_not_served() {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static("bytes=0-9"));
        headers.insert(IF_RANGE, HeaderValue::from_static("\"old\""));
        assert_eq!(part(&headers, 100, "\"new\""), Part::Whole);
        assert_eq!(part(&headers, 100, "\"old\""), Part::Range { start: 0, end: 10 });
    }

    #[test]
    fn known_content_is_recognised() {
        let unchanged = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static(value));
            is_unchanged(&headers, "\"e\"")
        };
        assert!(unchanged("\"e\""));
        assert!(unchanged("\"x\", W/\"e\""));
        assert!(unchanged("*"));
        assert!(!unchanged("\"x\""));
    }
}
