//! Patterns over repository paths, module paths and tag names: `*` within one element, `**` for any elements.
//!
//! `**` stands alone between slashes. At the end it needs at least one element, elsewhere none: `team/**` is
//! everything below `team`, `**/lib` also `lib` itself.

/// A checked pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// `**` beside other characters.
    #[error("** must stand alone between slashes")]
    AnyInsideElement,
    /// Nothing, or nothing between two slashes.
    #[error("empty path element")]
    EmptyElement,
    /// Repositories are named without `.git`.
    #[error("repositories are named without .git")]
    GitSuffix,
}

impl Pattern {
    /// Checks a pattern over the paths of repositories.
    ///
    /// # Errors
    /// As [`Pattern::parse`], and for what ends in `.git`.
    pub fn parse_repository(text: &str) -> Result<Self, PatternError> {
        if text.ends_with(".git") {
            return Err(PatternError::GitSuffix);
        }
        Self::parse(text)
    }

    /// Checks a pattern.
    ///
    /// # Errors
    /// When it could match nothing or means something else than it seems to.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        for element in text.split('/') {
            if element.is_empty() {
                return Err(PatternError::EmptyElement);
            }
            if element.contains("**") && element != "**" {
                return Err(PatternError::AnyInsideElement);
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this path or name is meant.
    pub fn matches(&self, path: &str) -> bool {
        let mut pattern: Vec<&str> = self.0.split('/').collect();
        if pattern.last() == Some(&"**") {
            pattern.push("*");
        }
        let path: Vec<&str> = path.split('/').collect();
        glob(
            &pattern,
            &path,
            |element| *element == "**",
            |pattern, element| {
                glob(pattern.as_bytes(), element.as_bytes(), |byte| *byte == b'*', PartialEq::eq)
            },
        )
    }
}

/// Matches in linear space and without recursion: only the last wildcard is ever taken back.
fn glob<T>(
    pattern: &[T],
    text: &[T],
    is_any: impl Fn(&T) -> bool,
    equal: impl Fn(&T, &T) -> bool,
) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && is_any(&pattern[p]) {
            back = Some((p, t));
            p += 1;
        } else if p < pattern.len() && equal(&pattern[p], &text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((any, from)) = back {
            back = Some((any, from + 1));
            (p, t) = (any + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(is_any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], other: &[&str]) {
        let pattern = Pattern::parse(pattern).unwrap();
        for path in matching {
            assert!(pattern.matches(path), "{pattern:?} {path}");
        }
        for path in other {
            assert!(!pattern.matches(path), "{pattern:?} {path}");
        }
    }

    #[test]
    fn one_star_stays_in_its_element_and_two_cross_slashes() {
        check("team/*", &["team/a", "team/b.c"], &["team", "team/a/b", "xteam/a"]);
        check("team/**", &["team/a", "team/a/b"], &["team", "teams/a"]);
        check("**", &["a", "a/b"], &[]);
        check("**/lib", &["lib", "a/lib", "a/b/lib"], &["a/lib/b", "alib"]);
        check("a/**/z", &["a/z", "a/b/z", "a/b/c/z"], &["a", "az", "a/b"]);
        check("a/**/b/**", &["a/b/c", "a/x/b/c/d"], &["a/x", "a/b"]);
        check("*-fork/x*y", &["a-fork/xy", "-fork/x1y"], &["a-fork/x", "a-forks/xy"]);
        check("team/lib", &["team/lib"], &["team/lib2", "team/li"]);
    }

    #[test]
    fn many_stars_do_not_blow_up() {
        let pattern = Pattern::parse(&"*a".repeat(200)).unwrap();
        assert!(!pattern.matches(&"a".repeat(199)));
    }

    #[test]
    fn malformed_patterns_are_refused() {
        let refused = |text, error| assert_eq!(Pattern::parse(text), Err(error), "{text}");
        refused("", PatternError::EmptyElement);
        refused("/team", PatternError::EmptyElement);
        refused("team//x", PatternError::EmptyElement);
        refused("team/", PatternError::EmptyElement);
        refused("team/a**", PatternError::AnyInsideElement);
        assert_eq!(Pattern::parse_repository("team/lib.git"), Err(PatternError::GitSuffix));
    }
}
