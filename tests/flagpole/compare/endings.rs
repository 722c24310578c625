//! Exit codes, and runs that are interrupted.

use super::{assert_code_of_verdict, is_invalid};
use crate::harness::{Sandbox, flagpole};
use crate::servers::server_with;

#[test]
fn errors_of_a_running_server_exit_with_1() {
    let server = server_with("0", "500@20%");
    let output = flagpole(&format!("compare --rounds 1 --url {}", server.url()));
    assert_code_of_verdict(&output, 1);
    output.assert_stdout_contains(" x 500 Internal Server Error\n");
}

#[test]
fn configured_timeouts_are_not_a_failure() {
    let output = flagpole("compare --latency 1h --timeout 50ms --flags 3 --rounds 1");
    assert_code_of_verdict(&output, 0);
    output.assert_stdout_contains("\nall strategies: 3 x timed out after 50ms\n");
}

#[test]
fn closed_stdout_is_not_a_failure() {
    let mut process = Sandbox::new().start("compare --latency 0 --flags 3 --rounds 1");
    process.close_stdout();
    let output = process.finish();
    output.assert_code(if is_invalid(&output.stderr) { 3 } else { 0 });
}

#[cfg(unix)]
#[test]
fn interrupt_makes_the_measurement_invalid() {
    let (sandbox, server) = (Sandbox::new(), server_with("1h", ""));
    let process = sandbox.start(&format!(
        "compare --strategy sequential --url {}",
        server.url()
    ));
    crate::harness::wait_until("a download is in flight", || server.ledger().requests > 0);
    process.signal(rustix::process::Signal::INT);
    let output = process.finish();
    output.assert_code(3);
    output.assert_stderr_starts_with("flagpole: invalid measurement: interrupted");
    assert_eq!(output.stderr.lines().count(), 1, "{output}");
    output.assert_stdout_starts_with("INVALID: interrupted\n");
    output.assert_stdout_contains("sequential: 1 x cancelled, 19 not started\n");
}
