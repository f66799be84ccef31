//! Settings as TOML.

use toml::value::Datetime;
use toml::{Table, Value};

use crate::policy::{Choices, Exception, Levels, NamedPolicy, Pattern, Policy, Skippable};

use super::{Keep, Settings};

impl Settings {
    /// The text of a settings file that says the same: parsed and resolved, it gives these settings again.
    /// All but `[notify]`: it holds no secret.
    pub fn to_toml(&self) -> String {
        let text = |path: &std::path::Path| Value::from(path.to_string_lossy().into_owned());
        let mut host = Table::new();
        host.extend(self.root.as_deref().map(|root| ("root".to_owned(), text(root))));
        host.insert("prefix".to_owned(), Value::from(self.prefix.clone()));
        host.extend(self.url.clone().map(|url| ("url".to_owned(), Value::from(url))));
        let single = |key: &str, value| Table::from_iter([(key.to_owned(), value)]);
        let zip_bytes = i64::try_from(self.zip_bytes).unwrap_or(i64::MAX);
        let tables = [
            ("host", host),
            ("server", single("listen", Value::from(self.listen.to_string()))),
            ("state", single("dir", text(&self.state))),
            ("cache", single("zip_bytes", Value::Integer(zip_bytes))),
            ("keep", keep(self.keep)),
            ("policy", policy(&self.policy)),
            ("report", single("color", Value::from(self.color.name()))),
        ];
        Table::from_iter(tables.map(|(key, table)| (key.to_owned(), Value::Table(table))))
            .to_string()
    }
}

fn keep(keep: Keep) -> Table {
    let Keep { refs, zips } = keep;
    [("refs", refs), ("zips", zips)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), Value::Boolean(value)))
        .collect()
}

fn policy(policy: &Policy) -> Table {
    let mut table = levels(&policy.levels);
    table.insert("preset".to_owned(), Value::from(policy.preset.value.name()));
    table.insert("on_error".to_owned(), Value::from(policy.on_error.name()));
    let milliseconds = u64::try_from(policy.time_limit.as_millis()).unwrap_or(u64::MAX);
    table.insert("time_limit_ms".to_owned(), integer(milliseconds));
    table.insert("serve_broken".to_owned(), Value::Boolean(policy.serve_broken));
    table.extend(choices(&policy.choices));
    let repositories = policy.repositories.iter().map(|section| {
        let mut table = levels(&section.levels);
        table.insert("match".to_owned(), Value::from(section.pattern.as_str()));
        table.extend(section.kind.map(|kind| ("kind".to_owned(), Value::from(kind.name()))));
        table.extend(choices(&section.choices));
        table
    });
    let exceptions = policy.exceptions.iter().map(|exception| self::exception(&exception.value));
    sections(&mut table, "repository", repositories);
    sections(&mut table, "module", policy.modules.iter().map(named));
    sections(&mut table, "tag", policy.tags.iter().map(named));
    sections(&mut table, "exception", exceptions);
    table
}

fn sections(table: &mut Table, key: &str, sections: impl Iterator<Item = Table>) {
    let sections: Vec<Value> = sections.map(Value::Table).collect();
    if !sections.is_empty() {
        table.insert(key.to_owned(), Value::Array(sections));
    }
}

fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn choices(choices: &Choices) -> Table {
    let Choices { import, large_module_bytes, max_leap, newest_go, repository_file, skip } =
        choices;
    let skip = skip.as_ref().map(|skip| match &skip.value {
        Skippable::All => Value::from("all"),
        Skippable::These(rules) => strings(rules),
    });
    let written = [
        ("import", import.as_ref().map(|import| Value::Boolean(import.value))),
        ("large_module_bytes", large_module_bytes.as_ref().map(|bytes| integer(bytes.value))),
        ("max_leap", max_leap.as_ref().map(|leap| integer(leap.value))),
        ("newest_go", newest_go.as_ref().map(|newest| Value::from(newest.value.as_str()))),
        ("repository_file", repository_file.as_ref().map(|file| Value::from(file.value.name()))),
        ("skip", skip),
    ];
    written.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn strings(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(|text| Value::from(text.as_str())).collect())
}

fn pattern(key: &str, pattern: Option<&Pattern>) -> Option<(String, Value)> {
    Some((key.to_owned(), Value::from(pattern?.as_str())))
}

fn named(section: &NamedPolicy) -> Table {
    let mut table = levels(&section.levels);
    table.extend(pattern("match", Some(&section.pattern)));
    table.extend(pattern("repository", section.repository.as_ref()));
    table
}

fn exception(exception: &Exception) -> Table {
    let mut table = Table::new();
    table.insert("rules".to_owned(), strings(&exception.rules));
    table.insert("level".to_owned(), Value::from(exception.level.name()));
    table.insert("owner".to_owned(), Value::from(exception.owner.as_str()));
    table.insert("reason".to_owned(), Value::from(exception.reason.as_str()));
    // A date that was read is one that can be written.
    let until = exception.until.to_string().parse::<Datetime>().ok();
    table.extend(until.map(|until| ("until".to_owned(), Value::Datetime(until))));
    table.extend(pattern("repository", exception.repository.as_ref()));
    table.extend(pattern("module", exception.module.as_ref()));
    table.extend(pattern("tag", exception.tag.as_ref()));
    table
}

fn levels(levels: &Levels) -> Table {
    levels.iter().map(|(rule, level)| (rule.clone(), Value::from(level.value.name()))).collect()
}
