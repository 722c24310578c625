//! Malicious servers against every combo: no run exceeds its timeouts or limits, saves a wrong
//! file, or spoils the next download.

mod bodies;
mod heads;
mod metadata;
mod redirects;
mod server;

use crate::combos::{
    Combo, FolderContents, concurrency, files, in_parallel, sizes, with_every_combo,
};
use flagpole_client::{DownloadDir, Run, Workload};
use flagpole_protocol::{AttemptRecord, MeasuredRun, Outcome};
use flagpole_protocol::{CountryCode, Resource};
use server::{Behavior, MaliciousServer};
use std::time::Duration;

/// The body limit: every flag is smaller.
const BODY_LIMIT: u64 = 60_000;

/// How far a transport may read beyond the limit: hyper reads 64 KiB at a time.
const READ_AHEAD: u64 = 64 << 10;

/// A timeout that is expected to expire; correct responses need a thousandth of it.
const SHORT_TIMEOUT: Duration = Duration::from_millis(1200);

/// Far longer than anything takes on the busiest machine.
const LONG_TIMEOUT: Duration = Duration::from_secs(60);

/// A behaviour for the flag of Brazil, and the outcomes that are right.
struct MaliciousCase {
    name: &'static str,
    behavior: Behavior,
    labels: &'static [&'static str],
    /// The file that must be saved if the outcome is ok.
    saved: Option<Vec<u8>>,
}

fn case(name: &'static str, behavior: Behavior, labels: &'static [&'static str]) -> MaliciousCase {
    MaliciousCase {
        name,
        behavior,
        labels,
        saved: None,
    }
}

fn br() -> Resource {
    Resource::Flag("BR".parse().unwrap())
}

fn us() -> Resource {
    Resource::Flag("US".parse().unwrap())
}

fn original_body() -> Vec<u8> {
    crate::combos::original_body(br())
}

fn head(status: &str, fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{fields}\r\n").into_bytes()
}

/// Downloads the flags of Brazil and of the United States, in this order, with concurrency 1.
fn download_two(
    combo: Combo,
    server: &MaliciousServer,
    workload: impl Fn(Vec<CountryCode>) -> Workload,
    (limit, timeout): (u64, Duration),
) -> (MeasuredRun, FolderContents) {
    let (workload, endpoint) = (workload(crate::combos::codes("BR US")), server.endpoint());
    let folder = tempfile::tempdir().unwrap();
    // Shows that nothing is written outside the folder.
    let nested = folder.path().join("a/b");
    let destination = DownloadDir::prepare(&nested).unwrap();
    let run = Run::new(&workload, &endpoint)
        .concurrency(concurrency(1))
        .timeout(timeout);
    let run = run.body_limit(usize::try_from(limit).unwrap());
    let measured = combo.measure(run.destination(&destination));
    for outside in [folder.path().to_owned(), folder.path().join("a")] {
        let names = std::fs::read_dir(outside).unwrap();
        assert_eq!(names.count(), 1, "a file was written outside the folder");
    }
    (measured, files(&nested))
}

fn final_attempt(run: &MeasuredRun, resource: Resource) -> &AttemptRecord {
    let mut records = run.records.iter();
    let found = records.find(|record| record.is_final && record.resource.code() == resource.code());
    found.unwrap()
}

/// Runs every case with every combo.
fn assert_all(cases: &[MaliciousCase]) {
    for batch in cases.chunks(3) {
        in_parallel(batch.iter().map(|case| || case.assert()));
    }
}

impl MaliciousCase {
    fn assert(&self) {
        with_every_combo(|combo| {
            let server = MaliciousServer::for_path("/flags/br/br.gif", self.behavior.clone());
            let (run, files) = download_two(combo, &server, Workload::flags, self.limits());
            self.assert_outcome(&combo.name(), &run, files);
        });
    }

    fn limits(&self) -> (u64, Duration) {
        let times_out = self.labels.contains(&"timeout");
        let timeout = if times_out {
            SHORT_TIMEOUT
        } else {
            LONG_TIMEOUT
        };
        (BODY_LIMIT, timeout)
    }

    fn assert_outcome(&self, combo: &str, run: &MeasuredRun, mut files: FolderContents) {
        let (name, record) = (self.name, final_attempt(run, br()));
        let label = record.outcome.label();
        assert!(
            self.labels.contains(&&*label),
            "{name}, {combo}: {label}: {}",
            record.outcome
        );
        assert!(
            record.bytes <= BODY_LIMIT + READ_AHEAD,
            "{name}, {combo}: {}",
            record.bytes
        );
        let other = final_attempt(run, us());
        assert_eq!(
            other.outcome,
            Outcome::Ok,
            "{name}, {combo}: the next download"
        );
        assert!(files.remove("us.gif") == Some(crate::combos::original_body(us())));
        let saved = files.remove("br.gif");
        assert!(files.is_empty(), "{name}, {combo}: {:?}", sizes(&files));
        if record.outcome == Outcome::Ok {
            assert!(saved == self.saved, "{name}, {combo}: wrong file content");
        } else {
            assert!(
                saved.is_none(),
                "{name}, {combo}: a file was saved despite {label}"
            );
        }
    }
}
