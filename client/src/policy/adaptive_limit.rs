//! Finds the concurrency that a server supports. Two signals from congestion control, as in Netflix's
//! `concurrency-limits`:
//!
//! - Latency, as in TCP Vegas (Brakmo, O'Malley and Peterson, 1994): requests beyond the server's own
//!   concurrency only wait in its queue, and latencies rise. The median of a round is compared with a
//!   baseline, the median without load. Medians, because a single slow response says nothing about the load.
//! - Losses, as in RFC 5681: the limit doubles every round at first (section 3.1, slow start), then grows by
//!   1 every round, and shrinks on a loss: a 429 or 503, a timeout or a connection reset.
//!
//! A round counts only requests sent after the last change of the limit; earlier ones measure an older
//! limit.

use super::concurrency_limit::ConcurrencyLimit;
use flagpole_protocol::Outcome;
use std::time::Duration;

const INITIAL_LIMIT: usize = 4;

/// Minimum number of samples in a round; lower during slow start, to reach the full limit soon.
const MIN_SAMPLES_SLOW_START: usize = 10;
const MIN_SAMPLES: usize = 30;

/// Weight of a round's median in the baseline, so that a single fast round does not become the baseline.
const EWMA_ALPHA: f64 = 0.1;

/// The limit grows while the median is at most this multiple of the baseline.
const GROW_BELOW: f64 = 1.6;

/// The limit shrinks above this multiple. Between the two multiples the limit stays: the server's queue is then
/// short but never empty.
const SHRINK_ABOVE: f64 = 2.2;

/// Factor of the limit after a loss, and the lowest factor for a high latency.
const BACKOFF_RATIO: f64 = 0.7;

/// A concurrency limit that adapts to the server. There is no clock: times come from the attempt records.
#[derive(Clone, Debug, Default)]
pub(crate) struct AdaptiveLimit {
    current: usize,
    max: usize,
    is_slow_start: bool,
    /// When the limit last changed, from the start of the run.
    changed_at: Duration,
    /// Service times of the requests of this round.
    samples: Vec<Duration>,
    /// The median without load, in seconds.
    baseline: Option<f64>,
}

impl ConcurrencyLimit for AdaptiveLimit {
    fn get(&self) -> usize {
        self.current
    }

    fn on_result(&mut self, outcome: &Outcome, sent: Duration, done: Duration) {
        if sent < self.changed_at {
            return;
        }
        match outcome {
            Outcome::Ok | Outcome::NotModified | Outcome::NotFound => {
                self.samples.push(done.saturating_sub(sent));
                let min_samples = if self.is_slow_start {
                    MIN_SAMPLES_SLOW_START
                } else {
                    MIN_SAMPLES
                };
                if self.samples.len() >= self.current.max(min_samples) {
                    self.end_round(done);
                }
            }
            Outcome::Http(429 | 503) | Outcome::Timeout(..) | Outcome::ConnectionReset => {
                self.is_slow_start = false;
                self.change(self.current as f64 * BACKOFF_RATIO, done);
            }
            // Not caused by load.
            _ => {}
        }
    }
}

impl AdaptiveLimit {
    /// A limit of at most `max` (0 counts as 1).
    pub(crate) fn new(max: usize) -> AdaptiveLimit {
        let max = max.max(1);
        AdaptiveLimit {
            current: INITIAL_LIMIT.min(max),
            max,
            is_slow_start: true,
            ..AdaptiveLimit::default()
        }
    }

    fn end_round(&mut self, now: Duration) {
        self.samples.sort_unstable();
        let median = self.samples[self.samples.len() / 2].as_secs_f64();
        let baseline = self.update_baseline(median);
        let gradient = median / baseline.max(f64::MIN_POSITIVE);
        let limit = self.current as f64;
        if gradient <= GROW_BELOW {
            let growth = if self.is_slow_start { limit } else { 1.0 };
            self.change(limit + growth, now);
            return;
        }
        self.is_slow_start = false;
        if gradient > SHRINK_ABOVE {
            self.change(limit * (GROW_BELOW / gradient).max(BACKOFF_RATIO), now);
        }
        self.samples.clear();
    }

    /// Updates the baseline with a round's median. The baseline rises only without load: at a limit of at most
    /// [`INITIAL_LIMIT`], or in slow start. Otherwise a permanent queue would become the baseline.
    fn update_baseline(&mut self, median: f64) -> f64 {
        let baseline = self.baseline.unwrap_or(median);
        let is_unloaded =
            self.current <= INITIAL_LIMIT || self.is_slow_start && median <= baseline * GROW_BELOW;
        let baseline = if median < baseline || is_unloaded {
            baseline + (median - baseline) * EWMA_ALPHA
        } else {
            baseline
        };
        self.baseline = Some(baseline);
        baseline
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the limit is between 1 and the maximum"
    )]
    fn change(&mut self, limit: f64, now: Duration) {
        self.current = limit.round().clamp(1.0, self.max as f64) as usize;
        self.changed_at = now;
        self.samples.clear();
    }
}

#[cfg(test)]
mod simulated_server;
#[cfg(test)]
mod tests;
