//! Stories: a repository in memory, a push, what the ledger says, and the report.

use std::fmt::Write as _;

use crate::ledger::{Entry, How, State, Testimony};
use crate::modzip::Limits;
use crate::objects::memory::Repository;
use crate::objects::{Kind, Mode, Tag, TreeEntry};
use crate::policy::{
    At, Choices, Effective, Level, Levels, Pattern, Policy, RepositoryKind, RepositoryPolicy,
};

use super::*;

mod api;
mod content;
mod contents;
mod files;
mod frame;
mod immutability;
mod module_path;
mod order;
pub(super) mod panics;
mod placement;
mod policy;
mod prefixes;
mod refs;
mod requirements;
mod retraction;
mod scale;
mod tag_names;

/// The module path of the repository that the stories are about.
const LIB: &str = "git.example.com/team/lib";
/// The Go file of a module.
const GO: (&str, &str) = ("a.go", "package a\n");

fn go_mod(path: &str) -> String {
    format!("module {path}\n\ngo 1.24\n")
}

/// A repository, a push to it, and what the ledger says.
struct Story {
    repository: Repository,
    code_root: &'static str,
    before: Refs,
    updates: Vec<RefUpdate>,
    testimony: Testimony,
    policy: Policy,
    import: bool,
    skips: Skips,
    has_time: bool,
}

impl Story {
    fn new() -> Self {
        // What a story about something else need not have.
        let off = |rule: &str| (rule.to_owned(), At::unwritten(Level::Off));
        let levels =
            [off("go-directive-missing"), off("license-missing"), off("vendor-dropped")].into();
        Self {
            repository: Repository::default(),
            code_root: LIB,
            before: Refs::default(),
            updates: Vec::new(),
            testimony: Testimony::default(),
            policy: Policy { levels, ..Policy::default() },
            import: false,
            skips: Skips::default(),
            has_time: true,
        }
    }

    /// A repository with one commit of these files, and its tag in a push.
    fn push_of(tag: &str, files: &[(&str, &str)]) -> Self {
        let mut story = Self::new();
        let commit = story.commit(files);
        story.push(tag, commit);
        story
    }

    /// As [`Story::push_of`], with a link (`path@`, the content is its target) or a submodule (`path#`).
    fn push_of_odd(tag: &str, files: &[(&str, &str)]) -> Self {
        let mut story = Self::new();
        let commit = story.odd_commit(files);
        story.push(tag, commit);
        story
    }

    /// As [`Story::commit`], with links and submodules.
    fn odd_commit(&mut self, files: &[(&str, &str)]) -> ObjectId {
        let tree = self.odd_tree(files);
        let commit = self.repository.add_commit(tree, &[], 1_700_000_000);
        self.before.head.get_or_insert(commit);
        commit
    }

    fn odd_tree(&mut self, files: &[(&str, &str)]) -> ObjectId {
        let mut folders: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
        let mut entries = Vec::new();
        for (path, content) in files {
            if let Some((folder, rest)) = path.split_once('/') {
                match folders.iter_mut().find(|(name, _)| *name == folder) {
                    Some((_, files)) => files.push((rest, content)),
                    None => folders.push((folder, vec![(rest, content)])),
                }
                continue;
            }
            let (name, mode) = match path.strip_suffix('@') {
                Some(name) => (name, Mode::Link),
                None => {
                    path.strip_suffix('#').map_or((*path, Mode::File), |name| (name, Mode::Gitlink))
                }
            };
            let id = self.repository.add_blob(content.as_bytes());
            entries.push(TreeEntry { name: name.as_bytes().to_vec(), mode, id });
        }
        for (folder, files) in folders {
            let id = self.odd_tree(&files);
            entries.push(TreeEntry { name: folder.as_bytes().to_vec(), mode: Mode::Tree, id });
        }
        self.repository.add_entries(entries)
    }

    fn commit(&mut self, files: &[(&str, &str)]) -> ObjectId {
        let tree = self.repository.add_tree(files);
        let commit = self.repository.add_commit(tree, &[], 1_700_000_000);
        self.before.head.get_or_insert(commit);
        commit
    }

    /// A commit with this parent.
    fn commit_after(&mut self, parent: ObjectId, files: &[(&str, &str)]) -> ObjectId {
        let tree = self.repository.add_tree(files);
        self.repository.add_commit(tree, &[parent], 1_700_000_100)
    }

    /// A plain module in the root.
    fn module(&mut self) -> ObjectId {
        self.commit(&[GO, ("go.mod", &go_mod(LIB))])
    }

    fn has(&mut self, tag: &str, commit: ObjectId) {
        let tag_of = Tag { target: commit, peeled: commit, kind: Kind::Commit };
        self.before.tags.insert(tag.to_owned(), tag_of);
    }

    fn push(&mut self, tag: &str, new: ObjectId) {
        let old = self.before.tags.get(tag).map_or(ObjectId::ZERO, |tag| tag.target);
        self.updates.push(RefUpdate { name: format!("refs/tags/{tag}"), old, new });
    }

    /// Creates a ref of any kind.
    fn update(&mut self, reference: &str, new: ObjectId) {
        let (name, old) = (reference.to_owned(), ObjectId::ZERO);
        self.updates.push(RefUpdate { name, old, new });
    }

    fn accepted(&mut self, module: &str, version: &str, tag: &str, commit: ObjectId) {
        self.accepted_in("team/lib", module, version, (tag, commit));
    }

    fn accepted_in(
        &mut self,
        repository: &str,
        module: &str,
        version: &str,
        (tag, commit): (&str, ObjectId),
    ) {
        self.testimony.entries.push(Entry {
            how: How::Pushed,
            ..Entry::new(module, version, repository, Some(tag), (commit, commit))
        });
        self.testimony.owners.push((module.to_owned(), repository.to_owned()));
        self.testimony.has_releases |= repository == "team/lib";
    }

    fn level(&mut self, rule: &str, level: Level) {
        self.policy.levels.insert(rule.to_owned(), At::unwritten(level));
    }

    fn report(&self) -> Report {
        self.report_by(&self.policy.effective("team/lib"))
    }

    /// What the rules say by another policy than the story's.
    fn report_by(&self, policy: &Effective) -> Report {
        let limits = Limits::default();
        let push = Push {
            repository: "team/lib",
            code_root: self.code_root,
            objects: &self.repository,
            before: &self.before,
            updates: &self.updates,
            testimony: &self.testimony,
            policy,
            import: self.import,
            skips: &self.skips,
            now: 1_700_001_000,
            limits: &limits,
            least: Level::Info,
            has_time: &|| self.has_time,
        };
        check(&push).unwrap()
    }

    /// Compares everything that the report says.
    #[track_caller]
    fn check(&self, expected: &str) {
        let actual = text(&self.report());
        assert_eq!(actual.trim(), expected.trim(), "\n<<<\n{}\n>>>", actual.trim());
    }

    /// Compares verdicts, levels and rules only.
    #[track_caller]
    fn check_rules(&self, expected: &str) {
        let line = |judgement: &Judgement| {
            let rules =
                judgement.findings.iter().map(|f| format!(" {}:{}", f.level.name(), f.rule));
            format!("{}{}", verdict(judgement), rules.collect::<String>())
        };
        let lines: Vec<String> = self.report().judgements.iter().map(line).collect();
        assert_eq!(lines.join("; "), expected);
    }
}

fn verdict(judgement: &Judgement) -> &'static str {
    match (judgement.verdict, &judgement.release) {
        (Verdict::Admitted, Release::Nothing) => "admitted",
        (Verdict::Admitted, Release::Unserved(_)) => "unserved",
        (Verdict::Admitted, Release::Usable(_)) => "served",
        (Verdict::Ignored, _) => "ignored",
        (Verdict::Refused, _) => "refused",
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for judgement in &report.judgements {
        let name = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
        let (module, version) = (name(&judgement.module), name(&judgement.version));
        writeln!(text, "{} {} = {module}@{version}", verdict(judgement), judgement.subject.name())
            .unwrap();
        for finding in &judgement.findings {
            let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
            let file = finding.file.as_ref().map(|file| format!(" {file}{line}"));
            writeln!(text, "{} {}{}", finding.level.name(), finding.rule, file.unwrap_or_default())
                .unwrap();
            writeln!(text, "  {}", finding.summary).unwrap();
            writeln!(text, "  > {}", finding.consumer.as_deref().unwrap_or_default()).unwrap();
            for command in finding.fix.lines() {
                writeln!(text, "  $ {command}").unwrap();
            }
        }
    }
    text
}

/// Reads nothing, as no object is there.
#[test]
fn a_push_without_release_tags_reads_no_object() {
    let mut story = Story::new();
    let somewhere = ObjectId::from_bytes([7; 20]);
    for name in ["refs/heads/main", "refs/tags/nightly", "refs/tags/build/1234", "refs/notes/x"] {
        let name = name.to_owned();
        story.updates.push(RefUpdate { name, old: ObjectId::ZERO, new: somewhere });
    }
    assert!(!holds_release(&story.updates));
    story.check_rules("ignored; ignored");
    story.updates.remove(1);
    story.updates.remove(1);
    story.check_rules("");
    let question = question("team/lib", LIB, &story.repository, &story.updates).unwrap();
    assert_eq!(
        question,
        crate::ledger::Question { repository: "team/lib".to_owned(), ..Default::default() }
    );
}
