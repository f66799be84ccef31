//! What go.mod requires (20.5).
//!
//! The replacements of a go.mod count for nobody but its authors, so requirements are judged as they are written. What
//! cannot be known at a push is passed over: modules of other hosts, and commits of other repositories.

use crate::gomod::Require;
use crate::objects::Fault;
use crate::policy::Level;
use crate::{pseudo, version};

use super::advice::{Fix, edit, next_tag, quote};
use super::case::{Effect, Found, GoMod, ReleaseCase};
use super::content::{as_dependency, beside, counted, first, lax, mend, more};
use super::go_version::compare;
use super::replacements::{MAX_COMMANDS, is_replaced_outside};
use super::required::{Known, known, own_module};
use super::table::{Check, Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "What go.mod requires", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "require-invalid",
        default: Level::Reject,
        summary: "a requirement that no consumer can parse",
        consumer: "require a: version \"v2.0.0\" invalid: should be v0 or v1, not v2",
        advice: "Mend the line.",
        hides: &["gomod-syntax", "gomod-strict"],
        check: Check::Release(invalid),
    },
    Rule {
        id: "require-noncanonical",
        default: Level::Warn,
        summary: "a required version that is not written in full",
        consumer: "It is read as another one: v1 as v1.0.0.",
        advice: "go mod tidy",
        hides: &[],
        check: Check::Release(noncanonical),
    },
    // Pseudo-versions are told by the rule after it and not here, so there is no arrow between the two.
    Rule {
        id: "require-missing-version",
        default: Level::Reject,
        summary: "a required version of a module of this host that does not exist (warn where no package needs it)",
        consumer: "M@V requires A@v1.77.0: reading A/go.mod at revision v1.77.0: unknown revision v1.77.0",
        advice: "Push the tag of the dependency first, or with it. Modules of other hosts are not looked up at a push.",
        hides: &[],
        check: Check::Release(missing_version),
    },
    Rule {
        id: "require-bad-pseudo",
        default: Level::Reject,
        summary: "a required pseudo-version of a module of this repository that is not that of a commit (warn where no package needs it)",
        consumer: "M@V requires A@v0.0.0-…: A@v0.0.0-…: invalid version: unknown revision abcdefabcdef",
        advice: "Push the commit, and require it again. Commits of other repositories are not looked up at a push.",
        hides: &[],
        check: Check::Release(bad_pseudo),
    },
    Rule {
        id: "require-zero-pseudo",
        default: Level::Reject,
        summary: "a requirement that stands for a local directory (warn where no package needs it)",
        consumer: "M@V requires A@v0.0.0-00010101000000-000000000000: … unknown revision 000000000000",
        advice: "It came from a replacement by a directory: release the dependency and require that.",
        hides: &[],
        check: Check::Release(zero_pseudo),
    },
    Rule {
        id: "require-unpublished-commit",
        default: Level::Warn,
        summary: "a required commit of this repository that only a branch other than the default one leads to",
        consumer: "It breaks when the branch goes.",
        advice: "Tag the commit. Commits of other repositories are not looked up at a push.",
        hides: &[],
        check: Check::Release(unpublished),
    },
    Rule {
        id: "require-self",
        default: Level::Info,
        summary: "a module that requires itself (reject if a higher version)",
        consumer: "M@v0.45.0 requires M@v1.0.0, not M@v0.45.0",
        advice: "Remove the line.",
        hides: &[],
        check: Check::Release(requires_itself),
    },
    Rule {
        id: "require-retracted",
        default: Level::Warn,
        summary: "a required version of a module of this repository that is retracted or deprecated",
        consumer: "go: warning: A@v1.0.0: retracted by module author",
        advice: "Require a higher version. The go.mod files of other repositories are not read at a push.",
        hides: &[],
        check: Check::Release(retracted),
    },
    Rule {
        id: "require-prerelease",
        default: Level::Info,
        summary: "a release that requires a prerelease or a pseudo-version",
        consumer: "Whoever takes the release takes what is not released.",
        advice: "Require releases where there are some.",
        hides: &[],
        check: Check::Release(prerelease),
    },
];

type Answer = Result<Option<Found>, Fault>;

/// What is wrong with one requirement: the words for the summary, and what consumers see.
struct Reproach<'a> {
    require: &'a Require,
    what: String,
    consumer: String,
}

/// `A@V`.
fn name(require: &Require) -> String {
    format!("{}@{}", require.path, require.version)
}

/// A finding about the first of these, with the number of the others.
fn found(go_mod: &GoMod, reproaches: &[Reproach<'_>], fix: Fix) -> Option<Found> {
    let first = reproaches.first()?;
    let required = format!("{:?} requires {:?}", go_mod.path, name(first.require));
    let summary = format!("{required}{}{}", first.what, more(reproaches.len()));
    let found = Found::new(summary, first.consumer.clone(), fix);
    Some(found.in_go_mod(go_mod, Some(first.require.position.line)))
}

/// The requirements of others, as they are read, save the placeholder for a directory.
fn of_others<'a>(
    case: &'a ReleaseCase<'_>,
) -> Option<(&'a GoMod, impl Iterator<Item = &'a Require> + use<'a>)> {
    let (go_mod, file) = lax(case)?;
    let own = case.path();
    let others = file.require.iter();
    Some((go_mod, others.filter(move |r| r.path != own && !is_zero(&r.version))))
}

/// The pseudo-version that the go command writes for a module that is replaced by a directory (P10).
fn is_zero(v: &str) -> bool {
    pseudo::parse(v)
        .is_ok_and(|parts| parts.timestamp == "00010101000000" && parts.revision == "000000000000")
}

/// The level for requirements that do not exist. From Go 1.17 on a consumer looks at those only whose packages it needs: what
/// nothing imports does no harm.
fn level(case: &ReleaseCase<'_>, reproaches: &[Reproach<'_>]) -> Result<Level, Fault> {
    let (Some((_, file)), Some((_, plan))) = (lax(case), case.usable) else {
        return Ok(Level::Reject);
    };
    let go = file.go.as_ref().map_or("", |go| &go.version);
    if compare(go, "1.17").is_lt() {
        return Ok(Level::Reject);
    }
    let trial = case.tag.trial;
    for Reproach { require, .. } in reproaches {
        if trial.packages.import(trial.push.objects, plan, &require.path)? {
            return Ok(Level::Reject);
        }
    }
    Ok(Level::Warn)
}

/// `require-invalid`.
fn invalid(case: &ReleaseCase<'_>) -> Answer {
    let Some(go_mod) = counted(case) else { return Ok(None) };
    let Err(errors) = &go_mod.parsed else { return Ok(None) };
    let Some((line, reason)) = first(errors) else { return Ok(None) };
    if !errors.0.iter().all(|error| error.verb == "require") {
        return Ok(None);
    }
    let summary = format!("no consumer can parse line {line} of {:?}: {reason}", go_mod.path);
    let mut fix = mend(case, go_mod);
    if errors.0.iter().any(|error| error.reason.contains("invalid: should be ")) {
        fix = fix.with(&[
            "from v2 on the module path ends in /vN, and the version is vN.x.y".to_owned()
        ]);
    }
    let found = Found::new(summary, as_dependency(case, errors), fix);
    Ok(Some(found.in_go_mod(go_mod, Some(line)).with(Effect::Breaks)))
}

/// `require-noncanonical`.
fn noncanonical(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, file)) = lax(case) else { return Ok(None) };
    let odd = file.require.iter().filter(|require| require.written != require.version);
    let reproaches: Vec<Reproach<'_>> = odd
        .map(|require| Reproach {
            require,
            what: format!(", written as {:?}", require.written),
            consumer: format!("{} is read as {}", require.written, require.version),
        })
        .collect();
    let right = |reproach: &Reproach<'_>| {
        edit(&format!("-require={}", name(reproach.require)), &go_mod.path)
    };
    let commands: Vec<String> = reproaches.iter().take(MAX_COMMANDS).map(right).collect();
    let fix = Fix::mend(case.tag, &commands, "canonical versions");
    Ok(found(go_mod, &reproaches, fix))
}

/// `require-missing-version`.
fn missing_version(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, requires)) = of_others(case) else { return Ok(None) };
    let (mut reproaches, mut first) = (Vec::new(), None);
    for require in requires.filter(|require| !pseudo::is_pseudo(&require.version)) {
        let known = known(case, require)?;
        if let Known::Missing { reason, .. } = &*known {
            if is_replaced_outside(case, &require.path)? {
                continue;
            }
            reproaches.push(Reproach {
                require,
                what: ", which does not exist".to_owned(),
                consumer: format!("{} requires {}: {reason}", case.name(), name(require)),
            });
            first.get_or_insert(known);
        }
    }
    let Some(first) = first else { return Ok(None) };
    let Known::Missing { tag: Some(tag), repository, .. } = &*first else { return Ok(None) };
    let level = level(case, &reproaches)?;
    let fix = push_before(case, go_mod, tag, repository.as_deref());
    Ok(found(go_mod, &reproaches, fix).map(|found| found.at_level(level)))
}

/// What whoever requires the module sees of a requirement that does not exist.
pub(super) fn missing_reason(
    case: &ReleaseCase<'_>,
    require: &Require,
) -> Result<Option<String>, Fault> {
    Ok(match &*known(case, require)? {
        Known::Missing { reason, .. } => {
            Some(format!("{} requires {}: {reason}", case.name(), name(require)))
        }
        _ => None,
    })
}

/// Push the tag of the dependency: with this one, or before it from where it lies.
fn push_before(case: &ReleaseCase<'_>, go_mod: &GoMod, tag: &str, repository: Option<&str>) -> Fix {
    let (own, tag) = (quote(case.tag.tag), quote(tag));
    let notes = [
        "if it is not to be released, require a version that exists, and tag again:".to_owned(),
        format!("  {}", beside(go_mod, "go get MODULE@VERSION")),
    ];
    let fix = match repository {
        None => Fix {
            refused: format!("git push origin {tag} {own}"),
            admitted: format!("git push origin {tag}"),
        },
        Some(other) => {
            let first = format!("# in a clone of {other:?}:\ngit push origin {tag}");
            Fix {
                refused: format!("{first}\n# then here:\ngit push origin {own}"),
                admitted: first,
            }
        }
    };
    fix.with(&notes)
}

/// `require-bad-pseudo`.
fn bad_pseudo(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, requires)) = of_others(case) else { return Ok(None) };
    let mut reproaches = Vec::new();
    for require in requires.filter(|require| pseudo::is_pseudo(&require.version)) {
        if let Known::Missing { reason, .. } = &*known(case, require)? {
            reproaches.push(Reproach {
                require,
                what: ", which is not the pseudo-version of a commit here".to_owned(),
                consumer: format!("{} requires {}: {reason}", case.name(), name(require)),
            });
        }
    }
    let Some(first) = reproaches.first() else { return Ok(None) };
    let revision = pseudo::parse(&first.require.version).map_or("main", |parts| parts.revision);
    let get = format!("go get {}", quote(&format!("{}@{revision}", first.require.path)));
    let commands = [
        "# push the branch with the commit; then:".to_owned(),
        beside(go_mod, &get),
        beside(go_mod, "go mod tidy"),
    ];
    let fix = Fix::mend(case.tag, &commands, "require what exists");
    let level = level(case, &reproaches)?;
    Ok(found(go_mod, &reproaches, fix).map(|found| found.at_level(level)))
}

/// `require-zero-pseudo`.
fn zero_pseudo(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, file)) = lax(case) else { return Ok(None) };
    let zero = file.require.iter().filter(|require| is_zero(&require.version));
    let reproaches: Vec<Reproach<'_>> = zero
        .map(|require| Reproach {
            require,
            what: ", which only stands for a local directory".to_owned(),
            consumer: format!(
                "{} requires {name}: {name}: invalid version: unknown revision 000000000000",
                case.name(),
                name = name(require)
            ),
        })
        .collect();
    let get = |reproach: &Reproach<'_>| {
        let path = &reproach.require.path;
        let drop = edit(&format!("-dropreplace={path}"), &go_mod.path);
        [drop, beside(go_mod, &format!("go get {}", quote(&format!("{path}@latest"))))]
    };
    let mut commands = vec!["# when the dependency is released:".to_owned()];
    commands.extend(reproaches.iter().take(MAX_COMMANDS).flat_map(get));
    commands.push(beside(go_mod, "go mod tidy"));
    let fix = Fix::mend(case.tag, &commands, "require what is released");
    let level = level(case, &reproaches)?;
    Ok(found(go_mod, &reproaches, fix).map(|found| found.at_level(level)))
}

/// `require-unpublished-commit`.
fn unpublished(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, requires)) = of_others(case) else { return Ok(None) };
    let (mut reproaches, mut steps) = (Vec::new(), Vec::new());
    for require in requires.filter(|require| pseudo::is_pseudo(&require.version)) {
        let known = known(case, require)?;
        let Known::There(Some(commit)) = &*known else { continue };
        if case.tag.trial.is_kept(*commit)? != Some(false) {
            continue;
        }
        if let Some(module) = own_module(case, &require.path)?.filter(|_| steps.is_empty()) {
            let major = version::major(&require.version);
            let tag = quote(&next_tag(case.tag.trial, &module.code_dir, major));
            steps.push(format!("git tag {tag} {}", commit.short()));
            steps.push(format!("git push origin {tag}"));
        }
        reproaches.push(Reproach {
            require,
            what: ", a commit that neither the default branch nor a tag leads to".to_owned(),
            consumer: format!("{} is gone when its branch goes", name(require)),
        });
    }
    Ok(found(go_mod, &reproaches, Fix::same(&steps)))
}

/// `require-self`.
fn requires_itself(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, file)) = lax(case) else { return Ok(None) };
    let own = |require: &&Require| require.path == case.path();
    let is_higher =
        |require: &&Require| version::compare(&require.version, &case.release.version).is_gt();
    let Some(any) = file.require.iter().find(own) else { return Ok(None) };
    let higher = file.require.iter().filter(own).find(is_higher);
    let require = higher.unwrap_or(any);
    let consumer = if higher.is_some() {
        format!("{own} requires {}, not {own}", name(require), own = case.name())
    } else {
        format!("nothing: {} is at least that", case.name())
    };
    let reproaches = [Reproach { require, what: ": itself".to_owned(), consumer }];
    let command = edit(&format!("-droprequire={}", case.path()), &go_mod.path);
    let fix = Fix::mend(case.tag, &[command], "do not require the module itself");
    let level = if higher.is_some() { Level::Reject } else { Level::Info };
    Ok(found(go_mod, &reproaches, fix).map(|found| found.at_level(level)))
}

/// `require-retracted`.
fn retracted(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, requires)) = of_others(case) else { return Ok(None) };
    let mut reproaches = Vec::new();
    for require in requires {
        let Some(module) = own_module(case, &require.path)? else { continue };
        let retractions = match case.tag.trial.view.retractions(&module) {
            Ok(retractions) => retractions,
            Err(crate::resolve::Failure::Fault(fault)) => return Err(fault),
            Err(_) => continue,
        };
        let bare = require.version.strip_suffix("+incompatible").unwrap_or(&require.version);
        let (what, consumer) = if let Some(interval) = retractions.find(bare) {
            let why = interval.rationale.lines().next().unwrap_or_default();
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            let text = format!("go: warning: {}: retracted by module author{why}", name(require));
            (", which is retracted".to_owned(), text)
        } else if let Some(why) = retractions.deprecated() {
            let text = format!("go: module {} is deprecated: {why}", require.path);
            (", a module that is deprecated".to_owned(), text)
        } else {
            continue;
        };
        reproaches.push(Reproach { require, what, consumer });
    }
    let get = |reproach: &Reproach<'_>| {
        beside(go_mod, &format!("go get {}", quote(&format!("{}@latest", reproach.require.path))))
    };
    let mut commands: Vec<String> = reproaches.iter().take(MAX_COMMANDS).map(get).collect();
    commands.push(beside(go_mod, "go mod tidy"));
    let fix = Fix::mend(case.tag, &commands, "upgrade what is retracted");
    Ok(found(go_mod, &reproaches, fix))
}

/// `require-prerelease`; what is required indirectly is not the author's choice.
fn prerelease(case: &ReleaseCase<'_>) -> Answer {
    if !version::prerelease(&case.release.version).is_empty() {
        return Ok(None);
    }
    let Some((go_mod, requires)) = of_others(case) else { return Ok(None) };
    let direct = requires.filter(|r| !r.indirect && !version::prerelease(&r.version).is_empty());
    let reproaches: Vec<Reproach<'_>> = direct
        .map(|require| Reproach {
            require,
            what: ", which is no release".to_owned(),
            consumer: format!("whoever takes {} takes {}", case.name(), name(require)),
        })
        .collect();
    let note = "# nothing, if there is no release that would do".to_owned();
    Ok(found(go_mod, &reproaches, Fix::same(&[note])))
}
