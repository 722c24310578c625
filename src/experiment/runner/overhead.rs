//! The instrument's own floor: what an attempt takes that is not delayed at all, one after the other, from
//! a server of the same kind. There is a pause before each, as there is where answers are delayed: the cores
//! fall asleep, and to wake them takes longer than all the rest.

use crate::options::policy_config::PolicyConfig;
use crate::process::server_process::ServerProcess;
use crate::process::trial_job::{Files, TrialJob};
use crate::process::trial_process::{Interrupt, run_trial};
use anyhow::{Result, anyhow};
use flagpole_analysis::report::{MeasurementOverhead, Percentiles};
use flagpole_client::{strategy, transport};
use flagpole_fixtures::populous;
use flagpole_protocol::LatencyStats;
use flagpole_server::config::listener::Listener;
use std::time::Duration;

/// So many trials: where the system puts the two processes differs from one to the next.
const TRIALS: usize = 10;

/// Downloads a trial.
const DOWNLOADS: usize = 40;

/// So far apart are they.
const APART: Duration = Duration::from_millis(5);

/// Measures it; or says why it can not be believed. One that is interrupted is not measured, and nothing is
/// wrong with it.
pub(crate) fn floor(
    interrupt: &Interrupt,
) -> Result<(Option<MeasurementOverhead>, Option<String>)> {
    let mut helper = ServerProcess::start(&Listener::default(), 0)?;
    let measured = trials(&mut helper, interrupt);
    let stopped = match helper.exit() {
        Some(end) => Err(anyhow!(end)),
        None => helper.stop(),
    };
    // That the server has gone explains what went wrong in a trial.
    let measured = stopped.and(measured);
    Ok(match measured {
        _ if interrupt.is_requested() => (None, None),
        Ok(floor) => (floor, None),
        Err(error) => (None, Some(format!("the instrument's own floor: {error:#}"))),
    })
}

fn trials(
    helper: &mut ServerProcess,
    interrupt: &Interrupt,
) -> Result<Option<MeasurementOverhead>> {
    let mut latencies = LatencyStats::default();
    for trial in 0..TRIALS {
        let codes = populous::TWENTY.iter().map(ToString::to_string);
        let job = TrialJob {
            strategy: strategy::ALL[0].name().to_owned(),
            transport: transport::ALL[0].name().to_owned(),
            url: helper.url.clone(),
            codes: codes.collect(),
            downloads: DOWNLOADS,
            files: Files::Flags,
            interval_us: u64::try_from(APART.as_micros()).ok(),
            concurrency: 1,
            policy: PolicyConfig::default(),
            run: format!("floor-{trial}"),
        };
        let said = run_trial(&job, interrupt, Some(helper))?;
        if let Some(measured) = said.measured.measured() {
            latencies += &measured.stats.service_time;
        }
    }
    let Percentiles { p50, p99, .. } = Percentiles::of(&latencies);
    Ok(p50.zip(p99).map(|(p50_us, p99_us)| MeasurementOverhead {
        p50_us,
        p99_us,
        attempts: latencies.count(),
    }))
}
