//! The versions of one module among the tags of a prefix.

use std::ops::Range;
use std::rc::Rc;

use crate::version;

use super::case::TagCase;

/// The versions of the tag's module, ascending, this one among them: a stretch of those of the prefix.
pub(super) struct Siblings {
    versions: Rc<Vec<String>>,
    range: Range<usize>,
}

/// What is the same for all versions of one module: v0 and v1 are one.
pub(super) fn module(v: &str) -> &str {
    match version::major(v) {
        "v0" | "v1" => "v0",
        major => major,
    }
}

impl Siblings {
    pub(super) fn of(case: &TagCase<'_>) -> Self {
        let versions = case.trial.versions(case.prefix);
        let own = module(case.base);
        let is_below = |v: &String| version::compare(module(v), own).is_lt();
        let start = versions.partition_point(is_below);
        let length = versions[start..].partition_point(|v| module(v) == own);
        Self { range: start..start + length, versions }
    }

    pub(super) fn all(&self) -> &[String] {
        &self.versions[self.range.clone()]
    }

    /// Those of one `vX.Y` or `vX.Y.Z`, as `part` cuts it out of a version.
    pub(super) fn alike<'a>(&'a self, v: &'a str, part: fn(&str) -> &str) -> &'a [String] {
        let all = self.all();
        let start = all.partition_point(|other| version::compare(part(other), part(v)).is_lt());
        let length = all[start..].partition_point(|other| part(other) == part(v));
        &all[start..start + length]
    }
}
