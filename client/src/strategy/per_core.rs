//! `per-core`: an event loop a core, each with its own connections and its part of the lanes; they
//! share the agenda and nothing else, so that no task ever moves. Where there is a loop for every core, each
//! stays on its own: left to themselves, loops meet on one core now and then. What it costs is that a
//! connection of a busy loop cannot serve an idle one.

use super::Strategy;
use crate::execution::affinity::{allowed, stay_on};
use crate::execution::event_loop::{EventLoop as Tasks, saver};
use crate::execution::session::RunState;
use crate::run::{Run, RunError};
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::RunStats;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{Builder, available_parallelism, scope};
use tokio::runtime;

/// The strategy.
#[derive(Debug)]
pub struct PerCore;

impl Strategy for PerCore {
    fn name(&self) -> &'static str {
        "per-core"
    }

    fn about(&self) -> &'static str {
        "one pinned event loop per core; downloads are shared, connections are not"
    }

    /// As many as `threads`: it is for those for whom one core is not enough.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(30)
    }

    fn takes_any_transport(&self) -> bool {
        false
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        // A run of its own to cancel: when one loop fails, the others need not finish.
        let run = &run.clone().cancel(run.cancel.child_token());
        let lanes = run.concurrency.get();
        let session = Arc::new(RunState::start(run, lanes)?);
        let (most, saver) = (session.agenda().most_at_once(), saver(run)?);
        let cores = available_parallelism().map_or(1, NonZero::get);
        let shares: Vec<_> = shares(lanes, cores.min(most)).collect();
        let own = Some(allowed()).filter(|own| own.len() == shares.len());
        let loops = Tasks::each(&session, saver.as_ref(), &shares);
        let tally = scope(|scope| {
            let mut own = own.into_iter().flatten();
            let spawn = |tasks: &Arc<Tasks>| {
                let tasks = tasks.clone();
                let core = own.next();
                let thread = Builder::new().name("event-loop".into());
                let thread = thread.spawn_scoped(scope, move || turn(run, &tasks, core));
                thread
                    .map_err(RunError::Thread)
                    .inspect_err(|_| run.cancel.cancel())
            };
            let threads: Vec<_> = loops.iter().map(spawn).collect();
            let mut sum = Ok(RunStats::default());
            for thread in threads {
                let tally = thread
                    .and_then(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
                sum = sum.and_then(|sum: RunStats| Ok(sum.plus(&tally?)));
            }
            sum
        })?;
        Ok(session.close(run, tally))
    }
}

/// Runs one loop on the calling thread, which stays on this core if one is given.
fn turn(run: &Run<'_>, tasks: &Arc<Tasks>, core: Option<usize>) -> Result<RunStats, RunError> {
    core.into_iter().for_each(stay_on);
    // Until it has come to a good end: the others would wait for what it had in hand.
    let cancels = run.cancel.clone().drop_guard();
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(RunError::Runtime)?;
    let tally = runtime.block_on(tasks.clone().run(run, None));
    // They are registered with the runtime, which goes now.
    tasks.close_idle();
    cancels.disarm();
    Ok(tally)
}

/// So many lanes as evenly as can be over so many loops.
fn shares(lanes: usize, loops: usize) -> impl Iterator<Item = usize> {
    (0..loops).map(move |place| (lanes + loops - 1 - place) / loops)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_add_up_and_none_is_empty() {
        for (lanes, loops) in [(1, 1), (7, 2), (32, 3), (1000, 64), (5, 5)] {
            let shares: Vec<_> = shares(lanes, loops).collect();
            assert_eq!((shares.len(), shares.iter().sum()), (loops, lanes));
            assert!(shares.iter().all(|share| *share > 0));
        }
    }
}
