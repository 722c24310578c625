//! Every strategy, transport and concurrency: the same files, counts, requests, bytes and backoff; with hedges, whose
//! number depends on timing, the same files and counts.

use crate::combos::{
    CATALOG, Combo, FolderContents, concurrency, files, original_body, sizes, with_every_combo,
};
use crate::servers::seeded_server;
use flagpole_client::policy::{Hedge, HedgeDelay, Policy, Retry};
use flagpole_client::{BODY_LIMIT, DownloadDir, Endpoint, Run, Workload};
use flagpole_protocol::{AttemptKind, MeasuredRun};
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::{BlockingServer, Rule};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Faults with one outcome that does not depend on timing.
const FAULTS: [&str; 14] = [
    "404@6%",
    "500@6%",
    "503,retry-after=0s@6%",
    "204@3%",
    "reset@4%",
    "reset:10@4%",
    "cut:50%@4%",
    "empty@4%",
    "corrupt:3@4%",
    "garbage@3%",
    "redirect@2%",
    "redirect:2@4%",
    "dribble:3,2ms@4%",
    "slow-head:2ms@4%",
];

/// The parts of a run that do not depend on timing.
#[derive(Debug, PartialEq)]
struct RunTotals {
    downloads: [u64; 4],
    attempts: BTreeMap<(AttemptKind, Resource, u64, String, bool), u64>,
    bytes: u64,
    wasted: u64,
    backoff: Duration,
}

impl RunTotals {
    fn from_run(run: &MeasuredRun) -> RunTotals {
        let stats = &run.stats;
        let mut attempts = BTreeMap::new();
        for record in &run.records {
            let label = record.outcome.label().into_owned();
            let key = (
                record.kind,
                record.resource,
                record.request_number,
                label,
                record.is_final,
            );
            *attempts.entry(key).or_default() += 1;
        }
        RunTotals {
            downloads: [stats.ok, stats.not_found, stats.error, stats.unstarted],
            attempts,
            bytes: stats.bytes,
            wasted: stats.wasted_bytes,
            backoff: stats.backoff,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum WorkloadKind {
    Flags,
    Files,
    WithMetadata,
}

impl WorkloadKind {
    fn workload(self, codes: Vec<CountryCode>) -> Workload {
        match self {
            WorkloadKind::Flags => Workload::flags(codes),
            WorkloadKind::Files => Workload::files(codes),
            WorkloadKind::WithMetadata => Workload::with_metadata(codes),
        }
    }

    /// The expected contents of these files.
    fn expected_files(self, files: &FolderContents, codes: &[CountryCode]) -> FolderContents {
        let flag = |code: &CountryCode| original_body(Resource::Flag(*code));
        let named = codes
            .iter()
            .filter(|code| CATALOG.country(**code).is_some());
        let all = named.flat_map(|code| match self {
            WorkloadKind::Flags => vec![(format!("{}.gif", code.lower()), flag(code))],
            WorkloadKind::Files => vec![
                (format!("{}.gif", code.lower()), flag(code)),
                (
                    format!("{}.json", code.lower()),
                    original_body(Resource::Metadata(*code)),
                ),
            ],
            WorkloadKind::WithMetadata => {
                let country = CATALOG.country(*code).unwrap().country.replace(' ', "_");
                vec![(format!("{country}--{code}.gif"), flag(code))]
            }
        });
        all.filter(|(name, _)| files.contains_key(name)).collect()
    }
}

/// The files that a run saved, without partial ones.
fn saved_files(folder: &Path) -> FolderContents {
    let mut files = files(folder);
    files.retain(|name, _| !name.starts_with('.'));
    files
}

fn run(
    combo: Combo,
    seed: u64,
    workload: &Workload,
    policy: &Policy,
    count: usize,
) -> (RunTotals, FolderContents) {
    let server = seeded_server(seed, "uniform:0..3ms", &FAULTS.join(" "));
    let endpoint = Endpoint::from(server.addr());
    let folder = tempfile::tempdir().unwrap();
    let destination = DownloadDir::prepare(folder.path()).unwrap();
    let run = Run::new(workload, &endpoint).concurrency(concurrency(count));
    let run = run.policy(policy.clone()).destination(&destination);
    let run = run.timeout(Duration::from_secs(20));
    (
        RunTotals::from_run(&combo.measure(run)),
        files(folder.path()),
    )
}

/// Faults with outcomes that may be retried, or redirects.
const RETRYABLE_FAULTS: [&str; 6] = [
    "500@15%",
    "reset:10@15%",
    "cut:50%@15%",
    "empty@15%",
    "corrupt:3@10%",
    "redirect:2@20%",
];

/// A server that injects faults into the requests with the numbers 1 and 2 for each resource.
fn recovering_server(seed: u64) -> BlockingServer {
    let rule = Rule::default()
        .first(2)
        .latency("uniform:0..6ms".parse().unwrap());
    let faults = RETRYABLE_FAULTS.iter();
    let rule = faults.fold(rule, |rule, fault| rule.fault(fault.parse().unwrap()));
    BlockingServer::builder()
        .seed(seed)
        .rule(rule)
        .start()
        .unwrap()
}

/// The downloads by result and the files of two runs into one folder, the second of which continues what the first left.
fn run_twice(
    combo: Combo,
    seed: u64,
    workload: &Workload,
    policies: &[Policy; 2],
) -> ([[u64; 4]; 2], FolderContents) {
    let server = recovering_server(seed);
    let endpoint = Endpoint::from(server.addr());
    let folder = tempfile::tempdir().unwrap();
    let counts = policies.each_ref().map(|policy| {
        let destination = DownloadDir::prepare(folder.path()).unwrap();
        let destination = destination.resuming(&endpoint.target().to_string(), BODY_LIMIT);
        let run = Run::new(workload, &endpoint).concurrency(concurrency(6));
        let run = run.policy(policy.clone()).destination(&destination);
        let run = combo.measure(run.timeout(Duration::from_secs(20)));
        RunTotals::from_run(&run).downloads
    });
    (counts, saved_files(folder.path()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn every_combo_downloads_the_same_files_at_the_same_cost(
        seed: u64,
        kind in select(vec![WorkloadKind::Flags, WorkloadKind::Files, WorkloadKind::WithMetadata]),
        codes in subsequence(CountryCode::every().collect::<Vec<_>>(), 1..40),
        attempts in 1..=3_u32,
        max_concurrency in 1..=20_usize,
    ) {
        let retry = Retry {
            max_attempts: attempts,
            base_delay: Duration::from_millis(2),
            seed,
            ..Retry::default()
        };
        let policy = Policy { retry, ..Policy::default() };
        let workload = kind.workload(codes.clone());
        let results = with_every_combo(|combo| (combo, run(combo, seed, &workload, &policy, max_concurrency)));
        let (_, (totals, files)) = &results[0];
        let expected = kind.expected_files(files, &codes);
        prop_assert_eq!(sizes(files), sizes(&expected), "unexpected files");
        prop_assert!(*files == expected, "wrong content");
        prop_assert_eq!(files.len() as u64, totals.downloads[0]);
        for (combo, (other_totals, other_files)) in &results[1..] {
            prop_assert_eq!(other_totals, totals, "{}", combo.name());
            prop_assert_eq!(sizes(other_files), sizes(files), "{}", combo.name());
            prop_assert!(other_files == files, "{}", combo.name());
        }
    }

    /// The first run makes one try, of which parts of bodies stay; the second has enough tries to get everything.
    #[test]
    fn every_combo_has_the_same_files_and_counts_with_hedges_redirects_stale_connections_and_resume(
        seed: u64, codes in subsequence(CountryCode::every().collect::<Vec<_>>(), 1..30), hedge_after in 0..4_u64,
    ) {
        let hedge = Hedge { delay: HedgeDelay::Fixed(Duration::from_millis(hedge_after)), max_ratio: 1.0 };
        let retry = Retry { max_attempts: 4, base_delay: Duration::from_millis(2), seed, ..Retry::default() };
        let first = Policy { retry_stale: true, ..Policy::default() };
        let second = Policy { retry, hedge: Some(hedge), ..first.clone() };
        let workload = Workload::flags(codes.clone());
        let policies = [first, second];
        let results = with_every_combo(|combo| (combo, run_twice(combo, seed, &workload, &policies)));
        let expected: FolderContents = codes.iter()
            .filter(|code| CATALOG.country(**code).is_some())
            .map(|code| (format!("{}.gif", code.lower()), original_body(Resource::Flag(*code))))
            .collect();
        let (_, (counts, _)) = &results[0];
        prop_assert_eq!(counts[1], [expected.len() as u64, (codes.len() - expected.len()) as u64, 0, 0]);
        for (combo, (other_counts, files)) in &results {
            prop_assert_eq!(other_counts, counts, "{}", combo.name());
            prop_assert_eq!(sizes(files), sizes(&expected), "{}", combo.name());
            prop_assert!(*files == expected, "{}", combo.name());
        }
    }
}
