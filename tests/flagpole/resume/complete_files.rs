//! Files that are complete, or damaged.

use super::{COMBOS, assert_saved, brazil_flag, get, saved};
use crate::harness::Sandbox;
use crate::servers::server_with;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::time::SystemTime;

/// Identifies file versions: a file that was written again differs, even with equal bytes.
fn file_identities(sandbox: &Sandbox) -> BTreeMap<String, (u64, SystemTime)> {
    let identity = |name: String| {
        let metadata = fs::metadata(saved(sandbox, &name)).unwrap();
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        (name, (inode, metadata.modified().unwrap()))
    };
    sandbox.saved().into_iter().map(identity).collect()
}

#[test]
fn second_run_revalidates_and_downloads_nothing() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
        let line = format!("--all --resume {combo}");
        let first = get(&sandbox, &server, &line);
        first.assert_stdout_starts_with("249 flags downloaded\nelapsed");
        let before = file_identities(&sandbox);
        assert_eq!(before.len(), 249);
        let second = get(&sandbox, &server, &line);
        second.assert_code(0);
        let expected = "0 flags downloaded\n249 already downloaded\nelapsed time: ";
        second.assert_stdout_starts_with(expected);
        assert_eq!(file_identities(&sandbox), before, "{combo}");
        let by_status = server.ledger().by_status;
        assert_eq!(
            by_status,
            BTreeMap::from([(200, 249), (304, 249)]),
            "{combo}"
        );
    }
}

#[test]
fn json_and_csv_report_not_modified() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    get(&sandbox, &server, "BR");
    let output = get(&sandbox, &server, "BR US AA --resume --format json -v");
    output.assert_stderr_contains("\nBR not modified\n");
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let expected =
        r#"{"error":0,"not_found":1,"not_modified":1,"ok":1,"unfinished":0,"unstarted":0}"#;
    assert_eq!(document["downloads"].to_string(), expected);
    assert_eq!(document["outcomes"]["not_modified"]["downloads"], 1);
    assert_eq!(document["final_attempts"][1]["outcome"], "not_modified");
    let output = get(&sandbox, &server, "BR --resume --format csv");
    output.assert_stdout_contains("\nBR,not_modified,304,0,1,");
}

#[test]
fn only_damaged_files_are_fetched_again() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
        get(&sandbox, &server, "BR FR US");
        let mut damaged = brazil_flag();
        damaged[30] ^= 1;
        fs::write(saved(&sandbox, "br.gif"), damaged).unwrap();
        let france = fs::read(saved(&sandbox, "fr.gif")).unwrap();
        fs::write(saved(&sandbox, "fr.gif"), &france[..100]).unwrap();
        let output = get(&sandbox, &server, &format!("BR FR US --resume {combo}"));
        output.assert_stdout_starts_with("2 flags downloaded\n1 already downloaded\n");
        assert_saved(&sandbox, "BR FR US");
    }
}

#[test]
fn bogus_304_does_not_validate_a_damaged_file() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), server_with("0", "304"));
        fs::create_dir(sandbox.path("downloaded")).unwrap();
        fs::write(saved(&sandbox, "br.gif"), "damaged").unwrap();
        let output = get(&sandbox, &server, &format!("BR --resume {combo}"));
        output.assert_code(1);
        output.assert_stdout_contains("\n1 failed: 1 x 304 Not Modified\n");
    }
}
