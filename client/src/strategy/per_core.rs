//! `per-core`: one event loop per core, each with its own connections and its share of the concurrency. The loops
//! share only the scheduler, so that no task moves between cores; but an idle loop cannot use a connection of a busy
//! loop.

use super::strategy_trait::Strategy;
use crate::execution::affinity;
use crate::execution::event_loop::attempt_loop::{AttemptLoop, disk_writer};
use crate::execution::event_loop::runtime::current_thread;
use crate::execution::run_state::RunState;
use crate::run::{Run, RunError};
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::RunStats;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{Builder, Scope, ScopedJoinHandle, available_parallelism, scope};

/// The strategy `per-core`.
#[derive(Debug)]
pub struct PerCore;

impl Strategy for PerCore {
    fn name(&self) -> &'static str {
        "per-core"
    }

    fn about(&self) -> &'static str {
        "one pinned event loop per core; each has its own connections, all share the downloads"
    }

    /// The same as for `threads`, which uses several cores too.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(30)
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        // A token of its own: if one loop fails, the others are cancelled.
        let run = &run.clone().cancel(run.cancel.child_token());
        let concurrency = run.concurrency.get();
        let run_state = Arc::new(RunState::start(run, concurrency)?);
        let max_in_flight = run_state.scheduler().max_in_flight();
        let cores = available_parallelism().map_or(1, NonZero::get);
        let shares: Vec<_> = shares(concurrency, cores.min(max_in_flight)).collect();
        let disk_writer = disk_writer(run)?;
        let loops = AttemptLoop::for_shares(&run_state, disk_writer.as_ref(), &shares);
        let stats = scope(|scope| {
            let threads: Vec<_> = loops
                .iter()
                .zip(cores_for(loops.len()))
                .map(|(attempts, core)| spawn(scope, run, attempts, core))
                .collect();
            // Every thread is joined, so that a panic of any thread is passed on.
            let stats: Vec<_> = threads.into_iter().map(join).collect();
            let mut stats = stats.into_iter();
            stats.try_fold(RunStats::default(), |sum, next| Ok(sum.plus(&next?)))
        })?;
        Ok(run_state.total_stats(run, stats))
    }
}

/// A core for each loop if there are as many loops as cores: the scheduler of the system sometimes puts two
/// loops on one core.
fn cores_for(loops: usize) -> impl Iterator<Item = Option<usize>> {
    let available = affinity::available();
    let is_one_each = available.len() == loops;
    (0..loops).map(move |index| is_one_each.then(|| available[index]))
}

type LoopThread<'s> = ScopedJoinHandle<'s, Result<RunStats, RunError>>;

fn spawn<'s, 'e>(
    scope: &'s Scope<'s, 'e>,
    run: &'e Run<'_>,
    attempts: &'e Arc<AttemptLoop>,
    core: Option<usize>,
) -> Result<LoopThread<'s>, RunError> {
    let builder = Builder::new().name("event-loop".into());
    let thread = builder.spawn_scoped(scope, move || run_loop(run, attempts, core));
    thread
        .map_err(RunError::Thread)
        .inspect_err(|_| run.cancel.cancel())
}

fn join(thread: Result<LoopThread<'_>, RunError>) -> Result<RunStats, RunError> {
    thread?.join().unwrap_or_else(|panic| resume_unwind(panic))
}

fn run_loop(
    run: &Run<'_>,
    attempts: &Arc<AttemptLoop>,
    core: Option<usize>,
) -> Result<RunStats, RunError> {
    if let Some(core) = core {
        affinity::pin_to(core);
    }
    // Cancels the run if this loop fails: the others would wait for its attempts to end.
    let cancel_on_failure = run.cancel.clone().drop_guard();
    let runtime = current_thread()?;
    let stats = runtime.block_on(attempts.clone().run(run, None));
    attempts.close_idle();
    cancel_on_failure.disarm();
    Ok(stats)
}

/// The concurrency, divided as evenly as possible.
fn shares(concurrency: usize, loops: usize) -> impl Iterator<Item = usize> {
    (0..loops).map(move |index| (concurrency + loops - 1 - index) / loops)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_none_is_zero() {
        for (concurrency, loops) in [(1, 1), (7, 2), (32, 3), (1000, 64), (5, 5)] {
            let shares: Vec<_> = shares(concurrency, loops).collect();
            assert_eq!((shares.len(), shares.iter().sum()), (loops, concurrency));
            assert!(shares.iter().all(|share| *share > 0));
        }
    }
}
