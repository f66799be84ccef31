//! The go command is the judge: what it computes from the repository must be what it gets from us.

use std::fs;

use serde_json::Value;

use crate::golang::{Download, Go};

/// The comparable facts of one download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The version that the query stands for.
    pub version: String,
    /// `Time` of `.info`.
    pub time: String,
    /// `Origin.VCS`.
    pub vcs: String,
    /// `Origin.URL`.
    pub url: String,
    /// `Origin.Hash`.
    pub hash: String,
    /// `Origin.Ref`.
    pub reference: String,
    /// `Origin.Subdir`.
    pub subdir: String,
    /// h1 of the zip.
    pub sum: String,
    /// h1 of go.mod.
    pub gomod_sum: String,
    /// go.mod itself.
    pub gomod: Vec<u8>,
}

/// The facts of a download, or its error.
///
/// # Errors
/// What the go command said when the download failed.
pub fn facts(download: &Download) -> Result<Facts, String> {
    if !download.error.is_empty() {
        return Err(download.error.clone());
    }
    let info = fs::read(&download.info).map_err(|error| error.to_string())?;
    let info: Value = serde_json::from_slice(&info).map_err(|error| error.to_string())?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let origin = &info["Origin"];
    Ok(Facts {
        version: text(&info["Version"]),
        time: text(&info["Time"]),
        vcs: text(&origin["VCS"]),
        url: text(&origin["URL"]),
        hash: text(&origin["Hash"]),
        reference: text(&origin["Ref"]),
        subdir: text(&origin["Subdir"]),
        sum: download.sum.clone(),
        gomod_sum: download.go_mod_sum.clone(),
        gomod: fs::read(&download.go_mod).map_err(|error| error.to_string())?,
    })
}

/// A judge and the one who is judged.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// `GOPROXY=direct`.
    pub direct: &'a Go,
    /// `GOPROXY=modgate`.
    pub proxied: &'a Go,
}

impl Comparison<'_> {
    /// Compares list, latest, every listed version and some queries of a module; returns the versions.
    ///
    /// Only for modules without broken versions: those we hide (N6) and the go command does not.
    #[track_caller]
    pub fn same(&self, module: &str, queries: &[&str]) -> Vec<String> {
        let listed = self.direct.versions(module);
        let got = self.proxied.versions(module);
        let mut differences = Vec::new();
        if listed.as_ref().ok() != got.as_ref().ok() {
            differences.push(format!("list: direct {listed:?}, modgate {got:?}"));
        }
        let versions = listed.unwrap_or_default();
        let mut asked: Vec<&str> = versions.iter().map(String::as_str).collect();
        asked.push("latest");
        asked.extend(queries);
        let wanted = self.direct.download(module, &asked);
        let got = self.proxied.download(module, &asked);
        for ((query, wanted), got) in asked.iter().zip(&wanted).zip(&got) {
            let by_name = versions.iter().any(|version| version == query);
            let (wanted, got) = (facts(wanted), facts(got));
            differences.extend(difference(query, by_name, wanted, got));
        }
        assert!(differences.is_empty(), "{module} differs:\n{}", differences.join("\n"));
        versions
    }
}

type Judged = Result<Facts, String>;

/// Failing texts may differ; that both fail may not.
fn difference(query: &str, by_name: bool, wanted: Judged, got: Judged) -> Option<String> {
    match (wanted, got) {
        (Err(_), Err(_)) => None,
        (Ok(wanted), Ok(mut got)) => {
            if !by_name {
                // The go command's own answer depends on what it asked before (O4).
                got.reference.clone_from(&wanted.reference);
            }
            (wanted != got).then(|| format!("{query}:\n  direct  {wanted:?}\n  modgate {got:?}"))
        }
        (wanted, got) => Some(format!("{query}:\n  direct  {wanted:?}\n  modgate {got:?}")),
    }
}

/// How far a download came: which files there are and what is in them, and why it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Stages {
    /// The version that the query stands for.
    pub version: String,
    /// `.info`.
    pub info: Option<String>,
    /// go.mod.
    pub gomod: Option<Vec<u8>>,
    /// h1 of the zip.
    pub sum: String,
    /// Why it ended, on one line; empty when it did not.
    pub error: String,
}

impl From<&Download> for Stages {
    fn from(download: &Download) -> Self {
        let error = download.error.lines().map(|line| line.trim().trim_end_matches(':'));
        Self {
            version: download.version.clone(),
            info: fs::read_to_string(&download.info).ok(),
            gomod: fs::read(&download.go_mod).ok(),
            sum: download.sum.clone(),
            error: error.collect::<Vec<_>>().join("; ").replace("/go-modgate/", "/go-direct/"),
        }
    }
}

impl Stages {
    /// That of one version.
    pub fn of(go: &Go, module: &str, version: &str) -> Self {
        Self::from(&go.download(module, &[version])[0])
    }

    /// The reason alone: without what the client wraps modgate's text in, and without the command line that
    /// comes with what git says.
    #[must_use]
    pub fn reason_only(mut self) -> Self {
        if let Some((_, reason)) =
            self.error.split_once("; ").filter(|_| self.error.starts_with("git "))
        {
            self.error = format!("create zip: {reason}");
        }
        if let Some((_, reason)) = self.error.split_once("; server response: not found: ") {
            self.error = reason.to_owned();
        }
        self
    }
}
