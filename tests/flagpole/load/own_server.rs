//! flagpole's own server: started for the run, and its ledger is held against the records.

use super::result;
use crate::harness::Sandbox;

#[test]
fn ledger_of_the_own_server_agrees_with_the_records() {
    let (_, document) = result(&Sandbox::new(), "--latency 5ms --fault 503@20% -n 500 -c 8");
    let (server, figures) = (&document["server"], &document["figures"]);
    assert_eq!(server["requests"], 500, "{document}");
    assert_eq!(server["by_status"]["503"], figures["failed"]);
    assert_eq!(server["by_status"]["200"], figures["succeeded"]);
    assert_eq!(document["is_server_local"], true);
    let reasons = document["verdict"]["reasons"].to_string();
    assert!(!reasons.contains("ledger"), "{reasons}");
}

#[test]
fn paths_are_on_the_own_server() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("list"), "/flags/br/br.gif\n/flags/us/us.gif\n").unwrap();
    let (_, document) = result(&sandbox, "--urls list --profile clean -n 20");
    assert_eq!(document["server"]["by_status"]["200"], 20);
    let (_, document) = result(&sandbox, "/flags/index.json --profile clean -n 20");
    assert_eq!(document["server"]["by_status"]["200"], 20);
}
