//! What go.mod takes back (20.6).
//!
//! Intervals are judged one by one, and of each only the first of these is said: it cannot be read, is the wrong way round,
//! of another major, a shorthand, without effect, without a reason. So these rules exclude one another where they have
//! one cause, and no arrow of K8 stands between them: it would hide what is wrong with another line.
//!
//! `releases` has the rules that look at other releases, `deprecation` those about that comment, `coverage` what a list
//! of intervals takes back.

use crate::gomod::{Retract, SyntaxError};
use crate::objects::Fault;
use crate::policy::Level;
use crate::{module, pseudo, version};

use super::advice::{Fix, edit};
use super::case::{Found, GoMod, ReleaseCase};
use super::siblings::Siblings;
use super::table::{Check, Family, Rule};

mod coverage;
mod deprecation;
mod releases;

use coverage::{MAX_INTERVALS, inside};

/// This family.
pub(super) const FAMILY: Family = Family { title: "Retractions and deprecation", rules: RULES };

const RULES: &[Rule] = &[
    Rule {
        id: "retract-malformed",
        default: Level::Reject,
        summary: "a retraction that cannot be read, or whose bounds are no full versions",
        consumer: "It is ignored without a word; with an invalid lower bound everything below the upper one is retracted.",
        advice: "Write retract v1.0.1, or retract [v1.0.0, v1.2.3].",
        hides: &["gomod-strict", "gomod-syntax"],
        check: Check::Release(malformed),
    },
    Rule {
        id: "retract-inverted",
        default: Level::Reject,
        summary: "a retraction whose lower bound is above the upper one",
        consumer: "Nothing is retracted.",
        advice: "Swap the bounds.",
        hides: &[],
        check: Check::Release(inverted),
    },
    Rule {
        id: "retract-shorthand",
        default: Level::Warn,
        summary: "a retraction of v1 or v1.2",
        consumer: "It retracts v1.0.0 or v1.2.0 alone.",
        advice: "Write the range.",
        hides: &[],
        check: Check::Release(shorthand),
    },
    Rule {
        id: "retract-no-effect",
        default: Level::Warn,
        summary: "a retraction of versions that no tag has",
        consumer: "Nothing is retracted.",
        advice: "Check the numbers.",
        hides: &[],
        check: Check::Release(no_effect),
    },
    Rule {
        id: "retract-not-highest",
        default: Level::Warn,
        summary: "a retraction or deprecation that the highest release does not have",
        consumer: "It has no effect: only the go.mod of the highest release counts.",
        advice: "Write it into a version above the highest release.",
        hides: &[],
        check: Check::Release(releases::not_highest),
    },
    Rule {
        id: "retract-dropped",
        default: Level::Warn,
        summary: "a highest release without a retraction or the deprecation of the one before",
        consumer: "The old versions become visible again.",
        advice: "Carry the retractions forward.",
        hides: &[],
        check: Check::Release(releases::dropped),
    },
    Rule {
        id: "retract-all",
        default: Level::Info,
        summary: "every version is retracted",
        consumer: "@latest is a pseudo-version of the newest commit.",
        advice: "Nothing, if it is meant.",
        hides: &[],
        check: Check::Release(releases::all),
    },
    Rule {
        id: "retract-no-reason",
        default: Level::Info,
        summary: "a retraction without a comment",
        consumer: "retracted by module author",
        advice: "Write the reason as a comment behind the retraction, or above it.",
        hides: &[],
        check: Check::Release(no_reason),
    },
    Rule {
        id: "retract-wrong-major",
        default: Level::Warn,
        summary: "a retraction of versions of another major than the module's",
        consumer: "Every go command in the module's own checkout fails: should be v0 or v1, not v2.",
        advice: "Write the right major; v2.0.0+incompatible is one of a v0 or v1 module.",
        hides: &[],
        check: Check::Release(wrong_major),
    },
    Rule {
        id: "deprecation-form",
        default: Level::Info,
        summary: "a comment that looks like a deprecation and is none",
        consumer: "It is not shown.",
        advice: "Write // Deprecated: at the start of a paragraph, directly above the module line.",
        hides: &[],
        check: Check::Release(deprecation::form),
    },
];

type Answer = Result<Option<Found>, Fault>;

/// The first thing that is to be said of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slip {
    Malformed,
    Inverted,
    WrongMajor,
    Shorthand,
    NoEffect,
    NoReason,
}

/// The intervals of a go.mod of which the same is to be said: at least one.
struct Slips<'a> {
    go_mod: &'a GoMod,
    all: Vec<&'a Retract>,
}

impl<'a> Slips<'a> {
    fn of(case: &'a ReleaseCase<'_>, wanted: Slip) -> Option<Self> {
        let go_mod = case.go_mod()?;
        let intervals = &go_mod.parsed.as_ref().ok()?.retract;
        if intervals.is_empty() {
            return None;
        }
        let siblings = Siblings::of(case.tag);
        let is_wanted = |interval: &&Retract| slip(case, &siblings, interval) == Some(wanted);
        let all: Vec<_> = intervals.iter().take(MAX_INTERVALS).filter(is_wanted).collect();
        (!all.is_empty()).then_some(Self { go_mod, all })
    }

    fn first(&self) -> &'a Retract {
        self.all[0]
    }

    /// A finding about the first one.
    fn found(&self, what: &str, consumer: String, fix: Fix) -> Found {
        let more = more(self.all.len());
        let summary = format!("{} in {:?} {what}{more}", shown(self.first()), self.go_mod.path);
        let found = Found::new(summary, consumer, fix);
        found.in_go_mod(self.go_mod, Some(self.first().position.line))
    }

    /// Replaces the first intervals by these; where there is none, by one to be filled in.
    fn replace(&self, case: &ReleaseCase<'_>, right: impl Fn(&Retract) -> Option<String>) -> Fix {
        let mut commands = Vec::new();
        for interval in self.all.iter().take(MAX_COMMANDS) {
            commands.push(edit(&format!("-dropretract={}", written(interval)), &self.go_mod.path));
            match right(interval) {
                Some(right) => {
                    commands.push(edit(&format!("-retract={right}"), &self.go_mod.path));
                }
                None => {
                    commands.push("# and what was meant instead:".to_owned());
                    let command = edit("-retract=RIGHT-VERSION", &self.go_mod.path);
                    commands.push(format!("#   {command}"));
                }
            }
            let reason = interval.rationale.lines().next().unwrap_or_default().trim();
            if !reason.is_empty() {
                commands.push(format!("# with its comment: {reason:?}"));
            }
        }
        Fix::mend(case.tag, &commands, "mend a retraction")
    }
}

/// No one pastes more.
const MAX_COMMANDS: usize = 10;

fn more(count: usize) -> String {
    if count < 2 { String::new() } else { format!(" (and {} more)", count - 1) }
}

/// What is to be said of an interval, the worst first.
fn slip(case: &ReleaseCase<'_>, siblings: &Siblings, interval: &Retract) -> Option<Slip> {
    let bounds = [&*interval.low, &*interval.high];
    let any = |is: fn(&str) -> bool| bounds.into_iter().any(is);
    let is_foreign = |bound: &str| major_error(case, bound).is_some();
    if any(|bound| !is_full(bound) && !version::is_prefix(bound)) {
        return Some(Slip::Malformed);
    }
    if version::compare(bounds[0], bounds[1]).is_gt() {
        return Some(Slip::Inverted);
    }
    if bounds.into_iter().any(is_foreign) {
        return Some(Slip::WrongMajor);
    }
    if any(version::is_prefix) {
        return Some(Slip::Shorthand);
    }
    if !any(is_below_tags) && !contains_any(case, siblings, interval) {
        return Some(Slip::NoEffect);
    }
    let reason = interval.rationale.lines().next().unwrap_or_default();
    reason.trim().is_empty().then_some(Slip::NoReason)
}

/// A version as the go command wants it here.
fn is_full(bound: &str) -> bool {
    version::canonical_version(bound).as_deref() == Some(bound)
}

/// Whether the bound is about versions that have no tag: pseudo-versions, and the lowest of all prereleases, with which
/// intervals begin that are to hold them.
fn is_below_tags(bound: &str) -> bool {
    pseudo::is_pseudo(bound) || version::prerelease(bound) == "-0"
}

/// Whether any version that has a tag lies in the interval; one of a higher major counts where the interval says
/// `+incompatible`.
fn contains_any(case: &ReleaseCase<'_>, siblings: &Siblings, interval: &Retract) -> bool {
    let is_incompatible = |bound: &str| version::build(bound) == "+incompatible";
    if is_incompatible(&interval.low) || is_incompatible(&interval.high) {
        return !inside(interval, &case.tag.trial.versions(case.tag.prefix)).is_empty();
    }
    !inside(interval, siblings.all()).is_empty()
}

/// Why the go command refuses this bound in the module's own checkout (M8).
fn major_error(case: &ReleaseCase<'_>, bound: &str) -> Option<String> {
    let bound = version::canonical_version(bound)?;
    let checked = module::check_path_major(&bound, &case.release.module.path_major);
    checked.err().map(|error| error.to_string())
}

/// The interval as `go mod edit` takes it.
fn interval(low: &str, high: &str) -> String {
    if low == high { low.to_owned() } else { format!("[{low},{high}]") }
}

fn written(retract: &Retract) -> String {
    interval(&retract.low, &retract.high)
}

/// The same versions in full: an invalid lower bound is below everything.
fn full(retract: &Retract) -> String {
    let high = version::canonical_version(&retract.high).unwrap_or_else(|| retract.high.clone());
    let lowest = || format!("{}.0.0-0", version::major(&high));
    let low = version::canonical_version(&retract.low).unwrap_or_else(lowest);
    interval(&low, &high)
}

/// The interval as it is told to people.
fn shown(retract: &Retract) -> String {
    let text = if retract.low == retract.high {
        format!("retract {}", retract.low)
    } else {
        format!("retract [{}, {}]", retract.low, retract.high)
    };
    format!("{text:?}")
}

/// `retract-malformed`.
fn malformed(case: &ReleaseCase<'_>) -> Answer {
    let Some(go_mod) = case.go_mod() else { return Ok(None) };
    let unread = unread(go_mod);
    let slips = Slips::of(case, Slip::Malformed);
    let count = unread.len() + slips.as_ref().map_or(0, |slips| slips.all.len());
    if let Some(error) = unread.first() {
        return Ok(Some(unreadable(case, go_mod, error, &more(count))));
    }
    let Some(slips) = slips else { return Ok(None) };
    let first = slips.first();
    let is_no_bound = |bound: &&&str| !is_full(bound) && !version::is_prefix(bound);
    let bounds = [&*first.low, &*first.high];
    let what =
        format!("is none: {:?} is no full version", bounds.iter().find(is_no_bound).unwrap_or(&""));
    let consumer = if !version::is_valid(&first.high) {
        "nothing is retracted".to_owned()
    } else if version::is_valid(&first.low) {
        format!("it counts as {}", full(first))
    } else {
        format!("every version up to {} is retracted", first.high)
    };
    let fix = slips.replace(case, |interval| {
        let is_valid = version::is_valid(&interval.low) && version::is_valid(&interval.high);
        is_valid.then(|| without_build(interval))
    });
    Ok(Some(slips.found(&what, consumer, fix)))
}

/// The interval without build metadata.
fn without_build(retract: &Retract) -> String {
    let [low, high] =
        [&retract.low, &retract.high].map(|v| version::canonical_version(v).unwrap_or_default());
    interval(&low, &high)
}

/// The retractions that a strict reader refuses; a lax one passes over them without a word.
fn unread(go_mod: &GoMod) -> Vec<SyntaxError> {
    const VERB: &str = "retract";
    if !go_mod.text.windows(VERB.len()).any(|word| word == VERB.as_bytes()) {
        return Vec::new();
    }
    let errors = go_mod.strict().err().map(|errors| errors.0).unwrap_or_default();
    // With other mistakes in the file, the rule about its syntax tells everything.
    if errors.iter().all(|error| error.verb == VERB) { errors } else { Vec::new() }
}

fn unreadable(case: &ReleaseCase<'_>, go_mod: &GoMod, error: &SyntaxError, more: &str) -> Found {
    let line = error.position.line;
    let summary = format!("the retraction in {:?} is none: {}{more}", go_mod.path, error.reason);
    let consumer = if error.reason.starts_with("unexpected token after version") {
        "only what stands before it is retracted"
    } else {
        "nothing is retracted"
    };
    let commands = [
        format!(
            "# mend line {line} of {:?}: retract v1.0.1, or retract [v1.0.0, v1.2.3]",
            go_mod.path
        ),
        "# this must print nothing but JSON:".to_owned(),
        edit("-json", &go_mod.path),
    ];
    let fix = Fix::mend(case.tag, &commands, "mend a retraction");
    Found::new(summary, consumer.to_owned(), fix).in_go_mod(go_mod, Some(line))
}

/// `retract-inverted`.
fn inverted(case: &ReleaseCase<'_>) -> Answer {
    let Some(slips) = Slips::of(case, Slip::Inverted) else { return Ok(None) };
    let swapped = |i: &Retract| Retract { low: i.high.clone(), high: i.low.clone(), ..i.clone() };
    let fix = slips.replace(case, |interval| Some(full(&swapped(interval))));
    let consumer = "nothing is retracted".to_owned();
    Ok(Some(slips.found("is the wrong way round", consumer, fix)))
}

/// `retract-shorthand`.
fn shorthand(case: &ReleaseCase<'_>) -> Answer {
    let Some(slips) = Slips::of(case, Slip::Shorthand) else { return Ok(None) };
    let siblings = Siblings::of(case.tag);
    let range = |retract: &Retract| {
        let low = version::canonical_version(&retract.low)?;
        let high = version::canonical_version(&retract.high)?;
        let last = match retract.high.matches('.').count() {
            0 => siblings.alike(&high, version::major).last(),
            1 => siblings.alike(&high, minor).last(),
            _ => None,
        };
        let higher = last.filter(|last| version::compare(last, &high).is_gt());
        Some(interval(&low, higher.unwrap_or(&high)))
    };
    let fix = slips.replace(case, range);
    let alone = if slips.first().low == slips.first().high { " alone" } else { "" };
    let consumer = format!("retracted is {}{alone}", full(slips.first()));
    Ok(Some(slips.found("has no full version", consumer, fix)))
}

/// `vX.Y`.
fn minor(v: &str) -> &str {
    v.match_indices('.').nth(1).map_or(v, |(at, _)| &v[..at])
}

/// `retract-no-effect`.
fn no_effect(case: &ReleaseCase<'_>) -> Answer {
    const SHOWN: usize = 5;
    let Some(slips) = Slips::of(case, Slip::NoEffect) else { return Ok(None) };
    let siblings = Siblings::of(case.tag);
    let all = siblings.all();
    let newest = all[all.len().saturating_sub(SHOWN)..].join(" ");
    let fix = slips.replace(case, |_| None).with(&[
        format!("the newest versions of this module: {newest}"),
        "a version whose tag is gone may still be cached: then leave it".to_owned(),
    ]);
    let consumer = "nothing is retracted".to_owned();
    Ok(Some(slips.found("is about versions that no tag has", consumer, fix)))
}

/// `retract-no-reason`.
fn no_reason(case: &ReleaseCase<'_>) -> Answer {
    let Some(slips) = Slips::of(case, Slip::NoReason) else { return Ok(None) };
    let first = slips.first();
    let siblings = Siblings::of(case.tag);
    let example = inside(first, siblings.all()).first().unwrap_or(&first.low);
    let consumer = format!("warning: {}@{example}: retracted by module author", case.path());
    let line = first.position.line;
    let note = format!("# write the reason behind line {line} of {:?}: // why", slips.go_mod.path);
    let fix = Fix::mend(case.tag, &[note], "say why versions are retracted");
    Ok(Some(slips.found("has no comment that says why", consumer, fix)))
}

/// `retract-wrong-major`.
fn wrong_major(case: &ReleaseCase<'_>) -> Answer {
    let Some(slips) = Slips::of(case, Slip::WrongMajor) else { return Ok(None) };
    let first = slips.first();
    let error = [&first.low, &first.high].into_iter().find_map(|bound| major_error(case, bound));
    let consumer = format!(
        "every go command in the module itself fails: {}:{}: retract {}: {}",
        slips.go_mod.path,
        first.position.line,
        case.path(),
        error.unwrap_or_default()
    );
    let versions = case.tag.trial.versions(case.tag.prefix);
    let is_root = case.tag.prefix.is_empty() && case.release.module.path_major.is_empty();
    let fix = slips.replace(case, |retract| {
        // The repository has such versions: without go.mod they are +incompatible ones of this module.
        let meant = is_root && !inside(retract, &versions).is_empty();
        let [low, high] = [&retract.low, &retract.high].map(|bound| {
            let bound = version::canonical_version(bound).unwrap_or_default();
            let suffix = if major_error(case, &bound).is_some() { "+incompatible" } else { "" };
            format!("{bound}{suffix}")
        });
        meant.then(|| interval(&low, &high))
    });
    Ok(Some(slips.found("is of another major version than the module", consumer, fix)))
}
