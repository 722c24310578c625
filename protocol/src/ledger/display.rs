//! The ledger as text.

use crate::ledger::Ledger;
use std::fmt::{self, Display};

/// One line for each group of counts.
impl Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "requests   {} ({} completed, {} aborted) over {} connections",
            self.requests, self.completed, self.aborted, self.connections
        )?;
        writeln!(f, "by status  {}", list(&self.by_status))?;
        write!(f, "by cause   {}", list(&self.by_cause))?;
        if self.peak_concurrency > 0 {
            let peak = self.peak_concurrency;
            write!(f, "\npeak       {peak} concurrent requests")?;
        }
        if self.lateness.is_empty() {
            return Ok(());
        }
        let ms = |quantile| self.lateness_at(quantile).as_secs_f64() * 1e3;
        write!(
            f,
            "\nlateness   p50 {:.3} ms, p99 {:.3} ms ({} delayed responses, {} early)",
            ms(0.5),
            ms(0.99),
            self.lateness.len(),
            self.early_responses
        )
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
