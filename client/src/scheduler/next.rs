//! Chooses and starts the next attempt.

use super::attempt::{Action, AttemptId, AttemptPlan, AttemptSpec, InFlight};
use super::attempt_scheduler::{AttemptScheduler, DownloadState};
use crate::{SourceAction, SourceRequest};
use flagpole_protocol::{AttemptKind, Resource};
use std::time::Duration;

/// Why no attempt is ready.
enum NoneReady {
    /// The next one is due at this time.
    Until(Duration),
    /// That depends on attempts in flight, or on the end of a pause.
    Blocked,
    /// There are no further requests, except those that follow from attempts in flight.
    Exhausted,
}

impl AttemptScheduler {
    /// The action at time `now`, counted from the start of the run.
    pub(crate) fn next(&mut self, now: Duration) -> Action {
        if self.is_over(now) {
            return Action::Finished;
        }
        if self.in_flight.len() >= self.concurrency {
            return Action::Blocked;
        }
        match self.take_ready(now) {
            Ok(plan) => Action::Start(self.start(plan, now)),
            Err(NoneReady::Until(until)) => {
                Action::SleepUntil(self.policy.max_time.map_or(until, |end| until.min(end)))
            }
            Err(NoneReady::Exhausted) if self.downloads.is_empty() && self.in_flight.is_empty() => {
                Action::Finished
            }
            Err(NoneReady::Exhausted | NoneReady::Blocked) => Action::Blocked,
        }
    }

    /// The attempt with the highest priority that is due, in the order of the [module](super).
    ///
    /// # Errors
    /// If none is due.
    fn take_ready(&mut self, now: Duration) -> Result<AttemptPlan, NoneReady> {
        let hedge = self.next_hedge();
        if let Some((id, due)) = hedge
            && due <= now
        {
            return Ok(self.hedge(id, due));
        }
        let retry_due = self.retries.first_key_value().map(|((due, _), _)| *due);
        if retry_due.is_some_and(|due| due <= now)
            && let Some((_, retry)) = self.retries.pop_first()
        {
            return Ok(retry);
        }
        // Retries are always current; a hop may belong to a try that its hedge has ended.
        while let Some(plan) = self.immediate.pop_front() {
            if self.is_current(&plan) {
                return Ok(plan);
            }
        }
        let has_few_unnamed = self.followups.len() < self.concurrency;
        let action = has_few_unnamed.then(|| self.next_of_source(now));
        if let Some(SourceAction::Start(request)) = action {
            return Ok(self.start_download(request));
        }
        if let Some(metadata) = self.followups.pop_front() {
            return Ok(metadata);
        }
        let first_due = match action {
            Some(SourceAction::SleepUntil(due)) => Some(self.source_clock.run_time(due)),
            _ => None,
        };
        let times = [hedge.map(|(_, due)| due), retry_due, first_due];
        Err(match times.into_iter().flatten().min() {
            Some(until) => NoneReady::Until(until),
            None if action == Some(SourceAction::Finished) => NoneReady::Exhausted,
            None => NoneReady::Blocked,
        })
    }

    /// What the source has now; nothing during a pause, or when the source is closed.
    fn next_of_source(&mut self, now: Duration) -> SourceAction {
        if self.is_source_closed {
            return SourceAction::Finished;
        }
        match self.source_clock.source_time(now) {
            Some(time) => self.source.next(time),
            None => SourceAction::Blocked,
        }
    }

    fn is_current(&self, plan: &AttemptPlan) -> bool {
        let download = self.downloads.get(plan.download_key);
        download.is_some_and(|download| {
            (download.index, download.generation) == (plan.index, plan.generation)
        })
    }

    /// The attempt whose hedge is due first, and when the hedge is due.
    fn next_hedge(&mut self) -> Option<(AttemptId, Duration)> {
        let in_flight = &self.in_flight;
        let is_candidate = |id: &AttemptId| {
            let attempt = in_flight.get(id.in_flight_key);
            attempt.is_some_and(|a| {
                let is_same = a.serial == id.serial && !a.is_superseded && a.ended.is_none();
                is_same && a.plan.may_repeat && !a.plan.is_hedged
            })
        };
        let (id, delay) = self.hedging.as_mut()?.first_candidate(is_candidate)?;
        let started = self.in_flight[id.in_flight_key].started;
        Some((id, started.saturating_add(delay)))
    }

    /// The hedge of an attempt in flight.
    fn hedge(&mut self, id: AttemptId, due: Duration) -> AttemptPlan {
        let hedged = &mut self.in_flight[id.in_flight_key];
        hedged.plan.is_hedged = true;
        self.downloads[id.download_key].live_parts += 1;
        let tries = u64::from(self.policy.max_attempts());
        AttemptPlan {
            request_number: hedged.plan.request_number + tries,
            ..hedged.plan.repeated(AttemptKind::Hedge, due)
        }
    }

    /// The first try of the next download.
    fn start_download(&mut self, request: SourceRequest) -> AttemptPlan {
        let due = request.due.map(|due| self.source_clock.run_time(due));
        let key = self.downloads.insert(DownloadState::new(request));
        AttemptPlan {
            due,
            ..self.plan(key, AttemptKind::First)
        }
    }

    /// The attempt for the current try of a download.
    pub(super) fn plan(&self, download_key: usize, kind: AttemptKind) -> AttemptPlan {
        let download = &self.downloads[download_key];
        let tries = u64::from(self.policy.max_attempts());
        // The numbers per download, `W` in the documentation of the module.
        let width = tries * (1 + u64::from(self.hedging.is_some()));
        let spec = &self.targets[download.target];
        AttemptPlan {
            index: download.index,
            download_key,
            generation: download.generation,
            kind,
            resource: match spec.resource.code() {
                Some(code) if download.names_file => Resource::Metadata(code),
                _ => spec.resource,
            },
            message: spec.message,
            as_get: false,
            request_number: (spec.request_number - 1) * width + u64::from(download.tries),
            path: None,
            rendered: download.rendered.clone(),
            hops: 0,
            names_file: download.names_file,
            unconditional: false,
            may_repeat: self.may_repeat(spec.message),
            is_hedged: false,
            fresh_connection: false,
            due: None,
            backoff: Duration::ZERO,
        }
    }

    /// Gives an attempt a concurrency slot. The first attempt of a download in a closed workload takes the slot that has
    /// been free for the longest time; other attempts, whose due times are their own, take the one that has been free for
    /// the shortest.
    fn start(&mut self, plan: AttemptPlan, now: Duration) -> AttemptSpec {
        let slot_free = self.free_slots.front().copied().unwrap_or(now);
        let due = match plan.due {
            Some(due) => {
                self.free_slots.pop_back();
                due
            }
            None => self.free_slots.pop_front().unwrap_or(now),
        };
        let ready = due.max(slot_free);
        let breaker = self.circuit_breaker.as_mut();
        let permit = breaker.map(|breaker| breaker.try_acquire(now));
        let is_rejected = permit == Some(None);
        let entry = self.in_flight.vacant_entry();
        let id = AttemptId {
            serial: self.started,
            in_flight_key: entry.key(),
            download_key: plan.download_key,
        };
        self.started += 1;
        self.in_flight_meter.on_start(now);
        // Only attempts of unfinished downloads are ready.
        let download = &mut self.downloads[plan.download_key];
        download.in_flight.push(id);
        if download.attempts == 0 {
            download.due = due;
        }
        download.attempts += 1;
        let (attempt, first_due) = (download.attempts, download.due);
        let is_first = matches!(plan.kind, AttemptKind::First | AttemptKind::Metadata);
        self.firsts += u64::from(is_first && !is_rejected);
        if let Some(hedging) = &mut self.hedging {
            hedging.on_start(id, plan.kind);
        }
        entry.insert(InFlight {
            serial: id.serial,
            plan: plan.clone(),
            started: now,
            permit: permit.flatten(),
            is_superseded: false,
            ended: None,
            retry: None,
        });
        AttemptSpec {
            id,
            attempt,
            due,
            first_due,
            ready,
            is_rejected,
            plan,
        }
    }
}
