//! `modgate ledger compact`.

use std::time::Duration;

use anyhow::bail;
use modgate_common::control::{Compact, path};
use modgate_common::io::journal::Sealing;
use modgate_common::io::socket::{Client, SocketError};
use modgate_common::io::store::Compacted;
use modgate_common::ledger::decision::checked_reason;
use modgate_common::settings::Settings;

use super::decide::account;
use crate::admin::{Answer, Source, complain, print, print_json};
use crate::clock;

/// A journal of many million lines is read from its first to its last.
const LIMIT: Duration = Duration::from_secs(3600);

/// Seals the journal and goes on with a shorter one; no without a reason.
///
/// # Errors
/// When the ledger is damaged, or cannot be written.
pub(super) fn run(settings: &Settings, reason: &str, json: bool) -> anyhow::Result<Answer> {
    let reason = match checked_reason(reason) {
        Ok(reason) => reason.to_owned(),
        Err(why) => {
            complain(&why.to_string());
            return Ok(Answer::Denied);
        }
    };
    let by = account();
    let compacted: Compacted = match Source::open(settings)? {
        Source::Daemon(_) => {
            let client = Client::new(&settings.socket()?, LIMIT);
            match client.post(path::COMPACT, &Compact { by, reason }) {
                Ok(compacted) => compacted,
                Err(SocketError::Refused(why)) => bail!("{why}"),
                Err(error) => return Err(error.into()),
            }
        }
        Source::Files(store) => store.compact(Sealing { by, time: clock::now(), reason })?,
    };
    if json {
        print_json(&compacted)?;
    } else {
        let Compacted { sealed, before, after } = &compacted;
        print(&format!(
            "the journal is compacted (lines: {} -> {}, bytes: {} -> {}, head: {})\nthe one before is sealed in \
             {sealed:?}\n",
            before.head.lines, after.head.lines, before.bytes, after.bytes, after.head.hash
        ))?;
    }
    Ok(Answer::Granted)
}
