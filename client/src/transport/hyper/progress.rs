//! The limits of one exchange, and what counts against them, which hyper does not report.

use super::head_scanner::HeadScanner;
use crate::lock::lock;
use crate::transport::request_template::RequestTemplate;
use crate::transport::run_clock::RunClock;
use crate::transport::time_limits::TimeLimits;
use flagpole_protocol::Outcome;
use flagpole_protocol::http1::ResponseLimits;
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::coop;
use tokio::time::sleep;

/// Maximum number of bytes received in a row that neither complete a head nor are content. Content in the same read counts
/// too, but is less than hyper's buffer.
const MAX_BYTES_WITHOUT_PROGRESS: usize = 256 << 10;

/// The progress of one exchange, shared by the exchange and its socket.
#[derive(Clone, Debug)]
pub(super) struct SharedProgress(Arc<Progress>);

#[derive(Debug)]
struct Progress {
    clock: RunClock,
    state: Mutex<State>,
    /// An earlier deadline may have come.
    is_changed: Notify,
}

#[derive(Debug)]
struct State {
    limits: TimeLimits,
    /// `None` once the head of the final response is complete.
    head: Option<HeadScanner>,
    /// Bytes of this response, including heads and framing.
    received: u64,
    bytes_without_progress: usize,
    interim_responses: u32,
}

impl SharedProgress {
    /// For an exchange that starts at `now`.
    pub(super) fn new(template: &RequestTemplate, now: Duration) -> SharedProgress {
        let config = &template.config;
        SharedProgress(Arc::new(Progress {
            clock: template.clock,
            state: Mutex::new(State {
                limits: TimeLimits::new(config.timeouts, config.max_time, now),
                head: Some(HeadScanner::new()),
                received: 0,
                bytes_without_progress: 0,
                interim_responses: 0,
            }),
            is_changed: Notify::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }

    /// Bytes of the response that have arrived, including heads and framing.
    pub(super) fn received(&self) -> u64 {
        self.state().received
    }

    /// When the first byte of the response arrived.
    pub(super) fn first_byte(&self) -> Option<Duration> {
        self.state().limits.first_byte()
    }

    /// The request was given to the connection at `now`.
    pub(super) fn on_sent(&self, now: Duration) {
        self.state().limits.on_sent(now);
        self.0.is_changed.notify_one();
    }

    /// The socket has received bytes.
    ///
    /// # Errors
    /// If too many bytes arrived without progress: a chunk size with endless leading zeros, or endless extensions (RFC 9112
    /// section 7.1).
    pub(super) fn on_read(&self, bytes: &[u8]) -> io::Result<()> {
        let now = self.0.clock.now();
        let mut state = self.state();
        state.received += bytes.len() as u64;
        let may_be_final = state.head.as_mut().is_none_or(|head| {
            head.scan(bytes);
            head.may_be_final()
        });
        if may_be_final {
            state.limits.on_bytes(now);
        } else {
            state.limits.on_interim();
            self.0.is_changed.notify_one();
        }
        state.bytes_without_progress += bytes.len();
        if state.bytes_without_progress > MAX_BYTES_WITHOUT_PROGRESS {
            let reason = "too many bytes without content";
            return Err(io::Error::new(ErrorKind::InvalidData, reason));
        }
        Ok(())
    }

    /// hyper has skipped an interim response.
    pub(super) fn on_interim(&self) {
        let mut state = self.state();
        state.interim_responses += 1;
        state.bytes_without_progress = 0;
        state.limits.on_interim();
        self.0.is_changed.notify_one();
    }

    /// The head of the final response is complete.
    pub(super) fn on_head(&self) {
        let now = self.0.clock.now();
        {
            let mut state = self.state();
            state.head = None;
            // It may have arrived together with an interim response, with which its bytes were discounted.
            state.limits.on_bytes(now);
        }
        self.on_body(0);
        self.0.is_changed.notify_one();
    }

    /// Bytes of the body have arrived.
    pub(super) fn on_body(&self, bytes: usize) {
        let now = self.0.clock.now();
        let mut state = self.state();
        state.bytes_without_progress = 0;
        state.limits.on_body(bytes as u64, now);
    }

    /// The time until the next time limit; `None` if none applies.
    ///
    /// # Errors
    /// If a limit is exceeded.
    pub(super) fn time_left(&self) -> Result<Option<Duration>, Outcome> {
        let now = self.0.clock.now();
        let mut state = self.state();
        let limit = ResponseLimits::default().interim;
        if state.interim_responses > limit {
            let reason = format!("more than {limit} interim responses");
            return Err(Outcome::ProtocolError(reason));
        }
        match state.limits.exceeded(now) {
            Some(exceeded) => Err(exceeded),
            None => Ok(state
                .limits
                .next_deadline()
                .map(|at| at.saturating_sub(now))),
        }
    }

    /// Carries out `work` until a limit is exceeded.
    pub(super) async fn limit<T>(
        &self,
        work: impl Future<Output = Result<T, Outcome>>,
    ) -> Result<T, Outcome> {
        let mut work = pin!(work);
        loop {
            let left = self.time_left()?;
            // Unconstrained, because a timer is never ready in a task that has used up its budget: an endless stream of
            // bytes would not reach its timeout.
            let end = coop::unconstrained(sleep(left.unwrap_or_default()));
            tokio::select! {
                biased;
                result = &mut work => return result,
                () = self.0.is_changed.notified() => {}
                () = end, if left.is_some() => {}
            }
        }
    }
}
