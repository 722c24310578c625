//! `flagpole serve`: the flag server, or the three of the book.

use crate::{interrupt, options, system};
use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use flagpole_fixtures::Catalog;
use flagpole_server::{FaultSpec, Latency, RateLimit, Server, Site, StartError};
use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// How long answers under way may take once the server is asked to stop: twice the longest delay of
/// the book's servers.
const GRACE: Duration = Duration::from_secs(10);

/// The ports of the book's servers start here.
const PORT: u16 = 8000;

/// Serve flags, as slowly and as badly as asked
///
/// Without latency, faults, limits and --port, opens the three servers that the book's programs expect:
/// LOCAL on port 8000 (clean), DELAY on 8001 (0.5 to 5 s late) and ERROR on 8002 (as late, and a
/// quarter of the answers are 418).
#[derive(Args)]
#[command(after_help = options::families() + "
Examples:
  flagpole serve
  flagpole serve --latency 50ms
  flagpole serve --latency uniform:10ms..200ms --fault 404@5% --fault 500@10% --seed 7
  flagpole serve --latency 50ms --capacity 8 --queue 16
  flagpole serve --fault reset:700@1% --fault hang@1% --fault corrupt@1%
  flagpole serve --site ./my-flags --port 9000")]
pub(crate) struct Serve {
    /// Delay answers: `50ms`, `uniform:500ms..5s`
    #[arg(long, value_name = "SPEC")]
    latency: Option<Latency>,

    /// Let a share of the answers go wrong: `404@5%`; repeatable, at most 100% in all
    #[arg(long, value_name = "SPEC")]
    fault: Vec<FaultSpec>,

    /// Have at most so many answers in service at once; answer 503 beyond that and the queue
    #[arg(long, value_name = "N", value_parser = options::places)]
    capacity: Option<usize>,

    /// Let so many requests wait for a place in service, first come, first served
    #[arg(long, value_name = "N", requires = "capacity", value_parser = options::places)]
    queue: Option<usize>,

    /// Let in so many requests a second or minute, `100/s`; answer 429 beyond that
    #[arg(long, value_name = "N/s")]
    rate_limit: Option<RateLimit>,

    /// Draw delays and faults from this seed: the same seed, the same fates
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, value_parser = options::seed)]
    seed: u64,

    /// Listen on this address
    #[arg(
        long,
        default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST),
        value_name = "IP",
        value_parser = options::address
    )]
    addr: IpAddr,

    /// Listen on this port; 0 for one of the system's choice [default: 8000]
    #[arg(long, value_parser = options::port)]
    port: Option<u16>,

    /// Serve this folder of {cc}/{cc}.gif and {cc}/metadata.json instead of the flags of the world
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,

    /// Stop when standard input closes, and speak JSON: for a parent process
    #[arg(long, hide = true)]
    child: bool,
}

/// A server to be, with the name that the book's programs know it by.
struct Planned {
    name: &'static str,
    port: u16,
    latency: Latency,
    faults: Vec<FaultSpec>,
}

struct Running {
    name: &'static str,
    server: Server,
    does: String,
}

impl Serve {
    /// Serves until it is asked to stop.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let site = match &self.site {
            Some(folder) => Arc::new(Site::new(
                &Catalog::load(folder).map_err(|e| anyhow!("--site: {e}"))?,
            )),
            None => Site::embedded(),
        };
        let connections = usize::try_from(system::connections()).unwrap_or(usize::MAX);
        let planned = self.planned();
        // One limit on open files is for all of them.
        let connections = connections / planned.len();
        let running: Vec<_> = planned
            .into_iter()
            .map(|planned| self.start(planned, site.clone(), connections))
            .collect::<Result<_>>()?;
        let stop = self.stop_signal()?;
        say(&if self.child {
            child_greeting(&running)?
        } else {
            greeting(&running, self.seed)
        })?;
        // A sender that is gone asks to stop as well.
        let _ = stop.recv();
        self.stop(running)
    }

    fn planned(&self) -> Vec<Planned> {
        let wanted = self.latency.is_some()
            || !self.fault.is_empty()
            || self.port.is_some()
            || self.capacity.is_some()
            || self.rate_limit.is_some();
        if wanted || self.child {
            return vec![Planned {
                name: "",
                port: self.port.unwrap_or(PORT),
                latency: self.latency.clone().unwrap_or_default(),
                faults: self.fault.clone(),
            }];
        }
        let latency = |spec: &str| spec.parse().expect("the book's latency is well formed");
        let fault = |spec: &str| spec.parse().expect("the book's fault is well formed");
        let slow = "uniform:500ms..5s";
        vec![
            Planned {
                name: "LOCAL",
                port: PORT,
                latency: latency("0"),
                faults: vec![],
            },
            Planned {
                name: "DELAY",
                port: PORT + 1,
                latency: latency(slow),
                faults: vec![],
            },
            Planned {
                name: "ERROR",
                port: PORT + 2,
                latency: latency(slow),
                faults: vec![fault("418@25%")],
            },
        ]
    }

    fn start(&self, planned: Planned, site: Arc<Site>, connections: usize) -> Result<Running> {
        let does = self.does(&planned);
        let builder = Server::builder()
            .address(SocketAddr::new(self.addr, planned.port))
            .site(site)
            .seed(self.seed)
            .latency(planned.latency)
            .connections(connections);
        let builder = match self.capacity.and_then(NonZero::new) {
            Some(seats) => builder.capacity(seats, self.queue.unwrap_or(0)),
            None => builder,
        };
        let builder = match self.rate_limit {
            Some(limit) => builder.rate_limit(limit),
            None => builder,
        };
        let builder = planned
            .faults
            .into_iter()
            .fold(builder, flagpole_server::Builder::fault);
        let server = builder.start().map_err(|error| match error {
            StartError::Profile(_) => anyhow!("--fault: {error}"),
            StartError::Taken(_) => anyhow!("--port: {error}; choose another with `--port`"),
            StartError::Listen(..) => anyhow!("--addr: {error}"),
            StartError::Thread(_) => anyhow!(error),
        })?;
        Ok(Running {
            name: planned.name,
            server,
            does,
        })
    }

    /// What a server does to its answers, in the words of the command line.
    fn does(&self, planned: &Planned) -> String {
        let latency = (!planned.latency.is_zero()).then(|| format!("latency {}", planned.latency));
        let faults = planned.faults.iter().map(|fault| format!("fault {fault}"));
        let capacity = self
            .capacity
            .map(|seats| format!("capacity {seats}, queue {}", self.queue.unwrap_or(0)));
        let rate = self.rate_limit.map(|limit| format!("rate limit {limit}"));
        let words: Vec<_> = latency
            .into_iter()
            .chain(faults)
            .chain(capacity)
            .chain(rate)
            .collect();
        if words.is_empty() {
            "clean".to_owned()
        } else {
            words.join(", ")
        }
    }

    /// Gets a word when the server is to stop.
    fn stop_signal(&self) -> Result<mpsc::Receiver<()>> {
        let (stop, stopped) = mpsc::channel();
        if self.child {
            // A Ctrl-C reaches the whole process group; it is the parent's to say when we stop.
            interrupt::on_first(|| {})?;
            thread::spawn(move || {
                let _ = io::stdin().read_to_end(&mut Vec::new());
                let _ = stop.send(());
            });
        } else {
            interrupt::on_first(move || {
                let _ = stop.send(());
            })?;
        }
        Ok(stopped)
    }

    fn stop(&self, running: Vec<Running>) -> Result<ExitCode> {
        // A parent that is gone waits for nothing.
        let grace = if self.child { Duration::ZERO } else { GRACE };
        if !self.child {
            eprintln!(
                "finishing what is under way, at most {} s; Ctrl-C again to stop at once",
                grace.as_secs()
            );
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
                serde_json::to_string(&ledger)? + "\n"
            } else {
                format!(
                    "\n{}\n{ledger}\n",
                    format!("{name} http://{address}/").trim_start()
                )
            })?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn greeting(running: &[Running], seed: u64) -> String {
    let mut text = format!("flagpole serves (seed {seed}; Ctrl-C stops):\n\n");
    for Running { name, server, does } in running {
        // Writing to a String can not fail.
        let _ = writeln!(text, "  {name:<5}  {}flags/  {does}", server.url());
    }
    let worst = running.last().expect("at least one server is planned");
    let _ = write!(
        text,
        "\ntry:\n  curl -i {}flags/br/br.gif\n",
        worst.server.url()
    );
    let _ = if worst.name.is_empty() {
        writeln!(text, "  flagpole get --url {}", worst.server.url())
    } else {
        writeln!(text, "  flagpole get --server {}", worst.name)
    };
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
