//! The verbs of the ledger, and what they are told.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// How the ledger is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// The journal as it is on disk.
    Journal,
    /// A JSON object in each line.
    Jsonl,
}

/// The verbs of the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerVerb {
    /// Let the tag of an accepted version move once, to a commit with the same content
    ///
    /// For a history that was rewritten without touching the files. The push passes if zip and go.mod have the same
    /// hashes there; any other is refused as before. What is served stays the first commit, with its time, so no consumer
    /// sees a difference. A tag that has moved already counts as moved by this. Exit code 1 when the version is not
    /// accepted. Recorded with who, when and why.
    Allow(Deciding),
    /// Take back what `allow` said, if it was not used
    ///
    /// Exit code 1 when nothing is allowed. Recorded with who, when and why.
    Disallow(Deciding),
    /// Write a backup of the whole ledger into a new folder
    ///
    /// While the daemon runs, too. The folder holds the journal and head.json, which says where it ends: a backup that was
    /// changed or shortened is refused later. Zips are not in it, they are built from the repositories. `restore-backup`
    /// reads it.
    Backup {
        /// The folder, which must not be there yet
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Seal the journal, and go on with a shorter one that holds what it comes to
    ///
    /// While the daemon runs, too. Every version, decision and drift stays; what goes is how it came to that: settled
    /// proposals, marks of versions that were served, earlier states of entries. The sealed journal stays beside the
    /// new one as journal.sealed.N, which names it and where it ends: `verify` checks both. Recorded with who, when and why.
    Compact {
        /// Why, in one line
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the whole ledger
    ///
    /// As JSON lines: each version as it is now, with what was decided about it. As a journal: every line there ever was,
    /// for which one must be root or the user of the ledger. `import` reads both.
    Export {
        /// What to print
        #[arg(long, value_enum, default_value = "jsonl")]
        format: ExportFormat,
    },
    /// Give the number of an accepted version free that was never served
    ///
    /// Only of a version that was pushed through the hook and of which modgate gave nobody its .info, .mod or .zip (lists
    /// do not count: they hold names only). Who fetches from the repository itself is not seen: forget what is minutes
    /// old, and withdraw the rest. The version is accepted anew when its tag is pushed anew; where the tag has moved already,
    /// at once. Exit code 1 when it cannot be forgotten. Recorded with who, when and why.
    Forget(Deciding),
    /// Take over versions from an export, a journal or a backup
    ///
    /// A journal is checked from its first line on. Nothing that the ledger has is changed: where the file says
    /// something else, that is listed, and the exit code is 1; the rest is taken over. Broken versions are left out, they are
    /// judged from their tags. Importing twice is the same as once. Recorded with who, when and why.
    Import {
        /// The file, `-` for stdin, or the folder of a backup
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Why, in one line
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Say what would happen, and write nothing
        #[arg(long)]
        dry_run: bool,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
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
    /// Show all that is known of one version, and what it changed in the exported API of its module
    ///
    /// The version may stand behind the module path: MODULE@VERSION. Exit code 1 when the ledger does not know it.
    Show {
        /// Module path
        #[arg(value_name = "MODULE")]
        module: String,
        /// Version
        #[arg(value_name = "VERSION")]
        version: Option<String>,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Serve a withdrawn version again (for a ledger out of a backup see restore-backup)
    ///
    /// Exit code 1 when it is not withdrawn. Recorded with who, when and why.
    Restore(Deciding),
    /// Put a backup of the whole ledger in the place of the ledger
    ///
    /// Only while no daemon runs. The backup is checked first, line by line. A ledger that holds something is
    /// replaced only with --replace (else exit code 1), and kept aside: `import` brings back what the backup does not
    /// have. Versions that were accepted after the backup and are in neither are taken in again from their tags, with the
    /// same hash where the tag was not moved since. Recorded with who, when and why.
    RestoreBackup {
        /// The folder that `backup` wrote
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
        /// Put it in the place of a ledger that holds something
        #[arg(long)]
        replace: bool,
        /// Why, in one line
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Compare versions with what the repositories and the zip cache hold
    ///
    /// Of one module, one version (MODULE@VERSION), or all: their commits, trees, go.mod files and contents are read and
    /// hashed again, and the journal's chain is checked. Beside a running daemon, too; --rate leaves the disk to
    /// others. Exit code 1 when something is wrong: each is named, with what to do. Content that is gone is told
    /// apart from content that is another.
    Verify {
        /// Module path, or MODULE@VERSION [default: all]
        #[arg(value_name = "MODULE[@VERSION]")]
        module: Option<String>,
        /// Verify all versions
        #[arg(long, conflicts_with = "module")]
        all: bool,
        /// Read no more than this in a second, as 500K, 20M or 1G
        #[arg(long, value_name = "BYTES", value_parser = bytes)]
        rate: Option<u64>,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Serve an accepted version no more
    ///
    /// Its place stays taken: nothing else is ever served under its name. Consumers get status 403 with the reason; after
    /// another status their go command would fetch it from the repository all the same. Exit code 1 when it is
    /// not accepted. Recorded with who, when and why.
    Withdraw(Deciding),
}

/// A number of bytes, with K, M or G behind it for the powers of 1024, and `/s` if one likes.
fn bytes(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches("/s");
    let (digits, shift) = match number.as_bytes().last().map(u8::to_ascii_uppercase) {
        Some(b'K') => (&number[..number.len() - 1], 10),
        Some(b'M') => (&number[..number.len() - 1], 20),
        Some(b'G') => (&number[..number.len() - 1], 30),
        _ => (number, 0),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|digits| digits.checked_mul(1 << shift));
    let wanted = || "a number of bytes is wanted, such as 500K, 20M or 1G".to_owned();
    bytes.filter(|bytes| *bytes > 0).ok_or_else(wanted)
}

/// What a decision is about.
#[derive(Debug, Args)]
pub(crate) struct Deciding {
    /// Module path; the version may stand behind it: MODULE@VERSION
    #[arg(value_name = "MODULE")]
    pub module: String,
    /// Version
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// Why, in one line: whoever asks about the version reads it
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_bytes_are_read() {
        for (text, expected) in [
            ("1", Some(1)),
            ("500K", Some(500 << 10)),
            ("20m", Some(20 << 20)),
            ("1G/s", Some(1 << 30)),
            ("0", None),
            ("", None),
            ("K", None),
            ("-1", None),
            ("1.5M", None),
            ("99999999999G", None),
        ] {
            assert_eq!(bytes(text).ok(), expected, "{text:?}");
        }
    }
}
