//! What is kept of the head of an answer, and of a body that breaks off.

use super::RawResponse;
use bytes::{Bytes, BytesMut};
use flagpole_protocol::Outcome;
use flagpole_protocol::{ContentDigest, ServerTiming};
use http::Response;
use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderName, HeaderValue,
    LOCATION, RETRY_AFTER,
};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// So many bytes at most are set aside for a body before they come: what a head says of its length may
/// be anything.
const RESERVE_MAX: usize = 1 << 20;

/// How much is set aside for a body of this length.
pub(super) fn reserved(length: u64) -> usize {
    usize::try_from(length).map_or(RESERVE_MAX, |length| length.min(RESERVE_MAX))
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
        let begun = self
            .begun
            .filter(|begun| result.is_err() && !begun.is_empty());
        begun.map(BytesMut::freeze)
    }
}

impl RawResponse {
    /// It is over, with this result.
    pub(super) fn ends(&mut self, received: Received, result: Result<Bytes, Outcome>) {
        self.bytes = received.bytes;
        self.begun = received.begun(&result);
        self.result = result;
    }

    /// Notes what the head of the answer says. In one walk over the fields: to look each of them up would
    /// cost as much as parsing them did. Of fields of one name the first that can be read counts.
    pub(super) fn see_head<B>(&mut self, response: &Response<B>) {
        self.status = Some(response.status().as_u16());
        for (name, value) in response.headers() {
            self.see(name, value);
        }
    }

    fn see(&mut self, name: &HeaderName, value: &HeaderValue) {
        let text = |value: &str| Some(value.to_owned());
        match *name {
            CONTENT_LENGTH => keep(&mut self.length, value, |text| text.parse().ok()),
            LOCATION => keep(&mut self.location, value, text),
            RETRY_AFTER => keep(&mut self.retry_after, value, text),
            ETAG => keep(&mut self.etag, value, text),
            CONTENT_RANGE => keep(&mut self.content_range, value, text),
            CONNECTION => self.stays |= value.as_bytes().eq_ignore_ascii_case(b"keep-alive"),
            CONTENT_ENCODING => self.is_unreadable |= is_coded(value),
            _ if name == SERVER_TIMING => keep(&mut self.timing, value, ServerTiming::from_header),
            _ if name == CONTENT_DIGEST => {
                keep(&mut self.digest, value, ContentDigest::from_header);
                self.is_unreadable |= claims_in_vain(value);
            }
            _ if name == REPR_DIGEST => {
                keep(&mut self.repr_digest, value, ContentDigest::from_header);
                self.is_unreadable |= claims_in_vain(value);
            }
            _ => {}
        }
    }
}

/// Takes the value for what is wanted, unless there is one already.
fn keep<T>(kept: &mut Option<T>, value: &HeaderValue, read: fn(&str) -> Option<T>) {
    if kept.is_none() {
        *kept = value.to_str().ok().and_then(read);
    }
}

/// Whether it names a content coding, other than the one that is none (RFC 9110 section 8.4).
fn is_coded(value: &HeaderValue) -> bool {
    let mut codings = value.as_bytes().split(|byte| *byte == b',');
    codings.any(|coding| {
        let coding = coding.trim_ascii();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    })
}

/// Whether it has a member for SHA-256 that cannot be read. One that has none is as good as no field.
fn claims_in_vain(value: &HeaderValue) -> bool {
    let value = String::from_utf8_lossy(value.as_bytes());
    value.split(',').any(|member| {
        let key = member.trim().split(['=', ';']).next();
        key == Some("sha-256") && ContentDigest::from_header(member).is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_unreadable(name: &str, value: &[u8]) -> bool {
        let response = Response::builder().header(name, value).body(());
        let mut exchange = RawResponse::default();
        exchange.see_head(&response.unwrap());
        exchange.is_unreadable
    }

    #[test]
    fn a_digest_that_cannot_be_read_is_not_none() {
        let good = ContentDigest::of(b"GIF").to_string();
        for name in ["content-digest", "repr-digest"] {
            for fine in ["", "sha-512=:AAAA:", "md5=:?:", "sha-256-x=1", &good] {
                assert!(!is_unreadable(name, fine.as_bytes()), "{fine}");
            }
            let second = format!("{good}, sha-256=:AAAA:");
            for bad in [
                "sha-256=:AAAA:",
                "sha-256",
                "sha-256=",
                "md5=:AAAA:, sha-256=:?:",
                &second,
            ] {
                assert!(is_unreadable(name, bad.as_bytes()), "{bad}");
            }
            assert!(is_unreadable(name, b"sha-256=:\xff:"));
        }
    }

    #[test]
    fn only_identity_is_no_coding() {
        for fine in ["", "identity", "Identity, identity"] {
            assert!(
                !is_unreadable("content-encoding", fine.as_bytes()),
                "{fine}"
            );
        }
        for coded in ["gzip", "identity, br", "x", "\u{e9}"] {
            assert!(
                is_unreadable("content-encoding", coded.as_bytes()),
                "{coded}"
            );
        }
    }

    #[test]
    fn no_length_has_memory_set_aside_beyond_a_megabyte() {
        assert_eq!(reserved(11_059), 11_059);
        assert_eq!([1 << 20, 1 << 40, u64::MAX].map(reserved), [RESERVE_MAX; 3]);
    }
}
