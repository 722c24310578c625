//! Rounds that are too few, that are missing, or whose times drift.

use super::*;

#[test]
fn drifting_rounds_are_suspect() {
    let drift = |percent: u32| {
        move |cell: &mut ObservedCell| {
            let walls = (0..20).map(|round| 1000 * MS + round * percent * MS / 2);
            cell.strategies[0].walls = walls.collect();
        }
    };
    assert_suspect(
        drift(10),
        "rounds_drift",
        "threads: the last third of the rounds took 6.9% longer than the first third (p = 8.68e-10, \
         Mann-Kendall test); run on an idle machine",
    );
    let mut steady = clean();
    drift(1)(&mut steady);
    assert_eq!(
        validity(&steady),
        Validity::Valid,
        "the drift is too small to matter"
    );
}

/// p is 0.0075 for these wall times: significant for one strategy, but not for two.
#[test]
fn drift_is_corrected_for_the_number_of_strategies() {
    let mut cell = clean();
    let walls = [
        1000, 1010, 1040, 1020, 1030, 1060, 1070, 1050, 1090, 1080, 1035, 1075,
    ];
    cell.strategies[0].walls = walls.map(|wall| wall * MS).into();
    assert_eq!(validity(&cell), Validity::Valid);
    cell.strategies.truncate(1);
    assert_eq!(Verdict::for_cell(&cell).reasons[0].label, "rounds_drift");
}

#[test]
fn fewer_than_5_rounds_are_suspect_and_missing_rounds_invalid() {
    let message = "4 rounds; a confidence interval needs 5; raise --rounds";
    assert_suspect(
        |cell| (cell.rounds, cell.requested_rounds) = (4, 4),
        "few_rounds",
        message,
    );
    assert_invalid(
        |cell| cell.rounds = 19,
        "rounds_missing",
        "only 19 of 20 rounds were completed",
    );
    // More rounds would not help a comparison that was aborted after one.
    assert_invalid(
        |cell| cell.rounds = 1,
        "rounds_missing",
        "only 1 of 20 rounds was completed",
    );
}
