//! Changes of the number of users: exact times, no number lost, shares, pauses.

use super::*;
use crate::workload::arrivals::rate_integral::REQUEST;
use proptest::prelude::*;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn arrivals(process: ArrivalProcess, share: Share) -> UserArrivals {
    UserArrivals::new("0.5/s".parse().unwrap(), process, 7, share)
}

fn change(at: Duration, users: u64) -> UserChange {
    UserChange { at, users }
}

/// Takes the arrivals that are due before a time.
fn take(arrivals: &mut UserArrivals, until: Duration) -> Vec<Arrival> {
    let next = || {
        let is_due = arrivals.peek().is_some_and(|arrival| arrival.due < until);
        is_due.then(|| arrivals.next().unwrap())
    };
    std::iter::from_fn(next).collect()
}

/// The integral of the rate of the users until a time, in units.
fn integral(changes: &[UserChange], until: Duration) -> u128 {
    let ends = changes.iter().skip(1).map(|change| change.at);
    let ends = ends.chain([Duration::MAX]);
    let parts = changes.iter().zip(ends).map(|(change, end)| {
        let length = until.min(end).saturating_sub(change.at).as_nanos();
        // 30 million millionths of a request per minute and user, and twice the product of rate and microseconds.
        2 * 30_000_000 * u128::from(change.users) * length / 1000
    });
    parts.sum()
}

#[test]
fn arrivals_of_each_number_of_users_are_evenly_spaced() {
    let mut arrivals = arrivals(ArrivalProcess::Constant, Share::WHOLE);
    assert_eq!(arrivals.peek(), None);
    // 10/s, none, 50/s.
    for (at, users) in [(1000, 20), (2000, 0), (5000, 100)] {
        arrivals.change_users(change(ms(at), users));
    }
    let first = arrivals.peek().unwrap().due.saturating_sub(ms(1000));
    assert!(first < ms(100));
    let all = take(&mut arrivals, ms(6000));
    let due: Vec<_> = all.iter().map(|arrival| arrival.due).collect();
    assert_eq!(due.len(), 60);
    assert_eq!((due[1], due[9]), (ms(1100) + first, ms(1900) + first));
    // What is left of an interval is a fifth as long.
    assert_eq!(due[10].as_micros(), (ms(5000) + first / 5).as_micros());
    let last = due[10] + ms(49 * 20);
    assert_eq!(due[59].as_micros(), last.as_micros());
}

#[test]
fn first_constant_arrivals_of_different_seeds_do_not_coincide() {
    let first = |seed| {
        let rate = "0.5/s".parse().unwrap();
        let mut arrivals = UserArrivals::new(rate, ArrivalProcess::Constant, seed, Share::WHOLE);
        arrivals.change_users(change(Duration::ZERO, 1));
        arrivals.next().unwrap().due
    };
    assert_eq!(first(1), first(1));
    assert!(first(1).abs_diff(first(2)) > ms(1));
}

#[test]
fn poisson_arrivals_have_the_mean_of_the_rate() {
    let mut arrivals = arrivals(ArrivalProcess::Poisson, Share::WHOLE);
    arrivals.change_users(change(Duration::ZERO, 20_000));
    arrivals.change_users(change(ms(1000), 2000));
    // The standard deviations are 100 and 32.
    let counts = [ms(1000), ms(2000)].map(|until| take(&mut arrivals, until).len());
    assert!(
        (9600..10_400).contains(&counts[0]) && (870..1130).contains(&counts[1]),
        "{counts:?}"
    );
}

#[test]
fn rate_of_very_many_users_is_the_highest() {
    let mut arrivals = arrivals(ArrivalProcess::Constant, Share::WHOLE);
    arrivals.change_users(change(Duration::ZERO, u64::MAX));
    assert_eq!(take(&mut arrivals, Duration::from_micros(1)).len(), 1000);
}

proptest! {
    /// Whatever is known when, numbers have no gaps, and each arrival is due at the exact time unless it was taken before the
    /// change that moves it was known.
    #[test]
    fn changes_lose_and_repeat_no_arrival(
        steps in prop::collection::vec((0_u64..3000, 0_u64..40, 0_u64..20), 1..8),
        is_poisson: bool,
        of in 1_u64..4,
    ) {
        let process = ArrivalProcess::ALL[usize::from(is_poisson)];
        let share = |index| arrivals(process, Share { index, of });
        let mut loops: Vec<_> = (0..of).map(share).collect();
        let (mut at, mut changes, mut all) = (Duration::ZERO, Vec::new(), Vec::new());
        for (wait, users, late) in steps {
            let known_at = at + ms(wait + late);
            at += ms(wait);
            // The loops hear of the change at different times.
            for (index, arrivals) in loops.iter_mut().enumerate() {
                let known = if index == 0 { at } else { known_at };
                all.extend(take(arrivals, known));
                arrivals.change_users(change(at, users));
            }
            changes.push(change(at, users));
        }
        let end = at + ms(1000);
        for arrivals in &mut loops {
            all.extend(take(arrivals, end));
            prop_assert!(arrivals.peek().is_none_or(|next| next.due >= end));
        }
        all.sort_unstable_by_key(|arrival| arrival.number);
        let numbers: Vec<_> = all.iter().map(|arrival| arrival.number).collect();
        prop_assert!(numbers.iter().copied().eq(0..all.len() as u64), "{numbers:?}");
        if process == ArrivalProcess::Constant {
            let units = integral(&changes, end);
            let whole = units.div_ceil(REQUEST);
            // The phase is part of an interval; a loop that hears late may have taken more.
            prop_assert!(all.len() as u128 + 1 >= whole, "{} of {whole}", all.len());
        }
    }

    #[test]
    fn each_constant_arrival_is_due_when_the_integral_reaches_it(
        steps in prop::collection::vec((1_u64..3000, 0_u64..40), 1..8),
    ) {
        let mut arrivals = arrivals(ArrivalProcess::Constant, Share::WHOLE);
        let (mut at, mut changes) = (Duration::ZERO, Vec::new());
        for (wait, users) in steps {
            changes.push(change(at, users));
            arrivals.change_users(change(at, users));
            at += ms(wait);
        }
        let all = take(&mut arrivals, at);
        let Some(phase) = all.first().map(|first| integral(&changes, first.due)) else {
            return Ok(());
        };
        for arrival in &all {
            let exact = phase + u128::from(arrival.number) * REQUEST;
            // The time is rounded down to a nanosecond, in which 40 users add less than this.
            let units = integral(&changes, arrival.due);
            prop_assert!(units.abs_diff(exact) <= 3 * 40 * 60_000, "{arrival:?}: {units}, {exact}");
        }
    }
}
