//! `flagpole get` against a server in this process.

use crate::harness::{CommandOutput, Sandbox};
use crate::servers::{UnusedAddr, server_with};
use flagpole_client::strategy;
use flagpole_fixtures::{Catalog, populous};
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::BlockingServer;
use indicatif::DecimalBytes;
use std::fs;

fn get(sandbox: &Sandbox, server: &BlockingServer, options: &str) -> CommandOutput {
    sandbox.run(&format!("get --url {} {options}", server.url()))
}

/// Options for each strategy; concurrent ones get concurrency 3.
fn every_strategy() -> impl Iterator<Item = String> {
    strategy::ALL.iter().map(|strategy| {
        let concurrency = if strategy.is_concurrent() { 3 } else { 1 };
        format!("--strategy {} -m {concurrency}", strategy.name())
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

/// Every saved file is the flag of its code, byte for byte.
fn assert_original_flags(sandbox: &Sandbox) {
    let catalog = Catalog::embedded();
    for name in sandbox.saved() {
        let code = name.strip_suffix(".gif").expect(&name).parse().unwrap();
        let flag = catalog.get(Resource::Flag(code)).unwrap();
        assert!(
            fs::read(sandbox.path("downloaded").join(&name)).unwrap() == *flag,
            "{name}"
        );
    }
}

#[test]
fn every_strategy_saves_identical_flags() {
    let server = server_with("uniform:1ms..9ms", "");
    for strategy in every_strategy() {
        let sandbox = Sandbox::new();
        let output = get(&sandbox, &server, &strategy);
        output.assert_code(0);
        output.assert_stdout_starts_with("20 flags downloaded\nelapsed time: ");
        assert_eq!(sandbox.saved(), file_names(&populous::TOP_20));
        assert_original_flags(&sandbox);
    }
}

#[test]
fn codes_without_a_flag_are_counted_as_not_found() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    let output = get(&sandbox, &server, "-e -l 30");
    output.assert_code(0);
    output.assert_stdout_starts_with("19 flags downloaded\n11 not found\nelapsed");
    assert_eq!(sandbox.saved().len(), 19);
    assert_original_flags(&sandbox);
}

#[test]
fn site_without_flags_exits_with_1_unless_missing_flags_are_allowed() {
    let server = server_with("0", "404");
    for (options, code) in [
        ("", 1),
        ("BR US", 1),
        ("X BR", 1),
        ("--all --metadata", 1),
        ("--allow-missing", 0),
        ("X", 0),
        ("--every --limit 20", 0),
    ] {
        let sandbox = Sandbox::new();
        let output = get(&sandbox, &server, options);
        output.assert_code(code);
        output.assert_stdout_starts_with("0 flags downloaded\n");
        assert!(sandbox.saved().is_empty());
        let url = format!("http://{}", server.addr());
        let note = format!("flagpole: no flag was found at {url}; is it the site's root?\n");
        assert_eq!(
            output.stderr.ends_with(&note),
            code == 1,
            "{options}: {output}"
        );
    }
}

#[test]
fn flags_that_are_not_found_are_no_failure() {
    let server = server_with("0", "404@10%");
    for strategy in every_strategy() {
        let output = get(&Sandbox::new(), &server, &format!("--all {strategy}"));
        output.assert_code(0);
        assert!(output.stdout.contains(" not found\n"), "{output}");
    }
}

#[test]
fn flag_that_is_there_already_is_found() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    for expected in [
        "1 flag downloaded\n",
        "0 flags downloaded\n1 already downloaded\n",
    ] {
        let output = get(&sandbox, &server, "BR --resume");
        output.assert_code(0);
        output.assert_stdout_starts_with(expected);
    }
}

#[test]
fn errors_are_counted_by_reason_and_exit_with_1() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", "404@20% 418@20% 500@20%"));
    let output = get(&sandbox, &server, "-a");
    let ledger = server.ledger();
    let [ok, not_found, teapots, errors] = [200, 404, 418, 500].map(|s| ledger.by_status[&s]);
    let expected = format!(
        "{ok} flags downloaded\n{not_found} not found\n{} failed: {teapots} x 418 I'm a teapot, \
         {errors} x 500 Internal Server Error\n249 requests (1.00 per flag): {} wasted on attempts that failed\nelapsed time: ",
        teapots + errors,
        // The bodies of error responses are their reason phrases.
        DecimalBytes(17 * teapots + 26 * errors)
    );
    output.assert_code(1);
    output.assert_stdout_starts_with(&expected);
    assert_eq!(sandbox.saved().len() as u64, ok);
    assert_original_flags(&sandbox);
}

#[test]
fn refused_connection_is_an_error_per_download() {
    let (sandbox, unused) = (Sandbox::new(), UnusedAddr::new());
    for strategy in every_strategy() {
        let url = format!("http://{}", unused.addr());
        let output = sandbox.run(&format!("get BR US --url {url} {strategy}"));
        output.assert_code(1);
        let expected = "0 flags downloaded\n2 failed: 2 x connection refused\nelapsed time: ";
        output.assert_stdout_starts_with(expected);
        output.assert_stderr_contains("Start a server with `flagpole serve`");
    }
}

#[test]
fn verbose_prints_how_each_download_ended() {
    let server = server_with("0", "");
    let output = get(&Sandbox::new(), &server, "BR AA -v");
    output.assert_stderr_contains("\nBR ok\n");
    output.assert_stderr_contains("\nAA not found\n");
    let output = get(&Sandbox::new(), &server_with("0", "500"), "US -v");
    output.assert_stderr_ends_with("\n*** Error for US: 500 Internal Server Error\n");
}

#[test]
fn no_progress_without_verbose_or_a_terminal() {
    let output = get(&Sandbox::new(), &server_with("0", ""), "BR");
    assert_eq!(output.stderr.lines().count(), 1, "{output}");
}

#[test]
fn max_req_is_an_alias_of_concurrency() {
    let output = get(&Sandbox::new(), &server_with("0", ""), "BR US --max_req 2");
    output.assert_code(0);
    output.assert_stderr_contains(": async, concurrency 2\n");
}

#[test]
fn url_may_end_in_flags() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    let output = sandbox.run(&format!("get BR --url {}flags", server.url()));
    output.assert_code(0);
    assert_eq!(server.ledger().by_status[&200], 1);
}

#[test]
fn unreplaceable_file_fails_only_its_download() {
    let server = server_with("0", "");
    for strategy in every_strategy() {
        let sandbox = Sandbox::new();
        fs::create_dir_all(sandbox.path("downloaded/br.gif")).unwrap();
        let output = get(&sandbox, &server, &format!("BR FR US -v {strategy}"));
        output.assert_code(1);
        output.assert_stdout_starts_with("2 flags downloaded\n1 failed: 1 x cannot write file: ");
        output.assert_stderr_contains("\n*** Error for BR: cannot write file: ");
        assert_eq!(sandbox.saved(), ["br.gif", "fr.gif", "us.gif"]);
        fs::remove_dir(sandbox.path("downloaded/br.gif")).unwrap();
        assert_original_flags(&sandbox);
    }
}

#[test]
fn older_file_is_replaced() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    fs::create_dir_all(sandbox.path("downloaded")).unwrap();
    fs::write(sandbox.path("downloaded/br.gif"), "of old").unwrap();
    assert_eq!(get(&sandbox, &server, "BR").code, Some(0));
    assert_original_flags(&sandbox);
}

#[test]
fn timeout_error_names_its_limit() {
    let (sandbox, server) = (Sandbox::new(), server_with("1h", ""));
    let output = get(&sandbox, &server, "BR US --timeout 100ms");
    output.assert_code(1);
    let expected = "0 flags downloaded\n2 failed: 2 x timed out after 100ms\n";
    output.assert_stdout_starts_with(expected);
    assert!(sandbox.saved().is_empty());
}

#[test]
fn closed_stdout_is_not_a_failure() {
    let (sandbox, server) = (Sandbox::new(), server_with("50ms", ""));
    let mut process = sandbox.start(&format!("get BR US --url {}", server.url()));
    process.close_stdout();
    let output = process.finish();
    output.assert_code(0);
    assert_eq!(sandbox.saved(), ["br.gif", "us.gif"]);
}

#[cfg(target_os = "linux")]
#[test]
fn stderr_failure_is_ignored() {
    use std::process::{Command, Stdio};
    let server = server_with("0", "");
    for (options, code) in [
        ("BR", 0),
        ("--every --limit 100 -v", 0),
        ("BR --max-body 1 -v", 1),
        ("--concurrency none", 2),
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let sandbox = Sandbox::new();
        let line = format!("get --url {} {options}", server.url());
        let mut command = Command::new(env!("CARGO_BIN_EXE_flagpole"));
        let command = command.args(line.split(' ')).current_dir(sandbox.path(""));
        let status = command.stdout(Stdio::null()).stderr(full).status().unwrap();
        assert_eq!(status.code(), Some(code), "{options}");
    }
}

#[cfg(unix)]
#[test]
fn interrupted_backoff_counts_as_not_finished() {
    use flagpole_server::Rule;
    let unavailable = |path: &str| {
        let rule = Rule::default().path(path.parse().unwrap());
        rule.fault("503".parse().unwrap())
    };
    for strategy in strategy::ALL {
        let builder = BlockingServer::builder().rule(unavailable("/flags/br/*"));
        let server = builder.rule(unavailable("/flags/us/*")).start().unwrap();
        let sandbox = Sandbox::new();
        let mut process = sandbox.start(&format!(
            "get BR US ZZ -v -m 1 --retries 1 --backoff 1h..1h --strategy {} --url {}",
            strategy.name(),
            server.url()
        ));
        process.stderr_line();
        // At concurrency 1 the code without a flag comes last.
        assert_eq!(process.stderr_line(), "ZZ not found\n");
        process.signal(rustix::process::Signal::INT);
        let output = process.finish();
        output.assert_code(1);
        let expected = "0 flags downloaded\n1 not found\n2 not finished\n\
                    3 requests (1.00 per flag): 48 B wasted on attempts that failed; ";
        output.assert_stdout_starts_with(expected);
        output.assert_stdout_contains(" of backoff\n");
    }
}

#[cfg(unix)]
#[test]
fn interrupt_keeps_completed_downloads() {
    let server = server_with("50ms", "");
    for strategy in every_strategy() {
        let sandbox = Sandbox::new();
        let line = format!("get -a -v --url {} {strategy}", server.url());
        let mut process = sandbox.start(&line);
        process.stderr_line();
        let done_before: Vec<_> = (0..3).map(|_| process.stderr_line()).collect();
        process.signal(rustix::process::Signal::INT);
        let output = process.finish();
        output.assert_code(1);
        let later = output.stderr.lines().filter(|line| line.ends_with(" ok"));
        let saved = done_before.len() + later.count();
        assert_eq!(sandbox.saved().len(), saved, "{output}");
        assert!(
            saved < 249 && output.stdout.contains(" not started\n"),
            "{output}"
        );
        output.assert_stdout_starts_with(&format!("{saved} flags downloaded\n"));
        assert_original_flags(&sandbox);
    }
}
