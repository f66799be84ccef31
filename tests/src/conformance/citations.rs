//! Which test cites which rule: lines `// Rules: Z4.5, Z7` directly above `#[test]`, below the doc comment.
//!
//! Several such lines may follow each other. A line that stands anywhere else is an error: it would count for nothing.

use super::list::is_id;

/// A test that cites rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The rules as written.
    pub rules: Vec<String>,
    /// File, from the workspace's folder.
    pub file: String,
    /// Name of the test function.
    pub test: String,
}

/// The citations in one source, in order, and what is wrong with others.
pub fn scan(file: &str, source: &str) -> (Vec<Citation>, Vec<String>) {
    let (mut citations, mut errors) = (Vec::new(), Vec::new());
    let mut lines = source.lines().map(str::trim).zip(1..).peekable();
    let mut pending: Vec<String> = Vec::new();
    while let Some((line, number)) = lines.next() {
        if let Some(list) = line.strip_prefix("// Rules:") {
            let rules: Vec<&str> = list.split(',').map(str::trim).collect();
            let bad = rules.iter().filter(|rule| !is_id(rule));
            errors.extend(bad.map(|rule| format!("{file}:{number}: {rule:?} is no rule")));
            pending.extend(rules.into_iter().filter(|rule| is_id(rule)).map(str::to_owned));
        } else if !pending.is_empty() {
            let rules = std::mem::take(&mut pending);
            let is_test = line == "#[test]" || line.starts_with("#[tokio::test");
            let name = is_test.then(|| lines.by_ref().find_map(|(line, _)| function(line)));
            match name.flatten() {
                Some(test) => citations.push(Citation { rules, file: file.to_owned(), test }),
                None => {
                    let rules = rules.join(", ");
                    errors.push(format!("{file}:{number}: {rules}: not directly above #[test]"));
                }
            }
        }
    }
    if !pending.is_empty() {
        errors.push(format!("{file}: {}: not directly above #[test]", pending.join(", ")));
    }
    (citations, errors)
}

/// The name of the function that begins on this line.
fn function(line: &str) -> Option<String> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let (name, _) = line.strip_prefix("fn ")?.split_once('(')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Citation, scan};

    #[test]
    fn lines_above_a_test_are_citations() {
        let source = ["/// Doc.", "// Rules: Z4.5, V1", "// Rules: N3", "#[test]", "fn one() {}"];
        let async_source = [
            "  // Rules: PV4",
            "#[tokio::test(flavor = \"x\")]",
            "#[expect(x)]",
            "async fn two() {}",
        ];
        let (citations, errors) =
            scan("a.rs", &[source.join("\n"), async_source.join("\n")].join("\n"));
        let citation = |rules: &[&str], test: &str| Citation {
            rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
            file: "a.rs".to_owned(),
            test: test.to_owned(),
        };
        assert_eq!(citations, [citation(&["Z4.5", "V1", "N3"], "one"), citation(&["PV4"], "two")]);
        assert_eq!(errors, Vec::<String>::new());
    }

    #[test]
    fn lines_elsewhere_are_errors() {
        for (source, error) in [
            ("// Rules: V1\nfn one() {}", "a.rs:2: V1: not directly above #[test]"),
            ("// Rules: V1\n\n#[test]\nfn one() {}", "a.rs:2: V1: not directly above #[test]"),
            (
                "// Rules: V1\n/// Doc.\n#[test]\nfn x() {}",
                "a.rs:2: V1: not directly above #[test]",
            ),
            ("// Rules: V1, V2", "a.rs: V1, V2: not directly above #[test]"),
            ("// Rules: V1 V2\n#[test]\nfn one() {}", "a.rs:1: \"V1 V2\" is no rule"),
            ("// Rules: v1\n#[test]\nfn one() {}", "a.rs:1: \"v1\" is no rule"),
            ("// Rules:\n#[test]\nfn one() {}", "a.rs:1: \"\" is no rule"),
        ] {
            assert_eq!(scan("a.rs", source), (Vec::new(), vec![error.to_owned()]), "{source:?}");
        }
    }
}
