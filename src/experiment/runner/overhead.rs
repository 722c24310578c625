//! Measures the overhead of the harness: the service time of requests without delay, at concurrency 1.
//!
//! A pause before each request takes the place of a delay: idle cores sleep during a delay, and waking them takes
//! longer than all else.

use crate::experiment::spec::experiment::Experiment;
use crate::options::policy::PolicyOptions;
use crate::process::server_process::ServerProcess;
use crate::process::trial_job::{Files, TrialJob};
use crate::process::trial_process::{Interrupt, run_trial};
use anyhow::{Context as _, Result, anyhow};
use flagpole_analysis::comparison::MeasurementOverhead;
use flagpole_client::{TransportKind, strategy};
use flagpole_fixtures::populous;
use flagpole_protocol::{LatencyStats, as_micros};
use flagpole_server::config::listener::Listener;
use std::time::Duration;

/// The number of trials. Several, because the system places client and server on different cores in each.
const TRIALS: usize = 10;

/// Downloads per trial.
const DOWNLOADS: usize = 40;

/// The time between the due times of two downloads.
const INTERVAL: Duration = Duration::from_millis(5);

/// The estimated time of a comparison, in seconds, from which the overhead is measured unasked: 20 times the duration of
/// that measurement, which is 2 seconds and the start of some processes.
const MEASURED_FROM: f64 = 45.0;

/// Whether to measure the overhead: as the experiment says, or if a comparison that takes this long justifies it.
pub(crate) fn is_measured(experiment: &Experiment, seconds: f64) -> bool {
    experiment
        .measure_overhead
        .unwrap_or(seconds >= MEASURED_FROM)
}

/// The overhead; `None` if the comparison was interrupted.
pub(crate) fn measure(interrupt: &Interrupt) -> Result<Option<MeasurementOverhead>> {
    let mut server = ServerProcess::start(&Listener::default(), 0)?;
    let measured = run_trials(&mut server, interrupt);
    if interrupt.is_requested() {
        return Ok(None);
    }
    // The exit of the server explains a failure of a trial.
    let stopped = match server.exit_message() {
        Some(message) => Err(anyhow!(message)),
        None => server.stop(),
    };
    stopped.and(measured).context("measurement overhead")
}

fn run_trials(
    server: &mut ServerProcess,
    interrupt: &Interrupt,
) -> Result<Option<MeasurementOverhead>> {
    let mut latencies = LatencyStats::default();
    for trial in 0..TRIALS {
        let job = TrialJob {
            strategy: strategy::ALL[0].name().to_owned(),
            url: server.url.clone(),
            codes: populous::TOP_20.to_vec(),
            paths: Vec::new(),
            downloads: DOWNLOADS,
            files: Files::Flags,
            interval: Some(INTERVAL),
            concurrency: 1,
            policy: PolicyOptions::default(),
            transport: TransportKind::default(),
            run: format!("overhead-{trial}"),
        };
        for record in run_trial(job, interrupt, Some(server))?.records {
            latencies.record(record.service_time());
        }
    }
    let quantiles = latencies.quantile(0.5).zip(latencies.quantile(0.99));
    Ok(quantiles.map(|(p50, p99)| MeasurementOverhead {
        p50_us: as_micros(p50),
        p99_us: as_micros(p99),
        attempts: latencies.count(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_long_comparison_is_measured_unasked() {
        let is_measured = |text, seconds| {
            let experiment = Experiment::parse(text, "x.toml").unwrap();
            is_measured(&experiment, seconds)
        };
        assert_eq!(
            [44.0, 45.0].map(|seconds| is_measured("", seconds)),
            [false, true]
        );
        assert!(is_measured("measure_overhead = true", 0.0));
        assert!(!is_measured("measure_overhead = false", 3600.0));
    }
}
