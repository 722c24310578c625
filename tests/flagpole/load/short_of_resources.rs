//! A client whose machine has no ports or file descriptors left.

use super::serve;
use super::verdict::assert_reason;
use crate::harness::{FLAGPOLE, Sandbox};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::Value;

/// In a separate network namespace, 32 ports are for connections, and the server needs 100 ms for a request: not more than 320/s.
#[test]
fn shortage_of_ports_is_named() {
    let line = "load http://127.0.0.1:8000/flags/br/br.gif --no-reuse --rate 1000/s -z 1s --quiet --format json";
    let script = format!(
        "unshare -rn sh -c 'ip link set lo up && echo 40000 40031 >/proc/sys/net/ipv4/ip_local_port_range || exit 77
         {FLAGPOLE} serve --port 8000 --latency 100ms >served & server=$!
         until grep -q http: served; do sleep 0.01; done
         {FLAGPOLE} {line}; code=$?
         kill $server; exit $code'"
    );
    let output = Sandbox::new().start_shell(&script).finish();
    if matches!(output.code, Some(77 | 127)) || output.stderr.contains("unshare failed") {
        println!("skipped: no network namespace can be made here: {output}");
        return;
    }
    output.assert_code(3);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_reason(
        &document,
        "ports_short",
        "the client ran out of local ports",
    );
    let figures = &document["figures"];
    assert_eq!(figures["requests"], 1000, "{document:#}");
    assert!(figures["succeeded"].as_u64() > Some(0), "{document:#}");
}

/// The limit is lowered while the run goes on, so that it is noticed neither before the first request nor by the others.
#[test]
fn shortage_of_descriptors_is_named() {
    let (_server, url) = serve("--latency 20ms");
    let mut run = Sandbox::new().start(&format!(
        "load {url} -c 20 --no-reuse -z 2s --no-tui --format json"
    ));
    run.stderr_line();
    let pid = Pid::from_raw(run.pid().try_into().unwrap());
    let limit = Rlimit {
        current: Some(3),
        maximum: Some(3),
    };
    prlimit(pid, Resource::Nofile, limit).unwrap();
    let output = run.finish();
    output.assert_code(3);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_reason(
        &document,
        "descriptors_short",
        "the client ran out of file descriptors",
    );
    assert!(
        document["figures"]["succeeded"].as_u64() > Some(0),
        "{document:#}"
    );
}

#[test]
fn too_few_descriptors_are_refused_before_the_run() {
    let (_server, url) = serve("");
    let output = Sandbox::new()
        .start_after("ulimit -n 64", &format!("load {url} -c 50"))
        .finish();
    output.assert_code(2);
    output.assert_stderr_starts_with("flagpole: -c: 50 connections need ");
    assert_eq!(output.stdout, "");
}
