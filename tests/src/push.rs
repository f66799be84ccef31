//! What a `git push` said.

use crate::run::Done;

/// One line of a receipt: what was accepted, and its hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt {
    /// Module path.
    pub module: String,
    /// Version.
    pub version: String,
    /// h1 of the zip.
    pub h1: String,
}

/// A push that ended.
#[derive(Debug)]
pub struct Push(Done);

impl From<Done> for Push {
    fn from(done: Done) -> Self {
        Self(done)
    }
}

impl Push {
    /// Fails the test unless the push went through.
    #[track_caller]
    pub fn accepted(self) -> Self {
        assert_eq!(self.0.code(), 0, "the push was not accepted: {}", self.0);
        self
    }

    /// Fails the test unless our hook refused the push.
    #[track_caller]
    pub fn refused(self) -> Self {
        assert_ne!(self.0.code(), 0, "the push was not refused: {}", self.0);
        let errors = self.0.errors();
        assert!(errors.contains("pre-receive hook declined"), "refused by another: {}", self.0);
        self
    }

    /// Whether the push went through.
    pub fn is_accepted(&self) -> bool {
        self.0.code() == 0
    }

    /// Fails the test unless the hooks said `text`, wherever the lines break.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(unwrapped(&self.remote()).contains(text), "no {text:?} from the hooks: {}", self.0);
        self
    }

    /// Fails the test if the hooks said `text`, wherever the lines break.
    #[track_caller]
    pub fn lacks(self, text: &str) -> Self {
        assert!(!unwrapped(&self.remote()).contains(text), "{text:?} from the hooks: {}", self.0);
        self
    }

    /// Fails the test if the hooks said anything.
    #[track_caller]
    pub fn silent(self) -> Self {
        assert_eq!(self.remote(), "", "the hooks should be silent: {}", self.0);
        self
    }

    /// What the hooks said: the lines that git marks with `remote:`.
    pub fn remote(&self) -> String {
        let text = self.0.errors();
        let said = text.split(['\n', '\r']).filter_map(|line| line.strip_prefix("remote:"));
        said.map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned() + "\n")
            .collect()
    }

    /// The same as bytes, for text that is not UTF-8.
    pub fn remote_bytes(&self) -> Vec<u8> {
        let lines = self.0.stderr.split(|byte| *byte == b'\n');
        lines.filter(|line| line.starts_with(b"remote:")).collect::<Vec<_>>().join(&b'\n')
    }

    /// The receipts: whatever line holds `MODULE@VERSION` (or both words) and, there or later, `h1:`.
    pub fn receipts(&self) -> Vec<Receipt> {
        let mut named: Option<(String, String)> = None;
        let mut receipts = Vec::new();
        for line in self.remote().lines() {
            let words: Vec<&str> = line.split(|c: char| c.is_whitespace() || c == ',').collect();
            let at = words.iter().find_map(|word| word.split_once("@v"));
            if let Some((module, version)) = at {
                let version = version.trim_end_matches([':', '.', ')']);
                named = Some((module.trim_start_matches('(').to_owned(), format!("v{version}")));
            } else if let Some(pair) = words.windows(2).find(|pair| is_version(pair[1])) {
                named = Some((pair[0].to_owned(), pair[1].to_owned()));
            }
            let h1 = words.iter().find(|word| word.starts_with("h1:"));
            if let (Some((module, version)), Some(h1)) = (&named, h1) {
                let receipt = Receipt {
                    module: module.clone(),
                    version: version.clone(),
                    h1: (*h1).to_owned(),
                };
                receipts.push(receipt);
                named = None;
            }
        }
        receipts
    }

    /// The only receipt.
    #[track_caller]
    pub fn receipt(&self) -> Receipt {
        let receipts = self.receipts();
        assert_eq!(receipts.len(), 1, "one receipt, not {receipts:?}: {}", self.0);
        receipts[0].clone()
    }
}

/// Lines that were wrapped for the terminal, and marked with a bar, as one line again.
fn unwrapped(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_start_matches("| "));
    lines.collect::<Vec<_>>().join(" ")
}

fn is_version(word: &str) -> bool {
    let numbers = word.strip_prefix('v').unwrap_or_default();
    numbers.split('.').count() >= 3 && numbers.starts_with(|c: char| c.is_ascii_digit())
}
