//! Somebody who is told of things by POST, and may be out of order.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::wait;

/// What the receiver does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It reads the request and never answers.
    Hang,
    /// It answers with this status.
    Status(u16),
    /// It reads the request and ends the connection.
    Vanish,
}

/// A request that was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The first line.
    pub line: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
    /// What was done with it.
    pub mood: Mood,
}

impl Sent {
    /// A header's value; the empty text where it is missing.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    /// The events in it.
    pub fn events(&self) -> Vec<Value> {
        self.body["events"].as_array().cloned().unwrap_or_default()
    }
}

#[derive(Debug)]
struct State {
    mood: Mood,
    sent: Vec<Sent>,
    // Held open: whoever sent it waits.
    hanging: Vec<TcpStream>,
}

/// A receiver on a port of its own.
#[derive(Debug)]
pub struct Receiver {
    address: String,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    /// Starts it in this mood.
    #[track_caller]
    pub fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let state = State { mood, sent: Vec::new(), hanging: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // One that cannot be read is one that broke off.
                let _broken = serve(stream, &shared);
            }
        });
        Self { address, state }
    }

    /// `http://ADDRESS:PORT/hook?for=tests`.
    pub fn url(&self) -> String {
        format!("http://{}/hook?for=tests", self.address)
    }

    /// From now on it does this; whoever waits is let go.
    pub fn change(&self, mood: Mood) {
        let mut state = self.state.lock().expect("nobody panics with the lock");
        state.mood = mood;
        state.hanging.clear();
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.state.lock().expect("nobody panics with the lock").sent.clone()
    }

    /// The events that it took, by its own yes.
    pub fn taken(&self) -> Vec<Value> {
        let taken = self.sent().into_iter().filter(|sent| sent.mood == Mood::Status(204));
        taken.flat_map(|sent| sent.events()).collect()
    }

    /// Waits until so many requests were sent.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Sent> {
        wait::until(wait::SOON, &format!("{count} requests"), || self.sent().len() >= count);
        self.sent()
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let headers: Vec<(String, String)> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut state = state.lock().expect("nobody panics with the lock");
    let mood = state.mood;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let line = lines.first().cloned().unwrap_or_default();
    state.sent.push(Sent { line, headers, body, mood });
    match mood {
        Mood::Hang => state.hanging.push(stream),
        Mood::Status(status) => {
            write!(
                stream,
                "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )?;
        }
        Mood::Vanish => {}
    }
    Ok(())
}
