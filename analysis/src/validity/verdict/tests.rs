//! One clean comparison, and what each blemish makes of it.

use crate::comparison::plan_digest::PlannedFates;
use crate::test_runs::record;
use crate::validity::verdict::*;
use flagpole_protocol::AttemptRecord;
use flagpole_protocol::Outcome;

const MS: Duration = Duration::from_millis(1);

/// What a strategy met that met one answer with this delay.
fn met(planned: u64) -> FatesDigest {
    let answer = AttemptRecord {
        status: Some(200),
        ..record(60, Outcome::Ok, Some(planned))
    };
    PlannedFates::of(&[answer]).hash()
}

fn work(ok: u64, error: u64) -> DownloadCounts {
    DownloadCounts {
        ok,
        error,
        ..DownloadCounts::default()
    }
}

fn strategy(name: &str) -> StrategyEvidence {
    StrategyEvidence {
        name: name.to_owned(),
        walls: (0..20).map(|round| (1000 + 7 * (round % 3)) * MS).collect(),
        cpu: Some(10_000 * MS),
        cores: 1,
        server_cpu: Some(2000 * MS),
        busy: Some(100_000 * MS),
        attempts_took: Some(99_000 * MS),
        fates: Some(met(50)),
        ledgers: None,
        lateness: vec![MS; 20],
        efficiency: Some(1.0),
        samples: 299,
        percentiles: vec![0.5, 0.99],
        apart: 0,
        work: work(4980, 0),
        policy: String::new(),
    }
}

fn clean() -> CellEvidence {
    CellEvidence {
        rounds: 20,
        asked: 20,
        served: Served {
            delay: Some(50 * MS),
            early: 0,
        },
        strategies: vec![strategy("threads"), strategy("async")],
        cores: 2,
        others: Vec::new(),
        broken: Vec::new(),
    }
}

/// The verdict on a clean comparison with one blemish, of which this is said.
fn blemished(blemish: impl Fn(&mut CellEvidence), validity: Validity, label: &str, said: &str) {
    let mut observed = clean();
    blemish(&mut observed);
    let verdict = Verdict::of(&observed);
    assert_eq!(verdict.validity, validity, "{verdict}");
    let [told] = &verdict.reasons[..] else {
        panic!("one reason is enough: {verdict}");
    };
    assert_eq!((told.label, &*told.sentence), (label, said));
}

fn suspect(blemish: impl Fn(&mut CellEvidence), label: &str, said: &str) {
    blemished(blemish, Validity::Suspect, label, said);
}

fn invalid(blemish: impl Fn(&mut CellEvidence), label: &str, said: &str) {
    blemished(blemish, Validity::Invalid, label, said);
}

#[test]
fn nothing_speaks_against_a_clean_one() {
    assert_eq!(Verdict::of(&clean()).to_string(), "VALID");
    let unknown = CellEvidence {
        rounds: 20,
        strategies: vec![StrategyEvidence::default(); 2],
        ..CellEvidence::default()
    };
    assert_eq!(Verdict::of(&unknown).validity, Validity::Valid);
}

#[test]
fn lateness_is_held_against_the_delay() {
    let late = |lateness, delay| {
        move |seen: &mut CellEvidence| {
            seen.strategies[1].lateness = vec![lateness * MS / 10; 20];
            seen.served.delay = Some(delay * MS);
        }
    };
    suspect(
        late(26, 50),
        "server_late",
        "in the median round 1% of the answers were late by more than 2.60 ms, 5.2% of the median delay of 50.0 ms",
    );
    invalid(
        late(110, 50),
        "server_late",
        "in the median round 1% of the answers were late by more than 11.0 ms, 22.0% of the median delay of 50.0 ms",
    );
    for (lateness, delay) in [(25, 50), (100, 0)] {
        let mut seen = clean();
        late(lateness, delay)(&mut seen);
        assert_eq!(
            Verdict::of(&seen).validity,
            Validity::Valid,
            "{lateness} {delay}"
        );
    }
}

/// As measured: with 20 answers in flight, one stall of the machine is the 99th percentile of a round.
#[test]
fn a_stall_in_some_rounds_is_none_of_the_median_round() {
    let stalled = |rounds| {
        let mut seen = clean();
        seen.strategies[0].lateness[..rounds].fill(30 * MS);
        Verdict::of(&seen)
    };
    assert_eq!(stalled(10).validity, Validity::Valid);
    assert_eq!(stalled(11).reasons[0].label, "server_late");
    let CellEvidence { served, .. } = clean();
    let is_stalled = |ms| served.is_stalled(ms * MS);
    assert_eq!([10, 11].map(is_stalled), [false, true]);
    assert!(!Served::default().is_stalled(MS), "nothing was delayed");
}

#[test]
fn no_answer_may_come_early() {
    invalid(
        |seen| seen.served.early = 3,
        "early_answers",
        "3 answers came before they were due",
    );
}

#[test]
fn a_client_with_nothing_to_spare_measures_itself() {
    let said =
        "async computed for 95% of what its cores (2) can: it is the client that was measured";
    let busy = |cores, share| {
        move |seen: &mut CellEvidence| {
            let wall: Duration = seen.strategies[1].walls.iter().sum();
            seen.strategies[1].cores = cores;
            seen.strategies[1].cpu = Some(wall.mul_f64(share));
            seen.strategies[1].server_cpu = None;
        }
    };
    suspect(busy(2, 1.9), "client_saturated", said);
    let mut spare = clean();
    busy(2, 1.79)(&mut spare);
    assert_eq!(Verdict::of(&spare).validity, Validity::Valid);
}

/// 76% of the one core that it can use, and the server as much of the other.
#[test]
fn client_and_server_share_the_machine() {
    let both = |server: f64| {
        move |seen: &mut CellEvidence| {
            let wall: Duration = seen.strategies[1].walls.iter().sum();
            seen.strategies[1].cpu = Some(wall.mul_f64(0.76));
            seen.strategies[1].server_cpu = Some(wall.mul_f64(server));
        }
    };
    suspect(
        both(0.76),
        "machine_saturated",
        "async and the server computed for 76% of what all cores (2) can: they are in each other's way",
    );
    let mut spare = clean();
    both(0.6)(&mut spare);
    assert_eq!(Verdict::of(&spare).validity, Validity::Valid);
    let mut alone = clean();
    both(0.76)(&mut alone);
    alone.strategies[1].server_cpu = None;
    assert_eq!(
        Verdict::of(&alone).validity,
        Validity::Valid,
        "it is not ours"
    );
}

#[test]
fn busy_lanes_are_lanes_with_attempts() {
    let said = "the lanes of threads were busy for 100 s and its attempts took 97.9 s, which is more than 2% apart";
    suspect(
        |seen| seen.strategies[0].attempts_took = Some(97_900 * MS),
        "busy_time_off",
        said,
    );
}

#[test]
fn all_must_meet_the_same_fates() {
    let (one, other) = (met(50), met(51));
    invalid(
        |seen| seen.strategies[1].fates = Some(met(51)),
        "fates_differ",
        &format!("threads met the fates {one}, and async met {other}"),
    );
}

fn differ(status: Option<u16>) -> Mismatch {
    Mismatch {
        status,
        client: 249,
        server: 250,
    }
}

#[test]
fn client_and_server_must_agree() {
    invalid(
        |seen| seen.strategies[0].ledgers = Some((3, differ(None))),
        "ledgers_disagree",
        "in round 3 threads recorded 249 attempts that reached the server, and the server's ledger has 250",
    );
    invalid(
        |seen| seen.strategies[0].ledgers = Some((3, differ(Some(404)))),
        "ledgers_disagree",
        "in round 3 threads recorded 249 answers of status 404, and the server's ledger has 250",
    );
}

#[test]
fn nobody_is_faster_than_possible() {
    invalid(
        |seen| seen.strategies[0].efficiency = Some(1.02),
        "below_bound",
        "threads took less time than its delays allow: its efficiency is 1.020",
    );
}

#[test]
fn rounds_must_not_drift() {
    let drift = |percent: u32| {
        move |seen: &mut CellEvidence| {
            let walls = (0..20).map(|round| 1000 * MS + round * percent * MS / 2);
            seen.strategies[0].walls = walls.collect();
        }
    };
    suspect(
        drift(10),
        "rounds_drift",
        "the last rounds of threads took 6.9% longer than the first (p = 8.68e-10)",
    );
    let mut steady = clean();
    drift(1)(&mut steady);
    assert_eq!(
        Verdict::of(&steady).validity,
        Validity::Valid,
        "it does not matter"
    );
}

/// p is 0.0075 for these: one in a hundred of one strategy, but not of two.
#[test]
fn with_more_strategies_there_is_more_room_for_chance() {
    let mut observed = clean();
    let walls = [
        1000, 1010, 1040, 1020, 1030, 1060, 1070, 1050, 1090, 1080, 1035, 1075,
    ];
    observed.strategies[0].walls = walls.map(|wall| wall * MS).into();
    assert_eq!(Verdict::of(&observed).validity, Validity::Valid);
    observed.strategies.truncate(1);
    assert_eq!(Verdict::of(&observed).reasons[0].label, "rounds_drift");
}

#[test]
fn ten_rounds_and_all_of_those_asked_for() {
    let said = "10 rounds are needed for an interval and there are 9";
    suspect(
        |seen| (seen.rounds, seen.asked) = (9, 9),
        "few_rounds",
        said,
    );
    invalid(
        |seen| seen.rounds = 19,
        "partial",
        "19 of 20 rounds were made",
    );
}

#[test]
fn a_percentile_needs_samples_beyond_it() {
    suspect(
        |seen| seen.strategies[1].samples = 298,
        "few_samples",
        "async has 298 independent latencies, and the 99th percentile needs 299",
    );
    suspect(
        |seen| seen.strategies[1].samples = 4,
        "few_samples",
        "async has 4 independent latencies, and the 50th percentile needs 5, the 99th percentile needs 299",
    );
}

#[test]
fn a_hash_of_nothing_is_not_equal_to_another() {
    let nothing = |seen: &mut CellEvidence| {
        for strategy in &mut seen.strategies {
            (strategy.fates, strategy.apart) = (None, 40);
        }
    };
    suspect(
        nothing,
        "fates_unknown",
        "whether all met the same fates is not known: of 80 attempts there is none that did not depend on \
         timing in some trial",
    );
}

#[test]
fn who_fails_fast_is_not_faster() {
    suspect(
        |seen| seen.strategies[1].work = work(996, 3984),
        "work_differs",
        "the downloads of threads came to 4980 ok, and those of async to 996 ok, 3984 errors: it is not the \
         same work, and no ratio is given",
    );
    let mut policies = clean();
    policies.strategies[1].work = work(996, 3984);
    policies.strategies[1].policy = "no retries".into();
    assert_eq!(Verdict::of(&policies).validity, Validity::Valid, "as asked");
}

#[test]
fn what_is_short_or_broke_off_is_told_as_it_was() {
    let short = |of| Reason::Short {
        of,
        what: "3 of 9 attempts did not connect".into(),
        available: 1024,
    };
    invalid(
        |seen| seen.others.push(short(Resource::Descriptors)),
        "descriptors_short",
        "3 of 9 attempts did not connect: open files ran out, of which there are 1024; raise the limit with \
         `ulimit -n`",
    );
    invalid(
        |seen| seen.others.push(short(Resource::Ports)),
        "ports_short",
        "3 of 9 attempts did not connect: ports ran out, of which there are 1024; widen \
         `ip_local_port_range`",
    );
    invalid(
        |seen| seen.others.push(Reason::NothingDone),
        "nothing_done",
        "not one download was done",
    );
    invalid(
        |seen| seen.broken.push("interrupted".into()),
        "broken_off",
        "interrupted",
    );
}

#[test]
fn the_worst_comes_first_and_decides() {
    let mut observed = clean();
    observed.strategies[0].samples = 1;
    observed.strategies[1].ledgers = Some((1, differ(None)));
    let verdict = Verdict::of(&observed);
    assert!(verdict.is_invalid());
    let told = verdict.to_string();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "INVALID"));
    assert!(
        lines[1].starts_with("  INVALID: in round 1 async recorded"),
        "{told}"
    );
    assert!(
        lines[2].starts_with("  SUSPECT: threads has 1 independent latencies"),
        "{told}"
    );
    let json = serde_json::to_value(verdict).unwrap();
    assert_eq!(json["validity"], "invalid");
    assert_eq!(json["reasons"][1]["label"], "few_samples");
}
