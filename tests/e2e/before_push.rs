//! What people ask before they push: is this commit a good release, which number is next, what does a rule mean.

use std::path::Path;

use modgate_tests::repository::Repository;
use modgate_tests::run::{Done, Run};
use modgate_tests::site::Site;
use serde_json::Value;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

/// modgate in a folder, without any settings of a host.
fn modgate(site: &Site, folder: &Path, args: &[&str]) -> Done {
    site.modgate_bare().dir(folder).args(args).finish()
}

/// A repository with a good release that was pushed, and a commit after it.
fn released(site: &Site) -> Repository<'_> {
    let lib = site.repository("acme/lib");
    lib.write("LICENSE", "as you like\n");
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    lib.write("sub/x.go", "package sub\n").commit("more");
    lib
}

#[test]
fn a_commit_in_a_work_tree_is_judged_as_the_release_it_would_be() {
    let site = Site::new();
    let lib = released(&site);
    let check = |args: &[&str]| modgate(&site, lib.work(), &[&["check"], args].concat());
    let good = check(&["--as", "v1.1.0"]).ok();
    assert_eq!(good.text(), format!("modgate: good: tag v1.1.0 ({MODULE}@v1.1.0)\n"));
    // Without a word the repository is the one around the folder, without a tag all tags are judged.
    check(&[]).ok().says(&format!("{MODULE}@v1.0.0"));
    check(&["--as", "v2.0.0"]).exits(1).says("major-suffix-missing").says("go.mod:1");
    let commit = lib.head();
    check(&["--as", "1.1.0"])
        .ok()
        .says("tag-missing-v")
        .says(&format!("    git tag v1.1.0 {commit}\n    git push origin v1.1.0\n"));
    check(&["--as", "nightly"]).ok().says("ignored");
    // From inside, by path, and by any name of a commit.
    let inside = modgate(&site, &lib.work().join("sub"), &["check", "--as", "refs/tags/v1.1.0"]);
    assert_eq!(inside.ok().text(), good.text());
    for revision in
        ["HEAD~1", "main^", "v1.0.0", &lib.git(&["rev-parse", "--short", "HEAD~1"]).line()]
    {
        check(&["--as", "v1.1.0", revision]).ok();
    }
    let path = lib.work().to_string_lossy().into_owned();
    modgate(&site, &site.path(""), &["check", &path, "--as", "v1.1.0", "HEAD"]).ok();
    let bare = lib.bare().to_string_lossy().into_owned();
    modgate(&site, &site.path(""), &["check", &bare, "--as", "v1.1.0", "main"]).ok();
    // Nothing was made.
    assert_eq!(lib.git(&["tag", "--list"]).line(), "v1.0.0");
}

#[test]
fn what_cannot_be_judged_is_an_error() {
    let site = Site::new();
    let lib = released(&site);
    let check = |args: &[&str]| modgate(&site, lib.work(), &[&["check"], args].concat());
    check(&["--as", "v1.1.0", "nosuch"]).exits(2).says("nosuch");
    check(&["--as", "v1.1.0", "HEAD^{tree}"]).exits(2).says("names no commit");
    check(&["--as", "v 1"]).exits(2).says("cannot be the name of a tag");
    check(&[".", "v9.9.9"]).exits(2).says("v9.9.9");
    check(&[".", "v1.0.0", "--as", "v1.1.0"]).exits(2);
    check(&["--json", "--format", "text"]).exits(2);
    check(&["--format", "html"]).exits(2).says("sarif");
    modgate(&site, &site.path(""), &["check"]).exits(2).says("no repository or work tree");
}

#[test]
fn the_module_path_comes_from_go_mod_or_remote_or_the_caller() {
    let site = Site::new();
    let lib = released(&site);
    let check =
        |args: &[&str]| modgate(&site, lib.work(), &[&["check", "--as", "v1.1.0"], args].concat());
    check(&["--module", "example.org/x"]).exits(1).says("module-path-mismatch");
    check(&["--module", "../x"]).exits(2).says("cannot be a module path");
    lib.remove("go.mod").module_at("sub", &format!("{MODULE}/sub")).commit("only a module below");
    modgate(&site, lib.work(), &["check", "--as", "sub/v0.1.0"])
        .ok()
        .says(&format!("{MODULE}/sub@v0.1.0"));
    lib.remove("sub/go.mod").commit("no go.mod at all");
    check(&[]).exits(2).says("--module");
    lib.git(&["remote", "set-url", "origin", "ssh://git@git.example.com:2222/acme/lib.git"]);
    check(&[]).says("gomod-removed").says(&format!("{MODULE}@v1.1.0"));
}

#[test]
fn a_detached_checkout_is_judged_by_the_branches_it_came_from() {
    let site = Site::new();
    let lib = released(&site);
    lib.push_main();
    let ci = lib.clone_again("ci");
    ci.git(&["checkout", "--quiet", "--detach", "origin/main"]);
    ci.git(&["branch", "--delete", "--force", "main"]);
    let good = modgate(&site, ci.work(), &["check", "--as", "v1.1.0"]).ok();
    assert!(!good.text().contains("commit-off-branch"), "{good}");
    ci.write("x.go", "package code\n").commit("nobody has this");
    modgate(&site, ci.work(), &["check", "--as", "v1.1.0"]).ok().says("commit-off-branch");
}

#[test]
fn a_shallow_clone_that_lacks_what_is_asked_says_how_to_get_it() {
    let site = Site::new();
    let lib = released(&site);
    lib.write("y.go", "package code\n").commit("another");
    lib.push_main();
    let url = format!("file://{}", lib.bare().display());
    let here = site.path("work");
    let git = |args: &[&str], dir: &Path| site.git(dir).args(args).finish().ok();
    git(&["clone", "--quiet", "--depth=1", &url, "shallow"], &here);
    let shallow = here.join("shallow");
    git(&["fetch", "--quiet", "--depth=1", "origin", "tag", "v1.0.0"], &shallow);
    let check = || modgate(&site, &shallow, &["check", "--as", "v1.1.0"]);
    check().exits(2).says("git fetch --unshallow --tags");
    git(&["fetch", "--quiet", "--unshallow", "--tags"], &shallow);
    check().ok();
}

#[test]
fn an_added_work_tree_has_its_own_head() {
    let site = Site::new();
    let lib = released(&site);
    let added = site.path("work/added");
    lib.git(&["worktree", "add", "--quiet", "-b", "next", &added.to_string_lossy()]);
    let commit = |run: Run| run.finish().ok();
    std::fs::write(added.join("go.mod"), format!("module {MODULE}/v2\n\ngo 1.21\n"))
        .expect("writable");
    commit(lib.git_run(&["commit", "--quiet", "--all", "--message", "v2"]).dir(&added));
    modgate(&site, &added, &["check", "--as", "v2.0.0"]).ok().says(&format!("{MODULE}/v2@v2.0.0"));
    modgate(&site, lib.work(), &["check", "--as", "v2.0.0"]).exits(1);
}

#[test]
fn every_format_says_the_same_with_the_same_exit_code() {
    let site = Site::new();
    let lib = released(&site);
    let check = |args: &[&str]| {
        modgate(&site, lib.work(), &[&["check"], args, &["--as", "v2.0.0"]].concat())
    };
    let json = check(&["--json"]).exits(1);
    assert_eq!(check(&["--format", "json"]).exits(1).text(), json.text());
    let finding = json.json()[0]["findings"][0].clone();
    assert_eq!(finding["rule"], "major-suffix-missing");
    let sarif = check(&["--format", "sarif"]).exits(1).json();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], finding["rule"]);
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(
        (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
        (&finding["file"], &finding["line"])
    );
    let junit = check(&["--format", "junit"]).exits(1).text();
    assert!(junit.contains("<failure type=\"major-suffix-missing\""), "{junit}");
    let github = check(&["--format", "github"]).exits(1).text();
    assert!(
        github.starts_with("::error file=go.mod,line=1,title=major-suffix-missing%3A"),
        "{github}"
    );
    assert_eq!(check(&["--format", "text"]).exits(1).text(), check(&[]).exits(1).text());
    let good = modgate(&site, lib.work(), &["check", "--format", "sarif", "--as", "v1.1.0"]).ok();
    assert_eq!(good.json()["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn next_names_free_tags_with_their_prefix() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.2.3").module_at("sub", &format!("{MODULE}/sub")).commit("sub");
    lib.tag("sub/v0.9.9").push(&["main", "--tags"]).accepted();
    let next = |args: &[&str]| site.modgate(&[&["next", "acme/lib"], args].concat()).finish();
    let major = |path: &str| format!(" (go.mod must say: module {path})\n");
    let root =
        format!("patch v1.2.4\nminor v1.3.0\nmajor v2.0.0{}", major(&format!("{MODULE}/v2")));
    assert_eq!(next(&[]).ok().text(), root);
    let sub = "patch sub/v0.9.10\nminor sub/v0.10.0\nmajor sub/v1.0.0\n";
    for directory in ["sub", "sub/", "./sub"] {
        assert_eq!(next(&[directory]).ok().text(), sub);
    }
    let json = next(&["sub", "--json"]).ok().json();
    let expected = serde_json::json!({
        "module": format!("{MODULE}/sub"), "patch": "sub/v0.9.10", "minor": "sub/v0.10.0",
        "major": "sub/v1.0.0", "major_module": format!("{MODULE}/sub"),
    });
    assert_eq!(json, expected);
    next(&["nosuch"]).exits(2).says("nosuch");
    site.modgate(&["next", "acme/nosuch"]).finish().exits(2).says("acme/nosuch");
    // A number that was released stays taken, with the daemon and without.
    lib.server(&["update-ref", "-d", "refs/tags/v1.2.3"]);
    assert_eq!(next(&[]).ok().text(), root);
    daemon.stop();
    assert_eq!(next(&[]).ok().text(), root);
    // A work tree has its tags only.
    let own = modgate(&site, lib.work(), &["next", "."]).ok();
    assert_eq!(own.text(), root);
}

#[test]
fn explain_says_what_a_rule_means() {
    let site = Site::new();
    let explain = |args: &[&str]| modgate(&site, &site.path(""), &[&["explain"], args].concat());
    let one = explain(&["tag-missing-v"]).ok();
    assert!(one.text().starts_with("tag-missing-v (warn)\n"), "{one}");
    let all = explain(&["--all"]).ok();
    assert!(all.text().contains(&one.text()), "{all}");
    let json = explain(&["--all", "--json"]).ok().json();
    let rules = json.as_array().cloned().unwrap_or_default();
    for rule in &rules {
        let id = rule["rule"].as_str().unwrap_or_default();
        assert!(all.text().contains(&format!("\n{id} (")), "{id} is missing in --all");
    }
    assert!(rules.len() > 30, "{}", rules.len());
    explain(&["tag-mising-v"]).exits(2).says("did you mean \"tag-missing-v\"?");
    explain(&[]).exits(2);
    explain(&["tag-missing-v", "--all"]).exits(2);
}

#[test]
fn scan_tells_how_the_releases_of_all_repositories_fare() {
    let site = Site::new();
    let lib = released(&site);
    lib.tag("v2.0.0").tag("1.1.0").push(&["main", "--tags"]).accepted();
    site.repository("team/other").release("v0.1.0").push(&["main", "v0.1.0"]).accepted();
    site.repository("team/empty");
    let scan = |args: &[&str]| site.modgate(&[&["scan"], args].concat()).finish();
    let table = scan(&[]).exits(1);
    let lines: Vec<String> = table
        .text()
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines,
        [
            "repository modules releases broken warned why",
            "acme/lib 2 1 1 1 major-suffix-missing (1)",
            "team/empty 0 0 0 0",
            "team/other 1 1 0 0",
            "3 in all 3 2 1 1",
        ]
    );
    let json = scan(&["--json"]).exits(1).json();
    assert_eq!(json[0]["repository"], "acme/lib");
    assert_eq!(json[0]["why"]["major-suffix-missing"], 1);
    let csv = scan(&["--csv"]).exits(1).text();
    assert!(csv.contains("\"team/other\",1,1,0,0,\"\"\r\n"), "{csv}");
    // Without a prefix, go.mod files tell it.
    let root = site.root().to_string_lossy().into_owned();
    let guessed = modgate(&site, &site.path(""), &["scan", "--root", &root]).exits(1);
    assert_eq!(guessed.text(), table.text());
    assert!(guessed.errors().contains("\"git.example.com\""), "{guessed}");
    // One that cannot be read does not hide the others.
    std::fs::remove_dir_all(lib.bare().join("objects")).expect("it is ours");
    std::fs::create_dir(lib.bare().join("objects")).expect("it is ours");
    let rest = scan(&[]).exits(2);
    assert!(
        rest.text().contains("team/other") && rest.text().contains("could not be judged"),
        "{rest}"
    );
}
