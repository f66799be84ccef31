//! Refs that the host hides: `transfer.hideRefs` and `uploadpack.hideRefs` (R1).
//!
//! A value hides the ref of that name and everything below it; `!` in front shows it again, `^` means
//! the name before a namespace is taken off, which is the same here. The last value that matches wins.

/// The hiding patterns of a repository, in the order of its configuration.
pub(super) struct Hidden(Vec<String>);

impl Hidden {
    pub(super) fn of(repository: &git2::Repository) -> Self {
        let config = repository.config().and_then(|mut config| config.snapshot());
        Self(config.and_then(|config| patterns(&config)).unwrap_or_default())
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

/// Both keys make one list, in the order of the files and of the lines in them.
fn patterns(config: &git2::Config) -> Result<Vec<String>, git2::Error> {
    let mut patterns = Vec::new();
    let mut entries = config.entries(None)?;
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let is_hiding = matches!(entry.name(), Ok("transfer.hiderefs" | "uploadpack.hiderefs"));
        // A key without a value says nothing.
        if is_hiding && entry.has_value() {
            patterns.extend(entry.value().ok().map(str::to_owned));
        }
    }
    Ok(patterns)
}

#[cfg(test)]
mod tests {
    use super::{Hidden, patterns};

    #[test]
    fn both_keys_make_one_list_and_a_key_without_value_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        let text = "[uploadpack]\n\thideRefs = refs/a\n[transfer]\n\thideRefs\n\thiderefs = !refs/b\n\
                    [uploadpack]\n\thiderefs = refs/c\n[other]\n\thiderefs = refs/d\n";
        std::fs::write(&file, text).unwrap();
        let config = git2::Config::open(&file).unwrap();
        assert_eq!(patterns(&config).unwrap(), ["refs/a", "!refs/b", "refs/c"]);
    }

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
