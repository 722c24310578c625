//! `flagpole get` through a proxy: a server of flagpole, which answers requests for any host.

use crate::harness::{CommandOutput, FLAGPOLE, Sandbox};
use crate::servers::{UnusedAddr, finish, server_with};

/// Downloads the flag of Brazil from a host that no name service knows.
fn get(options: &str, variables: &[(&str, &str)]) -> CommandOutput {
    let sandbox = Sandbox::new();
    let line = format!("get BR --url http://flags.invalid {options}");
    let mut command = assert_cmd::Command::new(FLAGPOLE);
    let command = command.args(line.split_whitespace());
    let command = command.current_dir(sandbox.path("."));
    command
        .envs(variables.iter().copied())
        .output()
        .unwrap()
        .into()
}

#[test]
fn flag_of_an_unknown_host_is_downloaded_through_the_proxy() {
    let server = server_with("0ms", "");
    let address = server.addr();
    let output = get(&format!("--proxy http://user:secret@{address}"), &[]);
    output.assert_code(0);
    let start =
        format!("1 flag, BR, from http://flags.invalid:80/flags via the proxy http://{address}: ");
    assert!(output.stderr.starts_with(&start), "{output}");
    assert!(!output.to_string().contains("secret"), "{output}");
    assert_eq!(finish(server).0.requests, 1);
}

#[test]
fn proxy_of_the_environment_is_used_only_if_asked_for() {
    let server = server_with("0ms", "");
    let url = format!("http://{}", server.addr());
    let variables = [("http_proxy", &*url), ("no_proxy", "127.0.0.0/8")];
    get("--proxy-from-env", &variables).assert_code(0);
    let direct = get("", &variables);
    direct.assert_code(2);
    let start = "flagpole: --url: cannot look up the host `flags.invalid`";
    assert!(direct.stderr.starts_with(start), "{direct}");
    let excluded = [("http_proxy", &*url), ("no_proxy", "invalid")];
    get("--proxy-from-env", &excluded).assert_code(2);
    assert_eq!(finish(server).0.requests, 1);
}

#[test]
fn refusing_proxy_is_named() {
    let unused = UnusedAddr::new();
    let output = get(&format!("--proxy user:secret@{}", unused.addr()), &[]);
    output.assert_code(1);
    let sentence = format!("Connection refused by the proxy http://{}\n", unused.addr());
    assert!(output.stderr.contains(&sentence), "{output}");
    assert!(!output.to_string().contains("secret"), "{output}");
}

#[test]
fn variable_without_an_http_proxy_is_refused() {
    let output = get(
        "--proxy-from-env",
        &[("all_proxy", "socks5://u:secret@proxy")],
    );
    output.assert_code(2);
    let start = "flagpole: --proxy-from-env: all_proxy: expected a URL that begins with `http://`, got \
                 `socks5://***@proxy`; ";
    assert!(output.stderr.starts_with(start), "{output}");
}
