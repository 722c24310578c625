//! How late a load run starts its requests: with its own timer and with tokio's, in alternating rounds with the same Poisson
//! arrivals, against a server on one core that responds at once.

mod sink;

use crate::common::{is_test, median, rounds};
use crate::goals::judge;
use flagpole_client::load::LoadRun;
use flagpole_client::{
    ArrivalProcess, Arrivals, Endpoint, Expectation, LoadTarget, OpenSource, RecordSink,
    RequestMessage, RequestSource, Share, Stage, TargetOrder, TargetSequence,
};
use flagpole_protocol::{AttemptRecord, LatencyStats};
use sink::Sink;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) use sink::{IS_SINK, serve};

/// Rounds; the medians of their quantiles count.
const ROUNDS: usize = 7;

/// Arrivals per second.
const RATE: f64 = 5000.0;

/// Name of a quantile, the quantile, and the goal for its ratio.
const QUANTILES: [(&str, f64, f64); 2] = [("p50", 0.5, 0.2), ("p90", 0.9, 0.3)];

/// Measures and prints.
pub(crate) fn print() {
    let duration = Duration::from_millis(if is_test() { 200 } else { 4000 });
    let rounds = rounds(ROUNDS);
    println!("\nlateness of {RATE} arrivals/s: medians of {rounds} rounds of {duration:?}");
    let sink = Sink::start();
    let (mut own, mut tokio) = (Vec::new(), Vec::new());
    for seed in 0..rounds as u64 {
        for is_tokio in [seed % 2 == 1, seed % 2 == 0] {
            let lateness = round(&sink, is_tokio, duration, seed);
            if is_tokio { &mut tokio } else { &mut own }.push(lateness);
        }
    }
    for (name, quantile, goal) in QUANTILES {
        let [own, tokio] = [&own, &tokio].map(|rounds| {
            let micros = |one: &LatencyStats| one.quantile(quantile).map(|late| late.as_micros());
            median(rounds.iter().filter_map(micros)) as f64
        });
        let ratio = own / tokio;
        judge(
            &format!("{name}: {own} us, {tokio} us with tokio's timer, {ratio:.3}x"),
            &format!("at most {goal}x"),
            ratio <= goal,
        );
    }
}

/// The lateness of the requests of one event loop.
struct LatenessSink {
    lateness: LatencyStats,
    total: Arc<Mutex<LatencyStats>>,
}

impl RecordSink for LatenessSink {
    fn record(&mut self, record: &AttemptRecord) {
        self.lateness.record(record.lateness);
    }

    fn finish(&mut self) {
        *self.total.lock().expect("no sink panics") += &self.lateness;
    }
}

fn round(sink: &Sink, uses_tokio_timer: bool, duration: Duration, seed: u64) -> LatencyStats {
    let rate = RATE.to_string() + "/s";
    let stage = Stage::constant(rate.parse().expect("it is a rate"), Some(duration));
    let source = |share: Share| {
        let arrivals = Arrivals::new(&[stage], ArrivalProcess::Poisson, seed, share);
        let targets = TargetSequence::new(TargetOrder::Sequential, 0, [1]);
        Box::new(OpenSource::new(arrivals, targets)) as Box<dyn RequestSource>
    };
    let targets = [LoadTarget {
        endpoint: 0,
        path: "/".parse().expect("it is a path"),
        message: RequestMessage::default(),
        weight: 1,
        expectation: Expectation::default(),
    }];
    let total = Arc::<Mutex<LatencyStats>>::default();
    let new_sink = |_| {
        Box::new(LatenessSink {
            lateness: LatencyStats::default(),
            total: total.clone(),
        }) as Box<dyn RecordSink>
    };
    let run = LoadRun::new(&targets, &[Endpoint::from(sink.address)], &source)
        .connections(100)
        .duration(duration)
        .grace(Duration::from_secs(1))
        .tokio_timer(uses_tokio_timer)
        .run(&new_sink);
    run.expect("the system gives threads and event loops");
    total.lock().expect("no sink panics").clone()
}
