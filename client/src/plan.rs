//! What to fetch, in which order, and when: plain data, made before anything is sent.

use flagpole_fixtures::{Code, Resource};
use std::time::Duration;

/// The jobs of one run, in the order in which they start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The jobs; a strategy never changes their order.
    pub jobs: Vec<Job>,
}

/// One attempt to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// What to fetch.
    pub resource: Resource,
    /// How many attempts at this resource came before in the run: the n of the fate's contract.
    pub nth: u64,
    /// When to start, counted from the start of the run; `None` in a closed plan, where a job is due
    /// when its lane is free.
    pub due: Option<Duration>,
}

impl Job {
    /// The first attempt at a resource, due when its lane is free.
    pub fn first(resource: Resource) -> Job {
        Job {
            resource,
            nth: 0,
            due: None,
        }
    }
}

impl Plan {
    /// The flags of `codes`, in order of code, each as often as it is given.
    pub fn flags(codes: impl IntoIterator<Item = Code>) -> Plan {
        let mut codes: Vec<Code> = codes.into_iter().collect();
        codes.sort_unstable();
        let mut jobs: Vec<Job> = codes
            .into_iter()
            .map(|code| Job::first(Resource::Flag(code)))
            .collect();
        for next in 1..jobs.len() {
            if jobs[next].resource == jobs[next - 1].resource {
                jobs[next].nth = jobs[next - 1].nth + 1;
            }
        }
        Plan { jobs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(codes: &str) -> Vec<(String, u64)> {
        let codes = codes.split(' ').map(|code| code.parse().unwrap());
        let plan = Plan::flags(codes);
        plan.jobs
            .iter()
            .map(|job| (job.resource.code().to_string(), job.nth))
            .collect()
    }

    #[test]
    fn downloads_start_in_order_of_code() {
        assert_eq!(
            plan("US BR CN"),
            [("BR".into(), 0), ("CN".into(), 0), ("US".into(), 0)]
        );
    }

    #[test]
    fn a_code_given_twice_is_fetched_twice_as_two_attempts() {
        assert_eq!(
            plan("US BR US"),
            [("BR".into(), 0), ("US".into(), 0), ("US".into(), 1)]
        );
    }
}
