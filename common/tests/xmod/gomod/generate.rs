//! Makes go.mod files: from scratch with the grammar in mind, and out of real ones.

use modgate_tests::random::Random;

use super::words::{
    BYTES, COMMENTS, GO_VERSIONS, INTERVALS, LINE_ENDS, OTHERS, PATHS, SPACES, VERBS, VERSIONS,
};
use crate::text::{one_in, pick};

/// Makes files.
pub(super) struct Generator {
    /// Real files to begin with.
    seeds: Vec<String>,
}

impl Generator {
    pub(super) fn new(seeds: Vec<String>) -> Self {
        assert!(!seeds.is_empty(), "no real go.mod file to begin with");
        Self { seeds }
    }

    /// Anything between a go.mod and bytes that are none.
    pub(super) fn file(&self, random: &mut Random) -> Vec<u8> {
        let mut text = match random.below(8) {
            0..=2 => self.mixed(random).into_bytes(),
            3..=5 => written(random, 7).into_bytes(),
            _ => written(random, 2).into_bytes(),
        };
        if one_in(random, 3) {
            damage(random, &mut text);
        }
        match random.below(60) {
            0 => text.splice(0..0, *b"\xef\xbb\xbf").for_each(drop),
            1 => huge(random, &mut text),
            2 | 3 => text = with_carriage_returns(&text),
            _ => {}
        }
        text
    }

    /// A real file, or a part of it, after some of its lines were lost, moved, or had company.
    fn mixed(&self, random: &mut Random) -> String {
        let mut lines: Vec<String> = self.seed(random).lines().map(str::to_owned).collect();
        if one_in(random, 2) && lines.len() > 20 {
            let start = random.below(lines.len() as u64 - 10) as usize;
            lines = lines[start..lines.len().min(start + 30)].to_vec();
        }
        for _ in 0..random.below(5) {
            let at = random.below(lines.len() as u64 + 1) as usize;
            match random.below(6) {
                0 => drop(lines.drain(at..lines.len().min(at + 2))),
                1 => lines.insert(at, line(random)),
                2 => lines.insert(at, pick(random, &COMMENTS).to_owned()),
                3 => {
                    let other: Vec<&str> = self.seed(random).lines().collect();
                    let from = random.below(other.len() as u64 + 1) as usize;
                    let some = other.iter().skip(from).take(4).map(|line| (*line).to_owned());
                    drop(lines.splice(at..at, some));
                }
                4 => lines.insert(at, String::new()),
                _ => lines.iter_mut().skip(at).take(1).for_each(|line| {
                    let more: &[&str] = if one_in(random, 2) { &COMMENTS } else { &OTHERS };
                    *line += " ";
                    *line += pick(random, more);
                }),
            }
        }
        lines.join("\n") + pick(random, &["\n", ""])
    }

    fn seed(&self, random: &mut Random) -> &str {
        &self.seeds[random.below(self.seeds.len() as u64) as usize]
    }
}

/// A file of up to `most` lines and blocks.
fn written(random: &mut Random, most: u64) -> String {
    let mut text = String::new();
    if one_in(random, 2) {
        text += "module example.com/m\n";
    }
    for _ in 0..=random.below(most) {
        while one_in(random, 4) {
            text += pick(random, &SPACES);
            text += pick(random, &COMMENTS);
            text += pick(random, &LINE_ENDS[..7]);
        }
        if one_in(random, 3) { block(random, &mut text) } else { text += &line(random) }
    }
    text
}

/// A directive with its line's end.
fn line(random: &mut Random) -> String {
    let verb = pick(random, &VERBS);
    let mut line = pick(random, &["", "", "", " ", "\t"]).to_owned() + verb;
    line += if one_in(random, 30) { pick(random, &SPACES) } else { " " };
    line += &arguments(random, verb);
    comment(random, 3, &mut line);
    line + pick(random, &LINE_ENDS)
}

fn block(random: &mut Random, text: &mut String) {
    let verb = pick(random, &VERBS);
    *text += verb;
    *text += pick(random, &[" (", " (", " (", "(", " x (", " ( (", " ( )", "(("]);
    comment(random, 5, text);
    *text += pick(random, &LINE_ENDS[..7]);
    for _ in 0..random.below(5) {
        while one_in(random, 4) {
            *text += "\t";
            *text += pick(random, &COMMENTS);
            *text += pick(random, &LINE_ENDS[..7]);
        }
        *text += "\t";
        *text += &arguments(random, verb);
        comment(random, 3, text);
        *text += pick(random, &LINE_ENDS[..7]);
    }
    if !one_in(random, 20) {
        *text += pick(random, &[")", ")", ")", "  )", ") x", "))"]);
        comment(random, 5, text);
        *text += pick(random, &LINE_ENDS);
    }
}

fn comment(random: &mut Random, times: u64, text: &mut String) {
    if one_in(random, times) {
        *text += pick(random, &SPACES);
        *text += pick(random, &COMMENTS);
    }
}

/// Arguments: most often of the kind that the directive wants.
fn arguments(random: &mut Random, verb: &str) -> String {
    // The first ones are well-formed.
    let odd = one_in(random, 3);
    let few = |list: &'static [&'static str], most: usize| if odd { list } else { &list[..most] };
    if one_in(random, 10) {
        return noise(random);
    }
    match verb {
        "go" => pick(random, few(&GO_VERSIONS, 6)).to_owned(),
        "require" | "exclude" => {
            format!("{} {}", pick(random, few(&PATHS, 4)), pick(random, few(&VERSIONS, 9)))
        }
        "retract" if one_in(random, 2) => pick(random, few(&INTERVALS, 4)).to_owned(),
        "retract" => pick(random, few(&VERSIONS, 16)).to_owned(),
        "replace" => {
            let mut text = pick(random, few(&PATHS, 4)).to_owned();
            let mut version = |text: &mut String| {
                if one_in(random, 2) {
                    *text += " ";
                    *text += pick(random, few(&VERSIONS, 9));
                }
            };
            version(&mut text);
            text += " => ";
            let mut new = String::new();
            version(&mut new);
            text + pick(random, few(&PATHS, 6)) + &new
        }
        "toolchain" | "godebug" => pick(random, &OTHERS[2..15]).to_owned(),
        _ => pick(random, few(&PATHS, 6)).to_owned(),
    }
}

fn noise(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.below(6) {
        let from: &[&str] = match random.below(4) {
            0 => &PATHS,
            1 => &VERSIONS,
            2 => &INTERVALS,
            _ => &OTHERS,
        };
        text += pick(random, from);
        text += pick(random, &SPACES);
    }
    text
}

/// Small accidents anywhere in the file.
fn damage(random: &mut Random, text: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let at = random.below(text.len() as u64 + 1) as usize;
        let to = (at + random.below(12) as usize).min(text.len());
        match random.below(7) {
            0 => drop(text.drain(at..to)),
            1 => text.iter_mut().skip(at).take(1).for_each(|b| *b = random.below(256) as u8),
            2 => text.truncate(at),
            3 => drop(text.splice(at..at, text[at..to].to_vec())),
            4 => drop(text.splice(at..at, pick(random, &OTHERS).bytes())),
            5 => drop(text.splice(at..at, pick(random, &PATHS).bytes())),
            _ => drop(text.splice(at..to, pick(random, &BYTES).iter().copied())),
        }
    }
}

/// One very long word, string, comment, or row of lines.
fn huge(random: &mut Random, text: &mut Vec<u8>) {
    let at = random.below(text.len() as u64 + 1) as usize;
    let what =
        pick(random, &["x", "\\\"", "// ", "a b\n", "(", "v1.", "\r", "é", "require a v1\n"]);
    let times = 1_000 + random.below(9_000) as usize;
    text.splice(at..at, what.repeat(times).into_bytes());
}

fn with_carriage_returns(text: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    lines.join(&b"\r\n"[..])
}
