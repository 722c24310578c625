//! The parts of a response that have arrived, unverified.

use bytes::{Bytes, BytesMut};
use flagpole_protocol::{ContentDigest, ContentRange, EntityTag, Outcome, ServerTiming};
use http::Response;
use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderName, HeaderValue,
    LOCATION, RETRY_AFTER,
};
use std::time::Duration;

/// The maximum length of a head, in bytes. hyper accepts no smaller buffer.
pub(crate) const HEAD_LIMIT: usize = 64 << 10;

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// The maximum size of the buffer allocated before a body arrives, in bytes: a head may declare any length.
const RESERVE_MAX: usize = 1 << 20;

/// The parts of a response that have arrived, unverified. Times count from the start of the run.
#[derive(Clone, Debug)]
pub(crate) struct RawResponse {
    /// When writing the request began, or when connecting began if no connection could be opened.
    pub(crate) sent: Duration,
    /// When the first byte of the response arrived.
    pub(crate) first_byte: Option<Duration>,
    /// The status, if a head arrived.
    pub(crate) status: Option<u16>,
    /// The delays and the fault of the response, as the server reports them (`Server-Timing`).
    pub(crate) timing: Option<ServerTiming>,
    /// `Content-Digest`: the digest of the content of this response.
    pub(crate) digest: Option<ContentDigest>,
    /// `Repr-Digest`: the digest of the whole representation, of which the content may be a part.
    pub(crate) repr_digest: Option<ContentDigest>,
    /// Why the body cannot be verified as a flag or metadata; of several reasons the worst.
    pub(crate) body_defect: Option<BodyDefect>,
    /// Whether the server promised to keep the connection open (`Connection: keep-alive`).
    pub(crate) keep_alive: bool,
    /// `Content-Length`.
    pub(crate) length: Option<u64>,
    /// Whether the connection had served another request before.
    pub(crate) reused: bool,
    /// `Location`.
    pub(crate) location: Option<String>,
    /// `Retry-After`, unparsed.
    pub(crate) retry_after: Option<String>,
    /// `ETag`.
    pub(crate) etag: Option<EntityTag>,
    /// `Content-Range`.
    pub(crate) content_range: Option<ContentRange>,
    /// The number of body bytes that arrived.
    pub(crate) bytes: u64,
    /// The bytes of an incomplete body, in a run that resumes.
    pub(crate) partial_body: Option<Bytes>,
    /// The complete body of a response with any status; otherwise the outcome that says why the body is incomplete.
    pub(crate) result: Result<Bytes, Outcome>,
}

/// Why a body cannot be verified as a flag or metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BodyDefect {
    /// The response has a content coding, which was not requested.
    Coded,
    /// The response has a digest that cannot be parsed.
    MalformedDigest,
}

impl RawResponse {
    /// Records how the exchange ended.
    pub(crate) fn finish(&mut self, received: ReceivedBody, result: Result<Bytes, Outcome>) {
        self.bytes = received.bytes;
        let partial = received.partial.filter(|partial| !partial.is_empty());
        self.partial_body = partial.filter(|_| result.is_err()).map(BytesMut::freeze);
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
            body_defect: None,
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

impl RawResponse {
    /// Records the status and the fields. One loop over all fields, because looking up each field by name would take as
    /// long as parsing the head. Of repeated fields, the first readable field counts.
    pub(crate) fn record_headers<B>(&mut self, response: &Response<B>) {
        self.status = Some(response.status().as_u16());
        for (name, value) in response.headers() {
            self.record_header(name, value);
        }
    }

    fn set_defect(&mut self, defect: BodyDefect, is_found: bool) {
        self.body_defect = self.body_defect.max(is_found.then_some(defect));
    }

    fn record_header(&mut self, name: &HeaderName, value: &HeaderValue) {
        let text = |value: &str| Some(value.to_owned());
        match *name {
            CONTENT_LENGTH => set_once(&mut self.length, value, |text| text.parse().ok()),
            LOCATION => set_once(&mut self.location, value, text),
            RETRY_AFTER => set_once(&mut self.retry_after, value, text),
            ETAG => set_once(&mut self.etag, value, EntityTag::parse),
            CONTENT_RANGE => set_once(&mut self.content_range, value, ContentRange::parse),
            CONNECTION => self.keep_alive |= value.as_bytes().eq_ignore_ascii_case(b"keep-alive"),
            CONTENT_ENCODING => self.set_defect(BodyDefect::Coded, is_coded(value)),
            _ if name == SERVER_TIMING => {
                set_once(&mut self.timing, value, ServerTiming::from_header);
            }
            _ if name == CONTENT_DIGEST => {
                set_once(&mut self.digest, value, ContentDigest::from_header);
                self.set_defect(BodyDefect::MalformedDigest, has_malformed_digest(value));
            }
            _ if name == REPR_DIGEST => {
                set_once(&mut self.repr_digest, value, ContentDigest::from_header);
                self.set_defect(BodyDefect::MalformedDigest, has_malformed_digest(value));
            }
            _ => {}
        }
    }
}

fn set_once<T>(field: &mut Option<T>, value: &HeaderValue, parse: fn(&str) -> Option<T>) {
    if field.is_none() {
        *field = value.to_str().ok().and_then(parse);
    }
}

/// Whether a content coding other than `identity` is named (RFC 9110 section 8.4).
fn is_coded(value: &HeaderValue) -> bool {
    let mut codings = value.as_bytes().split(|byte| *byte == b',');
    codings.any(|coding| {
        let coding = coding.trim_ascii();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    })
}

/// Whether a SHA-256 digest in the field cannot be parsed. A field without a SHA-256 digest counts as absent.
fn has_malformed_digest(value: &HeaderValue) -> bool {
    let value = String::from_utf8_lossy(value.as_bytes());
    value.split(',').any(|member| {
        let key = member.trim().split(['=', ';']).next();
        key == Some("sha-256") && ContentDigest::from_header(member).is_none()
    })
}

/// The bytes of a body that have arrived.
pub(crate) struct ReceivedBody {
    /// The number of bytes that have arrived.
    pub(crate) bytes: u64,
    /// A copy of the bytes, for a run that resumes incomplete bodies; otherwise `None`.
    pub(crate) partial: Option<BytesMut>,
}

/// How many bytes to reserve for a body of this declared length.
pub(crate) fn reserved(length: u64) -> usize {
    usize::try_from(length).map_or(RESERVE_MAX, |length| length.min(RESERVE_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_unusable(name: &str, value: &[u8]) -> bool {
        let response = Response::builder().header(name, value).body(());
        let mut raw = RawResponse::default();
        raw.record_headers(&response.unwrap());
        raw.body_defect.is_some()
    }

    #[test]
    fn malformed_digest_makes_the_body_unusable() {
        let good = ContentDigest::from_body(b"GIF").to_string();
        for name in ["content-digest", "repr-digest"] {
            for fine in ["", "sha-512=:AAAA:", "md5=:?:", "sha-256-x=1", &good] {
                assert!(!is_unusable(name, fine.as_bytes()), "{fine}");
            }
            let second = format!("{good}, sha-256=:AAAA:");
            for bad in [
                "sha-256=:AAAA:",
                "sha-256",
                "sha-256=",
                "md5=:AAAA:, sha-256=:?:",
                &second,
            ] {
                assert!(is_unusable(name, bad.as_bytes()), "{bad}");
            }
            assert!(is_unusable(name, b"sha-256=:\xff:"));
        }
    }

    #[test]
    fn content_coding_makes_the_body_unusable() {
        for fine in ["", "identity", "Identity, identity"] {
            assert!(!is_unusable("content-encoding", fine.as_bytes()), "{fine}");
        }
        for coded in ["gzip", "identity, br", "x", "\u{e9}"] {
            assert!(is_unusable("content-encoding", coded.as_bytes()), "{coded}");
        }
    }

    #[test]
    fn reservation_is_at_most_a_mebibyte() {
        assert_eq!(reserved(11_059), 11_059);
        assert_eq!([1 << 20, 1 << 40, u64::MAX].map(reserved), [RESERVE_MAX; 3]);
    }
}
