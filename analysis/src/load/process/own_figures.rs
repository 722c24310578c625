//! The figures of a process, and what it did by itself.

use super::process_state::ProcessState;
use crate::load::figures::LoadFigures;
use crate::load::observed::ObservedLoad;
use crate::load::process_figures::ProcessFigures;
use crate::validity::Verdict;
use flagpole_protocol::{LatencyStats, as_micros};

impl ProcessState {
    /// The figures of all intervals that were added.
    pub(super) fn new_figures(&self) -> ProcessFigures {
        let observed = self.observed();
        let figures = observed.figures();
        let verdict = self.verdict(&observed, &figures);
        let loops = observed.loops.iter();
        let elapsed: u64 = loops.clone().map(|one| one.elapsed_us).sum();
        let cpu: u64 = loops.clone().map(|one| one.cpu_us).sum();
        let response_time = observed.stats.response_time();
        let quantile = |times: &LatencyStats, at| times.quantile(at).map(as_micros);
        ProcessFigures {
            process: self.head.process.clone(),
            run: self.experiment.run.clone(),
            shard: self.head.shard,
            user_classes: self.head.user_classes.clone(),
            started_unix_us: self.head.started_unix_us,
            clock_offset_us: self.head.clock_offset_us,
            intervals: self.seen.len(),
            missing_intervals: self.missing_intervals(),
            repeated_intervals: self.repeated,
            is_foreign: self.head.is_foreign,
            logged_us: as_micros(self.last),
            has_end: self.end.is_some(),
            window_us: figures.window_us,
            requests: figures.requests,
            failed: figures.failed,
            unfinished: figures.unfinished,
            asked_per_s: figures.asked_per_s,
            requests_per_s: figures.requests_per_s,
            p50_us: quantile(&response_time, 0.5),
            p99_us: quantile(&response_time, 0.99),
            max_us: response_time.max().map(as_micros),
            lateness_p99_us: quantile(&observed.stats.lateness, 0.99),
            cpu_share: (elapsed > 0 && cpu > 0).then(|| cpu as f64 / elapsed as f64),
            max_in_flight: loops.map(|one| one.max_in_flight).sum(),
            user_seconds: self.user_seconds,
            starts_at_s: 0,
            ended: self.series.ended.clone(),
            point_s: self.series.point_s,
            reasons: verdict.reasons,
            unchecked: verdict.unchecked,
        }
    }

    /// Without an end, only its lateness is known.
    fn verdict(&self, observed: &ObservedLoad, figures: &LoadFigures) -> Verdict {
        let mut verdict = Verdict::for_process(observed, figures);
        if self.head.is_foreign {
            // `client_unknown` says so.
            verdict.unchecked.clear();
        } else if self.end.is_none() {
            let unknown = "what the client lacked: its log has no end";
            verdict.unchecked = vec![unknown.to_owned()];
        }
        verdict
    }

    /// What the process alone observed, without its seconds.
    fn observed(&self) -> ObservedLoad {
        let end = self.end.clone().unwrap_or_default();
        ObservedLoad {
            environment: self.head.environment.clone(),
            asked: self.experiment.asked.clone(),
            window: self.window(),
            elapsed: self.elapsed(),
            stats: self.stats.to_stats(),
            in_window: self.in_window,
            warm_up: self.warm_up.to_stats(),
            scheduled: self.due,
            loops: end.loops,
            lost: end.lost,
            is_server_local: end.is_server_local,
            server_cpu: end.server_cpu,
            stop: end.stop,
            ..ObservedLoad::default()
        }
    }
}
