//! End-to-end test support: real repositories, the built programs, the real `git` and `go` commands.
//!
//! Nothing here knows our crates. What a test sees is what a user sees: output of `git push`, answers
//! of the daemon, what the `go` command says. Read in this order:
//!
//! - [`wait`] conditions with a deadline, [`random`] numbers with a fixed seed, [`budget`] how many of them
//! - [`run`] one command with a cleared environment and an output that explains itself
//! - [`programs`] where the built programs are; [`users`] who runs them
//! - [`site`] a host: root of bare repositories, state directory, settings, the verbs of `modgate`
//! - [`repository`] one bare repository with its work tree; [`push`] what a push said
//! - [`daemon`] a running `modgate serve`; [`http`] a minimal client for it
//! - [`relay`] what a client really asked; [`history`] whether one order explains what many clients saw
//! - [`golang`] the go command; [`clients`] which ones there are, old and new; [`go_import`] what it needs to find a
//!   repository; [`compare`] the judge, [`table`] the judge of single queries
//! - [`receiver`] who is told of things by POST
//! - [`consumer`] who has a go.sum from before; [`clock`]: programs whose clock is wrong
//! - [`registry`] and [`rebuild`] real modules, rebuilt as repositories; [`content`] what is odd in them
//! - [`generate`] whole repositories, asked of the go command and of modgate
//! - [`sshd`] a real ssh server; [`schema`] JSON against its schema
//! - [`faults`] what fails and gets lost below the programs
//! - [`sources`] the Rust files of the workspace; [`conformance`] the rules of Go modules, and which test cites which

pub mod budget;
pub mod clients;
pub mod clock;
pub mod compare;
pub mod conformance;
pub mod consumer;
pub mod content;
pub mod daemon;
pub mod faults;
pub mod generate;
pub mod go_import;
pub mod golang;
pub mod history;
pub mod http;
pub mod programs;
pub mod push;
pub mod random;
pub mod rebuild;
pub mod receiver;
pub mod registry;
pub mod relay;
pub mod repository;
pub mod run;
pub mod schema;

pub mod site;
pub mod sources;
pub mod sshd;
pub mod table;
pub mod users;
pub mod wait;
