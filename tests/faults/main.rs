//! Faults on purpose: processes that are killed, power that is cut, disks that are full, files that are damaged.
//!
//! What must hold after each of them is in `docs/ledger.md`: every push whose `git push` returned 0, with our
//! post-receive run to its end, is served with the hash of its receipt; nothing that was refused is served; no version
//! has two hashes. `MODGATE_SEED` chooses other places, `MODGATE_LONG` more of them.

mod cuts;
mod damaged;
mod full;
mod page;
mod points;
