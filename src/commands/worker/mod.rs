//! `flagpole worker`: makes the load that a Locust master demands.

mod args;
mod ignored_options;
mod master;

pub(crate) use self::args::WorkerArgs;

use crate::exit_status::ExitStatus;
use crate::worker::classes::UserClasses;
use crate::worker::load::WorkerLoad;
use crate::worker::machine_share::MachineMeter;
use crate::worker::session::WorkerSession;
use crate::worker::state::Timing;
use crate::worker::worker_log::{Severity, WorkerLog};
use crate::{interrupt, output, visible};
use anyhow::{Context as _, Result};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use tokio::runtime::Builder;
use tokio::sync::mpsc::unbounded_channel;

impl WorkerArgs {
    /// Works until the master or a signal ends the worker, or no master is found.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        let (host, port) = (self.master_host.as_deref(), self.master_port.as_deref());
        let master = master::master_address(host, port, |name| env::var(name).ok())?;
        let classes = user_classes(&self.targets)?;
        let folder = self.log_folder()?;
        let timing = Timing {
            master_timeout: self.master_timeout,
            reconnect_timeout: self.reconnect_timeout,
            attempt: Timing::default().attempt.min(self.reconnect_timeout),
            ..Timing::default()
        };
        let mut load = WorkerLoad::new(classes, folder);
        let mut meter = MachineMeter::start();
        let mut machine_share = || meter.share();
        let mut write = write_line;
        let (signal, signals) = unbounded_channel();
        interrupt::on_first_signal(move || {
            // The worker may have ended.
            let _ = signal.send(());
        })?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot start the runtime")?;
        let log = WorkerLog::new(&mut write);
        let session = WorkerSession::new(master, timing, &mut load, &mut machine_share, log);
        let exit = runtime.block_on(session.run(signals));
        // The system may still be looking for the address of a host.
        runtime.shutdown_background();
        if let Some(error) = exit.error {
            output::error(&error);
        }
        Ok(exit.status)
    }

    fn log_folder(&self) -> Result<Option<PathBuf>> {
        if self.no_hlog {
            return Ok(None);
        }
        let folder = &self.hlog_folder;
        fs::create_dir_all(folder)
            .with_context(|| format!("--hlog-folder: cannot create `{}`", folder.display()))?;
        Ok(Some(folder.clone()))
    }
}

/// Those of a file, if one is given.
fn user_classes(targets: &[String]) -> Result<UserClasses> {
    match targets {
        [one] if Path::new(one).is_file() || is_toml(one) => UserClasses::load(one),
        _ => UserClasses::from_urls(targets.to_vec()),
    }
}

fn is_toml(name: &str) -> bool {
    let extension = Path::new(name).extension();
    !name.contains("://") && extension.is_some_and(|it| it.eq_ignore_ascii_case("toml"))
}

fn write_line(severity: Severity, line: &str) {
    match severity {
        Severity::Note => output::note(&format!("flagpole: {}", visible::visible(line))),
        Severity::Warning => output::error(line),
    }
}
