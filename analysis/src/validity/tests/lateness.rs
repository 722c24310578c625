//! Responses that the server sent too late or too early.

use super::*;

#[test]
fn lateness_is_judged_relative_to_short_delays_and_in_absolute_terms() {
    let rounds = |p99: Duration, delay: Duration| {
        move |cell: &mut ObservedCell| cell.strategies[1].lateness = vec![late(p99, delay); 20]
    };
    assert_suspect(
        rounds(26 * MS / 10, 50 * MS),
        "server_late",
        "the server was too late for async: p99 lateness 2.60 ms in the mean of 20 rounds, limit 2.50 ms (5% of the 10th \
         percentile of the delays); run on an idle machine or use longer delays",
    );
    assert_invalid(
        rounds(11 * MS, 50 * MS),
        "server_late",
        "the server was too late for async: p99 lateness 11.0 ms in the median of 20 rounds, limit 10.0 ms (20% of the \
         10th percentile of the delays); run on an idle machine or use longer delays",
    );
    for (p99, delay, expected) in [
        (MS, 2 * MS, Validity::Valid),
        (11 * MS / 10, 2 * MS, Validity::Suspect),
        (4 * MS, 2 * MS, Validity::Suspect),
        (41 * MS / 10, 2 * MS, Validity::Invalid),
        (50 * MS, 1000 * MS, Validity::Valid),
    ] {
        let mut cell = clean();
        rounds(p99, delay)(&mut cell);
        assert_eq!(validity(&cell), expected, "{p99:?} {delay:?}");
    }
}

/// The mean delay would allow 25 ms under `49%:1ms|51%:1s`.
#[test]
fn lateness_of_short_delays_is_not_judged_by_long_ones() {
    let mut cell = clean();
    let lateness = Lateness {
        mean_delay: 510 * MS,
        ..late(50 * MS, MS)
    };
    cell.strategies[0].lateness = vec![lateness; 20];
    assert_eq!(validity(&cell), Validity::Invalid);
}

#[test]
fn lateness_is_suspect_in_the_mean_and_invalid_in_the_median_of_the_rounds() {
    let with_stalls = |rounds| {
        let mut cell = clean();
        cell.strategies[0].lateness[..rounds].fill(late(21 * MS, 50 * MS));
        validity(&cell)
    };
    // One stall of 21 ms makes a mean of 2 ms, two make 3 ms.
    assert_eq!(with_stalls(1), Validity::Valid);
    assert_eq!(with_stalls(2), Validity::Suspect);
    assert_eq!(with_stalls(10), Validity::Suspect);
    assert_eq!(with_stalls(11), Validity::Invalid);
}

#[test]
fn lateness_of_half_of_the_responses_is_suspect() {
    let rounds = |p50: Duration| {
        move |cell: &mut ObservedCell| {
            let lateness = Lateness {
                p50,
                ..late(MS, 2 * MS)
            };
            cell.strategies[1].lateness = vec![lateness; 20];
        }
    };
    assert_suspect(
        rounds(MS / 5),
        "server_late",
        "half of the responses to async were more than 200 µs late, which is 10% of the mean delay of 2.00 ms (limit \
         5%); use longer delays or run on an idle machine",
    );
    let mut cell = clean();
    rounds(MS / 10)(&mut cell);
    assert_eq!(validity(&cell), Validity::Valid);
}

#[test]
fn early_response_is_invalid() {
    assert_invalid(
        |cell| cell.early_responses = 3,
        "early_responses",
        "3 responses sent early",
    );
}
