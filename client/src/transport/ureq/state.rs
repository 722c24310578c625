//! The state of the exchange in progress: times, bytes, cancellation and deadlines. ureq owns the connection, so the
//! [client](super::client), which makes the exchange, and the [socket](super::socket) share this state.

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

/// Maximum number of bytes received in a row that are not body data. Without this limit a server could send interim responses
/// (RFC 9110 section 15.2) or trailers endlessly. A head is far smaller.
const MAX_BYTES_WITHOUT_PROGRESS: usize = 4 * HEAD_LIMIT;

/// Shared by a client and its connection, both used by one thread only: the lock is never contended.
#[derive(Debug)]
pub(super) struct UreqState {
    template: Arc<RequestTemplate>,
    exchange: Mutex<UreqExchange>,
}

/// The exchange in progress. Times count from the start of the run.
#[derive(Debug, Default)]
struct UreqExchange {
    /// When the exchange began; the total timeout counts from here.
    began: Duration,
    is_connecting: bool,
    /// Says whether the exchange is cancelled.
    cancel: CancellationToken,
    /// Ends a blocking wait when the exchange is cancelled.
    shutdown: Arc<ShutdownOnCancel>,
    /// Maximum length of the request's head, in bytes: the size of the output buffer.
    max_head_length: usize,
    bytes_without_progress: usize,
    stats: SocketStats,
}

/// Statistics of an exchange at the socket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SocketStats {
    /// When the last step began: the exchange, then connecting, then writing the request. At the end this is the
    /// value of [`RawResponse::sent`](crate::transport::RawResponse::sent).
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

    /// Starts an exchange.
    pub(super) fn begin(
        &self,
        request: &RequestSpec<'_>,
        shutdown: &Arc<ShutdownOnCancel>,
        max_head_length: usize,
    ) {
        let began = self.template.clock.now();
        *self.exchange() = UreqExchange {
            began,
            is_connecting: false,
            cancel: request.cancel.clone(),
            shutdown: shutdown.clone(),
            max_head_length,
            bytes_without_progress: 0,
            stats: SocketStats {
                sent: began,
                // `on_connect` sets this to false.
                reused: true,
                ..SocketStats::default()
            },
        };
    }

    /// Called before a connection is opened.
    pub(super) fn on_connect(&self) {
        let mut exchange = self.exchange();
        exchange.is_connecting = true;
        exchange.stats.reused = false;
        exchange.stats.sent = self.template.clock.now();
    }

    /// Called before the request is written.
    pub(super) fn on_send(&self) {
        let mut exchange = self.exchange();
        exchange.is_connecting = false;
        exchange.stats.sent = self.template.clock.now();
    }

    /// Counts received bytes; 0 means that the peer has closed the connection.
    ///
    /// # Errors
    /// [`Outcome::TooLarge`] if more than [`MAX_BYTES_WITHOUT_PROGRESS`] bytes in a row are not body data.
    pub(super) fn on_read(&self, bytes: usize) -> Result<(), Outcome> {
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

    /// Called when body data has arrived.
    pub(super) fn on_body_data(&self) {
        self.exchange().bytes_without_progress = 0;
    }

    pub(super) fn stats(&self) -> SocketStats {
        self.exchange().stats
    }

    pub(super) fn max_head_length(&self) -> usize {
        self.exchange().max_head_length
    }

    /// Shuts this socket down when the exchange is cancelled.
    pub(super) fn shut_down_on_cancel(&self, stream: &Arc<TcpStream>) {
        self.exchange().shutdown.arm(stream);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.exchange().cancel.is_cancelled()
    }

    /// The time until the earliest deadline; `None` without timeouts.
    ///
    /// # Errors
    /// [`Outcome::Timeout`] if a deadline has passed.
    pub(super) fn time_left(&self) -> Result<Option<Duration>, Outcome> {
        let timeouts = self.template.config.timeouts;
        let exchange = self.exchange();
        let phase = match exchange.stats.first_byte {
            _ if exchange.is_connecting => Some((TimeoutKind::Connect, timeouts.connect)),
            None => Some((TimeoutKind::FirstByte, timeouts.first_byte)),
            Some(_) => None,
        };
        let phase = phase.map(|(kind, timeout)| (kind, timeout, exchange.stats.sent));
        let total = Some((TimeoutKind::Total, timeouts.total, exchange.began));
        let deadlines =
            [phase, total]
                .into_iter()
                .flatten()
                .filter_map(|(kind, timeout, start)| {
                    let timeout = timeout?;
                    Some((kind, timeout, start.saturating_add(timeout)))
                });
        let Some((kind, timeout, deadline)) = deadlines.min_by_key(|(.., deadline)| *deadline)
        else {
            return Ok(None);
        };
        match deadline.saturating_sub(self.template.clock.now()) {
            Duration::ZERO => Err(Outcome::Timeout(kind, timeout)),
            time_left => Ok(Some(time_left)),
        }
    }

    fn exchange(&self) -> MutexGuard<'_, UreqExchange> {
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
