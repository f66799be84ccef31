//! Glob matching as git does it: `*`, `**`, `?`, `[...]` with POSIX classes, and backslashes.
//!
//! A glob becomes a row of tokens, and matching follows all places in the row at once. It takes
//! tokens times bytes at most, whatever the pattern: trying star after star would take for ever on
//! patterns made for it.

/// Whether `**` differs from `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stars {
    /// In a pattern without slashes: it does not.
    Alike,
    /// In a path: between slashes, `**` spans directories.
    Told,
}

#[derive(Debug)]
enum Token {
    /// `?`: one byte, no slash.
    Any,
    /// A byte that stands for itself.
    Byte(u8),
    /// `[...]`.
    Set(Box<Set>),
    /// `*`: any bytes but slashes.
    Star,
    /// `**`: any bytes.
    StarStar,
    /// Before `**` and a slash: these two may stand for nothing at all.
    Optional,
}

/// A compiled glob.
#[derive(Debug)]
pub(super) struct Glob {
    /// The bytes before the first special one.
    literal: Box<[u8]>,
    tokens: Box<[Token]>,
}

impl Glob {
    /// `None` where the glob matches nothing: an open bracket, an unknown class, a final backslash.
    pub(super) fn compile(text: &[u8], stars: Stars) -> Option<Self> {
        let special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'\\');
        // Git compares the literal part first and then matches the rest as if it were a pattern of
        // its own: in `a**/b` the stars count as standing at the beginning.
        let (literal, rest) = text.split_at(text.iter().position(special).unwrap_or(text.len()));
        Some(Self { literal: literal.into(), tokens: tokens(rest, stars)?.into() })
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        match (text.strip_prefix(&*self.literal), &*self.tokens) {
            (None, _) => false,
            (Some(rest), []) => rest.is_empty(),
            (Some(rest), tokens) => follow(tokens, rest),
        }
    }

    pub(super) fn parts(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn cost(&self, length: usize) -> u64 {
        1 + self.tokens.len() as u64 * length as u64
    }
}

fn tokens(text: &[u8], stars: Stars) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let start = at;
        at += 1;
        let token = match byte {
            b'?' => Token::Any,
            b'\\' => {
                at += 1;
                Token::Byte(*text.get(at - 1)?)
            }
            b'[' => {
                let set;
                (set, at) = Set::parse(text, at)?;
                Token::Set(Box::new(set))
            }
            b'*' => {
                while text.get(at) == Some(&b'*') {
                    at += 1;
                }
                let rest = &text[at..];
                let is_free = (start == 0 || text[start - 1] == b'/')
                    && (rest.is_empty() || rest[0] == b'/' || rest.starts_with(b"\\/"));
                let spans = stars == Stars::Told && at - start > 1 && is_free;
                if spans && rest.first() == Some(&b'/') {
                    tokens.push(Token::Optional);
                }
                if spans { Token::StarStar } else { Token::Star }
            }
            byte => Token::Byte(*byte),
        };
        tokens.push(token);
    }
    Some(tokens)
}

/// Whether the tokens match all of `text`.
fn follow(tokens: &[Token], text: &[u8]) -> bool {
    let mut places = vec![false; tokens.len() + 1];
    places[0] = true;
    step_over_stars(tokens, &mut places);
    for byte in text {
        let mut next = vec![false; tokens.len() + 1];
        for (place, token) in tokens.iter().enumerate().filter(|(place, _)| places[*place]) {
            match token {
                Token::Any => next[place + 1] |= *byte != b'/',
                Token::Byte(expected) => next[place + 1] |= byte == expected,
                Token::Set(set) => next[place + 1] |= set.contains(*byte),
                Token::Star => next[place] |= *byte != b'/',
                Token::StarStar => next[place] = true,
                Token::Optional => {}
            }
        }
        if !next.contains(&true) {
            return false;
        }
        step_over_stars(tokens, &mut next);
        places = next;
    }
    places[tokens.len()]
}

/// Stars may stand for nothing.
fn step_over_stars(tokens: &[Token], places: &mut [bool]) {
    for (place, token) in tokens.iter().enumerate() {
        if !places[place] {
            continue;
        }
        match token {
            Token::Star | Token::StarStar => places[place + 1] = true,
            Token::Optional => {
                places[place + 1] = true;
                places[place + 3] = true;
            }
            Token::Any | Token::Byte(_) | Token::Set(_) => {}
        }
    }
}

/// A set of bytes that never contains the slash, a bit for each.
#[derive(Debug)]
struct Set([u128; 2]);

impl Set {
    fn of(members: &[bool; 256]) -> Self {
        let bits =
            |half: &[bool]| half.iter().rev().fold(0, |bits, bit| bits << 1 | u128::from(*bit));
        let (low, high) = members.split_at(128);
        Self([bits(low), bits(high)])
    }

    fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 7)] >> (byte & 127) & 1 == 1
    }

    /// Parses after the opening bracket and gives the place after the closing one.
    fn parse(text: &[u8], start: usize) -> Option<(Self, usize)> {
        let negated = matches!(text.get(start), Some(b'!' | b'^'));
        let mut at = start + usize::from(negated);
        let mut members = [false; 256];
        // The byte before a dash, where it can begin a range.
        let mut low = None;
        // A bracket that closes directly after the opening counts as a member.
        loop {
            let byte = *text.get(at)?;
            low = match byte {
                b'\\' => {
                    at += 1;
                    let escaped = *text.get(at)?;
                    members[usize::from(escaped)] = true;
                    Some(escaped)
                }
                b'-' if low.is_some() && !matches!(text.get(at + 1), None | Some(b']')) => {
                    at += 1 + usize::from(text[at + 1] == b'\\');
                    let high = *text.get(at)?;
                    for member in low.unwrap_or(high)..=high {
                        members[usize::from(member)] = true;
                    }
                    None
                }
                b'[' if text.get(at + 1) == Some(&b':') => {
                    let end = at + 2 + text[at + 2..].iter().position(|b| *b == b']')?;
                    match text[at + 2..end].strip_suffix(b":") {
                        Some(name) => {
                            let is_member = class(name)?;
                            for member in 0..128u8 {
                                members[usize::from(member)] |= is_member(member);
                            }
                            at = end;
                            None
                        }
                        None => {
                            members[usize::from(byte)] = true;
                            Some(byte)
                        }
                    }
                }
                byte => {
                    members[usize::from(byte)] = true;
                    Some(byte)
                }
            };
            at += 1;
            if text.get(at) == Some(&b']') {
                let mut members = members.map(|is_member| is_member != negated);
                members[usize::from(b'/')] = false;
                return Some((Self::of(&members), at + 1));
            }
        }
    }
}

/// The POSIX classes, over ASCII; white space is git's own notion of it.
fn class(name: &[u8]) -> Option<fn(u8) -> bool> {
    let is_member: fn(u8) -> bool = match name {
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"digit" => |byte| byte.is_ascii_digit(),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"print" => |byte| byte == b' ' || byte.is_ascii_graphic(),
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"space" => |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'),
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return None,
    };
    Some(is_member)
}
