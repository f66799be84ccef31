//! Build constraints: `//go:build` and, where there is none, `// +build` lines.
//!
//! What is known of the tags is the caller's to say: each holds, does not, or is open, and so is an expression of them.

/// What is known of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    No,
    Open,
    Yes,
}

impl Truth {
    const fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Open => Self::Open,
            Self::Yes => Self::No,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Open,
        }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

/// What is known of a tag.
pub(super) type Tags<'a> = &'a dyn Fn(&str) -> Truth;

/// How deep parentheses and negations may nest; Go's limit is larger, and nobody comes near this one.
const MAX_DEPTH: u32 = 100;

/// What the constraint of a file says, open where it cannot be read; `None` where it has none.
pub(super) fn of_file(text: &[u8], tags: Tags<'_>) -> Option<Truth> {
    let mut old = Truth::Yes;
    let mut has_old = false;
    for line in header(text) {
        if let Some(expression) = line.strip_prefix("//go:build") {
            if expression.starts_with([' ', '\t']) {
                return Some(expression_truth(expression, tags).unwrap_or(Truth::Open));
            }
        } else if let Some(expression) = line.strip_prefix("//").map(str::trim)
            && let Some(alternatives) = expression.strip_prefix("+build ")
        {
            has_old = true;
            old = old.and(old_line(alternatives, tags));
        }
    }
    has_old.then_some(old)
}

/// The line comments before the package clause, blank lines and block comments passed over.
fn header(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let mut lines = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start();
        if rest.starts_with("//") {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            lines.push(line.trim_end().to_owned());
            rest = after;
        } else if let Some(block) = rest.strip_prefix("/*") {
            rest = block.split_once("*/").map_or("", |(_, after)| after);
        } else {
            return lines;
        }
    }
}

/// `a,!b c`: blanks say or, commas and.
fn old_line(alternatives: &str, tags: Tags<'_>) -> Truth {
    alternatives.split_whitespace().fold(Truth::No, |any, terms| {
        let term = |term: &str| match term.strip_prefix('!') {
            Some(tag) => tags(tag).not(),
            None => tags(term),
        };
        any.or(terms.split(',').map(term).fold(Truth::Yes, Truth::and))
    })
}

/// The value of `a && (!b || c)`; `None` where it is no expression.
fn expression_truth(text: &str, tags: Tags<'_>) -> Option<Truth> {
    let mut parser = Parser { rest: text, depth: 0, tags };
    let truth = parser.or()?;
    parser.rest.trim().is_empty().then_some(truth)
}

struct Parser<'a> {
    rest: &'a str,
    depth: u32,
    tags: Tags<'a>,
}

impl Parser<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(sign) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    fn or(&mut self) -> Option<Truth> {
        let mut truth = self.and()?;
        while self.take("||") {
            truth = truth.or(self.and()?);
        }
        Some(truth)
    }

    fn and(&mut self) -> Option<Truth> {
        let mut truth = self.not()?;
        while self.take("&&") {
            truth = truth.and(self.not()?);
        }
        Some(truth)
    }

    fn not(&mut self) -> Option<Truth> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let truth = if self.take("!") {
            self.not()?.not()
        } else if self.take("(") {
            let inside = self.or()?;
            if !self.take(")") {
                return None;
            }
            inside
        } else {
            self.tag()?
        };
        self.depth -= 1;
        Some(truth)
    }

    fn tag(&mut self) -> Option<Truth> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
        let (tag, after) = rest.split_at(end.unwrap_or(rest.len()));
        self.rest = after;
        (!tag.is_empty()).then(|| (self.tags)(tag))
    }
}
