//! How fast a verb may read.

use std::thread;
use std::time::{Duration, Instant};

/// Counts what was read, and waits where that was too much.
pub(super) struct Pace {
    start: Instant,
    rate: Option<u64>,
    bytes: u64,
}

impl Pace {
    /// A pace of at most so many bytes in a second; `None` for any.
    pub(super) fn new(rate: Option<u64>) -> Self {
        Self { start: Instant::now(), rate, bytes: 0 }
    }

    /// So many bytes were read.
    pub(super) const fn read(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// How many bytes were read.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Waits until what was read is no more than it may be.
    pub(super) fn wait(&self) {
        if let Some(rate) = self.rate {
            thread::sleep(due(self.bytes, rate).saturating_sub(self.start.elapsed()));
        }
    }
}

/// How long reading so many bytes must take.
fn due(bytes: u64, rate: u64) -> Duration {
    let whole = Duration::from_secs(bytes / rate);
    whole + Duration::from_secs_f64((bytes % rate) as f64 / rate as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_grows_with_what_was_read() {
        for (bytes, rate, millis) in [(0, 5, 0), (500, 1000, 500), (2500, 1000, 2500), (1, 1, 1000)]
        {
            assert_eq!(due(bytes, rate), Duration::from_millis(millis), "{bytes} at {rate}");
        }
        assert!(due(u64::MAX, 1) > Duration::from_secs(1 << 60));
    }
}
