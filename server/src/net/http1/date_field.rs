//! The value of `Date` (RFC 9110 section 6.6.1) in the responses that hyper does not write.

use http::HeaderValue;
use std::time::SystemTime;

/// The value for a response that is generated now.
pub(super) fn now() -> HeaderValue {
    let date = httpdate::fmt_http_date(SystemTime::now());
    HeaderValue::try_from(date).expect("a date is ASCII")
}
