//! The part of a listener that can be replaced while it runs. Each version is immutable: a request follows the version that
//! was current when its head had been parsed, to its end.

use crate::config::listener::Listener;
use crate::config::profile_error::ProfileError;
use crate::content::site::{Content, Site};
use crate::fate::rule_set::RuleSet;
use crate::limits::ListenerLimits;
use crate::limits::accept_schedule::AcceptSchedule;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

/// One version of a listener.
#[derive(Debug)]
pub(crate) struct ListenerVersion {
    pub(crate) content: Content,
    pub(crate) rule_set: RuleSet,
    pub(crate) limits: ListenerLimits,
    /// When connections are accepted late or refused.
    pub(crate) accept_schedule: AcceptSchedule,
    /// Whether there are no rules, faults, delays and limits; computed once, because every request needs the answer.
    pub(crate) passthrough: bool,
}

impl ListenerVersion {
    /// The first version of a listener. `request_faults`: whether a request may ask for its latency and faults.
    ///
    /// # Errors
    /// If the configuration is invalid, or if a file that a fault names as its body cannot be read.
    pub(crate) fn new(
        site: Arc<Site>,
        seed: u64,
        listener: Listener,
        request_faults: bool,
    ) -> Result<ListenerVersion, ProfileError> {
        ListenerVersion::build(site, seed, listener, request_faults, ListenerLimits::new)
    }

    /// The version after this one. Limits that stay the same keep their state: tokens, permits and reservations.
    ///
    /// # Errors
    /// As those of [`new`](ListenerVersion::new).
    pub(crate) fn next(
        &self,
        seed: u64,
        listener: Listener,
    ) -> Result<ListenerVersion, ProfileError> {
        let before = (&self.content.listener, &self.limits);
        let limits = |listener: &Listener| ListenerLimits::after(before, listener);
        let (site, request_faults) = (self.content.site.clone(), self.content.request_faults);
        ListenerVersion::build(site, seed, listener, request_faults, limits)
    }

    fn build(
        site: Arc<Site>,
        seed: u64,
        listener: Listener,
        request_faults: bool,
        limits: impl FnOnce(&Listener) -> ListenerLimits,
    ) -> Result<ListenerVersion, ProfileError> {
        listener.check()?;
        let rule_set = RuleSet::new(seed, &listener).map_err(ProfileError::from_display)?;
        let limits = limits(&listener);
        Ok(ListenerVersion {
            accept_schedule: AcceptSchedule::new(&listener),
            passthrough: rule_set.is_clean() && limits.is_unlimited(),
            limits,
            rule_set,
            content: Content::new(site, seed, listener, request_faults),
        })
    }
}

/// A version as a worker and its requests hold it: in an `Rc`, because counting the references that workers share would
/// cost every request.
#[derive(Debug)]
pub(crate) struct WorkerVersion(Arc<ListenerVersion>);

impl WorkerVersion {
    pub(crate) fn new(version: Arc<ListenerVersion>) -> Rc<WorkerVersion> {
        Rc::new(WorkerVersion(version))
    }
}

impl Deref for WorkerVersion {
    type Target = ListenerVersion;

    fn deref(&self) -> &ListenerVersion {
        &self.0
    }
}
