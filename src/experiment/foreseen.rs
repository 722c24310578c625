//! What is known of the runs of a cell before they are made: how many latencies will be independent, and whether there
//! will be a lower bound. Errs on the side of what can be judged.

#[cfg(test)]
mod tests;
pub(crate) mod thresholds;

use super::runner::conditions::CellConditions;
use super::runner::plan_predictor::has_time_windows;
use super::spec::strategy_variant::StrategyVariant;
use anyhow::Result;
use flagpole_client::policy::Timeouts;
use flagpole_client::{Concurrency, DownloadSpec, Policy, Workload};
use flagpole_protocol::Resource;
use flagpole_server::config::listener::Listener;
use flagpole_server::fate::request_info::RequestInfo;
use flagpole_server::{FatePreview, RuleSet, Site};
use std::sync::Arc;
use std::time::Duration;

/// The runs of a cell.
pub(crate) struct ForeseenRuns<'a> {
    conditions: &'a CellConditions<'a>,
    workload: &'a Workload,
    /// `None` if fates are unknown: with an external server, or if they depend on the time of a request.
    server: Option<ForeseenServer>,
}

struct ForeseenServer {
    rules: RuleSet,
    site: Arc<Site>,
    listener: Listener,
}

/// Whether latencies of downloads or of attempts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SampleKind {
    Downloads,
    Attempts,
}

/// The greatest number of independent latencies of successes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SampleSize {
    pub(crate) independent: usize,
    /// Whether delays differ within a round: then only the latencies of one round are independent.
    pub(crate) is_of_one_round: bool,
}

/// Why there is no lower bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoBound {
    Hedged,
    NotDelayed,
}

impl<'a> ForeseenRuns<'a> {
    pub(crate) fn new(
        conditions: &'a CellConditions<'a>,
        workload: &'a Workload,
    ) -> Result<ForeseenRuns<'a>> {
        let server = match conditions.listener()? {
            Some(listener) if !has_time_windows(&listener) => Some(ForeseenServer {
                rules: RuleSet::new(conditions.experiment.seed.0, &listener)?,
                site: Site::embedded(),
                listener,
            }),
            _ => None,
        };
        Ok(ForeseenRuns {
            conditions,
            workload,
            server,
        })
    }

    /// How many latencies of successes are independent at most.
    pub(crate) fn sample_size(
        &self,
        variant: &StrategyVariant,
        kind: SampleKind,
    ) -> Result<SampleSize> {
        let round = self.resources(kind).count();
        let is_of_one_round = self.delays_differ(&variant.policy()?, kind);
        let rounds = self.conditions.experiment.rounds.get();
        let independent = round.saturating_mul(if is_of_one_round { 1 } else { rounds });
        Ok(SampleSize {
            independent,
            is_of_one_round,
        })
    }

    /// Why there is certainly no lower bound; `None` if there may be one.
    pub(crate) fn no_bound(&self, variant: &StrategyVariant) -> Result<Option<NoBound>> {
        let policy = variant.policy()?;
        let concurrency = variant.concurrency(self.conditions.concurrency);
        if policy.hedge.is_some() && concurrency > Concurrency::ONE {
            return Ok(Some(NoBound::Hedged));
        }
        let Some(server) = &self.server else {
            return Ok(None);
        };
        // The backoff after a failure, a rate limit and a bandwidth make a bound too.
        let is_prompt = |fate: FatePreview| {
            let takes_no_time = plan(&fate) == [Some(Duration::ZERO); 2];
            takes_no_time && (fate.fault.is_none() || policy.retry.max_attempts() == 1)
        };
        let mut fates = self.fates(server, SampleKind::Attempts);
        let listener = &server.listener;
        let is_limited = listener.rate_limit.is_some() || listener.bandwidth.is_some();
        let is_undelayed = !is_limited && fates.all(is_prompt);
        Ok(is_undelayed.then_some(NoBound::NotDelayed))
    }

    /// Whether nothing is planned that makes a download fail: no fault, no limit and no timeout.
    pub(crate) fn plans_no_failure(&self, variant: &StrategyVariant) -> Result<bool> {
        let Some(server) = &self.server else {
            return Ok(false);
        };
        let (listener, timeouts) = (&server.listener, variant.policy()?.timeouts);
        let is_limited = listener.concurrency_limit.is_some() || listener.rate_limit.is_some();
        let has_timeout = timeouts != Timeouts::NONE;
        let mut fates = self.fates(server, SampleKind::Attempts);
        Ok(!is_limited && !has_timeout && fates.all(|fate| fate.fault.is_none()))
    }

    /// Whether two first attempts that will succeed have different delays. Not certain where the number of the request
    /// that succeeds depends on timing.
    fn delays_differ(&self, policy: &Policy, kind: SampleKind) -> bool {
        let Some(server) = &self.server else {
            return false;
        };
        let listener = &server.listener;
        let has_limit = listener.concurrency_limit.is_some() || listener.rate_limit.is_some();
        let retries_by_timing = has_limit || policy.circuit_breaker.is_some();
        if policy.hedge.is_some() || retries_by_timing && policy.retry.max_attempts() > 1 {
            return false;
        }
        let timeout = policy.timeouts.total.unwrap_or(Duration::MAX);
        let succeeds = |fate: &FatePreview| {
            fate.fault.is_none() && fate.duration.is_some_and(|duration| duration < timeout)
        };
        let mut plans = self
            .fates(server, kind)
            .filter(succeeds)
            .map(|fate| plan(&fate));
        let first = plans.next();
        plans.any(|plan| Some(plan) != first)
    }

    /// The fates of the first attempts at the resources whose latencies are counted.
    fn fates<'s>(
        &'s self,
        server: &'s ForeseenServer,
        kind: SampleKind,
    ) -> impl Iterator<Item = FatePreview> + 's {
        self.resources(kind).map(|(resource, number)| {
            let key = resource.into();
            let request = RequestInfo::get(&key, number, Duration::ZERO);
            FatePreview::new(&server.rules, &server.site, &request)
        })
    }

    /// The resources with their request numbers: of attempts all that are requested, of a download the last one.
    fn resources(&self, kind: SampleKind) -> impl Iterator<Item = (Resource, u64)> + '_ {
        let downloads = self.workload.downloads.iter();
        downloads.flat_map(move |download| {
            let metadata = metadata(download);
            let is_counted = kind == SampleKind::Attempts || metadata.is_none();
            let first = is_counted.then_some(download.resource);
            let resources = first.into_iter().chain(metadata);
            resources.map(|resource| (resource, download.request_number))
        })
    }
}

/// The metadata that is requested after the flag.
fn metadata(download: &DownloadSpec) -> Option<Resource> {
    let code = download
        .resource
        .code()
        .filter(|_| download.saves_by_country);
    code.map(Resource::Metadata)
}

/// The planned time of a response and the pause after it, in which latencies may differ.
fn plan(fate: &FatePreview) -> [Option<Duration>; 2] {
    [fate.duration, fate.pause_after]
}
