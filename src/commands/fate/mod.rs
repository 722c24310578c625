//! `flagpole fate`: what a server will do to each request, without one.

use crate::exit_status::ExitStatus;
use crate::options::profile;
use crate::options::profile::ProfileOptions;
use crate::options::selection::Flags;
use crate::options::value_parsers;
use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use flagpole_analysis::bound::Bound;
use flagpole_analysis::report::HumanDuration;
use flagpole_client::Concurrency;
use flagpole_protocol::Resource;
use flagpole_server::config::listener::Listener;
use flagpole_server::fate::rule_set::RequestInfo;
use flagpole_server::http::route::Route;
use flagpole_server::{FatePreview, RuleSet, Site};
use http::Method;
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

/// The most requests that are told of.
const MOST: usize = 200_000;

/// Say what a server would do to each request, without a server
///
/// The fate of a request follows from the seed, the profile, the resource and n, the number of the
/// request (1 for the first request for a resource); a server with the same profile and seed does exactly this. What depends on
/// who else asks (capacity, rate limit) is not known beforehand; windows of time are, for the time that
/// `--at` names.
#[derive(Args)]
#[command(after_help = profile::listed() + "
Examples:
  flagpole fate --profile flaky --seed 7 --flags all -n 3
  flagpole fate --latency uniform:10ms..200ms --fault 500@10% --max-req 5
  flagpole fate --profile outage --at 7s --flags 3 --format json")]
pub(crate) struct FateArgs {
    #[command(flatten)]
    profile: ProfileOptions,

    /// Ask for so many flags, the most populous countries first, or `all`
    #[arg(long, default_value = "20", value_name = "N")]
    flags: Flags,

    /// Ask for the metadata of each country as well
    #[arg(long)]
    metadata: bool,

    /// Ask so many times for each
    #[arg(short = 'n', long, default_value = "1", value_name = "N", value_parser = value_parsers::count)]
    times: usize,

    /// Give the bound for at most so many requests at once, 1 to 1000
    #[arg(short, long, alias = "max_req", default_value = "30", value_name = "N")]
    max_req: Concurrency,

    /// Give up on a request after this time, in the bound
    #[arg(long, value_name = "DURATION", value_parser = value_parsers::timeout)]
    timeout: Option<Duration>,

    /// Ask a server of this folder of {cc}/{cc}.gif and {cc}/metadata.json
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,

    /// Ask so long after the server's start
    #[arg(long, default_value = "0", value_name = "DURATION", value_parser = flagpole_server::config::spec::duration)]
    at: Duration,

    /// How to write it
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Csv,
    Json,
}

/// What one listener has in store.
struct Told {
    name: String,
    fates: Vec<FatePreview>,
    bound: Option<Bound>,
}

impl FateArgs {
    /// Tells.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        let otherwise = if self.profile.says_something() {
            "clean"
        } else {
            "book"
        };
        let profile = self.profile.effective(otherwise)?;
        let site = value_parsers::site(self.site.as_deref())?;
        let requests = self.flags.codes().len() * (1 + usize::from(self.metadata));
        if requests.saturating_mul(self.times) > MOST {
            bail!(
                "--times: at most {MOST} requests can be told of, got {requests} x {}",
                self.times
            );
        }
        let told: Vec<_> = profile
            .listeners
            .iter()
            .map(|listener| self.tell(listener, profile.seed, &site))
            .collect();
        let text = match self.format {
            Format::Text => self.text(&told, profile.seed),
            Format::Csv => csv(&told),
            Format::Json => self.json(&told, profile.seed)?,
        };
        match io::stdout().write_all(text.as_bytes()) {
            // Whoever read the result has seen enough of it.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            written => written.context("cannot write the result")?,
        }
        Ok(ExitStatus::Success)
    }

    fn tell(&self, listener: &Listener, seed: u64, site: &Site) -> Told {
        let rulebook = RuleSet::new(seed, listener).expect("the profile was checked");
        let resources = self.flags.codes().into_iter().flat_map(|code| {
            let metadata = self.metadata.then_some(Resource::Metadata(code));
            [Resource::Flag(code)].into_iter().chain(metadata)
        });
        let fate = |resource: Resource, request_number| {
            let asked = RequestInfo {
                method: &Method::GET,
                path: &resource.to_string(),
                key: site.key(Route::Resource(resource)),
                request_number,
                elapsed: self.at,
            };
            FatePreview::of(&rulebook, site, &asked)
        };
        let numbers = 1..=self.times as u64;
        let fates: Vec<_> = resources
            .flat_map(|resource| numbers.clone().map(move |number| (resource, number)))
            .map(|(resource, number)| fate(resource, number))
            .collect();
        let lasting: Option<Vec<_>> = fates.iter().map(|fate| self.lasts(fate)).collect();
        Told {
            name: listener.name.clone().unwrap_or_default(),
            bound: lasting.map(|times| self.bound(times)),
            fates,
        }
    }

    /// The bound for requests that do not wait for each other.
    fn bound(&self, times: Vec<Duration>) -> Bound {
        let planned = flagpole_analysis::bound::Planned {
            times,
            ..Default::default()
        };
        Bound::of(&planned, self.max_req.get())
    }

    /// How long a client has to do with a request at least; `None` if for ever.
    fn lasts(&self, fate: &FatePreview) -> Option<Duration> {
        match (fate.lasts, self.timeout) {
            (Some(lasts), Some(timeout)) => Some(lasts.min(timeout)),
            (lasts, timeout) => lasts.or(timeout),
        }
    }

    fn text(&self, told: &[Told], seed: u64) -> String {
        let mut text = String::new();
        for Told { name, fates, bound } in told {
            let title = if name.is_empty() {
                String::new()
            } else {
                format!("{name}, ")
            };
            // Writing to a String can not fail.
            let _ = writeln!(text, "{title}seed {seed}\n");
            let _ = writeln!(
                text,
                "{:<24} {:>3}  {:<10} {:>12}  {:<22} ends",
                "resource", "n", "rule", "delay ms", "fault"
            );
            for fate in fates {
                let delay = fate.planned.as_secs_f64() * 1e3;
                let fault = fate.fault.as_deref().unwrap_or("-");
                let resource = fate.resource.to_string();
                let _ = writeln!(
                    text,
                    "{resource:<24} {:>3}  {:<10} {delay:>12.3}  {fault:<22} {}",
                    fate.request_number, fate.rule, fate.ends
                );
            }
            let _ = match bound {
                Some(bound) => writeln!(
                    text,
                    "\nno strategy is faster than {} for these {} requests, {} at once\n",
                    HumanDuration(bound.total()),
                    fates.len(),
                    self.max_req
                ),
                None => writeln!(text, "\nno bound: some never end; give a `--timeout`\n"),
            };
        }
        text.truncate(text.trim_end().len() + 1);
        text
    }

    fn json(&self, told: &[Told], seed: u64) -> Result<String> {
        let us = |duration: Duration| duration.as_nanos() as f64 / 1e3;
        let listener = |told: &Told| {
            json!({
                "listener": told.name,
                "fates": told.fates,
                "lanes": self.max_req.get(),
                "bound_us": told.bound.map(|bound| us(bound.total())),
            })
        };
        let listeners: Vec<_> = told.iter().map(listener).collect();
        let document =
            json!({ "schema": "flagpole.fates/1", "seed": seed, "listeners": listeners });
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }
}

fn csv(told: &[Told]) -> String {
    let mut text = String::from("listener,resource,n,rule,planned_us,fault,ends\n");
    for Told { name, fates, .. } in told {
        for fate in fates {
            let us = fate.planned.as_micros();
            let fault = fate.fault.as_deref().unwrap_or_default();
            // Writing to a String can not fail.
            let _ = writeln!(
                text,
                "{},{},{},{},{us},{},{}",
                quoted(name),
                fate.resource,
                fate.request_number,
                quoted(&fate.rule),
                quoted(fault),
                fate.ends
            );
        }
    }
    text
}

/// A value as RFC 4180 section 2 has it.
fn quoted(value: &str) -> String {
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}
