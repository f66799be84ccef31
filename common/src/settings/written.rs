//! The text of a settings file to what was written in it.
//!
//! The TOML tables are walked by hand: a key that nobody knows is worth a better answer than a list of all
//! keys, and every value keeps its line for the checks that come later.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::policy::{Level, OnError, Pattern, Policy, Preset, RepositoryKind, RepositoryPolicy};
use crate::report::Color;
use crate::rules;

use super::nearest::nearest;
use super::{Origin, SettingsError};

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub origin: Origin,
}

/// What a settings file says; nothing where it is silent. Only what needs no other value is checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// `[host] root`.
    pub root: Option<At<String>>,
    /// `[host] prefix`.
    pub prefix: Option<At<String>>,
    /// `[host] url`.
    pub url: Option<At<String>>,
    /// `[server] listen`.
    pub listen: Option<At<String>>,
    /// `[state] dir`.
    pub state: Option<At<String>>,
    /// `[cache] zip_bytes`.
    pub zip_bytes: Option<u64>,
    /// `[policy]`.
    pub policy: Policy,
    /// `[report] color`.
    pub color: Color,
}

/// The keys of every table but `[policy]`.
const TABLES: [(&str, &[&str]); 6] = [
    ("cache", &["zip_bytes"]),
    ("host", &["root", "prefix", "url"]),
    ("policy", &[]),
    ("report", &["color"]),
    ("server", &["listen"]),
    ("state", &["dir"]),
];

/// The keys of `[policy]` that are no rules.
const POLICY: [&str; 6] =
    ["import", "on_error", "preset", "repository", "serve_broken", "time_limit_ms"];

/// The keys of `[[policy.repository]]` that are no rules.
const REPOSITORY: [&str; 3] = ["import", "kind", "match"];

/// Reads the text of the settings file that messages call `file`.
///
/// # Errors
/// The first thing wrong with it.
pub fn parse(file: &str, text: &str) -> Result<Written, SettingsError> {
    let source = Source { file, text };
    let document = DeTable::parse(text).map_err(|error| SettingsError::Syntax {
        origin: source.origin(error.span().unwrap_or(0..0)),
        reason: error.message().replace('\n', ", "),
    })?;
    let mut written = Written::default();
    for (key, value) in document.get_ref() {
        let name = key.get_ref().as_ref();
        if !TABLES.iter().any(|(known, _)| *known == name) {
            return Err(source.unknown(key, "at the top", TABLES.iter().map(|(known, _)| *known)));
        }
        let entry = Entry { source, key: name, value };
        let table = entry.table()?;
        if name == "policy" {
            written.policy = policy(source, table)?;
        } else {
            plain(source, &mut written, name, table)?;
        }
    }
    Ok(written)
}

/// One of the small tables.
fn plain(
    source: Source<'_>,
    written: &mut Written,
    table_name: &str,
    table: &DeTable<'_>,
) -> Result<(), SettingsError> {
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let entry = Entry { source, key: name, value };
        match (table_name, name) {
            ("cache", "zip_bytes") => written.zip_bytes = Some(entry.bytes()?),
            ("host", "root") => written.root = Some(entry.string()?),
            ("host", "prefix") => written.prefix = Some(entry.string()?),
            ("host", "url") => written.url = Some(entry.string()?),
            ("report", "color") => written.color = entry.choice(&Color::NAMED)?,
            ("server", "listen") => written.listen = Some(entry.string()?),
            ("state", "dir") => written.state = Some(entry.string()?),
            _ => return Err(source.misplaced(key, table_name)),
        }
    }
    Ok(())
}

fn policy(source: Source<'_>, table: &DeTable<'_>) -> Result<Policy, SettingsError> {
    let mut policy = Policy::default();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let entry = Entry { source, key: name, value };
        match name {
            "import" => policy.import = entry.boolean()?,
            "on_error" => policy.on_error = entry.choice(&OnError::NAMED)?,
            "preset" => policy.preset = entry.choice(&Preset::NAMED)?,
            "repository" => policy.repositories = repositories(entry)?,
            "serve_broken" => policy.serve_broken = entry.boolean()?,
            "time_limit_ms" => policy.time_limit = entry.milliseconds()?,
            rule if rules::find(rule).is_some() => {
                policy.levels.insert(rule.to_owned(), entry.choice(&Level::NAMED)?);
            }
            _ => return Err(source.unknown(key, "in [policy]", known_with_rules(&POLICY))),
        }
    }
    Ok(policy)
}

fn repositories(entry: Entry<'_, '_>) -> Result<Vec<RepositoryPolicy>, SettingsError> {
    let wrong = || entry.wrong("written as [[policy.repository]]");
    let sections = entry.value.get_ref().as_array().ok_or_else(wrong)?;
    let section = |value| repository(Entry { value, ..entry });
    sections.iter().map(section).collect()
}

fn repository(section: Entry<'_, '_>) -> Result<RepositoryPolicy, SettingsError> {
    let (mut pattern, mut kind, mut import) = (None, None, None);
    let mut levels = crate::policy::Levels::new();
    for (key, value) in section.table()? {
        let name = key.get_ref().as_ref();
        let entry = Entry { key: name, value, ..section };
        match name {
            "import" => import = Some(entry.boolean()?),
            "kind" => kind = Some(entry.choice(&RepositoryKind::NAMED)?),
            "match" => pattern = Some(entry.pattern()?),
            rule if rules::find(rule).is_some() => {
                levels.insert(rule.to_owned(), entry.choice(&Level::NAMED)?);
            }
            _ => {
                let known = known_with_rules(&REPOSITORY);
                return Err(section.source.unknown(key, "in [[policy.repository]]", known));
            }
        }
    }
    let missing = || Entry { key: "match", ..section }.wrong("given in each [[policy.repository]]");
    Ok(RepositoryPolicy { pattern: pattern.ok_or_else(missing)?, kind, import, levels })
}

fn known_with_rules(reserved: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
    reserved.iter().copied().chain(rules::all().map(|rule| rule.id))
}

/// A settings file.
#[derive(Clone, Copy)]
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn origin(self, span: Range<usize>) -> Origin {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Origin::File { file: self.file.to_owned(), line }
    }

    fn unknown<'w>(
        self,
        key: &Spanned<toml::de::DeString<'_>>,
        table: &str,
        known: impl Iterator<Item = &'w str>,
    ) -> SettingsError {
        let name = key.get_ref().as_ref();
        SettingsError::UnknownKey {
            origin: self.origin(key.span()),
            key: name.to_owned(),
            table: table.to_owned(),
            nearest: nearest(name, known).unwrap_or_default().to_owned(),
        }
    }

    /// Unknown in this table; another table may have a key of just this name.
    fn misplaced(self, key: &Spanned<toml::de::DeString<'_>>, table: &str) -> SettingsError {
        let name = key.get_ref().as_ref();
        let elsewhere = TABLES.iter().find(|(_, keys)| keys.contains(&name));
        let own = TABLES.iter().find(|(other, _)| *other == table);
        let known = own.iter().flat_map(|(_, keys)| keys.iter().copied());
        let mut error = self.unknown(key, &format!("in [{table}]"), known);
        if let (SettingsError::UnknownKey { nearest, .. }, Some((other, _))) =
            (&mut error, elsewhere)
        {
            *nearest = format!("[{other}] {name}");
        }
        error
    }
}

/// A key and its value.
#[derive(Clone, Copy)]
struct Entry<'a, 't> {
    source: Source<'a>,
    key: &'a str,
    value: &'a Spanned<DeValue<'t>>,
}

impl<'a, 't> Entry<'a, 't> {
    fn origin(self) -> Origin {
        self.source.origin(self.value.span())
    }

    fn wrong(self, expected: impl Into<String>) -> SettingsError {
        let (origin, key) = (self.origin(), self.key.to_owned());
        SettingsError::WrongValue { origin, key, expected: expected.into() }
    }

    fn table(self) -> Result<&'a DeTable<'t>, SettingsError> {
        self.value.get_ref().as_table().ok_or_else(|| self.wrong("a table"))
    }

    fn text(self) -> Option<&'a str> {
        self.value.get_ref().as_str()
    }

    fn string(self) -> Result<At<String>, SettingsError> {
        let value = self.text().ok_or_else(|| self.wrong("a string"))?.to_owned();
        Ok(At { value, origin: self.origin() })
    }

    fn boolean(self) -> Result<bool, SettingsError> {
        self.value.get_ref().as_bool().ok_or_else(|| self.wrong("true or false"))
    }

    fn choice<T: Copy>(self, choices: &[(&str, T)]) -> Result<T, SettingsError> {
        let chosen = choices.iter().find(|(name, _)| self.text() == Some(name));
        chosen.map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
            self.wrong(names.join(" or "))
        })
    }

    fn pattern(self) -> Result<Pattern, SettingsError> {
        let text = self.text().ok_or_else(|| self.wrong("a string"))?;
        Pattern::parse(text)
            .map_err(|error| self.wrong(format!("a pattern of repository paths: {error}")))
    }

    fn number(self) -> Option<u64> {
        let integer = self.value.get_ref().as_integer()?;
        u64::from_str_radix(integer.as_str(), integer.radix()).ok().filter(is_writable)
    }

    fn milliseconds(self) -> Result<Duration, SettingsError> {
        let number = self.number().filter(|number| *number > 0);
        let wrong = || self.wrong("a number of milliseconds from 1 on");
        number.map(Duration::from_millis).ok_or_else(wrong)
    }

    fn bytes(self) -> Result<u64, SettingsError> {
        let number = match self.text() {
            Some(text) => byte_size(text).filter(is_writable),
            None => self.number(),
        };
        number.ok_or_else(|| self.wrong("a number of bytes, or a string such as \"10GiB\""))
    }
}

/// Whether the number can be written back as a TOML integer.
fn is_writable(number: &u64) -> bool {
    i64::try_from(*number).is_ok()
}

/// `10GiB`, `500 MB`, `4096`.
fn byte_size(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim_start() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}
