//! Running an area: as many cases as the budget allows, each asked of both sides.

use std::panic::{AssertUnwindSafe, catch_unwind};

use modgate_tests::random::Random;

use crate::judge::{Case, Judge};
use crate::shrink::shrink;

/// So many cases are asked at once.
const BATCH: u64 = 1000;

/// So many differences are made small and shown.
const SHOWN: usize = 5;

/// What is compared.
pub(crate) struct Area<'a> {
    /// Its name in the figures.
    pub(crate) name: &'a str,
    /// The kind of its requests.
    pub(crate) kind: &'a str,
    pub(crate) seed: u64,
    pub(crate) cases: u64,
    /// Makes a case.
    pub(crate) generate: &'a dyn Fn(&mut Random) -> Case,
    /// What our code says; `None` when this is no case at all, as when it was made too small.
    pub(crate) ours: &'a dyn Fn(&[Vec<u8>]) -> Option<String>,
    /// What a report holds when the case is a good one: many must be, and many must not.
    pub(crate) good: &'a str,
}

impl Area<'_> {
    /// Compares all cases and fails when there is a difference.
    #[track_caller]
    #[expect(clippy::print_stdout, reason = "the figures are for docs/conformance.md")]
    pub(crate) fn run(&self) {
        let (mut compared, mut good, mut differences, mut shown) = (0, 0, 0, Vec::new());
        for first in (0..self.cases).step_by(BATCH as usize) {
            let numbers = first..self.cases.min(first + BATCH);
            let cases: Vec<Case> = numbers.clone().map(|number| self.case(number)).collect();
            let theirs = Judge::get().ask(self.kind, &cases);
            assert_eq!(theirs.len(), cases.len(), "each case has an answer");
            for ((number, case), theirs) in numbers.zip(cases).zip(theirs) {
                let Some(ours) = self.answer(&case) else { continue };
                compared += 1;
                good += u64::from(ours.contains(self.good));
                if ours == theirs {
                    continue;
                }
                differences += 1;
                if shown.len() < SHOWN {
                    shown.push(self.show(number, case));
                }
            }
        }
        assert!(compared * 10 > self.cases * 7, "no more than {compared} cases to compare");
        let percent = good * 100 / compared;
        println!("{}: {compared} cases ({percent} % good), {differences} differences", self.name);
        assert!(shown.is_empty(), "{differences} differences:\n{}", shown.join("\n"));
        assert!((5..=95).contains(&percent), "{percent} % of the cases are good: a poor mixture");
    }

    /// A case depends on nothing but seed and number.
    fn case(&self, number: u64) -> Case {
        let start = self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (self.generate)(&mut Random::new(start.max(1)))
    }

    /// What our code says; a panic is an answer too, one that the library never gives.
    fn answer(&self, case: &Case) -> Option<String> {
        catch_unwind(AssertUnwindSafe(|| (self.ours)(case)))
            .unwrap_or_else(|_| Some("panic\n".to_owned()))
    }

    fn show(&self, number: u64, case: Case) -> String {
        let case = shrink(case, |cases| self.first_that_differs(cases));
        let fields = case.iter().map(|field| format!("  \"{}\"\n", field.escape_ascii()));
        let ours = self.answer(&case).unwrap_or_default();
        let theirs = Judge::get().ask(self.kind, [&case]).remove(0);
        let seed = self.seed;
        let (fields, lines) = (fields.collect::<String>(), difference(&ours, &theirs));
        format!("{}, seed {seed}, case {number}, made small:\n{fields}{lines}", self.name)
    }

    fn first_that_differs(&self, cases: Vec<Case>) -> Option<Case> {
        let answered = cases.into_iter().filter_map(|case| Some((self.answer(&case)?, case)));
        let (ours, cases): (Vec<String>, Vec<Case>) = answered.unzip();
        let theirs = Judge::get().ask(self.kind, &cases);
        let differs = ours.iter().zip(theirs).position(|(ours, theirs)| *ours != theirs)?;
        cases.into_iter().nth(differs)
    }
}

/// The lines that only one side has.
fn difference(ours: &str, theirs: &str) -> String {
    let only = |side: &str, text: &str, other: &str| -> String {
        let lines = text.lines().filter(|line| !other.lines().any(|theirs| theirs == *line));
        lines.map(|line| format!("  {side}: {line}\n")).collect()
    };
    only("ours", ours, theirs) + &only("x/mod", theirs, ours)
}
