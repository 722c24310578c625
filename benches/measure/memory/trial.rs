//! A trial is a run in a separate process, which prints its peak memory.

use crate::common::{concurrency, strategy};
use flagpole_client::{DownloadSpec, Endpoint, Run, TransportKind, Workload};
use flagpole_protocol::Resource;
use std::env::current_exe;
use std::fs::read_to_string;
use std::net::SocketAddr;
use std::process::Command;

/// The environment variable that makes this program carry out a trial: strategy (after a transport, if it is not the
/// built-in one), connections and address.
pub(crate) const TRIAL: &str = "FLAGPOLE_MEMORY_TRIAL";

/// Requests on each connection.
const REPETITIONS: usize = 3;

/// Carries out a trial in a new process; returns the peak of its memory in KiB.
pub(super) fn start(strategy: &str, connections: usize, address: SocketAddr) -> usize {
    let output = Command::new(current_exe().expect("the system knows this program"))
        .env(TRIAL, format!("{strategy} {connections} {address}"))
        .output()
        .expect("this program can be started again");
    let text = String::from_utf8_lossy(&output.stdout);
    let peak = text.trim().parse();
    peak.unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Carries out the trial that is described by the variable's text, and prints the peak of this process in KiB.
pub(crate) fn run(trial: &str) {
    let words: Vec<_> = trial.split(' ').collect();
    let [transport @ .., name, connections, address] = &words[..] else {
        panic!("transport, strategy, connections and address, not `{trial}`")
    };
    let transport = transport.first().map_or(TransportKind::BuiltIn, |name| {
        name.parse().expect("it is the name of a transport")
    });
    let connections: usize = connections.parse().expect("it is a number");
    let address: SocketAddr = address.parse().expect("it is an address");
    let path = "/".parse().expect("it is a path");
    let workload = Workload::from(vec![
        DownloadSpec::new(Resource::Path(path));
        REPETITIONS * connections
    ]);
    let endpoint = Endpoint::from(address);
    let run = Run::new(&workload, &endpoint)
        .concurrency(concurrency(connections))
        .transport(transport);
    let stats = strategy(name)
        .run(&run)
        .expect("the strategy can start its threads and runtimes");
    assert_eq!(stats.ok, workload.downloads.len() as u64, "{stats:?}");
    println!("{}", peak());
}

/// The peak of the resident memory of this process in KiB (`proc_pid_status(5)`).
fn peak() -> usize {
    let status = read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let number = number.expect("Linux says it").trim();
    number.parse().expect("it is a number")
}
