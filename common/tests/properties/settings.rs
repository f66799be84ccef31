//! Settings (`settings::parse`): what holds can be written, and holds again.

use modgate_common::settings::repository_file;
use modgate_common::settings::{Overrides, Settings, SettingsError, parse, resolve};

/// The input is the text of a settings file.
pub(crate) fn check(input: &[u8]) {
    // The same as a repository's own file, which anyone may write.
    if let Err(error) = repository_file::parse(input) {
        super::assert_tells(&error);
        assert!(error.to_string().starts_with(".modgate.toml:"), "{error}");
    }
    let text = String::from_utf8_lossy(input);
    let read = |text: &str| {
        let written = parse("modgate.toml", text)?;
        resolve(written, Overrides::default())
    };
    let settings = match read(&text) {
        Ok(settings) => settings,
        Err(error) => return check_error(&text, &error),
    };
    let written = settings.to_toml();
    // An address may be a secret, and what is written is for everybody.
    let shown = Settings { notify: None, ..settings.clone() };
    assert_eq!(read(&written), Ok(shown), "{written}");
    for repository in ["a", "team/lib", "x/y/z"] {
        let effective = settings.policy.effective(repository);
        let mirrors = settings
            .policy
            .repositories
            .iter()
            .any(|s| s.kind.is_some() && s.pattern.matches(repository));
        assert_eq!(effective.is_mirror(), mirrors);
        assert!(settings.code_root(repository).ends_with(repository));
    }
}

/// An error names a line that exists.
fn check_error(text: &str, error: &SettingsError) {
    super::assert_tells(error);
    let told = error.to_string();
    let line = told
        .strip_prefix("modgate.toml:")
        .and_then(|rest| rest.split(':').next()?.parse::<usize>().ok());
    let lines = text.split('\n').count();
    assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "{told}");
}
