//! The state of the scheduler and of downloads, and the scheduler's methods besides [`next`](AttemptScheduler::next) and
//! [`complete`](AttemptScheduler::complete).

use super::attempt::{AttemptId, AttemptPlan, InFlight};
use super::hedge_state::HedgeState;
use super::in_flight_meter::InFlightMeter;
use super::source_clock::SourceClock;
use crate::policy::{CircuitBreaker, ConcurrencyLimit};
use crate::workload::list_source::ListSource;
use crate::{
    DownloadSpec, IterationCounts, Policy, RenderedRequest, RequestMessage, RequestSource,
    SourceRequest, UserChange, Workload,
};
use flagpole_protocol::AttemptKind;
use http::Method;
use slab::Slab;
use smallvec::SmallVec;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Turns a workload (the downloads of a run) into attempts, at most `concurrency` in flight.
#[derive(Debug)]
pub(crate) struct AttemptScheduler {
    /// What requests are made for. Each request of the source names one of them by its index.
    pub(super) targets: Vec<DownloadSpec>,
    /// Says which request is due next.
    pub(super) source: Box<dyn RequestSource>,
    pub(super) source_clock: SourceClock,
    /// The source is asked for nothing more.
    pub(super) is_source_closed: bool,
    /// How many changes of the number of users the source knows.
    user_changes: usize,
    pub(super) in_flight_meter: InFlightMeter,
    /// For each message of the workload, whether its method is idempotent.
    idempotent_messages: Vec<bool>,
    pub(super) policy: Policy,
    pub(super) concurrency: usize,
    /// For each slot without an attempt, when the slot became free, in the order of the release: when its last attempt
    /// ended, or when the limit opened the slot. The slots of a run are free from its start, so that starting threads
    /// delays the first downloads.
    pub(super) free_slots: VecDeque<Duration>,
    pub(super) is_stopped: bool,
    /// Downloads that have started and not ended. A slab, so that the next download reuses the entry of an ended
    /// download, mostly on the same core, which has the entry in its cache.
    pub(super) downloads: Slab<DownloadState>,
    pub(super) in_flight: Slab<InFlight>,
    /// Retries in backoff, by due time and then by the serial of the failed try.
    pub(super) retries: BTreeMap<(Duration, u64), AttemptPlan>,
    /// Redirect hops, and requests repeated without conditional headers.
    pub(super) immediate: VecDeque<AttemptPlan>,
    /// The metadata of staged flags.
    pub(super) followups: VecDeque<AttemptPlan>,
    pub(super) hedging: Option<HedgeState>,
    pub(super) limit: Option<Box<dyn ConcurrencyLimit>>,
    pub(super) circuit_breaker: Option<CircuitBreaker>,
    /// Number of attempts started so far.
    pub(super) started: u64,
    /// Number of first tries of flags and of metadata sent so far, which pay for the retry budget.
    pub(super) firsts: u64,
    /// Number of retries scheduled so far.
    pub(super) retried: u64,
}

impl AttemptScheduler {
    /// Schedules the downloads of `workload` in order, with at most `concurrency` attempts in flight (0 counts as 1).
    pub(crate) fn new(
        workload: &Workload,
        policy: &Policy,
        concurrency: usize,
    ) -> AttemptScheduler {
        let source = Box::new(ListSource::new(&workload.downloads));
        AttemptScheduler::with_source(source, workload, policy, concurrency)
    }

    /// Schedules the requests of `source`, whose targets are the downloads of `workload`.
    pub(crate) fn with_source(
        source: Box<dyn RequestSource>,
        workload: &Workload,
        policy: &Policy,
        concurrency: usize,
    ) -> AttemptScheduler {
        let concurrency = concurrency.max(1);
        let methods = workload.messages.iter().map(RequestMessage::method);
        AttemptScheduler {
            targets: workload.downloads.clone(),
            source,
            source_clock: SourceClock::default(),
            is_source_closed: false,
            user_changes: 0,
            in_flight_meter: InFlightMeter::default(),
            idempotent_messages: methods.map(Method::is_idempotent).collect(),
            policy: policy.clone(),
            concurrency,
            free_slots: vec![Duration::ZERO; concurrency].into(),
            hedging: policy.hedge.map(HedgeState::new),
            circuit_breaker: policy.circuit_breaker.map(CircuitBreaker::new),
            is_stopped: false,
            downloads: Slab::new(),
            in_flight: Slab::new(),
            retries: BTreeMap::new(),
            immediate: VecDeque::new(),
            followups: VecDeque::new(),
            limit: None,
            started: 0,
            firsts: 0,
            retried: 0,
        }
    }

    /// Whether a request with this message may be sent again although the server may have received it.
    pub(super) fn may_repeat(&self, message: Option<usize>) -> bool {
        let is_idempotent = message.is_none_or(|index| self.idempotent_messages[index]);
        is_idempotent || self.policy.repeat_non_idempotent
    }

    /// From now on `limit` decides the concurrency; to be called before the first attempt.
    pub(crate) fn set_limit(&mut self, limit: Box<dyn ConcurrencyLimit>) {
        self.set_concurrency(limit.get().max(1), Duration::ZERO);
        self.limit = Some(limit);
    }

    /// Opens or closes slots. A slot that opens has no predecessor: it is free from `now`. Attempts in flight are not
    /// affected; slots in excess close when their attempts end.
    pub(super) fn set_concurrency(&mut self, concurrency: usize, now: Duration) {
        self.concurrency = concurrency;
        let free = concurrency.saturating_sub(self.in_flight.len());
        self.free_slots.resize(free, now);
    }

    /// Takes no request from the source that becomes due after `now`.
    pub(crate) fn stop_source(&mut self, now: Duration) {
        let time = self.source_clock.end_time(now);
        self.source.stop(time);
    }

    /// Takes no request from the source any more. Attempts in flight and retries go on.
    pub(crate) fn close_source(&mut self, now: Duration) {
        self.is_source_closed = true;
        self.stop_source(now);
    }

    /// Hands the source the changes of the number of users that it does not know yet: `after` gives those after the first ones.
    /// Several loops may share the scheduler, and each hears of all changes.
    pub(crate) fn change_users(&mut self, after: impl FnOnce(usize) -> Vec<UserChange>) {
        for change in after(self.user_changes) {
            self.user_changes += 1;
            let at = self.source_clock.end_time(change.at);
            self.source.change_users(UserChange { at, ..change });
        }
    }

    /// The users of the source that are there, or have a request in flight.
    pub(crate) fn running_users(&self) -> u64 {
        self.source.running_users()
    }

    /// Takes no requests from the source for a while. Attempts in flight and retries go on.
    pub(crate) fn set_paused(&mut self, is_paused: bool, now: Duration) {
        self.source_clock.set_paused(is_paused, now);
    }

    /// The iterations of the scenario of the source, if it has one.
    pub(crate) fn iterations(&self) -> Option<IterationCounts> {
        self.source.iterations()
    }

    /// Whether the end of a request, if it is not repeated, makes no other request due.
    pub(crate) fn has_independent_source(&self) -> bool {
        self.source.is_independent()
    }

    /// The clock of the source.
    pub(crate) fn source_clock(&self) -> SourceClock {
        self.source_clock
    }

    /// How many attempts have been in flight.
    pub(crate) fn in_flight_meter(&self) -> InFlightMeter {
        self.in_flight_meter
    }

    /// Starts no further attempts.
    pub(crate) fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// Whether no attempt is started any more: the run was stopped or has reached its time limit.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        self.is_stopped || self.policy.max_time.is_some_and(|end| end <= now)
    }

    /// Sum of the unfinished backoffs of all downloads, up to `now`. The attempt records of a stopped run do not
    /// contain these backoffs.
    pub(crate) fn unfinished_backoff(&self, now: Duration) -> Duration {
        let waits = self.retries.iter().map(|((due, _), retry)| {
            let remaining = due.saturating_sub(now);
            retry.backoff.saturating_sub(remaining)
        });
        waits.sum()
    }

    /// How often the circuit breaker has opened.
    pub(crate) fn circuit_openings(&self) -> u64 {
        let breaker = self.circuit_breaker.as_ref();
        breaker.map_or(0, CircuitBreaker::openings)
    }

    /// The most attempts that can be in flight from now on, which becomes less as downloads end: further slots would stay
    /// empty.
    pub(crate) fn max_in_flight(&self) -> usize {
        let per_download = 1 + usize::from(self.hedging.is_some());
        let remaining = self.source.remaining().unwrap_or(usize::MAX);
        let undecided = remaining.saturating_add(self.downloads.len());
        undecided.saturating_mul(per_download).min(self.concurrency)
    }

    /// Whether an attempt is in flight and its result is not needed any more.
    pub(crate) fn is_superseded(&self, id: AttemptId) -> bool {
        let attempt = self.in_flight.get(id.in_flight_key);
        attempt.is_some_and(|attempt| attempt.serial == id.serial && attempt.is_superseded)
    }

    /// Reports whether the flag of attempt `id` was staged, which means stored under a temporary name. If the flag
    /// was stored, the metadata of its country is requested next; otherwise the download has ended.
    ///
    /// # Panics
    /// If the flag was reported before, or its disposition was not [`BodyAction::Stage`](super::BodyAction::Stage).
    pub(crate) fn on_staged(&mut self, id: AttemptId, is_stored: bool) {
        let download = self.downloads.get_mut(id.download_key);
        let staging = download.and_then(|download| download.staging.take_if(|(by, _)| *by == id));
        let (_, ended) =
            staging.expect("a staged flag is reported once, after `BodyAction::Stage`");
        if is_stored {
            self.downloads[id.download_key].start_metadata();
            self.followups.push_back(AttemptPlan {
                due: Some(ended),
                ..self.plan(id.download_key, AttemptKind::Metadata)
            });
        } else {
            self.downloads.remove(id.download_key);
        }
    }

    /// Releases the slot of an attempt that has ended.
    ///
    /// # Panics
    /// If the slot was released before.
    pub(crate) fn release_slot(&mut self, id: AttemptId) {
        let attempt = self.in_flight.remove(id.in_flight_key);
        assert_eq!(attempt.serial, id.serial, "a slot is released once");
        if self.in_flight.len() + self.free_slots.len() < self.concurrency {
            let ended = attempt.ended;
            self.free_slots
                .push_back(ended.expect("an attempt ends before its slot is released"));
        }
        if let Some(retry) = attempt.retry {
            self.retries
                .insert((retry.due.unwrap_or_default(), id.serial), retry);
        }
    }
}

/// The state of a download that has started and not ended. A download has one phase, or two if the metadata of the
/// country names its file.
#[derive(Clone, Debug, Default)]
pub(super) struct DownloadState {
    /// Its position in the workload, from 0.
    pub(super) index: usize,
    /// Index of its target.
    pub(super) target: usize,
    /// The user of the source who makes the request.
    pub(super) user: usize,
    /// What differs from the target.
    pub(super) rendered: Option<Arc<RenderedRequest>>,
    /// Whether the flag is staged and its metadata is requested.
    pub(super) names_file: bool,
    /// Increases with every try and phase; a planned attempt with an older generation is obsolete.
    pub(super) generation: u32,
    /// Tries of this phase, from 1.
    pub(super) tries: u32,
    /// How many of the attempt and its hedge, each with its redirect hops, have not failed. The try has failed
    /// when this is 0.
    pub(super) live_parts: u32,
    /// Whether an attempt of this try died unanswered on a reused connection; the next try then uses a new connection.
    pub(super) died_unanswered: bool,
    /// The longest `Retry-After` of any response to this try.
    pub(super) retry_after: Option<Duration>,
    /// When the first attempt was due.
    pub(super) due: Duration,
    /// Attempts started in all phases.
    pub(super) attempts: u32,
    /// The attempt whose flag is being staged (stored under a temporary name), and when it ended.
    pub(super) staging: Option<(AttemptId, Duration)>,
    /// The attempts in flight that are not superseded: rarely more than a try and its hedge.
    pub(super) in_flight: SmallVec<[AttemptId; 2]>,
}

impl DownloadState {
    pub(super) fn new(request: SourceRequest) -> DownloadState {
        DownloadState {
            index: usize::try_from(request.number).expect("a position in the workload fits memory"),
            target: request.target,
            user: request.user,
            rendered: request.rendered,
            tries: 1,
            live_parts: 1,
            ..DownloadState::default()
        }
    }

    /// Starts the next try of this phase.
    pub(super) fn start_retry(&mut self) {
        self.generation += 1;
        self.tries += 1;
        self.live_parts = 1;
        self.died_unanswered = false;
        self.retry_after = None;
    }

    /// Ends the phase; returns its attempts that are still in flight.
    pub(super) fn end_phase(&mut self) -> Vec<AttemptId> {
        self.generation += 1;
        self.live_parts = 0;
        self.died_unanswered = false;
        self.retry_after = None;
        std::mem::take(&mut self.in_flight).into_vec()
    }

    /// Starts the first try of the metadata.
    pub(super) fn start_metadata(&mut self) {
        self.names_file = true;
        self.tries = 1;
        self.live_parts = 1;
    }
}
