//! What the go command says about a query, as facts that can be compared.

use serde::Deserialize;

use crate::compare;
use crate::golang::{Download, Go};

/// Names and values, in a fixed order.
pub type Facts = Vec<(&'static str, String)>;

/// The facts, or what went wrong.
pub type Answer = Result<Facts, String>;

/// A module and a query without placeholders.
pub type Asked = (String, String);

/// The version that the facts are about.
pub fn version(facts: &Facts) -> &str {
    facts.iter().find(|(name, _)| *name == "Version").map_or("", |(_, value)| value)
}

/// Answers to all questions, in order, from as few runs of the go command as possible.
pub fn ask(go: &Go, questions: &[Asked]) -> Vec<Answer> {
    if questions.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> =
        questions.iter().map(|(module, query)| format!("{module}@{query}")).collect();
    let mut args = vec!["mod", "download", "-json"];
    args.extend(names.iter().map(String::as_str));
    let done = go.run(&args);
    let downloads: Vec<Download> = serde_json::Deserializer::from_slice(&done.stdout)
        .into_iter()
        .filter_map(Result::ok)
        .collect();
    let paths = downloads.iter().map(|download| &download.path);
    if paths.eq(questions.iter().map(|(module, _)| module)) {
        return downloads.iter().map(facts).collect();
    }
    // One bad argument can stop it before the first answer.
    if let [_] = questions {
        return vec![Err(done.errors().trim().to_owned())];
    }
    let (first, second) = questions.split_at(questions.len() / 2);
    [ask(go, first), ask(go, second)].concat()
}

fn facts(download: &Download) -> Answer {
    let facts = compare::facts(download)?;
    Ok(vec![
        ("Version", facts.version),
        ("Time", facts.time),
        ("VCS", facts.vcs),
        ("URL", facts.url),
        ("Subdir", facts.subdir),
        ("Hash", facts.hash),
        ("Ref", facts.reference),
        (".mod", facts.gomod.escape_ascii().to_string()),
        ("Sum", facts.sum),
        ("GoModSum", facts.gomod_sum),
    ])
}

/// The versions of each module, or what went wrong.
pub fn lists(go: &Go, modules: &[String]) -> Vec<Result<Vec<String>, String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Listed {
        path: String,
        #[serde(default)]
        versions: Vec<String>,
        error: Option<Reason>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Reason {
        err: String,
    }
    let mut args = vec!["list", "-m", "-e", "-versions", "-retracted", "-json"];
    args.extend(modules.iter().map(String::as_str));
    let done = go.run(&args);
    let listed: Vec<Listed> = serde_json::Deserializer::from_slice(&done.stdout)
        .into_iter()
        .filter_map(Result::ok)
        .collect();
    assert!(listed.iter().map(|one| &one.path).eq(modules), "one list for each module: {done}");
    listed
        .into_iter()
        .map(|one| one.error.map_or(Ok(one.versions), |error| Err(error.err)))
        .collect()
}
