//! A part of a file as the body of an answer, read in large chunks on blocking threads.

use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

use crate::zips::Zip;

/// Measured: 16 KiB chunks cost six times the throughput, beyond 256 KiB nothing is won.
const CHUNK: u64 = 256 << 10;

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
}

impl FileBody {
    pub(super) const fn new(zip: Arc<Zip>, start: u64, end: u64) -> Self {
        Self { zip, next: start, end, reading: None }
    }

    fn read(&self) -> JoinHandle<io::Result<Bytes>> {
        let (zip, at) = (Arc::clone(&self.zip), self.next);
        // At most CHUNK, so it fits.
        let length = (self.end - at).min(CHUNK) as usize;
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
