//! Where blocking work is done: git, disk and hashing never run on the async threads.
//!
//! Look-ups and builds have separate limits, so that a few large zips do not hold up small answers, and
//! one repository gets a part of the look-ups only, so that a huge one does not hold up the others.
//! The same work is done once at a time; whoever asks for it meanwhile waits without a thread and
//! without a place among the look-ups.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limits of blocking work.
pub(crate) struct Jobs {
    lookups: Arc<Semaphore>,
    lookups_of_one: usize,
    builds: Arc<Semaphore>,
    /// One permit for each kind of work that is going on.
    turns: Keyed,
    repositories: Keyed,
}

/// Semaphores by name, for as long as somebody holds or wants them.
#[derive(Default)]
pub(crate) struct Keyed(Mutex<HashMap<String, Weak<Semaphore>>>);

impl Keyed {
    /// The semaphore of this name, made with so many permits if nobody holds it.
    pub(crate) fn of(&self, key: &str, permits: usize) -> Arc<Semaphore> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = all.get(key).and_then(Weak::upgrade) {
            return semaphore;
        }
        all.retain(|_, semaphore| semaphore.strong_count() > 0);
        let semaphore = Arc::new(Semaphore::new(permits));
        all.insert(key.to_owned(), Arc::downgrade(&semaphore));
        semaphore
    }
}

impl Jobs {
    /// As many builds at once as there are cores, and a few look-ups for each: they wait for the disk.
    pub(crate) fn new(cores: usize) -> Self {
        Self {
            lookups: Arc::new(Semaphore::new(4 * cores)),
            lookups_of_one: cores.max(2),
            builds: Arc::new(Semaphore::new(cores)),
            turns: Keyed::default(),
            repositories: Keyed::default(),
        }
    }

    /// Runs a look-up in a repository, after any other of the same key; `None` where it panicked.
    pub(crate) async fn look_up<T: Send + 'static>(
        &self,
        repository: &str,
        key: &str,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let turn = acquire(self.turns.of(key, 1)).await?;
        let own = acquire(self.repositories.of(repository, self.lookups_of_one)).await?;
        let permit = acquire(Arc::clone(&self.lookups)).await?;
        run((turn, own, permit), job).await
    }

    /// Runs a job that is none of a consumer's; `None` where it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let permit = acquire(Arc::clone(&self.lookups)).await?;
        run(permit, job).await
    }

    /// Runs a build, after any other of the same key; `None` where it panicked.
    pub(crate) async fn build<T: Send + 'static>(
        &self,
        key: &str,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let turn = acquire(self.turns.of(key, 1)).await?;
        let permit = acquire(Arc::clone(&self.builds)).await?;
        run((turn, permit), job).await
    }
}

/// A permit that keeps its semaphore in the map.
pub(crate) async fn acquire(
    semaphore: Arc<Semaphore>,
) -> Option<(Arc<Semaphore>, OwnedSemaphorePermit)> {
    let permit = Arc::clone(&semaphore).acquire_owned().await.ok()?;
    Some((semaphore, permit))
}

/// Runs a job on a blocking thread. What it holds goes with it: it runs on when the client that asked for
/// it is gone.
async fn run<H: Send + 'static, T: Send + 'static>(
    held: H,
    job: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let run = move || {
        let _held = held;
        job()
    };
    tokio::task::spawn_blocking(run).await.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_key_is_built_once_at_a_time() {
        let jobs = Arc::new(Jobs::new(4));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (jobs, now, most) = (Arc::clone(&jobs), Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    jobs.build("m@v1.0.0", move || {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                    })
                    .await
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Some(()));
        }
        assert_eq!(most.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_repository_does_not_hold_up_the_others() {
        let jobs = Arc::new(Jobs::new(2));
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let slow: Vec<_> = (0..20)
            .map(|n| {
                let (jobs, wait) = (Arc::clone(&jobs), Arc::clone(&wait));
                tokio::spawn(async move {
                    jobs.look_up("huge", &n.to_string(), move || {
                        let _ = wait.lock().unwrap().recv();
                    })
                    .await
                })
            })
            .collect();
        assert_eq!(jobs.look_up("other", "x", || 1).await, Some(1));
        drop(release);
        for task in slow {
            assert!(task.await.unwrap().is_some());
        }
    }

    #[tokio::test]
    async fn a_panic_ends_its_own_job_only() {
        let jobs = Jobs::new(1);
        assert_eq!(jobs.build("k", || panic!("on purpose")).await, None::<()>);
        assert_eq!(jobs.build("k", || 1).await, Some(1));
        assert_eq!(jobs.look_up("r", "l", || 2).await, Some(2));
    }
}
