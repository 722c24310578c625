//! A server with a number of places and a queue, and a client that sends requests to it. Times are microseconds.

use flagpole_analysis::comparison::Environment;
use flagpole_analysis::load::{
    ArrivalKind, AskedLoad, LoadModel, LoadSecond, LoopUsage, ObservedLoad, WindowCounts,
};
use flagpole_analysis::validity::LostTime;
use flagpole_protocol::{AttemptRecord, LoadStats, Outcome, OutcomeClass, Resource};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

pub(crate) const MS: u64 = 1_000;
pub(crate) const SECOND: u64 = 1_000_000;

/// A simulated run.
#[derive(Clone)]
pub(crate) struct Simulation {
    pub(crate) window: u64,
    pub(crate) grace: u64,
    /// The number of requests that the server works on at a time.
    pub(crate) places: usize,
    /// The work for request i if it begins at this time.
    pub(crate) work: fn(u64, u64) -> u64,
    /// When the server does nothing.
    pub(crate) stopped: Option<(u64, u64)>,
    /// From when on the server refuses connections.
    pub(crate) dead_from: Option<u64>,
    /// How late the client starts request i.
    pub(crate) lateness: fn(u64) -> u64,
    /// The outcome of request i.
    pub(crate) outcome: fn(u64) -> Outcome,
}

impl Default for Simulation {
    /// A run of 10 s at a server that responds after 10 ms, to 1,000 at a time.
    fn default() -> Simulation {
        Simulation {
            window: 10 * SECOND,
            grace: SECOND,
            places: 1000,
            work: |_, _| 10 * MS,
            stopped: None,
            dead_from: None,
            lateness: |_| 20,
            outcome: |_| Outcome::Ok,
        }
    }
}

/// Arrivals at equal distances.
pub(crate) fn constant(rate: f64, window: u64) -> Vec<u64> {
    let due = (0..).map(|i: u64| (i as f64 * 1e6 / rate) as u64);
    due.take_while(|due| *due < window).collect()
}

/// Arrivals at independent exponential distances.
pub(crate) fn poisson(rate: f64, window: u64, seed: u64) -> Vec<u64> {
    let mut state = seed;
    let mut at = 0.0;
    let next = || {
        // Knuth's linear congruential generator.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        at += -(1.0 - (state >> 11) as f64 / 9_007_199_254_740_992.0).ln() * 1e6 / rate;
        at as u64
    };
    std::iter::repeat_with(next)
        .take_while(|at| *at < window)
        .collect()
}

/// Equal distances are constant, as far as whole microseconds allow.
fn arrivals(due: &[u64]) -> ArrivalKind {
    let distances = due.windows(2).map(|pair| pair[1] - pair[0]);
    let (least, most) = (distances.clone().min(), distances.max());
    if most.unwrap_or(0) - least.unwrap_or(0) <= 1 {
        ArrivalKind::Constant
    } else {
        ArrivalKind::Poisson
    }
}

/// When each place is free.
type Places = BinaryHeap<Reverse<u64>>;

impl Simulation {
    /// An open run with these arrivals.
    pub(crate) fn open(&self, rate: f64, due: &[u64]) -> ObservedLoad {
        let mut places: Places = std::iter::repeat_n(Reverse(0), self.places).collect();
        let records = (0..)
            .zip(due)
            .map(|(i, &due)| self.request(i, due, &mut places));
        let model = LoadModel::Open {
            arrivals: arrivals(due),
            rate_per_s: Some(rate),
            stages: None,
            max_in_flight: 10_000,
            seed: 0,
        };
        let mut observed = self.observed(&records.collect::<Vec<_>>(), model);
        observed.scheduled = Some(due.len() as u64);
        for second in &mut observed.seconds {
            let range = second.start_us..second.start_us + second.length_us;
            let until = |us| due.partition_point(|due| *due < us) as u64;
            second.due = Some(until(range.end) - until(range.start));
        }
        observed
    }

    /// A run with arrivals at equal distances.
    pub(crate) fn at_rate(&self, rate: f64) -> ObservedLoad {
        self.open(rate, &constant(rate, self.window))
    }

    /// A run with arrivals at equal distances, and its records in the order of arrivals.
    pub(crate) fn recorded(&self, rate: f64) -> (ObservedLoad, Vec<AttemptRecord>) {
        let mut places: Places = std::iter::repeat_n(Reverse(0), self.places).collect();
        let due = constant(rate, self.window);
        let records = (0..).zip(&due);
        let records = records.map(|(i, &due)| self.request(i, due, &mut places));
        (self.at_rate(rate), records.collect())
    }

    /// A closed run.
    pub(crate) fn closed(&self, connections: u64) -> ObservedLoad {
        let mut places: Places = std::iter::repeat_n(Reverse(0), self.places).collect();
        let mut free: Places = (0..connections).map(|_| Reverse(0)).collect();
        let mut records = Vec::new();
        while let Some(Reverse(due)) = free.pop().filter(|Reverse(due)| *due < self.window) {
            let record = self.request(records.len() as u64, due, &mut places);
            free.push(Reverse(micros(record.done).max(due + 1)));
            records.push(record);
        }
        let model = LoadModel::Closed {
            connections,
            think_us: 0,
            stages: None,
        };
        self.observed(&records, model)
    }

    fn request(&self, i: u64, due: u64, places: &mut Places) -> AttemptRecord {
        let started = due + (self.lateness)(i);
        let Reverse(free_at) = places.pop().unwrap();
        let begun = started.max(free_at);
        let done = self.after_stop(begun, (self.work)(i, begun));
        places.push(Reverse(done));
        let is_dead = self.dead_from.is_some_and(|from| done >= from);
        let outcome = if is_dead {
            Outcome::ConnectionRefused
        } else {
            (self.outcome)(i)
        };
        let mut record = AttemptRecord::new(Resource::Flag("BR".parse().unwrap()), outcome);
        (record.due, record.first_due) = (duration(due), duration(due));
        (record.started, record.sent) = (duration(started), duration(started));
        record.lateness = duration(started - due);
        record.done = duration(if is_dead { started + 100 } else { done });
        record.reused_connection = true;
        let end = self.window + self.grace;
        if !is_dead {
            record.first_byte = Some(duration(done));
            record.status = Some(200);
            record.bytes = 1000;
        }
        if micros(record.done) > end {
            record.outcome = Outcome::Cancelled;
            (record.done, record.first_byte) = (duration(end.max(started)), None);
            (record.status, record.bytes) = (None, 0);
        }
        if let Outcome::Http(status) = record.outcome {
            record.status = Some(status);
        }
        record
    }

    /// When work that begins at a time ends.
    fn after_stop(&self, begun: u64, work: u64) -> u64 {
        match self.stopped {
            // What was done before the stop is done.
            Some((from, until)) if begun < until && begun + work > from => {
                let before = from.saturating_sub(begun);
                until + work - before
            }
            _ => begun + work,
        }
    }

    fn observed(&self, records: &[AttemptRecord], model: LoadModel) -> ObservedLoad {
        let mut stats = LoadStats::default();
        let mut in_window = WindowCounts::default();
        let window = duration(self.window);
        for record in records {
            stats.record(record);
            if record.done <= window && record.outcome != Outcome::Cancelled {
                in_window.ended += 1;
                in_window.succeeded += u64::from(record.outcome.class() == OutcomeClass::Ok);
                in_window.bytes += record.bytes;
            }
        }
        let elapsed = records
            .iter()
            .map(|record| record.done)
            .max()
            .unwrap_or_default();
        let loops = LoopUsage {
            elapsed_us: micros(elapsed),
            cpu_us: micros(elapsed) / 5,
            run_queue_us: Some(micros(elapsed) / 100),
            in_flight_area_s: stats.attempt_time.as_secs_f64() / 2.0,
            max_in_flight: 25,
        };
        ObservedLoad {
            environment: Environment {
                cores: 2,
                flagpole: "0.1.0".to_owned(),
                ..Environment::default()
            },
            targets: vec!["GET http://127.0.0.1:8000/flags/br/br.gif".to_owned()],
            asked: AskedLoad {
                model,
                duration_us: Some(self.window),
                grace_us: self.grace,
                ..AskedLoad::default()
            },
            window,
            elapsed: elapsed.max(window),
            seconds: self.seconds(records, micros(elapsed)),
            in_window,
            stats,
            loops: vec![loops; 2],
            lost: idle_machine(micros(elapsed)),
            ..ObservedLoad::default()
        }
    }

    fn seconds(&self, records: &[AttemptRecord], end: u64) -> Vec<LoadSecond> {
        let starts = (0..end.max(self.window)).step_by(usize::try_from(SECOND).unwrap());
        let mut by_second = vec![LoadStats::default(); starts.clone().count()];
        for record in records {
            let second = usize::try_from(micros(record.done) / SECOND).unwrap();
            let second = second.min(by_second.len() - 1);
            by_second[second].record(record);
        }
        let ends = by_second.len();
        let in_flight = spanning(records.iter().map(|one| (one.started, one.done)), ends);
        let queued = spanning(records.iter().map(|one| (one.due, one.started)), ends);
        let second = |(start, stats): (u64, &LoadStats)| {
            let mut second =
                LoadSecond::new(duration(start), duration(SECOND), Duration::ZERO, stats);
            let at = usize::try_from(start / SECOND).unwrap();
            (second.in_flight, second.queued) = (in_flight[at], queued[at]);
            second
        };
        starts.zip(&by_second).map(second).collect()
    }
}

/// How many of these times last at the end of each second.
fn spanning(times: impl Iterator<Item = (Duration, Duration)>, seconds: usize) -> Vec<u64> {
    let mut counts = vec![0; seconds];
    for (from, until) in times {
        let first = micros(from).div_ceil(SECOND).max(1);
        for end in (first..).take_while(|end| end * SECOND < micros(until)) {
            if let Some(count) = counts.get_mut(end as usize - 1) {
                *count += 1;
            }
        }
    }
    counts
}

fn idle_machine(elapsed: u64) -> LostTime {
    LostTime {
        run_queue_us: Some(elapsed / 50),
        thread_time_us: Some(2 * elapsed),
        stopped_us: Some(0),
        throttled_us: Some(0),
        capacity_us: Some(2 * elapsed),
        own_cpu_us: Some(elapsed / 2),
        other_cpu_us: Some(elapsed / 100),
        steal_us: Some(0),
        ..LostTime::default()
    }
}

pub(crate) fn duration(us: u64) -> Duration {
    Duration::from_micros(us)
}

pub(crate) fn micros(time: Duration) -> u64 {
    flagpole_protocol::as_micros(time)
}
