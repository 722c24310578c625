//! `thread-per-download`: an OS thread for every attempt, made when there is a lane for it and gone
//! with it. Connections outlive the threads, so that what it costs beside `threads` is the making of
//! threads and nothing else.

use super::Strategy;
use crate::execution::session::RunState;
use crate::execution::worker::{STACK, attempt, lane};
use crate::run::{Run, RunError};
use crate::scheduler::{Action, AttemptId, AttemptSpec};
use crate::transport::BlockingClient;
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::AttemptRecord;
use flagpole_protocol::RunStats;
use std::collections::HashMap;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Builder, Scope, ScopedJoinHandle, scope};

/// The strategy.
#[derive(Debug)]
pub struct ThreadPerDownload;

impl Strategy for ThreadPerDownload {
    fn name(&self) -> &'static str {
        "thread-per-download"
    }

    fn about(&self) -> &'static str {
        "a new OS thread per request, up to the concurrency; costs starting each thread"
    }

    /// As many as `threads`, to set one beside the other.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(30)
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        let run = &run.clone().cancel(run.cancel.child_token());
        let crew = Crew {
            run,
            session: &RunState::start(run, run.concurrency.get())?,
            lanes: Mutex::default(),
        };
        let (sender, events) = channel();
        let waker = Waker::from(Arc::new(Alarm(sender.clone())));
        let mut cancelled = pin!(crew.session.wire.cancel.cancelled());
        // To be asked once is to be told later.
        if let Poll::Ready(()) = cancelled.as_mut().poll(&mut Context::from_waker(&waker)) {
            crew.session.agenda().stop();
        }
        let tally = scope(|scope| crew.lead(scope, &sender, &events));
        Ok(crew.session.close(run, tally?))
    }
}

/// What the one who makes the threads is told.
enum Event {
    /// The thread of this attempt is about to end.
    Ended(AttemptId),
    Cancelled,
}

struct Crew<'r> {
    run: &'r Run<'r>,
    session: &'r RunState,
    /// Those in no thread's hands, the last used on top.
    lanes: Mutex<Vec<Box<dyn BlockingClient>>>,
}

type Thread<'s> = ScopedJoinHandle<'s, Result<AttemptRecord, RunError>>;

impl Crew<'_> {
    /// Makes threads and waits for them. Whatever goes wrong, the run is cancelled, so that those that
    /// are left end at once.
    fn lead<'s>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        sender: &Sender<Event>,
        events: &Receiver<Event>,
    ) -> Result<RunStats, RunError> {
        let mut tally = RunStats::default();
        let mut threads: HashMap<AttemptId, Thread<'s>> = HashMap::new();
        let _cancels = self.run.cancel.clone().drop_guard();
        loop {
            let event = match self.session.next() {
                Action::Start(start) => {
                    threads.insert(start.id, self.spawn(scope, sender.clone(), start)?);
                    continue;
                }
                Action::Over if threads.is_empty() => return Ok(tally),
                Action::Wait(until) => {
                    let now = self.session.wire.clock.now();
                    events.recv_timeout(until.saturating_sub(now)).ok()
                }
                Action::Over | Action::Await => events.recv().ok(),
            };
            match event {
                Some(Event::Cancelled) => self.session.agenda().stop(),
                Some(Event::Ended(id)) => {
                    if let Some(thread) = threads.remove(&id) {
                        // Its lane is free when it is gone: there are never more threads than lanes.
                        let ended = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
                        tally.record(&ended?);
                        self.session.leave(id);
                    }
                }
                None => {}
            }
        }
    }

    fn spawn<'s>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        sender: Sender<Event>,
        start: AttemptSpec,
    ) -> Result<Thread<'s>, RunError> {
        let builder = Builder::new().name("download".into()).stack_size(STACK);
        let thread = builder.spawn_scoped(scope, move || {
            let _last = LastWord(sender, start.id);
            self.make(start)
        });
        thread.map_err(RunError::Thread)
    }

    fn make(&self, start: AttemptSpec) -> Result<AttemptRecord, RunError> {
        let idle = self.lanes().pop();
        let mut lane = idle.map_or_else(|| lane(self.run, self.session), Ok)?;
        let record = attempt(self.run, self.session, &mut *lane, None, start);
        self.lanes().push(lane);
        self.run.tell(&record);
        Ok(record)
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, Vec<Box<dyn BlockingClient>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Said even by a thread that panics.
struct LastWord(Sender<Event>, AttemptId);

impl Drop for LastWord {
    fn drop(&mut self) {
        // Nobody listens when the strategy itself has failed.
        let _ = self.0.send(Event::Ended(self.1));
    }
}

/// Woken when the run is cancelled.
struct Alarm(Sender<Event>);

impl Wake for Alarm {
    fn wake(self: Arc<Alarm>) {
        // Nobody listens when the run is over.
        let _ = self.0.send(Event::Cancelled);
    }
}
