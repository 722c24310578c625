//! What is to be done next: the one place where a plan and a policy become attempts, whoever makes
//! them. It has no clock, no thread and no socket: the time is an argument, and a strategy is a loop
//! around [`AttemptScheduler::next`] and [`AttemptScheduler::complete`]. So every policy holds under every strategy, and is
//! tested without waiting.
//!
//! A **download** is one job of the plan. It takes one or more **attempts**, each of which holds a lane
//! from [`Action::Start`] to [`AttemptScheduler::release_slot`]:
//!
//! - the first try; if it fails in a way that is worth it, a retry after a back-off, which holds no
//!   lane, and not before the try has left its own;
//! - a hedge beside a try that takes long, if a lane is free;
//! - the next hop behind a redirect;
//! - the same again without conditions, at once, if it was these that failed: no failure of the try;
//! - for a named job, once the flag is there, the country's metadata.
//!
//! Who comes first to a free lane: hedges, retries whose back-off is over, redirect hops, then fresh
//! jobs in the order of the plan, then metadata. But once as many flags wait for their metadata as there
//! are lanes, it goes before fresh jobs: so many keep the lanes full to the end (no schedule of
//! exchanges of one length has fewer rounds), and a run that is interrupted loses no more than the
//! flags of two rounds, which have no name yet.
//!
//! The request number of an attempt never depends on timing. Download k of a resource (from 1), with at
//! most A tries, has the number (k - 1)·W + t in try t (from 1), and (k - 1)·W + A + t in the hedge of
//! that try; W is 2A if the policy hedges and A if not. A redirect hop has the number of the attempt
//! that was redirected. Without retries and hedges the number is that of the download.

mod complete;
mod download;
mod hedging;
mod queue;
#[cfg(test)]
mod tests;
mod types;

pub use crate::scheduler::types::{
    Action, AttemptId, AttemptResult, AttemptSpec, BodyAction, Disposition,
};

use self::download::{Download, Step};
use self::hedging::Hedging;
use self::queue::{Queue, Request};
use crate::policy::{Policy, RetryBudget};
use crate::workload::plan::{DownloadSpec, Workload};
use flagpole_protocol::AttemptKind;
use slab::Slab;
use std::time::Duration;

/// The attempts of a plan: those in flight, those that wait, those to come.
#[derive(Clone, Debug)]
pub struct AttemptScheduler {
    jobs: Vec<DownloadSpec>,
    /// The first job that is not begun.
    cursor: usize,
    policy: Policy,
    lanes: usize,
    is_stopped: bool,
    /// Begun and not decided. What ends here leaves its place to what is begun next, mostly by the same core,
    /// which has it in its cache.
    downloads: Slab<Download>,
    flights: Slab<Flight>,
    queue: Queue,
    hedging: Option<Hedging>,
    purse: Option<RetryBudget>,
    started: u64,
}

/// An attempt that holds a lane.
#[derive(Clone, Debug)]
struct Flight {
    serial: u64,
    request: Request,
    started: Duration,
    is_hedged: bool,
    is_superseded: bool,
    has_ended: bool,
    /// The try that follows, once this one has left: until then what it brought is on its way to where the
    /// next looks for it.
    retry: Option<Request>,
}

impl AttemptScheduler {
    /// All of a plan, on so many lanes (0 counts as 1).
    pub fn new(plan: &Workload, policy: &Policy, lanes: usize) -> AttemptScheduler {
        AttemptScheduler {
            jobs: plan.jobs.clone(),
            cursor: 0,
            policy: policy.clone(),
            lanes: lanes.max(1),
            is_stopped: false,
            downloads: Slab::new(),
            flights: Slab::new(),
            queue: Queue::default(),
            hedging: policy.hedge.map(Hedging::new),
            purse: policy.budget.map(RetryBudget::new),
            started: 0,
        }
    }

    /// From now on so many lanes (0 counts as 1). What is in flight stays there.
    pub fn set_concurrency(&mut self, lanes: usize) {
        self.lanes = lanes.max(1);
    }

    /// Starts nothing more: what is in flight is all there is.
    pub fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// How long those downloads have backed off by now, all together, of which a retry is due later: when a
    /// run is stopped, no attempt will tell of it.
    pub fn unfinished_backoff(&self, now: Duration) -> Duration {
        let waits = self.queue.in_backoff().map(|request| {
            let left = request.due.unwrap_or(now).saturating_sub(now);
            request.backoff.saturating_sub(left)
        });
        waits.sum()
    }

    /// How many attempts hold a lane.
    pub fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// How many attempts can be in flight at once from now on: more lanes would stay empty.
    pub fn max_useful_concurrency(&self) -> usize {
        let each = 1 + usize::from(self.hedging.is_some());
        let open = self.jobs.len() - self.cursor + self.downloads.len();
        open.saturating_mul(each).min(self.lanes)
    }

    /// What to do now.
    pub fn next(&mut self, now: Duration) -> Action {
        let is_out = self.cursor == self.jobs.len() && self.downloads.is_empty();
        if self.is_stopped || is_out && self.flights.is_empty() {
            return Action::Finished;
        }
        if self.flights.len() >= self.lanes {
            return Action::Blocked;
        }
        match self.take(now) {
            Ok(request) => Action::Start(self.start(request, now)),
            Err(Some(until)) => Action::SleepUntil(until),
            Err(None) => Action::Blocked,
        }
    }

    /// The first request that may go now, or when there will be one.
    fn take(&mut self, now: Duration) -> Result<Request, Option<Duration>> {
        let hedge = self.hedge_due();
        if let Some((id, due)) = hedge
            && due <= now
        {
            return Ok(self.hedge(id, due));
        }
        let downloads = &self.downloads;
        let is_wanted = |request: &Request| {
            let download = downloads.get(request.slot);
            download.is_some_and(|download| {
                (download.place, download.generation) == (request.download, request.generation)
            })
        };
        if let Some(request) = self.queue.urgent(now, is_wanted) {
            return Ok(request);
        }
        let fresh = self.jobs.get(self.cursor).map(|job| job.due.unwrap_or(now));
        let has_few_unnamed = self.queue.follow_ups() < self.lanes;
        if has_few_unnamed && fresh.is_some_and(|due| due <= now) {
            return Ok(self.begin());
        }
        if let Some(request) = self.queue.follow_up() {
            return Ok(request);
        }
        let times = [hedge.map(|(_, due)| due), self.queue.earliest(), fresh];
        Err(times.into_iter().flatten().min())
    }

    /// The first try of the next job.
    fn begin(&mut self) -> Request {
        let place = self.cursor;
        self.cursor += 1;
        let slot = self.downloads.insert(Download::new(place));
        Request {
            due: self.jobs[place].due,
            ..self.attempt_of(slot, AttemptKind::First)
        }
    }

    /// The current try of a download.
    fn attempt_of(&self, slot: usize, kind: AttemptKind) -> Request {
        let download = &self.downloads[slot];
        let attempts = u64::from(self.policy.retry.max_attempts());
        let width = attempts * (1 + u64::from(self.hedging.is_some()));
        let job = &self.jobs[download.place];
        Request {
            download: download.place,
            slot,
            generation: download.generation,
            kind,
            resource: download.resource(job),
            request_number: (job.request_number - 1) * width + u64::from(download.tries),
            path: None,
            unconditional: false,
            hops: 0,
            due: None,
            backoff: Duration::ZERO,
        }
    }

    fn start(&mut self, request: Request, now: Duration) -> AttemptSpec {
        let flight = self.flights.vacant_entry();
        let id = AttemptId {
            serial: self.started,
            flight: flight.key(),
            download: request.slot,
        };
        self.started += 1;
        let download = self.downloads.get_mut(request.slot);
        let download = download.expect("only requests of open downloads are taken");
        download.flying.push(id);
        download.made += 1;
        if let (AttemptKind::First | AttemptKind::Metadata, Some(purse)) =
            (request.kind, &mut self.purse)
        {
            purse.deposit();
        }
        if let Some(hedging) = &mut self.hedging {
            hedging.started(id, request.kind);
        }
        let start = AttemptSpec {
            id,
            download: request.download + 1,
            attempt: download.made,
            kind: request.kind,
            resource: request.resource,
            request_number: request.request_number,
            path: request.path.clone(),
            due: request.due.unwrap_or(now),
            backoff: request.backoff,
            names_file: download.step == Step::Metadata,
            unconditional: request.unconditional,
        };
        flight.insert(Flight {
            serial: id.serial,
            request,
            started: now,
            is_hedged: false,
            is_superseded: false,
            has_ended: false,
            retry: None,
        });
        start
    }

    /// The attempt whose hedge is due first, and when.
    fn hedge_due(&mut self) -> Option<(AttemptId, Duration)> {
        let flights = &self.flights;
        let is_candidate = |id: &AttemptId| {
            let flight = flights.get(id.flight).filter(|f| f.serial == id.serial);
            flight.is_some_and(|f| !f.is_hedged && !f.is_superseded && !f.has_ended)
        };
        let (id, delay) = self.hedging.as_mut()?.first(is_candidate)?;
        Some((id, self.flights[id.flight].started.saturating_add(delay)))
    }

    /// The hedge of an attempt in flight.
    fn hedge(&mut self, id: AttemptId, due: Duration) -> Request {
        let flight = self.flights.get_mut(id.flight);
        let flight = flight.expect("only what is in flight is hedged");
        flight.is_hedged = true;
        let hedged = &flight.request;
        let download = self.downloads.get_mut(hedged.slot);
        download.expect("what is not superseded is wanted").running += 1;
        Request {
            kind: AttemptKind::Hedge,
            request_number: hedged.request_number + u64::from(self.policy.retry.max_attempts()),
            due: Some(due),
            backoff: Duration::ZERO,
            ..hedged.clone()
        }
    }

    /// The flag of a named job, which this attempt brought, has been put by, and its metadata is wanted now;
    /// or it could not be, and that was the end of it.
    ///
    /// # Panics
    /// If it has been said before, or was not asked for by [`BodyAction::Stage`].
    pub fn on_staged(&mut self, id: AttemptId, is_there: bool) {
        let download = self.downloads.get_mut(id.download);
        let staged = download.and_then(|download| download.staging.take_if(|by| *by == id));
        assert!(
            staged.is_some(),
            "a flag is put by once, if that was asked for"
        );
        if is_there {
            self.downloads[id.download].go_on();
            self.queue
                .follow(self.attempt_of(id.download, AttemptKind::Metadata));
        } else {
            self.downloads.remove(id.download);
        }
    }

    /// Whether an attempt that holds a lane is not needed any more.
    pub fn is_superseded(&self, id: AttemptId) -> bool {
        let flight = self.flight(id);
        flight.is_some_and(|flight| flight.is_superseded)
    }

    /// An attempt that has ended gives its lane back.
    ///
    /// # Panics
    /// If it has given it back before.
    pub fn release_slot(&mut self, id: AttemptId) {
        let flight = self.flights.remove(id.flight);
        assert_eq!(flight.serial, id.serial, "an attempt leaves once");
        if let Some(retry) = flight.retry {
            self.queue.later(retry);
        }
    }

    fn flight(&self, id: AttemptId) -> Option<&Flight> {
        let flight = self.flights.get(id.flight);
        flight.filter(|flight| flight.serial == id.serial)
    }
}
