//! The text of a settings file to what was written in it.
//!
//! The TOML tables are walked by hand: a key that nobody knows is worth a better answer than a list of all
//! keys, and every value keeps its line for the checks that come later.

use toml::Spanned;
use toml::de::{DeString, DeTable};

use crate::policy::{At, Policy};
use crate::report::Color;

use super::SettingsError;
use super::source::{Entry, Source};
use super::tables;

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
    /// `[keep] refs`.
    pub keep_refs: Option<bool>,
    /// `[keep] zips`.
    pub keep_zips: Option<bool>,
    /// `[notify] url`.
    pub notify_url: Option<At<String>>,
    /// `[notify] secret_file`.
    pub notify_secret_file: Option<At<String>>,
    /// `[policy]`.
    pub policy: Policy,
    /// `[report] color`.
    pub color: Color,
}

/// The keys of every table but `[policy]`.
const TABLES: [(&str, &[&str]); 8] = [
    ("cache", &["zip_bytes"]),
    ("host", &["root", "prefix", "url"]),
    ("keep", &["refs", "zips"]),
    ("notify", &["secret_file", "url"]),
    ("policy", &[]),
    ("report", &["color"]),
    ("server", &["listen"]),
    ("state", &["dir"]),
];

/// Reads the text of the settings file that messages call `file`.
///
/// # Errors
/// The first thing wrong with it.
pub fn parse(file: &str, text: &str) -> Result<Written, SettingsError> {
    let source = Source { file, text };
    let document = source.document()?;
    let mut written = Written::default();
    for (key, value) in document.get_ref() {
        let name = key.get_ref().as_ref();
        if !TABLES.iter().any(|(known, _)| *known == name) {
            return Err(source.unknown(key, "at the top", TABLES.iter().map(|(known, _)| *known)));
        }
        let entry = Entry { source, key: name, value };
        let table = entry.table()?;
        if name == "policy" {
            written.policy = tables::host(source, table)?;
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
            ("keep", "refs") => written.keep_refs = Some(entry.boolean()?),
            ("keep", "zips") => written.keep_zips = Some(entry.boolean()?),
            ("notify", "secret_file") => written.notify_secret_file = Some(entry.string()?),
            ("notify", "url") => written.notify_url = Some(entry.string()?),
            ("report", "color") => written.color = entry.choice(&Color::NAMED)?,
            ("server", "listen") => written.listen = Some(entry.string()?),
            ("state", "dir") => written.state = Some(entry.string()?),
            _ => return Err(misplaced(source, key, table_name)),
        }
    }
    Ok(())
}

/// Unknown in this table; another table may have a key of just this name.
fn misplaced(source: Source<'_>, key: &Spanned<DeString<'_>>, table: &str) -> SettingsError {
    let name = key.get_ref().as_ref();
    let elsewhere = TABLES.iter().find(|(_, keys)| keys.contains(&name));
    let own = TABLES.iter().find(|(other, _)| *other == table);
    let known = own.iter().flat_map(|(_, keys)| keys.iter().copied());
    let mut error = source.unknown(key, &format!("in [{table}]"), known);
    if let (SettingsError::UnknownKey { nearest, .. }, Some((other, _))) = (&mut error, elsewhere) {
        *nearest = format!("[{other}] {name}");
    }
    error
}
