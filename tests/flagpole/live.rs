//! The address of `--live` of `load` and `compare`.

use crate::harness::flagpole;
use std::net::TcpListener;

#[test]
fn host_name_of_the_live_page_is_resolved() {
    let output = flagpole("load --latency 1ms -n 5 --no-tui --live localhost:0");
    assert_ne!(output.code, Some(2), "{output}");
    output.assert_stderr_contains("live page at http://127.0.0.1:");
}

#[test]
fn port_that_is_taken_is_refused_before_anything_runs() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for line in ["load --latency 1ms -n 1", "compare --rounds 1"] {
        let refused = flagpole(&format!("{line} --live {port}"));
        refused.assert_code(2);
        let expected = format!(
            "flagpole: --live: port {port} of 127.0.0.1 is taken; choose another, or 0 for any free port\n"
        );
        assert_eq!(refused.stderr, expected);
        assert_eq!(refused.stdout, "");
    }
}

#[test]
fn address_that_others_can_reach_works_with_a_warning() {
    let output = flagpole("load --latency 1ms -n 5 --no-tui --live 0.0.0.0:0");
    output.assert_stderr_contains(
        "flagpole: --live: 0.0.0.0 is not a loopback address: every client that reaches it can see the run\n",
    );
    assert_ne!(output.code, Some(2), "{output}");
}
