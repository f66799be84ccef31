//! The final gate (K7): the server's own pipeline on a version that is not there yet.

use crate::intake::Site;
use crate::modzip::Plan;
use crate::objects::{Commit, Fault};
use crate::policy::Level;
use crate::resolve::{Broken, Located};
use crate::tags::Release;

use super::Push;
use super::advice::{Fix, quote};
use super::case::{Effect, Found, ReleaseCase};
use super::table::{Check, Family, Rule};
use super::trial::Trial;

/// This family.
pub(super) const FAMILY: Family = Family { title: "The last look", rules: RULES };

const RULES: &[Rule] = &[Rule {
    id: "release-unfetchable",
    default: Level::Reject,
    summary: "the go command could not fetch the version, for a reason that no other rule explains",
    consumer: "The go command's own text.",
    advice: "Mend what it says. It is reported only where no other rule explains the failure.",
    hides: &[],
    check: Check::Gate,
}];

/// List, info, mod and zip of a version. That its tag is listed follows from its name, save for
/// `+incompatible`, where the go command may hide a version that it still fetches (L6).
pub(super) fn pipeline(
    trial: &Trial<'_>,
    release: &Release,
    commit: &Commit,
) -> Result<Result<(Located, Plan), Broken>, Fault> {
    let push = trial.push;
    let module = &release.module;
    if let Some(owner) = trial.other_owner(&module.path) {
        let reason = format!("{} has its versions from repository {owner:?}", module.path);
        return Ok(Err(Broken::unfetchable(reason)));
    }
    let Push { repository, code_root, objects, limits, .. } = push;
    let usable = Site { repository, code_root, objects: *objects, limits, clean: &trial.clean }
        .judge(release, commit)?;
    let usable = match usable {
        Ok(usable) => usable,
        Err(broken) => return Ok(Err(broken)),
    };
    match trial.view.stat(module, &release.version) {
        Ok(info) if info.version == release.version && info.commit == commit.id => {
            Ok(Ok((usable.located, usable.plan)))
        }
        Ok(info) => {
            let (wanted, got) = (&release.version, &info.version);
            Ok(Err(Broken::unfetchable(format!("{}@{wanted} resolves to {got}", module.path))))
        }
        Err(failure) => Broken::from_failure(failure).map(Err),
    }
}

/// Whether the version stands in the list of its module.
pub(super) fn is_listed(trial: &Trial<'_>, release: &Release) -> Result<bool, Fault> {
    match trial.view.versions(&release.module) {
        Ok(versions) => Ok(versions.contains(&release.version)),
        Err(failure) => Broken::from_failure(failure).map(|_| false),
    }
}

/// `release-unfetchable`, for a failure that no other finding explains.
pub(super) fn unexplained(case: &ReleaseCase<'_>, broken: &Broken) -> Found {
    let summary =
        format!("nobody could use {}@{} at this commit", case.path(), case.release.version);
    let fix = match case.tag.trial.other_owner(case.path()) {
        Some(owner) => Fix::same(&[
            format!("git tag -d {}", quote(case.tag.tag)),
            format!("# release it from repository {owner:?}, or under another module path"),
        ]),
        None => Fix::after(case.tag, &["# mend what the go command says, and commit".to_owned()]),
    };
    Found::new(summary, broken.reason.clone(), fix).with(Effect::Breaks)
}
