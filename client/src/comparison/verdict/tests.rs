//! One clean comparison, and what each blemish makes of it.

use super::*;
use crate::comparison::fates::Fates;
use crate::outcome::Outcome;
use crate::record::tests::record;

const MS: Duration = Duration::from_millis(1);

/// What a strategy met that met one answer with this delay.
fn met(planned: u64) -> FatesHash {
    Fates::of(&[record(60, Outcome::Ok, Some(planned))]).hash()
}

fn strategy(name: &str) -> Observation {
    Observation {
        name: name.to_owned(),
        walls: (0..20).map(|round| (1000 + 7 * (round % 3)) * MS).collect(),
        cpu: Some(10_000 * MS),
        cores: 1,
        busy: Some(100_000 * MS),
        attempts_took: Some(99_000 * MS),
        fates: Some(met(50)),
        ledgers: Some((4980, 4980)),
        efficiency: Some(1.0),
        samples: 299,
        percentile: Some(0.99),
    }
}

fn clean() -> Observed {
    Observed {
        rounds: 20,
        asked: 20,
        served: Served {
            delay: Some(50 * MS),
            lateness: Some(MS),
            early: 0,
        },
        strategies: vec![strategy("threads"), strategy("async")],
        others: Vec::new(),
        broken: Vec::new(),
    }
}

/// The verdict on a clean comparison with one blemish, of which this is said.
fn blemished(blemish: impl Fn(&mut Observed), validity: Validity, label: &str, said: &str) {
    let mut observed = clean();
    blemish(&mut observed);
    let verdict = Verdict::of(&observed);
    assert_eq!(verdict.validity, validity, "{verdict}");
    let [told] = &verdict.reasons[..] else {
        panic!("one reason is enough: {verdict}");
    };
    assert_eq!((told.label, &*told.sentence), (label, said));
}

fn suspect(blemish: impl Fn(&mut Observed), label: &str, said: &str) {
    blemished(blemish, Validity::Suspect, label, said);
}

fn invalid(blemish: impl Fn(&mut Observed), label: &str, said: &str) {
    blemished(blemish, Validity::Invalid, label, said);
}

#[test]
fn nothing_speaks_against_a_clean_one() {
    assert_eq!(Verdict::of(&clean()).to_string(), "VALID");
    let unknown = Observed {
        rounds: 20,
        strategies: vec![Observation::default(); 2],
        ..Observed::default()
    };
    assert_eq!(Verdict::of(&unknown).validity, Validity::Valid);
}

#[test]
fn lateness_is_held_against_the_delay() {
    let late = |lateness, delay| {
        move |seen: &mut Observed| {
            seen.served.lateness = Some(lateness * MS / 10);
            seen.served.delay = Some(delay * MS);
        }
    };
    suspect(
        late(26, 50),
        "server_late",
        "1% of the answers were late by more than 2.60 ms, 5.2% of the median delay of 50.0 ms",
    );
    invalid(
        late(11, 5),
        "server_late",
        "1% of the answers were late by more than 1.10 ms, 22.0% of the median delay of 5.00 ms",
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
        move |seen: &mut Observed| {
            let wall: Duration = seen.strategies[1].walls.iter().sum();
            seen.strategies[1].cores = cores;
            seen.strategies[1].cpu = Some(wall.mul_f64(share));
        }
    };
    suspect(busy(2, 1.9), "client_saturated", said);
    let mut spare = clean();
    busy(2, 1.79)(&mut spare);
    assert_eq!(Verdict::of(&spare).validity, Validity::Valid);
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

#[test]
fn client_and_server_must_agree() {
    invalid(
        |seen| seen.strategies[0].ledgers = Some((4980, 4981)),
        "ledgers_disagree",
        "threads recorded 4980 attempts that reached the server, whose ledger has 4981",
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
        move |seen: &mut Observed| {
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
        "async has 298 latencies, and the 99th percentile needs 299",
    );
    // As tables of tolerance limits have it.
    assert_eq!([0.5, 0.9, 0.95, 0.999].map(needed), [5, 29, 59, 2995]);
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
    observed.strategies[1].ledgers = Some((1, 2));
    let verdict = Verdict::of(&observed);
    assert!(verdict.is_invalid());
    let told = verdict.to_string();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "INVALID"));
    assert!(lines[1].starts_with("  INVALID: async recorded"), "{told}");
    assert!(
        lines[2].starts_with("  SUSPECT: threads has 1 latencies"),
        "{told}"
    );
    let json = serde_json::to_value(verdict).unwrap();
    assert_eq!(json["validity"], "invalid");
    assert_eq!(json["reasons"][1]["label"], "few_samples");
}
