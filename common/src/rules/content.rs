//! What go.mod says (20.5), requirements aside.
//!
//! Two readings matter: the lax one is what everybody makes of the file who requires the module, the strict one what
//! `go install M/cmd@V` makes of it, and every go command in a clone. A mistake that a rule about one directive explains is
//! not told again by `gomod-syntax` or `gomod-strict`: such a rule speaks only where all errors are about its
//! directive, so none is lost.
//!
//! Reading order: this file (both readings), `go_directive`, `replacements`.

use crate::gomod::{Errors, File};
use crate::objects::Fault;
use crate::policy::Level;

use super::advice::{Fix, edit, quote};
use super::case::{Effect, Found, GoMod, ReleaseCase};
use super::go_directive;
use super::replacements;
use super::table::{Check, Family, Rule};

/// This family.
pub(super) const FAMILY: Family = Family { title: "What go.mod says", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "gomod-syntax",
        default: Level::Reject,
        summary: "a go.mod that no consumer can parse",
        consumer: "M@V requires M@V: parsing go.mod: go.mod:3: …",
        advice: "Mend the line.",
        hides: &[],
        check: Check::Release(syntax),
    },
    Rule {
        id: "gomod-strict",
        default: Level::Warn,
        summary: "a go.mod that can be parsed in a dependency, but not in a main module (reject if a main package exists)",
        consumer: "go install M/cmd@V: go.mod:5: unknown directive: frob",
        advice: "Mend the line.",
        hides: &[],
        check: Check::Release(strict),
    },
    Rule {
        id: "go-directive-missing",
        default: Level::Warn,
        summary: "a go.mod without go directive",
        consumer: "The language is that of Go 1.16, and consumers load the go.mod files of everything below the module.",
        advice: "go mod edit -go=VERSION, with the oldest Go that the module works with.",
        hides: &[],
        check: Check::Release(go_directive::missing),
    },
    Rule {
        id: "go-directive-invalid",
        default: Level::Warn,
        summary: "a go directive that is no Go version (reject if no consumer can parse it, or a main package exists)",
        consumer: "invalid go version '1.20.x': must match format 1.23.0",
        advice: "Write MAJOR.MINOR or MAJOR.MINOR.PATCH.",
        hides: &["gomod-syntax", "gomod-strict"],
        check: Check::Release(go_directive::invalid),
    },
    Rule {
        id: "go-directive-too-new",
        default: Level::Warn,
        summary: "a go directive beyond the newest Go release that this host knows",
        consumer: "M@V requires go >= 1.99 (running go 1.27.3; GOTOOLCHAIN=local)",
        advice: "Lower it.",
        hides: &[],
        check: Check::Release(go_directive::too_new),
    },
    Rule {
        id: "go-directive-raised",
        default: Level::Info,
        summary: "a go directive that a patch release raises",
        consumer: "Whoever takes the patch may have to take a newer toolchain too.",
        advice: "Raise it in a minor release.",
        hides: &[],
        check: Check::Release(go_directive::raised),
    },
    // Replacements by directories are told by the rule after it and not here, so there is no arrow between the two.
    Rule {
        id: "replace-directive",
        default: Level::Warn,
        summary: "a go.mod that replaces modules by others (reject if a main package exists)",
        consumer: "Ignored by whoever requires the module; go install M/cmd@V: The go.mod file for the module providing named packages contains one or more replace directives.",
        advice: "Remove it before tagging; go.work is the place for it.",
        hides: &[],
        check: Check::Release(replacements::replace),
    },
    Rule {
        id: "replace-local-path",
        default: Level::Reject,
        summary: "a go.mod that replaces modules by directories (warn where no main package exists and every clone has the directories)",
        consumer: "Consumers use the released version, which nobody has tested with this one, or fail.",
        advice: "Publish the dependency and require it; go.work is the place for directories.",
        hides: &[],
        check: Check::Release(replacements::local),
    },
    Rule {
        id: "exclude-directive",
        default: Level::Warn,
        summary: "a go.mod that excludes versions (reject if a main package exists)",
        consumer: "Ignored by whoever requires the module; go install M/cmd@V: The go.mod file for the module providing named packages contains one or more exclude directives.",
        advice: "Require a higher version instead.",
        hides: &[],
        check: Check::Release(replacements::exclude),
    },
    Rule {
        id: "gosum-stale",
        default: Level::Info,
        summary: "a go.sum that is missing, or lacks lines for the requirements",
        consumer: "Only clones see it: missing go.sum entry",
        advice: "go mod tidy",
        hides: &[],
        check: Check::Release(replacements::stale_sums),
    },
];

type Answer = Result<Option<Found>, Fault>;

/// The go.mod that counts, if it was read.
pub(super) fn counted<'a>(case: &'a ReleaseCase<'_>) -> Option<&'a GoMod> {
    case.go_mod().filter(|go_mod| !go_mod.text.is_empty())
}

/// The go.mod that counts, as consumers read it.
pub(super) fn lax<'a>(case: &'a ReleaseCase<'_>) -> Option<(&'a GoMod, &'a File)> {
    let go_mod = counted(case)?;
    Some((go_mod, go_mod.parsed.as_ref().ok()?))
}

/// The go.mod that counts, as the author's go command reads it.
pub(super) fn strictly<'a>(case: &'a ReleaseCase<'_>) -> Option<(&'a GoMod, &'a File)> {
    let go_mod = counted(case)?;
    Some((go_mod, go_mod.strictly().as_ref().ok()?))
}

/// `gomod-syntax`.
fn syntax(case: &ReleaseCase<'_>) -> Answer {
    let Some(go_mod) = case.go_mod() else { return Ok(None) };
    let Err(errors) = &go_mod.parsed else { return Ok(None) };
    let Some((line, reason)) = first(errors) else { return Ok(None) };
    let summary = format!("no consumer can parse {:?}: line {line}: {reason}", go_mod.path);
    let consumer = as_dependency(case, errors);
    let found = Found::new(summary, consumer, mend(case, go_mod));
    Ok(Some(found.in_go_mod(go_mod, Some(line)).with(Effect::Breaks)))
}

/// `gomod-strict`.
fn strict(case: &ReleaseCase<'_>) -> Answer {
    let Some((go_mod, _)) = lax(case) else { return Ok(None) };
    let Err(errors) = &go_mod.strict() else { return Ok(None) };
    let Some((line, reason)) = first(errors) else { return Ok(None) };
    let summary = format!("{:?} is only fit for a dependency: line {line}: {reason}", go_mod.path);
    let main = case.main_package()?;
    let consumer = as_main(case, main.as_deref(), errors);
    let found = Found::new(summary, consumer, mend(case, go_mod));
    let level = if main.is_some() { Level::Reject } else { Level::Warn };
    Ok(Some(found.in_go_mod(go_mod, Some(line)).at_level(level)))
}

/// The first error: its line, and its reason with the number of further ones.
pub(super) fn first(errors: &Errors) -> Option<(u32, String)> {
    let first = errors.0.first()?;
    let reason = format!("{}{}", visible(&first.reason), more(errors.0.len()));
    Some((first.position.line, reason))
}

/// How many there are besides the one that is named.
pub(super) fn more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    }
}

/// What whoever requires the module sees of these errors.
pub(super) fn as_dependency(case: &ReleaseCase<'_>, errors: &Errors) -> String {
    let name = case.name();
    format!("{name} requires {name}: parsing go.mod: {errors}")
}

/// What whoever builds the module itself sees of these errors.
pub(super) fn as_main(case: &ReleaseCase<'_>, main: Option<&str>, errors: &Errors) -> String {
    let version = &case.release.version;
    match main {
        Some(main) => {
            format!("go install {main}@{version}: {main}@{version} (in {}): {errors}", case.name())
        }
        None => format!("in a clone: errors parsing go.mod: {errors}"),
    }
}

/// Mend the file by hand; the go command says when it is done.
pub(super) fn mend(case: &ReleaseCase<'_>, go_mod: &GoMod) -> Fix {
    let check = format!("# mend {}; this must print nothing but JSON:", quote(&go_mod.path));
    Fix::mend(case.tag, &[check, edit("-json", &go_mod.path)], "mend go.mod")
}

/// A command that is to be run in the directory of this go.mod.
pub(super) fn beside(go_mod: &GoMod, command: &str) -> String {
    match go_mod.path.rsplit_once('/') {
        Some((directory, _)) => format!("(cd {} && {command})", quote(directory)),
        None => command.to_owned(),
    }
}

/// The go command's text with everything escaped that a terminal would act on. It has quoted what it took from the
/// file already; its quotes stay as they are.
pub(super) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '"' | '\'' | '\\') {
            visible.push(c);
        } else {
            visible.extend(c.escape_debug());
        }
    }
    visible
}
