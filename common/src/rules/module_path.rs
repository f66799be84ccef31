//! The module path in go.mod against the path that the repository serves (20.4, D7 to D10).
//!
//! The go command first looks at the major suffix only (D9); whoever requires the module compares the whole
//! path (F15). Where `vN/go.mod` exists it alone counts.

use crate::module::{self, PathError};
use crate::objects::Fault;
use crate::policy::Level;
use crate::tags::join;
use crate::version;

use super::advice::{Fix, next_tag, quote};
use super::case::{Effect, Found, GoMod, ReleaseCase};
use super::module_line::{bom, scanner_disagrees};
use super::placement::declare;
use super::table::{Check, Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "The module path", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "module-path-mismatch",
        default: Level::Reject,
        summary: "go.mod declares another module path than the repository serves",
        consumer: "module declares its path as: X but was required as: M",
        advice: "Change the module line. If the repository moved, say so in the settings.",
        hides: &[],
        check: Check::Release(mismatch),
    },
    Rule {
        id: "module-path-case",
        default: Level::Reject,
        summary: "go.mod declares the module path in another case",
        consumer: "module declares its path as: X but was required as: M",
        advice: "Write the module path as the host has it, letter by letter.",
        hides: &["module-path-mismatch"],
        check: Check::Release(case),
    },
    Rule {
        id: "module-path-invalid",
        default: Level::Reject,
        summary: "go.mod declares a path that no module may have",
        consumer: "malformed module path \"lib\": missing dot in first path element; or: module declares its path as: X but was required as: M",
        advice: "Declare the path that the repository serves.",
        hides: &["module-path-mismatch"],
        check: Check::Release(invalid),
    },
    Rule {
        id: "major-suffix-missing",
        default: Level::Reject,
        summary: "a release from v2 on whose module path lacks /vN",
        consumer: "module contains a go.mod file, so module path must match major version (\"M/v2\"); the version is in no list.",
        advice: "Change the path to M/v2, in go.mod and in imports, or stay on v1.",
        hides: &["module-path-mismatch"],
        check: Check::Release(suffix_missing),
    },
    Rule {
        id: "major-suffix-mismatch",
        default: Level::Reject,
        summary: "the /vN of the module path is not the major version of the tag",
        consumer: "go.mod has post-v1 module path \"M/v2\" at revision v1.0.0",
        advice: "Tag with the major version that the module path names.",
        hides: &["module-path-mismatch"],
        check: Check::Release(suffix_mismatch),
    },
    Rule {
        id: "major-suffix-v0-v1",
        default: Level::Reject,
        summary: "a module path that ends in /v0, /v1, /v02 or /v1.2",
        consumer: "go.mod has malformed module path \"M/v1\" at revision v1.0.0",
        advice: "Remove the suffix: v0 and v1 have none.",
        hides: &[
            "module-path-mismatch",
            "module-path-invalid",
            "major-suffix-mismatch",
            "major-suffix-missing",
        ],
        check: Check::Release(suffix_v0_v1),
    },
    Rule {
        id: "major-defined-twice",
        default: Level::Reject,
        summary: "go.mod and vN/go.mod both declare /vN",
        consumer: "M/go.mod and .../v2/go.mod both have .../v2 module paths at revision v2.2.0",
        advice: "Keep one of them.",
        hides: &[],
        check: Check::Release(defined_twice),
    },
    Rule {
        id: "major-dir-broken",
        default: Level::Reject,
        summary: "vN/go.mod exists and does not declare /vN",
        consumer: "M/v2/go.mod has non-.../v2 module path \"M\" at revision v2.0.0",
        advice: "Mend the module line of vN/go.mod, even where the go.mod of the root is right.",
        hides: &["major-suffix-missing"],
        check: Check::Release(dir_broken),
    },
    Rule {
        id: "gomod-scanner-disagrees",
        default: Level::Reject,
        summary: "a module line that the go command's quick look reads otherwise than its parser (warn where the version can be used all the same)",
        consumer: "go.mod is missing module path at revision v1.0.0, or: has non-.../v2 module path \"(\"; backquotes: invalid quoted string",
        advice: "Write one plain line, module PATH, before everything else.",
        hides: &["gomod-syntax"],
        check: Check::Release(scanner_disagrees),
    },
    Rule {
        id: "gomod-bom",
        default: Level::Reject,
        summary: "a go.mod that begins with a byte order mark",
        consumer: "go.mod is missing module path at revision v1.0.0",
        advice: "Save it as UTF-8 without the mark.",
        hides: &["gomod-syntax", "gomod-strict"],
        check: Check::Release(bom),
    },
];

type Answer = Result<Option<Found>, Fault>;

/// A module path as a go.mod declares it.
struct Declared<'a> {
    go_mod: &'a GoMod,
    path: &'a str,
    line: Option<u32>,
}

impl<'a> Declared<'a> {
    fn of(go_mod: &'a GoMod) -> Option<Self> {
        let (path, line) = go_mod.declared()?;
        Some(Self { go_mod, path, line })
    }

    /// `vN`, empty without a major suffix; `None` where the suffix is malformed (M6).
    fn major(&self) -> Option<&'a str> {
        let (_, suffix) = module::split_path_version(self.path)?;
        Some(suffix.get(1..).unwrap_or_default())
    }

    /// Whether D8 holds, save that `.v0` and `.v1` are not looked at: such a path is a mismatch anyway.
    fn fits(&self, wanted: &str) -> bool {
        self.major() == Some(wanted)
    }

    /// A path of gopkg.in has rules of its own: it is the repository's path, or a mismatch.
    fn is_foreign(&self) -> bool {
        self.path.starts_with("gopkg.in/")
    }

    fn found(&self, case: &ReleaseCase<'_>, summary: String, fix: Fix) -> Found {
        let consumer = case.failure(|| declares(self.path, case.path()));
        let found = Found::new(summary, consumer, fix).with(Effect::Breaks);
        found.in_go_mod(self.go_mod, self.line)
    }

    /// Declare the right path instead.
    fn mend(&self, case: &ReleaseCase<'_>) -> Fix {
        let command = declare(case.path(), &self.go_mod.path);
        Fix::mend(case.tag, &[command], &format!("module path {}", case.path()))
    }
}

fn declares(declared: &str, wanted: &str) -> String {
    format!("module declares its path as: {declared} but was required as: {wanted}")
}

/// What go.mod in the tag's own directory declares, where no `vN/go.mod` goes before it.
fn own<'a>(case: &'a ReleaseCase<'_>) -> Option<Declared<'a>> {
    if case.other.is_some() {
        return None;
    }
    Declared::of(case.own.as_ref()?).filter(|declared| !declared.is_foreign())
}

/// `module-path-mismatch`.
pub(super) fn mismatch(case: &ReleaseCase<'_>) -> Answer {
    let Some(declared) = case.go_mod().and_then(Declared::of) else { return Ok(None) };
    let is_broken_dir = case.other.is_some() && !declared.fits(case.wanted_major());
    if declared.path == case.path() || is_broken_dir {
        return Ok(None);
    }
    let summary = differs(&declared, case);
    let push = case.tag.trial.push;
    let mut notes = Vec::new();
    match case.tag.trial.other_owner(declared.path) {
        Some(owner) => notes.push(format!(
            "a fork of {owner:?}? push the tag there first, then it is let in here unjudged"
        )),
        None => notes.push(
            "the repository is served under another path? the operator mends [host] prefix"
                .to_owned(),
        ),
    }
    notes.push(format!(
        "a mirror? the operator writes [[policy.repository]] match = {:?}, kind = \"mirror\"",
        push.repository
    ));
    if !push.testimony.has_releases {
        notes.push(IMPORT.to_owned());
    }
    let fix = declared.mend(case).with(&notes);
    Ok(Some(declared.found(case, summary, fix)))
}

/// How history comes in that was made elsewhere.
pub(super) const IMPORT: &str =
    "tags that were made elsewhere come in with:\n#   git push -o modgate.import origin --tags";

fn differs(declared: &Declared<'_>, case: &ReleaseCase<'_>) -> String {
    format!("go.mod declares module {:?}, but this is {:?}", declared.path, case.path())
}

/// `module-path-case`.
pub(super) fn case(case: &ReleaseCase<'_>) -> Answer {
    let Some(declared) = case.go_mod().and_then(Declared::of) else { return Ok(None) };
    if declared.path == case.path() || !declared.path.eq_ignore_ascii_case(case.path()) {
        return Ok(None);
    }
    let summary = format!("{}: the case differs", differs(&declared, case));
    Ok(Some(declared.found(case, summary, declared.mend(case))))
}

/// `module-path-invalid`.
pub(super) fn invalid(case: &ReleaseCase<'_>) -> Answer {
    let Some(declared) = case.go_mod().and_then(Declared::of) else { return Ok(None) };
    let Err(PathError::Module { why, .. }) = module::check_path(declared.path) else {
        return Ok(None);
    };
    if case.other.is_some() && !declared.fits(case.wanted_major()) {
        return Ok(None);
    }
    let summary = format!(
        "go.mod declares module {:?}, a path that no module may have: {why}",
        declared.path
    );
    if declared.path == case.path() {
        // Then the directory or the repository has a name that no path may hold.
        let steps = match case.tag.prefix {
            "" => "# the repository needs another name: the path comes from it".to_owned(),
            prefix => format!("# rename directory {}, and tag with the new name", quote(prefix)),
        };
        return Ok(Some(declared.found(case, summary, Fix::after(case.tag, &[steps]))));
    }
    let mut fix = declared.mend(case);
    if !case.tag.trial.push.testimony.has_releases {
        fix = fix.with(&[IMPORT.to_owned()]);
    }
    Ok(Some(declared.found(case, summary, fix)))
}

/// `major-suffix-missing`.
pub(super) fn suffix_missing(case: &ReleaseCase<'_>) -> Answer {
    let wanted = case.wanted_major();
    let Some(declared) = own(case).filter(|declared| declared.major() == Some("")) else {
        return Ok(None);
    };
    if wanted.is_empty() {
        return Ok(None);
    }
    let summary = format!(
        "go.mod declares module {:?}, but a {wanted} release must declare {:?}",
        declared.path,
        case.path()
    );
    let v1 = next_tag(case.tag.trial, case.tag.prefix, "v1");
    let notes = [
        format!("imports of the module's own packages become {}/...", case.path()),
        format!("or, if nothing breaks for users, release it as {}", quote(&v1)),
    ];
    Ok(Some(declared.found(case, summary, declared.mend(case).with(&notes))))
}

/// `major-suffix-mismatch`.
pub(super) fn suffix_mismatch(case: &ReleaseCase<'_>) -> Answer {
    let wanted = case.wanted_major();
    let Some(declared) = own(case) else { return Ok(None) };
    let Some(major) = declared.major().filter(|major| !major.is_empty() && *major != wanted) else {
        return Ok(None);
    };
    let summary = format!(
        "go.mod declares module {:?}, which is {major}, but the tag is {}",
        declared.path,
        version::major(case.tag.base)
    );
    let right = next_tag(case.tag.trial, case.tag.prefix, major);
    let notes = [
        "or declare the path of the tag:".to_owned(),
        format!("  {}", declare(case.path(), &declared.go_mod.path)),
    ];
    let fix = Fix::rename(case.tag, &right).with(&notes);
    Ok(Some(declared.found(case, summary, fix)))
}

/// `major-suffix-v0-v1`.
pub(super) fn suffix_v0_v1(case: &ReleaseCase<'_>) -> Answer {
    let Some(declared) = own(case).filter(|declared| declared.major().is_none()) else {
        return Ok(None);
    };
    let suffix = declared.path.rsplit('/').next().unwrap_or_default();
    let summary = format!(
        "go.mod declares module {:?}, but no module path may end in {:?}",
        declared.path,
        format!("/{suffix}")
    );
    Ok(Some(declared.found(case, summary, declared.mend(case))))
}

/// `major-defined-twice`.
pub(super) fn defined_twice(case: &ReleaseCase<'_>) -> Answer {
    let (Some(own), Some(other)) = (&case.own, &case.other) else { return Ok(None) };
    let wanted = case.wanted_major();
    let fits = |go_mod| Declared::of(go_mod).is_some_and(|declared| declared.fits(wanted));
    if !fits(own) || !fits(other) {
        return Ok(None);
    }
    let summary = format!("{:?} and {:?} both declare a {wanted} module", own.path, other.path);
    let consumer = case.failure(|| format!("both have .../{wanted} module paths"));
    let v1 = case.path().strip_suffix(&format!("/{wanted}")).unwrap_or_else(|| case.path());
    let keep = format!("# keep one of them: {wanted}/ for {wanted}, and for v1:");
    let fix = Fix::mend(case.tag, &[keep, declare(v1, &own.path)], &format!("{wanted} once"));
    let found = Found::new(summary, consumer, fix).with(Effect::Breaks);
    Ok(Some(found.in_go_mod(own, own.declared().and_then(|(_, line)| line))))
}

/// `major-dir-broken`.
pub(super) fn dir_broken(case: &ReleaseCase<'_>) -> Answer {
    let Some(other) = &case.other else { return Ok(None) };
    let wanted = case.wanted_major();
    let declared = Declared::of(other);
    let unparsed = other.parsed.is_err() && declared.is_none();
    if unparsed || declared.as_ref().is_some_and(|declared| declared.fits(wanted)) {
        return Ok(None);
    }
    let what = match &declared {
        Some(declared) => format!("declares module {:?}", declared.path),
        None => "has no module line".to_owned(),
    };
    let summary = format!("{:?} {what}, but must declare {:?}", other.path, case.path());
    let consumer = case.failure(|| {
        format!("{} has non-.../{wanted} module path", join(case.tag.prefix, "go.mod"))
    });
    let command = declare(case.path(), &other.path);
    let fix = Fix::mend(case.tag, &[command], &format!("module path {}", case.path()));
    let found = Found::new(summary, consumer, fix).with(Effect::Breaks);
    Ok(Some(found.in_go_mod(other, declared.and_then(|declared| declared.line))))
}
