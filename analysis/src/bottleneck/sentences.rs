//! The figures that show a bottleneck, in a few words.

use super::decision::BottleneckKind;
use super::figures::RunFigures;
use super::waits::{queued, unreported_delay};
use crate::bound::connection_pauses::{opened_connections, pause_after};
use crate::human::{HumanDuration, plural};
use flagpole_protocol::{Rejection, ServerTiming};
use std::time::Duration;

impl RunFigures<'_> {
    /// The figures that show this bottleneck.
    pub(super) fn evidence(&self, kind: BottleneckKind) -> String {
        let bound = HumanDuration(self.bound);
        let (c, longest) = (self.run.concurrency, HumanDuration(self.longest_download));
        match kind {
            BottleneckKind::Latency | BottleneckKind::Concurrency
                if self.unreached_concurrency().is_some() =>
            {
                let asked = self.unreached_concurrency().unwrap_or(c);
                let most = plural(c, "request");
                format!(
                    "lower bound {bound}, at most {most} at once, although {asked} were asked for"
                )
            }
            BottleneckKind::UnaskedRequests => {
                let unasked = self.run.unasked.unwrap_or_default().count;
                let all = unasked + self.run.records.len() as u64;
                format!("{unasked} of {all}, lower bound {bound} without them")
            }
            BottleneckKind::Latency if c == 1 && self.run.records.len() > 1 => {
                format!("lower bound {bound} at 1, longest download {longest}")
            }
            BottleneckKind::Concurrency => {
                format!("lower bound {bound} at {c}, longest download {longest}")
            }
            BottleneckKind::Latency | BottleneckKind::Straggler => {
                let median = HumanDuration(self.median_download);
                format!("longest download {longest}, median {median}")
            }
            BottleneckKind::ServerConcurrencyLimit => self.concurrency_limit(),
            BottleneckKind::ServerRateLimit => self.rate_limit(),
            BottleneckKind::ServerBandwidth => {
                let bytes: u64 = self.run.records.iter().map(|record| record.bytes).sum();
                let bandwidth = self.run.limits.bytes_per_second.unwrap_or_default();
                format!("lower bound {bound} for {bytes} bytes at {bandwidth} bytes/s")
            }
            BottleneckKind::ConnectionPauses => self.connection_pauses(),
            BottleneckKind::Bandwidth => {
                let pacing = self.terms.map_or(0, |terms| terms.includes_pacing_us);
                let pacing = HumanDuration::from_micros(pacing);
                format!("slow bodies are {pacing} of the lower bound of {bound}")
            }
            BottleneckKind::SlowHead => {
                let pacing = self.terms.map_or(0, |terms| terms.includes_head_pacing_us);
                let pacing = HumanDuration::from_micros(pacing);
                format!("slow heads are {pacing} of the lower bound of {bound}")
            }
            BottleneckKind::Retries if self.bound == self.longest_download => {
                let without = self.longest_without_retries;
                let retries = HumanDuration(self.longest_download.saturating_sub(without));
                format!("failures and backoff are {retries} of the longest download of {longest}")
            }
            BottleneckKind::Retries => {
                let retries = HumanDuration(self.bound.saturating_sub(self.bound_without_retries));
                format!("failures and backoff are {retries} of the lower bound of {bound}")
            }
            BottleneckKind::Timeouts => {
                let timeouts =
                    HumanDuration(self.bound.saturating_sub(self.bound_without_timeouts));
                let (timed_out, attempts) = (self.timed_out(), self.attempts());
                format!(
                    "{timed_out} of {attempts} timed out, {timeouts} of the lower bound of {bound}"
                )
            }
            BottleneckKind::ServerLateness => {
                let actual = HumanDuration(self.bound_with_lateness);
                format!("lower bound {bound} as planned, {actual} as served")
            }
            BottleneckKind::UnreportedDelay => {
                let longer = HumanDuration(self.median(unreported_delay));
                format!("responses took {longer} longer than the server reports (median)")
            }
            BottleneckKind::Unknown => format!("{}, {}", self.missing_bound(), self.cpu_time()),
            BottleneckKind::ClientCpu if self.bound.is_zero() => self.cpu_time(),
            BottleneckKind::ClientCpu => format!("lower bound {bound}, {}", self.cpu_time()),
            BottleneckKind::Overhead if self.bound.is_zero() => {
                self.cpu_time() + &self.overhead_evidence()
            }
            BottleneckKind::Overhead => {
                let overhead = self.overhead_evidence();
                format!("lower bound {bound}, {}{overhead}", self.cpu_time())
            }
        }
    }

    fn concurrency_limit(&self) -> String {
        let limit = self.run.limits.concurrency;
        let limit = limit.map(|limit| format!("the limit of {limit}"));
        let bound_us = self
            .terms
            .map_or(0, |terms| terms.server_concurrency_limit_us);
        self.limit(limit, bound_us, Rejection::ConcurrencyLimit)
    }

    fn rate_limit(&self) -> String {
        let rate = self.run.limits.rate;
        let rate = rate.map(|rate| format!("{}/s after {}", rate.per_second, rate.burst));
        let bound_us = self.terms.map_or(0, |terms| terms.server_rate_limit_us);
        self.limit(rate, bound_us, Rejection::RateLimit)
    }

    /// A limit of the server, its lower bound, and what it did to attempts.
    fn limit(&self, limit: Option<String>, bound_us: u64, rejection: Rejection) -> String {
        let bound = HumanDuration::from_micros(bound_us);
        let limit = limit.map(|limit| match bound_us {
            0 => limit,
            _ => format!("lower bound {bound} at {limit}"),
        });
        let (rejected, timed_out) = (self.rejections(rejection), self.timed_out_in_queue());
        let attempts = self.attempts();
        let waiting =
            self.count(|record| !queued(record).is_zero() && !record.timed_out_in_queue());
        let waited = (self.run.is_external && waiting > 0).then(|| {
            let wait = HumanDuration(self.median(queued));
            format!("{waiting} of {attempts} waited for a permit, {wait} at the median")
        });
        let rejected = (rejected > 0).then(|| format!("{rejected} of {attempts} rejected"));
        let timed_out = match self.timed_out() {
            all if self.run.is_external && all > 0 => Some(format!("{all} timed out")),
            _ => (timed_out > 0).then(|| format!("{timed_out} timed out in the queue")),
        };
        let figures: Vec<_> = [limit, waited, rejected, timed_out]
            .into_iter()
            .flatten()
            .collect();
        figures.join(", ")
    }

    /// The pauses that are a term of the bound, or requests that timed out during a pause.
    fn connection_pauses(&self) -> String {
        let records = self.run.records;
        let term = self.terms.map_or(0, |terms| terms.connection_pauses_us);
        if term == 0 || Duration::from_micros(term) < self.bound {
            let (timed_out, attempts) = (self.timed_out_in_pause(), self.attempts());
            return format!(
                "{timed_out} of {attempts} timed out while the connection paused after a response"
            );
        }
        let pauses = records.iter().filter_map(pause_after);
        let pauses = pauses.filter(|&pause| pause != ServerTiming::ENDLESS);
        let responses = plural(pauses.clone().count(), "response");
        let total = pauses.fold(Duration::ZERO, Duration::saturating_add);
        format!(
            "lower bound {}, pauses of {} after {responses} on {}",
            HumanDuration(self.bound),
            HumanDuration(total),
            plural(opened_connections(records), "connection")
        )
    }

    fn attempts(&self) -> String {
        plural(self.run.records.len(), "attempt")
    }

    fn cpu_time(&self) -> String {
        let wall = HumanDuration(self.run.wall);
        match self.run.cpu {
            Some(_) => format!(
                "CPU time per core {} of {wall}",
                HumanDuration(self.cpu_per_core)
            ),
            None => format!("CPU time unknown, wall time {wall}"),
        }
    }

    /// Why there is no lower bound.
    fn missing_bound(&self) -> String {
        let unknown = self.count(|record| record.status.is_none() && record.timing.is_none());
        if self.is_hedged() {
            "no lower bound of a hedged run".to_owned()
        } else if self.count(|record| record.timing.is_some()) > 0 {
            format!(
                "planned delay of {} without a head unknown",
                plural(unknown, "attempt")
            )
        } else {
            "the server does not report its delays".to_owned()
        }
    }
}
