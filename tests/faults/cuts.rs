//! Power cuts: what hooks, daemon and git did to the disks of the ledger and of the repositories is recorded, and a model
//! of a disk says what may be left of it at any moment. A daemon that starts on that must keep every promise.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use modgate_tests::budget;
use modgate_tests::daemon::Daemon;
use modgate_tests::faults::disk::{Disk, MODES, Mode, Recording};
use modgate_tests::faults::trace::{self, Event, Op, recording};
use modgate_tests::golang::Go;
use modgate_tests::push::Push;
use modgate_tests::random::{Random, seed};
use modgate_tests::repository::Repository;
use modgate_tests::run::Run;
use modgate_tests::site::Site;
use serde_json::Value;

const MODULE: &str = "git.example.com/acme/lib";
const REFUSED: [&str; 2] = ["v2.0.0", "v3.0.0"];

/// Which operations are left out of a recording.
type Dropped<'a> = &'a dyn Fn(&Op) -> bool;

/// Somebody was told that a version has this hash.
#[derive(Debug, Clone)]
struct Promise {
    version: String,
    h1: String,
}

struct Story<'s> {
    site: &'s Site,
    lib: Repository<'s>,
    logs: Vec<PathBuf>,
    marks: Vec<Event>,
    promises: Vec<Promise>,
}

impl<'s> Story<'s> {
    fn log(&mut self) -> PathBuf {
        let log = self.site.path(&format!("trace.{}", self.logs.len()));
        self.logs.push(log.clone());
        log
    }

    fn serve(&mut self) -> Daemon {
        let words = recording(&self.log(), trace::Daemon::Yes);
        let run = self.site.modgate(&["serve", "--listen", "127.0.0.1:0"]);
        Daemon::start(run.behind(&words)).ready()
    }

    fn push(&mut self, refs: &[&str]) -> Push {
        let words = recording(&self.log(), trace::Daemon::No);
        let git = self.site.git(self.lib.work()).args(["push", "origin"]).args(refs);
        let push: Push = git.behind(&words).finish().into();
        for receipt in push.receipts().into_iter().filter(|_| push.is_accepted()) {
            self.promise(receipt.version, receipt.h1);
        }
        push
    }

    fn promise(&mut self, version: String, h1: String) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        let time = u64::try_from(now.as_micros()).expect("it is before the year 500,000");
        self.marks.push(Event { start: time, time, op: Op::Mark { what: self.promises.len() } });
        self.promises.push(Promise { version, h1 });
    }

    fn release(&mut self, version: &str) {
        self.lib.release(version);
        let before = self.promises.len();
        self.push(&["main", version]).accepted();
        assert_eq!(self.promises.len(), before + 1, "{version} has a receipt");
    }

    /// A consumer fetches; what it gets is a promise as well.
    fn fetch(&mut self, daemon: &Daemon, query: &str) {
        let go = Go::through(self.site, &format!("go-{}", self.logs.len()), &daemon.url());
        let got = go.fetch(MODULE, query);
        self.promise(got.version, got.sum);
    }

    fn refuse(&mut self, version: &str) {
        self.lib.tag(version);
        self.push(&[version]).refused();
    }
}

/// Releases of all kinds, with a daemon and without, from the first start on.
fn record(site: &Site) -> (Disk, Vec<Event>, Vec<Promise>) {
    let lib = site.repository("acme/lib");
    site.install();
    let before = Disk::read(&[site.state(), site.root()]);
    let mut story = Story { site, lib, logs: Vec::new(), marks: Vec::new(), promises: Vec::new() };
    let daemon = story.serve();
    story.release("v1.0.0");
    story.release("v1.1.0");
    story.refuse(REFUSED[0]);
    story.lib.write("x.txt", "x").commit("more");
    story.push(&["main"]).accepted();
    story.fetch(&daemon, "main");
    story.lib.annotate("v1.2.0").tag("v1.2.1").tag("v1.2.2");
    story.push(&["v1.2.0", "v1.2.1", "v1.2.2"]).accepted();
    daemon.stop();
    // The hooks write the ledger themselves.
    story.release("v1.3.0");
    story.refuse(REFUSED[1]);
    story.release("v1.4.0");
    let daemon = story.serve();
    story.release("v1.5.0");
    let withdraw = ["ledger", "withdraw", MODULE, "v1.1.0", "--reason", "leaks a key"];
    site.modgate(&withdraw).finish().ok();
    story.release("v1.6.0");
    daemon.kill();
    let mut events = trace::read(&story.logs);
    events.append(&mut story.marks);
    events.sort_by_key(|event| event.time);
    (before, events, story.promises)
}

/// What is left after a cut, in a folder of its own.
struct Left {
    _folder: tempfile::TempDir,
    state: PathBuf,
    root: PathBuf,
}

impl Left {
    fn new(site: &Site, disk: &Disk) -> Self {
        let folder = tempfile::tempdir().expect("the temporary folder is writable");
        let (state, root) = (folder.path().join("state"), folder.path().join("root"));
        disk.write(&site.state(), &state);
        disk.write(&site.root(), &root);
        // The machine has started again since.
        let boot = state.join("ledger/boot");
        let this = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        if let Ok(text) = fs::read_to_string(&boot) {
            fs::write(&boot, text.replace(this.trim(), "another-start")).expect("writable");
        }
        Self { _folder: folder, state, root }
    }

    fn modgate(&self, site: &Site, verb: &[&str]) -> Run {
        let run = site.modgate_bare().args(verb).args(["--prefix", site.prefix(), "--root"]);
        run.arg(&self.root).arg("--state").arg(&self.state)
    }

    /// Whether git cannot read what its refs lead to. Ours are never the reason.
    #[track_caller]
    fn is_stuck(&self, site: &Site, what: &str) -> bool {
        let git = site.git(&self.root.join("acme/lib.git"));
        let read = git.args(["rev-list", "--objects", "--all", "--quiet"]).finish();
        assert!(!read.to_string().contains("refs/modgate"), "{what}: {read}");
        read.code() != 0
    }

    /// The newest record of each version in the journal. No version has two commits or hashes in it.
    #[track_caller]
    fn recorded(&self, what: &str) -> BTreeMap<String, Value> {
        let journal = fs::read_to_string(self.state.join("ledger/journal")).unwrap_or_default();
        let mut recorded: BTreeMap<String, Value> = BTreeMap::new();
        for json in journal.lines().filter_map(|line| line.get(65..)) {
            let line: Value = serde_json::from_str(json).unwrap_or_default();
            for record in line["records"].as_array().into_iter().flatten() {
                let is_taken = matches!(record["state"].as_str(), Some("accepted" | "withdrawn"));
                if record["kind"] != "entry" || !is_taken {
                    continue;
                }
                let version = record["version"].as_str().unwrap_or_default().to_owned();
                let before = recorded.insert(version, record.clone());
                for key in ["commit", "h1"] {
                    let before = before.as_ref().map_or(&Value::Null, |before| &before[key]);
                    assert!(before.is_null() || *before == record[key], "{what}: two of {record}");
                }
            }
        }
        recorded
    }
}

/// How thoroughly a cut is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// What is recorded and listed, and the content of one version.
    Quick,
    /// The go command downloads everything.
    Whole,
}

struct Cut<'a> {
    site: &'a Site,
    promises: &'a [Promise],
    recording: &'a Recording,
}

impl Cut<'_> {
    fn check(&self, seed: u64, look: Look, tally: &Tally) {
        let mut random = Random::new(seed);
        let event = random.below(self.recording.len() as u64 + 1) as usize;
        // Half of all cuts are of the kind that leaves most ways open.
        let mode = if random.below(2) == 0 {
            Mode::Random
        } else {
            MODES[random.below(MODES.len() as u64) as usize]
        };
        let (disk, unsynced) = self.recording.cut(event, mode, &mut random);
        let what =
            format!("MODGATE_SEED={seed} ({mode:?} before event {event}, {unsynced} unsynced)");
        let left = Left::new(self.site, &disk);
        let serve = ["serve", "--listen", "127.0.0.1:0"];
        let daemon = Daemon::start(left.modgate(self.site, &serve)).ready();
        let log = daemon.log();
        assert!(!log.contains("the ledger is damaged"), "{what}: {log}");
        let promised: Vec<&Promise> =
            self.recording.marks(event).map(|mark| &self.promises[mark]).collect();
        self.check_served(&daemon, &promised, &what, &mut random);
        let recorded = left.recorded(&what);
        for Promise { version, h1 } in &promised {
            let found = recorded.get(version).map(|entry| entry["h1"].clone());
            assert_eq!(found, Some(h1.as_str().into()), "{what}: {version}; log:\n{log}");
        }
        if look == Look::Whole && !promised.is_empty() {
            self.check_whole(&daemon, &promised, &what);
        }
        tally.count(unsynced, promised.len(), log.contains("index is made again"));
        tally.stuck.fetch_add(usize::from(left.is_stuck(self.site, &what)), Ordering::Relaxed);
        daemon.kill();
    }

    fn check_served(
        &self,
        daemon: &Daemon,
        promised: &[&Promise],
        what: &str,
        random: &mut Random,
    ) {
        let path = |version: &str, end: &str| format!("/{MODULE}/@v/{version}.{end}");
        let listed = daemon.list(MODULE);
        let log = || daemon.log();
        for version in REFUSED {
            assert!(!listed.iter().any(|l| l == version), "{what}: {version} was refused");
            daemon.get(&path(version, "info")).has_status(404);
        }
        for Promise { version, .. } in promised {
            let answer = daemon.get(&path(version, "info"));
            let is_served = answer.status == 200 || (answer.status == 403 && version == "v1.1.0");
            assert!(is_served, "{what}: {version}: {answer}; log:\n{}", log());
            let is_pseudo = version.contains("-0.");
            let is_listed = listed.contains(version) || is_pseudo || answer.status == 403;
            assert!(is_listed, "{what}: {version} is not in {listed:?}; log:\n{}", log());
        }
        if let Some(at) = promised.len().checked_sub(1).map(|last| random.below(last as u64 + 1)) {
            let version = &promised[at as usize].version;
            let status = daemon.get(&path(version, "zip")).status;
            assert!(
                status == 200 || version == "v1.1.0",
                "{what}: {version}: {status}:\n{}",
                log()
            );
        }
    }

    fn check_whole(&self, daemon: &Daemon, promised: &[&Promise], what: &str) {
        let go = Go::through(self.site, &format!("go-cut-{}", daemon.pid()), &daemon.url());
        let wanted: Vec<&str> = promised
            .iter()
            .map(|promise| promise.version.as_str())
            .filter(|version| *version != "v1.1.0")
            .collect();
        for answer in go.download(MODULE, &wanted) {
            let promise = promised.iter().find(|p| p.version == answer.version);
            let h1 = promise.map(|promise| promise.h1.as_str());
            assert_eq!(Some(answer.sum.as_str()), h1, "{what}: {answer:?}");
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    cuts: AtomicUsize,
    unsynced: AtomicUsize,
    promises: AtomicUsize,
    rebuilt: AtomicUsize,
    /// Cuts after which git itself has a ref that it cannot follow. What git does with it is git's.
    stuck: AtomicUsize,
}

impl Tally {
    fn count(&self, unsynced: usize, promises: usize, is_rebuilt: bool) {
        let add = |to: &AtomicUsize, count| to.fetch_add(count, Ordering::Relaxed);
        add(&self.cuts, 1);
        add(&self.unsynced, unsynced);
        add(&self.promises, promises);
        add(&self.rebuilt, usize::from(is_rebuilt));
    }
}

#[test]
fn power_cuts_take_nothing_that_was_promised() {
    let site = Site::new();
    let (before, events, promises) = record(&site);
    assert!(promises.len() >= 10 && events.len() > 500, "{} {}", promises.len(), events.len());
    let recording = Recording::new(before.clone(), &events);
    let cut = Cut { site: &site, promises: &promises, recording: &recording };
    let (wanted, tally) = (budget::choose(120, 2400), Tally::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= wanted {
                        break;
                    }
                    let look = if number.is_multiple_of(20) { Look::Whole } else { Look::Quick };
                    cut.check(seed() + number as u64, look, &tally);
                }
            });
        }
    });
    say(&format!("{} events, {} promises: {tally:?}", events.len(), promises.len()));
    assert!(tally.rebuilt.into_inner() > 0 && tally.unsynced.into_inner() > wanted);

    // Without these syncs, the same cuts must find something: else they would find nothing at all.
    let of_journal = |op: &Op| matches!(op, Op::Sync { path } if path.ends_with("ledger/journal"));
    let of_repository = |op: &Op| {
        let is_inside = |path: &PathBuf| path.starts_with(site.root());
        matches!(op, Op::Sync { path } | Op::SyncAll { path } if is_inside(path))
    };
    let missing: [(&str, Dropped<'_>); 2] =
        [("journal", &of_journal), ("repository", &of_repository)];
    for (what, is_missing) in missing {
        let mut rest = events.clone();
        rest.retain(|event| !is_missing(&event.op));
        assert!(rest.len() < events.len());
        let recording = Recording::new(before.clone(), &rest);
        let cut = Cut { site: &site, promises: &promises, recording: &recording };
        let check = |number| {
            let check = || cut.check(seed() + number, Look::Quick, &Tally::default());
            catch_unwind(AssertUnwindSafe(check)).is_err()
        };
        assert!((0..60).any(check), "no syncs of the {what}, and no cut finds it");
    }
}

/// The model itself: of what was synced nothing is lost, of the rest some is.
#[test]
fn the_model_of_a_disk_loses_what_was_not_synced_and_nothing_else() {
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    let root = folder.path().join("root");
    fs::create_dir(&root).expect("writable");
    let file = |name: &str| root.join(name);
    let events: Vec<Event> = [
        Op::Open { path: file("a"), creates: true, truncates: false, appends: false },
        Op::Write { path: file("a"), at: None, data: vec![1; 10_000] },
        Op::Sync { path: file("a") },
        Op::Sync { path: root.clone() },
        Op::Open { path: file("b"), creates: true, truncates: false, appends: false },
        Op::Write { path: file("b"), at: None, data: vec![2; 10_000] },
        Op::Rename { from: file("b"), to: file("c") },
        Op::Write { path: file("a"), at: None, data: vec![3; 10_000] },
    ]
    .into_iter()
    .zip(1..)
    .map(|(op, time)| Event { start: time, time, op })
    .collect();
    let recording = Recording::new(Disk::read(std::slice::from_ref(&root)), &events);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for n in 0..400 {
        let mut random = Random::new(seed() + n);
        let (disk, _) = recording.cut(events.len(), Mode::Random, &mut random);
        let to = folder.path().join(format!("cut-{n}"));
        disk.write(&root, &to);
        let read = |name: &str| fs::read(to.join(name)).ok();
        let a = read("a").expect("it was synced, with its name");
        assert_eq!(a[..10_000], [1; 10_000]);
        let torn = a[10_000..].contains(&0) && a.contains(&3);
        let c = match read("c") {
            None => "no c",
            Some(c) if c.len() == 10_000 && c.iter().all(|byte| *byte == 2) => "c",
            Some(_) => "part of c",
        };
        *seen.entry(format!("{c}, {torn}")).or_default() += 1;
        fs::remove_dir_all(to).expect("it is ours");
    }
    let kinds: Vec<&str> = seen.keys().map(String::as_str).collect();
    let wanted =
        ["c, false", "c, true", "no c, false", "no c, true", "part of c, false", "part of c, true"];
    assert_eq!(kinds, wanted, "{seen:?}");
}

#[expect(clippy::print_stderr, reason = "the counts belong to what was tested")]
fn say(text: &str) {
    eprintln!("{text}");
}
