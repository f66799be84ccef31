//! Levels by module and tag, exceptions, the repository's own file, and who says what holds.

use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use serde_json::Value;

use crate::push_rules::gate;

/// The row of a rule in `modgate policy show --json`.
#[track_caller]
fn row(site: &Site, rule: &str, more: &[&str]) -> Value {
    let shown = site.modgate(&["policy", "show", "acme/lib", "--json"]).args(more).finish().ok();
    let json = shown.json();
    let rules = json["rules"].as_array().expect("a list of rules");
    rules.iter().find(|row| row["rule"] == rule).cloned().expect("every rule is shown")
}

/// A commit whose go.mod names another module.
fn misplaced(lib: &Repository<'_>) {
    lib.module_at("", "example.org/other").commit("other");
}

#[test]
fn levels_differ_by_module_and_by_tag() {
    let site = Site::new();
    site.configure(
        "[policy]\nmax_leap = 3\nversion-jump = \"reject\"\n\
         [[policy.module]]\nmatch = \"git.example.com/acme/lib/sub\"\nversion-jump = \"warn\"\n\
         [[policy.tag]]\nmatch = \"sub/v3.*\"\nrepository = \"acme/*\"\nversion-jump = \"off\"\n",
    );
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.module_at("sub", "git.example.com/acme/lib/sub").release("v1.0.0");
    lib.tag("sub/v1.0.0").push(&["main", "v1.0.0", "sub/v1.0.0"]).accepted();
    lib.tag("v1.4.0").push(&["v1.4.0"]).refused().says("version-jump");
    lib.tag("v1.3.0").push(&["v1.3.0"]).accepted().lacks("version-jump");
    lib.tag("sub/v1.9.0").push(&["sub/v1.9.0"]).accepted().says("version-jump");
    assert_eq!(row(&site, "version-jump", &[])["level"], "reject");
    let sub = row(&site, "version-jump", &["--tag", "sub/v1.9.0"]);
    assert_eq!((&sub["level"], &sub["source"]), (&"warn".into(), &"written".into()), "{sub}");
    assert!(sub["from"].as_str().is_some_and(|from| from.ends_with("modgate.toml:6")), "{sub}");
    let tagged = row(&site, "version-jump", &["--tag", "sub/v3.9.0"]);
    assert_eq!(tagged["level"], "off", "{tagged}");
}

// Rules: K10, N6
#[test]
fn an_exception_lets_a_push_in_while_it_lasts_and_serves_nothing_broken() {
    let exception = |until: &str| {
        format!(
            "[[policy.exception]]\nrule = \"module-path-mismatch\"\nrepository = \"acme/lib\"\n\
             tag = \"v0.*\"\nowner = \"alice\"\nreason = \"the name is old\"\nuntil = {until}\n"
        )
    };
    let site = Site::new();
    site.configure(&exception("9999-12-31"));
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    misplaced(&lib);
    lib.tag("v0.1.0")
        .push(&["main", "v0.1.0"])
        .accepted()
        .says("module-path-mismatch")
        .says("excepted until 9999-12-31 by alice: the name is old");
    assert_eq!(daemon.list(&lib.module()), Vec::<String>::new());
    assert_eq!(site.entry(&lib.module(), "v0.1.0")["state"], "broken");
    // What the exception does not name stays as it was.
    lib.tag("v1.0.0").push(&["v1.0.0"]).refused().lacks("excepted");
    let check = site.modgate(&["check", "acme/lib", "v0.1.0", "--json"]).finish().ok().json();
    let finding = &check[0]["findings"][0];
    assert_eq!(finding["exception"]["owner"], "alice", "{check}");
    assert_eq!(finding["exception"]["until"], "9999-12-31", "{check}");
    let shown = row(&site, "module-path-mismatch", &["--tag", "v0.1.0"]);
    assert_eq!((&shown["level"], &shown["source"]), (&"warn".into(), &"exception".into()));
    daemon.stop();
    // Over, it is said to be over.
    site.configure(&exception("2020-02-29"));
    let _daemon = gate(&site);
    lib.tag("v0.2.0")
        .push(&["v0.2.0"])
        .refused()
        .says("the exception by alice ended on 2020-02-29: the name is old");
}

#[test]
fn an_exception_never_changes_what_is_served() {
    let site = Site::new();
    site.configure(
        "[[policy.exception]]\nrules = [\"tag-moved\", \"tag-deleted\"]\nrepository = \"acme/lib\"\n\
         level = \"off\"\nowner = \"alice\"\nreason = \"moving\"\nuntil = 9999-12-31\n",
    );
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let path = "/git.example.com/acme/lib/@v/v1.0.0.info";
    let before = daemon.get(path).has_status(200).text();
    lib.write("more.txt", "more").commit("more");
    lib.tag("v1.0.0").push(&["--force", "v1.0.0"]).accepted();
    assert_eq!(daemon.get(path).has_status(200).text(), before);
    lib.push(&[":v1.0.0"]).accepted();
    assert_eq!(daemon.get(path).has_status(200).text(), before);
    assert_eq!(daemon.list(&lib.module()), ["v1.0.0"]);
}

#[test]
fn a_repository_makes_its_own_policy_stricter() {
    let site = Site::new();
    site.configure("[policy]\nlicense-missing = \"warn\"\n");
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.write(".modgate.toml", "[policy]\ntag-missing-v = \"reject\"\nlicense-missing = \"off\"\n");
    // The file counts as it was before the push.
    lib.release("1.0.0").push(&["main", "1.0.0"]).accepted().says("tag-missing-v").says(
        ".modgate.toml:3: license-missing = \"off\" is ignored: here it is \"warn\", and the file may \
         only be stricter",
    );
    lib.tag("1.1.0").push(&["1.1.0"]).refused().says("tag-missing-v");
    let own = row(&site, "tag-missing-v", &[]);
    assert_eq!((&own["level"], &own["from"]), (&"reject".into(), &".modgate.toml:2".into()));
    let shown = site.modgate(&["policy", "show", "acme/lib"]).finish().ok();
    assert!(shown.text().contains(".modgate.toml:3: license-missing"), "{shown}");
    site.modgate(&["check", "acme/lib", "1.0.0"]).finish().exits(1).says(".modgate.toml:3:");
    let check = site.modgate(&["check", "acme/lib", "1.0.0", "--json"]).finish().exits(1);
    assert!(check.errors().contains(".modgate.toml:3: license-missing"), "{check}");
    // A branch alone says nothing about it, for it has not changed.
    lib.write("other.txt", "x").commit("x");
    lib.push(&["main"]).accepted().silent();
}

#[test]
fn a_repository_may_be_laxer_where_the_host_says_so() {
    let site = Site::new();
    site.configure(
        "[[policy.repository]]\nmatch = \"acme/*\"\nmodule-path-mismatch = \"reject\"\n\
         repository_file = \"any\"\n",
    );
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.write(
        ".modgate.toml",
        "[[policy.tag]]\nmatch = \"v0.*\"\nmodule-path-mismatch = \"warn\"\n",
    );
    lib.commit("policy");
    lib.push(&["main"]).accepted().silent();
    misplaced(&lib);
    lib.tag("v0.1.0").push(&["main", "v0.1.0"]).accepted().says("not served");
    lib.tag("v1.0.0").push(&["v1.0.0"]).refused();
    assert_eq!(daemon.list(&lib.module()), Vec::<String>::new());
}

#[test]
fn a_file_that_cannot_be_read_stops_nothing_and_is_named() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().lacks("modgate: note");
    lib.write(".modgate.toml", "[policy]\ntag-moved = \"reject\"\ntag-movd = \"off\"\n");
    lib.commit("typo");
    let said = ".modgate.toml:3: unknown key \"tag-movd\" in [policy], did you mean \"tag-moved\"?; \
                the file is not applied";
    lib.push(&["main"]).accepted().says(said);
    lib.tag("v1.0.1").push(&["v1.0.1"]).accepted().says(said).receipt();
    lib.remove(".modgate.toml");
    std::os::unix::fs::symlink("/etc/passwd", lib.work().join(".modgate.toml")).unwrap();
    lib.commit("link");
    lib.push(&["main"]).accepted().says(".modgate.toml:1: is not a plain file");
    lib.remove(".modgate.toml").write(".modgate.toml", b"# \xff\n").commit("bytes");
    lib.tag("v1.0.2").push(&["main", "v1.0.2"]).accepted().says(".modgate.toml:1: is not UTF-8");
    lib.write(".modgate.toml", "# ".repeat(40_000)).commit("long");
    lib.push(&["main"]).accepted().says(".modgate.toml:1: has 80000 bytes, more than 65536");
    lib.write(".modgate.toml", "[policy]\ntag-missing-v = \"reject\"\n").commit("mended");
    lib.push(&["main"]).accepted().silent();
    lib.tag("1.0.3").push(&["1.0.3"]).refused().lacks("modgate: note");
}

#[test]
fn wrong_settings_are_an_error_with_file_and_line() {
    let site = Site::new();
    site.repository("acme/lib");
    for (settings, said) in [
        (
            "[[policy.exception]]\nrule = \"tag-movd\"\n",
            "modgate.toml:2: unknown rule \"tag-movd\", did you mean \"tag-moved\"?",
        ),
        (
            "[[policy.exception]]\nrule = \"tag-moved\"\ntag = \"v*\"\nreason = \"x\"\n",
            "modgate.toml:1: \"owner\" must be given in each [[policy.exception]]",
        ),
        (
            "[[policy.exception]]\nuntil = \"soon\"\n",
            "modgate.toml:2: \"until\" must be a date without quotes, such as 2026-12-31",
        ),
        (
            "[policy]\nrepositry_file = \"off\"\n",
            "modgate.toml:2: unknown key \"repositry_file\" in [policy], did you mean \"repository_file\"?",
        ),
    ] {
        site.configure(settings);
        let shown = site.modgate(&["policy", "show", "acme/lib"]).finish().exits(2);
        assert!(shown.errors().contains(said), "{shown}");
    }
}
