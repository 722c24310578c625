//! Masters that are none, and options that cannot be used.

use crate::harness::{CommandOutput, Sandbox};
use crate::servers::{UnusedAddr, server_with};
use rstest::rstest;
use std::fs;

fn refused(sandbox: &Sandbox, options: &str) -> CommandOutput {
    let output = sandbox.run(&format!("worker {options}"));
    output.assert_code(2);
    assert_eq!(
        output
            .stderr
            .lines()
            .filter(|line| line.starts_with("flagpole: ") && !line.contains(": waiting up to"))
            .count(),
        1
    );
    output
}

#[rstest]
#[case::host_with_port(
    "--master-host m:5557",
    "--master-host: expected a host name or an IP address"
)]
#[case::port(
    "--master-port tcp://m:5557",
    "--master-port: expected a port from 1 to 65535"
)]
#[case::folder(
    "--hlog-folder /dev/null/none",
    "--hlog-folder: cannot create `/dev/null/none`: Not a directory"
)]
#[case::no_file("classes.toml", "classes.toml: No such file")]
#[case::unknown_option("--master-hots m", "--master-host")]
#[case::timeout("--reconnect-timeout 0s", "expected a duration above 0")]
fn option_that_cannot_be_used_is_refused(#[case] options: &str, #[case] expected: &str) {
    let output = Sandbox::new().run(&format!("worker {options}"));
    output.assert_code(2);
    output.assert_stderr_contains(expected);
}

#[test]
fn key_that_the_master_decides_is_refused_with_its_place() {
    let sandbox = Sandbox::new();
    fs::write(
        sandbox.path("classes.toml"),
        "[classes.Reader]\nduration = \"5s\"\n",
    )
    .unwrap();
    refused(&sandbox, "classes.toml").assert_stderr_contains("classes.toml:2:1");
}

#[test]
fn port_where_nothing_listens_is_given_up() {
    let unused = UnusedAddr::new();
    let output = refused(
        &Sandbox::new(),
        &format!(
            "--master-port {} --reconnect-timeout 200ms",
            unused.addr().port()
        ),
    );
    output
        .assert_stderr_contains("flagpole: waiting up to 200ms for a Locust master at 127.0.0.1:");
    output.assert_stderr_contains("for 200ms: connection refused\n");
}

#[test]
fn http_server_is_no_master() {
    let server = server_with("0ms", "");
    let port = server.addr().port();
    refused(&Sandbox::new(), &format!("--master-port {port}"))
        .assert_stderr_contains("does not speak ZeroMQ");
}
