//! What the users of one class do in a run.

use super::endpoints::ClassEndpoints;
use crate::load::spec::LoadSpec;
use crate::load::targets::Targets;
use crate::options::proxy::ProxyOptions;
use crate::process::system_limits;
use anyhow::{Context as _, Result};
use flagpole_analysis::load::{ArrivalKind, AskedUserClass};
use flagpole_client::load::{LoadControl, LoadRun, LoadRunEnd};
use flagpole_client::{
    ArrivalProcess, ArrivalRate, BODY_LIMIT, ClosedSource, OpenSource, Policy, RecordSink,
    RequestSource, Share, Stages, TargetSequence, UserArrivals,
};
use flagpole_protocol::{DrawPurpose, RngKey, as_micros};
use rand::Rng as _;
use std::num::NonZeroUsize;
use std::time::Instant;

/// The most users of a class who make one request after the other, each on a connection.
pub(super) const MAX_CLOSED_USERS: u64 = Stages::MAX_CONNECTIONS as u64;

/// The plan of a class.
pub(super) struct ClassPlan {
    pub(super) name: String,
    pub(super) targets: Targets,
    spec: LoadSpec,
    policy: Policy,
    /// The most requests in flight.
    connections: usize,
    /// That of the process: workers whose requests have the same times would make them all at once.
    seed: u64,
}

impl ClassPlan {
    /// Looks the hosts up. `process` names this process among all of a run.
    pub(super) fn new(name: String, spec: LoadSpec, process: &str) -> Result<ClassPlan> {
        let targets = Targets::new(&spec, None, &ProxyOptions::default());
        let targets = targets.with_context(|| {
            let hint = match &spec.base {
                None => "; the master has no host, which `--host` or its page gives",
                Some(_) => "",
            };
            format!("class `{name}`{hint}")
        })?;
        let connections = if spec.is_open() {
            spec.connections()
        } else {
            let allowed = system_limits::max_connections().min(MAX_CLOSED_USERS);
            usize::try_from(allowed).unwrap_or(usize::MAX)
        };
        let seed = spec.seed.unwrap_or_default().0;
        let text = format!("{process} {name}");
        let seed = RngKey::new(seed, 0, &text, 1).rng(DrawPurpose::Arrival);
        Ok(ClassPlan {
            policy: spec.policy.policy(connections)?,
            seed: { seed }.next_u64(),
            connections,
            targets,
            spec,
            name,
        })
    }

    /// Whether requests arrive at a rate, whatever becomes of earlier ones.
    pub(super) fn is_open(&self) -> bool {
        self.spec.is_open()
    }

    /// The arrivals of a loop; `None` in the closed model.
    pub(super) fn arrivals(&self, share: Share) -> Option<UserArrivals> {
        let process = self.spec.arrivals.unwrap_or_default();
        let rate = self.spec.rate_per_user?;
        Some(UserArrivals::new(rate, process, self.seed, share))
    }

    /// All requests that arrive, if each is one that a schedule knows: an iteration of a scenario has several.
    pub(super) fn schedule(&self) -> Option<UserArrivals> {
        self.arrivals(Share::WHOLE)
            .filter(|_| self.targets.scenario.is_none())
    }

    /// Makes requests from this instant on, until the control ends the run.
    pub(super) fn carry_out(
        &self,
        start: Instant,
        control: &LoadControl,
        sinks: &(dyn Fn(usize) -> Box<dyn RecordSink> + Sync),
    ) -> Result<LoadRunEnd> {
        let source = |share| self.source(share);
        let run = LoadRun::new(self.targets.targets(), &self.targets.endpoints, &source)
            .connections(self.connections)
            .policy(self.policy.clone())
            .transport(self.spec.transport.unwrap_or_default())
            .body_limit(self.spec.max_body.map_or(BODY_LIMIT, NonZeroUsize::get))
            .captures(self.targets.scenario.is_some())
            .start_at(start)
            .control(control);
        Ok(run.run(sinks)?)
    }

    fn source(&self, share: Share) -> Box<dyn RequestSource> {
        let (targets, scenario) = (self.sequence(), self.targets.scenario.clone());
        match (self.arrivals(share), scenario) {
            (None, None) => {
                let think = self.spec.think.unwrap_or_default();
                let source = ClosedSource::with_changing_users(targets, share);
                Box::new(source.think(think, self.seed))
            }
            (None, Some(scenario)) => {
                let source = ClosedSource::with_changing_users(targets, share);
                Box::new(source.scenario(scenario, self.seed))
            }
            (Some(arrivals), None) => {
                Box::new(OpenSource::with_changing_users(arrivals, targets, share))
            }
            (Some(arrivals), Some(scenario)) => {
                let source = OpenSource::with_changing_users(arrivals, targets, share);
                Box::new(source.scenario(scenario, self.seed))
            }
        }
    }

    /// The target of each request, by its number.
    pub(super) fn sequence(&self) -> TargetSequence {
        let order = self.spec.order.unwrap_or_default();
        TargetSequence::new(order, self.seed, self.targets.weights())
    }

    /// How requests are named in reports.
    pub(super) fn endpoints(&self) -> ClassEndpoints {
        ClassEndpoints::new(&self.targets, self.sequence())
    }

    /// For the log.
    pub(super) fn asked(&self) -> AskedUserClass {
        let think = self.spec.think.unwrap_or_default().longest();
        AskedUserClass {
            name: self.name.clone(),
            rate_per_user_per_s: self.spec.rate_per_user.map(ArrivalRate::per_second),
            arrivals: match self.spec.arrivals.unwrap_or_default() {
                ArrivalProcess::Constant => ArrivalKind::Constant,
                ArrivalProcess::Poisson => ArrivalKind::Poisson,
            },
            think_us: as_micros(think),
        }
    }

    /// The settings for people, without secrets; each with the name of the class.
    pub(super) fn settings(&self) -> impl Iterator<Item = (String, String)> {
        let settings = self.spec.settings(None).into_iter();
        settings.map(|(key, value)| (format!("{} {key}", self.name), value))
    }
}
