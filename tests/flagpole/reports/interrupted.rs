//! The page of a run that the user ends has what was measured.

use super::page;
use crate::harness::{Sandbox, wait_until};
use crate::servers::server_with;
use rustix::process::Signal;

#[test]
fn page_of_an_interrupted_load_run_is_written() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let url = format!("{}/flags/br/br.gif", server.url());
    let run = sandbox.start(&format!("load {url} -z 1h -c 4 --quiet --html r.html"));
    wait_until("requests arrive", || server.ledger().requests > 100);
    run.signal(Signal::INT);
    run.finish();
    assert!(page(&sandbox, "r.html").contains("interrupted"));
}

#[test]
fn page_of_an_interrupted_comparison_is_written() {
    let (server, sandbox) = (server_with("20ms", ""), Sandbox::new());
    let line = format!(
        "compare --url {} --flags 20 --rounds 1000 --strategy sequential --html r.html",
        server.url()
    );
    let run = sandbox.start(&line);
    wait_until("rounds are measured", || server.ledger().requests > 50);
    run.signal(Signal::INT);
    let output = run.finish();
    assert_eq!(output.code, Some(3), "{output}");
    assert!(page(&sandbox, "r.html").contains("INVALID"));
}
