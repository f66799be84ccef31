//! Where blocking work is done: git, disk and hashing never run on the async threads.
//!
//! Look-ups and builds have separate limits, so that a few large zips do not hold up small answers. One
//! version is built once at a time; whoever asks for it meanwhile waits without a thread.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, Semaphore};

/// The limits of blocking work.
pub(crate) struct Jobs {
    lookups: Arc<Semaphore>,
    builds: Arc<Semaphore>,
    building: Mutex<HashMap<String, Weak<AsyncMutex<()>>>>,
}

impl Jobs {
    /// As many builds at once as there are cores, and a few look-ups for each: they wait for the disk.
    pub(crate) fn new(cores: usize) -> Self {
        Self {
            lookups: Arc::new(Semaphore::new(4 * cores)),
            builds: Arc::new(Semaphore::new(cores)),
            building: Mutex::default(),
        }
    }

    /// Runs a look-up; `None` where it panicked.
    pub(crate) async fn look_up<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let permit = Arc::clone(&self.lookups).acquire_owned().await.ok()?;
        let run = move || {
            let _permit = permit;
            job()
        };
        tokio::task::spawn_blocking(run).await.ok()
    }

    /// Runs a build, after any other of the same key; `None` where it panicked.
    pub(crate) async fn build<T: Send + 'static>(
        &self,
        key: String,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let turn = self.turn(key).lock_owned().await;
        let permit = Arc::clone(&self.builds).acquire_owned().await.ok()?;
        // Both go with the job: it runs on when the client that asked for it is gone.
        let run = move || {
            let _held = (turn, permit);
            job()
        };
        tokio::task::spawn_blocking(run).await.ok()
    }

    fn turn(&self, key: String) -> Arc<AsyncMutex<()>> {
        let mut building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = building.get(&key).and_then(Weak::upgrade) {
            return turn;
        }
        building.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        building.insert(key, Arc::downgrade(&turn));
        turn
    }
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
                    jobs.build("m@v1.0.0".to_owned(), move || {
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

    #[tokio::test]
    async fn a_panic_ends_its_own_job_only() {
        let jobs = Jobs::new(1);
        assert_eq!(jobs.build("k".to_owned(), || panic!("on purpose")).await, None::<()>);
        assert_eq!(jobs.build("k".to_owned(), || 1).await, Some(1));
        assert_eq!(jobs.look_up(|| 2).await, Some(2));
    }
}
