//! Odd texts: pieces put together, and texts damaged on the way.

use modgate_tests::random::Random;

/// Old characters of many kinds: every Unicode version in use knows them.
const ODD: [char; 24] = [
    '\0',
    '\n',
    '\r',
    '\u{1b}',
    '\u{7f}',
    '\u{80}',
    '\u{a0}',
    '\u{ad}',
    'É',
    'ß',
    'ſ',
    '\u{301}',
    'λ',
    '٣',
    '\u{200b}',
    '\u{2028}',
    '\u{202e}',
    '\u{212a}',
    '日',
    '\u{feff}',
    '\u{fffd}',
    '😀',
    '\u{e0001}',
    '\u{10ffff}',
];

/// One time in `times`.
pub(crate) fn one_in(random: &mut Random, times: u64) -> bool {
    random.below(times) == 0
}

/// One of these.
pub(crate) fn pick<'t, T: ?Sized>(random: &mut Random, from: &[&'t T]) -> &'t T {
    from[random.below(from.len() as u64) as usize]
}

/// Up to `most` of these in a row.
pub(crate) fn several(random: &mut Random, from: &[&str], most: u64) -> String {
    (0..random.below(most + 1)).map(|_| pick(random, from)).collect()
}

/// A character: most often a printable ASCII one.
pub(crate) fn character(random: &mut Random) -> char {
    match random.below(4) {
        0 => ODD[random.below(ODD.len() as u64) as usize],
        _ => char::from(b' ' + random.below(95) as u8),
    }
}

/// The text after a few small accidents: something lost, put in from `pieces`, repeated, cut off.
pub(crate) fn damaged(random: &mut Random, text: &str, pieces: &[&str]) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(text.len() as u64 + 1) as usize;
        let to = (at + random.below(4) as usize).min(text.len());
        match random.below(6) {
            0 => drop(text.drain(at..to)),
            1 => text.insert(at, character(random)),
            2 => drop(text.splice(at..at, pick(random, pieces).chars())),
            3 => drop(text.splice(at..at, text[at..to].to_vec())),
            4 => text.iter_mut().skip(at).take(1).for_each(|c| *c = flipped(*c)),
            _ => drop(text.splice(at..to, pick(random, pieces).chars())),
        }
    }
    text.into_iter().collect()
}

/// The character in the other case.
fn flipped(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}
