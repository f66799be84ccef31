//! `modgate`: the daemon and the admin verbs. `main` parses, runs one verb, and maps it to an exit code.

use std::io::Read;
use std::panic;
use std::process::ExitCode;

use clap::Parser;

mod admin;
mod adopt;
mod catalog;
mod cli;
mod clock;
mod config;
mod control;
mod discover;
mod drift;
mod http;
mod jobs;
mod kept;
mod metrics;
mod notify;
mod peer;
mod proxy;
mod serve;
mod service;
mod snapshot;
mod upkeep;
mod watch;
mod zips;

use admin::Answer;
use cli::{Arguments, CheckArguments, Verb};

fn main() -> ExitCode {
    panic::set_hook(Box::new(tell_panic));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to stdout and are fine, wrong usage goes to stderr.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match run(arguments) {
        Ok(Answer::Granted) => ExitCode::SUCCESS,
        Ok(Answer::Denied) => ExitCode::from(1),
        Err(error) => {
            admin::complain(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run(Arguments { verb }: Arguments) -> anyhow::Result<Answer> {
    match verb {
        Verb::Serve { settings, listen, log } => {
            start_log(log);
            serve::run(config::load(&settings, listen)?)?;
            Ok(Answer::Granted)
        }
        Verb::Install { pre_push: Some(folder), .. } => admin::pre_push::install(&folder),
        Verb::Uninstall { pre_push: Some(folder), .. } => admin::pre_push::uninstall(&folder),
        Verb::Install { settings, repositories, pre_push: None } => {
            admin::install::run(&config::load(&settings, None)?, &repositories)
        }
        Verb::Uninstall { settings, repositories, pre_push: None } => {
            admin::uninstall::run(&config::load(&settings, None)?, &repositories)
        }
        Verb::Audit { settings, repositories, format, json } => {
            let json = json || format == cli::ListFormat::Json;
            admin::audit::run(&config::load(&settings, None)?, &repositories, json)
        }
        Verb::Check(arguments) => check(&arguments),
        Verb::Next { settings, repository, directory, json } => {
            admin::next::run(&config::load(&settings, None)?, &repository, &directory, json)
        }
        Verb::Explain { rules, all, json } => admin::explain::run(&rules, all, json),
        Verb::Policy { settings, verb } => {
            let cli::PolicyVerb::Show { repository, module, tag, json } = verb;
            let wanted = admin::policy::Wanted { repository: &repository, module, tag, json };
            admin::policy::show(&config::load(&settings, None)?, wanted)
        }
        Verb::Scan { settings, json, csv } => {
            let style = match (json, csv) {
                (true, _) => admin::scan::Style::Json,
                (false, true) => admin::scan::Style::Csv,
                (false, false) => admin::scan::Style::Table,
            };
            admin::scan::run(&config::load(&settings, None)?, style)
        }
        Verb::Status { settings, json } => {
            admin::status::run(&config::load(&settings, None)?, json)
        }
        Verb::Ledger { settings, verb } => {
            admin::ledger::run(&config::load(&settings, None)?, &verb)
        }
    }
}

fn check(arguments: &CheckArguments) -> anyhow::Result<Answer> {
    let CheckArguments { repository, tags, planned, module, format, json, verbose, .. } = arguments;
    let release = planned.first().map(|tag| {
        let revision = planned.get(1).map_or("HEAD", String::as_str);
        (tag.as_str(), revision)
    });
    let wanted = admin::check::Wanted {
        repository,
        module: module.as_deref(),
        tags,
        release,
        format: if *json { cli::Format::Json } else { *format },
        verbose: *verbose,
    };
    let settings = config::load(&arguments.settings, None)?;
    if arguments.pre_push {
        let mut input = Vec::new();
        std::io::stdin().read_to_end(&mut input)?;
        return admin::check::run_before_push(&settings, &wanted, &input);
    }
    admin::check::run(&settings, &wanted)
}

/// Says where we are wrong. What was being read may be anybody's, and does not reach the terminal as it is.
fn tell_panic(panicked: &panic::PanicHookInfo<'_>) {
    let place = panicked.location().map(ToString::to_string).unwrap_or_default();
    let said = panicked.payload_as_str().unwrap_or_default();
    admin::complain(&format!("panicked at {place}, which is a bug of modgate: {said:?}"));
}

/// Logs go to stderr. `MODGATE_LOG` chooses what is logged, as tracing's `EnvFilter` reads it.
fn start_log(format: cli::LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("MODGATE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        cli::LogFormat::Json => log.json().init(),
        cli::LogFormat::Text => log.with_ansi(false).init(),
    }
}
