//! What `flagpole get` and the small commands say: to people, to machines, to shells; and what they say
//! of input that makes no sense, before they do anything else.

use crate::combos::truth;
use crate::harness::{CommandOutput, Sandbox, flagpole};
use crate::servers::mock;
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

fn get(desk: &Sandbox, server: &BlockingServer, words: &str) -> CommandOutput {
    desk.run(&format!("get --url {} {words}", server.url()))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Runs the line beside a file `file`; it must be refused in one line that begins so and nothing may
/// have happened.
fn refused(line: &str, sentence: &str) {
    let desk = Sandbox::new();
    fs::write(desk.path("file"), "old").unwrap();
    let done = desk.run(line);
    let is_one_line = done.err.ends_with('\n') && done.err.lines().count() == 1;
    let expected = format!("flagpole: {sentence}");
    assert!(
        is_one_line && done.err.starts_with(&expected),
        "{line}: {done}"
    );
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{line}");
    let left = fs::read_dir(desk.path("")).unwrap().count();
    assert_eq!(left, 1, "{line}: something was made");
    assert_eq!(fs::read(desk.path("file")).unwrap(), b"old", "{line}");
}

#[test]
fn input_that_makes_no_sense_is_refused_before_anything_is_done() {
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
fn a_json_document_has_the_sums_and_what_decided_each_download() {
    let (desk, server) = (Sandbox::new(), mock("0", "500@30%"));
    let done = get(&desk, &server, "--format json --all --limit 60");
    let by_status = server.ledger().by_status;
    let document: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(document["schema"], "flagpole.get/2");
    assert_eq!(document["downloads"]["ok"], by_status[&200]);
    assert_eq!(document["downloads"]["error"], by_status[&500]);
    assert_eq!(document["attempts"]["total"], 60);
    let failed = &document["outcomes"]["http_500"];
    assert_eq!(
        (&failed["attempts"], &failed["downloads"]),
        (&by_status[&500].into(), &by_status[&500].into())
    );
    // The name of the status is a body.
    assert_eq!(document["wasted_bytes"], 26 * by_status[&500]);
    let decided = document["final_attempts"].as_array().unwrap();
    let in_order = decided
        .iter()
        .zip(1..)
        .all(|(record, place)| record["download"] == place);
    assert!(in_order && decided.len() == 60);
    let bytes: u64 = decided
        .iter()
        .map(|record| record["bytes"].as_u64().unwrap())
        .sum();
    assert_eq!(document["bytes"], bytes);
    let time = |key: &str| document["response_time"][key].as_u64().unwrap();
    assert!(time("p50_us") <= time("p99_us") && time("p99_us") <= time("max_us"));
}

#[test]
fn a_csv_table_has_a_line_of_as_many_fields_for_each_download() {
    let done = get(&Sandbox::new(), &mock("0", ""), "BR AA US --format csv");
    let mut table = done
        .out
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>());
    let head = table.next().unwrap();
    assert_eq!(
        head[..5],
        ["code", "outcome", "status", "bytes", "attempts"]
    );
    let rows: Vec<_> = table.collect();
    assert!(rows.iter().all(|row| row.len() == head.len()));
    let ends: Vec<_> = rows
        .iter()
        .map(|row| (row[0], row[1], row[2], row[4]))
        .collect();
    let ok = |code| (code, "ok", "200", "1");
    assert_eq!(ends, [("AA", "not_found", "404", "1"), ok("BR"), ok("US")]);
}

#[test]
fn all_attempts_of_a_download_are_in_its_line() {
    let (desk, server) = (Sandbox::new(), mock("0", ""));
    let done = get(&desk, &server, "BR --metadata --format csv");
    let [flag, metadata] =
        [Resource::Flag, Resource::Metadata].map(|of| truth(of("BR".parse().unwrap())).len());
    let line = format!("\nBR,ok,200,{},2,", flag + metadata);
    assert!(done.out.contains(&line), "{done}");
    // The first attempt wins, and is the first all the same.
    let slow = mock("1s", "");
    let words = "BR -m 2 --hedge 500ms --hedge-share 100% --format";
    let done = get(&desk, &slow, &format!("{words} csv"));
    let line = done.out.lines().nth(1).unwrap();
    assert_eq!(line.split(',').nth(4), Some("2"), "{done}");
    let done = get(&desk, &slow, &format!("{words} json"));
    let document: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(document["attempts"]["per_download"], 2.0);
}

#[test]
fn a_failure_without_a_status_leaves_the_field_empty() {
    let done = get(&Sandbox::new(), &mock("0", "empty"), "BR --format csv");
    assert!(done.out.contains("\nBR,empty_reply,,0,1,"), "{done}");
}

#[test]
fn every_attempt_is_a_line_of_the_records() {
    let (desk, server) = (Sandbox::new(), mock("0", "500@50%"));
    fs::write(
        desk.path("r.jsonl"),
        "something old and longer than all\n".repeat(1000),
    )
    .unwrap();
    get(
        &desk,
        &server,
        "--records r.jsonl --retries 3 --backoff 1ms..1ms",
    );
    let records = lines(&fs::read_to_string(desk.path("r.jsonl")).unwrap());
    assert_eq!(records.len() as u64, server.ledger().requests);
    let decided = records
        .iter()
        .filter(|record| record["is_final"] == true)
        .count();
    assert_eq!(decided, 20);
    assert!(
        records
            .iter()
            .all(|record| record["resource"].is_string() && record["done_us"].is_u64())
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_once_and_fails_the_command() {
    let (desk, server) = (Sandbox::new(), mock("0", ""));
    let done = get(&desk, &server, "BR --records /dev/full");
    assert!(done.out.starts_with("1 flag downloaded\n"), "{done}");
    let told = "flagpole: --records: `/dev/full`: incomplete: ";
    assert_eq!(
        (done.code, done.err.matches(told).count()),
        (Some(1), 1),
        "{done}"
    );
    assert_eq!(desk.saved(), ["br.gif"]);
}

#[test]
fn colours_are_for_those_who_can_see_them() {
    let (desk, server) = (Sandbox::new(), mock("0", ""));
    let say = |variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flagpole"));
        command
            .args(["get", "AA", "-v", "--url", &server.url()])
            .current_dir(desk.path(""));
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
            command.env_remove(name);
        }
        let done = command.envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(done.stderr).unwrap()
    };
    assert!(say(&[]).ends_with("\nAA not found\n"));
    assert!(say(&[("CLICOLOR_FORCE", "1")]).ends_with("\n\u{1b}[33mAA not found\u{1b}[0m\n"));
}

#[test]
fn the_strategies_and_transports_are_listed_with_what_they_cost() {
    let done = flagpole("strategies");
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    for strategy in strategy::ALL {
        let line = format!("  {:<20} {} (", strategy.name(), strategy.about());
        let listed = done.out.lines().find(|listed| listed.starts_with(&line));
        let takes_ureq = listed.unwrap().contains("ureq");
        assert_eq!(takes_ureq, strategy.takes_any_transport(), "{done}");
    }
    for transport in transport::ALL {
        assert!(done.out.contains(&format!(
            "\n  {:<20} {}",
            transport.name(),
            transport.about()
        )));
    }
}

#[test]
fn every_command_has_help_with_examples_and_a_page_of_the_manual() {
    for command in COMMANDS {
        let help = flagpole(&format!("{command} --help"));
        assert_eq!((help.code, help.err.as_str()), (Some(0), ""), "{command}");
        let example = format!("Examples:\n  flagpole {command}");
        assert!(help.out.contains(&example), "{help}");
        let page = flagpole(&format!("man {command}"));
        assert!(!page.out.contains(".SH EXTRA"), "{page}");
        let example = format!("\n.SS Examples\n.nf\n  flagpole {command}");
        assert!(page.out.contains(&example), "{page}");
        let title = format!("\n.TH flagpole-{command} 1 ");
        assert!(
            page.out.contains(&title) && page.out.contains("\"flagpole 0."),
            "{page}"
        );
        assert!(
            page.out
                .contains(&format!("\n.SH NAME\nflagpole\\-{command} \\- ")),
            "{page}"
        );
    }
    let page = flagpole("man").out;
    let names_all = |command| page.contains(&format!("flagpole\\-{command}(1)"));
    assert!(
        page.contains("\n.TH flagpole 1 ") && COMMANDS.iter().all(names_all),
        "{page}"
    );
}

#[test]
fn what_belongs_to_no_policy_does_not_stand_under_that_heading() {
    let help = flagpole("get --help").out;
    let (others, policy) = help.split_once("\nPolicy:\n").unwrap();
    for option in ["--records", "--format", "--verbose", "--resume"] {
        assert!(
            others.contains(option) && !policy.contains(&format!("      {option}")),
            "{help}"
        );
    }
}

#[test]
fn shells_complete_the_names_of_strategies() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = flagpole(&format!("completions {shell}"));
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
        assert!(
            COMMANDS.iter().all(|known| done.out.contains(known)),
            "{shell}"
        );
        assert!(!done.out.contains("trial"), "{shell} offers what is hidden");
        let is_complete = strategy::ALL
            .iter()
            .all(|known| done.out.contains(known.name()));
        // Those of the two others know no values of options.
        assert!(
            is_complete || ["elvish", "powershell"].contains(&shell),
            "{shell}"
        );
    }
}

#[cfg(unix)]
#[test]
fn bash_takes_its_completions() {
    let desk = Sandbox::new();
    fs::write(desk.path("c"), flagpole("completions bash").out).unwrap();
    let script = "source ./c; COMP_WORDS=(flagpole get --strategy seq) COMP_CWORD=3; \
                  _flagpole flagpole seq --strategy; echo ${COMPREPLY[@]}";
    let bash = Command::new("bash")
        .args(["-c", script])
        .current_dir(desk.path(""))
        .output();
    let Ok(done) = bash else {
        return; // There is no bash here.
    };
    assert_eq!(
        String::from_utf8_lossy(&done.stdout),
        "sequential\n",
        "{done:?}"
    );
    assert!(done.stderr.is_empty(), "{done:?}");
}
