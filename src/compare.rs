//! `flagpole compare`: the strategies side by side, all meeting the same fates.

use crate::helper::{Account, Helper};
use crate::selection::Flags;
use crate::{NOT_VALID, SOMETHING_FAILED, interrupt, options, system};
use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use flagpole_client::report::{self, Comparison, Report};
use flagpole_client::{
    CancellationToken, Endpoint, Lanes, Measured, Outcome, Plan, Record, Run, Strategy, Target,
    measure, strategy,
};
use flagpole_server::{FaultSpec, Latency, Rulebook};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The most requests at once if nobody says how many: the book's number of threads.
const LANES: usize = 30;

/// Download the same flags with each strategy, meeting the same delays and faults, side by side
#[derive(Args)]
#[command(after_help = options::strategies() + "
" + &options::families() + "
Examples:
  flagpole compare
  flagpole compare --flags all -m 32 --repeat 5
  flagpole compare --latency uniform:10ms..200ms --fault 500@10% --seed 7
  flagpole compare --url http://127.0.0.1:8001 --format json")]
pub(crate) struct Compare {
    /// Delay answers: `50ms`, `uniform:500ms..5s`
    #[arg(
        long,
        default_value = "50ms",
        value_name = "SPEC",
        conflicts_with = "url"
    )]
    latency: Latency,

    /// Let a share of the answers go wrong: `404@5%`; repeatable, at most 100% in all
    #[arg(long, value_name = "SPEC", conflicts_with = "url")]
    fault: Vec<FaultSpec>,

    /// Draw delays and faults from this seed: the same seed, the same fates
    #[arg(long, default_value_t = 0, conflicts_with = "url", allow_negative_numbers = true, value_parser = options::seed)]
    seed: u64,

    /// Fetch so many flags, the most populous countries first, or `all`
    #[arg(long, default_value = "20", value_name = "N")]
    flags: Flags,

    /// At most so many requests at once, 1 to 1000 [default: as many as flags, at most 30]
    #[arg(short, long, alias = "max_req", value_name = "N")]
    max_req: Option<Lanes>,

    /// Compare these strategies only; repeatable, or separated by commas [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = options::named_strategy)]
    strategy: Vec<&'static dyn Strategy>,

    /// Run each strategy so many times, in turn, and show medians
    #[arg(long, default_value = "1", value_name = "N", value_parser = options::count)]
    repeat: usize,

    /// Give up on a download after this time, connecting included
    #[arg(long, value_name = "DURATION", value_parser = options::timeout)]
    timeout: Option<Duration>,

    /// Write `text` or `json`
    #[arg(long, default_value = "text", value_name = "FORMAT", value_parser = format_named)]
    format: &'static dyn Report,

    /// Compare against a server that already runs, anyone's: a site's root, or its /flags
    #[arg(long)]
    url: Option<Target>,
}

fn format_named(name: &str) -> Result<&'static dyn Report, String> {
    report::by_name(name).map_err(|error| error.to_string())
}

impl Compare {
    /// Compares, and says what came of it.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let codes = self.flags.codes();
        self.check()?;
        let default = || Lanes::new(codes.len().min(LANES)).expect("1 to 30 are allowed");
        let lanes = self.max_req.unwrap_or_else(default);
        system::make_room(lanes.get())?;
        let cancel = CancellationToken::new();
        let asked = cancel.clone();
        interrupt::on_first(move || asked.cancel())?;

        let helper = if self.url.is_none() {
            Some(Helper::start(&self.server_options())?)
        } else {
            None
        };
        let endpoint = self.endpoint(helper.as_ref())?;
        let runs = self.rounds(&Plan::flags(codes), &endpoint, lanes, &cancel)?;
        let comparison = Comparison::of(self.conditions(&endpoint), &runs);
        match self.format.write(&comparison, &mut io::stdout().lock()) {
            // Whoever read the result has seen enough of it.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            written => written.context("cannot write the result")?,
        }
        let account = helper.map(Helper::stop).transpose()?;
        let mut doubts = doubts(&runs, account.as_ref());
        if cancel.is_cancelled() {
            doubts.push("interrupted".to_owned());
        }
        for doubt in &doubts {
            eprintln!("flagpole: the measurement is not valid: {doubt}");
        }
        Ok(ExitCode::from(match doubts.is_empty() {
            false => NOT_VALID,
            true if runs.iter().any(|run| has_failed(run, account.is_some())) => SOMETHING_FAILED,
            true => 0,
        }))
    }

    /// Refuses what can not be measured.
    fn check(&self) -> Result<()> {
        Rulebook::of(self.seed, self.latency.clone(), self.fault.clone())
            .map_err(|e| anyhow!("--fault: {e}"))?;
        if self.timeout.is_none() && self.fault.iter().any(FaultSpec::is_endless) {
            bail!("--fault: `hang` without `for=` lasts for ever; give a `--timeout`");
        }
        let mut names: Vec<_> = self
            .strategy
            .iter()
            .map(|strategy| strategy.name())
            .collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        if let Some([name, ..]) = twice {
            bail!("--strategy: `{name}` is named twice");
        }
        Ok(())
    }

    fn server_options(&self) -> Vec<String> {
        let mut options = vec![
            format!("--latency={}", self.latency),
            format!("--seed={}", self.seed),
        ];
        options.extend(self.fault.iter().map(|fault| format!("--fault={fault}")));
        options
    }

    fn endpoint(&self, helper: Option<&Helper>) -> Result<Endpoint> {
        let target = match (&self.url, helper) {
            (Some(url), _) => url.clone(),
            (None, Some(helper)) => helper
                .url
                .parse()
                .context("the server's URL can not be read")?,
            (None, None) => unreachable!("without a URL there is a helper"),
        };
        target.resolve().map_err(|e| anyhow!("--url: {e}"))
    }

    fn rounds(
        &self,
        plan: &Plan,
        endpoint: &Endpoint,
        lanes: Lanes,
        cancel: &CancellationToken,
    ) -> Result<Vec<Measured>> {
        let chosen = if self.strategy.is_empty() {
            strategy::ALL
        } else {
            &self.strategy
        };
        let mut runs = Vec::new();
        for round in 1..=self.repeat {
            for strategy in chosen {
                if cancel.is_cancelled() {
                    return Ok(runs);
                }
                show_progress(strategy.name(), round, self.repeat);
                let run = Run::new(plan, endpoint)
                    .lanes(lanes)
                    .name(run_name(round, strategy.name()))
                    .cancel(cancel.clone());
                let run = match self.timeout {
                    Some(timeout) => run.timeout(timeout),
                    None => run,
                };
                runs.push(measure(*strategy, &run)?);
            }
        }
        show_progress("", 0, 0);
        Ok(runs)
    }

    fn conditions(&self, endpoint: &Endpoint) -> Vec<(String, String)> {
        let mut conditions = vec![("flags", self.flags.codes().len().to_string())];
        if self.url.is_some() {
            conditions.push(("url", endpoint.target().to_string()));
        } else {
            conditions.push(("latency", self.latency.to_string()));
            let faults: Vec<_> = self.fault.iter().map(ToString::to_string).collect();
            if !faults.is_empty() {
                conditions.push(("faults", faults.join(" + ")));
            }
            conditions.push(("seed", self.seed.to_string()));
        }
        conditions
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// A name that no other run has: a server that somebody else started may remember ours.
fn run_name(round: usize, strategy: &str) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros();
    format!("{}-{now}-{round}-{strategy}", std::process::id())
}

/// One line on a terminal, before a strategy runs and never while it does: to watch must not change
/// what is measured.
fn show_progress(strategy: &str, round: usize, rounds: usize) {
    if io::stderr().is_terminal() {
        let text = if round == 0 {
            String::new()
        } else {
            format!("{strategy}, round {round} of {rounds}")
        };
        eprint!("\r{text:<40}{}", if round == 0 { "\r" } else { "" });
    }
}

/// Why the figures should not be believed; nothing if they can be.
fn doubts(runs: &[Measured], account: Option<&Account>) -> Vec<String> {
    let mut doubts = Vec::new();
    if let Some((one, other)) = differing_fates(runs) {
        doubts.push(format!("`{one}` and `{other}` did not meet the same fates"));
    }
    let Some(account) = account else {
        return doubts;
    };
    let records = || runs.iter().flat_map(|run| &run.records);
    // An attempt that was given up, or never connected, may or may not have reached the server.
    let uncertain = |record: &&Record| record.status.is_none();
    let certain = records().count() - records().filter(uncertain).count();
    let most = records().count() as u64;
    if !(certain as u64..=most).contains(&account.requests) {
        doubts.push(format!(
            "the server counts {} requests, the client {most}",
            account.requests
        ));
    }
    let mut seen = BTreeMap::new();
    for status in records().filter_map(|record| record.status) {
        *seen.entry(status).or_insert(0) += 1;
    }
    if certain as u64 == most && seen != account.by_status {
        doubts.push(format!(
            "the server sent {:?}, the client saw {seen:?}",
            account.by_status
        ));
    }
    if account.early > 0 {
        doubts.push(format!(
            "{} answers came before they were due",
            account.early
        ));
    }
    doubts
}

/// Two runs that met different fates: of two attempts at the same thing that both were answered by a
/// flagpole, one was planned otherwise.
fn differing_fates(runs: &[Measured]) -> Option<(&'static str, &'static str)> {
    let is_flagpole = |run: &&Measured| run.records.iter().any(|record| record.timing.is_some());
    let mut known = BTreeMap::new();
    for run in runs.iter().filter(is_flagpole) {
        for record in &run.records {
            let Some(status) = record.status else {
                continue;
            };
            let timing = record.timing.clone().unwrap_or_default();
            let fate = (status, timing.planned, timing.paced, timing.fault);
            let attempt = (record.resource, record.nth);
            let (first, expected) = known.entry(attempt).or_insert((run.strategy, fate.clone()));
            if *expected != fate {
                return Some((first, run.strategy));
            }
        }
    }
    None
}

/// Whether a run has errors that nobody asked for. What a server of ours does to its answers was asked
/// for; that it can not be reached, or a file not be saved, was not.
fn has_failed(run: &Measured, is_ours: bool) -> bool {
    let failed = |record: &Record| match &record.outcome {
        Outcome::Ok
        | Outcome::Unchanged
        | Outcome::NotFound
        | Outcome::Redirected(_)
        | Outcome::Superseded => false,
        Outcome::Refused | Outcome::ConnectFailed(_) | Outcome::Save(_) | Outcome::Cancelled => {
            true
        }
        Outcome::Http(_)
        | Outcome::TooManyRedirects
        | Outcome::Timeout(..)
        | Outcome::Reset
        | Outcome::Lost(_)
        | Outcome::Empty
        | Outcome::CutShort
        | Outcome::Corrupt
        | Outcome::NotHttp(_)
        | Outcome::TooLarge
        | Outcome::BadMetadata(_) => !is_ours,
    };
    run.records.iter().any(failed)
}
