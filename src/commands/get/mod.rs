//! `flagpole get`: downloads flags with one strategy.

mod formats;
mod progress_display;
mod records;
mod result;

use self::formats::GetFormat;
use self::progress_display::ProgressDisplay;
use self::records::RecordsFile;
use self::result::{DownloadTable, GetResult, flags, plural};
use crate::exit_status::ExitStatus;
use crate::options::flag_selection::CodeSelection;
use crate::options::policy::PolicyOptions;
use crate::options::proxy::ProxyOptions;
use crate::options::{names, value_parsers};
use crate::process::system_limits;
use crate::{interrupt, output};
use anyhow::{Result, anyhow, bail};
use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCandidates;
use flagpole_client::{
    BODY_LIMIT, CancellationToken, Concurrency, DownloadDir, Endpoint, Policy, Run, Strategy,
    Target, TransportKind, Workload, strategy,
};
use flagpole_protocol::spec::DurationDisplay;
use flagpole_protocol::{AttemptRecord, Outcome, RunStats};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Download countries' flags (GIF images)
///
/// Without options, downloads the flags of the 20 most populous countries from port 8000, where `flagpole serve` listens.
///
/// A download is one file. It takes one or more attempts: a first request, retries, redirects, and hedges (duplicates
/// of requests that take long). The length and digest of every body are verified; a file is saved completely or not at
/// all.
///
/// Exit code 0: every flag was downloaded, was already there or does not exist; 1: a download failed or was
/// interrupted, no flag exists at all (see --allow-missing), or a file could not be written; 2: could not start.
#[derive(Args)]
#[command(after_help = names::strategy_list() + "
Examples:
  flagpole get
  flagpole get --strategy threads -c 10 --all
  flagpole get BR US JP -v --dest flags
  flagpole get --server ERROR --every --limit 100 --timeout 10s --retries 3
  flagpole get --all -c 32 --hedge p95 --records attempts.jsonl
  flagpole get --all --metadata --resume --format json")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    selection: CodeSelection,

    /// Use this concurrency strategy (see `flagpole strategies`)
    #[arg(long, default_value = "async", value_name = "NAME", value_parser = strategy::by_name, add = ArgValueCandidates::new(names::strategy_candidates))]
    strategy: &'static dyn Strategy,

    /// Send requests by flagpole's codec (`built-in`) or by `hyper`
    #[arg(long, default_value_t, value_name = "NAME", add = ArgValueCandidates::new(names::transports))]
    transport: TransportKind,

    /// Make at most N concurrent requests, 1 to 1000 [default: depends on the strategy]
    #[arg(short = 'c', long, short_alias = 'm', aliases = ["max-req", "max_req"], value_name = "N")]
    concurrency: Option<Concurrency>,

    /// Use this listener of `flagpole serve` [default: LOCAL]
    #[arg(short, long, ignore_case = true, conflicts_with = "url")]
    server: Option<BookServer>,

    /// Use the server at this URL: `http://127.0.0.1:9000`
    #[arg(long)]
    url: Option<Target>,

    #[command(flatten)]
    proxy: ProxyOptions,

    /// Save the flags in this folder
    #[arg(long, default_value = "downloaded", value_name = "DIR")]
    dest: PathBuf,

    /// Fetch each country's name too; save as `Brazil--BR.gif`
    #[arg(long)]
    metadata: bool,

    /// Skip complete files and continue partial ones
    #[arg(long)]
    resume: bool,

    /// Reject response bodies larger than this
    #[arg(long, default_value_t = NonZeroUsize::new(BODY_LIMIT).expect("the limit is not 0"), value_name = "BYTES", value_parser = value_parsers::count)]
    max_body: NonZeroUsize,

    /// Print each download as it completes
    #[arg(short, long)]
    verbose: bool,

    /// Write this output format
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: GetFormat,

    /// Write one JSON line per attempt to this file
    #[arg(long, value_name = "FILE")]
    records: Option<PathBuf>,

    // Options after it appear under its help heading.
    #[command(flatten)]
    policy: PolicyOptions,

    /// Limit the time of the whole run
    #[arg(long, value_name = "DURATION", value_parser = value_parsers::positive_duration)]
    max_time: Option<Duration>,

    /// Do not repeat requests that died on a reused connection
    #[arg(long)]
    no_retry_stale: bool,
}

/// A listener of the built-in profile `book`, with its port.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
enum BookServer {
    Local = 8000,
    Delay = 8001,
    Error = 8002,
}

impl BookServer {
    fn url(self) -> Target {
        let url = format!("http://127.0.0.1:{}", self as u16);
        url.parse().expect("an address and a port make a URL")
    }
}

impl GetArgs {
    /// Downloads the flags and prints the totals.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        let workload = self.workload();
        let concurrency = self.concurrency()?;
        names::check_transport(self.strategy, self.transport)?;
        let policy = Policy {
            retry_stale: !self.no_retry_stale,
            max_time: self.max_time,
            ..self.policy.policy(concurrency.get())?
        };
        system_limits::check_concurrency(concurrency.get())?;
        let target = self.target();
        let endpoint = self.proxy.resolve(target.clone(), "--url")?;
        // Files are created and changed last, so that a command that cannot start changes nothing.
        let records = self.records.as_deref().map(RecordsFile::open).transpose()?;
        let folder = self.download_dir(&target)?;
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let records = records.map(|file| file.truncate(move || stop.cancel()));
        let records = records.transpose()?;
        let (token, cleaned) = (cancel.clone(), folder.clone());
        let clean_up = move |code: u8| {
            cleaned.remove_temporaries();
            process::exit(code.into());
        };
        interrupt::on_signals(move || token.cancel(), clean_up)?;

        self.announce(&workload, &endpoint, concurrency);
        let display = ProgressDisplay::new(workload.downloads.len(), self.verbose);
        let downloads = Mutex::new(DownloadTable::default());
        let on_record = |record: &AttemptRecord| {
            display.show(record);
            if let Some(records) = &records {
                records.write(record);
            }
            if self.format != GetFormat::Text {
                let mut downloads = downloads.lock().unwrap_or_else(PoisonError::into_inner);
                downloads.add(record);
            }
        };
        let run = Run::new(&workload, &endpoint)
            .concurrency(concurrency)
            .policy(policy)
            .transport(self.transport)
            .body_limit(self.max_body.get())
            .destination(&folder)
            .cancel(cancel)
            .on_record(&on_record);
        let start = Instant::now();
        let stats = self.strategy.run(&run)?;
        let elapsed = start.elapsed();
        display.finish();
        let downloads = downloads.into_inner();
        let result = GetResult {
            stats: &stats,
            elapsed,
            connections: concurrency.get().min(workload.downloads.len()),
            downloads: &downloads.unwrap_or_else(PoisonError::into_inner),
        };
        let printed = self.format.write(&result);
        let printed = printed.and_then(|text| output::result(&text));
        let written = records.map_or(Ok(()), |records| records.finish(&result));
        let saved = result.saved_or_stopped(folder.failure());
        advise(&stats, &endpoint);
        self.report_end_of_time(&result);
        let cannot_write = output::report_errors([printed, written, saved]);
        let has_none = stats.ok == 0 && stats.not_found > 0 && !self.selection.allows_missing();
        if has_none && stats.error + stats.unstarted == 0 {
            let target = endpoint.target();
            output::note(&format!(
                "flagpole: no flag was found at {target}; is it the site's root?"
            ));
        }
        Ok(ExitStatus::from_failed(
            stats.error + stats.unstarted > 0 || cannot_write || has_none,
        ))
    }

    fn workload(&self) -> Workload {
        let codes = self.selection.codes();
        if self.metadata {
            Workload::with_metadata(codes)
        } else {
            Workload::flags(codes)
        }
    }

    fn target(&self) -> Target {
        match &self.url {
            Some(url) => url.clone(),
            None => self.server.unwrap_or(BookServer::Local).url(),
        }
    }

    /// The concurrency, which the strategy must support.
    fn concurrency(&self) -> Result<Concurrency> {
        let default = self.strategy.default_concurrency();
        let concurrency = self.concurrency.unwrap_or(default);
        let name = self.strategy.name();
        if !self.strategy.is_concurrent() && concurrency != Concurrency::ONE {
            bail!("--concurrency: `{name}` makes one request at a time, got `{concurrency}`");
        }
        Ok(concurrency)
    }

    fn download_dir(&self, target: &Target) -> Result<DownloadDir> {
        let folder = DownloadDir::prepare(&self.dest);
        let mut folder = folder.map_err(|error| anyhow!("--dest: {error}"))?;
        if self.metadata {
            folder = folder.by_country();
        }
        if self.resume {
            folder = folder.resuming(&target.to_string(), self.max_body.get());
        }
        Ok(folder)
    }

    /// Says that `--max-time` ended the run, and how many downloads it cut off.
    fn report_end_of_time(&self, result: &GetResult<'_>) {
        let counts = [
            (result.unstarted(), "not started"),
            (
                result.ended_by_max_time() + result.stats.unfinished(),
                "not finished",
            ),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts
            .map(|(count, what)| format!("{} {what}", plural(count, "download")))
            .collect();
        if let Some(limit) = self.max_time.filter(|limit| *limit <= result.elapsed)
            && !counts.is_empty()
        {
            let (limit, counts) = (DurationDisplay(limit), counts.join(", "));
            output::note(&format!("stopped after --max-time {limit}: {counts}"));
        }
    }

    fn announce(&self, workload: &Workload, endpoint: &Endpoint, concurrency: Concurrency) {
        let downloads = &workload.downloads;
        if let (Some(first), Some(last)) = (downloads.first(), downloads.last()) {
            let (first, last) = (first.resource.name(), last.resource.name());
            let codes = match downloads.len() {
                1 => first,
                _ => format!("{first} to {last}"),
            };
            let proxy = endpoint
                .proxy()
                .map(|proxy| format!(" via the proxy {proxy}"));
            let is_default = self.transport == TransportKind::default();
            let transport = (!is_default).then(|| format!(" over {}", self.transport));
            output::note(&format!(
                "{}, {codes}, from {}/flags{}: {}{}, concurrency {concurrency}",
                flags(downloads.len() as u64),
                endpoint.target(),
                proxy.unwrap_or_default(),
                self.strategy.name(),
                transport.unwrap_or_default(),
            ));
        }
    }
}

/// Prints what to do if every connection was refused.
fn advise(stats: &RunStats, endpoint: &Endpoint) {
    let refused = stats.outcomes.get(&Outcome::ConnectionRefused.label());
    let refused = refused.map_or(0, |count| count.attempts);
    if refused > 0 && refused == stats.attempts() {
        output::note(&if let Some(proxy) = endpoint.proxy() {
            format!("Connection refused by the proxy {proxy}")
        } else {
            let target = endpoint.target();
            let addresses = match endpoint.addresses().len() {
                1 => String::new(),
                count => format!(" ({count} addresses)"),
            };
            format!(
                "Connection refused at {target}{addresses}. Start a server with `flagpole serve`"
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct GetCli {
        #[command(flatten)]
        args: GetArgs,
    }

    #[test]
    fn options_of_the_book_are_accepted() {
        for line in [
            "-a -l 5 -s ERROR -v",
            "-e -m 5",
            "BR --max_req 5",
            "--max-req 5",
            "-c 5",
        ] {
            let words = ["get"].into_iter().chain(line.split_whitespace());
            let args = GetCli::try_parse_from(words).map(|cli| cli.args);
            let args = args.unwrap_or_else(|error| panic!("{line}: {error}"));
            let concurrency = args.concurrency.map(Concurrency::get);
            assert!(matches!(concurrency, None | Some(5)), "{line}");
        }
    }
}
