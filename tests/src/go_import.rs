//! Tells the go command where a repository is, as a host's web page would.
//!
//! `GOPROXY=direct` asks `https://PATH?go-get=1`, then http, for a `go-import` line. This server stands
//! behind `HTTP_PROXY`: it answers for every repository under the root and refuses all else, so nothing
//! leaves the machine. The answered URL is turned into a file URL by git's `insteadOf`.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The server; it ends when it goes out of scope.
#[derive(Debug)]
pub struct GoImport {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl GoImport {
    /// Serves the repositories under `root`, whose module paths begin with `prefix` (empty, or with a
    /// slash at its end).
    pub fn start(root: PathBuf, prefix: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let ended = Arc::new(AtomicBool::new(false));
        let (stop, prefix) = (Arc::clone(&ended), prefix.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                // A client that goes away is no concern of ours.
                let _gone = answer(stream, &root, &prefix);
            }
        });
        Self { address, ended }
    }

    /// What `HTTP_PROXY` must say.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for GoImport {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _wakes_it = TcpStream::connect(self.address);
    }
}

fn answer(stream: TcpStream, root: &Path, prefix: &str) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = first.strip_prefix("GET http://").and_then(|rest| rest.split(['?', ' ']).next());
    let found = path.and_then(|path| repository(path, root, prefix));
    let (status, body) = match found {
        Some(path) => {
            let content = format!("{path} git https://{path}");
            (
                "200 OK",
                format!(
                    "<html><head><meta name=\"go-import\" content=\"{content}\"></head></html>"
                ),
            )
        }
        None => ("404 Not Found", String::new()),
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n");
    reader.get_mut().write_all(format!("{head}Content-Type: text/html\r\n\r\n{body}").as_bytes())
}

/// The longest path of a repository that `path` lies in.
fn repository(path: &str, root: &Path, prefix: &str) -> Option<String> {
    let mut rest = path.strip_prefix(prefix)?;
    while !rest.is_empty() && !rest.contains("..") {
        if root.join(format!("{rest}.git")).is_dir() {
            return Some(format!("{prefix}{rest}"));
        }
        rest = rest.rsplit_once('/').map_or("", |(above, _)| above);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn longest_repository_path_wins() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a/b.git", "a/b/c.git"] {
            std::fs::create_dir_all(root.path().join(name)).unwrap();
        }
        let found = |path| repository(path, root.path(), "x.test/");
        assert_eq!(found("x.test/a/b/c/d").as_deref(), Some("x.test/a/b/c"));
        assert_eq!(found("x.test/a/b/x").as_deref(), Some("x.test/a/b"));
        assert_eq!(found("x.test/a"), None);
        assert_eq!(found("y.test/a/b"), None);
    }
}
