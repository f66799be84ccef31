//! End-to-end tests: the built programs, real repositories, the real `git` and `go` commands.
//!
//! One file per story. `users` runs the core of the others again with two Unix users.

mod arrows;
mod attributes;
mod bots;
mod chain;
mod clients;
mod conformance;
mod consumers;
mod deviations;
mod faults;
mod generated;
mod gorelease;
mod hostile;
mod http;
mod kills;
mod layouts;
mod mod_files;
mod policy;
mod push_rules;
mod real;
mod retractions;
mod settings;
mod ssh;
mod users;
mod verbs;
mod visibility;
