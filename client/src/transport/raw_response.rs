//! What one exchange gave, before anyone has judged it.

use bytes::Bytes;
use flagpole_protocol::Outcome;
use flagpole_protocol::{ContentDigest, ServerTiming};
use std::time::Duration;

/// What one exchange gave. Points in time are counted from the start of the run.
#[derive(Clone, Debug)]
pub struct RawResponse {
    /// When the request was handed to an open connection, or when connecting began if none opened.
    pub sent: Duration,
    /// When the first byte of the answer had arrived.
    pub first_byte: Option<Duration>,
    /// The status, if a head arrived.
    pub status: Option<u16>,
    /// What the server said it planned and did.
    pub timing: Option<ServerTiming>,
    /// The digest that the true body has, if the server named it.
    pub digest: Option<ContentDigest>,
    /// The digest of the whole of which the body is a part, if the server named it.
    pub repr_digest: Option<ContentDigest>,
    /// Whether the head says that its body is not to be taken for anything: it has a content coding,
    /// which nobody asked for, or a digest that cannot be read.
    pub is_unreadable: bool,
    /// Whether the head promises that the connection will be kept.
    pub stays: bool,
    /// `Content-Length`.
    pub length: Option<u64>,
    /// Whether the request went out on a connection that had been used before.
    pub reused: bool,
    /// `Location`, of an answer that is a redirect.
    pub location: Option<String>,
    /// `Retry-After`, as it stands there.
    pub retry_after: Option<String>,
    /// `ETag`, as it stands there.
    pub etag: Option<String>,
    /// `Content-Range`, as it stands there.
    pub content_range: Option<String>,
    /// Bytes of the body that arrived.
    pub bytes: u64,
    /// What there is of a body that broke off; only kept where it is of use, in a run that resumes.
    pub begun: Option<Bytes>,
    /// The whole body of whatever status, as long as it said it was; or why there is none.
    pub result: Result<Bytes, Outcome>,
}

impl Default for RawResponse {
    /// Nothing has come yet, and nothing will.
    fn default() -> RawResponse {
        RawResponse {
            sent: Duration::ZERO,
            first_byte: None,
            status: None,
            timing: None,
            digest: None,
            repr_digest: None,
            is_unreadable: false,
            stays: false,
            length: None,
            reused: false,
            location: None,
            retry_after: None,
            etag: None,
            content_range: None,
            bytes: 0,
            begun: None,
            result: Err(Outcome::Cancelled),
        }
    }
}
