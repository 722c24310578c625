//! Runs the scheduler against a scripted server and records what it did.

use crate::Workload;
use crate::policy::{AdaptiveLimit, Hedge, HedgeDelay, Policy, Retry};
use crate::scheduler::{
    Action, AttemptId, AttemptResult, AttemptScheduler, AttemptSpec, BodyAction, Disposition,
};
use flagpole_protocol::{AttemptKind, CountryCode, Outcome};
use std::{collections::BTreeMap, time::Duration};

pub(super) const MS: Duration = Duration::from_millis(1);

/// The result of an attempt, and how long it takes.
pub(super) type ScriptedServer<'a> = &'a dyn Fn(&AttemptSpec) -> (AttemptResult, Duration);

#[derive(Debug, Default)]
pub(super) struct Trace {
    /// In order of completion.
    pub(super) attempts: Vec<(AttemptSpec, Disposition)>,
    pub(super) started: BTreeMap<AttemptId, Duration>,
    pub(super) ended: BTreeMap<AttemptId, Duration>,
    /// When the circuit breaker opened, and how many attempts had started.
    pub(super) openings: Vec<(Duration, usize)>,
    pub(super) peak_in_flight: usize,
    pub(super) wall: Duration,
}

impl Trace {
    pub(super) fn outcomes(&self) -> Vec<Outcome> {
        let outcome = |(_, disposition): &(AttemptSpec, Disposition)| disposition.outcome.clone();
        self.attempts.iter().map(outcome).collect()
    }

    pub(super) fn count(&self, kind: AttemptKind) -> usize {
        let is_kind = |(spec, _): &&(AttemptSpec, Disposition)| spec.plan.kind == kind;
        self.attempts.iter().filter(is_kind).count()
    }
}

/// Does what a strategy does, without waiting. Cancelled attempts end at once.
pub(super) fn simulate(
    workload: &Workload,
    policy: &Policy,
    concurrency: usize,
    server: ScriptedServer<'_>,
) -> Trace {
    simulate_scheduler(AttemptScheduler::new(workload, policy, concurrency), server)
}

/// The same for an adaptive limit of at most `concurrency`.
pub(super) fn simulate_adaptive(
    workload: &Workload,
    concurrency: usize,
    server: ScriptedServer<'_>,
) -> Trace {
    let mut scheduler = AttemptScheduler::new(workload, &Policy::default(), concurrency);
    scheduler.set_limit(Box::new(AdaptiveLimit::new(concurrency)));
    simulate_scheduler(scheduler, server)
}

fn simulate_scheduler(mut scheduler: AttemptScheduler, server: ScriptedServer<'_>) -> Trace {
    let mut pending: BTreeMap<(Duration, AttemptId), (AttemptSpec, AttemptResult)> =
        BTreeMap::new();
    let (mut trace, mut now) = (Trace::default(), Duration::ZERO);
    for _ in 0..100_000 {
        let until = match scheduler.next(now) {
            Action::Start(spec) => {
                let (result, took) = if spec.is_rejected {
                    after(0, Outcome::CircuitOpen)
                } else {
                    server(&spec)
                };
                trace.started.insert(spec.id, now);
                pending.insert((now + took, spec.id), (spec, result));
                trace.peak_in_flight = trace.peak_in_flight.max(scheduler.in_flight.len());
                continue;
            }
            Action::Finished => {
                trace.wall = now;
                return trace;
            }
            Action::SleepUntil(until) => until,
            Action::Blocked => Duration::MAX,
        };
        let first = pending.first_key_value().map(|(key, _)| *key);
        let Some(key) = first.filter(|key| key.0 <= until) else {
            assert!(until < Duration::MAX, "blocked with nothing in flight");
            now = until;
            continue;
        };
        now = key.0;
        let (spec, result) = pending.remove(&key).unwrap();
        let service_time = now.saturating_sub(trace.started[&spec.id]);
        let disposition = scheduler.complete(
            spec.id,
            &AttemptResult {
                service_time,
                ..result
            },
            now,
        );
        trace.ended.insert(spec.id, now);
        if scheduler.circuit_openings() > trace.openings.len() as u64 {
            trace.openings.push((now, trace.started.len()));
        }
        for loser in &disposition.superseded {
            let key = *pending.keys().find(|key| key.1 == *loser).unwrap();
            let lost = pending.remove(&key).unwrap();
            pending.insert((now, *loser), lost);
        }
        scheduler.release_slot(spec.id);
        if disposition.body_action == BodyAction::Stage {
            scheduler.on_staged(spec.id, true);
        }
        trace.attempts.push((spec, disposition));
    }
    panic!("the run does not end");
}

/// The attempt that the scheduler starts now.
pub(super) fn start(scheduler: &mut AttemptScheduler, now: Duration) -> AttemptSpec {
    match scheduler.next(now) {
        Action::Start(spec) => spec,
        other => panic!("expected a start, got {other:?}"),
    }
}

/// An attempt that ends so after this many milliseconds.
pub(super) fn after(ms: u32, outcome: Outcome) -> (AttemptResult, Duration) {
    (result(outcome), ms * MS)
}

pub(super) fn result(outcome: Outcome) -> AttemptResult {
    AttemptResult {
        outcome,
        service_time: Duration::ZERO,
        redirect: None,
        redirects_to_get: false,
        conditions_failed: false,
        died_unanswered: false,
        retry_after: None,
        captured: None,
    }
}

/// A 503 with this `Retry-After`.
pub(super) fn busy(retry_after: Option<Duration>) -> AttemptResult {
    AttemptResult {
        retry_after,
        ..result(Outcome::Http(503))
    }
}

pub(super) fn flags(count: usize) -> Workload {
    Workload::flags(CountryCode::every().take(count))
}

pub(super) fn flags_with_metadata(count: usize) -> Workload {
    Workload::with_metadata(CountryCode::every().take(count))
}

pub(super) fn retrying(max_attempts: u32) -> Policy {
    let retry = Retry {
        max_attempts,
        ..Retry::default()
    };
    Policy {
        retry,
        ..Policy::default()
    }
}

pub(super) fn hedging(delay: Duration, max_ratio: f64) -> Policy {
    let hedge = Hedge {
        delay: HedgeDelay::Fixed(delay),
        max_ratio,
    };
    Policy {
        hedge: Some(hedge),
        ..Policy::default()
    }
}
