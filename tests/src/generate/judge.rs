//! One repository, asked of `GOPROXY=direct` and of modgate that serves what direct mode would (`serve_broken`).
//!
//! Up to 50 questions share a module cache, exact versions apart from the rest: the `.info` of a version keeps the `Ref` of the
//! query that led to it last (O4), so it is compared only where nothing but versions was asked. A few questions are asked with
//! an empty cache at once; where others differ, they are asked again with one before that counts (N3, N4).

use super::facts::{Answer, Asked, ask, lists, version};
use super::kinds;
use super::known::{Kind, Known, Tolerated};
use super::plan::{Plan, Question};
use super::write::Written;
use crate::golang::Go;

/// How many questions share a module cache.
const SHARED: usize = 50;

/// How many questions of a repository are asked again.
const AGAIN: usize = 20;

/// A repository and what is asked of it.
#[derive(Debug)]
pub struct Case<'a> {
    /// What it was made of.
    pub plan: &'a Plan,
    /// What its placeholders stand for.
    pub written: Written,
    /// What is asked; an empty query is the list of the module.
    pub questions: Vec<Question>,
    /// How many of the questions are asked with an empty cache first.
    pub cold: usize,
}

/// Something that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The question; an empty query is the list.
    pub question: Question,
    /// Which fact differs; `list`, `fails` or `fault` where it is no single one.
    pub fact: String,
    /// What direct mode says.
    pub direct: String,
    /// What modgate says.
    pub modgate: String,
}

/// What came out of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many lists and answers were compared.
    pub comparisons: u64,
    /// How many of these with an empty module cache.
    pub cold: u64,
    /// Known differences, by kind.
    pub tolerated: Tolerated,
    /// All others.
    pub differences: Vec<Difference>,
}

impl Report {
    /// Adds up.
    pub fn add(&mut self, other: Self) {
        self.comparisons += other.comparisons;
        self.cold += other.cold;
        for (kind, count) in other.tolerated {
            *self.tolerated.entry(kind).or_default() += count;
        }
        self.differences.extend(other.differences);
    }

    pub(super) fn tolerate(&mut self, kind: Kind) {
        *self.tolerated.entry(kind.name()).or_default() += 1;
    }

    pub(super) fn differ(
        &mut self,
        question: &Question,
        fact: &str,
        direct: String,
        modgate: String,
    ) {
        let (question, fact) = (question.clone(), fact.to_owned());
        self.differences.push(Difference { question, fact, direct, modgate });
    }
}

/// A judge and the one who is judged, with a module cache each.
#[derive(Debug)]
pub struct Judge {
    /// `GOPROXY=direct`.
    pub direct: Go,
    /// `GOPROXY=modgate`.
    pub proxied: Go,
    /// What may be different.
    pub known: Known,
}

impl Judge {
    /// Asks everything of both.
    pub fn compare(&self, case: &Case<'_>) -> Report {
        let mut report = Report::default();
        self.compare_lists(case, &mut report);
        let questions: Vec<&Question> =
            case.questions.iter().filter(|one| !one.query.is_empty()).collect();
        let (by_name, others): (Vec<_>, Vec<_>) =
            questions.iter().partition(|one| is_exact(&case.written.expand(&one.query)));
        // Spread over all kinds of questions: they come in any order.
        for question in questions
            .iter()
            .skip(questions.len() / case.cold.max(1) / 2)
            .step_by(questions.len() / case.cold.max(1) + 1)
            .take(case.cold)
        {
            self.compare_cold(case, question, &mut report);
        }
        for questions in by_name.chunks(SHARED).chain(others.chunks(SHARED)) {
            self.compare_warm(case, questions, &mut report);
        }
        report
    }

    fn forget(&self) {
        self.direct.forget();
        self.proxied.forget();
    }

    fn compare_lists(&self, case: &Case<'_>, report: &mut Report) {
        let mut modules: Vec<String> =
            case.questions.iter().map(|one| one.module.clone()).collect();
        modules.dedup();
        self.forget();
        let (direct, proxied) = (lists(&self.direct, &modules), lists(&self.proxied, &modules));
        for ((module, direct), proxied) in modules.into_iter().zip(direct).zip(proxied) {
            report.comparisons += 1;
            match (&direct, &proxied) {
                (Ok(direct), Ok(proxied)) if direct == proxied => {}
                (Err(_), Err(error)) if !is_fault(error) => {}
                (Err(_), Ok(_))
                    if kinds::has_tag_on_no_commit(case.plan)
                        && self.known.tolerates(Kind::SpoiledList) =>
                {
                    report.tolerate(Kind::SpoiledList);
                }
                _ => {
                    let question = Question { module, query: String::new() };
                    report.differ(&question, "list", format!("{direct:?}"), format!("{proxied:?}"));
                }
            }
        }
    }

    fn compare_warm(&self, case: &Case<'_>, questions: &[&Question], report: &mut Report) {
        self.forget();
        let asked: Vec<Asked> = questions.iter().map(|one| case.asked(one)).collect();
        let answers = ask(&self.direct, &asked).into_iter().zip(ask(&self.proxied, &asked));
        report.comparisons += asked.len() as u64;
        let all = questions.iter().zip(answers);
        let all = all.map(|(question, (direct, proxied))| Answers { question, direct, proxied });
        let differing: Vec<Answers<'_>> =
            all.filter(|one| one.difference(case).is_some()).collect();
        // A single question had an empty cache, and where everything differs no cache is the cause.
        let alone = questions.len() == 1;
        for (number, answers) in differing.into_iter().enumerate() {
            if alone || number >= AGAIN {
                self.settle(case, &answers, report);
                continue;
            }
            let again = self.ask_cold(case, answers.question);
            if again.difference(case).is_none() && self.known.tolerates(Kind::WarmCache) {
                report.tolerate(Kind::WarmCache);
            } else {
                self.settle(case, &again, report);
            }
        }
    }

    fn compare_cold(&self, case: &Case<'_>, question: &Question, report: &mut Report) {
        report.comparisons += 1;
        report.cold += 1;
        self.settle(case, &self.ask_cold(case, question), report);
    }

    fn ask_cold<'a>(&self, case: &Case<'_>, question: &'a Question) -> Answers<'a> {
        self.forget();
        let asked = [case.asked(question)];
        let [direct, proxied] = [&self.direct, &self.proxied].map(|go| ask(go, &asked).remove(0));
        Answers { question, direct, proxied }
    }

    /// Reports a difference, or tolerates it.
    fn settle(&self, case: &Case<'_>, answers: &Answers<'_>, report: &mut Report) {
        let Some(found) = answers.difference(case) else { return };
        match kinds::kind(case, answers) {
            Some(kind) if self.known.tolerates(kind) && found.fact != "fault" => {
                report.tolerate(kind);
            }
            _ => report.differences.push(found),
        }
    }
}

impl Case<'_> {
    fn asked(&self, question: &Question) -> Asked {
        (question.module.clone(), self.written.expand(&question.query))
    }
}

/// A version with all three numbers; the suffix may only be `+incompatible`.
pub(super) fn is_exact(query: &str) -> bool {
    let bare = query.strip_suffix("+incompatible").unwrap_or(query);
    let numbers = bare.split('-').next().unwrap_or_default();
    bare.starts_with('v') && !bare.contains('+') && numbers.split('.').count() == 3
}

/// What is wrong with a pseudo-version: the part of the text that both must say.
fn reason(error: &str) -> Option<&str> {
    let (_, reason) = error.split_once(": invalid pseudo-version: ")?;
    (!reason.contains("exit status")).then_some(reason)
}

fn is_fault(error: &str) -> bool {
    error.contains(": 500 ") || error.contains(": 502 ") || error.contains(": 503 ")
}

/// A question, and what both say to it.
#[derive(Debug)]
pub(super) struct Answers<'a> {
    pub(super) question: &'a Question,
    pub(super) direct: Answer,
    pub(super) proxied: Answer,
}

impl Answers<'_> {
    /// Failing texts may differ, but for what is wrong with a pseudo-version; that both fail may not, nor may it be our
    /// fault.
    fn difference(&self, case: &Case<'_>) -> Option<Difference> {
        match (&self.direct, &self.proxied) {
            (Err(direct), Err(proxied)) if is_fault(proxied) => {
                self.found("fault", direct, proxied)
            }
            (Err(direct), Err(proxied)) => {
                // For other queries the client asks twice, and which answer it shows is not ours to say (X11).
                let reason = reason(direct).filter(|_| is_exact(&self.question.query))?;
                if proxied.contains(reason) { None } else { self.found("reason", direct, proxied) }
            }
            (Err(direct), Ok(proxied)) => self.found("fails", direct, version(proxied)),
            (Ok(direct), Err(proxied)) => self.found("fails", version(direct), proxied),
            (Ok(direct), Ok(proxied)) => {
                let by_name = version(direct) == case.written.expand(&self.question.query);
                let mut pairs =
                    direct.iter().zip(proxied).filter(|((name, _), _)| by_name || *name != "Ref");
                let (direct, proxied) = pairs.find(|(direct, proxied)| direct != proxied)?;
                self.found(direct.0, &direct.1, &proxied.1)
            }
        }
    }

    fn found(&self, fact: &str, direct: &str, modgate: &str) -> Option<Difference> {
        let (direct, modgate) = (direct.to_owned(), modgate.to_owned());
        Some(Difference { question: self.question.clone(), fact: fact.to_owned(), direct, modgate })
    }
}

#[cfg(test)]
mod tests {
    use super::is_exact;
    use crate::generate::kinds::is_by_list;

    #[test]
    fn queries_are_told_apart() {
        for query in
            ["v1.0.0", "v2.0.0+incompatible", "v0.0.0-20060102150405-abcdefabcdef", "v1.0.0-rc.1"]
        {
            assert!(is_exact(query) && !is_by_list(query), "{query}");
        }
        for query in ["v1", "v1.2", "latest", ">=v1.0.0"] {
            assert!(!is_exact(query) && is_by_list(query), "{query}");
        }
        for query in ["v1.0.0+meta", "main", "abcdef1", "V1.0.0"] {
            assert!(!is_exact(query) && !is_by_list(query), "{query}");
        }
    }
}
