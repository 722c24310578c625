//! `flagpole get --resume`: complete files are not fetched again, partial ones are continued, and
//! no response makes a wrong file.

use crate::combos::{CATALOG, expected_flags, files, original_body, sizes};
use crate::harness::{CommandOutput, DEADLINE, Sandbox};
use crate::servers::server_with;
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use flagpole_server::Rule;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

/// An event loop and threads, over both transports.
const COMBOS: [&str; 3] = [
    "--strategy async",
    "--strategy threads",
    "--strategy threads --transport ureq",
];

fn get(sandbox: &Sandbox, server: &BlockingServer, options: &str) -> CommandOutput {
    sandbox.run(&format!("get --url {} {options}", server.url()))
}

/// Injects these faults into the first responses for each resource, one after the other.
fn failing(faults: &[&str]) -> BlockingServer {
    let rules = (1..).zip(faults).map(|(n, fault)| {
        let rule = Rule::default().n(n.to_string().parse().unwrap());
        rule.fault(fault.parse().unwrap())
    });
    let builder = BlockingServer::builder().journal_capacity(100_000);
    rules
        .fold(builder, flagpole_server::ServerBuilder::rule)
        .start()
        .unwrap()
}

fn saved(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.path("downloaded").join(name)
}

fn brazil_flag() -> Vec<u8> {
    original_body(Resource::Flag("BR".parse().unwrap()))
}

/// Exactly the flags of these codes are saved.
fn assert_saved(sandbox: &Sandbox, codes: &str) {
    let (found, expected) = (files(&sandbox.path("downloaded")), expected_flags(codes));
    assert!(
        found == expected,
        "{:?}, expected {:?}",
        sizes(&found),
        sizes(&expected)
    );
}

fn records(sandbox: &Sandbox) -> Vec<Value> {
    let lines = fs::read_to_string(sandbox.path("r.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn attempts(sandbox: &Sandbox) -> Vec<(u64, u64)> {
    let number = |record: &Value, key: &str| record[key].as_u64().unwrap();
    let records = records(sandbox);
    let attempts = records
        .iter()
        .map(|r| (number(r, "status"), number(r, "bytes")));
    attempts.collect()
}

/// Every byte received is in a file, in a partial file, or wasted. Returns the number of wasted
/// bytes. The folder must have been empty before the run.
fn assert_accounted(sandbox: &Sandbox, output: &CommandOutput) -> u64 {
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let number = |key: &str| document[key].as_u64().unwrap();
    let body_len = |(name, body): (String, Vec<u8>)| {
        let is_partial = name.strip_suffix(".part").is_some();
        let head = body.iter().position(|&byte| byte == b'\n');
        body.len() - if is_partial { head.unwrap() + 1 } else { 0 }
    };
    let saved_bytes: usize = files(&sandbox.path("downloaded"))
        .into_iter()
        .map(body_len)
        .sum();
    assert_eq!(
        number("bytes") - number("wasted_bytes"),
        saved_bytes as u64,
        "{output}"
    );
    number("wasted_bytes")
}

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
        output.assert_stdout_contains("\n1 error: 1 x 304 Not Modified\n");
    }
}

#[test]
fn next_run_resumes_a_partial_body() {
    for (combo, fault) in COMBOS
        .into_iter()
        .flat_map(|combo| [(combo, "cut:50%"), (combo, "reset:700")])
    {
        let (sandbox, server) = (Sandbox::new(), failing(&[fault]));
        let line = format!("BR --resume --records r.jsonl {combo}");
        let first = get(&sandbox, &server, &line);
        assert_eq!(
            (first.code, sandbox.saved()),
            (Some(1), vec!["br.gif.part".to_owned()]),
            "{first}"
        );
        let (_, received) = attempts(&sandbox)[0];
        let length = brazil_flag().len() as u64;
        assert_eq!(
            received,
            if fault == "reset:700" {
                700
            } else {
                length / 2
            },
            "{combo}"
        );
        let second = get(&sandbox, &server, &line);
        second.assert_stdout_starts_with("1 flag downloaded\nelapsed");
        assert_eq!(attempts(&sandbox), [(206, length - received)], "{combo}");
        assert_saved(&sandbox, "BR");
    }
}

#[test]
fn partial_files_are_neither_kept_nor_used_without_resume() {
    let (sandbox, server) = (
        Sandbox::new(),
        failing(&["cut:50%", "reset:700", "cut:50%"]),
    );
    get(&sandbox, &server, "BR --retries 1 --backoff 1ms..1ms");
    assert_eq!(sandbox.saved(), [""; 0]);
    get(&sandbox, &server, "BR --resume");
    assert_eq!(sandbox.saved(), ["br.gif.part"]);
    get(&sandbox, &server, "BR");
    assert_eq!(server.ledger().by_status, BTreeMap::from([(200, 4)]));
}

#[test]
fn retry_resumes_the_partial_body_of_the_previous_try() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%", "reset:700"]));
        let line = format!("BR --resume --retries 2 --backoff 1ms..1ms --records r.jsonl {combo}");
        let output = get(&sandbox, &server, &line);
        output.assert_code(0);
        let length = brazil_flag().len() as u64;
        let rest = length - length / 2 - 700;
        assert_eq!(
            attempts(&sandbox),
            [(200, length / 2), (206, 700), (206, rest)],
            "{combo}"
        );
        assert_saved(&sandbox, "BR");
    }
}

#[test]
fn resumed_bytes_are_not_wasted() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%", "503", "reset:700"]));
        let line = format!("BR US --resume --backoff 1ms..1ms --format json {combo}");
        let output = get(&sandbox, &server, &format!("{line} --retries 3"));
        assert_eq!(
            assert_accounted(&sandbox, &output),
            2 * 24,
            "the bodies of the 503"
        );
        assert_saved(&sandbox, "BR US");
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%", "corrupt", "cut:50%"]));
        let partial = get(&sandbox, &server, &format!("{line} --retries 2"));
        let length = brazil_flag().len() as u64
            + original_body(Resource::Flag("US".parse().unwrap())).len() as u64;
        assert_eq!(assert_accounted(&sandbox, &partial), length, "both parts");
        assert_eq!(sandbox.saved(), ["br.gif.part", "us.gif.part"]);
    }
}

#[test]
fn partial_flag_is_resumed_with_metadata() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%"]));
        let line = format!("BR --resume --metadata --records r.jsonl {combo}");
        get(&sandbox, &server, &line);
        assert_eq!(sandbox.saved(), ["br.gif.part"]);
        // The rule cuts the first metadata response too, so that the flag stays partial.
        get(&sandbox, &server, &line);
        assert_eq!(sandbox.saved(), ["br.gif.part"]);
        let output = get(&sandbox, &server, &line);
        assert_eq!(
            (output.code, sandbox.saved()),
            (Some(0), vec!["Brazil--BR.gif".to_owned()]),
            "{output}"
        );
        assert_eq!(attempts(&sandbox)[0].0, 206);
        assert_eq!(
            fs::read(saved(&sandbox, "Brazil--BR.gif")).unwrap(),
            brazil_flag()
        );
        let again = get(&sandbox, &server, &line);
        again.assert_stdout_starts_with("0 flags downloaded\n1 already downloaded\n");
    }
}

#[test]
fn partial_body_of_another_version_is_discarded() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%"]));
        let line = format!("BR --resume --records r.jsonl {combo}");
        get(&sandbox, &server, &line);
        let part = fs::read(saved(&sandbox, "br.gif.part")).unwrap();
        let end = part.iter().position(|&byte| byte == b'\n').unwrap();
        let mut head: Value = serde_json::from_slice(&part[..end]).unwrap();
        head["etag"] = Value::from("\"another\"");
        let part = [head.to_string().as_bytes(), &part[end..]].concat();
        fs::write(saved(&sandbox, "br.gif.part"), part).unwrap();
        get(&sandbox, &server, &line);
        assert_eq!(
            attempts(&sandbox),
            [(200, brazil_flag().len() as u64)],
            "{combo}"
        );
        assert_saved(&sandbox, "BR");
    }
}

#[test]
fn corrupt_continuation_discards_the_partial_body() {
    for combo in COMBOS {
        let (sandbox, server) = (Sandbox::new(), failing(&["cut:50%", "corrupt"]));
        let line = format!("BR --resume --records r.jsonl {combo}");
        get(&sandbox, &server, &line);
        let output = get(&sandbox, &server, &line);
        output.assert_stdout_contains("1 x corrupt body\n");
        assert_eq!(
            (attempts(&sandbox)[0].0, sandbox.saved()),
            (206, vec![]),
            "{combo}"
        );
        get(&sandbox, &server, &line);
        assert_eq!(attempts(&sandbox)[0].0, 200);
        assert_saved(&sandbox, "BR");
    }
}

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
        let start = Instant::now();
        // Repeats until the interrupt falls into the body; mostly the first time.
        let server = loop {
            assert!(start.elapsed() < DEADLINE, "{combo}");
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
