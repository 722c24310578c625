//! Verifies responses where the run says what is expected of them.

use super::verify::BodyVerifier;
use crate::{Expectation, transport::RawResponse};
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, Outcome};
use memchr::memmem;

impl BodyVerifier {
    /// The outcome of a response, regardless of other attempts. A status that is not expected is the outcome, whatever
    /// happened to the body. Nothing is known of the resource, but digests of the server must match.
    ///
    /// # Errors
    /// The outcome of the failure, if the status is expected and the body is not complete, or not what it should be.
    #[inline(never)]
    pub(crate) fn verify_expected(
        &self,
        response: &RawResponse,
        expected: &Expectation,
    ) -> Result<Outcome, Outcome> {
        if let Some(status) = response.status
            && !expected.statuses.contains(status)
            && response.result != Err(Outcome::Cancelled)
        {
            return Ok(unexpected_status(status));
        }
        let body = response.result.as_ref().map_err(Outcome::clone)?;
        if response.has_malformed_digest || self.matches_digests(response, body) == Some(false) {
            return Err(Outcome::Corrupt);
        }
        let is_expected = expected
            .body
            .as_ref()
            .is_none_or(|part| contains(body, part))
            && (expected.digest).is_none_or(|digest| self.has_digest(response, body, digest));
        is_expected
            .then_some(Outcome::Ok)
            .ok_or(Outcome::UnexpectedBody)
    }

    /// Whether the body has this digest. That of the server has been verified.
    fn has_digest(&self, response: &RawResponse, body: &Bytes, digest: ContentDigest) -> bool {
        response.digest == Some(digest) || self.verify(body, digest)
    }
}

/// A 200 is a failure where another status is expected.
fn unexpected_status(status: u16) -> Outcome {
    match Outcome::from_status(status) {
        Outcome::Ok => Outcome::Http(status),
        outcome => outcome,
    }
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    memmem::find(body, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &'static [u8]) -> RawResponse {
        RawResponse {
            status: Some(status),
            result: Ok(Bytes::from_static(body)),
            ..RawResponse::default()
        }
    }

    fn evaluate(response: &RawResponse, expected: &Expectation) -> Outcome {
        let evaluated = BodyVerifier::default().verify_expected(response, expected);
        evaluated.unwrap_or_else(|failed| failed)
    }

    fn statuses(text: &str) -> Expectation {
        Expectation {
            statuses: text.parse().unwrap(),
            ..Expectation::default()
        }
    }

    #[test]
    fn only_an_expected_status_is_a_success() {
        for (expected, status, outcome) in [
            ("2xx", 200, Outcome::Ok),
            ("2xx", 204, Outcome::Ok),
            ("2xx", 302, Outcome::Http(302)),
            ("2xx", 404, Outcome::NotFound),
            ("404,5xx", 404, Outcome::Ok),
            ("404,5xx", 500, Outcome::Ok),
            ("404,5xx", 200, Outcome::Http(200)),
        ] {
            assert_eq!(
                evaluate(&response(status, b""), &statuses(expected)),
                outcome
            );
        }
    }

    #[test]
    fn expected_body_has_the_digest_and_contains_the_text() {
        for (body, is_expected) in [
            (&b"status: up"[..], true),
            (b"status: down", false),
            (b"", false),
        ] {
            let outcome = [Outcome::UnexpectedBody, Outcome::Ok][usize::from(is_expected)].clone();
            let contains = Expectation {
                body: Some("up".into()),
                ..Expectation::default()
            };
            let is = Expectation {
                digest: Some(ContentDigest::from_body(b"status: up")),
                ..Expectation::default()
            };
            assert_eq!(evaluate(&response(200, body), &contains), outcome);
            assert_eq!(evaluate(&response(200, body), &is), outcome);
        }
    }

    #[test]
    fn digest_of_the_server_must_match_too() {
        let mut failed = response(500, b"flag");
        failed.digest = Some(ContentDigest::from_body(b"flaw"));
        assert_eq!(evaluate(&failed, &statuses("5xx")), Outcome::Corrupt);
        assert_eq!(evaluate(&failed, &statuses("2xx")), Outcome::Http(500));
    }

    #[test]
    fn digest_of_the_representation_is_not_that_of_a_304() {
        let mut unmodified = response(304, b"");
        unmodified.repr_digest = Some(ContentDigest::from_body(b"flag"));
        assert_eq!(evaluate(&unmodified, &statuses("304")), Outcome::Ok);
    }

    #[test]
    fn incomplete_body_matters_only_with_an_expected_status() {
        let mut broken = response(404, b"");
        broken.result = Err(Outcome::IncompleteBody);
        assert_eq!(evaluate(&broken, &statuses("2xx")), Outcome::NotFound);
        assert_eq!(evaluate(&broken, &statuses("404")), Outcome::IncompleteBody);
        broken.result = Err(Outcome::Cancelled);
        assert_eq!(evaluate(&broken, &statuses("2xx")), Outcome::Cancelled);
    }
}
