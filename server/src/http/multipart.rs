//! Several ranges of a body in one body: `multipart/byteranges` (RFC 9110 section 14.6).

use flagpole_protocol::ContentRange;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use std::ops::Range;

/// The body, and the parameter of its media type.
#[derive(Debug)]
pub(crate) struct Multipart {
    pub(crate) body: Vec<u8>,
    boundary: String,
}

impl Multipart {
    /// Joins ranges of the body of a representation in their order. `fields` are those of the representation; the parts have
    /// its media type and its coding, which are not those of the joined body.
    pub(crate) fn new(fields: &HeaderMap, full: &[u8], ranges: &[Range<usize>]) -> Multipart {
        let boundary = boundary(full);
        let mut body = Vec::new();
        for range in ranges {
            push(&mut body, &["--", &boundary, "\r\n"]);
            for name in [CONTENT_TYPE, CONTENT_ENCODING] {
                if let Some(value) = fields.get(&name) {
                    push(&mut body, &[name.as_str(), ": "]);
                    body.extend_from_slice(value.as_bytes());
                    push(&mut body, &["\r\n"]);
                }
            }
            let content_range = ContentRange {
                start: range.start as u64,
                end: range.end as u64,
                whole: Some(full.len() as u64),
            };
            let content_range = content_range.to_string();
            push(&mut body, &["content-range: ", &content_range, "\r\n\r\n"]);
            body.extend_from_slice(&full[range.clone()]);
            push(&mut body, &["\r\n"]);
        }
        push(&mut body, &["--", &boundary, "--\r\n"]);
        Multipart { body, boundary }
    }

    /// The media type of the body.
    pub(crate) fn content_type(&self) -> HeaderValue {
        let text = format!("multipart/byteranges; boundary={}", self.boundary);
        HeaderValue::try_from(text).expect("a boundary is ASCII")
    }
}

/// A text that does not occur in the body (RFC 2046 section 5.1.1), the same for each request.
fn boundary(body: &[u8]) -> String {
    let occurs = |text: &str| {
        body.windows(text.len())
            .any(|bytes| bytes == text.as_bytes())
    };
    let mut boundaries = (0_u64..).map(|number| format!("flagpole-part-{number}"));
    let boundary = boundaries.find(|boundary| !occurs(boundary));
    boundary.expect("a body cannot contain all numbers")
}

fn push(body: &mut Vec<u8>, texts: &[&str]) {
    for text in texts {
        body.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multipart(fields: &[(http::HeaderName, &'static str)], full: &str) -> Multipart {
        let fields = fields.iter();
        let fields = fields.map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        Multipart::new(&fields.collect(), full.as_bytes(), &[7..10, 0..2])
    }

    #[test]
    fn parts_are_in_the_order_of_the_request_and_have_their_fields() {
        let joined = multipart(&[(CONTENT_TYPE, "image/gif")], "0123456789");
        let expected = "--flagpole-part-0\r\n\
            content-type: image/gif\r\n\
            content-range: bytes 7-9/10\r\n\
            \r\n\
            789\r\n\
            --flagpole-part-0\r\n\
            content-type: image/gif\r\n\
            content-range: bytes 0-1/10\r\n\
            \r\n\
            01\r\n\
            --flagpole-part-0--\r\n";
        assert_eq!(String::from_utf8(joined.body.clone()).unwrap(), expected);
        let media_type = "multipart/byteranges; boundary=flagpole-part-0";
        assert_eq!(joined.content_type(), media_type);
    }

    #[test]
    fn a_part_of_a_coded_body_says_so() {
        let joined = multipart(&[(CONTENT_ENCODING, "gzip")], "0123456789");
        let text = String::from_utf8(joined.body).unwrap();
        assert_eq!(text.matches("\r\ncontent-encoding: gzip\r\n").count(), 2);
    }

    #[test]
    fn the_boundary_is_not_in_the_body() {
        let joined = multipart(&[], "0123456789flagpole-part-0 flagpole-part-1");
        assert_eq!(joined.boundary, "flagpole-part-2");
    }
}
