//! Real modules of the Go registry, rebuilt as repositories, have their published hashes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use modgate_tests::golang::{Download, Go};
use modgate_tests::push::Push;
use modgate_tests::rebuild::{self, Rebuilt};
use modgate_tests::registry::{self, Real};
use modgate_tests::site::Site;

/// The list, what the registry has of it, and the repositories made from that.
struct Published {
    list: Vec<Real>,
    downloads: Vec<Download>,
    repositories: BTreeMap<String, Rebuilt>,
}

fn published() -> &'static Published {
    static PUBLISHED: OnceLock<Published> = OnceLock::new();
    PUBLISHED.get_or_init(|| {
        let list = registry::read(include_str!("../cases/real-modules.txt"));
        let downloads =
            registry::download(&list, &Path::new(env!("CARGO_TARGET_TMPDIR")).join("registry"));
        let repositories = rebuild::group(&list, &downloads);
        Published { list, downloads, repositories }
    })
}

/// Every repository, written under the root of the site.
#[track_caller]
fn write_all(site: &Site) {
    for (name, rebuilt) in &published().repositories {
        rebuilt.write(|dir| site.git(dir), &site.root().join(format!("{name}.git")));
    }
}

/// What `go` downloads must have the published hashes.
#[track_caller]
fn check_hashes(go: &Go) {
    let published = published();
    let mut differences = Vec::new();
    for (real, wanted) in published.list.iter().zip(&published.downloads) {
        let got = go.download(&real.module, &[&real.version]).remove(0);
        if (&got.sum, &got.go_mod_sum, got.error.as_str()) != (&wanted.sum, &wanted.go_mod_sum, "")
        {
            differences.push(format!(
                "{}@{}: published {wanted:?}, got {got:?}",
                real.module, real.version
            ));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn list_is_long_enough_and_has_every_kind() {
    let list = &published().list;
    assert!(list.len() >= 25, "{} modules", list.len());
    type Kind = (&'static str, fn(&Real) -> bool);
    let kinds: [Kind; 6] = [
        ("upper case", |real| real.module.chars().any(char::is_uppercase)),
        ("/vN", |real| real.version.contains("v2.") && real.module.ends_with("/v2")),
        ("major directory", |real| real.major_directory),
        ("sub-directory", |real| !real.prefix().is_empty()),
        ("+incompatible", |real| real.version.ends_with("+incompatible")),
        ("vendor", |real| real.vendor),
    ];
    for (kind, is) in kinds {
        assert!(list.iter().any(is), "no {kind} in the list");
    }
}

#[test]
fn rebuilt_repositories_give_the_published_hashes_without_modgate() {
    let site = Site::with_prefix("");
    write_all(&site);
    check_hashes(&Go::direct(&site, "go-direct"));
}

#[test]
fn adopted_repositories_are_served_with_the_published_hashes() {
    let site = Site::with_prefix("");
    write_all(&site);
    site.install();
    let daemon = site.serve();
    check_hashes(&Go::through(&site, "go-modgate", &daemon.url()));
}

#[test]
fn pushed_tags_are_accepted_with_the_published_hashes() {
    let site = Site::with_prefix("");
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
    let mut receipts: BTreeMap<(String, String), String> = BTreeMap::new();
    for (source, bare) in &remotes {
        let run = site.git(source).arg("push").arg(bare).args(["main", "--tags"]);
        let push = Push::from(run.finish()).accepted();
        receipts.extend(push.receipts().into_iter().map(|one| ((one.module, one.version), one.h1)));
    }
    for (real, download) in published.list.iter().zip(&published.downloads) {
        let told = receipts.get(&(real.module.clone(), real.version.clone()));
        assert_eq!(told, Some(&download.sum), "receipt of {}@{}", real.module, real.version);
        assert!(
            daemon.list(&real.module).contains(&real.version),
            "{}@{}",
            real.module,
            real.version
        );
    }
}
