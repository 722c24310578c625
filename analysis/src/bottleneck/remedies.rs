//! A remedy for a bottleneck, in a few words: what lowers the bound, or shortens the time that the bound does not explain.

use super::decision::BottleneckKind;
use super::figures::RunFigures;
use flagpole_protocol::Rejection;

impl RunFigures<'_> {
    /// What would help against this bottleneck.
    pub(super) fn remedy(&self, kind: BottleneckKind) -> String {
        let remedy = match kind {
            BottleneckKind::Latency | BottleneckKind::Concurrency
                if self.unreached_concurrency().is_some() =>
            {
                "find out why the program does not send more requests at once: its pool may be smaller, or its threads may start late"
            }
            BottleneckKind::UnaskedRequests => "request each file once",
            BottleneckKind::Latency
            | BottleneckKind::Concurrency
            | BottleneckKind::Bandwidth
            | BottleneckKind::SlowHead
                if self.run.concurrency < self.bound_falls_until() =>
            {
                return self.higher_concurrency();
            }
            BottleneckKind::Latency | BottleneckKind::Concurrency if self.may_overlap_more() => {
                "shorten the delays (the lower bound is the longest download), or try a higher concurrency"
            }
            BottleneckKind::Latency | BottleneckKind::Concurrency => {
                "shorten the delays (the lower bound is the longest download)"
            }
            BottleneckKind::Straggler if self.run.timeout.is_some() => {
                "hedge, or shorten the timeout and retry"
            }
            BottleneckKind::Straggler => "hedge, or time out and retry",
            BottleneckKind::ServerConcurrencyLimit => self.higher_concurrency_limit(),
            BottleneckKind::ServerBandwidth => {
                "raise the server's bandwidth or download fewer bytes"
            }
            BottleneckKind::ServerRateLimit => "raise the rate limit or send fewer requests",
            BottleneckKind::ConnectionPauses if self.run.concurrency == 1 => {
                "do not reuse connections (--no-reuse), or download concurrently"
            }
            BottleneckKind::ConnectionPauses if self.may_overlap_more() => {
                "do not reuse connections (--no-reuse), or raise the concurrency"
            }
            BottleneckKind::ConnectionPauses => "do not reuse connections (--no-reuse)",
            BottleneckKind::Bandwidth if self.may_overlap_more() => {
                "send bodies faster, or try a higher concurrency"
            }
            BottleneckKind::Bandwidth => "send bodies faster",
            BottleneckKind::SlowHead if self.may_overlap_more() => {
                "send heads faster, or try a higher concurrency"
            }
            BottleneckKind::SlowHead => "send heads faster",
            BottleneckKind::Retries if self.timed_out() > 0 => {
                "reduce failures, or shorten the timeout and the backoff"
            }
            BottleneckKind::Retries => "reduce failures or shorten the backoff",
            BottleneckKind::Timeouts => "respond sooner or shorten the timeout",
            BottleneckKind::ClientCpu => "use more cores or a strategy that needs less CPU",
            BottleneckKind::ServerLateness if self.run.concurrency == 1 => {
                "give the server more CPU"
            }
            BottleneckKind::ServerLateness => {
                "give the server more CPU or send fewer concurrent requests"
            }
            BottleneckKind::UnreportedDelay => {
                "look for the time in the network, in a proxy, or in a wrong `Server-Timing`"
            }
            BottleneckKind::Overhead => self.overhead_remedy(),
            // Timing decides which hedges start, so a hedged run has no lower bound.
            BottleneckKind::Unknown if self.is_hedged() => "repeat the run without hedges",
            BottleneckKind::Unknown => "use flagpole's own server (no --url)",
        };
        remedy.to_owned()
    }

    /// The concurrency that a program was asked for, if it did not reach it and the bound would fall.
    pub(super) fn unreached_concurrency(&self) -> Option<usize> {
        let reached = self.run.concurrency;
        let asked = self.run.asked_concurrency.filter(|&asked| asked > reached);
        asked.filter(|_| reached < self.bound_falls_until())
    }

    /// Whether there are more downloads than connections. Then a run may become faster at a higher concurrency although
    /// the bound does not fall, because the bound is that of the best order.
    fn may_overlap_more(&self) -> bool {
        let downloads = self.run.records.iter().map(|record| record.download);
        downloads.max().unwrap_or(0) > self.run.concurrency
    }

    /// The lowest concurrency with the lowest bound.
    fn bound_falls_until(&self) -> usize {
        self.terms.map_or(1, |terms| terms.max_useful_concurrency)
    }

    fn higher_concurrency(&self) -> String {
        let action = match self.run.concurrency {
            1 => "download concurrently",
            _ => "raise the concurrency",
        };
        let until = self.bound_falls_until();
        format!("{action} (the lower bound falls until {until})")
    }

    fn higher_concurrency_limit(&self) -> &'static str {
        let is_client_equal = self
            .terms
            .is_some_and(|terms| terms.split_us() == terms.server_concurrency_limit_us)
            && self.run.limits.concurrency == Some(self.run.concurrency);
        if self.rejections(Rejection::ConcurrencyLimit) > 0 {
            "raise the server's concurrency limit or lower the client's concurrency"
        } else if is_client_equal {
            "raise both the server's concurrency limit and the client's concurrency"
        } else {
            "raise the server's concurrency limit"
        }
    }
}
