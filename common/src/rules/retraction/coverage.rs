//! What a list of retractions takes back (T3): intervals joined where they overlap, so that each question costs a
//! search and not a walk over all versions.

use crate::gomod::Retract;
use crate::version;

/// A go.mod with more retractions is judged by the first ones.
pub(super) const MAX_INTERVALS: usize = 1000;

/// What some retractions take back. Invariant: ascending, each interval behind the one before it.
pub(super) struct Coverage<'a>(Vec<(&'a str, &'a str)>);

/// Whether any version can be in the interval at all.
fn is_effective(interval: &Retract) -> bool {
    version::is_valid(&interval.high) && version::compare(&interval.low, &interval.high).is_le()
}

/// The versions of an ascending list that the interval contains.
pub(super) fn inside<'v>(interval: &Retract, versions: &'v [String]) -> &'v [String] {
    let start = versions.partition_point(|v| version::compare(v, &interval.low).is_lt());
    let length = versions[start..].partition_point(|v| interval.contains(v));
    &versions[start..start + length]
}

impl<'a> Coverage<'a> {
    pub(super) fn of(intervals: &'a [Retract]) -> Self {
        let effective = intervals.iter().take(MAX_INTERVALS).filter(|i| is_effective(i));
        let mut all: Vec<(&str, &str)> = effective.map(|i| (&*i.low, &*i.high)).collect();
        all.sort_by(|a, b| version::compare(a.0, b.0));
        let mut joined: Vec<(&str, &str)> = Vec::new();
        for (low, high) in all {
            match joined.last_mut() {
                Some(last) if version::compare(low, last.1).is_le() => {
                    if version::compare(high, last.1).is_gt() {
                        last.1 = high;
                    }
                }
                _ => joined.push((low, high)),
            }
        }
        Self(joined)
    }

    /// The upper bound of the interval that contains this version.
    fn end_of(&self, v: &str) -> Option<&'a str> {
        let behind = self.0.partition_point(|(low, _)| version::compare(low, v).is_le());
        let (_, high) = self.0[..behind].last()?;
        version::compare(v, high).is_le().then_some(*high)
    }

    /// The first of these ascending versions that is not taken back.
    pub(super) fn first_left<'v>(&self, versions: &'v [String]) -> Option<&'v str> {
        let mut rest = versions;
        while let Some(v) = rest.first() {
            let Some(end) = self.end_of(v) else { return Some(v) };
            rest = &rest[rest.partition_point(|v| version::compare(v, end).is_le())..];
        }
        None
    }

    /// Whether all that the interval takes back of these versions is taken back here too. An interval without any of
    /// them, which may be about versions that are gone, must be covered as a whole.
    pub(super) fn keeps(&self, interval: &Retract, versions: &[String]) -> bool {
        let is_covered = || {
            self.end_of(&interval.low)
                .is_some_and(|end| version::compare(&interval.high, end).is_le())
        };
        if !is_effective(interval) || is_covered() {
            return true;
        }
        let inside = inside(interval, versions);
        !inside.is_empty() && self.first_left(inside).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gomod;

    fn retract(intervals: &[&str]) -> Vec<Retract> {
        let lines: String = intervals.iter().map(|i| format!("retract {i}\n")).collect();
        gomod::parse_lax(lines.as_bytes()).unwrap().retract
    }

    fn versions(list: &str) -> Vec<String> {
        list.split(' ').map(str::to_owned).collect()
    }

    // Rules: T3, F12
    #[test]
    fn what_overlaps_is_one_interval() {
        let all = versions("v1.0.0 v1.1.0 v1.2.0 v1.3.0 v1.4.0");
        for (intervals, left) in [
            (&["[v1.0.0, v1.1.0]", "[v1.1.0, v1.3.0]"][..], Some("v1.4.0")),
            (&["[v1.2.0, v1.9.0]", "[v1.0.0, v1.1.0]"], None),
            (&["[v1.0.0, v1.9.0]", "v1.1.0"], None),
            (&["v1.0.0", "v1.2.0"], Some("v1.1.0")),
            (&["[foo, v1.2.0]"], Some("v1.3.0")),
            (&["[v1.0.0, foo]", "[v1.9.0, v1.0.0]"], Some("v1.0.0")),
            (&[], Some("v1.0.0")),
        ] {
            let intervals = retract(intervals);
            let coverage = Coverage::of(&intervals);
            assert_eq!(coverage.first_left(&all), left, "{intervals:?}");
            let by_walking = all.iter().find(|v| !intervals.iter().any(|i| i.contains(v)));
            assert_eq!(by_walking.map(String::as_str), left, "{intervals:?}");
        }
    }

    #[test]
    fn an_interval_is_kept_when_its_versions_are() {
        let all = versions("v1.0.0 v1.1.0 v1.2.0");
        for (before, after, kept) in [
            ("v1.1.0", &["[v1.0.0, v1.2.0]"][..], true),
            ("[v1.0.0, v1.1.0]", &["v1.0.0", "v1.1.0"], true),
            ("[v1.0.0, v1.1.0]", &["v1.0.0"], false),
            ("v1.1.0", &[], false),
            ("v1.7.0", &[], false),
            ("v1.7.0", &["[v1.6.0, v1.8.0]"], true),
            ("[v1.5.0, v1.8.0]", &["[v1.6.0, v1.8.0]", "[v1.5.0, v1.6.0]"], true),
            ("[v1.5.0, v1.9.0]", &["[v1.6.0, v1.8.0]", "[v1.5.0, v1.6.0]"], false),
            ("[v1.2.0, v1.0.0]", &[], true),
            ("foo", &[], true),
        ] {
            let (before, after) = (retract(&[before]), retract(after));
            assert_eq!(Coverage::of(&after).keeps(&before[0], &all), kept, "{before:?} {after:?}");
        }
    }
}
