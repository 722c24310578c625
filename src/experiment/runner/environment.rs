//! Where a comparison is run.

use flagpole_analysis::report::{Environment, Trial};
use std::fs;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many processors the program may use.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The machine and the programs, as far as the system tells.
pub(crate) fn environment() -> Environment {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease");
    let system = format!("{} {}", std::env::consts::OS, kernel.trim());
    let processors = read("/proc/cpuinfo");
    let name = processors.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_owned())
    });
    let load = read("/proc/loadavg");
    Environment {
        flagpole: env!("CARGO_PKG_VERSION").to_owned(),
        system: system.trim_end().to_owned(),
        processor: name.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores: cores(),
        load: load
            .split_whitespace()
            .next()
            .and_then(|load| load.parse().ok()),
        optimised: !cfg!(debug_assertions),
        began: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs(),
    }
}

/// How many cores a strategy can use at once: no more than it has threads.
pub(crate) fn usable_cores(trial: &Trial) -> usize {
    let threads = usize::try_from(trial.cost.threads).unwrap_or(1).max(1);
    threads.min(cores())
}
