//! Commits and tags read as git reads them, which is more lenient than libgit2.
//!
//! Old histories hold commits without author, with two committers, without time zone, and tags with
//! strange taggers. git walks past all of them; libgit2 refuses to parse them, and every question that
//! needs the history would fail.

use crate::hex;
use crate::objects::{Commit, ObjectId};

/// The commit in these bytes; `None` where git would not take it for one.
pub fn commit(id: ObjectId, raw: &[u8]) -> Option<Commit> {
    let mut lines = header(raw);
    let tree = id_after(lines.next()?, b"tree ")?;
    let mut parents = Vec::new();
    let mut committer = None;
    let mut is_first_part = true;
    for line in lines {
        match id_after(line, b"parent ").filter(|_| is_first_part) {
            Some(parent) => parents.push(parent),
            None => is_first_part = false,
        }
        // The last one counts, where there are several.
        committer = line.strip_prefix(b"committer ").or(committer);
    }
    Some(Commit { id, tree, parents, time: committer.and_then(time) })
}

/// The object that the tag in these bytes names.
pub fn tag_target(raw: &[u8]) -> Option<ObjectId> {
    id_after(header(raw).next()?, b"object ")
}

/// The lines up to the first blank one.
fn header(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty())
}

fn id_after(line: &[u8], word: &[u8]) -> Option<ObjectId> {
    let digits = std::str::from_utf8(line.strip_prefix(word)?).ok()?;
    hex::parse(digits).map(ObjectId::from_bytes)
}

/// The seconds in `NAME <MAIL> SECONDS ZONE`. A name or mail may hold anything, so the last `>` ends
/// them; without a zone there is no time.
fn time(ident: &[u8]) -> Option<i64> {
    let mail = ident.iter().position(|byte| *byte == b'<')?;
    let end = ident.iter().rposition(|byte| *byte == b'>').filter(|end| *end > mail)?;
    let rest = ident[end + 1..].trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let zone = rest[digits..].trim_ascii_start();
    let has_zone = matches!(zone, [b'+' | b'-', b'0'..=b'9', ..]);
    let seconds = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok();
    seconds.filter(|_| has_zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    const PARENT: &str = "1111111111111111111111111111111111111111";

    fn read(text: &str) -> Option<Commit> {
        commit(ObjectId::ZERO, text.as_bytes())
    }

    #[track_caller]
    fn check_time(ident: &str, expected: Option<i64>) {
        let text = format!("tree {TREE}\nauthor a <a> 1 +0000\ncommitter {ident}\n\nmessage\n");
        assert_eq!(read(&text).unwrap().time, expected, "{ident:?}");
    }

    #[test]
    fn the_committers_time_is_found_as_git_finds_it() {
        check_time("A U Thor <a@b> 1700000000 +0000", Some(1_700_000_000));
        check_time("A <a@b> 0 -0700", Some(0));
        check_time("A <a <b>> c> 5 +0000", Some(5));
        check_time("<> 7 +0", Some(7));
        check_time("A <a@b>  8  +0000", Some(8));
        for odd in [
            "A <a@b>",
            "A <a@b> 5",
            "A <a@b> x +0000",
            "A <a@b> -1 +0000",
            "A 5 +0000",
            "",
            "A <a@b> 5 0000",
            "A <a@b> 1.5 +0000",
            "A <a@b> +5 +0000",
            "A >a@b< 5 +0000",
            "A <a@b> 99999999999999999999 +0000",
            "A <a@b> 5 + 0",
        ] {
            check_time(odd, None);
        }
    }

    #[test]
    fn odd_commits_keep_their_place_in_history() {
        let text = format!(
            "tree {TREE}\nparent {PARENT}\ncommitter a <a> 1 +0000\ncommitter b <b> 2 +0000\n"
        );
        let odd = read(&text).unwrap();
        assert_eq!(
            (odd.parents.len(), odd.time),
            (1, Some(2)),
            "two committers, no author, no message"
        );
        let late = format!("tree {TREE}\nauthor a\nparent {PARENT}\n\nparent {PARENT}\n");
        assert_eq!(read(&late).unwrap().parents, [], "a parent behind the author is none");
        for text in
            ["", "tree", "tree x\n", &format!("parent {PARENT}\n"), &format!("tree {TREE}0\n")]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_tag_names_its_object_whatever_follows() {
        let text = format!("object {PARENT}\ntype commit\ntag v1.0.0\ntagger x\n");
        assert_eq!(tag_target(text.as_bytes()).unwrap().to_string(), PARENT);
        assert_eq!(tag_target(b"type commit\n"), None);
    }
}
