//! `flagpole serve`: the flag server.

mod announcement;
mod control;
mod events;
#[cfg(unix)]
mod fifo_sink;
mod greeting;
mod journal_file;
mod limit_notes;
mod listeners;
mod notes;
#[cfg(unix)]
mod parent;
mod process_usage;
mod ready_signals;
mod request_lines;

use self::announcement::{Announcer, ServeFormat};
use self::events::ServeEvent;
use self::limit_notes::drop_reporter;
use self::listeners::CommonOptions;
use self::notes::Notes;
#[cfg(unix)]
use self::parent::ParentProcess;
use self::ready_signals::ReadyOptions;
use self::request_lines::RequestLines;
use crate::exit_status::ExitStatus;
use crate::options::built_in::PROFILES;
use crate::options::connection_options::ConnectionOptions;
use crate::options::control_address::ControlAddress;
use crate::options::listen_address::{self, ListenAddress};
use crate::options::profile_options::ProfileOptions;
use crate::options::{names, value_parsers};
use crate::output;
use crate::process::system_limits;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use flagpole_protocol::spec::DurationDisplay;
use flagpole_server::{ConnectionLimits, ControlPlane, Profile, ServerGroup};
use http::HeaderName;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The least time within which the journal must be written at the end.
const JOURNAL_GRACE: Duration = Duration::from_secs(1);

/// Serve countries' flags (GIF images), with the latency and faults you ask for
///
/// The files are /flags/{cc}/{cc}.gif and /flags/{cc}/metadata.json, where {cc} is a country code such as br.
///
/// A profile describes one or more listeners: servers, each on a port of its own. Without options, opens the three
/// listeners of the built-in profile `book`, which the programs of a well-known book on Python use: LOCAL on port 8000
/// (no delay), DELAY on 8001 (0.5 to 5 s delay) and ERROR on 8002 (the same delay, and 25% of the responses are 418).
///
/// With --port or an option that changes what servers do, such as --latency, --fault or --rate-limit, and without
/// --profile, opens one listener, by default without delays and faults (profile `clean`). With --profile, these options
/// replace the values of every listener of the profile; its rules stay. A name before a value selects one listener of
/// the profile, by default of `book`: --latency DELAY=1s..2s --fault ERROR=500@10%.
#[derive(Args)]
#[command(after_help = PROFILES.help() + "
" + &names::latency_and_fault_lists() + "
Examples:
  flagpole serve
  flagpole serve --latency 50ms
  flagpole serve --latency DELAY=1s..2s --fault ERROR=500@10%
  flagpole serve --latency 10ms..200ms --fault 404@5% --fault 500@10% --seed 7
  flagpole serve --latency 50ms --concurrency-limit 8 --queue 16
  flagpole serve --fault reset:700@1% --fault hang@1% --fault corrupt@1%
  flagpole serve --profile flaky --seed 7 --journal journal.jsonl
  flagpole serve --profile ./mine.toml --print-profile
  flagpole serve --site ./my-flags --port 9000")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    profile: ProfileOptions,

    /// Listen on this address: an IP address or a host name such as `localhost`; repeatable
    #[arg(
        long,
        default_value = "127.0.0.1",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    addr: Vec<ListenAddress>,

    /// Listen on this port and the next ones; 0: free ports [default: the profile's, or 8000]
    #[arg(long, value_parser = value_parsers::port)]
    port: Option<u16>,

    /// Serve {cc}/{cc}.gif and {cc}/metadata.json from this folder
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,

    /// Append JSON lines about requests to this file; `-`: standard output (docs/journal.md)
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,

    /// Add these request fields to the journal: `user-agent,x-request-id`; repeatable
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = value_parsers::field_name)]
    journal_field: Vec<HeaderName>,

    /// Print a line about each request to standard error
    #[arg(short, long)]
    verbose: bool,

    /// Ignore the latency and faults that requests ask for (docs/faults.md)
    #[arg(long)]
    no_request_faults: bool,

    /// Listen here for calls that watch and change the servers: `9000`, `127.0.0.1:9000` (docs/control.md)
    #[arg(long, value_name = "ADDRESS")]
    control: Option<ControlAddress>,

    /// Keep at most N connections to the control plane open
    #[arg(long, value_name = "N", default_value_t = ControlPlane::DEFAULT_MAX_CONNECTIONS,
        value_parser = max_control_connections)]
    max_control_connections: usize,

    /// Hold N journal entries per thread for the control plane [default: 10000]
    #[arg(long, value_name = "N", value_parser = journal_capacity)]
    journal_capacity: Option<usize>,

    /// Print the resulting profile as TOML and exit
    #[arg(long)]
    print_profile: bool,

    /// Print the JSON Schema of profiles and exit
    #[arg(long, conflicts_with = "print_profile")]
    schema: bool,

    #[command(flatten)]
    ready: ReadyOptions,

    /// Write this output format: JSON is one line when ready, one at the end
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: ServeFormat,

    /// Stop when the parent process has ended, however it ended
    #[cfg(unix)]
    #[arg(long)]
    exit_with_parent: bool,

    /// Write only errors to standard error
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    connections: ConnectionOptions,
}

impl ServeArgs {
    /// Serves until a signal, or until the parent process ends.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        if self.schema {
            output::result(&format!("{:#}\n", Profile::schema()))?;
            return Ok(ExitStatus::Success);
        }
        let signals = self.ready.open()?;
        #[cfg(unix)]
        let parent = (self.exit_with_parent).then(ParentProcess::current);
        #[cfg(unix)]
        let parent = parent.transpose()?;
        let profile = self.effective_profile()?;
        if self.print_profile {
            output::result(&profile.to_string())?;
            return Ok(ExitStatus::Success);
        }
        let site = value_parsers::site(self.site.as_deref())?;
        let addresses = listen_address::resolve(&self.addr)?;
        self.check_journal_fields()?;
        let (journal, mut journal_end) = journal_file::open(self.journal.as_deref())?;
        let limits = self.connection_limits(profile.listeners.len())?;
        let notes = Notes::start()?;
        let limit_notes = (!self.quiet).then(|| notes.sender());
        if let Some(journal) = &journal {
            journal.on_lines_dropped(drop_reporter(notes.sender()));
        }
        let request_lines = self.verbose.then(RequestLines::start);
        signals.remove_old_file()?;
        let options = CommonOptions {
            addresses: &addresses,
            site: &site,
            journal: journal.as_ref(),
            // Only the control plane reads the journal in memory.
            journal_capacity: match self.control {
                Some(_) => self.journal_capacity,
                None => Some(0),
            },
            journal_fields: &self.journal_field,
            limits,
            request_faults: !self.no_request_faults,
        };
        let running = listeners::start_all(&profile, &options, limit_notes.as_ref())?;
        let servers = running.iter().map(|one| one.server.control());
        let servers = ServerGroup::new(servers).about(profile.about.clone());
        let control = self.control.as_ref();
        let most = self.max_control_connections;
        let control = control.map(|address| control::start(address, most, &servers));
        let control = control.transpose()?;
        drop((journal, limit_notes));
        let stopped = Arc::new(OnceLock::new());
        let stop_now = listeners::stop_now(&running, &stopped);
        let events = events::events(
            #[cfg(unix)]
            parent,
            self.profile.is_file(),
            self.quiet,
            stop_now,
        )?;
        let announcer = Announcer {
            format: self.format,
            is_journal_on_stdout: journal_end.is_on_stdout(),
        };
        let folder = self.site.as_deref();
        let ready =
            announcement::ready_document(&running, profile.seed, &site, folder, control.as_ref());
        signals.send(&ready)?;
        announcer.ready(&running, &ready, &site)?;
        journal_end.begin();
        // A closed channel stops the server too.
        while let Ok(ServeEvent::Reload) = events.recv() {
            self.reload(&servers);
        }
        // From now on SIGHUP is a signal to stop.
        drop(events);
        let grace = self.connections.grace;
        if !self.quiet {
            notes.sender().send(format!(
                "Finishing requests in progress (at most {}); press Ctrl-C again to stop now",
                DurationDisplay(grace)
            ));
        }
        let ledgers = listeners::stop_all(running, grace)?;
        // The journal ends when nothing refers to it.
        drop((control, servers));
        let code = stopped.get().copied();
        let journal_grace = code.map_or(grace.max(JOURNAL_GRACE), |_| JOURNAL_GRACE);
        let journaled = journal_end.finish(journal_grace);
        let status = ExitStatus::from_failed(journaled.error.is_some());
        let missing_lines = request_lines.and_then(RequestLines::finish);
        for line in journaled.error.into_iter().chain(missing_lines) {
            notes.sender().send(line);
        }
        notes.finish();
        announcer.stopped(&ledgers, journaled.is_whole)?;
        Ok(code.map_or(status, ExitStatus::Stopped))
    }

    fn check_journal_fields(&self) -> Result<()> {
        let has_journal = self.journal.is_some() || self.control.is_some();
        if !has_journal && !self.journal_field.is_empty() {
            bail!(
                "--journal-field: expected a journal as well; add `--journal FILE` or `--control ADDRESS`"
            );
        }
        Ok(())
    }

    /// Reads the file of the profile again; after an error the servers stay as they are.
    fn reload(&self, servers: &ServerGroup) {
        let profile = self.effective_profile();
        let applied = profile.and_then(|profile| {
            let applied = servers.set_profile(profile);
            applied.map_err(|error| anyhow!("--profile: {error}"))
        });
        match applied {
            Ok(()) if self.quiet => {}
            Ok(()) => {
                output::note("SIGHUP: read the profile again; requests follow it from now on");
            }
            Err(error) => output::note(&format!(
                "flagpole: SIGHUP: the profile stays as it was: {error:#}"
            )),
        }
    }

    /// The limits of each of several listeners.
    fn connection_limits(&self, listeners: usize) -> Result<ConnectionLimits> {
        let wanted = self.connections.max_connections;
        let control = self.control.as_ref();
        let control = control.map_or(0, |_| {
            ControlPlane::max_open_files(self.max_control_connections)
        });
        let allowed = system_limits::connections_per_server(listeners, wanted, control)?;
        let most = ConnectionLimits::default().connections;
        let connections = wanted.unwrap_or(allowed.min(most));
        Ok(self.connections.limits(connections))
    }

    /// The profile with the options of the command line, ports included.
    fn effective_profile(&self) -> Result<Profile> {
        let is_single = self.profile.is_given() || self.port.is_some();
        let default = if is_single { "clean" } else { "book" };
        let mut profile = self.profile.effective_profile(default)?;
        let Some(first) = self.port else {
            return Ok(profile);
        };
        for (listener, offset) in profile.listeners.iter_mut().zip(0..) {
            let port = if first == 0 {
                Some(0)
            } else {
                first.checked_add(offset)
            };
            let none_left = || anyhow!("--port: no port left for all listeners after `{first}`");
            listener.port = Some(port.ok_or_else(none_left)?);
        }
        Ok(profile)
    }
}

fn journal_capacity(text: &str) -> Result<usize, String> {
    value_parsers::valid(text, "0 to 10000000", |number| *number <= 10_000_000)
}

fn max_control_connections(text: &str) -> Result<usize, String> {
    let range = 4..=10_000;
    value_parsers::valid(text, "4 to 10000", |number| range.contains(number))
}
