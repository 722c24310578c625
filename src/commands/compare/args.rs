//! The options of `compare`.

use crate::experiment::spec::program::NamedProgram;
use crate::options::built_in::{EXPERIMENTS, PROFILES};
use crate::options::comma_lists::LatencyList;
use crate::options::control_address::ControlAddress;
use crate::options::flag_selection::FlagCount;
use crate::options::policy::PolicyOptions;
use crate::options::policy_values::PositiveDuration;
use crate::options::profile_options::ServerOptions;
use crate::options::typed_options::TypedOptions;
use crate::options::{names, value_parsers};
use crate::process::trial_job::Files;
use clap::Args;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter};
use flagpole_analysis::comparison::threshold::Threshold;
use flagpole_analysis::report::Report;
use flagpole_client::{Concurrency, Strategy, Target, TransportKind, strategy};
use flagpole_protocol::SpecError;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Compare download strategies under the same delays and faults
///
/// Without options, compares `sequential`, `threads` and `async`: each downloads 20 flags from flagpole's own server,
/// with a delay of 50 ms. Every strategy runs once per round, each time in a process of its own.
///
/// An experiment is a comparison in a file. Options replace what it says: values of its grid as a whole, policy options
/// one by one in `[policy]`, --fault and the limits in its server. --profile and --url replace its server and the
/// latencies of its grid. With --url the server is not flagpole's own, so --latency, --profile, --listener, --fault,
/// --concurrency-limit, --queue, --rate-limit, --cache-control and --seed are refused.
///
/// A condition of --fail-if is about a metric of a strategy (`async.p99 > 80ms`), about its ratio to another strategy
/// (`threads/async.wall > 1.2`) or to --baseline (`async/baseline.wall > 1.1`). The metrics are wall (time), efficiency
/// (the shortest possible wall time divided by the wall time), p50, p90, p95, p99, p99.9 and max (times of successful
/// downloads), errors (failed downloads), error-rate, goodput (successful downloads per second), requests (per second),
/// cpu and memory. `low` and `high` are the ends of a confidence interval: `threads/async.wall.low > 1.2`.
///
/// Exit code 0: success; 1: a condition of --fail-if holds, the result could not be written, a program failed, or a download failed for
/// another reason than a fault of flagpole's own server; 2: could not start; 3: the measurement is not valid,
/// with --strict also if it is doubtful or a condition cannot be judged.
#[derive(Args)]
#[command(after_help = names::strategy_list() + "
" + &PROFILES.help() + "
" + &EXPERIMENTS.help() + "
" + &names::latency_and_fault_lists() + "
Examples:
  flagpole compare
  flagpole compare article
  flagpole compare article --latency 20ms --strategy threads,async --no-reuse
  flagpole compare --flags all -c 32 --rounds 10
  flagpole compare --latency 10ms..200ms --fault 500@10% --retries 3 --seed 7
  flagpole compare --latency 10ms,50ms -c 1,5,30 --strategy threads,async
  flagpole compare article --print-experiment > mine.toml
  flagpole compare mine.toml --result mine.json
  flagpole compare mine.toml --baseline mine.json --fail-if 'async/baseline.wall.low > 1.05'
  flagpole compare mine.toml --strict --fail-if 'async.efficiency < 0.9'
  flagpole compare --command 'mine=python3 client.py {files} {concurrency} {dest}' --strategy async
  flagpole compare --url http://127.0.0.1:8001 --format json
  flagpole compare --url http://127.0.0.1:8001 --urls paths.txt")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    pub(super) typed: TypedOptions,

    /// Run this experiment: a built-in name or a file
    #[arg(value_name = "EXPERIMENT", add = ArgValueCompleter::new(|typed: &_| EXPERIMENTS.complete(typed)))]
    pub(super) experiment: Option<String>,

    /// Compare these strategies: comma-separated, repeatable, or `all` [default: sequential,threads,async]
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = strategies, add = ArgValueCandidates::new(names::strategy_lists))]
    pub(super) strategy: Vec<StrategyList>,

    /// Compare this program too: `NAME=COMMAND`, with placeholders such as `{url}`; repeatable
    ///
    /// Each trial runs the command, split into words as a shell does, against flagpole's own server. Placeholders: {url},
    /// {host}, {port} of the server; {files}, a file with the URLs to download, one a line; {dest}, an empty folder;
    /// {concurrency}; {seed}; {clients}, a folder with flagpole's example clients; `{{` and `}}` are braces. Environment
    /// variables such as `FLAGPOLE_FILES` have the same values, for `sh -c '...'`. Without
    /// --strategy only programs are compared, beside the strategies of EXPERIMENT. Policy options apply to strategies only.
    #[arg(long, value_name = "NAME=COMMAND", help_heading = "Programs")]
    pub(super) command: Vec<NamedProgram>,

    /// End a program after this time [default: 60s]
    #[arg(long, value_name = "DURATION", help_heading = "Programs")]
    pub(super) command_timeout: Option<PositiveDuration>,

    /// Serve on this port, for programs with a fixed port [default: any free port]
    #[arg(long, value_name = "PORT", value_parser = value_parsers::port, conflicts_with = "url", help_heading = "Programs")]
    pub(super) port: Option<u16>,

    /// Send requests by flagpole's codec (`built-in`) or by `hyper` [default: built-in]
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(names::transports))]
    pub(super) transport: Option<TransportKind>,

    /// Make at most N concurrent requests, 1 to 1000; compare several: `5,30` [default: one per download, at most 30]
    #[arg(short = 'c', long, short_alias = 'm', aliases = ["max-req", "max_req"], value_name = "N", value_delimiter = ',')]
    pub(super) concurrency: Vec<Concurrency>,

    /// Measure N rounds after a warm-up round; confidence intervals need 5 [default: 20]
    #[arg(long, alias = "repeat", value_name = "N", value_parser = value_parsers::count)]
    pub(super) rounds: Option<NonZeroUsize>,

    /// Download N flags, most populous countries first, or `all` [default: 20]
    #[arg(long, value_name = "N", help_heading = "Downloads")]
    pub(super) flags: Option<FlagCount>,

    /// Download each flag or path N times [default: 1]
    #[arg(long, value_name = "N", value_parser = value_parsers::count, help_heading = "Downloads")]
    pub(super) times: Option<NonZeroUsize>,

    /// Download these files of each country: `flags`, `metadata` or `both` [default: flags]
    #[arg(
        long,
        value_name = "WHAT",
        hide_possible_values = true,
        help_heading = "Downloads"
    )]
    pub(super) files: Option<Files>,

    /// Download the paths or URLs that this file lists from --url
    ///
    /// One a line, in this order; lines that are empty or begin with `#` are ignored. Every complete response with a 2xx
    /// status counts as a success.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["flags", "files"], help_heading = "Downloads")]
    pub(super) urls: Option<PathBuf>,

    /// Use the server at this URL: `http://127.0.0.1:9000`
    #[arg(long, conflicts_with = "ServerOptions", help_heading = "Server")]
    pub(super) url: Option<Target>,

    /// Delay responses; compare several values: `10ms,50ms` or repeated [default: 50ms]
    #[arg(long, value_name = "SPEC", conflicts_with = "url", add = ArgValueCandidates::new(names::latencies), help_heading = "Server")]
    pub(super) latency: Vec<LatencyList>,

    #[command(flatten, next_help_heading = "Server")]
    pub(super) server: ServerOptions,

    #[command(flatten)]
    pub(super) policy: PolicyOptions,

    /// Repeat requests that died on a reused connection once
    #[arg(long, help_heading = "Policy")]
    pub(super) retry_stale: bool,

    /// Print times relative to this strategy [default: the fastest]
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(names::strategy_candidates), help_heading = "Results")]
    pub(super) reference: Option<String>,

    /// Measure what flagpole itself adds to a request (2 s) [default: if the comparison takes 45 s or longer]
    #[arg(long, help_heading = "Results")]
    pub(super) measure_overhead: bool,

    /// Exit with 1 if this holds: `async.p99 > 80ms`, `async/baseline.wall > 1.1`; repeatable
    #[arg(long, value_name = "CONDITION", help_heading = "Results")]
    pub(super) fail_if: Vec<Threshold>,

    /// Exit with 3 if doubtful: SUSPECT, or a threshold is not judged
    #[arg(long, help_heading = "Results")]
    pub(super) strict: bool,

    /// Print the ratio to this earlier result for each strategy
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) baseline: Option<PathBuf>,

    /// Write the result as JSON to this file, for --baseline
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) result: Option<PathBuf>,

    /// Write the result as an HTML report to this file
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) html: Option<PathBuf>,

    /// Show the comparison in a browser, then its report: `9000`, `127.0.0.1:9000` (docs/live.md)
    #[arg(long, value_name = "ADDRESS", help_heading = "Results")]
    pub(super) live: Option<ControlAddress>,

    /// Write all attempts of all rounds as JSON lines
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) records: Option<PathBuf>,

    /// Write this format: `text`, `json`, `markdown` or `csv`
    #[arg(long, default_value = "text", value_name = "FORMAT", value_parser = names::parse_format, add = ArgValueCandidates::new(names::formats), help_heading = "Results")]
    pub(super) format: &'static dyn Report,

    /// Show details: timelines, costs, the terms of the bound, attempts
    #[arg(short, long, help_heading = "Results")]
    pub(super) verbose: bool,

    /// Run the experiment and save it to this file
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub(super) save: Option<PathBuf>,

    /// Print the experiment as a file and exit
    #[arg(long, conflicts_with_all = ["save", "result", "html", "records", "baseline", "live"], help_heading = "Files")]
    pub(super) print_experiment: bool,

    /// Print the JSON Schema of results and exit
    #[arg(long, conflicts_with = "print_experiment", help_heading = "Files")]
    pub(super) schema: bool,
}

/// The strategies of a value of `--strategy`: one strategy, or all.
#[derive(Clone)]
pub(super) struct StrategyList(pub(super) Vec<&'static dyn Strategy>);

fn strategies(name: &str) -> Result<StrategyList, SpecError> {
    if name == "all" {
        return Ok(StrategyList(strategy::ALL.to_vec()));
    }
    let strategy = strategy::by_name(name);
    strategy.map(|strategy| StrategyList(vec![strategy]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct CompareCli {
        #[command(flatten)]
        args: CompareArgs,
    }

    #[test]
    fn old_names_of_options_are_accepted() {
        let line = "compare --capacity 8 --repeat 3 --max-req 1,5 -m 9";
        let args = CompareCli::parse_from(line.split_whitespace()).args;
        let concurrency = args.concurrency.iter().map(|one| one.get());
        assert_eq!(concurrency.collect::<Vec<_>>(), [1, 5, 9]);
        assert_eq!(args.rounds.map(NonZeroUsize::get), Some(3));
    }
}
