//! `flagpole fate`: the planned responses of a server, computed without one.

mod output_formats;

use self::output_formats::{FateFormat, ListenerFates};
use crate::exit_status::ExitStatus;
use crate::options::built_in::PROFILES;
use crate::options::flag_selection::FlagCount;
use crate::options::profile_options::ProfileOptions;
use crate::options::value_parsers;
use crate::output;
use anyhow::{Result, bail};
use clap::Args;
use flagpole_analysis::bound::{Bound, PlannedWork};
use flagpole_client::Concurrency;
use flagpole_protocol::{Resource, spec};
use flagpole_server::config::listener::Listener;
use flagpole_server::fate::request_info::RequestInfo;
use flagpole_server::{FatePreview, RuleSet, Site};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// The maximum number of requests in the result.
const MAX_REQUESTS: usize = 200_000;

/// Print the planned delay and fault of each request (no server needed)
///
/// A fate is all that will happen to one response: its delay, its fault and how it ends. It follows from the seed, the
/// profile, the resource and the request number (the first request for a resource is number 1), so a server with the
/// same profile and seed does exactly this. Without options, prints the fates of one request for each of 20 flags, from
/// every listener of the profile `book`.
///
/// The last line is the lower bound: the shortest time in which a client with this --concurrency can make all the
/// requests.
///
/// --concurrency-limit, --queue, --rate-limit and --cache-control are accepted as in `flagpole serve`, but rejections
/// depend on other requests and are not shown. A rule that applies only during a part of the server's run applies here if --at lies in
/// that part.
#[derive(Args)]
#[command(after_help = PROFILES.help() + "
Latencies and faults: see `flagpole serve --help`, docs/latencies.md and docs/faults.md.

Examples:
  flagpole fate --profile flaky --seed 7 --flags all -n 3
  flagpole fate --latency uniform:10ms..200ms --fault 500@10% -c 5
  flagpole fate --profile outage --at 7s --flags 3 --format json")]
pub(crate) struct FateArgs {
    #[command(flatten)]
    profile: ProfileOptions,

    /// Show N flags, most populous countries first, or `all`
    #[arg(long, default_value = "20", value_name = "N")]
    flags: FlagCount,

    /// Include each country's metadata
    #[arg(long)]
    metadata: bool,

    /// Show N requests for each resource
    #[arg(short = 'n', long, default_value = "1", value_name = "N", value_parser = value_parsers::count)]
    times: NonZeroUsize,

    /// Compute the lower bound for this concurrency, 1 to 1000
    #[arg(short = 'c', long, short_alias = 'm', aliases = ["max-req", "max_req"], default_value = "30", value_name = "N")]
    concurrency: Concurrency,

    /// Assume this request timeout for the lower bound
    #[arg(long, value_name = "DURATION", value_parser = value_parsers::positive_duration)]
    timeout: Option<Duration>,

    /// Use {cc}/{cc}.gif and {cc}/metadata.json from this folder
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,

    /// Show the fates at this time after server start
    #[arg(long, default_value = "0", value_name = "DURATION", value_parser = spec::duration)]
    at: Duration,

    /// Write this output format
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: FateFormat,
}

impl FateArgs {
    /// Prints the fates of every listener.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        let is_given = self.profile.is_given();
        let default = if is_given { "clean" } else { "book" };
        let profile = self.profile.effective_profile(default)?;
        let site = value_parsers::site(self.site.as_deref())?;
        let resources = self.flags.codes().len() * (1 + usize::from(self.metadata));
        if resources.saturating_mul(self.times.get()) > MAX_REQUESTS {
            bail!(
                "--times: at most {MAX_REQUESTS} requests can be shown, got {resources} x {}",
                self.times
            );
        }
        let seed = profile.seed;
        let fates = |listener| self.fates(listener, seed, &site);
        let listeners: Vec<_> = profile.listeners.iter().map(fates).collect();
        let text = self.format.write(&listeners, seed, self.concurrency)?;
        output::result(&text)?;
        Ok(ExitStatus::Success)
    }

    fn fates(&self, listener: &Listener, seed: u64, site: &Site) -> ListenerFates {
        let rules = RuleSet::new(seed, listener).expect("the profile has been checked");
        let resources = self.flags.codes().into_iter().flat_map(|code| {
            let metadata = self.metadata.then_some(Resource::Metadata(code));
            [Resource::Flag(code)].into_iter().chain(metadata)
        });
        let preview = |resource: Resource, request_number| {
            let key = resource.into();
            let request = RequestInfo::get(&key, request_number, self.at);
            FatePreview::new(&rules, site, &request)
        };
        let numbers = 1..=self.times.get() as u64;
        let fates: Vec<_> = resources
            .flat_map(|resource| numbers.clone().map(move |number| (resource, number)))
            .map(|(resource, number)| preview(resource, number))
            .collect();
        let times: Option<Vec<_>> = fates.iter().map(|fate| self.request_time(fate)).collect();
        // No request waits for another.
        let planned = times.map(|requests| PlannedWork {
            requests,
            ..PlannedWork::default()
        });
        ListenerFates {
            name: listener.name.clone().unwrap_or_default(),
            bound: planned.map(|planned| Bound::new(&planned, self.concurrency.get())),
            fates,
        }
    }

    /// The shortest time that a request takes, at most the timeout; `None` if it never ends.
    fn request_time(&self, fate: &FatePreview) -> Option<Duration> {
        fate.duration.into_iter().chain(self.timeout).min()
    }
}
