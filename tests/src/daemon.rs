//! A running `modgate serve` on a port of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::http::{self, Answer};
use crate::run::Run;
use crate::wait;

const READY_LINE: &str = "modgate: serving http://";

/// How long a daemon may take from SIGTERM to its end: it lets requests finish for half a minute, and one may wait for a
/// busy disk.
const STOP: Duration = Duration::from_secs(40);

/// A daemon; killed when it goes out of scope.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    // In a lock, so that tests can share a daemon between threads.
    lines: Mutex<Receiver<String>>,
    log: Arc<Mutex<Vec<u8>>>,
    address: Option<String>,
}

impl Daemon {
    /// Starts it and waits for nothing.
    pub fn start(command: Run) -> Self {
        let mut child = command.spawn();
        let (sender, lines) = mpsc::channel();
        let log = Arc::new(Mutex::new(Vec::new()));
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                let lines = BufReader::new(stdout).lines().map_while(Result::ok);
                lines.for_each(|line| drop(sender.send(line)));
            });
        }
        if let Some(stderr) = child.stderr.take() {
            let log = Arc::clone(&log);
            thread::spawn(move || collect(stderr, &log));
        }
        Self { child, lines: Mutex::new(lines), log, address: None }
    }

    /// Waits for the line that says where it serves.
    #[track_caller]
    pub fn serving(mut self) -> Self {
        let line =
            self.lines.get_mut().expect("nobody panics with the lock").recv_timeout(wait::SOON);
        match line {
            Ok(line) => {
                let address = line.strip_prefix(READY_LINE).map(str::to_owned);
                assert!(
                    address.is_some(),
                    "first line of stdout is {line:?}; log:\n{}",
                    self.log()
                );
                self.address = address;
                self
            }
            Err(error) => {
                panic!("the daemon did not say where it serves ({error}):\n{}", self.log())
            }
        }
    }

    /// Waits until it serves and `/readyz` says yes.
    #[track_caller]
    pub fn ready(self) -> Self {
        let daemon = self.serving();
        let ready = || daemon.try_get("/readyz").is_some_and(|answer| answer.status == 200);
        let held = wait::within(wait::SOON, || ready().then_some(()));
        assert!(held.is_some(), "/readyz does not become 200; log:\n{}", daemon.log());
        daemon
    }

    /// `http://ADDRESS:PORT`, as GOPROXY wants it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// `ADDRESS:PORT`.
    #[track_caller]
    pub fn address(&self) -> &str {
        self.address.as_deref().expect("serving() was called")
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// GET; fails the test when there is no answer.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[])
    }

    /// Any request; fails the test when there is no answer.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        match http::request(self.address(), method, path, headers) {
            Ok(answer) => answer,
            Err(error) => panic!("{method} {path}: {error}; log:\n{}", self.log()),
        }
    }

    fn try_get(&self, path: &str) -> Option<Answer> {
        http::request(self.address(), "GET", path, &[]).ok()
    }

    /// The versions in `@v/list`.
    #[track_caller]
    pub fn list(&self, module: &str) -> Vec<String> {
        let answer = self.get(&format!("/{}/@v/list", http::escape(module)));
        assert_eq!(answer.status, 200, "{module} list: {answer}");
        answer.text().lines().map(str::to_owned).collect()
    }

    /// Waits until `@v/list` has the version.
    #[track_caller]
    pub fn wait_for(&self, limit: Duration, module: &str, version: &str) {
        // A repository that is not known yet is no answer either.
        let list = || self.get(&format!("/{}/@v/list", http::escape(module)));
        let listed = || {
            let answer = list();
            answer.status == 200 && answer.text().lines().any(|listed| listed == version)
        };
        let held = wait::within(limit, || listed().then_some(()));
        assert!(
            held.is_some(),
            "{module}@{version} is not listed within {limit:?}: {}; log:\n{}",
            list(),
            self.log()
        );
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        let bytes = self.log.lock().map(|log| log.clone()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Sends SIGTERM without waiting.
    pub fn terminate(&self) {
        let _gone = kill(self.unix_pid(), Signal::SIGTERM);
    }

    /// Stops it with SIGTERM; it must end by itself with exit code 0.
    #[track_caller]
    pub fn stop(mut self) -> String {
        self.terminate();
        self.exits(0)
    }

    /// Waits for its end; fails the test unless it exits with this code. Returns the log.
    #[track_caller]
    pub fn exits(&mut self, code: i32) -> String {
        let status = wait::within(STOP, || self.child.try_wait().ok().flatten());
        let found = status.map(|status| status.code());
        assert_eq!(found, Some(Some(code)), "exit code of the daemon; log:\n{}", self.log());
        self.log()
    }

    /// Lets it live for a while; whether it still does.
    pub fn lives_for(&mut self, life: Duration) -> bool {
        wait::within(life, || self.child.try_wait().ok().flatten()).is_none()
    }

    /// Kills it with SIGKILL and waits for its end.
    pub fn kill(mut self) {
        self.kill_now();
    }

    fn kill_now(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }

    fn unix_pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("process ids are small"))
    }
}

impl Drop for Daemon {
    #[expect(clippy::print_stderr, reason = "the log explains why the test failed")]
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("log of the daemon:\n{}", self.log());
        }
        self.kill_now();
    }
}

fn collect(mut stream: impl Read, log: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        if let Ok(mut log) = log.lock() {
            log.extend_from_slice(&buffer[..count]);
        }
    }
}
