//! The options of `worker`.

use super::ignored_options::IgnoredOptions;
use crate::options::value_parsers::positive_duration;
use clap::Args;
use clap_complete::engine::{ArgValueCompleter, PathCompleter};
use std::path::PathBuf;
use std::time::Duration;

/// Make the load that a Locust master demands
///
/// The master has the web page, the numbers of users and the statistics of all workers; each worker makes requests as `flagpole load`
/// does, on all processors of its machine. The classes of users are those of the master's locustfile: a file says what the users of each class do,
/// in a table `[classes.NAME]` with the keys of a file for `flagpole load`. Without a file the users of every class
/// request these URLs, or paths of the master's host; `/` if there are none.
///
/// docs/distributed.md has a locustfile, what its arguments mean to a worker, and how to run on Kubernetes and other systems. The other options of
/// Locust that are put on the command line of a worker, such as --worker, are accepted.
///
/// Exit code 0: the master or a signal ended the worker, and the master has every report, except those that a line says were lost
/// with an earlier master; 1: the master is lost or may not have the last report, or users that it wanted did not run; 2: could
/// not start, or no master was found.
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole worker --master-host 10.0.0.5
  flagpole worker http://127.0.0.1:8000/flags/br/br.gif /flags/de/de.gif
  flagpole worker classes.toml --master-host locust-master --master-port 5557 --hlog-folder logs")]
pub(crate) struct WorkerArgs {
    /// Request these URLs; or what this file says of each class
    #[arg(value_name = "URL|FILE", add = ArgValueCompleter::new(PathCompleter::file()))]
    pub(super) targets: Vec<String>,

    /// Connect to the master on this host [default: `$LOCUST_MASTER_NODE_HOST`, or 127.0.0.1]
    #[arg(long, value_name = "HOST", help_heading = "Master")]
    pub(super) master_host: Option<String>,

    /// Connect to this port of the master [default: `$LOCUST_MASTER_NODE_PORT`, or 5557]
    #[arg(long, value_name = "PORT", help_heading = "Master")]
    pub(super) master_port: Option<String>,

    /// End the run if the master answers nothing for this time
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = positive_duration, help_heading = "Master")]
    pub(super) master_timeout: Duration,

    /// Look for a master for this time
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = positive_duration, help_heading = "Master")]
    pub(super) reconnect_timeout: Duration,

    /// Write the interval log of each run to this folder; it is created
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = ".",
        help_heading = "Results"
    )]
    pub(super) hlog_folder: PathBuf,

    /// Write no interval logs
    #[arg(long, conflicts_with = "hlog_folder", help_heading = "Results")]
    pub(super) no_hlog: bool,

    #[command(flatten)]
    pub(super) _ignored: IgnoredOptions,
}
