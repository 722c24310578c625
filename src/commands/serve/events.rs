//! What ends or resets the servers: signals, or the parent process (`flagpole compare`) and what it is sent.

#[cfg(unix)]
use crate::commands::serve::parent::ParentProcess;
use crate::interrupt;
use crate::output;
use crate::process::child_process::{self, ChildMessage, ParentMessage};
use crate::process::lost_time::sched_stat::SchedStat;
use crate::process::resource_usage;
use anyhow::{Result, bail};
use flagpole_analysis::comparison::ServerSummary;
use flagpole_protocol::{Ledger, as_micros};
use flagpole_server::Profile;
use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver};
use std::{mem, thread};

/// A request by a signal or by the end of the parent process.
pub(super) enum ServeEvent {
    /// Read the file of the profile again.
    Reload,
    Stop,
}

/// A request by `flagpole compare`: wait until the connections close, write a report, and reset the counters.
pub(super) struct DrainAndReset;

/// Events from signals and from the end of the parent process. A second signal calls `stop_now` with the exit code. With
/// `reloads`, SIGHUP is a request to reload.
pub(super) fn events(
    #[cfg(unix)] parent: Option<ParentProcess>,
    reloads: bool,
    stop_now: impl Fn(u8) + Send + 'static,
) -> Result<Receiver<ServeEvent>> {
    let (sender, events) = mpsc::channel();
    // Sending fails if the server is stopping already.
    #[cfg(unix)]
    if let Some(parent) = parent {
        let sender = sender.clone();
        parent.watch(move || {
            output::note("The parent process has ended");
            let _ = sender.send(ServeEvent::Stop);
        })?;
    }
    let reload = sender.clone();
    let stop = move || {
        let _ = sender.send(ServeEvent::Stop);
    };
    let hangup = move || reloads && reload.send(ServeEvent::Reload).is_ok();
    interrupt::on_signals_and_hangups(stop, stop_now, hangup)?;
    Ok(events)
}

/// Events from `flagpole compare`, the parent process.
pub(super) fn events_of_comparison() -> Result<Receiver<DrainAndReset>> {
    let (sender, events) = mpsc::channel();
    // Ctrl-C reaches the whole process group; the parent stops its server.
    interrupt::on_first_signal(|| {})?;
    thread::spawn(move || {
        child_process::listen(|message| {
            if let ParentMessage::DrainAndReset = message {
                let _ = sender.send(DrainAndReset);
            }
        });
    });
    Ok(events)
}

/// The sums of all summaries so far.
#[derive(Default)]
pub(super) struct SentTotals {
    ledger: Ledger,
    cpu_us: u64,
    /// What the scheduler said of each thread.
    threads: BTreeMap<String, SchedStat>,
}

impl SentTotals {
    /// Sends this ledger, and the CPU time since the previous summary.
    pub(super) fn send_next(&mut self, ledger: &Ledger) -> Result<()> {
        let cpu_us = resource_usage::current().cpu_us();
        let since_previous = cpu_us - mem::replace(&mut self.cpu_us, cpu_us);
        let threads = SchedStat::of_threads();
        let run_queue_us = busiest_run_queue_us(&threads, &self.threads);
        self.threads = threads;
        self.ledger += ledger;
        send_summary(ledger, since_previous, run_queue_us)
    }

    /// Sends the sum of all ledgers and of this one, and the CPU time since the start.
    pub(super) fn send_total(mut self, last: &Ledger) -> Result<()> {
        self.ledger += last;
        let run_queue_us = busiest_run_queue_us(&SchedStat::of_threads(), &BTreeMap::new());
        send_summary(
            &self.ledger,
            resource_usage::current().cpu_us(),
            run_queue_us,
        )
    }
}

/// The run-queue delay since `before` of the thread that used the most CPU time since then. A response waits for the
/// thread of its connection, and the busiest one has the most connections.
fn busiest_run_queue_us(
    now: &BTreeMap<String, SchedStat>,
    before: &BTreeMap<String, SchedStat>,
) -> Option<u64> {
    let since = now.iter().map(|(id, now)| {
        let before = before.get(id).copied().unwrap_or_default();
        now.since(before)
    });
    let busiest = since.max_by_key(|stat| stat.cpu)?;
    Some(as_micros(busiest.run_queue))
}

fn send_summary(ledger: &Ledger, cpu_us: u64, run_queue_us: Option<u64>) -> Result<()> {
    let summary = ServerSummary::new(ledger, cpu_us, run_queue_us);
    child_process::send(&ChildMessage::Summary(summary))
}

/// The profile that the parent sends.
pub(super) fn profile_of_parent() -> Result<Profile> {
    match child_process::receive()? {
        ParentMessage::Profile(text) => Ok(text.parse()?),
        _ => bail!("expected the profile of a server"),
    }
}
