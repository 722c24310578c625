//! A response whose status, fields and body are known.

use crate::http::corruption;
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, StatusResponse};
use http::header::{ACCEPT_RANGES, CONTENT_TYPE, ETAG, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

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

    /// A 200 with a text as the body.
    pub(crate) fn page(content_type: &'static str, text: String) -> PreparedResponse {
        let digest = ContentDigest::from_body(text.as_bytes());
        PreparedResponse::ok(content_type, text.into(), digest)
    }

    /// A status with its name as the body.
    pub(crate) fn for_status(status: StatusCode) -> PreparedResponse {
        PreparedResponse::text(status, status.to_string().trim_end())
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

    /// The response of a status fault.
    pub(crate) fn for_fault(status: &StatusResponse) -> PreparedResponse {
        let mut response = match &status.body {
            Some(body) => PreparedResponse::text(status.code, body),
            None => PreparedResponse::for_status(status.code),
        };
        if let Some(seconds) = status.retry_after {
            let value = HeaderValue::from(seconds);
            response.headers.insert(RETRY_AFTER, value);
        }
        response.reason.clone_from(&status.reason);
        response
    }

    /// This response with flipped bits in its body.
    pub(crate) fn corrupt(self, bits: u32, draw: u64) -> PreparedResponse {
        PreparedResponse {
            body: corruption::flip(&self.body, bits, draw),
            ..self
        }
    }
}

/// A field value from a text of digits, hexadecimal, base64 and punctuation.
pub(crate) fn ascii(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("digits, hexadecimal and base64 are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_without_content_has_no_body() {
        let response = PreparedResponse::for_status;
        assert_eq!(response(StatusCode::IM_A_TEAPOT).body, "418 I'm a teapot\n");
        assert!(response(StatusCode::NO_CONTENT).body.is_empty());
        assert!(response(StatusCode::NOT_MODIFIED).headers.is_empty());
    }
}
