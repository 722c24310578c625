//! Collects the records of the event loops as statistics per second. Each loop writes into its own cell, whose lock is
//! contended only for a moment once a second, when the ticker takes what is complete.
//!
//! An attempt belongs to the second in which it ended, by its own time, so that seconds do not depend on how punctual the
//! ticker is. What was due during the warm-up is kept apart.

use super::loop_meter::LoopMeter;
use super::record_stream::{LoopRecords, RecordStream};
use flagpole_analysis::load::{LoopUsage, WindowCounts};
use flagpole_client::RecordSink;
use flagpole_protocol::{AttemptRecord, LoadStats, Outcome, OutcomeClass};
use std::collections::BTreeMap;
use std::mem;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What all loops of a run have recorded.
pub(crate) struct Collector {
    warm_up: Duration,
    /// When the window ends in which requests start, in microseconds of the run's clock.
    window_end: Arc<AtomicU64>,
    /// By the number of the loop.
    cells: Mutex<BTreeMap<usize, Arc<Cell>>>,
    records: Mutex<Option<RecordStream>>,
}

/// What one loop has recorded.
#[derive(Default)]
struct Cell {
    state: Mutex<CellState>,
}

#[derive(Default)]
struct CellState {
    warm_up: LoadStats,
    /// By the number of the second after the warm-up, from 0.
    seconds: BTreeMap<u64, IntervalStats>,
    usage: LoopUsage,
}

/// What ended in an interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct IntervalStats {
    pub(crate) stats: LoadStats,
    /// What of it ended within the window.
    pub(crate) in_window: WindowCounts,
}

impl AddAssign<&IntervalStats> for IntervalStats {
    fn add_assign(&mut self, other: &IntervalStats) {
        self.stats += &other.stats;
        self.in_window += other.in_window;
    }
}

/// The sink of one loop.
struct LoopSink {
    warm_up: Duration,
    window_end: Arc<AtomicU64>,
    cell: Arc<Cell>,
    meter: LoopMeter,
    records: Option<LoopRecords>,
}

/// What was recorded in the whole run, besides the seconds.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) warm_up: LoadStats,
    pub(crate) loops: Vec<LoopUsage>,
}

impl Collector {
    /// For a run whose requests start until `window_end`, if its end is known. All records go to `records` too.
    pub(crate) fn new(
        warm_up: Duration,
        window_end: Option<Duration>,
        records: Option<RecordStream>,
    ) -> Collector {
        let window_end = window_end.map_or(u64::MAX, micros);
        Collector {
            warm_up,
            window_end: Arc::new(AtomicU64::new(window_end)),
            cells: Mutex::default(),
            records: Mutex::new(records),
        }
    }

    /// A sink for the calling thread, which runs the loop of this number.
    pub(crate) fn sink(&self, number: usize) -> Box<dyn RecordSink> {
        let cell = Arc::new(Cell::default());
        lock(&self.cells).insert(number, cell.clone());
        Box::new(LoopSink {
            warm_up: self.warm_up,
            window_end: self.window_end.clone(),
            cell,
            meter: LoopMeter::start(),
            records: lock(&self.records).as_ref().map(RecordStream::of_loop),
        })
    }

    /// Requests start until later, because of a pause.
    pub(crate) fn extend_window(&self, pause: Duration) {
        let later = |end: u64| end.checked_add(micros(pause));
        let _ = self
            .window_end
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
    }

    /// No requests start after this time.
    pub(crate) fn end_window(&self, at: Duration) {
        self.window_end.fetch_min(micros(at), Ordering::Relaxed);
    }

    /// When the window ends in which requests start; `None` if that is not known.
    pub(crate) fn window_end(&self) -> Option<Duration> {
        let end = self.window_end.load(Ordering::Relaxed);
        (end != u64::MAX).then(|| Duration::from_micros(end))
    }

    /// Takes the seconds before this one, with their numbers; `u64::MAX` for all.
    pub(crate) fn take_seconds(&self, before: u64) -> BTreeMap<u64, IntervalStats> {
        let mut seconds: BTreeMap<u64, IntervalStats> = BTreeMap::new();
        for cell in lock(&self.cells).values() {
            let taken = {
                let mut state = lock(&cell.state);
                let kept = state.seconds.split_off(&before);
                mem::replace(&mut state.seconds, kept)
            };
            // Added without the lock.
            for (number, stats) in taken {
                *seconds.entry(number).or_default() += &stats;
            }
        }
        seconds
    }

    /// What is left after the last second was taken, when the loops have ended; and whether the records were written.
    pub(crate) fn finish(&self) -> (Collected, anyhow::Result<()>) {
        let mut collected = Collected::default();
        for cell in lock(&self.cells).values() {
            let state = lock(&cell.state);
            collected.warm_up += &state.warm_up;
            collected.loops.push(state.usage);
        }
        let records = lock(&self.records).take();
        (collected, records.map_or(Ok(()), RecordStream::finish))
    }
}

impl RecordSink for LoopSink {
    fn record(&mut self, record: &AttemptRecord) {
        {
            let is_in_window = micros(record.done) <= self.window_end.load(Ordering::Relaxed);
            let mut state = lock(&self.cell.state);
            state.record(record, self.warm_up, is_in_window);
        }
        if let Some(records) = &mut self.records {
            records.write(record);
        }
    }

    fn finish(&mut self) {
        lock(&self.cell.state).usage = self.meter.usage();
        // Hands over the last lines.
        self.records = None;
    }
}

impl CellState {
    fn record(&mut self, record: &AttemptRecord, warm_up: Duration, is_in_window: bool) {
        if record.first_due < warm_up {
            self.warm_up.record(record);
            return;
        }
        let second = record.done.saturating_sub(warm_up).as_secs();
        let interval = self.seconds.entry(second).or_default();
        interval.stats.record(record);
        if is_in_window {
            // A request that the circuit breaker holds back is never sent.
            let is_sent = record.outcome != Outcome::CircuitOpen;
            let has_ended = record.is_final && is_sent && !record.outcome.is_unfinished();
            let has_succeeded = has_ended && record.outcome.class() == OutcomeClass::Ok;
            interval.in_window.ended += u64::from(has_ended);
            interval.in_window.succeeded += u64::from(has_succeeded);
            interval.in_window.bytes += record.bytes;
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::test_record;

    const SECOND: Duration = Duration::from_secs(1);

    /// Due at `due` and done at `done`, in milliseconds.
    fn record(due: u64, done: u64, outcome: Outcome) -> AttemptRecord {
        let mut record = test_record::record(outcome, None);
        (record.first_due, record.done) = (Duration::from_millis(due), Duration::from_millis(done));
        record
    }

    #[test]
    fn attempts_belong_to_the_second_in_which_they_ended() {
        let collector = Collector::new(SECOND, Some(3 * SECOND), None);
        let mut sinks = [collector.sink(0), collector.sink(1)];
        for (sink, due, done) in [
            (0, 500, 1100),
            (0, 1100, 1900),
            (1, 1200, 2000),
            (0, 2900, 3100),
        ] {
            sinks[sink].record(&record(due, done, Outcome::Ok));
        }
        let counts = |before| {
            let seconds = collector.take_seconds(before).into_iter();
            seconds
                .map(|(number, second)| (number, second.stats.requests(), second.in_window.ended))
                .collect::<Vec<_>>()
        };
        assert_eq!(counts(1), [(0, 1, 1)]);
        // The last one ended after the window.
        assert_eq!(counts(u64::MAX), [(1, 1, 1), (2, 1, 0)]);
        let (collected, written) = collector.finish();
        assert!(written.is_ok());
        assert_eq!(
            (collected.warm_up.requests(), collected.loops.len()),
            (1, 2)
        );
    }

    #[test]
    fn pause_extends_the_window_and_a_stop_ends_it() {
        let collector = Collector::new(Duration::ZERO, Some(SECOND), None);
        let mut sink = collector.sink(0);
        collector.extend_window(SECOND);
        sink.record(&record(0, 1500, Outcome::Ok));
        collector.end_window(SECOND / 2);
        sink.record(&record(0, 1600, Outcome::Ok));
        sink.record(&record(0, 400, Outcome::Cancelled));
        sink.record(&record(0, 400, Outcome::CircuitOpen));
        let seconds = collector.take_seconds(u64::MAX);
        let in_window = seconds.values().map(|second| second.in_window.ended);
        assert_eq!(in_window.sum::<u64>(), 1);
    }
}
