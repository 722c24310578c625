//! What a worker asks of its load: the numbers of users to run, and reports of what they did.

use anyhow::Result;
use flagpole_protocol::LatencyStats;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Users of several classes that make requests. The calls come from one thread, and none of them waits for responses; `start`
/// looks up the names of hosts.
pub(crate) trait UserLoad {
    /// Begins a run without users. A run that goes on has to be stopped before. Values of `settings.options` that cannot be
    /// used are errors.
    fn start(&mut self, settings: &RunSettings) -> Result<()>;

    /// Changes the numbers of users of the run to these, by class. A class that is not named has none from now on. A class
    /// that is not known is an error, and nothing changes then.
    fn set_users(&mut self, users: &BTreeMap<String, u64>) -> Result<()>;

    /// The users that really run, by class: also those that are taken away and still have a request in flight. Classes of
    /// the run that have none are named with 0.
    fn running_users(&self) -> BTreeMap<String, u64>;

    /// What happened since the last report.
    fn take_report(&mut self) -> WorkerReport;

    /// Begins no further requests. Those that are unfinished after `grace` are cancelled, and count as failures. A second
    /// call can only shorten the grace.
    fn begin_stop(&mut self, grace: Duration);

    /// Whether no run goes on: every request has ended, and the next report is the last one that says anything.
    fn is_stopped(&self) -> bool;

    /// What failed while the last run went on.
    fn failure(&self) -> Option<String> {
        None
    }

    /// The local log of the last run; `None` if none is written.
    fn log_file(&self) -> Option<PathBuf> {
        None
    }
}

/// What a run needs to know from the master.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RunSettings {
    /// The run's id from the master (`flagpole_run`), else one that the worker made.
    pub(crate) run: String,
    /// The id of this process: `<host>_<unique>`.
    pub(crate) process: String,
    /// The classes that the master names in its first `spawn`.
    pub(crate) user_classes: Vec<String>,
    /// The base of all paths, as the master gives it (`--host` of Locust).
    pub(crate) host: Option<String>,
    /// Custom arguments of the master's locustfile without their prefix `flagpole_`, by name, as text: `rate_per_user`,
    /// `think`, `arrivals`, `paths`, `timeout`. Those that are not given, or are empty, are left out.
    pub(crate) options: BTreeMap<String, String>,
    /// How long requests may take to end after a `stop`.
    pub(crate) stop_timeout: Duration,
    /// This machine's clock minus the master's, in microseconds, with the message's time on its way. `None` without a
    /// timestamp.
    pub(crate) clock_offset_us: Option<i64>,
}

/// What happened since the last report.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WorkerReport {
    /// Those with requests.
    pub(crate) endpoints: Vec<EndpointReport>,
    /// The text of the interval log's blocks.
    pub(crate) log: String,
}

/// The requests of one method and name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct EndpointReport {
    pub(crate) method: String,
    pub(crate) name: String,
    /// With failures, and with retries, hedges and hops of redirects: all that the server saw.
    pub(crate) requests: u64,
    /// Requests as users see them, whose last attempt is among `requests`.
    pub(crate) ended: u64,
    pub(crate) failures: u64,
    /// With those of failures.
    pub(crate) response_time: LatencyStats,
    /// Of contents of responses.
    pub(crate) bytes: u64,
    /// Requests that ended, failures too, by second since the Unix epoch.
    pub(crate) requests_per_second: BTreeMap<u64, u64>,
    pub(crate) failures_per_second: BTreeMap<u64, u64>,
    /// When the last request ended; seconds since the Unix epoch.
    pub(crate) last_request_unix_s: f64,
    /// Failures by what they say. There are few different texts.
    pub(crate) errors: BTreeMap<String, u64>,
}

/// What the process takes of its machine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct MachineShare {
    /// Of the processors that the process may use; 0 to 100.
    pub(crate) cpu_percent: f64,
    pub(crate) memory_bytes: u64,
}
