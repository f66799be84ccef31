//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A release gate and Go module proxy for your own git host.
///
/// The gate: hooks judge every pushed tag as a Go release before it exists. The ledger: every accepted
/// version is recorded and never changes. The proxy: `modgate serve` gives the versions to the go command
/// straight from the bare repositories.
///
/// Exit codes: 0 yes, 1 the answer is no, 2 it could not be done.
#[derive(Debug, Parser)]
#[command(name = "modgate", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Where settings come from.
#[derive(Debug, Clone, Args)]
pub(crate) struct SettingsArguments {
    /// Settings file (TOML) [default: /etc/modgate/modgate.toml, if it is there]
    #[arg(long, value_name = "FILE", env = "MODGATE_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// Folder that holds the bare repositories (setting host.root)
    #[arg(long, value_name = "FOLDER", env = "MODGATE_ROOT", global = true)]
    pub root: Option<PathBuf>,
    /// What stands before a repository's path in its module paths, such as git.example.com; empty when
    /// the path under the root is the module path itself (setting host.prefix)
    #[arg(long, value_name = "PREFIX", env = "MODGATE_PREFIX", global = true)]
    pub prefix: Option<String>,
    /// State directory: ledger, zip cache and socket (setting state.dir) [default: /var/lib/modgate]
    #[arg(long, value_name = "FOLDER", env = "MODGATE_STATE", global = true)]
    pub state: Option<PathBuf>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Serve modules to the go command and answer the hooks
    ///
    /// Prints one line `modgate: serving http://ADDR` to stdout when it answers; logs go to stderr. /readyz
    /// is 200 once the tags that were there before are taken in. Stops on SIGTERM when running requests are
    /// done.
    Serve {
        #[command(flatten)]
        settings: SettingsArguments,
        /// Address to listen on (setting server.listen) [default: 127.0.0.1:7070]; port 0 takes a free one
        #[arg(long, value_name = "ADDRESS", env = "MODGATE_LISTEN")]
        listen: Option<String>,
        /// How log lines look
        #[arg(long, value_enum, default_value = "text")]
        log: LogFormat,
    },
    /// Put the hooks into repositories
    ///
    /// Hooks that are there keep running, before ours. Safe to run twice. Writes the settings for hooks, which
    /// hold no secret, into the state directory.
    Install {
        #[command(flatten)]
        settings: SettingsArguments,
        /// Repositories, by path or by name under the root [default: all under the root]
        #[arg(value_name = "REPO")]
        repositories: Vec<String>,
    },
    /// Take the hooks out of repositories and put back those that were there before
    Uninstall {
        #[command(flatten)]
        settings: SettingsArguments,
        /// Repositories, by path or by name under the root [default: all under the root]
        #[arg(value_name = "REPO")]
        repositories: Vec<String>,
    },
    /// Judge tags that exist by the rules of the gate
    ///
    /// Exit code 1 when one would be refused; warnings alone are fine.
    Check {
        #[command(flatten)]
        settings: SettingsArguments,
        /// Repository, by path or by name under the root
        #[arg(value_name = "REPO")]
        repository: String,
        /// Tags [default: all]
        #[arg(value_name = "TAG")]
        tags: Vec<String>,
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Say how things stand
    ///
    /// Exit code 1 when no daemon answers.
    Status {
        #[command(flatten)]
        settings: SettingsArguments,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Look into the ledger
    Ledger {
        #[command(flatten)]
        settings: SettingsArguments,
        /// What to look for.
        #[command(subcommand)]
        verb: LedgerVerb,
    },
}

/// The verbs of the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerVerb {
    /// List versions, of one module or of all
    ///
    /// Exit code 1 when the ledger does not know the module.
    List {
        /// Module path
        #[arg(value_name = "MODULE")]
        module: Option<String>,
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show all that is known of one version
    ///
    /// Exit code 1 when the ledger does not know it.
    Show {
        /// Module path
        #[arg(value_name = "MODULE")]
        module: String,
        /// Version
        #[arg(value_name = "VERSION")]
        version: String,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
}
