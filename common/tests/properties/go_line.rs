//! The go line of a go.mod as a zip sees it (Z5): the vendor rule follows the version that the parser keeps.

use modgate_common::gomod::parse_lax;
use modgate_common::modzip::{Limits, plan};
use modgate_common::objects::Objects as _;
use modgate_common::objects::memory::Repository;

/// The input is what follows `go` in a go.mod.
pub(crate) fn check(input: &[u8]) {
    let text = format!("module example.com/m\ngo {}\n", String::from_utf8_lossy(input));
    let mut repository = Repository::default();
    let tree = repository.add_tree(&[("go.mod", &text), ("vendor/modules.txt", "# x\n")]);
    let commit = repository.add_commit(tree, &[], 0);
    let commit = repository.commit(commit).expect("it was added");
    let plan =
        plan(&repository, &commit, "", &Limits::default()).expect("two plain files make a zip");
    let is_modern = !plan.files.iter().any(|file| file.path == "vendor/modules.txt");
    let version = parse_lax(text.as_bytes()).ok().and_then(|file| file.go).map(|go| go.version);
    let Some(version) = version else { return assert!(!is_modern, "no go line is an old one") };
    let numbers: Option<Vec<u64>> = version.split('.').map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        // Plain versions; others have rules of their own, and huge numbers are compared by their length.
        Some([major, minor] | [major, minor, _]) => {
            assert_eq!(is_modern, (*major, *minor) >= (1, 24), "{version}")
        }
        _ => assert!(!is_modern || !is_old(&version), "{version}"),
    }
}

/// Whether the version begins like one before 1.24.
fn is_old(version: &str) -> bool {
    let minor = version.strip_prefix("1.").unwrap_or_default();
    let digits = minor.bytes().take_while(u8::is_ascii_digit).count();
    minor[..digits].parse::<u64>().is_ok_and(|minor| minor < 24)
}
