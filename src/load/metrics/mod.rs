//! `--prometheus`: the statistics of the run so far, for Prometheus: `GET /metrics`.

mod encode;
mod responder;

use self::encode::Metrics;
use anyhow::{Context as _, Result};
use flagpole_protocol::LoadStats;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A server of metrics in a separate thread; ends on drop.
pub(crate) struct MetricsServer {
    address: SocketAddr,
    metrics: Arc<Mutex<Metrics>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl MetricsServer {
    /// Listens at this address; port 0 means a free one.
    pub(crate) fn start(address: SocketAddr) -> Result<MetricsServer> {
        let listener = TcpListener::bind(address);
        let listener =
            listener.with_context(|| format!("--prometheus: cannot listen on {address}"))?;
        let address = listener.local_addr().context("--prometheus")?;
        // So that the thread sees the end of the run.
        listener.set_nonblocking(true).context("--prometheus")?;
        let metrics = Arc::new(Mutex::new(Metrics::default()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (shared, end) = (metrics.clone(), is_over.clone());
        let text = move || lock(&shared).text();
        let thread = thread::Builder::new().name("metrics".to_owned());
        let thread = thread.spawn(move || responder::respond(&listener, &end, text));
        Ok(MetricsServer {
            address,
            metrics,
            is_over,
            thread: Some(thread.context("cannot start a thread")?),
        })
    }

    /// Where the metrics are.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/metrics", self.address)
    }

    /// Answers with these statistics from now on.
    pub(crate) fn update(&self, stats: &LoadStats, in_flight: u64) {
        let stats = stats.clone();
        *lock(&self.metrics) = Metrics { stats, in_flight };
    }
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic has been printed, and says nothing about the run.
            let _ = thread.join();
        }
    }
}

fn lock(metrics: &Mutex<Metrics>) -> std::sync::MutexGuard<'_, Metrics> {
    metrics.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::test_record::record;
    use flagpole_protocol::Outcome;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    fn answer(server: &MetricsServer, request: &str) -> String {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn metrics_are_those_of_the_last_update() {
        let server = MetricsServer::start("127.0.0.1:0".parse().unwrap()).unwrap();
        let before = answer(&server, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(before.starts_with("HTTP/1.1 200 OK\r\n"), "{before}");
        assert!(
            before.contains("\nflagpole_load_attempts_total 0\n"),
            "{before}"
        );
        let mut stats = LoadStats::default();
        for outcome in [Outcome::Ok, Outcome::Ok, Outcome::Http(503)] {
            stats.record(&record(outcome, None));
        }
        server.update(&stats, 7);
        let after = answer(&server, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        for line in [
            "flagpole_load_requests_total{outcome=\"ok\"} 2",
            "flagpole_load_requests_total{outcome=\"http_503\"} 1",
            "flagpole_load_in_flight 7",
            "flagpole_load_response_time_seconds_bucket{le=\"0.05\"} 2",
            "flagpole_load_response_time_seconds_count 2",
        ] {
            assert!(after.contains(&format!("\n{line}\n")), "{line}: {after}");
        }
    }

    #[test]
    fn other_requests_are_refused() {
        let server = MetricsServer::start("127.0.0.1:0".parse().unwrap()).unwrap();
        for (request, status) in [
            ("GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
            ("\r\n\r\n", "400 Bad Request"),
        ] {
            let answer = answer(&server, request);
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
                "{request}: {answer}"
            );
        }
    }
}
