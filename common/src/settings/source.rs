//! One value of a settings file: what it may be, and what is said where it is something else.
//!
//! Every value keeps its line. Texts are foreign where the file is a repository's own: messages escape them.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::nearest::nearest;
use crate::policy::{At, Day, Origin, Pattern};
use crate::rules;

use super::SettingsError;

/// Owners and reasons are shown in every report that they are about.
const MAX_WORDS: usize = 200;

/// What a pattern is matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Module paths.
    Modules,
    /// Paths of repositories under the root, less `.git`.
    Repositories,
    /// Tags, without `refs/tags/`.
    Tags,
}

/// A settings file.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    /// The text as TOML.
    pub(super) fn document(self) -> Result<Spanned<DeTable<'a>>, SettingsError> {
        DeTable::parse(self.text).map_err(|error| SettingsError::Syntax {
            origin: self.origin(error.span().unwrap_or(0..0)),
            reason: error.message().replace('\n', ", "),
        })
    }

    pub(super) fn origin(self, span: Range<usize>) -> Origin {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Origin::File { file: self.file.to_owned(), line }
    }

    pub(super) fn unknown<'w>(
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
}

/// A key and its value.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a, 't> {
    pub(super) source: Source<'a>,
    pub(super) key: &'a str,
    pub(super) value: &'a Spanned<DeValue<'t>>,
}

impl<'a, 't> Entry<'a, 't> {
    pub(super) fn origin(self) -> Origin {
        self.source.origin(self.value.span())
    }

    pub(super) fn wrong(self, expected: impl Into<String>) -> SettingsError {
        let (origin, key) = (self.origin(), self.key.to_owned());
        SettingsError::WrongValue { origin, key, expected: expected.into() }
    }

    pub(super) fn table(self) -> Result<&'a DeTable<'t>, SettingsError> {
        self.value.get_ref().as_table().ok_or_else(|| self.wrong("a table"))
    }

    pub(super) fn text(self) -> Option<&'a str> {
        self.value.get_ref().as_str()
    }

    pub(super) fn string(self) -> Result<At<String>, SettingsError> {
        let value = self.text().ok_or_else(|| self.wrong("a string"))?.to_owned();
        Ok(At { value, origin: self.origin() })
    }

    pub(super) fn boolean(self) -> Result<bool, SettingsError> {
        self.value.get_ref().as_bool().ok_or_else(|| self.wrong("true or false"))
    }

    pub(super) fn choice<T: Copy>(self, choices: &[(&str, T)]) -> Result<T, SettingsError> {
        let chosen = choices.iter().find(|(name, _)| self.text() == Some(name));
        chosen.map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
            self.wrong(names.join(" or "))
        })
    }

    /// The value with its place.
    pub(super) fn at<T>(self, value: T) -> At<T> {
        At { value, origin: self.origin() }
    }

    /// A text that is not too long for a line or two of a report.
    pub(super) fn words(self) -> Result<String, SettingsError> {
        let fits = |text: &&str| !text.trim().is_empty() && text.chars().count() <= MAX_WORDS;
        let wrong = || self.wrong(format!("a text of at most {MAX_WORDS} characters"));
        self.text().filter(fits).map(str::to_owned).ok_or_else(wrong)
    }

    /// A pattern over what `names` says.
    pub(super) fn pattern(self, names: Names) -> Result<Pattern, SettingsError> {
        let text = self.text().ok_or_else(|| self.wrong("a string"))?;
        let (parsed, what) = match names {
            Names::Modules => (Pattern::parse(text), "module paths"),
            Names::Repositories => (Pattern::parse_repository(text), "repository paths"),
            Names::Tags => (Pattern::parse(text), "tag names"),
        };
        parsed.map_err(|error| self.wrong(format!("a pattern of {what}: {error}")))
    }

    /// The id of a rule.
    pub(super) fn rule(self) -> Result<String, SettingsError> {
        let id = self.text().ok_or_else(|| self.wrong("the name of a rule"))?;
        if rules::find(id).is_some() {
            return Ok(id.to_owned());
        }
        let known = rules::all().map(|rule| rule.id);
        Err(SettingsError::UnknownRule {
            origin: self.origin(),
            rule: id.to_owned(),
            nearest: nearest(id, known).unwrap_or_default().to_owned(),
        })
    }

    /// The elements of an array, each with its own place.
    pub(super) fn list(self, expected: &str) -> Result<Vec<Self>, SettingsError> {
        let array = self.value.get_ref().as_array().ok_or_else(|| self.wrong(expected))?;
        Ok(array.iter().map(|value| Self { value, ..self }).collect())
    }

    /// The tables that are written as `[[policy.KEY]]`.
    pub(super) fn sections(self) -> Result<Vec<Self>, SettingsError> {
        self.list(&format!("written as [[policy.{}]]", self.key))
    }

    /// A date, and nothing else: no time of day, no zone.
    pub(super) fn day(self) -> Result<Day, SettingsError> {
        let wrong = || self.wrong("a date without quotes, such as 2026-12-31");
        let written = self.value.get_ref().as_datetime().ok_or_else(wrong)?;
        let day = written.time.is_none().then_some(written.date).flatten();
        day.and_then(|date| Day::parse(&date.to_string())).ok_or_else(wrong)
    }

    fn number(self) -> Option<u64> {
        let integer = self.value.get_ref().as_integer()?;
        u64::from_str_radix(integer.as_str(), integer.radix()).ok().filter(is_writable)
    }

    pub(super) fn count(self) -> Result<u64, SettingsError> {
        self.number().ok_or_else(|| self.wrong("a number from 0 on"))
    }

    pub(super) fn milliseconds(self) -> Result<Duration, SettingsError> {
        let number = self.number().filter(|number| *number > 0);
        let wrong = || self.wrong("a number of milliseconds from 1 on");
        number.map(Duration::from_millis).ok_or_else(wrong)
    }

    pub(super) fn bytes(self) -> Result<u64, SettingsError> {
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
