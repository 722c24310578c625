//! Our figures relative to others of the same rounds.

use crate::common::median;
use flagpole_analysis::stats::QuantileInterval;
use std::fmt;

/// The median of the ratios of all rounds, with its 95% confidence interval from order statistics.
pub(crate) struct MedianRatio {
    pub(crate) median: f64,
    /// `None` with fewer than 6 rounds.
    pub(crate) interval: Option<(f64, f64)>,
}

impl MedianRatio {
    pub(crate) fn new(ours: &[f64], theirs: &[f64]) -> MedianRatio {
        let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs);
        let mut ratios: Vec<f64> = ratios.collect();
        ratios.sort_by(f64::total_cmp);
        let levels = QuantileInterval::new(0.5, ratios.len() as u64);
        let at = |level: f64| {
            // A search, because a rank computed from the level would need a lossy cast.
            let mut ranked = (1_u32..).zip(&ratios);
            let found = ranked.find(|(rank, _)| f64::from(*rank) >= level * ratios.len() as f64);
            found.map(|(_, ratio)| *ratio)
        };
        MedianRatio {
            median: median(ratios.iter().copied()),
            interval: levels.low.and_then(at).zip(levels.high.and_then(at)),
        }
    }
}

impl fmt::Display for MedianRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}x", self.median)?;
        match self.interval {
            Some((low, high)) => write!(f, " ({low:.3} to {high:.3})"),
            None => write!(f, " (no interval: fewer than 6 rounds)"),
        }
    }
}
