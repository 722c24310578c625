//! The response to what is not a valid request, for which hyper calls no service.

use crate::http::prepared_response::PreparedResponse;
use crate::http::wire_image::{WireImage, WireRequest};
use flagpole_protocol::Fate;
use http::{HeaderValue, StatusCode, Version};

/// A response to what is not a valid request, after which the connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// Why, for the developer of the client.
    pub(crate) sentence: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, sentence: impl Into<String>) -> Refusal {
        Refusal {
            status,
            sentence: sentence.into(),
        }
    }

    /// As bytes on the wire.
    pub(crate) fn to_bytes(&self, date: &HeaderValue) -> Vec<u8> {
        let response = PreparedResponse::text(self.status, &self.sentence);
        let request = WireRequest {
            version: Version::HTTP_11,
            is_head: false,
            keeps_alive: false,
        };
        let image = WireImage::new(&response, &Fate::default(), request, date);
        [image.head, image.body].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_why_and_closes() {
        let refusal = Refusal::new(StatusCode::REQUEST_TIMEOUT, "too slow");
        let date = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(
            String::from_utf8(refusal.to_bytes(&date)).unwrap(),
            "HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\n\
             connection: close\r\ncontent-length: 9\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\ntoo slow\n"
        );
    }
}
