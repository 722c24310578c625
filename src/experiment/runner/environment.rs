//! The machine on which a comparison runs, and the version of flagpole.

use flagpole_analysis::comparison::{Environment, ExternalServer};
use flagpole_protocol::ServerIdentity;
use std::fs;
use std::thread;
use std::time::UNIX_EPOCH;

/// The number of processors that the program may use.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The machine and the version; what the system does not report is empty. `server` is the external server, if it is
/// flagpole.
pub(crate) fn environment(server: Option<&ServerIdentity>) -> Environment {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease");
    let system = format!("{} {}", std::env::consts::OS, kernel.trim());
    let processors = read("/proc/cpuinfo");
    let processor = processors.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_owned())
    });
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next();
    Environment {
        flagpole: env!("CARGO_PKG_VERSION").to_owned(),
        server: server.map(ExternalServer::from),
        system: system.trim_end().to_owned(),
        processor: processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores: cores(),
        load: load.and_then(|load| load.parse().ok()),
        optimised: !cfg!(debug_assertions),
        started_unix_s: UNIX_EPOCH.elapsed().unwrap_or_default().as_secs(),
    }
}
