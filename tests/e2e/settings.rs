//! Settings: flag, variable, file, default; and what is wrong with a file is said with its line.

use modgate_tests::site::Site;

#[track_caller]
fn refused(settings: &str, words: &[&str]) {
    let site = Site::new();
    site.configure(settings);
    let done = site.modgate(&["status"]).finish().exits(2);
    for word in words.iter().chain(&["modgate.toml"]) {
        assert!(done.errors().contains(word), "no {word:?} for {settings:?}: {done}");
    }
}

#[test]
fn unknown_keys_are_refused_with_line_and_nearest_key() {
    refused("[host]\nrot = \"/x\"\n", &["2", "rot", "root"]);
    refused(
        "[host]\nroot = \"/x\"\n\n[server]\nlisen = \"127.0.0.1:1\"\n",
        &["5", "lisen", "listen"],
    );
    refused("[hots]\nroot = \"/x\"\n", &["1", "hots", "host"]);
    refused("[policy]\ntag-missng-v = \"warn\"\n", &["2", "tag-missng-v", "tag-missing-v"]);
}

#[test]
fn wrong_values_are_refused_with_their_line() {
    refused("[policy]\ntag-missing-v = \"loud\"\n", &["2", "tag-missing-v", "warn"]);
    refused("[cache]\nzip_bytes = \"many\"\n", &["2"]);
    refused("[host]\nroot = \n", &["2"]);
    refused("[[policy.repository]]\nmatch = \"x/*\"\nkind = \"copy\"\n", &["3", "kind", "mirror"]);
}

#[test]
fn address_that_is_none_is_refused() {
    let site = Site::new();
    site.configure("[server]\nlisten = \"nowhere\"\n");
    site.modgate(&["serve"]).finish().exits(2).says("nowhere");
}

#[test]
fn missing_file_is_refused_by_name() {
    let site = Site::new();
    let run = site.modgate_bare().args(["status", "--config"]).arg(site.path("nosuch.toml"));
    run.finish().exits(2).says("nosuch.toml");
}

#[test]
fn control_characters_in_a_file_are_printed_escaped() {
    let site = Site::new();
    site.configure("[host]\n\"ro\\u001b[31mot\" = \"x\"\n");
    let done = site.modgate(&["status"]).finish().exits(2);
    assert!(!done.stderr.contains(&0x1b), "{done}");
}

/// Which prefix holds, seen by what `check` expects as the module path.
#[track_caller]
fn prefix_of(site: &Site, run: modgate_tests::run::Run) -> String {
    let done = run.args(["--json", "--state"]).arg(site.state()).finish();
    let found = done.json();
    let module = found[0]["module"].as_str().unwrap_or_default().to_owned();
    module.strip_suffix("/acme/lib").unwrap_or(&module).to_owned()
}

#[test]
fn reports_are_coloured_where_the_settings_say_so() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let red = "modgate: \u{1b}[1;31mrefused\u{1b}[m: tag v2.0.0";
    for (settings, is_red) in [("", false), ("[report]\ncolor = \"always\"\n", true)] {
        site.configure(settings);
        site.install();
        lib.release("v2.0.0");
        let said = lib.push(&["v2.0.0"]).refused().remote();
        assert_eq!(said.contains(red), is_red, "{said:?}");
        assert_eq!(said.contains('\u{1b}'), is_red, "{said:?}");
        let work = lib.work().to_string_lossy().into_owned();
        let check = site.modgate(&["check", &work, "v2.0.0"]).finish().exits(1).text();
        assert_eq!(check.contains(red), is_red, "{check:?}");
        assert_eq!(check.contains('\u{1b}'), is_red, "{check:?}");
    }
}

#[test]
fn flag_goes_before_variable_before_file() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    let root = site.root().display().to_string();
    let file = site.path("other.toml");
    let text = format!("[host]\nroot = {root:?}\nprefix = \"file.example.com\"\n");
    std::fs::write(&file, text).expect("the site's folder is writable");
    let check = || site.modgate_bare().args(["check", "acme/lib"]);
    let with_file = || check().arg("--config").arg(&file);
    assert_eq!(prefix_of(&site, with_file()), "file.example.com");
    assert_eq!(prefix_of(&site, check().env("MODGATE_CONFIG", &file)), "file.example.com");
    let with_variable = || with_file().env("MODGATE_PREFIX", "variable.example.com");
    assert_eq!(prefix_of(&site, with_variable()), "variable.example.com");
    let with_flag = with_variable().args(["--prefix", "flag.example.com"]);
    assert_eq!(prefix_of(&site, with_flag), "flag.example.com");
}
