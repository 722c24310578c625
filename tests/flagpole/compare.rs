//! `flagpole compare`: the strategies side by side.

use crate::harness::{CommandOutput, Sandbox, flagpole};
use crate::servers::mock;
use serde_json::Value;

/// The exit code of a comparison; 3 if the only issue is that the server was late, as on a busy machine.
pub(crate) fn ended(done: &CommandOutput, code: i32) {
    let is_late = |line: &str| line.contains("the server was too late: p99 lateness ");
    let is_only_late = !done.err.is_empty() && done.err.lines().all(is_late);
    let is_so = done.code == Some(code) || done.code == Some(3) && is_only_late;
    assert!(is_so, "{done}");
}

pub(crate) fn json(done: &CommandOutput) -> Value {
    let document: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done}"));
    assert_eq!(document["schema"], 3, "{done}");
    document
}

/// The strategies of the only cell.
pub(crate) fn rows(document: &Value) -> &[Value] {
    document["cells"][0]["strategies"].as_array().unwrap()
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
    let expected = "strategy, concurrency, wall, speed-up, lower bound, efficiency, p50, p99, ok, \
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
    assert_eq!(column(&json(&done), "name"), names.collect::<Vec<_>>());
}

#[test]
fn json_tells_every_round_and_every_attempt_of_one() {
    let done = flagpole("compare --latency 5ms --flags 3 --rounds 2 --format json");
    ended(&done, 0);
    let document = json(&done);
    assert_eq!(
        column(&document, "name"),
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
        assert_eq!(row["median_round_attempts"].as_array().unwrap().len(), 3);
        assert_eq!(row["median_round_attempts"][0]["planned_us"], 5000);
        assert!(
            row["bottleneck"]["terms"]["critical_path_us"].is_u64(),
            "{row}"
        );
    }
    for round in rows(&document)
        .iter()
        .flat_map(|row| row["rounds"].as_array().unwrap())
    {
        assert!(
            round["server_cpu_us"].is_u64() && round["lateness_p99_us"].is_number(),
            "{round}"
        );
    }
    assert!(document["measurement_overhead"]["p50_us"].as_u64() > Some(0));
    assert!(document["environment"]["cores"].as_u64() > Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_strategy_costs_is_its_own() {
    let line = "compare --latency 20ms --flags 40 --rounds 1 --strategy sequential,threads -m 40";
    let document = json(&flagpole(&format!("{line} --format json")));
    let cost = |row: usize, figure: &str| {
        rows(&document)[row]["resource_usage"][figure]
            .as_u64()
            .unwrap()
    };
    assert_eq!(cost(0, "peak_threads"), 1);
    assert!(cost(1, "peak_threads") > 20, "{document}");
    assert!(cost(0, "peak_memory_kib") > 1000 && cost(1, "peak_memory_kib") > 1000);
    assert!(
        cost(0, "voluntary_context_switches") >= 40,
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
        rows(&document)[0]["resource_usage"]["peak_memory_kib"]
            .as_u64()
            .unwrap()
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
    for figure in ["ok", "not_found", "error", "retries", "fates_digest"] {
        let figures = column(&document, figure);
        assert!(figures.iter().all(|one| *one == figures[0]), "{figure}");
        assert!(
            figures[0].is_string() || figures[0].as_u64() > Some(0),
            "{figure}"
        );
    }
    assert_eq!(
        column(&document, "fates_digest"),
        column(&json(&run()), "fates_digest")
    );
    let other = json(&flagpole(&format!(
        "{line} --rounds 1 --seed 1 --format json"
    )));
    assert_ne!(
        column(&document, "fates_digest"),
        column(&other, "fates_digest")
    );
}

/// The server can not say what it planned where no head arrives, and says nothing where it plans nothing.
#[test]
fn our_own_server_leaves_no_attempt_without_a_plan() {
    let run = |options: &str| {
        let line = "compare --flags 9 --rounds 1 --strategy async --format json";
        rows(&json(&flagpole(&format!("{line} {options}"))))[0].clone()
    };
    let row = run("--latency 20ms --fault reset@50%");
    assert!(row["error"].as_u64() > Some(0), "{row}");
    assert_eq!(row["bound_us"], 20_000);
    let row = run("--latency 50ms --timeout 5ms");
    assert_eq!(row["bound_us"], 5000);
    assert!(row["efficiency"].as_f64() <= Some(1.0));
    let row = run("--latency 0");
    assert_eq!(
        (&row["bound_us"], &row["efficiency"]),
        (&0.into(), &Value::Null)
    );
    let told = row["bottleneck"]["evidence"].as_str().unwrap();
    assert!(
        !told.contains("hedged") && !told.contains("does not report"),
        "{told}"
    );
}

#[test]
fn only_the_strategies_that_were_asked_for_are_compared_with_the_first() {
    let done = flagpole("compare --latency 0 --rounds 1 --strategy async,threads --format json");
    let document = json(&done);
    assert_eq!(column(&document, "name"), ["async", "threads"]);
    for row in rows(&document) {
        assert_eq!(row["speedup"]["to"], "async");
    }
}

#[test]
fn with_ten_rounds_ratios_have_intervals() {
    let done = flagpole("compare --latency 0 --flags 3 --rounds 10 --format json");
    let document = json(&done);
    assert!(
        rows(&document)[0]["speedup"]["confidence_interval"].is_null(),
        "to itself"
    );
    for row in &rows(&document)[1..] {
        let ends = row["speedup"]["confidence_interval"].as_array().unwrap();
        let ratio = row["speedup"]["ratio"].as_f64();
        assert!(
            ends[0].as_f64() <= ratio && ratio <= ends[1].as_f64(),
            "{row}"
        );
    }
}

/// Three requests a minute are let in: were the limit not refilled, only the first trial would have any.
#[test]
fn every_trial_finds_the_rate_limit_as_it_was_at_the_start() {
    let line =
        "compare --rate-limit 3/m --latency 0 --flags 5 --strategy sequential,async --rounds 3";
    let document = json(&flagpole(&format!("{line} --format json")));
    for row in rows(&document) {
        let rounds = row["rounds"].as_array().unwrap();
        assert_eq!(rounds.len(), 3);
        for round in rounds {
            assert_eq!((&round["ok"], &round["error"]), (&3.into(), &2.into()));
        }
    }
}

/// The reasons by their labels.
fn doubts(document: &Value) -> Vec<&str> {
    let reasons = document["cells"][0]["verdict"]["reasons"]
        .as_array()
        .unwrap();
    reasons
        .iter()
        .map(|doubt| doubt["label"].as_str().unwrap())
        .collect()
}

#[test]
fn who_is_turned_away_is_not_faster_and_nothing_of_it_can_be_compared() {
    let line = "compare --concurrency-limit 1 --latency 5ms --flags 10 --strategy sequential,async --rounds 2";
    let document = json(&flagpole(&format!("{line} --format json")));
    let doubts = doubts(&document);
    assert!(doubts.contains(&"work_differs"), "{doubts:?}");
    let row = &rows(&document)[1];
    assert!(
        row["speedup"].is_null() && row["ratio_to_fastest"].is_null(),
        "{row}"
    );
    assert_eq!(row["incomparable_to"], "sequential");
    assert_eq!(
        row["bottleneck"]["kind"], "server_concurrency_limit",
        "{row}"
    );
    let counted =
        row["fates_compared"].as_u64().unwrap() + row["timing_dependent"].as_u64().unwrap();
    assert_eq!((counted, row["attempts"].as_u64()), (20, Some(20)));
    let line = "compare --latency 1h --timeout 20ms --flags 3 --rounds 1 --format json";
    let document = json(&flagpole(line));
    assert_eq!(column(&document, "fates_digest"), [&Value::Null; 3]);
    assert_eq!(column(&document, "timing_dependent"), [3, 3, 3]);
    assert!(self::doubts(&document).contains(&"fates_unknown"));
}

/// 20 delays are 20 delays, however many rounds meet them.
#[test]
fn rounds_that_meet_the_same_delays_are_no_more_samples() {
    let doubts_about = |latency: &str| {
        let line = "compare --strategy async --rounds 20 --format json --latency";
        let document = json(&flagpole(&format!("{line} {latency}")));
        let last = rows(&document)[0]["percentiles"].as_array().unwrap().len();
        (doubts(&document).contains(&"few_samples"), last)
    };
    // 400 latencies tell the 99th percentile, but not the 99.5th; 20 tell the 75th.
    assert_eq!(doubts_about("5ms"), (false, 10));
    assert_eq!(doubts_about("uniform:1ms..9ms"), (true, 6));
}

#[test]
fn a_grid_is_one_table_and_a_cell_for_each_set_of_conditions() {
    let line = "compare --latency 0,uniform:0..1ms,max=1ms --concurrency 2,3 --flags 3 --rounds 1 \
                --strategy async";
    let done = flagpole(&format!("{line} --format csv"));
    let lines: Vec<_> = done.out.lines().collect();
    assert!(
        lines[0].starts_with("flags,max-concurrency,latency,seed,strategy,"),
        "{done}"
    );
    assert_eq!(lines.len(), 5, "{done}");
    assert!(
        lines[3].starts_with("3,2,\"uniform:0..1ms,max=1ms\",0,async,2,1,"),
        "{done}"
    );
    let done = flagpole(&line.replace("--latency 0,", "--latency "));
    assert!(
        done.out
            .contains("\nmax-concurrency  strategy  concurrency "),
        "{done}"
    );
    let done = flagpole("compare --latency 0 --flags 2 --rounds 1 --format markdown");
    assert!(
        done.out.contains("| strategy | concurrency | wall |"),
        "{done}"
    );
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
    let mut process = Sandbox::new().start("compare --latency 0 --flags 3 --rounds 1");
    process.close_stdout();
    ended(&process.finish(), 0);
}

#[cfg(unix)]
#[test]
fn an_interrupt_makes_the_measurement_invalid() {
    let (desk, server) = (Sandbox::new(), mock("1h", ""));
    let process = desk.start(&format!(
        "compare --strategy sequential --url {}",
        server.url()
    ));
    crate::harness::wait_until("a download is under way", || server.ledger().requests > 0);
    process.signal(rustix::process::Signal::INT);
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let expected = "flagpole: invalid measurement: interrupted\n";
    assert!(done.err.starts_with(expected), "{done}");
    assert!(done.out.contains("sequential: 1 x cancelled\n"), "{done}");
    assert!(done.out.contains("sequential: 19 not started\n"), "{done}");
    assert!(done.out.contains("\nINVALID\n"), "{done}");
}
