//! `modgate policy show`: what holds in a repository, and who wrote it.

use modgate_common::io::repo::{HashCheck, Peeled, prepare};
use modgate_common::policy::{
    About, At, Decision, Effective, Escalation, Exception, Level, Pattern, Skippable, Source,
};
use modgate_common::quote::harmless;
use modgate_common::rules::{self, Rule};
use modgate_common::settings::Settings;
use modgate_common::tags::releases;
use serde::Serialize;

use super::{Answer, place, print, print_json};
use crate::clock;

/// What to show.
pub(crate) struct Wanted<'a> {
    /// The repository.
    pub repository: &'a str,
    /// For this module.
    pub module: Option<String>,
    /// For this tag.
    pub tag: Option<String>,
    /// As a JSON object.
    pub json: bool,
}

/// All that holds.
#[derive(Debug, Serialize)]
struct Shown {
    repository: String,
    module: Option<String>,
    tag: Option<String>,
    rules: Vec<RuleRow>,
    settings: Vec<SettingRow>,
    exceptions: Vec<ExceptionRow>,
    notes: Vec<String>,
}

/// One rule.
#[derive(Debug, Serialize)]
struct RuleRow {
    rule: &'static str,
    level: Level,
    /// The kind of what decides.
    source: &'static str,
    /// The same with its place, in words.
    from: String,
}

/// Another setting of the policy.
#[derive(Debug, Serialize)]
struct SettingRow {
    setting: &'static str,
    value: String,
    /// Where it was written, for those that may differ by repository.
    from: Option<String>,
}

/// An exception that is about the repository.
#[derive(Debug, Serialize)]
struct ExceptionRow {
    rules: Vec<String>,
    level: Level,
    module: Option<String>,
    tag: Option<String>,
    owner: String,
    reason: String,
    until: String,
    ended: bool,
    from: String,
}

/// Shows what holds in a repository.
///
/// # Errors
/// When the repository cannot be read.
pub(crate) fn show(settings: &Settings, wanted: Wanted<'_>) -> anyhow::Result<Answer> {
    prepare(HashCheck::Off);
    let place = place::find(settings, wanted.repository, None)?;
    let (refs, _) = place.git.refs(&Peeled::new())?;
    let policy = settings.effective(&place.name, &place.git, &refs);
    let tag = wanted.tag.map(|tag| tag.trim_start_matches("refs/tags/").to_owned());
    let named = || {
        let release = releases(&place.code_root, tag.as_deref()?).into_iter().next()?;
        Some(release.module.path)
    };
    let module = wanted.module.or_else(named);
    let now = clock::now();
    let about = About { tag: tag.as_deref(), module: module.as_deref() };
    let scoped = policy.about(about);
    let row = |rule: &'static Rule| {
        let decision = scoped.decide(rule.id, rule.default, Escalation::Forbidden, now);
        rule_row(rule, &decision)
    };
    let shown = Shown {
        rules: rules::all().map(row).collect(),
        settings: settings_of(&policy),
        exceptions: policy.exceptions().map(|exception| exception_row(exception, now)).collect(),
        notes: policy.notes().to_vec(),
        repository: place.name,
        module,
        tag,
    };
    if wanted.json {
        print_json(&shown)?;
    } else {
        print(&text(&shown))?;
    }
    Ok(Answer::Granted)
}

fn rule_row(rule: &'static Rule, decision: &Decision<'_>) -> RuleRow {
    let (source, from) = match decision.source {
        Source::Exception(At { value, origin }) => {
            let Exception { owner, until, .. } = value;
            ("exception", format!("exception by {owner} until {until}, {origin}"))
        }
        Source::Preset(At { value, origin }) => {
            ("preset", format!("preset {:?}, {origin}", value.name()))
        }
        Source::Rule => ("default", "default".to_owned()),
        Source::Written(origin) => ("written", origin.to_string()),
    };
    let ended = decision.ended.map(|At { value, origin }| {
        format!(" (the exception by {} ended on {}, {origin})", value.owner, value.until)
    });
    let from = from + &ended.unwrap_or_default();
    RuleRow { rule: rule.id, level: decision.level, source, from }
}

fn settings_of(policy: &Effective) -> Vec<SettingRow> {
    fn chosen<T: ToString>(setting: &'static str, at: &At<T>) -> SettingRow {
        let (value, from) = (at.value.to_string(), Some(at.origin.to_string()));
        SettingRow { setting, value, from }
    }
    let whole = |setting, value: String| SettingRow { setting, value, from: None };
    let named = |at: At<_>, name: &dyn Fn(_) -> &'static str| At {
        value: name(at.value),
        origin: at.origin,
    };
    let skip = policy.skip().map_or_else(
        || At::unwritten("none".to_owned()),
        |at| At {
            value: match &at.value {
                Skippable::All => "all".to_owned(),
                Skippable::These(rules) if rules.is_empty() => "none".to_owned(),
                Skippable::These(rules) => rules.join(", "),
            },
            origin: at.origin.clone(),
        },
    );
    vec![
        whole("on_error", policy.on_error().name().to_owned()),
        whole("time_limit_ms", policy.time_limit().as_millis().to_string()),
        whole("serve_broken", policy.serve_broken().to_string()),
        whole("mirror", policy.is_mirror().to_string()),
        chosen("import", &policy.import()),
        chosen("skip", &skip),
        chosen("repository_file", &named(policy.repository_file(), &|file| file.name())),
        chosen("max_leap", &policy.max_leap()),
        chosen("large_module_bytes", &policy.large_module_bytes()),
        chosen("newest_go", &policy.newest_go_at()),
    ]
}

fn exception_row(At { value, origin }: &At<Exception>, now: i64) -> ExceptionRow {
    let pattern = |pattern: &Option<Pattern>| pattern.as_ref().map(|p| p.as_str().to_owned());
    ExceptionRow {
        rules: value.rules.clone(),
        level: value.level,
        module: pattern(&value.module),
        tag: pattern(&value.tag),
        owner: value.owner.clone(),
        reason: value.reason.clone(),
        until: value.until.to_string(),
        ended: value.until.is_over(now),
        from: origin.to_string(),
    }
}

/// The same for people. The repository's own file may have written any of it.
fn text(shown: &Shown) -> String {
    let mut text = format!("repository {:?}\n", shown.repository);
    for (what, name) in [("module", &shown.module), ("tag", &shown.tag)] {
        if let Some(name) = name {
            text.push_str(&format!("{what} {name:?}\n"));
        }
    }
    text.push('\n');
    let width = shown.rules.iter().map(|row| row.rule.len()).max().unwrap_or(0);
    for RuleRow { rule, level, from, .. } in &shown.rules {
        text.push_str(&format!("{rule:<width$}  {:<6}  {}\n", level.name(), one_line(from)));
    }
    text.push_str(
        "\nA default or preset rises to reject where a finding means that nobody could use the version.\n\n",
    );
    for SettingRow { setting, value, from } in &shown.settings {
        let from = from.as_deref().map(|from| format!("  {}", one_line(from)));
        let line = format!("{setting:<width$}  {value}{}", from.unwrap_or_default());
        text.push_str(&format!("{line}\n"));
    }
    if !shown.exceptions.is_empty() {
        text.push_str("\nexceptions:\n");
    }
    for row in &shown.exceptions {
        text.push_str(&format!("  {}\n", one_line(&exception(row))));
    }
    if !shown.notes.is_empty() {
        text.push_str("\nnotes:\n");
    }
    for note in &shown.notes {
        text.push_str(&format!("  {}\n", one_line(note)));
    }
    text
}

fn exception(row: &ExceptionRow) -> String {
    let ExceptionRow { rules, level, module, tag, owner, reason, until, ended, from } = row;
    let end = if *ended { "ended on" } else { "until" };
    let scope = [("module", module), ("tag", tag)];
    let scope = scope.iter().filter_map(|(what, name)| Some((what, name.as_ref()?)));
    let scope: String = scope.map(|(what, name)| format!(" for {what} {name:?}")).collect();
    let rules = rules.join(", ");
    format!("{rules} is {:?}{scope} {end} {until} by {owner}: {reason}, {from}", level.name())
}

fn one_line(text: &str) -> String {
    harmless(text).replace('\n', "\\n")
}
