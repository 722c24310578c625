//! The state machine in virtual time.

use super::*;
use std::io::ErrorKind;

/// How a host behaves to an attempt to connect.
#[derive(Clone, Copy, Debug, PartialEq)]
enum SimulatedHost {
    Silent,
    /// Refuses at once.
    Refusing,
    /// Accepts after the delay between attempts.
    Slow,
    /// Accepts at once.
    Good,
}

impl SimulatedHost {
    const ALL: [SimulatedHost; 4] = [
        SimulatedHost::Silent,
        SimulatedHost::Refusing,
        SimulatedHost::Slow,
        SimulatedHost::Good,
    ];

    fn accepts_after(self) -> Option<Duration> {
        match self {
            SimulatedHost::Slow => Some(ms(400)),
            SimulatedHost::Good => Some(ms(10)),
            SimulatedHost::Silent | SimulatedHost::Refusing => None,
        }
    }

    fn refuses_after(self) -> Option<Duration> {
        (self == SimulatedHost::Refusing).then_some(ms(20))
    }
}

/// How connecting ended: the number of the connected attempt, the failure, or `None` if it waits without end.
type End = Option<Result<usize, Outcome>>;

/// Connects to `hosts` and returns when each attempt started, and when and how connecting ended.
fn connect(hosts: &[SimulatedHost], limit: Option<Duration>) -> (Vec<Duration>, Duration, End) {
    let mut machine = HappyEyeballs::new(hosts.len(), limit);
    let (mut starts, mut open, mut now) = (Vec::new(), Vec::new(), Duration::ZERO);
    loop {
        let end_of = |&number: &usize, times: fn(SimulatedHost) -> Option<Duration>| {
            Some((starts[number] + times(hosts[number])?, number))
        };
        let accepted = open
            .iter()
            .filter_map(|number| end_of(number, SimulatedHost::accepts_after))
            .min();
        let refused = open
            .iter()
            .filter_map(|number| end_of(number, SimulatedHost::refuses_after))
            .min();
        match (accepted, refused) {
            (Some((at, number)), _) if at <= now => return (starts, now, Some(Ok(number))),
            (_, Some((at, number))) if at <= now => {
                open.retain(|other| *other != number);
                machine.on_error(number, &ErrorKind::ConnectionRefused.into(), now);
                continue;
            }
            _ => {}
        }
        match machine.next(now) {
            ConnectAction::Start(number) => {
                assert_eq!(number, starts.len());
                starts.push(now);
                open.push(number);
            }
            ConnectAction::GiveUp(number) => open.retain(|other| *other != number),
            ConnectAction::Fail(failure) => return (starts, now, Some(Err(failure))),
            ConnectAction::Wait(end) => {
                let ends = [accepted, refused].into_iter().flatten().map(|(at, _)| at);
                match ends.chain(end).min() {
                    Some(next) => now = next,
                    None => return (starts, now, None),
                }
            }
        }
    }
}

/// Every combination of one to four hosts.
fn combinations() -> Vec<Vec<SimulatedHost>> {
    let mut all = vec![Vec::new()];
    for length in 0..4 {
        let shorter: Vec<_> = all
            .iter()
            .filter(|hosts| hosts.len() == length)
            .cloned()
            .collect();
        all.extend(
            shorter
                .iter()
                .flat_map(|hosts| SimulatedHost::ALL.map(|host| [&hosts[..], &[host]].concat())),
        );
    }
    all.split_off(1)
}

const LIMITS: [Option<Duration>; 3] = [None, Some(ms(100)), Some(ms(1000))];

/// Whether a host accepts within the limit of its attempt.
fn accepts_within(host: SimulatedHost, limit: Option<Duration>) -> bool {
    let time = host.accepts_after();
    time.is_some_and(|time| limit.is_none_or(|limit| time < limit))
}

#[test]
fn host_is_reached_if_any_address_accepts_within_the_limit() {
    for limit in LIMITS {
        for hosts in combinations() {
            let is_reachable = hosts.iter().any(|host| accepts_within(*host, limit));
            let (_, _, end) = connect(&hosts, limit);
            assert_eq!(
                matches!(end, Some(Ok(_))),
                is_reachable,
                "{hosts:?} {limit:?} {end:?}"
            );
        }
    }
}

#[test]
fn each_address_costs_at_most_one_delay() {
    for limit in LIMITS {
        for hosts in combinations() {
            let Some(number) = hosts.iter().position(|host| accepts_within(*host, limit)) else {
                continue;
            };
            let latest = 250 * u32::try_from(number).unwrap();
            let latest = ms(latest.into()) + hosts[number].accepts_after().unwrap();
            let (_, now, _) = connect(&hosts, limit);
            assert!(
                now <= latest,
                "{hosts:?} {limit:?}: {now:?}, expected at most {latest:?}"
            );
        }
    }
}

#[test]
fn attempt_starts_after_the_delay_or_when_one_fails() {
    for limit in LIMITS {
        for hosts in combinations() {
            let (starts, _, _) = connect(&hosts, limit);
            let failed_at = |number: usize| {
                let refused = hosts[number].refuses_after();
                let given_up = limit.filter(|_| !accepts_within(hosts[number], limit));
                refused
                    .into_iter()
                    .chain(given_up)
                    .min()
                    .map(|time| starts[number] + time)
            };
            for number in 1..starts.len() {
                let earlier = starts[number - 1];
                let failures = (0..number).filter_map(failed_at).filter(|at| *at > earlier);
                let expected = failures.chain([earlier + ms(250)]).min().unwrap();
                assert_eq!(starts[number], expected, "{hosts:?} {limit:?}: {starts:?}");
            }
        }
    }
}

#[test]
fn failure_comes_when_the_last_attempt_has_failed() {
    use SimulatedHost::{Refusing, Silent};
    for (hosts, expected) in [
        (&[Refusing, Refusing][..], 40),
        (&[Silent], 1000),
        (&[Silent, Silent], 1250),
        (&[Silent, Refusing], 1000),
        (&[Refusing, Silent], 1020),
    ] {
        let (_, now, end) = connect(hosts, Some(ms(1000)));
        assert!(matches!(end, Some(Err(_))));
        assert_eq!(now, ms(expected), "{hosts:?}");
    }
}

#[test]
fn without_a_limit_the_system_gives_up() {
    assert_eq!(
        connect(&[SimulatedHost::Silent, SimulatedHost::Refusing], None).2,
        None
    );
}

#[test]
fn refusal_is_reported_rather_than_a_timeout() {
    let limit = Some(ms(1000));
    let refused = Some(Err(Outcome::ConnectionRefused));
    assert_eq!(
        connect(&[SimulatedHost::Silent, SimulatedHost::Refusing], limit).2,
        refused
    );
    assert_eq!(
        connect(&[SimulatedHost::Refusing, SimulatedHost::Silent], limit).2,
        refused
    );
    let timeout = Outcome::Timeout(TimeoutKind::Connect, ms(1000));
    assert_eq!(
        connect(&[SimulatedHost::Silent, SimulatedHost::Silent], limit).2,
        Some(Err(timeout))
    );
}

#[test]
fn lack_of_a_resource_is_reported_rather_than_a_refusal() {
    let reported = |errors: [io::Error; 2]| {
        let mut machine = HappyEyeballs::new(2, None);
        for (number, error) in errors.iter().enumerate() {
            assert_eq!(machine.next(Duration::ZERO), ConnectAction::Start(number));
            machine.on_error(number, error, Duration::ZERO);
        }
        machine.next(Duration::ZERO)
    };
    let (lack, refused) = (
        || rustix::io::Errno::MFILE.into(),
        || ErrorKind::ConnectionRefused.into(),
    );
    for errors in [[lack(), refused()], [refused(), lack()]] {
        let ConnectAction::Fail(Outcome::ConnectFailed { cause, message }) = reported(errors)
        else {
            panic!("expected a failure to connect");
        };
        assert_eq!(cause, ConnectFailureCause::OutOfFileDescriptors);
        assert!(message.ends_with("; 2 addresses were tried"), "{message}");
    }
    let unreachable = || rustix::io::Errno::NETUNREACH.into();
    let fails = ConnectAction::Fail(Outcome::ConnectionRefused);
    assert_eq!(reported([refused(), unreachable()]), fails);
}

#[test]
fn single_address_is_not_counted_in_the_message() {
    let mut machine = HappyEyeballs::new(1, None);
    machine.next(Duration::ZERO);
    machine.on_error(0, &rustix::io::Errno::NETUNREACH.into(), Duration::ZERO);
    let ConnectAction::Fail(outcome) = machine.next(Duration::ZERO) else {
        panic!("expected a failure to connect");
    };
    assert!(!outcome.to_string().contains("address"), "{outcome}");
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
