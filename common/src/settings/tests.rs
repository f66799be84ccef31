//! Settings files to what holds, and back.

use crate::policy::{About, Escalation, Level, OnError, Pattern, Preset, RepositoryFile};

use super::*;

fn settings(text: &str) -> Result<Settings, SettingsError> {
    resolve(parse("modgate.toml", text)?, Overrides::default())
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    match settings(text) {
        Ok(settings) => panic!("accepted: {settings:?}"),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

const FULL: &str = r#"
[host]
root = "/srv/git"
prefix = "git.example.com/go"
url = "ssh://git@git.example.com/"

[server]
listen = "[::1]:0"

[state]
dir = "/var/lib/mg"

[cache]
zip_bytes = "2 GiB"

[report]
color = "always"

[policy]
preset = "strict"
on_error = "open"
time_limit_ms = 1_500
serve_broken = true
import = true
gomod-missing = "off"
tag-moved = "warn"
max_leap = 7
large_module_bytes = "1 MiB"
newest_go = "1.28"
repository_file = "any"
skip = ["tag-moved"]

[[policy.repository]]
match = "mirrors/**"
kind = "mirror"

[[policy.repository]]
match = "team/*"
import = false
gomod-missing = "reject"
max_leap = 9
newest_go = "1.28.1"
repository_file = "off"
skip = "all"

[[policy.module]]
match = "git.example.com/a"
repository = "other/*"
gomod-missing = "reject"

[[policy.tag]]
match = "legacy/v*"
gomod-missing = "warn"

[[policy.exception]]
rules = ["gomod-missing", "tag-moved"]
repository = "team/old"
module = "git.example.com/**"
tag = "**/v1.*"
level = "info"
owner = "alice"
reason = "it \"was\" so"
until = 2026-12-31

[[policy.exception]]
rule = "tag-deleted"
tag = "v*"
owner = "bob"
reason = "x"
until = 2024-02-29
"#;

#[test]
fn every_key_is_read() {
    let settings = settings(FULL).unwrap();
    assert_eq!(settings.root, Some(PathBuf::from("/srv/git")));
    assert_eq!(settings.prefix, "git.example.com/go");
    assert_eq!(settings.url.as_deref(), Some("ssh://git@git.example.com"));
    assert_eq!(settings.listen.to_string(), "[::1]:0");
    assert_eq!(settings.state, PathBuf::from("/var/lib/mg"));
    assert_eq!(settings.zip_bytes, 2 << 30);
    assert_eq!(settings.color, Color::Always);
    let policy = &settings.policy;
    assert_eq!((policy.preset.value, policy.on_error), (Preset::Strict, OnError::Open));
    assert_eq!(policy.time_limit.as_millis(), 1500);
    assert!(policy.serve_broken);
    let level = |repository: &str, tag| {
        let effective = policy.effective(repository);
        let scoped = effective.about(About { tag: Some(tag), module: Some("git.example.com/a") });
        scoped.decide("gomod-missing", Level::Warn, Escalation::Forbidden, 0).level
    };
    assert_eq!(level("x", "v1.0.0"), Level::Off);
    assert_eq!(level("team/x", "v1.0.0"), Level::Reject);
    assert_eq!(level("team/x", "legacy/v1.0.0"), Level::Warn);
    assert_eq!(level("team/old", "v1.0.0"), Level::Info);
    let (other, team) = (policy.effective("x"), policy.effective("team/x"));
    assert!(other.import().value && !team.import().value);
    assert_eq!((other.max_leap().value, team.max_leap().value), (7, 9));
    assert_eq!((other.newest_go(), team.newest_go()), ("1.28", "1.28.1"));
    assert_eq!(other.large_module_bytes().value, 1 << 20);
    assert_eq!(team.repository_file().value, RepositoryFile::Off);
    assert!(other.may_skip("tag-moved") && !other.may_skip("gomod-missing"));
    assert!(team.may_skip("gomod-missing"));
    assert_eq!(policy.modules[0].repository.as_ref().map(Pattern::as_str), Some("other/*"));
    assert!(policy.effective("mirrors/a/b").is_mirror());
}

#[test]
fn nothing_written_gives_the_defaults() {
    let settings = settings("").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.listen.to_string(), "127.0.0.1:7070");
    assert_eq!(settings.zip_bytes, 10_737_418_240);
    assert_eq!(settings.color, Color::Never);
    assert_eq!(settings.socket().unwrap(), PathBuf::from("/var/lib/modgate/run/modgate.sock"));
}

#[test]
fn printed_settings_parse_to_the_same() {
    for text in ["", FULL, "[host]\nroot = '/a \"b\" \\ c'\n", "[policy]\ntag-moved = 'off'\n"] {
        let first = settings(text).unwrap();
        let printed = first.to_toml();
        assert_eq!(settings(&printed).unwrap(), first, "{printed}");
    }
}

#[test]
fn flags_go_before_the_file() {
    let overrides = Overrides {
        root: Some("/elsewhere".into()),
        prefix: Some(String::new()),
        state: Some("/s".into()),
        listen: Some("0.0.0.0:80".to_owned()),
    };
    let settings = resolve(parse("f", FULL).unwrap(), overrides).unwrap();
    assert_eq!(settings.root, Some(PathBuf::from("/elsewhere")));
    assert_eq!(settings.prefix, "");
    assert_eq!(settings.state, PathBuf::from("/s"));
    assert_eq!(settings.listen.to_string(), "0.0.0.0:80");
}

#[test]
fn unknown_keys_are_refused_with_line_and_nearest_key() {
    check_error(
        "[host]\nroot = '/a'\nprefx = 'x'\n",
        r#"modgate.toml:3: unknown key "prefx" in [host], did you mean "prefix"?"#,
    );
    check_error(
        "\n\n[sever]\nlisten = ''\n",
        r#"modgate.toml:3: unknown key "sever" at the top, did you mean "server"?"#,
    );
    check_error(
        "[host]\nlisten = '127.0.0.1:1'\n",
        r#"modgate.toml:2: unknown key "listen" in [host], did you mean "[server] listen"?"#,
    );
    check_error(
        "[policy]\ntag-move = 'off'\n",
        r#"modgate.toml:2: unknown key "tag-move" in [policy], did you mean "tag-moved"?"#,
    );
    check_error(
        "[policy]\non_eror = 'open'\n",
        r#"modgate.toml:2: unknown key "on_eror" in [policy], did you mean "on_error"?"#,
    );
    check_error(
        "[[policy.repository]]\nmatch = 'a'\n\n[[policy.repository]]\nmacht = 'b'\n",
        r#"modgate.toml:5: unknown key "macht" in [[policy.repository]], did you mean "match"?"#,
    );
    check_error(
        "root = '/a'\n",
        r#"modgate.toml:1: unknown key "root" at the top, did you mean "host"?"#,
    );
}

#[test]
fn wrong_values_are_refused_with_what_may_stand_there() {
    check_error(
        "[policy]\ntag-moved = 'error'\n",
        r#"modgate.toml:2: "tag-moved" must be "off" or "info" or "warn" or "reject""#,
    );
    check_error("[policy]\nimport = 1\n", r#"modgate.toml:2: "import" must be true or false"#);
    check_error(
        "[policy]\ntime_limit_ms = 0\n",
        r#"modgate.toml:2: "time_limit_ms" must be a number of milliseconds from 1 on"#,
    );
    // It could not be written for the hooks.
    check_error(
        "[policy]\ntime_limit_ms = 9223372036854775808\n",
        r#"modgate.toml:2: "time_limit_ms" must be a number of milliseconds from 1 on"#,
    );
    check_error(
        "[report]\ncolor = 'auto'\n",
        r#"modgate.toml:2: "color" must be "always" or "never""#,
    );
    check_error("host = 3\n", r#"modgate.toml:1: "host" must be a table"#);
    check_error("[host]\nroot = 3\n", r#"modgate.toml:2: "root" must be a string"#);
    check_error(
        "[policy]\nrepository = 3\n",
        r#"modgate.toml:2: "repository" must be written as [[policy.repository]]"#,
    );
    check_error(
        "[policy]\n[[policy.repository]]\nkind = 'mirror'\n",
        r#"modgate.toml:2: "match" must be given in each [[policy.repository]]"#,
    );
    check_error(
        "[[policy.repository]]\nmatch = 'a.git'\n",
        r#"modgate.toml:2: "match" must be a pattern of repository paths: repositories are named without .git"#,
    );
    check_error(
        "[policy]\nnewest_go = '1.27rc1'\n",
        r#"modgate.toml:2: "newest_go" must be a Go release, such as "1.27" or "1.27.3""#,
    );
    check_error(
        "[policy]\nmax_leap = -1\n",
        r#"modgate.toml:2: "max_leap" must be a number from 0 on"#,
    );
    check_error(
        "[policy]\nskip = 'none'\n",
        r#"modgate.toml:2: "skip" must be "all" or a list of rules"#,
    );
    check_error(
        "[policy]\nskip = [\n'tag-moved',\n'tag-movd']\n",
        r#"modgate.toml:4: unknown rule "tag-movd", did you mean "tag-moved"?"#,
    );
    check_error(
        "[policy]\nrepository_file = 'all'\n",
        r#"modgate.toml:2: "repository_file" must be "any" or "off" or "stricter""#,
    );
    for bytes in
        ["-1", "'10 Gib'", "''", "'GiB'", "1.5", "'99999999999TiB'", "'9223372036854775808'"]
    {
        check_error(
            &format!("[cache]\nzip_bytes = {bytes}\n"),
            "modgate.toml:2: \"zip_bytes\" must be a number of bytes, or a string such as \"10GiB\"",
        );
    }
}

#[test]
fn sections_by_tag_and_module_are_checked() {
    check_error(
        "[[policy.tag]]\nmatch = 'v*'\nkind = 'mirror'\n",
        r#"modgate.toml:3: unknown key "kind" in [[policy.tag]], did you mean "match"?"#,
    );
    check_error(
        "[[policy.module]]\ntag-moved = 'off'\n",
        r#"modgate.toml:1: "match" must be given in each [[policy.module]]"#,
    );
    check_error(
        "[[policy.module]]\nmatch = 'a/**b'\n",
        r#"modgate.toml:2: "match" must be a pattern of module paths: ** must stand alone between slashes"#,
    );
    check_error(
        "[policy.tag]\nmatch = 'a'\n",
        r#"modgate.toml:1: "tag" must be written as [[policy.tag]]"#,
    );
}

#[test]
fn an_exception_needs_rule_scope_owner_reason_and_end() {
    const WHOLE: [&str; 5] = [
        "rule = 'tag-moved'\n",
        "tag = 'v*'\n",
        "owner = 'alice'\n",
        "reason = 'old'\n",
        "until = 2026-12-31\n",
    ];
    let text = |lines: &[&str]| format!("[[policy.exception]]\n{}", lines.concat());
    assert!(settings(&text(&WHOLE)).is_ok());
    for (left_out, key) in [
        (0, "rule"),
        (1, "repository\", \"module\" or \"tag"),
        (2, "owner"),
        (3, "reason"),
        (4, "until"),
    ] {
        let rest: Vec<&str> = (0..5).filter(|at| *at != left_out).map(|at| WHOLE[at]).collect();
        check_error(
            &text(&rest),
            &format!("modgate.toml:1: \"{key}\" must be given in each [[policy.exception]]"),
        );
    }
    check_error(
        "[[policy.exception]]\nrules = ['tag-moved', 'tag-delted']\n",
        r#"modgate.toml:2: unknown rule "tag-delted", did you mean "tag-deleted"?"#,
    );
    for day in ["'2026-12-31'", "2026-12-31T00:00:00Z", "2026-12-31T00:00:00", "12:00:00", "1"] {
        check_error(
            &format!("[[policy.exception]]\nuntil = {day}\n"),
            r#"modgate.toml:2: "until" must be a date without quotes, such as 2026-12-31"#,
        );
    }
    check_error(
        "[[policy.exception]]\nowner = ' '\n",
        r#"modgate.toml:2: "owner" must be a text of at most 200 characters"#,
    );
    check_error(
        "[[policy.exception]]\nonwer = 'x'\n",
        r#"modgate.toml:2: unknown key "onwer" in [[policy.exception]], did you mean "owner"?"#,
    );
}

#[test]
fn values_that_cannot_be_are_refused_with_their_origin() {
    check_error(
        "[host]\nroot = 'srv/git'\n",
        r#"modgate.toml:2: root cannot be "srv/git": not an absolute path"#,
    );
    check_error(
        "[host]\nprefix = 'git.example.com/'\n",
        r#"modgate.toml:2: prefix cannot be "git.example.com/": no slash at either end"#,
    );
    check_error(
        "[server]\nlisten = 'localhost'\n",
        r#"modgate.toml:2: listen cannot be "localhost": not an address and port, such as 127.0.0.1:7070 or [::1]:7070"#,
    );
    check_error(
        "[host]\nurl = 'git.example.com'\n",
        r#"modgate.toml:2: url cannot be "git.example.com": no scheme, such as https://git.example.com"#,
    );
    // Without its final slashes it has no scheme, and hooks could not read it.
    check_error(
        "[host]\nurl = 'https:///'\n",
        r#"modgate.toml:2: url cannot be "https:///": no scheme, such as https://git.example.com"#,
    );
    let overrides = Overrides { root: Some("x".into()), ..Overrides::default() };
    let error = resolve(Written::default(), overrides).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"--root (MODGATE_ROOT): root cannot be "x": not an absolute path"#
    );
}

#[test]
fn a_prefix_must_begin_module_paths() {
    check_error(
        "[host]\nprefix = 'Git.example.com'\n",
        r#"modgate.toml:2: prefix cannot be "Git.example.com": a module path below it: malformed module path "Git.example.com/x": invalid char 'G' in first path element"#,
    );
    for prefix in ["git.example.com:8080", "git", "a.b//c", "a.b/.c"] {
        assert!(settings(&format!("[host]\nprefix = '{prefix}'\n")).is_err(), "{prefix}");
    }
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_line() {
    let error = settings("[host]\nroot = \n").unwrap_err().to_string();
    assert!(error.starts_with("modgate.toml:2: "), "{error}");
    let error = settings("[host]\nroot = '/a'\nroot = '/b'\n").unwrap_err().to_string();
    assert!(error.starts_with("modgate.toml:3: "), "{error}");
}

#[test]
fn a_socket_path_beyond_the_systems_limit_is_said_in_words() {
    let state = PathBuf::from(format!("/{}", "a".repeat(89)));
    let fits = Settings { state, ..Settings::default() };
    assert_eq!(fits.socket().unwrap().as_os_str().len(), 107);
    let long = Settings { state: PathBuf::from("/a".repeat(50)), ..Settings::default() };
    let error = long.socket().unwrap_err().to_string();
    assert!(
        error.ends_with("has 117 bytes, but the system allows 107: choose a shorter [state] dir"),
        "{error}"
    );
}

#[test]
fn repositories_have_their_addresses_below_prefix_or_url() {
    let default = settings("[host]\nprefix = 'git.example.com'\n").unwrap();
    assert_eq!(default.origin_url("team/lib"), "https://git.example.com/team/lib");
    assert_eq!(Settings::default().origin_url("h.io/lib"), "https://h.io/lib");
    let ssh = settings("[host]\nprefix = 'go.example.com'\nurl = 'ssh://git@host/'\n").unwrap();
    assert_eq!(ssh.origin_url("team/lib"), "ssh://git@host/team/lib");
    assert_eq!(ssh.code_root("team/lib"), "go.example.com/team/lib");
}

#[test]
fn keep_and_notify_are_read_and_only_keep_is_written_for_hooks() {
    let text = "[keep]\nrefs = false\nzips = true\n[notify]\nurl = 'https://h.io:8443/a?token=x'\n\
                secret_file = '/etc/modgate/secret'\n";
    let read = settings(text).unwrap();
    assert_eq!(read.keep, Keep { refs: false, zips: true });
    let notify = read.notify.clone().unwrap();
    assert_eq!(notify.url, "https://h.io:8443/a?token=x");
    assert_eq!(notify.secret_file, PathBuf::from("/etc/modgate/secret"));
    let printed = read.to_toml();
    assert!(!printed.contains("notify") && !printed.contains("token"), "{printed}");
    assert_eq!(settings(&printed).unwrap(), Settings { notify: None, ..read });
    for fine in ["http://localhost", "http://[::1]:80/x", "http://h.io/?a=%20b"] {
        let text = format!("[notify]\nurl = '{fine}'\nsecret_file = '/s'\n");
        assert_eq!(settings(&text).unwrap().notify.unwrap().url, fine);
    }
}

#[test]
fn an_address_that_nobody_can_send_to_is_refused() {
    let check = |url: &str, reason: &str| {
        let text = format!("[notify]\nurl = {url:?}\nsecret_file = '/s'\n");
        let expected = format!("modgate.toml:2: notify url cannot be {url:?}: {reason}");
        check_error(&text, &expected);
    };
    let no_address = "not an address such as https://example.com/hook";
    for url in ["", "h.io/x", "ftp://h.io", "HTTPS://h.io", "/a"] {
        check(url, no_address);
    }
    for url in ["http://", "https:///x", "http://:80/", "http://[]/"] {
        check(url, "no host");
    }
    check("http://h.io:x/", "no port behind the colon");
    check("http://h.io:70000", "no port behind the colon");
    check("http://[::1]:/", "no port behind the colon");
    check("http://u:p@h.io/", "a user in it; the signature says who sends");
    check("http://h.io/#x", "a fragment (#) in it");
    check("http://h.io/a b", "characters that no address has");
    check("http://h.io/é", "characters that no address has");
    check_error(
        "[notify]\nurl = 'http://h.io'\n",
        r#"modgate.toml:2: notify url cannot be "http://h.io": secret_file must be given with it"#,
    );
    check_error(
        "[notify]\nsecret_file = '/s'\n",
        r#"modgate.toml:2: secret_file cannot be "/s": url must be given with it"#,
    );
    check_error(
        "[notify]\nurl = 'http://h.io'\nsecret_file = 's'\n",
        r#"modgate.toml:3: secret_file cannot be "s": not an absolute path"#,
    );
    check_error("[keep]\nzips = 1\n", r#"modgate.toml:2: "zips" must be true or false"#);
    check_error(
        "[keep]\nurl = 1\n",
        r#"modgate.toml:2: unknown key "url" in [keep], did you mean "[host] url"?"#,
    );
}
