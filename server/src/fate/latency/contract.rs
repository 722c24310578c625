//! Properties of every member, tested with random specifications and draws, and golden vectors.

use super::*;
use flagpole_protocol::spec::{DurationDisplay, LONGEST};
use flagpole_protocol::unit_interval;
use proptest::prelude::*;
use proptest::strategy::Union;
use std::time::Duration;

type Specs = BoxedStrategy<String>;

/// A duration of at least a microsecond, on several orders of magnitude.
fn micros() -> impl Strategy<Value = u64> {
    prop_oneof![1..1000_u64, 1000..1_000_000_u64, 1..=86_400_000_000_u64]
}

fn text(micros: u64) -> String {
    DurationDisplay(Duration::from_micros(micros)).to_string()
}

fn duration() -> impl Strategy<Value = String> {
    micros().prop_map(text)
}

/// Durations in ascending order.
fn rising(count: usize) -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(micros(), count).prop_map(|mut durations| {
        durations.sort_unstable();
        durations
    })
}

/// Probabilities in millionths of a percent, strictly ascending.
fn probabilities() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::btree_set(0..=100_000_000_u64, 2..6)
        .prop_map(|shares| shares.into_iter().collect())
}

fn percent(millionths: u64) -> String {
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

/// Random specifications of each member without caps, except mixtures.
fn uncapped() -> Vec<(&'static str, Specs)> {
    let uniform = rising(2).prop_map(|d| format!("uniform:{}..{}", text(d[0]), text(d[1])));
    let normal = (duration(), duration()).prop_map(|(m, d)| format!("normal:{m},{d}"));
    let lognormal = rising(2).prop_map(|d| {
        let median = d[0].min(86_399_999_999);
        let (p50, p99) = (text(median), text(d[1].max(median + 1)));
        format!("lognormal:p50={p50},p99={p99}")
    });
    let shape = prop_oneof![0.01..100.0, Just(f64::MIN_POSITIVE), Just(f64::MAX)];
    let pareto = (duration(), shape).prop_map(|(m, s)| format!("pareto:{m},{s}"));
    let quantiles = probabilities().prop_flat_map(|shares| {
        let quantile = |(share, delay)| format!("p{}={}", percent(share), text(delay));
        rising(shares.len()).prop_map(move |delays| {
            let pairs = shares.iter().copied().zip(delays).map(quantile);
            format!("quantiles:{}", pairs.collect::<Vec<_>>().join(","))
        })
    });
    let samples = Just("quantiles:tests/golden/samples.csv".to_owned());
    vec![
        ("constant", duration().boxed()),
        ("uniform", uniform.boxed()),
        ("normal", normal.boxed()),
        ("lognormal", lognormal.boxed()),
        (
            "exponential",
            duration().prop_map(|m| format!("exponential:{m}")).boxed(),
        ),
        ("pareto", pareto.boxed()),
        (
            "quantiles",
            prop_oneof![9 => quantiles, 1 => samples].boxed(),
        ),
    ]
}

/// Random specifications of all members but mixtures, some of them capped.
fn capped() -> Specs {
    let uncapped = Union::new(uncapped().into_iter().map(|(_, specs)| specs));
    let cap = prop::option::of(prop_oneof![Just("0".to_owned()), duration()]);
    (uncapped, cap)
        .prop_map(|(spec, cap)| match cap {
            Some(cap) => format!("{spec},max={cap}"),
            None => spec,
        })
        .boxed()
}

fn mixture() -> Specs {
    let components = prop::collection::vec(capped(), 7);
    (probabilities(), components)
        .prop_map(|(mut shares, components)| {
            shares.push(100_000_000);
            let mut from = 0;
            let component = |(share, latency): (u64, String)| {
                let probability = percent(share - std::mem::replace(&mut from, share));
                format!("{probability}%:{latency}")
            };
            let components = shares.into_iter().zip(components).map(component);
            components.collect::<Vec<_>>().join("|")
        })
        .boxed()
}

fn any_spec() -> Specs {
    prop_oneof![4 => capped(), 1 => mixture()].boxed()
}

fn draw() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), Just(0), Just(u64::MAX), 0..1_000_000_u64]
}

/// Text that is close to a specification.
fn almost_spec() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("mixture:"),
        Just("normal:"),
        Just("quantiles:"),
        Just("pareto:"),
        Just("lognormal:"),
        Just("p50="),
        Just("p99="),
        Just("0"),
        Just("1ms"),
        Just("24h"),
        Just("50%"),
        Just("100%"),
        Just(","),
        Just(",max="),
        Just("|"),
        Just(":"),
        Just("1e308"),
        Just("-"),
        Just("."),
    ];
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn a_printed_latency_parses_to_the_same_latency(spec in any_spec(), draw in draw()) {
        let latency: Latency = spec.parse().unwrap();
        let again: Latency = latency.to_string().parse().unwrap();
        prop_assert_eq!(format!("{latency:?}"), format!("{again:?}"));
        prop_assert_eq!(latency.delay(draw), again.delay(draw));
    }

    #[test]
    fn every_draw_gives_a_delay_between_zero_and_the_longest(spec in any_spec(), draw in draw()) {
        let latency: Latency = spec.parse().unwrap();
        let micros = latency.distribution.quantile(unit_interval(draw));
        prop_assert!(micros >= 0.0, "{}", micros);
        prop_assert!(latency.delay(draw) <= latency.longest());
        prop_assert!(latency.longest() <= LONGEST);
        prop_assert!(!latency.is_zero() || latency.delay(draw).is_zero());
    }

    #[test]
    fn delays_are_monotonic_in_the_draw(spec in capped(), a in draw(), b in draw()) {
        let latency: Latency = spec.parse().unwrap();
        prop_assert!(latency.delay(a.min(b)) <= latency.delay(a.max(b)));
    }

    #[test]
    fn parsing_never_panics(any in ".*", almost in almost_spec()) {
        for text in [any, almost] {
            if let Ok(latency) = text.parse::<Latency>() {
                prop_assert_eq!(&latency.to_string().parse::<Latency>().unwrap(), &latency);
            }
        }
    }
}

#[test]
fn every_member_is_tested() {
    let tested = uncapped().into_iter().map(|(name, _)| name);
    let tested: Vec<_> = tested.chain([mixture::MEMBER.name]).collect();
    let known: Vec<_> = FAMILY.iter().map(|member| member.name).collect();
    assert_eq!(tested, known);
}

/// Delays must not change across platforms and releases: lines may be added to this file, never changed.
#[test]
fn delays_match_the_golden_vectors() {
    for line in include_str!("../../../tests/golden/latencies.txt").lines() {
        let columns: Vec<_> = line.split_whitespace().collect();
        let [spec, draw, micros] = columns[..] else {
            panic!("{line}")
        };
        let latency: Latency = spec.parse().unwrap();
        let delay = latency.delay(draw.parse().unwrap());
        assert_eq!(delay.as_micros().to_string(), micros, "{line}");
    }
}

#[test]
fn every_member_has_golden_vectors() {
    for member in FAMILY {
        let start = format!("{} ", member.example);
        let golden = include_str!("../../../tests/golden/latencies.txt");
        assert!(
            golden.lines().any(|line| line.starts_with(&start)),
            "{start}"
        );
    }
}
