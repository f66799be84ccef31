//! Attribute conversion: what `git archive` makes of a blob, driven by the `.gitattributes` files of
//! the same commit (rules A1 to A9).
//!
//! [`Attributes`] is the stack of files from the root of the commit down to one directory. It answers
//! for each file with a [`Conversion`], which is applied to the raw blob. Only what changes bytes is
//! kept: the five attributes below and the macros that may set them (A9). `export-ignore`,
//! `export-subst` (A1) and filters (A6) have no effect here, and neither system nor user attributes
//! exist (A2).
//!
//! Reading order: `parse` (lines), `pattern` and `glob` (which paths a line means), this file (which
//! value wins, A8), `conversion`, `encoding`.

use std::collections::HashMap;

mod conversion;
mod encoding;
mod glob;
mod parse;
mod pattern;
#[cfg(test)]
mod tests;

pub use conversion::{Conversion, MAX_CONVERTED};
use parse::{Line, RawLine, State, Value};

/// Files of this size and above are ignored (A8): 100 MiB, git's own number.
pub const MAX_FILE: u64 = 100 << 20;

/// Lines that matter and are in force at one directory, a defence of ours: each takes memory. A long one counts for
/// several.
const MAX_LINES: usize = 100_000;

/// Parts of a pattern and attribute states that a line may have before it counts for one more.
const PARTS: usize = 32;

/// What looking up attributes may cost for one zip, in bytes read or compared, a defence of ours:
/// lines and files multiply. It stands for seconds, and is a thousand times what large repositories
/// need.
const MAX_WORK: u64 = 1 << 31;

/// Why no zip can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `working-tree-encoding` without a value meets a file: git archive dies (A5).
    #[error("fatal: true/false are no valid working-tree-encodings")]
    BooleanEncoding,
    /// More lines than `MAX_LINES`.
    #[error("too many attribute lines (max is {MAX_LINES})")]
    TooManyLines,
    /// More work than `MAX_WORK`.
    #[error("attributes take too long to look up")]
    TooMuchWork,
}

/// The attributes that change bytes; their place is their number.
const NAMES: [&[u8]; 5] = [b"text", b"crlf", b"eol", b"ident", b"working-tree-encoding"];
const TEXT: usize = 0;
const CRLF: usize = 1;
const EOL: usize = 2;
const IDENT: usize = 3;
const ENCODING: usize = 4;

/// One `.gitattributes` file.
#[derive(Debug)]
struct Level {
    /// Length of the directory's path with its slash.
    base: usize,
    lines: Vec<Line>,
    /// How many lines these count for.
    weight: usize,
}

/// The attributes in force at one directory of a commit.
#[derive(Debug)]
pub struct Attributes {
    /// Numbers of the attributes that matter: [`NAMES`], then macros.
    numbers: HashMap<Vec<u8>, usize>,
    /// What a macro stands for, by number.
    macros: Vec<Vec<State>>,
    /// How many states were given to macros.
    macro_states: usize,
    levels: Vec<Level>,
    /// How many lines those of all levels count for.
    weight: usize,
    work: u64,
}

impl Default for Attributes {
    /// No file yet; git's built-in macro `binary` is known.
    fn default() -> Self {
        let mut numbers: HashMap<Vec<u8>, usize> =
            NAMES.iter().enumerate().map(|(number, name)| (name.to_vec(), number)).collect();
        numbers.insert(b"binary".to_vec(), NAMES.len());
        let mut macros = vec![Vec::new(); NAMES.len()];
        macros.push(vec![State { attribute: TEXT, value: Value::False }]);
        Self { numbers, macros, macro_states: 0, levels: Vec::new(), weight: 0, work: 0 }
    }
}

impl Attributes {
    /// Goes down into a directory; the first one is the root. `path` is the directory's own, from the
    /// root of the commit; `file` is the content of its `.gitattributes`, where that is a blob below
    /// [`MAX_FILE`].
    ///
    /// # Errors
    /// When our limits are exceeded.
    pub fn enter(&mut self, path: &[u8], file: Option<&[u8]>) -> Result<(), Refusal> {
        let file = file.unwrap_or_default();
        self.spend(file.len() as u64)?;
        let is_root = self.levels.is_empty();
        if is_root {
            self.name_macros(file)?;
        }
        let (mut lines, mut weight) = (Vec::new(), 0);
        for line in parse::lines(file) {
            match parse::line(line) {
                Some(RawLine::Macro { name, states }) if is_root => {
                    if let Some(number) = self.numbers.get(&name) {
                        self.macros[*number] = self.known(states);
                        self.macro_states += self.macros[*number].len();
                    }
                }
                Some(RawLine::Pattern { pattern, states }) => {
                    let states = self.known(states);
                    if !states.is_empty()
                        && let Some(pattern) = pattern::compile(&pattern)
                    {
                        weight += 1 + (pattern.parts() + states.len()) / PARTS;
                        lines.push(Line { pattern, states });
                    }
                }
                _ => {}
            }
            if self.weight + weight + self.macro_states / PARTS > MAX_LINES {
                return Err(Refusal::TooManyLines);
            }
        }
        self.weight += weight;
        let base = if path.is_empty() { 0 } else { path.len() + 1 };
        self.levels.push(Level { base, lines, weight });
        Ok(())
    }

    /// Goes up again.
    pub fn leave(&mut self) {
        self.weight -= self.levels.pop().map_or(0, |level| level.weight);
    }

    /// The conversion of the regular file at `path` (from the root of the commit), which lies in the
    /// directory entered last.
    ///
    /// # Errors
    /// Where git archive dies, or our limits are exceeded.
    pub fn conversion(&mut self, path: &[u8]) -> Result<Conversion, Refusal> {
        if self.weight == 0 {
            return Ok(Conversion::default());
        }
        let values = self.look_up(path)?;
        conversion::decide(&values)
    }

    /// The value of each attribute of [`NAMES`]: deeper files first, later lines first (A8).
    fn look_up(&mut self, path: &[u8]) -> Result<[Option<&Value>; NAMES.len()], Refusal> {
        let name = path.iter().rposition(|b| *b == b'/').map_or(path, |slash| &path[slash + 1..]);
        let mut values = vec![None; self.macros.len()];
        let mut work = self.macros.len() as u64;
        for level in self.levels.iter().rev() {
            let below = path.get(level.base..).unwrap_or_default();
            for line in level.lines.iter().rev() {
                work += line.pattern.cost(below.len());
                if self.work.saturating_add(work) > MAX_WORK {
                    return Err(Refusal::TooMuchWork);
                }
                if line.pattern.matches(name, below) {
                    work += assign(&mut values, &self.macros, &line.states);
                }
                // What is known never changes again.
                if values[..NAMES.len()].iter().all(Option::is_some) {
                    break;
                }
            }
        }
        self.work += work;
        Ok([values[TEXT], values[CRLF], values[EOL], values[IDENT], values[ENCODING]])
    }

    /// Gives numbers to the macros of the root file, so that lines before the definition know them.
    fn name_macros(&mut self, file: &[u8]) -> Result<(), Refusal> {
        for line in parse::lines(file) {
            if let Some(RawLine::Macro { name, .. }) = parse::line(line)
                && !self.numbers.contains_key(&name)
            {
                if self.macros.len() > MAX_LINES / 10 {
                    return Err(Refusal::TooManyLines);
                }
                self.numbers.insert(name, self.macros.len());
                self.macros.push(Vec::new());
            }
        }
        Ok(())
    }

    fn known(&self, states: Vec<(&[u8], Value)>) -> Vec<State> {
        let known = |(name, value)| Some(State { attribute: *self.numbers.get(name)?, value });
        states.into_iter().filter_map(known).collect()
    }

    fn spend(&mut self, work: u64) -> Result<(), Refusal> {
        self.work = self.work.saturating_add(work);
        if self.work > MAX_WORK { Err(Refusal::TooMuchWork) } else { Ok(()) }
    }
}

/// Sets what is not yet set, last state first. A macro set to true is expanded on the spot, before
/// the states to the left of it. Without recursion: chains of macros may be long. Answers with how many states
/// were looked at.
fn assign<'a>(
    values: &mut [Option<&'a Value>],
    macros: &'a [Vec<State>],
    states: &'a [State],
) -> u64 {
    let mut work = 0;
    let mut pending = vec![states.iter().rev()];
    while let Some(states) = pending.last_mut() {
        let Some(state) = states.next() else {
            pending.pop();
            continue;
        };
        work += 1;
        let value = &mut values[state.attribute];
        if value.is_none() {
            *value = Some(&state.value);
            if state.value == Value::True && !macros[state.attribute].is_empty() {
                pending.push(macros[state.attribute].iter().rev());
            }
        }
    }
    work
}
