//! End-to-end tests: the built programs, real repositories, the real `git` and `go` commands.
//!
//! One file per story. `users` runs the core of the others again with two Unix users.

mod arrows;
mod bots;
mod chain;
mod clients;
mod faults;
mod gorelease;
mod hostile;
mod http;
mod kills;
mod layouts;
mod policy;
mod push_rules;
mod real;
mod settings;
mod ssh;
mod users;
mod verbs;
mod visibility;
