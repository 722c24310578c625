//! The response of a status fault, with the fields that RFC 9110 demands of its status.

use crate::http::prepared_response::{PreparedResponse, ascii};
use flagpole_protocol::{ContentRange, PreconditionResult, RetryAfter, StatusResponse};
use http::header::{
    ALLOW, CONNECTION, CONTENT_RANGE, CONTENT_TYPE, LOCATION, PROXY_AUTHENTICATE, RETRY_AFTER,
    UPGRADE, WWW_AUTHENTICATE,
};
use http::{HeaderName, HeaderValue};
use std::time::{Duration, UNIX_EPOCH};

/// The challenge of a 401 and of a 407. No credentials satisfy it.
const CHALLENGE: &str = "Basic realm=\"flagpole\"";

/// Where a 300, 301, 302, 303, 307 or 308 leads: the page of flags, which every listener has.
const REDIRECT_TARGET: &str = "/flags/";

/// Builds the response; `now` counts from the Unix epoch. `requested` builds the response without the fault for the result
/// of a precondition or range.
pub(crate) fn build(
    status: &StatusResponse,
    now: Duration,
    requested: impl FnOnce(&PreconditionResult) -> PreparedResponse,
) -> PreparedResponse {
    let mut response = match status.code.as_u16() {
        304 => requested(&PreconditionResult::NotModified),
        416 => requested(&PreconditionResult::RangeNotSatisfiable),
        _ => PreparedResponse::for_status(status.code),
    };
    if status.reason.is_some() {
        response.reason.clone_from(&status.reason);
    }
    if let Some(body) = &status.body {
        response.body = body.clone();
    }
    let headers = &mut response.headers;
    if let Some((name, value)) = required_field(status, response.body.len()) {
        headers.insert(name, value);
    }
    if let Some(content_type) = &status.content_type {
        headers.insert(CONTENT_TYPE, content_type.clone());
    }
    if let Some(retry_after) = status.retry_after {
        headers.insert(RETRY_AFTER, retry_after_value(retry_after, now));
    }
    for (name, _) in &status.fields {
        headers.remove(name);
    }
    for (name, value) in &status.fields {
        headers.append(name, value.clone());
    }
    // A sender of `Upgrade` must also send this option (section 7.8).
    if headers.contains_key(UPGRADE) {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
    response
}

/// The field that RFC 9110 demands of a status (sections 15.3.7, 15.4 and 15.5), except of 304 and 416, whose field depends
/// on the representation.
fn required_field(status: &StatusResponse, length: usize) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = match status.code.as_u16() {
        206 => return content_range(length as u64).map(|value| (CONTENT_RANGE, value)),
        300..=303 | 307 | 308 => (LOCATION, REDIRECT_TARGET),
        401 => (WWW_AUTHENTICATE, CHALLENGE),
        405 => (ALLOW, "GET, HEAD"),
        407 => (PROXY_AUTHENTICATE, CHALLENGE),
        426 => (UPGRADE, "HTTP/2.0"),
        _ => return None,
    };
    Some((name, HeaderValue::from_static(value)))
}

/// The range of a 206: its body is a complete representation. `None` for an empty body, which no range
/// describes.
fn content_range(length: u64) -> Option<HeaderValue> {
    let range = ContentRange {
        start: 0,
        end: length,
        whole: Some(length),
    };
    (length > 0).then(|| ascii(range.to_string()))
}

fn retry_after_value(retry_after: RetryAfter, now: Duration) -> HeaderValue {
    let now = now.as_secs();
    let date = match retry_after {
        RetryAfter::Seconds(seconds) => return HeaderValue::from(seconds),
        RetryAfter::DateFromNow(seconds) => now.saturating_add_signed(seconds),
        RetryAfter::Date(date) => date,
    };
    ascii(httpdate::fmt_http_date(
        UNIX_EPOCH + Duration::from_secs(date),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::precondition_response;
    use flagpole_protocol::ContentDigest;
    use http::StatusCode;

    /// 1994-11-06T08:49:37Z, the date of the examples of RFC 9110.
    const NOW: Duration = Duration::from_secs(784_111_777);

    fn requested() -> PreparedResponse {
        let body = b"GIF89a";
        PreparedResponse::ok("image/gif", body[..].into(), ContentDigest::from_body(body))
    }

    fn response(fault: &str) -> PreparedResponse {
        let mut fate = flagpole_protocol::Fate::default();
        let fault = fault.parse().unwrap();
        let faults = crate::fate::fault::Faults::new(vec![fault]).unwrap();
        faults.inject(0, || 0, &mut fate);
        let flagpole_protocol::ResponseContent::Status(status) = fate.content else {
            panic!("no status")
        };
        build(&status, NOW, |result| {
            precondition_response::build(result, &requested(), false)
        })
    }

    /// The fields of the response to a fault, without `Content-Type`, a line each.
    fn fields(fault: &str) -> String {
        let mut headers = response(fault).headers;
        headers.remove(CONTENT_TYPE);
        let field = |(name, value): (&HeaderName, &HeaderValue)| {
            format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
        };
        let mut fields: Vec<_> = headers.iter().map(field).collect();
        fields.sort();
        fields.join("\n")
    }

    #[test]
    fn a_status_has_the_field_that_it_demands() {
        for (fault, expected) in [
            ("200", ""),
            ("204", ""),
            ("205", ""),
            ("206", "content-range: bytes 0-19/20"),
            ("302", "location: /flags/"),
            ("308", "location: /flags/"),
            ("401", "www-authenticate: Basic realm=\"flagpole\""),
            ("405", "allow: GET, HEAD"),
            ("407", "proxy-authenticate: Basic realm=\"flagpole\""),
            ("416", "content-range: bytes */6"),
            ("426", "connection: upgrade\nupgrade: HTTP/2.0"),
            ("429", ""),
            ("503", ""),
        ] {
            assert_eq!(fields(fault), expected, "{fault}");
        }
        assert_eq!(response("304").headers["etag"], requested().headers["etag"]);
    }

    #[test]
    fn a_given_field_takes_the_place_of_the_one_that_would_be_sent() {
        for (fault, expected) in [
            ("302,header=Location:/x", "location: /x"),
            (
                "206,header=Content-Range:bytes 1-2/9",
                "content-range: bytes 1-2/9",
            ),
            (
                "503,retry-after=2s,header=Retry-After:soon",
                "retry-after: soon",
            ),
            (
                "200,header=Set-Cookie:a=1,header=Set-Cookie:b=2",
                "set-cookie: a=1\nset-cookie: b=2",
            ),
            (
                "426,header=Upgrade:websocket",
                "connection: upgrade\nupgrade: websocket",
            ),
        ] {
            assert_eq!(fields(fault), expected, "{fault}");
        }
        let typed = response("500,type=text/html,header=Content-Type:text/plain");
        assert_eq!(typed.headers[CONTENT_TYPE], "text/plain");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        for (value, expected) in [
            ("2s", "2"),
            ("date:+30s", "Sun, 06 Nov 1994 08:50:07 GMT"),
            ("date:-30s", "Sun, 06 Nov 1994 08:49:07 GMT"),
            (
                "\"Fri, 31 Dec 2027 23:59:59 GMT\"",
                "Fri, 31 Dec 2027 23:59:59 GMT",
            ),
        ] {
            let fault = format!("503,retry-after={value}");
            assert_eq!(fields(&fault), format!("retry-after: {expected}"));
        }
    }

    #[test]
    fn a_body_is_sent_exactly_and_a_status_without_content_has_none() {
        assert_eq!(response("503,body=\"a, b\"").body, "a, b");
        assert_eq!(
            response("206,body=abc").headers[CONTENT_RANGE],
            "bytes 0-2/3"
        );
        for fault in ["204", "205", "304"] {
            let response = response(fault);
            assert!(response.body.is_empty(), "{fault}");
            assert!(!response.headers.contains_key(CONTENT_TYPE), "{fault}");
        }
        assert_eq!(response("404").status, StatusCode::NOT_FOUND);
    }
}
