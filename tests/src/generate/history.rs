//! Whole repositories from a seed.
//!
//! A seed decides a flavour first: repositories in which everything may happen, and such that put one rule under
//! pressure: a line of commits that each have a version of the root and of `sub`, and differ in attributes, names or
//! go.mod files; or versions of several majors with hardly a go.mod.

use super::dice::Dice;
use super::gomods::{go_mod, retractions};
use super::plan::{Commit, Files, Head, Id, Mode, Plan, Storage, changes};
use super::references;
use super::trees::{Habits, put, remove};

/// What a repository is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    /// Attributes, version after version.
    Attributes,
    /// Anything.
    General,
    /// Majors without go.mod.
    Incompatible,
    /// Well-kept modules in both layouts, with retractions.
    Layouts,
    /// go.mod files, version after version.
    GoMods,
    /// Names of files, version after version.
    Names,
}

impl Flavour {
    /// Whether every commit has a version of the root and of `sub`.
    pub(super) fn is_line(self) -> bool {
        matches!(self, Self::Attributes | Self::GoMods | Self::Names)
    }
}

/// The repository of a seed.
pub fn plan(seed: u64) -> Plan {
    let mut dice = Dice::new(seed);
    let flavour = match dice.below(100) {
        0..44 => Flavour::General,
        44..64 => Flavour::Layouts,
        64..77 => Flavour::Incompatible,
        77..85 => Flavour::GoMods,
        85..92 => Flavour::Attributes,
        _ => Flavour::Names,
    };
    let root = root(&mut dice, seed);
    let habits = habits(&mut dice, &root, flavour);
    let mut history = History { dice, flavour, habits, commits: Vec::new(), trees: Vec::new() };
    let count =
        if flavour.is_line() { 8 } else { history.dice.pick(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 12]) };
    let tips = history.write(count);
    let History { mut dice, habits, commits, .. } = history;
    let mut plan = Plan { root, commits, ..Plan::default() };
    references::add(&mut dice, &mut plan, flavour, &habits.subs, &tips);
    plan.storage = dice.pick(&[
        Storage::Loose,
        Storage::Loose,
        Storage::Loose,
        Storage::PackedRefs,
        Storage::Collected,
    ]);
    plan
}

/// A module path for the root. Hosts that the go command knows, hosts that it asks, names that it reads something into.
fn root(dice: &mut Dice, seed: u64) -> String {
    let owner = if dice.percent(20) { format!("Own{seed}") } else { format!("o{seed}") };
    let name = dice.pick(&["r", "r", "r", "Rep", "r.v2", "go-r", "r_x", "v2", "r.r", "v3"]);
    match dice.below(20) {
        0..14 => format!("github.com/{owner}/{name}"),
        14..17 => format!("git.example.com/{owner}/{name}"),
        17 => format!("git.example.com/group/{owner}/x/{name}"),
        18 => format!(
            "gopkg.in/{owner}/r.v{}",
            dice.pick(&["0", "1", "1", "2", "2", "3", "2-unstable"])
        ),
        _ => format!("code{seed}.example.com"),
    }
}

fn habits(dice: &mut Dice, root: &str, flavour: Flavour) -> Habits {
    let all = [
        "sub", "a/b", "Sub", "v2", "v3", "sub/v2", "v2/x", "a", "cmd", "sub/deep", "x.v2",
        "internal",
    ];
    let mut subs: Vec<String> = dice.some(&all, 3).into_iter().map(str::to_owned).collect();
    if flavour != Flavour::General {
        subs[0] = "sub".to_owned();
    }
    Habits {
        root: root.to_owned(),
        subs,
        odd_names: flavour == Flavour::Names || (flavour == Flavour::General && dice.percent(35)),
        attributes: matches!(flavour, Flavour::Attributes | Flavour::Names)
            || (flavour == Flavour::General && dice.percent(45)),
        wild: flavour == Flavour::GoMods || (flavour == Flavour::General && dice.percent(50)),
    }
}

struct History {
    dice: Dice,
    flavour: Flavour,
    habits: Habits,
    commits: Vec<Commit>,
    trees: Vec<Files>,
}

impl History {
    /// Makes the commits; returns those that have no child in some sense: where branches end.
    fn write(&mut self, count: usize) -> Vec<Id> {
        let odd_dates = self.dice.percent(30);
        let (mut clock, mut tips) = (1_700_000_000_i64, Vec::new());
        for _ in 0..count {
            clock += self.dice.pick(&[100, 100, 0, 5000]);
            let (time, zone) = self.date(clock, odd_dates);
            let parents = self.parents(&tips);
            let files = self.tree(&parents);
            let first = parents.first().map(|parent| self.files(*parent)).unwrap_or_default();
            let id = Id::try_from(self.commits.len() + 1).expect("there are few commits");
            if let Some(parent) = parents.first()
                && self.dice.percent(70)
            {
                tips.retain(|tip| tip != parent);
            }
            let changes = changes(&first, &files);
            self.commits.push(Commit { id, parents, time, zone, changes });
            self.trees.push(files);
            tips.push(id);
            if !self.flavour.is_line() && self.dice.percent(8) {
                self.rebase(&mut tips);
            }
        }
        tips
    }

    fn files(&self, id: Id) -> Files {
        self.trees[id as usize - 1].clone()
    }

    fn date(&mut self, clock: i64, odd: bool) -> (i64, String) {
        let dice = &mut self.dice;
        if !odd || dice.percent(50) {
            return (clock, dice.pick(&["+0000", "+0000", "+0200", "-0800"]).to_owned());
        }
        let zone = dice.pick(&["+0000", "-1200", "+0545", "+1400", "-0000", "+9999"]).to_owned();
        let times = [
            0,
            1,
            253_402_300_799,
            253_402_300_800,
            4_102_444_800,
            clock - 100_000,
            1 << 31,
            999_999_999,
            315_964_800,
            clock,
            951_782_400,
            1_709_164_800,
        ];
        (dice.pick(&times), zone)
    }

    fn parents(&mut self, tips: &[Id]) -> Vec<Id> {
        if tips.is_empty() || (!self.flavour.is_line() && self.dice.percent(5)) {
            return Vec::new();
        }
        let recent = &tips[tips.len().saturating_sub(if self.flavour.is_line() { 1 } else { 3 })..];
        let mut parents = vec![self.dice.pick(recent)];
        let merges = if self.flavour.is_line() { 0 } else { 25 };
        while self.commits.len() > 1 && parents.len() < 4 && self.dice.percent(merges) {
            let other = self.dice.pick(&self.commits).id;
            if !parents.contains(&other) {
                parents.push(other);
            }
        }
        parents
    }

    /// A commit is made again on another parent, as a rebase does, with the same changes.
    fn rebase(&mut self, tips: &mut Vec<Id>) {
        let (mut copy, parent) = (self.dice.pick(&self.commits), self.dice.pick(&self.commits));
        let mut files = self.files(parent.id);
        super::plan::apply(&mut files, &copy.changes);
        copy.id = Id::try_from(self.commits.len() + 1).expect("there are few commits");
        copy.parents = vec![parent.id];
        copy.changes = changes(&self.files(parent.id), &files);
        tips.push(copy.id);
        self.commits.push(copy);
        self.trees.push(files);
    }

    fn tree(&mut self, parents: &[Id]) -> Files {
        if self.flavour.is_line() {
            return self.line_tree();
        }
        let mut files = match parents.first() {
            Some(parent) => self.files(*parent),
            None => self.habits.first(&mut self.dice),
        };
        if let Some(other) = parents.get(1)
            && self.dice.percent(50)
        {
            for (path, (mode, content)) in self.files(*other) {
                put(&mut files, path, mode, content);
            }
        }
        match self.flavour {
            Flavour::Incompatible => self.incompatible_tree(&mut files),
            Flavour::Layouts => self.layouts_change(&mut files),
            _ => {
                for _ in 0..self.dice.pick(&[1, 1, 2, 3, 4, 6]) {
                    self.habits.change(&mut self.dice, &mut files);
                }
            }
        }
        files
    }

    /// The tree of a version in a line: two modules, and whatever the line is about.
    fn line_tree(&mut self) -> Files {
        const FILES: [&str; 12] = [
            "a.txt",
            "b.txt",
            "a.go",
            "c.bin",
            "d/a.txt",
            "d/d/b.txt",
            "sub/a.txt",
            "sub/c.bin",
            "a b.txt",
            "LICENSE",
            "sub/d/a.txt",
            "x.c",
        ];
        let Self { dice, habits, flavour, .. } = self;
        let (mut files, root) = (Files::new(), habits.root.clone());
        put(&mut files, "go.mod", Mode::File, format!("module {root}\n"));
        put(&mut files, "sub/go.mod", Mode::File, format!("module {root}/sub\n\ngo 1.24\n"));
        for path in FILES {
            put(&mut files, path, Mode::File, super::contents::content(dice));
        }
        if dice.percent(25) {
            let mode = dice.pick(&[Mode::File, Mode::Symlink, Mode::Executable]);
            put(&mut files, dice.pick(&["sub/LICENSE", "LICENSE"]), mode, "../LICENSE");
        }
        match flavour {
            Flavour::Attributes => {
                for _ in 0..dice.pick(&[1, 1, 2]) {
                    habits.put_attributes(dice, &mut files);
                }
            }
            Flavour::GoMods => wild_modules(dice, habits, &mut files),
            _ => {
                habits.put_odd_name(dice, &mut files);
                for _ in 0..dice.below(3) {
                    habits.change(dice, &mut files);
                }
            }
        }
        files
    }

    fn incompatible_tree(&mut self, files: &mut Files) {
        let (dice, root) = (&mut self.dice, &self.habits.root);
        files.clear();
        put(files, "a.txt", Mode::File, format!("{}\n", dice.below(100)));
        if dice.percent(25) {
            let path = dice.pick(&[
                root.clone(),
                root.clone(),
                format!("{root}/v2"),
                format!("{root}/v3"),
            ]);
            put(files, "go.mod", Mode::File, go_mod(dice, &path, self.habits.wild));
        }
        for directory in ["v2", "v3", "sub", "sub/v2", "v4"] {
            if dice.percent(20) {
                let text = go_mod(dice, &format!("{root}/{directory}"), self.habits.wild);
                put(files, format!("{directory}/go.mod"), Mode::File, text);
            }
        }
    }

    /// What a well-kept repository does: a new major in either layout, and back; retractions; a module that comes and goes.
    fn layouts_change(&mut self, files: &mut Files) {
        let (dice, root, subs) = (&mut self.dice, self.habits.root.clone(), &self.habits.subs);
        let sub = dice.pick(subs);
        let (place, path) = match dice.below(9) {
            0 | 1 => ("go.mod".to_owned(), root),
            2 => ("go.mod".to_owned(), format!("{root}/v2")),
            3 => ("v2/go.mod".to_owned(), format!("{root}/v2")),
            4 => (format!("{sub}/go.mod"), format!("{root}/{sub}")),
            5 => (format!("{sub}/go.mod"), format!("{root}/{sub}/v2")),
            6 => (format!("{sub}/v2/go.mod"), format!("{root}/{sub}/v2")),
            7 => return remove(files, &dice.pick(&["v2".to_owned(), format!("{sub}/v2"), sub])),
            _ => {
                return put(
                    files,
                    "a.go",
                    Mode::File,
                    format!("package a // {}\n", dice.below(100)),
                );
            }
        };
        let mut text = format!("module {path}\n\ngo 1.21\n");
        if dice.percent(55) {
            text.push_str(&self.retract_something());
        }
        put(files, place, Mode::File, text);
    }

    /// A retraction, also of an earlier commit's pseudo-version.
    fn retract_something(&mut self) -> String {
        if !self.commits.is_empty() && self.dice.percent(20) {
            let id = self.dice.pick(&self.commits).id;
            return format!("retract v0.0.0-{{{id}:time}}-{{{id}:12}}\n");
        }
        retractions(&mut self.dice)
    }
}

/// go.mod files of all kinds, and vendored files, which depend on them.
fn wild_modules(dice: &mut Dice, habits: &Habits, files: &mut Files) {
    let root = &habits.root;
    put(files, "go.mod", Mode::File, go_mod(dice, root, true));
    put(files, "sub/go.mod", Mode::File, go_mod(dice, &format!("{root}/sub"), true));
    if dice.percent(30) {
        put(files, "v2/go.mod", Mode::File, go_mod(dice, &format!("{root}/v2"), true));
    }
    for path in ["vendor/modules.txt", "vendor/a/b.go", "p/vendor/f.go", "sub/p/vendor/x.go"] {
        put(files, path, Mode::File, "x\n");
    }
}

/// HEAD of a repository with these branches.
pub(super) fn head(dice: &mut Dice, plan: &Plan) -> Head {
    match dice.below(100) {
        0..10 => Head::Detached(dice.pick(&plan.commits).id),
        10..15 => Head::Branch("refs/heads/missing".to_owned()),
        15..25 => {
            let branches: Vec<String> =
                plan.branches().map(|name| format!("refs/heads/{name}")).collect();
            Head::Branch(dice.pick(&branches))
        }
        _ => Head::default(),
    }
}
