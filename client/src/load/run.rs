//! A load run: its settings, and the event loops that carry it out.

use super::distinct_messages::DistinctMessages;
use super::{control::LoadControl, run_end::LoadRunEnd};
use crate::execution::event_loop::affinity::{cores_for, pin_to};
use crate::execution::event_loop::attempt_loop::AttemptLoop;
use crate::execution::event_loop::loop_sink::LoopSink;
use crate::execution::event_loop::run::start_runtime;
use crate::execution::event_loop::steering::LoopLimits;
use crate::execution::run_state::RunState;
use crate::execution::worker::run_on_threads;
use crate::lock::lock;
use crate::scheduler::{AttemptScheduler, UnfinishedRequest};
use crate::transport::{RequestTemplate, RunClock, TransportKind};
use crate::{
    BODY_LIMIT, DownloadSpec, Endpoint, LoadTarget, Policy, RecordSink, RequestSource, Run,
    RunError, Share, Workload,
};
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, Resource};
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;

/// The size of the stack of a loop's thread, in bytes: that of the standard library.
const STACK_SIZE: usize = 2 << 20;

/// The threads of the loops start within this time before the start of the run.
const START_UP: Duration = Duration::from_millis(20);

/// A connection whose last response is this recent is used without asking the kernel whether the server has closed it, which
/// takes a system call: a server that closes connections unannounced would mostly do it later than the question.
const TRUSTED_IDLE_TIME: Duration = Duration::from_millis(1);

/// After this many tasks an event loop looks for what has arrived and for the next request to start. tokio's default of 61
/// makes arrivals late by as many responses.
const EVENT_INTERVAL: u32 = 16;

/// A load run: a source says when which of its targets is requested.
pub struct LoadRun<'a> {
    targets: &'a [LoadTarget],
    endpoints: &'a [Endpoint],
    policy: Policy,
    transport: TransportKind,
    body_limit: usize,
    source: &'a (dyn Fn(Share) -> Box<dyn RequestSource> + Sync),
    share: Share,
    connections: usize,
    loops: usize,
    start: Option<Instant>,
    duration: Option<Duration>,
    grace: Duration,
    control: LoadControl,
    uses_tokio_timer: bool,
    captures: bool,
}

impl<'a> LoadRun<'a> {
    /// A run with one connection, the default policy, one event loop per core, and no limit on its duration. Targets and requests
    /// refer to endpoints and targets by their index. `source` makes the source of one event loop, which has the requests of
    /// its [`Share`].
    ///
    /// # Panics
    /// When it is [carried out](LoadRun::run), if an index is out of range.
    pub fn new(
        targets: &'a [LoadTarget],
        endpoints: &'a [Endpoint],
        source: &'a (dyn Fn(Share) -> Box<dyn RequestSource> + Sync),
    ) -> LoadRun<'a> {
        LoadRun {
            targets,
            endpoints,
            policy: Policy::default(),
            transport: TransportKind::default(),
            body_limit: BODY_LIMIT,
            source,
            share: Share::WHOLE,
            connections: 1,
            start: None,
            loops: available_parallelism().map_or(1, NonZero::get),
            duration: None,
            grace: Duration::ZERO,
            control: LoadControl::new(),
            uses_tokio_timer: false,
            captures: false,
        }
    }

    /// The share of this process in the requests of a run of several processes; the source of a loop gets its part of it.
    pub fn share(self, share: Share) -> LoadRun<'a> {
        LoadRun { share, ..self }
    }

    /// The most requests in flight, at least 1. Requests that are due beyond it wait.
    pub fn connections(self, connections: usize) -> LoadRun<'a> {
        let connections = connections.max(1);
        LoadRun {
            connections,
            ..self
        }
    }

    /// The number of event loops, each on a thread; at least 1, at most one for each connection.
    pub fn loops(self, loops: usize) -> LoadRun<'a> {
        LoadRun { loops, ..self }
    }

    /// Timeouts, retries, hedging, redirects and connection reuse.
    pub fn policy(self, policy: Policy) -> LoadRun<'a> {
        LoadRun { policy, ..self }
    }

    /// Who speaks HTTP.
    pub fn transport(self, transport: TransportKind) -> LoadRun<'a> {
        LoadRun { transport, ..self }
    }

    /// The largest body that is accepted, in bytes.
    pub fn body_limit(self, body_limit: usize) -> LoadRun<'a> {
        LoadRun { body_limit, ..self }
    }

    /// Starts the run at this instant, or at once if that has passed when everything is prepared.
    pub fn start_at(self, start: Instant) -> LoadRun<'a> {
        LoadRun {
            start: Some(start),
            ..self
        }
    }

    /// When the last request arrives, from the start of the run. The run ends when all requests have ended, at the latest after
    /// the grace period; requests that are unfinished then are cancelled.
    pub fn duration(self, duration: Duration) -> LoadRun<'a> {
        LoadRun {
            duration: Some(duration),
            ..self
        }
    }

    /// How long requests may take after the last arrival, if the run has a duration or is stopped.
    pub fn grace(self, grace: Duration) -> LoadRun<'a> {
        LoadRun { grace, ..self }
    }

    /// Whether the source gets the complete responses to its requests, which a scenario needs.
    pub fn captures(self, captures: bool) -> LoadRun<'a> {
        LoadRun { captures, ..self }
    }

    /// Waits for arrivals with tokio's timer, which rounds up to whole milliseconds, instead of the most precise one of the
    /// system: for benchmarks that compare the two.
    #[doc(hidden)]
    pub fn tokio_timer(self, uses_tokio_timer: bool) -> LoadRun<'a> {
        LoadRun {
            uses_tokio_timer,
            ..self
        }
    }

    /// Pauses and ends the run from other threads.
    pub fn control(mut self, control: &LoadControl) -> LoadRun<'a> {
        self.control = control.clone();
        self
    }

    /// Carries out the run, and blocks until it has ended. `sinks` makes the sink of an event loop, from 0, in its thread.
    ///
    /// # Errors
    /// If the system refuses a thread or what an event loop needs.
    pub fn run(
        &self,
        sinks: &(dyn Fn(usize) -> Box<dyn RecordSink> + Sync),
    ) -> Result<LoadRunEnd, RunError> {
        // The child token cancels the other loops if one fails, and not the token of the caller.
        let distinct = DistinctMessages::new(self.targets);
        let workload = self.workload(&distinct);
        let mut run = Run::new(&workload, &self.endpoints[0])
            .policy(self.policy.clone())
            .transport(self.transport)
            .body_limit(self.body_limit);
        run.cancel = self.control.cancel.child_token();
        let run = &run;
        let delay = (self.start).map(|start| start.saturating_duration_since(Instant::now()));
        let clock = RunClock::start_after(delay.unwrap_or_default().max(START_UP));
        let template = Arc::new(self.template(run, distinct, clock)?);
        let (states, loops) = self.event_loops(run, &template)?;
        self.control.set_started(clock, loops.clone());
        let cores = cores_for(loops.len());
        let ended = run_on_threads(run, loops.len(), ("event-loop", STACK_SIZE), |index| {
            if let Some(cores) = &cores {
                pin_to(cores[index]);
            }
            let mut builder = Builder::new_current_thread();
            let runtime = start_runtime(builder.event_interval(EVENT_INTERVAL))?;
            let event_loop = &loops[index];
            *lock(&event_loop.sink) = LoopSink::Records(sinks(index));
            event_loop.block_on_steered(&runtime, run, Some(self.limits()))?;
            Ok(Box::new(end_loop(event_loop)))
        });
        let mut end: LoadRunEnd = ended?;
        add_counts(&mut end, &states);
        Ok(end)
    }

    /// The targets as downloads, each with a message.
    fn workload(&self, distinct: &DistinctMessages<'_>) -> Workload {
        let downloads = distinct.of_targets.iter().zip(self.targets);
        let downloads = downloads.map(|(message, target)| DownloadSpec {
            message: Some(*message),
            ..DownloadSpec::new(Resource::Path(target.path))
        });
        let messages = distinct.messages.iter().map(|one| one.message.clone());
        Workload {
            downloads: downloads.collect(),
            messages: messages.collect(),
        }
    }

    fn template(
        &self,
        run: &Run<'_>,
        distinct: DistinctMessages<'_>,
        clock: RunClock,
    ) -> Result<RequestTemplate, RunError> {
        let messages = distinct.messages;
        let mut config = run.transport_config();
        config.captures_fields = self.captures;
        config.trusted_idle_time = TRUSTED_IDLE_TIME;
        let cancel = run.cancel.clone();
        let template = RequestTemplate::new(config, self.endpoints, messages, None, cancel, clock);
        template.map_err(RunError::Name)
    }

    fn limits(&self) -> LoopLimits {
        LoopLimits {
            steering: self.control.subscribe(),
            user_changes: self.control.user_changes.clone(),
            duration: self.duration,
            grace: self.grace,
            uses_tokio_timer: self.uses_tokio_timer,
        }
    }

    /// The event loops, and their states: one each, or one for all if the policy counts over all requests.
    fn event_loops(
        &self,
        run: &Run<'_>,
        template: &Arc<RequestTemplate>,
    ) -> Result<StatesAndLoops, RunError> {
        let count = self.loops.clamp(1, self.connections);
        let new_state = |share: Share, connections| {
            let source = (self.source)(share);
            let scheduler =
                AttemptScheduler::with_source(source, run.workload, &run.policy, connections);
            Arc::new(RunState::new(run, template.clone(), scheduler))
        };
        let parts = Share::WHOLE.divided(count);
        let parts: Vec<_> = parts
            .map(|loop_share| loop_share.part_of(self.connections))
            .collect();
        if run.policy.counts_over_all_requests() {
            let state = new_state(self.share, self.connections);
            let loops = AttemptLoop::for_shares(run, &state, &parts)?;
            return Ok((vec![state], loops));
        }
        let (mut states, mut loops) = (Vec::new(), Vec::new());
        for (share, part) in self.share.divided(count).zip(parts) {
            let state = new_state(share, part);
            loops.extend(AttemptLoop::for_shares(run, &state, &[part])?);
            states.push(state);
        }
        Ok((states, loops))
    }
}

type StatesAndLoops = (Vec<Arc<RunState>>, Vec<Arc<AttemptLoop>>);

/// Reports the requests that were not sent any more, and that the loop has ended.
fn end_loop(event_loop: &AttemptLoop) -> LoadRunEnd {
    let mut sink = lock(&event_loop.sink);
    let LoopSink::Records(sink) = &mut *sink else {
        unreachable!("the sink of a load run was set before");
    };
    let state = &event_loop.run_state;
    let now = state.template.clock.now();
    let mut end = LoadRunEnd {
        elapsed: now,
        ..LoadRunEnd::default()
    };
    state.scheduler().drain_unfinished(now, |request| {
        end.unsent += u64::from(request.attempts == 0);
        sink.record(&unsent_record(request, now));
    });
    sink.finish();
    end
}

/// Adds what the schedulers have counted.
fn add_counts(end: &mut LoadRunEnd, states: &[Arc<RunState>]) {
    for state in states {
        let scheduler = state.scheduler();
        let meter = scheduler.in_flight_meter();
        end.in_flight_area += meter.area();
        end.max_in_flight += meter.max();
        end.in_flight.push((meter.area(), meter.max()));
        end.paused = end.paused.max(scheduler.source_clock().paused(end.elapsed));
        end.circuit_openings += scheduler.circuit_openings();
        if let Some(iterations) = scheduler.iterations() {
            end.iterations.get_or_insert_default().add(iterations);
        }
    }
}

/// The record of a request of which no further attempt was made.
fn unsent_record(request: UnfinishedRequest, now: Duration) -> AttemptRecord {
    let mut record = AttemptRecord::new(request.resource, Outcome::Unsent);
    record.download = request.index + 1;
    record.attempt = request.attempts + 1;
    if request.attempts > 0 {
        record.kind = AttemptKind::Retry;
    }
    (record.due, record.first_due) = (request.due, request.due);
    (record.started, record.sent, record.done) = (now, now, now);
    record
}
