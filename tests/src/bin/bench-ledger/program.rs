//! The daemon, and one connection to it.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use modgate_tests::http::{Answer, Connection};
use modgate_tests::programs::built;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What files of a daemon at work stay the same for when there is nothing to do.
const REST: Duration = Duration::from_secs(5);

/// A running daemon; killed when it goes out of scope.
pub(crate) struct Program {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    connection: Connection,
}

impl Program {
    /// Starts it and waits for the line that says where it serves.
    pub(crate) fn start(root: &Path, state: &Path) -> io::Result<Self> {
        let mut command = Command::new(built("modgate"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--prefix", super::repositories::PREFIX]);
        command.arg("--root").arg(root).arg("--state").arg(state);
        let mut log = fs::OpenOptions::new();
        let log = log.create(true).append(true).open(root.with_extension("log"))?;
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no stdout"))?;
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let address = line.trim().strip_prefix("modgate: serving http://");
        let address = address.ok_or_else(|| io::Error::other(format!("it said {line:?}")))?;
        let connection = Connection::open(address)?;
        Ok(Self { child, _stdout: stdout, connection })
    }

    pub(crate) fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.connection.ask("GET", path, &[])
    }

    /// Waits until everything is taken in.
    pub(crate) fn ready(&mut self, limit: Duration) -> io::Result<()> {
        let end = Instant::now() + limit;
        while self.get("/readyz")?.status != 200 {
            pause(end)?;
        }
        Ok(())
    }

    /// Waits until nothing is written to a file any more.
    pub(crate) fn rest(&self, file: &Path, limit: Duration) -> io::Result<()> {
        let end = Instant::now() + limit;
        let (mut before, mut since) = (0, Instant::now());
        while since.elapsed() < REST {
            let now = fs::metadata(file)?.len();
            if now != before {
                (before, since) = (now, Instant::now());
            }
            pause(end)?;
        }
        Ok(())
    }

    /// Megabytes that are its own or mapped.
    pub(crate) fn memory(&self) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        Ok(number.ok_or_else(|| io::Error::other("no VmRSS"))? * 1024.0 / 1e6)
    }

    /// Stops it in order.
    pub(crate) fn stop(self) -> io::Result<()> {
        self.end(Signal::SIGTERM)
    }

    /// Stops it at once.
    pub(crate) fn kill(self) -> io::Result<()> {
        self.end(Signal::SIGKILL)
    }

    fn end(mut self, signal: Signal) -> io::Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).map_err(io::Error::other)?);
        kill(pid, signal)?;
        self.child.wait().map(drop)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn pause(end: Instant) -> io::Result<()> {
    if Instant::now() >= end {
        return Err(io::Error::from(io::ErrorKind::TimedOut));
    }
    std::thread::sleep(Duration::from_millis(50));
    Ok(())
}
