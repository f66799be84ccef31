//! The same repository with the default policy: what a consumer can use is served as direct mode would, all else is not there (N6).

use std::collections::BTreeMap;
use std::fs;

use super::facts::{Answer, Asked, Facts, ask, lists, version};
use super::judge::{Case, Judge, Report};
use super::known::Kind;
use super::plan::Question;
use crate::daemon::Daemon;
use crate::golang::Go;
use crate::http;

/// Modules of a repository that are looked at.
const MODULES: usize = 3;

/// What a consumer of direct mode makes of each version.
struct Direct {
    module: String,
    versions: Vec<(String, Use)>,
}

enum Use {
    /// It can be required.
    Good(Facts),
    /// The zip cannot be had by this go command, only by newer ones (N5).
    TooNew,
    /// It cannot be required, for this reason.
    Broken(String),
}

/// Compares every listed version of some modules.
pub fn compare(judge: &Judge, daemon: &Daemon, case: &Case<'_>) -> Report {
    let mut report = Report::default();
    let mut modules: Vec<String> = case.questions.iter().map(|one| one.module.clone()).collect();
    modules.dedup();
    modules.truncate(MODULES);
    judge.direct.forget();
    judge.proxied.forget();
    let listed = lists(&judge.direct, &modules);
    let ours = lists(&judge.proxied, &modules);
    for ((module, listed), ours) in modules.into_iter().zip(listed).zip(ours) {
        report.comparisons += 1;
        let question = Question { module: module.clone(), query: String::new() };
        match listed {
            Ok(listed) => {
                let direct = Direct::new(&judge.direct, module, listed);
                let wanted = direct.offered();
                if ours.as_ref() != Ok(&wanted) {
                    report.differ(
                        &question,
                        "released list",
                        format!("{wanted:?}"),
                        format!("{ours:?}"),
                    );
                }
                direct.compare(judge, daemon, &mut report);
            }
            Err(_) if ours.is_err() => {}
            // Nobody can use what is not listed, or we list what is good all the same (R8).
            Err(_) if ours.is_ok() && judge.known.tolerates(Kind::SpoiledList) => {
                report.tolerate(Kind::SpoiledList)
            }
            Err(error) => report.differ(&question, "released list", error, format!("{ours:?}")),
        }
    }
    report
}

impl Direct {
    fn new(go: &Go, module: String, listed: Vec<String>) -> Self {
        let asked: Vec<Asked> =
            listed.iter().map(|version| (module.clone(), version.clone())).collect();
        let mut consumers = BTreeMap::new();
        let answers = ask(go, &asked);
        let versions = listed.into_iter().zip(answers);
        let versions = versions.map(|(version, answer)| {
            let used = used(go, &module, &version, answer, &mut consumers);
            (version, used)
        });
        let versions = versions.collect();
        Self { module, versions }
    }

    /// What should be listed.
    fn offered(&self) -> Vec<String> {
        let offered = self.versions.iter().filter(|(_, used)| !matches!(used, Use::Broken(_)));
        offered.map(|(version, _)| version.clone()).collect()
    }

    fn compare(&self, judge: &Judge, daemon: &Daemon, report: &mut Report) {
        let question =
            |version: &str| Question { module: self.module.clone(), query: version.to_owned() };
        let good = self.versions.iter().filter_map(|(version, used)| match used {
            Use::Good(facts) => Some((version, facts)),
            Use::TooNew | Use::Broken(_) => None,
        });
        let good: Vec<_> = good.collect();
        let asked: Vec<Asked> =
            good.iter().map(|(version, _)| (self.module.clone(), (*version).clone())).collect();
        for ((version, wanted), got) in good.into_iter().zip(ask(&judge.proxied, &asked)) {
            report.comparisons += 1;
            if Ok(wanted) != got.as_ref() {
                report.differ(
                    &question(version),
                    "released version",
                    format!("{wanted:?}"),
                    format!("{got:?}"),
                );
            }
        }
        for (version, used) in &self.versions {
            let Use::Broken(reason) = used else { continue };
            report.comparisons += 1;
            let module = http::escape(&self.module);
            let path = |end: &str| format!("/{module}/@v/{}.{end}", http::escape(version));
            let statuses = ["info", "mod", "zip"].map(|end| daemon.get(&path(end)).status);
            if statuses != [404; 3] {
                report.differ(
                    &question(version),
                    "broken version",
                    reason.clone(),
                    format!("{statuses:?}"),
                );
            }
        }
    }
}

/// What a consumer makes of a version; `consumers` has what they made of other versions with the same go.mod.
fn used(
    go: &Go,
    module: &str,
    query: &str,
    answer: Answer,
    consumers: &mut BTreeMap<String, Option<String>>,
) -> Use {
    let facts = match answer {
        Ok(facts) if version(&facts) == query => facts,
        Ok(facts) => return Use::Broken(format!("it is {}", version(&facts))),
        Err(error) if error.contains("requires go >=") => return Use::TooNew,
        Err(error) => return Use::Broken(error),
    };
    let go_mod = facts
        .iter()
        .find(|(name, _)| *name == ".mod")
        .map(|(_, text)| text.clone())
        .unwrap_or_default();
    if [format!("module {module}\\n"), format!("module {module}\\n\\ngo 1.21\\n")].contains(&go_mod)
    {
        return Use::Good(facts);
    }
    let refusal = consumers.entry(go_mod).or_insert_with(|| refusal(go, module, query));
    refusal.clone().map_or(Use::Good(facts), Use::Broken)
}

/// Why a module that requires this version could not load its go.mod.
fn refusal(go: &Go, module: &str, version: &str) -> Option<String> {
    let text = format!("module consumer.test\n\ngo 1.21\n\nrequire {module} {version}\n");
    let folder = go.folder("consumer");
    fs::write(folder.join("go.mod"), text).expect("the go home is writable");
    let done = go.run_in(&folder, &["list", "-m", "-mod=mod", "-json", "all"]);
    let said = done.errors();
    let ours = said.contains(&format!("{module}@{version}"));
    let refused = done.code() != 0
        && ours
        && (said.contains("declares its path as") || said.contains("parsing"));
    refused.then(|| said.trim().to_owned())
}
