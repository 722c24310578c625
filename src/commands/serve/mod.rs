//! `flagpole serve`: the flag server, or the three of the book.

use crate::exit_status::ExitStatus;
use crate::options::profile;
use crate::options::profile::ProfileOptions;
use crate::options::value_parsers;
use crate::process::resource_usage;
use crate::process::server_process::DRAIN_AND_RESET;
use crate::process::{heartbeat, system_limits};
use crate::{interrupt, output};
use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use flagpole_protocol::Ledger;
use flagpole_server::BlockingServer;
use flagpole_server::config::listener::Listener;
use flagpole_server::observe::journal::JournalWriter;
use flagpole_server::{Journal, Profile, Site, StartError};
use serde::Serialize;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// How long answers under way may take once the server is asked to stop: twice the longest delay of
/// the book's servers.
const GRACE: Duration = Duration::from_secs(10);

/// How long the connections of a trial that is over may take to go.
const PATIENCE: Duration = Duration::from_secs(1);

/// Serve flags, as slowly and as badly as asked
///
/// Follows a profile: the one that is named, a clean one if only latency, faults or limits are given, or
/// else that of the book, which opens LOCAL on port 8000 (clean), DELAY on 8001 (0.5 to 5 s late) and
/// ERROR on 8002 (as late, and a quarter of the answers are 418).
#[derive(Args)]
#[command(after_help = profile::listed() + "
" + &value_parsers::families() + "
Examples:
  flagpole serve
  flagpole serve --latency 50ms
  flagpole serve --latency uniform:10ms..200ms --fault 404@5% --fault 500@10% --seed 7
  flagpole serve --latency 50ms --capacity 8 --queue 16
  flagpole serve --fault reset:700@1% --fault hang@1% --fault corrupt@1%
  flagpole serve --profile flaky --seed 7 --journal journal.jsonl
  flagpole serve --profile ./mine.toml --print-profile
  flagpole serve --site ./my-flags --port 9000")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    profile: ProfileOptions,

    /// Listen on this address
    #[arg(
        long,
        default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST),
        value_name = "IP",
        value_parser = value_parsers::address
    )]
    addr: IpAddr,

    /// Listen on this port, further listeners on those behind it; 0 for ports of the system's choice
    /// [default: as the profile says, or 8000]
    #[arg(long, value_parser = value_parsers::port)]
    port: Option<u16>,

    /// Serve this folder of {cc}/{cc}.gif and {cc}/metadata.json instead of the flags of the world
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,

    /// Write a line of JSON for each request to the end of this file
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,

    /// Print the profile with all that is said here, as a file for `--profile`, and do nothing else
    #[arg(long)]
    print_profile: bool,

    /// Print the JSON Schema of profiles and do nothing else
    #[arg(long, conflicts_with = "print_profile")]
    schema: bool,

    /// Speak JSON; at each line `settle` on standard input tell what was done since the one before and be as
    /// fresh as at the start; stop when it closes: for a parent process
    #[arg(long, hide = true)]
    child: bool,
}

/// What a parent process, or a signal, asks for.
enum Word {
    /// To tell what was done, and to be as fresh as at the start.
    Settle,
    /// To stop.
    Stop,
}

/// What a parent process was told until now.
#[derive(Default)]
struct Told {
    ledger: Ledger,
    cpu_us: u64,
}

/// What a parent process is told.
#[derive(Serialize)]
struct Account {
    #[serde(flatten)]
    ledger: Ledger,
    /// Processor time, in microseconds.
    cpu_us: u64,
}

impl Told {
    /// What was done since, in a line.
    fn since(&mut self, ledger: Ledger) -> Result<String> {
        let cpu_us = resource_usage::current().cpu_us();
        let since = Account {
            ledger: ledger.delta_since(&self.ledger),
            cpu_us: cpu_us - self.cpu_us,
        };
        *self = Told { ledger, cpu_us };
        Ok(serde_json::to_string(&since)? + "\n")
    }
}

struct Running {
    name: String,
    server: BlockingServer,
    does: String,
}

impl ServeArgs {
    /// Serves until it is asked to stop.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        if self.schema {
            say(&format!("{:#}\n", Profile::schema()))?;
            return Ok(ExitStatus::Success);
        }
        let profile = self.effective()?;
        if self.print_profile {
            say(&profile.to_string())?;
            return Ok(ExitStatus::Success);
        }
        let site = value_parsers::site(self.site.as_deref())?;
        let (journal, writing) = self.journal.as_deref().map(journal).transpose()?.unzip();
        let running = self.start_all(&profile, &site, journal.as_ref())?;
        drop(journal);
        let stop = self.stop_signal()?;
        say(&if self.child {
            child_greeting(&running)?
        } else {
            greeting(&running, profile.seed)
        })?;
        // A sender that is gone asks to stop as well.
        let mut told = Told::default();
        while let (Ok(Word::Settle), [one]) = (stop.recv(), running.as_slice()) {
            one.server.drain_and_reset(PATIENCE);
            say(&told.since(one.server.ledger())?)?;
        }
        self.stop(running)?;
        Ok(writing.map_or(ExitStatus::Success, finish))
    }

    /// The profile with all that the command line says, ports too.
    fn effective(&self) -> Result<Profile> {
        let is_one = self.profile.says_something() || self.port.is_some() || self.child;
        let mut profile = self
            .profile
            .effective(if is_one { "clean" } else { "book" })?;
        for (listener, further) in profile.listeners.iter_mut().zip(0..) {
            listener.port = match self.port {
                None => listener.port,
                Some(0) => Some(0),
                Some(port) => Some(port.checked_add(further).ok_or_else(|| {
                    anyhow!("--port: `{port}` leaves no port for a listener of the profile")
                })?),
            };
        }
        Ok(profile)
    }

    fn start_all(
        &self,
        profile: &Profile,
        site: &Arc<Site>,
        journal: Option<&Journal>,
    ) -> Result<Vec<Running>> {
        let connections = usize::try_from(system_limits::connections()).unwrap_or(usize::MAX);
        // One limit on open files is for all of them.
        let connections = connections / profile.listeners.len();
        let start = |listener: &Listener| {
            let port = listener.port.unwrap_or_default();
            let name = listener.name.clone().unwrap_or_default();
            let mut builder = BlockingServer::builder()
                .address(SocketAddr::new(self.addr, port))
                .site(site.clone())
                .seed(profile.seed)
                .listener(listener.clone())
                .journal_capacity(0)
                .max_connections(connections);
            if let Some(journal) = journal {
                builder = builder.journal(if name.is_empty() {
                    journal.clone()
                } else {
                    journal.for_listener(&name)
                });
            }
            let server = builder.start().map_err(|error| match error {
                StartError::Profile(_) => anyhow!("--profile: {error}"),
                StartError::PortInUse(_) => {
                    anyhow!("--port: {error}; choose another with `--port`")
                }
                StartError::Listen(..) => anyhow!("--addr: {error}"),
                _ => anyhow!(error),
            })?;
            Ok(Running {
                name,
                server,
                does: does(listener),
            })
        };
        profile.listeners.iter().map(start).collect()
    }

    /// Gets a word when the server is to do something.
    fn stop_signal(&self) -> Result<mpsc::Receiver<Word>> {
        let (stop, stopped) = mpsc::channel();
        if self.child {
            // A Ctrl-C reaches the whole process group; it is the parent's to say when we stop.
            interrupt::on_first(|| {})?;
            thread::spawn(move || {
                heartbeat::listen(|line| {
                    if line == DRAIN_AND_RESET {
                        // A receiver that is gone has stopped.
                        let _ = stop.send(Word::Settle);
                    }
                });
                let _ = stop.send(Word::Stop);
            });
        } else {
            interrupt::on_first(move || {
                let _ = stop.send(Word::Stop);
            })?;
        }
        Ok(stopped)
    }

    fn stop(&self, running: Vec<Running>) -> Result<()> {
        // A parent that is gone waits for nothing.
        let grace = if self.child { Duration::ZERO } else { GRACE };
        if !self.child {
            output::note(&format!(
                "finishing what is under way, at most {} s; Ctrl-C again to stop at once",
                grace.as_secs()
            ));
        }
        let stopping = running.into_iter().map(|running| {
            thread::spawn(move || {
                (
                    running.name,
                    running.server.addr(),
                    running.server.shutdown(grace),
                )
            })
        });
        // All at once, or the grace of each would add up.
        let stopping: Vec<_> = stopping.collect();
        for stopped in stopping {
            let (name, address, ledger) =
                stopped.join().map_err(|_| anyhow!("a server panicked"))?;
            say(&if self.child {
                Told::default().since(ledger)?
            } else {
                format!(
                    "\n{}\n{ledger}\n",
                    format!("{name} http://{address}/").trim_start()
                )
            })?;
        }
        Ok(())
    }
}

/// What a server does to its answers, in the words of the command line.
fn does(listener: &Listener) -> String {
    let latency = (!listener.latency.is_zero()).then(|| format!("latency {}", listener.latency));
    let faults = listener.faults.iter().map(|fault| format!("fault {fault}"));
    let capacity = listener
        .capacity
        .map(|seats| format!("capacity {seats}, queue {}", listener.queue.unwrap_or(0)));
    let rate = listener
        .rate_limit
        .map(|limit| format!("rate limit {limit}"));
    let rules = match listener.rules.len() {
        0 => None,
        1 => Some("1 rule".to_owned()),
        several => Some(format!("{several} rules")),
    };
    let words = rules
        .into_iter()
        .chain(latency)
        .chain(faults)
        .chain(capacity)
        .chain(rate);
    let words: Vec<_> = words.collect();
    if words.is_empty() {
        "clean".to_owned()
    } else {
        words.join(", ")
    }
}

fn journal(path: &Path) -> Result<(Journal, JournalWriter)> {
    let refused = |error: io::Error| anyhow!("--journal: {}: {error}", path.display());
    // What is there already may be the journal of a server that runs.
    let file = OpenOptions::new().create(true).append(true).open(path);
    Journal::new(file.map_err(refused)?).map_err(refused)
}

/// Waits until the journal is written.
fn finish(writing: JournalWriter) -> ExitStatus {
    match writing.finish(GRACE) {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            output::note(&format!(
                "flagpole: --journal: not all could be written: {error}"
            ));
            ExitStatus::Failed
        }
    }
}

fn greeting(running: &[Running], seed: u64) -> String {
    let mut text = format!("flagpole serves (seed {seed}; Ctrl-C stops):\n\n");
    for Running { name, server, does } in running {
        // JournalWriter to a String can not fail.
        let _ = writeln!(text, "  {name:<5}  {}flags/  {does}", server.url());
    }
    let worst = running.last().expect("at least one server is planned");
    let _ = write!(
        text,
        "\ntry:\n  curl -i {}flags/br/br.gif\n",
        worst.server.url()
    );
    let _ = writeln!(text, "  flagpole get --url {}", worst.server.url());
    text
}

fn child_greeting(running: &[Running]) -> Result<String> {
    let url = running
        .first()
        .context("no server was started")?
        .server
        .url();
    Ok(serde_json::json!({ "url": url }).to_string() + "\n")
}

/// Writes to standard output; that nobody reads it any more is no reason to stop serving.
fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write")
        }
        _ => Ok(()),
    }
}
