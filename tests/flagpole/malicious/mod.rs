//! Servers that lie, in raw bytes, and every way to download from them: never longer than the timeouts,
//! never more than the limit, never a wrong file, and the next download is as good as ever.

mod bodies;
mod heads;
mod metadata;
mod redirects;
mod server;

use crate::combos::{Combo, FolderContents, at_once, files, in_every_way, lanes, sizes};
use flagpole_client::{DownloadDir, Run, Workload};
use flagpole_protocol::{AttemptRecord, MeasuredRun, Outcome};
use flagpole_protocol::{CountryCode, Resource};
use server::{Behavior, MaliciousServer};
use std::time::{Duration, Instant};

/// The largest body that is accepted: any flag is smaller.
const BODY_LIMIT: u64 = 60_000;

/// What may have been read beyond the limit before it was noticed: what hyper reads at once.
const READ: u64 = 64 << 10;

/// The time of an exchange, where it is to strike; the honest ones need a thousandth of it.
const WHOLE: Duration = Duration::from_millis(1200);

/// The time of an exchange that ends by itself.
const PATIENT: Duration = Duration::from_secs(10);

/// A run that takes as long as this hangs.
const NEVER: Duration = Duration::from_secs(25);

/// A lie about the flag of Brazil, and the outcomes that are right then.
struct MaliciousCase {
    name: &'static str,
    lie: Behavior,
    labels: &'static [&'static str],
    /// What may lie there as the flag of Brazil, and must if the outcome is ok.
    saved: Option<Vec<u8>>,
}

fn case(name: &'static str, lie: Behavior, labels: &'static [&'static str]) -> MaliciousCase {
    MaliciousCase {
        name,
        lie,
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

fn truth() -> Vec<u8> {
    crate::combos::truth(br())
}

/// The head of an answer with this status line and these fields.
fn head(status: &str, fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{fields}\r\n").into_bytes()
}

/// Downloads the flags of Brazil and of the United States, in this order on one lane.
fn download(
    way: Combo,
    liar: &MaliciousServer,
    plan: impl Fn(Vec<CountryCode>) -> Workload,
    (limit, whole): (u64, Duration),
) -> (MeasuredRun, FolderContents) {
    let (plan, endpoint) = (plan(crate::combos::codes("BR US")), liar.endpoint());
    let folder = tempfile::tempdir().unwrap();
    // So that there is something outside the folder that must stay as it is.
    let nested = folder.path().join("a/b");
    let destination = DownloadDir::prepare(&nested).unwrap();
    let run = Run::new(&plan, &endpoint)
        .concurrency(lanes(1))
        .timeout(whole);
    let run = run.body_limit(usize::try_from(limit).unwrap());
    let start = Instant::now();
    let measured = way.measure(run.destination(&destination));
    assert!(start.elapsed() < NEVER, "{}", way.name());
    for outside in [folder.path().to_owned(), folder.path().join("a")] {
        let names = std::fs::read_dir(outside).unwrap();
        assert_eq!(names.count(), 1, "nothing is written outside the folder");
    }
    (measured, files(&nested))
}

fn deciding(run: &MeasuredRun, resource: Resource) -> &AttemptRecord {
    let mut records = run.records.iter();
    let found = records.find(|record| record.is_final && record.resource.code() == resource.code());
    found.unwrap()
}

/// Tells each of the lies about the flag of Brazil, in every way to download it.
fn assert_all(cases: &[MaliciousCase]) {
    for some in cases.chunks(3) {
        at_once(some.iter().map(|case| || case.assert()));
    }
}

impl MaliciousCase {
    fn assert(&self) {
        in_every_way(|way| {
            let liar = MaliciousServer::about("/flags/br/br.gif", self.lie.clone());
            let (run, files) = download(way, &liar, Workload::flags, self.limits());
            self.assert_told(&way.name(), &run, files);
        });
    }

    fn limits(&self) -> (u64, Duration) {
        let is_late = self.labels.contains(&"timeout");
        (BODY_LIMIT, if is_late { WHOLE } else { PATIENT })
    }

    fn assert_told(&self, way: &str, run: &MeasuredRun, mut files: FolderContents) {
        let (name, record) = (self.name, deciding(run, br()));
        let label = record.outcome.label();
        assert!(
            self.labels.contains(&&*label),
            "{name}, {way}: {label}: {}",
            record.outcome
        );
        assert!(
            record.bytes <= BODY_LIMIT + READ,
            "{name}, {way}: {}",
            record.bytes
        );
        let took = record.done.saturating_sub(record.sent);
        assert!(took < NEVER, "{name}, {way}: {took:?}");
        let other = deciding(run, us());
        assert_eq!(
            other.outcome,
            Outcome::Ok,
            "{name}, {way}: the next download"
        );
        assert!(files.remove("us.gif") == Some(crate::combos::truth(us())));
        let saved = files.remove("br.gif");
        assert!(files.is_empty(), "{name}, {way}: {:?}", sizes(&files));
        if record.outcome == Outcome::Ok {
            assert!(saved == self.saved, "{name}, {way}: not the right file");
        } else {
            assert!(saved.is_none(), "{name}, {way}: a file in spite of {label}");
        }
    }
}
