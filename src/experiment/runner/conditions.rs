//! The conditions of a cell: one combination of latency and concurrency in the grid of an experiment.

use crate::experiment::spec::experiment::Experiment;
use crate::experiment::spec::strategy_variant::StrategyVariant;
use crate::process::trial_job::Files;
use anyhow::Result;
use flagpole_analysis::comparison::WallMeasuredAt;
use flagpole_client::{Concurrency, TransportKind};
use flagpole_protocol::ServerIdentity;
use flagpole_server::Latency;
use flagpole_server::config::listener::Listener;

/// The name of the condition that holds the concurrency.
pub(crate) const MAX_CONCURRENCY: &str = "max_concurrency";

/// The name of the condition that holds the transport.
pub(crate) const TRANSPORT: &str = "transport";

/// One combination of conditions, and the strategies that run under it.
pub(crate) struct CellConditions<'a> {
    pub(crate) experiment: &'a Experiment,
    pub(crate) variants: &'a [StrategyVariant],
    /// The server at the URL of the experiment, if it is flagpole.
    pub(crate) server: Option<&'a ServerIdentity>,
    /// The latency of this cell; `None` if the grid has none and the listener's own applies.
    pub(crate) latency: Option<Latency>,
    pub(crate) concurrency: Concurrency,
    /// Whether the concurrency is a condition in the result, because cells differ in it.
    pub(crate) shows_concurrency: bool,
    /// The number of the cell, from 1.
    pub(crate) cell: usize,
    /// The index of the first progress step of this cell, which has one step per strategy.
    pub(crate) first_step: usize,
}

impl Experiment {
    /// Every latency with every concurrency. `server` is the external server, if it is flagpole.
    pub(crate) fn cells<'a>(
        &'a self,
        variants: &'a [StrategyVariant],
        server: Option<&'a ServerIdentity>,
    ) -> Vec<CellConditions<'a>> {
        let concurrencies = self.concurrencies();
        let latencies = self.latencies().into_iter();
        let combinations = latencies.flat_map(|latency| {
            let concurrencies = concurrencies.iter();
            concurrencies.map(move |&concurrency| (latency.clone(), concurrency))
        });
        let cells = (0..).zip(combinations);
        let cells = cells.map(|(index, (latency, concurrency))| CellConditions {
            experiment: self,
            variants,
            server,
            latency,
            concurrency,
            shows_concurrency: concurrencies.len() > 1,
            cell: index + 1,
            first_step: index * variants.len(),
        });
        cells.collect()
    }
}

impl CellConditions<'_> {
    /// Whether a program is compared, so that the wall times of all contenders are measured at the server.
    pub(crate) fn has_programs(&self) -> bool {
        self.variants.iter().any(|one| one.program().is_some())
    }

    /// Where the wall times are measured.
    pub(crate) fn wall_measured_at(&self) -> WallMeasuredAt {
        if self.has_programs() {
            WallMeasuredAt::Server
        } else {
            WallMeasuredAt::Client
        }
    }

    /// The listener of flagpole's own server; `None` with an external server.
    pub(crate) fn listener(&self) -> Result<Option<Listener>> {
        let mut listener = self.experiment.listener()?;
        if let (Some(listener), Some(latency)) = (&mut listener, &self.latency) {
            listener.latency = latency.clone();
        }
        Ok(listener)
    }

    /// The conditions as pairs of name and value, for the result.
    pub(crate) fn as_pairs(&self, listener: Option<&Listener>) -> Vec<(String, String)> {
        let experiment = self.experiment;
        let mut pairs = Vec::new();
        if let Some(paths) = &experiment.urls {
            let plural = if paths.len() == 1 { "" } else { "s" };
            pairs.push(("urls", format!("{} path{plural}", paths.len())));
        }
        pairs.extend(experiment.flags.map(|flags| ("flags", flags.to_string())));
        if experiment.times.get() > 1 {
            pairs.push(("times", experiment.times.to_string()));
        }
        let files = experiment.files.filter(|files| *files != Files::Flags);
        pairs.extend(files.map(|files| ("files", files.to_string())));
        if experiment.transport != TransportKind::default() {
            pairs.push((TRANSPORT, experiment.transport.to_string()));
        }
        let policy = experiment.policy.describe();
        if !policy.is_empty() {
            let only = if self.has_programs() {
                " (not of programs)"
            } else {
                ""
            };
            pairs.push(("policy", policy.join(", ") + only));
        }
        if self.shows_concurrency {
            pairs.push((MAX_CONCURRENCY, self.concurrency.to_string()));
        }
        match (&experiment.url, listener) {
            (Some(url), _) => {
                pairs.push(("url", url.clone()));
                pairs.extend(self.server.map(|server| ("seed", server.seed.to_string())));
            }
            (None, Some(listener)) => {
                pairs.extend(server_conditions(listener));
                pairs.push(("seed", experiment.seed.to_string()));
            }
            (None, None) => {}
        }
        let pairs = pairs.into_iter();
        pairs
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// The conditions that a server sets, as pairs of name and value.
pub(crate) fn server_conditions(listener: &Listener) -> Vec<(&'static str, String)> {
    let mut pairs = vec![("latency", listener.latency.to_string())];
    if !listener.faults.is_empty() {
        pairs.push(("faults", joined(&listener.faults)));
    }
    if !listener.rules.is_empty() {
        pairs.push(("rules", listener.rules.len().to_string()));
    }
    if let Some(limit) = listener.concurrency_limit {
        let queue = listener.queue.unwrap_or(0);
        pairs.push(("concurrency_limit", format!("{limit} queue {queue}")));
    }
    if let Some(limit) = &listener.rate_limit {
        pairs.push(("rate_limit", limit.to_string()));
    }
    if let Some(bandwidth) = &listener.bandwidth {
        pairs.push(("bandwidth", bandwidth.to_string()));
    }
    if !listener.accept_delay.is_empty() {
        pairs.push(("accept_delay", joined(&listener.accept_delay)));
    }
    pairs
}

fn joined(values: &[impl ToString]) -> String {
    let texts: Vec<_> = values.iter().map(ToString::to_string).collect();
    texts.join(" + ")
}
