//! A host with one of everything that a consumer may require.
//!
//! | module | versions |
//! |---|---|
//! | `acme/lib` | v1.0.0, v1.0.1, v1.1.0 (retracted), v1.2.0; v1.9.0 and v3.0.0 are broken; branches main, topic, `x.zip` |
//! | `acme/lib/sub` | v0.1.0, v0.2.0, which requires `acme/lib` and `Acme/Upper` |
//! | `acme/lib/v2` | v2.0.0, in a folder |
//! | `acme/old` | v1.0.0 and v2.0.0+incompatible, without go.mod |
//! | `Acme/Upper` | v1.0.0; v1.1.0 says that the module is deprecated |
//! | `acme/tool` | v1.0.0 and v1.1.0, with the program `cmd/hello` |

use std::path::Path;

use modgate_tests::clients::Client;
use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

use crate::push_rules::gate;

pub(crate) const LIB: &str = "git.example.com/acme/lib";
pub(crate) const SUB: &str = "git.example.com/acme/lib/sub";
pub(crate) const LIB2: &str = "git.example.com/acme/lib/v2";
pub(crate) const OLD: &str = "git.example.com/acme/old";
pub(crate) const UPPER: &str = "git.example.com/Acme/Upper";
pub(crate) const TOOL: &str = "git.example.com/acme/tool";

/// Why `acme/lib` v1.1.0 is retracted.
pub(crate) const RETRACTED: &str = "answers wrongly";
/// What is said about `Acme/Upper`.
pub(crate) const DEPRECATED: &str = "use git.example.com/acme/lib/v2";

/// The host, and a daemon that serves it.
pub(crate) struct Host {
    pub(crate) daemon: Daemon,
    pub(crate) site: Site,
    /// The commit of the branch `topic`.
    pub(crate) topic: String,
    /// Its version.
    pub(crate) topic_version: String,
}

impl Host {
    /// Everything is there before the gate is: broken tags too.
    #[track_caller]
    pub(crate) fn new() -> Self {
        let site = Site::new();
        let (topic, time) = lib(&site);
        let old = site.repository("acme/old");
        for version in ["v1.0.0", "v2.0.0"] {
            old.write("old.go", package("old", version)).commit(version);
            old.tag(version);
        }
        old.push(&["main", "--tags"]).accepted();
        let upper = site.repository("Acme/Upper");
        upper.write("go.mod", go_mod(UPPER, "")).write("upper.go", package("upper", "v1.0.0"));
        upper.commit("v1.0.0");
        let deprecated = format!("// Deprecated: {DEPRECATED}\n{}", go_mod(UPPER, ""));
        upper.tag("v1.0.0").write("go.mod", deprecated).commit("v1.1.0");
        upper.annotate("v1.1.0").push(&["main", "--tags"]).accepted();
        tool(&site);
        let daemon = gate(&site);
        let info = daemon.get(&format!("/{LIB}/@v/topic.info")).has_status(200).json();
        let topic_version = info["Version"].as_str().unwrap_or_default().to_owned();
        assert_eq!(topic_version, format!("v1.2.1-0.{time}-{}", &topic[..12]));
        Self { daemon, site, topic, topic_version }
    }

    /// A client with an empty module cache that asks the daemon and nobody else.
    pub(crate) fn client(&self, client: &Client, story: &str) -> Go {
        self.client_of(client, story, &self.daemon.url())
    }

    /// A client with an empty module cache and some `GOPROXY`.
    pub(crate) fn client_of(&self, client: &Client, story: &str, proxy: &str) -> Go {
        let name = format!("{story}-{}", client.name);
        // What is built is the same wherever it is built: the build cache is kept, the module cache is not.
        let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join("registry/build");
        Go::through_with(&client.program, &self.site, &name, proxy)
            .with("GOCACHE", build.to_string_lossy())
    }

    /// The lines of go.sum that the ledger stands for; of the module itself, or of its go.mod only.
    pub(crate) fn sums(&self, module: &str, version: &str) -> [String; 2] {
        let entry = self.site.entry(module, version);
        let hash = |name: &str| entry[name].as_str().unwrap_or("missing").to_owned();
        [
            format!("{module} {version} {}", hash("h1")),
            format!("{module} {version}/go.mod {}", hash("gomod_h1")),
        ]
    }
}

/// A go.mod that the oldest client reads.
pub(crate) fn go_mod(module: &str, rest: &str) -> String {
    format!("module {module}\n\ngo 1.18\n{rest}")
}

/// A package that imports nothing and says its version.
fn package(name: &str, version: &str) -> String {
    format!(
        "// Package {name} is one.\npackage {name}\n\n// Version is its version.\nconst Version = {version:?}\n"
    )
}

/// Pushes `acme/lib` with its nested modules; returns the commit of the branch `topic` and its time.
#[track_caller]
fn lib(site: &Site) -> (String, String) {
    let lib = site.repository("acme/lib");
    let release = |version: &str, rest: &str| {
        lib.write("go.mod", go_mod(LIB, rest)).write("lib.go", package("lib", version));
        lib.commit(version);
        lib.tag(version);
    };
    sub(&lib, "v0.1.0", &format!("\nrequire {LIB} v1.0.0\n"), &[LIB]);
    release("v1.0.0", "");
    lib.tag("sub/v0.1.0");
    release("v1.0.1", "");
    release("v1.1.0", "");
    // Not below the others: a broken tag would still be the base of pseudo-versions.
    lib.git(&["checkout", "--quiet", "--detach"]);
    lib.write("go.mod", go_mod("git.example.com/other/lib", "")).commit("of another module");
    lib.tag("v1.9.0").git(&["checkout", "--quiet", "main"]);
    let requires = format!("\nrequire (\n\t{UPPER} v1.0.0\n\t{LIB} v1.0.1\n)\n");
    sub(&lib, "v0.2.0", &requires, &[UPPER, LIB]);
    release("v1.2.0", &format!("\nretract v1.1.0 // {RETRACTED}\n"));
    lib.annotate("sub/v0.2.0").write("v2/go.mod", go_mod(LIB2, ""));
    lib.write("v2/lib.go", package("lib", "v2.0.0")).commit("v2");
    lib.tag("v2.0.0").tag("v3.0.0").git(&["checkout", "--quiet", "-b", "topic", "v1.2.0"]);
    let topic = lib.write("lib.go", package("lib", "topic")).commit("topic");
    lib.git(&["branch", "x.zip"]);
    lib.push(&["--all"]).accepted();
    lib.push(&["--tags"]).accepted();
    // The committers' clock is in UTC.
    let time =
        lib.git(&["show", "--no-patch", "--format=%cd", "--date=format:%Y%m%d%H%M%S"]).line();
    (topic, time)
}

fn sub(lib: &Repository<'_>, version: &str, requires: &str, imports: &[&str]) {
    let imports: String = imports.iter().map(|path| format!("import _ {path:?}\n")).collect();
    let code =
        package("sub", version).replacen("package sub\n", &format!("package sub\n\n{imports}"), 1);
    lib.write("sub/go.mod", go_mod(SUB, requires)).write("sub/sub.go", code);
}

#[track_caller]
fn tool(site: &Site) {
    let tool = site.repository("acme/tool");
    for (version, required) in [("v1.0.0", "v1.0.0"), ("v1.1.0", "v1.2.0")] {
        let main = format!(
            "// Command hello says which version it is made of.\npackage main\n\nimport {LIB:?}\n\n\
            func main() {{ println({version:?}, lib.Version) }}\n"
        );
        tool.write("go.mod", go_mod(TOOL, &format!("\nrequire {LIB} {required}\n")));
        tool.write("cmd/hello/main.go", main).commit(version);
        tool.tag(version);
    }
    tool.push(&["main", "--tags"]).accepted();
}
