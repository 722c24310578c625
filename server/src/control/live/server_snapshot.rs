//! The snapshots of running servers: what happened since the one before.

use super::server_sample::{ListenerSample, ServerSample};
use flagpole_protocol::{LatencyStats, Ledger, as_micros};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Instant;

/// Maximum number of statuses, and of causes, of which each is counted separately.
const MAX_LABELS: usize = 12;

/// The name of what the other counts add up to.
const OTHERS: &str = "others";

/// The servers in one interval.
#[derive(Debug, Serialize)]
pub(super) struct ServerSnapshot {
    /// The end of the interval, in milliseconds since the Unix epoch.
    at_ms: u64,
    length_ms: u64,
    listeners: Vec<ListenerSnapshot>,
}

#[derive(Debug, Serialize)]
struct ListenerSnapshot {
    /// Requests whose head was parsed in the interval.
    requests: u64,
    /// The same since the last reset.
    total: u64,
    in_progress: u64,
    open_connections: usize,
    /// Responses that were started in the interval, by status.
    by_status: BTreeMap<String, u64>,
    /// Requests of the interval by why their response was as it was.
    by_cause: BTreeMap<String, u64>,
    lateness: Lateness,
}

/// The lateness of the delayed responses of the interval, in microseconds.
#[derive(Debug, Serialize)]
struct Lateness {
    count: u64,
    p50_us: Option<u64>,
    p99_us: Option<u64>,
    max_us: Option<u64>,
}

/// Makes snapshots of successive samples.
#[derive(Debug)]
pub(super) struct SnapshotMaker {
    previous: Instant,
    /// Of each listener the counts at the previous sample.
    ledgers: Vec<Ledger>,
}

impl SnapshotMaker {
    /// Begins with this sample, which has no snapshot.
    pub(super) fn new(first: ServerSample) -> SnapshotMaker {
        let listeners = first.listeners.into_iter();
        SnapshotMaker {
            previous: first.taken,
            ledgers: listeners.map(|listener| listener.ledger).collect(),
        }
    }

    /// The snapshot of the time since the previous sample.
    pub(super) fn next(&mut self, sample: ServerSample) -> ServerSnapshot {
        let length = sample.taken.saturating_duration_since(self.previous);
        self.previous = sample.taken;
        let listeners = sample.listeners.into_iter().zip(&mut self.ledgers);
        ServerSnapshot {
            at_ms: as_micros(sample.unix_time) / 1000,
            length_ms: as_micros(length) / 1000,
            listeners: listeners.map(|(now, before)| since(now, before)).collect(),
        }
    }
}

/// What a listener did since `before`, which becomes the present counts.
fn since(now: ListenerSample, before: &mut Ledger) -> ListenerSnapshot {
    // After a reset all counts begin at 0.
    if now.ledger.requests < before.requests || now.ledger.ended() < before.ended() {
        *before = Ledger::default();
    }
    let ledger = &now.ledger;
    let snapshot = ListenerSnapshot {
        requests: ledger.requests - before.requests,
        total: ledger.requests,
        in_progress: ledger.in_progress(),
        open_connections: now.open_connections,
        by_status: counts_since(&ledger.by_status, &before.by_status),
        by_cause: counts_since(&ledger.by_cause, &before.by_cause),
        lateness: Lateness::new(&ledger.lateness.since(&before.lateness)),
    };
    *before = now.ledger;
    snapshot
}

/// The counts above 0; the smallest are added up if there are very many.
fn counts_since<K: Ord + Display>(
    now: &BTreeMap<K, u64>,
    before: &BTreeMap<K, u64>,
) -> BTreeMap<String, u64> {
    let before = |label| before.get(label).copied().unwrap_or(0);
    let counts = now.iter();
    let counts = counts.map(|(label, now)| (label.to_string(), now.saturating_sub(before(label))));
    let mut counts: Vec<_> = counts.filter(|(_, count)| *count > 0).collect();
    if counts.len() > MAX_LABELS {
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let others = counts.split_off(MAX_LABELS - 1);
        let sum = others.into_iter().map(|(_, count)| count).sum();
        counts.push((OTHERS.to_owned(), sum));
    }
    counts.into_iter().collect()
}

impl Lateness {
    fn new(stats: &LatencyStats) -> Lateness {
        let quantile = |quantile| stats.quantile(quantile).map(as_micros);
        Lateness {
            count: stats.count(),
            p50_us: quantile(0.5),
            p99_us: quantile(0.99),
            max_us: stats.max().map(as_micros),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::{Cause, ResponseEnd};
    use std::time::Duration;

    fn sample(ledger: &Ledger) -> ListenerSample {
        ListenerSample {
            url: String::new(),
            is_serving: true,
            open_connections: 3,
            ledger: ledger.clone(),
        }
    }

    fn count(ledger: &mut Ledger, status: u16, late: u64) {
        ledger.count_request(&Cause::Delay);
        ledger.count_response(status);
        ledger.lateness.record(Duration::from_micros(late));
        ledger.count_end(ResponseEnd::Completed);
    }

    #[test]
    fn snapshot_has_what_happened_since_the_previous_one() {
        let (mut ledger, mut before) = (Ledger::default(), Ledger::default());
        count(&mut ledger, 200, 1000);
        since(sample(&ledger), &mut before);
        count(&mut ledger, 200, 70);
        count(&mut ledger, 503, 80);
        ledger.count_request(&Cause::Delay);
        let snapshot = since(sample(&ledger), &mut before);
        let json = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(
            json,
            "{\"requests\":3,\"total\":4,\"in_progress\":1,\"open_connections\":3,\"by_status\":{\"200\":1,\"503\":1},\
             \"by_cause\":{\"delay\":3},\"lateness\":{\"count\":2,\"p50_us\":70,\"p99_us\":80,\"max_us\":80}}"
        );
    }

    #[test]
    fn counts_begin_at_0_after_a_reset() {
        let (mut ledger, mut before) = (Ledger::default(), Ledger::default());
        for late in 0..1000 {
            count(&mut ledger, 200, late);
        }
        since(sample(&ledger), &mut before);
        let mut ledger = Ledger::default();
        count(&mut ledger, 200, 70);
        let snapshot = since(sample(&ledger), &mut before);
        assert_eq!((snapshot.requests, snapshot.total), (1, 1));
        assert_eq!(snapshot.lateness.p50_us, Some(70));
    }

    #[test]
    fn labels_are_bounded() {
        let now: BTreeMap<u16, u64> = (400..500).map(|status| (status, 1)).collect();
        let counts = counts_since(&now, &BTreeMap::new());
        assert_eq!((counts.len(), counts[OTHERS]), (MAX_LABELS, 89));
    }
}
