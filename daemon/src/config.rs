//! Settings as flags, variables and the file give them. The only part of the daemon that reads the file.

use std::fs;
use std::path::Path;

use anyhow::Context;
use modgate_common::settings::{self, DEFAULT_FILE, Overrides, Settings};

use crate::cli::SettingsArguments;

/// Reads the settings file and lays flags and variables over it.
///
/// # Errors
/// When the file cannot be read, or a value is wrong.
pub(crate) fn load(
    arguments: &SettingsArguments,
    listen: Option<String>,
) -> anyhow::Result<Settings> {
    let named = arguments.config.as_deref();
    let file = named.unwrap_or_else(|| Path::new(DEFAULT_FILE));
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        // Only a file that somebody asked for must be there.
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            String::new()
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read settings {file:?}")),
    };
    let written = settings::parse(&file.to_string_lossy(), &text)?;
    // A path on the command line counts from the current folder.
    let absolute = |path: &Option<std::path::PathBuf>| {
        path.as_ref().map(std::path::absolute).transpose().context("cannot find the current folder")
    };
    let overrides = Overrides {
        root: absolute(&arguments.root)?,
        prefix: arguments.prefix.clone(),
        state: absolute(&arguments.state)?,
        listen,
    };
    Ok(settings::resolve(written, overrides)?)
}
