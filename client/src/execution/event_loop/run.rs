//! The main task of an event loop: starts a task for each attempt that is due and has a slot.

use super::attempt_loop::AttemptLoop;
use super::task::run_task;
use crate::run::Run;
use crate::scheduler::Action;
use flagpole_protocol::{AttemptRecord, RunStats};
use std::future::pending;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

/// The capacity of the channel of records to the main task. Tasks wait while the channel is full.
const RECORDS: usize = 256;

/// A callback for every record, which may return a new concurrency.
pub(crate) type RecordObserver<'a> = &'a mut dyn FnMut(&AttemptRecord) -> Option<usize>;

impl AttemptLoop {
    /// Makes attempts until the scheduler has no more or the run is cancelled; then waits for those in flight.
    pub(crate) async fn run(
        self: Arc<AttemptLoop>,
        run: &Run<'_>,
        mut observer: Option<RecordObserver<'_>>,
    ) -> RunStats {
        let is_observed = run.on_record.is_some() || observer.is_some();
        let mut observe = |record: &AttemptRecord| {
            run.report(record);
            let concurrency = observer.as_mut().and_then(|observer| observer(record));
            if let Some(concurrency) = concurrency {
                self.run_state.scheduler().set_concurrency(concurrency);
            }
        };
        let mut tasks = JoinSet::new();
        let (sender, mut records) = mpsc::channel(RECORDS);
        let mut batch = Vec::new();
        loop {
            if self.cancel.is_cancelled() {
                self.run_state.scheduler().stop();
                break;
            }
            let until = match self.next() {
                Action::Start(spec) => {
                    self.in_flight.fetch_add(1, SeqCst);
                    let sender = is_observed.then(|| sender.clone());
                    tasks.spawn(run_task(self.clone(), spec, sender));
                    self.notifier.notify_other_idle(self.index);
                    continue;
                }
                Action::Finished => break,
                Action::SleepUntil(until) => Some(until),
                Action::Blocked => None,
            };
            tokio::select! {
                biased;
                _ = records.recv_many(&mut batch, RECORDS) => {
                    batch.drain(..).for_each(|record| observe(&record));
                    self.notifier.notify_other_idle(self.index);
                }
                Some(ended) = tasks.join_next() => propagate_panic(ended),
                () = self.notifier.notified(self.index) => {}
                () = self.sleep_until(until) => {}
                () = self.cancel.cancelled() => {}
            }
        }
        self.notifier.notify_other_idle(self.index);
        drop(sender);
        while let Some(record) = records.recv().await {
            observe(&record);
        }
        while let Some(ended) = tasks.join_next().await {
            propagate_panic(ended);
        }
        std::mem::take(&mut self.stats())
    }

    /// Waits until a time of the run's clock; `None` waits forever.
    async fn sleep_until(&self, until: Option<Duration>) {
        match until {
            Some(until) => {
                let wait = until.saturating_sub(self.run_state.template.clock.now());
                tokio::time::sleep(wait).await;
            }
            None => pending().await,
        }
    }
}

fn propagate_panic(task: Result<(), JoinError>) {
    task.unwrap_or_else(|failed| resume_unwind(failed.into_panic()));
}
