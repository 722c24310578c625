//! A load without requests: each report has some for each user.

use crate::worker::user_load::{EndpointReport, RunSettings, UserLoad, WorkerReport};
use anyhow::{Result, bail};
use flagpole_protocol::LatencyStats;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Requests of a user from one report to the next.
const REQUESTS: u64 = 10;

#[derive(Default)]
pub(super) struct FakeLoad {
    pub(super) settings: Vec<RunSettings>,
    /// The numbers of users that were demanded, in order.
    pub(super) demanded: Vec<u64>,
    pub(super) graces: Vec<Duration>,
    pub(super) requests: u64,
    /// The names of classes that there are; all, if none is given.
    pub(super) classes: Vec<&'static str>,
    pub(super) fails_to_start: bool,
    pub(super) failure: Option<&'static str>,
    pub(super) users: BTreeMap<String, u64>,
    pub(super) is_stopping: bool,
    pub(super) reports: u64,
}

impl UserLoad for FakeLoad {
    fn start(&mut self, settings: &RunSettings) -> Result<()> {
        if self.fails_to_start {
            bail!("flagpole_think: expected a duration");
        }
        self.settings.push(settings.clone());
        self.is_stopping = false;
        Ok(())
    }

    fn set_users(&mut self, users: &BTreeMap<String, u64>) -> Result<()> {
        let is_known =
            |class: &&String| self.classes.is_empty() || self.classes.contains(&class.as_str());
        if let Some(class) = users.keys().find(|class| !is_known(class)) {
            bail!("no class `{class}`");
        }
        self.demanded.push(users.values().sum());
        self.users = users.clone();
        Ok(())
    }

    fn running_users(&self) -> BTreeMap<String, u64> {
        if self.is_stopping {
            BTreeMap::new()
        } else {
            self.users.clone()
        }
    }

    fn take_report(&mut self) -> WorkerReport {
        let requests = REQUESTS * self.users.values().sum::<u64>();
        if self.is_stopped() {
            self.users.clear();
        }
        self.requests += requests;
        self.reports += 1;
        let mut response_time = LatencyStats::default();
        (0..requests).for_each(|n| response_time.record(Duration::from_micros(300 + n)));
        let endpoint = EndpointReport {
            method: "GET".to_owned(),
            name: "/a".to_owned(),
            requests,
            ended: requests / 2,
            failures: requests / 2,
            response_time,
            errors: BTreeMap::from([("status 500".to_owned(), requests / 2)]),
            ..EndpointReport::default()
        };
        WorkerReport {
            endpoints: if requests > 0 {
                vec![endpoint]
            } else {
                Vec::new()
            },
            log: format!("#block {}\n", self.reports),
        }
    }

    fn begin_stop(&mut self, grace: Duration) {
        self.graces.push(grace);
        self.is_stopping = true;
    }

    fn is_stopped(&self) -> bool {
        self.is_stopping
    }

    fn failure(&self) -> Option<String> {
        self.failure.map(str::to_owned)
    }

    fn log_file(&self) -> Option<PathBuf> {
        Some("r1.hlog".into())
    }
}
