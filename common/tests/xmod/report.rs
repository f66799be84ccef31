//! Answers as the Go program writes them: a line for each fact, its values quoted.

use std::fmt::Display;

use modgate_common::quote::quote;

/// Collects facts.
#[derive(Debug, Default)]
pub(crate) struct Report(String);

impl Report {
    /// Adds a fact.
    pub(crate) fn say<V: AsRef<[u8]>>(
        &mut self,
        name: impl Display,
        values: impl IntoIterator<Item = V>,
    ) {
        self.0.push_str(&name.to_string());
        for value in values {
            self.0.push(' ');
            self.0.push_str(&quote(value));
        }
        self.0.push('\n');
    }

    /// Adds a fact with one value that is no text.
    pub(crate) fn value(&mut self, name: impl Display, value: impl Display) {
        self.say(name, [value.to_string()]);
    }

    /// Adds the value or the error of something that can fail.
    pub(crate) fn outcome<V: Display, E: Display>(
        &mut self,
        name: impl Display,
        outcome: Result<V, E>,
    ) {
        match outcome {
            Ok(value) => self.value(format_args!("{name} ok"), value),
            Err(error) => self.value(format_args!("{name} error"), error),
        }
    }

    /// Adds what a check said.
    pub(crate) fn check<E: Display>(&mut self, name: impl Display, outcome: Result<(), E>) {
        self.outcome(name, outcome.map(|()| ""));
    }

    /// The whole report.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}
