//! `thread-per-download`: an OS thread for every attempt, started when a concurrency slot is free. Connections
//! outlive the threads, so that the difference from `threads` is the cost of starting threads.

use super::strategy_trait::Strategy;
use crate::execution::blocking::worker::{BlockingWorker, STACK_SIZE};
use crate::execution::run_state::RunState;
use crate::run::{Run, RunError};
use crate::scheduler::{Action, AttemptId, AttemptSpec};
use crate::transport::BlockingClient;
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::RunStats;
use std::collections::HashMap;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

/// The strategy `thread-per-download`.
#[derive(Debug)]
pub struct ThreadPerDownload;

impl Strategy for ThreadPerDownload {
    fn name(&self) -> &'static str {
        "thread-per-download"
    }

    fn about(&self) -> &'static str {
        "a new OS thread per request, up to the concurrency; costs starting each thread"
    }

    /// The same as for `threads`, with which this strategy is compared.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(30)
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        let run = &run.clone().cancel(run.cancel.child_token());
        let workers = Workers {
            run,
            state: &RunState::start(run, run.concurrency.get())?,
            clients: Mutex::default(),
        };
        let (sender, events) = channel();
        let waker = Waker::from(Arc::new(CancelWaker(sender.clone())));
        let mut cancelled = pin!(run.cancel.cancelled());
        // Polled once, to register the waker.
        if let Poll::Ready(()) = cancelled.as_mut().poll(&mut Context::from_waker(&waker)) {
            workers.state.scheduler().stop();
        }
        let stats = scope(|scope| workers.supervise(scope, &sender, &events));
        Ok(workers.state.total_stats(run, stats?))
    }
}

/// An event that wakes the supervisor, which starts and joins the threads.
enum SupervisorEvent {
    /// The thread of this attempt is about to end.
    Ended(AttemptId),
    Cancelled,
}

struct Workers<'r> {
    run: &'r Run<'r>,
    state: &'r RunState,
    /// Clients that no thread uses; the last used client is taken first.
    clients: Mutex<Vec<BlockingClient>>,
}

type WorkerHandle<'s> = ScopedJoinHandle<'s, Box<RunStats>>;

impl Workers<'_> {
    /// Starts threads and joins them. A failure cancels the run, so that the other threads end at once.
    fn supervise<'s>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        sender: &Sender<SupervisorEvent>,
        events: &Receiver<SupervisorEvent>,
    ) -> Result<RunStats, RunError> {
        let mut stats = RunStats::default();
        let mut threads: HashMap<AttemptId, WorkerHandle<'s>> = HashMap::new();
        let _cancel = self.run.cancel.clone().drop_guard();
        loop {
            let event = match self.state.next() {
                Action::Start(spec) => {
                    threads.insert(spec.id, self.spawn(scope, sender.clone(), spec)?);
                    continue;
                }
                Action::Finished if threads.is_empty() => return Ok(stats),
                Action::SleepUntil(until) => {
                    let now = self.state.template.clock.now();
                    events.recv_timeout(until.saturating_sub(now)).ok()
                }
                Action::Finished | Action::Blocked => events.recv().ok(),
            };
            match event {
                Some(SupervisorEvent::Cancelled) => self.state.scheduler().stop(),
                Some(SupervisorEvent::Ended(id)) => {
                    if let Some(thread) = threads.remove(&id) {
                        stats += &*thread.join().unwrap_or_else(|panic| resume_unwind(panic));
                        // Only now: there are never more threads than slots.
                        self.state.scheduler().release_slot(id);
                    }
                }
                None => {}
            }
        }
    }

    fn spawn<'s>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        sender: Sender<SupervisorEvent>,
        spec: AttemptSpec,
    ) -> Result<WorkerHandle<'s>, RunError> {
        let builder = Builder::new()
            .name("download".into())
            .stack_size(STACK_SIZE);
        let thread = builder.spawn_scoped(scope, move || {
            let _notify = NotifyOnDrop(sender, spec.id);
            self.make(spec)
        });
        thread.map_err(RunError::Thread)
    }

    fn make(&self, spec: AttemptSpec) -> Box<RunStats> {
        let idle = self.clients().pop();
        let mut worker = BlockingWorker {
            run: self.run,
            state: self.state,
            client: idle.unwrap_or_else(|| BlockingClient::new(self.state.template.clone())),
            worker: None,
            stats: Box::default(),
            scheduler: None,
        };
        worker.run_attempts(spec);
        self.clients().push(worker.client);
        worker.stats
    }

    fn clients(&self) -> MutexGuard<'_, Vec<BlockingClient>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Announces the end of a thread, even after a panic.
struct NotifyOnDrop(Sender<SupervisorEvent>, AttemptId);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        // Fails only after the supervisor has failed.
        let _ = self.0.send(SupervisorEvent::Ended(self.1));
    }
}

/// Woken when the run is cancelled.
struct CancelWaker(Sender<SupervisorEvent>);

impl Wake for CancelWaker {
    fn wake(self: Arc<CancelWaker>) {
        // Fails only when the run is over.
        let _ = self.0.send(SupervisorEvent::Cancelled);
    }
}
