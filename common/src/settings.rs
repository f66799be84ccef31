//! Settings: what was written, and what holds.
//!
//! [`parse`] turns the text of a settings file into [`Written`], every value with its line; unknown keys are
//! errors. [`resolve`] lays flags and variables over it, fills in defaults and checks the whole: [`Settings`].
//! Reading the file and the environment is the programs' business.
//!
//! [`Settings::to_toml`] is the way back. What it writes holds no secret: `modgate install` gives it to hooks,
//! which run as anyone who may push; so it leaves out `[notify]`, the address of which may be one.

use std::fmt;
// The type alone: core has no network.
use core::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::module;
use crate::policy::Policy;
use crate::report::Color;

mod print;
pub mod repository_file;
mod source;
mod tables;
mod written;

pub use crate::nearest::nearest;
pub use crate::policy::{At, Origin};
pub use written::{Written, parse};

/// Where the file lies when nobody says otherwise.
pub const DEFAULT_FILE: &str = "/etc/modgate/modgate.toml";

/// What holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder that holds the repositories.
    pub root: Option<PathBuf>,
    /// What stands before a repository's path in its module paths. Invariant: empty, or the valid start of
    /// a module path without slashes at its ends.
    pub prefix: String,
    /// Where repositories can be cloned from, for Origin; without a slash at its end.
    pub url: Option<String>,
    /// The address that the daemon listens on.
    pub listen: SocketAddr,
    /// The state directory.
    pub state: PathBuf,
    /// How many bytes of zips are kept.
    pub zip_bytes: u64,
    /// What is kept beyond what others keep.
    pub keep: Keep,
    /// Whom to tell of drift.
    pub notify: Option<Notify>,
    /// The policy.
    pub policy: Policy,
    /// Whether reports are coloured.
    pub color: Color,
}

/// What is kept so that accepted content outlives its tag and its repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Whether accepted commits get refs of their own in the repository, where we may write it.
    pub refs: bool,
    /// Whether accepted zips are stored outside of the cache's limit.
    pub zips: bool,
}

impl Default for Keep {
    fn default() -> Self {
        Self { refs: true, zips: false }
    }
}

/// Where news of drift are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// The address. Invariant: `http://` or `https://`, a host, and no user or fragment.
    pub url: String,
    /// The file that holds the secret which signs what is sent. Invariant: an absolute path.
    pub secret_file: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            root: None,
            prefix: String::new(),
            url: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 7070)),
            state: PathBuf::from("/var/lib/modgate"),
            zip_bytes: 10 << 30,
            keep: Keep::default(),
            notify: None,
            policy: Policy::default(),
            color: Color::default(),
        }
    }
}

impl Settings {
    /// The module path of the root directory of a repository, which is named by its path under the root
    /// less `.git`.
    pub fn code_root(&self, repository: &str) -> String {
        if self.prefix.is_empty() {
            repository.to_owned()
        } else {
            format!("{}/{repository}", self.prefix)
        }
    }

    /// The address of a repository, as `.info` has it in Origin (O1).
    pub fn origin_url(&self, repository: &str) -> String {
        match &self.url {
            Some(url) => format!("{url}/{repository}"),
            None => format!("https://{}", self.code_root(repository)),
        }
    }

    /// The daemon's socket.
    ///
    /// # Errors
    /// When its path is too long for the operating system.
    pub fn socket(&self) -> Result<PathBuf, SettingsError> {
        let path = self.state.join("run").join("modgate.sock");
        let length = path.as_os_str().len();
        if length > MAX_SOCKET_PATH {
            return Err(SettingsError::SocketTooLong { path, length });
        }
        Ok(path)
    }
}

/// `sun_path` has 108 bytes on Linux, the last of which is NUL.
const MAX_SOCKET_PATH: usize = 107;

/// What flags or variables say, flags having won already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--root` or `MODGATE_ROOT`.
    pub root: Option<PathBuf>,
    /// `--prefix` or `MODGATE_PREFIX`.
    pub prefix: Option<String>,
    /// `--state` or `MODGATE_STATE`.
    pub state: Option<PathBuf>,
    /// `--listen` or `MODGATE_LISTEN`.
    pub listen: Option<String>,
}

/// What is wrong with settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The value is well-formed, but cannot be.
    #[error("{origin}: {key} cannot be {value:?}: {reason}")]
    Invalid {
        /// Where the value comes from.
        origin: Origin,
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// Why.
        reason: String,
    },
    /// A section without a key that it must have.
    #[error("{origin}: \"{key}\" must be given in each {table}")]
    MissingKey {
        /// Where the section is.
        origin: Origin,
        /// The key.
        key: &'static str,
        /// The table, in words.
        table: String,
    },
    /// A path of the socket that no program could connect to.
    #[error(
        "the socket's path {path:?} has {length} bytes, but the system allows {MAX_SOCKET_PATH}: choose a shorter [state] dir"
    )]
    SocketTooLong {
        /// The path.
        path: PathBuf,
        /// Its length in bytes.
        length: usize,
    },
    /// The text is no TOML.
    #[error("{origin}: {reason}")]
    Syntax {
        /// Where.
        origin: Origin,
        /// What the TOML parser says.
        reason: String,
    },
    /// A key that does not exist.
    #[error("{origin}: unknown key {key:?} {table}, did you mean {nearest:?}?")]
    UnknownKey {
        /// Where.
        origin: Origin,
        /// The key.
        key: String,
        /// The table it stands in, in words.
        table: String,
        /// The nearest known key.
        nearest: String,
    },
    /// A rule that does not exist.
    #[error("{origin}: unknown rule {rule:?}, did you mean {nearest:?}?")]
    UnknownRule {
        /// Where.
        origin: Origin,
        /// What was written.
        rule: String,
        /// The nearest rule.
        nearest: String,
    },
    /// A value of the wrong type or not among those allowed.
    #[error("{origin}: {key:?} must be {expected}")]
    WrongValue {
        /// Where.
        origin: Origin,
        /// The key.
        key: String,
        /// What may stand there, in words.
        expected: String,
    },
}

/// Lays `overrides` over what was written, fills in defaults, and checks it all.
///
/// # Errors
/// The first value that cannot be.
pub fn resolve(written: Written, overrides: Overrides) -> Result<Settings, SettingsError> {
    let defaults = Settings::default();
    let root = path(overrides.root, written.root, "root", "--root (MODGATE_ROOT)")?;
    let state = path(overrides.state, written.state, "state dir", "--state (MODGATE_STATE)")?;
    let prefix = either(overrides.prefix, written.prefix, "--prefix (MODGATE_PREFIX)");
    let listen = either(overrides.listen, written.listen, "--listen (MODGATE_LISTEN)");
    Ok(Settings {
        root,
        prefix: prefix.map(checked_prefix).transpose()?.unwrap_or(defaults.prefix),
        url: written.url.map(checked_url).transpose()?,
        listen: listen.map(checked_listen).transpose()?.unwrap_or(defaults.listen),
        state: state.unwrap_or(defaults.state),
        zip_bytes: written.zip_bytes.unwrap_or(defaults.zip_bytes),
        keep: Keep {
            refs: written.keep_refs.unwrap_or(defaults.keep.refs),
            zips: written.keep_zips.unwrap_or(defaults.keep.zips),
        },
        notify: notify(written.notify_url, written.notify_secret_file)?,
        policy: written.policy,
        color: written.color,
    })
}

fn either(
    over: Option<String>,
    written: Option<At<String>>,
    name: &'static str,
) -> Option<At<String>> {
    over.map(|value| At { value, origin: Origin::Override { name } }).or(written)
}

fn invalid(at: At<String>, key: &'static str, reason: impl fmt::Display) -> SettingsError {
    SettingsError::Invalid { origin: at.origin, key, value: at.value, reason: reason.to_string() }
}

fn path(
    over: Option<PathBuf>,
    written: Option<At<String>>,
    key: &'static str,
    name: &'static str,
) -> Result<Option<PathBuf>, SettingsError> {
    let written = match over.map(PathBuf::into_os_string).map(std::ffi::OsString::into_string) {
        Some(Ok(value)) => Some(At { value, origin: Origin::Override { name } }),
        Some(Err(value)) => {
            let value = value.to_string_lossy().into_owned();
            let at = At { value, origin: Origin::Override { name } };
            return Err(invalid(at, key, "not UTF-8"));
        }
        None => written,
    };
    match written {
        Some(at) if !Path::new(&at.value).is_absolute() => {
            Err(invalid(at, key, "not an absolute path"))
        }
        written => Ok(written.map(|at| PathBuf::from(at.value))),
    }
}

/// A prefix is sound when a plain name below it makes a module path (M4).
fn checked_prefix(at: At<String>) -> Result<String, SettingsError> {
    if at.value.is_empty() {
        return Ok(at.value);
    }
    if at.value.starts_with('/') || at.value.ends_with('/') {
        return Err(invalid(at, "prefix", "no slash at either end"));
    }
    match module::check_path(&format!("{}/x", at.value)) {
        Ok(()) => Ok(at.value),
        Err(error) => Err(invalid(at, "prefix", format!("a module path below it: {error}"))),
    }
}

fn checked_url(at: At<String>) -> Result<String, SettingsError> {
    let url = at.value.trim_end_matches('/').to_owned();
    // Looked for in what is kept: `https://` alone is no address.
    if !url.contains("://") {
        return Err(invalid(at, "url", "no scheme, such as https://git.example.com"));
    }
    if at.value.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(invalid(at, "url", "white space in it"));
    }
    Ok(url)
}

/// Both or none: what is not signed could come from anybody.
fn notify(
    url: Option<At<String>>,
    secret_file: Option<At<String>>,
) -> Result<Option<Notify>, SettingsError> {
    let (url, secret_file) = match (url, secret_file) {
        (None, None) => return Ok(None),
        (Some(url), None) => {
            return Err(invalid(url, "notify url", "secret_file must be given with it"));
        }
        (None, Some(file)) => {
            return Err(invalid(file, "secret_file", "url must be given with it"));
        }
        (Some(url), Some(file)) => (url, file),
    };
    if let Some(reason) = odd_address(&url.value) {
        return Err(invalid(url, "notify url", reason));
    }
    if !Path::new(&secret_file.value).is_absolute() {
        return Err(invalid(secret_file, "secret_file", "not an absolute path"));
    }
    Ok(Some(Notify { url: url.value, secret_file: PathBuf::from(secret_file.value) }))
}

/// What keeps this from being an address to send to.
fn odd_address(url: &str) -> Option<&'static str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let Some(rest) = rest else { return Some("not an address such as https://example.com/hook") };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // An address of version 6 stands in brackets.
    let (host, port) = match authority.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(h, p)| (h, Some(p))),
    };
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
        Some("characters that no address has")
    } else if authority.contains('@') {
        Some("a user in it; the signature says who sends")
    } else if host.is_empty() {
        Some("no host")
    } else if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        Some("no port behind the colon")
    } else if url.contains('#') {
        Some("a fragment (#) in it")
    } else {
        None
    }
}

fn checked_listen(at: At<String>) -> Result<SocketAddr, SettingsError> {
    at.value.parse().map_err(|_| {
        invalid(at, "listen", "not an address and port, such as 127.0.0.1:7070 or [::1]:7070")
    })
}

#[cfg(test)]
mod tests;
