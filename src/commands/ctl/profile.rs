//! `flagpole ctl profile`: shows or changes the profile of a running server.

use super::control_option::{ControlOption, TIMEOUT};
use crate::control_client::call::{ControlCall, JSON, MERGE_PATCH, TOML};
use crate::control_client::error::ControlError;
use crate::exit_status::ExitStatus;
use crate::options::built_in::{self, PROFILES};
use crate::output;
use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use flagpole_protocol::ControlOperation;

/// Print, replace or change the profile that the server follows
///
/// Prints the resulting profile. A change is validated as a whole before it takes effect; requests that have begun follow the
/// earlier profile. The listeners, their names and their ports stay as they are.
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole ctl profile > running.toml
  flagpole ctl profile --set running.toml
  flagpole ctl profile --patch '{\"seed\":7}'
  flagpole ctl profile --patch '{\"faults\":[\"503@10%\"]}' --listener ERROR")]
pub(super) struct ProfileArgs {
    #[command(flatten)]
    control: ControlOption,

    /// Replace the profile by this one: a built-in name, a file, or `-` for standard input
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "patch",
        add = ArgValueCompleter::new(|typed: &_| PROFILES.complete(typed)))]
    set: Option<String>,

    /// Change values by a JSON Merge Patch (RFC 7396): `{"seed":7}`
    #[arg(long, value_name = "JSON")]
    patch: Option<String>,

    /// Patch the table of the listener with this name or port
    #[arg(long, value_name = "NAME|PORT", requires = "patch")]
    listener: Option<String>,

    /// Write this output format
    #[arg(long, value_enum, default_value = "toml", value_name = "FORMAT")]
    format: ProfileFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum ProfileFormat {
    Toml,
    Json,
}

impl ProfileArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let client = self.control.client()?;
        let answer = client.call(&self.call()?, TIMEOUT);
        let answer = answer.map_err(|error| self.name_cause(error))?;
        output::result(&answer)?;
        Ok(ExitStatus::Success)
    }

    pub(super) fn call(&self) -> Result<ControlCall> {
        let call = match (&self.set, &self.patch) {
            (Some(name), _) => {
                let text = read(name)?;
                // No TOML begins with a brace.
                let is_json = text.trim_start().starts_with('{');
                let media_type = if is_json { JSON } else { TOML };
                ControlCall::new(ControlOperation::ReplaceProfile).body(media_type, text)
            }
            (None, Some(patch)) => ControlCall::new(ControlOperation::PatchProfile)
                .parameter("listener", self.listener.as_ref())
                .body(MERGE_PATCH, patch.clone()),
            (None, None) => ControlCall::new(ControlOperation::ReadProfile),
        };
        Ok(call.answer(match self.format {
            ProfileFormat::Toml => TOML,
            ProfileFormat::Json => JSON,
        }))
    }

    /// The error with the option that has the refused profile.
    fn name_cause(&self, error: ControlError) -> anyhow::Error {
        match (&error, &self.set, &self.patch) {
            (ControlError::Problem(_), Some(name), _) => anyhow!("--set: {name}: {error}"),
            (ControlError::Problem(problem), None, Some(_)) if problem.status != 404 => {
                anyhow!("--patch: {error}")
            }
            (ControlError::Problem(_), None, Some(_)) => anyhow!("--listener: {error}"),
            _ => error.into(),
        }
    }
}

/// The text of a profile.
fn read(name: &str) -> Result<String> {
    let text = match name {
        "-" => built_in::read_input(name),
        name => PROFILES.text(name),
    };
    text.map_err(|error| anyhow!("--set: {error:#}"))
}
