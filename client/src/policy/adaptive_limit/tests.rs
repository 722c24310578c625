//! The adaptive limit against simulated servers and single samples.

use super::simulated_server::{MS, Sample, SimulatedServer};
use super::*;
use flagpole_protocol::TimeoutKind::{FirstByte, Total};
use flagpole_protocol::{DrawPurpose, RngKey};
use rand::RngExt as _;

fn adaptive(max: usize) -> impl FnMut(Option<Sample<'_>>) -> usize {
    let mut limit = AdaptiveLimit::new(max);
    move |sample| {
        if let Some((outcome, sent, done)) = sample {
            limit.on_result(outcome, sent, done);
        }
        limit.get()
    }
}

/// A uniform number from 0 to 1.
fn random(seed: u64, number: u64) -> f64 {
    RngKey::new(seed, 0, "", number)
        .rng(DrawPurpose::Delay)
        .random()
}

/// Uniform from 0 to 40 ms.
fn uniform(seed: u64, number: u64) -> Duration {
    (40 * MS).mul_f64(random(seed, number))
}

/// Exponential with a mean of 20 ms.
fn exponential(seed: u64, number: u64) -> Duration {
    (20 * MS).mul_f64(-(1.0 - random(seed, number)).ln())
}

#[test]
fn converges_to_the_best_fixed_concurrency_with_few_rejections() {
    const SEEDS: u64 = 10;
    for service in [|_, _| 20 * MS, uniform, exponential] {
        let ratio = |seed| {
            let server = SimulatedServer {
                max_concurrency: 8,
                queue: 16,
                service,
                seed,
            };
            // Fewer than the server's 8 slots would leave slots empty.
            let fixed = [8, 10, 12, 16, 24].map(|limit| server.simulate(5000, move |_| limit).wall);
            let best = fixed.into_iter().min().unwrap();
            let result = server.simulate(5000, adaptive(200));
            assert!(result.rejected < 250, "{} rejected", result.rejected);
            best.as_secs_f64() / result.wall.as_secs_f64()
        };
        let ratios: Vec<f64> = (0..SEEDS).map(ratio).collect();
        let mean = ratios.iter().sum::<f64>() / SEEDS as f64;
        assert!(mean > 0.9, "{ratios:?} of the best");
        assert!(ratios.iter().all(|&ratio| ratio > 0.8), "{ratios:?}");
    }
}

#[test]
fn backs_off_from_a_server_without_a_queue() {
    let server = SimulatedServer {
        max_concurrency: 8,
        queue: 0,
        service: |_, _| 20 * MS,
        seed: 0,
    };
    let best = server.simulate(5000, |_| 8).wall;
    let result = server.simulate(5000, adaptive(200));
    assert!(result.wall < best * 3 / 2, "{:?}", result.wall);
    assert!((1..=16).contains(&result.final_limit));
    assert!(result.rejected < 750, "{} rejected", result.rejected);
}

#[test]
fn reaches_the_maximum_if_the_server_serves_all_at_once() {
    let server = SimulatedServer {
        max_concurrency: 1000,
        queue: 0,
        service: uniform,
        seed: 0,
    };
    assert_eq!(server.simulate(5000, adaptive(64)).final_limit, 64);
}

#[test]
fn backs_off_from_a_server_that_slows_down_past_the_timeout() {
    let timeout = 100 * MS;
    for loss in [Outcome::Timeout(Total, timeout), Outcome::ConnectionReset] {
        let (mut limit, mut now) = (AdaptiveLimit::new(64), Duration::ZERO);
        // All requests of a round are sent at once and end at once.
        let mut round = |service_time: &dyn Fn(u32) -> Duration| {
            let in_flight = limit.get();
            let took = service_time(u32::try_from(in_flight).unwrap());
            let outcome = if took > timeout {
                loss.clone()
            } else {
                Outcome::Ok
            };
            let (sent, done) = (now, now + took.min(timeout));
            now = done;
            (0..in_flight).for_each(|_| limit.on_result(&outcome, sent, done));
            limit.get()
        };
        let fast: Vec<_> = (0..30).map(|_| round(&|_| 20 * MS)).collect();
        assert_eq!(fast.last(), Some(&64));
        let slow: Vec<_> = (0..30).map(|_| round(&|n| 5 * MS * n)).collect();
        assert!(slow[10..].iter().all(|limit| *limit <= 20), "{slow:?}");
    }
}

#[test]
fn responses_grow_the_limit_losses_shrink_it_and_other_failures_do_not_count() {
    let after_100 = |outcome: &Outcome| {
        let mut limit = AdaptiveLimit::new(64);
        (0..100).for_each(|n| limit.on_result(outcome, n * MS, (n + 1) * MS));
        limit.get()
    };
    for response in [Outcome::Ok, Outcome::NotModified, Outcome::NotFound] {
        assert!(after_100(&response) > INITIAL_LIMIT, "{response}");
    }
    for loss in [
        Outcome::Http(503),
        Outcome::Timeout(FirstByte, MS),
        Outcome::ConnectionReset,
    ] {
        assert_eq!(after_100(&loss), 1, "{loss}");
    }
    for failure in [
        Outcome::Http(500),
        Outcome::ConnectionRefused,
        Outcome::Corrupt,
    ] {
        assert_eq!(after_100(&failure), INITIAL_LIMIT, "{failure}");
    }
}

#[test]
fn the_limit_stays_between_1_and_the_maximum() {
    for max in [0, 1, 3] {
        let mut limit = AdaptiveLimit::new(max);
        for n in 0..100 {
            let outcome = if n % 3 == 0 {
                Outcome::Http(429)
            } else {
                Outcome::Ok
            };
            limit.on_result(&outcome, n * MS, (n + 1) * MS);
            assert!((1..=max.max(1)).contains(&limit.get()));
        }
    }
}
