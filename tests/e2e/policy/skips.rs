//! Pushes that are allowed anyway: `git push -o modgate.skip=RULE -o modgate.reason=TEXT`.

use modgate_tests::golang::Go;
use modgate_tests::push::Push;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::push_rules::gate;

/// A push with these options.
#[track_caller]
fn push_with(lib: &Repository<'_>, options: &[&str], refs: &[&str]) -> Push {
    let options: Vec<String> = options.iter().map(|o| format!("--push-option={o}")).collect();
    let all: Vec<&str> = options.iter().map(String::as_str).chain(refs.iter().copied()).collect();
    lib.push(&all)
}

const SKIP: &str = "modgate.skip=module-path-mismatch";

/// A host that permits some skips, and a commit whose go.mod names another module.
fn host(site: &Site) -> Repository<'_> {
    site.configure(
        "[policy]\ntag-missing-v = \"reject\"\n\
         skip = [\"module-path-mismatch\", \"tag-missing-v\", \"tag-moved\"]\n",
    );
    let lib = site.repository("acme/lib");
    lib.module_at("", "example.org/other").commit("other");
    lib
}

// Rules: N6
#[test]
pub(crate) fn a_skipped_rule_admits_the_push_and_serves_nothing_broken() {
    let site = Site::new();
    let lib = host(&site);
    let daemon = gate(&site);
    lib.tag("v1.0.0")
        .push(&["main", "v1.0.0"])
        .refused()
        .says("git push -o modgate.skip=module-path-mismatch -o modgate.reason='WHY' origin");
    push_with(&lib, &[SKIP, "modgate.reason=until we rename"], &["main", "v1.0.0"])
        .accepted()
        .says("module-path-mismatch")
        .says(": until we rename")
        .says("let in by policy, not served: module-path-mismatch");
    let entry = site.entry(&lib.module(), "v1.0.0");
    assert_eq!(entry["state"], "broken", "{entry}");
    assert_eq!(entry["how"], "pushed", "{entry}");
    assert!(entry["pusher"].is_string(), "{entry}");
    assert_eq!(entry["skipped"]["rules"][0], "module-path-mismatch", "{entry}");
    assert_eq!(entry["skipped"]["reason"], "until we rename", "{entry}");
    let shown = site.modgate(&["ledger", "show", &lib.module(), "v1.0.0"]).finish().ok();
    assert!(shown.text().contains("module-path-mismatch: \"until we rename\""), "{shown}");
    // The consumer gets nothing.
    let go = Go::through(&site, "consumer", &daemon.url());
    let answer = go.download(&lib.module(), &["v1.0.0"]).remove(0);
    assert!(answer.error.contains("module-path-mismatch"), "{answer:?}");
    // It is judged again at the start, and keeps who let it in.
    daemon.stop();
    let daemon = site.serve();
    assert_eq!(site.entry(&lib.module(), "v1.0.0")["skipped"]["reason"], "until we rename");
    // A version that works is released, and its entry says the same.
    lib.release("v1.0.1").tag("1.0.2");
    let both = ["modgate.skip=tag-missing-v", "modgate.reason=a bot"];
    push_with(&lib, &both, &["main", "v1.0.1", "1.0.2"]).accepted().receipt();
    let entry = site.entry(&lib.module(), "v1.0.1");
    assert_eq!(entry["state"], "accepted");
    assert!(entry.get("skipped").is_none(), "nothing was skipped for this tag: {entry}");
    assert_eq!(daemon.list(&lib.module()), ["v1.0.1"]);
}

#[test]
fn a_skip_that_does_not_count_is_explained() {
    let site = Site::new();
    let lib = host(&site);
    let _daemon = gate(&site);
    lib.tag("v1.0.0");
    push_with(&lib, &[SKIP], &["v1.0.0"])
        .refused()
        .says("rules are skipped only with a reason: -o modgate.reason='TEXT'");
    push_with(&lib, &["modgate.skip=module-path-mismach", "modgate.reason=x"], &["v1.0.0"])
        .refused()
        .says("there is no such rule, did you mean \"module-path-mismatch\"?");
    lib.write("go.mod", "module \n").commit("syntax");
    lib.tag("v1.1.0");
    push_with(&lib, &["modgate.skip=gomod-syntax", "modgate.reason=x"], &["v1.1.0"])
        .refused()
        .says("modgate.skip=gomod-syntax: this rule may not be skipped here (setting \"skip\")")
        .lacks("To push it all the same");
    // A push that passes anyway passes, with a note.
    lib.release("v1.2.0");
    push_with(&lib, &["modgate.skip=nonsense", "modgate.reason=x"], &["main", "v1.2.0"])
        .accepted()
        .says("there is no such rule")
        .receipt();
}

#[test]
pub(crate) fn a_skip_of_a_moved_tag_changes_no_answer() {
    let site = Site::new();
    let lib = host(&site);
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let path = "/git.example.com/acme/lib/@v/v1.0.0.info";
    let before = daemon.get(path).has_status(200).text();
    lib.write("more.txt", "more").commit("more");
    lib.tag("v1.0.0");
    lib.push(&["--force", "v1.0.0"]).refused().says("-o modgate.skip=tag-moved").says("+v1.0.0");
    let options = ["modgate.skip=tag-moved", "modgate.reason=a mirror needs it"];
    push_with(&lib, &options, &["--force", "v1.0.0"]).accepted().says("a mirror needs it");
    assert_eq!(daemon.get(path).has_status(200).text(), before);
    assert_eq!(daemon.list(&lib.module()), ["v1.0.0"]);
}

#[test]
fn a_reason_cannot_write_to_a_terminal() {
    let site = Site::new();
    let lib = host(&site);
    let _daemon = gate(&site);
    lib.tag("v1.0.0");
    let reason = format!("modgate.reason=red\u{1b}[31m\r\u{202e}{}", "x".repeat(5000));
    let push = push_with(&lib, &[SKIP, &reason], &["v1.0.0"]).accepted();
    let said = push.remote();
    assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{push:?}");
    let entry = site.entry(&lib.module(), "v1.0.0");
    let kept = entry["skipped"]["reason"].as_str().expect("a reason is kept");
    assert!(kept.chars().count() <= 300 && !kept.contains('\u{1b}'), "{kept:?}");
    let shown = site.modgate(&["ledger", "list"]).finish().ok();
    assert!(!shown.text().contains('\u{202e}') && !shown.text().contains('\u{1b}'), "{shown}");
}

#[test]
fn where_push_options_are_off_the_message_says_who_turns_them_on() {
    let site = Site::new();
    let lib = host(&site);
    let _daemon = gate(&site);
    let way = "git config receive.advertisePushOptions true";
    lib.server(&["config", "receive.advertisePushOptions", "false"]);
    lib.tag("v1.0.0").push(&["v1.0.0"]).refused().says(way);
    lib.server(&["config", "receive.advertisePushOptions", "true"]);
    lib.push(&["v1.0.0"]).refused().lacks(way).says("-o modgate.skip=module-path-mismatch");
}

#[test]
pub(crate) fn install_turns_push_options_on_where_rules_may_be_skipped() {
    let site = Site::new();
    site.configure(
        "[[policy.repository]]\nmatch = \"acme/lib\"\nskip = \"all\"\n\
         [[policy.repository]]\nmatch = \"acme/off\"\nskip = []\n",
    );
    let (lib, off) = (site.repository("acme/lib"), site.repository("acme/off"));
    let other = site.repository("acme/other");
    let options = |lib: &Repository<'_>| {
        let config = lib.bare().join("config");
        std::fs::read_to_string(config).expect("readable").to_lowercase().contains("pushoptions")
    };
    // Nobody has decided it for the whole account.
    let run = |verb| site.modgate(&[verb]).env("GIT_CONFIG_GLOBAL", "/dev/null").finish().ok();
    let said = run("install").text();
    assert!(said.contains("\"acme/lib\": push options are on"), "{said}");
    assert!(options(&lib) && !options(&off) && !options(&other));
    assert!(!run("install").text().contains("push options"));
    run("uninstall");
    assert!(!options(&lib));
}
