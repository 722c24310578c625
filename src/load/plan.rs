//! What a run does, as the engine needs it: follows from the options, or from a step of a search.

use super::spec::LoadSpec;
use anyhow::Result;
use flagpole_analysis::load::{ArrivalKind, AskedLoad, LoadModel};
use flagpole_client::{
    ArrivalProcess, ArrivalRate, Arrivals, BODY_LIMIT, ClosedSource, OpenSource, Policy,
    RequestLimit, RequestSource, Scenario, Share, Stage, Stages, TargetOrder, TargetSequence,
    ThinkTime, TransportKind,
};
use flagpole_protocol::as_micros;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

/// A run, without its targets.
#[derive(Clone)]
pub(crate) struct LoadPlan {
    pub(crate) model: PlanModel,
    /// The part of this process in the requests.
    pub(crate) share: Share,
    /// The most requests in flight of this process.
    pub(crate) connections: usize,
    /// Of all shards.
    pub(crate) requests: Option<u64>,
    /// When the last request starts, at the latest; the warm-up is included.
    pub(crate) duration: Option<Duration>,
    pub(crate) warm_up: Duration,
    pub(crate) grace: Duration,
    pub(crate) seed: u64,
    pub(crate) order: TargetOrder,
    pub(crate) policy: Policy,
    pub(crate) transport: TransportKind,
    /// The largest body that is accepted, in bytes.
    pub(crate) max_body: usize,
    pub(crate) asked: AskedLoad,
}

/// What decides when requests start.
#[derive(Clone)]
pub(crate) enum PlanModel {
    Closed {
        stages: Vec<Stage<u32>>,
        think: ThinkTime,
    },
    Open {
        stages: Vec<Stage<ArrivalRate>>,
        process: ArrivalProcess,
    },
}

impl LoadPlan {
    /// Whether nothing ends the run if the server never responds.
    pub(crate) fn is_unlimited(&self) -> bool {
        let timeouts = &self.policy.timeouts;
        let limits = [timeouts.total, timeouts.first_byte, timeouts.stall];
        self.duration.is_none() && limits.iter().all(Option::is_none)
    }

    /// The plan of options that were checked.
    pub(crate) fn new(spec: &LoadSpec) -> Result<LoadPlan> {
        let (duration, connections) = (spec.duration(), spec.connections());
        let share = spec.shard().map_or(Share::WHOLE, |shard| Share {
            index: shard.index - 1,
            of: shard.of,
        });
        let think = spec.think.unwrap_or_default();
        let process = spec.arrivals.unwrap_or_default();
        let model = match (&spec.stages, spec.rate) {
            (Some(Stages::Rates(stages)), _) => PlanModel::Open {
                stages: stages.clone(),
                process,
            },
            (Some(Stages::Connections(stages)), _) => PlanModel::Closed {
                stages: stages.clone(),
                think,
            },
            (None, Some(rate)) => PlanModel::Open {
                stages: vec![Stage::constant(rate, duration)],
                process,
            },
            (None, None) => {
                let level = u32::try_from(connections).unwrap_or(u32::MAX);
                PlanModel::Closed {
                    stages: vec![Stage::constant(level, duration)],
                    think,
                }
            }
        };
        let mut plan = LoadPlan {
            model,
            share,
            connections: share.part_of(connections),
            requests: spec.requests.map(|count| count.0),
            duration,
            warm_up: spec.warm_up(),
            grace: spec.grace(),
            seed: spec.seed.unwrap_or_default().0,
            order: spec.order.unwrap_or_default(),
            policy: spec.policy.policy(share.part_of(connections))?,
            transport: spec.transport.unwrap_or_default(),
            max_body: spec.max_body.map_or(BODY_LIMIT, NonZeroUsize::get),
            asked: AskedLoad::default(),
        };
        plan.asked = plan.asked(spec, connections as u64);
        Ok(plan)
    }

    /// `connections` are those of all shards.
    fn asked(&self, spec: &LoadSpec, connections: u64) -> AskedLoad {
        let stages = spec.stages.as_ref().map(Stages::to_string);
        let model = match &self.model {
            PlanModel::Closed { think, .. } => LoadModel::Closed {
                connections,
                think_us: as_micros(think.longest()),
                stages,
            },
            PlanModel::Open {
                stages: rates,
                process,
            } => LoadModel::Open {
                arrivals: match process {
                    ArrivalProcess::Constant => ArrivalKind::Constant,
                    ArrivalProcess::Poisson => ArrivalKind::Poisson,
                },
                rate_per_s: stages.is_none().then(|| rates[0].to.per_second()),
                stages,
                max_in_flight: connections,
                seed: self.seed,
            },
        };
        AskedLoad {
            model,
            duration_us: self.duration.map(as_micros),
            requests: self.requests,
            warm_up_us: as_micros(self.warm_up),
            grace_us: as_micros(self.grace),
            shard: spec.shard(),
        }
    }

    /// Whether requests arrive by a schedule.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.model, PlanModel::Open { .. })
    }

    /// The highest arrival rate of this process, per second; `None` in the closed model.
    pub(crate) fn max_rate(&self) -> Option<f64> {
        let PlanModel::Open { stages, .. } = &self.model else {
            return None;
        };
        let rates = stages.iter().map(|stage| stage.from.max(stage.to));
        Some(self.rate_part(rates.max()?))
    }

    /// This process's part of a rate, per second.
    pub(crate) fn rate_part(&self, rate: ArrivalRate) -> f64 {
        rate.per_second() / self.share.of as f64
    }

    /// The arrivals of a share; `None` in the closed model.
    pub(crate) fn arrivals(&self, share: Share) -> Option<Arrivals> {
        match &self.model {
            PlanModel::Open { stages, process } => {
                Some(Arrivals::new(stages, *process, self.seed, share))
            }
            PlanModel::Closed { .. } => None,
        }
    }

    /// Makes the source of each event loop, for targets of these weights or for a scenario.
    pub(crate) fn source(
        &self,
        weights: Vec<u32>,
        scenario: Option<Arc<Scenario>>,
    ) -> impl Fn(Share) -> Box<dyn RequestSource> + Sync + '_ {
        let limit = |count| RequestLimit::new(count).share(self.share);
        let limit = self.requests.map(limit);
        move |share| {
            let targets = TargetSequence::new(self.order, self.seed, weights.iter().copied());
            match (&self.model, self.arrivals(share)) {
                (PlanModel::Closed { stages, think }, _) => {
                    let mut source = ClosedSource::new(stages, targets, share);
                    source = match &scenario {
                        Some(scenario) => source.scenario(scenario.clone(), self.seed),
                        None => source.think(*think, self.seed),
                    };
                    match &limit {
                        Some(limit) => Box::new(source.limit(limit.clone())),
                        None => Box::new(source),
                    }
                }
                (PlanModel::Open { .. }, arrivals) => {
                    let arrivals = arrivals.expect("an open model has arrivals");
                    let mut source = OpenSource::new(arrivals, targets);
                    if let Some(scenario) = &scenario {
                        source = source.scenario(scenario.clone(), self.seed);
                    }
                    Box::new(source.limit(self.requests.unwrap_or(u64::MAX)))
                }
            }
        }
    }

    /// The model in a few words: `closed, 50 connections`; of a shard `shard 2 of 4 of closed, 50 connections`.
    pub(crate) fn describe(&self) -> String {
        let shard = self.asked.shard.map(|shard| format!("{shard} of "));
        shard.unwrap_or_default() + &self.describe_whole()
    }

    fn describe_whole(&self) -> String {
        match (&self.asked.model, &self.model) {
            (
                LoadModel::Closed {
                    stages: Some(stages),
                    ..
                },
                _,
            ) => format!("closed, {stages}"),
            (LoadModel::Closed { connections: 1, .. }, _) => "closed, 1 connection".to_owned(),
            (LoadModel::Closed { connections, .. }, _) => {
                format!("closed, {connections} connections")
            }
            (
                LoadModel::Open {
                    stages: Some(stages),
                    ..
                },
                _,
            ) => format!("open, {stages}"),
            (LoadModel::Open { .. }, PlanModel::Open { stages, process }) => {
                format!("open, {} {process}", stages[0].to)
            }
            (LoadModel::Open { .. }, PlanModel::Closed { .. }) => "open".to_owned(),
            (LoadModel::Users { .. }, _) => "users by a Locust master".to_owned(),
            (LoadModel::Unknown, _) => "not known".to_owned(),
        }
    }
}
