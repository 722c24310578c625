//! What `get` writes when all is done, in each of its formats.

use super::downloads::Downloads;
use clap::ValueEnum;
use flagpole_analysis::report::HumanDuration;
use flagpole_protocol::{LatencyStats, Outcome, OutcomeClass, RunStats};
use serde_json::json;
use std::fmt::Write as _;
use std::time::Duration;

/// How the result is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Counts, as the book's programs print them.
    Text,
    /// One document: sums, and of each download the attempt that decided it.
    Json,
    /// A line for each download: the attempt that decided it, with the bytes and the number of all.
    Csv,
}

/// What came of a run.
pub(crate) struct Done<'a> {
    pub(crate) tally: &'a RunStats,
    pub(crate) elapsed: Duration,
    /// Only kept for the formats that list them.
    pub(crate) downloads: &'a Downloads,
}

impl Done<'_> {
    pub(crate) fn written(&self, format: Format) -> Result<String, serde_json::Error> {
        Ok(match format {
            Format::Text => self.text(),
            Format::Json => serde_json::to_string_pretty(&self.json())? + "\n",
            Format::Csv => self.csv(),
        })
    }

    fn text(&self) -> String {
        let tally = self.tally;
        let mut text = format!("{} downloaded\n", flags(self.downloaded()));
        // Writing to a String can not fail.
        if self.unchanged() > 0 {
            let _ = writeln!(text, "{} already downloaded", self.unchanged());
        }
        if tally.not_found > 0 {
            let _ = writeln!(text, "{} not found", tally.not_found);
        }
        if tally.error > 0 {
            let plural = if tally.error == 1 { "" } else { "s" };
            let _ = writeln!(text, "{} error{plural}: {}", tally.error, self.reasons());
        }
        if tally.unfinished() > 0 {
            let _ = writeln!(text, "{} not finished", tally.unfinished());
        }
        if self.unstarted() > 0 {
            let _ = writeln!(text, "{} not started", self.unstarted());
        }
        let _ = self.extra(&mut text);
        let _ = writeln!(text, "elapsed time: {}", HumanDuration(self.elapsed));
        text
    }

    /// Those that `--resume` left alone.
    fn unchanged(&self) -> u64 {
        let unchanged = self.tally.outcomes.get(&Outcome::NotModified.label());
        unchanged.map_or(0, |count| count.downloads)
    }

    fn downloaded(&self) -> u64 {
        self.tally.ok - self.unchanged()
    }

    /// Those of which not even one attempt was made.
    fn unstarted(&self) -> u64 {
        self.tally.unstarted - self.tally.unfinished()
    }

    /// How many attempts a download took that was begun.
    fn attempts_each(&self) -> f64 {
        self.tally.attempts() as f64 / self.tally.started.max(1) as f64
    }

    fn reasons(&self) -> String {
        let outcomes = self.tally.outcomes.values();
        let errors =
            outcomes.filter(|count| count.class == OutcomeClass::Error && count.downloads > 0);
        let reasons: Vec<_> = errors
            .map(|count| format!("{} x {}", count.downloads, count.reason))
            .collect();
        reasons.join(", ")
    }

    /// What the policy cost, if it did anything, and what came for nothing.
    fn extra(&self, text: &mut String) -> std::fmt::Result {
        let tally = self.tally;
        let kinds = [
            (tally.retries, "retried"),
            (tally.hedges, "hedged"),
            (tally.redirects, "redirected"),
        ];
        let kinds: Vec<_> = kinds
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let costs = [
            (!kinds.is_empty()).then(|| kinds.join(", ")),
            (tally.wasted_bytes > 0).then(|| format!("{} bytes for nothing", tally.wasted_bytes)),
            (!tally.backoff.is_zero())
                .then(|| format!("{} in back-off", HumanDuration(tally.backoff))),
        ];
        let costs: Vec<_> = costs.into_iter().flatten().collect();
        if costs.is_empty() {
            return Ok(());
        }
        let (attempts, each) = (tally.attempts(), self.attempts_each());
        let plural = if attempts == 1 { "" } else { "s" };
        writeln!(
            text,
            "{attempts} request{plural}, {each:.2} a flag: {}",
            costs.join("; ")
        )
    }

    fn json(&self) -> serde_json::Value {
        let tally = self.tally;
        let outcomes: serde_json::Map<_, _> = tally
            .outcomes
            .iter()
            .map(|(label, count)| {
                (
                    label.to_string(),
                    json!({ "attempts": count.attempts, "downloads": count.downloads }),
                )
            })
            .collect();
        json!({
            "schema": "flagpole.get/1",
            "elapsed_us": micros(self.elapsed),
            "downloads": {
                "ok": self.downloaded(), "unchanged": self.unchanged(), "not_found": tally.not_found,
                "error": tally.error, "unfinished": tally.unfinished(), "unstarted": self.unstarted(),
            },
            "attempts": {
                "total": tally.attempts(), "per_file": self.attempts_each(), "retries": tally.retries, "hedges": tally.hedges, "redirects": tally.redirects,
            },
            "bytes": tally.bytes,
            "wasted_bytes": tally.wasted_bytes,
            "backoff_us": micros(tally.backoff),
            "outcomes": outcomes,
            "latency_from_due": latency(&tally.response_time),
            "latency_from_sent": latency(&tally.service_time),
            "decided_by": self.downloads.ended().map(|(_, end)| end).collect::<Vec<_>>(),
        })
    }

    fn csv(&self) -> String {
        let mut text = String::from("code,outcome,status,bytes,attempts,due_us,sent_us,done_us\n");
        for (download, record) in self.downloads.ended() {
            let status = record
                .status
                .map(|status| status.to_string())
                .unwrap_or_default();
            // Writing to a String can not fail; no label has a comma or a quote in it.
            let _ = writeln!(
                text,
                "{},{},{status},{},{},{},{},{}",
                record.resource.code(),
                record.outcome.label(),
                download.bytes,
                download.attempts,
                micros(record.due),
                micros(record.sent),
                micros(record.done)
            );
        }
        text
    }
}

fn latency(latencies: &LatencyStats) -> serde_json::Value {
    let at = |share| latencies.quantile(share).map(micros);
    json!({ "p50_us": at(0.5), "p90_us": at(0.9), "p99_us": at(0.99), "max_us": latencies.max().map(micros) })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// So many flags, in words.
pub(crate) fn flags(count: u64) -> String {
    format!("{count} flag{}", if count == 1 { "" } else { "s" })
}
