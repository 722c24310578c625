//! Refusals of invalid command lines: one line on stderr, exit code 2, no side effect.

use crate::harness::Sandbox;
use flagpole_client::strategy;
use flagpole_server::fate::{fault, latency};
use std::net::TcpListener;
use std::{fs, io};

/// Asserts that the command is refused with exactly this sentence; an empty folder `empty` and a
/// file `file` exist.
fn refused(line: &str, sentence: &str) {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("empty")).unwrap();
    fs::write(sandbox.path("file"), "").unwrap();
    let output = sandbox.run(line);
    assert_eq!(output.stderr, format!("flagpole: {sentence}\n"), "{line}");
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(2), ""),
        "{line}"
    );
    assert!(!sandbox.path("downloaded").exists(), "{line}");
}

fn missing_path_error() -> io::Error {
    fs::read_dir(Sandbox::new().path("missing")).unwrap_err()
}

fn path_through_file_error() -> io::Error {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("file"), "").unwrap();
    fs::create_dir(sandbox.path("file/in-it")).unwrap_err()
}

#[test]
fn unknown_strategy_is_refused() {
    let known: Vec<_> = strategy::ALL.iter().map(|known| known.name()).collect();
    let known = known.join(", ");
    for command in ["get", "compare"] {
        refused(
            &format!("{command} --strategy fast"),
            &format!("--strategy: unknown strategy `fast`; known: {known}"),
        );
    }
}

#[test]
fn invalid_latency_is_refused() {
    for command in ["serve --port 0", "compare"] {
        let refused = |latency: &str, sentence: &str| {
            refused(
                &format!("{command} --latency={latency}"),
                &format!("--latency: {sentence}"),
            );
        };
        refused(
            "soon",
            "expected a duration such as `50ms` or `1.5s`, got `soon`",
        );
        refused("-5ms", "a duration cannot be negative, got `-5ms`");
        refused("25h", "a duration is at most 24h, got `25h`");
        let known: Vec<_> = latency::FAMILY.iter().map(|known| known.name).collect();
        let known = known.join(", ");
        refused(
            "snail:1ms",
            &format!("unknown latency `snail`; known: {known}"),
        );
        refused(
            "uniform:5ms",
            "expected two durations such as `500ms..5s`, got `5ms`",
        );
        refused(
            "uniform:5s..1s",
            "the first duration must not exceed the second, got `5s..1s`",
        );
    }
}

#[test]
fn invalid_fault_is_refused() {
    for command in ["serve --port 0", "compare"] {
        let refused = |fault: &str, sentence: &str| {
            refused(
                &format!("{command} --fault {fault}"),
                &format!("--fault: {sentence}"),
            );
        };
        let known: Vec<_> = fault::FAMILY.iter().map(|known| known.name).collect();
        let known = known.join(", ");
        refused("teapod", &format!("unknown fault `teapod`; known: {known}"));
        refused("404@101%", "a probability is at most 100%, got `101%`");
        refused("404@-5%", "a probability cannot be negative, got `-5%`");
        refused(
            "404@5",
            "expected a probability such as `5%` or `0.5%`, got `5`",
        );
    }
}

#[test]
fn fault_probabilities_above_100_percent_are_refused_by_serve() {
    let sentence = "--fault: the probabilities of all faults add up to at most 100%, got `120%`";
    refused("serve --port 0 --fault 404@60% --fault 500@60%", sentence);
}

#[test]
fn fault_probabilities_above_100_percent_are_refused_by_compare() {
    let sentence = "--fault: the probabilities of all faults add up to at most 100%, got `120%`";
    refused("compare --fault 404@60% --fault 500@60%", sentence);
}

#[test]
fn concurrency_out_of_range_is_refused() {
    for command in ["get", "compare"] {
        for count in ["0", "1001", "many", "-1"] {
            refused(
                &format!("{command} --concurrency={count}"),
                &format!(
                    "--concurrency: expected a concurrency of 1 to 1000, such as `30`, got `{count}`"
                ),
            );
        }
        let zero = "--concurrency: expected a concurrency of 1 to 1000, such as `30`, got `0`";
        for option in ["-c", "-m", "--max-req", "--max_req"] {
            let zero = zero.replace("--concurrency", option);
            refused(&format!("{command} {option} 0"), &zero);
        }
    }
}

#[test]
fn sequential_refuses_a_concurrency_above_1() {
    refused(
        "get --strategy sequential -m 5",
        "-m: `sequential` makes one request at a time, got `5`",
    );
}

#[test]
fn invalid_country_code_is_refused() {
    for code in ["B1", "1", "é"] {
        refused(
            &format!("get {code}"),
            &format!("CC: expected a country code such as `BR`, or a letter, got `{code}`"),
        );
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    refused("get -l 0", "-l: expected a whole number from 1, got `0`");
    refused(
        "compare --rounds 0",
        "--rounds: expected a whole number from 1, got `0`",
    );
    refused(
        "compare --flags 250",
        "--flags: expected 1 to 249, or `all`, got `250`",
    );
    refused(
        "get --timeout 0",
        "--timeout: expected a duration above 0, got `0`",
    );
}

#[test]
fn port_in_use_is_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    refused(
        &format!("serve --port {port}"),
        &format!("--port: port {port} of 127.0.0.1 is taken; choose another with `--port`"),
    );
}

#[test]
fn site_without_flags_is_refused() {
    let site = "serve --port 0 --site";
    refused(
        &format!("{site} missing"),
        &format!("--site: cannot read `missing`: {}", missing_path_error()),
    );
    refused(
        &format!("{site} empty"),
        "--site: no flags in `empty`; expected files such as `br/br.gif` in it",
    );
}

#[test]
fn unwritable_destination_is_refused() {
    refused(
        "get --dest file/in-it",
        &format!(
            "--dest: cannot write to the folder `file/in-it`: {}",
            path_through_file_error()
        ),
    );
}

#[test]
fn unknown_option_or_command_is_refused() {
    refused(
        "get --xyz",
        "unknown option `--xyz`; see `flagpole get --help`",
    );
    refused("frob", "unknown command `frob`; see `flagpole --help`");
}

#[test]
fn unknown_server_is_refused() {
    refused(
        "get --server foo",
        "--server: unknown value `foo`; known: LOCAL, DELAY, ERROR",
    );
}

#[test]
fn unknown_format_is_refused() {
    refused(
        "compare --format xml",
        "--format: unknown format `xml`; known: text, json, markdown, csv",
    );
}

#[test]
fn invalid_url_is_refused() {
    for command in ["get", "compare"] {
        let refused = |url: &str, sentence: &str| {
            refused(
                &format!("{command} --url {url}"),
                &format!("--url: {sentence}"),
            );
        };
        refused(
            "nowhere",
            "expected a URL such as `http://127.0.0.1:8001`, got `nowhere`",
        );
        refused(
            "https://x",
            "expected a URL that begins with `http://`, got `https://x`; https is not supported",
        );
        refused(
            "http://x/?q",
            "expected a URL without user, query and fragment, got `http://x/?q`",
        );
    }
}

#[test]
fn conflicting_options_are_refused() {
    let sentence = |one, other| format!("`{one}` cannot be used with `{other}`; see ");
    let refused = |line: &str, sentence: String| {
        let command = line.split(' ').next().unwrap();
        refused(line, &format!("{sentence}`flagpole {command} --help`"));
    };
    let line = "get --server LOCAL --url http://127.0.0.1:1";
    refused(line, sentence("--server", "--url"));
    refused("get -a BR", sentence("-a", "CC"));
    let line = "compare --url http://127.0.0.1:1 --latency 5ms";
    refused(line, sentence("--url", "--latency"));
}

#[test]
fn missing_option_value_is_refused() {
    let sandbox = Sandbox::new();
    let output = sandbox.run("get BR --dest");
    assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""));
    let names_the_option =
        output.stderr.starts_with("flagpole: ") && output.stderr.contains("--dest");
    assert!(
        names_the_option && output.stderr.contains("value is required"),
        "{output}"
    );
}

#[test]
fn missing_command_prints_help() {
    let output = Sandbox::new().run("");
    assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""));
    output.assert_stderr_contains("Usage: flagpole <COMMAND>");
}
