//! The commands of programs in `flagpole compare`: what a shell would do, what is printed of them, and their environment.

use crate::harness::{Sandbox, flagpole};
use std::fs;
use std::net::TcpListener;

/// An experiment of one program.
fn experiment(command: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let text =
        format!("flags = 2\nrounds = 1\n[grid]\nstrategies = []\n[programs.mine]\n{command}\n");
    fs::write(sandbox.path("x.toml"), text).unwrap();
    sandbox
}

#[test]
fn port_that_is_taken_is_one_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let refused = flagpole(&format!(
        "compare --strategy async --rounds 1 --port {port}"
    ));
    refused.assert_code(2);
    let start = format!("flagpole: --port: port {port} ");
    assert!(refused.stderr.starts_with(&start), "{refused}");
    assert_eq!(refused.stderr.lines().count(), 1, "{refused}");
}

#[test]
fn shell_syntax_without_a_shell_is_refused() {
    let sandbox = experiment("command = 'cat {files} | xargs curl'");
    let refused = sandbox.run("compare x.toml");
    refused.assert_code(2);
    refused.assert_stderr_contains("`|` is not interpreted: use `sh -c '...'`, or quote it");
}

#[test]
fn command_cannot_control_the_terminal() {
    let sandbox = experiment("command = \"sh -c 'exit 3' '\\u001b[31m' \\u202e\"");
    for options in ["", "-v", "--format markdown"] {
        let output = sandbox.run(&format!("compare x.toml {options}"));
        let printed = output.stdout.clone() + &output.stderr;
        assert!(printed.contains("\\u{1b}[31m' \\u{202e}"), "{output}");
        assert!(!printed.contains(['\u{1b}', '\u{202e}']), "{output}");
    }
    let refused = experiment("command = \"a\\u001bb\"").run("compare x.toml");
    refused.assert_stderr_contains("cannot start `a\\u{1b}b`");
}

#[cfg(unix)]
#[test]
fn shells_read_values_from_the_environment() {
    let script = "test \"$FLAGPOLE_FILES\" = {files} && test -d \"$FLAGPOLE_DEST\" && test -d \"$FLAGPOLE_CLIENTS\" \
                  && test \"$FLAGPOLE_URL $FLAGPOLE_CONCURRENCY $FLAGPOLE_SEED\" = \"http://$FLAGPOLE_HOST:$FLAGPOLE_PORT 2 0\" \
                  && exit 7";
    let sandbox = experiment(&format!("command = '''sh -c '{script}' '''"));
    let output = sandbox.run("compare x.toml -c 2");
    output.assert_stderr_contains("exit code 7");
}
