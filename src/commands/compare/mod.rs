//! `flagpole compare`: the strategies side by side, all meeting the same fates.
//!
//! An experiment (from the command line or a file) is a grid of conditions. Under each, every contender
//! runs once a round, each time in a fresh process, against a server in a process of its own; what the
//! processes say is put side by side and judged by `flagpole_analysis::comparison`.

mod colour;

use crate::exit_status::ExitStatus;
use crate::experiment::evaluation::baseline::BaselineResult;
use crate::experiment::evaluation::{analyze, thresholds};
use crate::experiment::spec::builtin;
use crate::experiment::spec::experiment::{
    Experiment, Grid, ROUNDS, Seed, StrategyName, TransportName,
};
use crate::experiment::{grid, output_target};
use crate::options::latency_list::Latencies;
use crate::options::policy_config::PolicyConfig;
use crate::options::profile;
use crate::options::profile::ServerOptions;
use crate::options::selection::Flags;
use crate::options::text_or_number::Spelled;
use crate::options::value_parsers;
use crate::process::system_limits;
use crate::process::trial_job::Files;
use crate::process::trial_process::Interrupt;
use crate::{interrupt, output};
use anyhow::{Result, anyhow, bail};
use clap::Args;
use flagpole_analysis::comparison::threshold::Threshold;
use flagpole_analysis::report;
use flagpole_analysis::report::{Comparison, Report};
use flagpole_client::{Concurrency, Strategy, Target, Transport, strategy};
use flagpole_server::config::listener::Listener;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Download the same flags with each strategy, meeting the same delays and faults, side by side
///
/// Every strategy runs once a round, in a process of its own. Exit code 0: it can be believed; 1: a
/// threshold was crossed, or something failed that nobody asked for; 3: the measurement is not valid.
#[derive(Args)]
#[command(after_help = value_parsers::strategies() + "
" + &value_parsers::transports() + "
" + &profile::listed() + "
" + &builtin::listed() + "
" + &value_parsers::families() + "
Examples:
  flagpole compare
  flagpole compare article
  flagpole compare --flags all -m 32 --rounds 10
  flagpole compare --latency uniform:10ms..200ms --fault 500@10% --retries 3 --seed 7
  flagpole compare --latency 10ms,50ms,200ms --max-req 1,5,30 --strategy threads,async
  flagpole compare --save mine.toml --result mine.json --fail-if 'async.efficiency < 0.9'
  flagpole compare mine.toml --baseline mine.json
  flagpole compare --url http://127.0.0.1:8001 --format json")]
pub(crate) struct CompareArgs {
    /// Run this experiment: one that comes with flagpole, or a file
    #[arg(value_name = "EXPERIMENT", conflicts_with_all = [
        "latency", "profile", "listener", "fault", "capacity", "queue", "rate_limit", "seed", "flags",
        "times", "files", "max_req", "strategy", "transport", "url",
    ])]
    experiment: Option<String>,

    /// Delay answers: `50ms`, `uniform:500ms..5s`; several, separated by commas or given one by one, are
    /// compared each by itself [default: 50ms]
    #[arg(long, value_name = "SPEC", conflicts_with = "url")]
    latency: Vec<Latencies>,

    #[command(flatten)]
    server: ServerOptions,

    /// Fetch so many flags, the most populous countries first, or `all`
    #[arg(long, default_value = "20", value_name = "N")]
    flags: Flags,

    /// Fetch each of them so many times
    #[arg(long, default_value = "1", value_name = "N", value_parser = count)]
    times: NonZeroUsize,

    /// Fetch of each country its `flags`, then its `metadata` as well, or `both` at once
    #[arg(
        long,
        default_value = "flags",
        value_name = "WHAT",
        value_enum,
        hide_possible_values = true
    )]
    files: Files,

    /// At most so many requests at once, 1 to 1000; several, separated by commas, are compared each by
    /// itself [default: as many as downloads, at most 30]
    #[arg(
        short,
        long,
        alias = "max_req",
        value_name = "N",
        value_delimiter = ','
    )]
    max_req: Vec<Concurrency>,

    /// Compare these strategies; repeatable, or separated by commas; or `all`. One can be compared with
    /// itself by a file with two policies [default: sequential, threads, async]
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = strategies)]
    strategy: Vec<Several>,

    /// By which library requests are made; several, separated by commas, are compared with each other
    /// [default: hyper]
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = value_parsers::named_transport)]
    transport: Vec<&'static dyn Transport>,

    /// Run each strategy so many times, after a round for warming up; 10 at least for intervals [default:
    /// 20, or what the experiment says]
    #[arg(long, alias = "repeat", value_name = "N", value_parser = count)]
    rounds: Option<NonZeroUsize>,

    /// Compare against a server that already runs, anyone's: a site's root, or its /flags
    #[arg(long, conflicts_with_all = ["profile", "listener", "fault", "capacity", "queue", "rate_limit", "seed"])]
    url: Option<Target>,

    #[command(flatten)]
    policy: PolicyConfig,

    /// Exit with 1 if this is so: `async.efficiency < 0.9`, `async.p99 > 80ms`; repeatable
    #[arg(long, value_name = "METRIC OP NUMBER", help_heading = "Results")]
    fail_if: Vec<Threshold>,

    /// Compare with this earlier result as well
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    baseline: Option<PathBuf>,

    /// Write the experiment to this file, to be run again
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    save: Option<PathBuf>,

    /// Write the result to this file as well, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    result: Option<PathBuf>,

    /// Write `text`, `json`, `markdown` or `csv`
    #[arg(long, default_value = "text", value_name = "FORMAT", value_parser = format_named, help_heading = "Results")]
    format: &'static dyn Report,

    /// Print the JSON Schema of results and do nothing else
    #[arg(long, help_heading = "Results")]
    schema: bool,
}

/// One strategy, or all of them.
#[derive(Clone)]
struct Several(Vec<&'static dyn Strategy>);

fn strategies(name: &str) -> Result<Several, String> {
    if name == "all" {
        return Ok(Several(strategy::ALL.to_vec()));
    }
    value_parsers::named_strategy(name).map(|strategy| Several(vec![strategy]))
}

fn count(text: &str) -> Result<NonZeroUsize, String> {
    let count = value_parsers::count(text)?;
    NonZeroUsize::new(count).ok_or_else(|| format!("expected a whole number from 1, got `{text}`"))
}

fn format_named(name: &str) -> Result<&'static dyn Report, String> {
    report::by_name(name).map_err(|error| error.to_string())
}

impl CompareArgs {
    /// Compares, and says what came of it.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        if self.schema {
            output::result(&format!("{:#}\n", Comparison::schema()))?;
            return Ok(ExitStatus::Success);
        }
        let experiment = self.experiment()?;
        experiment.check()?;
        for lanes in experiment.lanes() {
            system_limits::make_room(lanes.get())?;
        }
        if let Some(url) = &experiment.url {
            let target: Target = url.parse().map_err(|e| anyhow!("--url: {e}"))?;
            target.resolve().map_err(|e| anyhow!("--url: {e}"))?;
        }
        let baseline = self
            .baseline
            .as_deref()
            .map(BaselineResult::read)
            .transpose()?;
        let result = self
            .result
            .as_deref()
            .map(output_target::Place::checked)
            .transpose()?;
        if let Some(path) = &self.save {
            output_target::save(&experiment, path)?;
        }
        let interrupt = Interrupt::default();
        let asked = interrupt.clone();
        interrupt::on_first(move || asked.request())?;

        let mut measured = grid::measured(&experiment, &interrupt)?;
        if let Some(baseline) = &baseline {
            measured.comparison.against =
                BaselineResult::from(&measured.comparison).against(baseline);
        }
        let comparison = &mut measured.comparison;
        comparison.crossed = thresholds::crossed(&experiment, comparison);
        let told = self.tell(&measured.comparison);
        let kept = result.map_or(Ok(()), |place| place.keep(&measured.comparison));
        let cannot_write = output::report_errors([told, kept]);
        let reasons = analyze::invalid(&measured.comparison);
        for reason in &reasons {
            output::note(&format!("flagpole: the measurement is not valid: {reason}"));
        }
        let crossed = !measured.comparison.crossed.is_empty();
        let failed = cannot_write || crossed || measured.has_failed;
        Ok(if reasons.is_empty() {
            ExitStatus::from_failed(failed)
        } else {
            ExitStatus::InvalidMeasurement
        })
    }

    fn tell(&self, comparison: &Comparison) -> Result<()> {
        let mut text = Vec::new();
        self.format.write(comparison, &mut text)?;
        let text = String::from_utf8(text)?;
        let is_painted = self.format.name() == "text" && colour::is_wanted();
        output::result(&if is_painted {
            colour::painted(&text)
        } else {
            text
        })
    }

    /// The experiment that is asked for, however.
    fn experiment(&self) -> Result<Experiment> {
        let mut experiment = match &self.experiment {
            Some(name) => builtin::named(name)?,
            None => self.spelled()?,
        };
        if self.experiment.is_some() && !self.policy.is_empty() {
            bail!("the policy is that of the experiment; write it into the file");
        }
        experiment.rounds = self.rounds.unwrap_or(experiment.rounds);
        let more = self.fail_if.iter().cloned().map(Spelled);
        experiment.fail_if.extend(more);
        Ok(experiment)
    }

    /// The experiment that the command line spells out.
    fn spelled(&self) -> Result<Experiment> {
        let mut latency: Vec<_> = self.latency.iter().flat_map(|one| one.0.clone()).collect();
        let mut seed = 0;
        let mut server = None;
        if self.url.is_none() {
            let mut profile = self.server.effective("clean", None)?;
            seed = profile.seed;
            server = profile.listeners.pop();
            if !profile.listeners.is_empty() {
                bail!("--listener: the profile has several listeners; choose one");
            }
            if latency.is_empty() && !self.server.names_profile() {
                latency.push("50ms".parse().expect("50ms is a latency"));
            }
            if let (Some(server), [only]) = (&mut server, latency.as_slice()) {
                server.latency = only.clone();
                latency.clear();
            }
        }
        let strategies = self.strategy.iter().flat_map(|several| &several.0);
        let transports = self.transport.iter();
        Ok(Experiment {
            about: None,
            seed: Spelled(Seed(seed)),
            flags: Spelled(self.flags),
            times: self.times,
            files: self.files,
            rounds: ROUNDS,
            profile: None,
            url: self.url.as_ref().map(ToString::to_string),
            fail_if: Vec::new(),
            grid: Grid {
                latency: latency.into_iter().map(Spelled).collect(),
                max_req: self.max_req.iter().copied().map(Spelled).collect(),
                strategies: strategies.map(|one| Spelled(StrategyName(*one))).collect(),
                transports: transports.map(|one| Spelled(TransportName(*one))).collect(),
            },
            policy: self.policy.clone(),
            policies: BTreeMap::new(),
            server: server.map(|server| Listener {
                port: None,
                ..server
            }),
        })
    }
}
