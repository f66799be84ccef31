//! A part of a file as the body of an answer, read in large chunks on blocking threads.

use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

use crate::zips::Zip;

/// Measured: 16 KiB chunks cost six times the throughput, beyond 256 KiB nothing is won.
const CHUNK: u64 = 256 << 10;

/// When many zips are sent at once, memory counts for more.
const SMALL_CHUNK: u64 = 64 << 10;
const MANY: usize = 128;

/// A body whose length nobody knows yet.
pub(super) struct Unknown;

impl Body for Unknown {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(None)
    }
}

/// See the head of the file.
pub(super) struct FileBody {
    zip: Arc<Zip>,
    next: u64,
    end: u64,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    /// How many bodies there are.
    all: Arc<AtomicUsize>,
}

impl Drop for FileBody {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}

impl FileBody {
    /// The bytes `range` of a zip; `all` counts the bodies.
    pub(super) fn new(zip: Arc<Zip>, range: Range<u64>, all: Arc<AtomicUsize>) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self { zip, next: range.start, end: range.end, reading: None, all }
    }

    fn read(&self) -> JoinHandle<io::Result<Bytes>> {
        let (zip, at) = (Arc::clone(&self.zip), self.next);
        let are_many = self.all.load(Ordering::Relaxed) > MANY;
        let chunk = if are_many { SMALL_CHUNK } else { CHUNK };
        // At most CHUNK, so it fits.
        let length = (self.end - at).min(chunk) as usize;
        tokio::task::spawn_blocking(move || {
            let mut chunk = vec![0; length];
            zip.file.read_exact_at(&mut chunk, at)?;
            Ok(chunk.into())
        })
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.next >= self.end {
            return Poll::Ready(None);
        }
        let mut reading = self.reading.take().unwrap_or_else(|| self.read());
        let Poll::Ready(read) = Pin::new(&mut reading).poll(context) else {
            self.reading = Some(reading);
            return Poll::Pending;
        };
        let chunk = read.map_err(io::Error::other).and_then(|read| read);
        match chunk {
            Ok(chunk) => {
                self.next += chunk.len() as u64;
                Poll::Ready(Some(Ok(Frame::data(chunk))))
            }
            Err(error) => {
                self.next = self.end;
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.end - self.next)
    }
}
