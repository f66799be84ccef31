//! What a client really asked: passes every request on to a server, and keeps its head.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path as it was sent, with its escapes and any query string.
    pub path: String,
    /// The headers, with the names in lower case.
    pub headers: Vec<(String, String)>,
}

/// A relay; it ends when it goes out of scope.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    ended: Arc<AtomicBool>,
}

impl Relay {
    /// One that passes on to `ADDRESS:PORT`.
    pub fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let (asked, ended) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (log, stop, server) = (Arc::clone(&asked), Arc::clone(&ended), server.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (log, server) = (Arc::clone(&log), server.clone());
                // A client that goes away is no concern of ours.
                thread::spawn(move || pass_on(stream, &server, &log).ok());
            }
        });
        Self { address, asked, ended }
    }

    /// `http://ADDRESS:PORT`, as GOPROXY wants it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked since the last call, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().map(|mut asked| std::mem::take(&mut *asked)).unwrap_or_default()
    }

    /// The paths asked for since the last call, sorted.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.asked().into_iter().map(|asked| asked.path).collect();
        paths.sort();
        paths
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _wakes_it = TcpStream::connect(self.address);
    }
}

/// One request without a body; then both connections end.
fn pass_on(stream: TcpStream, server: &str, log: &Mutex<Vec<Asked>>) -> io::Result<()> {
    let mut client = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if client.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    if let Ok(mut log) = log.lock() {
        log.push(read(&lines));
    }
    let kept = lines.iter().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head: String = kept.flat_map(|line| [line, "\r\n"]).collect();
    let mut upstream = TcpStream::connect(server)?;
    upstream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    client.get_mut().write_all(&answer)
}

fn read(lines: &[String]) -> Asked {
    let mut words = lines.first().map_or("", String::as_str).split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Asked { method, path, headers: headers.collect() }
}

#[cfg(test)]
mod tests {
    use super::{Relay, read};
    use crate::http;

    #[test]
    fn head_is_kept_and_the_answer_of_the_server_comes_back() {
        // A relay before a relay before nobody: the second one cannot answer.
        let last = Relay::start("127.0.0.1:1");
        let first = Relay::start(last.url().trim_start_matches("http://"));
        let address = first.url().trim_start_matches("http://").to_owned();
        let answer = http::request(&address, "GET", "/a%21b/@v/list?x", &[("X-Y", "z: 1")]);
        assert!(answer.is_err(), "{answer:?}");
        for relay in [first, last] {
            let asked = relay.asked().remove(0);
            assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/a%21b/@v/list?x"));
            assert!(asked.headers.contains(&("x-y".to_owned(), "z: 1".to_owned())), "{asked:?}");
            assert!(relay.asked().is_empty());
        }
        assert_eq!(read(&[]).path, "");
    }
}
