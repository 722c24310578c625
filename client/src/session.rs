//! What all lanes of one run share, and what is the same for every attempt whoever makes it.

use crate::outcome::Outcome;
use crate::plan::Job;
use crate::record::Record;
use crate::run::{Run, RunError};
use crate::transport::{Exchange, Wire};
use crate::verify::Verifier;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// One run under way.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) wire: Arc<Wire>,
    verifier: Verifier,
}

impl Session {
    /// Starts the clock, and prepares what every request has in common.
    pub(crate) fn start(run: &Run<'_>) -> Result<Session, RunError> {
        Ok(Session {
            wire: Arc::new(Wire::new(run)?),
            verifier: Verifier::default(),
        })
    }

    /// When a job is due, its lane being free now.
    pub(crate) fn due(&self, job: &Job) -> Duration {
        job.due.unwrap_or_else(|| self.wire.clock.now())
    }

    /// Verifies an exchange and makes its record; with the body, if it is a success.
    pub(crate) fn conclude(
        &self,
        job: &Job,
        lane: Option<usize>,
        due: Duration,
        exchange: Exchange,
    ) -> (Record, Option<Bytes>) {
        let outcome = self.judge(&exchange);
        let body = exchange.result.ok().filter(|_| outcome == Outcome::Ok);
        let record = Record {
            resource: job.resource,
            nth: job.nth,
            lane,
            due,
            sent: exchange.sent,
            first_byte: exchange.first_byte,
            // Taken here, not by the transport: a body is not done before it is verified.
            done: self.wire.clock.now(),
            outcome,
            status: exchange.status,
            bytes: exchange.bytes,
            timing: exchange.timing,
        };
        (record, body)
    }

    fn judge(&self, exchange: &Exchange) -> Outcome {
        let body = match &exchange.result {
            Ok(body) => body,
            Err(outcome) => return outcome.clone(),
        };
        let outcome = Outcome::of_status(exchange.status.unwrap_or(0));
        match exchange.digest {
            Some(digest) if outcome == Outcome::Ok && !self.verifier.verify(body, digest) => {
                Outcome::Corrupt
            }
            _ => outcome,
        }
    }
}
