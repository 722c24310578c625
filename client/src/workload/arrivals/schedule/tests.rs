//! Golden values, distribution, shares, ends.

use super::*;
use crate::workload::arrivals::stages::Stages;

fn arrivals(stages: &str, process: ArrivalProcess, seed: u64, share: Share) -> Arrivals {
    match stages.parse() {
        Ok(Stages::Rates(stages)) => Arrivals::new(&stages, process, seed, share),
        other => panic!("{other:?}"),
    }
}

fn whole(stages: &str, process: ArrivalProcess) -> Arrivals {
    arrivals(stages, process, 7, Share::WHOLE)
}

fn nanos(arrivals: Arrivals) -> Vec<u128> {
    arrivals.map(|arrival| arrival.due.as_nanos()).collect()
}

#[test]
fn constant_arrivals_are_evenly_spaced_and_end_at_the_duration() {
    let even = nanos(whole("1s:3/s", ArrivalProcess::Constant));
    assert_eq!(even, [0, 333_333_333, 666_666_666]);
    let per_minute = nanos(whole("90s:2/m", ArrivalProcess::Constant));
    assert_eq!(per_minute, [0, 30_000_000_000, 60_000_000_000]);
}

#[test]
fn ramps_and_pauses_move_arrivals() {
    // The integral of 0 to 4/s over 2 s is t^2: arrival i is due at the root of i. Then 4/s, a pause, and down to 0.
    let text = "2s:0..4/s,1s:4/s,5s:0/s,2s:4..0/s";
    let ramp = whole(text, ArrivalProcess::Constant);
    let root = |number: f64| (number.sqrt() * 1e9).floor();
    let expected: [f64; 12] = [
        0.0,
        1e9,
        root(2.0),
        root(3.0),
        2e9,
        2.25e9,
        2.5e9,
        2.75e9,
        8e9,
        10e9 - root(3.0) - 1.0,
        10e9 - root(2.0) - 1.0,
        9e9,
    ];
    let got: Vec<_> = nanos(ramp).iter().map(|nanos| *nanos as f64).collect();
    assert_eq!(got, expected);
}

/// Computed by `rand_uses.py` in `protocol/tests/golden`, which has neither our generator nor `libm`.
#[test]
fn poisson_arrivals_are_those_of_the_golden_values() {
    let constant = whole("60s:1000/s", ArrivalProcess::Poisson);
    assert_eq!(nanos(constant)[..6], GOLDEN_CONSTANT);
    let ramp = whole("10s:0..1000/s", ArrivalProcess::Poisson);
    assert_eq!(nanos(ramp)[..6], GOLDEN_RAMP);
}

const GOLDEN_CONSTANT: [u128; 6] = [
    1_409_397, 2_135_246, 2_746_767, 2_953_527, 3_772_947, 6_275_535,
];
const GOLDEN_RAMP: [u128; 6] = [
    167_892_684,
    206_651_730,
    234_382_934,
    243_044_344,
    274_697_920,
    354_274_903,
];

#[test]
fn schedule_is_the_same_for_any_number_of_loops() {
    let text = "1s:0..900/s,1s:900/s,1s:0/s,1s:900..10/s";
    for process in ArrivalProcess::ALL {
        let one: Vec<_> = whole(text, process).collect();
        for of in [2, 3, 8] {
            let share = |index| arrivals(text, process, 7, Share { index, of });
            let mut all: Vec<_> = (0..of).flat_map(share).collect();
            all.sort_by_key(|arrival| arrival.number);
            assert_eq!(all, one, "{of}");
        }
    }
}

#[test]
fn arrivals_are_in_order_numbered_and_before_the_end() {
    for process in ArrivalProcess::ALL {
        let all: Vec<_> = whole("1s:0..20000/s,500ms:20000..0/s", process).collect();
        assert!(all.is_sorted_by_key(|arrival| arrival.due));
        assert!(
            all.iter()
                .zip(0..)
                .all(|(arrival, number)| arrival.number == number)
        );
        assert!(all.last().unwrap().due < Duration::from_millis(1500));
        // The mean is 15,000; the standard deviation of Poisson arrivals 122.
        assert!((14_500..15_500).contains(&all.len()), "{}", all.len());
    }
}

#[test]
fn seed_changes_poisson_arrivals_only() {
    for (process, is_equal) in [
        (ArrivalProcess::Constant, true),
        (ArrivalProcess::Poisson, false),
    ] {
        let of_seed = |seed| nanos(arrivals("1s:100/s", process, seed, Share::WHOLE));
        assert_eq!(of_seed(1) == of_seed(2), is_equal);
    }
}

/// Kolmogorov-Smirnov (Marsaglia, Tsang and Wang, "Evaluating Kolmogorov's Distribution", 2003; the limit for large n): the
/// distance is above 1.63 / sqrt(n) by chance in 1% of the samples. The seed is fixed, and the result with it.
fn assert_exponential(mut intervals: Vec<f64>, rate: f64) {
    intervals.sort_by(f64::total_cmp);
    let count = intervals.len() as f64;
    let distance = |(interval, below): (&f64, f64)| {
        let expected = -(-rate * interval).exp_m1();
        (expected - below / count).max((below + 1.0) / count - expected)
    };
    let below = (0..).map(f64::from);
    let distance = intervals
        .iter()
        .zip(below)
        .map(distance)
        .fold(0.0, f64::max);
    assert!(distance < 1.63 / count.sqrt(), "{distance}");
}

fn intervals(times: &[f64]) -> Vec<f64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn poisson_intervals_pass_a_kolmogorov_smirnov_test() {
    for seed in 0..5 {
        let arrivals = arrivals("20s:5000/s", ArrivalProcess::Poisson, seed, Share::WHOLE);
        let times: Vec<_> = arrivals.map(|arrival| arrival.due.as_secs_f64()).collect();
        assert!(times.len() > 98_000);
        assert_exponential(intervals(&times), 5000.0);
    }
}

#[test]
fn poisson_intervals_of_a_ramp_pass_a_kolmogorov_smirnov_test_in_the_time_of_the_process() {
    let ramp = whole("20s:0..5000/s", ArrivalProcess::Poisson);
    // 125 t^2 requests are due by t.
    let unit = ramp.map(|arrival| 125.0 * arrival.due.as_secs_f64().powi(2));
    assert_exponential(intervals(&unit.collect::<Vec<_>>()), 1.0);
}

#[test]
#[should_panic(expected = "0.")]
fn kolmogorov_smirnov_test_rejects_even_intervals() {
    assert_exponential(vec![0.001; 1000], 1000.0);
}

#[test]
fn billionth_arrival_is_due_at_its_exact_time() {
    let stage = Stage::constant("300000/s".parse().unwrap(), None);
    let mut arrivals = Arrivals::new(&[stage], ArrivalProcess::Constant, 0, Share::WHOLE);
    arrivals.unit_process.next_number = 1_000_000_001;
    // 10^9 + 1 arrivals at 3 for each 10 us.
    let exact = Duration::from_nanos(3_333_333_336_666);
    assert_eq!(arrivals.next().unwrap().due, exact);
}

#[test]
fn unknown_kind_of_arrivals_is_refused_with_a_suggestion() {
    assert_eq!("poisson".parse(), Ok(ArrivalProcess::Poisson));
    let error = "poison".parse::<ArrivalProcess>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown kind of arrivals `poison`; did you mean `poisson`?"
    );
}
