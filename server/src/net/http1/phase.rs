//! What a connection does at a moment: one request after the other goes through these phases.

use crate::config::connection_limits::ConnectionLimits;
use crate::http::wire_image::WireImage;
use crate::net::http1::active_request::ActiveRequest;
use crate::net::http1::closing::Close;
use flagpole_protocol::Fate;
use std::time::{Duration, Instant};

/// What a connection does at the moment. Times are ticks of the worker, in seconds.
#[derive(Debug)]
pub(super) enum Phase {
    /// Waits for the first byte of a request.
    Idle { since: u64 },
    /// Receives the head of a request.
    Head { since: u64 },
    /// A response is delayed, queued or prepared.
    Waiting(Exchange),
    /// The bytes of a response are written; or they were, and the connection is silent before it takes the next request
    /// (`hang:100%`).
    Writing(Exchange, WritePhase),
    /// The response is complete; the rest of the request's body is read and discarded.
    Discarding { since: u64 },
    /// The response is complete; the next byte of the peer ends the connection (`stale:next`).
    Stale { since: u64 },
    /// Nothing more is served; says how the connection ends.
    Ended(Close),
}

/// Why the worker ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Termination {
    /// The server stops.
    Stop,
    /// The head of a request, or the next piece of its body, took too long.
    HeadTime,
    /// There was no request for too long.
    KeepAlive,
    /// The peer has read nothing of a response for too long.
    WriteTime,
}

impl Phase {
    /// The request in progress and its response.
    pub(super) fn exchange(&self) -> Option<&Exchange> {
        match self {
            Phase::Waiting(exchange) | Phase::Writing(exchange, _) => Some(exchange),
            _ => None,
        }
    }

    /// The request in progress and its response, to be changed.
    pub(super) fn exchange_mut(&mut self) -> Option<&mut Exchange> {
        match self {
            Phase::Waiting(exchange) | Phase::Writing(exchange, _) => Some(exchange),
            _ => None,
        }
    }

    /// How far the writing of a response is.
    pub(super) fn write_mut(&mut self) -> Option<&mut WritePhase> {
        match self {
            Phase::Writing(_, write) => Some(write),
            _ => None,
        }
    }

    /// Whether a request can begin: not while bytes of the previous response wait to be written, and not if the connection
    /// ends instead.
    pub(super) fn accepts_request(&self) -> bool {
        matches!(self, Phase::Idle { .. } | Phase::Head { .. })
    }

    /// Whether the peer may leave unnoticed: nothing is read, and nothing is written for a while.
    pub(super) fn needs_watch(&self) -> bool {
        match self {
            Phase::Waiting(_) => true,
            Phase::Writing(_, write) => write.is_planned,
            _ => false,
        }
    }

    /// Whether the connection can be closed without loss: no response is in progress, or one that never ends by itself
    /// (`hang`). While the rest of a request's body arrives, closing would send a reset, which destroys a response that the
    /// peer has not read.
    pub(super) fn is_idle_or_hanging(&self) -> bool {
        if let Phase::Discarding { .. } = self {
            return false;
        }
        let request = self
            .exchange()
            .and_then(|exchange| exchange.request.as_ref());
        request.is_none_or(|request| request.hangs_forever)
    }

    /// Whether the body of the request, or what follows it, must not be read: if hyper finds the end of a body while it has
    /// bytes of the response in its buffer, it parses what follows, and puts its response to what is no request before
    /// the rest of these bytes. `read_ahead`: the number of bytes that hyper may have read of what it has not handed over.
    pub(super) fn holds_request_body(&self, read_ahead: u64) -> bool {
        match self {
            Phase::Writing(exchange, _) => {
                let may_end = exchange.body_left.is_none_or(|left| left <= read_ahead);
                exchange.body_since.is_some() && may_end
            }
            _ => false,
        }
    }

    /// The phase after bytes were read from the peer at a tick.
    pub(super) fn on_bytes_read(&mut self, now: u64) {
        match self {
            Phase::Idle { .. } => *self = Phase::Head { since: now },
            Phase::Discarding { since } => *since = now,
            Phase::Waiting(exchange) | Phase::Writing(exchange, _) => {
                exchange.body_since = exchange.body_since.map(|_| now);
            }
            Phase::Stale { .. } => *self = Phase::Ended(Close::Fin),
            Phase::Head { .. } | Phase::Ended(_) => {}
        }
    }

    /// The phase after all bytes were written that hyper had; `None` if there are more.
    pub(super) fn after_response(&self, now: u64) -> Option<Phase> {
        let Phase::Writing(exchange, write) = self else {
            return None;
        };
        Some(match exchange.body_since {
            _ if !write.body_consumed => return None,
            _ if exchange.exceeds_limit => Phase::Ended(Close::Fin),
            _ if write.is_last => Phase::Stale { since: now },
            // Reading may have been held back until now.
            Some(_) => Phase::Discarding { since: now },
            None if exchange.has_partial_head => Phase::Head { since: now },
            None => Phase::Idle { since: now },
        })
    }

    /// Why the worker must end the connection at this tick, if it must. `is_new`: it has served no request yet.
    pub(super) fn overdue(
        &self,
        now: u64,
        is_new: bool,
        limits: &ConnectionLimits,
    ) -> Option<Termination> {
        let (since, limit, why) = match self {
            Phase::Idle { since } if is_new => {
                (Some(*since), limits.head_timeout, Termination::KeepAlive)
            }
            Phase::Idle { since } | Phase::Stale { since } => (
                Some(*since),
                limits.keep_alive_timeout,
                Termination::KeepAlive,
            ),
            Phase::Head { since } | Phase::Discarding { since } => {
                (Some(*since), limits.head_timeout, Termination::HeadTime)
            }
            Phase::Waiting(exchange) => {
                let since = exchange.body_since.filter(|_| exchange.needs_body);
                (since, limits.head_timeout, Termination::HeadTime)
            }
            Phase::Writing(_, write) => (
                write.blocked_since,
                limits.write_timeout,
                Termination::WriteTime,
            ),
            Phase::Ended(_) => return None,
        };
        is_over(since?, now, limit).then_some(why)
    }
}

/// Whether a limit has passed for certain: a tick may come just after `since`.
fn is_over(since: u64, now: u64, limit: Duration) -> bool {
    let ticks = limit.as_secs() + u64::from(limit.subsec_nanos() > 0);
    now.saturating_sub(since) > ticks
}

/// A request and its response, until the response is complete.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// `None` if the request is in no count, or counted as ended.
    pub(super) request: Option<ActiveRequest>,
    /// The tick when the last piece of the request's body arrived, until the body has been read to its end.
    pub(super) body_since: Option<u64>,
    /// The number of bytes of the request's body that have not been read; `None` if it is not known.
    pub(super) body_left: Option<u64>,
    /// Whether the response waits for the body of the request.
    pub(super) needs_body: bool,
    /// Whether the body of the request is too large, so that the connection ends after the response.
    pub(super) exceeds_limit: bool,
    /// Whether the bytes that were read last, and are not a body, end within the head of the next request.
    pub(super) has_partial_head: bool,
}

/// How far the writing of a response is.
#[derive(Debug, Default)]
pub(super) struct WritePhase {
    /// The due time of a delayed response until its first byte is written.
    pub(super) due: Option<Instant>,
    /// How the bytes are written, until the stream takes it; `None` if all are written immediately.
    pub(super) plan: Option<Box<WritePlan>>,
    /// Whether the stream follows a plan, so that the response may take a while.
    pub(super) is_planned: bool,
    /// Whether hyper has taken the whole response into its buffer.
    pub(super) body_consumed: bool,
    /// Whether the next request on the connection ends it.
    pub(super) is_last: bool,
    /// The tick since when the peer has read nothing.
    pub(super) blocked_since: Option<u64>,
    /// Number of bytes written.
    pub(super) bytes: u64,
}

/// What the stream needs to write a response: its bytes, if they are not those that hyper writes, and which of them may be
/// written when.
#[derive(Debug)]
pub(crate) struct WritePlan {
    /// All that will happen to the response.
    pub(crate) fate: Fate,
    /// The bytes in place of those that hyper writes.
    pub(crate) image: Option<WireImage>,
    /// Length of the body in bytes, as hyper writes it.
    pub(crate) body_length: u64,
    /// When the schedule begins.
    pub(crate) due: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: fn() -> ConnectionLimits = ConnectionLimits::default;

    fn writing(body_since: Option<u64>, write: WritePhase) -> Phase {
        let exchange = Exchange {
            body_since,
            ..Exchange::default()
        };
        Phase::Writing(exchange, write)
    }

    #[test]
    fn first_byte_of_a_head_starts_its_time() {
        let mut phase = Phase::Idle { since: 3 };
        phase.on_bytes_read(7);
        phase.on_bytes_read(9);
        assert!(matches!(phase, Phase::Head { since: 7 }), "{phase:?}");
    }

    #[test]
    fn a_byte_after_the_last_response_ends_the_connection() {
        let mut phase = Phase::Stale { since: 3 };
        phase.on_bytes_read(4);
        assert!(matches!(phase, Phase::Ended(Close::Fin)), "{phase:?}");
    }

    #[test]
    fn what_follows_a_response_depends_on_the_rest_of_the_request() {
        let complete = || WritePhase {
            body_consumed: true,
            ..WritePhase::default()
        };
        let unfinished = writing(None, WritePhase::default());
        assert!(unfinished.after_response(5).is_none());
        let idle = writing(None, complete()).after_response(5);
        assert!(matches!(idle, Some(Phase::Idle { since: 5 })), "{idle:?}");
        let discarding = writing(Some(2), complete()).after_response(5);
        let is_discarding = matches!(discarding, Some(Phase::Discarding { since: 5 }));
        assert!(is_discarding, "{discarding:?}");
        let last = WritePhase {
            is_last: true,
            ..complete()
        };
        let stale = writing(Some(2), last).after_response(5);
        assert!(
            matches!(stale, Some(Phase::Stale { since: 5 })),
            "{stale:?}"
        );
    }

    #[test]
    fn the_end_of_a_body_is_held_back_while_a_response_is_written() {
        let holds = |body_since, body_left, read_ahead| {
            let exchange = Exchange {
                body_since,
                body_left,
                ..Exchange::default()
            };
            Phase::Writing(exchange, WritePhase::default()).holds_request_body(read_ahead)
        };
        assert!(holds(Some(0), None, 8), "chunked");
        assert!(holds(Some(0), Some(8), 8));
        assert!(!holds(Some(0), Some(9), 8));
        assert!(!holds(None, None, 8), "no body");
        assert!(!Phase::Waiting(Exchange::default()).holds_request_body(8));
    }

    #[test]
    fn a_partial_head_and_a_body_over_the_limit_decide_what_follows() {
        let after = |exchange| {
            let write = WritePhase {
                body_consumed: true,
                ..WritePhase::default()
            };
            Phase::Writing(exchange, write).after_response(5)
        };
        let head = after(Exchange {
            has_partial_head: true,
            ..Exchange::default()
        });
        assert!(matches!(head, Some(Phase::Head { since: 5 })), "{head:?}");
        let ended = after(Exchange {
            exceeds_limit: true,
            ..Exchange::default()
        });
        assert!(matches!(ended, Some(Phase::Ended(Close::Fin))), "{ended:?}");
    }

    #[test]
    fn a_connection_is_not_idle_while_it_discards_a_body() {
        assert!(Phase::Idle { since: 0 }.is_idle_or_hanging());
        assert!(!Phase::Discarding { since: 0 }.is_idle_or_hanging());
    }

    #[test]
    fn each_phase_has_its_own_limit_of_time() {
        let blocked = WritePhase {
            blocked_since: Some(0),
            ..WritePhase::default()
        };
        for (phase, is_new, limit, why) in [
            (Phase::Idle { since: 0 }, true, 60, Termination::KeepAlive),
            (Phase::Idle { since: 0 }, false, 75, Termination::KeepAlive),
            (Phase::Head { since: 0 }, false, 60, Termination::HeadTime),
            (
                Phase::Discarding { since: 0 },
                false,
                60,
                Termination::HeadTime,
            ),
            (writing(None, blocked), false, 60, Termination::WriteTime),
        ] {
            assert_eq!(phase.overdue(limit, is_new, &LIMITS()), None, "{phase:?}");
            let overdue = phase.overdue(limit + 1, is_new, &LIMITS());
            assert_eq!(overdue, Some(why), "{phase:?}");
        }
    }

    #[test]
    fn a_delayed_response_is_not_overdue_unless_it_waits_for_the_body() {
        let waiting = |needs_body| {
            Phase::Waiting(Exchange {
                body_since: Some(0),
                needs_body,
                ..Exchange::default()
            })
        };
        assert_eq!(waiting(false).overdue(1000, false, &LIMITS()), None);
        let overdue = waiting(true).overdue(1000, false, &LIMITS());
        assert_eq!(overdue, Some(Termination::HeadTime));
    }
}
