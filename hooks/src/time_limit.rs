//! The time limit of a push: whatever the judgement does, reading a hostile repository or waiting for a disk, the hook
//! answers in time.
//!
//! The work is done on a thread of its own, which says what it is doing; the hook ends without waiting for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use modgate_common::policy::OnError;
use modgate_common::rules::RefUpdate;
use modgate_common::tags::looks_like_release;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Reading refs, and the go.mod files of tags.
    Reading,
    /// Waiting for the daemon, or for the lock of the ledger.
    Asking,
    /// Judging tags.
    Judging,
    /// Hashing what they hold, and recording it.
    Recording,
    /// Waiting for the disk.
    Syncing,
}

impl Stage {
    const ALL: [Self; 5] =
        [Self::Reading, Self::Asking, Self::Judging, Self::Recording, Self::Syncing];

    const fn words(self) -> &'static str {
        match self {
            Self::Reading => "reading the repository",
            Self::Asking => "waiting for the ledger",
            Self::Judging => "judging the tags",
            Self::Recording => "recording the versions",
            Self::Syncing => "waiting for the disk",
        }
    }
}

/// Nobody who pushes notices so much; what takes longer and can also be said later is not begun.
const EARLY: Duration = Duration::from_millis(40);

/// How much time there is, and what it is spent on.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    start: Instant,
    limit: Duration,
    stage: Arc<AtomicU8>,
}

impl Clock {
    /// The clock of a push that began at `start`.
    pub(crate) fn new(start: Instant, limit: Duration) -> Self {
        Self { start, limit, stage: Arc::default() }
    }

    /// What is left of the limit.
    pub(crate) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.start.elapsed())
    }

    /// Whether so much is left that work may be done which others can do later.
    pub(crate) fn is_ample(&self) -> bool {
        self.left() > self.limit / 2
    }

    /// Whether there is time for what can also be said later.
    pub(crate) fn is_early(&self) -> bool {
        self.start.elapsed() < EARLY.min(self.limit / 2)
    }

    /// Says what comes next.
    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    fn stage(&self) -> Stage {
        Stage::ALL[usize::from(self.stage.load(Ordering::Relaxed)).min(Stage::ALL.len() - 1)]
    }
}

/// Why there is no decision.
#[derive(Debug)]
pub(crate) enum Unfinished {
    /// Something went wrong.
    Failed(anyhow::Error),
    /// The time is over.
    OutOfTime {
        /// In words.
        error: anyhow::Error,
        /// Whether fewer tags would have taken less.
        grows_with_tags: bool,
    },
}

/// Runs `job` on its own thread: a panic or an endless one becomes an error in words.
pub(crate) fn within<T: Send + 'static>(
    clock: &Clock,
    job: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> Result<T, Unfinished> {
    let (send, receive) = mpsc::channel();
    let thread = thread::Builder::new()
        .name("judge".to_owned())
        // Deep trees are walked with a stack.
        .stack_size(32 << 20)
        .spawn(move || {
            // Nobody listens any more when the time is over.
            let _ = send.send(job());
        });
    thread.context("cannot start a thread").map_err(Unfinished::Failed)?;
    match receive.recv_timeout(clock.left()) {
        Ok(result) => result.map_err(Unfinished::Failed),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            let (limit, stage) = (clock.limit.as_millis(), clock.stage());
            let grows_with_tags = !matches!(stage, Stage::Asking | Stage::Syncing);
            let words = stage.words();
            let error =
                anyhow::anyhow!("the limit of {limit} ms (time_limit_ms) ended while {words}");
            Err(Unfinished::OutOfTime { error, grows_with_tags })
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Unfinished::Failed(anyhow::anyhow!(
            "the check ended unexpectedly (a bug in modgate)"
        ))),
    }
}

/// More names than these are in no command.
const MAX_NAMES: usize = 12;

/// Groups of so many tags are small, whatever is in them.
const MAX_GROUP: usize = 1000;

/// How a push that took too long gets in all the same: branches first, then tags in groups that take a fraction of the
/// time. Nothing where there is one tag only.
pub(crate) fn in_groups(updates: &[RefUpdate], on_error: OnError) -> String {
    let tags: Vec<&str> =
        updates.iter().filter_map(RefUpdate::tag).filter(|tag| looks_like_release(tag)).collect();
    if tags.len() < 2 || on_error == OnError::Open {
        return String::new();
    }
    let group = (tags.len() / 4).clamp(1, MAX_GROUP);
    let changed = updates.iter().filter(|update| !update.new.is_zero());
    let branches: Vec<&str> = changed.filter_map(RefUpdate::branch).collect();
    let mut text = "Push the branches first, then the tags in groups:\n".to_owned();
    if branches.is_empty() {
        text = "Push the tags in groups:\n".to_owned();
    }
    let mut command = |words: &str| text.push_str(&format!("      git push origin {words}\n"));
    let is_few =
        |names: &[&str]| names.len() <= MAX_NAMES && names.iter().all(|name| is_plain(name));
    if is_few(&branches) && !branches.is_empty() {
        command(&branches.join(" "));
    } else if !branches.is_empty() {
        command("--all");
    }
    if is_few(&tags) {
        tags.chunks(group).for_each(|tags| command(&tags.join(" ")));
    } else {
        // Tags that are on the server already cost next to nothing.
        text.push_str(&format!(
            "      git for-each-ref --format='%(refname)' refs/tags |\n        xargs -n {group} git push origin\n"
        ));
    }
    text
}

/// Whether a name can be pasted into a shell, and shown, as it is.
fn is_plain(name: &str) -> bool {
    !name.starts_with('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._/+@=-".contains(c))
}

#[cfg(test)]
mod tests {
    use modgate_common::objects::ObjectId;

    use super::*;

    fn updates(names: &[&str]) -> Vec<RefUpdate> {
        let new = ObjectId::from_bytes([1; 20]);
        let update =
            |name: &&str| RefUpdate { name: format!("refs/{name}"), old: ObjectId::ZERO, new };
        names.iter().map(update).collect()
    }

    #[test]
    fn few_tags_are_named_and_many_are_counted() {
        let few = updates(&["heads/main", "tags/v1.0.0", "tags/v1.1.0", "tags/nightly"]);
        assert_eq!(
            in_groups(&few, OnError::Closed),
            "Push the branches first, then the tags in groups:\n\
             \x20     git push origin main\n\
             \x20     git push origin v1.0.0\n\
             \x20     git push origin v1.1.0\n"
        );
        let many: Vec<String> = (0..100).map(|n| format!("tags/v1.{n}.0")).collect();
        let many = updates(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(
            in_groups(&many, OnError::Closed),
            "Push the tags in groups:\n\
             \x20     git for-each-ref --format='%(refname)' refs/tags |\n\
             \x20       xargs -n 25 git push origin\n"
        );
        let odd = updates(&["heads/a;b", "tags/$(x)/v1.0.0", "tags/v1.1.0"]);
        let text = in_groups(&odd, OnError::Closed);
        assert!(
            text.contains("origin --all\n") && !text.contains(';') && !text.contains("$("),
            "{text}"
        );
        assert_eq!(in_groups(&updates(&["heads/main", "tags/v1.0.0"]), OnError::Closed), "");
        assert_eq!(in_groups(&few, OnError::Open), "");
    }

    #[test]
    fn an_endless_job_and_a_panic_end_in_words() {
        let clock = Clock::new(Instant::now(), Duration::from_millis(20));
        let inside = clock.clone();
        let endless = within(&clock, move || {
            inside.enter(Stage::Judging);
            loop {
                thread::park();
            }
            #[expect(unreachable_code, reason = "the type of the answer")]
            Ok(())
        });
        let Err(Unfinished::OutOfTime { error, grows_with_tags: true }) = endless else {
            panic!("{endless:?}");
        };
        assert_eq!(
            error.to_string(),
            "the limit of 20 ms (time_limit_ms) ended while judging the tags"
        );
        let clock = Clock::new(Instant::now(), Duration::from_secs(20));
        let panicked = within::<()>(&clock, || panic!("on purpose"));
        let Err(Unfinished::Failed(error)) = panicked else { panic!("{panicked:?}") };
        assert_eq!(error.to_string(), "the check ended unexpectedly (a bug in modgate)");
        assert_eq!(within(&clock, || Ok(7)).ok(), Some(7));
    }
}
