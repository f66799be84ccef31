//! More than one place to ask: `GOPROXY` lists, what another proxy gets to hear, and paths that go past all proxies.

use std::path::Path;

use modgate_tests::daemon::Daemon;
use modgate_tests::golang::Go;
use modgate_tests::relay::Relay;
use modgate_tests::site::Site;

use crate::clients::go_mod;
use crate::push_rules::gate;

const LIB: &str = "git.example.com/acme/lib";
const DEP: &str = "code.example.org/team/dep";

/// A modgate, and a relay before it that hears what it is asked.
struct Proxy {
    relay: Relay,
    daemon: Daemon,
    site: Site,
}

impl Proxy {
    /// One that serves `NAME` under a prefix, in these versions; each requires v1.0.0 of the modules `uses`.
    #[track_caller]
    fn new(prefix: &str, name: &str, versions: &[&str], uses: &[&str]) -> Self {
        let lines = |before: &str, after: &str| -> String {
            uses.iter().map(|module| format!("{before}{module}{after}\n")).collect()
        };
        let site = Site::with_prefix(prefix);
        // Content is to be lost here.
        site.configure("[keep]\nrefs = false\n");
        let repository = site.repository(name);
        for version in versions {
            let requires = lines("\nrequire ", " v1.0.0");
            repository.write("go.mod", go_mod(&repository.module(), &requires));
            let imports = lines("\nimport _ \"", "\"");
            repository.write("code.go", format!("package code // {prefix} {version}\n{imports}"));
            repository.commit(version);
            repository.tag(version);
        }
        repository.push(&["main", "--tags"]).accepted();
        let daemon = gate(&site);
        Self { relay: Relay::start(daemon.address()), daemon, site }
    }

    fn lib() -> Self {
        Self::new("git.example.com", "acme/lib", &["v1.0.0"], &[DEP])
    }

    fn dep() -> Self {
        Self::new("code.example.org", "team/dep", &["v1.0.0", "v1.1.0"], &[])
    }

    /// Whether it was asked about a module since the last look.
    fn heard_of(&self, module: &str) -> bool {
        let paths = self.relay.paths();
        paths.iter().any(|path| path.starts_with(&format!("/{module}/@")))
    }
}

/// `go get` in a fresh consumer with an empty cache.
#[track_caller]
fn get(go: &Go, what: &str) -> modgate_tests::run::Done {
    go.forget();
    let dir = go.module("consumer", &go_mod("consumer.test", ""));
    go.run_in(&dir, &["get", what])
}

// Rules: X1, X12, X20, X30
#[test]
fn module_that_is_not_here_is_asked_of_the_next_proxy() {
    let (ours, other) = (Proxy::lib(), Proxy::dep());
    let list = format!("{},{}", ours.relay.url(), other.relay.url());
    let go = Go::through(&ours.site, "go", &list);
    get(&go, LIB)
        .ok()
        .says(&format!("go: added {LIB} v1.0.0"))
        .says(&format!("go: added {DEP} v1.0.0"));
    assert!(ours.heard_of(DEP), "the first one is asked first");
    let heard = other.relay.paths();
    assert!(heard.iter().any(|path| path.starts_with(&format!("/{DEP}/@"))), "{heard:?}");
    // What lies under a repository of ours is told to nobody, there or not.
    assert!(!heard.iter().any(|path| path.contains("acme/lib")), "{heard:?}");
    for module in [format!("{LIB}/nosuch"), format!("{LIB}/v2")] {
        let said = format!("module {module}: no matching versions for query \"latest\"");
        go.run(&["list", "-m", &format!("{module}@latest")]).exits(1).says(&said);
        assert!(ours.heard_of(&module));
    }
    let heard = other.relay.paths();
    assert!(!heard.iter().any(|path| path.contains("acme/lib")), "{heard:?}");
    // Of a repository that nobody has, the next one is asked; that is what 404 means.
    get(&go, "git.example.com/acme/nosuch").exits(1);
    assert!(other.heard_of("git.example.com/acme/nosuch"));
}

// Rules: X15
#[test]
fn toolchains_are_asked_of_the_next_proxy() {
    let (ours, other) = (Proxy::lib(), Proxy::dep());
    let list = format!("{},{}", ours.relay.url(), other.relay.url());
    let go = Go::through(&ours.site, "go", &list).with("GOTOOLCHAIN", "auto");
    let dir = go.module("new", "module consumer.test\n\ngo 1.999.1\n");
    go.run_in(&dir, &["list"]).exits(1).says("go1.999.1").says("toolchain not available");
    for proxy in [&ours, &other] {
        let heard = proxy.relay.paths();
        assert!(
            heard.iter().all(|path| path.starts_with("/golang.org/toolchain/@v/")),
            "{heard:?}"
        );
        assert!(heard.iter().any(|path| path.contains("go1.999.1")), "{heard:?}");
    }
}

/// Two proxies that serve the same path; of the first one the content of v1.1.0 is gone.
fn with_lost_version() -> (Proxy, Proxy) {
    let ours = Proxy::new("git.example.com", "acme/lib", &["v1.0.0", "v1.1.0"], &[]);
    let other = Proxy::new("git.example.com", "acme/lib", &["v1.1.0"], &[]);
    let bare = ours.site.root().join("acme/lib.git");
    let git = |args: &[&str]| ours.site.git(&bare).args(args).finish().ok();
    git(&["update-ref", "refs/heads/main", "v1.0.0^{commit}"]);
    git(&["update-ref", "-d", "refs/tags/v1.1.0"]);
    git(&["reflog", "expire", "--expire=now", "--all"]);
    git(&["gc", "--quiet", "--prune=now"]);
    let info = || ours.daemon.get(&format!("/{LIB}/@v/v1.1.0.info")).status;
    modgate_tests::wait::until(modgate_tests::wait::SOON, "the lost version is forbidden", || {
        info() == 403
    });
    (ours, other)
}

// Rules: X1, X20, X22, X30, X31
#[test]
fn forbidden_version_is_not_asked_of_the_next_proxy() {
    let (ours, other) = with_lost_version();
    let query = format!("{LIB}@v1.1.0");
    let go = |name: &str, separator: &str| {
        let list = [ours.relay.url(), other.relay.url()].join(separator);
        Go::through(&ours.site, name, &list)
    };
    get(&go("comma", ","), &query)
        .exits(1)
        .says(&format!(
            "{LIB}@v1.1.0: reading {}/{LIB}/@v/v1.1.0.info: 403 Forbidden",
            ours.relay.url()
        ))
        .says(&format!(
            "server response: forbidden: {LIB}@v1.1.0 was released, but its content is gone"
        ));
    assert!(!other.heard_of(LIB), "after 403 the list ends");
    // With a bar any error will do, whatever it says.
    get(&go("bar", "|"), &query).ok().says(&format!("go: added {LIB} v1.1.0"));
    assert!(other.heard_of(LIB));
    // Neither has v1.2.0, but 403 says more than 404: nobody's 404 hides it.
    let nobody = Proxy::dep();
    let list = format!("{}|{}", ours.relay.url(), nobody.relay.url());
    get(&Go::through(&ours.site, "both", &list), &query).exits(1).says("403 Forbidden");
    assert!(nobody.heard_of(LIB));
}

/// What is asked of which proxy is decided anew for each query, not once for a module.
// Rules: X9, X32
#[test]
fn version_that_is_not_here_may_come_from_the_next_proxy() {
    let ours = Proxy::new("git.example.com", "acme/lib", &["v1.0.0"], &[]);
    let other = Proxy::new("git.example.com", "acme/lib", &["v1.1.0"], &[]);
    let list = format!("{},{}", ours.relay.url(), other.relay.url());
    let go = Go::through(&ours.site, "go", &list);
    get(&go, LIB).ok().says(&format!("go: added {LIB} v1.0.0"));
    assert!(!other.heard_of(LIB), "what is here is not asked elsewhere");
    get(&go, &format!("{LIB}@v1.1.0")).ok().says(&format!("go: added {LIB} v1.1.0"));
    assert!(other.heard_of(LIB));
}

// Rules: X30
#[test]
fn off_ends_the_list() {
    let ours = Proxy::lib();
    let go = Go::through(&ours.site, "go", &format!("{},off", ours.relay.url()));
    get(&go, LIB).exits(1).says(DEP).says("module lookup disabled by GOPROXY=off");
    get(&go, &format!("{DEP}@v1.0.0")).exits(1).says("module lookup disabled by GOPROXY=off");
}

// Rules: X30, X31
#[test]
fn what_is_not_here_comes_straight_from_its_repository() {
    let (ours, elsewhere) = (Proxy::lib(), Proxy::dep());
    for separator in [",", "|"] {
        let list = format!("{}{separator}direct", ours.relay.url());
        let go =
            Go::direct(&elsewhere.site, &format!("go{}", separator.len())).with("GOPROXY", list);
        get(&go, LIB)
            .ok()
            .says(&format!("go: added {LIB} v1.0.0"))
            .says(&format!("go: added {DEP} v1.0.0"));
        assert!(ours.heard_of(DEP));
        // What the repository says counts more than any 404 of a proxy.
        let done = get(&go, &format!("{DEP}@v9.9.9")).exits(1).says("unknown revision v9.9.9");
        assert!(!done.errors().contains("404 Not Found"), "{done}");
    }
    assert!(elsewhere.relay.paths().is_empty(), "its proxy is not on the list");
}

/// The usual settings of a company break a private proxy: `GOPRIVATE` names what goes past every proxy, unless
/// `GONOPROXY` says otherwise.
// Rules: X33
#[test]
fn private_paths_go_past_the_proxy_unless_gonoproxy_is_none() {
    let ours = Proxy::new("git.example.com", "acme/lib", &["v1.0.0"], &[]);
    let go = |name: &str, variables: &[(&str, &str)]| {
        let go = Go::direct(&ours.site, name).with("GOPROXY", ours.relay.url());
        variables.iter().fold(go, |go, (name, value)| go.with(name, *value))
    };
    for (name, variables, through_us) in [
        ("plain", &[][..], true),
        ("private", &[("GOPRIVATE", "git.example.com")], false),
        ("pattern", &[("GOPRIVATE", "*.example.com/acme")], false),
        ("noproxy", &[("GONOPROXY", "git.example.com/acme/*")], false),
        ("other", &[("GOPRIVATE", "example.com,git.example.com/acme/library")], true),
        ("none", &[("GOPRIVATE", "git.example.com"), ("GONOPROXY", "none")], true),
    ] {
        let go = go(name, variables);
        get(&go, LIB).ok().says(&format!("go: added {LIB} v1.0.0"));
        assert_eq!(ours.heard_of(LIB), through_us, "{variables:?}");
        // Either way the same bytes.
        let entry = ours.site.entry(LIB, "v1.0.0");
        let sums = std::fs::read_to_string(sums(&ours.site, name)).expect("go get wrote go.sum");
        assert!(sums.contains(entry["h1"].as_str().unwrap_or("missing")), "{sums}");
    }
}

fn sums(site: &Site, go: &str) -> std::path::PathBuf {
    site.path(go).join(Path::new("consumer/go.sum"))
}
