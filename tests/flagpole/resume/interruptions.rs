//! Partial files after hedges, interrupts and many faults.

use super::{COMBOS, assert_accounted, assert_saved, failing, get};
use crate::combos::CATALOG;
use crate::harness::Sandbox;
use crate::servers::server_with;

#[test]
fn won_hedge_leaves_no_partial_file() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["hang:700"]));
        let output = get(
            &sandbox,
            &server,
            &format!("BR -m 2 --resume --hedge 50ms --hedge-share 100% {combo}"),
        );
        output.assert_code(0);
        assert_saved(&sandbox, "BR");
    }
}

#[cfg(unix)]
#[test]
fn interrupt_keeps_only_resumable_partial_files() {
    for combo in COMBOS {
        let sandbox = Sandbox::new();
        // Repeats until the interrupt falls into the body; mostly the first time.
        let server = loop {
            let server = failing(&["hang:700"]);
            let line = format!("get BR AA -v --resume -m 2 --url {} {combo}", server.url());
            let mut process = sandbox.start(&line);
            process.stderr_line();
            assert_eq!(process.stderr_line(), "AA not found\n");
            process.signal(rustix::process::Signal::INT);
            let output = process.finish();
            output.assert_code(1);
            // On a busy machine the interrupt may come before the request.
            let endings = ["1 x cancelled\n", "1 not started\n"];
            assert!(
                endings.iter().any(|ending| output.stdout.contains(ending)),
                "{output}"
            );
            match sandbox.saved().as_slice() {
                [] => {}
                [part] if part == "br.gif.part" => break server,
                other => panic!("{other:?}"),
            }
        };
        let output = get(&sandbox, &server, &format!("BR --resume {combo}"));
        output.assert_code(0);
        assert_eq!(server.ledger().by_status.get(&206), Some(&1));
        assert_saved(&sandbox, "BR");
    }
}

#[test]
fn resume_completes_all_flags_under_many_faults() {
    const FAULTS: &str = "cut:50%@20% reset:700@20% corrupt@10% empty@5% 503@5%";
    let (sandbox, server) = (Sandbox::new(), server_with("0", FAULTS));
    let line = "--all --resume --retries 100 --backoff 1ms..1ms --format json";
    let output = get(&sandbox, &server, line);
    output.assert_code(0);
    assert_accounted(&sandbox, &output);
    let codes: Vec<_> = CATALOG.codes().map(|code| code.to_string()).collect();
    assert_saved(&sandbox, &codes.join(" "));
}
