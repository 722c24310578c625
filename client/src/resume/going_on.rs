//! What an exchange amounts to, given what was there before it, and what is there after it.

use crate::outcome::Outcome;
use crate::resume::{Answer, ETag, Left, Partial, Present, Refusal};
use crate::transport::Exchange;
use bytes::Bytes;

/// What is to become of the start of a body that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Part {
    /// It stays as it is, or there is none.
    #[default]
    Stay,
    /// This is to be kept in its place.
    Keep(Partial),
    /// It is of no more use.
    Forget,
}

impl Left {
    /// Judges an exchange that was asked for on [`conditions`](Left::conditions): a 206 that brings the
    /// rest becomes the whole body. `None` if it is to be judged as any other.
    pub(crate) fn judge(&self, exchange: &mut Exchange, limit: usize) -> (Option<Outcome>, Part) {
        let body = match &exchange.result {
            Ok(body) => body.clone(),
            Err(_) => return (None, self.broken_off(exchange, limit)),
        };
        match (exchange.status, &self.present, &self.partial) {
            (Some(304), Some(present), _) if is_of(exchange, present) => {
                (Some(Outcome::Unchanged), Part::Forget)
            }
            (Some(206), _, Some(partial)) => match partial.join(&answer(exchange), body, limit) {
                Ok(whole) => {
                    exchange.result = Ok(whole);
                    (Some(Outcome::Ok), Part::Stay)
                }
                Err(refusal) => (Some(outcome(&refusal)), after(refusal)),
            },
            (Some(416), _, Some(_)) => (None, Part::Forget),
            _ => (None, Part::Stay),
        }
    }

    /// What there is now of a body that broke off.
    fn broken_off(&self, exchange: &Exchange, limit: usize) -> Part {
        if exchange.result == Err(Outcome::TooLarge) {
            return Part::Stay;
        }
        let begun = exchange.begun.clone().unwrap_or_default();
        match (exchange.status, &self.partial) {
            (Some(200), _) => begin(exchange, begun),
            (Some(206), Some(partial)) => {
                match partial.extended(&answer(exchange), &begun, limit) {
                    Ok(longer) => Part::Keep(longer),
                    Err(refusal) => after(refusal),
                }
            }
            _ => Part::Stay,
        }
    }
}

/// Whether a 304 names what is there: a true one does (RFC 9110 section 15.4.5), and no other is to make
/// a damaged file pass for a whole one.
fn is_of(exchange: &Exchange, present: &Present) -> bool {
    let named = exchange.etag.as_deref().and_then(ETag::strong);
    named.as_ref() == Some(&present.etag)
}

fn begin(exchange: &Exchange, begun: Bytes) -> Part {
    let etag = exchange.etag.as_deref().unwrap_or_default();
    let digest = exchange.repr_digest.or(exchange.digest);
    let partial = Partial::begun(etag, exchange.length, digest, begun);
    partial.map_or(Part::Stay, Part::Keep)
}

fn answer(exchange: &Exchange) -> Answer<'_> {
    Answer {
        status: exchange.status.unwrap_or_default(),
        etag: exchange.etag.as_deref(),
        content_range: exchange.content_range.as_deref(),
        repr_digest: exchange.repr_digest,
    }
}

fn after(refusal: Refusal) -> Part {
    match refusal {
        Refusal::Incomplete(longer) => Part::Keep(longer),
        spoilt if spoilt.is_spoilt() => Part::Forget,
        _ => Part::Stay,
    }
}

/// A rest that is none is a body that is not the true one.
fn outcome(refusal: &Refusal) -> Outcome {
    match refusal {
        Refusal::Status(status) => Outcome::of_status(*status),
        Refusal::Unsatisfiable => Outcome::Http(416),
        Refusal::TooLarge => Outcome::TooLarge,
        Refusal::Incomplete(_) => Outcome::CutShort,
        Refusal::Version | Refusal::Range | Refusal::Corrupt => Outcome::Corrupt,
    }
}
