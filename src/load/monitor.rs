//! What happens once a second while a run goes on: the seconds that are complete go to the time series, the interval log, the
//! metrics and the display, and the conditions that end a run are judged.

use super::collector::{Collector, IntervalStats};
use super::display::Display;
use super::due_counter::DueCounter;
use super::live_view::snapshot::LiveSnapshot;
use super::metrics::MetricsServer;
use super::run_control::RunControl;
use super::seconds::{SECOND, Seconds};
use crate::interval_log::IntervalLog;
use flagpole_analysis::load::condition::ConditionStatus;
use flagpole_analysis::load::process::ProcessInterval;
use flagpole_analysis::load::{LoadCondition, LoadFigures, LoadSecond, StopReason, WindowCounts};
use flagpole_protocol::{LoadStats, Outcome, OutcomeTimes};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How far the end of the schedule is looked for: more than the time between two looks, even if this thread has to wait.
const LOOK_AHEAD: Duration = Duration::from_secs(3);

/// The time from the start after which a run is ended in which every connection was refused.
const REFUSED_AFTER: Duration = SECOND;

/// A run without a duration and without a timeout ends when no request has ended for this long: it would never end.
pub(crate) const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// Watches a run.
pub(crate) struct Monitor<'a> {
    pub(crate) collector: Arc<Collector>,
    pub(crate) control: RunControl,
    pub(crate) warm_up: Duration,
    /// When the last request starts, pauses not included.
    pub(crate) end: Option<Duration>,
    /// Counts the arrivals after the warm-up; `None` in the closed model.
    pub(crate) due: Option<DueCounter>,
    /// Looks ahead for the end of a schedule with a number of requests; `None` without one.
    pub(crate) ahead: Option<DueCounter>,
    pub(crate) abort_if: &'a [LoadCondition],
    pub(crate) baseline: Option<&'a LoadFigures>,
    pub(crate) log: Option<&'a mut IntervalLog>,
    pub(crate) metrics: Option<&'a MetricsServer>,
    pub(crate) display: Display<'a>,
    pub(crate) snapshot: LiveSnapshot,
    /// The run ends when requests are in flight and none has ended for this long.
    pub(crate) silence_limit: Option<Duration>,
    /// Says why the server is gone, if it is.
    pub(crate) is_server_gone: &'a mut (dyn FnMut() -> Option<String> + Send),
    pub(crate) series: Series,
    pub(crate) seconds: Seconds,
}

/// What the monitor has added up.
#[derive(Default)]
pub(crate) struct Series {
    pub(crate) total: LoadStats,
    pub(crate) in_window: WindowCounts,
    pub(crate) seconds: Vec<LoadSecond>,
    /// Arrivals that were due during the warm-up, and after it.
    due_in_warm_up: u64,
    pub(crate) due: u64,
}

impl Monitor<'_> {
    /// Watches until the sender of `is_over` is dropped, which happens when all loops have ended.
    pub(crate) fn watch(mut self, is_over: &Receiver<()>) -> Series {
        if let Some(due) = &mut self.due {
            self.series.due_in_warm_up = due.due_before(self.warm_up);
        }
        loop {
            self.look_ahead();
            let wait = self.until_next(self.control.elapsed());
            if is_over.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                break;
            }
            let elapsed = self.control.elapsed();
            let seconds = self.seconds.take_complete(elapsed);
            if !seconds.is_empty() {
                self.add_seconds(seconds);
                self.check(elapsed);
                self.update_metrics();
            }
            self.show(elapsed);
        }
        let end = self.control.elapsed().saturating_sub(self.warm_up);
        self.take_rest(self.with_schedule(end));
        self.series
    }

    /// Ends the window where a schedule ends that has a number of requests, before it is there: what ends later must not count.
    fn look_ahead(&mut self) {
        let Some(ahead) = &mut self.ahead else {
            return;
        };
        let until = self.control.without_pauses(self.control.elapsed()) + LOOK_AHEAD;
        if let Some(end) = ahead.limit_before(until) {
            self.control.end_schedule(end);
            self.ahead = None;
        }
    }

    /// The time until there is something to do.
    fn until_next(&self, elapsed: Duration) -> Duration {
        let next = self.seconds.until_next(elapsed);
        self.display
            .interval()
            .map_or(next, |interval| next.min(interval))
    }

    fn add_seconds(&mut self, seconds: Vec<IntervalStats>) {
        for interval in seconds {
            self.add_second(SECOND, interval);
        }
    }

    /// Adds what is left when the run has ended at this time after the warm-up.
    fn take_rest(&mut self, end: Duration) {
        let seconds = self.seconds.take_before(end.as_secs());
        self.add_seconds(seconds);
        let rest = self.seconds.take_rest();
        let length = Duration::from_nanos(end.subsec_nanos().into());
        let is_first = self.series.seconds.is_empty();
        if rest != IntervalStats::default() || !length.is_zero() && is_first {
            self.add_second(length, rest);
        }
    }

    /// This end of the run, or that of its schedule within the same second: the last request may have ended before it.
    fn with_schedule(&self, end: Duration) -> Duration {
        let schedule = self.due.as_ref().and(self.collector.window_end());
        let schedule = schedule.map_or(end, |at| at.saturating_sub(self.warm_up));
        let second = Duration::from_secs(end.as_secs() + 1);
        end.max(schedule.min(second))
    }

    fn add_second(&mut self, length: Duration, interval: IntervalStats) {
        let IntervalStats { stats, in_window } = interval;
        let start = Duration::from_secs(self.series.seconds.len() as u64);
        let mut second = LoadSecond::new(start, length, self.warm_up, &stats);
        second.in_flight = self.control.in_flight();
        self.series.total += &stats;
        self.series.in_window += in_window;
        if let Some(due) = &mut self.due {
            let end = self.warm_up + start + length;
            let end = self
                .collector
                .window_end()
                .map_or(end, |last| last.min(end));
            let end = self.control.without_pauses(end);
            let total = due.due_before(end) - self.series.due_in_warm_up;
            second.due = Some(total - self.series.due);
            self.series.due = total;
            let gone = self.series.total.requests() + second.in_flight;
            second.queued = total.saturating_sub(gone);
        }
        self.snapshot.update(&stats, length, &self.series.total);
        if let Some(log) = &mut self.log {
            log.write(ProcessInterval {
                start,
                length,
                stats: since(stats, self.warm_up),
                in_window,
                due: second.due,
                in_flight: second.in_flight,
                queued: second.queued,
                ..ProcessInterval::default()
            });
        }
        self.series.seconds.push(second);
    }

    fn update_metrics(&self) {
        if let Some(metrics) = self.metrics {
            metrics.update(&self.series.total, self.control.in_flight());
        }
    }

    fn show(&mut self, elapsed: Duration) {
        let in_flight = self.control.in_flight();
        let phase = self.control.phase(elapsed, self.warm_up, self.end);
        self.snapshot.phase = phase;
        self.snapshot.in_flight = in_flight;
        let run = self.control.without_pauses(elapsed);
        self.snapshot.elapsed = if elapsed < self.warm_up {
            run
        } else {
            run.saturating_sub(self.warm_up)
        };
        self.display.show(&self.snapshot);
    }

    /// Ends the run if a condition for that holds.
    fn check(&mut self, elapsed: Duration) {
        let exited = (self.is_server_gone)();
        if let Some(message) = exited
            .or_else(|| self.refused(elapsed))
            .or_else(|| self.silent())
        {
            self.control.stop(StopReason::ServerGone { message });
            return;
        }
        let total = &self.series.total;
        if self.abort_if.is_empty() || total.attempts == 0 {
            return;
        }
        let window = Duration::from_secs(self.series.seconds.len() as u64);
        let counts = WindowCounts {
            ended: total.successes() + total.failures(),
            succeeded: total.successes(),
            bytes: total.bytes,
        };
        let scheduled = self.due.as_ref().map(|_| self.series.due);
        let figures = LoadFigures::new(total, window, counts, scheduled);
        for condition in self.abort_if {
            let result = condition.judge(&figures, self.baseline);
            if result.status == ConditionStatus::Holds {
                self.control.stop(StopReason::Aborted {
                    message: result.message,
                });
                return;
            }
        }
    }

    /// Whether requests have been in flight for too long without an end of any.
    fn silent(&self) -> Option<String> {
        let limit = self.silence_limit?.as_secs();
        let is_silent = silent_seconds(&self.series.seconds) >= limit;
        is_silent.then(|| format!("no request ended for {limit} s; `--timeout` limits a request"))
    }

    /// Whether no server listens: every connection since the start was refused.
    fn refused(&self, elapsed: Duration) -> Option<String> {
        let total = &self.series.total;
        let label = Outcome::ConnectionRefused.label();
        let refused = total.outcomes.get(&label).map_or(0, OutcomeTimes::count);
        let is_early = self.series.seconds.len() <= 2 && elapsed >= REFUSED_AFTER;
        let is_refused = is_early && refused > 0 && refused == total.requests();
        is_refused.then(|| "every connection was refused".to_owned())
    }
}

/// The statistics with times that count from the end of the warm-up.
fn since(mut stats: LoadStats, warm_up: Duration) -> LoadStats {
    let after = |at: Duration| at.saturating_sub(warm_up);
    stats.responses = (stats.responses).map(|(first, last)| (after(first), after(last)));
    stats
}

/// How many seconds have passed in which requests were in flight and none ended.
fn silent_seconds(seconds: &[LoadSecond]) -> u64 {
    let is_silent = |second: &&LoadSecond| second.ended == 0 && second.in_flight > 0;
    seconds.iter().rev().take_while(is_silent).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_counts_from_the_last_second_with_an_end_or_without_a_request() {
        let second = |ended, in_flight| {
            let mut second = LoadSecond::default();
            (second.ended, second.in_flight) = (ended, in_flight);
            second
        };
        for (seconds, silent) in [
            (&[(0, 5), (0, 5)][..], 2),
            (&[(0, 5), (1, 5), (0, 5)], 1),
            (&[(0, 5), (0, 0)], 0),
            (&[], 0),
        ] {
            let seconds: Vec<_> = seconds
                .iter()
                .map(|&(ended, in_flight)| second(ended, in_flight))
                .collect();
            assert_eq!(silent_seconds(&seconds), silent);
        }
    }
}
