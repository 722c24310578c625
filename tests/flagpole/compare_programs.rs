//! Programs as contenders of `flagpole compare`: what the server sees of one that behaves well, and of others that do not.

use crate::compare::{assert_code_of_verdict, json, strategies};
use crate::harness::{CommandOutput, RunningCommand, Sandbox, flagpole, wait_until};
use crate::processes::with_argument;
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

const CLIENT: &str = include_str!("compare_programs/client.py");

/// An argument of `sleep` that identifies the processes of one test.
fn unique_time() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("1{:09}.{next}", std::process::id())
}

/// A folder with an experiment of a program that behaves so.
fn experiment(mode: &str, server: &str, keys: &str) -> Sandbox {
    experiment_with(mode, server, keys, "0")
}

fn experiment_with(mode: &str, server: &str, keys: &str, argument: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("client.py"), CLIENT).unwrap();
    let text = format!(
        "flags = 10\n{keys}\n[grid]\nconcurrency = [4]\nstrategies = ['async']\n[server]\n{server}\n[programs.mine]\n\
         command = 'python3 client.py {mode} {{files}} {{concurrency}} {{url}} {argument}'\n"
    );
    fs::write(sandbox.path("x.toml"), text).unwrap();
    sandbox
}

fn compare(mode: &str, server: &str, keys: &str) -> CommandOutput {
    let line = "compare x.toml --rounds 2 --format json";
    experiment(mode, server, keys).run(line)
}

/// What only the program has, and the reasons to doubt it that are not about the machine.
fn program(output: &CommandOutput) -> (Value, Vec<(String, String)>) {
    let document = json(output);
    let found = strategies(&document)
        .iter()
        .find(|one| one["name"] == "mine");
    let reasons = document["cells"][0]["verdict"]["reasons"]
        .as_array()
        .unwrap();
    let text = |reason: &Value, key: &str| reason[key].as_str().unwrap().to_owned();
    let reasons = reasons
        .iter()
        .map(|one| (text(one, "label"), text(one, "message")));
    let of_programs = [
        "program_failed",
        "files_not_requested",
        "unasked_retries",
        "duplicate_requests",
        "other_requests",
        "work_differs",
        "fates_differ",
        "journal_incomplete",
        "ledger_mismatch",
        "below_bound",
        "aborted",
    ];
    let reasons = reasons.filter(|(label, _)| of_programs.contains(&label.as_str()));
    (found.cloned().unwrap_or_default(), reasons.collect())
}

#[track_caller]
fn assert_only_reasons(output: &CommandOutput, labels: &[&str]) -> Vec<String> {
    let (_, reasons) = program(output);
    let (found, messages): (Vec<_>, Vec<_>) = reasons.into_iter().unzip();
    assert_eq!(found, labels, "{output}");
    messages
}

#[test]
fn well_behaved_program_meets_the_fates_of_strategies() {
    let server =
        "latency = '5ms..15ms'\nfaults = ['404@10%', '503@20%', 'reset@10%', 'cut:50%@10%']";
    let output = compare("good", server, "seed = 3");
    assert_code_of_verdict(&output, 0);
    assert_only_reasons(&output, &[]);
    let document = json(&output);
    let [strategy, mine] = strategies(&document) else {
        panic!("{output}");
    };
    for figure in [
        "fates_digest",
        "fates_compared",
        "ok",
        "not_found",
        "error",
        "failures",
    ] {
        assert_eq!(mine[figure], strategy[figure], "{figure}: {output}");
    }
    assert!(mine["fates_digest"].is_string(), "{output}");
    assert_eq!(document["cells"][0]["wall_measured_at"], "server");
    assert!(strategy["program"].is_null());
    let program = &mine["program"];
    assert_eq!(program["exits"]["exit_0"], 2, "{output}");
    assert_eq!(program["unasked_retries"], 0);
    let in_flight = program["max_in_flight"].as_u64().unwrap();
    assert!((1..=4).contains(&in_flight), "{output}");
    for round in mine["rounds"].as_array().unwrap() {
        let [wall, process] = ["wall_us", "process_us"].map(|key| round[key].as_u64().unwrap());
        assert!(
            process > wall,
            "the interpreter starts before the first request: {round}"
        );
        assert!(round["bound_us"].as_u64().unwrap() <= wall, "{round}");
    }
    let usage = &mine["resource_usage"];
    assert!(usage["cpu_user_us"].as_u64().unwrap() > 0, "{usage}");
    assert!(usage["peak_memory_kib"].as_u64().unwrap() > 1000, "{usage}");
}

#[test]
fn secret_retries_are_found_out() {
    let output = compare("retry", "latency = '5ms'\nfaults = ['503@50%']", "seed = 1");
    let (mine, reasons) = program(&output);
    let retries = mine["program"]["unasked_retries"].as_u64().unwrap();
    assert!(retries > 0, "{output}");
    let labels: Vec<_> = reasons.iter().map(|(label, _)| label.as_str()).collect();
    assert!(labels.contains(&"unasked_retries"), "{output}");
    assert_eq!(mine["retries"], retries);
}

#[test]
fn asking_twice_is_found_out() {
    let output = compare("twice", "latency = '5ms'", "");
    let messages = assert_only_reasons(&output, &["duplicate_requests"]);
    assert!(
        messages[0].starts_with("mine requested files again: "),
        "{output}"
    );
    let counts = &program(&output).0["program"];
    // The server may note the end of a response after the next request for its file has arrived.
    let repeats = ["duplicates", "concurrent_repeats"].map(|key| counts[key].as_u64().unwrap());
    assert_eq!(repeats.iter().sum::<u64>(), 20, "{output}");
}

#[test]
fn skipped_files_are_found_out() {
    let output = compare("skip", "latency = '5ms'", "");
    let messages = assert_only_reasons(&output, &["work_differs", "files_not_requested"]);
    let start = "mine did not request 1 file of the workload of a round: /flags/";
    assert!(messages[1].starts_with(start), "{output}");
    let (mine, _) = program(&output);
    assert_eq!(
        mine["ratios"].as_array().unwrap().len(),
        0,
        "no ratio is given"
    );
    assert_eq!(mine["failures"][0]["outcome"], "unsent");
    assert_eq!(
        mine["attempts"], 18,
        "none for what was not requested: {output}"
    );
}

#[test]
fn requests_for_something_else_are_found_out() {
    let output = compare("other", "latency = '5ms'", "");
    let messages = assert_only_reasons(&output, &["other_requests"]);
    let expected = "mine made 2 requests outside the workload: /robots.txt (2)";
    assert_eq!(messages, [expected]);
}

#[test]
fn failed_program_is_an_outcome_with_its_last_words() {
    let output = compare("fail", "latency = '5ms'", "");
    assert_code_of_verdict(&output, 1);
    let messages = assert_only_reasons(&output, &["program_failed"]);
    let expected =
        r"mine ended with exit code 1 in 2 of 2 rounds: first line | last \u{1b}[31mline";
    assert_eq!(messages, [expected]);
}

#[test]
fn program_without_requests_ends_the_comparison_with_a_remedy() {
    let output = compare("none", "latency = '5ms'", "");
    output.assert_code(3);
    output.assert_stderr_contains("trial of `mine` in ");
    output.assert_stderr_contains(
        r"made no request and ended with exit code 1: wrong \u{1b}[31mport; use the URLs",
    );
}

#[test]
fn timeout_ends_all_processes_and_is_an_outcome() {
    let time = unique_time();
    let keys = "program_timeout = '3s'";
    let sandbox = experiment_with("hang", "latency = '5ms'", keys, &time);
    let output = sandbox.run("compare x.toml --rounds 1 --format json");
    assert_code_of_verdict(&output, 1);
    let (mine, reasons) = program(&output);
    assert_eq!(mine["program"]["exits"]["timeout"], 1, "{output}");
    assert!(
        reasons.iter().any(|(label, _)| label == "program_failed"),
        "{output}"
    );
    assert_eq!(with_argument(&time), [0; 0]);
}

#[test]
fn process_that_forks_away_does_not_survive_its_trial() {
    let time = unique_time();
    let sandbox = experiment_with("away", "latency = '5ms'", "", &time);
    let output = sandbox.run("compare x.toml --rounds 1 --format json");
    assert_code_of_verdict(&output, 0);
    assert_only_reasons(&output, &[]);
    assert_eq!(with_argument(&time), [0; 0]);
}

#[test]
fn interrupt_and_death_of_the_comparison_leave_no_process() {
    let ends: [fn(&mut RunningCommand); 2] =
        [|process| process.signal(Signal::INT), RunningCommand::kill];
    for end in ends {
        let time = unique_time();
        let sandbox = experiment_with("hang", "latency = '5ms'", "", &time);
        let mut process = sandbox.start("compare x.toml --rounds 1");
        wait_until("a process has forked away", || {
            !with_argument(&time).is_empty()
        });
        end(&mut process);
        process.finish();
        wait_until("all processes are gone", || with_argument(&time).is_empty());
        assert!(
            with_argument("client.py")
                .iter()
                .all(|pid| !is_of(*pid, &time))
        );
    }
}

fn is_of(pid: u32, time: &str) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).contains(time)
}

#[test]
fn any_command_of_a_shell_can_be_compared() {
    let sandbox = Sandbox::new();
    let script = "#!/bin/sh\nexec xargs -n1 curl -s -o /dev/null < \"$1\"\n";
    fs::write(sandbox.path("client.sh"), script).unwrap();
    let flagpole = env!("CARGO_BIN_EXE_flagpole");
    let line = format!(
        "{flagpole} compare --command 'one=sh client.sh {{files}}' --command 'two=sh client.sh {{files}}' --flags 3 \
         --latency 1ms --rounds 1 --format json"
    );
    let output = sandbox.start_shell(&line).finish();
    assert_code_of_verdict(&output, 0);
    let document = json(&output);
    let names: Vec<_> = strategies(&document)
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["one", "two"], "only programs are compared");
    for one in strategies(&document) {
        assert_eq!((&one["ok"], &one["concurrency"]), (&3.into(), &1.into()));
    }
}

#[test]
fn fixed_port_is_that_of_the_server() {
    let sandbox = experiment("other", "latency = '1ms'", "");
    let text = fs::read_to_string(sandbox.path("x.toml")).unwrap();
    let run = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let text = text.replace("{url}", &format!("http://127.0.0.1:{port}"));
        fs::write(sandbox.path("x.toml"), text).unwrap();
        sandbox.run(&format!(
            "compare x.toml --rounds 1 --format json --port {port}"
        ))
    };
    // Another process may take the port.
    let is_taken = |output: &CommandOutput| output.stderr.contains("is taken");
    let mut runs = (0..5).map(|_| run());
    let output = runs.find(|output| !is_taken(output));
    assert_only_reasons(&output.expect("a free port"), &["other_requests"]);
}

#[test]
fn missing_programs_are_left_out_and_said() {
    let sandbox = experiment("good", "latency = '1ms'", "");
    let mut text = fs::read_to_string(sandbox.path("x.toml")).unwrap();
    text += "[programs.lib]\ncommand = 'no-such-program {url}'\ncheck = 'no-such-program -V'\ninstall = 'pip install it'\n";
    fs::write(sandbox.path("x.toml"), &text).unwrap();
    let output = sandbox.run("compare x.toml --rounds 1 --format json");
    assert_code_of_verdict(&output, 0);
    let document = json(&output);
    assert_eq!(strategies(&document).len(), 2);
    assert_eq!(document["skipped"][0]["name"], "lib");
    assert_eq!(document["skipped"][0]["install"], "pip install it");
    let output = sandbox.run("compare x.toml --rounds 1");
    let words: Vec<_> = output.stdout.split_whitespace().collect();
    let expected = "Not compared: lib is not installed: cannot start `no-such-program`: no such program; pip install it";
    assert!(words.join(" ").contains(expected), "{output}");
}

#[test]
fn nothing_that_can_be_started_is_refused_before_anything_runs() {
    let output = flagpole("compare --command mine=no-such-program");
    output.assert_code(2);
    let expected = "flagpole: --command: mine: cannot start `no-such-program`: no such program\n";
    assert_eq!(output.stderr, expected);
    let sandbox = Sandbox::new();
    let text = "[programs.lib]\ncommand = 'x'\ncheck = 'false'\ninstall = 'make lib'\n";
    fs::write(sandbox.path("x.toml"), text).unwrap();
    let output = sandbox.run("compare x.toml");
    output.assert_code(2);
    output.assert_stderr_contains(
        "nothing is left to compare: lib is not installed: `false` ended with exit code 1; make lib",
    );
}

#[test]
fn bad_commands_are_refused() {
    for (line, message) in [
        (
            "compare --command async=true",
            "`async` is the name of a strategy; choose another name, such as `my-async`",
        ),
        (
            "compare --command a=true --command a=false",
            "--command: duplicate name `a`; choose another one",
        ),
        (
            "compare --command a=true --url http://127.0.0.1:9",
            "--command: programs are measured by flagpole's own server; remove `--url`",
        ),
        (
            "compare --command a=true --retries 3",
            "--retries: applies to strategies, and only programs are compared",
        ),
        (
            "compare --command a=true/{ur1}",
            "unknown placeholder `ur1`; did you mean `url`?",
        ),
        ("compare --command a=", "expected a command such as"),
        (
            "compare --command-timeout 5s",
            "--command-timeout: needs --command",
        ),
    ] {
        let output = flagpole(line);
        output.assert_code(2);
        assert!(output.stderr.contains(message), "{line}: {output}");
    }
}

#[test]
fn baseline_needs_the_same_command_and_the_same_clock() {
    let sandbox = experiment("good", "latency = '5ms'", "");
    let run = |line: &str| sandbox.run(&format!("compare x.toml --rounds 1 {line}"));
    assert_code_of_verdict(&run("--result one.json"), 0);
    // Nothing is compared with an invalid result, and a busy machine makes one.
    let text = fs::read_to_string(sandbox.path("one.json")).unwrap();
    let mut result: Value = serde_json::from_str(&text).unwrap();
    result["cells"][0]["verdict"]["reasons"] = Value::Array(Vec::new());
    fs::write(sandbox.path("one.json"), result.to_string()).unwrap();
    let output = run("--baseline one.json --format json");
    assert_code_of_verdict(&output, 0);
    let baseline = json(&output)["baseline"].clone();
    let of_program = baseline
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "mine");
    let message = of_program.unwrap()["message"].as_str().unwrap();
    assert!(
        !message.contains("different"),
        "whatever its concurrency was: {message}"
    );
    let text = fs::read_to_string(sandbox.path("x.toml")).unwrap();
    fs::write(sandbox.path("x.toml"), text.replace(" good ", " twice ")).unwrap();
    let output = run("--baseline one.json --format json");
    output.assert_stdout_contains("different command in the baseline");
    let (strategies, _) = text.split_once("[programs").unwrap();
    fs::write(sandbox.path("x.toml"), strategies).unwrap();
    let output = run("--baseline one.json");
    output.assert_code(2);
    output.assert_stderr_contains(
        "wall times: measured at the server in the baseline, now measured at the client",
    );
}
