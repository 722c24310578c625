//! A request as the server's journal describes it.

use crate::stats::max_overlap;
use flagpole_protocol::{FateKey, ResponseEnd};
use serde::{Deserialize, Deserializer, de};
use serde_with::{As, DisplayFromStr};
use std::time::Duration;

/// The end of a response is noted at most this much later than the client has it.
const MAX_END_DELAY: Duration = Duration::from_millis(1);

/// A response that ends at most this much after the run has not outlived it: a busy server notes ends late, and the clocks of
/// two processes may differ a little. A program that ends earlier closes its connections, which the server notices anyway.
const RUN_END_TOLERANCE: Duration = Duration::from_millis(10);

/// A request that the server has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedRequest {
    /// Its number in the process of the server.
    pub id: u64,
    /// The time from the start of the server to the end of the request's head.
    pub at: Duration,
    /// The wall-clock time of the end of the request's head, since the Unix epoch.
    pub unix_time: Duration,
    /// The number of its connection.
    pub connection: u64,
    /// The method.
    pub method: String,
    /// The normalised path.
    pub key: FateKey,
    /// The query, without the question mark.
    pub query: Option<String>,
    /// Its number among the requests for the same key, from 1; a redirect hop has that of the request that it continues.
    pub number: Option<u64>,
    /// Why the response was as it was.
    pub cause: String,
    /// The injected fault.
    pub fault: Option<String>,
    /// The planned delay.
    pub planned: Duration,
    /// How it ended; `None` while it is in progress.
    pub end: Option<ServedEnd>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedEnd {
    /// The status; `None` if no response was started.
    pub status: Option<u16>,
    /// The written bytes, with the head.
    pub bytes: u64,
    /// How the response ended.
    pub end: ResponseEnd,
    /// How late the first byte of a delayed response was written.
    pub lateness: Option<Duration>,
    /// The time from the end of the request's head until the client closed its sending side, if it did before the end.
    pub peer_closed: Option<Duration>,
    /// The time from the end of the request's head to the end of the response.
    pub duration: Duration,
}

/// A line of the journal.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum JournalLine {
    Begin(Begin),
    End {
        #[serde(flatten)]
        begin: Begin,
        #[serde(flatten)]
        end: Completion,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Begin {
    id: u64,
    #[serde(deserialize_with = "micros")]
    at_us: Duration,
    #[serde(deserialize_with = "micros")]
    unix_us: Duration,
    connection: u64,
    method: String,
    resource: String,
    query: Option<String>,
    n: Option<u64>,
    cause: String,
    fault: Option<String>,
    #[serde(deserialize_with = "micros")]
    planned_us: Duration,
}

#[derive(Deserialize)]
struct Completion {
    status: Option<u16>,
    bytes: u64,
    #[serde(with = "As::<DisplayFromStr>")]
    end: ResponseEnd,
    lateness_us: Option<f64>,
    /// Absent in journals of earlier servers.
    peer_closed_us: Option<f64>,
    #[serde(deserialize_with = "micros")]
    duration_us: Duration,
}

impl ServedRequest {
    /// The requests of a journal: JSON lines as `GET /journal` answers. Lines about other things are left out.
    ///
    /// # Errors
    /// If a line is no line of a journal.
    pub fn from_journal(lines: &str) -> Result<Vec<ServedRequest>, serde_json::Error> {
        let lines = lines.lines().filter(|line| !line.trim().is_empty());
        let parsed = lines.map(|line| {
            Ok(match serde_json::from_str(line)? {
                JournalLine::Begin(begin) => Some(begin.request(None)),
                JournalLine::End { begin, end } => Some(begin.request(Some(end.served()))),
                JournalLine::Other => None,
            })
        });
        parsed.filter_map(Result::transpose).collect()
    }

    /// When the request was over for the client, from the start of the server: when its response ended, or when the client
    /// had [left](ServedRequest::left_after). `run_end`: when the run ended, since the Unix epoch.
    pub(super) fn end_at(&self, run_end: Duration) -> Duration {
        let end = self.end.as_ref().map(|end| end.duration);
        let duration = self.left_after(run_end).or(end);
        self.at + duration.unwrap_or_default()
    }

    /// The time from the head of the request until the client did not wait for the response any more, because it closed its
    /// sending side or the run ended; `None` if it stayed.
    pub(super) fn left_after(&self, run_end: Duration) -> Option<Duration> {
        let until_run_end = run_end.saturating_sub(self.unix_time);
        let Some(end) = &self.end else {
            return Some(until_run_end);
        };
        let outlives_run = end.duration > until_run_end + RUN_END_TOLERANCE;
        let at_run_end = outlives_run.then_some(until_run_end);
        end.peer_closed.into_iter().chain(at_run_end).min()
    }

    /// When the request was [over](ServedRequest::end_at), or shortly before: a client has the last byte of a response before
    /// the server has noted the end, and may send its next request in between. At most 1 ms and a tenth of the duration
    /// earlier.
    pub(super) fn least_end_at(&self, run_end: Duration) -> Duration {
        let end = self.end_at(run_end);
        end.saturating_sub((end.saturating_sub(self.at) / 10).min(MAX_END_DELAY))
    }
}

impl Begin {
    fn request(self, end: Option<ServedEnd>) -> ServedRequest {
        ServedRequest {
            id: self.id,
            at: self.at_us,
            unix_time: self.unix_us,
            connection: self.connection,
            method: self.method,
            key: FateKey::from_path(&self.resource),
            query: self.query,
            number: self.n,
            cause: self.cause,
            fault: self.fault,
            planned: self.planned_us,
            end,
        }
    }
}

impl Completion {
    fn served(self) -> ServedEnd {
        ServedEnd {
            status: self.status,
            bytes: self.bytes,
            end: self.end,
            lateness: self.lateness_us.and_then(duration),
            peer_closed: self.peer_closed_us.and_then(duration),
            duration: self.duration_us,
        }
    }
}

fn micros<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let micros = f64::deserialize(deserializer)?;
    duration(micros).ok_or_else(|| de::Error::custom("expected a time in microseconds"))
}

fn duration(micros: f64) -> Option<Duration> {
    let nanos = (micros * 1e3).round();
    (nanos.is_finite() && nanos >= 0.0).then(|| Duration::from_secs_f64(nanos / 1e9))
}

/// The wall time of a run at the server: from the head of its first request to the end of its last response; `None`
/// without requests. `run_end`: when the run ended, since the Unix epoch.
pub fn served_wall(requests: &[ServedRequest], run_end: Duration) -> Option<Duration> {
    let first = requests.iter().map(|request| request.at).min()?;
    let ends = requests.iter().map(|request| request.end_at(run_end));
    Some(ends.max()?.saturating_sub(first))
}

/// The largest number of requests in flight at a time, as the server saw it: from the head of a request until shortly before
/// the end of its response, at most 1 ms and a tenth of its duration, because a client has that end before the server has
/// noted it.
pub fn max_in_flight(requests: &[ServedRequest], run_end: Duration) -> usize {
    max_overlap(
        requests
            .iter()
            .map(|request| (request.at, request.least_end_at(run_end))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::requests::test_requests::{at, ms};

    #[test]
    fn lines_about_requests_are_read_and_others_are_left_out() {
        let begin = r#"{"event":"begin","id":7,"at_us":1500.5,"unix_us":9000000,"connection":2,"run":null,"method":"GET",
            "resource":"/flags/br/br.gif","query":null,"n":1,"rule":"listener","cause":"delay","fault":null,
            "planned_us":50000.0,"ending":"complete","fields":{}}"#
            .replace('\n', "");
        let end = begin.replace("begin", "end").replace(
            "\"fields\":{}",
            "\"fields\":{},\"status\":200,\"bytes\":900,\"end\":\"completed\",\"lateness_us\":61.2,\"peer_closed_us\":7000,\"duration_us\":50100.25",
        );
        let other = r#"{"event":"error","id":8,"at_us":1,"unix_us":1,"connection":null,"status":400,"error":"x","count":1}"#;
        let requests = ServedRequest::from_journal(&format!("{begin}\n{other}\n{end}\n")).unwrap();
        let [open, over] = &requests[..] else {
            panic!("{requests:?}");
        };
        assert_eq!((open.id, open.at), (7, Duration::from_nanos(1_500_500)));
        assert_eq!(open.end, None);
        let end = over.end.as_ref().unwrap();
        assert_eq!((end.status, end.end), (Some(200), ResponseEnd::Completed));
        assert_eq!(end.lateness, Some(Duration::from_nanos(61_200)));
        assert_eq!(end.duration, Duration::from_nanos(50_100_250));
        assert_eq!(end.peer_closed, Some(ms(7)));
        assert!(ServedRequest::from_journal("no line").is_err());
    }

    #[test]
    fn wall_is_from_the_first_head_to_the_last_end() {
        let requests = [at("BR", 10, 50), at("JP", 20, 20), at("US", 40, 30)];
        assert_eq!(served_wall(&requests, ms(1000)), Some(ms(60)));
        assert_eq!(served_wall(&[], ms(1000)), None);
    }

    #[test]
    fn request_without_an_end_lasts_until_the_run_ends() {
        let mut hanging = at("BR", 10, 0);
        hanging.end = None;
        hanging.unix_time = ms(1010);
        assert_eq!(served_wall(&[hanging], ms(1090)), Some(ms(80)));
    }

    #[test]
    fn requests_that_touch_are_not_in_flight_together() {
        let requests = [at("BR", 0, 10), at("JP", 10, 10), at("US", 15, 10)];
        assert_eq!(max_in_flight(&requests, ms(1000)), 2);
        assert_eq!(max_in_flight(&requests[..2], ms(1000)), 1);
    }

    /// Server and client race for the last byte.
    #[test]
    fn end_that_is_noted_after_the_next_request_is_none_in_flight() {
        let next = |at: Duration| ServedRequest {
            at,
            ..at_ms("JP", 50)
        };
        let first = at("BR", 0, 50);
        for (micros, expected) in [(49_200, 1), (48_900, 2)] {
            let second = next(Duration::from_micros(micros));
            assert_eq!(max_in_flight(&[first.clone(), second], ms(1000)), expected);
        }
        let short = at("BR", 0, 2);
        let second = next(Duration::from_micros(1_700));
        assert_eq!(max_in_flight(&[short, second], ms(1000)), 2, "a tenth");
    }

    fn at_ms(code: &str, duration: u64) -> ServedRequest {
        at(code, 0, duration)
    }

    #[test]
    fn request_is_over_when_its_client_closed_its_side_or_the_run_ended() {
        let mut left = at("BR", 10, 300);
        assert_eq!(left.left_after(ms(1000)), None);
        assert_eq!(left.left_after(ms(301)), None, "noted late");
        assert_eq!(left.left_after(ms(110)), Some(ms(100)));
        left.end.as_mut().unwrap().peer_closed = Some(ms(50));
        assert_eq!(left.left_after(ms(1000)), Some(ms(50)));
        assert_eq!(left.end_at(ms(1000)), ms(60));
        assert_eq!(served_wall(&[left], ms(1000)), Some(ms(50)));
    }
}
