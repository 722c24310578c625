//! `flagpole get`, against a flagpole in this process.

use crate::harness::{CommandOutput, Sandbox};
use crate::servers::{UnusedAddr, mock};
use flagpole_client::strategy;
use flagpole_fixtures::{Catalog, populous};
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::BlockingServer;
use std::fs;

fn get(desk: &Sandbox, server: &BlockingServer, words: &str) -> CommandOutput {
    desk.run(&format!("get --url {} {words}", server.url()))
}

/// The names of all strategies, with more than one lane where they can have it.
fn every_strategy() -> impl Iterator<Item = String> {
    strategy::ALL.iter().map(|strategy| {
        let lanes = if strategy.is_concurrent() { 3 } else { 1 };
        format!("--strategy {} -m {lanes}", strategy.name())
    })
}

fn file_names(codes: &[CountryCode]) -> Vec<String> {
    let mut names: Vec<_> = codes
        .iter()
        .map(|code| format!("{}.gif", code.lower()))
        .collect();
    names.sort_unstable();
    names
}

/// Every file is a flag of the fixtures under its own name, byte for byte.
fn assert_true(desk: &Sandbox) {
    let catalog = Catalog::embedded();
    for name in desk.saved() {
        let code = name.strip_suffix(".gif").expect(&name).parse().unwrap();
        let flag = catalog.get(Resource::Flag(code)).unwrap();
        assert!(
            fs::read(desk.path("downloaded").join(&name)).unwrap() == *flag,
            "{name}"
        );
    }
}

#[test]
fn every_strategy_saves_the_same_true_flags() {
    let server = mock("uniform:1ms..9ms", "");
    for strategy in every_strategy() {
        let desk = Sandbox::new();
        let done = get(&desk, &server, &strategy);
        assert_eq!(done.code, Some(0), "{done}");
        assert!(
            done.out.starts_with("20 flags downloaded\nelapsed time: "),
            "{done}"
        );
        assert_eq!(desk.saved(), file_names(&populous::TWENTY));
        assert_true(&desk);
    }
}

#[test]
fn codes_without_a_flag_are_counted_and_are_no_failure() {
    let (desk, server) = (Sandbox::new(), mock("0", ""));
    let done = get(&desk, &server, "-e -l 30");
    assert_eq!(done.code, Some(0), "{done}");
    assert!(
        done.out
            .starts_with("19 flags downloaded\n11 not found\nelapsed"),
        "{done}"
    );
    assert_eq!(desk.saved().len(), 19);
    assert_true(&desk);
}

#[test]
fn a_site_without_a_single_flag_is_no_failure() {
    let (desk, server) = (Sandbox::new(), mock("0", "404"));
    let done = get(&desk, &server, "");
    assert_eq!(done.code, Some(0), "{done}");
    assert!(
        done.out.starts_with("0 flags downloaded\n20 not found\n"),
        "{done}"
    );
    assert!(desk.saved().is_empty());
}

#[test]
fn errors_are_counted_by_reason_and_fail_the_command() {
    let (desk, server) = (Sandbox::new(), mock("0", "404@20% 418@20% 500@20%"));
    let done = get(&desk, &server, "-a");
    let ledger = server.ledger();
    let [ok, not_found, teapots, errors] = [200, 404, 418, 500].map(|s| ledger.by_status[&s]);
    let expected = format!(
        "{ok} flags downloaded\n{not_found} not found\n{} errors: {teapots} x 418 I'm a teapot, \
         {errors} x 500 Internal Server Error\n249 requests (1.00 per flag): {} bytes discarded\nelapsed time: ",
        teapots + errors,
        // Their names are bodies.
        17 * teapots + 26 * errors
    );
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.out.starts_with(&expected), "{done}");
    assert_eq!(desk.saved().len() as u64, ok);
    assert_true(&desk);
}

#[test]
fn nobody_there_is_an_error_of_each_download() {
    let (desk, nobody) = (Sandbox::new(), UnusedAddr::new());
    for strategy in every_strategy() {
        let url = format!("http://{}", nobody.addr());
        let done = desk.run(&format!("get BR US --url {url} {strategy}"));
        assert_eq!(done.code, Some(1), "{done}");
        let expected = "0 flags downloaded\n2 errors: 2 x connection refused\nelapsed time: ";
        assert!(done.out.starts_with(expected), "{done}");
        assert!(
            done.err.contains("Start a server with `flagpole serve`"),
            "{done}"
        );
    }
}

#[test]
fn verbose_says_how_each_download_ended() {
    let server = mock("0", "");
    let done = get(&Sandbox::new(), &server, "BR AA -v");
    assert!(done.err.contains("\nBR ok\n"), "{done}");
    assert!(done.err.contains("\nAA not found\n"), "{done}");
    let done = get(&Sandbox::new(), &mock("0", "500"), "US -v");
    assert!(
        done.err
            .ends_with("\n*** Error for US: 500 Internal Server Error\n"),
        "{done}"
    );
}

#[test]
fn without_verbose_and_a_terminal_nothing_moves() {
    let done = get(&Sandbox::new(), &mock("0", ""), "BR");
    assert_eq!(done.err.lines().count(), 1, "{done}");
}

#[test]
fn the_books_spelling_of_an_option_is_known() {
    let done = get(&Sandbox::new(), &mock("0", ""), "BR US --max_req 2");
    assert_eq!(done.code, Some(0), "{done}");
    assert!(done.err.contains(": async, concurrency 2\n"), "{done}");
}

#[test]
fn a_site_may_be_named_by_its_flags() {
    let (desk, server) = (Sandbox::new(), mock("0", ""));
    let done = desk.run(&format!("get BR --url {}flags", server.url()));
    assert_eq!(done.code, Some(0), "{done}");
    assert_eq!(server.ledger().by_status[&200], 1);
}

#[test]
fn a_file_that_can_not_be_replaced_is_an_error_of_that_download_alone() {
    let server = mock("0", "");
    for strategy in every_strategy() {
        let desk = Sandbox::new();
        fs::create_dir_all(desk.path("downloaded/br.gif")).unwrap();
        let done = get(&desk, &server, &format!("BR FR US -v {strategy}"));
        assert_eq!(done.code, Some(1), "{done}");
        assert!(
            done.out
                .starts_with("2 flags downloaded\n1 error: 1 x cannot write file: "),
            "{done}"
        );
        assert!(
            done.err.contains("\n*** Error for BR: cannot write file: "),
            "{done}"
        );
        assert_eq!(desk.saved(), ["br.gif", "fr.gif", "us.gif"]);
        fs::remove_dir(desk.path("downloaded/br.gif")).unwrap();
        assert_true(&desk);
    }
}

#[test]
fn an_older_file_is_replaced() {
    let (desk, server) = (Sandbox::new(), mock("0", ""));
    fs::create_dir_all(desk.path("downloaded")).unwrap();
    fs::write(desk.path("downloaded/br.gif"), "of old").unwrap();
    assert_eq!(get(&desk, &server, "BR").code, Some(0));
    assert_true(&desk);
}

#[test]
fn a_timeout_is_an_error_with_its_limit() {
    let (desk, server) = (Sandbox::new(), mock("1h", ""));
    let done = get(&desk, &server, "BR US --timeout 100ms");
    assert_eq!(done.code, Some(1), "{done}");
    let expected = "0 flags downloaded\n2 errors: 2 x timed out after 100ms\n";
    assert!(done.out.starts_with(expected), "{done}");
    assert!(desk.saved().is_empty());
}

#[test]
fn a_reader_who_has_gone_is_no_failure() {
    let (desk, server) = (Sandbox::new(), mock("50ms", ""));
    let mut process = desk.start(&format!("get BR US --url {}", server.url()));
    process.close_stdout();
    let done = process.finish();
    assert_eq!(done.code, Some(0), "{done}");
    assert_eq!(desk.saved(), ["br.gif", "us.gif"]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_can_not_be_said_stops_nothing() {
    use std::process::{Command, Stdio};
    let server = mock("0", "");
    for (words, code) in [
        ("BR", 0),
        ("--every --limit 100 -v", 0),
        ("BR --max-body 1 -v", 1),
        ("--concurrency none", 2),
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let desk = Sandbox::new();
        let line = format!("get --url {} {words}", server.url());
        let mut command = Command::new(env!("CARGO_BIN_EXE_flagpole"));
        let command = command.args(line.split(' ')).current_dir(desk.path(""));
        let status = command.stdout(Stdio::null()).stderr(full).status().unwrap();
        assert_eq!(status.code(), Some(code), "{words}");
    }
}

#[cfg(unix)]
#[test]
fn what_waits_for_a_retry_when_it_is_interrupted_is_told_as_begun() {
    use flagpole_server::Rule;
    let busy = |path: &str| {
        let rule = Rule::default().path(path.parse().unwrap());
        rule.fault("503".parse().unwrap())
    };
    for strategy in strategy::ALL {
        let builder = BlockingServer::builder().rule(busy("/flags/br/*"));
        let server = builder.rule(busy("/flags/us/*")).start().unwrap();
        let desk = Sandbox::new();
        let mut process = desk.start(&format!(
            "get BR US ZZ -v -m 1 --retries 1 --backoff 1h..1h --strategy {} --url {}",
            strategy.name(),
            server.url()
        ));
        process.err_line();
        // On one lane it comes last.
        assert_eq!(process.err_line(), "ZZ not found\n");
        process.signal(rustix::process::Signal::INT);
        let done = process.finish();
        assert_eq!(done.code, Some(1), "{done}");
        let told = "0 flags downloaded\n1 not found\n2 not finished\n\
                    3 requests (1.00 per flag): 48 bytes discarded; ";
        assert!(done.out.starts_with(told), "{done}");
        assert!(done.out.contains(" backoff\n"), "{done}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_what_is_done() {
    let server = mock("50ms", "");
    for strategy in every_strategy() {
        let desk = Sandbox::new();
        let line = format!("get -a -v --url {} {strategy}", server.url());
        let mut process = desk.start(&line);
        process.err_line();
        let done_before: Vec<_> = (0..3).map(|_| process.err_line()).collect();
        process.signal(rustix::process::Signal::INT);
        let done = process.finish();
        assert_eq!(done.code, Some(1), "{done}");
        let later = done.err.lines().filter(|line| line.ends_with(" ok"));
        let saved = done_before.len() + later.count();
        assert_eq!(desk.saved().len(), saved, "{done}");
        assert!(saved < 249 && done.out.contains(" not started\n"), "{done}");
        assert!(
            done.out.starts_with(&format!("{saved} flags downloaded\n")),
            "{done}"
        );
        assert_true(&desk);
    }
}
