//! Refs that the host hides: `transfer.hideRefs` and `uploadpack.hideRefs` (R1).
//!
//! A value hides the ref of that name and everything below it; `!` in front shows it again, `^` means
//! the name before a namespace is taken off, which is the same here. The last value that matches wins.

/// The hiding patterns of a repository, in the order of its configuration.
pub(super) struct Hidden(Vec<String>);

impl Hidden {
    pub(super) fn of(repository: &git2::Repository) -> Self {
        let mut patterns = Vec::new();
        let config = repository.config().and_then(|mut config| config.snapshot());
        if let Ok(config) = config {
            for name in ["transfer.hiderefs", "uploadpack.hiderefs"] {
                let Ok(mut values) = config.multivar(name, None) else { continue };
                while let Some(Ok(entry)) = values.next() {
                    patterns.extend(entry.value().ok().map(str::to_owned));
                }
            }
        }
        Self(patterns)
    }

    pub(super) fn hides(&self, name: &str) -> bool {
        let decisive = self.0.iter().rev().find_map(|pattern| {
            let (shown, pattern) =
                pattern.strip_prefix('!').map_or((false, pattern.as_str()), |rest| (true, rest));
            let pattern = pattern.strip_prefix('^').unwrap_or(pattern).trim_end_matches('/');
            let rest = name.strip_prefix(pattern)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(!shown)
        });
        decisive.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::Hidden;

    #[test]
    fn the_last_matching_pattern_decides() {
        let hidden = |patterns: &[&str], name| {
            Hidden(patterns.iter().map(|p| (*p).to_owned()).collect()).hides(name)
        };
        assert!(hidden(&["refs/tags/internal"], "refs/tags/internal/v1.0.0"));
        assert!(!hidden(&["refs/tags/internal"], "refs/tags/internals"));
        assert!(!hidden(&["refs/tags", "!refs/tags/v1"], "refs/tags/v1"));
        assert!(hidden(&["!refs/tags/v1", "refs/tags/"], "refs/tags/v1"));
        assert!(hidden(&["^refs/heads/x"], "refs/heads/x"));
        assert!(!hidden(&[], "refs/heads/x"));
    }
}
