//! `flagpole compare`: the strategies side by side, and nothing left behind.

use crate::peers::{Nobody, foreign, mock};
use crate::stage::{Desk, Done, flagpole};
use serde_json::Value;

fn json(done: &Done) -> Value {
    let document: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done}"));
    assert_eq!(document["schema"], 1, "{done}");
    document
}

fn rows(document: &Value) -> &[Value] {
    document["rows"].as_array().unwrap()
}

fn column<'a>(document: &'a Value, name: &'a str) -> Vec<&'a Value> {
    rows(document).iter().map(|row| &row[name]).collect()
}

#[test]
fn without_options_it_is_a_table_of_all_strategies() {
    let done = flagpole("compare");
    assert_eq!(done.code, Some(0), "{done}");
    let mut lines = done.out.lines();
    assert_eq!(lines.next(), Some("flags 20, latency 50ms, seed 0"));
    let columns = lines.nth(1).unwrap().split("  ").map(str::trim);
    let columns: Vec<_> = columns.filter(|name| !name.is_empty()).collect();
    let expected = "strategy, concurrency, wall, speed-up, bound, efficiency, p50, p99, ok, \
                    not found, error";
    assert_eq!(columns, expected.split(", ").collect::<Vec<_>>());
    let rows = lines.skip(1).take(7).map(|line| line.split_whitespace());
    let rows: Vec<Vec<_>> = rows.map(|words| words.take(2).collect()).collect();
    assert_eq!(
        rows,
        [
            ["sequential", "1"],
            ["threads", "20"],
            ["thread-per-download", "20"],
            ["async", "20"],
            ["async-multi", "20"],
            ["per-core", "20"],
            ["adaptive", "20"]
        ]
    );
    assert!(done.err.is_empty(), "{done}");
}

#[test]
fn json_is_one_document_that_names_its_schema() {
    let done = flagpole("compare --latency 5ms --flags 3 --format json");
    assert_eq!(done.code, Some(0), "{done}");
    let document = json(&done);
    assert_eq!(
        column(&document, "strategy"),
        flagpole_client::strategy::ALL.iter().map(|s| s.name()).collect::<Vec<_>>()
    );
    assert_eq!(column(&document, "ok"), [3; 7]);
    assert_eq!(document["conditions"]["latency"], "5ms");
}

#[test]
fn no_strategy_is_faster_than_the_bound() {
    for latency in ["5ms", "uniform:1ms..9ms"] {
        let line = "compare --flags 40 -m 7 --repeat 5 --format json --latency";
        let document = json(&flagpole(&format!("{line} {latency}")));
        for row in rows(&document) {
            let (efficiency, bound) = (row["efficiency"].as_f64(), row["bound_us"].as_u64());
            assert!((0.0..=1.0).contains(&efficiency.unwrap()), "{row}");
            // The fates, and so the bound, are the same in every round.
            assert!(
                row["wall_us"]["min"].as_u64() >= bound && bound > Some(0),
                "{row}"
            );
        }
    }
}

#[test]
fn every_strategy_meets_the_same_fates() {
    let line = "compare --latency 1ms --fault 404@20% --fault 500@20% --flags all -m 20";
    let done = flagpole(&format!("{line} --format json"));
    // Faults that were asked for are no failure.
    assert_eq!(done.code, Some(0), "{done}");
    let document = json(&done);
    for count in ["ok", "not_found", "error", "bound_us"] {
        let counts = column(&document, count);
        assert_eq!(counts[1], counts[2], "{count}");
        assert!(count == "bound_us" || counts[0] == counts[1], "{count}");
        assert!(counts[0].as_u64() > Some(0), "{count}");
    }
}

#[test]
fn only_the_strategies_that_were_asked_for_are_compared() {
    let done = flagpole("compare --latency 1ms --strategy async,threads --format json");
    let document = json(&done);
    assert_eq!(column(&document, "strategy"), ["async", "threads"]);
    assert_eq!(column(&document, "speedup"), [&Value::Null; 2]);
}

#[test]
fn a_flagpole_that_already_runs_is_measured_with_a_bound() {
    let server = mock("5ms", "");
    let done = flagpole(&format!("compare --format json --url {}", server.url()));
    assert_eq!(done.code, Some(0), "{done}");
    let document = json(&done);
    let bounds = column(&document, "bound_us");
    assert_eq!(bounds[0], 100_000);
    assert!(bounds[1..].iter().all(|bound| **bound == 5000), "{bounds:?}");
    assert_eq!(server.ledger().by_status[&200], 20 * bounds.len() as u64);
}

#[test]
fn a_server_of_somebody_else_is_measured_without_a_bound() {
    let done = flagpole(&format!("compare --format json --url {}", foreign()));
    assert_eq!(done.code, Some(0), "{done}");
    let document = json(&done);
    let all = |name, value: Value| column(&document, name).iter().all(|cell| **cell == value);
    assert!(all("ok", 20.into()));
    assert!(all("bound_us", Value::Null) && all("efficiency", Value::Null));
}

#[test]
fn errors_of_a_server_that_already_runs_fail_the_command() {
    let server = mock("0", "500@20%");
    let done = flagpole(&format!("compare --url {}", server.url()));
    assert_eq!(done.code, Some(1), "{done}");
    assert!(
        done.out.contains(" x 500 Internal Server Error\n"),
        "{done}"
    );
    let done = flagpole(&format!("compare --url http://{}", Nobody::new().addr()));
    assert_eq!(done.code, Some(1), "{done}");
    assert!(
        done.out.contains("async: 20 x connection refused\n"),
        "{done}"
    );
}

#[test]
fn downloads_given_up_as_told_are_no_failure() {
    let done = flagpole("compare --latency 1h --timeout 50ms --flags 3");
    assert_eq!(done.code, Some(0), "{done}");
    assert!(
        done.out.contains("threads: 3 x timed out after 50ms\n"),
        "{done}"
    );
}

#[test]
fn a_reader_who_has_gone_is_no_failure() {
    let mut process = Desk::new().start("compare --latency 5ms --flags 3");
    process.close_stdout();
    let done = process.finish();
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_makes_the_measurement_invalid() {
    let (desk, server) = (Desk::new(), mock("1h", ""));
    let process = desk.start(&format!("compare --url {}", server.url()));
    crate::stage::wait_until("a download is under way", || server.ledger().requests > 0);
    process.signal(rustix::process::Signal::INT);
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let expected = "flagpole: the measurement is not valid: interrupted\n";
    assert_eq!(done.err, expected);
    assert!(done.out.contains("sequential: 1 x cancelled\n"), "{done}");
    assert!(done.out.contains("sequential: 19 not started\n"), "{done}");
}

#[cfg(target_os = "linux")]
mod helpers {
    use crate::processes::{has_socket, with_argument};
    use crate::stage::{Desk, Process, flagpole, wait_until};
    use rustix::process::Signal;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A seed by which the helper of one test is told from all others.
    fn own_seed() -> u64 {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        u64::from(std::process::id()) << 32 | u64::from(next)
    }

    /// The server processes that `compare` started for this seed; it spells the option in one word.
    fn helpers(seed: u64) -> Vec<u32> {
        with_argument(&format!("--seed={seed}"))
    }

    /// A comparison under way that never ends, and its seed.
    fn endless() -> (Process, u64) {
        let seed = own_seed();
        let process = Desk::new().start(&format!("compare --latency 1h --seed {seed}"));
        wait_until("a download is under way", || has_socket(process.pid()));
        assert_eq!(helpers(seed).len(), 1);
        (process, seed)
    }

    #[test]
    fn none_is_left_after_a_success() {
        let seed = own_seed();
        let done = flagpole(&format!("compare --latency 1ms --seed {seed}"));
        assert_eq!(done.code, Some(0), "{done}");
        assert!(helpers(seed).is_empty());
    }

    #[test]
    fn none_is_left_after_a_kill() {
        let (process, seed) = endless();
        process.kill();
        wait_until("the helper is gone", || helpers(seed).is_empty());
    }

    #[test]
    fn none_is_left_after_a_signal() {
        let interrupts: [fn(&Process); 3] = [
            |process| process.signal(Signal::INT),
            |process| process.signal(Signal::TERM),
            Process::press_ctrl_c,
        ];
        for interrupt in interrupts {
            let (process, seed) = endless();
            interrupt(&process);
            let done = process.finish();
            assert_eq!(done.code, Some(3), "{done}");
            assert!(helpers(seed).is_empty());
        }
    }
}
