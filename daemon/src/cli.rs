//! The command line.

mod ledger;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::ledger::{Deciding, ExportFormat, LedgerVerb};

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

/// How lists are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A JSON array.
    Json,
    /// For people.
    Text,
}

/// How judgements are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Workflow commands, shown at their line in a pull request.
    Github,
    /// A JSON array.
    Json,
    /// XML as of `JUnit`.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
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
    /// hold no secret, into the state directory. Has git sync what is pushed (core.fsync), unless somebody has decided
    /// that otherwise.
    ///
    /// With --pre-push it is about a developer's clone: git then asks modgate before it pushes, and pushes nothing
    /// that would be refused. No settings of a host are needed.
    Install {
        #[command(flatten)]
        settings: SettingsArguments,
        /// Let git in this clone ask `modgate check` before each push [default: the clone around the current folder]
        #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".")]
        #[arg(conflicts_with = "repositories")]
        pre_push: Option<PathBuf>,
        /// Repositories, by path or by name under the root [default: all under the root]
        #[arg(value_name = "REPO")]
        repositories: Vec<String>,
    },
    /// Take the hooks out of repositories and put back those that were there before
    Uninstall {
        #[command(flatten)]
        settings: SettingsArguments,
        /// Take the hook of `install --pre-push` out of this clone [default: the one around the current folder]
        #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".")]
        #[arg(conflicts_with = "repositories")]
        pre_push: Option<PathBuf>,
        /// Repositories, by path or by name under the root [default: all under the root]
        #[arg(value_name = "REPO")]
        repositories: Vec<String>,
    },
    /// Judge tags that exist, or one that is planned, by the rules of the gate
    ///
    /// In a work tree or clone too, where it asks no ledger. Exit code 1 when a tag would be refused; warnings alone are
    /// fine.
    Check(CheckArguments),
    /// Say which tags are free for the next release of a module
    ///
    /// Prints the next patch, minor and major, with the prefix that tags of the module have. Numbers that the ledger
    /// has are taken, though their tag may be gone.
    Next {
        #[command(flatten)]
        settings: SettingsArguments,
        /// Repository or work tree, by path, or by name under the root
        #[arg(value_name = "REPO")]
        repository: String,
        /// Directory of the module in the repository [default: its root]
        #[arg(value_name = "DIR", default_value = "", hide_default_value = true)]
        directory: String,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Explain rules of the gate
    ///
    /// What a rule finds, what somebody who uses the module would see, and what to do about it; the level is the
    /// one that holds where the settings name no other.
    Explain {
        /// Rules, by the names that reports and settings give them
        #[arg(value_name = "RULE", required_unless_present = "all")]
        rules: Vec<String>,
        /// Explain every rule
        #[arg(long, conflicts_with = "rules")]
        all: bool,
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Look into the policy
    Policy {
        #[command(flatten)]
        settings: SettingsArguments,
        /// What to do.
        #[command(subcommand)]
        verb: PolicyVerb,
    },
    /// Compare every accepted version with the refs as they are now
    ///
    /// Reads the repositories anew, with and without a daemon. Names each version whose tag moved or vanished, or whose
    /// repository is gone: what was accepted, what it would be now, since when, and what to do. Exit code 1 when there is
    /// any, 2 when something could not be compared.
    Audit {
        #[command(flatten)]
        settings: SettingsArguments,
        /// Repositories, by path or by name under the root; one that is gone by its name [default: all]
        #[arg(value_name = "REPO")]
        repositories: Vec<String>,
        /// How to say it
        #[arg(long, value_enum, default_value = "text")]
        format: ListFormat,
        /// Print a JSON array: the same as --format json
        #[arg(long, conflicts_with = "format")]
        json: bool,
    },
    /// Judge the releases of all repositories under the root
    ///
    /// Reads repositories only, so it can be run before anything is installed. Prints for each repository how many
    /// modules and releases it has, how many tags would be refused or could be used by nobody, and by which rules.
    /// Exit code 1 when there are any.
    Scan {
        #[command(flatten)]
        settings: SettingsArguments,
        /// Print a JSON array
        #[arg(long, conflicts_with = "csv")]
        json: bool,
        /// Print comma-separated values
        #[arg(long)]
        csv: bool,
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
    /// Look into the ledger, and decide about versions
    Ledger {
        #[command(flatten)]
        settings: SettingsArguments,
        /// What to do.
        #[command(subcommand)]
        verb: LedgerVerb,
    },
}

/// What `check` judges.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Where settings come from.
    #[command(flatten)]
    pub settings: SettingsArguments,
    /// Repository or work tree, by path, or by name under the root
    #[arg(value_name = "REPO", default_value = ".")]
    pub repository: String,
    /// Tags [default: all]
    #[arg(value_name = "TAG")]
    pub tags: Vec<String>,
    /// Judge a commit (HEAD unless REV names one) as if it were released under this tag; REPO goes before it
    #[arg(long = "as", value_names = ["TAG", "REV"], num_args = 1..=2, conflicts_with = "tags")]
    pub planned: Vec<String>,
    /// Judge what git is about to push, as it tells its pre-push hook on stdin; prints nothing where nothing is
    /// wrong
    #[arg(long, conflicts_with_all = ["tags", "planned"])]
    pub pre_push: bool,
    /// Module path of the repository's root directory [default: from the settings for a repository under the
    /// root; else from its go.mod, or the address of its remote]
    #[arg(long, value_name = "PATH")]
    pub module: Option<String>,
    /// How to say it
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Print a JSON array: the same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Say all of it at length, and what is only worth knowing too (the other formats always do)
    #[arg(long)]
    pub verbose: bool,
}

/// The verbs of the policy.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyVerb {
    /// Show the level of every rule in a repository, and where it was written
    ///
    /// With the other settings of the policy, the exceptions, and what of the repository's own .modgate.toml is
    /// ignored.
    Show {
        /// Repository or work tree, by path, or by name under the root
        #[arg(value_name = "REPO")]
        repository: String,
        /// For findings about this module [default: the one that the tag names]
        #[arg(long, value_name = "PATH")]
        module: Option<String>,
        /// For findings about this tag
        #[arg(long, value_name = "TAG")]
        tag: Option<String>,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
}
