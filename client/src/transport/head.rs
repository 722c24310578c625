//! What is kept of the head of an answer, and of a body that breaks off.

use bytes::{Bytes, BytesMut};
use flagpole_fixtures::{Digest, Timing};
use http::Response;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// What is kept of a head; the fields are those of an [`Exchange`](super::Exchange).
#[derive(Default)]
pub(super) struct Head {
    pub(super) status: Option<u16>,
    pub(super) timing: Option<Timing>,
    pub(super) digest: Option<Digest>,
    pub(super) repr_digest: Option<Digest>,
    pub(super) length: Option<u64>,
    pub(super) location: Option<String>,
    pub(super) retry_after: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) content_range: Option<String>,
}

/// What has been received of a body.
#[derive(Default)]
pub(super) struct Received {
    /// How many bytes came.
    pub(super) bytes: u64,
    /// The bytes themselves, in case the body breaks off; `None` where nobody will go on with it.
    pub(super) begun: Option<BytesMut>,
}

impl Received {
    /// Nothing yet.
    pub(super) fn none(is_kept: bool) -> Received {
        Received {
            bytes: 0,
            begun: is_kept.then(BytesMut::new),
        }
    }

    /// What there is of a body that broke off.
    pub(super) fn begun<T, E>(self, result: &Result<T, E>) -> Option<Bytes> {
        let begun = self.begun.filter(|begun| result.is_err() && !begun.is_empty());
        begun.map(BytesMut::freeze)
    }
}

impl Head {
    pub(super) fn of<B>(response: &Response<B>) -> Head {
        let headers = response.headers();
        let text = |name| find(headers, name, |text| Some(text.to_owned()));
        Head {
            status: Some(response.status().as_u16()),
            timing: find(headers, &SERVER_TIMING, Timing::from_header),
            digest: find(headers, &CONTENT_DIGEST, Digest::from_header),
            repr_digest: find(headers, &REPR_DIGEST, Digest::from_header),
            length: find(headers, &CONTENT_LENGTH, |text| text.parse().ok()),
            location: text(&LOCATION),
            retry_after: text(&RETRY_AFTER),
            etag: text(&ETAG),
            content_range: text(&CONTENT_RANGE),
        }
    }
}

/// The first field of this name that can be read.
fn find<T>(headers: &HeaderMap, name: &HeaderName, read: fn(&str) -> Option<T>) -> Option<T> {
    headers
        .get_all(name)
        .iter()
        .find_map(|value| read(value.to_str().ok()?))
}
