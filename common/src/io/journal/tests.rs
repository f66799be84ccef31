//! Cases of `journal`.

use super::*;
use crate::objects::ObjectId;

fn records(name: &str) -> Vec<Record> {
    vec![Record::Settled {
        repository: "team/lib".to_owned(),
        tag: name.to_owned(),
        target: ObjectId::ZERO,
    }]
}

fn read(path: &Path, known: Mark) -> Result<(Journal, Vec<Record>), JournalError> {
    let mut all = Vec::new();
    let journal = Journal::open(path, known, Ending::Torn, |records, _| all.extend(records))?;
    Ok((journal, all))
}

/// A journal with two lines behind its first one.
fn filled(folder: &Path) -> (PathBuf, Mark) {
    let path = folder.join("journal");
    let (mut journal, _) = read(&path, Mark::START).unwrap();
    let mark = journal.append(&records("v1.0.0")).unwrap();
    journal.append(&records("v1.1.0")).unwrap();
    (path, mark)
}

#[test]
fn what_was_appended_is_read_again_from_any_mark() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mark) = filled(folder.path());
    let (_, all) = read(&path, Mark::START).unwrap();
    let begun = vec![Record::Begun { format: FORMAT }];
    assert_eq!(all, [begun, records("v1.0.0"), records("v1.1.0")].concat());
    let (journal, rest) = read(&path, mark).unwrap();
    assert_eq!(rest, records("v1.1.0"));
    assert_eq!(journal.mark().head.lines, 3);
}

#[test]
fn a_torn_end_is_cut_off_and_kept_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mark) = filled(folder.path());
    let whole = fs::read(&path).unwrap();
    // Every possible length of the last line, the missing line feed included.
    for end in mark.end as usize + 1..whole.len() {
        fs::write(&path, &whole[..end]).unwrap();
        let (mut journal, rest) = read(&path, mark).unwrap();
        assert_eq!(rest, []);
        let torn = fs::read(journal.torn().unwrap()).unwrap();
        assert_eq!(torn, &whole[mark.end as usize..end]);
        journal.append(&records("v1.2.0")).unwrap();
        assert_eq!(read(&path, mark).unwrap().1, records("v1.2.0"));
    }
}

#[test]
fn damage_in_the_middle_is_an_error_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mark) = filled(folder.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[mark.start as usize + 70] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = read(&path, Mark::START).err().unwrap();
    assert!(matches!(error, JournalError::Damaged { offset, .. } if offset == mark.start));
    assert!(matches!(verify(&path), Err(JournalError::Damaged { .. })));
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_whole_journal_is_verified_without_writing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = filled(folder.path());
    assert_eq!(verify(&path).unwrap().head.lines, 3);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"half a li");
    fs::write(&path, &bytes).unwrap();
    assert_eq!(verify(&path).unwrap().head.lines, 3);
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_journal_that_lost_lines_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mark) = filled(folder.path());
    let (journal, _) = read(&path, mark).unwrap();
    let last = journal.mark();
    drop(journal);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..mark.end as usize]).unwrap();
    assert!(matches!(read(&path, last), Err(JournalError::Regressed { .. })));
    fs::remove_file(&path).unwrap();
    assert!(matches!(read(&path, last), Err(JournalError::Regressed { .. })));
}

#[test]
fn an_index_that_claims_nonsense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mark) = filled(folder.path());
    for (start, end) in
        [(0, 1 << 62), (0, u64::MAX), (mark.end, mark.start), (u64::MAX, u64::MAX), (0, 0)]
    {
        let odd = Mark { head: mark.head, start, end };
        assert!(matches!(read(&path, odd), Err(JournalError::Regressed { .. })), "{odd:?}");
    }
}
