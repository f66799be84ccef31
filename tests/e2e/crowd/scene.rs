//! A scene: commits that differ in content, many pushers and readers at once, and everything they saw written down.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use modgate_tests::daemon::Daemon;
use modgate_tests::history::{Action, Recorder};
use modgate_tests::http;
use modgate_tests::push::Push;
use modgate_tests::random::Random;
use modgate_tests::repository::Repository;
use modgate_tests::site::Site;

/// Refused by the gate since the version is taken.
const TAKEN: [&str; 3] = ["[tag-moved]", "[version-republished]", "[tag-deleted]"];

/// What can be asked about a version.
const ENDS: [&str; 4] = ["info", "mod", "zip", "list"];

/// What a scene is about: versions of modules, with contents that wait to be pushed.
pub(super) struct Scene<'a> {
    pub site: &'a Site,
    pub recorder: Recorder,
    /// Where the daemon of now serves, if one runs.
    address: Mutex<Option<String>>,
    /// Contents by what stands in the go.mod, and by the h1 of receipts.
    contents: Mutex<BTreeMap<String, String>>,
    /// Pushes that were refused without a reason in their content: what went wrong on our side.
    pub failures: Mutex<Vec<String>>,
    /// Answers that no client should get.
    faults: Mutex<Vec<String>>,
    reads: AtomicUsize,
}

/// One push that is to be made.
#[derive(Debug, Clone)]
pub(super) struct Order<'a> {
    /// Where to.
    pub repository: &'a Repository<'a>,
    /// The commit that is tagged.
    pub commit: String,
    /// The tag.
    pub tag: String,
    /// The module whose version it makes.
    pub module: String,
    /// The version.
    pub version: String,
}

impl Order<'_> {
    /// `M@V`.
    pub(super) fn name(&self) -> String {
        format!("{}@{}", self.module, self.version)
    }
}

impl<'a> Scene<'a> {
    pub(super) fn new(site: &'a Site) -> Self {
        Self {
            site,
            recorder: Recorder::default(),
            address: Mutex::default(),
            contents: Mutex::default(),
            failures: Mutex::default(),
            faults: Mutex::default(),
            reads: AtomicUsize::default(),
        }
    }

    /// Readers ask this daemon from now on, or nobody.
    pub(super) fn serves(&self, daemon: Option<&Daemon>) {
        *self.address.lock().expect("no panic") = daemon.map(|daemon| daemon.address().to_owned());
    }

    /// So many commits of a root module; nothing is pushed but the branch.
    pub(super) fn contents(
        &self,
        repository: &Repository<'_>,
        module: &str,
        count: usize,
    ) -> Vec<String> {
        self.contents_at(repository, "", module, count)
    }

    /// The same for a module in a directory.
    pub(super) fn contents_at(
        &self,
        repository: &Repository<'_>,
        dir: &str,
        module: &str,
        count: usize,
    ) -> Vec<String> {
        repository.module_at(dir, module);
        let file = if dir.is_empty() { "go.mod".to_owned() } else { format!("{dir}/go.mod") };
        let commits: Vec<String> = (0..count)
            .map(|number| {
                let mark = format!("// content {number} of {}", repository.bare().display());
                repository.write(&file, format!("module {module} {mark}\n\ngo 1.21\n"));
                let commit = repository.commit(&number.to_string());
                self.contents.lock().expect("no panic").insert(mark, commit.clone());
                commit
            })
            .collect();
        repository.push_main();
        commits
    }

    /// Pushes, and writes down what became of it.
    pub(super) fn push(&self, client: &str, order: &Order<'_>, is_forced: bool) -> Action {
        let called = self.recorder.now();
        let refspec =
            format!("{}{}:refs/tags/{}", if is_forced { "+" } else { "" }, order.commit, order.tag);
        let push = order.repository.push(&[&refspec]);
        let action = self.outcome(order, &push);
        self.recorder.record(&order.name(), client, called, action.clone());
        action
    }

    fn outcome(&self, order: &Order<'_>, push: &Push) -> Action {
        let content = order.commit.clone();
        let said = push.remote();
        let receipts = push.receipts();
        let receipt =
            receipts.iter().find(|r| r.module == order.module && r.version == order.version);
        if let Some(receipt) = receipt {
            assert!(push.is_accepted(), "a receipt for a push that failed: {push:?}");
            self.contents.lock().expect("no panic").insert(receipt.h1.clone(), content.clone());
            return Action::Pushed(content);
        }
        if TAKEN.iter().any(|rule| said.contains(rule)) {
            return Action::RefusedAsTaken(content);
        }
        if said.contains("not your fault") {
            self.failures.lock().expect("no panic").push(format!("{}: {said}", order.name()));
        }
        if push.is_accepted()
            && !said.contains("not released:")
            && !said.contains("not recorded yet")
        {
            // Let in without a receipt: it was withdrawn before it could be written, or was there already.
            return Action::PushedPerhaps(content);
        }
        // Let in without being recorded yet, or git ended before it could tell.
        let all = format!("{push:?}");
        let is_told =
            push.is_accepted() || all.contains("[rejected]") || all.contains("[remote rejected]");
        if said.contains("not recorded yet") || !is_told {
            self.failures.lock().expect("no panic").push(format!("{}: {all}", order.name()));
            return Action::PushedPerhaps(content);
        }
        Action::Refused(content)
    }

    /// Makes all pushes at once.
    pub(super) fn push_all(&self, orders: &[Order<'_>]) -> Vec<Action> {
        let barrier = Barrier::new(orders.len());
        thread::scope(|scope| {
            let threads: Vec<_> = orders
                .iter()
                .enumerate()
                .map(|(number, order)| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        self.push(&format!("pusher {number}"), order, number % 2 == 0)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("the push ends")).collect()
        })
    }

    /// Readers ask for these versions, each for a random one in a random way, while `story` goes on.
    pub(super) fn watched<T>(
        &self,
        (seed, readers): (u64, u64),
        versions: &[(String, String)],
        story: impl FnOnce() -> T,
    ) -> T {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..readers)
                .map(|reader| {
                    let is_over = &is_over;
                    scope.spawn(move || {
                        let mut random = Random::new(seed * 1000 + reader + 1);
                        while !is_over.load(Ordering::Relaxed) {
                            self.read(&format!("reader {reader}"), versions, &mut random);
                        }
                    })
                })
                .collect();
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(story));
            is_over.store(true, Ordering::Relaxed);
            threads.into_iter().for_each(|thread| thread.join().expect("readers do not fail"));
            ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Everything about every version, once.
    pub(super) fn read_each(&self, versions: &[(String, String)]) {
        for pick in 0..versions.len() {
            ENDS.iter().for_each(|end| self.ask("last reader", versions, pick, end));
        }
    }

    /// One question about one version.
    fn read(&self, client: &str, versions: &[(String, String)], random: &mut Random) {
        let mut below = |bound: usize| random.below(bound as u64) as usize;
        let (pick, end) = (below(versions.len()), ENDS[below(ENDS.len())]);
        self.ask(client, versions, pick, end);
    }

    fn ask(&self, client: &str, versions: &[(String, String)], pick: usize, end: &str) {
        let (module, version) = &versions[pick];
        let Some(address) = self.address.lock().expect("no panic").clone() else {
            // Nobody to ask for now.
            thread::yield_now();
            return;
        };
        let name = if end == "list" { end.to_owned() } else { format!("{version}.{end}") };
        let path = format!("/{}/@v/{name}", http::escape(module));
        let called = self.recorder.now();
        // A daemon that was stopped does not answer: nothing was seen.
        let Ok(answer) = http::request(&address, "GET", &path, &[]) else { return };
        self.reads.fetch_add(1, Ordering::Relaxed);
        if end == "list" && [200, 404].contains(&answer.status) {
            let text = answer.text();
            for (_, other) in versions.iter().filter(|(of, _)| of == module) {
                let is_listed = text.lines().any(|line| line == other);
                let action = if is_listed { Action::SawListed } else { Action::SawUnlisted };
                self.recorder.record(&format!("{module}@{other}"), client, called, action);
            }
            return;
        }
        match self.seen(end, &answer) {
            Some(action) => {
                self.recorder.record(&format!("{module}@{version}"), client, called, action)
            }
            None => self.faults.lock().expect("no panic").push(format!("{path}: {answer}")),
        }
    }

    fn seen(&self, end: &str, answer: &http::Answer) -> Option<Action> {
        let contents = self.contents.lock().expect("no panic");
        match answer.status {
            404 | 410 => Some(Action::SawNothing),
            403 if answer.text().contains("was withdrawn") => Some(Action::SawWithdrawn),
            200 => Some(Action::Saw(match end {
                "info" => answer.json()["Origin"]["Hash"].as_str()?.to_owned(),
                "mod" => {
                    let (_, rest) = answer
                        .text()
                        .split_once("//")
                        .map(|(a, b)| (a.to_owned(), b.to_owned()))?;
                    contents.get(&format!("//{}", rest.lines().next()?))?.clone()
                }
                // What it stands for is known when all receipts are there.
                _ => answer.header("etag").split('"').nth(1)?.to_owned(),
            })),
            _ => None,
        }
    }

    /// Ends the scene: one order explains all that was seen, and nobody got an answer that is none. Returns the
    /// number of operations and of reads.
    #[track_caller]
    pub(super) fn check(&self) -> (usize, usize) {
        let faults = self.faults.lock().expect("no panic").clone();
        assert!(faults.is_empty(), "answers that nobody should get: {faults:#?}");
        let entries = self.site.ledger();
        let mut contents = self.contents.lock().expect("no panic").clone();
        for entry in &entries {
            if let (Some(h1), Some(commit)) = (entry["h1"].as_str(), entry["commit"].as_str()) {
                let known = contents.insert(h1.to_owned(), commit.to_owned());
                // The ledger says what the receipts said.
                assert!(known.is_none_or(|known| known == commit), "{entry}");
            }
        }
        let resolve = |tag: &str| {
            let h1 = tag.find("h1:").map(|at| &tag[at..]);
            let found = h1.and_then(|h1| contents.iter().find(|(known, _)| h1.starts_with(*known)));
            found.map(|(_, commit)| commit.clone())
        };
        self.recorder.rename(|content| resolve(content).unwrap_or_else(|| content.to_owned()));
        (self.recorder.check(), self.reads.load(Ordering::Relaxed))
    }

    /// Fails the test where anything went wrong on our side.
    #[track_caller]
    pub(super) fn nothing_failed(&self) {
        let failures = self.failures.lock().expect("no panic").clone();
        assert!(failures.is_empty(), "{} failures: {failures:#?}", failures.len());
    }
}
