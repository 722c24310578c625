//! Whatever the strategy, the transport and the number of lanes: the same files to the byte, the same
//! counts, and the same cost in requests, bytes and back-off.

use crate::combos::{CATALOG, Combo, FolderContents, files, in_every_way, lanes, sizes, truth};
use crate::servers::seeded;
use flagpole_client::policy::{Policy, Retry};
use flagpole_client::{DownloadDir, Endpoint, Run, Workload};
use flagpole_protocol::{AttemptKind, MeasuredRun};
use flagpole_protocol::{CountryCode, Resource};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeMap;
use std::time::Duration;

/// All that ends by itself, and in one way.
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

/// What a run comes to, as far as timing has no part in it.
#[derive(Debug, PartialEq)]
struct RunTotals {
    downloads: [u64; 4],
    attempts: BTreeMap<(AttemptKind, Resource, u64, String, bool), u64>,
    bytes: u64,
    wasted: u64,
    backoff: Duration,
}

impl RunTotals {
    fn of(run: &MeasuredRun) -> RunTotals {
        let tally = &run.stats;
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
            downloads: [tally.ok, tally.not_found, tally.error, tally.unstarted],
            attempts,
            bytes: tally.bytes,
            wasted: tally.wasted_bytes,
            backoff: tally.backoff,
        }
    }
}

/// How the plan is made of codes.
#[derive(Clone, Copy, Debug)]
enum WorkloadKind {
    Flags,
    FolderContents,
    WithMetadata,
}

impl WorkloadKind {
    fn plan(self, codes: Vec<CountryCode>) -> Workload {
        match self {
            WorkloadKind::Flags => Workload::flags(codes),
            WorkloadKind::FolderContents => Workload::files(codes),
            WorkloadKind::WithMetadata => Workload::with_metadata(codes),
        }
    }

    /// The true files of these names, as far as they can be told from the plan.
    fn truth(self, files: &FolderContents, codes: &[CountryCode]) -> FolderContents {
        let flag = |code: &CountryCode| truth(Resource::Flag(*code));
        let named = codes
            .iter()
            .filter(|code| CATALOG.country(**code).is_some());
        let all = named.flat_map(|code| match self {
            WorkloadKind::Flags => vec![(format!("{}.gif", code.lower()), flag(code))],
            WorkloadKind::FolderContents => vec![
                (format!("{}.gif", code.lower()), flag(code)),
                (
                    format!("{}.json", code.lower()),
                    truth(Resource::Metadata(*code)),
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

fn run(
    way: Combo,
    seed: u64,
    plan: &Workload,
    policy: &Policy,
    count: usize,
) -> (RunTotals, FolderContents) {
    let server = seeded(seed, "uniform:0..3ms", &FAULTS.join(" "));
    let endpoint = Endpoint::from(server.addr());
    let folder = tempfile::tempdir().unwrap();
    let destination = DownloadDir::prepare(folder.path()).unwrap();
    let run = Run::new(plan, &endpoint).concurrency(lanes(count));
    let run = run.policy(policy.clone()).destination(&destination);
    let run = run.timeout(Duration::from_secs(20));
    (RunTotals::of(&way.measure(run)), files(folder.path()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn every_way_brings_the_same(
        seed: u64,
        kit in select(vec![WorkloadKind::Flags, WorkloadKind::FolderContents, WorkloadKind::WithMetadata]),
        codes in subsequence(CountryCode::every().collect::<Vec<_>>(), 1..40),
        attempts in 1..=3_u32,
        most in 1..=20_usize,
    ) {
        let retry = Retry {
            max_attempts: attempts,
            base_delay: Duration::from_millis(2),
            seed,
            ..Retry::default()
        };
        let policy = Policy { retry, ..Policy::default() };
        let plan = kit.plan(codes.clone());
        let ends = in_every_way(|way| (way, run(way, seed, &plan, &policy, most)));
        let (_, (sums, files)) = &ends[0];
        let truth = kit.truth(files, &codes);
        prop_assert_eq!(sizes(files), sizes(&truth), "known by their names");
        prop_assert!(*files == truth, "no byte is wrong");
        prop_assert_eq!(files.len() as u64, sums.downloads[0]);
        for (way, (others, found)) in &ends[1..] {
            prop_assert_eq!(others, sums, "{}", way.name());
            prop_assert_eq!(sizes(found), sizes(files), "{}", way.name());
            prop_assert!(found == files, "{}", way.name());
        }
    }
}
