//! The options of `load`.

use crate::load::report_formats;
use crate::load::spec::LoadSpec;
use crate::load::start_time::StartTime;
use crate::options::built_in::PROFILES;
use crate::options::control_address::ControlAddress;
use crate::options::names;
use crate::options::profile_options::ProfileOptions;
use crate::options::proxy::ProxyOptions;
use crate::options::typed_options::TypedOptions;
use clap::Args;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, PathCompleter};
use flagpole_analysis::load::report::LoadReport;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Load an HTTP service, and say whether the figures can be believed
///
/// Without a rate the model is closed: each of the connections makes a request when its previous one has ended. With --rate
/// or --stages of rates it is open: requests arrive by a schedule, whether or not earlier ones have ended, and their
/// response times count from their arrival.
///
/// A target is a URL, or a path on flagpole's own server, which is started as a separate process if an option of it is
/// given (--profile, --latency, --fault ...); its ledger is held against the records then. Another argument is a file that
/// --save or --print-experiment wrote; options replace what it says.
///
/// A condition is about the figures of the run: `p99 < 50ms and errors < 0.1%`. docs/load.md lists the metrics, and says how
/// the options relate to those of oha, hey, wrk and k6.
///
/// Exit code 0: success; 1: a condition of --fail-if holds, or a file could not be written; 2: could not start; 3: the
/// measurement is not valid, with --strict also if it is doubtful or a condition cannot be judged.
#[derive(Args)]
#[command(
    mut_arg("seed", |arg| arg.help("Draw arrivals, order, delays and faults from this seed [default: 0]")),
    mut_arg("timeout", |arg| arg.short('t')),
    mut_arg("no_reuse", |arg| arg.visible_alias("no-keepalive")),
    after_help = PROFILES.help() + "
" + &names::latency_and_fault_lists() + "
Examples:
  flagpole load http://127.0.0.1:8000/flags/br/br.gif
  flagpole load http://127.0.0.1:8000/ -c 64 -z 30s
  flagpole load http://127.0.0.1:8000/ -n 100000 --format json
  flagpole load http://127.0.0.1:8000/ --rate 2000/s -z 30s --arrivals poisson --seed 7
  flagpole load http://127.0.0.1:8000/ --stages 10s:0..1000/s,30s:1000/s,5s:0/s
  flagpole load http://127.0.0.1:8000/orders -d '{\"flag\": \"BR\"}' -T application/json --expect-status 201
  flagpole load http://127.0.0.1:8000 --scenario shop.toml -c 20 -z 30s
  flagpole load --urls list.txt --profile flaky --fail-if 'p99 > 80ms' --fail-if 'errors > 1%'
  flagpole load http://127.0.0.1:8000/ --find-rate 'p99 < 50ms and errors < 0.1%'
  flagpole load --latency 20ms --concurrency-limit 8 --queue 1000 --rate 300/s --save mine.toml
  flagpole load mine.toml --result mine.json
  flagpole load mine.toml --shard 2/4 --hlog 2.hlog")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct LoadArgs {
    #[command(flatten)]
    pub(super) typed: TypedOptions,

    /// Load these URLs; or repeat the run that this file describes
    #[arg(value_name = "URL|FILE", add = ArgValueCompleter::new(PathCompleter::file()))]
    pub(super) targets: Vec<String>,

    #[command(flatten)]
    pub(super) spec: LoadSpec,

    /// Start then, with other shards: `2026-11-28T17:00:00Z`, or Unix seconds
    #[arg(long, value_name = "TIME", help_heading = "Load")]
    pub(super) start_at: Option<StartTime>,

    /// Load the targets in this file: one a line, or JSON lines
    #[arg(long, value_name = "FILE", help_heading = "Requests")]
    pub(super) urls: Option<PathBuf>,

    /// Follow the steps of this file (docs/scenarios.md)
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "urls",
        help_heading = "Requests"
    )]
    pub(super) scenario: Option<PathBuf>,

    #[command(flatten, next_help_heading = "Requests")]
    pub(super) proxy: ProxyOptions,

    #[command(flatten, next_help_heading = "Server")]
    pub(super) server: ProfileOptions,

    /// Exit with 3 if doubtful: SUSPECT, or a condition is not judged
    #[arg(long, help_heading = "Results")]
    pub(super) strict: bool,

    /// Relate the figures to this earlier result
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) baseline: Option<PathBuf>,

    /// Write the result as JSON to this file, for --baseline
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) result: Option<PathBuf>,

    /// Write the result as an HTML report to this file
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) html: Option<PathBuf>,

    /// Write all attempts as JSON lines while the run goes on
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) records: Option<PathBuf>,

    /// Write an HdrHistogram interval log (V2) of each second
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) hlog: Option<PathBuf>,

    /// Serve metrics for Prometheus at this address: `127.0.0.1:9100`; port 0: a free one
    #[arg(long, value_name = "ADDRESS", value_parser = metrics_address, help_heading = "Results")]
    pub(super) prometheus: Option<SocketAddr>,

    /// Show the run in a browser, then its report: `9000`, `127.0.0.1:9000` (docs/live.md)
    #[arg(long, value_name = "ADDRESS", help_heading = "Results")]
    pub(super) live: Option<ControlAddress>,

    /// Write this format: `text`, `json`, `markdown` or `csv`
    #[arg(long, default_value = "text", value_name = "FORMAT", value_parser = report_formats::parse, add = ArgValueCandidates::new(report_formats::candidates), help_heading = "Results")]
    pub(super) format: &'static dyn LoadReport,

    /// Show details: histogram, parts, outcomes, seconds
    #[arg(short, long, help_heading = "Results")]
    pub(super) verbose: bool,

    /// Write lines instead of the live view
    #[arg(long, help_heading = "Results")]
    pub(super) no_tui: bool,

    /// Write nothing while the run goes on
    #[arg(long, conflicts_with = "no_tui", help_heading = "Results")]
    pub(super) quiet: bool,

    /// Run, and save the run to this file
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub(super) save: Option<PathBuf>,

    /// Print the run as a file and exit
    #[arg(long, conflicts_with_all = ["start_at", "save", "result", "html", "records", "hlog", "baseline", "live"], help_heading = "Files")]
    pub(super) print_experiment: bool,

    /// Print the JSON Schema of results and exit
    #[arg(long, conflicts_with = "print_experiment", help_heading = "Files")]
    pub(super) schema: bool,
}

/// An address with a port, or a port of the loopback address.
fn metrics_address(text: &str) -> Result<SocketAddr, String> {
    let port = || text.trim_start_matches(':').parse().ok();
    let address = text.parse().ok();
    let address = address.or_else(|| Some(SocketAddr::from(([127, 0, 0, 1], port()?))));
    address.ok_or_else(|| {
        format!("expected an address such as `127.0.0.1:9100` or a port, got `{text}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct LoadCli {
        #[command(flatten)]
        args: LoadArgs,
    }

    fn parse(line: &str) -> LoadArgs {
        let words = ["load"].into_iter().chain(line.split_whitespace());
        LoadCli::try_parse_from(words)
            .unwrap_or_else(|error| panic!("{line}: {error}"))
            .args
    }

    #[test]
    fn options_of_other_tools_mean_the_same() {
        let spec = parse("http://h/ -n 100 -c 5 -z 3s -H a:b -d x -T text/plain -X PUT -t 2s").spec;
        let expected = "concurrency = 5\nrequests = 100\nduration = \"3s\"\nmethod = \"PUT\"\nheader = [\"a: b\"]\n\
                        body = \"x\"\ncontent_type = \"text/plain\"\n\n[policy]\ntimeout = \"2s\"\n";
        assert_eq!(toml::to_string(&spec).unwrap(), expected);
        for alias in ["-m 5", "--connections 5", "--concurrency 5"] {
            assert_eq!(parse(alias).spec.connections(), 5, "{alias}");
        }
    }

    #[test]
    fn metrics_are_on_loopback_unless_an_address_says_otherwise() {
        let address = |text| metrics_address(text).map(|address| address.to_string());
        assert_eq!(address("9100").as_deref(), Ok("127.0.0.1:9100"));
        assert_eq!(address(":0").as_deref(), Ok("127.0.0.1:0"));
        assert_eq!(address("[::1]:0").as_deref(), Ok("[::1]:0"));
        assert!(address("localhost").is_err());
    }
}
