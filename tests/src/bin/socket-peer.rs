//! `socket-peer`: speaks on a Unix socket as whoever runs it, so that a test can be another user.
//!
//! `socket-peer ask SOCKET` sends what it reads and prints what comes back. `socket-peer hold SOCKET COUNT` opens so many
//! connections, says so in a line, and keeps them until it is killed. `socket-peer squat SOCKET` listens there, says so,
//! and answers every request with an empty JSON object.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["ask", socket] => ask(socket),
        ["hold", socket, count] => hold(socket, count.parse().map_err(io::Error::other)?),
        ["squat", socket] => squat(socket),
        _ => Err(io::Error::other("expected ask SOCKET, hold SOCKET COUNT, or squat SOCKET")),
    }
}

fn ask(socket: &str) -> io::Result<()> {
    let (mut request, mut answer) = (Vec::new(), Vec::new());
    io::stdin().read_to_end(&mut request)?;
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    // Whoever is turned away in the middle of a request has an answer to read all the same.
    let sent = stream.write_all(&request);
    let read = stream.read_to_end(&mut answer);
    io::stdout().write_all(&answer)?;
    if answer.is_empty() {
        sent?;
        read?;
    }
    Ok(())
}

fn say_ready() -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "ready").and_then(|()| out.flush())
}

fn hold(socket: &str, count: usize) -> io::Result<()> {
    let mut held = Vec::new();
    for _ in 0..count {
        let mut stream = UnixStream::connect(socket)?;
        // Half a request; the daemon may have hung up already.
        let _ = stream
            .write_all(b"POST /v1/propose HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
        held.push(stream);
    }
    say_ready()?;
    loop {
        std::thread::park();
    }
}

fn squat(socket: &str) -> io::Result<()> {
    let listener = UnixListener::bind(socket)?;
    say_ready()?;
    for stream in listener.incoming() {
        let mut stream = stream?;
        let mut bytes = [0; 65_536];
        let _ = stream.read(&mut bytes)?;
        let body = r#"{"entries":[],"owners":[],"has_releases":false}"#;
        let length = body.len();
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")?;
    }
    Ok(())
}
