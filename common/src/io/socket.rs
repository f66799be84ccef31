//! The client side of the daemon's Unix socket: one request, one answer, blocking.
//!
//! An HTTP/1.1 request is a few bytes, so a hook needs no HTTP library and no async runtime. Who listens there is
//! asked of the system: a socket of somebody else, put where the daemon's should be, is believed nothing.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::Problem;

/// Why the daemon did not do it.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Nobody listens.
    #[error("no daemon answers at {0:?}")]
    NoDaemon(PathBuf),
    /// Somebody else listens there.
    #[error(
        "{path:?} is not the daemon's: user {found} listens there, and the state directory belongs to user {owner}"
    )]
    Impostor {
        /// The socket.
        path: PathBuf,
        /// Who listens.
        found: u32,
        /// Who should.
        owner: u32,
    },
    /// The daemon refused.
    #[error("the daemon says: {0}")]
    Refused(String),
    /// The conversation broke off, or made no sense.
    #[error("talking to the daemon at {path:?}: {error}")]
    Broken {
        /// The socket.
        path: PathBuf,
        /// What went wrong.
        error: io::Error,
    },
}

impl SocketError {
    /// Whether the daemon went away in the middle: it was stopped, killed, or had too many connections. What was asked
    /// may or may not be done; every request can be made again.
    pub fn is_hung_up(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        let Self::Broken { error, .. } = self else { return false };
        matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
    }
}

/// A daemon's socket.
#[derive(Debug, Clone)]
pub struct Client {
    path: PathBuf,
    limit: Duration,
}

impl Client {
    /// A client for the socket at `path`, which is `run/modgate.sock` in a state directory; a daemon that is silent for `limit` counts as broken.
    pub fn new(path: &Path, limit: Duration) -> Self {
        Self { path: path.to_owned(), limit }
    }

    /// Sends `body` with POST.
    ///
    /// # Errors
    /// When no daemon answers, it refuses, or the conversation breaks off.
    pub fn post<T: DeserializeOwned>(
        &self,
        target: &str,
        body: &impl Serialize,
    ) -> Result<T, SocketError> {
        let body = serde_json::to_vec(body).map_err(|error| self.broken(error.into()))?;
        self.exchange("POST", target, &body)
    }

    /// Asks with GET.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub fn get<T: DeserializeOwned>(&self, target: &str) -> Result<T, SocketError> {
        self.exchange("GET", target, b"")
    }

    fn exchange<T: DeserializeOwned>(
        &self,
        method: &str,
        target: &str,
        body: &[u8],
    ) -> Result<T, SocketError> {
        let mut stream = UnixStream::connect(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                SocketError::NoDaemon(self.path.clone())
            }
            _ => self.broken(error),
        })?;
        self.check_peer(&stream)?;
        let mut answer = Vec::new();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: modgate\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream
            .set_read_timeout(Some(self.limit))
            .and_then(|()| stream.set_write_timeout(Some(self.limit)))
            .and_then(|()| stream.write_all(head.as_bytes()))
            .and_then(|()| stream.write_all(body))
            .and_then(|()| stream.read_to_end(&mut answer))
            .map_err(|error| self.broken(error))?;
        let (is_ok, body) = split_answer(&answer)
            .ok_or_else(|| self.broken(io::ErrorKind::UnexpectedEof.into()))?;
        if !is_ok {
            let problem = serde_json::from_slice(body).map(|Problem { problem }| problem);
            let text = problem.unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned());
            return Err(SocketError::Refused(text));
        }
        serde_json::from_slice(body).map_err(|error| self.broken(error.into()))
    }

    /// Refuses to talk to anybody but the owner of the state directory and root.
    fn check_peer(&self, stream: &UnixStream) -> Result<(), SocketError> {
        let state = self.path.ancestors().nth(2).unwrap_or_else(|| Path::new("."));
        let owner = fs::metadata(state).map_err(|error| self.broken(error))?.uid();
        let found =
            getsockopt(stream, PeerCredentials).map_err(|error| self.broken(error.into()))?.uid();
        if found == owner || found == 0 {
            return Ok(());
        }
        Err(SocketError::Impostor { path: self.path.clone(), found, owner })
    }

    fn broken(&self, error: io::Error) -> SocketError {
        SocketError::Broken { path: self.path.clone(), error }
    }
}

/// Whether the status is 200, and the whole body. `None` where the answer is cut short.
fn split_answer(answer: &[u8]) -> Option<(bool, &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (std::str::from_utf8(&answer[..end]).ok()?, &answer[end + 4..]);
    let mut lines = head.split("\r\n");
    let is_ok = lines.next()?.split(' ').nth(1)? == "200";
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    })?;
    (body.len() == length).then_some((is_ok, body))
}

#[cfg(test)]
mod tests {
    use super::split_answer;

    #[test]
    fn answers_are_split_and_cut_ones_are_noticed() {
        let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(split_answer(ok), Some((true, &b"{}"[..])));
        assert_eq!(split_answer(&ok[..ok.len() - 1]), None);
        let refused = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(split_answer(refused), Some((false, &b""[..])));
        assert_eq!(split_answer(b"HTTP/1.1 200 OK\r\n\r\n{}"), None);
        assert_eq!(split_answer(b""), None);
    }
}
