//! The parts of a response that have arrived, unverified.

use super::received_body::ReceivedBody;
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, ContentRange, EntityTag, Outcome, ServerTiming};
use std::time::Duration;

/// The parts of a response that have arrived, unverified. Times count from the start of the run.
#[derive(Clone, Debug)]
pub struct RawResponse {
    /// When writing the request began, or when connecting began if no connection could be opened.
    pub sent: Duration,
    /// When the first byte of the response arrived.
    pub first_byte: Option<Duration>,
    /// The status, if a head arrived.
    pub status: Option<u16>,
    /// The delays and the fault of the response, as the server reports them (`Server-Timing`).
    pub timing: Option<ServerTiming>,
    /// `Content-Digest`: the digest of the content of this response.
    pub digest: Option<ContentDigest>,
    /// `Repr-Digest`: the digest of the whole representation, of which the content may be a part.
    pub repr_digest: Option<ContentDigest>,
    /// Whether the body cannot be verified, because the response has a content coding, which was not requested, or a
    /// digest that cannot be parsed.
    pub body_unusable: bool,
    /// Whether the server promised to keep the connection open (`Connection: keep-alive`).
    pub keep_alive: bool,
    /// `Content-Length`.
    pub length: Option<u64>,
    /// Whether the connection had served another request before.
    pub reused: bool,
    /// `Location`.
    pub location: Option<String>,
    /// `Retry-After`, unparsed.
    pub retry_after: Option<String>,
    /// `ETag`.
    pub etag: Option<EntityTag>,
    /// `Content-Range`.
    pub content_range: Option<ContentRange>,
    /// The number of body bytes that arrived.
    pub bytes: u64,
    /// The bytes of an incomplete body, in a run that resumes.
    pub partial_body: Option<Bytes>,
    /// The complete body of a response with any status; otherwise the outcome that says why the body is incomplete.
    pub result: Result<Bytes, Outcome>,
}

impl RawResponse {
    /// Records how the exchange ended.
    pub(crate) fn finish(&mut self, received: ReceivedBody, result: Result<Bytes, Outcome>) {
        self.bytes = received.bytes;
        self.partial_body = received.into_partial(&result);
        self.result = result;
    }
}

impl Default for RawResponse {
    /// A response of which nothing has arrived.
    fn default() -> RawResponse {
        RawResponse {
            sent: Duration::ZERO,
            first_byte: None,
            status: None,
            timing: None,
            digest: None,
            repr_digest: None,
            body_unusable: false,
            keep_alive: false,
            length: None,
            reused: false,
            location: None,
            retry_after: None,
            etag: None,
            content_range: None,
            bytes: 0,
            partial_body: None,
            result: Err(Outcome::Cancelled),
        }
    }
}
