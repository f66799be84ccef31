//! `modgate-hook`: the hooks that git runs on a push. Only `main` prints.
//!
//! Pushes that neither hold a tag that looks like a release nor touch a branch end before settings or repository are read.

use std::io::{Read, Write};
use std::panic;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::bail;
use modgate_common::policy::OnError;
use modgate_common::rules::{RefUpdate, holds_release, updates};
use modgate_common::timestamp::LATEST;

mod environment;
mod ledger;
mod place;
mod post_receive;
mod pre_receive;
mod proposals;
mod time_limit;

use environment::Environment;
use pre_receive::{Decision, Job};

const HELP: &str = "\
The git hooks of modgate. `modgate install` sets them up; git runs them.

Usage: modgate-hook pre-receive --config FILE    judges the tags of a push as Go releases
       modgate-hook post-receive --config FILE   records them and prints a receipt for each release
       modgate-hook --version

FILE holds the settings for hooks: the one that `modgate install` writes into the state directory.
Both read `old new ref` lines on stdin and run in the repository, as git runs hooks.
Exit code: 0 the push may go on, 1 it is refused, 2 wrong usage.
";

enum Command {
    Help,
    PostReceive(PathBuf),
    PreReceive(PathBuf),
    Version,
}

fn main() -> ExitCode {
    // The pusher gets a sentence of ours instead.
    panic::set_hook(Box::new(|_| {}));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = match parse(&arguments) {
        Ok(command) => command,
        Err(error) => {
            say(&format!("modgate-hook: {error}\n\n{HELP}"));
            return ExitCode::from(2);
        }
    };
    match command {
        Command::Help => say(HELP),
        Command::PostReceive(config) => post_receive(&config),
        Command::PreReceive(config) => return pre_receive(&config),
        Command::Version => say(concat!("modgate-hook ", env!("CARGO_PKG_VERSION"), "\n")),
    }
    ExitCode::SUCCESS
}

fn parse(arguments: &[String]) -> anyhow::Result<Command> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Ok(match words[..] {
        ["--help" | "-h" | "help"] => Command::Help,
        ["--version" | "-V"] => Command::Version,
        ["pre-receive", "--config", file] => Command::PreReceive(file.into()),
        ["post-receive", "--config", file] => Command::PostReceive(file.into()),
        _ => bail!("expected pre-receive or post-receive with --config FILE"),
    })
}

/// Hooks write to stderr: git shows it to the pusher line by line.
fn say(text: &str) {
    // A pusher who is gone need not read it.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn pre_receive(config: &std::path::Path) -> ExitCode {
    let start = Instant::now();
    let decision = match updates() {
        Ok(updates) if !pre_receive::is_judged(&updates) => return ExitCode::SUCCESS,
        Ok(updates) => match place::settings(config) {
            Ok(settings) => pre_receive::decide(Job {
                settings,
                environment: Environment::read(),
                updates,
                start,
                now: now(),
            }),
            Err(_) if !holds_release(&updates) => return ExitCode::SUCCESS,
            Err(error) => pre_receive::failed(&error, OnError::Closed),
        },
        Err(error) => pre_receive::failed(&error, OnError::Closed),
    };
    match decision {
        Decision::Accept(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Decision::Refuse(text) => {
            say(&text);
            ExitCode::FAILURE
        }
    }
}

fn post_receive(config: &std::path::Path) {
    let received = updates().and_then(|updates| {
        if !holds_release(&updates) {
            return Ok(String::new());
        }
        let settings = place::settings(config)?;
        let run = || post_receive::receive(&settings, &Environment::read(), &updates, now());
        panic::catch_unwind(panic::AssertUnwindSafe(run))
            .unwrap_or_else(|_| Err(anyhow::anyhow!("a bug in modgate")))
    });
    match received {
        Ok(text) => say(&text),
        // The push is through; whoever reads the repository next takes its tags in.
        Err(error) => say(&format!(
            "modgate: the push is in, but its releases are not recorded yet: {error:#}\n\
             modgate: the daemon takes them in when it runs\n"
        )),
    }
}

fn updates() -> anyhow::Result<Vec<RefUpdate>> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    Ok(updates::parse(&input)?)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX).min(LATEST)
}
