//! One response as the server planned and sent it. Times are milliseconds.

use crate::run::ms;
use flagpole_protocol::{
    AttemptKind, AttemptRecord, ContentDigest, CountryCode, Outcome, Rejection, Resource,
    ServerTiming, TimeoutKind,
};
use std::time::Duration;

/// The attempts of one download, each with its kind.
#[derive(Clone)]
pub(crate) struct Download(pub(crate) Vec<(AttemptKind, Response)>);

/// A response.
#[derive(Clone)]
pub(crate) struct Response {
    timing: ServerTiming,
    /// Whether the server reports the timing.
    is_reported: bool,
    /// How much later than the server reports the first byte arrives.
    unreported: Duration,
    status: Option<u16>,
    outcome: Outcome,
    backoff: Duration,
    body: String,
}

/// A complete response with status 200 after this delay.
pub(crate) fn after(delay: u64) -> Response {
    Response {
        timing: ServerTiming {
            planned: ms(delay),
            actual: ms(delay),
            ..ServerTiming::default()
        },
        is_reported: true,
        unreported: Duration::ZERO,
        status: Some(200),
        outcome: Outcome::Ok,
        backoff: Duration::ZERO,
        body: "a flag".to_owned(),
    }
}

impl Response {
    /// The server sends it this much later than planned.
    pub(crate) fn late(mut self, late: u64) -> Response {
        self.timing.actual += ms(late);
        self
    }

    /// The first byte arrives this much later than the server reports.
    pub(crate) fn unreported(self, unreported: u64) -> Response {
        Response {
            unreported: ms(unreported),
            ..self
        }
    }

    /// The server does not report its delays.
    pub(crate) fn silent(self) -> Response {
        Response {
            is_reported: false,
            ..self
        }
    }

    pub(crate) fn slow_head(mut self, paced: u64) -> Response {
        self.timing.paced_head = ms(paced);
        self
    }

    pub(crate) fn slow_body(mut self, paced: u64) -> Response {
        self.timing.paced = ms(paced);
        self
    }

    /// The connection is silent for this long afterwards.
    pub(crate) fn pause(mut self, pause: u64) -> Response {
        self.timing.pause_after = ms(pause);
        self
    }

    pub(crate) fn body(self, body: &str) -> Response {
        Response {
            body: body.to_owned(),
            ..self
        }
    }

    /// This status, as a fault of the server.
    pub(crate) fn status(mut self, status: u16) -> Response {
        self.timing.fault = Some(status.to_string());
        Response {
            status: Some(status),
            outcome: Outcome::from_status(status),
            ..self
        }
    }

    /// A limit of the server rejects the request.
    pub(crate) fn rejected(self, limit: Rejection) -> Response {
        let status = if limit == Rejection::RateLimit {
            429
        } else {
            503
        };
        let mut rejected = self.status(status);
        rejected.timing.fault = Some(limit.label().to_owned());
        rejected
    }

    /// The client gives up after this time.
    pub(crate) fn timed_out(self, limit: u64) -> Response {
        let outcome = Outcome::Timeout(TimeoutKind::Total, ms(limit));
        Response {
            status: None,
            outcome,
            ..self
        }
    }

    /// The user interrupts the run before the response.
    pub(crate) fn cancelled(self) -> Response {
        Response {
            status: None,
            outcome: Outcome::Cancelled,
            ..self
        }
    }

    /// After this backoff the client tries again.
    pub(crate) fn retried(self, backoff: u64, next: Response) -> Download {
        Download::from(self).then(
            AttemptKind::Retry,
            Response {
                backoff: ms(backoff),
                ..next
            },
        )
    }

    pub(crate) fn redirected(self, next: Response) -> Download {
        Download::from(self.status(302)).then(AttemptKind::Redirect, next)
    }

    /// The client makes the request a second time, and the second response arrives first.
    pub(crate) fn overtaken_by(self, hedge: Response) -> Download {
        let lost = Response {
            status: None,
            outcome: Outcome::HedgeLost,
            ..self
        };
        Download::from(lost).then(AttemptKind::Hedge, hedge)
    }

    /// The record, with times from when the server takes the request.
    fn record(&self, kind: AttemptKind) -> AttemptRecord {
        let first_byte = self.timing.actual + self.unreported;
        let done = first_byte + self.timing.paced_head + self.timing.paced;
        let has_head = self.status.is_some();
        let limit = match &self.outcome {
            Outcome::Timeout(_, limit) => *limit,
            _ => Duration::MAX,
        };
        AttemptRecord {
            kind,
            backoff: self.backoff,
            first_byte: has_head.then_some(first_byte),
            done: done.min(limit),
            status: self.status,
            bytes: if has_head { self.body.len() as u64 } else { 0 },
            body_digest: has_head.then(|| ContentDigest::from_body(self.body.as_bytes()).short()),
            timing: self.is_reported.then(|| self.timing.clone()),
            ..AttemptRecord::new(flag(1), self.outcome.clone())
        }
    }
}

impl Download {
    fn then(mut self, kind: AttemptKind, response: Response) -> Download {
        self.0.push((kind, response));
        self
    }

    /// The records of the download of this number.
    pub(crate) fn records(&self, download: usize, worker: usize) -> Vec<AttemptRecord> {
        let last = self.0.len();
        let records = (1..)
            .zip(&self.0)
            .map(|(attempt, (kind, response))| AttemptRecord {
                download,
                attempt,
                is_final: attempt as usize == last,
                resource: flag(download),
                request_number: u64::from(attempt),
                worker: Some(worker),
                ..response.record(*kind)
            });
        records.collect()
    }
}

impl From<Response> for Download {
    fn from(response: Response) -> Download {
        Download(vec![(AttemptKind::First, response)])
    }
}

/// The flag of the download of this number.
fn flag(download: usize) -> Resource {
    let code = CountryCode::every()
        .nth(download)
        .expect("there are 676 codes");
    Resource::Flag(code)
}
