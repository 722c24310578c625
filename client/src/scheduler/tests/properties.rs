//! What holds for every plan, policy and server.

use super::*;
use crate::policy::RetryBudgetConfig;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// An answer drawn by what is asked for, never by when.
fn drawn(seed: u64) -> impl Fn(&AttemptSpec) -> (AttemptResult, Duration) {
    move |start| {
        let hop = start.path.as_ref().map_or(0, |path| path.len() as u64);
        let mut bits =
            seed ^ (start.resource.index() as u64) << 32 ^ start.request_number << 8 ^ hop;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let outcome = match (bits >> 40) % 8 {
            0 => Outcome::NotFound,
            1 => Outcome::Http(503),
            2 => Outcome::ConnectionReset,
            3 => Outcome::Http(302),
            4 => Outcome::TooLarge,
            _ => Outcome::Ok,
        };
        let longer = "x".repeat(usize::try_from(hop).unwrap() + 1);
        let redirect = (outcome == Outcome::Http(302)).then(|| longer.into());
        let took = MS * u32::try_from((bits >> 8) % 100).unwrap();
        (
            AttemptResult {
                redirect,
                ..end(outcome)
            },
            took,
        )
    }
}

prop_compose! {
    fn policies()(
        max_attempts in 0u32..4, budget in prop::option::of((0.0..1.0, 0u32..4)),
        hedge in prop::option::of((0u64..60, 0.0..1.0)), max in 0u32..3, seed: u64,
    ) -> Policy {
        Policy {
            retry: Retry { max_attempts, seed, ..Retry::default() },
            budget: budget.map(|(ratio, min_retries)| RetryBudgetConfig { ratio, min_retries }),
            hedge: hedge.map(|(ms, max_ratio)| Hedge {
                delay: HedgeDelay::Fixed(Duration::from_millis(ms)),
                max_ratio,
            }),
            redirects: RedirectPolicy { max },
            ..Policy::default()
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_it_ends_and_every_job_is_decided_once(
        policy in policies(), jobs in 0usize..30, lanes in 1usize..12, named: bool, seed: u64,
    ) {
        let codes = CountryCode::every().take(jobs);
        let plan = if named { Workload::with_metadata(codes) } else { Workload::flags(codes) };
        let story = carry_out(&plan, &policy, lanes, &drawn(seed));
        prop_assert!(story.most <= lanes);
        let decided: Vec<_> = story.attempts.iter().filter(|(_, v)| v.is_final).collect();
        let distinct: BTreeSet<_> = decided.iter().map(|(start, _)| start.download).collect();
        prop_assert_eq!((decided.len(), distinct.len()), (jobs, jobs));
        let hedges = story.count(AttemptKind::Hedge);
        let others = story.attempts.len() - hedges;
        prop_assert!(hedges as f64 <= policy.hedge.map_or(0.0, |h| h.max_ratio) * others as f64);
        let firsts = story.count(AttemptKind::First) + story.count(AttemptKind::Metadata);
        if let Some(RetryBudgetConfig { ratio, min_retries }) = policy.budget {
            // The ratio is kept to three decimals.
            let most = (ratio + 0.0005) * firsts as f64 + f64::from(min_retries);
            prop_assert!(story.count(AttemptKind::Retry) as f64 <= most);
        }
        let asked: BTreeSet<_> =
            story.attempts.iter().map(|(s, _)| (s.resource, s.request_number, s.path.clone())).collect();
        prop_assert_eq!(asked.len(), story.attempts.len(), "nothing has the n of another");
    }

    #[test]
    fn what_is_answered_is_never_asked_again(policy in policies(), lanes in 1usize..12, seed: u64) {
        let story = carry_out(&flags(20), &policy, lanes, &drawn(seed));
        let mut answered = BTreeSet::new();
        for (start, verdict) in &story.attempts {
            prop_assert!(!answered.contains(&start.download) || verdict.outcome == Outcome::HedgeLost);
            if matches!(verdict.outcome, Outcome::Ok | Outcome::NotFound) {
                answered.insert(start.download);
            }
        }
    }

    #[test]
    fn without_hedges_and_budget_every_number_of_lanes_tells_the_same(
        attempts in 1u32..4, one in 1usize..12, other in 1usize..12, seed: u64,
    ) {
        let told = |lanes| {
            let story = carry_out(&flags(20), &retrying(attempts), lanes, &drawn(seed));
            let mut told: Vec<_> = story.attempts.into_iter()
                .map(|(s, v)| (s.download, s.attempt, s.request_number, s.backoff, v.outcome.label(), v.is_final))
                .collect();
            told.sort_unstable();
            told
        };
        prop_assert_eq!(told(one), told(other));
    }
}
