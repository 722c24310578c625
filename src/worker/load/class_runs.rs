//! What the threads of a run share: the classes with their controls, and what was recorded and not reported yet.

use super::class_plan::ClassPlan;
use super::endpoints::{EndpointCollector, Reports, add};
use super::schedule::Schedule;
use crate::load::collector::Collector;
use crate::worker::user_load::WorkerReport;
use flagpole_client::load::LoadControl;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A run that goes on, or has ended: those of its classes.
pub(super) struct ClassRuns {
    pub(super) classes: Vec<RunningClass>,
    pub(super) collector: Arc<Collector>,
    pub(super) endpoints: EndpointCollector,
    /// `None` if not every request is one of a schedule.
    schedule: Mutex<Option<Schedule>>,
    unreported: Mutex<Unreported>,
    failure: Mutex<Option<String>>,
    is_over: AtomicBool,
}

/// A class with what steers it.
pub(super) struct RunningClass {
    pub(super) plan: ClassPlan,
    pub(super) control: LoadControl,
    /// The number of its event loops, as soon as they have begun.
    pub(super) loops: AtomicUsize,
}

#[derive(Default)]
struct Unreported {
    endpoints: Reports,
    log: String,
}

impl ClassRuns {
    pub(super) fn new(plans: Vec<ClassPlan>) -> ClassRuns {
        let schedule = Schedule::new(plans.iter().map(ClassPlan::schedule));
        let class = |plan| RunningClass {
            plan,
            control: LoadControl::new(),
            loops: AtomicUsize::new(0),
        };
        ClassRuns {
            classes: plans.into_iter().map(class).collect(),
            collector: Arc::new(Collector::new(Duration::ZERO, None, None)),
            endpoints: EndpointCollector::default(),
            schedule: Mutex::new(schedule),
            unreported: Mutex::default(),
            failure: Mutex::default(),
            is_over: AtomicBool::new(false),
        }
    }

    /// The time since the start on the clock from which the times of records count; 0 before the start. The clocks of the classes
    /// start together, unless a thread has to wait for its processor; then the last one counts.
    pub(super) fn elapsed(&self) -> Duration {
        let elapsed = self
            .classes
            .iter()
            .filter_map(|class| class.control.elapsed());
        elapsed.min().unwrap_or_default()
    }

    /// Sets the number of users of a class.
    pub(super) fn set_users(&self, index: usize, users: u64) {
        let mut schedule = lock(&self.schedule);
        let change = self.classes[index].control.set_users(users);
        if let Some(schedule) = &mut *schedule {
            schedule.change_users(index, change);
        }
    }

    /// The number of arrivals that were due before this time; `None` if not every request is one of a schedule.
    pub(super) fn due_before(&self, time: Duration) -> Option<u64> {
        let mut schedule = lock(&self.schedule);
        schedule.as_mut().map(|schedule| schedule.due_before(time))
    }

    /// Starts no further requests, and cancels after the grace those that are unfinished.
    pub(super) fn stop_within(&self, grace: Duration) {
        self.collector.end_window(self.elapsed());
        for class in &self.classes {
            class.control.stop_within(grace);
        }
    }

    pub(super) fn in_flight(&self) -> u64 {
        let in_flight = self.classes.iter().map(|class| class.control.in_flight());
        in_flight.sum::<usize>() as u64
    }

    pub(super) fn running_users(&self) -> u64 {
        let users = self
            .classes
            .iter()
            .map(|class| class.control.running_users());
        users.sum()
    }

    /// Adds what the next report has to say.
    pub(super) fn add_unreported(&self, endpoints: Reports, log: &str) {
        let mut unreported = lock(&self.unreported);
        for (name, report) in endpoints {
            add(&mut unreported.endpoints, &name, report);
        }
        unreported.log.push_str(log);
    }

    /// Takes what was recorded up to the end of the latest interval of the log.
    pub(super) fn take_report(&self) -> WorkerReport {
        let Unreported { endpoints, log } = mem::take(&mut *lock(&self.unreported));
        WorkerReport {
            endpoints: endpoints.into_values().collect(),
            log,
        }
    }

    /// A part of the run has failed, for the first time or again.
    pub(super) fn fail(&self, message: String) {
        lock(&self.failure).get_or_insert(message);
    }

    pub(super) fn failure(&self) -> Option<String> {
        lock(&self.failure).clone()
    }

    /// Everything has ended, and the last report is there.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
