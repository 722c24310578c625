//! Evaluates a 206, 304 or 416 (or an incomplete body) against the local copy: the outcome of the attempt, and the
//! update of the partial file. A partial body is merged with the rest in a 206; only a verified complete body results.

use super::{LocalCopy, PartialBody, PartialUpdate};
use crate::{storage::gif, transport::RawResponse};
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, ContentRange, Outcome};

/// Why a 206 does not complete a partial body: the outcome of the attempt, and the update of the partial file.
type Failure = Box<(Outcome, PartialUpdate)>;

impl LocalCopy {
    /// Evaluates a response to a request with these [`conditions`](LocalCopy::conditions). If a 206 completes the
    /// partial body, the complete body replaces `response.result`. `limit` is the maximum length of a complete body, in
    /// bytes. The outcome is `None` if the local copy does not decide the outcome, so that the caller must verify the
    /// response.
    pub(crate) fn evaluate_conditional(
        &self,
        response: &mut RawResponse,
        limit: usize,
    ) -> (Option<Outcome>, PartialUpdate) {
        if (response.status, self.partial.is_some()) == (Some(416), true) {
            // Whether or not the body of the 416 arrived.
            return (None, PartialUpdate::Remove);
        }
        let Ok(body) = &response.result else {
            return (None, self.after_failure(response, limit));
        };
        match (response.status, &self.cached, &self.partial) {
            // The complete file is current, so that the partial body is of no use. A 304 must have the entity tag of the
            // cached version (RFC 9110 section 15.4.5): any other could make a damaged file pass for a complete file. The
            // tag may be weak, because `If-None-Match` compares weakly (section 13.1.2).
            (Some(304), Some(cached), _)
                if (response.etag.as_ref()).is_some_and(|etag| etag.matches_weakly(cached)) =>
            {
                (Some(Outcome::NotModified), PartialUpdate::Remove)
            }
            (Some(206), _, Some(partial)) => match partial.merge(response, body, limit) {
                Ok(whole) => {
                    response.result = Ok(whole);
                    (Some(Outcome::Ok), PartialUpdate::Unchanged)
                }
                Err(failure) => (Some(failure.0), failure.1),
            },
            _ => (None, PartialUpdate::Unchanged),
        }
    }

    /// Whether the conditional fields caused this outcome, so that a request without these fields may succeed: a 206
    /// that does not continue the partial body or cannot be verified, an unsatisfiable range (416), or a 304 for
    /// another entity tag.
    pub(crate) fn is_conditional_failure(&self, outcome: &Outcome) -> bool {
        let is_conditional = self.cached.is_some() || self.partial.is_some();
        is_conditional && matches!(outcome, Outcome::Http(206 | 304 | 416))
    }

    /// The update of the partial file after a response without a complete body.
    fn after_failure(&self, response: &RawResponse, limit: usize) -> PartialUpdate {
        if response.result == Err(Outcome::TooLarge) || response.body_defect().is_some() {
            return PartialUpdate::Unchanged;
        }
        let received = response.partial_body.clone().unwrap_or_default();
        match (response.status, &response.etag, &self.partial) {
            // The first part, if a later attempt can continue it.
            (Some(200), Some(etag), _) => {
                let digest = response.repr_digest.or(response.digest);
                PartialBody::new(etag.clone(), response.length, digest, received)
                    .map_or(PartialUpdate::Unchanged, PartialUpdate::Replace)
            }
            (Some(206), _, Some(partial)) => match partial.extend(response, &received, limit) {
                Ok(longer) => PartialUpdate::Replace(longer),
                Err(failure) => failure.1,
            },
            _ => PartialUpdate::Unchanged,
        }
    }
}

impl PartialBody {
    /// The complete body, given the rest in a complete 206. The complete body must have the length and the digest that the
    /// server gave with the first part or with the rest; without a digest it must be a complete GIF. `limit` is the maximum
    /// length of the complete body, in bytes.
    fn merge(&self, response: &RawResponse, rest: &[u8], limit: usize) -> Result<Bytes, Failure> {
        let is_intact = |digest| ContentDigest::from_body(rest) == digest;
        if let Some(defect) = response.body_defect() {
            return Err(discarded(defect));
        }
        if !response.digest.is_none_or(is_intact) {
            return Err(discarded(Outcome::Corrupt));
        }
        if self.range(response)?.length() != rest.len() as u64 {
            return Err(discarded(Outcome::Http(206)));
        }
        let merged = self.extend(response, rest, limit)?;
        if merged.complete_length != Some(merged.length()) {
            return Err(Box::new((
                Outcome::IncompleteBody,
                PartialUpdate::Replace(merged),
            )));
        }
        match merged.digest {
            Some(digest) if ContentDigest::from_body(&merged.body) == digest => Ok(merged.body),
            None if gif::is_complete(&merged.body) => Ok(merged.body),
            Some(_) => Err(discarded(Outcome::Corrupt)),
            // Nothing proves that the two parts belong together.
            None => Err(discarded(Outcome::Http(206))),
        }
    }

    /// This body with the bytes of a 206 that may be incomplete. The result may be complete.
    fn extend(
        &self,
        response: &RawResponse,
        part: &[u8],
        limit: usize,
    ) -> Result<PartialBody, Failure> {
        let range = self.range(response)?;
        let whole = range.whole.or(self.complete_length);
        match whole.filter(|_| part.len() as u64 <= range.length()) {
            None => Err(discarded(Outcome::Http(206))),
            Some(whole) if whole > limit as u64 => Err(discarded(Outcome::TooLarge)),
            Some(whole) => Ok(PartialBody {
                etag: self.etag.clone(),
                complete_length: Some(whole),
                digest: self.digest.or(response.repr_digest),
                body: [&self.body, part].concat().into(),
            }),
        }
    }

    /// The range of a 206, if the 206 is of the same version (RFC 9110 section 15.3.7.3: only parts with the same strong
    /// validator may be combined) and starts where this body ends.
    fn range(&self, response: &RawResponse) -> Result<ContentRange, Failure> {
        let digests = self.digest.zip(response.repr_digest);
        let is_same_version = response.etag.as_ref() == Some(&self.etag)
            && digests.is_none_or(|(known, given)| known == given);
        let continues = |range: &ContentRange| {
            let whole = range.whole.or(self.complete_length);
            let is_same_length = self
                .complete_length
                .is_none_or(|known| whole == Some(known));
            let is_inside = whole.is_none_or(|whole| range.end <= whole);
            is_same_version && range.start == self.length() && is_same_length && is_inside
        };
        let range = response.content_range.filter(continues);
        range.ok_or_else(|| discarded(Outcome::Http(206)))
    }
}

/// A failure after which the partial body is of no more use. A 206 with another version or part than requested, or that
/// cannot be verified, has the outcome of its status.
fn discarded(outcome: Outcome) -> Failure {
    Box::new((outcome, PartialUpdate::Remove))
}

#[cfg(test)]
mod tests;
