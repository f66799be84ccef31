//! Settings as TOML.

use toml::{Table, Value};

use crate::policy::{Levels, Policy};

use super::Settings;

impl Settings {
    /// The text of a settings file that says the same: parsed and resolved, it gives these settings again.
    /// It holds no secret.
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
            ("policy", policy(&self.policy)),
            ("report", single("color", Value::from(self.color.name()))),
        ];
        Table::from_iter(tables.map(|(key, table)| (key.to_owned(), Value::Table(table))))
            .to_string()
    }
}

fn policy(policy: &Policy) -> Table {
    let milliseconds = i64::try_from(policy.time_limit.as_millis()).unwrap_or(i64::MAX);
    let mut table = levels(&policy.levels);
    table.insert("preset".to_owned(), Value::from(policy.preset.name()));
    table.insert("on_error".to_owned(), Value::from(policy.on_error.name()));
    table.insert("time_limit_ms".to_owned(), Value::Integer(milliseconds));
    table.insert("serve_broken".to_owned(), Value::Boolean(policy.serve_broken));
    table.insert("import".to_owned(), Value::Boolean(policy.import));
    let sections = policy.repositories.iter().map(|section| {
        let mut table = levels(&section.levels);
        table.insert("match".to_owned(), Value::from(section.pattern.as_str()));
        table.extend(section.kind.map(|kind| ("kind".to_owned(), Value::from(kind.name()))));
        table.extend(section.import.map(|import| ("import".to_owned(), Value::Boolean(import))));
        Value::Table(table)
    });
    let sections: Vec<Value> = sections.collect();
    if !sections.is_empty() {
        table.insert("repository".to_owned(), Value::Array(sections));
    }
    table
}

fn levels(levels: &Levels) -> Table {
    levels.iter().map(|(rule, level)| (rule.clone(), Value::from(level.name()))).collect()
}
