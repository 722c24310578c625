//! The result of `get`, and its text format.

use anyhow::{Result, bail};
use flagpole_analysis::HumanDuration;
use flagpole_client::StorageFailure;
use flagpole_protocol::{AttemptRecord, Outcome, OutcomeClass, RunStats, TimeoutKind};
use indicatif::DecimalBytes;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// The result of a run.
pub(super) struct GetResult<'a> {
    pub(super) stats: &'a RunStats,
    pub(super) elapsed: Duration,
    /// The number of connections that were in backoff at the same time.
    pub(super) connections: usize,
    /// Empty for the text format.
    pub(super) downloads: &'a DownloadTable,
}

impl GetResult<'_> {
    /// Downloads whose local copy was complete (`--resume`).
    pub(super) fn not_modified(&self) -> u64 {
        let count = self.stats.outcomes.get(&Outcome::NotModified.label());
        count.map_or(0, |count| count.downloads)
    }

    pub(super) fn downloaded(&self) -> u64 {
        self.stats.ok - self.not_modified()
    }

    /// Downloads without an attempt.
    pub(super) fn unstarted(&self) -> u64 {
        self.stats.unstarted - self.stats.unfinished()
    }

    /// Attempts per started download.
    pub(super) fn attempts_per_download(&self) -> f64 {
        self.stats.attempts() as f64 / self.stats.started.max(1) as f64
    }

    /// Downloads whose attempt `--max-time` ended.
    pub(super) fn ended_by_max_time(&self) -> u64 {
        let end = Outcome::Timeout(TimeoutKind::Run, Duration::ZERO);
        let count = self.stats.outcomes.get(&end.label());
        count.map_or(0, |count| count.downloads)
    }

    /// How often the circuit breaker opened, if it did.
    fn circuit_openings(&self) -> Option<String> {
        let openings = self.stats.circuit_openings;
        (openings > 0).then(|| {
            let (times, unsent) = (
                plural(openings, "time"),
                plural(self.stats.attempts() - self.stats.requests(), "attempt"),
            );
            format!("the circuit breaker opened {times}; {unsent} not sent")
        })
    }

    /// How far the run got: `stopped after 12 of 249 flags`.
    pub(super) fn stopped(&self) -> String {
        let stats = self.stats;
        let all = stats.ok + stats.not_found + stats.error + stats.unstarted;
        format!("stopped after {} of {}", self.downloaded(), flags(all))
    }

    /// An error that says why the run stopped, if it did because no further file could be saved.
    pub(super) fn saved_or_stopped(&self, failure: Option<&StorageFailure>) -> Result<()> {
        let Some(failure) = failure else {
            return Ok(());
        };
        let remedy = match failure {
            StorageFailure::DiskFull | StorageFailure::QuotaExceeded => {
                "; free space and repeat with --resume"
            }
            _ => "",
        };
        bail!("--dest: {failure}: {}{remedy}", self.stopped())
    }

    /// The totals as text.
    pub(super) fn text(&self) -> String {
        let stats = self.stats;
        let mut text = format!("{} downloaded\n", flags(self.downloaded()));
        let failed = format!("failed: {}", self.errors());
        let counts = [
            (self.not_modified(), "already downloaded"),
            (stats.not_found, "not found"),
            (stats.error, &failed),
            (stats.unfinished(), "not finished"),
            (self.unstarted(), "not started"),
        ];
        // Writing to a String cannot fail, here and below.
        for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
            let _ = writeln!(text, "{count} {what}");
        }
        for line in [self.costs(), self.circuit_openings()].iter().flatten() {
            let _ = writeln!(text, "{line}");
        }
        let _ = writeln!(text, "elapsed time: {}", HumanDuration(self.elapsed));
        text
    }

    /// The reasons of failed downloads, with their counts.
    fn errors(&self) -> String {
        let failed = self
            .stats
            .outcomes
            .values()
            .filter(|count| count.downloads > 0);
        let errors = failed.filter(|count| count.class == OutcomeClass::Error);
        let reasons = errors.map(|count| format!("{} x {}", count.downloads, count.reason));
        let reasons: Vec<_> = reasons.collect();
        reasons.join(", ")
    }

    /// Additional requests, discarded bytes and backoff, if there were any.
    fn costs(&self) -> Option<String> {
        let stats = self.stats;
        let retries = match stats.retries {
            1 => "1 retry".to_owned(),
            several => format!("{several} retries"),
        };
        let additional = [
            (stats.retries, retries),
            (stats.hedges, plural(stats.hedges, "hedge")),
            (stats.redirects, plural(stats.redirects, "redirect")),
        ];
        let additional = additional.into_iter().filter(|(count, _)| *count > 0);
        let additional: Vec<_> = additional.map(|(_, text)| text).collect();
        let backoff = HumanDuration(stats.backoff);
        let wasted = DecimalBytes(stats.wasted_bytes);
        let losers = if stats.hedges > 0 { " or lost" } else { "" };
        let summed = match self.connections {
            1 => String::new(),
            several => format!(", summed over {several} connections"),
        };
        let costs = [
            (!additional.is_empty()).then(|| additional.join(", ")),
            (stats.wasted_bytes > 0)
                .then(|| format!("{wasted} wasted on attempts that failed{losers}")),
            (!stats.backoff.is_zero()).then(|| format!("{backoff} of backoff{summed}")),
        ];
        let costs: Vec<_> = costs.into_iter().flatten().collect();
        let requests = stats.requests();
        let each = requests as f64 / stats.started.max(1) as f64;
        let requests = plural(requests, "request");
        (!costs.is_empty())
            .then(|| format!("{requests} ({each:.2} per flag): {}", costs.join("; ")))
    }
}

/// A number of flags, such as `1 flag` and `20 flags`.
pub(super) fn flags(count: u64) -> String {
    plural(count, "flag")
}

pub(super) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The downloads that have started, by their position in the workload.
#[derive(Default)]
pub(super) struct DownloadTable(BTreeMap<usize, DownloadTotals>);

/// All attempts of a download.
#[derive(Default)]
pub(super) struct DownloadTotals {
    pub(super) attempts: u64,
    /// Bytes of bodies received.
    pub(super) bytes: u64,
    pub(super) final_attempt: Option<AttemptRecord>,
}

impl DownloadTable {
    /// Adds an attempt. The loser of a hedge may end after the final attempt.
    pub(super) fn add(&mut self, record: &AttemptRecord) {
        let download = self.0.entry(record.download).or_default();
        download.attempts += 1;
        download.bytes += record.bytes;
        if record.is_final {
            download.final_attempt = Some(record.clone());
        }
    }

    /// The finished downloads in the order of the workload, with their final attempts.
    pub(super) fn finished(&self) -> impl Iterator<Item = (&DownloadTotals, &AttemptRecord)> {
        let downloads = self.0.values();
        downloads.filter_map(|download| Some((download, download.final_attempt.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::{AttemptKind, Resource};

    fn text(stats: &RunStats, connections: usize) -> String {
        let result = GetResult {
            stats,
            elapsed: Duration::from_millis(1500),
            connections,
            downloads: &DownloadTable::default(),
        };
        result.text()
    }

    #[test]
    fn attempts_that_the_circuit_breaker_held_back_are_no_requests() {
        let mut stats = RunStats::default();
        for (attempt, outcome) in (1..).zip([Outcome::Http(503), Outcome::CircuitOpen]) {
            stats.record(&AttemptRecord {
                attempt,
                kind: AttemptKind::Retry,
                ..AttemptRecord::new(Resource::Flag("BR".parse().unwrap()), outcome)
            });
        }
        stats.circuit_openings = 1;
        let text = text(&stats, 1);
        let sentence = "\nthe circuit breaker opened 1 time; 1 attempt not sent\n";
        assert!(
            text.contains("\n1 request (1.00 per flag): 2 retries\n"),
            "{text}"
        );
        assert!(text.contains(sentence), "{text}");
    }

    #[test]
    fn costs_say_what_they_are_and_over_what_they_are_summed() {
        let mut stats = RunStats::default();
        (stats.ok, stats.started, stats.retries) = (1, 1, 2);
        (stats.wasted_bytes, stats.backoff) = (59_123, Duration::from_secs(12));
        let costs = |text: String| {
            text.lines()
                .nth(1)
                .unwrap()
                .split_once(": ")
                .unwrap()
                .1
                .to_owned()
        };
        let wasted = "2 retries; 59.12 kB wasted on attempts that failed; 12.0 s of backoff";
        assert_eq!(costs(text(&stats, 1)), wasted);
        assert_eq!(
            costs(text(&stats, 5)),
            format!("{wasted}, summed over 5 connections")
        );
    }
}
