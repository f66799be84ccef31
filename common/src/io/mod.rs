//! The only part of the domain that touches the disk or the environment.

pub mod backup;
pub mod journal;
pub mod reconcile;
pub mod repo;
pub mod socket;
pub mod state_dir;
pub mod store;
pub mod sync;
