//! News of drift for whom the operator named (`[notify]`): a POST, signed, for each group of events.
//!
//! Events are written to a queue on disk (`queue`) before the drift is recorded, so that none is lost between the two; one
//! that is queued twice has the same id. A thread of its own sends them in order, one request at a time, and
//! tries again with growing delays until the receiver says yes. Nothing else waits for it.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, bail};
use modgate_common::hex;
use modgate_common::io::state_dir::StateDir;
use modgate_common::ledger::drift::Drift;
use modgate_common::settings;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock;
use crate::service::Service;

mod queue;
mod send;
mod sign;

use queue::{Pushed, Queue};
use send::Receiver;

/// The first delay after a failure, which is doubled after each further one, and the last.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LAST_DELAY: Duration = Duration::from_secs(600);

/// A secret of fewer bytes can be guessed.
const MIN_SECRET: usize = 16;

/// Bytes of the secret's file; more is no secret.
const MAX_SECRET: u64 = 4096;

/// Something that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// The same whenever the same event is sent again.
    pub id: String,
    /// `drift`.
    pub event: String,
    /// What was seen.
    #[serde(flatten)]
    pub drift: Drift,
}

impl Event {
    /// The event of a drift before which so many drifts of the version were recorded.
    pub(crate) fn of(drift: &Drift, number: usize) -> Self {
        let Drift { module, version, repository, tag, seen, commit, new_commit, .. } = drift;
        let new_commit = new_commit.map(|id| id.to_string()).unwrap_or_default();
        // When it was seen is no part of it: after a crash it is seen again.
        let parts = format!(
            "{number}\n{module}\n{version}\n{repository}\n{tag}\n{}\n{commit}\n{new_commit}",
            seen.name()
        );
        let hash = hex::text(&Sha256::digest(parts));
        Self { id: hash[..32].to_owned(), event: "drift".to_owned(), drift: drift.clone() }
    }
}

/// The queue, and where it is sent.
pub(crate) struct Notices {
    queue: Queue,
    receiver: Receiver,
}

impl Notices {
    /// What the settings ask for; nothing where they do not.
    ///
    /// # Errors
    /// When the secret cannot be read or is none, or the queue cannot be used.
    pub(crate) fn open(
        notify: Option<&settings::Notify>,
        state: &StateDir,
    ) -> anyhow::Result<Option<Self>> {
        let Some(settings::Notify { url, secret_file }) = notify else { return Ok(None) };
        let secret =
            secret(secret_file).with_context(|| format!("[notify] secret_file {secret_file:?}"))?;
        let receiver = Receiver::new(url, &secret).context("[notify] url")?;
        let folder = state.notices();
        let queue =
            Queue::open(&folder).with_context(|| format!("folder of notices {folder:?}"))?;
        Ok(Some(Self { queue, receiver }))
    }

    /// Queues events. On return they are on disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn push(&self, events: Vec<Event>) -> io::Result<()> {
        match self.queue.push(events)? {
            Pushed::Queued => {}
            Pushed::Full { dropped } => tracing::error!(
                dropped,
                "{dropped} notices are not sent: too many wait already; `modgate audit` has all of it"
            ),
        }
        Ok(())
    }

    /// How many groups of events wait to be sent.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.waiting()
    }
}

/// The secret, without the end of its line.
fn secret(file: &Path) -> anyhow::Result<Vec<u8>> {
    let length = fs::metadata(file)?.len();
    if length > MAX_SECRET {
        bail!("{length} bytes are too many");
    }
    let secret = fs::read(file)?.trim_ascii_end().to_vec();
    if secret.len() < MIN_SECRET {
        bail!("a secret has at least {MIN_SECRET} bytes, such as from: openssl rand -hex 32");
    }
    Ok(secret)
}

/// Sends what is queued, for as long as the process lives. Blocks.
pub(crate) fn run(service: &Arc<Service>) {
    let Some(notices) = &service.notices else { return };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(%error, "notices cannot be sent"),
    };
    let mut delay = FIRST_DELAY;
    loop {
        let name = notices.queue.next();
        let sent = match notices.queue.read(&name) {
            Ok(body) => runtime.block_on(notices.receiver.send(body, clock::now())),
            // Somebody tidied up.
            Err(error) => {
                tracing::error!(name, %error, "a notice cannot be read");
                notices.queue.remove(&name);
                continue;
            }
        };
        match sent {
            Ok(()) => {
                notices.queue.remove(&name);
                service.metrics.notices_sent.inc();
                delay = FIRST_DELAY;
            }
            Err(error) => {
                service.metrics.notices_failed.inc();
                let host = notices.receiver.host();
                tracing::warn!(host, reason = %error, ?delay, "a notice is not taken, it is sent again");
                thread::sleep(delay);
                delay = (delay * 2).min(LAST_DELAY);
            }
        }
    }
}
