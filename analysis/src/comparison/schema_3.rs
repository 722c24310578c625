//! Results of schema 3, which are still read as baselines: figures that they had not, or had otherwise, from their rounds.

use super::document::Comparison;
use super::strategy_result::StrategyResult;
use super::trial::RoundResult;
use crate::stats::mean::geometric_mean;

/// The last schema whose latencies were of attempts, failures included, so that they are compared with no others.
const LAST_WITHOUT_DOWNLOAD_TIMES: u32 = 3;

impl Comparison {
    /// Whether its latencies are of downloads and attempts, apart for successes and failures, as now.
    pub fn has_download_times(&self) -> bool {
        self.schema > LAST_WITHOUT_DOWNLOAD_TIMES
    }

    /// Completes a result of schema 3 by the figures that follow from its rounds. Others stay as they are.
    pub fn complete(&mut self) {
        if !self.has_download_times() {
            let strategies = self.cells.iter_mut().flat_map(|cell| &mut cell.strategies);
            strategies.for_each(StrategyResult::complete_from_rounds);
        }
    }
}

impl StrategyResult {
    fn complete_from_rounds(&mut self) {
        let walls = self.rounds.iter().map(|round| round.wall_us as f64);
        self.wall_us.mean = geometric_mean(walls).unwrap_or_default();
        self.efficiency = geometric_mean(self.rounds.iter().filter_map(efficiency));
        let micros = self.wall_us.mean * self.rounds.len() as f64;
        if micros > 0.0 {
            self.goodput_per_s = self.ok as f64 / micros * 1e6;
            self.requests_per_s = self.attempts as f64 / micros * 1e6;
        }
    }
}

fn efficiency(round: &RoundResult) -> Option<f64> {
    let (bound, wall) = (round.bound_us?, round.wall_us);
    (bound > 0 && wall > 0).then(|| bound as f64 / wall as f64)
}
