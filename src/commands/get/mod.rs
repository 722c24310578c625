//! `flagpole get`: the book's downloader, with a strategy of one's choice.

mod display;
mod downloads;
mod records;
mod result;

use self::display::Display;
use self::downloads::Downloads;
use self::records::{Records, RecordsFile};
use self::result::{Done, Format, flags};
use crate::exit_status::ExitStatus;
use crate::options::policy::PolicyOptions;
use crate::options::selection::Selection;
use crate::options::value_parsers;
use crate::process::system_limits;
use crate::{interrupt, output};
use anyhow::{Result, anyhow, bail};
use clap::{Args, ValueEnum};
use flagpole_client::{
    BODY_LIMIT, CancellationToken, Concurrency, DownloadDir, Endpoint, Run, Strategy, Target,
    Transport, Workload,
};
use flagpole_protocol::{AttemptRecord, RunStats};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Download flags
///
/// Every body is checked against its length and digest, and a file appears whole or not at all. Exit code
/// 0: every flag was downloaded, is there already or does not exist; 1: something failed, was interrupted,
/// or not all of the result or the records could be written; 2: nothing was begun.
#[derive(Args)]
#[command(after_help = value_parsers::strategies() + "
" + &value_parsers::transports() + "
Examples:
  flagpole get
  flagpole get --strategy threads -m 10 --all
  flagpole get BR US JP -v --dest flags
  flagpole get --server ERROR --every --limit 100 --timeout 10s --retries 3
  flagpole get --all -m 32 --hedge p95 --records attempts.jsonl
  flagpole get --all --metadata --resume --format json")]
pub(crate) struct GetArgs {
    #[command(flatten)]
    selection: Selection,

    /// How to download
    #[arg(long, default_value = "async", value_name = "NAME", value_parser = value_parsers::strategy_names(), hide_possible_values = true)]
    strategy: &'static dyn Strategy,

    /// By which library requests are made
    #[arg(long, default_value = "hyper", value_name = "NAME", value_parser = value_parsers::transport_names(), hide_possible_values = true)]
    transport: &'static dyn Transport,

    /// At most so many requests at once, 1 to 1000 [default: the strategy's own, see `flagpole
    /// strategies`]
    #[arg(short, long, alias = "max_req", value_name = "N")]
    max_req: Option<Concurrency>,

    /// One of the servers that a plain `flagpole serve` opens [default: LOCAL]
    #[arg(short, long, ignore_case = true, conflicts_with = "url")]
    server: Option<Site>,

    /// A site's root, or its /flags
    #[arg(long)]
    url: Option<Target>,

    /// Save the flags in this folder
    #[arg(long, default_value = "downloaded", value_name = "DIR")]
    dest: PathBuf,

    /// Ask for each country's name as well, and save its flag as `Brazil--BR.gif`
    #[arg(long)]
    metadata: bool,

    /// Leave out what is already there and whole, and go on where a download broke off
    #[arg(long)]
    resume: bool,

    /// Refuse a body of more than so many bytes while it arrives
    #[arg(long, default_value_t = BODY_LIMIT, value_name = "BYTES", value_parser = value_parsers::count)]
    max_body: usize,

    /// Show every download as it completes
    #[arg(short, long)]
    verbose: bool,

    /// How to write the result
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: Format,

    /// Write a line of JSON to this file for each attempt
    #[arg(long, value_name = "FILE")]
    records: Option<PathBuf>,

    // Last: what follows would stand under its heading in the help.
    #[command(flatten)]
    policy: PolicyOptions,
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

impl GetArgs {
    /// Downloads, and says how it went.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        let codes = self.selection.codes();
        let plan = if self.metadata {
            Workload::with_metadata(codes)
        } else {
            Workload::flags(codes)
        };
        let lanes = self.lanes()?;
        let policy = self.policy.policy(lanes.get())?;
        system_limits::make_room(lanes.get())?;
        let target = match &self.url {
            Some(url) => url.clone(),
            None => self.server.unwrap_or(Site::Local).url(),
        };
        let endpoint = target
            .clone()
            .resolve()
            .map_err(|e| anyhow!("--url: {e}"))?;
        let records = self.records.as_deref().map(RecordsFile::open).transpose()?;
        let destination = self.destination(&target)?;
        let records = records.map(RecordsFile::begin).transpose()?;
        let cancel = CancellationToken::new();
        let (asked, left) = (cancel.clone(), destination.clone());
        interrupt::on_signals(move || asked.cancel(), move || left.abandon())?;

        announce(&plan, &endpoint, self.strategy, lanes);
        let display = Display::new(plan.jobs.len(), self.verbose);
        let downloads = Mutex::new(Downloads::default());
        let on_record = |record: &AttemptRecord| {
            display.show(record);
            if let Some(records) = &records {
                records.tell(record);
            }
            if self.format != Format::Text {
                let downloads = downloads.lock();
                downloads
                    .unwrap_or_else(PoisonError::into_inner)
                    .add(record);
            }
        };
        let run = Run::new(&plan, &endpoint)
            .concurrency(lanes)
            .transport(self.transport)
            .policy(policy)
            .body_limit(self.max_body)
            .destination(&destination)
            .cancel(cancel)
            .on_record(&on_record);
        let start = Instant::now();
        let tally = self.strategy.run(&run)?;
        let elapsed = start.elapsed();
        display.finish();
        let downloads = downloads.into_inner();
        let done = Done {
            tally: &tally,
            elapsed,
            downloads: &downloads.unwrap_or_else(PoisonError::into_inner),
        };
        let told = done
            .written(self.format)
            .map_err(Into::into)
            .and_then(|text| output::result(&text));
        let noted = records.map_or(Ok(()), Records::finish);
        advise(&tally);
        let cannot_write = output::report_errors([told, noted]);
        let failed = tally.error + tally.unstarted > 0 || cannot_write;
        Ok(ExitStatus::from_failed(failed))
    }

    fn lanes(&self) -> Result<Concurrency> {
        let lanes = self.max_req.unwrap_or(self.strategy.default_concurrency());
        let name = self.strategy.name();
        if !self.strategy.is_concurrent() && lanes != Concurrency::ONE {
            bail!("--max-req: `{name}` makes one request at a time, got `{lanes}`");
        }
        if !value_parsers::takes(self.strategy, self.transport) {
            bail!(
                "--transport: `{name}` does not work with `{}`",
                self.transport.name()
            );
        }
        Ok(lanes)
    }

    fn destination(&self, target: &Target) -> Result<DownloadDir> {
        let mut destination =
            DownloadDir::prepare(&self.dest).map_err(|e| anyhow!("--dest: {e}"))?;
        if self.metadata {
            destination = destination.by_country();
        }
        if self.resume {
            destination = destination.resuming(&target.to_string(), self.max_body);
        }
        Ok(destination)
    }
}

fn announce(plan: &Workload, endpoint: &Endpoint, strategy: &dyn Strategy, lanes: Concurrency) {
    let (Some(first), Some(last)) = (plan.jobs.first(), plan.jobs.last()) else {
        return;
    };
    output::note(&format!(
        "{}, {} to {}, from {}/flags: {}, at most {lanes} at once",
        flags(plan.jobs.len() as u64),
        first.resource.code(),
        last.resource.code(),
        endpoint.target(),
        strategy.name(),
    ));
}

fn advise(tally: &RunStats) {
    let refused = tally
        .outcomes
        .get("connection_refused")
        .map_or(0, |count| count.attempts);
    if refused > 0 && refused == tally.attempts() {
        output::note("nobody listens there; `flagpole serve` starts the servers");
    }
}
