//! What is kept of the head of an answer, and of a body that breaks off.

use bytes::{Bytes, BytesMut};
use flagpole_fixtures::{Digest, Timing};
use http::Response;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, LOCATION,
    RETRY_AFTER,
};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// So many bytes at most are set aside for a body before they come: what a head says of its length may
/// be anything.
const RESERVE_MAX: usize = 1 << 20;

/// What is kept of a head; the fields are those of an [`Exchange`](super::Exchange).
#[derive(Default)]
pub(super) struct Head {
    pub(super) status: Option<u16>,
    pub(super) timing: Option<Timing>,
    pub(super) digest: Option<Digest>,
    pub(super) repr_digest: Option<Digest>,
    pub(super) is_unreadable: bool,
    pub(super) length: Option<u64>,
    pub(super) location: Option<String>,
    pub(super) retry_after: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) content_range: Option<String>,
}

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

impl Head {
    pub(super) fn of<B>(response: &Response<B>) -> Head {
        let headers = response.headers();
        let text = |name| find(headers, name, |text| Some(text.to_owned()));
        Head {
            status: Some(response.status().as_u16()),
            timing: find(headers, &SERVER_TIMING, Timing::from_header),
            digest: find(headers, &CONTENT_DIGEST, Digest::from_header),
            repr_digest: find(headers, &REPR_DIGEST, Digest::from_header),
            is_unreadable: is_coded(headers)
                || claims_in_vain(headers, &CONTENT_DIGEST)
                || claims_in_vain(headers, &REPR_DIGEST),
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

/// Whether the body has a content coding, other than the one that is none (RFC 9110 section 8.4).
fn is_coded(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    values.any(|value| {
        let mut codings = value.as_bytes().split(|byte| *byte == b',');
        codings.any(|coding| {
            let coding = coding.trim_ascii();
            !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
        })
    })
}

/// Whether a field of this name has a member for SHA-256 that cannot be read. One that has none is as
/// good as no field.
fn claims_in_vain(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers.get_all(name).iter().any(|value| {
        let value = String::from_utf8_lossy(value.as_bytes());
        value.split(',').any(|member| {
            let key = member.trim().split(['=', ';']).next();
            key == Some("sha-256") && Digest::from_header(member).is_none()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_unreadable(name: &str, value: &[u8]) -> bool {
        let response = Response::builder().header(name, value).body(());
        Head::of(&response.unwrap()).is_unreadable
    }

    #[test]
    fn a_digest_that_cannot_be_read_is_not_none() {
        let good = Digest::of(b"GIF").to_string();
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
