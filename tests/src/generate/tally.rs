//! The sum of a run that goes in parts: a text file with one line for each repository.
//!
//! ```text
//! seed 17 comparisons 84 cold 2 different 0 warm-cache 1
//! ```
//!
//! A line is written when its repository is done, whole. What was cut off by an interruption is done again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::judge::Report;

/// What was done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Seeds that are done.
    pub seeds: BTreeSet<u64>,
    /// Seeds with differences.
    pub different: BTreeSet<u64>,
    /// Sums by name: `comparisons`, `cold`, `different`, and the kinds of known differences.
    pub sums: BTreeMap<String, u64>,
}

impl Tally {
    /// What a file says; nothing where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(path: &Path) -> io::Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    fn parse(text: &str) -> Self {
        let mut tally = Self::default();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let words: Vec<&str> = line.split(' ').collect();
            let pairs =
                words.chunks(2).filter_map(|pair| Some((pair[0], pair.get(1)?.parse().ok()?)));
            tally.add(&pairs.collect::<Vec<(&str, u64)>>());
        }
        tally
    }

    fn add(&mut self, pairs: &[(&str, u64)]) {
        let Some((("seed", seed), sums)) = pairs.split_first().map(|(first, rest)| (*first, rest))
        else {
            return;
        };
        // A seed that was done twice counts once.
        if !self.seeds.insert(seed) {
            return;
        }
        for (name, value) in sums {
            *self.sums.entry((*name).to_owned()).or_default() += value;
            if *name == "different" && *value > 0 {
                self.different.insert(seed);
            }
        }
    }

    /// A sum.
    pub fn sum(&self, name: &str) -> u64 {
        self.sums.get(name).copied().unwrap_or_default()
    }
}

/// Adds a repository to the file.
///
/// # Errors
/// When the file cannot be written.
pub fn append(path: &Path, seed: u64, report: &Report) -> io::Result<()> {
    let Report { comparisons, cold, tolerated, differences } = report;
    let mut line = format!(
        "seed {seed} comparisons {comparisons} cold {cold} different {}",
        differences.len()
    );
    for (kind, count) in tolerated {
        line.push_str(&format!(" {kind} {count}"));
    }
    line.push('\n');
    // What an interruption left of a line goes.
    let bytes = fs::read(path).unwrap_or_default();
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.set_len(whole as u64)?;
    file.write_all(line.as_bytes())
}

impl Display for Tally {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} repositories", self.seeds.len())?;
        for (name, sum) in &self.sums {
            write!(formatter, ", {sum} {name}")?;
        }
        if !self.different.is_empty() {
            write!(formatter, "; seeds that differ: {:?}", self.different)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Tally, append};
    use crate::generate::judge::Report;

    #[test]
    fn parts_add_up_and_torn_lines_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        assert_eq!(Tally::read(&path).unwrap(), Tally::default());
        let report = Report {
            comparisons: 10,
            cold: 2,
            tolerated: [("warm-cache", 3)].into(),
            differences: vec![],
        };
        append(&path, 7, &report).unwrap();
        std::fs::write(&path, std::fs::read_to_string(&path).unwrap() + "seed 8 comparisons 1")
            .unwrap();
        assert_eq!(Tally::read(&path).unwrap().seeds.len(), 1);
        append(&path, 8, &report).unwrap();
        append(&path, 8, &report).unwrap();
        let tally = Tally::read(&path).unwrap();
        assert_eq!(tally.seeds, [7, 8].into());
        assert_eq!(
            (tally.sum("comparisons"), tally.sum("warm-cache"), tally.sum("different")),
            (20, 6, 0)
        );
        assert_eq!(
            tally.to_string(),
            "2 repositories, 4 cold, 20 comparisons, 0 different, 6 warm-cache"
        );
    }
}
