//! What a program did in all its trials besides downloading: how it ended, and what of its requests was not asked for.

use super::exit::ProgramExit;
use super::requests::ProgramRequests;
use flagpole_protocol::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The maximum number of paths that are kept.
const MAX_PATHS: usize = 20;

/// What a program did in all rounds besides downloading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct ProgramBehaviour {
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
    /// Files of the workload that were not requested, in the round in which these were most.
    pub not_requested: u64,
    /// The paths of these files: the first 20.
    pub not_requested_paths: Vec<String>,
    /// Requests that chose their own number (`Flagpole-Nth`), and with it their fate.
    pub chosen_numbers: u64,
    /// Requests that are not in the workload.
    pub other_requests: u64,
    /// These requests by path, the first 20 paths; a method other than GET is before its path.
    pub other_paths: BTreeMap<String, u64>,
}

impl ProgramBehaviour {
    /// The behaviour in these trials: how each ended, what it wrote to standard error, and its requests.
    pub fn new<'a>(
        trials: impl IntoIterator<Item = (ProgramExit, &'a str, &'a ProgramRequests)>,
    ) -> ProgramBehaviour {
        let mut all = ProgramBehaviour::default();
        let mut missing: BTreeSet<Resource> = BTreeSet::new();
        for (exit, stderr, requests) in trials {
            *all.exits.entry(exit.label()).or_default() += 1;
            if !exit.is_success() && !stderr.is_empty() {
                all.stderr.get_or_insert_with(|| stderr.to_owned());
            }
            all.max_in_flight = all.max_in_flight.max(requests.max_in_flight);
            all.duplicates += requests.duplicates;
            all.concurrent_repeats += requests.concurrent_repeats;
            all.unasked_retries += requests.retries;
            let not_requested = requests.not_requested.len() as u64;
            all.not_requested = all.not_requested.max(not_requested);
            all.chosen_numbers += requests.chosen_numbers;
            missing.extend(&requests.not_requested);
            for (path, count) in &requests.others {
                all.other_requests += count;
                *all.other_paths.entry(path.clone()).or_default() += count;
            }
        }
        let missing = missing.iter().map(ToString::to_string);
        all.not_requested_paths = missing.take(MAX_PATHS).collect();
        all.other_paths = all.other_paths.into_iter().take(MAX_PATHS).collect();
        all
    }

    /// The number of rounds.
    pub fn rounds(&self) -> u64 {
        self.exits.values().sum()
    }

    /// The rounds by how the process ended, of those in which that was not exit code 0: words and count.
    pub fn failures(&self) -> impl Iterator<Item = (String, u64)> {
        let success = ProgramExit::Code(0).label();
        let failed = self
            .exits
            .iter()
            .filter(move |(label, _)| **label != success);
        failed.map(|(label, count)| (ProgramExit::describe(label), *count))
    }
}
