//! One run in plain numbers. Times are milliseconds.

use crate::response::{Download, Response, after};
use flagpole_analysis::bound::{ServerLimits, ServerRate};
use flagpole_analysis::comparison::{ResourceUsage, ServerSummary, Trial};
use flagpole_analysis::validity::{Lateness, LostTime};
use flagpole_protocol::{AttemptRecord, MeasuredRun, RunStats};
use std::time::Duration;

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What the downloads of one run met, and what the machine did meanwhile.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) concurrency: usize,
    pub(crate) downloads: Vec<Download>,
    /// Whether connections are used again.
    pub(crate) reuses: bool,
    /// The permits of the server.
    pub(crate) permits: Option<usize>,
    timeout: Option<Duration>,
    /// The wall time, if it does not follow from the responses.
    wall: Option<Duration>,
    /// How much later the run ends than its last download.
    tail: Duration,
    lost: LostTime,
    /// The share of one core that the client used.
    client_cpu: f64,
    /// The share of one core that the server used.
    server_cpu: f64,
    threads: u64,
    /// Requests of other clients.
    other_requests: u64,
}

impl Run {
    /// 20 downloads after 50 ms each at concurrency 5, on a machine with time to spare.
    pub(crate) fn usual() -> Run {
        Run {
            concurrency: 5,
            downloads: vec![after(50).into(); 20],
            reuses: true,
            permits: None,
            timeout: None,
            wall: None,
            tail: Duration::ZERO,
            lost: LostTime {
                run_queue_us: Some(500),
                thread_time_us: Some(200_000),
                stopped_us: Some(0),
                throttled_us: Some(0),
                server_run_queue_us: Some(500),
                capacity_us: Some(400_000),
                own_cpu_us: Some(40_000),
                other_cpu_us: Some(1000),
                steal_us: Some(0),
                ..LostTime::default()
            },
            client_cpu: 0.1,
            server_cpu: 0.1,
            threads: 1,
            other_requests: 0,
        }
    }

    pub(crate) fn concurrency(self, concurrency: usize) -> Run {
        Run {
            concurrency,
            ..self
        }
    }

    /// This many downloads that each meet this response.
    pub(crate) fn responses(self, count: usize, response: impl Into<Download>) -> Run {
        Run {
            downloads: vec![response.into(); count],
            ..self
        }
    }

    /// Adds downloads that each meet this response.
    pub(crate) fn and(mut self, count: usize, response: impl Into<Download>) -> Run {
        let response = response.into();
        self.downloads.extend((0..count).map(|_| response.clone()));
        self
    }

    /// Changes every response.
    pub(crate) fn each(mut self, change: impl Fn(Response) -> Response) -> Run {
        let responses = self
            .downloads
            .iter_mut()
            .flat_map(|download| &mut download.0);
        responses.for_each(|(_, response)| *response = change(response.clone()));
        self
    }

    pub(crate) fn without_reuse(self) -> Run {
        Run {
            reuses: false,
            ..self
        }
    }

    /// The server serves this many requests at a time; others wait.
    pub(crate) fn permits(self, permits: usize) -> Run {
        Run {
            permits: Some(permits),
            ..self
        }
    }

    pub(crate) fn timeout(self, timeout: u64) -> Run {
        Run {
            timeout: Some(ms(timeout)),
            ..self
        }
    }

    pub(crate) fn wall(self, wall: u64) -> Run {
        Run {
            wall: Some(ms(wall)),
            ..self
        }
    }

    /// The run ends this much later than its last download.
    pub(crate) fn tail(self, tail: Duration) -> Run {
        Run { tail, ..self }
    }

    pub(crate) fn lost(mut self, change: impl FnOnce(&mut LostTime)) -> Run {
        change(&mut self.lost);
        self
    }

    pub(crate) fn client_cpu(self, cores: f64) -> Run {
        Run {
            client_cpu: cores,
            ..self
        }
    }

    pub(crate) fn server_cpu(self, cores: f64) -> Run {
        Run {
            server_cpu: cores,
            ..self
        }
    }

    pub(crate) fn threads(self, threads: u64) -> Run {
        Run { threads, ..self }
    }

    pub(crate) fn other_requests(self, requests: u64) -> Run {
        Run {
            other_requests: requests,
            ..self
        }
    }

    /// The trial of this run. `is_external` if the server is not flagpole's own.
    pub(crate) fn trial(&self, strategy: &'static str, round: usize, is_external: bool) -> Trial {
        let records = self.records();
        let end = records
            .iter()
            .map(|record| record.done)
            .max()
            .unwrap_or_default();
        let wall = self.wall.unwrap_or(end + self.tail);
        let cpu_us = |cores: f64| u64::try_from(wall.mul_f64(cores).as_micros()).unwrap();
        let resource_usage = ResourceUsage {
            cpu_user_us: cpu_us(self.client_cpu),
            peak_threads: self.threads,
            ..ResourceUsage::default()
        };
        Trial {
            program: None,
            round,
            position: 1,
            server: (!is_external).then(|| self.ledger(&records, cpu_us(self.server_cpu))),
            measured: MeasuredRun {
                strategy,
                concurrency: self.concurrency,
                wall,
                timeout: self.timeout,
                stats: RunStats::from_records(&records),
                records,
            },
            resource_usage,
            lost: self.lost,
            terms: None,
        }
    }

    /// The ledger of flagpole's own server, with the lateness of the responses.
    fn ledger(&self, records: &[AttemptRecord], cpu_us: u64) -> ServerSummary {
        let lateness = Lateness::from_records(records);
        let micros = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1e6;
        let mut ledger = ServerSummary {
            requests: records.len() as u64 + self.other_requests,
            delayed: records.len() as u64,
            lateness_p50_us: micros(lateness.map(|lateness| lateness.p50)),
            lateness_p99_us: micros(lateness.map(|lateness| lateness.p99)),
            cpu_us,
            ..ServerSummary::default()
        };
        for status in records.iter().filter_map(|record| record.status) {
            *ledger.by_status.entry(status).or_default() += 1;
        }
        ledger
    }
}

/// A limit of this many requests in service.
pub(crate) fn concurrency_limit(limit: usize) -> ServerLimits {
    ServerLimits {
        concurrency: Some(limit),
        ..ServerLimits::default()
    }
}

/// A limit of this many requests a second after a burst.
pub(crate) fn rate_limit(per_second: f64, burst: u64) -> ServerLimits {
    ServerLimits {
        rate: Some(ServerRate { per_second, burst }),
        ..ServerLimits::default()
    }
}
