//! `flagpole get --resume`: what is there and whole is not fetched again, what broke off is gone on
//! with, and nothing that the server says makes a wrong file.

use crate::combos::{CATALOG, files, sizes, true_flags, truth};
use crate::harness::{CommandOutput, PATIENCE, Sandbox};
use crate::servers::mock;
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use flagpole_server::Rule;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

/// An event loop and threads, over both transports.
const WAYS: [&str; 3] = [
    "--strategy async",
    "--strategy threads",
    "--strategy threads --transport ureq",
];

fn get(desk: &Sandbox, server: &BlockingServer, words: &str) -> CommandOutput {
    desk.run(&format!("get --url {} {words}", server.url()))
}

/// A flagpole whose first answers for each resource go wrong in these ways, one after the other.
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

fn saved(desk: &Sandbox, name: &str) -> PathBuf {
    desk.path("downloaded").join(name)
}

fn brazil() -> Vec<u8> {
    truth(Resource::Flag("BR".parse().unwrap()))
}

/// What is saved are the true flags of these codes, and nothing else.
fn assert_saved(desk: &Sandbox, codes: &str) {
    let (found, expected) = (files(&desk.path("downloaded")), true_flags(codes));
    assert!(
        found == expected,
        "{:?} and not {:?}",
        sizes(&found),
        sizes(&expected)
    );
}

/// The attempts that a run wrote down.
fn records(desk: &Sandbox) -> Vec<Value> {
    let lines = fs::read_to_string(desk.path("r.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Status and bytes of each attempt.
fn attempts(desk: &Sandbox) -> Vec<(u64, u64)> {
    let number = |record: &Value, key: &str| record[key].as_u64().unwrap();
    let records = records(desk);
    let attempts = records
        .iter()
        .map(|r| (number(r, "status"), number(r, "bytes")));
    attempts.collect()
}

/// Of a run that began with an empty folder: every byte that came is in a file, in the start of one, or was
/// for nothing. Returns how many were.
fn assert_accounted(desk: &Sandbox, done: &CommandOutput) -> u64 {
    let document: Value = serde_json::from_str(&done.out).unwrap();
    let number = |key: &str| document[key].as_u64().unwrap();
    let of_use = |(name, body): (String, Vec<u8>)| {
        let is_start = name.strip_suffix(".part").is_some();
        let head = body.iter().position(|&byte| byte == b'\n');
        body.len() - if is_start { head.unwrap() + 1 } else { 0 }
    };
    let there: usize = files(&desk.path("downloaded"))
        .into_iter()
        .map(of_use)
        .sum();
    assert_eq!(
        number("bytes") - number("wasted_bytes"),
        there as u64,
        "{done}"
    );
    number("wasted_bytes")
}

/// By which one sees that a file was written anew, though with the same bytes.
fn stamps(desk: &Sandbox) -> BTreeMap<String, (u64, SystemTime)> {
    let stamp = |name: String| {
        let about = fs::metadata(saved(desk, &name)).unwrap();
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&about);
        #[cfg(not(unix))]
        let inode = 0;
        (name, (inode, about.modified().unwrap()))
    };
    desk.saved().into_iter().map(stamp).collect()
}

#[test]
fn a_second_run_asks_for_all_and_fetches_nothing() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), mock("0", ""));
        let line = format!("--all --resume {way}");
        let first = get(&desk, &server, &line);
        assert!(
            first.out.starts_with("249 flags downloaded\nelapsed"),
            "{first}"
        );
        let before = stamps(&desk);
        assert_eq!(before.len(), 249);
        let second = get(&desk, &server, &line);
        assert_eq!(second.code, Some(0), "{second}");
        let expected = "0 flags downloaded\n249 already downloaded\nelapsed time: ";
        assert!(second.out.starts_with(expected), "{second}");
        assert_eq!(stamps(&desk), before, "{way}");
        let by_status = server.ledger().by_status;
        assert_eq!(by_status, BTreeMap::from([(200, 249), (304, 249)]), "{way}");
    }
}

#[test]
fn machines_are_told_what_was_there_already() {
    let (desk, server) = (Sandbox::new(), mock("0", ""));
    get(&desk, &server, "BR");
    let done = get(&desk, &server, "BR US AA --resume --format json -v");
    assert!(done.err.contains("\nBR not modified\n"), "{done}");
    let document: Value = serde_json::from_str(&done.out).unwrap();
    let expected =
        r#"{"error":0,"not_found":1,"not_modified":1,"ok":1,"unfinished":0,"unstarted":0}"#;
    assert_eq!(document["downloads"].to_string(), expected);
    assert_eq!(document["outcomes"]["not_modified"]["downloads"], 1);
    assert_eq!(document["final_attempts"][1]["outcome"], "not_modified");
    let done = get(&desk, &server, "BR --resume --format csv");
    assert!(done.out.contains("\nBR,not_modified,304,0,1,"), "{done}");
}

#[test]
fn what_is_damaged_is_fetched_again_and_the_rest_is_not() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), mock("0", ""));
        get(&desk, &server, "BR FR US");
        let mut damaged = brazil();
        damaged[30] ^= 1;
        fs::write(saved(&desk, "br.gif"), damaged).unwrap();
        let france = fs::read(saved(&desk, "fr.gif")).unwrap();
        fs::write(saved(&desk, "fr.gif"), &france[..100]).unwrap();
        let done = get(&desk, &server, &format!("BR FR US --resume {way}"));
        assert!(
            done.out
                .starts_with("2 flags downloaded\n1 already downloaded\n"),
            "{done}"
        );
        assert_saved(&desk, "BR FR US");
    }
}

#[test]
fn a_server_that_calls_a_damaged_file_unchanged_is_not_believed() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), mock("0", "304"));
        fs::create_dir(desk.path("downloaded")).unwrap();
        fs::write(saved(&desk, "br.gif"), "damaged").unwrap();
        let done = get(&desk, &server, &format!("BR --resume {way}"));
        assert_eq!(done.code, Some(1), "{done}");
        assert!(
            done.out.contains("\n1 error: 1 x 304 Not Modified\n"),
            "{done}"
        );
    }
}

#[test]
fn the_next_run_goes_on_where_a_body_broke_off() {
    for (way, fault) in WAYS
        .into_iter()
        .flat_map(|way| [(way, "cut:50%"), (way, "reset:700")])
    {
        let (desk, server) = (Sandbox::new(), failing(&[fault]));
        let line = format!("BR --resume --records r.jsonl {way}");
        let first = get(&desk, &server, &line);
        assert_eq!(
            (first.code, desk.saved()),
            (Some(1), vec!["br.gif.part".to_owned()]),
            "{first}"
        );
        let (_, begun) = attempts(&desk)[0];
        let whole = brazil().len() as u64;
        assert_eq!(
            begun,
            if fault == "reset:700" { 700 } else { whole / 2 },
            "{way}"
        );
        let second = get(&desk, &server, &line);
        assert!(
            second.out.starts_with("1 flag downloaded\nelapsed"),
            "{second}"
        );
        assert_eq!(attempts(&desk), [(206, whole - begun)], "{way}");
        assert_saved(&desk, "BR");
    }
}

#[test]
fn who_does_not_resume_keeps_no_start_and_goes_on_with_none() {
    let (desk, server) = (
        Sandbox::new(),
        failing(&["cut:50%", "reset:700", "cut:50%"]),
    );
    get(&desk, &server, "BR --retries 1 --backoff 1ms..1ms");
    assert_eq!(desk.saved(), [""; 0]);
    get(&desk, &server, "BR --resume");
    assert_eq!(desk.saved(), ["br.gif.part"]);
    get(&desk, &server, "BR");
    assert_eq!(server.ledger().by_status, BTreeMap::from([(200, 4)]));
}

#[test]
fn a_retry_goes_on_with_what_the_try_before_it_left() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), failing(&["cut:50%", "reset:700"]));
        let line = format!("BR --resume --retries 2 --backoff 1ms..1ms --records r.jsonl {way}");
        let done = get(&desk, &server, &line);
        assert_eq!(done.code, Some(0), "{done}");
        let whole = brazil().len() as u64;
        let rest = whole - whole / 2 - 700;
        assert_eq!(
            attempts(&desk),
            [(200, whole / 2), (206, 700), (206, rest)],
            "{way}"
        );
        assert_saved(&desk, "BR");
    }
}

#[test]
fn what_a_later_range_completes_was_not_for_nothing() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), failing(&["cut:50%", "503", "reset:700"]));
        let line = format!("BR US --resume --backoff 1ms..1ms --format json {way}");
        let done = get(&desk, &server, &format!("{line} --retries 3"));
        assert_eq!(
            assert_accounted(&desk, &done),
            2 * 24,
            "the bodies of the 503"
        );
        assert_saved(&desk, "BR US");
        let (desk, server) = (Sandbox::new(), failing(&["cut:50%", "corrupt", "cut:50%"]));
        let left = get(&desk, &server, &format!("{line} --retries 2"));
        let whole =
            brazil().len() as u64 + truth(Resource::Flag("US".parse().unwrap())).len() as u64;
        assert_eq!(assert_accounted(&desk, &left), whole, "start and rest");
        assert_eq!(desk.saved(), ["br.gif.part", "us.gif.part"]);
    }
}

#[test]
fn a_flag_that_will_go_by_its_country_is_gone_on_with_too() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), failing(&["cut:50%"]));
        let line = format!("BR --resume --metadata --records r.jsonl {way}");
        get(&desk, &server, &line);
        assert_eq!(desk.saved(), ["br.gif.part"]);
        // The metadata breaks off now, as it is asked for the first time, and the flag stays a start.
        get(&desk, &server, &line);
        assert_eq!(desk.saved(), ["br.gif.part"]);
        let done = get(&desk, &server, &line);
        assert_eq!(
            (done.code, desk.saved()),
            (Some(0), vec!["Brazil--BR.gif".to_owned()]),
            "{done}"
        );
        assert_eq!(attempts(&desk)[0].0, 206);
        assert_eq!(fs::read(saved(&desk, "Brazil--BR.gif")).unwrap(), brazil());
        let again = get(&desk, &server, &line);
        assert!(
            again
                .out
                .starts_with("0 flags downloaded\n1 already downloaded\n"),
            "{again}"
        );
    }
}

#[test]
fn the_start_of_another_version_is_not_gone_on_with() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), failing(&["cut:50%"]));
        let line = format!("BR --resume --records r.jsonl {way}");
        get(&desk, &server, &line);
        let part = fs::read(saved(&desk, "br.gif.part")).unwrap();
        let end = part.iter().position(|&byte| byte == b'\n').unwrap();
        let mut head: Value = serde_json::from_slice(&part[..end]).unwrap();
        head["etag"] = Value::from("\"another\"");
        let part = [head.to_string().as_bytes(), &part[end..]].concat();
        fs::write(saved(&desk, "br.gif.part"), part).unwrap();
        get(&desk, &server, &line);
        assert_eq!(attempts(&desk), [(200, brazil().len() as u64)], "{way}");
        assert_saved(&desk, "BR");
    }
}

#[test]
fn a_rest_that_is_not_the_true_one_is_no_file_and_no_start() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), failing(&["cut:50%", "corrupt"]));
        let line = format!("BR --resume --records r.jsonl {way}");
        get(&desk, &server, &line);
        let done = get(&desk, &server, &line);
        assert!(done.out.contains("1 x corrupt body\n"), "{done}");
        assert_eq!((attempts(&desk)[0].0, desk.saved()), (206, vec![]), "{way}");
        get(&desk, &server, &line);
        assert_eq!(attempts(&desk)[0].0, 200);
        assert_saved(&desk, "BR");
    }
}

#[test]
fn of_a_race_that_is_won_nothing_is_left() {
    for way in WAYS {
        let (desk, server) = (Sandbox::new(), failing(&["hang:700"]));
        let done = get(
            &desk,
            &server,
            &format!("BR -m 2 --resume --hedge 50ms --hedge-share 100% {way}"),
        );
        assert_eq!(done.code, Some(0), "{done}");
        assert_saved(&desk, "BR");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_starts_on_purpose_and_nothing_by_accident() {
    for way in WAYS {
        let desk = Sandbox::new();
        let begun = Instant::now();
        // Until it is interrupted when the start of a body is there: mostly at once.
        let server = loop {
            assert!(begun.elapsed() < PATIENCE, "{way}");
            let server = failing(&["hang:700"]);
            let line = format!("get BR AA -v --resume -m 2 --url {} {way}", server.url());
            let mut process = desk.start(&line);
            process.err_line();
            assert_eq!(process.err_line(), "AA not found\n");
            process.signal(rustix::process::Signal::INT);
            let done = process.finish();
            assert_eq!(done.code, Some(1), "{done}");
            // On a busy machine it may be interrupted before the flag is asked for at all.
            let ends = ["1 x cancelled\n", "1 not started\n"];
            assert!(ends.iter().any(|end| done.out.contains(end)), "{done}");
            match desk.saved().as_slice() {
                [] => {}
                [part] if part == "br.gif.part" => break server,
                other => panic!("{other:?}"),
            }
        };
        let done = get(&desk, &server, &format!("BR --resume {way}"));
        assert_eq!(done.code, Some(0), "{done}");
        assert_eq!(server.ledger().by_status.get(&206), Some(&1));
        assert_saved(&desk, "BR");
    }
}

#[test]
fn the_flags_of_all_countries_survive_a_bad_day() {
    const DAY: &str = "cut:50%@20% reset:700@20% corrupt@10% empty@5% 503@5%";
    let (desk, server) = (Sandbox::new(), mock("0", DAY));
    let line = "--all --resume --retries 100 --backoff 1ms..1ms --format json";
    let done = get(&desk, &server, line);
    assert_eq!(done.code, Some(0), "{done}");
    assert_accounted(&desk, &done);
    let codes: Vec<_> = CATALOG.codes().map(|code| code.to_string()).collect();
    assert_saved(&desk, &codes.join(" "));
}
