//! The run that goes on, as the session sees it.

use super::identity::run_name;
use super::messages::SpawnJob;
use super::user_load::{RunSettings, WorkerReport};
use anyhow::Error;
use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

/// Clocks that differ by more disturb the current rates of the master's page.
const CLOCK_LIMIT_US: u64 = 1_000_000;

pub(super) struct WorkerRun {
    pub(super) settings: RunSettings,
    /// The users of the last `spawn`.
    pub(super) targets: BTreeMap<String, u64>,
    /// When the next report begins; seconds since the Unix epoch.
    pub(super) since: f64,
    /// Attempts: as the server sees them.
    pub(super) requests: u64,
    /// Requests that have ended.
    pub(super) ended: u64,
    pub(super) failures: u64,
    /// The text of interval logs that no report has carried yet.
    pub(super) log: String,
}

impl WorkerRun {
    pub(super) fn new(job: &SpawnJob, process: &str) -> WorkerRun {
        let named = job.run.as_deref().and_then(run_name);
        WorkerRun {
            settings: RunSettings {
                run: named.unwrap_or_else(|| format!("run-{:.0}", job.timestamp)),
                process: process.to_owned(),
                user_classes: job.user_classes_count.keys().cloned().collect(),
                host: job.host.clone(),
                options: job.options.clone(),
                stop_timeout: job.stop_timeout,
                clock_offset_us: job.clock_offset_us,
            },
            targets: job.user_classes_count.clone(),
            since: now_unix().as_secs_f64(),
            requests: 0,
            ended: 0,
            failures: 0,
            log: String::new(),
        }
    }

    /// Says that no user runs, and why.
    pub(super) fn not_run(&self, error: &Error) -> String {
        let classes = &self.settings.user_classes;
        let noun = if classes.len() == 1 {
            "class"
        } else {
            "classes"
        };
        let classes = classes.join(", ");
        format!("the users of {noun} {classes} did not run: {error:#}")
    }

    /// Counts what a report has.
    pub(super) fn add(&mut self, report: &WorkerReport) {
        for endpoint in &report.endpoints {
            self.requests += endpoint.requests;
            self.ended += endpoint.ended;
            self.failures += endpoint.failures;
        }
        self.since = now_unix().as_secs_f64();
    }

    /// What the run has done.
    pub(super) fn summary(&self) -> String {
        let (name, failures) = (&self.settings.run, self.failures);
        let counted = if self.requests == self.ended {
            format!("{} requests", self.requests)
        } else {
            format!("{} attempts of {} requests", self.requests, self.ended)
        };
        format!("run {name} has ended: {counted}, {failures} failed")
    }

    /// The users that run, with classes that have none.
    pub(super) fn users(&self, running: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let mut users: BTreeMap<_, _> = self
            .targets
            .keys()
            .map(|class| (class.clone(), 0))
            .collect();
        users.extend(running);
        users
    }

    /// Whether exactly the users of the last `spawn` run.
    pub(super) fn has_reached(&self, running: BTreeMap<String, u64>) -> bool {
        let target = |class| self.targets.get(class).copied().unwrap_or_default();
        self.users(running)
            .iter()
            .all(|(class, &users)| users == target(class))
    }

    /// Says that the clocks differ too much.
    pub(super) fn clock_warning(&self) -> Option<String> {
        let offset = self.settings.clock_offset_us?;
        if offset.unsigned_abs() <= CLOCK_LIMIT_US {
            return None;
        }
        let seconds = Duration::from_micros(offset.unsigned_abs()).as_secs_f64();
        let side = if offset > 0 { "ahead of" } else { "behind" };
        Some(format!(
            "this machine's clock is {seconds:.1} s {side} the master's: its current rates are not those of one moment; \
             synchronise the clocks"
        ))
    }
}

pub(super) fn now_unix() -> Duration {
    UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// The clock of this machine minus that of the master, in microseconds.
pub(super) fn clock_offset_us(timestamp: f64) -> Option<i64> {
    let master = Duration::try_from_secs_f64(timestamp).ok()?.as_micros();
    let here = now_unix().as_micros();
    let difference = here.abs_diff(master);
    let difference = i64::try_from(difference).ok()?;
    Some(if here >= master {
        difference
    } else {
        -difference
    })
}
