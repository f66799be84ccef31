//! Versions and pseudo-versions: the order is one, canonical forms are fixed, parts make the whole.

use std::cmp::Ordering;

use modgate_common::{pseudo, timestamp, version};

/// The input is versions, one a line; neighbours are compared.
pub(crate) fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().for_each(|line| check_one(line));
    for three in lines.windows(3) {
        check_order(three[0], three[1], three[2]);
    }
    let mut sorted: Vec<&str> = lines.clone();
    version::sort(&mut sorted);
    assert!(sorted.windows(2).all(|pair| version::compare(pair[0], pair[1]).is_le()));
}

fn check_one(v: &str) {
    assert_eq!(version::compare(v, v), Ordering::Equal);
    let canonical = version::canonical(v);
    assert_eq!(canonical.is_some(), version::is_valid(v));
    if let Some(canonical) = canonical {
        assert_eq!(version::canonical(&canonical).as_deref(), Some(&*canonical));
        assert_eq!(version::compare(v, &canonical), Ordering::Equal, "{v} {canonical}");
        assert!(v.starts_with(version::major(v)) && v.ends_with(version::build(v)));
        let full = version::canonical_version(v).expect("it is valid");
        assert_eq!(version::canonical_version(&full).as_deref(), Some(&*full));
    }
    check_pseudo(v);
}

fn check_order(a: &str, b: &str, c: &str) {
    assert_eq!(version::compare(a, b), version::compare(b, a).reverse());
    if version::compare(a, b).is_le() && version::compare(b, c).is_le() {
        assert!(version::compare(a, c).is_le(), "{a:?} {b:?} {c:?}");
    }
}

/// A pseudo-version is what is made of its parts.
fn check_pseudo(v: &str) {
    let Ok(parts) = pseudo::parse(v) else { return assert!(!pseudo::is_pseudo(v)) };
    assert!(version::is_valid(v));
    let (base, time) = (pseudo::base(v), pseudo::time(v));
    if let Err(error) = &base {
        super::assert_tells(error);
    }
    if let Ok(seconds) = time {
        assert_eq!(timestamp::digits(seconds), parts.timestamp);
    }
    if let (Ok(base), Ok(seconds)) = (base, time) {
        let older = base.unwrap_or_default();
        assert_eq!(pseudo::construct(version::major(v), &older, seconds, parts.revision), v);
        assert!(
            older.is_empty() || version::compare(&older, v).is_lt(),
            "{older} is not before {v}"
        );
    }
}
