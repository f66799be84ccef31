//! The commands that a report prints, and whether they mend what it complains of.

use std::fs;

use modgate_tests::repository::Repository;

/// The lines to paste, in the order in which they stand in a message.
pub(crate) fn advice(message: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut is_advice = false;
    for line in message.lines() {
        if line == "  to fix it:" || line.starts_with("  then, when ") {
            is_advice = true;
        } else if let Some(command) = line.strip_prefix("    ").filter(|_| is_advice) {
            lines.push(command);
        } else {
            is_advice = false;
        }
    }
    lines
}

/// Follows the advice of a refusal in a copy of the work tree, all but the pushes: then nothing would be refused. Advice that
/// asks for an edit, or for something from the network, is not followed.
#[track_caller]
pub(crate) fn mends(lib: &Repository<'_>, refused: &str, message: &str) {
    let lines = advice(message);
    let Some(end) = lines.iter().position(|line| line.starts_with("git push ")) else { return };
    let needs = |line: &&str| {
        line.starts_with('#') || line.contains("go mod tidy") || line.contains("go get ")
    };
    if lines[..end].iter().any(needs) {
        return;
    }
    let copy = lib.work().with_extension("advice");
    let (from, to) = (lib.work().to_string_lossy(), copy.to_string_lossy());
    // Some stories make commits that are in no work tree.
    let checkout = format!("git reset --quiet --hard 'refs/tags/{refused}^{{commit}}' || true");
    let copy_it = format!("rm -rf {to}; cp -a {from} {to}; cd {to}");
    lib.shell(lib.work(), &[&copy_it, &checkout]).finish().ok();
    let go = [("GOFLAGS", "-mod=mod"), ("GOPROXY", "off"), ("GOTOOLCHAIN", "local")];
    lib.shell(&copy, &lines[..end]).envs(go).finish().ok();
    let tag = lines[end].rsplit(' ').next().unwrap_or_default();
    let pushed =
        format!("printf '%s %s %s %s' X $(git rev-parse {tag}) refs/tags/{tag} {}", "0".repeat(40));
    let input = lib.shell(&copy, &[&pushed]).finish().ok().text() + "\n";
    let check = lib.site().modgate_bare().dir(&copy);
    let check = check.args(["check", "--pre-push", "--module", &lib.module()]).stdin(input);
    check.finish().ok();
    fs::remove_dir_all(copy).expect("it is ours");
}

#[test]
fn advice_is_what_stands_below_its_headings() {
    let message = "x\n  to fix it:\n    git a\n    # b\n  y\n    no\n  then, when all\n    git c\n\nz\n    no\n";
    assert_eq!(advice(message), ["git a", "# b", "git c"]);
}
