//! What arrived of a response, before it is verified.

use super::received_body::ReceivedBody;
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, Outcome, ServerTiming};
use std::time::Duration;

/// What arrived of a response, before it is verified. Times count from the start of the run.
#[derive(Clone, Debug)]
pub struct RawResponse {
    /// When the request was written to an open connection, or when connecting began if none opened.
    pub sent: Duration,
    /// When the first byte of the response arrived.
    pub first_byte: Option<Duration>,
    /// The status, if a head arrived.
    pub status: Option<u16>,
    /// What the server planned and did (`Server-Timing`).
    pub timing: Option<ServerTiming>,
    /// `Content-Digest`: the digest of the content of this response.
    pub digest: Option<ContentDigest>,
    /// `Repr-Digest`: the digest of the whole representation, of which the content may be a part.
    pub repr_digest: Option<ContentDigest>,
    /// Whether the body cannot be used: it has a content coding, which was not requested, or an unreadable
    /// digest.
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
    /// `ETag`, unparsed.
    pub etag: Option<String>,
    /// `Content-Range`, unparsed.
    pub content_range: Option<String>,
    /// The number of body bytes that arrived.
    pub bytes: u64,
    /// The bytes of an incomplete body, in a run that resumes.
    pub partial_body: Option<Bytes>,
    /// The complete body, whatever the status; or why there is none.
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
