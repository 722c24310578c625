//! Calls of `flagpole ctl` without an answer.

use super::Controlled;
use crate::harness::{CommandOutput, flagpole};
use crate::servers::{UnusedAddr, start_external_server};

fn assert_line(output: &CommandOutput, line: &str) {
    output.assert_code(2);
    assert_eq!(
        (&*output.stderr, &*output.stdout),
        (&*format!("flagpole: {line}\n"), "")
    );
}

#[test]
fn nothing_listens() {
    let address = UnusedAddr::new().addr();
    let output = flagpole(&format!("ctl ledger --control {address}"));
    assert_line(
        &output,
        &format!(
            "cannot connect to http://{address}/: Connection refused (os error 111); is it the URL that `flagpole serve \
         --control` shows?"
        ),
    );
}

#[test]
fn listener_of_files_is_no_control_plane() {
    let controlled = Controlled::new("0");
    for url in [controlled.server.url(), start_external_server()] {
        let output = flagpole(&format!("ctl ledger --control {url}"));
        assert_line(
            &output,
            &format!(
                "{url} is no control plane of flagpole: GET /ledger got 404 Not Found; use the URL that `flagpole serve \
             --control` shows"
            ),
        );
    }
}

#[test]
fn address_is_missing_or_malformed() {
    assert_line(
        &flagpole("ctl reset"),
        "expected the address of a control plane: use `--control 127.0.0.1:9000`, or set FLAGPOLE_CONTROL",
    );
    assert_line(
        &flagpole("ctl reset --control https://127.0.0.1:9000"),
        "--control: expected an address such as `127.0.0.1:9000`, a port or a URL without a path, got \
         `https://127.0.0.1:9000`",
    );
}

#[test]
fn unknown_listener_is_refused_by_the_server() {
    let controlled = Controlled::new("0");
    let port = controlled.server.addr().port();
    let output = controlled.ctl(&["ledger", "--listener", "DELAY"]);
    assert_line(&output, &format!("unknown listener `DELAY`; known: {port}"));
}
