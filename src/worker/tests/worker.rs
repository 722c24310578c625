//! A worker in a test: the session with short intervals, and what it wrote.

use super::fake_load::FakeLoad;
use crate::worker::address::MasterAddress;
use crate::worker::session::WorkerSession;
use crate::worker::state::{Timing, WorkerExit};
use crate::worker::user_load::MachineShare;
use crate::worker::worker_log::WorkerLog;
use std::future::Future;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What has become of a worker.
pub(super) struct Ended {
    pub(super) exit: WorkerExit,
    pub(super) load: FakeLoad,
    /// Lines for the user.
    pub(super) lines: Vec<String>,
}

impl Ended {
    pub(super) fn has_line(&self, part: &str) -> bool {
        self.lines.iter().any(|line| line.contains(part))
    }
}

/// Intervals of milliseconds; limits that no test should reach are long.
pub(super) fn fast() -> Timing {
    let ms = Duration::from_millis;
    Timing {
        heartbeat: ms(20),
        report: ms(30),
        ready_again: ms(5000),
        first_delay: ms(5),
        longest_delay: ms(50),
        attempt: ms(2000),
        master_timeout: ms(60_000),
        reconnect_timeout: ms(60_000),
        apply: ms(10_000),
        least_grace: ms(1000),
        quit_grace: ms(300),
        overrun: ms(60_000),
        confirm: ms(60_000),
    }
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// Runs a worker beside a script, which gets a sender of signals.
pub(super) async fn work<F: Future<Output = ()>>(
    master: MasterAddress,
    timing: Timing,
    mut load: FakeLoad,
    script: impl FnOnce(UnboundedSender<()>) -> F,
) -> Ended {
    let mut lines = Vec::new();
    let mut write = |_, line: &str| lines.push(line.to_owned());
    let mut share = || MachineShare {
        cpu_percent: 1.0,
        memory_bytes: 1,
    };
    let log = WorkerLog::new(&mut write);
    let session = WorkerSession::new(master, timing, &mut load, &mut share, log);
    let (signal, signals) = unbounded_channel();
    let (exit, ()) = tokio::join!(session.run(signals), script(signal));
    Ended { exit, load, lines }
}
