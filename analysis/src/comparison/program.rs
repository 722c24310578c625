//! Programs in a comparison: what only their results have.

use super::figures::Spread;
use super::program_trial::ProgramTrial;
use super::trial::Trial;
use crate::program::{ProgramExit, ProgramRequests};
use flagpole_protocol::{Resource, as_micros};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The maximum number of paths in a result.
const MAX_PATHS: usize = 20;

/// What only the results of a program have. Counts are of all rounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct ProgramFigures {
    /// The command as it was written.
    pub command: String,
    /// The time of the whole process in a round, from its start to its end. The wall time is the part in which it made
    /// requests.
    pub process_us: Spread,
    /// The number of rounds by how the process ended: `exit_0`, `exit_1`, `signal_9`, `timeout`.
    pub exits: BTreeMap<String, u64>,
    /// The last lines of its standard error in the first round in which it failed.
    pub stderr: Option<String>,
    /// The largest number of requests in flight at a time, of all rounds; `concurrency` is that of the median round.
    pub max_in_flight: usize,
    /// Requests for files that had been delivered already.
    pub duplicates: u64,
    /// Requests for files while an earlier request for them was in progress.
    pub concurrent_repeats: u64,
    /// Requests for files after an earlier request for them had failed.
    pub unasked_retries: u64,
    /// Files of the workload that were not requested.
    pub not_requested: u64,
    /// The paths of these files: the first 20.
    pub not_requested_paths: Vec<String>,
    /// Requests that are not in the workload.
    pub other_requests: u64,
    /// These requests by path, the first 20 paths; a method other than GET is before its path.
    pub other_paths: BTreeMap<String, u64>,
}

impl ProgramFigures {
    /// The figures of these trials; `None` if they are not those of a program.
    pub(super) fn from_trials(trials: &[Trial]) -> Option<ProgramFigures> {
        let all: Vec<&ProgramTrial> = trials
            .iter()
            .filter_map(|one| one.program.as_ref())
            .collect();
        let first = all.first()?;
        let sum =
            |count: fn(&ProgramRequests) -> u64| all.iter().map(|one| count(&one.requests)).sum();
        let mut exits: BTreeMap<String, u64> = BTreeMap::new();
        let mut others: BTreeMap<String, u64> = BTreeMap::new();
        let mut missing: BTreeSet<Resource> = BTreeSet::new();
        for one in &all {
            *exits.entry(one.exit.label()).or_default() += 1;
            for (path, count) in &one.requests.others {
                *others.entry(path.clone()).or_default() += count;
            }
            missing.extend(&one.requests.not_requested);
        }
        let failed = all.iter().find(|one| !one.exit.is_success());
        let stderr = failed.map(|one| one.stderr.clone());
        let in_flight = all.iter().map(|one| one.requests.max_in_flight);
        Some(ProgramFigures {
            command: first.command.clone(),
            process_us: Spread::from_values(all.iter().map(|one| as_micros(one.process)))?,
            exits,
            stderr: stderr.filter(|text| !text.is_empty()),
            max_in_flight: in_flight.max().unwrap_or(0),
            duplicates: sum(|one| one.duplicates),
            concurrent_repeats: sum(|one| one.concurrent_repeats),
            unasked_retries: sum(|one| one.retries),
            not_requested: sum(|one| one.not_requested.len() as u64),
            not_requested_paths: (missing.iter().take(MAX_PATHS).map(ToString::to_string))
                .collect(),
            other_requests: others.values().sum(),
            other_paths: others.into_iter().take(MAX_PATHS).collect(),
        })
    }

    /// The rounds in which the process did not end with exit code 0.
    pub fn failed_rounds(&self) -> u64 {
        let succeeded = ProgramExit::Code(0).label();
        let failed = self.exits.iter().filter(|(label, _)| **label != succeeded);
        failed.map(|(_, count)| count).sum()
    }
}

/// A program of the experiment that was not compared because it is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkippedProgram {
    /// The name of the program.
    pub name: String,
    /// Why it counts as not there.
    pub reason: String,
    /// How to get it, as the experiment says.
    pub install: Option<String>,
}

impl SkippedProgram {
    /// The program of this name, why it counts as not there, and how to get it.
    pub fn new(name: &str, reason: String, install: Option<String>) -> SkippedProgram {
        SkippedProgram {
            name: name.to_owned(),
            reason,
            install,
        }
    }
}

impl fmt::Display for SkippedProgram {
    /// `httpx: not there: ...; pip install httpx`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not there: {}", self.name, self.reason)?;
        match &self.install {
            Some(install) => write!(f, "; {install}"),
            None => Ok(()),
        }
    }
}

/// Where the wall times of a cell are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WallClock {
    /// In the process of the strategy: from its start to its end.
    #[default]
    Client,
    /// At the server: from the head of the first request to the end of the last response. So it is for all contenders if one
    /// of them is a program.
    Server,
}
