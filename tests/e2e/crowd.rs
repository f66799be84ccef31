//! Many at once: pushes, readers, decisions and daemons that come and go. Whatever happens, some order explains what
//! everybody saw of each version, and no push is lost.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use modgate_tests::budget;
use modgate_tests::daemon::Daemon;
use modgate_tests::history::Action;
use modgate_tests::random::Random;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;
use modgate_tests::wait;

mod scene;
mod verbs;

use scene::{Order, Scene};

/// Debug builds on a loaded machine must not be told from slow ones.
const PATIENT: &str = "[policy]\ntime_limit_ms = 100000\n";

/// How many push at once.
const CROWD: usize = 50;

/// One order for each content, each for a version of its own.
fn one_each<'a>(repository: &'a Repository<'a>, commits: &[String]) -> Vec<Order<'a>> {
    let order = |(number, commit): (usize, &String)| Order {
        repository,
        commit: commit.clone(),
        tag: format!("v1.{number}.0"),
        module: repository.module(),
        version: format!("v1.{number}.0"),
    };
    commits.iter().enumerate().map(order).collect()
}

fn names(orders: &[Order<'_>]) -> Vec<(String, String)> {
    let name = |order: &Order<'_>| (order.module.clone(), order.version.clone());
    let mut names: Vec<_> = orders.iter().map(name).collect();
    names.sort();
    names.dedup();
    names
}

/// What the ledger accepted, by `M@V`: commit and h1.
fn accepted(site: &Site) -> BTreeMap<String, String> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let entries = site.ledger().into_iter().filter(|entry| entry["state"] == "accepted");
    entries
        .map(|entry| {
            assert!(entry["h1"].is_string(), "{entry}");
            (
                format!("{}@{}", text(&entry["module"]), text(&entry["version"])),
                text(&entry["commit"]),
            )
        })
        .collect()
}

/// A crowd without a daemon, then another with one and with readers; each order is for a version of its own.
#[track_caller]
fn crowds(scene: &Scene<'_>, seed: u64, [without, with]: [Vec<Order<'_>>; 2]) {
    let site = scene.site;
    site.install();
    let mut actions = scene.push_all(&without);
    let daemon = site.serve();
    scene.serves(Some(&daemon));
    let versions = names(&[&without[..], &with].concat());
    actions.extend(scene.watched((seed, 3), &versions, || scene.push_all(&with)));
    let orders = [without, with].concat();
    scene.nothing_failed();
    let wanted: BTreeMap<_, _> =
        orders.iter().map(|order| (order.name(), order.commit.clone())).collect();
    assert_eq!(accepted(site), wanted);
    for (order, action) in orders.iter().zip(&actions) {
        assert_eq!(*action, Action::Pushed(order.commit.clone()), "{order:?}");
    }
    scene.read_each(&versions);
    scene.check();
}

#[test]
fn fifty_pushes_at_once_to_one_repository_all_come_in() {
    let site = Site::new();
    site.configure(PATIENT);
    let lib = site.repository("acme/lib");
    let scene = Scene::new(&site);
    let mut without = one_each(&lib, &scene.contents(&lib, &lib.module(), 2 * CROWD));
    let with = without.split_off(CROWD);
    crowds(&scene, 1, [without, with]);
}

#[test]
fn fifty_pushes_at_once_to_fifty_repositories_all_come_in() {
    let site = Site::new();
    site.configure(PATIENT);
    let scene = Scene::new(&site);
    let repositories: Vec<_> = (0..CROWD)
        .map(|number| site.repository(&format!("team{}/lib{number}", number % 7)))
        .collect();
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for lib in &repositories {
        let mut orders = one_each(lib, &scene.contents(lib, &lib.module(), 2));
        with.extend(orders.pop());
        without.extend(orders.pop());
    }
    crowds(&scene, 2, [without, with]);
}

/// Shuffled by a seed.
fn shuffled<T>(mut all: Vec<T>, random: &mut Random) -> Vec<T> {
    for at in (1..all.len()).rev() {
        all.swap(at, random.below(at as u64 + 1) as usize);
    }
    all
}

/// Several contents for each of several versions, all at once.
fn contest<'a>(
    repository: &'a Repository<'a>,
    (commits, round): (&[String], u64),
    versions: u64,
    random: &mut Random,
) -> Vec<Order<'a>> {
    let order = |patch: u64, commit: &String| Order {
        repository,
        commit: commit.clone(),
        tag: format!("v1.{round}.{patch}"),
        module: repository.module(),
        version: format!("v1.{round}.{patch}"),
    };
    let orders =
        (0..versions).flat_map(|patch| commits.iter().map(move |commit| order(patch, commit)));
    shuffled(orders.collect(), random)
}

/// Of each version one content is accepted.
#[track_caller]
fn one_of_each_is_in(site: &Site, orders: &[Order<'_>], actions: &[Action]) {
    let accepted = accepted(site);
    for (module, version) in names(orders) {
        let name = format!("{module}@{version}");
        let mine = orders.iter().zip(actions).filter(|(order, _)| order.name() == name);
        let winners: Vec<_> = mine
            .filter_map(|(_, action)| match action {
                Action::Pushed(content) => Some(content.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(winners, [accepted[&name].clone()], "{name}");
    }
}

#[test]
fn of_several_pushes_of_one_version_at_once_one_wins() {
    let site = Site::new();
    site.configure(PATIENT);
    let lib = site.repository("acme/lib");
    let scene = Scene::new(&site);
    let commits = scene.contents(&lib, &lib.module(), 4);
    site.install();
    let daemon = site.serve();
    scene.serves(Some(&daemon));
    for round in 1..=budget::choose(3, 100) {
        let mut random = Random::new(round);
        let orders = contest(&lib, (&commits, round), 3, &mut random);
        let actions = scene.watched((round, 3), &names(&orders), || scene.push_all(&orders));
        one_of_each_is_in(&site, &orders, &actions);
    }
    scene.nothing_failed();
    scene.check();
}

/// A push of the first version of a module, from whatever repository.
fn first<'a>(
    (repository, commit): &'a (Repository<'a>, String),
    tag: &str,
    module: &str,
) -> Order<'a> {
    let (tag, module, version) = (tag.to_owned(), module.to_owned(), "v1.0.0".to_owned());
    Order { repository, commit: commit.clone(), tag, module, version }
}

#[test]
fn of_two_repositories_that_make_one_version_one_wins() {
    let site = Site::new();
    site.configure(PATIENT);
    let scene = Scene::new(&site);
    let rounds = budget::choose(4, 60);
    let pairs: Vec<_> = (0..rounds)
        .map(|round| {
            let outer = site.repository(&format!("acme/lib{round}"));
            let module = format!("{}/sub", outer.module());
            let [outer_commit] =
                <[String; 1]>::try_from(scene.contents_at(&outer, "sub", &module, 1)).expect("one");
            let inner = site.repository(&format!("acme/lib{round}/sub"));
            let [inner_commit] =
                <[String; 1]>::try_from(scene.contents(&inner, &module, 1)).expect("one");
            (module, (outer, outer_commit), (inner, inner_commit))
        })
        .collect();
    site.install();
    let daemon = site.serve();
    scene.serves(Some(&daemon));
    for (round, (module, outer, inner)) in pairs.iter().enumerate() {
        let orders = [first(outer, "sub/v1.0.0", module), first(inner, "v1.0.0", module)];
        let actions =
            scene.watched((round as u64 + 1, 2), &names(&orders), || scene.push_all(&orders));
        one_of_each_is_in(&site, &orders, &actions);
    }
    scene.nothing_failed();
    scene.check();
}

/// Decisions about versions, by an administrator who changes his mind.
fn decide(scene: &Scene<'_>, versions: &[(String, String)], (seed, count): (u64, u64)) {
    let mut random = Random::new(seed);
    for _ in 0..count {
        let (module, version) = &versions[random.below(versions.len() as u64) as usize];
        let verb = ["withdraw", "restore"][random.below(2) as usize];
        let called = scene.recorder.now();
        let ledger = scene.site.modgate(&["ledger", verb, module, version, "--reason", "a test"]);
        // What is not there cannot be withdrawn.
        if ledger.finish().code() == 0 {
            let action = if verb == "withdraw" { Action::Withdrawn } else { Action::Restored };
            scene.recorder.record(&format!("{module}@{version}"), "administrator", called, action);
        }
    }
}

#[test]
fn withdrawing_during_pushes_and_reads_is_seen_by_all_at_once() {
    let site = Site::new();
    site.configure(PATIENT);
    let lib = site.repository("acme/lib");
    let scene = Scene::new(&site);
    let commits = scene.contents(&lib, &lib.module(), 3);
    site.install();
    let daemon = site.serve();
    scene.serves(Some(&daemon));
    for round in 1..=budget::choose(2, 30) {
        let orders = contest(&lib, (&commits, round), 2, &mut Random::new(round));
        let versions = names(&orders);
        scene.watched((round, 4), &versions, || {
            thread::scope(|scope| {
                scope.spawn(|| decide(&scene, &versions, (round, 12)));
                scene.push_all(&orders);
            });
        });
    }
    scene.nothing_failed();
    scene.check();
}

#[track_caller]
pub(crate) fn pushes_while_daemons_come_and_go(seed: u64, is_orderly: bool) {
    let site = Site::new();
    site.configure(PATIENT);
    let lib = site.repository("acme/lib");
    let scene = Scene::new(&site);
    let commits = scene.contents(&lib, &lib.module(), 2);
    site.install();
    let mut random = Random::new(seed);
    let all: Vec<_> = (0..budget::choose(4, 40))
        .map(|round| contest(&lib, (&commits, round), 6, &mut random))
        .collect();
    let versions = names(&all.concat());
    let is_over = AtomicBool::new(false);
    let actions = scene.watched((seed, 2), &versions, || {
        thread::scope(|scope| {
            let keeper = scope.spawn(|| {
                let mut random = Random::new(seed + 1);
                let mut lives = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let mut daemon =
                        Daemon::start(site.modgate(&["serve", "--listen", "127.0.0.1:0"]))
                            .serving();
                    scene.serves(Some(&daemon));
                    let life = Duration::from_millis(random.below(250));
                    assert!(daemon.lives_for(life), "it ended by itself: {}", daemon.log());
                    scene.serves(None);
                    if is_orderly {
                        drop(daemon.stop())
                    } else {
                        daemon.kill()
                    }
                    // Sometimes nobody is there for a while, and hooks write the files.
                    let absence = Duration::from_millis(random.below(200));
                    wait::within(absence, || None::<()>);
                    lives += 1;
                }
                lives
            });
            let actions: Vec<_> = all.iter().map(|orders| scene.push_all(orders)).collect();
            is_over.store(true, Ordering::Relaxed);
            let lives: u32 = keeper.join().expect("daemons come and go");
            assert!(lives >= 3, "only {lives} daemons");
            actions
        })
    });
    let daemon = site.serve();
    scene.serves(Some(&daemon));
    scene.read_each(&versions);
    scene.nothing_failed();
    for (orders, actions) in all.iter().zip(&actions) {
        one_of_each_is_in(&site, orders, actions);
    }
    scene.check();
}

#[test]
fn stopping_and_starting_the_daemon_costs_no_push() {
    pushes_while_daemons_come_and_go(5, true);
}

#[test]
fn killing_the_daemon_costs_no_push_where_hooks_can_use_the_files() {
    pushes_while_daemons_come_and_go(6, false);
}

#[test]
fn pushes_during_adoption_come_in() {
    let site = Site::new();
    site.configure(PATIENT);
    let lib = site.repository("acme/lib");
    let scene = Scene::new(&site);
    let orders = one_each(&lib, &scene.contents(&lib, &lib.module(), 12));
    // What was there before: many tags on a commit of the branch.
    let old: String = (0..budget::choose(1500, 20_000))
        .map(|patch| format!("create refs/tags/v0.1.{patch} {}\n", orders[0].commit))
        .collect();
    site.git(lib.bare()).args(["update-ref", "--stdin"]).stdin(old).finish().ok();
    site.install();
    let daemon = Daemon::start(site.modgate(&["serve", "--listen", "127.0.0.1:0"])).serving();
    scene.serves(Some(&daemon));
    let actions = scene.watched((7, 2), &names(&orders), || scene.push_all(&orders));
    scene.nothing_failed();
    for (order, action) in orders.iter().zip(actions) {
        assert_eq!(action, Action::Pushed(order.commit.clone()), "{order:?}");
    }
    wait::until(wait::SOON, "adoption ends", || daemon.get("/readyz").status == 200);
    scene.read_each(&names(&orders));
    assert!(daemon.list(&lib.module()).len() >= orders.len() + 1500);
    scene.check();
}
