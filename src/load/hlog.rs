//! What the log of `--hlog` says of the run besides its intervals.

use super::plan::LoadPlan;
use super::targets::Targets;
use crate::experiment::output_target::OutputStream;
use crate::process::process_name;
use flagpole_analysis::comparison::Environment;
use flagpole_analysis::load::process::{ProcessEnd, ProcessHead};
use flagpole_analysis::load::{AskedLoad, ObservedLoad};
use flagpole_protocol::as_micros;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where a log is written to, and what its head says that the run does not know.
pub(crate) struct HlogTarget {
    pub(crate) stream: OutputStream,
    /// As in the result, without secret values.
    pub(crate) settings: Vec<(String, String)>,
}

/// The head of a run whose warm-up ends at `started`.
pub(super) fn head(
    target: &HlogTarget,
    plan: &LoadPlan,
    targets: &Targets,
    environment: &Environment,
    started: SystemTime,
) -> ProcessHead {
    let shard = plan.asked.shard;
    ProcessHead {
        process: process_name::unique(),
        shard: shard.map(|shard| [shard.index, shard.of]),
        // That of all shards, so that those of one run have the same.
        asked: AskedLoad {
            shard: None,
            ..plan.asked.clone()
        },
        targets: targets.names(),
        settings: target.settings.clone(),
        environment: environment.clone(),
        started_unix_us: as_micros(started.duration_since(UNIX_EPOCH).unwrap_or_default()),
        ..ProcessHead::default()
    }
}

/// The end of a run, without the number of intervals.
pub(super) fn end(observed: &ObservedLoad) -> ProcessEnd {
    ProcessEnd {
        window: observed.window,
        elapsed: observed.elapsed,
        warm_up: observed.warm_up.clone(),
        unstarted: observed.unstarted,
        iterations: observed.iterations.clone(),
        loops: observed.loops.clone(),
        lost: observed.lost,
        resource_usage: observed.resource_usage,
        is_server_local: observed.is_server_local,
        server_cpu: observed.server_cpu,
        server: observed.server.clone(),
        stop: observed.stop.clone(),
        ..ProcessEnd::default()
    }
}
