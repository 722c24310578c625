//! An entry of the journal in memory.

use flagpole_protocol::{
    Cause, ErrorEntry, FateKey, JournalEntry, RequestEntry, RequestOutcome, ResponseEnd, RuleName,
};
use http::Method;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// How a response ends that is not cut.
const COMPLETE: &str = "complete";

/// An entry, of which there are many: most are plain requests, which take a third of the memory of a `RequestEntry`.
/// Requests pay for the memory that they touch.
#[derive(Debug)]
pub(super) enum Slot {
    Plain(PlainRequest),
    Request(Box<DetailedRequest>),
    Error(Box<ErrorEntry>),
}

/// A request whose response is clean and complete, and of which nothing else is known.
#[derive(Debug)]
pub(super) struct PlainRequest {
    id: u64,
    at: Nanoseconds,
    unix_time: Nanoseconds,
    listener: Option<Arc<str>>,
    connection: u64,
    method: Method,
    resource: FateKey,
    request_number: u64,
    outcome: Option<PlainOutcome>,
}

/// An outcome without lateness, of a peer that stayed.
#[derive(Debug)]
struct PlainOutcome {
    status: Option<u16>,
    end: ResponseEnd,
    bytes: u64,
    duration: Nanoseconds,
}

/// Any other request.
#[derive(Debug)]
pub(super) struct DetailedRequest {
    request: RequestEntry,
    /// `None` until the request is over.
    outcome: Option<RequestOutcome>,
}

/// Half of the size of a `Duration`; up to 584 years.
#[derive(Clone, Copy, Debug)]
struct Nanoseconds(u64);

impl Slot {
    pub(super) fn request(entry: RequestEntry) -> Slot {
        let is_plain = matches!(
            &entry,
            RequestEntry {
                run: None,
                path: None,
                query: None,
                request_number: Some(_),
                cause: Cause::Clean,
                fault: None,
                planned: Duration::ZERO,
                ..
            }
        );
        match entry.request_number {
            Some(request_number)
                if is_plain
                    && entry.ending == COMPLETE
                    && entry.rule == RuleName::LISTENER
                    && entry.fields.is_empty() =>
            {
                Slot::Plain(PlainRequest {
                    id: entry.id,
                    at: entry.at.into(),
                    unix_time: entry.unix_time.into(),
                    listener: entry.listener,
                    connection: entry.connection,
                    method: entry.method,
                    resource: entry.resource,
                    request_number,
                    outcome: None,
                })
            }
            _ => Slot::Request(Box::new(DetailedRequest {
                request: entry,
                outcome: None,
            })),
        }
    }

    /// The number of the request or the error.
    pub(super) fn id(&self) -> u64 {
        match self {
            Slot::Plain(plain) => plain.id,
            Slot::Request(detailed) => detailed.request.id,
            Slot::Error(error) => error.id,
        }
    }

    /// Whether it is a request that is over.
    #[cfg(feature = "control")]
    pub(super) fn is_over(&self) -> bool {
        match self {
            Slot::Plain(plain) => plain.outcome.is_some(),
            Slot::Request(detailed) => detailed.outcome.is_some(),
            Slot::Error(_) => false,
        }
    }

    /// Whether it is a request that is not over.
    #[cfg(feature = "control")]
    pub(super) fn is_open(&self) -> bool {
        !matches!(self, Slot::Error(_)) && !self.is_over()
    }

    /// The begin of a request, or the error.
    pub(super) fn begin(&self) -> JournalEntry {
        match self {
            Slot::Plain(plain) => JournalEntry::Begin(plain.entry()),
            Slot::Request(detailed) => JournalEntry::Begin(detailed.request.clone()),
            Slot::Error(error) => JournalEntry::Error((**error).clone()),
        }
    }

    /// The end of a request that is over.
    pub(super) fn end(&self) -> Option<JournalEntry> {
        let (request, outcome) = match self {
            Slot::Plain(plain) => (plain.entry(), plain.outcome.as_ref()?.into()),
            Slot::Request(detailed) => (detailed.request.clone(), detailed.outcome.clone()?),
            Slot::Error(_) => return None,
        };
        Some(JournalEntry::End { request, outcome })
    }

    /// Corrects how the response is planned to end.
    pub(super) fn set_ending(&mut self, ending: Cow<'static, str>) {
        if let Slot::Plain(_) = self
            && ending == COMPLETE
        {
            return;
        }
        if let Some(detailed) = self.detailed() {
            detailed.request.ending = ending;
        }
    }

    /// Completes a request.
    pub(super) fn set_outcome(&mut self, outcome: RequestOutcome) {
        if let Slot::Plain(plain) = self
            && outcome.lateness.is_none()
            && outcome.peer_closed.is_none()
        {
            plain.outcome = Some(PlainOutcome {
                status: outcome.status,
                end: outcome.end,
                bytes: outcome.bytes,
                duration: outcome.duration.into(),
            });
        } else if let Some(detailed) = self.detailed() {
            detailed.outcome = Some(outcome);
        }
    }

    /// The request, in full; `None` for an error.
    fn detailed(&mut self) -> Option<&mut DetailedRequest> {
        if let Slot::Plain(plain) = self {
            *self = Slot::Request(Box::new(DetailedRequest {
                request: plain.entry(),
                outcome: plain.outcome.as_ref().map(RequestOutcome::from),
            }));
        }
        match self {
            Slot::Request(detailed) => Some(detailed),
            _ => None,
        }
    }
}

impl PlainRequest {
    fn entry(&self) -> RequestEntry {
        RequestEntry {
            id: self.id,
            at: self.at.into(),
            unix_time: self.unix_time.into(),
            listener: self.listener.clone(),
            connection: self.connection,
            run: None,
            method: self.method.clone(),
            resource: self.resource.clone(),
            path: None,
            query: None,
            request_number: Some(self.request_number),
            rule: RuleName::LISTENER,
            cause: Cause::Clean,
            fault: None,
            planned: Duration::ZERO,
            ending: COMPLETE.into(),
            fields: Vec::new(),
        }
    }
}

impl From<&PlainOutcome> for RequestOutcome {
    fn from(outcome: &PlainOutcome) -> RequestOutcome {
        RequestOutcome {
            status: outcome.status,
            bytes: outcome.bytes,
            end: outcome.end,
            lateness: None,
            peer_closed: None,
            duration: outcome.duration.into(),
        }
    }
}

impl From<Duration> for Nanoseconds {
    fn from(duration: Duration) -> Nanoseconds {
        let nanoseconds = duration.as_secs().saturating_mul(1_000_000_000);
        Nanoseconds(nanoseconds.saturating_add(duration.subsec_nanos().into()))
    }
}

impl From<Nanoseconds> for Duration {
    fn from(nanoseconds: Nanoseconds) -> Duration {
        Duration::from_nanos(nanoseconds.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::Resource;

    fn entry(query: Option<&str>) -> RequestEntry {
        RequestEntry {
            id: 3,
            at: Duration::from_nanos(1_234_567_891),
            unix_time: Duration::new(1_700_000_000, 999_999_999),
            listener: Some("A".into()),
            connection: 2,
            run: None,
            method: Method::HEAD,
            resource: Resource::Flag("BR".parse().unwrap()).into(),
            path: None,
            query: query.map(Into::into),
            request_number: Some(5),
            rule: RuleName::LISTENER,
            cause: Cause::Clean,
            fault: None,
            planned: Duration::ZERO,
            ending: COMPLETE.into(),
            fields: Vec::new(),
        }
    }

    fn json(entry: &JournalEntry) -> String {
        serde_json::to_string(entry).unwrap()
    }

    #[test]
    fn a_plain_request_loses_nothing() {
        let outcome = RequestOutcome {
            status: Some(200),
            bytes: 300,
            end: ResponseEnd::Completed,
            lateness: None,
            peer_closed: None,
            duration: Duration::from_nanos(77_777),
        };
        for query in [None, Some("x=1")] {
            let mut slot = Slot::request(entry(query));
            assert_eq!(matches!(slot, Slot::Plain(_)), query.is_none());
            let begin = json(&JournalEntry::Begin(entry(query)));
            assert_eq!(json(&slot.begin()), begin);
            assert!(slot.end().is_none());
            slot.set_ending(COMPLETE.into());
            slot.set_outcome(outcome.clone());
            let end = JournalEntry::End {
                request: entry(query),
                outcome: outcome.clone(),
            };
            assert_eq!(json(&slot.end().unwrap()), json(&end));
            slot.set_ending("cut at byte 7".into());
            let end = json(&slot.end().unwrap());
            assert!(
                end.contains("cut at byte 7") && end.contains("77.777"),
                "{end}"
            );
        }
    }

    #[test]
    fn a_slot_is_small() {
        assert!(size_of::<Slot>() <= 160, "{}", size_of::<Slot>());
    }
}
