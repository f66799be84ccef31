//! Whether a pseudo-version tells the truth about its commit (rules PV1 to PV8).

use crate::objects::Commit;
use crate::tags::Module;
use crate::{pseudo, timestamp, version};

use super::{Failure, Revision, View};

impl View<'_> {
    /// PV2 to PV7 for a pseudo-version of `commit`.
    ///
    /// # Errors
    /// The go command's text, which names the part that is wrong.
    pub(super) fn check_pseudo(
        &self,
        module: &Module,
        revision: &Revision,
        pseudo_version: &str,
    ) -> Result<(), Failure> {
        let wrap_as = |version: &str, reason: String| {
            let path = &module.path;
            Failure::Other(format!("{path}@{version}: invalid pseudo-version: {reason}"))
        };
        let wrap = |reason| wrap_as(pseudo_version, reason);
        let commit = &revision.commit;
        check_names(revision, pseudo_version).map_err(wrap)?;
        let without = pseudo_version.strip_suffix("+incompatible").unwrap_or(pseudo_version);
        // What cannot have a base is named without the suffix.
        let base =
            pseudo::base(without).map_err(|error| wrap_as(without, error.reason.to_string()))?;
        match base {
            Some(base) => match self.check_base(module, commit, &base)? {
                Some(reason) => Err(wrap(reason)),
                None => Ok(()),
            },
            None if module.pseudo_major().is_empty() && version::major(pseudo_version) == "v1" => {
                Err(wrap("major version without preceding tag must be v0, not v1".to_owned()))
            }
            None => Ok(()),
        }
    }

    /// PV6 and PV7: what is wrong with the base, if anything.
    fn check_base(
        &self,
        module: &Module,
        commit: &Commit,
        base: &str,
    ) -> Result<Option<String>, Failure> {
        let prefix = module.tag_prefix();
        let bare = |tag: &str| tag.strip_prefix(&prefix).unwrap_or(tag).to_owned();
        if let Some(tag) = self.tags_of(commit.id).find(|tag| bare(tag) == base) {
            return Ok(Some(format!(
                "tag ({tag}) found on revision {} is already canonical, so should not be replaced \
                 with a pseudo-version derived from that tag",
                commit.id.short()
            )));
        }
        let wanted = format!("{prefix}{base}");
        let mut last = None;
        let tags = self.refs().tags.range(wanted.clone()..);
        for (name, tag) in tags.take_while(|(name, _)| name.starts_with(&wanted)) {
            if version::compare(&bare(name), base).is_eq() {
                last = Some(name);
                if self.graph()?.descends(commit.id, tag.peeled) {
                    return Ok(None);
                }
            }
        }
        Ok(Some(match last {
            None => format!("preceding tag ({base}) not found"),
            Some(tag) => format!(
                "revision {} is not a descendent of preceding tag ({tag})",
                commit.id.short()
            ),
        }))
    }
}

/// PV2 and PV3: revision and timestamp must be those of the commit.
fn check_names(found: &Revision, pseudo_version: &str) -> Result<(), String> {
    let parts = pseudo::parse(pseudo_version).map_err(|error| error.reason.to_string())?;
    let (revision, short) = (parts.revision, found.commit.id.short());
    if revision != short {
        let how = if revision.starts_with(&short) {
            "revision is longer than canonical"
        } else if short.starts_with(revision) {
            "revision is shorter than canonical"
        } else {
            "does not match short name of revision"
        };
        return Err(format!("{how} (expected {short})"));
    }
    if timestamp::from_digits(parts.timestamp).is_none() {
        return Err(format!("malformed time {:?}", parts.timestamp));
    }
    let expected = timestamp::digits(found.time);
    if parts.timestamp != expected {
        return Err(format!("does not match version-control timestamp (expected {expected})"));
    }
    Ok(())
}
