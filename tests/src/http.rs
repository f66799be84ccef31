//! A minimal HTTP/1.1 client: the path is sent exactly as given, and nothing is asked that the caller does not ask.

use std::fmt::{self, Display, Formatter};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value; the empty text where it is missing.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("not JSON ({error}): {self}"),
        }
    }

    /// Fails the test unless the answer has this status.
    #[track_caller]
    pub fn has_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "status (left) is not the expected one (right): {self}");
        self
    }
}

impl Display for Answer {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let text = self.text();
        let shown: String = text.chars().take(400).collect();
        write!(formatter, "status {}, headers {:?}, body {shown:?}", self.status, self.headers)
    }
}

/// Sends a request and reads the whole answer.
///
/// # Errors
/// When the connection fails or ends before the answer does.
pub fn request(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> io::Result<Answer> {
    Connection::open(address)?.ask(method, path, &[&[("Connection", "close")], headers].concat())
}

/// Sends bytes and reads an answer; `bodyless` for HEAD.
///
/// # Errors
/// When the connection fails or ends before the answer does.
pub fn raw(address: &str, request: &[u8], bodyless: bool) -> io::Result<Answer> {
    Connection::open(address)?.send(request, bodyless)
}

/// A connection that can be asked more than once.
#[derive(Debug)]
pub struct Connection {
    host: String,
    reader: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        Ok(Self { host: address.to_owned(), reader: BufReader::new(stream) })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection ends before the answer does.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<Answer> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        self.send(text.as_bytes(), method == "HEAD")
    }

    /// Sends bytes and reads an answer; `bodyless` for HEAD.
    ///
    /// # Errors
    /// When the connection ends before the answer does.
    pub fn send(&mut self, request: &[u8], bodyless: bool) -> io::Result<Answer> {
        let reader = &mut self.reader;
        reader.get_mut().write_all(request)?;
        let (status, headers) = head(reader)?;
        let mut answer = Answer { status, headers, body: Vec::new() };
        if !bodyless && ![204, 304].contains(&status) {
            answer.body = body(reader, &answer)?;
        }
        Ok(answer)
    }
}

fn head(reader: &mut impl BufRead) -> io::Result<(u16, Vec<(String, String)>)> {
    let first = line(reader)?;
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| bad(format!("status line {first:?}")))?;
    let mut headers = Vec::new();
    loop {
        let next = line(reader)?;
        if next.is_empty() {
            return Ok((status, headers));
        }
        let (name, value) = next.split_once(':').ok_or_else(|| bad(format!("header {next:?}")))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn body(reader: &mut impl BufRead, answer: &Answer) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if answer.header("transfer-encoding").eq_ignore_ascii_case("chunked") {
        loop {
            let size = line(reader)?;
            let size =
                u64::from_str_radix(&size, 16).map_err(|_| bad(format!("chunk {size:?}")))?;
            let read = reader.take(size).read_to_end(&mut body)?;
            line(reader)?;
            if size == 0 {
                return Ok(body);
            }
            if read as u64 != size {
                return Err(bad("the chunk ends early".to_owned()));
            }
        }
    }
    let length = answer.header("content-length");
    if length.is_empty() {
        reader.read_to_end(&mut body)?;
        return Ok(body);
    }
    let length: usize = length.parse().map_err(|_| bad(format!("length {length:?}")))?;
    body.resize(length, 0);
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut text = String::new();
    if reader.read_line(&mut text)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(text.trim_end().to_owned())
}

fn bad(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A module path or version as it stands in a request: `!a` for `A` (X3).
pub fn escape(path: &str) -> String {
    let mut escaped = String::new();
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(letter.to_ascii_lowercase());
    }
    escaped
}
