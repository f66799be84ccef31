//! A repository as data: what is committed, which refs there are, what is asked.
//!
//! A plan says nothing about object ids: they follow from it. Where one is needed in a name, in a query or in a file, a
//! placeholder stands for it: `{3:12}` is the first 12 digits of the id of commit 3, `{3:U12}` the same in upper case,
//! `{3:time}` its committer time as a pseudo-version has it. A file may only name commits that come before its own.

use std::collections::BTreeMap;

/// The number of a commit in its plan. It says nothing about order.
pub type Id = u32;

/// A tree: path to mode and content.
pub type Files = BTreeMap<Vec<u8>, (Mode, Vec<u8>)>;

/// A repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The module path of the root directory, and the repository's place under the root of the site.
    pub root: String,
    /// Commits, parents first.
    pub commits: Vec<Commit>,
    /// Full ref names and what they point to.
    pub refs: BTreeMap<String, Target>,
    /// Where HEAD leads.
    pub head: Head,
    /// Lines of the repository's configuration: `transfer.hideRefs` and the like, and the value.
    pub config: Vec<(String, String)>,
    /// How refs and objects lie on disk.
    pub storage: Storage,
    /// What is asked. Where there is nothing, all that comes to mind.
    pub asks: Vec<Question>,
}

/// A commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// Its number.
    pub id: Id,
    /// The commits before it; all come earlier in the plan.
    pub parents: Vec<Id>,
    /// Committer time in seconds.
    pub time: i64,
    /// Committer time zone, such as `+0530`.
    pub zone: String,
    /// What is different from the first parent's tree; from the empty tree where there is no parent.
    pub changes: Vec<Change>,
}

/// One change of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A file, new or with new content; a symbolic link's content is its target, a gitlink has none.
    Put {
        /// Path from the repository's root.
        path: Vec<u8>,
        /// Mode.
        mode: Mode,
        /// Content; may have placeholders.
        content: Vec<u8>,
    },
    /// A file, or a directory with all that is in it, is gone.
    Remove {
        /// Path from the repository's root.
        path: Vec<u8>,
    },
}

/// The modes that git knows for what is no directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A regular file.
    File,
    /// A regular file that can be run.
    Executable,
    /// A symbolic link.
    Symlink,
    /// A commit of another repository.
    Gitlink,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 4] = [Self::File, Self::Executable, Self::Symlink, Self::Gitlink];

    /// As git writes it.
    pub fn octal(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::Executable => "100755",
            Self::Symlink => "120000",
            Self::Gitlink => "160000",
        }
    }
}

/// What a ref points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A blob of a commit, by path.
    Blob(Id, Vec<u8>),
    /// A commit.
    Commit(Id),
    /// Another ref.
    Symbolic(String),
    /// A tag object on something.
    Tag(Box<Self>),
    /// The tree of a commit.
    Tree(Id),
}

impl Target {
    /// The commit that it comes from; none for a symbolic ref.
    pub fn commit(&self) -> Option<Id> {
        match self {
            Self::Blob(id, _) | Self::Commit(id) | Self::Tree(id) => Some(*id),
            Self::Symbolic(_) => None,
            Self::Tag(target) => target.commit(),
        }
    }

    /// Whether it leads to a commit, and not to a tree or a blob.
    pub fn is_commit(&self) -> bool {
        match self {
            Self::Blob(..) | Self::Tree(_) => false,
            Self::Commit(_) | Self::Symbolic(_) => true,
            Self::Tag(target) => target.is_commit(),
        }
    }
}

/// HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A ref, which need not be there.
    Branch(String),
    /// A commit.
    Detached(Id),
}

impl Default for Head {
    fn default() -> Self {
        Self::Branch("refs/heads/main".to_owned())
    }
}

/// How a repository lies on disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Storage {
    /// As it was written.
    #[default]
    Loose,
    /// Refs in one file.
    PackedRefs,
    /// After `git gc`.
    Collected,
}

/// Something a consumer asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Module path.
    pub module: String,
    /// What stands behind the `@`; may have placeholders.
    pub query: String,
}

impl Plan {
    /// A commit by its number.
    pub fn commit(&self, id: Id) -> Option<&Commit> {
        self.commits.iter().find(|commit| commit.id == id)
    }

    /// The tree of a commit.
    pub fn files(&self, id: Id) -> Files {
        let Some(commit) = self.commit(id) else { return Files::new() };
        let mut files =
            commit.parents.first().map(|parent| self.files(*parent)).unwrap_or_default();
        apply(&mut files, &commit.changes);
        files
    }

    /// The names of all tags, with their targets.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &Target)> {
        self.refs
            .iter()
            .filter_map(|(name, target)| Some((name.strip_prefix("refs/tags/")?, target)))
    }

    /// The names of all branches.
    pub fn branches(&self) -> impl Iterator<Item = &str> {
        self.refs.keys().filter_map(|name| name.strip_prefix("refs/heads/"))
    }
}

/// Makes the changes; what stands in the way of a new path goes, as in git.
pub fn apply(files: &mut Files, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Put { path, mode, content } => {
                files.retain(|other, _| !in_the_way(other, path));
                files.insert(path.clone(), (*mode, content.clone()));
            }
            Change::Remove { path } => files.retain(|other, _| !is_below(other, path)),
        }
    }
}

/// What turns one tree into another.
pub fn changes(from: &Files, to: &Files) -> Vec<Change> {
    let gone = from.keys().filter(|path| !to.contains_key(*path));
    let gone = gone.map(|path| Change::Remove { path: path.clone() });
    let new = to.iter().filter(|(path, file)| from.get(*path) != Some(file));
    let new = new.map(|(path, (mode, content))| Change::Put {
        path: path.clone(),
        mode: *mode,
        content: content.clone(),
    });
    gone.chain(new).collect()
}

/// Whether `path` is `above` or lies in it.
pub fn is_below(path: &[u8], above: &[u8]) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

fn in_the_way(other: &[u8], path: &[u8]) -> bool {
    is_below(other, path) || is_below(path, other)
}

/// A time as it stands in a pseudo-version.
pub fn timestamp(time: i64) -> String {
    let (days, seconds) = (time.div_euclid(86_400), time.rem_euclid(86_400));
    // Days since 0000-03-01, in eras of 400 years.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year_of_era + era * 400 + next;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// Fills in the placeholders: `value` has the text for one, given the commit and what is wanted of it.
pub fn expand(text: &str, value: impl Fn(Id, &str) -> Option<String>) -> String {
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        expanded.push_str(before);
        match placeholder(after) {
            Some((id, what, after)) if value(id, what).is_some() => {
                expanded.push_str(&value(id, what).unwrap_or_default());
                rest = after;
            }
            _ => {
                expanded.push('{');
                rest = after;
            }
        }
    }
    expanded + rest
}

/// The commits whose ids the text needs; times are known without.
pub fn needed(text: &str) -> Vec<Id> {
    let found = text.split('{').skip(1).filter_map(placeholder);
    found.filter(|(_, what, _)| *what != "time").map(|(id, ..)| id).collect()
}

fn placeholder(after: &str) -> Option<(Id, &str, &str)> {
    let (inside, after) = after.split_once('}')?;
    let (id, what) = inside.split_once(':')?;
    Some((id.parse().ok()?, what, after))
}

#[cfg(test)]
mod tests {
    use super::{Change, Files, Mode, apply, changes, expand, needed, timestamp};

    #[test]
    fn timestamps_are_the_calendar_s() {
        for (time, wanted) in [
            (0, "19700101000000"),
            (1_700_000_000, "20231114221320"),
            (951_782_399, "20000228235959"),
            (951_782_400, "20000229000000"),
            (253_402_300_799, "99991231235959"),
            (253_402_300_800, "100000101000000"),
        ] {
            assert_eq!(timestamp(time), wanted);
        }
    }

    #[test]
    fn placeholders_are_filled_in_and_other_braces_stay() {
        let fill = |text: &str| expand(text, |id, what| (id == 3).then(|| format!("<{what}>")));
        assert_eq!(fill("v0.0.0-{3:time}-{3:12}"), "v0.0.0-<time>-<12>");
        assert_eq!(fill("a{b}{4:7}{3:7"), "a{b}{4:7}{3:7");
        assert_eq!(needed("{3:12} {4:time} {x} {5:U7}"), [3, 5]);
    }

    #[test]
    fn changes_lead_from_one_tree_to_the_other() {
        let file = |content: &str| (Mode::File, content.as_bytes().to_vec());
        let from: Files =
            [(b"a/b".to_vec(), file("1")), (b"c".to_vec(), file("2")), (b"d".to_vec(), file("3"))]
                .into();
        let to: Files =
            [(b"a".to_vec(), file("1")), (b"c/x".to_vec(), file("2")), (b"d".to_vec(), file("3"))]
                .into();
        let mut files = from.clone();
        apply(&mut files, &changes(&from, &to));
        assert_eq!(files, to);
        apply(&mut files, &[Change::Remove { path: b"c".to_vec() }]);
        assert_eq!(files.keys().collect::<Vec<_>>(), [b"a", b"d"]);
    }
}
