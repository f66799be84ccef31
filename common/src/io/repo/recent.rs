//! Small objects that were read lately. libgit2 would keep every tree and commit that it ever read, hundreds of megabytes of
//! them, and no blob: tags of one push share most of what they hold with their neighbours.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::objects::{Commit, ObjectId, TreeEntry};

/// Bytes of each kind that are kept, twice; more is not worth the memory.
const MAX_BYTES: usize = 1 << 20;

/// Larger blobs are not kept.
const MAX_BLOB: usize = 16 << 10;

/// What an entry takes beside its value.
const OVERHEAD: usize = 64;

/// The objects.
#[derive(Default)]
pub(super) struct Recent {
    pub(super) trees: Kept<Vec<TreeEntry>>,
    pub(super) commits: Kept<Commit>,
    pub(super) blobs: Kept<Vec<u8>>,
    pub(super) sizes: Kept<u64>,
}

/// Values of one kind, in two halves: when the younger one is full, the older one goes.
pub(super) struct Kept<V>(RefCell<Halves<V>>);

struct Halves<V> {
    young: HashMap<ObjectId, V>,
    old: HashMap<ObjectId, V>,
    bytes: usize,
}

impl<V> Default for Kept<V> {
    fn default() -> Self {
        Self(RefCell::new(Halves { young: HashMap::new(), old: HashMap::new(), bytes: 0 }))
    }
}

impl<V: Clone + Weight> Kept<V> {
    /// The value of this object, read where it is not kept.
    pub(super) fn get<E>(&self, id: ObjectId, read: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        let found = {
            let halves = &mut *self.0.borrow_mut();
            if let Some(known) = halves.young.get(&id) {
                return Ok(known.clone());
            }
            halves.old.remove(&id)
        };
        let value = found.map_or_else(read, Ok)?;
        if let Some(bytes) = value.weight() {
            let halves = &mut *self.0.borrow_mut();
            halves.bytes += bytes + OVERHEAD;
            if halves.bytes > MAX_BYTES {
                halves.old = std::mem::take(&mut halves.young);
                halves.bytes = bytes + OVERHEAD;
            }
            halves.young.insert(id, value.clone());
        }
        Ok(value)
    }
}

/// The bytes that a value takes; `None` where it is too large to be kept.
pub(super) trait Weight {
    fn weight(&self) -> Option<usize>;
}

impl Weight for Vec<TreeEntry> {
    fn weight(&self) -> Option<usize> {
        let bytes: usize = self.iter().map(|entry| OVERHEAD + entry.name.len()).sum();
        (bytes <= MAX_BYTES / 4).then_some(bytes)
    }
}

impl Weight for Commit {
    fn weight(&self) -> Option<usize> {
        Some(OVERHEAD + self.parents.len() * 20)
    }
}

impl Weight for Vec<u8> {
    fn weight(&self) -> Option<usize> {
        (self.len() <= MAX_BLOB).then_some(self.len())
    }
}

impl Weight for u64 {
    fn weight(&self) -> Option<usize> {
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn values_are_read_once_while_they_are_in_use_and_forgotten_after_many_others() {
        let kept = Kept::default();
        let reads = Cell::new(0);
        let get = |number: u32, size: usize| {
            let mut bytes = [0; 20];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            let value = kept.get(ObjectId::from_bytes(bytes), || {
                reads.set(reads.get() + 1);
                Ok::<_, ()>(vec![number as u8; size])
            });
            assert_eq!(value, Ok(vec![number as u8; size]));
        };
        for number in 1..2000 {
            get(0, 10_000);
            get(number, 10_000);
        }
        assert_eq!(reads.get(), 2000, "the one in use was read once");
        let halves = kept.0.borrow();
        let all = halves.young.values().chain(halves.old.values());
        assert!(all.map(Vec::len).sum::<usize>() <= 2 * MAX_BYTES);
        drop(halves);
        get(1, 10_000);
        assert_eq!(reads.get(), 2001, "an old one is gone");
        get(5000, MAX_BLOB + 1);
        get(5000, MAX_BLOB + 1);
        assert_eq!(reads.get(), 2003, "a large one is not kept");
    }
}
