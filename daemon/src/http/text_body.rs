//! Large texts while they are sent. A go.mod may have sixteen million bytes, and a client may take its time: all
//! of them together take a limited amount of memory. Small ones are no concern: there are only so many connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// A text of more bytes than this counts.
const LARGE: usize = 1 << 20;

/// Bytes of all large texts that are being sent.
const MAX_SENT: usize = 256 << 20;

/// A large text. It counts until it is sent.
struct Held {
    text: Arc<[u8]>,
    sent: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.sent.fetch_sub(self.text.len(), Ordering::Relaxed);
    }
}

/// The text as a body; `None` while too many others are being sent. `sent` counts their bytes.
pub(super) fn body(text: Arc<[u8]>, sent: &Arc<AtomicUsize>) -> Option<Bytes> {
    if text.len() <= LARGE {
        return Some(Bytes::from_owner(text));
    }
    let before = sent.fetch_add(text.len(), Ordering::Relaxed);
    let held = Held { text, sent: Arc::clone(sent) };
    (before + held.text.len() <= MAX_SENT).then(|| Bytes::from_owner(held))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Rules: X20
    #[test]
    fn large_texts_take_a_limited_amount_of_memory() {
        let sent = Arc::new(AtomicUsize::new(0));
        let text: Arc<[u8]> = Arc::from(vec![b'x'; 16 << 20]);
        let mut bodies: Vec<_> = (0..16).map(|_| body(Arc::clone(&text), &sent).unwrap()).collect();
        assert_eq!(bodies[15], *text);
        assert!(body(Arc::clone(&text), &sent).is_none());
        assert!(body(Arc::from(vec![b'x'; LARGE]), &sent).is_some(), "small ones do not count");
        assert_eq!(sent.load(Ordering::Relaxed), MAX_SENT);
        bodies.pop();
        assert!(body(text, &sent).is_some());
        bodies.clear();
        assert_eq!(sent.load(Ordering::Relaxed), 0);
    }
}
