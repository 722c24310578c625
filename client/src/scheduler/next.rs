//! Chooses and starts the next attempt.

use super::attempt_scheduler::AttemptScheduler;
use super::download_state::{DownloadPhase, DownloadState};
use super::in_flight::InFlight;
use super::ready_attempt::ReadyAttempt;
use super::types::{Action, AttemptId, AttemptSpec};
use flagpole_protocol::AttemptKind;
use std::time::Duration;

enum Ready {
    Now(ReadyAttempt),
    /// When the next attempt will be due; `None` if that depends on attempts in flight.
    At(Option<Duration>),
}

impl AttemptScheduler {
    /// The action at time `now`, counted from the start of the run.
    pub fn next(&mut self, now: Duration) -> Action {
        let is_exhausted = self.cursor == self.workload.len() && self.downloads.is_empty();
        if self.is_stopped || is_exhausted && self.in_flight.is_empty() {
            return Action::Finished;
        }
        if self.in_flight.len() >= self.concurrency {
            return Action::Blocked;
        }
        match self.take_ready(now) {
            Ready::Now(attempt) => Action::Start(self.start(attempt, now)),
            Ready::At(Some(until)) => Action::SleepUntil(until),
            Ready::At(None) => Action::Blocked,
        }
    }

    /// The attempt with the highest priority that is due, in the order of the [module](super).
    fn take_ready(&mut self, now: Duration) -> Ready {
        let hedge = self.next_hedge();
        if let Some((id, due)) = hedge
            && due <= now
        {
            return Ready::Now(self.hedge(id, due));
        }
        let downloads = &self.downloads;
        let is_current = |attempt: &ReadyAttempt| {
            let download = downloads.get(attempt.download_key);
            download.is_some_and(|download| {
                (download.index, download.generation) == (attempt.index, attempt.generation)
            })
        };
        if let Some(attempt) = self.queue.pop_ready(now, is_current) {
            return Ready::Now(attempt);
        }
        let first = self.workload.get(self.cursor);
        let first_due = first.map(|download| download.due.unwrap_or(now));
        let has_few_unnamed = self.queue.followup_count() < self.concurrency;
        if has_few_unnamed && first_due.is_some_and(|due| due <= now) {
            return Ready::Now(self.start_download());
        }
        if let Some(metadata) = self.queue.pop_followup() {
            return Ready::Now(metadata);
        }
        let times = [
            hedge.map(|(_, due)| due),
            self.queue.next_retry_at(),
            first_due,
        ];
        Ready::At(times.into_iter().flatten().min())
    }

    /// The first try of the next download.
    fn start_download(&mut self) -> ReadyAttempt {
        let index = self.cursor;
        self.cursor += 1;
        let key = self.downloads.insert(DownloadState::new(index));
        ReadyAttempt {
            due: self.workload[index].due,
            ..self.current_try(key, AttemptKind::First)
        }
    }

    /// The attempt for the current try of a download.
    pub(super) fn current_try(&self, download_key: usize, kind: AttemptKind) -> ReadyAttempt {
        let download = &self.downloads[download_key];
        let tries = u64::from(self.policy.retry.max_attempts());
        // The numbers per download, `W` in the documentation of the module.
        let width = tries * (1 + u64::from(self.hedging.is_some()));
        let spec = &self.workload[download.index];
        ReadyAttempt {
            index: download.index,
            download_key,
            generation: download.generation,
            kind,
            resource: download.resource(spec),
            request_number: (spec.request_number - 1) * width + u64::from(download.tries),
            path: None,
            unconditional: false,
            hops: 0,
            due: None,
            backoff: Duration::ZERO,
        }
    }

    /// Gives an attempt a concurrency slot.
    fn start(&mut self, attempt: ReadyAttempt, now: Duration) -> AttemptSpec {
        let entry = self.in_flight.vacant_entry();
        let id = AttemptId {
            serial: self.started,
            in_flight_key: entry.key(),
            download_key: attempt.download_key,
        };
        self.started += 1;
        let download = self.downloads.get_mut(attempt.download_key);
        let download = download.expect("only attempts of unfinished downloads are ready");
        download.in_flight.push(id);
        download.attempts += 1;
        if let (AttemptKind::First | AttemptKind::Metadata, Some(budget)) =
            (attempt.kind, &mut self.retry_budget)
        {
            budget.deposit();
        }
        if let Some(hedging) = &mut self.hedging {
            hedging.on_start(id, attempt.kind);
        }
        let spec = AttemptSpec {
            id,
            download: attempt.index + 1,
            attempt: download.attempts,
            kind: attempt.kind,
            resource: attempt.resource,
            request_number: attempt.request_number,
            path: attempt.path.clone(),
            due: attempt.due.unwrap_or(now),
            backoff: attempt.backoff,
            names_file: download.phase == DownloadPhase::Metadata,
            unconditional: attempt.unconditional,
        };
        entry.insert(InFlight {
            serial: id.serial,
            attempt,
            started: now,
            is_hedged: false,
            is_superseded: false,
            has_ended: false,
            retry: None,
        });
        spec
    }
}
