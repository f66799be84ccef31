//! One command: cleared environment, deadline, both streams kept, failures that explain themselves.

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::users::User;
use crate::wait;

/// No command of a test takes longer than this, unless it says so.
const LIMIT: Duration = Duration::from_secs(120);

/// A command that is being put together.
#[derive(Debug)]
pub struct Run {
    command: Command,
    words: Vec<OsString>,
    dir: PathBuf,
    stdin: Vec<u8>,
    limit: Duration,
}

impl Run {
    /// A command with no environment but `PATH`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(&program);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let words = vec![program.as_ref().to_owned()];
        Self { command, words, dir: PathBuf::from("/"), stdin: Vec::new(), limit: LIMIT }
    }

    /// The same, run by another Unix user; by ourselves when there is none.
    pub fn by(user: Option<&User>, program: impl AsRef<OsStr>) -> Self {
        let Some(user) = user else { return Self::new(program) };
        let ids = [format!("--reuid={}", user.uid), format!("--regid={}", user.gid)];
        Self::new("setpriv").args(ids).args(["--clear-groups", "--"]).args([program.as_ref()])
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        for arg in args {
            self.command.arg(arg.as_ref());
            self.words.push(arg.as_ref().to_owned());
        }
        self
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(self, arg: impl AsRef<OsStr>) -> Self {
        self.args([arg])
    }

    /// The same command behind other words, such as those of a program that runs it.
    #[must_use]
    pub fn behind(self, words: &[String]) -> Self {
        let Some((program, first)) = words.split_first() else { return self };
        let mut run = Self::new(program).args(first).args(&self.words);
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                run.command.env(name, value);
            }
        }
        Self { dir: self.dir, stdin: self.stdin, limit: self.limit, ..run }
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets variables.
    #[must_use]
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.command.envs(variables);
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn dir(mut self, dir: &Path) -> Self {
        self.dir = dir.to_owned();
        self
    }

    /// Sets what the command reads.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Sets how long it may take.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts it and leaves it running, with both streams piped.
    pub fn spawn(mut self) -> Child {
        self.start(Stdio::null())
    }

    /// Runs it to its end.
    pub fn finish(mut self) -> Done {
        let mut child = self.start(Stdio::piped());
        let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
        let input = std::mem::take(&mut self.stdin);
        let pipe = child.stdin.take();
        let writer = thread::spawn(move || {
            // A command may end without reading everything: its own words say why.
            pipe.map(|mut pipe| pipe.write_all(&input)).map_or(Ok(()), io::Result::from)
        });
        let status = wait::within(self.limit, || child.try_wait().transpose());
        if status.is_none() {
            let _gone = child.kill();
        }
        let status = status.transpose().expect("a child can be waited for");
        let [stdout, stderr] = [stdout, stderr].map(|reader| reader.join().unwrap_or_default());
        drop(writer.join());
        let done = Done { words: self.words, dir: self.dir, status, stdout, stderr };
        assert!(done.status.is_some(), "killed after {:?}: {done}", self.limit);
        done
    }

    fn start(&mut self, stdin: Stdio) -> Child {
        self.command.current_dir(&self.dir).stdin(stdin);
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        match self.command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("cannot start {} in {:?}: {error}", words(&self.words), self.dir),
        }
    }
}

fn reader(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What was read before an error is what there is to show.
            let _ended = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn words(words: &[OsString]) -> String {
    let quoted = words.iter().map(|word| {
        let word = word.to_string_lossy();
        if word.contains(char::is_whitespace) { format!("{word:?}") } else { word.into_owned() }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// A command that ended.
pub struct Done {
    words: Vec<OsString>,
    dir: PathBuf,
    status: Option<ExitStatus>,
    /// What it wrote to stdout.
    pub stdout: Vec<u8>,
    /// What it wrote to stderr.
    pub stderr: Vec<u8>,
}

impl Done {
    /// The exit code; -1 after a signal.
    pub fn code(&self) -> i32 {
        self.status.and_then(|status| status.code()).unwrap_or(-1)
    }

    /// Fails the test unless the command ended with this code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "exit code (left) is not the expected one (right) of {self}");
        self
    }

    /// Fails the test unless the command succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// Fails the test unless either stream has the text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        let found = self.text().contains(text) || self.errors().contains(text);
        assert!(found, "no {text:?} in the output of {self}");
        self
    }

    /// What it wrote to stdout, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// What it wrote to stderr, as text.
    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// What it wrote to stdout, without the white space around it.
    pub fn line(&self) -> String {
        self.text().trim().to_owned()
    }

    /// What it wrote to stdout, as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("stdout is not JSON ({error}): {self}"),
        }
    }
}

impl Display for Done {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "\n  command: {}", words(&self.words))?;
        write!(formatter, "\n  folder: {}", self.dir.display())?;
        match self.status {
            Some(status) => write!(formatter, "\n  status: {status}")?,
            None => write!(formatter, "\n  status: still running")?,
        }
        write!(formatter, "\n  stdout:\n{}", self.text())?;
        write!(formatter, "\n  stderr:\n{}", self.errors())
    }
}

impl Debug for Done {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::Run;

    #[test]
    fn environment_is_clear_and_both_streams_are_kept() {
        let script = "env | cut -d= -f1 | sort | tr '\\n' ' '; echo $GIT_DIR >&2; exit 3";
        let done = Run::new("sh").args(["-c", script]).env("GIT_DIR", "x").finish().exits(3);
        assert_eq!(done.line(), "GIT_DIR PATH PWD");
        assert_eq!(done.errors(), "x\n");
    }

    #[test]
    fn failure_shows_command_folder_status_and_streams() {
        let done = Run::new("sh").args(["-c", "echo out; echo err >&2; exit 4"]).finish();
        let text = done.to_string();
        for part in ["sh -c \"echo out; echo err >&2; exit 4\"", "folder: /", "exit status: 4"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(text.contains("stdout:\nout\n") && text.contains("stderr:\nerr\n"));
    }

    #[test]
    fn large_input_and_output_do_not_block() {
        let input = vec![b'x'; 1 << 20];
        let done = Run::new("cat").stdin(input.clone()).finish().ok();
        assert_eq!(done.stdout.len(), input.len());
    }
}
