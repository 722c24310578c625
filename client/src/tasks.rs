//! What an event loop does: a task for each attempt, made only when there is a lane for it, so that
//! memory does not grow with the plan. Files are saved by another thread, outside the lane, yet
//! awaited.

use crate::agenda::{Next, Start};
use crate::record::Record;
use crate::resume::Left;
use crate::run::{Run, RunError};
use crate::saver::Saver;
use crate::session::{Conclusion, Session};
use crate::tally::Tally;
use crate::transport::hyper::{Connection, exchange};
use std::future::pending;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};

/// An event loop under way.
pub(crate) struct EventLoop {
    session: Arc<Session>,
    saver: Option<Arc<Saver>>,
    /// How many attempts it may have in flight.
    lanes: usize,
    in_flight: AtomicUsize,
    /// Connections without a request, the last used on top: it is the least likely to have been closed
    /// meanwhile. There are no more than lanes, for each was made under one.
    idle: Mutex<Vec<Connection>>,
    /// Rung when there may be something to do that no task of this loop has ended for.
    bell: Notify,
    /// Whether it waits although it has lanes free.
    is_waiting: AtomicBool,
}

/// Told of every record; the number of lanes from then on, if it is to change.
pub(crate) type Observe<'a> = &'a mut dyn FnMut(&Record) -> Option<usize>;

/// The thread that saves, if anything is to be saved.
pub(crate) fn saver(run: &Run<'_>) -> Result<Option<Arc<Saver>>, RunError> {
    let saver = run.destination.cloned().map(Saver::start).transpose();
    Ok(saver.map_err(RunError::Thread)?.map(Arc::new))
}

impl EventLoop {
    pub(crate) fn new(
        session: Arc<Session>,
        saver: Option<Arc<Saver>>,
        lanes: usize,
    ) -> Arc<EventLoop> {
        Arc::new(EventLoop {
            session,
            saver,
            lanes,
            in_flight: AtomicUsize::new(0),
            idle: Mutex::default(),
            bell: Notify::new(),
            is_waiting: AtomicBool::new(false),
        })
    }

    /// Makes attempts until there are none left or the run is cancelled, and waits for those in flight.
    /// `others` share the agenda.
    pub(crate) async fn run(
        self: Arc<EventLoop>,
        run: &Run<'_>,
        others: &[Arc<EventLoop>],
        observe: Observe<'_>,
    ) -> Tally {
        let mut tally = Tally::default();
        let mut tasks = JoinSet::new();
        let mut handle = |done: Result<Record, JoinError>| {
            let record = done.unwrap_or_else(|failed| resume_unwind(failed.into_panic()));
            tally.record(&record);
            (run.on_record)(&record);
            if let Some(lanes) = observe(&record) {
                self.session.agenda().set_lanes(lanes);
            }
        };
        let cancel = &self.session.wire.cancel;
        loop {
            if cancel.is_cancelled() {
                self.session.agenda().stop();
                break;
            }
            let until = match self.next() {
                Next::Start(start) => {
                    self.in_flight.fetch_add(1, SeqCst);
                    tasks.spawn(attempt(self.clone(), start));
                    ring(others);
                    continue;
                }
                Next::Over => break,
                Next::Wait(until) => Some(until),
                Next::Await => None,
            };
            tokio::select! {
                biased;
                Some(done) = tasks.join_next() => {
                    handle(done);
                    ring(others);
                }
                () = self.bell.notified() => {}
                () = self.time(until) => {}
                () = cancel.cancelled() => {}
            }
        }
        ring(others);
        while let Some(done) = tasks.join_next().await {
            handle(done);
        }
        tally
    }

    fn next(&self) -> Next {
        let has_room = self.in_flight.load(SeqCst) < self.lanes;
        // Said before it looks: what comes up after the look finds it waiting.
        self.is_waiting.store(has_room, SeqCst);
        if has_room {
            self.session.next()
        } else {
            Next::Await
        }
    }

    /// Ends at this time of the run; never, if there is none.
    async fn time(&self, until: Option<Duration>) {
        match until {
            Some(until) => {
                let wait = until.saturating_sub(self.session.wire.clock.now());
                tokio::time::sleep(wait).await;
            }
            None => pending().await,
        }
    }

    /// Closes the connections, as must be before the runtime goes that they were made on.
    pub(crate) fn close_idle(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, start: &Start) {
        self.session.leave(start.id);
        self.in_flight.fetch_sub(1, SeqCst);
    }
}

/// Wakes the loops that wait for work.
fn ring(loops: &[Arc<EventLoop>]) {
    let waiting = loops.iter().filter(|other| other.is_waiting.load(SeqCst));
    waiting.for_each(|other| other.bell.notify_one());
}

async fn attempt(this: Arc<EventLoop>, start: Start) -> Record {
    let left = left(&this, &start).await;
    let attempt = this.session.attempt(&start, &left);
    let mut slot = this.idle().pop();
    let exchange = exchange(&this.session.wire, &mut slot, &attempt).await;
    this.idle().extend(slot);
    let conclusion = this
        .session
        .conclude(start, None, (&attempt, &left), exchange);
    conclude(&this, conclusion).await
}

/// What there is already of what an attempt asks for. To read it is the saver's business, off the loop.
async fn left(this: &EventLoop, start: &Start) -> Left {
    match &this.saver {
        Some(saver) if this.session.resumes(start) => {
            let resource = start.resource;
            let receipt = saver
                .order(move |destination| Ok(destination.left(resource)))
                .await;
            receipt.saved().await.unwrap_or_default()
        }
        _ => Left::default(),
    }
}

/// The lane is held until the body is in the saver's queue: a slow disk must hold the lanes back, or
/// bodies would pile up. It is not held while the disk is busy: that is no business of the network.
async fn conclude(this: &EventLoop, mut conclusion: Conclusion) -> Record {
    let errand = this.saver.as_ref().zip(conclusion.errand.take());
    let saved = if let Some((saver, errand)) = errand {
        let receipt = saver.order(|destination| errand.run(destination)).await;
        this.leave(&conclusion.start);
        this.bell.notify_one();
        receipt.saved().await
    } else {
        this.leave(&conclusion.start);
        Ok(None)
    };
    this.session.settle(&mut conclusion, saved);
    conclusion.record
}
