//! Mutations of a corpus by numbers with a fixed seed: flipped bits, cut, repeated and moved stretches, pieces of other
//! files, and words that parsers care about.

use modgate_tests::random::Random;

/// Words and bytes that mean something to one parser or another.
const TOKENS: [&[u8]; 48] = [
    b"\n",
    b"\r\n",
    b"\0",
    b" ",
    b"\t",
    b"/",
    b"//",
    b"\\",
    b"\"",
    b"`",
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b"*",
    b"**/",
    b"?",
    b"!",
    b"%2f",
    b"%",
    b"..",
    b".",
    b"-0.",
    b"+incompatible",
    b"v2",
    b"=",
    b"=>",
    b"[attr]",
    b"[[:alpha:]]",
    b"[!",
    b"module ",
    b"retract [",
    b"// Deprecated: ",
    b"// indirect",
    b"/@v/",
    b"refs/tags/v1.0.0",
    b"$Id:",
    b"$",
    b"\xff",
    b"\xe2\x82",
    "\u{212a}".as_bytes(),
    "\u{202e}".as_bytes(),
    b"99999999999999999999",
    b"0000000000000000000000000000000000000000",
    b"null",
];

/// No input becomes longer than this.
const MAX: usize = 8 << 10;

/// Makes inputs out of seeds.
pub(crate) struct Mutator<'a> {
    random: Random,
    seeds: &'a [(String, Vec<u8>)],
}

impl<'a> Mutator<'a> {
    /// Starts from `seed`, which must not be zero.
    pub(crate) fn new(seed: u64, seeds: &'a [(String, Vec<u8>)]) -> Self {
        Self { random: Random::new(seed), seeds }
    }

    /// The next input and the name of the file that it began as.
    pub(crate) fn next(&mut self) -> (&'a str, Vec<u8>) {
        let seeds = self.seeds;
        let (name, content) = &seeds[self.below(seeds.len())];
        let mut input = content.clone();
        for _ in 0..=self.below(4) {
            self.mutate(&mut input);
            input.truncate(MAX);
        }
        (name, input)
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = at + self.below((input.len() - at).min(64) + 1);
        match self.below(7) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 => drop(input.drain(at..end)),
            2 => {
                let piece = input[at..end].repeat(1 + self.below(40));
                insert(input, at, &piece);
            }
            3 => {
                let piece: Vec<u8> = input.drain(at..end).collect();
                let to = self.below(input.len() + 1);
                insert(input, to, &piece);
            }
            4 => {
                let (_, other) = &self.seeds[self.below(self.seeds.len())];
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            5 => input.truncate(end),
            _ => insert(input, at, TOKENS[self.below(TOKENS.len())]),
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.below(bound as u64) as usize
    }
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    input.splice(at..at, piece.iter().copied());
}

/// Ways to make an input at least `length` bytes long by repeating a part of it, each with the input that has a quarter
/// of the repeats.
pub(crate) fn lengthened(input: &[u8], length: usize) -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    if input.is_empty() {
        return Vec::new();
    }
    let line = |at: usize| {
        let start = input[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let end = input[at..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(input.len(), |end| at + end + 1);
        (start, end)
    };
    let middle = input.len() / 2;
    let stretches = [
        ("the whole", (0, input.len())),
        ("the first line", line(0)),
        ("the last line", line(input.len() - 1)),
        ("the line in the middle", line(middle)),
        ("the byte in the middle", (middle, middle + 1)),
        ("the second half", (middle, input.len())),
    ];
    let lengthen = |(how, (start, end)): (&'static str, (usize, usize))| {
        let repeated = |length: usize| {
            let many = input[start..end].repeat(length / (end - start) + 1);
            [&input[..start], &many, &input[end..]].concat()
        };
        (how, repeated(length / 4), repeated(length))
    };
    stretches.into_iter().map(lengthen).collect()
}
