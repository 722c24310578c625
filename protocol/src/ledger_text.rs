//! A ledger as text for people: one line for each group of counts.

use crate::ledger::Ledger;
use crate::ledger_document::LedgerDocument;
use std::fmt::{self, Display};

impl LedgerDocument {
    /// How the responses ended; all but the first two only if there are any.
    fn ends(&self) -> String {
        let always = [(self.completed, "completed"), (self.aborted, "aborted")];
        let rarer = [
            (self.ended_by_fault, "ended by a fault"),
            (self.ended_by_stop, "ended by the stop"),
            (self.timed_out, "timed out in writing"),
        ];
        let rarer = rarer.into_iter().filter(|(count, _)| *count > 0);
        let ends = always.into_iter().chain(rarer);
        let ends: Vec<_> = ends.map(|(count, how)| format!("{count} {how}")).collect();
        ends.join(", ")
    }

    /// The errors that belong to no request; empty if there are none.
    fn errors(&self) -> String {
        let mut errors = Vec::new();
        if !self.protocol_errors.is_empty() {
            errors.push(format!("invalid requests {}", list(&self.protocol_errors)));
        }
        let counts = [
            (self.connection_errors, "connections broken off"),
            (self.accept_errors, "failed accepts"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        errors.extend(counts.map(|(count, what)| format!("{what} {count}")));
        errors.join("; ")
    }
}

/// One line for each group of counts.
impl Display for LedgerDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "requests   {} ({}) over {} connections",
            self.requests,
            self.ends(),
            self.connections
        )?;
        writeln!(f, "by status  {}", list(&self.by_status))?;
        write!(f, "by cause   {}", list(&self.by_cause))?;
        if self.peak_concurrency > 0 {
            let peak = self.peak_concurrency;
            write!(f, "\npeak       {peak} concurrent requests")?;
        }
        if !self.limits_reached.is_empty() {
            write!(f, "\nlimits     {}", list(&self.limits_reached))?;
        }
        let errors = self.errors();
        if !errors.is_empty() {
            write!(f, "\nerrors     {errors}")?;
        }
        let lateness = &self.lateness;
        let Some((p50_us, p99_us)) = lateness.p50_us.zip(lateness.p99_us) else {
            return Ok(());
        };
        let [p50, p99] = [p50_us, p99_us].map(|us| us as f64 / 1e3);
        let (delayed, early) = (lateness.count, self.early_responses);
        write!(
            f,
            "\nlateness   p50 {p50:.3} ms, p99 {p99:.3} ms ({delayed} delayed responses, {early} early)"
        )
    }
}

impl Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LedgerDocument::from(self).fmt(f)
    }
}

/// `200: 3, 404: 1`; `-` without counts.
fn list<'a, K: Display + 'a>(counts: impl IntoIterator<Item = (&'a K, &'a u64)>) -> String {
    let pairs: Vec<_> = counts
        .into_iter()
        .map(|(key, count)| format!("{key}: {count}"))
        .collect();
    if pairs.is_empty() {
        "-".to_owned()
    } else {
        pairs.join(", ")
    }
}
