//! State shared by all workers of a run.

use crate::scheduler::{Action, AttemptId, AttemptPlan, AttemptScheduler};
use crate::storage::{verify::BodyVerifier, wasted_bytes::WastedBytes};
use crate::transport::{RequestTemplate, RunClock};
use crate::{DownloadDir, Run, RunError, StagedFile, lock::lock};
use flagpole_protocol::RunStats;
use http::Method;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

/// The downloads whose body has arrived, in a run that hedges and resumes. A partial body of another attempt may reach the
/// disk after the complete one, and is then removed.
pub(super) type ArrivedBodies = Mutex<FxHashSet<usize>>;

/// A run in progress.
#[derive(Debug)]
pub(crate) struct RunState {
    pub(crate) template: Arc<RequestTemplate>,
    /// No token may be cancelled while the scheduler is locked, because the cancellation may wake a task that locks
    /// the scheduler. Boxed, to keep memory that all cores write apart from memory that all cores only read.
    scheduler: Box<Mutex<AttemptScheduler>>,
    pub(super) verifier: BodyVerifier,
    /// Whether records have the digests of bodies.
    pub(super) digests_bodies: bool,
    /// A token that cancels a single attempt, for each attempt in flight; `None` unless the policy hedges.
    hedge_tokens: Option<Mutex<FxHashMap<AttemptId, CancellationToken>>>,
    /// Where bodies are saved; `None` if they are not.
    pub(super) folder: Option<DownloadDir>,
    /// Flags that wait for the names of their countries, by download; removed from the disk with the run.
    pub(super) staged: Mutex<FxHashMap<usize, StagedFile>>,
    pub(super) wasted: Mutex<WastedBytes>,
    /// `None` unless the run hedges and resumes.
    pub(super) arrived: Option<Arc<ArrivedBodies>>,
}

impl RunState {
    /// Starts the clock and prepares what all requests have in common. The run gets a child of the caller's token, so that it can
    /// [end early](RunState::stop) without cancelling the caller's token.
    pub(crate) fn start(run: &Run<'_>) -> Result<RunState, RunError> {
        let run = &run.with_child_token();
        let template = Arc::new(run.request_template(RunClock::start())?);
        let scheduler = AttemptScheduler::new(run.workload, &run.policy, run.concurrency.get());
        Ok(RunState::new(run, template, scheduler))
    }

    /// A run with this scheduler. The clock of the template has started, or starts soon.
    pub(crate) fn new(
        run: &Run<'_>,
        template: Arc<RequestTemplate>,
        scheduler: AttemptScheduler,
    ) -> RunState {
        RunState {
            scheduler: Box::new(Mutex::new(scheduler)),
            verifier: BodyVerifier::default(),
            digests_bodies: run.digests_bodies,
            hedge_tokens: run.policy.hedge.map(|_| Mutex::default()),
            folder: run.destination.cloned(),
            staged: Mutex::default(),
            wasted: Mutex::default(),
            arrived: (run.policy.hedge.is_some() && template.config.keep_partial_bodies)
                .then(Arc::default),
            template,
        }
    }

    /// Locks the scheduler. A panic that poisons the lock ends the run.
    pub(crate) fn scheduler(&self) -> MutexGuard<'_, AttemptScheduler> {
        lock(&self.scheduler)
    }

    /// Starts no further attempt and cancels those in flight.
    pub(super) fn stop(&self) {
        self.scheduler().stop();
        self.template.cancel.cancel();
    }

    /// Where bodies are saved.
    ///
    /// # Panics
    /// If they are not: only a run with a folder reads and changes files.
    pub(super) fn folder(&self) -> &DownloadDir {
        self.folder.as_ref().expect("the run has a folder")
    }

    /// The next action of a worker without an attempt.
    pub(crate) fn next(&self) -> Action {
        self.scheduler().next(self.template.clock.now())
    }

    /// Whether the local copy of a resource is looked up before this attempt.
    pub(super) fn resumes(&self, plan: &AttemptPlan) -> bool {
        let config = &self.template.config;
        config.keep_partial_bodies
            && !plan.names_file
            && !plan.unconditional
            && *self.method(plan) == Method::GET
    }

    /// The method of an attempt, which a redirect may have changed.
    pub(super) fn method(&self, plan: &AttemptPlan) -> &Method {
        if plan.as_get {
            &Method::GET
        } else {
            self.template.method(plan.message)
        }
    }

    /// A token that cancels this attempt alone, if the run hedges. `run_token` cancels the attempt too.
    pub(super) fn hedge_token(
        &self,
        id: AttemptId,
        run_token: &CancellationToken,
    ) -> Option<CancellationToken> {
        let tokens = self.hedge_tokens.as_ref()?;
        let token = run_token.child_token();
        lock(tokens).insert(id, token.clone());
        // Another attempt may have superseded this one before the token was registered.
        let is_superseded = self.scheduler().is_superseded(id);
        if is_superseded {
            token.cancel();
        }
        Some(token)
    }

    /// Removes the token of an ended attempt, and cancels the attempts that it superseded.
    pub(super) fn cancel_superseded(&self, ended: AttemptId, superseded: &[AttemptId]) {
        let Some(tokens) = &self.hedge_tokens else {
            return;
        };
        let mut tokens = lock(tokens);
        tokens.remove(&ended);
        let superseded: Vec<_> = superseded.iter().map(|id| tokens.remove(id)).collect();
        drop(tokens);
        superseded
            .iter()
            .flatten()
            .for_each(CancellationToken::cancel);
    }

    /// The statistics of the whole run, with what belongs to no attempt: the openings of the circuit breaker, and the
    /// downloads and the backoff that the end of the run cut off.
    pub(crate) fn total_stats(&self, run: &Run<'_>, stats: RunStats) -> RunStats {
        let now = self.template.clock.now();
        let scheduler = self.scheduler();
        let unfinished_backoff = scheduler.unfinished_backoff(now);
        let circuit_openings = scheduler.circuit_openings();
        drop(scheduler);
        let mut stats = stats.for_downloads(run.workload.downloads.len());
        stats.backoff += unfinished_backoff;
        stats.circuit_openings = circuit_openings;
        stats
    }
}
