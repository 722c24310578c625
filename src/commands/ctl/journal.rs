//! `flagpole ctl journal`: the requests that a server remembers.

use super::control_option::{ControlOption, TIMEOUT};
use crate::control_client::call::{ControlCall, JSON_LINES};
use crate::control_client::error::ControlError;
use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::{Result, anyhow};
use clap::Args;
use flagpole_protocol::ControlOperation;
use flagpole_protocol::spec::{self, DurationDisplay};
use http::StatusCode;
use std::io::{self, ErrorKind, Write as _};
use std::time::Duration;

/// The wait of `--wait` without `--timeout`, as the control plane has it.
const DEFAULT_WAIT: Duration = Duration::from_secs(10);

/// Print the requests in memory as JSON lines, oldest first
///
/// The keys are in docs/journal.md. Each request has one line: its event is `begin` while it is in progress and `end` when it is
/// over; with --follow it has both.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 printed, 1 fewer requests than --wait were over in time, 2 the control plane did not answer.

Examples:
  flagpole ctl journal --wait 2 --timeout 5s
  flagpole ctl journal --path '/flags/**' --status 503 --limit 10
  flagpole ctl journal --follow --listener DELAY"
)]
pub(super) struct JournalArgs {
    #[command(flatten)]
    control: ControlOption,

    /// Print only requests to the listener with this name or port
    #[arg(long, value_name = "NAME|PORT")]
    listener: Option<String>,

    /// Print only requests of this run
    #[arg(long, value_name = "NAME")]
    run: Option<String>,

    /// Print only requests with this method
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,

    /// Print only requests whose path matches this glob: `/flags/**`
    #[arg(long, value_name = "GLOB")]
    path: Option<String>,

    /// Print only requests whose response has this status
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,

    /// Print only requests with this fault: `503`, `reset`
    #[arg(long, value_name = "LABEL")]
    fault: Option<String>,

    /// Print only requests whose fate this rule decided: `asked`, `listener`
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,

    /// Print only requests with this cause: `clean`, `delay`, `fault 503`
    #[arg(long, value_name = "CAUSE")]
    cause: Option<String>,

    /// Print only lines of this kind: `begin`, `end`, `error`
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,

    /// Print only lines with a larger `id`
    #[arg(long, value_name = "ID")]
    since: Option<u64>,

    /// Print at most N lines: the newest, with --since the next ones
    #[arg(long, value_name = "N", conflicts_with = "follow")]
    limit: Option<u64>,

    /// Wait until N of these requests are over
    #[arg(long, value_name = "N")]
    wait: Option<u64>,

    /// Wait at most this long [default: 10s]
    #[arg(long, value_name = "DURATION", requires = "wait", value_parser = spec::duration)]
    timeout: Option<Duration>,

    /// Go on with the lines to come
    #[arg(long)]
    follow: bool,
}

impl JournalArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let call = self.call();
        let wait = self.wait.map(|_| self.timeout.unwrap_or(DEFAULT_WAIT));
        let timeout = TIMEOUT + wait.unwrap_or_default();
        // The next line may take any time.
        let pause = (!self.follow).then_some(TIMEOUT);
        let printed = (self.control.client()?).stream(&call, timeout, pause, print);
        match printed {
            Ok(()) => Ok(ExitStatus::Success),
            // A reader that closed the pipe is not an error.
            Err(ControlError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {
                Ok(ExitStatus::Success)
            }
            Err(ControlError::Problem(problem))
                if problem.status == StatusCode::GATEWAY_TIMEOUT =>
            {
                output::note(&format!("flagpole: {problem}"));
                Ok(ExitStatus::Failed)
            }
            Err(ControlError::Problem(problem)) => Err(name_option(&call, &problem.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn call(&self) -> ControlCall {
        ControlCall::new(ControlOperation::ReadJournal)
            .answer(JSON_LINES)
            .parameter("listener", self.listener.as_ref())
            .parameter("run", self.run.as_ref())
            .parameter("method", self.method.as_ref())
            .parameter("path", self.path.as_ref())
            .parameter("status", self.status.as_ref())
            .parameter("fault", self.fault.as_ref())
            .parameter("rule", self.rule.as_ref())
            .parameter("cause", self.cause.as_ref())
            .parameter("event", self.event.as_ref())
            .parameter("since", self.since)
            .parameter("limit", self.limit)
            .parameter("wait", self.wait)
            .parameter("timeout", self.timeout.map(DurationDisplay))
            .parameter("follow", self.follow.then_some(true))
    }
}

fn print(data: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(data)?;
    out.flush()
}

/// The sentence of a problem; if it begins with the name of a parameter, this is an option here.
fn name_option(call: &ControlCall, sentence: &str) -> anyhow::Error {
    let name = sentence.split(':').next().unwrap_or_default();
    if call.query.iter().any(|(parameter, _)| *parameter == name) {
        return anyhow!("--{sentence}");
    }
    anyhow!("{sentence}")
}
