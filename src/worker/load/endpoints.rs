//! Statistics for each method and name, as Locust shows them. Each event loop writes into its own cell.
//!
//! Every request that the server may have seen counts, so that the sums are those of the server: also retries, hedges and hops of
//! redirects, each with its own response time, but the last one of a request with the time from when the request was due. What
//! was never sent, because the run ended before, does not count.

use crate::load::targets::Targets;
use crate::worker::user_load::EndpointReport;
use flagpole_client::{RecordSink, TargetSequence};
use flagpole_protocol::{AttemptRecord, Outcome, OutcomeClass};
use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

/// The most endpoints of a class: reports have a histogram of each, which all workers send to the one master. Further ones count
/// together.
const MAX_ENDPOINTS: usize = 250;

/// The name of the endpoints beyond [`MAX_ENDPOINTS`].
const OTHER: &str = "(others)";

/// The most different texts of errors of an endpoint in a report; others have only the name of their outcome.
const MAX_ERRORS: usize = 20;

/// Method and name.
pub(super) type EndpointName = (String, String);

/// Reports by endpoint.
pub(super) type Reports = BTreeMap<EndpointName, EndpointReport>;

/// How the requests of a class are named: those of a scenario by their step, others by their path, with the origin if there are
/// several.
#[derive(Clone)]
pub(super) struct ClassEndpoints {
    names: Arc<[EndpointName]>,
    /// The index of the name of each target.
    of_target: Arc<[usize]>,
    targets: TargetOf,
}

/// The target of a request by its number.
#[derive(Clone)]
enum TargetOf {
    /// The steps of an iteration have consecutive numbers.
    Steps(u64),
    Sequence(TargetSequence),
}

impl ClassEndpoints {
    pub(super) fn new(targets: &Targets, sequence: TargetSequence) -> ClassEndpoints {
        let (mut names, mut indexes) = (Vec::new(), BTreeMap::new());
        let of_target = target_names(targets).map(|name| {
            let is_full = names.len() >= MAX_ENDPOINTS && !indexes.contains_key(&name);
            let name = if is_full {
                (String::new(), OTHER.to_owned())
            } else {
                name
            };
            *indexes.entry(name).or_insert_with_key(|name| {
                names.push(name.clone());
                names.len() - 1
            })
        });
        ClassEndpoints {
            of_target: of_target.collect(),
            names: names.into(),
            targets: match &targets.scenario {
                Some(_) => TargetOf::Steps(targets.targets().len() as u64),
                None => TargetOf::Sequence(sequence),
            },
        }
    }

    fn index(&mut self, record: &AttemptRecord) -> usize {
        let number = record.download as u64 - 1;
        let target = match &mut self.targets {
            TargetOf::Steps(count) => usize::try_from(number % *count).unwrap_or_default(),
            TargetOf::Sequence(sequence) => sequence.target(number),
        };
        self.of_target[target]
    }
}

/// Method and name of each target.
fn target_names(targets: &Targets) -> impl Iterator<Item = EndpointName> {
    let has_one_origin = targets.endpoints.len() == 1;
    let steps: Option<Vec<_>> = (targets.scenario.as_ref())
        .map(|scenario| scenario.step_names().map(str::to_owned).collect());
    let urls = targets.names().into_iter();
    let name = move |(index, (target, url)): (usize, (&flagpole_client::LoadTarget, String))| {
        let method = target.message.method().to_string();
        let name = match &steps {
            Some(steps) => steps[index].clone(),
            None if has_one_origin => target.path.to_string(),
            // After the method.
            None => url
                .split_once(' ')
                .map_or_else(String::new, |(_, url)| url.to_owned()),
        };
        (method, name)
    };
    targets.targets().iter().zip(urls).enumerate().map(name)
}

/// What all loops of all classes have recorded.
#[derive(Default)]
pub(super) struct EndpointCollector {
    cells: Mutex<Vec<Arc<EndpointCell>>>,
}

/// What one loop has recorded since it was taken, by the index of the name.
struct EndpointCell {
    names: Arc<[EndpointName]>,
    reports: Mutex<Vec<EndpointReport>>,
}

/// The sink of one loop, before that of the other statistics.
struct EndpointSink {
    endpoints: ClassEndpoints,
    cell: Arc<EndpointCell>,
    /// The start of the run since the Unix epoch; known from the first record on.
    start: Option<Duration>,
    next: Box<dyn RecordSink>,
}

impl EndpointCollector {
    /// A sink for a loop of a class. Records go to `next` too.
    pub(super) fn sink(
        &self,
        endpoints: ClassEndpoints,
        next: Box<dyn RecordSink>,
    ) -> Box<dyn RecordSink> {
        let names = endpoints.names.clone();
        let reports = Mutex::new(empty(&names));
        let cell = Arc::new(EndpointCell { names, reports });
        lock(&self.cells).push(cell.clone());
        Box::new(EndpointSink {
            endpoints,
            cell,
            start: None,
            next,
        })
    }

    /// Takes what was recorded since the last call; endpoints without requests are left out.
    pub(super) fn take(&self) -> Reports {
        let mut all = Reports::new();
        for cell in lock(&self.cells).iter() {
            let taken = mem::replace(&mut *lock(&cell.reports), empty(&cell.names));
            let taken = cell.names.iter().zip(taken);
            for (name, report) in taken.filter(|(_, report)| report.requests > 0) {
                add(&mut all, name, report);
            }
        }
        all
    }
}

fn empty(names: &[EndpointName]) -> Vec<EndpointReport> {
    names.iter().map(|_| EndpointReport::default()).collect()
}

impl RecordSink for EndpointSink {
    fn record(&mut self, record: &AttemptRecord) {
        if record.outcome != Outcome::Unsent {
            let index = self.endpoints.index(record);
            let start = *self.start.get_or_insert_with(|| start_unix(record.done));
            let mut reports = lock(&self.cell.reports);
            count(&mut reports[index], record, start);
        }
        self.next.record(record);
    }

    fn finish(&mut self) {
        self.next.finish();
    }
}

/// The start, since the Unix epoch, of a run that is `elapsed` old.
pub(super) fn start_unix(elapsed: Duration) -> Duration {
    let now = UNIX_EPOCH.elapsed().unwrap_or_default();
    now.saturating_sub(elapsed)
}

fn count(report: &mut EndpointReport, record: &AttemptRecord, start: Duration) {
    let at = start + record.done;
    let due = if record.is_final {
        record.first_due
    } else {
        record.due
    };
    report.requests += 1;
    report.ended += u64::from(record.is_final);
    report.bytes += record.bytes;
    report.response_time.record(record.done.saturating_sub(due));
    *report.requests_per_second.entry(at.as_secs()).or_default() += 1;
    report.last_request_unix_s = report.last_request_unix_s.max(at.as_secs_f64());
    if matches!(
        record.outcome.class(),
        OutcomeClass::Ok | OutcomeClass::Intermediate
    ) {
        return;
    }
    report.failures += 1;
    *report.failures_per_second.entry(at.as_secs()).or_default() += 1;
    let mut text = record.outcome.to_string();
    if report.errors.len() >= MAX_ERRORS && !report.errors.contains_key(&text) {
        text = record.outcome.label().into_owned();
    }
    *report.errors.entry(text).or_default() += 1;
}

/// Adds a report to those of its endpoint.
pub(super) fn add(reports: &mut Reports, name: &EndpointName, other: EndpointReport) {
    let report = reports.entry(name.clone()).or_default();
    (report.method, report.name) = name.clone();
    report.requests += other.requests;
    report.ended += other.ended;
    report.failures += other.failures;
    report.response_time += &other.response_time;
    report.bytes += other.bytes;
    report.last_request_unix_s = report.last_request_unix_s.max(other.last_request_unix_s);
    add_counts(&mut report.requests_per_second, other.requests_per_second);
    add_counts(&mut report.failures_per_second, other.failures_per_second);
    add_counts(&mut report.errors, other.errors);
}

fn add_counts<K: Ord>(counts: &mut BTreeMap<K, u64>, others: BTreeMap<K, u64>) {
    for (key, count) in others {
        *counts.entry(key).or_default() += count;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
