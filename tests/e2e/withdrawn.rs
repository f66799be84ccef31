//! Versions that an administrator takes back, and gives again.

use modgate_tests::golang::Go;
use modgate_tests::run::Run;
use modgate_tests::site::Site;
use modgate_tests::users::split;

use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";

#[test]
fn withdrawn_version_is_forbidden_with_its_reason_until_it_is_restored() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").release("v1.1.0").push(&["main", "--tags"]).accepted();
    let go = Go::through(&site, "go-modgate", &format!("{},direct", daemon.url()));
    let before = go.fetch(MODULE, "v1.1.0");
    let ledger = |args: &[&str]| site.modgate(&[&["ledger"], args].concat()).finish();
    let withdraw = |version| ledger(&["withdraw", MODULE, version, "--reason", "leaks a key"]);
    withdraw("v1.1.0").ok().says("git.example.com/acme/lib@v1.1.0 is withdrawn");

    // Consumers: other versions are chosen, and nobody fetches it from the repository instead.
    assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    for end in ["info", "mod", "zip"] {
        let answer = daemon.get(&format!("/{MODULE}/@v/v1.1.0.{end}")).has_status(403);
        assert!(answer.text().contains("was withdrawn: leaks a key"), "{answer}");
    }
    go.forget();
    assert_eq!(go.fetch(MODULE, "latest").version, "v1.0.0");
    let failed = go.run(&["mod", "download", &format!("{MODULE}@v1.1.0")]);
    failed.exits(1).says("was withdrawn: leaks a key");

    // Pushers: its place stays taken.
    lib.git(&["tag", "--delete", "v1.1.0"]);
    lib.write("more.txt", "more").commit("more");
    lib.tag("v1.1.0").push(&["--force", "v1.1.0"]).refused().says("tag-moved");

    // Administrators: who, when and why; with and without a daemon, once only.
    withdraw("v1.1.0").exits(1).says("only accepted versions can be withdrawn");
    ledger(&["show", MODULE, "v1.1.0"]).ok().says("withdrawn").says("\"leaks a key\"");
    daemon.stop();
    withdraw("v9.9.9").exits(1).says("the ledger does not have");
    let shown = ledger(&["show", MODULE, "v1.1.0", "--json"]).ok().json();
    let decided = &shown["decisions"][0];
    assert_eq!((&shown["state"], &decided["verb"]), (&"withdrawn".into(), &"withdraw".into()));
    assert!(decided["by"].is_string() && decided["time"].is_string(), "{decided}");
    // The version may stand behind the path.
    let restore = |what: &str| ledger(&["restore", what, "--reason", "the key was a test's"]);
    restore(MODULE).exits(2).says("a version is wanted: git.example.com/acme/lib@VERSION");
    restore(&format!("{MODULE}@")).exits(2).says("a version is wanted");
    restore(&format!("{MODULE}@v9.9.9")).exits(1).says("the ledger does not have");
    restore(&format!("{MODULE}@v1.1.0")).ok().says("is restored");
    let nope = ledger(&["show", &format!("{MODULE}@v9.9.9")]).exits(1);
    nope.says("the ledger does not have \"git.example.com/acme/lib@v9.9.9\"");

    // As if nothing had been.
    let daemon = site.serve();
    let go = Go::through(&site, "go-again", &daemon.url());
    assert_eq!(go.fetch(MODULE, "v1.1.0").sum, before.sum);
    assert_eq!(go.fetch(MODULE, "latest").version, "v1.1.0");
    let shown = ledger(&["show", MODULE, "v1.1.0", "--json"]).ok().json();
    assert_eq!(shown["decisions"].as_array().map(Vec::len), Some(2));
}

#[test]
fn only_the_ledgers_user_decides_and_with_words() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        let daemon = gate(&site);
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
        let verb = ["ledger", "withdraw", MODULE, "v1.0.0", "--reason"];
        let withdraw = |run: Run, reason: &str| {
            let state = site.state().to_string_lossy().into_owned();
            run.args(verb).args([reason, "--state", &state]).finish()
        };
        withdraw(site.modgate_bare(), " ").exits(1).says("say why");
        withdraw(site.modgate_bare(), "a\u{1b}[2Jb").exits(1).says("control characters");
        let pusher = Run::by(site.actors().pusher.as_ref(), site.program("modgate"));
        let pusher = pusher.envs(site.environment()).dir(&site.path(""));
        withdraw(pusher, "x").exits(1).says("only root and the user of the ledger can decide");
        assert_eq!(daemon.list(MODULE), ["v1.0.0"]);
    });
}
