//! End-to-end tests: the built programs, real repositories, the real `git` and `go` commands.
//!
//! One file per story. `users` runs the core of the others again with two Unix users.

mod advice;
mod api;
mod arrows;
mod attributes;
mod bad_input;
mod before_push;
mod bots;
mod broken_versions;
mod chain;
mod clients;
mod conformance;
mod consumers;
mod crowd;
mod deviations;
mod directories;
mod elsewhere;
mod faults;

mod gate_names;
mod gate_page;
mod generated;
mod go_mod_rules;
mod gorelease;
mod hostile;
mod hostile_requests;
mod http;
mod kills;
mod layouts;
mod listing;
mod mod_files;
mod module_files;
mod origin;
mod policy;
mod pre_push;
mod protocol;
mod proxy_lists;
mod pseudo_versions;
mod push_rules;
mod real;
mod resolving;
mod retractions;
mod sarif;
mod serve_broken;
mod settings;
mod ssh;
mod time_limit;
mod users;
mod verbs;
mod visibility;
mod visible_refs;
mod withdrawn;
mod zip_files;
mod zip_names;
