//! How fast answers come: pauses, trickles, slices, slow heads.

use super::{Seen, and_lives_on, body, on_fresh_and_used, read_all};
use crate::raw::Raw;
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

#[test]
fn a_hang_is_silence_with_an_open_connection() {
    for (fault, expected) in [("hang", 0), ("hang:700", 700), ("hang:100%", body().len())] {
        let look = |raw: &mut Raw| {
            raw.0
                .set_read_timeout(Some(Duration::from_millis(200)))
                .unwrap();
            read_all(raw)
        };
        let (seen, ledger) = on_fresh_and_used(fault, look);
        for seen in seen {
            assert_eq!(seen.body.len(), expected, "{fault}");
            assert_eq!(seen.head.is_empty(), fault == "hang");
            // WouldBlock is what a read that waited long enough says.
            assert_eq!(seen.error, Some(ErrorKind::WouldBlock), "{fault}");
        }
        assert_eq!(ledger.requests, 3);
    }
}

#[test]
fn a_hang_for_a_time_goes_on_afterwards() {
    for fault in ["hang:for=30ms", "hang:700,for=30ms", "hang:100%,for=30ms"] {
        let start = Instant::now();
        for seen in and_lives_on(fault) {
            assert_eq!(seen.body, body(), "{fault}");
        }
        assert!(
            fault.contains("100%") || start.elapsed() >= Duration::from_millis(60),
            "{fault}"
        );
    }
}

#[test]
fn a_trickle_takes_as_long_as_its_rate_says_and_loses_nothing() {
    let start = Instant::now();
    for seen in and_lives_on("trickle:110590") {
        assert_eq!(seen.body, body());
    }
    assert!(
        start.elapsed() >= Duration::from_millis(200),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_dribble_comes_in_slices() {
    let start = Instant::now();
    for seen in and_lives_on("dribble:5,40ms") {
        assert_eq!(seen.body, body());
    }
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[test]
fn a_slow_head_comes_byte_by_byte() {
    let look = |raw: &mut Raw| {
        let (mut reads, mut bytes) = (0, Vec::new());
        while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
            let mut chunk = [0; 4096];
            let count = raw.0.read(&mut chunk).unwrap();
            bytes.extend_from_slice(&chunk[..count]);
            reads += 1;
        }
        assert!(reads > 3, "the head came in {reads} pieces");
        Seen {
            head: String::new(),
            body: Vec::new(),
            error: None,
        }
    };
    on_fresh_and_used("slow-head:60ms", look);
    for seen in and_lives_on("slow-head:20ms") {
        assert_eq!(seen.body, body());
    }
}
