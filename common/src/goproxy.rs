//! The GOPROXY wire: request path to [`Request`], and the bodies of `list` and `.info` (section 14).
//!
//! This is the only reader of request paths. A path is percent-decoded once, split at `/@v/` or
//! `/@latest`, unescaped (M11), and either becomes a request whose module path is valid or is refused
//! (X3 to X6). Nothing that passes can leave the root: a valid module path has no `..`.

use serde::Serialize;

use crate::module;
use crate::objects::ObjectId;
use crate::timestamp;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request {
    /// `M/@v/REV.info`: any revision, not only a version (X4).
    Info {
        /// Module path.
        module: String,
        /// Version, branch, tag or hash.
        query: String,
    },
    /// `M/@latest`.
    Latest {
        /// Module path.
        module: String,
    },
    /// `M/@v/list`.
    List {
        /// Module path.
        module: String,
    },
    /// `M/@v/V.mod`.
    Mod {
        /// Module path.
        module: String,
        /// Version.
        version: String,
    },
    /// `M/@v/V.zip`.
    Zip {
        /// Module path.
        module: String,
        /// Version.
        version: String,
    },
}

impl Request {
    /// The module path asked for.
    pub fn module(&self) -> &str {
        match self {
            Self::Info { module, .. }
            | Self::Latest { module }
            | Self::List { module }
            | Self::Mod { module, .. }
            | Self::Zip { module, .. } => module,
        }
    }

    /// The version or query; none for a request about all versions.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Info { query: version, .. }
            | Self::Mod { version, .. }
            | Self::Zip { version, .. } => Some(version),
            Self::Latest { .. } | Self::List { .. } => None,
        }
    }

    /// How many bytes of text the request holds.
    pub fn bytes(&self) -> usize {
        let revision = match self {
            Self::Info { query, .. } => query,
            Self::Mod { version, .. } | Self::Zip { version, .. } => version,
            Self::Latest { .. } | Self::List { .. } => "",
        };
        self.module().len() + revision.len()
    }
}

/// Why a request path is none of the protocol's. All of them are answered with 404 (X6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The percent encoding is broken, or what it encodes is not UTF-8.
    #[error("malformed percent encoding")]
    BadEncoding,
    /// The module path or version is malformed or wrongly escaped.
    #[error("{0}")]
    Malformed(#[from] module::PathError),
    /// Longer than any module path and version that exist.
    #[error("the path has more than {MAX_PATH} bytes")]
    TooLong,
    /// No `/@v/` and no `/@latest`, or not followed by what belongs there.
    #[error("no such endpoint")]
    NoEndpoint,
}

/// Reads the path of a request, as it stands in the request line, without the query string.
///
/// # Errors
/// When the path is not one of the protocol's.
///
/// ```
/// use modgate_common::goproxy::{Request, parse};
/// let request = parse("/example.com/%21team/lib/@v/v1.0.0.mod").unwrap();
/// let (module, version) = ("example.com/Team/lib".to_owned(), "v1.0.0".to_owned());
/// assert_eq!(request, Request::Mod { module, version });
/// ```
pub fn parse(path: &str) -> Result<Request, RequestError> {
    if path.len() > MAX_PATH {
        return Err(RequestError::TooLong);
    }
    let decoded = percent_decode(path)?;
    let path = decoded.strip_prefix('/').ok_or(RequestError::NoEndpoint)?;
    if let Some(module) = path.strip_suffix("/@latest") {
        return Ok(Request::Latest { module: module::unescape_path(module)? });
    }
    let (module, file) = path.split_once("/@v/").ok_or(RequestError::NoEndpoint)?;
    if file.contains('/') {
        return Err(RequestError::NoEndpoint);
    }
    let module = module::unescape_path(module)?;
    if file == "list" {
        return Ok(Request::List { module });
    }
    // Versions contain dots: only the last one separates (X5).
    let (name, kind) = file.rsplit_once('.').ok_or(RequestError::NoEndpoint)?;
    let version = || module::unescape_version(name);
    match kind {
        "info" => Ok(Request::Info { query: version()?, module }),
        "mod" => Ok(Request::Mod { version: version()?, module }),
        "zip" => Ok(Request::Zip { version: version()?, module }),
        _ => Err(RequestError::NoEndpoint),
    }
}

/// Bytes of a request path. Refs and paths on disk have at most 255 bytes an element, so no module or
/// version needs more; answers are kept under what was asked.
const MAX_PATH: usize = 2048;

fn percent_decode(path: &str) -> Result<String, RequestError> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || {
                let byte = rest.next()?;
                char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
            };
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err(RequestError::BadEncoding);
            };
            bytes.push(high << 4 | low);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| RequestError::BadEncoding)
}

/// The body of `list`: one version a line (L7).
pub fn list(versions: &[String]) -> String {
    versions.iter().flat_map(|version| [version.as_str(), "\n"]).collect()
}

/// What `.info` says (O1 to O3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info<'a> {
    /// The canonical version.
    pub version: &'a str,
    /// Committer time in seconds.
    pub time: i64,
    /// Where people clone the repository.
    pub url: &'a str,
    /// The directory of the tag prefix, or empty (O2).
    pub subdir: &'a str,
    /// The commit.
    pub commit: ObjectId,
    /// `refs/tags/...` or `refs/heads/...` where the version is a tag (O4).
    pub reference: Option<&'a str>,
}

impl Info<'_> {
    /// The JSON text; `None` where the commit's year is beyond what RFC 3339 can write (B7).
    pub fn to_json(&self) -> Option<String> {
        let wire = Wire {
            version: self.version,
            time: timestamp::rfc3339(self.time)?,
            origin: Origin {
                vcs: "git",
                url: self.url,
                subdir: self.subdir,
                hash: self.commit,
                reference: self.reference.unwrap_or_default(),
            },
        };
        serde_json::to_string(&wire).ok()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wire<'a> {
    version: &'a str,
    time: String,
    origin: Origin<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Origin<'a> {
    #[serde(rename = "VCS")]
    vcs: &'a str,
    #[serde(rename = "URL")]
    url: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subdir: &'a str,
    hash: ObjectId,
    #[serde(rename = "Ref", skip_serializing_if = "str::is_empty")]
    reference: &'a str,
}

#[cfg(test)]
mod tests;
