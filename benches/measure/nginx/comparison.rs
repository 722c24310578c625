//! The table of the servers, and flagpole's figures relative to those of the faster nginx.

use super::Contender;
use crate::common::median;
use crate::goals::judge;
use flagpole_analysis::stats::QuantileInterval;

/// The goal for requests per second, relative to nginx.
const MIN_RATE_RATIO: f64 = 1.05;

/// The goal for processor time per request, relative to nginx.
const MAX_CPU_RATIO: f64 = 0.9;

/// Prints the table and judges flagpole, the first, by the nginx that answers more requests per second.
pub(super) fn compare(contenders: &[Contender; 3]) {
    for one in contenders {
        println!(
            "{:<20} {:>10.0} requests/s {:>8.2} us CPU per request",
            one.name,
            one.median_rate(),
            median(one.cpu())
        );
    }
    let [flagpole, nginx @ ..] = contenders;
    let faster = nginx
        .iter()
        .max_by(|left, right| left.median_rate().total_cmp(&right.median_rate()))
        .expect("there are two");
    let rate = MedianRatio::new(&flagpole.rates(), &faster.rates());
    judge(
        &format!("requests/s: {rate} that of {}", faster.name),
        &format!("at least {MIN_RATE_RATIO}x, and the interval above 1"),
        rate.median >= MIN_RATE_RATIO && rate.interval.is_some_and(|(low, _)| low > 1.0),
    );
    let cpu = MedianRatio::new(&flagpole.cpu(), &faster.cpu());
    judge(
        &format!("CPU per request: {cpu} that of {}", faster.name),
        &format!("at most {MAX_CPU_RATIO}x"),
        cpu.median <= MAX_CPU_RATIO,
    );
}

/// The median of the ratios of all rounds, with its 95% confidence interval from order statistics.
struct MedianRatio {
    median: f64,
    /// `None` with fewer than 6 rounds.
    interval: Option<(f64, f64)>,
}

impl MedianRatio {
    fn new(ours: &[f64], theirs: &[f64]) -> MedianRatio {
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

impl std::fmt::Display for MedianRatio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3}x", self.median)?;
        match self.interval {
            Some((low, high)) => write!(f, " ({low:.3} to {high:.3})"),
            None => write!(f, " (no interval: fewer than 6 rounds)"),
        }
    }
}
