//! What the machine gave to a run, and what else used it.

use crate::process::lost_time::LostTimeProbe;
use crate::process::lost_time::local_server::LocalServer;
use crate::process::lost_time::processor_log::ProcessorLog;
use crate::process::resource_usage;
use flagpole_analysis::comparison::{ResourceUsage, ServerSummary};
use flagpole_analysis::load::LoopUsage;
use flagpole_analysis::validity::LostTime;
use std::net::SocketAddr;
use std::time::Duration;

/// Measures this process, and the server if it runs on this machine, during a run.
pub(crate) struct MachineProbe {
    probe: LostTimeProbe,
    processors: ProcessorLog,
    before: ResourceUsage,
    server: LocalServer,
    server_before: Duration,
}

/// What was measured.
pub(crate) struct MachineUsage {
    pub(crate) lost: LostTime,
    pub(crate) resource_usage: ResourceUsage,
    pub(crate) is_server_local: bool,
    pub(crate) server_cpu: Option<Duration>,
}

impl MachineProbe {
    /// Begins just before the run, in the thread that ends it. `addresses` are those of a server that is not started for
    /// the run.
    pub(crate) fn start(addresses: &[SocketAddr]) -> MachineProbe {
        let server = LocalServer::find(addresses);
        MachineProbe {
            processors: ProcessorLog::start(LocalServer::find(addresses)),
            server_before: server.cpu(),
            server,
            before: resource_usage::current(),
            probe: LostTimeProbe::start(),
        }
    }

    /// Ends just after the run, with the ledger of flagpole's own server.
    pub(crate) fn finish(
        mut self,
        loops: &[LoopUsage],
        own: Option<&ServerSummary>,
    ) -> MachineUsage {
        let used = resource_usage::current().delta_since(&self.before);
        let (mut lost, used) = self.probe.finish(used);
        let waits: Option<Vec<u64>> = loops.iter().map(|each| each.run_queue_us).collect();
        lost.run_queue_us = waits.map(|waits| waits.iter().sum());
        lost.thread_time_us = Some(loops.iter().map(|each| each.elapsed_us).sum());
        lost.server_run_queue_us = own.and_then(|server| server.run_queue_us);
        let own_cpu_us = own.map_or(0, |server| server.cpu_us);
        self.processors.trial_ended(own_cpu_us, &mut lost);
        let other = self
            .server
            .is_found()
            .then(|| self.server.cpu().saturating_sub(self.server_before));
        MachineUsage {
            lost,
            resource_usage: ResourceUsage {
                peak_memory_kib: resource_usage::peak_memory_kib(),
                peak_threads: resource_usage::threads(),
                ..used
            },
            is_server_local: own.is_some() || self.server.is_found(),
            server_cpu: own
                .map(|server| Duration::from_micros(server.cpu_us))
                .or(other),
        }
    }
}
