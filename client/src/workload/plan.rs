//! What to fetch, in which order, and when: plain data, made before anything is sent.

use flagpole_protocol::{CountryCode, Resource};
use std::collections::BTreeMap;
use std::time::Duration;

/// The jobs of one run, in the order in which they start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// The jobs; a strategy never changes their order.
    pub jobs: Vec<DownloadSpec>,
}

/// One download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownloadSpec {
    /// What to fetch.
    pub resource: Resource,
    /// The number of this download among those of the resource, from 1. Without retries and hedges it is
    /// also the number of the request; see [`AttemptScheduler`](crate::AttemptScheduler) for the other cases.
    pub request_number: u64,
    /// When to start, counted from the start of the run; `None` in a closed plan, where a job is due
    /// when its lane is free.
    pub due: Option<Duration>,
    /// Whether the country's metadata is fetched behind the flag, and the flag saved under the name
    /// that stands there.
    pub named: bool,
}

impl DownloadSpec {
    /// The first download of a resource under its own name, due when its lane is free.
    pub fn first(resource: Resource) -> DownloadSpec {
        DownloadSpec {
            resource,
            request_number: 1,
            due: None,
            named: false,
        }
    }
}

impl Workload {
    /// The flags of `codes`, in order of code, each as often as it is given.
    pub fn flags(codes: impl IntoIterator<Item = CountryCode>) -> Workload {
        Workload::of(codes, |code| {
            vec![DownloadSpec::first(Resource::Flag(code))]
        })
    }

    /// The flags of `codes`, each followed by its metadata and saved under the country's name: two
    /// requests for each.
    pub fn with_metadata(codes: impl IntoIterator<Item = CountryCode>) -> Workload {
        Workload::of(codes, |code| {
            let flag = DownloadSpec::first(Resource::Flag(code));
            vec![DownloadSpec {
                named: true,
                ..flag
            }]
        })
    }

    /// The flag and the metadata of `codes`, as files that have nothing to do with each other.
    pub fn files(codes: impl IntoIterator<Item = CountryCode>) -> Workload {
        Workload::of(codes, |code| {
            let files = [Resource::Flag(code), Resource::Metadata(code)];
            files.map(DownloadSpec::first).to_vec()
        })
    }

    /// The same as an open plan: each job is due so long behind the one before, whatever became of that.
    pub fn spaced(mut self, by: Duration) -> Workload {
        for (place, job) in (0_u32..).zip(&mut self.jobs) {
            job.due = Some(by.saturating_mul(place));
        }
        self
    }

    /// What is wanted of each code, in order of code.
    fn of(
        codes: impl IntoIterator<Item = CountryCode>,
        wanted: impl Fn(CountryCode) -> Vec<DownloadSpec>,
    ) -> Workload {
        let mut codes: Vec<CountryCode> = codes.into_iter().collect();
        codes.sort_unstable();
        let mut before = BTreeMap::new();
        let number = |job: DownloadSpec| {
            let count: &mut u64 = before.entry(job.resource).or_default();
            *count += 1;
            DownloadSpec {
                request_number: *count,
                ..job
            }
        };
        let jobs = codes.into_iter().flat_map(wanted).map(number).collect();
        Workload { jobs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(codes: &str) -> Vec<(String, u64)> {
        let codes = codes.split(' ').map(|code| code.parse().unwrap());
        let plan = Workload::flags(codes);
        plan.jobs
            .iter()
            .map(|job| (job.resource.code().to_string(), job.request_number))
            .collect()
    }

    #[test]
    fn downloads_start_in_order_of_code() {
        assert_eq!(
            plan("US BR CN"),
            [("BR".into(), 1), ("CN".into(), 1), ("US".into(), 1)]
        );
    }

    #[test]
    fn a_code_given_twice_is_fetched_twice_as_two_attempts() {
        assert_eq!(
            plan("US BR US"),
            [("BR".into(), 1), ("US".into(), 1), ("US".into(), 2)]
        );
    }

    #[test]
    fn spaced_jobs_are_due_one_after_the_other() {
        let codes = ["BR", "CN", "US"].map(|code| code.parse().unwrap());
        let (closed, apart) = (Workload::flags(codes), Duration::from_millis(5));
        assert!(closed.jobs.iter().all(|job| job.due.is_none()));
        let open = closed.spaced(apart);
        let due: Vec<_> = open.jobs.iter().map(|job| job.due).collect();
        assert_eq!(due, [0, 1, 2].map(|place| Some(apart * place)));
    }

    #[test]
    fn two_files_of_a_code_are_two_downloads_and_a_named_flag_is_one() {
        let codes = || ["BR", "BR"].map(|code| code.parse().unwrap());
        let [flag, metadata] = [Resource::Flag, Resource::Metadata].map(|of| of(codes()[0]));
        let files = Workload::files(codes()).jobs;
        let files: Vec<_> = files
            .iter()
            .map(|job| (job.resource, job.request_number))
            .collect();
        assert_eq!(files, [(flag, 1), (metadata, 1), (flag, 2), (metadata, 2)]);
        let named = Workload::with_metadata(codes()).jobs;
        let named: Vec<_> = named.iter().map(|job| (job.resource, job.named)).collect();
        assert_eq!(named, [(flag, true), (flag, true)]);
    }
}
