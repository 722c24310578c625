//! A request as the server's journal describes it.

use flagpole_protocol::{FateKey, ResponseEnd};
use serde::{Deserialize, Deserializer, de};
use serde_with::{As, DisplayFromStr};
use std::time::Duration;

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

/// What came of a request.
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
    /// The time from the end of the request's head to the end of the response.
    pub duration: Duration,
}

/// A line of the journal.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line {
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
                Line::Begin(begin) => Some(begin.request(None)),
                Line::End { begin, end } => Some(begin.request(Some(end.served()))),
                Line::Other => None,
            })
        });
        parsed.filter_map(Result::transpose).collect()
    }

    /// When the response ended, from the start of the server: for a request in progress, when `run_end` was (since the Unix
    /// epoch).
    pub(super) fn end_at(&self, run_end: Duration) -> Duration {
        let duration = match &self.end {
            Some(end) => end.duration,
            None => run_end.saturating_sub(self.unix_time),
        };
        self.at + duration
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

/// The largest number of requests in flight at a time, as the server saw it: from the head of a request to the end of its
/// response.
pub fn max_in_flight(requests: &[ServedRequest], run_end: Duration) -> usize {
    let mut changes: Vec<(Duration, bool)> = Vec::new();
    for request in requests {
        changes.push((request.at, true));
        changes.push((request.end_at(run_end), false));
    }
    // At the same time, ends come first.
    changes.sort_unstable();
    let (mut now, mut max) = (0_usize, 0);
    for (_, is_begin) in changes {
        now = if is_begin {
            now + 1
        } else {
            now.saturating_sub(1)
        };
        max = max.max(now);
    }
    max
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
            "\"fields\":{},\"status\":200,\"bytes\":900,\"end\":\"completed\",\"lateness_us\":61.2,\"duration_us\":50100.25",
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
        assert!(ServedRequest::from_journal("no line").is_err());
    }

    #[test]
    fn wall_is_from_the_first_head_to_the_last_end() {
        let requests = [at("BR", 10, 50), at("JP", 20, 20), at("US", 40, 30)];
        assert_eq!(served_wall(&requests, ms(0)), Some(ms(60)));
        assert_eq!(served_wall(&[], ms(0)), None);
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
        assert_eq!(max_in_flight(&requests, ms(0)), 2);
        assert_eq!(max_in_flight(&requests[..2], ms(0)), 1);
    }
}
