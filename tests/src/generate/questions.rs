//! What a consumer can ask of a repository.
//!
//! For each module that is there or could be: `latest`, `HEAD`, tags, branches, commits whole and in part, versions with
//! and without suffix, shorthands and comparisons, pseudo-versions of all forms, valid and forged. The list of versions is asked of
//! every module that any question is about.
//!
//! Left out is what the go command does not send to a proxy at all (N2, M10: slashes, exclamation marks, other scripts) and
//! what it reads as an instruction (`none`, `patch`, `upgrade`).

use std::collections::BTreeSet;

use super::dice::Dice;
use super::plan::{Plan, Question};

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Modules of a repository.
    pub modules: usize,
    /// Queries of each module, on average.
    pub queries: usize,
}

/// Everything, for small repositories.
pub const EVERYTHING: Measure = Measure { modules: 12, queries: 60 };

/// A share, for very many.
pub const SHARE: Measure = Measure { modules: 4, queries: 13 };

/// Questions about a repository, each once; those that the plan has, where it has some.
pub fn questions(plan: &Plan, seed: u64, measure: Measure) -> Vec<Question> {
    if !plan.asks.is_empty() {
        return plan.asks.clone();
    }
    let mut dice = Dice::new(seed ^ 0x5157);
    let mut modules = modules(plan);
    dice.shuffle(&mut modules[1..]);
    modules.truncate(measure.modules);
    let mut questions = Vec::new();
    for (number, module) in modules.into_iter().enumerate() {
        // The root has the most to say.
        let count = if number == 0 { measure.queries * 2 } else { measure.queries };
        let mut queries = Queries {
            dice: &mut dice,
            plan,
            prefix: prefix(&plan.root, &module),
            found: Vec::new(),
        };
        queries.add_all();
        let queries = queries.chosen(count);
        questions
            .extend(queries.into_iter().map(|query| Question { module: module.clone(), query }));
    }
    questions
}

/// Module paths that are, were or could be in the repository; the root comes first.
fn modules(plan: &Plan) -> Vec<String> {
    let root = &plan.root;
    let mut found = BTreeSet::from([format!("{root}/v2"), format!("{root}/nodir")]);
    for commit in &plan.commits {
        for path in plan.files(commit.id).into_keys() {
            let directory = path
                .strip_suffix(b"/go.mod")
                .and_then(|directory| std::str::from_utf8(directory).ok());
            found.extend(directory.map(|directory| format!("{root}/{directory}")));
        }
    }
    for (tag, _) in plan.tags() {
        let (directory, version) =
            tag.rsplit_once('/').map_or(("", tag), |(directory, version)| (directory, version));
        let place = if directory.is_empty() { root.clone() } else { format!("{root}/{directory}") };
        if let Some(major @ 2..) = major(version) {
            found.insert(format!("{place}/v{major}"));
        }
        found.insert(place);
    }
    found.retain(|path| path != root && is_module_path(path));
    std::iter::once(root.clone()).chain(found).collect()
}

/// What the go command takes as a module path at all; others fail before anything is asked.
fn is_module_path(path: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._~/-".contains(letter);
    path.chars().all(plain)
        && path
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with('.'))
}

/// The tag prefix of a module: its directory, without the major version.
fn prefix(root: &str, module: &str) -> String {
    let directory = module.strip_prefix(root).unwrap_or_default().trim_start_matches('/');
    let (above, last) = directory.rsplit_once('/').unwrap_or(("", directory));
    let directory = if is_major(last) { above } else { directory };
    if directory.is_empty() { String::new() } else { format!("{directory}/") }
}

fn is_major(element: &str) -> bool {
    let digits = element.strip_prefix('v').unwrap_or_default();
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
        && digits != "1"
        && !digits.is_empty()
}

fn major(version: &str) -> Option<u32> {
    let (major, _) = version.strip_prefix('v')?.split_once('.')?;
    major.parse().ok().filter(|_| !major.starts_with('0') || major == "0")
}

/// The three numbers of a version with all of them, and what follows.
fn parts(version: &str) -> Option<(u64, u64, u64, &str)> {
    let rest = version.strip_prefix('v')?;
    let end = rest.find(['-', '+']).unwrap_or(rest.len());
    let mut numbers = rest[..end].split('.').map(|number| number.parse().ok());
    let found = (numbers.next()??, numbers.next()??, numbers.next()??, &rest[end..]);
    numbers.next().is_none().then_some(found)
}

struct Queries<'a> {
    dice: &'a mut Dice,
    plan: &'a Plan,
    prefix: String,
    found: Vec<String>,
}

impl Queries<'_> {
    fn add_all(&mut self) {
        let own = self.own_tags();
        self.add(["latest", "HEAD"].map(str::to_owned));
        self.add(own.iter().cloned());
        let versions: Vec<String> = own.into_iter().filter(|tag| parts(tag).is_some()).collect();
        self.add_relatives(&versions);
        let (tags, branches): (Vec<_>, Vec<_>) = (
            self.plan.tags().map(|(tag, _)| tag.to_owned()).collect(),
            self.plan.branches().map(str::to_owned).collect(),
        );
        self.add(branches);
        let tags = self.dice.some(&tags, 4);
        self.add(tags);
        let commits: Vec<u32> = self.plan.commits.iter().map(|commit| commit.id).collect();
        for id in self.dice.some(&commits, 5) {
            self.add_commit(id);
            self.add_pseudo_versions(id, &versions);
        }
        self.add_others();
    }

    fn own_tags(&self) -> Vec<String> {
        self.plan
            .tags()
            .filter_map(|(tag, _)| tag.strip_prefix(&self.prefix))
            .map(str::to_owned)
            .collect()
    }

    /// Names near those of versions.
    fn add_relatives(&mut self, versions: &[String]) {
        for version in versions {
            let (bare, _) = version.split_once('+').unwrap_or((version, ""));
            // What the root lists of majors that have no go.mod.
            if self.prefix.is_empty() && major(bare).is_some_and(|major| major >= 2) {
                self.add([format!("{bare}+incompatible")]);
            }
        }
        for version in self.dice.some(versions, 3) {
            let (bare, _) = version.split_once('+').unwrap_or((&version, ""));
            self.add([format!("{bare}+incompatible"), format!("{bare}+meta"), bare.to_owned()]);
        }
    }

    fn add_commit(&mut self, id: u32) {
        self.add(["40", "12", "7"].map(|digits| format!("{{{id}:{digits}}}")));
        let odd = self.dice.pick(&["6", "11", "13", "20", "U8", "U12", "39"]);
        self.add([format!("{{{id}:{odd}}}")]);
    }

    /// Every form of a pseudo-version of a commit, on bases that are there or not; and forged ones.
    fn add_pseudo_versions(&mut self, id: u32, versions: &[String]) {
        let stamp = format!("{{{id}:time}}-{{{id}:12}}");
        for zero in self.dice.some(&["v0.0.0", "v1.0.0", "v2.0.0", "v3.0.0"], 2) {
            self.add([format!("{zero}-{stamp}")]);
        }
        let mut bases = self.dice.some(versions, 3);
        bases.push(
            self.dice
                .pick(&["v1.0.0", "v0.1.0", "v1.0.0-rc.1", "v2.0.0", "v0.0.9", "v0.2.0"])
                .to_owned(),
        );
        for base in bases {
            let step = self.dice.pick(&[1, 1, 1, 1, 0, 2]);
            let Some(head) = on_base(&base, step) else { continue };
            let suffix = self.dice.pick(&["", "", "", "+incompatible", "+meta"]);
            let forged = self.forged(id);
            self.add([format!("{head}{stamp}{suffix}"), format!("{head}{forged}")]);
        }
        let forged = self.forged(id);
        self.add([format!("v0.0.0-{forged}")]);
    }

    /// Time and revision of a pseudo-version with something wrong about it.
    fn forged(&mut self, id: u32) -> String {
        let other = self.dice.pick(&self.plan.commits).id;
        let wrong_time = [
            format!("{{{other}:time}}"),
            "20231399221640".to_owned(),
            "2023111422164".to_owned(),
            "20231114221641".to_owned(),
        ];
        let mut wrong_revision = vec![
            "main".to_owned(),
            "HEAD".to_owned(),
            "000000000000".to_owned(),
            format!("{{{other}:12}}"),
        ];
        wrong_revision
            .extend(["11", "13", "40", "7", "U12", "6"].map(|digits| format!("{{{id}:{digits}}}")));
        wrong_revision.extend(self.plan.tags().next().map(|(tag, _)| tag.to_owned()));
        if self.dice.percent(35) {
            format!("{}-{{{id}:12}}", self.dice.pick(&wrong_time))
        } else {
            format!("{{{id}:time}}-{}", self.dice.pick(&wrong_revision))
        }
    }

    fn add_others(&mut self) {
        const OTHERS: [&str; 26] = [
            "v1.0.0",
            "v2.0.0",
            "v1.0.0+incompatible",
            "v2.0.0+incompatible",
            "v9.9.9",
            "main",
            "dev",
            "nosuch",
            "v1.0.0+x",
            "v3.0.0+incompatible",
            "v1.00.0",
            "vx",
            "v2.0.1+incompatible",
            "v1.0.0-0+incompatible",
            "v0",
            "v1",
            "v2",
            "v3",
            "v0.1",
            "v1.0",
            "<v1.0.0",
            ">v0.1.0",
            ">=v1.0.0",
            "<=v2.0.0",
            "deadbee",
            "v0.0.0-00010101000000-000000000000",
        ];
        let others = self.dice.some(&OTHERS, 7);
        self.add(others.into_iter().map(str::to_owned));
    }

    fn add(&mut self, queries: impl IntoIterator<Item = String>) {
        for query in queries {
            if is_sent(&query) && !self.found.contains(&query) {
                self.found.push(query);
            }
        }
    }

    /// Any of what was found; `latest` and versions by their tags first.
    fn chosen(self, count: usize) -> Vec<String> {
        let (first, rest) = self.found.split_at(1);
        let (tags, rest): (Vec<String>, Vec<String>) = rest.iter().cloned().partition(|query| {
            self.plan.refs.contains_key(&format!("refs/tags/{}{query}", self.prefix))
        });
        let mut chosen = first.to_vec();
        chosen.extend(self.dice.some(&tags, count / 2));
        let left = count.saturating_sub(chosen.len());
        chosen.extend(self.dice.some(&rest, left));
        chosen
    }
}

/// The part of a pseudo-version that stands before the time.
fn on_base(base: &str, step: u64) -> Option<String> {
    let (base, _) = base.split_once('+').unwrap_or((base, ""));
    let (major, minor, patch, rest) = parts(base)?;
    if rest.is_empty() {
        Some(format!("v{major}.{minor}.{}-0.", patch.saturating_add(step)))
    } else {
        Some(format!("{base}.0."))
    }
}

/// Whether the go command sends the query to a proxy as it stands.
fn is_sent(query: &str) -> bool {
    let compares = query.trim_start_matches(['<', '>', '=']);
    !compares.is_empty()
        && compares.is_ascii()
        && !compares.contains(|letter: char| {
            " /!@'\"*<>?`|:;\\".contains(letter) && !is_placeholder(compares)
        })
        && !compares.contains(['/', '!', '@'])
        && !compares.ends_with('.')
        && !["con", "none", "patch", "upgrade"].contains(&compares)
}

fn is_placeholder(query: &str) -> bool {
    query.contains('{')
}

#[cfg(test)]
mod tests {
    use super::{EVERYTHING, is_sent, modules, on_base, prefix, questions};
    use crate::generate::text::parse;

    #[test]
    fn modules_come_from_files_tags_and_imagination() {
        let plan = parse(
            "root \"x.test/a\"\ncommit 1 0 +0000\nput 100644 \"sub/v2/go.mod\" \"\"\nput 100644 \"b c/go.mod\" \"\"\n\
             ref \"refs/tags/v3.0.0\" commit 1\nref \"refs/tags/d/e/v2.1.0\" commit 1\n",
        )
        .unwrap();
        let wanted = [
            "x.test/a",
            "x.test/a/d/e",
            "x.test/a/d/e/v2",
            "x.test/a/nodir",
            "x.test/a/sub/v2",
            "x.test/a/v2",
            "x.test/a/v3",
        ];
        assert_eq!(modules(&plan), wanted);
        let asked = questions(&plan, 1, EVERYTHING);
        for (module, query) in [
            ("x.test/a", "v3.0.0+incompatible"),
            ("x.test/a/d/e/v2", "v2.1.0"),
            ("x.test/a", "{1:12}"),
        ] {
            assert!(
                asked.iter().any(|one| one.module == module && one.query == query),
                "{module}@{query}"
            );
        }
    }

    #[test]
    fn prefix_leaves_out_the_major_version() {
        for (module, wanted) in [
            ("r.x", ""),
            ("r.x/v2", ""),
            ("r.x/sub/v2", "sub/"),
            ("r.x/v2/x", "v2/x/"),
            ("r.x/v1", "v1/"),
            ("r.x/v02", "v02/"),
        ] {
            assert_eq!(prefix("r.x", module), wanted, "{module}");
        }
    }

    #[test]
    fn bases_give_the_three_forms() {
        assert_eq!(on_base("v1.2.3", 1).as_deref(), Some("v1.2.4-0."));
        assert_eq!(on_base("v1.2.3-rc.1+meta", 1).as_deref(), Some("v1.2.3-rc.1.0."));
        assert_eq!(on_base("v1.2", 1), None);
    }

    #[test]
    fn what_is_not_sent_is_not_asked() {
        for query in ["latest", "v1", "<v1.0.0", "{3:12}", "a+b", "x.zip", "v0.0.0-{3:time}-{3:12}"]
        {
            assert!(is_sent(query), "{query}");
        }
        for query in ["", "<", "a/b", "a!b", "caf\u{e9}", "con", "patch", "x.", "a*b"] {
            assert!(!is_sent(query), "{query}");
        }
    }
}
