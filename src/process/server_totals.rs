//! What a server did in all trials.

use flagpole_analysis::comparison::ServerSummary;
use flagpole_protocol::{Ledger, LedgerDocument, LedgerReport, ProcessUsage};
use std::time::Duration;

/// The sums of all reports of a control plane.
#[derive(Default)]
pub(super) struct ServerTotals {
    ledger: Ledger,
    usage: ProcessUsage,
    /// Requests whose response had not ended at the last report.
    in_progress: u64,
}

impl ServerTotals {
    /// Adds a report; returns its summary.
    pub(super) fn add(&mut self, report: &LedgerReport) -> ServerSummary {
        let usage = report.process.unwrap_or_default();
        let mut sum = Ledger::default();
        self.in_progress = 0;
        for listener in &report.listeners {
            sum += &ledger(&listener.ledger);
            self.in_progress += listener.ledger.in_progress;
        }
        self.ledger += &sum;
        self.usage.cpu_us += usage.cpu_us;
        if let Some(run_queue_us) = usage.run_queue_us {
            *self.usage.run_queue_us.get_or_insert_default() += run_queue_us;
        }
        ServerSummary::new(&sum, usage.cpu_us, usage.run_queue_us)
    }

    /// The summary of all reports, of a server that is stopped now, which ends the requests in progress.
    pub(super) fn stopped(mut self) -> ServerSummary {
        self.ledger.ended_by_stop += self.in_progress;
        ServerSummary::new(&self.ledger, self.usage.cpu_us, self.usage.run_queue_us)
    }
}

/// The counts that a summary has.
fn ledger(document: &LedgerDocument) -> Ledger {
    let mut ledger = Ledger::default();
    ledger.requests = document.requests;
    ledger.completed = document.completed;
    ledger.aborted = document.aborted;
    ledger.ended_by_fault = document.ended_by_fault;
    ledger.ended_by_stop = document.ended_by_stop;
    ledger.timed_out = document.timed_out;
    ledger.by_status.clone_from(&document.by_status);
    ledger.peak_concurrency = document.peak_concurrency;
    ledger.early_responses = document.early_responses;
    for (&micros, &count) in document.lateness.histogram_us.iter().flatten() {
        for _ in 0..count {
            ledger.lateness.record(Duration::from_micros(micros));
        }
    }
    ledger
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::{Cause, ListenerLedger};

    /// A report of delayed responses, and of a request in progress.
    fn report(lateness_us: &[u64], cpu_us: u64) -> LedgerReport {
        let mut ledger = Ledger::default();
        ledger.count_request(&Cause::Clean);
        for &micros in lateness_us {
            ledger.count_request(&Cause::Delay);
            ledger.count_response(200);
            ledger.completed += 1;
            ledger.lateness.record(Duration::from_micros(micros));
        }
        let mut document = LedgerDocument::from(&ledger);
        document.lateness = document.lateness.with_histogram(&ledger.lateness);
        let usage = ProcessUsage {
            cpu_us,
            run_queue_us: Some(cpu_us / 10),
        };
        let listener = ListenerLedger::new(None, String::new(), document);
        LedgerReport::new(vec![listener], Some(usage))
    }

    #[test]
    fn totals_are_those_of_all_requests() {
        let mut totals = ServerTotals::default();
        let first = totals.add(&report(&[10, 20, 30], 100));
        assert_eq!((first.requests, first.delayed, first.cpu_us), (4, 3, 100));
        assert_eq!(first.lateness_p50_us.to_string(), "20");
        totals.add(&report(&[1000; 400], 50));
        let all = totals.stopped();
        assert_eq!((all.requests, all.by_status[&200]), (405, 403));
        assert_eq!((all.cpu_us, all.run_queue_us), (150, Some(15)));
        assert_eq!(all.delayed, 403);
        assert_eq!(all.lateness_p50_us.to_string(), "1000");
    }

    #[test]
    fn only_the_last_requests_in_progress_are_ended_by_the_stop() {
        let mut totals = ServerTotals::default();
        totals.add(&report(&[], 0));
        totals.add(&report(&[], 0));
        assert_eq!(totals.stopped().ended_by_stop, 1);
    }
}
