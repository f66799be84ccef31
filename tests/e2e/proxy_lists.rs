//! What clients do after our answers: a 404 sends them on to the next proxy, an empty list and a 403 do not.

use std::fs;
use std::path::Path;

use modgate_tests::golang::Go;
use modgate_tests::site::Site;

use crate::push_rules::gate;
use crate::resolving::push_all;

/// A proxy of files with one go.mod for each version.
fn files(folder: &Path, module: &str, versions: &[&str]) -> String {
    let at = folder.join(module).join("@v");
    fs::create_dir_all(&at).expect("the site's folder is writable");
    fs::write(at.join("list"), versions.join("\n")).expect("writable");
    for version in versions {
        let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2023-11-14T22:13:20Z\"}}");
        fs::write(at.join(format!("{version}.info")), info).expect("writable");
        fs::write(at.join(format!("{version}.mod")), format!("module {module}\n"))
            .expect("writable");
    }
    format!("file://{}", folder.display())
}

// Rules: X1, X12, X15, X20, X30, X32, L9
#[test]
fn missing_sends_on_and_empty_does_not() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.release("v1.0.0");
    push_all(&lib);
    let daemon = gate(&site);
    let folder = site.path("files");
    for (module, versions) in [
        ("example.org/other", &["v1.2.0"][..]),
        ("git.example.com/acme/lib", &["v1.7.0"]),
        ("git.example.com/acme/lib/none", &["v1.3.0"]),
        ("golang.org/toolchain", &["v0.0.1-go1.99.0.linux-amd64"]),
    ] {
        files(&folder, module, versions);
    }
    let other = files(&folder, "example.org/x", &["v1.0.0"]);
    let go = Go::through(&site, "go-list", &format!("{},{other}", daemon.url()));
    let version = |query: &str| {
        let done = go.run(&["list", "-m", "-f", "{{.Version}}", query]);
        if done.code() == 0 { done.line() } else { done.errors() }
    };
    // Not ours: 404, and the next one is asked.
    assert_eq!(version("example.org/other@latest"), "v1.2.0");
    assert_eq!(
        go.versions("golang.org/toolchain").expect("a list"),
        ["v0.0.1-go1.99.0.linux-amd64"]
    );
    // Ours: the list is the answer, but a version that is missing is asked for elsewhere.
    assert_eq!(version(&format!("{m}@latest")), "v1.0.0");
    assert_eq!(version(&format!("{m}@v1.7.0")), "v1.7.0");
    // Below ours: nothing is listed, and nobody else hears of it.
    let none = version(&format!("{m}/none@latest"));
    assert!(none.contains("no matching versions for query \"latest\""), "{none}");
}

// Rules: X1, X20, X30, X31, N7
#[test]
fn forbidden_ends_a_list_of_commas() {
    let site = Site::new();
    site.configure("[keep]\nrefs = false\n");
    let lib = site.repository("acme/lib");
    let m = lib.module();
    let daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    // Everything of it is thrown away behind our back.
    for name in ["refs/heads/main", "refs/tags/v1.0.0"] {
        lib.server(&["update-ref", "-d", name]);
    }
    lib.server(&["gc", "--quiet", "--prune=now"]);
    let other = files(&site.path("files"), &m, &["v1.0.0"]);
    let answer = daemon.get(&format!("/{m}/@v/v1.0.0.info")).has_status(403);
    let gone =
        format!("{m}@v1.0.0 was released, but its content is gone from repository \"acme/lib\"");
    // Since when, once that was recorded.
    assert!(answer.text().starts_with(&format!("forbidden: {gone}")), "{answer}");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    let comma = Go::through(&site, "go-comma", &format!("{},{other}", daemon.url()));
    let error = comma.download(&m, &["v1.0.0"]).remove(0).error;
    assert!(error.contains("403 Forbidden") && error.contains(&gone), "{error}");
    let bar = Go::through(&site, "go-bar", &format!("{}|{other}", daemon.url()));
    let done = bar.run(&["list", "-m", "-f", "{{.Version}}", &format!("{m}@v1.0.0")]);
    assert_eq!(done.ok().line(), "v1.0.0");
    // Where nobody has it, the reason that says more is reported, not the last one.
    let none = files(&site.path("none"), "example.org/x", &["v1.0.0"]);
    let told = Go::through(&site, "go-told", &format!("{}|{none}", daemon.url()));
    let error = told.download(&m, &["v1.0.0"]).remove(0).error;
    assert!(error.contains(&gone), "{error}");
}

// Rules: X11, X22
#[test]
fn client_says_which_request_failed() {
    let site = Site::new();
    let lib = site.repository("acme/lib");
    let m = lib.module();
    lib.release("v1.1.0");
    push_all(&lib);
    let daemon = gate(&site);
    let go = Go::through(&site, "go-modgate", &daemon.url());
    let error = |query: &str| go.download(&m, &[query]).remove(0).error;
    let url = format!("{}/{m}/@v", daemon.url());
    let response = |revision: &str| {
        format!(
            "server response: not found: {m}@{revision}: invalid version: unknown revision {revision}"
        )
    };
    let wrapped = format!(
        "{m}@nosuch: invalid version: reading {url}/nosuch.info: 404 Not Found\n\t{}",
        response("nosuch")
    );
    assert_eq!(error("nosuch"), wrapped);
    let wrapped =
        format!("{m}@v9.9.9: reading {url}/v9.9.9.info: 404 Not Found\n\t{}", response("v9.9.9"));
    assert_eq!(error("v9.9.9"), wrapped);
    // Where the metadata leads nowhere, the client goes on without.
    assert_eq!(go.fetch(&m, "v1.1.0+nosuch").version, "v1.1.0");
}
