//! `check --format sarif` against the published schema of SARIF 2.1.0, which a package of the Rust registry carries.

use std::fs;
use std::path::PathBuf;

use modgate_tests::budget::is_long;
use modgate_tests::run::Run;
use modgate_tests::schema::violations;
use modgate_tests::site::Site;
use serde_json::Value;

/// The package and the place of the schema in it.
const PACKAGE: &str = "serde-sarif";
const VERSION: &str = "0.8.0";
const FILE: &str = "src/schema.json";

/// Fetches the schema; only its package is read, nothing of it is built.
fn schema(site: &Site) -> Value {
    let folder = site.path("schema");
    fs::create_dir_all(folder.join("src")).expect("the site's folder is writable");
    let manifest = format!(
        "[package]\nname = \"schema\"\nedition = \"2021\"\n[dependencies]\n{PACKAGE} = \"={VERSION}\"\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("the site's folder is writable");
    fs::write(folder.join("src/lib.rs"), "").expect("the site's folder is writable");
    let inherited = ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
    let inherited = inherited.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    let cargo = Run::new("cargo").envs(inherited).dir(&folder);
    let metadata =
        cargo.args(["metadata", "--quiet", "--format-version", "1"]).finish().ok().json();
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let package = packages.iter().find(|package| package["name"] == PACKAGE);
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let path = PathBuf::from(manifest.expect("cargo has the package")).with_file_name(FILE);
    let text = fs::read_to_string(path).expect("the package has the schema");
    serde_json::from_str(&text).expect("the schema is JSON")
}

/// Needs the network, so it is part of the long run.
#[test]
fn sarif_fits_the_published_schema() {
    if !is_long() {
        return;
    }
    let site = Site::new();
    let schema = schema(&site);
    let lib = site.repository("acme/lib");
    lib.write("a?b.txt", "x").release("v2.0.0").tag("1.2.0").tag("v1.0.0-\u{202e}").tag("v1.0.0");
    let check = |args: &[&str]| {
        let run = site.modgate_bare().dir(lib.work());
        run.args(["check", "--format", "sarif"]).args(args).finish().json()
    };
    let bad = check(&[]);
    let results = bad["runs"][0]["results"].as_array().cloned().unwrap_or_default();
    assert!(results.len() > 3, "{bad:#}");
    assert_eq!(violations(&schema, &bad), Vec::<String>::new());
    let at_line = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"];
        place["artifactLocation"]["uri"] == "go.mod" && place["region"]["startLine"] == 1
    };
    assert!(results.iter().any(at_line), "{bad:#}");
    assert_eq!(violations(&schema, &check(&["--as", "nightly"])), Vec::<String>::new());
    // The judge is awake.
    let mut broken = bad;
    broken["runs"][0]["results"][0]["level"] = "fatal".into();
    assert_eq!(violations(&schema, &broken).len(), 1);
}
