//! `flagpole ctl verify`: whether requests have arrived as a test expects.

use super::control_option::{ControlOption, TIMEOUT};
use crate::control_client::call::{ControlCall, JSON};
use crate::control_client::error::{ControlError, Problem};
use crate::exit_status::ExitStatus;
use crate::options::built_in;
use crate::output;
use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use flagpole_protocol::{ControlOperation, ResponseEnd};
use flagpole_server::config::path_glob::{PathGlob, ValueGlob};
use flagpole_server::config::request_number_range::RequestNumberRange;
use flagpole_server::{RequestCount, RequestPattern, Verification};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use std::str::FromStr;

/// Check that requests have arrived as expected
///
/// Counts the requests since the last reset that meet all conditions; without --count, --min and --max at least one is expected.
/// Requests count once they have begun: a condition on the response needs a request that is over (`flagpole ctl journal --wait`).
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 as expected, 1 not as expected (standard error says why), 2 the control plane did not answer.

Examples:
  flagpole ctl verify --method GET --path '/flags/*/*.gif' --count 2
  flagpole ctl verify --status 503 --max 0
  flagpole ctl verify --path /flags/br/br.gif --field 'accept=image/*' --no-field cookie
  echo '{\"sequence\":[{\"status\":503},{\"status\":200}]}' | flagpole ctl verify --file -"
)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    control: ControlOption,

    /// Send this verification, a file of JSON or `-` (docs/control.md)
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "method", "path", "query", "run", "n", "listener", "status", "fault", "end", "field", "no_field", "count", "min", "max",
    ])]
    file: Option<String>,

    /// Count requests with this method
    #[arg(long, value_name = "METHOD")]
    method: Option<Method>,

    /// Count requests whose path matches this glob: `/flags/**`
    #[arg(long, value_name = "GLOB")]
    path: Option<PathGlob>,

    /// Count requests with this query
    #[arg(long, value_name = "QUERY")]
    query: Option<String>,

    /// Count requests of this run
    #[arg(long, value_name = "NAME")]
    run: Option<String>,

    /// Count requests with these numbers for their resource: `3`, `3..6`
    #[arg(long, value_name = "RANGE")]
    n: Option<RequestNumberRange>,

    /// Count requests to the listener with this name or port
    #[arg(long, value_name = "NAME|PORT")]
    listener: Option<String>,

    /// Count requests whose response has this status
    #[arg(long, value_name = "STATUS")]
    status: Option<u16>,

    /// Count requests with this fault: `503`, `reset`
    #[arg(long, value_name = "LABEL")]
    fault: Option<String>,

    /// Count requests whose response ended like this: `completed`, `peer left`
    #[arg(long, value_name = "END")]
    end: Option<ResponseEnd>,

    /// Count requests with this field: `accept=image/*`; repeatable
    #[arg(long, value_name = "NAME=GLOB")]
    field: Vec<FieldCondition>,

    /// Count requests without this field; repeatable
    #[arg(long, value_name = "NAME")]
    no_field: Vec<String>,

    /// Expect exactly N requests
    #[arg(long, value_name = "N", conflicts_with_all = ["min", "max"])]
    count: Option<u64>,

    /// Expect at least N requests
    #[arg(long, value_name = "N")]
    min: Option<u64>,

    /// Expect at most N requests
    #[arg(long, value_name = "N")]
    max: Option<u64>,
}

/// A field with a glob for its value.
#[derive(Clone)]
struct FieldCondition {
    name: String,
    value: ValueGlob,
}

impl FromStr for FieldCondition {
    type Err = String;

    fn from_str(text: &str) -> Result<FieldCondition, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("expected `NAME=GLOB`, got `{text}`"))?;
        let value = value.parse().map_err(|error| format!("{error}"))?;
        let name = name.to_owned();
        Ok(FieldCondition { name, value })
    }
}

/// What the control plane says of a verification that holds.
#[derive(Deserialize)]
struct Verified {
    detail: String,
}

impl VerifyArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let client = self.control.client()?;
        let call = self.call()?;
        match client.call(&call, TIMEOUT) {
            Ok(body) => {
                let verified: Verified = serde_json::from_str(&body)
                    .map_err(|_| client.foreign(&call, "another document"))?;
                output::result(&format!("{}\n", verified.detail))?;
                Ok(ExitStatus::Success)
            }
            Err(ControlError::Problem(problem)) if problem.status == StatusCode::CONFLICT => {
                output::note(&explanation(&problem));
                Ok(ExitStatus::Failed)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn call(&self) -> Result<ControlCall> {
        let body = match &self.file {
            Some(file) => {
                built_in::read_input(file).map_err(|error| anyhow!("--file: {error:#}"))?
            }
            None => serde_json::to_string(&self.verification()).context("cannot write JSON")?,
        };
        Ok(ControlCall::new(ControlOperation::Verify).body(JSON, body))
    }

    fn verification(&self) -> Verification {
        let mut pattern = RequestPattern::default();
        pattern.method.clone_from(&self.method);
        pattern.path.clone_from(&self.path);
        pattern.query.clone_from(&self.query);
        pattern.run.clone_from(&self.run);
        pattern.n = self.n;
        pattern.listener.clone_from(&self.listener);
        pattern.status = self.status;
        pattern.fault.clone_from(&self.fault);
        pattern.end = self.end;
        let present = self.field.iter().cloned();
        let present = present.map(|FieldCondition { name, value }| (name, Some(value)));
        let absent = self.no_field.iter().map(|name| (name.clone(), None));
        pattern.fields = present.chain(absent).collect();
        let count = match (self.count, self.min, self.max) {
            (Some(count), ..) => RequestCount::from(count),
            (None, None, None) => RequestCount::default(),
            (None, min, max) => RequestCount {
                min: min.unwrap_or(0),
                max,
            },
        };
        Verification::count(pattern, count)
    }
}

/// Why a verification does not hold: a sentence, and a line for each request that comes near.
fn explanation(problem: &Problem) -> String {
    let nearest = problem.members.get("nearest").and_then(Value::as_array);
    let nearest = nearest.into_iter().flatten().map(|nearest| {
        let request = &nearest["request"];
        let text = |key: &str| match &request[key] {
            Value::String(text) => text.clone(),
            Value::Null => "-".to_owned(),
            other => other.to_string(),
        };
        let mismatches = nearest["mismatches"].as_array().into_iter().flatten();
        let mut mismatches: Vec<_> = mismatches.filter_map(Value::as_str).collect();
        if mismatches.is_empty() {
            mismatches.push("meets all conditions");
        }
        let (id, method, resource, status) =
            (text("id"), text("method"), text("resource"), text("status"));
        format!(
            "\n  {id} {method} {resource} {status}: {}",
            mismatches.join("; ")
        )
    });
    format!("flagpole: {problem}{}", nearest.collect::<String>())
}
