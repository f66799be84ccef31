//! Which versions a consumer could use (N6): fetched by the go command, and their go.mod accepted by a
//! module that requires them.
//!
//! A version that fails is broken. What is said here is the go command's own text; the gate's rules
//! explain it better where they know the mistake.

use crate::gomod;
use crate::module;
use crate::modzip::{CleanTrees, Limits, Plan, PlanError, Refused};
use crate::objects::{Fault, Objects};
use crate::tags::Module;
use crate::timestamp;

use super::lookup::NO_TIME;
use super::{Failure, Located};

/// Why nobody could use a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The rule of the gate that describes it best.
    pub rule: &'static str,
    /// What the go command says.
    pub reason: String,
    /// Why there can be no zip, where that is the reason.
    pub refused: Option<Refused>,
}

impl Broken {
    /// The failure of the server's own pipeline (K7).
    pub fn unfetchable(reason: impl Into<String>) -> Self {
        Self::of_rule("release-unfetchable", reason)
    }

    /// A failure that this rule of the gate describes.
    pub fn of_rule(rule: &'static str, reason: impl Into<String>) -> Self {
        Self { rule, reason: reason.into(), refused: None }
    }

    /// The same of a failed resolution; faults say nothing about the version.
    ///
    /// # Errors
    /// The fault.
    pub fn from_failure(failure: Failure) -> Result<Self, Fault> {
        match failure {
            Failure::Fault(fault) => Err(fault),
            Failure::NotExist(reason) | Failure::Other(reason) => Ok(Self::unfetchable(reason)),
        }
    }
}

/// The contents of the module zip, if the located version can be used as `module`.
///
/// # Errors
/// When the repository cannot be read.
pub fn usable(
    objects: &dyn Objects,
    module: &Module,
    located: &Located,
    limits: &Limits,
    clean: &CleanTrees,
) -> Result<Result<Plan, Broken>, Fault> {
    if let Err(error) = module::check_path(&module.path) {
        return Ok(Err(Broken::unfetchable(error.to_string())));
    }
    let Some(time) = located.commit.time else {
        return Ok(Err(Broken::unfetchable(NO_TIME)));
    };
    if timestamp::rfc3339(time).is_none() {
        return Ok(Err(Broken::unfetchable("Time.MarshalJSON: year outside of range [0,9999]")));
    }
    if let Some(broken) = located.go_mod.as_deref().and_then(|text| refused(module, text)) {
        return Ok(Err(broken));
    }
    match clean.plan(objects, &located.commit, &located.directory, limits) {
        // The zip can be made, but every client reads `go.mod` in it and finds a directory.
        Ok(plan) if plan.files.iter().any(|file| file.path.starts_with("go.mod/")) => {
            Ok(Err(Broken::unfetchable("read go.mod: is a directory")))
        }
        Ok(plan) => Ok(Ok(plan)),
        Err(PlanError::Fault(fault)) => Err(fault),
        Err(PlanError::Refused(refused)) => {
            let reason = PlanError::Refused(refused.clone()).to_string();
            Ok(Err(Broken { refused: Some(refused), ..Broken::unfetchable(reason) }))
        }
    }
}

/// Why a consumer that requires the module would refuse this go.mod (F15).
fn refused(module: &Module, text: &[u8]) -> Option<Broken> {
    let parsed = match gomod::parse_lax(text) {
        Ok(parsed) => parsed,
        Err(errors) => {
            return Some(Broken::of_rule("gomod-syntax", format!("parsing go.mod: {errors}")));
        }
    };
    // An empty path counts as none.
    let Some(declared) = parsed.module.filter(|module| !module.path.is_empty()) else {
        return Some(Broken::unfetchable("parsing go.mod: missing module line"));
    };
    if declared.path == module.path {
        return None;
    }
    let only_case = declared.path.eq_ignore_ascii_case(&module.path);
    let reason = format!(
        "parsing go.mod: module declares its path as: {}, but was required as: {}",
        declared.path, module.path
    );
    let rule = if only_case { "module-path-case" } else { "module-path-mismatch" };
    Some(Broken::of_rule(rule, reason))
}
