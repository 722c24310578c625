//! `flagpole get`: the book's downloader, with a strategy of one's choice.

use crate::selection::Selection;
use crate::{SOMETHING_FAILED, interrupt, options, system};
use anyhow::{Result, anyhow, bail};
use clap::{Args, ValueEnum};
use flagpole_client::{
    CancellationToken, Class, Destination, Endpoint, Human, Lanes, Plan, Record, Run, Strategy,
    Tally, Target,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Download flags
#[derive(Args)]
#[command(after_help = options::strategies() + "
Examples:
  flagpole get
  flagpole get --strategy threads -m 10 --all
  flagpole get BR US JP -v --dest flags
  flagpole get --server ERROR --every --limit 100 --timeout 10s")]
pub(crate) struct Get {
    #[command(flatten)]
    selection: Selection,

    /// How to download
    #[arg(long, default_value = "async", value_name = "NAME", value_parser = options::named_strategy)]
    strategy: &'static dyn Strategy,

    /// At most so many requests at once, 1 to 1000 [default: 30 for threads, 5 for async]
    #[arg(short, long, alias = "max_req", value_name = "N")]
    max_req: Option<Lanes>,

    /// One of the servers that a plain `flagpole serve` opens [default: LOCAL]
    #[arg(short, long, ignore_case = true, conflicts_with = "url")]
    server: Option<Site>,

    /// A site's root, or its /flags
    #[arg(long)]
    url: Option<Target>,

    /// Save the flags in this folder
    #[arg(long, default_value = "downloaded", value_name = "DIR")]
    dest: PathBuf,

    /// Give up on a download after this time, connecting included
    #[arg(long, value_name = "DURATION", value_parser = options::timeout)]
    timeout: Option<Duration>,

    /// Show every download as it completes
    #[arg(short, long)]
    verbose: bool,
}

/// The book's servers.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Site {
    Local,
    Delay,
    Error,
}

impl Site {
    fn url(self) -> Target {
        let port = match self {
            Site::Local => 8000,
            Site::Delay => 8001,
            Site::Error => 8002,
        };
        let url = format!("http://127.0.0.1:{port}");
        url.parse().expect("an address and a port make a URL")
    }
}

impl Get {
    /// Downloads, and says how it went.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let plan = Plan::flags(self.selection.codes());
        let lanes = self.lanes()?;
        system::make_room(lanes.get())?;
        let target = self
            .url
            .unwrap_or_else(|| self.server.unwrap_or(Site::Local).url());
        let endpoint = target.resolve().map_err(|e| anyhow!("--url: {e}"))?;
        let destination = Destination::prepare(&self.dest).map_err(|e| anyhow!("--dest: {e}"))?;
        let cancel = CancellationToken::new();
        let asked = cancel.clone();
        interrupt::on_first(move || asked.cancel())?;

        announce(&plan, &endpoint, self.strategy, lanes);
        let display = Display::new(plan.jobs.len(), self.verbose);
        let show = |record: &Record| display.show(record);
        let mut run = Run::new(&plan, &endpoint)
            .lanes(lanes)
            .destination(&destination)
            .cancel(cancel)
            .on_record(&show);
        if let Some(timeout) = self.timeout {
            run = run.timeout(timeout);
        }
        let start = Instant::now();
        let tally = self.strategy.run(&run)?;
        let elapsed = start.elapsed();
        display.finish();
        let is_told = print(&summary(&tally, elapsed));
        advise(&tally);
        let failed = tally.error + tally.unstarted > 0 || !is_told;
        Ok(ExitCode::from(if failed { SOMETHING_FAILED } else { 0 }))
    }

    fn lanes(&self) -> Result<Lanes> {
        let lanes = self.max_req.unwrap_or(self.strategy.default_lanes());
        if !self.strategy.is_concurrent() && lanes != Lanes::ONE {
            let name = self.strategy.name();
            bail!("--max-req: `{name}` makes one request at a time, got `{lanes}`");
        }
        Ok(lanes)
    }
}

fn announce(plan: &Plan, endpoint: &Endpoint, strategy: &dyn Strategy, lanes: Lanes) {
    let (Some(first), Some(last)) = (plan.jobs.first(), plan.jobs.last()) else {
        return;
    };
    eprintln!(
        "{}, {} to {}, from {}/flags: {}, at most {lanes} at once",
        flags(plan.jobs.len() as u64),
        first.resource.code(),
        last.resource.code(),
        endpoint.target(),
        strategy.name(),
    );
}

/// What is shown while it runs: a line a download, a bar, or nothing.
enum Display {
    Lines,
    Bar(ProgressBar),
    Nothing,
}

impl Display {
    fn new(jobs: usize, verbose: bool) -> Display {
        if verbose {
            return Display::Lines;
        }
        if !io::stderr().is_terminal() {
            return Display::Nothing;
        }
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {msg}")
            .expect("the template is well formed");
        Display::Bar(ProgressBar::new(jobs as u64).with_style(style))
    }

    fn show(&self, record: &Record) {
        let code = record.resource.code();
        match self {
            Display::Lines => match record.outcome.class() {
                Class::Ok | Class::NotFound => eprintln!("{code} {}", record.outcome),
                Class::Error => eprintln!("*** Error for {code}: {}", record.outcome),
            },
            Display::Bar(bar) => {
                bar.set_message(format!("{code} {}", record.outcome));
                bar.inc(1);
            }
            Display::Nothing => {}
        }
    }

    fn finish(&self) {
        if let Display::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn flags(count: u64) -> String {
    format!("{count} flag{}", if count == 1 { "" } else { "s" })
}

fn summary(tally: &Tally, elapsed: Duration) -> String {
    let mut text = format!("{} downloaded\n", flags(tally.ok));
    // Writing to a String can not fail.
    if tally.not_found > 0 {
        let _ = writeln!(text, "{} not found", tally.not_found);
    }
    if tally.error > 0 {
        let errors = tally
            .outcomes
            .values()
            .filter(|count| count.class == Class::Error);
        let reasons: Vec<_> = errors
            .map(|count| format!("{} x {}", count.count, count.reason))
            .collect();
        let plural = if tally.error == 1 { "" } else { "s" };
        let _ = writeln!(
            text,
            "{} error{plural}: {}",
            tally.error,
            reasons.join(", ")
        );
    }
    if tally.unstarted > 0 {
        let _ = writeln!(text, "{} not started", tally.unstarted);
    }
    let _ = writeln!(text, "elapsed time: {}", Human(elapsed));
    text
}

fn advise(tally: &Tally) {
    let refused = tally.outcomes.get("refused").map_or(0, |count| count.count);
    if refused > 0 && refused == tally.attempts() {
        eprintln!("nobody listens there; `flagpole serve` starts the servers");
    }
}

/// Writes the result; whether that went well. What was downloaded is there in any case.
fn print(text: &str) -> bool {
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever read the result has seen enough of it.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("flagpole: cannot write the result: {error}");
            false
        }
        _ => true,
    }
}
