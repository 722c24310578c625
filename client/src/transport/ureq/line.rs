//! What a lane tells its connection about the exchange under way, and the connection its lane.

use crate::transport::shutdown_on_cancel::Alarm;
use crate::transport::{HEAD_LIMIT, RequestSpec, RequestTemplate};
use flagpole_protocol::Outcome;
use flagpole_protocol::TimeoutKind;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// So many bytes of which nothing comes are too many: interim answers (RFC 9110 section 15.2) or trailers
/// without end, each of which is small. A head is far smaller, and of a body something comes.
const FLOOD: usize = 4 * HEAD_LIMIT;

/// Shared by a lane and its connection, which one thread uses: nobody ever waits for the lock.
#[derive(Debug)]
pub(super) struct Line {
    wire: Arc<RequestTemplate>,
    now: Mutex<Now>,
}

/// The exchange under way.
#[derive(Debug, Default)]
struct Now {
    began: Duration,
    is_connecting: bool,
    cancel: CancellationToken,
    alarm: Arc<Alarm>,
    request_length: usize,
    /// Bytes since something came of them.
    idle_bytes: usize,
    seen: Seen,
}

/// What is seen of an exchange at the socket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// As in [`Exchange`](crate::transport::Exchange::sent).
    pub(super) sent: Duration,
    pub(super) first_byte: Option<Duration>,
    pub(super) reused: bool,
    /// Bytes of the answer, head included.
    pub(super) received: u64,
    /// Whether the peer has ended the connection.
    pub(super) ended: bool,
}

impl Line {
    pub(super) fn new(wire: Arc<RequestTemplate>) -> Line {
        Line {
            wire,
            now: Mutex::default(),
        }
    }

    pub(super) fn wire(&self) -> &RequestTemplate {
        &self.wire
    }

    /// An exchange begins; the head of its request has so many bytes at most.
    pub(super) fn begin(
        &self,
        attempt: &RequestSpec<'_>,
        alarm: &Arc<Alarm>,
        request_length: usize,
    ) {
        let began = self.wire.clock.now();
        *self.now() = Now {
            began,
            is_connecting: false,
            cancel: attempt.cancel.clone(),
            alarm: alarm.clone(),
            request_length,
            idle_bytes: 0,
            seen: Seen {
                sent: began,
                // Unless it turns out that a connection has to be made.
                reused: true,
                ..Seen::default()
            },
        };
    }

    /// A connection is going to be made.
    pub(super) fn connecting(&self) {
        let mut now = self.now();
        now.is_connecting = true;
        now.seen.reused = false;
        now.seen.sent = self.wire.clock.now();
    }

    /// The request is handed to the connection.
    pub(super) fn sending(&self) {
        let mut now = self.now();
        now.is_connecting = false;
        now.seen.sent = self.wire.clock.now();
    }

    /// So many bytes came; none at the end of the connection.
    ///
    /// # Errors
    /// If too many have come to nothing.
    pub(super) fn received(&self, bytes: usize) -> Result<(), Outcome> {
        let mut now = self.now();
        now.seen.received += bytes as u64;
        now.idle_bytes += bytes;
        if bytes == 0 {
            now.seen.ended = true;
        } else if now.seen.first_byte.is_none() {
            now.seen.first_byte = Some(self.wire.clock.now());
        }
        if now.idle_bytes > FLOOD {
            return Err(Outcome::TooLarge);
        }
        Ok(())
    }

    /// A part of a body has come of what was received.
    pub(super) fn progress(&self) {
        self.now().idle_bytes = 0;
    }

    /// What has been seen up to now.
    pub(super) fn seen(&self) -> Seen {
        self.now().seen
    }

    pub(super) fn request_length(&self) -> usize {
        self.now().request_length
    }

    /// This socket is shut down when the exchange is cancelled.
    pub(super) fn watch(&self, stream: &Arc<TcpStream>) {
        self.now().alarm.arm(stream);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.now().cancel.is_cancelled()
    }

    /// How much time is left of whichever limit ends first; `None` if there is none.
    ///
    /// # Errors
    /// If none is left.
    pub(super) fn left(&self) -> Result<Option<Duration>, Outcome> {
        let limits = self.wire.timeouts;
        let now = self.now();
        let phase = match now.seen.first_byte {
            _ if now.is_connecting => Some((TimeoutKind::Connect, limits.connect)),
            None => Some((TimeoutKind::FirstByte, limits.first_byte)),
            Some(_) => None,
        };
        let phase = phase.map(|(which, limit)| (which, limit, now.seen.sent));
        let all = [phase, Some((TimeoutKind::Total, limits.whole, now.began))];
        let ends = all
            .into_iter()
            .flatten()
            .filter_map(|(which, limit, from)| {
                let limit = limit?;
                Some((which, limit, from.saturating_add(limit)))
            });
        let Some((which, limit, end)) = ends.min_by_key(|(.., end)| *end) else {
            return Ok(None);
        };
        match end.saturating_sub(self.wire.clock.now()) {
            Duration::ZERO => Err(Outcome::Timeout(which, limit)),
            left => Ok(Some(left)),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
