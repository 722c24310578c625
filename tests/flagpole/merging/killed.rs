//! The log of a process that was killed has all of its intervals but the last one.

use super::{merge, text};
use crate::harness::{Sandbox, wait_until};
use crate::servers::server_with;
use std::fs;

#[test]
fn intervals_before_a_kill_count_and_the_verdict_names_the_process() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let url = format!("{}/flags/br/br.gif", server.url());
    let mut run = sandbox.start(&format!(
        "load {url} --rate 50/s -z 1h --quiet --hlog a.hlog"
    ));
    let has_two = || {
        let log = fs::read_to_string(sandbox.path("a.hlog")).unwrap_or_default();
        log.matches("#[flagpole interval").count() >= 2
    };
    wait_until("there are two intervals", has_two);
    run.kill();
    drop(run.finish());
    let log = text(&sandbox, "a.hlog");
    // As if it had been killed while it wrote.
    let last = log.rfind("#[flagpole interval").unwrap();
    fs::write(sandbox.path("a.hlog"), &log[..last + 50]).unwrap();
    let (output, document) = merge(&sandbox, "a.hlog");
    let intervals = log.matches("#[flagpole interval").count() as u64 - 1;
    let process = &document["processes"][0];
    assert_eq!(
        (&process["intervals"], &process["has_end"]),
        (&intervals.into(), &false.into())
    );
    let name = process["process"].as_str().unwrap();
    assert!(
        document["verdict"].to_string().contains(name),
        "{document:#}"
    );
    output.assert_stderr_contains(": left out an interval that is not whole\n");
}
