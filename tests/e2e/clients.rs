//! Clients old and new: the same module, the same questions, the same answers, whatever release of the go command asks.
//!
//! Every client starts with an empty module cache, asks modgate over plain HTTP on loopback, and is told neither
//! `GOINSECURE` nor any `-insecure`. Stories that build run with the oldest and the newest client only; the long run
//! does all with all.

mod build;
mod get;
mod host;
mod queries;
mod wire;

pub(crate) use host::{Host, LIB, OLD, SUB, UPPER, go_mod};

use modgate_tests::budget;
use modgate_tests::clients::{self, Client};

/// The clients of stories that take long.
fn some() -> Vec<&'static Client> {
    budget::choose(clients::extremes(), clients::all().iter().collect())
}
