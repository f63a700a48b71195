//! Group commit: one thread takes every push that waits, commits them as one, and answers each only then.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tvaers_wire::message::Pushed;

use crate::config::Clock;
use crate::prepare::Job;
use crate::storage::Storage;
use crate::waiters::Waiters;
use crate::world::Place;

/// Jobs in one commit.
const JOBS: usize = 1024;
/// Bytes after which a commit takes no further job, so that one large push does not hold up the small ones for long.
const BYTES: usize = 16 * 1024 * 1024;

/// What a job came to. `Err` means that nothing of it was stored.
pub(crate) type Outcome = Result<(Vec<Pushed>, Place), NotStored>;

/// The commit failed, or the relay is stopping or full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotStored;

enum Message {
    Work(Job, oneshot::Sender<Outcome>),
    Stop,
}

/// The way to the committer.
#[derive(Clone)]
pub(crate) struct Committer {
    queue: mpsc::Sender<Message>,
}

impl Committer {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn start<S: Storage>(
        storage: Arc<S>,
        waiters: Arc<Waiters>,
        clock: Clock,
        waiting: usize,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, jobs) = mpsc::channel(waiting.max(1));
        let runtime = Handle::current();
        let work = move || serve(&*storage, &waiters, &clock, jobs, &runtime);
        let thread = std::thread::Builder::new().name("commit".to_owned()).spawn(work)?;
        Ok((Self { queue }, thread))
    }

    /// Commits a job together with whatever else waits.
    pub(crate) async fn commit(&self, job: Job) -> Outcome {
        let (answer, outcome) = oneshot::channel();
        self.queue.try_send(Message::Work(job, answer)).map_err(|_| NotStored)?;
        outcome.await.map_err(|_| NotStored)?
    }

    /// Ends the thread after what waits now.
    pub(crate) async fn stop(&self) {
        // An error means that it has ended already.
        let _ = self.queue.send(Message::Stop).await;
    }
}

fn serve<S: Storage>(
    storage: &S,
    waiters: &Waiters,
    clock: &Clock,
    mut queue: mpsc::Receiver<Message>,
    runtime: &Handle,
) {
    let mut running = true;
    while running {
        let (mut jobs, mut answers, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut next = queue.blocking_recv();
        loop {
            match next {
                Some(Message::Work(job, answer)) => {
                    bytes += job.weight();
                    jobs.push(job);
                    answers.push(answer);
                }
                Some(Message::Stop) => running = false,
                None => {
                    running &= !answers.is_empty();
                    break;
                }
            }
            if !running || jobs.len() >= JOBS || bytes >= BYTES {
                break;
            }
            next = queue.try_recv().ok();
        }
        if !jobs.is_empty() {
            commit(storage, waiters, clock, runtime, &jobs, answers);
        }
    }
}

fn commit<S: Storage>(
    storage: &S,
    waiters: &Waiters,
    clock: &Clock,
    runtime: &Handle,
    jobs: &[Job],
    answers: Vec<oneshot::Sender<Outcome>>,
) {
    let started = std::time::Instant::now();
    let mut result = runtime.block_on(storage.commit(jobs, clock.now_ms()));
    if let Ok(committed) = &result {
        // Readers first: somebody may be looking at their screen. If the relay forgets in a power cut what they saw, their place in
        // the feed is one that it never gave, and they bring it back like everything that a restored relay has forgotten.
        if !committed.touched.is_empty() {
            waiters.wake(&committed.touched, &storage.world().read());
        }
        if let Err(error) = runtime.block_on(storage.flush()) {
            result = Err(error);
        }
    }
    metrics::histogram!("tvaers_relay_commit_seconds").record(started.elapsed().as_secs_f64());
    metrics::histogram!("tvaers_relay_commit_jobs").record(u32::try_from(jobs.len()).unwrap_or(u32::MAX));
    match result {
        Ok(committed) => {
            for (results, answer) in committed.results.into_iter().zip(answers) {
                count(&results);
                // Whoever hung up asks again and gets "duplicate".
                let _ = answer.send(Ok((results, committed.place)));
            }
        }
        Err(error) => {
            tracing::error!(%error, jobs = jobs.len(), "a commit failed; nothing of it was acknowledged");
            metrics::counter!("tvaers_relay_commit_failures_total").increment(1);
            answers.into_iter().for_each(|answer| drop(answer.send(Err(NotStored))));
        }
    }
}

fn count(results: &[Pushed]) {
    for result in results {
        let outcome = match result {
            Pushed::Stored => "stored",
            Pushed::Duplicate => "duplicate",
            Pushed::Batch { .. } => "batch",
            Pushed::Refused { reason, .. } => reason.name(),
        };
        metrics::counter!("tvaers_relay_items_total", "outcome" => outcome).increment(1);
    }
}
