//! Programs in a comparison: what only their results have.

use super::figures::Spread;
use super::program_trial::ProgramTrial;
use super::trial::Trial;
use crate::program::ProgramBehaviour;
use flagpole_protocol::as_micros;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What only the results of a program have. Counts are of all rounds, unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct ProgramFigures {
    /// The command as it was written.
    pub command: String,
    /// The concurrency that it was asked for by `{concurrency}` in its command; null without it.
    pub asked_concurrency: Option<usize>,
    /// The time of the whole process in a round, from its start to its end. The wall time is the part in which it made
    /// requests.
    pub process_us: Spread,
    /// How it ended, and what of its requests was not asked for.
    #[serde(flatten)]
    pub behaviour: ProgramBehaviour,
}

impl ProgramFigures {
    /// The figures of these trials; `None` if they are not those of a program.
    pub(super) fn from_trials(trials: &[Trial]) -> Option<ProgramFigures> {
        let all: Vec<&ProgramTrial> = trials
            .iter()
            .filter_map(|one| one.program.as_ref())
            .collect();
        let behaviour = all
            .iter()
            .map(|one| (one.exit, one.stderr.as_str(), &one.requests));
        Some(ProgramFigures {
            command: all.first()?.command.clone(),
            asked_concurrency: all.first()?.asked_concurrency,
            process_us: Spread::from_values(all.iter().map(|one| as_micros(one.process)))?,
            behaviour: ProgramBehaviour::new(behaviour),
        })
    }
}

/// A program of the experiment that was not compared because it is not installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkippedProgram {
    /// The name of the program.
    pub name: String,
    /// Why it counts as not installed.
    pub reason: String,
    /// How to get it, as the experiment says.
    pub install: Option<String>,
}

impl SkippedProgram {
    /// The program of this name, why it counts as not installed, and how to get it.
    pub fn new(name: &str, reason: String, install: Option<String>) -> SkippedProgram {
        SkippedProgram {
            name: name.to_owned(),
            reason,
            install,
        }
    }
}

impl fmt::Display for SkippedProgram {
    /// `httpx is not installed: ...; pip install httpx`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not installed: {}", self.name, self.reason)?;
        match &self.install {
            Some(install) => write!(f, "; {install}"),
            None => Ok(()),
        }
    }
}

/// Where the wall times of a cell are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WallMeasuredAt {
    /// In the process of the strategy: from its start to its end.
    #[default]
    Client,
    /// At the server: from the head of the first request to the end of the last response. So it is for all contenders if one
    /// of them is a program.
    Server,
}
