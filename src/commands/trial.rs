//! `flagpole trial`: one strategy, once, in a process of its own, so that what it costs is its own. For
//! `compare`, which starts it.
//!
//! It reads its job as a line of JSON from standard input and writes one document of JSON; further lines ask
//! whether it is still there. When its input closes, be it that the parent asks or that it has gone, the run
//! is cancelled.

use crate::interrupt;
use crate::options::policy_config::PolicyConfig;
use crate::options::value_parsers as options;
use crate::process::measured_dto::MeasuredDto;
use crate::process::{heartbeat as pulse, limits as system};
use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use flagpole_analysis::report::ResourceUsage;
use flagpole_client::{CancellationToken, Concurrency, Run, Target, Workload, measure};
use flagpole_protocol::AttemptRecord;
use flagpole_protocol::CountryCode;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead as _};
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// How long a cancelled run may take to end.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// Measure one strategy once, as standard input says: for `flagpole compare`
#[derive(Args)]
pub(crate) struct Trial {}

/// What a trial is to do.
#[derive(Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) strategy: String,
    pub(crate) transport: String,
    pub(crate) url: String,
    /// The flags, in the words of the plan.
    pub(crate) codes: Vec<String>,
    /// How many downloads they are, taken in turn.
    pub(crate) downloads: usize,
    pub(crate) files: Files,
    /// How long behind the one before each is due, in microseconds; `None` if it is when its lane is free.
    pub(crate) apart_us: Option<u64>,
    pub(crate) lanes: usize,
    pub(crate) policy: PolicyConfig,
    /// The name of the run, by which the server counts.
    pub(crate) run: String,
}

/// What is fetched of each country.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Files {
    /// The flag.
    #[default]
    Flags,
    /// The flag, and then its metadata.
    Metadata,
    /// The flag and the metadata, independent of each other.
    Both,
}

impl Files {
    pub(crate) fn plan(self, codes: Vec<CountryCode>) -> Workload {
        match self {
            Files::Flags => Workload::flags(codes),
            Files::Metadata => Workload::with_metadata(codes),
            Files::Both => Workload::files(codes),
        }
    }
}

/// What a trial says.
#[derive(Serialize, Deserialize)]
pub(crate) struct TrialResult {
    pub(crate) measured: MeasuredDto,
    pub(crate) cost: ResourceUsage,
}

impl Trial {
    /// Carries its job out.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let Trial {} = self;
        // A Ctrl-C is the parent's affair.
        interrupt::on_first(|| {})?;
        let mut line = String::new();
        io::stdin()
            .lock()
            .read_line(&mut line)
            .context("cannot read the job")?;
        let job: Job = serde_json::from_str(&line).context("cannot read the job")?;
        let cancel = CancellationToken::new();
        let asked = cancel.clone();
        thread::Builder::new()
            .spawn(move || {
                pulse::listen(|_| {});
                asked.cancel();
                thread::sleep(GRACE);
                process::exit(1);
            })
            .context("cannot start a thread")?;
        let said = job.carry_out(&cancel)?;
        serde_json::to_writer(io::stdout().lock(), &said).context("cannot tell the result")?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Job {
    fn carry_out(self, cancel: &CancellationToken) -> Result<TrialResult> {
        let strategy = options::named_strategy(&self.strategy).map_err(|e| anyhow!(e))?;
        let transport = options::named_transport(&self.transport).map_err(|e| anyhow!(e))?;
        let lanes = Concurrency::new(self.lanes)?;
        system::make_room(self.lanes)?;
        let target: Target = self.url.parse()?;
        let endpoint = target.resolve()?;
        let codes: Result<Vec<CountryCode>, _> =
            self.codes.iter().map(|code| code.parse()).collect();
        let codes = codes.context("cannot read the job")?;
        let codes = codes.into_iter().cycle().take(self.downloads);
        let plan = self.files.plan(codes.collect());
        let plan = match self.apart_us.map(Duration::from_micros) {
            Some(apart) => plan.spaced(apart),
            None => plan,
        };
        // Whether a policy suits the lanes is the parent's to say.
        let policy = self.policy.policy(self.lanes.max(2))?;
        let threads = Threads::default();
        // That which waits for the end of standard input, and that which waits for signals.
        let others = status("Threads:").saturating_sub(1);
        let on_record = |_: &AttemptRecord| threads.look();
        let run = Run::new(&plan, &endpoint)
            .concurrency(lanes)
            .transport(transport)
            .policy(policy)
            .name(self.run)
            .cancel(cancel.clone())
            .on_record(&on_record);
        let before = so_far();
        let measured = measure(strategy, &run)?;
        let cost = so_far().since(&before);
        let cost = ResourceUsage {
            memory_kib: status("VmHWM:").saturating_sub(kept_kib(&measured.records)),
            threads: threads.most().saturating_sub(others),
            ..cost
        };
        Ok(TrialResult {
            measured: MeasuredDto::of(measured),
            cost,
        })
    }
}

/// What it takes to keep every attempt: that is for the comparison and no cost of the strategy.
fn kept_kib(records: &[AttemptRecord]) -> u64 {
    size_of_val(records) as u64 / 1024
}

/// The most threads seen. Looked at after the 1st, 2nd, 4th, 8th ... attempt: to look costs as much as
/// to answer a request, and all threads are there early.
#[derive(Default)]
struct Threads {
    records: AtomicU64,
    most: AtomicU64,
}

impl Threads {
    fn look(&self) {
        let count = self.records.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            self.most.fetch_max(status("Threads:"), Ordering::Relaxed);
        }
    }

    fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }
}

/// A number of `/proc/self/status`; 0 where there is none.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// What the process has cost so far; zero where the system does not tell.
#[cfg(unix)]
pub(crate) fn so_far() -> ResourceUsage {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeVal;
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return ResourceUsage::default();
    };
    let micros = |value: TimeVal| {
        let seconds = u64::try_from(value.tv_sec()).unwrap_or(0);
        seconds * 1_000_000 + u64::try_from(value.tv_usec()).unwrap_or(0)
    };
    let count = |count| u64::try_from(count).unwrap_or(0);
    ResourceUsage {
        cpu_user_us: micros(usage.user_time()),
        cpu_system_us: micros(usage.system_time()),
        switches_voluntary: count(usage.voluntary_context_switches()),
        switches_involuntary: count(usage.involuntary_context_switches()),
        ..ResourceUsage::default()
    }
}

#[cfg(not(unix))]
pub(crate) fn so_far() -> ResourceUsage {
    ResourceUsage::default()
}
