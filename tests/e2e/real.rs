//! Real modules of the Go registry, rebuilt as repositories, have their published hashes.
//!
//! The short run takes the versions that the list marks with `ci`, the long one all. What is wanted are the sums
//! in the list; those of the download must be the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use modgate_tests::budget;
use modgate_tests::content::Content;
use modgate_tests::golang::{Download, Go};
use modgate_tests::push::Push;
use modgate_tests::rebuild::{self, Rebuilt};
use modgate_tests::registry::{self, Real, Reason};
use modgate_tests::site::Site;

const LIST: &str = include_str!("../cases/real-modules.txt");

/// Versions that cannot be served with their hash, each with its reason.
const BY_NATURE: &str = include_str!("../cases/real-modules-by-nature.txt");

/// How many versions one go command downloads; what it extracted is thrown away after that.
const AT_ONCE: usize = 40;

/// A list, what the registry has of it, and the repositories made from that.
struct Published {
    list: Vec<Real>,
    downloads: Vec<Download>,
    repositories: BTreeMap<String, Rebuilt>,
}

impl Published {
    #[track_caller]
    fn fetch(text: &str) -> Self {
        let mut list = registry::read(text);
        list.retain(|real| budget::is_long() || real.ci);
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("registry");
        let downloads = registry::download(&list, &cache);
        let repositories = rebuild::group(&list, &downloads);
        Self { list, downloads, repositories }
    }

    /// Every repository, written under the root of the site where modgate looks for it.
    #[track_caller]
    fn write_all(&self, site: &Site) {
        for (name, rebuilt) in &self.repositories {
            rebuilt.write(|dir| site.git(dir), &site.root().join(format!("{name}.git")));
        }
    }

    /// The same where the go command looks: from a path that ends in `.git` it cuts that before it asks git.
    #[track_caller]
    fn write_all_for_direct(&self, site: &Site) {
        for (name, rebuilt) in &self.repositories {
            let name = name.strip_suffix(".git").unwrap_or(name);
            rebuilt.write(|dir| site.git(dir), &site.root().join(format!("{name}.git")));
        }
    }

    /// What `go` downloads must have the published hashes.
    #[track_caller]
    fn check_hashes(&self, go: &Go) {
        let mut differences = Vec::new();
        for part in self.list.chunks(AT_ONCE) {
            let names: Vec<String> = part.iter().map(Real::name).collect();
            for (real, got) in part.iter().zip(go.download_all(&names)) {
                if !has_sums(&got, real) {
                    differences.push(format!("{real:?}\n    got {got:?}"));
                }
            }
            go.forget();
        }
        let count = differences.len();
        assert!(differences.is_empty(), "{count} differ:\n{}", differences.join("\n"));
    }
}

fn published() -> &'static Published {
    static PUBLISHED: OnceLock<Published> = OnceLock::new();
    PUBLISHED.get_or_init(|| Published::fetch(LIST))
}

fn has_sums(download: &Download, real: &Real) -> bool {
    (&download.sum, &download.go_mod_sum) == (&real.sum, &real.go_mod_sum)
}

type Kind = (&'static str, fn(&Real, &Content) -> bool);

/// Kinds of modules, each of which the short run has.
const KINDS: [Kind; 30] = [
    ("upper case", |real, _| real.module.chars().any(char::is_uppercase)),
    ("a tilde in the path", |real, _| real.module.contains('~')),
    ("a path that ends in .git", |real, _| real.module.ends_with(".git")),
    ("gopkg.in", |real, _| real.module.starts_with("gopkg.in/")),
    ("its own host", |real, _| !real.module.starts_with("github.com/")),
    ("/v2 in the root", |real, _| real.module.ends_with("/v2") && !real.major_directory),
    ("/vN in a folder", |real, _| real.major_directory && real.prefix().is_empty()),
    ("/vN in a folder of a sub-directory", |real, _| real.major_directory && real.prefix() != ""),
    ("sub-directory", |real, _| !real.prefix().is_empty()),
    ("two levels down", |real, _| real.prefix().contains('/')),
    ("inherited LICENSE", |real, _| real.license_above),
    ("no LICENSE", |_, content| !content.has("LICENSE")),
    ("+incompatible", |real, _| real.version.ends_with("+incompatible")),
    ("prerelease", |real, _| real.version.contains('-')),
    ("no go.mod", |real, content| {
        !content.has("go.mod") && !real.version.ends_with("+incompatible")
    }),
    ("go.mod without a go directive", |_, content| {
        content.has("go.mod") && content.go_minor() == 0
    }),
    ("go 1.24", |_, content| content.go_minor() >= 24),
    ("retraction", |_, content| content.has_directive("retract")),
    ("replacement", |_, content| content.has_directive("replace")),
    ("toolchain", |_, content| content.has_directive("toolchain")),
    ("deprecated", |_, content| content.go_mod.contains("Deprecated:")),
    ("lines that end in CR LF", |_, content| content.has_crlf),
    ("empty file", |_, content| content.has_empty),
    ("names beyond ASCII", |_, content| content.names.iter().any(|name| !name.is_ascii())),
    ("names with blanks", |_, content| content.names.iter().any(|name| name.contains(' '))),
    ("-text", |_, content| content.sets("-text")),
    ("text=auto", |_, content| content.sets("text=auto")),
    ("eol=crlf", |_, content| content.sets("eol=crlf") && content.has_crlf),
    ("eol=lf", |_, content| content.sets("eol=lf")),
    ("export-subst", |_, content| content.sets("export-subst")),
];

#[test]
fn list_is_long_enough() {
    let list = registry::read(LIST);
    let names: BTreeSet<String> = list.iter().map(Real::name).collect();
    assert_eq!(names.len(), list.len(), "a version is named twice");
    let modules: BTreeSet<&str> = list.iter().map(|real| real.module.as_str()).collect();
    assert!(names.len() >= 250 && modules.len() >= 120, "{} of {}", names.len(), modules.len());
    let short: Vec<&Real> = list.iter().filter(|real| real.ci).collect();
    assert_eq!(short.len(), 40, "versions of the short run");
    for kind in rebuild::dropped_kinds() {
        let has = |real: &&Real| real.dropped.iter().any(|one| one == kind);
        assert!(short.iter().any(has), "the short run has no dropped {kind}");
    }
}

// Rules: H1, H2, H3
#[test]
fn list_has_every_kind_and_the_sums_of_the_registry() {
    let published = published();
    let mut missing: BTreeSet<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    for (real, download) in published.list.iter().zip(&published.downloads) {
        assert!(has_sums(download, real), "the registry has {download:?}, not {real:?}");
        let content = Content::read(&download.dir);
        for (kind, is) in KINDS {
            if is(real, &content) {
                missing.remove(kind);
            }
        }
    }
    assert!(missing.is_empty(), "kinds that the list has not: {missing:?}");
}

#[test]
fn rebuilt_repositories_give_the_published_hashes_without_modgate() {
    let site = Site::with_prefix("");
    published().write_all_for_direct(&site);
    published().check_hashes(&Go::direct(&site, "go-direct"));
}

// Rules: A1, A3, D2, D3, D6, D9.2, D9.4, G2, G3, H1, H2, H3, H5, M7, M10, Z2, Z3, Z4.2, Z4.3, Z4.4, Z4.9, Z5
#[test]
fn adopted_repositories_are_served_with_the_published_hashes() {
    let site = Site::with_prefix("");
    published().write_all(&site);
    site.install();
    let daemon = site.serve();
    published().check_hashes(&Go::through(&site, "go-modgate", &daemon.url()));
}

// Rules: A1, A3, D6, D9.2, D9.4, H1, H2, H5, L6, M7, Z2, Z3, Z4.2, Z4.3, Z4.4, Z4.9, Z5
#[test]
fn pushed_tags_are_accepted_with_the_published_hashes() {
    let site = Site::with_prefix("");
    // A repository that is rebuilt from some versions lacks others, and the modules beside them.
    site.configure("[policy]\npreset = \"observe\"\n");
    let published = published();
    let mut remotes = Vec::new();
    for (name, rebuilt) in &published.repositories {
        let source = site.path("work").join(name);
        rebuilt.write(|dir| site.git(dir), &source);
        let empty = site.root().join(format!("{name}.git"));
        let init = ["init", "--quiet", "--bare", "--initial-branch=main"];
        site.git(&site.root()).args(init).arg(&empty).finish().ok();
        remotes.push((source, empty));
    }
    site.install();
    let daemon = site.serve();
    let mut receipts: BTreeMap<String, String> = BTreeMap::new();
    for (source, bare) in &remotes {
        let run = site.git(source).arg("push").arg(bare).args(["main", "--tags"]);
        let push = Push::from(run.finish()).accepted();
        let told = push.receipts().into_iter();
        receipts.extend(told.map(|one| (format!("{}@{}", one.module, one.version), one.h1)));
    }
    let judge = Go::direct(&site, "go-direct");
    let mut differences = Vec::new();
    for real in &published.list {
        let told = receipts.get(&real.name());
        let is_listed = daemon.list(&real.module).contains(&real.version);
        if told != Some(&real.sum) || is_listed != should_be_listed(&judge, real) {
            differences.push(format!("{real:?}\n    got {told:?}, listed: {is_listed}"));
        }
    }
    let count = differences.len();
    assert!(differences.is_empty(), "{count} differ:\n{}", differences.join("\n"));
}

/// Whether the list of versions has it; some `+incompatible` ones it has not.
#[track_caller]
fn should_be_listed(judge: &Go, real: &Real) -> bool {
    let versions = || judge.versions(&real.module).expect("the go command lists the module");
    !real.version.ends_with("+incompatible") || versions().contains(&real.version)
}

/// What each way says of the versions that cannot be reproduced.
struct Answers {
    direct: Download,
    modgate: Download,
    serving_broken: Download,
}

// Rules: D10, N6, PV1
#[test]
fn what_cannot_be_reproduced_has_its_reason() {
    let (site, published) = (Site::with_prefix(""), Published::fetch(BY_NATURE));
    published.write_all(&site);
    let names: Vec<String> = published.list.iter().map(Real::name).collect();
    let direct = Go::direct(&site, "go-direct").download_all(&names);
    let modgate = through_modgate(&site, "go-modgate", &names);
    site.configure("[policy]\nserve_broken = true\n");
    let serving_broken = through_modgate(&site, "go-broken", &names);
    let ways = direct.into_iter().zip(modgate).zip(serving_broken);
    let mut differences = Vec::new();
    for ((real, download), ((direct, modgate), serving_broken)) in
        published.list.iter().zip(&published.downloads).zip(ways)
    {
        assert!(has_sums(download, real), "the registry has {download:?}, not {real:?}");
        if !reason_holds(real, &Answers { direct, modgate, serving_broken }) {
            differences.push(real.name());
        }
    }
    assert!(differences.is_empty(), "the reason does not hold: {differences:#?}");
}

#[track_caller]
fn through_modgate(site: &Site, name: &str, names: &[String]) -> Vec<Download> {
    let daemon = site.serve();
    Go::through(site, name, &daemon.url()).download_all(names)
}

fn reason_holds(real: &Real, answers: &Answers) -> bool {
    let Answers { direct, modgate, serving_broken } = answers;
    match real.because {
        Some(Reason::CommitId) => [direct, modgate, serving_broken]
            .iter()
            .all(|answer| answer.error.contains("unknown revision")),
        Some(Reason::OtherPath) => {
            has_sums(direct, real)
                && modgate.error.contains("declares its path as")
                && has_sums(serving_broken, real)
        }
        None => false,
    }
}
