//! Fates and bodies that differ between strategies or rounds, or that are not known.

use super::*;

/// Replaces the digest of these rounds by that of a run with another delay.
fn change_rounds(
    strategy: &mut ObservedStrategy,
    rounds: impl IntoIterator<Item = usize>,
    planned: u64,
) {
    let changed = rounds.into_iter().map(|round| (round, digest(planned)));
    strategy.fates.extend(changed);
}

#[test]
fn fates_that_differ_between_strategies_in_a_round_are_invalid() {
    let (one, other) = (digest(50), digest(51));
    assert_invalid(
        |cell| change_rounds(&mut cell.strategies[1], [3], 51),
        "fates_differ",
        &format!(
            "the fates of threads and async differ in round 3 (digests {one} and {other}); the server does not treat \
             runs alike"
        ),
    );
    assert_invalid(
        |cell| change_rounds(&mut cell.strategies[0], [4, 7, 9], 51),
        "fates_differ",
        &format!(
            "the fates of threads and async differ in rounds 4, 7 and 9 (round 4: digests {other} and {one}); the \
             server does not treat runs alike"
        ),
    );
}

/// Both strategies meet the same two fates equally often, but not in the same rounds.
#[test]
fn fates_swapped_between_strategies_in_each_round_are_invalid() {
    let (one, other) = (digest(50), digest(51));
    assert_invalid(
        |cell| {
            change_rounds(&mut cell.strategies[0], (1..=20).step_by(2), 51);
            change_rounds(&mut cell.strategies[1], (2..=20).step_by(2), 51);
        },
        "fates_differ",
        &format!(
            "the fates of threads and async differ in 20 of 20 rounds (round 1: digests {other} and {one}); the server \
             does not treat runs alike"
        ),
    );
}

#[test]
fn fates_that_change_between_rounds_are_invalid() {
    let (one, other) = (digest(50), digest(51));
    let message = format!(
        "the fates of threads and async differ from those of round 1 in rounds 19 and 20 (round 19: digests {one} and \
         {other}); "
    );
    let change = |cell: &mut ObservedCell| {
        for strategy in &mut cell.strategies {
            change_rounds(strategy, [19, 20], 51);
        }
    };
    assert_invalid(
        change,
        "fates_differ",
        &format!("{message}the server does not treat runs alike"),
    );
    assert_invalid(
        |cell| {
            change(cell);
            cell.has_time_windows = true;
        },
        "fates_differ",
        &format!(
            "{message}a rule's time window begins or ends during the runs, so that fates depend on timing; leave out \
             `from` and `to`"
        ),
    );
}

/// Bodies of this total length in each of 20 rounds; their digest is that of a delay, for want of bodies.
fn bodies(planned: u64, bytes: u64) -> BTreeMap<usize, ComparedBodies> {
    let digest = digest(planned);
    (1..=20)
        .map(|round| (round, ComparedBodies { digest, bytes }))
        .collect()
}

#[test]
fn bodies_of_other_lengths_in_a_round_are_invalid() {
    let (one, other) = (digest(1), digest(2));
    let larger = |cell: &mut ObservedCell| {
        cell.strategies
            .iter_mut()
            .for_each(|one| one.bodies = bodies(1, 860));
        cell.strategies[1]
            .bodies
            .insert(3, bodies(2, 40_000_000)[&3]);
    };
    let message = format!(
        "the bodies of threads and async differ in round 3 (digests {one} and {other}); the server sent 860 to 40000000 \
         bytes to a run"
    );
    assert_invalid(larger, "bodies_differ", &message);
    let mut fates_too = clean();
    larger(&mut fates_too);
    change_rounds(&mut fates_too.strategies[1], [3], 51);
    let reasons = Verdict::for_cell(&fates_too).reasons;
    assert_eq!(
        reasons.len(),
        1,
        "different fates explain different bodies: {reasons:?}"
    );
}

#[test]
fn other_bodies_of_about_the_same_length_are_suspect() {
    let (one, other) = (digest(1), digest(2));
    let message = format!(
        "the bodies of threads and async differ in 20 of 20 rounds (round 1: digests {one} and {other}); the server sent "
    );
    for (bytes, lengths) in [
        (1000, "1000 bytes to every run"),
        (1010, "1000 to 1010 bytes to a run"),
    ] {
        let change = |cell: &mut ObservedCell| {
            cell.strategies[0].bodies = bodies(1, 1000);
            cell.strategies[1].bodies = bodies(2, bytes);
        };
        assert_suspect(change, "bodies_differ", &format!("{message}{lengths}"));
    }
}

#[test]
fn round_that_one_strategy_lacks_is_not_compared() {
    let mut cell = clean();
    cell.strategies[1].fates.remove(&20);
    assert_eq!(validity(&cell), Validity::Valid);
}

#[test]
fn unknown_fates_are_suspect() {
    let nothing = |cell: &mut ObservedCell| {
        for strategy in &mut cell.strategies {
            strategy.fates.clear();
            strategy.timing_dependent_attempts = 40;
        }
    };
    assert_suspect(
        nothing,
        "fates_unknown",
        "cannot tell whether the fates were the same: each of the 80 attempts was timing-dependent in at least one \
         trial",
    );
}

#[test]
fn unknown_delays_are_no_reason_and_not_checked() {
    let mut cell = clean();
    cell.has_unknown_delays = true;
    for strategy in &mut cell.strategies {
        strategy.fates.clear();
        strategy.timing_dependent_attempts = 40;
    }
    let verdict = Verdict::for_cell(&cell);
    assert_eq!(verdict.validity, Validity::Valid);
    let sentence = "lateness of the server, and whether all strategies met the same delays: it reports no delays";
    assert_eq!(verdict.unchecked, [sentence]);
}
