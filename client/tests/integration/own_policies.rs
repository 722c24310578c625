//! Rules for retries and limits of the concurrency written outside the crate, by its public interface alone.

use crate::test_server::{OK, TestServer, workload};
use flagpole_client::policy::{ConcurrencyLimit, CustomRetry, FailedTry, Retry, RetryRule};
use flagpole_client::{Policy, Run, measure, strategy};
use flagpole_protocol::Outcome;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

/// Retries teapots twice, and nothing else.
#[derive(Debug)]
pub(crate) struct Teapots;

impl RetryRule for Teapots {
    fn max_attempts(&self) -> u32 {
        3
    }

    fn is_retryable(&self, outcome: &Outcome) -> bool {
        *outcome == Outcome::Http(418)
    }

    fn backoff(&self, failed: &FailedTry) -> Option<Duration> {
        Some(Duration::from_millis(1) * failed.tries)
    }
}

/// Half as many attempts after every result, at least one.
#[derive(Clone, Debug)]
pub(crate) struct Halving(pub(crate) usize);

impl ConcurrencyLimit for Halving {
    fn get(&self) -> usize {
        self.0
    }

    fn on_result(&mut self, _: &Outcome, _: Duration, _: Duration) {
        self.0 = (self.0 / 2).max(1);
    }
}

/// The first two responses to any flag but AA, which is not found, are a 418; AD redirects to AE.
pub(crate) fn site() -> TestServer {
    let requests = Mutex::new(HashMap::<String, u32>::new());
    TestServer::responding(move |head| {
        let path = head.split(' ').nth(1).unwrap();
        let mut requests = requests.lock().unwrap();
        let count = requests.entry(path.to_owned()).or_default();
        *count += 1;
        match path {
            "/flags/aa/aa.gif" => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".into(),
            "/flags/ad/ad.gif" => {
                "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n".into()
            }
            "/other" => OK.into(),
            _ if *count <= 2 => "HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n".into(),
            _ => OK.into(),
        }
    })
}

#[test]
fn rule_of_ones_own_decides_what_is_retried_and_when() {
    for strategy in strategy::ALL {
        let (workload, server) = (workload("AB"), site());
        let endpoint = server.endpoint();
        let policy = Policy {
            retry: Retry {
                max_attempts: 9,
                ..Retry::default()
            },
            custom_retry: Some(CustomRetry::new(Teapots)),
            ..Policy::default()
        };
        let run = Run::new(&workload, &endpoint).policy(policy).name("x");
        let records = measure(*strategy, &run).unwrap().records;
        let backoffs: Vec<_> = records
            .iter()
            .map(|record| record.backoff.as_millis())
            .collect();
        let numbers: Vec<_> = records.iter().map(|record| record.request_number).collect();
        assert_eq!(
            (backoffs, numbers),
            (vec![0, 1, 2], vec![1, 2, 3]),
            "{}",
            strategy.name()
        );
    }
}
