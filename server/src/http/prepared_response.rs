//! A response whose status, fields and body are known.

use bytes::Bytes;
use flagpole_protocol::{ContentDigest, DrawPurpose, RngKey};
use http::header::{ACCEPT_RANGES, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rand::seq::index;

/// The digest of the content that is sent (RFC 9530 section 2).
pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// A response in memory; the body is shared, not copied.
#[derive(Clone, Debug, Default)]
pub(crate) struct PreparedResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The reason phrase, if it is not the standard one; printable ASCII.
    pub(crate) reason: Option<String>,
}

impl PreparedResponse {
    /// A 200 with a representation as the body, whose SHA-256 is `digest`.
    pub(crate) fn ok(
        content_type: &'static str,
        body: Bytes,
        digest: ContentDigest,
    ) -> PreparedResponse {
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static(content_type)),
            (ETAG, ascii(format!("\"{}\"", digest.short()))),
            (CONTENT_DIGEST, ascii(digest.to_string())),
            (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        ]);
        PreparedResponse {
            headers,
            body,
            ..PreparedResponse::default()
        }
    }

    /// A status with its name as the body.
    pub(crate) fn for_status(status: StatusCode) -> PreparedResponse {
        let name = status.canonical_reason().map(|name| format!(" {name}"));
        PreparedResponse {
            // hyper would write `<none>` in place of a reason that does not exist.
            reason: name.is_none().then(String::new),
            ..PreparedResponse::text(
                status,
                &(status.as_str().to_owned() + &name.unwrap_or_default()),
            )
        }
    }

    /// A status with a sentence as the body.
    pub(crate) fn text(status: StatusCode, sentence: &str) -> PreparedResponse {
        // 204, 205 and 304 have no content (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5).
        let (headers, body) = if matches!(status.as_u16(), 204 | 205 | 304) {
            (HeaderMap::new(), Bytes::new())
        } else {
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, text)]);
            (headers, format!("{sentence}\n").into())
        };
        PreparedResponse {
            status,
            headers,
            body,
            reason: None,
        }
    }

    /// This response with flipped bits in its body.
    pub(crate) fn corrupt(self, bits: u32, draw: u64) -> PreparedResponse {
        PreparedResponse {
            body: flip(&self.body, bits, draw),
            ..self
        }
    }
}

/// A field value from a text of digits, hexadecimal, base64 and punctuation.
pub(crate) fn ascii(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("digits, hexadecimal and base64 are ASCII")
}

/// Flips `bits` different bits of a body, or all bits of a shorter body. `draw`, a random number, and the length of the
/// body determine which bits.
fn flip(body: &Bytes, bits: u32, draw: u64) -> Bytes {
    let length = body.len() * 8;
    let amount = usize::try_from(bits).map_or(length, |bits| bits.min(length));
    let mut rng = RngKey::new(draw, 0, "", 0).rng(DrawPurpose::FaultDetail);
    let mut flipped = body.to_vec();
    for bit in index::sample(&mut rng, length, amount) {
        flipped[bit / 8] ^= 1 << (bit % 8);
    }
    flipped.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_status_without_content_has_no_body() {
        let response = PreparedResponse::for_status;
        assert_eq!(response(StatusCode::IM_A_TEAPOT).body, "418 I'm a teapot\n");
        assert!(response(StatusCode::NO_CONTENT).body.is_empty());
        assert!(response(StatusCode::NOT_MODIFIED).headers.is_empty());
    }

    #[test]
    fn an_unknown_status_has_an_empty_reason() {
        let response = PreparedResponse::for_status(StatusCode::from_u16(520).unwrap());
        assert_eq!(
            (&*response.body, response.reason.as_deref()),
            (&b"520\n"[..], Some(""))
        );
    }

    fn differing(one: &[u8], other: &[u8]) -> u32 {
        one.iter()
            .zip(other)
            .map(|(a, b)| (a ^ b).count_ones())
            .sum()
    }

    /// Computed by `protocol/tests/golden/rand_uses.py`.
    #[test]
    fn flipped_bits_are_those_of_the_golden_vector() {
        let flipped = flip(&Bytes::from_static(&[0; 16]), 3, 7);
        let bits: Vec<_> = (0..128)
            .filter(|bit| flipped[bit / 8] >> (bit % 8) & 1 == 1)
            .collect();
        assert_eq!(bits, [49, 62, 85]);
    }

    #[test]
    fn an_empty_body_stays_empty_and_a_short_one_is_flipped_whole() {
        assert!(flip(&Bytes::new(), 3, 7).is_empty());
        assert_eq!(flip(&Bytes::from_static(b"\x0f"), 99, 7), &b"\xf0"[..]);
    }

    proptest! {
        #[test]
        fn exactly_this_many_bits_differ(body in proptest::collection::vec(any::<u8>(), 1..200), bits in 1_u32..1600, draw: u64) {
            let body = Bytes::from(body);
            let expected = bits.min(u32::try_from(body.len() * 8).unwrap());
            prop_assert_eq!(differing(&body, &flip(&body, bits, draw)), expected);
        }
    }
}
