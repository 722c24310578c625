//! Runs of which it is known what holds them back.

use super::*;
use crate::test_records::{Answer, answers};
use flagpole_protocol::AttemptKind;

mod limits;

const MS: Duration = Duration::from_millis(1);

/// A run that took as long as its bound, and the client next to no time.
fn run(records: &[AttemptRecord], lanes: usize) -> RunEvidence<'_> {
    let terms = BoundTerms::of(records, lanes, None, Limits::default());
    RunEvidence {
        records,
        lanes,
        wall: terms.map_or(Duration::ZERO, |terms| terms.total()),
        whole: None,
        limits: Limits::default(),
        cpu: Some(MS),
        cores: 1,
    }
}

fn holds(evidence: &RunEvidence<'_>, what: BottleneckKind, said: &str, helps: &str) {
    let binding = Bottleneck::of(evidence);
    assert_eq!(binding.what, what, "{binding:?}");
    assert!(binding.evidence.contains(said), "{}", binding.evidence);
    assert!(binding.remedy.contains(helps), "{}", binding.remedy);
}

fn delays(delays: &[u64]) -> Vec<AttemptRecord> {
    answers(
        &delays
            .iter()
            .map(|&ms| Answer::after(ms))
            .collect::<Vec<_>>(),
    )
}

#[test]
fn one_lane_waits_for_one_answer_after_the_other() {
    let records = delays(&[50; 20]);
    holds(
        &run(&records, 1),
        BottleneckKind::Latency,
        "one lane waits for 20 answers one after the other: their delays add up to 1.00 s",
        "more lanes help up to 20, where the bound is 50.0 ms",
    );
}

#[test]
fn with_a_lane_for_each_only_shorter_delays_help() {
    let records = delays(&[50; 20]);
    holds(
        &run(&records, 20),
        BottleneckKind::Latency,
        "the longest is 50.0 ms, the median 50.0 ms",
        "only shorter delays help: past 20 lanes more can not",
    );
}

/// 96 of 104 ms are as many rounds on 32 lanes as they are delays of 3 each.
#[test]
fn few_lanes_for_many_waits() {
    let records = delays(&[104; 96]);
    holds(
        &run(&records, 32),
        BottleneckKind::Lanes,
        "at 32 lanes the bound is 312 ms; the longest delay is 104 ms, and the run took 312 ms",
        "more lanes help up to 96, where the bound is 104 ms; past 96 lanes more can not help",
    );
}

#[test]
fn one_that_takes_longer_than_all_the_others() {
    let records = delays(&[10, 10, 10, 10, 10, 10, 10, 10, 10, 1000]);
    holds(
        &run(&records, 5),
        BottleneckKind::Straggler,
        "the longest download takes 1.00 s and the median 10.0 ms",
        "past 2 lanes more can not: the longest download takes 1.00 s",
    );
}

#[test]
fn twice_the_median_is_no_straggler() {
    let what = |slowest| Bottleneck::of(&run(&delays(&[10, 10, slowest]), 3)).what;
    assert_eq!(
        [20, 21].map(what),
        [BottleneckKind::Latency, BottleneckKind::Straggler]
    );
}

#[test]
fn what_explains_less_than_half_of_the_time_does_not_bind() {
    let records = delays(&[50; 20]);
    let what = |wall| {
        Bottleneck::of(&RunEvidence {
            wall: wall * MS,
            ..run(&records, 1)
        })
        .what
    };
    assert_eq!(
        [2000, 2001].map(what),
        [BottleneckKind::Latency, BottleneckKind::Overhead]
    );
}

#[test]
fn fewer_seats_than_lanes() {
    let records = delays(&[50; 40]);
    let limits = Limits {
        seats: Some(4),
        ..Limits::default()
    };
    let wall = 500 * MS;
    let queued = RunEvidence {
        wall,
        limits,
        ..run(&records, 20)
    };
    holds(
        &queued,
        BottleneckKind::Capacity,
        "on the 4 seats of the server its answers take 500 ms at least",
        "more lanes than 4 can not",
    );
}

#[test]
fn as_many_seats_as_lanes_are_the_limit_and_seats_for_all_are_none() {
    let records = delays(&[50; 40]);
    let with = |seats| Limits {
        seats: Some(seats),
        ..Limits::default()
    };
    let run = run(&records, 20);
    let bound_by = |seats| {
        Bottleneck::of(&RunEvidence {
            limits: with(seats),
            ..run
        })
        .what
    };
    // On 39 seats 40 answers are two rounds, as on 20 lanes.
    let expected = [
        BottleneckKind::Capacity,
        BottleneckKind::Capacity,
        BottleneckKind::Capacity,
        BottleneckKind::Lanes,
    ];
    assert_eq!([19, 20, 39, 40].map(bound_by), expected);
    let (limits, lanes) = (with(40), 40);
    let enough = RunEvidence {
        lanes,
        limits,
        ..run
    };
    assert_eq!(Bottleneck::of(&enough).what, BottleneckKind::Latency);
}

#[test]
fn a_wait_for_a_seat_is_not_the_lateness_of_the_server() {
    let late = Answer {
        late: 450,
        ..Answer::after(50)
    };
    let records = answers(&[late; 40]);
    let run = RunEvidence {
        wall: 1000 * MS,
        ..run(&records, 20)
    };
    holds(
        &run,
        BottleneckKind::ServerLateness,
        "the bound is 1.00 s, not 100 ms",
        "more of the machine",
    );
    let limits = Limits {
        seats: Some(19),
        ..Limits::default()
    };
    holds(
        &RunEvidence { limits, ..run },
        BottleneckKind::Capacity,
        "on the 19 seats",
        "more seats",
    );
}

#[test]
fn bodies_that_trickle() {
    let trickled = Answer {
        paced: 900,
        ..Answer::after(100)
    };
    let records = answers(&[trickled; 8]);
    holds(
        &run(&records, 2),
        BottleneckKind::Bandwidth,
        "the pace of the bodies makes 3.60 s of the bound of 4.00 s",
        "more lanes up to 8, where the bound is 1.00 s",
    );
    holds(
        &run(&records, 8),
        BottleneckKind::Bandwidth,
        "900 ms of the bound of 1.00 s",
        "more lanes can not",
    );
}

#[test]
fn back_off_that_is_longer_than_the_delays() {
    let retried = Answer {
        retry_after: Some(400),
        ..Answer::after(50)
    };
    let records = answers(&[retried, Answer::after(50), Answer::after(50)]);
    holds(
        &run(&records, 3),
        BottleneckKind::Retries,
        "of the bound of 500 ms, 450 ms are failed attempts and back-off, before 1 attempt made again",
        "without retries the bound is 50.0 ms",
    );
}

#[test]
fn what_the_bound_leaves_open_is_told() {
    let records = delays(&[50; 40]);
    let with = |wall| RunEvidence {
        wall: wall * MS,
        ..run(&records, 20)
    };
    holds(
        &with(178),
        BottleneckKind::Lanes,
        "and the run took 178 ms, 44% of which the bound of 100 ms does not explain",
        "",
    );
    let close = Bottleneck::of(&with(109));
    assert!(
        close.evidence.ends_with("took 109 ms"),
        "{}",
        close.evidence
    );
}

#[test]
fn why_there_is_no_bound_is_told() {
    let told = |edit: fn(&mut AttemptRecord), wall| {
        let mut records = delays(&[20; 4]);
        edit(&mut records[0]);
        let run = RunEvidence {
            wall: wall * MS,
            ..run(&records, 4)
        };
        Bottleneck::of(&run).evidence
    };
    let hedged = told(|record| record.kind = AttemptKind::Hedge, 50);
    assert!(hedged.contains("because the run was hedged"), "{hedged}");
    let headless = told(|record| (record.status, record.timing) = (None, None), 50);
    let expected = "it is not known what was planned for 1 attempt without a head";
    assert!(headless.contains(expected), "{headless}");
    let mut clean = delays(&[0; 4]);
    clean[0].status = Some(200);
    let at_once = Bottleneck::of(&RunEvidence {
        wall: 9 * MS,
        ..run(&clean, 4)
    });
    assert_eq!(at_once.what, BottleneckKind::Overhead);
    assert!(
        at_once.evidence.contains("no answer was to be delayed"),
        "{at_once:?}"
    );
}

#[test]
fn a_client_that_computes_all_the_time() {
    let records = delays(&[1; 100]);
    let busy = RunEvidence {
        wall: 100 * MS,
        cpu: Some(192 * MS),
        cores: 2,
        ..run(&records, 50)
    };
    holds(
        &busy,
        BottleneckKind::ClientCpu,
        "the client computed for 192 ms on 2 cores, 96% of the wall time of 100 ms",
        "more lanes can not",
    );
    let unused = RunEvidence { cores: 8, ..busy };
    holds(
        &unused,
        BottleneckKind::Overhead,
        "the bound is 2.00 ms",
        "",
    );
}

#[test]
fn a_server_that_is_late() {
    let late = Answer {
        late: 20,
        ..Answer::after(5)
    };
    let records = answers(&[late; 40]);
    let run = RunEvidence {
        wall: 1010 * MS,
        ..run(&records, 1)
    };
    holds(
        &run,
        BottleneckKind::ServerLateness,
        "with the delays that the server kept the bound is 1.00 s, not 200 ms",
        "more of the machine",
    );
}

#[test]
fn a_server_that_says_nothing_leaves_only_the_client() {
    let mut records = delays(&[0; 40]);
    for record in &mut records {
        record.timing = None;
    }
    let silent = RunEvidence {
        wall: 10 * MS,
        cpu: None,
        ..run(&records, 4)
    };
    let said = "the server did not say what it planned, and the client's CPU time is not known";
    holds(
        &silent,
        BottleneckKind::Unknown,
        said,
        "a server of flagpole's",
    );
    assert_eq!(Bottleneck::of(&silent).terms, None);
    let busy = RunEvidence {
        cpu: Some(9 * MS),
        ..silent
    };
    holds(&busy, BottleneckKind::ClientCpu, "90%", "costs less");
}

#[test]
fn a_run_of_nothing_is_no_reason_to_fail() {
    let binding = Bottleneck::of(&RunEvidence {
        cpu: None,
        ..run(&[], 1)
    });
    assert_eq!(binding.terms, None);
}

#[test]
fn what_binds_is_serialised_by_its_label() {
    let records = delays(&[50; 2]);
    let json = serde_json::to_value(Bottleneck::of(&run(&records, 1))).unwrap();
    assert_eq!(json["what"], "latency");
    assert_eq!(json["terms"]["evenly_us"], 100_000);
    for what in [
        BottleneckKind::RateLimit,
        BottleneckKind::ClientCpu,
        BottleneckKind::ServerLateness,
    ] {
        assert_eq!(serde_json::to_value(what).unwrap(), what.label());
    }
}
