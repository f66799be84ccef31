//! A plan as the text of a case file.
//!
//! ```text
//! # Why the case is there.
//! root "git.example.com/o/lib"
//! commit 1 1700000000 +0000
//! put 100644 "go.mod" "module git.example.com/o/lib\n"
//! commit 2 1700000100 +0000 1
//! remove "go.mod"
//! ref "refs/tags/v1.0.0" tag commit 2
//! head "refs/heads/main"
//! ask "git.example.com/o/lib" "latest"
//! ```
//!
//! Quoted words are bytes: `\n`, `\t`, `\r`, `\"`, `\\` and `\xNN` stand for what they stand for elsewhere. Unknown words are
//! an error.

use std::fmt::Write;

use crate::generate::plan::{Change, Commit, Head, Mode, Plan, Question, Storage, Target};

/// Writes a plan.
pub fn print(plan: &Plan) -> String {
    let mut text = String::new();
    line(&mut text, &["root", &quoted(&plan.root)]);
    for commit in &plan.commits {
        let (id, time) = (commit.id.to_string(), commit.time.to_string());
        let parents: Vec<String> = commit.parents.iter().map(ToString::to_string).collect();
        let mut words = vec!["commit", &id, &time, &commit.zone];
        words.extend(parents.iter().map(String::as_str));
        line(&mut text, &words);
        for change in &commit.changes {
            match change {
                Change::Put { path, mode, content } => {
                    line(&mut text, &["put", mode.octal(), &quoted(path), &quoted(content)]);
                }
                Change::Remove { path } => line(&mut text, &["remove", &quoted(path)]),
            }
        }
    }
    for (name, target) in &plan.refs {
        line(&mut text, &["ref", &quoted(name), &print_target(target)]);
    }
    match &plan.head {
        Head::Branch(name) => line(&mut text, &["head", &quoted(name)]),
        Head::Detached(id) => line(&mut text, &["head", "commit", &id.to_string()]),
    }
    for (key, value) in &plan.config {
        line(&mut text, &["config", key, &quoted(value)]);
    }
    match plan.storage {
        Storage::Loose => {}
        Storage::PackedRefs => line(&mut text, &["storage", "packed-refs"]),
        Storage::Collected => line(&mut text, &["storage", "collected"]),
    }
    for Question { module, query } in &plan.asks {
        line(&mut text, &["ask", &quoted(module), &quoted(query)]);
    }
    text
}

fn line(text: &mut String, words: &[&str]) {
    text.push_str(&words.join(" "));
    text.push('\n');
}

fn print_target(target: &Target) -> String {
    match target {
        Target::Blob(id, path) => format!("blob {id} {}", quoted(path)),
        Target::Commit(id) => format!("commit {id}"),
        Target::Symbolic(name) => format!("symbolic {}", quoted(name)),
        Target::Tag(target) => format!("tag {}", print_target(target)),
        Target::Tree(id) => format!("tree {id}"),
    }
}

/// Reads a plan.
///
/// # Errors
/// Which line makes no sense.
pub fn parse(text: &str) -> Result<Plan, String> {
    let mut plan = Plan::default();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        words(line)
            .and_then(|words| add(&mut plan, &words))
            .ok_or_else(|| format!("line {}: {line:?} makes no sense", number + 1))?;
    }
    if plan.root.is_empty() { Err("no root".to_owned()) } else { Ok(plan) }
}

fn add(plan: &mut Plan, words: &[Vec<u8>]) -> Option<()> {
    let (first, rest) = words.split_first()?;
    match (first.as_slice(), rest) {
        (b"root", [root]) => plan.root = string(root)?,
        (b"commit", [id, time, zone, parents @ ..]) => plan.commits.push(Commit {
            id: number(id)?,
            time: string(time)?.parse().ok()?,
            zone: string(zone)?,
            parents: parents.iter().map(|parent| number(parent)).collect::<Option<_>>()?,
            changes: Vec::new(),
        }),
        (b"put", [mode, path, content]) => {
            let mode = Mode::ALL.into_iter().find(|known| known.octal().as_bytes() == mode)?;
            let (path, content) = (path.clone(), content.clone());
            plan.commits.last_mut()?.changes.push(Change::Put { path, mode, content });
        }
        (b"remove", [path]) => {
            plan.commits.last_mut()?.changes.push(Change::Remove { path: path.clone() });
        }
        (b"ref", [name, target @ ..]) => {
            plan.refs.insert(string(name)?, parse_target(target)?);
        }
        (b"head", [branch]) => plan.head = Head::Branch(string(branch)?),
        (b"head", [word, id]) if word == b"commit" => plan.head = Head::Detached(number(id)?),
        (b"config", [key, value]) => plan.config.push((string(key)?, string(value)?)),
        (b"storage", [word]) if word == b"packed-refs" => plan.storage = Storage::PackedRefs,
        (b"storage", [word]) if word == b"collected" => plan.storage = Storage::Collected,
        (b"ask", [module, query]) => {
            plan.asks.push(Question { module: string(module)?, query: string(query)? });
        }
        _ => return None,
    }
    Some(())
}

fn parse_target(words: &[Vec<u8>]) -> Option<Target> {
    let (first, rest) = words.split_first()?;
    Some(match (first.as_slice(), rest) {
        (b"blob", [id, path]) => Target::Blob(number(id)?, path.clone()),
        (b"commit", [id]) => Target::Commit(number(id)?),
        (b"symbolic", [name]) => Target::Symbolic(string(name)?),
        (b"tag", rest) => Target::Tag(Box::new(parse_target(rest)?)),
        (b"tree", [id]) => Target::Tree(number(id)?),
        _ => return None,
    })
}

fn string(word: &[u8]) -> Option<String> {
    String::from_utf8(word.to_vec()).ok()
}

fn number(word: &[u8]) -> Option<u32> {
    string(word)?.parse().ok()
}

/// Bytes between quotes; letters of other scripts stay readable.
fn quoted(bytes: impl AsRef<[u8]>) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.as_ref().utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                '"' | '\\' => text.extend(['\\', letter]),
                ' '..='~' => text.push(letter),
                _ if letter.is_alphabetic() => text.push(letter),
                _ => hex(&mut text, letter.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        hex(&mut text, chunk.invalid());
    }
    text.push('"');
    text
}

fn hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        write!(text, "\\x{byte:02x}").expect("a String takes everything");
    }
}

/// The words of a line, unquoted.
fn words(line: &str) -> Option<Vec<Vec<u8>>> {
    let (mut words, mut rest) = (Vec::new(), line.trim_start());
    while !rest.is_empty() {
        let word;
        (word, rest) = match rest.strip_prefix('"') {
            Some(inside) => unquote(inside)?,
            None => {
                let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                (word.as_bytes().to_vec(), rest)
            }
        };
        words.push(word);
        rest = rest.trim_start();
    }
    Some(words)
}

fn unquote(text: &str) -> Option<(Vec<u8>, &str)> {
    let mut bytes = Vec::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((bytes, &text[at + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => bytes.push(b'\n'),
                't' => bytes.push(b'\t'),
                'r' => bytes.push(b'\r'),
                'x' => {
                    bytes.push(u8::from_str_radix(text.get(at + 2..at + 4)?, 16).ok()?);
                    letters.nth(1)?;
                }
                other @ ('"' | '\\') => bytes.push(u8::try_from(other).ok()?),
                _ => return None,
            },
            other => bytes.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{parse, print, quoted, words};

    #[test]
    fn bytes_survive_quoting() {
        for bytes in
            [&b""[..], b"a b\n\t\r\"\\", "h\u{e9}\u{301}\u{feff}".as_bytes(), b"\xff\0x", b"\\x41"]
        {
            let line = format!("put {} end", quoted(bytes));
            assert_eq!(words(&line).unwrap(), [b"put", bytes, b"end"], "{line}");
        }
    }

    #[test]
    fn text_of_a_plan_is_the_plan() {
        let text = "root \"x.test/a\"\n\
            commit 1 -5 +0000\nput 100644 \"go.mod\" \"module x\\n\"\nput 160000 \"sub mod\" \"\"\n\
            commit 7 99999999999 -1200 1\nremove \"go.mod\"\ncommit 3 0 +0545 7 1\n\
            ref \"refs/heads/{7:12}\" commit 3\nref \"refs/tags/a\" tag tag commit 7\n\
            ref \"refs/tags/b\" blob 1 \"go.mod\"\nref \"refs/tags/c\" symbolic \"refs/heads/x\"\n\
            ref \"refs/tags/d\" tag tree 3\nhead commit 7\nconfig transfer.hideRefs \"refs/tags/a\"\n\
            storage collected\nask \"x.test/a\" \"v1.0.0\"\n";
        let plan = parse(text).unwrap();
        assert_eq!(print(&plan), text);
    }

    #[test]
    fn nonsense_is_an_error_with_its_line() {
        for line in [
            "puut 1",
            "put 100645 \"a\" \"b\"",
            "root \"a",
            "ref \"x\" tag",
            "remove \"x\"",
            "head a b",
        ] {
            let error = parse(&format!("root \"x.test/a\"\n{line}\n")).unwrap_err();
            assert!(error.starts_with("line 2: "), "{error}");
        }
        assert_eq!(parse("# nothing\n").unwrap_err(), "no root");
    }
}
