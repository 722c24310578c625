//! What a person is told who got the command line wrong: one line, and nothing else happens.

use crate::harness::Sandbox;
use flagpole_client::strategy;
use flagpole_server::fate::{fault, latency};
use std::net::TcpListener;
use std::{fs, io};

/// Runs the line where there is an empty folder `empty` and a file `file`; it must be refused with
/// exactly this sentence.
fn refused(line: &str, sentence: &str) {
    let desk = Sandbox::new();
    fs::create_dir(desk.path("empty")).unwrap();
    fs::write(desk.path("file"), "").unwrap();
    let done = desk.run(line);
    assert_eq!(done.err, format!("flagpole: {sentence}\n"), "{line}");
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{line}");
    assert!(!desk.path("downloaded").exists(), "{line}");
}

/// What the system says of a path that is missing.
fn missing() -> io::Error {
    fs::read_dir(Sandbox::new().path("missing")).unwrap_err()
}

/// What the system says of a path through a file.
fn through_a_file() -> io::Error {
    let desk = Sandbox::new();
    fs::write(desk.path("file"), "").unwrap();
    fs::create_dir(desk.path("file/in-it")).unwrap_err()
}

#[test]
fn an_unknown_strategy() {
    let mut known: Vec<_> = strategy::ALL.iter().map(|known| known.name()).collect();
    known.sort_unstable();
    let known = known.join(", ");
    for command in ["get", "compare"] {
        refused(
            &format!("{command} --strategy fast"),
            &format!("--strategy: unknown strategy `fast`; known: {known}"),
        );
    }
}

#[test]
fn a_latency_that_does_not_parse() {
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
fn a_fault_that_does_not_parse() {
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
fn fault_probabilities_above_100_percent() {
    let sentence = "--fault: the probabilities of all faults add up to at most 100%, got `120%`";
    refused("serve --port 0 --fault 404@60% --fault 500@60%", sentence);
}

#[test]
fn fault_probabilities_above_100_percent_for_compare() {
    let sentence = "--fault: the probabilities of all faults add up to at most 100%, got `120%`";
    refused("compare --fault 404@60% --fault 500@60%", sentence);
}

#[test]
fn a_concurrency_out_of_range() {
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
        refused(&format!("{command} -c 0"), zero);
        for option in ["-m", "--max-req", "--max_req"] {
            refused(&format!("{command} {option} 0"), zero);
        }
    }
}

#[test]
fn more_than_one_request_at_once_in_sequence() {
    refused(
        "get --strategy sequential -m 5",
        "--concurrency: `sequential` makes one request at a time, got `5`",
    );
}

#[test]
fn a_code_that_is_none() {
    for code in ["B1", "BRA", "1", "é"] {
        refused(
            &format!("get {code}"),
            &format!("CC: expected a country code such as `BR`, or a letter, got `{code}`"),
        );
    }
}

#[test]
fn numbers_that_are_none() {
    refused(
        "get -l 0",
        "--limit: expected a whole number from 1, got `0`",
    );
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
fn a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    refused(
        &format!("serve --port {port}"),
        &format!("--port: port {port} of 127.0.0.1 is taken; choose another with `--port`"),
    );
}

#[test]
fn a_site_that_is_none() {
    let site = "serve --port 0 --site";
    refused(
        &format!("{site} missing"),
        &format!("--site: cannot read `missing`: {}", missing()),
    );
    refused(
        &format!("{site} empty"),
        "--site: no flags in `empty`; expected files such as `br/br.gif` in it",
    );
}

#[test]
fn a_destination_that_can_not_be_written() {
    refused(
        "get --dest file/in-it",
        &format!(
            "--dest: cannot write to the folder `file/in-it`: {}",
            through_a_file()
        ),
    );
}

#[test]
fn an_unknown_option_or_command() {
    refused(
        "get --frobnicate",
        "unexpected argument `--frobnicate` found; see `flagpole --help`",
    );
    refused(
        "frob",
        "unrecognized subcommand `frob`; see `flagpole --help`",
    );
}

#[test]
fn an_unknown_server() {
    refused(
        "get --server foo",
        "--server: unknown value `foo`; known: LOCAL, DELAY, ERROR",
    );
}

#[test]
fn an_unknown_format() {
    refused(
        "compare --format xml",
        "--format: unknown format `xml`; known: csv, json, markdown, text",
    );
}

#[test]
fn a_url_that_is_none() {
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
fn options_that_exclude_each_other() {
    let sentence = |one, other| {
        format!("the argument `{one}` cannot be used with `{other}`; see `flagpole --help`")
    };
    let line = "get --server LOCAL --url http://127.0.0.1:1";
    refused(line, &sentence("--server <SERVER>", "--url <URL>"));
    refused("get -a BR", &sentence("--all", "[CC]..."));
    let line = "compare --url http://127.0.0.1:1 --latency 5ms";
    refused(line, &sentence("--url <URL>", "--latency <SPEC>"));
}

#[test]
fn an_option_without_its_value() {
    let desk = Sandbox::new();
    let done = desk.run("get BR --dest");
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    let names_the_option = done.err.starts_with("flagpole: ") && done.err.contains("--dest");
    assert!(
        names_the_option && done.err.contains("value is required"),
        "{done}"
    );
}

#[test]
fn no_command_at_all_is_answered_with_the_help() {
    let done = Sandbox::new().run("");
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    assert!(done.err.contains("Usage: flagpole <COMMAND>"), "{done}");
}
