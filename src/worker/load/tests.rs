//! Runs against flagpole's server: every request that it saw is in the reports, in the log and in the local file.

use super::endpoints::{EndpointName, Reports, add};
use super::*;
use crate::interval_log::{LogEvent, LogReader};
use crate::worker::user_load::EndpointReport;
use flagpole_protocol::{Ledger, LoadStats};
use flagpole_server::BlockingServer;
use std::fs;
use std::thread;
use std::time::Instant;
use tempfile::TempDir;

const MS: Duration = Duration::from_millis(1);

/// A worker, the server, and what the worker has reported.
struct TestRun {
    load: WorkerLoad,
    server: BlockingServer,
    folder: TempDir,
    settings: RunSettings,
    reports: Reports,
    log: String,
}

impl TestRun {
    /// The classes are those of this file, or all of them request `/flags/br/br.gif`.
    fn new(faults: &[&str], classes: Option<&str>, options: &[(&str, &str)]) -> TestRun {
        let server = BlockingServer::builder().seed(7);
        let server = faults.iter().fold(server, |server, fault| {
            match fault.strip_prefix("latency ") {
                Some(latency) => server.latency(latency.parse().unwrap()),
                None => server.fault(fault.parse().unwrap()),
            }
        });
        let server = server.start().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let classes = match classes {
            Some(text) => {
                let path = folder.path().join("w.toml");
                fs::write(&path, text).unwrap();
                UserClasses::load(path.to_str().unwrap()).unwrap()
            }
            None => UserClasses::from_urls(vec!["/flags/br/br.gif".to_owned()]).unwrap(),
        };
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let settings = RunSettings {
            run: "run".to_owned(),
            process: "host_1".to_owned(),
            user_classes: vec!["Reader".to_owned(), "Writer".to_owned()],
            host: Some(server.url().trim_end_matches('/').to_owned()),
            options: options.iter().map(text).collect(),
            ..RunSettings::default()
        };
        TestRun {
            load: WorkerLoad::new(classes, Some(folder.path().to_owned())),
            server,
            folder,
            settings,
            reports: Reports::new(),
            log: String::new(),
        }
    }

    fn start(&mut self) {
        self.load.start(&self.settings).unwrap();
    }

    fn set_users(&mut self, reader: u64, writer: u64) {
        let users = [("Reader", reader), ("Writer", writer)];
        let users = users.map(|(class, count)| (class.to_owned(), count));
        self.load.set_users(&users.into()).unwrap();
    }

    fn running(&self) -> u64 {
        self.load.running_users().values().sum()
    }

    fn take_report(&mut self) {
        let report = self.load.take_report();
        for endpoint in report.endpoints {
            let name = (endpoint.method.clone(), endpoint.name.clone());
            add(&mut self.reports, &name, endpoint);
        }
        self.log += &report.log;
    }

    /// Waits until the server has seen this many requests; reports go on meanwhile.
    fn wait_for(&mut self, requests: u64) {
        while self.server.ledger().requests < requests {
            thread::sleep(5 * MS);
            self.take_report();
        }
    }

    /// Stops and takes the last report.
    fn stop(&mut self, grace: Duration) -> Ledger {
        self.load.begin_stop(grace);
        while !self.load.is_stopped() {
            thread::sleep(MS);
        }
        self.take_report();
        assert_eq!(self.load.take_report(), WorkerReport::default());
        assert_eq!(self.running(), 0);
        self.server.ledger()
    }

    fn sum(&self, value: impl Fn(&EndpointReport) -> u64) -> u64 {
        self.reports.values().map(value).sum()
    }

    /// The statistics of all intervals of the log, and of their endpoints.
    fn logged(&self) -> (LoadStats, BTreeMap<EndpointName, u64>) {
        let (mut stats, mut endpoints) = (LoadStats::default(), BTreeMap::new());
        let (mut seq, mut has_end) = (0, false);
        for event in LogReader::new("log", self.log.as_bytes()) {
            match event.unwrap() {
                LogEvent::Process(head) => assert_eq!(head.process, "host_1"),
                LogEvent::Interval(logged) => {
                    seq += 1;
                    assert_eq!(logged.interval.seq, seq);
                    stats += &logged.interval.stats;
                    for (name, times) in logged.interval.endpoints {
                        *endpoints.entry(name).or_default() += times.count();
                    }
                }
                LogEvent::End { end, .. } => {
                    has_end = true;
                    assert_eq!(end.intervals, seq);
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(has_end);
        (stats, endpoints)
    }

    /// The reports, the log and the local file have exactly the requests of the ledger.
    fn assert_conserved(&self, ledger: &Ledger) {
        assert_eq!(self.sum(|report| report.requests), ledger.requests);
        assert_eq!(
            self.sum(|report| report.response_time.count()),
            ledger.requests
        );
        for report in self.reports.values() {
            assert_eq!(
                report.requests_per_second.values().sum::<u64>(),
                report.requests
            );
            assert_eq!(
                report.failures_per_second.values().sum::<u64>(),
                report.failures
            );
            assert_eq!(report.errors.values().sum::<u64>(), report.failures);
        }
        let (stats, endpoints) = self.logged();
        assert_eq!(stats.attempts, ledger.requests);
        let reported = self.reports.iter();
        let reported: BTreeMap<_, _> = reported
            .map(|(name, report)| (name.clone(), report.requests))
            .collect();
        assert_eq!(endpoints, reported);
        let file = self.load.log_file().unwrap();
        assert_eq!(file, self.folder.path().join("run-host_1.hlog"));
        assert_eq!(fs::read_to_string(file).unwrap(), self.log);
    }
}

#[test]
fn every_request_is_reported_with_its_failure_through_ramps() {
    let faults = ["404@10%", "500@10%", "reset@10%", "cut:50%@10%"];
    let mut run = TestRun::new(&faults, None, &[("think", "1ms")]);
    run.start();
    for (reader, writer) in [(1, 0), (5, 3), (2, 8), (0, 1), (0, 0), (4, 4)] {
        run.set_users(reader, writer);
        let requests = run.server.ledger().requests;
        if reader + writer > 0 {
            run.wait_for(requests + 60);
        }
    }
    let ledger = run.stop(10_000 * MS);
    run.assert_conserved(&ledger);
    let statuses = &ledger.by_status;
    let failures = statuses[&404] + statuses[&500] + ledger.ended_by_fault;
    assert_eq!(run.sum(|report| report.failures), failures);
    let report = &run.reports[&("GET".to_owned(), "/flags/br/br.gif".to_owned())];
    assert_eq!(report.errors["not found"], statuses[&404]);
    assert_eq!(report.errors["500 Internal Server Error"], statuses[&500]);
}

#[test]
fn requests_that_do_not_end_within_the_grace_are_failures_by_name() {
    let mut run = TestRun::new(&["hang@100%"], None, &[]);
    run.start();
    run.set_users(10, 10);
    run.wait_for(20);
    run.set_users(0, 0);
    let begin = Instant::now();
    let ledger = run.stop(200 * MS);
    assert!(begin.elapsed() >= 200 * MS);
    run.assert_conserved(&ledger);
    assert_eq!(run.sum(|report| report.failures), 20);
    let report = run.reports.values().next().unwrap();
    assert_eq!(report.errors, [("cancelled".to_owned(), 20)].into());
}

#[test]
fn slow_responses_end_within_the_grace() {
    let mut run = TestRun::new(&["latency 300ms"], None, &[]);
    run.start();
    run.set_users(8, 0);
    run.wait_for(8);
    let ledger = run.stop(60_000 * MS);
    run.assert_conserved(&ledger);
    assert_eq!((ledger.requests, run.sum(|report| report.failures)), (8, 0));
}

#[test]
fn users_that_were_taken_away_run_until_their_requests_end() {
    let mut run = TestRun::new(&["hang@100%"], None, &[]);
    run.start();
    run.set_users(6, 2);
    run.wait_for(8);
    run.set_users(1, 0);
    thread::sleep(50 * MS);
    let expected = [("Reader", 6), ("Writer", 2)].map(|(class, users)| (class.to_owned(), users));
    assert_eq!(run.load.running_users(), expected.into());
    run.stop(Duration::ZERO);
}

#[test]
fn rate_per_user_and_steps_of_scenarios_are_reported_by_their_names() {
    let classes = r"
        [classes.Reader]
        urls = ['/flags/br/br.gif', '/flags/de/de.gif?x=1']
        rate_per_user = '20/s'
        [[classes.Writer.scenario.step]]
        name = 'first'
        url = '/flags/fr/fr.gif'
        [[classes.Writer.scenario.step]]
        name = 'second'
        url = '/missing'
    ";
    let mut run = TestRun::new(&[], Some(classes), &[]);
    run.start();
    run.set_users(20, 1);
    run.wait_for(300);
    let ledger = run.stop(10_000 * MS);
    run.assert_conserved(&ledger);
    let names: Vec<_> = run.reports.keys().map(|(_, name)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "/flags/br/br.gif",
            "/flags/de/de.gif?x=1",
            "first",
            "second"
        ]
    );
    let second = &run.reports[&("GET".to_owned(), "second".to_owned())];
    assert_eq!(second.requests, second.failures);
}

#[test]
fn retries_and_redirects_are_requests_too() {
    let classes = "
        [classes.Reader]
        urls = ['/flags/br/br.gif']
        think = '1ms'
        policy = { retries = 3, backoff = '1ms..2ms' }
        [classes.Writer]
    ";
    let mut run = TestRun::new(&["503@30%"], Some(classes), &[]);
    run.start();
    run.set_users(3, 0);
    run.wait_for(200);
    let ledger = run.stop(10_000 * MS);
    run.assert_conserved(&ledger);
    assert_eq!(run.sum(|report| report.failures), ledger.by_status[&503]);
}

#[test]
fn runs_follow_one_another_and_none_overwrites_the_log_of_another() {
    let mut run = TestRun::new(&[], None, &[]);
    for file in ["run-host_1.hlog", "run-host_1-2.hlog"] {
        run.start();
        assert!(run.load.start(&run.settings).is_err());
        run.set_users(1, 0);
        run.wait_for(run.server.ledger().requests + 5);
        run.stop(10_000 * MS);
        assert_eq!(run.load.log_file(), Some(run.folder.path().join(file)));
    }
    assert_eq!(
        run.sum(|report| report.requests),
        run.server.ledger().requests
    );
}

#[test]
fn class_of_a_later_spawn_that_the_run_has_not_is_an_error() {
    let mut run = TestRun::new(&[], None, &[]);
    run.start();
    let error = run
        .load
        .set_users(&[("Other".to_owned(), 1)].into())
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the run has no class `Other`"),
        "{error}"
    );
    run.stop(Duration::ZERO);
}

#[test]
fn endpoints_beyond_the_limit_count_together() {
    let urls: Vec<_> = (0..300).map(|number| format!("'/{number}'")).collect();
    let classes = format!(
        "[classes.Reader]\nurls = [{}]\n[classes.Writer]\n",
        urls.join(", ")
    );
    let mut run = TestRun::new(&[], Some(&classes), &[]);
    run.start();
    run.set_users(4, 0);
    run.wait_for(1500);
    let ledger = run.stop(10_000 * MS);
    run.assert_conserved(&ledger);
    assert_eq!(run.reports.len(), 251);
    let others = &run.reports[&(String::new(), "(others)".to_owned())];
    assert!(others.requests >= 4 * 50, "{}", others.requests);
}
