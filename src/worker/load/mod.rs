//! The load of a worker: a load run for each user class, whose number of users the master changes.
//!
//! `class_plan` is what a class does; `class_runs` is what the threads of a run share; `supervisor` is the thread that
//! starts the classes, and `intervals` the blocks of its log; `endpoints` has the statistics for Locust, `schedule` what was due, `local_log` the file.

mod class_plan;
mod class_runs;
mod endpoints;
mod intervals;
mod local_log;
mod schedule;
mod supervisor;

use self::class_plan::{ClassPlan, MAX_CLOSED_USERS};
use self::class_runs::ClassRuns;
use self::local_log::{LocalLog, LogFile};
use self::supervisor::Supervisor;
use super::classes::UserClasses;
use super::user_load::{RunSettings, UserLoad, WorkerReport};
use crate::output;
use crate::process::system_limits;
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The load of a worker: one run at a time.
pub(crate) struct WorkerLoad {
    classes: UserClasses,
    /// Where the local log of each run is written; `None` for no log.
    log_folder: Option<PathBuf>,
    /// The run that goes on, or the last one.
    run: Option<Arc<ClassRuns>>,
    log_file: Option<LogFile>,
}

impl WorkerLoad {
    pub(crate) fn new(classes: UserClasses, log_folder: Option<PathBuf>) -> WorkerLoad {
        WorkerLoad {
            classes,
            log_folder,
            run: None,
            log_file: None,
        }
    }

    /// Fails if the users of the closed model need more connections than there can be. They run all the same, and share the
    /// connections.
    fn check_connections(run: &ClassRuns, users: &BTreeMap<String, u64>) -> Result<()> {
        let closed = run.classes.iter().filter(|class| !class.plan.is_open());
        let closed = closed.filter_map(|class| users.get(&class.plan.name));
        let (wanted, allowed) = (closed.sum::<u64>(), system_limits::max_connections());
        if wanted > allowed {
            bail!(
                "{wanted} users need more open files than this worker may have, {allowed}; raise the limit with `ulimit -n`, or \
                 start more workers"
            );
        }
        if wanted > MAX_CLOSED_USERS {
            bail!(
                "{wanted} users are more than a worker can have, {MAX_CLOSED_USERS}; start more workers"
            );
        }
        Ok(())
    }
}

impl UserLoad for WorkerLoad {
    fn start(&mut self, settings: &RunSettings) -> Result<()> {
        if !self.is_stopped() {
            bail!("a run goes on");
        }
        // What an earlier run failed with is not the failure of this one.
        (self.run, self.log_file) = (None, None);
        let plans = self.classes.of_run(settings)?.into_iter();
        let plans = plans.map(|(name, spec)| ClassPlan::new(name, spec, &settings.process));
        let plans = plans.collect::<Result<_>>()?;
        for class in self.classes.without_users(settings) {
            output::note(&format!(
                "flagpole: the master has no users of `[classes.{class}]`; its locustfile needs a class of this name"
            ));
        }
        let log = self.log_folder.as_ref();
        let log = log.map(|folder| LocalLog::create(folder, &settings.run, &settings.process));
        let (local_log, log_file) = log.transpose()?.unzip();
        let run = Arc::new(ClassRuns::new(plans));
        let supervisor = Supervisor {
            run: run.clone(),
            settings: settings.clone(),
            local_log,
        };
        supervisor.start()?;
        (self.run, self.log_file) = (Some(run), log_file);
        Ok(())
    }

    fn set_users(&mut self, users: &BTreeMap<String, u64>) -> Result<()> {
        let Some(run) = &self.run else {
            bail!("no run goes on");
        };
        let names = || run.classes.iter().map(|class| class.plan.name.as_str());
        if let Some(class) = users
            .keys()
            .find(|class| !names().any(|name| name == *class))
        {
            bail!(
                "the run has no class `{class}`, whose users the master spawns; it has {}",
                names().collect::<Vec<_>>().join(", ")
            );
        }
        for (index, class) in run.classes.iter().enumerate() {
            let count = users.get(&class.plan.name).copied().unwrap_or(0);
            let count = if class.plan.is_open() {
                count
            } else {
                count.min(MAX_CLOSED_USERS)
            };
            run.set_users(index, count);
        }
        match run.failure() {
            Some(failure) => bail!("{failure}"),
            None => WorkerLoad::check_connections(run, users),
        }
    }

    fn running_users(&self) -> BTreeMap<String, u64> {
        let classes = self.run.iter().flat_map(|run| &run.classes);
        let users = classes.map(|class| (class.plan.name.clone(), class.control.running_users()));
        users.collect()
    }

    fn take_report(&mut self) -> WorkerReport {
        self.run
            .as_ref()
            .map(|run| run.take_report())
            .unwrap_or_default()
    }

    fn begin_stop(&mut self, grace: Duration) {
        if let Some(run) = &self.run {
            run.stop_within(grace);
        }
    }

    fn is_stopped(&self) -> bool {
        self.run.as_ref().is_none_or(|run| run.is_over())
    }

    fn failure(&self) -> Option<String> {
        self.run.as_ref().and_then(|run| run.failure())
    }

    fn log_file(&self) -> Option<PathBuf> {
        let file = self.log_file.as_ref()?.complete()?;
        Some(file.to_owned())
    }
}

impl Drop for WorkerLoad {
    /// Ends the run at once.
    fn drop(&mut self) {
        self.begin_stop(Duration::ZERO);
    }
}

#[cfg(test)]
mod tests;
