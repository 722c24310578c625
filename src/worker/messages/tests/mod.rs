//! What is sent, byte by byte, and what real masters sent.

use super::check::check;
use super::message_value::MessageValue;
use super::*;
use crate::worker::user_load::MachineShare;
use proptest::prelude::*;
use rstest::rstest;
use std::collections::BTreeMap;
use std::time::Duration;

const NODE: &str = "node-1_0123";

/// A captured or expected frame; the files have a line `type bytes` for each.
fn frame(file: &str, kind: &str) -> Vec<u8> {
    let lines = file.lines().filter_map(|line| line.split_once(' '));
    let (_, hex) = lines.into_iter().find(|(name, _)| *name == kind).unwrap();
    let digits: Vec<_> = hex
        .chars()
        .map(|digit| digit.to_digit(16).unwrap())
        .collect();
    let bytes = digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap());
    bytes.collect()
}

fn captured(version: &str, kind: &str) -> Vec<u8> {
    let file = match version {
        "2.47.0" => include_str!("locust-2.47.0.txt"),
        _ => include_str!("locust-2.46.7.txt"),
    };
    frame(file, kind)
}

fn users(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    let counts = counts.iter();
    counts
        .map(|&(class, count)| (class.to_owned(), count))
        .collect()
}

fn stats() -> WorkerMessage {
    let entry = RequestEntry {
        name: "/a".to_owned(),
        method: "GET".to_owned(),
        last_request_timestamp: Some(1_700_000_001.5),
        start_time: 1_699_999_999.25,
        num_requests: 3,
        num_none_requests: 0,
        num_failures: 1,
        total_response_time: 3.5,
        max_response_time: 2.5,
        min_response_time: Some(0.337),
        total_content_length: 300,
        response_times: ResponseTimes(BTreeMap::from([(337, 2), (2500, 1)])),
        num_reqs_per_sec: BTreeMap::from([(1_700_000_000, 2), (1_700_000_001, 1)]),
        num_fail_per_sec: BTreeMap::from([(1_700_000_001, 1)]),
    };
    let error = RequestError {
        name: "/a".to_owned(),
        method: "GET".to_owned(),
        error: "status 500".to_owned(),
        occurrences: 1,
        first_seen: 1_700_000_001.0,
        last_seen: 1_700_000_001.0,
    };
    WorkerMessage::Stats(Box::new(StatsData {
        stats: vec![entry],
        stats_total: RequestEntry {
            name: "Aggregated".to_owned(),
            ..RequestEntry::default()
        },
        errors: BTreeMap::from([("GET /a status 500".to_owned(), error)]),
        user_classes_count: users(&[("Reader", 3)]),
        user_count: 3,
        flagpole_run: Some("r1".to_owned()),
        flagpole_process: Some(NODE.to_owned()),
        flagpole_log: "#[x]\n".to_owned(),
    }))
}

fn messages() -> Vec<WorkerMessage> {
    let share = MachineShare {
        cpu_percent: 12.5,
        memory_bytes: 1 << 20,
    };
    vec![
        WorkerMessage::ClientReady,
        WorkerMessage::Spawning,
        WorkerMessage::ClientStopped,
        WorkerMessage::Quit,
        WorkerMessage::SpawningComplete {
            users: users(&[("Reader", 3), ("Writer", 0)]),
        },
        WorkerMessage::Heartbeat(ReportedState::Running, share),
        WorkerMessage::Exception {
            message: "no class `X`".to_owned(),
        },
        WorkerMessage::Logs {
            lines: vec!["a".to_owned(), "b".to_owned()],
        },
        stats(),
    ]
}

#[test]
fn frames_are_those_of_python() {
    for message in messages() {
        let expected = frame(include_str!("worker.txt"), message.kind());
        assert_eq!(message.encode(NODE), Ok(expected), "{}", message.kind());
    }
}

#[rstest]
#[case("2.47.0")]
#[case("2.46.7")]
fn messages_of_real_masters_are_read(#[case] version: &str) {
    let read = |kind| MasterMessage::decode(&captured(version, kind)).unwrap();
    assert_eq!(read("ack"), MasterMessage::Ack { index: Some(0) });
    assert_eq!(read("heartbeat"), MasterMessage::Heartbeat);
    assert_eq!(read("spawning_complete"), MasterMessage::SpawningComplete);
    assert_eq!(read("stop"), MasterMessage::Stop);
    assert_eq!(read("quit"), MasterMessage::Quit);
    let MasterMessage::Spawn(job) = read("spawn") else {
        panic!("expected a job");
    };
    assert!(job.timestamp > 1_795_886_000.0);
    assert_eq!(
        job.user_classes_count,
        users(&[("Reader", 1), ("Writer", 1)])
    );
    assert_eq!(job.host.as_deref(), Some("http://127.0.0.1:8000"));
    assert_eq!(job.stop_timeout, Duration::from_secs(2));
    assert!(!job.reset_stats);
    let rate = ("rate_per_user".to_owned(), "12.5".to_owned());
    assert_eq!(job.options, BTreeMap::from([rate]));
    assert!(job.run.unwrap().starts_with('r'));
}

#[rstest]
#[case::no_array(b"\xa4quit")]
#[case::empty_array(b"\x90")]
#[case::no_type(b"\x93\x01\xc0\xa1a")]
#[case::spawn_without_data(b"\x93\xa5spawn\xc0\xa1a")]
#[case::spawn_with_a_list(b"\x93\xa5spawn\x91\x01\xa1a")]
#[case::invalid_byte(b"\xc1")]
#[case::nothing(b"")]
#[case::text(b"HTTP/1.1 400 Bad Request\r\n\r\n")]
fn what_is_no_message_is_an_error(#[case] frame: &[u8]) {
    assert!(MasterMessage::decode(frame).is_err(), "{frame:?}");
}

#[rstest]
#[case::more_parts(b"\x94\xa4quit\xc0\xa1a\x01", MasterMessage::Quit)]
#[case::no_data(b"\x91\xa4stop", MasterMessage::Stop)]
#[case::bytes_after_it(b"\x93\xa4quit\xc0\xa1a\x01\x02", MasterMessage::Quit)]
#[case::ack_without_index(b"\x93\xa3ack\xc0\xa1a", MasterMessage::Ack { index: None })]
#[case::ack_with_text(b"\x93\xa3ack\x81\xa5index\xa1x\xa1a", MasterMessage::Ack { index: None })]
#[case::new_type(b"\x93\xa4dawn\xc0\xa1a", MasterMessage::Unknown("dawn".to_owned()))]
fn what_is_unknown_is_ignored(#[case] frame: &[u8], #[case] expected: MasterMessage) {
    assert_eq!(MasterMessage::decode(frame), Ok(expected));
}

/// The rows of LOCUST.md that end a master's loop, or make it send `quit`.
#[rstest]
#[case::heartbeat_without_cpu(b"\x93\xa9heartbeat\x81\xa5state\xa5ready\xa1a")]
#[case::heartbeat_as_an_array(b"\x93\xa9heartbeat\x92\xa5ready\x01\xa1a")]
#[case::one_part(b"\x91\xa4quit")]
#[case::invalid_byte(b"\xc1")]
#[case::stats_without_users(b"\x93\xa5stats\x80\xa1a")]
#[case::users_that_are_no_map(
    b"\x93\xb1spawning_complete\x82\xb2user_classes_count\x01\xaauser_count\x01\xa1a"
)]
#[case::no_version(b"\x93\xacclient_ready\xc0\xa1a")]
#[case::version_0(b"\x93\xacclient_ready\x00\xa1a")]
#[case::unknown_type(b"\x93\xa4dawn\xc0\xa1a")]
#[case::no_node(b"\x93\xa4quit\xc0\xa0")]
#[case::node_as_bytes(b"\x93\xa4quit\xc0\xc4\x01a")]
fn what_a_master_does_not_understand_is_refused(#[case] frame: &[u8]) {
    assert!(check(frame).is_err(), "{frame:?}");
}

#[test]
fn numbers_that_are_none_and_reserved_keys_are_not_sent() {
    let share = MachineShare {
        cpu_percent: f64::NAN,
        memory_bytes: 0,
    };
    let heartbeat = WorkerMessage::Heartbeat(ReportedState::Ready, share);
    assert!(heartbeat.encode(NODE).unwrap_err().contains("NaN"));
    let complete = WorkerMessage::SpawningComplete {
        users: users(&[("__datetime__", 1)]),
    };
    assert!(complete.encode(NODE).unwrap_err().contains("__datetime__"));
}

fn any_message() -> impl Strategy<Value = WorkerMessage> {
    let users =
        || prop::collection::btree_map(any::<String>(), any::<u32>().prop_map(u64::from), 0..4);
    let state = prop::sample::select(vec![
        ReportedState::Ready,
        ReportedState::Spawning,
        ReportedState::Running,
    ]);
    let heartbeat =
        (state, any::<f64>(), any::<u64>()).prop_map(|(state, cpu_percent, memory_bytes)| {
            WorkerMessage::Heartbeat(
                state,
                MachineShare {
                    cpu_percent,
                    memory_bytes,
                },
            )
        });
    let entry = (
        any::<String>(),
        any::<String>(),
        any::<Option<f64>>(),
        any::<u64>(),
        any::<[u64; 4]>(),
    );
    let entry =
        entry.prop_map(
            |(name, method, min_response_time, num_requests, times)| RequestEntry {
                name,
                method,
                min_response_time,
                num_requests,
                response_times: ResponseTimes(times.into_iter().map(|time| (time, 1)).collect()),
                ..RequestEntry::default()
            },
        );
    let reports = (prop::collection::vec(entry, 0..3), users(), any::<String>());
    let reports = reports.prop_map(|(stats, user_classes_count, flagpole_log)| {
        WorkerMessage::Stats(Box::new(StatsData {
            stats,
            user_classes_count,
            flagpole_log,
            ..StatsData::default()
        }))
    });
    prop_oneof![
        Just(WorkerMessage::ClientReady),
        Just(WorkerMessage::Quit),
        users().prop_map(|users| WorkerMessage::SpawningComplete { users }),
        heartbeat,
        reports,
        any::<String>().prop_map(|message| WorkerMessage::Exception { message }),
        any::<Vec<String>>().prop_map(|lines| WorkerMessage::Logs { lines }),
    ]
}

proptest! {
    #[test]
    fn a_message_is_a_type_with_a_map_a_number_or_nil_and_a_node(
        message in any_message(), node in "[a-z]{1,9}_[0-9]{1,9}",
    ) {
        if let Ok(frame) = message.encode(&node) {
            let MessageValue::List(parts) = MessageValue::decode(&frame).unwrap() else {
                panic!("expected an array");
            };
            let [MessageValue::Text(kind), data, MessageValue::Text(id)] = &parts[..] else {
                panic!("expected three parts with text at both ends: {parts:?}");
            };
            prop_assert_eq!((kind.as_str(), id), (message.kind(), &node));
            prop_assert!(matches!(data, MessageValue::Nil | MessageValue::Int(_) | MessageValue::Map(_)));
        }
    }

    #[test]
    fn no_frame_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = MasterMessage::decode(&bytes);
    }

    #[test]
    fn no_changed_byte_of_a_real_job_makes_it_panic(at in 0_usize..992, byte in any::<u8>()) {
        let mut bytes = captured("2.47.0", "spawn");
        bytes[at] = byte;
        let _ = MasterMessage::decode(&bytes);
    }

    #[test]
    fn no_cut_job_makes_it_panic(length in 0_usize..992) {
        let _ = MasterMessage::decode(&captured("2.47.0", "spawn")[..length]);
    }
}
