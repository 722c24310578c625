//! The figures that show a bottleneck, and a remedy, in a few words each.

use super::decision::BottleneckKind;
use super::figures::RunFigures;
use crate::human::{HumanDuration, plural};
use flagpole_protocol::Rejection;

impl RunFigures<'_> {
    /// The figures that show this bottleneck.
    pub(super) fn evidence(&self, kind: BottleneckKind) -> String {
        let bound = HumanDuration(self.bound);
        let (c, longest) = (self.run.concurrency, HumanDuration(self.longest_download));
        match kind {
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
            BottleneckKind::Bandwidth => {
                let pacing = self.terms.map_or(0, |terms| terms.includes_pacing_us);
                let pacing = HumanDuration::from_micros(pacing);
                format!("slow bodies are {pacing} of the lower bound of {bound}")
            }
            BottleneckKind::Retries => {
                let retries = HumanDuration(self.bound.saturating_sub(self.bound_without_retries));
                format!("failures and backoff are {retries} of the lower bound of {bound}")
            }
            BottleneckKind::ServerLateness => {
                let actual = HumanDuration(self.bound_with_actual_delays);
                format!("lower bound {bound} as planned, {actual} as served")
            }
            BottleneckKind::Unknown => format!("{}, {}", self.missing_bound(), self.cpu_time()),
            BottleneckKind::ClientCpu | BottleneckKind::Overhead if self.bound.is_zero() => {
                self.cpu_time()
            }
            BottleneckKind::ClientCpu | BottleneckKind::Overhead => {
                format!("lower bound {bound}, {}", self.cpu_time())
            }
        }
    }

    /// What would help against this bottleneck.
    pub(super) fn remedy(&self, kind: BottleneckKind) -> String {
        let max = self.terms.map_or(1, |terms| terms.max_useful_concurrency);
        let remedy = match kind {
            BottleneckKind::Latency | BottleneckKind::Concurrency | BottleneckKind::Bandwidth
                if self.run.concurrency < max =>
            {
                return format!("raise the concurrency (at most {max} helps)");
            }
            BottleneckKind::Latency | BottleneckKind::Concurrency => "only shorter delays help",
            BottleneckKind::Straggler => "hedge, or time out and retry",
            BottleneckKind::ServerConcurrencyLimit
                if self.rejections(Rejection::ConcurrencyLimit) > 0 =>
            {
                "raise the server's concurrency limit or lower the client's concurrency"
            }
            BottleneckKind::ServerConcurrencyLimit => "raise the server's concurrency limit",
            BottleneckKind::ServerRateLimit => "raise the rate limit or send fewer requests",
            BottleneckKind::Bandwidth => "send bodies faster",
            BottleneckKind::Retries => "reduce failures or shorten the backoff",
            BottleneckKind::ClientCpu => "use more cores or a strategy that needs less CPU",
            BottleneckKind::ServerLateness => {
                "give the server more CPU or send fewer concurrent requests"
            }
            BottleneckKind::Overhead => "reuse connections or use a strategy with fewer threads",
            // Timing decides which hedges start, so a hedged run has no lower bound.
            BottleneckKind::Unknown if self.is_hedged() => "repeat the run without hedges",
            BottleneckKind::Unknown => "use flagpole's own server (no --url)",
        };
        remedy.to_owned()
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
        let attempts = plural(self.run.records.len(), "attempt");
        let rejected = (rejected > 0).then(|| format!("{rejected} of {attempts} rejected"));
        let timed_out = (timed_out > 0).then(|| format!("{timed_out} timed out in the queue"));
        let figures: Vec<_> = [limit, rejected, timed_out].into_iter().flatten().collect();
        figures.join(", ")
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
