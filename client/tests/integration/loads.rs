//! Load runs: counts, ends, pauses, and what is unfinished.

use crate::test_server::{OK, TestServer};
use flagpole_client::load::{LoadControl, LoadRun, LoadRunEnd};
use flagpole_client::{
    EndedRequest, Expectation, LoadTarget, Policy, RecordSink, RequestMessage, RequestSource,
    Share, SourceAction, SourceRequest, policy,
};
use flagpole_protocol::{AttemptRecord, LoadStats, Outcome};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// A request at each multiple of an interval.
#[derive(Clone, Debug)]
struct Regular {
    interval: Option<Duration>,
    next: u64,
    end: u64,
    share: Share,
}

impl Regular {
    fn due(&self) -> Option<Duration> {
        let number = u32::try_from(self.next).unwrap();
        Some(self.interval? * number)
    }
}

impl RequestSource for Regular {
    fn next(&mut self, now: Duration) -> SourceAction {
        while !self.share.contains(self.next) {
            self.next += 1;
        }
        if self.next >= self.end {
            return SourceAction::Finished;
        }
        if let Some(due) = self.due().filter(|due| *due > now) {
            return SourceAction::SleepUntil(due);
        }
        let (number, due) = (self.next, self.due());
        self.next += 1;
        SourceAction::Start(SourceRequest {
            number,
            due,
            ..SourceRequest::default()
        })
    }

    fn on_end(&mut self, _: &EndedRequest<'_>) {}

    fn stop(&mut self, now: Duration) {
        let due = self.interval.map_or(self.next, |interval| {
            u64::try_from(now.as_nanos() / interval.as_nanos()).unwrap() + 1
        });
        self.end = self.end.min(due);
    }
}

#[derive(Clone, Default)]
pub(crate) struct Records(pub(crate) Arc<Mutex<Vec<AttemptRecord>>>);

impl RecordSink for Records {
    fn record(&mut self, record: &AttemptRecord) {
        self.0.lock().unwrap().push(record.clone());
    }
}

struct Load {
    records: Vec<AttemptRecord>,
    end: LoadRunEnd,
}

impl Load {
    fn stats(&self) -> LoadStats {
        let mut stats = LoadStats::default();
        self.records.iter().for_each(|record| stats.record(record));
        stats
    }

    fn count(&self, outcome: &Outcome) -> u64 {
        self.records
            .iter()
            .filter(|record| record.outcome == *outcome)
            .count() as u64
    }
}

/// Requests at this interval, or as fast as possible.
fn load(
    server: &TestServer,
    interval: Option<Duration>,
    count: u64,
    settings: impl for<'a> FnOnce(LoadRun<'a>) -> LoadRun<'a>,
) -> Load {
    let targets = [LoadTarget {
        endpoint: 0,
        path: "/flags/br/br.gif".parse().unwrap(),
        message: RequestMessage::default(),
        weight: 1,
        expectation: Expectation::default(),
    }];
    let endpoints = [server.endpoint()];
    let source = move |share| {
        let source = Regular {
            interval,
            next: 0,
            end: count,
            share,
        };
        Box::new(source) as Box<dyn RequestSource>
    };
    let records = Records::default();
    let sink = |_| Box::new(records.clone()) as Box<dyn RecordSink>;
    let run = settings(LoadRun::new(&targets, &endpoints, &source).connections(4));
    let end = run.run(&sink).unwrap();
    let records = records.0.lock().unwrap().clone();
    Load { records, end }
}

fn server() -> TestServer {
    TestServer::responding(|_| OK.to_owned())
}

fn silent_server() -> TestServer {
    TestServer::start(|_, connection| {
        connection.request();
        connection.hang();
    })
}

#[test]
fn every_request_is_made_once_whatever_the_number_of_loops() {
    for loops in [1, 2, 3] {
        let server = server();
        let load = load(&server, None, 101, |run| run.loops(loops));
        let mut numbers: Vec<_> = load.records.iter().map(|record| record.download).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=101).collect::<Vec<_>>());
        assert_eq!(server.requests().len(), 101);
        assert!(server.connections() <= 4);
        assert!((1..=4).contains(&load.end.max_in_flight));
    }
}

#[test]
fn arrivals_are_due_by_the_schedule_and_never_start_early() {
    let load = load(&server(), Some(MS), 50, |run| run);
    for record in &load.records {
        assert_eq!(record.due, MS * u32::try_from(record.download - 1).unwrap());
        assert!(record.started >= record.due, "{record:?}");
        assert!(record.lateness <= record.started.saturating_sub(record.due));
    }
    assert_eq!(load.records.len(), 50);
}

#[test]
fn waiting_for_a_connection_counts_in_the_response_time_and_is_not_lateness() {
    // One connection, whose responses take 20 ms.
    let server = TestServer::start(|_, connection| {
        while connection.request().is_some() {
            std::thread::sleep(20 * MS);
            connection.send(OK);
        }
    });
    let load = load(&server, Some(5 * MS), 4, |run| run.connections(1));
    // Due at 15 ms, after three responses at 60 ms, until 80 ms.
    let last = load
        .records
        .iter()
        .find(|record| record.download == 4)
        .unwrap();
    assert!(last.response_time() >= 65 * MS, "{last:?}");
    assert!(last.started.saturating_sub(last.due) >= 45 * MS, "{last:?}");
    assert!(
        last.lateness < last.started.saturating_sub(last.due),
        "{last:?}"
    );
}

#[test]
fn what_is_unfinished_at_the_end_is_recorded_as_long_as_it_lasted() {
    let server = silent_server();
    let load = load(&server, Some(10 * MS), 1_000_000, |run| {
        run.connections(2).duration(100 * MS).grace(50 * MS)
    });
    // Due at 0, 10, ... 100 ms: two are in flight, the others wait.
    let in_flight = load.count(&Outcome::Cancelled);
    assert_eq!(in_flight, 2);
    assert_eq!(load.end.unsent, load.count(&Outcome::Unsent));
    let stats = load.stats();
    assert!(stats.unfinished() >= 11 && stats.attempts == 2, "{stats:?}");
    assert!(stats.response_time().max() >= Some(150 * MS));
    assert!(load.end.elapsed >= 150 * MS);
    assert!(load.end.in_flight_area >= 250 * MS, "{:?}", load.end);
}

#[test]
fn retry_that_is_not_due_before_the_end_leaves_its_request_unfinished() {
    let server = TestServer::start(|_, connection| {
        while connection.request().is_some() {
            connection.send("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nretry-after: 30\r\n\r\n");
        }
    });
    let mut policy = Policy::default();
    policy.retry.max_attempts = 2;
    let load = load(&server, Some(10 * MS), 5, |run| {
        run.policy(policy).duration(100 * MS)
    });
    let stats = load.stats();
    assert_eq!(
        (stats.requests(), stats.unfinished(), stats.attempts),
        (5, 5, 5)
    );
    assert_eq!(load.end.unsent, 0);
}

#[test]
fn stop_ends_arrivals_and_lets_requests_in_flight_finish() {
    let control = LoadControl::new();
    let stopper = control.clone();
    let server = server();
    let stop = std::thread::spawn(move || {
        while stopper.elapsed().is_none_or(|elapsed| elapsed < 100 * MS) {
            std::thread::sleep(MS);
        }
        stopper.stop();
    });
    let load = load(&server, None, u64::MAX, |run| {
        run.control(&control).grace(10_000 * MS)
    });
    stop.join().unwrap();
    let stats = load.stats();
    assert!(
        stats.successes() > 0 && stats.successes() == stats.requests(),
        "{stats:?}"
    );
    assert_eq!(server.requests().len() as u64, stats.requests());
}

#[test]
fn stop_before_the_start_ends_the_run() {
    let control = LoadControl::new();
    control.stop();
    let load = load(&server(), None, u64::MAX, |run| run.control(&control));
    assert!(load.stats().requests() <= 4, "{:?}", load.stats());
}

#[test]
fn nothing_arrives_during_a_pause_and_the_schedule_continues_after_it() {
    let control = LoadControl::new();
    let pauser = control.clone();
    let pause = std::thread::spawn(move || {
        while pauser.elapsed().is_none_or(|elapsed| elapsed < 20 * MS) {
            std::thread::sleep(MS);
        }
        pauser.set_paused(true);
        std::thread::sleep(200 * MS);
        pauser.set_paused(false);
    });
    let load = load(&server(), Some(MS), 100, |run| run.control(&control));
    pause.join().unwrap();
    assert_eq!(load.records.len(), 100);
    let mut due: Vec<_> = load.records.iter().map(|record| record.due).collect();
    due.sort_unstable();
    let gap = due
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .max();
    assert!(
        gap >= Some(190 * MS) && load.end.paused >= 190 * MS,
        "{gap:?} {:?}",
        load.end
    );
}

#[test]
fn policies_that_count_over_all_requests_see_those_of_all_loops() {
    let server = TestServer::start(|_, connection| {
        while connection.request().is_some() {
            connection.send("HTTP/1.1 500 Error\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let mut policy = Policy::default();
    policy.circuit_breaker = Some(policy::CircuitBreakerConfig::default());
    let load = load(&server, None, 200, |run| run.policy(policy).loops(2));
    assert_eq!(load.end.circuit_openings, 1);
    assert_eq!(load.records.len(), 200);
    let sent = server.requests().len();
    assert!(sent < 40, "{sent} of 200 were sent");
}
