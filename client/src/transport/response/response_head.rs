//! Records the head of a response.

use super::raw_response::RawResponse;
use flagpole_protocol::{ContentDigest, ContentRange, EntityTag, ServerTiming};
use http::Response;
use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderName, HeaderValue,
    LOCATION, RETRY_AFTER,
};

/// The maximum length of a head, in bytes. hyper accepts no smaller buffer.
pub(crate) const HEAD_LIMIT: usize = 64 << 10;

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

impl RawResponse {
    /// Records the status and the fields. One loop over all fields, because looking up each field by name would take as
    /// long as parsing the head. Of repeated fields, the first readable field counts.
    pub(crate) fn record_headers<B>(&mut self, response: &Response<B>) {
        self.status = Some(response.status().as_u16());
        for (name, value) in response.headers() {
            self.record_header(name, value);
        }
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
            CONTENT_ENCODING => self.body_unusable |= is_coded(value),
            _ if name == SERVER_TIMING => {
                set_once(&mut self.timing, value, ServerTiming::from_header);
            }
            _ if name == CONTENT_DIGEST => {
                set_once(&mut self.digest, value, ContentDigest::from_header);
                self.body_unusable |= has_malformed_digest(value);
            }
            _ if name == REPR_DIGEST => {
                set_once(&mut self.repr_digest, value, ContentDigest::from_header);
                self.body_unusable |= has_malformed_digest(value);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn is_unusable(name: &str, value: &[u8]) -> bool {
        let response = Response::builder().header(name, value).body(());
        let mut raw = RawResponse::default();
        raw.record_headers(&response.unwrap());
        raw.body_unusable
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
}
