//! Output of `flagpole get` and of the small commands: text, JSON, CSV, completions, manual pages,
//! and refusals of invalid input.

use crate::combos::original_body;
use crate::harness::{CommandOutput, Sandbox, flagpole};
use crate::servers::server_with;
use flagpole_client::{strategy, transport};
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use serde_json::Value;
use std::fs;
use std::process::Command;

const COMMANDS: [&str; 7] = [
    "serve",
    "fate",
    "get",
    "compare",
    "strategies",
    "completions",
    "man",
];

fn get(sandbox: &Sandbox, server: &BlockingServer, options: &str) -> CommandOutput {
    sandbox.run(&format!("get --url {} {options}", server.url()))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Asserts that the command is refused with one line that starts with `sentence`, and changes no
/// file.
fn refused(line: &str, sentence: &str) {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("file"), "old").unwrap();
    let output = sandbox.run(line);
    let is_one_line = output.stderr.ends_with('\n') && output.stderr.lines().count() == 1;
    let expected = format!("flagpole: {sentence}");
    assert!(
        is_one_line && output.stderr.starts_with(&expected),
        "{line}: {output}"
    );
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(2), ""),
        "{line}"
    );
    let count = fs::read_dir(sandbox.path("")).unwrap().count();
    assert_eq!(count, 1, "{line}: a file was created");
    assert_eq!(fs::read(sandbox.path("file")).unwrap(), b"old", "{line}");
}

#[test]
fn invalid_input_is_refused_without_side_effects() {
    for (line, sentence) in [
        (
            "get --dest file",
            "--dest: cannot write to the folder `file`: ",
        ),
        (
            "get --dest file --records file",
            "--dest: cannot write to the folder `file`: ",
        ),
        (
            "get --dest file --records new",
            "--dest: cannot write to the folder `file`: ",
        ),
        (
            "get --records missing/x",
            "--records: cannot write `missing/x`: ",
        ),
        ("get --records .", "--records: cannot write `.`: "),
        ("get --records file/x", "--records: cannot write `file/x`: "),
        (
            "get --url http://nowhere.invalid",
            "--url: cannot look up the host `nowhere.invalid`",
        ),
        ("get --retries -1", "--retries: expected 0 to 100, got `-1`"),
        (
            "get --max-redirects 101",
            "--max-redirects: expected 0 to 100, got `101`",
        ),
        (
            "get --retry-status 404 --retries 1",
            "--retry-status: 404 is not retried",
        ),
        (
            "get --hedge p95 -m 1",
            "--hedge: needs a concurrency of at least 2, got 1",
        ),
        (
            "get --hedge p95 --strategy sequential",
            "--hedge: needs a concurrency of at least 2, got 1",
        ),
        ("get --backoff 1s..2s", "--backoff: needs --retries"),
        ("get --hedge-share 5%", "--hedge-share: needs --hedge"),
        (
            "get --timeout 25h",
            "--timeout: a duration is at most 24h, got `25h`",
        ),
        (
            "get --max-body 0",
            "--max-body: expected a whole number from 1, got `0`",
        ),
        (
            "get -a -e",
            "the argument `--all` cannot be used with `--every`",
        ),
        (
            "get --format xml",
            "--format: unknown value `xml`; known: text, json, csv",
        ),
        (
            "get --transport curl",
            "--transport: unknown transport `curl`; known: hyper, ureq",
        ),
        (
            "get --records -",
            "--records: expected a file (standard output carries the result), got `-`; for a file of that name use `./-`",
        ),
        (
            "get --transport ureq",
            "--transport: `async` does not work with `ureq`",
        ),
        (
            "completions tcsh",
            "SHELL: unknown value `tcsh`; known: bash, ",
        ),
        (
            "man frob",
            "COMMAND: unknown command `frob`; known: serve, fate, get, compare, ",
        ),
    ] {
        refused(line, sentence);
    }
}

#[test]
fn json_has_totals_and_final_attempts() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", "500@30%"));
    let output = get(&sandbox, &server, "--format json --all --limit 60");
    let by_status = server.ledger().by_status;
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["schema"], "flagpole.get/2");
    assert_eq!(document["downloads"]["ok"], by_status[&200]);
    assert_eq!(document["downloads"]["error"], by_status[&500]);
    assert_eq!(document["attempts"]["total"], 60);
    let failed = &document["outcomes"]["http_500"];
    assert_eq!(
        (&failed["attempts"], &failed["downloads"]),
        (&by_status[&500].into(), &by_status[&500].into())
    );
    // The body of an error response is the status's reason phrase.
    assert_eq!(document["wasted_bytes"], 26 * by_status[&500]);
    let final_attempts = document["final_attempts"].as_array().unwrap();
    let in_order = final_attempts
        .iter()
        .zip(1..)
        .all(|(record, number)| record["download"] == number);
    assert!(in_order && final_attempts.len() == 60);
    let bytes: u64 = final_attempts
        .iter()
        .map(|record| record["bytes"].as_u64().unwrap())
        .sum();
    assert_eq!(document["bytes"], bytes);
    let time = |key: &str| document["response_time"][key].as_u64().unwrap();
    assert!(time("p50_us") <= time("p99_us") && time("p99_us") <= time("max_us"));
}

#[test]
fn csv_has_one_row_per_download() {
    let output = get(
        &Sandbox::new(),
        &server_with("0", ""),
        "BR AA US --format csv",
    );
    let mut table = output
        .stdout
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>());
    let head = table.next().unwrap();
    assert_eq!(
        head[..5],
        ["code", "outcome", "status", "bytes", "attempts"]
    );
    let rows: Vec<_> = table.collect();
    assert!(rows.iter().all(|row| row.len() == head.len()));
    let columns: Vec<_> = rows
        .iter()
        .map(|row| (row[0], row[1], row[2], row[4]))
        .collect();
    let ok = |code| (code, "ok", "200", "1");
    assert_eq!(
        columns,
        [("AA", "not_found", "404", "1"), ok("BR"), ok("US")]
    );
}

#[test]
fn csv_row_counts_all_attempts_of_a_download() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    let output = get(&sandbox, &server, "BR --metadata --format csv");
    let [flag, metadata] = [Resource::Flag, Resource::Metadata]
        .map(|resource| original_body(resource("BR".parse().unwrap())).len());
    let line = format!("\nBR,ok,200,{},2,", flag + metadata);
    output.assert_stdout_contains(&line);
    // The first attempt wins; its hedge counts as an attempt all the same.
    let slow = server_with("1s", "");
    let options = "BR -m 2 --hedge 500ms --hedge-share 100% --format";
    let output = get(&sandbox, &slow, &format!("{options} csv"));
    let line = output.stdout.lines().nth(1).unwrap();
    assert_eq!(line.split(',').nth(4), Some("2"), "{output}");
    let output = get(&sandbox, &slow, &format!("{options} json"));
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["attempts"]["per_download"], 2.0);
}

#[test]
fn csv_status_is_empty_without_a_response() {
    let output = get(
        &Sandbox::new(),
        &server_with("0", "empty"),
        "BR --format csv",
    );
    output.assert_stdout_contains("\nBR,empty_reply,,0,1,");
}

#[test]
fn records_have_one_line_per_attempt() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", "500@50%"));
    fs::write(
        sandbox.path("r.jsonl"),
        "a line of an older and longer file\n".repeat(1000),
    )
    .unwrap();
    get(
        &sandbox,
        &server,
        "--records r.jsonl --retries 3 --backoff 1ms..1ms",
    );
    let records = lines(&fs::read_to_string(sandbox.path("r.jsonl")).unwrap());
    assert_eq!(records.len() as u64, server.ledger().requests);
    let final_attempts = records
        .iter()
        .filter(|record| record["is_final"] == true)
        .count();
    assert_eq!(final_attempts, 20);
    assert!(
        records
            .iter()
            .all(|record| record["resource"].is_string() && record["done_us"].is_u64())
    );
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_reported_once_and_fails_the_command() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    let output = get(&sandbox, &server, "BR --records /dev/full");
    output.assert_stdout_starts_with("1 flag downloaded\n");
    let message = "flagpole: --records: `/dev/full`: incomplete: ";
    assert_eq!(
        (output.code, output.stderr.matches(message).count()),
        (Some(1), 1),
        "{output}"
    );
    assert_eq!(sandbox.saved(), ["br.gif"]);
}

#[test]
fn colours_need_a_terminal_or_clicolor_force() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    let stderr_with = |variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flagpole"));
        command
            .args(["get", "AA", "-v", "--url", &server.url()])
            .current_dir(sandbox.path(""));
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
            command.env_remove(name);
        }
        let output = command.envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(stderr_with(&[]).ends_with("\nAA not found\n"));
    assert!(
        stderr_with(&[("CLICOLOR_FORCE", "1")]).ends_with("\n\u{1b}[33mAA not found\u{1b}[0m\n")
    );
}

#[test]
fn strategies_lists_every_strategy_and_transport() {
    let output = flagpole("strategies");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    for strategy in strategy::ALL {
        let line = format!("  {:<20} {} (", strategy.name(), strategy.about());
        let listed = output
            .stdout
            .lines()
            .find(|listed| listed.starts_with(&line));
        let takes_ureq = listed.unwrap().contains("ureq");
        assert_eq!(takes_ureq, strategy.takes_any_transport(), "{output}");
    }
    for transport in transport::ALL {
        assert!(output.stdout.contains(&format!(
            "\n  {:<20} {}",
            transport.name(),
            transport.about()
        )));
    }
}

#[test]
fn every_command_has_help_examples_and_a_man_page() {
    for command in COMMANDS {
        let help = flagpole(&format!("{command} --help"));
        assert_eq!(
            (help.code, help.stderr.as_str()),
            (Some(0), ""),
            "{command}"
        );
        let example = format!("Examples:\n  flagpole {command}");
        help.assert_stdout_contains(&example);
        let page = flagpole(&format!("man {command}"));
        assert!(!page.stdout.contains(".SH EXTRA"), "{page}");
        let example = format!("\n.SS Examples\n.nf\n  flagpole {command}");
        page.assert_stdout_contains(&example);
        let title = format!("\n.TH flagpole-{command} 1 ");
        assert!(
            page.stdout.contains(&title) && page.stdout.contains("\"flagpole 0."),
            "{page}"
        );
        page.assert_stdout_contains(&format!("\n.SH NAME\nflagpole\\-{command} \\- "));
    }
    let page = flagpole("man").stdout;
    let names_all = |command| page.contains(&format!("flagpole\\-{command}(1)"));
    assert!(
        page.contains("\n.TH flagpole 1 ") && COMMANDS.iter().all(names_all),
        "{page}"
    );
}

#[test]
fn policy_heading_lists_only_policy_options() {
    let help = flagpole("get --help").stdout;
    let (others, policy) = help.split_once("\nPolicy:\n").unwrap();
    for option in ["--records", "--format", "--verbose", "--resume"] {
        assert!(
            others.contains(option) && !policy.contains(&format!("      {option}")),
            "{help}"
        );
    }
}

#[test]
fn completions_include_commands_and_strategies() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = flagpole(&format!("completions {shell}"));
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
        assert!(
            COMMANDS.iter().all(|name| output.stdout.contains(name)),
            "{shell}"
        );
        assert!(
            !output.stdout.contains("trial"),
            "{shell} completes a hidden command"
        );
        let is_complete = strategy::ALL
            .iter()
            .all(|strategy| output.stdout.contains(strategy.name()));
        // elvish and powershell complete no values of options.
        assert!(
            is_complete || ["elvish", "powershell"].contains(&shell),
            "{shell}"
        );
    }
}

#[cfg(unix)]
#[test]
fn bash_accepts_its_completions() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("c"), flagpole("completions bash").stdout).unwrap();
    let script = "source ./c; COMP_WORDS=(flagpole get --strategy seq) COMP_CWORD=3; \
                  _flagpole flagpole seq --strategy; echo ${COMPREPLY[@]}";
    let bash = Command::new("bash")
        .args(["-c", script])
        .current_dir(sandbox.path(""))
        .output();
    let Ok(output) = bash else {
        println!("skipped: there is no bash");
        return;
    };
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "sequential\n",
        "{output:?}"
    );
    assert!(output.stderr.is_empty(), "{output:?}");
}
