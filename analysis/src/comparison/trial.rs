//! A trial, which is one run of one strategy in one round, and its figures in a result.

#[cfg(test)]
mod tests;

use super::figures::ResourceUsage;
use super::program_trial::ProgramTrial;
use crate::bound::BoundTerms;
use crate::stats::median::lower_median;
use crate::validity::{Lateness, LostTime, LostWall, Stall};
use flagpole_protocol::{AttemptRecord, Ledger, MeasuredRun, ServerTiming, as_micros};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// One run of one strategy in one round.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The round, from 1.
    pub round: usize,
    /// The position in the order of the round, from 1.
    pub position: usize,
    /// The measured run.
    pub measured: MeasuredRun,
    /// The resources that the client's process used.
    pub resource_usage: ResourceUsage,
    /// What client and server did not get from the machine.
    pub lost: LostTime,
    /// The terms of the lower bound; `None` without a bound.
    pub terms: Option<BoundTerms>,
    /// The server's ledger of this run; `None` for an external server.
    pub server: Option<ServerSummary>,
    /// What only a program has; `None` for a strategy.
    pub program: Option<ProgramTrial>,
}

impl Trial {
    /// The lateness in the ledger of flagpole's own server, or that an external server reports; `None` if no response was
    /// delayed or the server does not report it.
    pub fn lateness(&self) -> Option<Lateness> {
        let records = &self.measured.records;
        let Some(server) = &self.server else {
            return Lateness::from_records(records);
        };
        let micros = |us: f64| Duration::try_from_secs_f64(us / 1e6).ok();
        let (p50, p99) = (
            micros(server.lateness_p50_us)?,
            micros(server.lateness_p99_us)?,
        );
        Lateness::from_ledger(p50, p99, records).filter(|_| server.delayed > 0)
    }

    /// How the machine stalled during the trial, so that its round must be repeated; `None` if it did not. Neither the
    /// wall time nor errors decide: that would select results.
    pub fn stall(&self) -> Option<Stall> {
        Stall::find(self.lateness(), self.lost_wall())
    }

    /// What was lost of the wall time; `None` if the system does not report it. Of a program it is only known whether the
    /// machine stopped.
    pub(crate) fn lost_wall(&self) -> Option<LostWall> {
        let wall = self.measured.wall;
        match self.program {
            Some(_) => LostWall::of_stops(&self.lost, wall),
            None => LostWall::from_trial(&self.lost, wall),
        }
    }

    /// The CPU time of the client while it made requests. A program also takes CPU time to start and to end; that time is
    /// taken to be busy with one thread, and is left out.
    pub(crate) fn cpu_us(&self) -> u64 {
        let cpu_us = self.resource_usage.cpu_us();
        let Some(program) = &self.program else {
            return cpu_us;
        };
        let beside = program.process.saturating_sub(self.measured.wall);
        cpu_us.saturating_sub(as_micros(beside))
    }

    /// The lower bound divided by the wall time, 0 to 1; `None` without a bound and without delays.
    pub fn efficiency(&self) -> Option<f64> {
        let (bound, wall) = (self.terms?.total(), self.measured.wall);
        (!wall.is_zero() && !bound.is_zero()).then(|| bound.as_secs_f64() / wall.as_secs_f64())
    }

    pub(super) fn bound_us(&self) -> Option<u64> {
        self.terms.map(|terms| as_micros(terms.total()))
    }
}

/// Notes in the trials of a strategy how long its threads and the server wait for a processor in all of them: as long as in
/// the trial in which they waited least.
pub fn set_usual_waits<'a>(trials: impl Iterator<Item = &'a mut Trial>) {
    let mut trials: Vec<_> = trials.collect();
    let least = |share: fn(&Trial) -> Option<f64>| {
        let shares = trials.iter().filter_map(|trial| share(trial));
        shares.min_by(f64::total_cmp)
    };
    let of_threads = least(|trial| {
        let thread_time = trial.lost.thread_time_us.filter(|us| *us > 0)?;
        Some(trial.lost.run_queue_us? as f64 / thread_time as f64)
    });
    let of_server = least(|trial| {
        let wall = trial.measured.wall.as_secs_f64();
        Some(trial.lost.server_run_queue_us? as f64 / 1e6 / wall).filter(|share| share.is_finite())
    });
    for trial in &mut trials {
        let time = |share: Option<f64>, of: Duration| Some(as_micros(of.mul_f64(share?)));
        let thread_time = Duration::from_micros(trial.lost.thread_time_us.unwrap_or(0));
        trial.lost.usual_run_queue_us = time(of_threads, thread_time);
        trial.lost.usual_server_run_queue_us = time(of_server, trial.measured.wall);
    }
}

/// The trial with the median wall time.
pub fn median_trial(trials: &[Trial]) -> Option<&Trial> {
    lower_median(trials, |one, other| {
        one.measured.wall.cmp(&other.measured.wall)
    })
}

/// The server's ledger of all rounds, with the warm-up round.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerSummary {
    /// Requests whose head was parsed.
    pub requests: u64,
    /// Responses written to their last byte.
    #[serde(default)]
    pub completed: u64,
    /// Responses that ended before their last byte because the client left: it cancels a request by a reset.
    #[serde(default)]
    pub aborted: u64,
    /// Responses that ended before their last byte because of a fault.
    #[serde(default)]
    pub ended_by_fault: u64,
    /// Responses that ended before their last byte because the server stopped.
    #[serde(default)]
    pub ended_by_stop: u64,
    /// Responses that ended before their last byte because the client did not read them in time.
    #[serde(default)]
    pub timed_out: u64,
    /// Started responses by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Delayed responses.
    pub delayed: u64,
    /// The median lateness of delayed responses.
    pub lateness_p50_us: f64,
    /// The 99th percentile of the lateness of delayed responses.
    pub lateness_p99_us: f64,
    /// Responses sent before they were due.
    #[serde(rename = "early")]
    pub early_responses: u64,
    /// The highest number of requests in service, with a concurrency limit.
    pub peak_concurrency: u64,
    /// The CPU time of the server's process, user and system.
    #[serde(default)]
    pub cpu_us: u64,
    /// How long the busiest thread of the server's process could run and waited for a processor; null if the system does
    /// not report it.
    #[serde(default)]
    pub run_queue_us: Option<u64>,
}

impl ServerSummary {
    /// The summary of a ledger, with the CPU time that the server used for it, and how long its busiest thread waited for
    /// a processor.
    pub fn new(ledger: &Ledger, cpu_us: u64, run_queue_us: Option<u64>) -> ServerSummary {
        let lateness_us = |quantile| {
            let lateness = ledger.lateness.quantile(quantile).unwrap_or_default();
            as_micros(lateness) as f64
        };
        ServerSummary {
            requests: ledger.requests,
            completed: ledger.completed,
            aborted: ledger.aborted,
            ended_by_fault: ledger.ended_by_fault,
            ended_by_stop: ledger.ended_by_stop,
            timed_out: ledger.timed_out,
            by_status: ledger.by_status.clone(),
            delayed: ledger.lateness.count(),
            lateness_p50_us: lateness_us(0.5),
            lateness_p99_us: lateness_us(0.99),
            early_responses: ledger.early_responses,
            peak_concurrency: ledger.peak_concurrency,
            cpu_us,
            run_queue_us,
        }
    }
}

/// The result of one trial: one strategy in one round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct RoundResult {
    /// The round, from 1.
    pub round: usize,
    /// The position of the strategy in the order of the round, from 1.
    pub position: usize,
    /// The wall time.
    pub wall_us: u64,
    /// The lower bound; null if the planned delays are unknown.
    pub bound_us: Option<u64>,
    /// Downloads that succeeded.
    pub ok: u64,
    /// Downloads that ended with 404.
    pub not_found: u64,
    /// Downloads that failed.
    pub error: u64,
    /// The resources that the client's process used.
    pub resource_usage: ResourceUsage,
    /// The time in which client and server could have run and did not.
    #[serde(default)]
    pub lost: LostTime,
    /// The CPU time of the server's process during the trial; null for an external server.
    pub server_cpu_us: Option<u64>,
    /// The p99 lateness of delayed responses; null if no response was delayed, or if the server does not report it.
    pub lateness_p99_us: Option<f64>,
    /// The digest of the compared fates of the round: 16 digits; null if none can be compared.
    #[serde(default)]
    pub fates_digest: Option<String>,
    /// The digest of the compared bodies of the round: 16 digits; null if none can be compared.
    #[serde(default)]
    pub bodies_digest: Option<String>,
    /// The median lateness of delayed responses.
    #[serde(default)]
    pub lateness_p50_us: Option<f64>,
    /// The time of the whole process of a program; null for a strategy.
    #[serde(default)]
    pub process_us: Option<u64>,
    /// How the process of a program ended: `exit_0`, `timeout`; null for a strategy.
    #[serde(default)]
    pub exit: Option<String>,
    /// The 10th percentile of the planned delays above 0.
    #[serde(default)]
    pub delay_p10_us: Option<u64>,
    /// The mean of the planned delays above 0.
    #[serde(default)]
    pub delay_mean_us: Option<u64>,
}

impl From<&Trial> for RoundResult {
    fn from(trial: &Trial) -> RoundResult {
        let (stats, lateness) = (&trial.measured.stats, trial.lateness());
        let program = trial.program.as_ref();
        RoundResult {
            round: trial.round,
            position: trial.position,
            wall_us: as_micros(trial.measured.wall),
            bound_us: trial.bound_us(),
            ok: stats.ok,
            not_found: stats.not_found,
            error: stats.error,
            resource_usage: trial.resource_usage,
            lost: trial.lost,
            server_cpu_us: trial.server.as_ref().map(|server| server.cpu_us),
            fates_digest: None,
            bodies_digest: None,
            lateness_p99_us: lateness.map(|lateness| as_micros(lateness.p99) as f64),
            lateness_p50_us: lateness.map(|lateness| as_micros(lateness.p50) as f64),
            process_us: program.map(|program| as_micros(program.process)),
            exit: program.map(|program| program.exit.label()),
            delay_p10_us: lateness.map(|lateness| as_micros(lateness.short_delay)),
            delay_mean_us: lateness.map(|lateness| as_micros(lateness.mean_delay)),
        }
    }
}

/// One attempt. Points in time are microseconds from the start of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct AttemptView {
    /// The position of its download in the workload, from 1.
    pub download: usize,
    /// The number of this attempt among those of its download, from 1.
    pub attempt: u32,
    /// Why the attempt was made: `first`, `retry`, `hedge`, `redirect`, `metadata`.
    pub kind: String,
    /// The requested path.
    pub resource: String,
    /// The number of this request for the resource, from 1.
    pub n: u64,
    /// The worker that made the attempt, from 1; null if the strategy has no fixed workers.
    pub worker: Option<usize>,
    /// The backoff of the download before this attempt.
    pub backoff_us: u64,
    /// When the attempt was to start.
    pub due_us: u64,
    /// When the attempt had its concurrency slot and began: when connecting began, or else just before the request was sent.
    /// Null in results of earlier versions.
    #[serde(default)]
    pub started_us: Option<u64>,
    /// When the request was handed to an open connection; if no connection could be opened, when connecting began.
    pub sent_us: u64,
    /// Whether an earlier request had used the connection.
    #[serde(default)]
    pub reused_connection: bool,
    /// When the first byte of the response arrived.
    pub first_byte_us: Option<u64>,
    /// When the attempt ended.
    pub done_us: u64,
    /// The label of the outcome: `ok`, `http_500`.
    pub outcome: String,
    /// The status, if a head arrived.
    pub status: Option<u16>,
    /// Bytes of the body that arrived.
    pub bytes: u64,
    /// The digest of the body, 16 digits: the start of its SHA-256; null if it is incomplete.
    #[serde(default)]
    pub body_digest: Option<String>,
    /// The planned delay.
    pub planned_us: Option<u64>,
    /// The actual delay, the wait for a permit included, as the server reports it.
    pub actual_us: Option<u64>,
    /// The wait for a permit of the server's concurrency limit.
    pub queued_us: Option<u64>,
    /// The planned time from the end of the delay to the last byte of the head.
    pub paced_head_us: Option<u64>,
    /// The planned time from the last byte of the head to the last byte of the body.
    pub paced_us: Option<u64>,
    /// The planned pause of the connection after the last byte; 18446744073709551615 if it has no end.
    pub pause_after_us: Option<u64>,
    /// The injected fault.
    pub fault: Option<String>,
}

impl From<&AttemptRecord> for AttemptView {
    fn from(record: &AttemptRecord) -> AttemptView {
        let timing = record.timing.as_ref();
        let us = |time: fn(&ServerTiming) -> Duration| timing.map(|timing| as_micros(time(timing)));
        AttemptView {
            download: record.download,
            attempt: record.attempt,
            kind: record.kind.label().to_owned(),
            resource: record.resource.to_string(),
            n: record.request_number,
            worker: record.worker,
            backoff_us: as_micros(record.backoff),
            due_us: as_micros(record.due),
            started_us: Some(as_micros(record.started)),
            sent_us: as_micros(record.sent),
            reused_connection: record.reused_connection,
            first_byte_us: record.first_byte.map(as_micros),
            done_us: as_micros(record.done),
            outcome: record.outcome.label().into_owned(),
            status: record.status,
            bytes: record.bytes,
            body_digest: record.body_digest.map(|digest| digest.to_string()),
            planned_us: us(|timing| timing.planned),
            actual_us: us(|timing| timing.actual),
            queued_us: us(|timing| timing.queued),
            paced_head_us: us(|timing| timing.paced_head),
            paced_us: us(|timing| timing.paced),
            pause_after_us: us(|timing| timing.pause_after),
            fault: timing.and_then(|timing| timing.fault.clone()),
        }
    }
}
