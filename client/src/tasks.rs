//! What an event loop does: a task for each lane that has something to do, which makes one attempt after
//! the other and is gone when there is none, so that memory does not grow with the plan. Files are saved
//! by another thread, outside the lane, yet awaited.

use crate::agenda::{Next, Start};
use crate::record::Record;
use crate::resume::Left;
use crate::run::{Run, RunError};
use crate::saver::Saver;
use crate::session::{Conclusion, Done, Session};
use crate::tally::Tally;
use crate::transport::hyper;
use std::future::pending;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// So many records may wait to be counted, before the lanes wait.
const RECORDS: usize = 256;

type Connection = hyper::Connection<TcpStream>;

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
    /// The run's, but of its own: every attempt looks at it, and loops on other cores are not to be in
    /// each other's way.
    cancel: CancellationToken,
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
            cancel: session.wire.cancel.child_token(),
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
        let mut count = |record: &Record| {
            tally.record(record);
            (run.on_record)(record);
            if let Some(lanes) = observe(record) {
                self.session.agenda().set_lanes(lanes);
            }
        };
        let mut lanes = JoinSet::new();
        let (sender, mut records) = mpsc::channel(RECORDS);
        let mut batch = Vec::new();
        loop {
            if self.cancel.is_cancelled() {
                self.session.agenda().stop();
                break;
            }
            let until = match self.next() {
                Next::Start(start) => {
                    self.in_flight.fetch_add(1, SeqCst);
                    lanes.spawn(lane(self.clone(), start, sender.clone()));
                    ring(others);
                    continue;
                }
                Next::Over => break,
                Next::Wait(until) => Some(until),
                Next::Await => None,
            };
            tokio::select! {
                biased;
                _ = records.recv_many(&mut batch, RECORDS) => {
                    batch.drain(..).for_each(|record| count(&record));
                    ring(others);
                }
                Some(ended) = lanes.join_next() => has_ended(ended),
                () = self.bell.notified() => {}
                () = self.time(until) => {}
                () = self.cancel.cancelled() => {}
            }
        }
        ring(others);
        drop(sender);
        while let Some(record) = records.recv().await {
            count(&record);
        }
        while let Some(ended) = lanes.join_next().await {
            has_ended(ended);
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

    /// The next attempt of a lane that has left, if there is one and no other lane has come in its place.
    fn another(&self) -> Option<Start> {
        let has_room = self.in_flight.fetch_add(1, SeqCst) < self.lanes;
        let may = has_room && !self.cancel.is_cancelled();
        self.go_on(if may {
            self.session.next()
        } else {
            Next::Await
        })
    }

    /// The next attempt of a lane that is counted as in flight, or its end.
    fn go_on(&self, next: Next) -> Option<Start> {
        if let Next::Start(start) = next {
            return Some(start);
        }
        self.in_flight.fetch_sub(1, SeqCst);
        None
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

/// A panic of a lane is one of the run.
fn has_ended(lane: Result<(), JoinError>) {
    lane.unwrap_or_else(|failed| resume_unwind(failed.into_panic()));
}

/// Makes attempts while there are any. Each is told before the next is begun, and who waits for room
/// to tell holds no lane.
async fn lane(this: Arc<EventLoop>, first: Start, records: mpsc::Sender<Record>) {
    // One for all that it makes: to be told anew of each would cost more than a request's head.
    let mut cancelled = pin!(this.cancel.cancelled());
    let mut next = Some(first);
    while let Some(start) = next {
        let (record, another) = attempt(&this, start, cancelled.as_mut()).await;
        // Nobody listens when another lane has panicked.
        if records.send(record).await.is_err() {
            return;
        }
        next = another;
    }
}

/// Makes an attempt; returns what its lane is to make next, if there is anything.
async fn attempt(
    this: &EventLoop,
    start: Start,
    cancelled: Pin<&mut (dyn Future<Output = ()> + Send)>,
) -> (Record, Option<Start>) {
    let left = left(this, &start).await;
    let attempt = this.session.attempt(&start, &left, &this.cancel);
    let mut slot = this.idle().pop();
    let mut superseded = pin!(attempt.cancel.cancelled());
    let cancelled: Pin<&mut (dyn Future<Output = ()> + Send)> = if this.session.hedges() {
        superseded.as_mut()
    } else {
        cancelled
    };
    let wire = &this.session.wire;
    let exchange = hyper::exchange(wire, &hyper::EventLoop, &mut slot, &attempt, cancelled).await;
    this.idle().extend(slot);
    let goes_on = this.saver.is_none();
    let conclusion = this
        .session
        .conclude(start, None, (&attempt, &left), exchange, goes_on);
    conclude(this, conclusion).await
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
async fn conclude(this: &EventLoop, mut conclusion: Conclusion) -> (Record, Option<Start>) {
    if let Some(next) = conclusion.next.take() {
        this.session.settle(&mut conclusion, Ok(Done::default()));
        return (conclusion.record, this.go_on(next));
    }
    let errand = this.saver.as_ref().zip(conclusion.errand.take());
    let saved = if let Some((saver, errand)) = errand {
        let receipt = saver.order(|destination| errand.run(destination)).await;
        this.leave(&conclusion.start);
        this.bell.notify_one();
        receipt.saved().await
    } else {
        this.leave(&conclusion.start);
        Ok(Done::default())
    };
    this.session.settle(&mut conclusion, saved);
    (conclusion.record, this.another())
}
