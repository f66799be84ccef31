//! Faults on purpose: what stops, fails and gets lost below the programs, without a line of code in them.
//!
//! - [`inject`] strace in front of a hook or the daemon: kills it at a system call, or lets the call fail
//! - [`trace`] what programs did to a disk, as strace saw it; [`disk`] what a power cut may leave of that
//! - [`small`] a disk with little room
//! - [`history`] what was promised, and whether it was kept

pub mod disk;
pub mod history;
pub mod inject;
pub mod small;
pub mod trace;
