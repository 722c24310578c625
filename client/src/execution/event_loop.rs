//! What an event loop does: a task for each lane that has something to do, which makes one attempt after
//! the other and is gone when there is none, so that memory does not grow with the plan. Files are saved
//! by another thread, outside the lane, yet awaited.

use crate::execution::idle_notifier::IdleNotifier;
use crate::execution::poll_on_wake::PollOnWake;
use crate::execution::session::{Evaluated, RunState, StorageResult};
use crate::run::{Run, RunError};
use crate::scheduler::{Action, AttemptId, AttemptSpec};
use crate::storage::disk_writer::DiskWriter;
use crate::storage::resume::LocalCopy;
use crate::transport::{RawResponse, RequestTemplate, hyper};
use flagpole_protocol::AttemptRecord;
use flagpole_protocol::RunStats;
use std::future::pending;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::task::coop::consume_budget;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// So many records may wait to be heard, before the lanes wait.
const RECORDS: usize = 256;

type Connection = Box<hyper::Connection<TcpStream>>;

/// An event loop under way.
pub(crate) struct EventLoop {
    session: Arc<RunState>,
    saver: Option<Arc<DiskWriter>>,
    /// Loops on other cores have others.
    wire: RequestTemplate,
    /// How many attempts it may have in flight.
    lanes: usize,
    in_flight: AtomicUsize,
    /// Connections without a request, the last used on top: it is the least likely to have been closed
    /// meanwhile. There are no more than lanes, for each was made under one.
    idle: Mutex<Vec<Connection>>,
    /// What its attempts have come to.
    tally: Mutex<RunStats>,
    bells: IdleNotifier,
    /// Of its own bell.
    place: usize,
    /// The run's, but of its own: every attempt looks at it, and loops on other cores are not to be in
    /// each other's way.
    cancel: CancellationToken,
}

/// Told of every record; the number of lanes from then on, if it is to change.
pub(crate) type Observe<'a> = &'a mut dyn FnMut(&AttemptRecord) -> Option<usize>;

/// The thread that saves, if anything is to be saved.
pub(crate) fn saver(run: &Run<'_>) -> Result<Option<Arc<DiskWriter>>, RunError> {
    let saver = run.destination.cloned().map(DiskWriter::start).transpose();
    Ok(saver.map_err(RunError::Thread)?.map(Arc::new))
}

impl EventLoop {
    /// One for each share of the lanes; they share the agenda.
    pub(crate) fn each(
        session: &Arc<RunState>,
        saver: Option<&Arc<DiskWriter>>,
        shares: &[usize],
    ) -> Vec<Arc<EventLoop>> {
        let bells = IdleNotifier::new(shares.len());
        let with = |(place, lanes): (usize, &usize)| {
            Arc::new(EventLoop {
                cancel: session.wire.cancel.child_token(),
                wire: session.wire.of_its_own(),
                session: session.clone(),
                saver: saver.cloned(),
                lanes: *lanes,
                in_flight: AtomicUsize::new(0),
                idle: Mutex::default(),
                tally: Mutex::default(),
                bells: bells.clone(),
                place,
            })
        };
        shares.iter().enumerate().map(with).collect()
    }

    /// One that has the agenda for itself.
    pub(crate) fn alone(
        session: &Arc<RunState>,
        saver: Option<&Arc<DiskWriter>>,
        lanes: usize,
    ) -> Arc<EventLoop> {
        EventLoop::each(session, saver, &[lanes]).remove(0)
    }

    /// Makes attempts until there are none left or the run is cancelled, and waits for those in flight.
    pub(crate) async fn run(
        self: Arc<EventLoop>,
        run: &Run<'_>,
        observe: Option<Observe<'_>>,
    ) -> RunStats {
        let mut observe = observe;
        let hears = run.on_record.is_some() || observe.is_some();
        let mut hear = |record: &AttemptRecord| {
            run.tell(record);
            let lanes = observe.as_mut().and_then(|observe| observe(record));
            if let Some(lanes) = lanes {
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
                Action::Start(start) => {
                    self.in_flight.fetch_add(1, SeqCst);
                    let told = hears.then(|| sender.clone());
                    lanes.spawn(lane(self.clone(), start, told));
                    self.bells.ring_others(self.place);
                    continue;
                }
                Action::Over => break,
                Action::Wait(until) => Some(until),
                Action::Await => None,
            };
            tokio::select! {
                biased;
                _ = records.recv_many(&mut batch, RECORDS) => {
                    batch.drain(..).for_each(|record| hear(&record));
                    self.bells.ring_others(self.place);
                }
                Some(ended) = lanes.join_next() => has_ended(ended),
                () = self.bells.rung(self.place) => {}
                () = self.time(until) => {}
                () = self.cancel.cancelled() => {}
            }
        }
        self.bells.ring_others(self.place);
        drop(sender);
        while let Some(record) = records.recv().await {
            hear(&record);
        }
        while let Some(ended) = lanes.join_next().await {
            has_ended(ended);
        }
        std::mem::take(&mut self.tally())
    }

    fn next(&self) -> Action {
        let has_room = self.in_flight.load(SeqCst) < self.lanes;
        self.bells.waits(self.place, has_room);
        if has_room {
            self.session.next()
        } else {
            Action::Await
        }
    }

    /// The next attempt of a lane that has left, if there is one and no other lane has come in its place.
    fn another(&self) -> Option<AttemptSpec> {
        let has_room = self.in_flight.fetch_add(1, SeqCst) < self.lanes;
        if has_room
            && !self.cancel.is_cancelled()
            && let Action::Start(start) = self.session.next()
        {
            return Some(start);
        }
        self.in_flight.fetch_sub(1, SeqCst);
        None
    }

    /// The connection is for whoever comes next; before the lane is given back, or there would be more of
    /// them than lanes.
    fn put_back(&self, slot: &mut Option<Connection>) {
        self.idle().extend(slot.take());
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

    fn tally(&self) -> MutexGuard<'_, RunStats> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, id: AttemptId) {
        self.session.leave(id);
        self.in_flight.fetch_sub(1, SeqCst);
    }
}

/// A panic of a lane is one of the run.
fn has_ended(lane: Result<(), JoinError>) {
    lane.unwrap_or_else(|failed| resume_unwind(failed.into_panic()));
}

/// Makes attempts while there are any. Each is told to who hears of it before the next is begun: if that takes
/// long, the next, which is due, is late.
async fn lane(this: Arc<EventLoop>, first: AttemptSpec, told: Option<mpsc::Sender<AttemptRecord>>) {
    // One for all that it makes: to be told anew of each would cost more than a request's head.
    let mut cancelled = pin!(this.cancel.cancelled());
    let mut cancelled = PollOnWake::new(cancelled.as_mut());
    let mut slot = None;
    let mut next = Some(first);
    while let Some(start) = next {
        let left = left(&this, &start).await;
        let exchange = exchange(&this, &start, &left, &mut slot, &mut cancelled).await;
        let goes_on = this.saver.is_none() && !cancelled.is_woken();
        let session = &this.session;
        let mut conclusion = session.conclude(start, None, &left, exchange, goes_on);
        next = finish(&this, &mut conclusion, &mut slot).await;
        this.tally().record(&conclusion.record);
        this.bells.ring();
        // Attempts that fail before there is anything to wait for must not keep the loop from all others.
        consume_budget().await;
        let Some(told) = &told else {
            continue;
        };
        // There is room, nearly always; and nobody listens when another lane has panicked.
        let is_told = match told.try_send(conclusion.record) {
            Err(TrySendError::Full(record)) => told.send(record).await.is_ok(),
            told => told.is_ok(),
        };
        if !is_told {
            return;
        }
    }
}

/// What there is already of what an attempt asks for. To read it is the saver's business, off the loop.
async fn left(this: &EventLoop, start: &AttemptSpec) -> LocalCopy {
    match &this.saver {
        Some(saver) if this.session.resumes(start) => {
            let resource = start.resource;
            let receipt = saver
                .order(move |destination| Ok(destination.left(resource)))
                .await;
            receipt.saved().await.unwrap_or_default()
        }
        _ => LocalCopy::default(),
    }
}

/// Makes an attempt, over the connection in hand, or one that is idle, if there is any.
async fn exchange(
    this: &EventLoop,
    start: &AttemptSpec,
    left: &LocalCopy,
    slot: &mut Option<Connection>,
    cancelled: &mut (impl Future<Output = ()> + Send + Unpin),
) -> Box<RawResponse> {
    let token = this.session.token(start.id, &this.cancel);
    let cancel = token.as_ref().unwrap_or(&this.cancel);
    let attempt = RunState::attempt(start, left, cancel);
    let cancelled = Pin::new(cancelled);
    let mut superseded = pin!(token.as_ref().map(CancellationToken::cancelled));
    let cancelled: Pin<&mut (dyn Future<Output = ()> + Send)> =
        match superseded.as_mut().as_pin_mut() {
            Some(superseded) => superseded,
            None => cancelled,
        };
    if slot.is_none() {
        *slot = this.idle().pop();
    }
    hyper::exchange(&this.wire, &hyper::EventLoop, slot, &attempt, cancelled).await
}

/// Does what is to be done with the body, and returns what the lane is to make next, if there is anything.
///
/// The lane is held until the body is in the saver's queue: a slow disk must hold the lanes back, or
/// bodies would pile up. It is not held while the disk is busy: that is no business of the network.
async fn finish(
    this: &EventLoop,
    conclusion: &mut Evaluated,
    slot: &mut Option<Connection>,
) -> Option<AttemptSpec> {
    if let Some(next) = conclusion.next.take() {
        this.session
            .settle(conclusion, Ok(StorageResult::default()));
        if let Action::Start(start) = next {
            return Some(start);
        }
        this.put_back(slot);
        this.in_flight.fetch_sub(1, SeqCst);
        return None;
    }
    this.put_back(slot);
    let errand = this.saver.as_ref().zip(conclusion.errand.take());
    let saved = if let Some((saver, errand)) = errand {
        let receipt = saver.order(|destination| errand.run(destination)).await;
        this.leave(conclusion.id);
        this.bells.ring_at(this.place);
        receipt.saved().await
    } else {
        this.leave(conclusion.id);
        Ok(StorageResult::default())
    };
    this.session.settle(conclusion, saved);
    this.another()
}
