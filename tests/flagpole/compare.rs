//! `flagpole compare`: the strategies side by side.

use crate::peers::{Nobody, foreign, mock};
use crate::stage::{Desk, Done, flagpole};
use serde_json::Value;

/// It ended so. A busy machine makes answers late, and then the command rightly says that the measurement
/// is not valid: that alone is no failure here.
pub(crate) fn ended(done: &Done, code: i32) {
    let is_late = |line: &str| line.contains("% of the median delay of");
    let is_only_late = !done.err.is_empty() && done.err.lines().all(is_late);
    let is_so = done.code == Some(code) || done.code == Some(3) && is_only_late;
    assert!(is_so, "{done}");
}

pub(crate) fn json(done: &Done) -> Value {
    let document: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done}"));
    assert_eq!(document["schema"], 2, "{done}");
    document
}

/// The rows of the only cell.
pub(crate) fn rows(document: &Value) -> &[Value] {
    document["cells"][0]["rows"].as_array().unwrap()
}

pub(crate) fn column<'a>(document: &'a Value, name: &'a str) -> Vec<&'a Value> {
    rows(document).iter().map(|row| &row[name]).collect()
}

#[test]
fn without_options_it_is_a_table_of_the_strategies_of_the_book() {
    let done = flagpole("compare --rounds 1");
    ended(&done, 0);
    let mut lines = done.out.lines();
    assert_eq!(lines.next(), Some("flags 20, latency 50ms, seed 0"));
    let columns = lines.nth(1).unwrap().split("  ").map(str::trim);
    let columns: Vec<_> = columns.filter(|name| !name.is_empty()).collect();
    let expected = "strategy, concurrency, wall, speed-up, bound, efficiency, p50, p99, ok, \
                    not found, error";
    assert_eq!(columns, expected.split(", ").collect::<Vec<_>>());
    let rows = lines.skip(1).take(3).map(|line| line.split_whitespace());
    let rows: Vec<Vec<_>> = rows.map(|words| words.take(2).collect()).collect();
    assert_eq!(
        rows,
        [["sequential", "1"], ["threads", "20"], ["async", "20"]]
    );
}

#[test]
fn all_strategies_can_be_asked_for() {
    let done = flagpole("compare --strategy all --latency 0 --rounds 1 --format json");
    ended(&done, 0);
    let names = flagpole_client::strategy::ALL.iter().map(|one| one.name());
    assert_eq!(column(&json(&done), "strategy"), names.collect::<Vec<_>>());
}

#[test]
fn json_tells_every_round_and_every_attempt_of_one() {
    let done = flagpole("compare --latency 5ms --flags 3 --rounds 2 --format json");
    ended(&done, 0);
    let document = json(&done);
    assert_eq!(
        column(&document, "strategy"),
        ["sequential", "threads", "async"]
    );
    assert_eq!(column(&document, "ok"), [6, 6, 6]);
    let cell = &document["cells"][0];
    assert_eq!(cell["conditions"]["latency"], "5ms");
    assert_eq!(cell["order"].as_array().unwrap().len(), 2);
    assert_eq!(
        cell["server"]["requests"], 27,
        "with the round for warming up"
    );
    for row in rows(&document) {
        assert_eq!(row["rounds"].as_array().unwrap().len(), 2);
        assert_eq!(row["attempts_of_median"].as_array().unwrap().len(), 3);
        assert_eq!(row["attempts_of_median"][0]["planned_us"], 5000);
        assert!(row["binding"]["terms"]["longest_us"].is_u64(), "{row}");
    }
    assert!(document["floor"]["p50_us"].as_u64() > Some(0));
    assert!(document["environment"]["cores"].as_u64() > Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_strategy_costs_is_its_own() {
    let line = "compare --latency 20ms --flags 40 --rounds 1 --strategy sequential,threads -m 40";
    let document = json(&flagpole(&format!("{line} --format json")));
    let cost = |row: usize, figure: &str| rows(&document)[row]["cost"][figure].as_u64().unwrap();
    assert_eq!(cost(0, "threads"), 1);
    assert!(cost(1, "threads") > 20, "{document}");
    assert!(cost(0, "memory_kib") > 1000 && cost(1, "memory_kib") > 1000);
    assert!(
        cost(0, "switches_voluntary") >= 40,
        "one wait for each answer"
    );
}

/// That every attempt is kept is the comparison's affair: 15,000 of them take about 4 MiB. The plan, and which
/// download stands where, are the strategy's, and take about 3.
#[cfg(target_os = "linux")]
#[test]
fn the_attempts_that_are_kept_are_no_cost_of_a_strategy() {
    let memory = |times: u32| {
        let line =
            "compare --latency 0 --flags all --rounds 1 --strategy async --format json --times";
        let document = json(&flagpole(&format!("{line} {times}")));
        assert_eq!(rows(&document)[0]["ok"], 249 * times);
        rows(&document)[0]["cost"]["memory_kib"].as_u64().unwrap()
    };
    let (few, many) = (memory(1), memory(60));
    assert!(many < few + 4500, "{few} KiB, then {many} KiB");
}

#[test]
fn no_strategy_is_faster_than_the_bound() {
    for latency in ["5ms", "uniform:1ms..9ms"] {
        let line = "compare --flags 40 -m 7 --rounds 3 --format json --latency";
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
fn every_strategy_meets_the_same_fates_in_every_run() {
    let line = "compare --latency 1ms --fault 404@20% --fault 500@20% --flags all -m 20";
    let run = || {
        flagpole(&format!(
            "{line} --rounds 1 --retries 1 --backoff 1ms..2ms --format json"
        ))
    };
    let done = run();
    // Faults that were asked for are no failure.
    ended(&done, 0);
    let document = json(&done);
    for figure in ["ok", "not_found", "error", "retries", "fates"] {
        let figures = column(&document, figure);
        assert!(figures.iter().all(|one| *one == figures[0]), "{figure}");
        assert!(
            figures[0].is_string() || figures[0].as_u64() > Some(0),
            "{figure}"
        );
    }
    assert_eq!(column(&document, "fates"), column(&json(&run()), "fates"));
    let other = json(&flagpole(&format!(
        "{line} --rounds 1 --seed 1 --format json"
    )));
    assert_ne!(column(&document, "fates"), column(&other, "fates"));
}

#[test]
fn only_the_strategies_that_were_asked_for_are_compared_with_the_first() {
    let done = flagpole("compare --latency 0 --rounds 1 --strategy async,threads --format json");
    let document = json(&done);
    assert_eq!(column(&document, "strategy"), ["async", "threads"]);
    for row in rows(&document) {
        assert_eq!(row["speedup"]["to"], "async");
    }
}

#[test]
fn with_ten_rounds_ratios_have_intervals() {
    let done = flagpole("compare --latency 0 --flags 3 --rounds 10 --format json");
    let document = json(&done);
    assert!(
        rows(&document)[0]["speedup"]["interval"].is_null(),
        "to itself"
    );
    for row in &rows(&document)[1..] {
        let ends = row["speedup"]["interval"].as_array().unwrap();
        let ratio = row["speedup"]["ratio"].as_f64();
        assert!(
            ends[0].as_f64() <= ratio && ratio <= ends[1].as_f64(),
            "{row}"
        );
    }
}

#[test]
fn a_grid_is_one_table_and_a_cell_for_each_set_of_conditions() {
    let line = "compare --latency 0,uniform:0..1ms,max=1ms --max-req 2,3 --flags 3 --rounds 1 \
                --strategy async";
    let done = flagpole(&format!("{line} --format csv"));
    let lines: Vec<_> = done.out.lines().collect();
    assert!(
        lines[0].starts_with("flags,max-req,latency,seed,strategy,"),
        "{done}"
    );
    assert_eq!(lines.len(), 5, "{done}");
    assert!(
        lines[3].starts_with("3,2,\"uniform:0..1ms,max=1ms\",0,async,2,1,"),
        "{done}"
    );
    let done = flagpole(&line.replace("--latency 0,", "--latency "));
    assert!(
        done.out.contains("\nmax-req  strategy  concurrency "),
        "{done}"
    );
    let done = flagpole("compare --latency 0 --flags 2 --rounds 1 --format markdown");
    assert!(
        done.out.contains("| strategy | concurrency | wall |"),
        "{done}"
    );
}

#[test]
fn a_flagpole_that_already_runs_is_measured_with_a_bound() {
    let server = mock("5ms", "");
    let line = format!("compare --format json --rounds 1 --url {}", server.url());
    let done = flagpole(&line);
    ended(&done, 0);
    let document = json(&done);
    assert_eq!(column(&document, "bound_us"), [100_000, 5000, 5000]);
    assert_eq!(server.ledger().by_status[&200], 120, "with the warming up");
}

#[test]
fn a_server_of_somebody_else_is_measured_without_a_bound() {
    let done = flagpole(&format!(
        "compare --format json --rounds 1 --url {}",
        foreign()
    ));
    ended(&done, 0);
    let document = json(&done);
    assert_eq!(column(&document, "ok"), [20, 20, 20]);
    assert_eq!(column(&document, "bound_us"), [&Value::Null; 3]);
    assert_eq!(column(&document, "efficiency"), [&Value::Null; 3]);
}

#[test]
fn errors_of_a_server_that_already_runs_fail_the_command() {
    let server = mock("0", "500@20%");
    let done = flagpole(&format!("compare --rounds 1 --url {}", server.url()));
    ended(&done, 1);
    assert!(
        done.out.contains(" x 500 Internal Server Error\n"),
        "{done}"
    );
}

#[test]
fn nobody_at_the_url_is_no_comparison() {
    let nobody = Nobody::new();
    let done = flagpole(&format!("compare --url http://{}", nobody.addr()));
    assert_eq!(done.code, Some(3), "{done}");
    let told = " in round 0: no attempt reached the server: connection refused\n";
    assert!(done.err.contains(told), "{done}");
    assert!(done.out.contains(" x connection refused\n"), "{done}");
}

#[test]
fn a_server_of_somebody_else_that_goes_away_ends_the_rounds() {
    let server = mock("1ms", "");
    let line = "compare --flags 2 --strategy async --rounds 1000 --format json --url";
    let process = Desk::new().start(&format!("{line} {}", server.url()));
    crate::stage::wait_until("some rounds are over", || server.ledger().requests > 10);
    drop(server);
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let document = json(&done);
    let reasons = document["cells"][0]["verdict"]["reasons"]
        .as_array()
        .unwrap();
    assert_eq!(reasons[0]["label"], "broken_off", "{done}");
    assert!(
        reasons.iter().any(|reason| reason["label"] == "unreached"),
        "{done}"
    );
    let rounds = rows(&document)[0]["rounds"].as_array().unwrap();
    assert!((2..1000).contains(&rounds.len()), "{done}");
}

#[test]
fn a_server_of_somebody_else_that_has_no_flags_is_no_comparison() {
    let url = foreign();
    let done = flagpole(&format!("compare --rounds 1 --flags 2 --url {url}nothing/"));
    assert_eq!(done.code, Some(3), "{done}");
    let told = "flagpole: the measurement is not valid: not one download was done\n";
    assert_eq!(done.err, told, "{done}");
}

/// Sixty connections have room, but not all that sixty threads of their own need besides.
#[cfg(target_os = "linux")]
#[test]
fn open_files_that_run_out_are_the_reason() {
    let line = "compare --flags 60 -m 60 --rounds 1 --latency 100ms --strategy thread-per-download";
    let mut shell = std::process::Command::new("sh");
    let flagpole = crate::stage::FLAGPOLE;
    let shell = shell.args(["-c", &format!("ulimit -n 124; exec {flagpole} {line}")]);
    let output = shell.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{err}");
    let told = ": open files ran out, of which there are 124; raise the limit with `ulimit -n`\n";
    assert!(err.contains(told), "{err}");
}

#[test]
fn downloads_given_up_as_told_are_no_failure() {
    let done = flagpole("compare --latency 1h --timeout 50ms --flags 3 --rounds 1");
    ended(&done, 0);
    assert!(
        done.out.contains("threads: 3 x timed out after 50ms\n"),
        "{done}"
    );
}

#[test]
fn a_reader_who_has_gone_is_no_failure() {
    let mut process = Desk::new().start("compare --latency 0 --flags 3 --rounds 1");
    process.close_stdout();
    ended(&process.finish(), 0);
}

#[cfg(unix)]
#[test]
fn an_interrupt_makes_the_measurement_invalid() {
    let (desk, server) = (Desk::new(), mock("1h", ""));
    let process = desk.start(&format!(
        "compare --strategy sequential --url {}",
        server.url()
    ));
    crate::stage::wait_until("a download is under way", || server.ledger().requests > 0);
    process.signal(rustix::process::Signal::INT);
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let expected = "flagpole: the measurement is not valid: interrupted\n";
    assert!(done.err.starts_with(expected), "{done}");
    assert!(done.out.contains("sequential: 1 x cancelled\n"), "{done}");
    assert!(done.out.contains("sequential: 19 not started\n"), "{done}");
    assert!(done.out.contains("\nINVALID\n"), "{done}");
}
