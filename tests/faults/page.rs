//! `docs/ledger.md`: the journal that it shows is one, and its lines of sh check any.

use std::fs;

use modgate_tests::run::Run;
use modgate_tests::site::Site;
use modgate_tests::sources::workspace;

const MODULE: &str = "git.example.com/acme/lib";

/// The indented block of the page in which a line begins like this.
#[track_caller]
fn block(begins: &str) -> String {
    let page = fs::read_to_string(workspace().join("docs/ledger.md")).expect("the page is there");
    let blocks = page.split("\n\n").filter(|block| block.starts_with("    "));
    let found = blocks.filter(|block| block[4..].starts_with(begins)).collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "{begins:?}");
    found[0].trim_end().lines().map(|line| format!("{}\n", &line[4..])).collect()
}

/// Runs the lines of sh beside a file `journal`.
fn checked(site: &Site, journal: &[u8]) -> (i32, String) {
    fs::write(site.path("journal"), journal).expect("the site's folder is writable");
    let run = Run::new("sh").args(["-c", &block("before=0000")]).dir(&site.path(""));
    let done = run.finish();
    (done.code(), done.line())
}

#[test]
fn the_journal_on_the_page_is_read_and_checked_as_the_page_says() {
    let site = Site::new();
    let example = block("4d12c5f7");
    assert_eq!(example.lines().count(), 4);
    let head = example.lines().last().expect("it has lines")[..64].to_owned();
    let (code, said) = checked(&site, example.as_bytes());
    assert_eq!((code, said), (0, format!("fine, and the head is {head}")));

    // modgate reads it: a format that was written down stays readable.
    fs::create_dir(site.state().join("ledger")).expect("the state is ours");
    fs::write(site.state().join("ledger/journal"), &example).expect("the state is ours");
    let entry = site.entry(MODULE, "v1.0.0");
    assert_eq!((&entry["state"], &entry["pusher"]), (&"withdrawn".into(), &"alice".into()));
    assert_eq!(entry["decisions"][0]["reason"], "leaks a key");
    let status = site.modgate(&["status", "--json"]).finish().json();
    assert_eq!(status["journal_head"], head.as_str());
    assert_eq!(fs::read_to_string(site.state().join("ledger/journal")).ok(), Some(example));
}

#[test]
fn the_lines_of_sh_on_the_page_find_any_change() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    site.install();
    let daemon = site.serve();
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    lib.release("v1.1.0").push(&["main", "v1.1.0"]).accepted();
    let withdraw =
        ["ledger", "withdraw", MODULE, "v1.0.0", "--reason", "two  spaces, \\ and \"é\""];
    site.modgate(&withdraw).finish().ok();
    let status = site.modgate(&["status", "--json"]).finish().ok().json();
    daemon.stop();
    let journal = fs::read(site.state().join("ledger/journal")).expect("the state is ours");
    let head = status["journal_head"].as_str().expect("it is text");
    assert_eq!(checked(&site, &journal), (0, format!("fine, and the head is {head}")));
    let lines: Vec<&[u8]> = journal.split_inclusive(|byte| *byte == b'\n').collect();
    for removed in 0..lines.len() - 1 {
        let mut rest = lines.clone();
        rest.remove(removed);
        assert_eq!(checked(&site, &rest.concat()).0, 1, "without line {removed}");
    }
    for at in (0..journal.len()).step_by(101) {
        let mut changed = journal.clone();
        changed[at] ^= 1;
        assert_ne!(checked(&site, &changed), (0, format!("fine, and the head is {head}")), "{at}");
    }
}
