//! The state that a client and its connection share.

use crate::transport::request::request_spec::RequestSpec;
use crate::transport::request::request_template::RequestTemplate;
use crate::transport::request::transport_config::TransportConfig;
use crate::transport::response::response_head::HEAD_LIMIT;
use crate::transport::shutdown_on_cancel::ShutdownOnCancel;
use flagpole_protocol::{Outcome, TimeoutKind};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The maximum of received bytes without data of a body: interim responses (RFC 9110 section 15.2) or trailers
/// may be endless, each of them small. A head is far smaller.
const MAX_BYTES_WITHOUT_PROGRESS: usize = 4 * HEAD_LIMIT;

/// Shared by a client and its connection, which one thread uses: the lock is never contended.
#[derive(Debug)]
pub(super) struct UreqState {
    template: Arc<RequestTemplate>,
    exchange: Mutex<UreqExchange>,
}

/// The exchange in progress.
#[derive(Debug, Default)]
struct UreqExchange {
    began: Duration,
    is_connecting: bool,
    cancel: CancellationToken,
    shutdown: Arc<ShutdownOnCancel>,
    request_length: usize,
    bytes_without_progress: usize,
    stats: SocketStats,
}

/// Statistics of an exchange at the socket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SocketStats {
    /// As in [`RawResponse::sent`](crate::transport::RawResponse::sent).
    pub(super) sent: Duration,
    pub(super) first_byte: Option<Duration>,
    pub(super) reused: bool,
    /// Bytes of the response, including the head.
    pub(super) received: u64,
    /// Whether the peer has closed the connection.
    pub(super) is_closed: bool,
}

impl UreqState {
    pub(super) fn new(template: Arc<RequestTemplate>) -> UreqState {
        UreqState {
            template,
            exchange: Mutex::default(),
        }
    }

    pub(super) fn template(&self) -> &RequestTemplate {
        &self.template
    }

    pub(super) fn config(&self) -> &TransportConfig {
        &self.template.config
    }

    /// Starts an exchange. `request_length` is the maximum length of the request's head, in bytes.
    pub(super) fn begin(
        &self,
        request: &RequestSpec<'_>,
        shutdown: &Arc<ShutdownOnCancel>,
        request_length: usize,
    ) {
        let began = self.template.clock.now();
        *self.exchange() = UreqExchange {
            began,
            is_connecting: false,
            cancel: request.cancel.clone(),
            shutdown: shutdown.clone(),
            request_length,
            bytes_without_progress: 0,
            stats: SocketStats {
                sent: began,
                // Until a connection is opened.
                reused: true,
                ..SocketStats::default()
            },
        };
    }

    /// A connection is about to be opened.
    pub(super) fn connecting(&self) {
        let mut exchange = self.exchange();
        exchange.is_connecting = true;
        exchange.stats.reused = false;
        exchange.stats.sent = self.template.clock.now();
    }

    /// The request is about to be written.
    pub(super) fn sending(&self) {
        let mut exchange = self.exchange();
        exchange.is_connecting = false;
        exchange.stats.sent = self.template.clock.now();
    }

    /// Counts received bytes; 0 means that the peer has closed the connection.
    ///
    /// # Errors
    /// If too many bytes have brought no data.
    pub(super) fn received(&self, bytes: usize) -> Result<(), Outcome> {
        let mut exchange = self.exchange();
        exchange.stats.received += bytes as u64;
        exchange.bytes_without_progress += bytes;
        if bytes == 0 {
            exchange.stats.is_closed = true;
        } else if exchange.stats.first_byte.is_none() {
            exchange.stats.first_byte = Some(self.template.clock.now());
        }
        if exchange.bytes_without_progress > MAX_BYTES_WITHOUT_PROGRESS {
            return Err(Outcome::TooLarge);
        }
        Ok(())
    }

    /// Data of a body has arrived.
    pub(super) fn progressed(&self) {
        self.exchange().bytes_without_progress = 0;
    }

    pub(super) fn stats(&self) -> SocketStats {
        self.exchange().stats
    }

    pub(super) fn request_length(&self) -> usize {
        self.exchange().request_length
    }

    /// Shuts this socket down when the exchange is cancelled.
    pub(super) fn shut_down_on_cancel(&self, stream: &Arc<TcpStream>) {
        self.exchange().shutdown.arm(stream);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.exchange().cancel.is_cancelled()
    }

    /// The time until the earliest limit; `None` without limits.
    ///
    /// # Errors
    /// If a limit has passed.
    pub(super) fn time_left(&self) -> Result<Option<Duration>, Outcome> {
        let limits = self.template.config.timeouts;
        let exchange = self.exchange();
        let phase = match exchange.stats.first_byte {
            _ if exchange.is_connecting => Some((TimeoutKind::Connect, limits.connect)),
            None => Some((TimeoutKind::FirstByte, limits.first_byte)),
            Some(_) => None,
        };
        let phase = phase.map(|(kind, limit)| (kind, limit, exchange.stats.sent));
        let total = Some((TimeoutKind::Total, limits.total, exchange.began));
        let ends = [phase, total]
            .into_iter()
            .flatten()
            .filter_map(|(kind, limit, from)| {
                let limit = limit?;
                Some((kind, limit, from.saturating_add(limit)))
            });
        let Some((kind, limit, end)) = ends.min_by_key(|(.., end)| *end) else {
            return Ok(None);
        };
        match end.saturating_sub(self.template.clock.now()) {
            Duration::ZERO => Err(Outcome::Timeout(kind, limit)),
            left => Ok(Some(left)),
        }
    }

    fn exchange(&self) -> MutexGuard<'_, UreqExchange> {
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
