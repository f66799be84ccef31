//! The go directive (20.5, F10, F16).

use crate::gomod::{self, Errors, SyntaxError};
use crate::objects::{Fault, Kind};
use crate::policy::Level;
use crate::tags::join;
use crate::version;

use super::advice::{Fix, edit, quote};
use super::case::{Effect, Found, GoMod, ReleaseCase};
use super::content::{as_dependency, as_main, beside, counted, first, lax};
use super::go_version::{compare, is_beyond, language};

type Answer = Result<Option<Found>, Fault>;

/// `go-directive-missing`.
pub(super) fn missing(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, _)) = lax(case).filter(|(_, file)| file.go.is_none()) else {
        return Ok(None);
    };
    let summary = format!("{:?} has no go directive: it counts as go 1.16", go_mod.path);
    let consumer = format!(
        "{} is compiled as Go 1.16, and consumers load the go.mod of everything below it",
        case.path()
    );
    let commands = [
        "# the oldest Go that the module works with, such as:".to_owned(),
        edit(&format!("-go={}", usual(case)), &go_mod.path),
        beside(go_mod, "go mod tidy"),
    ];
    let fix = Fix::mend(case.tag, &commands, "add the go directive");
    Ok(Some(Found::new(summary, consumer, fix).in_file(&go_mod.path, None)))
}

/// The Go release before the newest: both are kept up to date.
fn usual(case: &ReleaseCase<'_>) -> String {
    let newest = language(case.tag.trial.push.policy.newest_go());
    let before = newest.split_once('.').and_then(|(major, minor)| {
        let minor = minor.parse::<u64>().ok()?.checked_sub(1)?;
        Some(format!("{major}.{minor}"))
    });
    before.unwrap_or_else(|| newest.to_owned())
}

/// `go-directive-invalid`.
pub(super) fn invalid(case: &ReleaseCase<'_>) -> Answer {
    let Some(go_mod) = counted(case) else { return Ok(None) };
    let (errors, is_for_all) = match (&go_mod.parsed, go_mod.strictly()) {
        (Err(errors), _) => (errors, true),
        (Ok(_), Err(errors)) => (errors, false),
        (Ok(_), Ok(_)) => return Ok(None),
    };
    if !errors.0.iter().all(is_invalid_version) {
        return Ok(None);
    }
    let Some((line, reason)) = first(errors) else { return Ok(None) };
    let main = case.main_package()?;
    let who = if is_for_all { "no consumer can parse" } else { "no main module may have" };
    let summary = format!("{who} line {line} of {:?}: {reason}", go_mod.path);
    let consumer = if is_for_all {
        as_dependency(case, errors)
    } else {
        as_main(case, main.as_deref(), errors)
    };
    let right = meant(go_mod, errors).unwrap_or_else(|| usual(case));
    let steps = [
        format!("# write this in line {line} of {}: go {right}", quote(&go_mod.path)),
        "# then this must print nothing but JSON:".to_owned(),
        edit("-json", &go_mod.path),
    ];
    let fix = Fix::mend(case.tag, &steps, &format!("go {right}"));
    let found = Found::new(summary, consumer, fix).in_go_mod(go_mod, Some(line));
    Ok(Some(match (is_for_all, main) {
        (true, _) => found.with(Effect::Breaks),
        (false, Some(_)) => found.at_level(Level::Reject),
        (false, None) => found,
    }))
}

fn is_invalid_version(error: &SyntaxError) -> bool {
    error.verb == "go" && error.reason.starts_with("invalid go version")
}

/// The version that was probably meant: what consumers take it for, or what is written without `v` or `go`.
fn meant(go_mod: &GoMod, errors: &Errors) -> Option<String> {
    if let Ok(file) = &go_mod.parsed {
        return file.go.as_ref().map(|go| go.version.clone());
    }
    let written = errors.0.first()?.reason.split('\'').nth(1)?;
    let bare = written.trim_start_matches(['g', 'o', 'v']);
    gomod::parse_lax(format!("go {bare}").as_bytes()).ok()?.go.map(|go| go.version)
}

/// `go-directive-too-new`: what a toolchain may know is no reason to refuse (K5).
pub(super) fn too_new(case: &ReleaseCase<'_>) -> Answer {
    let newest = case.tag.trial.push.policy.newest_go();
    let Some((go_mod, file)) = lax(case) else { return Ok(None) };
    let Some(go) = file.go.as_ref().filter(|go| is_beyond(&go.version, newest)) else {
        return Ok(None);
    };
    let summary = format!(
        "{:?} asks for go {}, but the newest release known here is {newest}",
        go_mod.path, go.version
    );
    let consumer = format!(
        "{} requires go >= {} (running go {newest}; GOTOOLCHAIN=local)",
        case.name(),
        go.version
    );
    let command = edit(&format!("-go={newest}"), &go_mod.path);
    let fix = Fix::mend(case.tag, &[command], &format!("go {newest}"));
    Ok(Some(Found::new(summary, consumer, fix).in_go_mod(go_mod, Some(go.position.line))))
}

/// `go-directive-raised`.
pub(super) fn raised(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, file)) = lax(case) else { return Ok(None) };
    let Some(go) = &file.go else { return Ok(None) };
    let Some(before) = patched(case) else { return Ok(None) };
    let Some(old) = go_before(case, go_mod, &before)? else { return Ok(None) };
    if !compare(&go.version, &old).is_gt() {
        return Ok(None);
    }
    let summary = format!(
        "{:?} asks for go {}, but {before}, which this one patches, for go {old}",
        go_mod.path, go.version
    );
    let consumer = format!("whoever takes this patch must have go {}", go.version);
    let commands =
        ["# if nothing needs the newer Go:".to_owned(), edit(&format!("-go={old}"), &go_mod.path)];
    let fix = Fix::mend(case.tag, &commands, &format!("go {old}"));
    Ok(Some(Found::new(summary, consumer, fix).in_go_mod(go_mod, Some(go.position.line))))
}

/// The release that this one is the patch of.
fn patched(case: &ReleaseCase<'_>) -> Option<String> {
    let base = case.tag.base;
    if !case.tag.is_version() || !version::prerelease(base).is_empty() {
        return None;
    }
    let (series, _) = base.rsplit_once('.')?;
    let versions = case.tag.trial.versions(case.tag.prefix);
    let end = versions.partition_point(|v| version::compare(v, base).is_lt());
    let before = versions[..end].iter().rfind(|v| version::prerelease(v).is_empty())?;
    before.rsplit_once('.').filter(|(other, _)| *other == series).map(|_| before.clone())
}

/// The go version in the same go.mod at an earlier version's tag.
fn go_before(case: &ReleaseCase<'_>, go_mod: &GoMod, v: &str) -> Result<Option<String>, Fault> {
    let trial = case.tag.trial;
    let tag = trial.view.refs().tags.get(&join(case.tag.prefix, v));
    let Some(tag) = tag.filter(|tag| tag.kind == Kind::Commit) else { return Ok(None) };
    let objects = trial.push.objects;
    let Some(entry) = trial.entry(objects.commit(tag.peeled)?.tree, &go_mod.path)? else {
        return Ok(None);
    };
    if !super::trial::is_file(&entry) || objects.blob_size(entry.id)? > trial.push.limits.go_mod {
        return Ok(None);
    }
    let parsed = gomod::parse_lax(&objects.blob(entry.id)?).ok();
    Ok(parsed.and_then(|file| file.go).map(|go| go.version))
}
