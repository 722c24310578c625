//! Runs whose time neither the plan nor the CPU time explains.

use super::*;
use flagpole_protocol::Outcome;

/// 40 requests without a delay on this number of connections, each sent after `sending` and received after `waiting`
/// milliseconds.
fn remedy(
    concurrency: usize,
    opened: usize,
    threads: usize,
    [sending, waiting]: [u64; 2],
) -> String {
    let mut records = run_of_delays(&[0; 40]);
    for (index, record) in records.iter_mut().enumerate() {
        record.reused_connection = index >= opened;
        record.sent = Duration::from_millis(sending);
        record.first_byte = Some(record.sent + Duration::from_millis(waiting));
        record.done = record.sent + Duration::from_millis(waiting);
    }
    let run = ObservedRun {
        wall: 400 * MS,
        threads,
        ..run(&records, concurrency)
    };
    let bottleneck = Bottleneck::for_run(&run);
    assert_eq!(bottleneck.kind, BottleneckKind::Overhead);
    bottleneck.remedy
}

#[test]
fn remedy_fits_where_the_time_went() {
    let (connecting, responding) = ([6, 4], [4, 6]);
    assert_eq!(remedy(4, 40, 1, connecting), "reuse connections");
    assert_eq!(
        remedy(4, 4, 5, connecting),
        "use a strategy with fewer threads"
    );
    assert_eq!(
        remedy(4, 4, 1, connecting),
        "make more requests with each connection"
    );
    assert_eq!(remedy(1, 1, 1, responding), "download concurrently");
    assert_eq!(
        remedy(4, 4, 5, responding),
        "run on an idle machine, on more cores or with longer delays"
    );
}

#[test]
fn failures_that_end_connections_are_not_a_lack_of_reuse() {
    let mut records = run_of_delays(&[0; 40]);
    for record in &mut records {
        (record.outcome, record.status) = (Outcome::ConnectionReset, None);
        (record.sent, record.first_byte) = (6 * MS, None);
        record.done = 10 * MS;
    }
    let run = ObservedRun {
        wall: 400 * MS,
        ..run(&records, 4)
    };
    let remedy = Bottleneck::for_run(&run).remedy;
    assert_eq!(remedy, "reduce failures, which end connections");
}

#[test]
fn evidence_names_the_largest_part() {
    let late = ScenarioResponse {
        unreported: 9,
        ..ScenarioResponse::after(1)
    };
    let records = run_of(&[late; 40]);
    let run = ObservedRun {
        wall: 100 * MS,
        ..run(&records, 4)
    };
    assert_eq!(
        Bottleneck::for_run(&run).evidence,
        "lower bound 10.0 ms, CPU time per core 1.00 ms of 100 ms, 90% of the response times between the reported delay and the first byte"
    );
}
