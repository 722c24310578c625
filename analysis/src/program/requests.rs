//! What a program requested in a trial: the records of its attempts, what it did that was not asked for, and what it did
//! not do.

use super::download::{ProgramAttempt, ProgramDownload};
use super::served_request::{ServedRequest, max_in_flight};
use flagpole_protocol::{
    AttemptKind, AttemptRecord, FateKey, Outcome, Rejection, Resource, ServerTiming,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The requests of a program in a trial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProgramRequests {
    /// The attempts at the files of the workload, in the order of completion. Times count from the first request. An attempt
    /// is due, started and sent when the server had its head. A file that was not requested is a download with the outcome
    /// `unsent`.
    pub records: Vec<AttemptRecord>,
    /// The largest number of requests in flight at a time.
    pub max_in_flight: usize,
    /// Requests for files that had been delivered already.
    pub duplicates: u64,
    /// Requests for files while an earlier request for them was in progress.
    pub concurrent_repeats: u64,
    /// Requests for files after an earlier request for them had failed.
    pub retries: u64,
    /// The files of the workload that were not requested.
    pub not_requested: Vec<Resource>,
    /// Requests that are not in the workload, counted by their paths; a method other than GET is before its path.
    pub others: BTreeMap<String, u64>,
    /// The time in flight of all requests that were not asked for: duplicates, concurrent repeats, and others.
    pub unasked_time: Duration,
    /// Requests that chose their own number (`Flagpole-Nth`): the server had counted another one.
    pub chosen_numbers: u64,
}

impl ProgramRequests {
    /// The number of requests that were not asked for.
    pub fn unasked(&self) -> u64 {
        self.duplicates + self.concurrent_repeats + self.others.values().sum::<u64>()
    }
}

/// What the server planned for the requests.
pub struct ServerPlan<'a> {
    /// The planned timing of an attempt; `None` if it cannot be predicted.
    pub predict: &'a dyn Fn(&AttemptRecord) -> Option<ServerTiming>,
    /// Whether requests may wait for a permit of a concurrency limit.
    pub has_queue: bool,
}

impl ProgramRequests {
    /// What a program that was to download `wanted` did, by the journal of its run, which ended at `run_end` since the Unix
    /// epoch.
    pub fn new(
        wanted: &[Resource],
        requests: &[ServedRequest],
        run_end: Duration,
        plan: &ServerPlan<'_>,
    ) -> ProgramRequests {
        let (downloads, others, other_time) = assign(wanted, requests, run_end);
        let start = requests.iter().map(|one| one.at).min().unwrap_or_default();
        let is_reused = reused_connections(requests);
        let mut records = Vec::new();
        for (number, download) in (1..).zip(&downloads) {
            let record = |index: usize| AttemptRecord {
                download: number,
                ..record(download, index, start, &is_reused, plan)
            };
            records.extend((0..download.attempts.len()).map(record));
            if download.attempts.is_empty() {
                records.push(AttemptRecord {
                    download: number,
                    ..AttemptRecord::new(download.resource, Outcome::Unsent)
                });
            }
        }
        records.sort_by_key(|one| (one.outcome == Outcome::Unsent, one.done, Reverse(one.sent)));
        let count = |kind| records.iter().filter(|one| one.kind == kind).count() as u64;
        let unasked = records.iter().filter(|one| !is_asked(one));
        let unasked_time = unasked.map(AttemptRecord::service_time).sum::<Duration>();
        let not_requested = downloads.iter().filter(|one| one.attempts.is_empty());
        ProgramRequests {
            max_in_flight: max_in_flight(requests, run_end),
            duplicates: count(AttemptKind::Duplicate),
            concurrent_repeats: count(AttemptKind::Hedge),
            retries: count(AttemptKind::Retry),
            not_requested: not_requested.map(|one| one.resource).collect(),
            others,
            unasked_time: unasked_time + other_time,
            chosen_numbers: chosen_numbers(requests),
            records,
        }
    }
}

/// The requests by the file of the workload that each is for, the others, and the time in flight of the others. The first requests for a path are for the
/// downloads of that path, one each; those beyond are repetitions, of the download that needs one if there is such a one.
fn assign<'a>(
    wanted: &[Resource],
    requests: &'a [ServedRequest],
    run_end: Duration,
) -> (Vec<ProgramDownload<'a>>, BTreeMap<String, u64>, Duration) {
    let mut downloads: Vec<_> = wanted.iter().copied().map(ProgramDownload::new).collect();
    let mut by_key: BTreeMap<FateKey, Vec<usize>> = BTreeMap::new();
    for (index, resource) in wanted.iter().enumerate() {
        by_key.entry((*resource).into()).or_default().push(index);
    }
    let (mut others, mut other_time) = (BTreeMap::new(), Duration::ZERO);
    let mut requests: Vec<_> = requests.iter().collect();
    requests.sort_by_key(|request| (request.at, request.id));
    for request in requests {
        let indices = by_key.get(&request.key).filter(|_| request.method == "GET");
        let Some(indices) = indices else {
            *others.entry(name(request)).or_default() += 1;
            other_time += request.end_at(run_end).saturating_sub(request.at);
            continue;
        };
        let (index, kind) = place(&downloads, indices, request);
        downloads[index].add(request, kind, run_end);
    }
    (downloads, others, other_time)
}

/// Whether an attempt of a program belongs to the workload: a first attempt, or one after a failure or a redirect.
pub fn is_asked(record: &AttemptRecord) -> bool {
    let is_repetition = matches!(record.kind, AttemptKind::Duplicate | AttemptKind::Hedge);
    record.was_sent() && !is_repetition
}

/// The number of requests whose numbers are beyond those that the server has counted for their paths.
fn chosen_numbers(requests: &[ServedRequest]) -> u64 {
    let mut counted: BTreeMap<&FateKey, u64> = BTreeMap::new();
    for request in requests {
        *counted.entry(&request.key).or_default() += 1;
    }
    let is_beyond = |one: &&ServedRequest| one.number.is_some_and(|n| n > counted[&one.key]);
    requests.iter().filter(is_beyond).count() as u64
}

/// Which of these downloads of a path a request is for, and why it is made.
fn place(
    downloads: &[ProgramDownload<'_>],
    indices: &[usize],
    request: &ServedRequest,
) -> (usize, AttemptKind) {
    let find = |is_wanted: &dyn Fn(&ProgramDownload<'_>) -> bool| {
        let mut indices = indices.iter().copied();
        indices.find(|&index| is_wanted(&downloads[index]))
    };
    if let Some(index) = find(&|one| one.is_redirected_to(request)) {
        return (index, AttemptKind::Redirect);
    }
    if let Some(index) = find(&|one| one.attempts.is_empty()) {
        return (index, AttemptKind::First);
    }
    for kind in [AttemptKind::Retry, AttemptKind::Hedge] {
        if let Some(index) = find(&|one| one.kind_of_repetition(request.at) == kind) {
            return (index, kind);
        }
    }
    let last = indices.last().copied().unwrap_or_default();
    (last, AttemptKind::Duplicate)
}

/// The path of a request that is not in the workload; a method other than GET is before it.
fn name(request: &ServedRequest) -> String {
    let path = encoded(request.key.as_str());
    match request.method.as_str() {
        "GET" => path,
        method => format!("{method} {path}"),
    }
}

/// The path with what is not printable ASCII percent-encoded: it could control a terminal or change the direction of text.
fn encoded(path: &str) -> String {
    let encode = |byte: u8| match byte {
        byte if byte.is_ascii_graphic() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    path.bytes().map(encode).collect()
}

/// The numbers of the requests whose connections had carried earlier ones.
fn reused_connections(requests: &[ServedRequest]) -> BTreeSet<u64> {
    let mut requests: Vec<_> = requests.iter().collect();
    requests.sort_by_key(|request| (request.at, request.id));
    let mut known = BTreeSet::new();
    let reused = requests.iter().filter(|one| !known.insert(one.connection));
    reused.map(|request| request.id).collect()
}

/// The record of an attempt.
fn record(
    download: &ProgramDownload<'_>,
    index: usize,
    start: Duration,
    is_reused: &BTreeSet<u64>,
    plan: &ServerPlan<'_>,
) -> AttemptRecord {
    let attempt = &download.attempts[index];
    let request = attempt.request;
    let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let sent = request.at.saturating_sub(start);
    let mut record = AttemptRecord {
        attempt: number,
        kind: attempt.kind,
        is_final: download.final_attempt() == Some(index),
        request_number: request.number.unwrap_or(u64::from(number)),
        due: sent,
        first_due: download.attempts[0].request.at.saturating_sub(start),
        started: sent,
        sent,
        reused_connection: is_reused.contains(&request.id),
        done: attempt.done.saturating_sub(start),
        status: attempt.status,
        bytes: request.end.as_ref().map_or(0, |end| end.bytes),
        ..AttemptRecord::new(download.resource, attempt.outcome.clone())
    };
    let timing = timing(attempt, &record, plan);
    let until_head = timing.actual.saturating_add(timing.paced_head);
    let first_byte = record.sent.saturating_add(until_head).min(record.done);
    record.first_byte = record.status.map(|_| first_byte);
    record.timing = Some(timing);
    record
}

/// What the server planned for the response and what it did.
fn timing(
    attempt: &ProgramAttempt<'_>,
    record: &AttemptRecord,
    plan: &ServerPlan<'_>,
) -> ServerTiming {
    let request = attempt.request;
    let rejected = Rejection::from_label(&request.cause);
    let planned = ServerTiming {
        planned: request.planned,
        fault: request.fault.clone(),
        ..ServerTiming::default()
    };
    let mut timing = match rejected {
        Some(limit) => ServerTiming {
            fault: Some(limit.label().to_owned()),
            ..planned
        },
        None => (plan.predict)(record).unwrap_or(planned),
    };
    let lateness = request.end.as_ref().and_then(|end| end.lateness);
    let lateness = lateness.unwrap_or_default();
    if plan.has_queue && rejected.is_none() {
        // The journal does not say how long a request waited: the rest of its time.
        let accounted = timing.planned_total().saturating_add(lateness);
        timing.queued = record.service_time().saturating_sub(accounted);
    }
    timing.actual = timing.planned + timing.queued + lateness;
    timing
}

#[cfg(test)]
pub(super) mod test_requests {
    use crate::program::{ServedEnd, ServedRequest};
    use flagpole_protocol::{FateKey, Resource, ResponseEnd};
    use std::time::Duration;

    pub(crate) fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    pub(crate) fn flag(code: &str) -> Resource {
        Resource::Flag(code.parse().unwrap())
    }

    /// A complete response to a request for a flag; times in milliseconds.
    pub(crate) fn at(code: &str, at: u64, duration: u64) -> ServedRequest {
        ServedRequest {
            id: at,
            at: ms(at),
            unix_time: ms(at),
            connection: at,
            method: "GET".to_owned(),
            key: FateKey::from(flag(code)),
            query: None,
            number: Some(1),
            cause: "delay".to_owned(),
            fault: None,
            planned: ms(duration),
            end: Some(ServedEnd {
                status: Some(200),
                bytes: 1000,
                end: ResponseEnd::Completed,
                lateness: Some(Duration::ZERO),
                peer_closed: None,
                duration: ms(duration),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::test_requests::{at, flag, ms};
    use super::*;

    fn observe(wanted: &[&str], requests: &[ServedRequest]) -> ProgramRequests {
        let wanted: Vec<_> = wanted.iter().map(|code| flag(code)).collect();
        let plan = ServerPlan {
            predict: &|_| None,
            has_queue: false,
        };
        ProgramRequests::new(&wanted, requests, ms(1000), &plan)
    }

    fn failed(code: &str, from: u64, duration: u64) -> ServedRequest {
        let mut request = at(code, from, duration);
        request.fault = Some("503".to_owned());
        request.end.as_mut().unwrap().status = Some(503);
        request
    }

    /// Download, attempt, kind, outcome, and whether it is final, of each record.
    fn attempts(observed: &ProgramRequests) -> Vec<String> {
        let records = observed.records.iter();
        let text = |one: &AttemptRecord| {
            let mark = if one.is_final { "." } else { "" };
            let (kind, outcome) = (one.kind.label(), one.outcome.label());
            format!("{} {} {kind} {outcome}{mark}", one.download, one.attempt)
        };
        records.map(text).collect()
    }

    #[test]
    fn well_behaved_program_has_a_record_for_each_file() {
        let requests = [at("JP", 105, 50), at("BR", 100, 50)];
        let observed = observe(&["BR", "JP"], &requests);
        assert_eq!(attempts(&observed), ["1 1 first ok.", "2 1 first ok."]);
        let second = &observed.records[1];
        assert_eq!(
            (second.due, second.sent, second.done),
            (ms(5), ms(5), ms(55))
        );
        assert_eq!(second.first_byte, Some(ms(55)));
        assert_eq!(second.timing.as_ref().unwrap().planned, ms(50));
        let others = (observed.duplicates, observed.retries, observed.others.len());
        assert_eq!((observed.max_in_flight, others), (2, (0, 0, 0)));
        assert_eq!(observed.not_requested, []);
    }

    #[test]
    fn request_after_a_failure_is_a_retry() {
        let observed = observe(&["BR"], &[failed("BR", 0, 10), at("BR", 20, 10)]);
        assert_eq!(attempts(&observed), ["1 1 first http_503", "1 2 retry ok."]);
        assert_eq!((observed.retries, observed.duplicates), (1, 0));
    }

    /// A client with a timeout of 50 ms, whose files the server writes nevertheless.
    #[test]
    fn request_after_the_client_had_left_is_a_retry() {
        let mut first = at("BR", 0, 300);
        first.end.as_mut().unwrap().peer_closed = Some(ms(50));
        let observed = observe(&["BR"], &[first, at("BR", 50, 40)]);
        assert_eq!(
            attempts(&observed),
            ["1 1 first abandoned", "1 2 retry ok."]
        );
        assert_eq!((observed.retries, observed.max_in_flight), (1, 1));
        assert_eq!(observed.records[0].done, ms(50));
    }

    #[test]
    fn request_after_the_delivery_is_a_duplicate_and_during_it_a_hedge() {
        let observed = observe(&["BR"], &[at("BR", 0, 10), at("BR", 20, 10)]);
        assert_eq!(attempts(&observed), ["1 1 first ok.", "1 2 duplicate ok"]);
        assert_eq!((observed.retries, observed.duplicates), (0, 1));
        let observed = observe(&["BR"], &[at("BR", 0, 30), at("BR", 20, 5)]);
        assert_eq!(attempts(&observed), ["1 2 hedge ok.", "1 1 first ok"]);
        assert_eq!((observed.duplicates, observed.concurrent_repeats), (0, 1));
    }

    #[test]
    fn file_that_is_wanted_twice_is_no_duplicate() {
        let requests = [at("BR", 0, 10), at("BR", 20, 10), at("BR", 40, 10)];
        let observed = observe(&["BR", "BR"], &requests[..2]);
        assert_eq!(attempts(&observed), ["1 1 first ok.", "2 1 first ok."]);
        assert_eq!(observe(&["BR", "BR"], &requests).duplicates, 1);
    }

    #[test]
    fn file_that_was_not_requested_is_unsent() {
        let observed = observe(&["BR", "JP"], &[at("BR", 0, 10)]);
        assert_eq!(attempts(&observed), ["1 1 first ok.", "2 1 first unsent."]);
        assert_eq!(observed.not_requested, [flag("JP")]);
    }

    #[test]
    fn requests_outside_the_workload_are_counted_by_path_and_have_no_record() {
        let mut head = at("BR", 0, 1);
        head.method = "HEAD".to_owned();
        let requests = [head, at("US", 2, 1), at("US", 4, 1), at("BR", 6, 10)];
        let observed = observe(&["BR"], &requests);
        assert_eq!(attempts(&observed), ["1 1 first ok."]);
        assert_eq!(observed.records[0].sent, ms(6), "from the first request");
        let others: Vec<_> = observed.others.into_iter().collect();
        let expected = [("/flags/us/us.gif", 2), ("HEAD /flags/br/br.gif", 1)];
        assert_eq!(
            others,
            expected.map(|(path, count)| (path.to_owned(), count))
        );
    }

    #[test]
    fn paths_outside_the_workload_are_printable() {
        assert_eq!(encoded("/a%41\u{202e}b\u{1b}c"), "/a%41%E2%80%AEb%1Bc");
    }

    #[test]
    fn numbers_that_the_server_did_not_count_are_chosen() {
        let mut chosen = at("BR", 0, 10);
        chosen.number = Some(5);
        assert_eq!(observe(&["BR"], &[chosen]).chosen_numbers, 1);
        let mut second = at("BR", 20, 10);
        second.number = Some(2);
        assert_eq!(
            observe(&["BR"], &[at("BR", 0, 10), second]).chosen_numbers,
            0
        );
    }

    #[test]
    fn time_of_requests_that_were_not_asked_for_is_summed() {
        let mut head = at("BR", 0, 10);
        head.method = "HEAD".to_owned();
        let observed = observe(&["BR"], &[head, at("BR", 20, 30), at("BR", 60, 40)]);
        assert_eq!((observed.unasked_time, observed.unasked()), (ms(50), 2));
        let asked = observed.records.iter().filter(|one| is_asked(one));
        assert_eq!(asked.count(), 1);
    }

    #[test]
    fn hop_of_a_redirect_continues_its_download() {
        let mut redirect = at("BR", 0, 10);
        redirect.fault = Some("redirect:1".to_owned());
        redirect.end.as_mut().unwrap().status = Some(302);
        let mut hop = at("BR", 20, 10);
        hop.query = Some("flagpole-hops=0&flagpole-nth=1".to_owned());
        let observed = observe(&["BR"], &[redirect, hop]);
        let expected = ["1 1 first redirected", "1 2 redirect ok."];
        assert_eq!(attempts(&observed), expected);
        assert_eq!((observed.retries, observed.duplicates), (0, 0));
    }

    #[test]
    fn second_request_of_a_connection_reuses_it() {
        let (first, mut second) = (at("BR", 0, 10), at("JP", 20, 10));
        second.connection = first.connection;
        let observed = observe(&["BR", "JP"], &[first, second]);
        let reused = observed.records.iter().map(|one| one.reused_connection);
        assert_eq!(reused.collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn rest_of_the_time_is_the_wait_for_a_permit() {
        let mut queued = at("BR", 0, 80);
        queued.planned = ms(50);
        let plan = ServerPlan {
            predict: &|_| None,
            has_queue: true,
        };
        let observed = ProgramRequests::new(&[flag("BR")], &[queued], ms(1000), &plan);
        let timing = observed.records[0].timing.clone().unwrap();
        assert_eq!((timing.queued, timing.actual), (ms(30), ms(80)));
    }
}
