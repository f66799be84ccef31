//! `.modgate.toml`: what is read, what is ignored, what is wrong.

use crate::objects::memory::Repository;
use crate::policy::{About, Escalation, Policy, Preset};

use super::super::{Overrides, resolve};
use super::*;

/// A repository whose HEAD has these entries.
fn refs(repository: &mut Repository, entries: Vec<TreeEntry>) -> Refs {
    let tree = repository.add_entries(entries);
    let head = Some(repository.add_commit(tree, &[], 1_700_000_000));
    Refs { head, head_branch: Some("main".to_owned()), ..Refs::default() }
}

fn file(repository: &mut Repository, mode: Mode, content: &[u8]) -> TreeEntry {
    TreeEntry { name: NAME.as_bytes().to_vec(), mode, id: repository.add_blob(content) }
}

fn settings(text: &str) -> Settings {
    resolve(super::super::parse("modgate.toml", text).unwrap(), Overrides::default()).unwrap()
}

fn with(host: &str, own: &[u8]) -> Effective {
    let mut repository = Repository::default();
    let entry = file(&mut repository, Mode::File, own);
    let refs = refs(&mut repository, vec![entry]);
    settings(host).effective("team/lib", &repository, &refs)
}

fn level(effective: &Effective, rule: &str, tag: &str) -> Level {
    let default = rules::find(rule).unwrap().default;
    let scoped = effective.about(About { tag: Some(tag), module: None });
    scoped.decide(rule, default, Escalation::Forbidden, 0).level
}

#[track_caller]
fn check_note(own: &[u8], expected: &str) {
    let effective = with("", own);
    assert_eq!(effective.notes(), [format!("{expected}; the file is not applied")]);
    assert_eq!(level(&effective, "tag-missing-v", "1.0.0"), Level::Warn);
}

#[test]
fn a_file_of_its_own_is_read_from_the_default_branch() {
    let own = b"[policy]\ntag-missing-v = 'reject'\npreset = 'strict'\n\
        [[policy.tag]]\nmatch = 'x/*'\ntag-shorthand = 'reject'\n\
        [[policy.module]]\nmatch = 'h.io/**'\ntag-moved = 'reject'\n\
        [[policy.exception]]\nrule = 'tag-moved'\nlevel = 'reject'\nowner = 'a'\nreason = 'b'\nuntil = 2099-01-01\n";
    let effective = with("", own);
    assert_eq!(effective.notes(), Vec::<String>::new());
    assert_eq!(level(&effective, "tag-missing-v", "1.0.0"), Level::Reject);
    assert_eq!(level(&effective, "tag-not-semver", "1.0.0"), Level::Reject, "the preset");
    assert_eq!(effective.exceptions().count(), 1);
    let off = with("[policy]\nrepository_file = 'off'\n", own);
    assert_eq!(level(&off, "tag-missing-v", "1.0.0"), Level::Warn);
    let mirror = "[[policy.repository]]\nmatch = 'team/*'\nkind = 'mirror'\n";
    assert_eq!(with(mirror, b"x"), settings(mirror).policy.effective("team/lib"));
    let (empty, repository) = (Refs::default(), Repository::default());
    let nothing = settings("").effective("team/lib", &repository, &empty);
    assert_eq!(nothing, Policy::default().effective("team/lib"));
}

#[test]
fn what_would_be_laxer_is_ignored_with_its_line() {
    let host = "[policy]\npreset = 'strict'\nlicense-missing = 'warn'\n\
                [[policy.tag]]\nmatch = 'old/*'\ntag-moved = 'info'\n";
    let own = b"[policy]\nlicense-missing = 'info'\npreset = 'observe'\ntag-moved = 'warn'\n\
        [[policy.tag]]\nmatch = 'v*'\ntag-deleted = 'off'\n\
        [[policy.exception]]\nrules = ['tag-deleted']\nowner = 'a'\nreason = 'b'\nuntil = 2099-01-01\n";
    let effective = with(host, own);
    assert_eq!(
        effective.notes(),
        [
            ".modgate.toml:2: license-missing = \"info\" is ignored: here it is \"warn\", and the file may \
             only be stricter",
            ".modgate.toml:3: preset = \"observe\" is ignored: here it is \"strict\", and the file may only \
             be stricter",
            ".modgate.toml:7: tag-deleted = \"off\" is ignored: here it is \"reject\", and the file may only \
             be stricter",
            ".modgate.toml:8: the exception for tag-deleted is ignored: here it is \"reject\", and the file \
             may only be stricter",
        ]
    );
    assert_eq!(level(&effective, "license-missing", "v1.0.0"), Level::Warn);
    assert_eq!(level(&effective, "tag-deleted", "v1.0.0"), Level::Reject);
    // Where the host is laxer still, it counts.
    assert_eq!(level(&effective, "tag-moved", "old/v1.0.0"), Level::Warn);
    assert_eq!(level(&effective, "tag-moved", "v1.0.0"), Level::Reject);
    assert_eq!(effective.host_preset().value, Preset::Strict);
    let any =
        with(&format!("{host}[[policy.repository]]\nmatch = '**'\nrepository_file = 'any'\n"), own);
    assert_eq!(any.notes(), Vec::<String>::new());
    assert_eq!(level(&any, "license-missing", "v1.0.0"), Level::Info);
    assert_eq!(level(&any, "tag-deleted", "x"), Level::Warn, "its exception");
}

#[test]
fn many_ignored_levels_are_counted() {
    let all: String = rules::all().map(|rule| format!("{} = 'off'\n", rule.id)).collect();
    let notes = with("", format!("[policy]\n{all}").as_bytes()).notes().to_vec();
    assert_eq!(notes.len(), MAX_NOTES + 1);
    assert!(
        notes[MAX_NOTES].ends_with("more settings are ignored for the same reason"),
        "{notes:?}"
    );
}

#[test]
fn a_file_that_is_wrong_is_not_applied() {
    check_note(
        b"[policy]\ntag-missing-v = 'reject'\non_error = 'open'\n",
        ".modgate.toml:3: \"on_error\" must be left to the host's settings",
    );
    check_note(
        b"[host]\nroot = '/'\n",
        ".modgate.toml:1: unknown key \"host\" at the top, did you mean \"policy\"?",
    );
    check_note(
        b"[[policy.tag]]\nmatch = 'v*'\nrepository = 'x'\n",
        ".modgate.toml:3: \"repository\" must be left to the host's settings",
    );
    check_note(
        b"[policy]\ntag-missing-w = 'reject'\n",
        ".modgate.toml:2: unknown key \"tag-missing-w\" in [policy], did you mean \"tag-missing-v\"?",
    );
    check_note(
        b"[policy]\n[[policy.tag]]\nmatch = 'a/**x'\n",
        ".modgate.toml:3: \"match\" must be a pattern of tag names: ** must stand alone between slashes",
    );
    check_note(b"[policy]\n\n# \xff\n", ".modgate.toml:3: is not UTF-8");
    check_note(&b"#".repeat(65_537), ".modgate.toml:1: has 65537 bytes, more than 65536");
    check_note(
        "[[policy.tag]]\nmatch = 'v'\n".repeat(101).as_bytes(),
        ".modgate.toml:1: has 101 sections, more than 100",
    );
    let syntax = with("", b"[policy]\n\ntag-moved = \n");
    assert!(syntax.notes()[0].starts_with(".modgate.toml:3: "), "{:?}", syntax.notes());
    assert_eq!(with("", &b"#".repeat(65_536)).notes(), Vec::<String>::new());
    let deep = format!("[policy]\nx = {}1{}\n", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(with("", deep.as_bytes()).notes().len(), 1);
}

#[test]
fn what_is_no_plain_file_or_missing_is_not_applied() {
    for (mode, expected) in [
        (Mode::Link, ".modgate.toml:1: is not a plain file; the file is not applied"),
        (Mode::Gitlink, ".modgate.toml:1: is not a plain file; the file is not applied"),
        (Mode::Tree, ".modgate.toml:1: is not a plain file; the file is not applied"),
    ] {
        let mut repository = Repository::default();
        let entry = file(&mut repository, mode, b"[policy]\n");
        let refs = refs(&mut repository, vec![entry]);
        assert_eq!(settings("").effective("x", &repository, &refs).notes(), [expected]);
    }
    let mut repository = Repository::default();
    let lost = ObjectId::from_bytes([7; 20]);
    let entry = TreeEntry { name: NAME.as_bytes().to_vec(), mode: Mode::File, id: lost };
    let refs = refs(&mut repository, vec![entry]);
    let notes = settings("").effective("x", &repository, &refs).notes().to_vec();
    assert!(notes[0].starts_with(".modgate.toml:1: cannot be read: "), "{notes:?}");
    let gone = Refs { head: Some(lost), ..Refs::default() };
    assert_eq!(settings("").effective("x", &repository, &gone).notes().len(), 1);
}

#[test]
fn a_push_that_breaks_the_file_is_told() {
    let mut repository = Repository::default();
    let good = file(&mut repository, Mode::File, b"[policy]\n");
    let before = refs(&mut repository, vec![good]);
    let bad = file(&mut repository, Mode::File, b"[policy\n");
    let after = refs(&mut repository, vec![bad]).head.unwrap();
    let update = |name: &str, new| RefUpdate { name: name.to_owned(), old: ObjectId::ZERO, new };
    let notes =
        |updates: &[RefUpdate]| settings("").notes_on_change("x", &repository, &before, updates);
    let told = notes(&[update("refs/tags/v1", after), update("refs/heads/main", after)]);
    assert!(told[0].starts_with(".modgate.toml:1: "), "{told:?}");
    assert_eq!(notes(&[update("refs/heads/other", after)]), Vec::<String>::new());
    assert_eq!(notes(&[update("refs/heads/main", before.head.unwrap())]), Vec::<String>::new());
    assert_eq!(notes(&[update("refs/heads/main", ObjectId::ZERO)]), Vec::<String>::new());
    let off = settings("[policy]\nrepository_file = 'off'\n");
    let updates = [update("refs/heads/main", after)];
    assert_eq!(off.notes_on_change("x", &repository, &before, &updates), Vec::<String>::new());
}
