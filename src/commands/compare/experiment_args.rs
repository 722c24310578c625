//! The experiment that the command line describes.

use super::args::CompareArgs;
use crate::experiment::spec::experiment::{Experiment, Grid};
use crate::options::strategy_names::StrategyName;
use crate::options::value_parsers::Seed;
use anyhow::{Result, bail};
use flagpole_server::Latency;
use flagpole_server::config::listener::Listener;

/// The named experiment, or the experiment that the options describe.
pub(super) fn experiment(args: &CompareArgs) -> Result<Experiment> {
    let mut experiment = match &args.experiment {
        Some(name) => Experiment::load(name)?,
        None => from_options(args)?,
    };
    experiment.rounds = args.rounds.unwrap_or(experiment.rounds);
    if args.measure_overhead {
        experiment.measure_overhead = Some(true);
    }
    experiment.fail_if.extend(args.fail_if.iter().cloned());
    Ok(experiment)
}

fn from_options(args: &CompareArgs) -> Result<Experiment> {
    let latencies = args.latency.iter().flat_map(|list| list.0.clone());
    let mut latencies: Vec<_> = latencies.collect();
    let (seed, server) = match args.url {
        Some(_) => (0, None),
        None => server(args, &mut latencies)?,
    };
    let strategies = args.strategy.iter().flat_map(|list| &list.0);
    let strategies = strategies.map(|one| StrategyName(*one));
    Ok(Experiment {
        seed: Seed(seed),
        flags: args.flags,
        times: args.times,
        files: args.files,
        url: args.url.as_ref().map(ToString::to_string),
        grid: Grid {
            latency: latencies,
            concurrency: args.concurrency.clone(),
            strategies: strategies.collect(),
            ..Grid::default()
        },
        policy: args.policy.clone(),
        server,
        // The defaults are those of an empty file.
        ..Experiment::parse("", "")?
    })
}

/// The seed and the only listener of the profile. A single latency becomes that of the listener and leaves `latencies`.
fn server(args: &CompareArgs, latencies: &mut Vec<Latency>) -> Result<(u64, Option<Listener>)> {
    let mut profile = args.server.effective_profile("clean", &[])?;
    if profile.listeners.len() > 1 {
        let names = profile.listeners.iter().flat_map(|one| &one.name);
        let names: Vec<_> = names.map(String::as_str).collect();
        bail!(
            "--profile: expected one listener, got {}; choose one with `--listener`",
            names.join(", ")
        );
    }
    let mut listener = profile.listeners.pop();
    if latencies.is_empty() && !args.server.names_profile() {
        latencies.push("50ms".parse().expect("50ms is a latency"));
    }
    if let Some(listener) = &mut listener {
        listener.port = None;
        if let [only] = latencies.as_slice() {
            listener.latency = only.clone();
            latencies.clear();
        }
    }
    Ok((profile.seed, listener))
}
