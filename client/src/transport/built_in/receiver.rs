//! Receives one response: turns bytes from the socket into a [`RawResponse`].

use super::connection::Connection;
use super::driver::ReceiveBuffer;
use super::received_body::ReceivedBody;
use crate::transport::request_template::RequestTemplate;
use crate::transport::response::RawResponse;
use crate::transport::run_clock::RunClock;
use crate::transport::time_limits::TimeLimits;
use flagpole_protocol::http1::{DecodeError, ResponseDecoder, ResponseVisitor};
use flagpole_protocol::{Outcome, reason};
use rustix::fd::AsFd;
use std::time::Duration;

/// A response in progress.
pub(super) struct Receiver<'a> {
    clock: RunClock,
    limits: TimeLimits,
    response: &'a mut RawResponse,
    body: ReceivedBody,
    /// Bytes of this response, including heads and framing.
    received: u64,
}

impl<'a> Receiver<'a> {
    /// For an attempt that starts now.
    pub(super) fn new(template: &RequestTemplate, response: &'a mut RawResponse) -> Receiver<'a> {
        let (clock, config) = (template.clock, &template.config);
        let now = clock.now();
        (response.started, response.sent) = (now, now);
        response.fields = config.captures_fields.then(Box::default);
        Receiver {
            clock,
            limits: TimeLimits::new(config.timeouts, config.max_time, now),
            response,
            body: ReceivedBody::default(),
            received: 0,
        }
    }

    /// The request is about to be sent over a connection that an earlier request has used, or over a new one.
    pub(super) fn on_sent(&mut self, reused: bool) {
        if !reused {
            self.response.sent = self.clock.now();
        }
        self.response.reused = reused;
        self.limits.on_sent(self.response.sent);
    }

    /// A further part of a long request was sent, from which the limits on silence count.
    pub(super) fn on_sent_more(&mut self) {
        self.limits.on_sent(self.clock.now());
    }

    /// The time until the next time limit; `None` if none applies.
    ///
    /// # Errors
    /// If a limit is exceeded.
    pub(super) fn time_left(&mut self) -> Result<Option<Duration>, Outcome> {
        if self.limits.next_deadline().is_none() {
            return Ok(None);
        }
        let now = self.clock.now();
        match self.limits.exceeded(now) {
            Some(exceeded) => Err(exceeded),
            None => Ok(self.limits.next_deadline().map(|at| at.saturating_sub(now))),
        }
    }

    /// Decodes what was received; returns whether the response is complete. A body that was received in one piece is not
    /// copied if the buffer can share it.
    ///
    /// # Errors
    /// If the response is malformed or exceeds a limit.
    pub(super) fn on_received<S: AsFd>(
        &mut self,
        connection: &mut Connection<S>,
        buffer: &mut impl ReceiveBuffer,
    ) -> Result<bool, Outcome> {
        let is_complete = self.decode(connection, buffer.bytes())?;
        self.body.take_from(buffer);
        Ok(is_complete)
    }

    fn decode<S: AsFd>(
        &mut self,
        connection: &mut Connection<S>,
        bytes: &[u8],
    ) -> Result<bool, Outcome> {
        let Connection {
            decoder, pending, ..
        } = connection;
        let now = self.clock.now();
        connection.idle_since = now;
        self.received += bytes.len() as u64;
        let (interim, body_before) = (decoder.interim_responses(), self.body.len());
        let captures_fields = self.response.fields.is_some();
        let mut recorder = Recorder {
            response: self.response,
            body: &mut self.body,
            // Otherwise the decoder gets a copy.
            buffer: Some(bytes).filter(|_| pending.is_empty()),
        };
        // Two instances of the decoder, so that most runs do not ask at each field.
        let decoded = if captures_fields {
            decode_all(decoder, pending, bytes, &mut CapturingRecorder(recorder))
        } else {
            decode_all(decoder, pending, bytes, &mut recorder)
        };
        if decoder.interim_responses() > interim {
            self.limits.on_interim();
        }
        if decoder.has_head() {
            self.limits.on_bytes(now);
            self.limits
                .on_body((self.body.len() - body_before) as u64, now);
        } else if decoder.may_be_final(pending) {
            self.limits.on_bytes(now);
        } else {
            self.limits.on_interim();
        }
        decoded.map_err(|error| self.outcome(error))?;
        Ok(decoder.is_complete())
    }

    /// The server has closed the connection, which completes some bodies.
    ///
    /// # Errors
    /// If it does not complete this response.
    pub(super) fn on_end<S: AsFd>(
        &mut self,
        connection: &mut Connection<S>,
    ) -> Result<(), Outcome> {
        let ended = connection.decoder.end_of_stream();
        ended.map_err(|error| self.outcome(error))
    }

    /// When the attempt began.
    pub(super) fn started(&self) -> Duration {
        self.response.started
    }

    /// Whether a byte of the response has arrived.
    pub(super) fn has_bytes(&self) -> bool {
        self.received > 0
    }

    /// Completes the response. `keeps_partial` retains the bytes of an incomplete body.
    pub(super) fn finish(self, result: Result<(), Outcome>, keeps_partial: bool) {
        self.response.first_byte = self.limits.first_byte();
        let body = self.body.into_bytes();
        self.response
            .finish(result, body, self.received, keeps_partial);
    }

    fn outcome(&self, error: DecodeError) -> Outcome {
        match error {
            DecodeError::HeadTooLarge | DecodeError::BodyTooLarge => Outcome::TooLarge,
            DecodeError::Incomplete if self.received == 0 => Outcome::EmptyReply,
            DecodeError::Incomplete => Outcome::IncompleteBody,
            malformed => Outcome::ProtocolError(reason(&malformed)),
        }
    }
}

/// Decodes `bytes`, after those of an incomplete line, which it keeps.
fn decode_all(
    decoder: &mut ResponseDecoder,
    pending: &mut Vec<u8>,
    bytes: &[u8],
    visitor: &mut impl ResponseVisitor,
) -> Result<(), DecodeError> {
    if pending.is_empty() {
        let consumed = decoder.decode(bytes, visitor)?;
        pending.extend_from_slice(&bytes[consumed..]);
    } else {
        pending.extend_from_slice(bytes);
        let consumed = decoder.decode(pending, visitor)?;
        drop(pending.drain(..consumed));
    }
    Ok(())
}

/// Records what the decoder finds, and keeps all fields.
struct CapturingRecorder<'a>(Recorder<'a>);

impl ResponseVisitor for CapturingRecorder<'_> {
    fn status(&mut self, status: u16) {
        self.0.status(status);
    }

    fn field(&mut self, name: &str, value: &[u8]) {
        self.0.response.capture_field(name, value);
        self.0.field(name, value);
    }

    fn body(&mut self, bytes: &[u8]) {
        self.0.body(bytes);
    }
}

/// Records what the decoder finds.
struct Recorder<'a> {
    response: &'a mut RawResponse,
    body: &'a mut ReceivedBody,
    /// What was received, if the decoder reads it from there.
    buffer: Option<&'a [u8]>,
}

impl ResponseVisitor for Recorder<'_> {
    fn status(&mut self, status: u16) {
        self.response.status = Some(status);
    }

    fn field(&mut self, name: &str, value: &[u8]) {
        self.response.record_field(name, value);
    }

    fn body(&mut self, bytes: &[u8]) {
        self.body.push(bytes, self.response.length, self.buffer);
    }
}
