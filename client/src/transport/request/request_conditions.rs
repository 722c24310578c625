//! The conditional and range fields of a request.

use flagpole_protocol::ByteRange;
use http::HeaderValue;

/// The conditional and range fields of a request (RFC 9110 sections 13 and 14).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestConditions {
    /// `If-None-Match`: the entity tag of the complete local file.
    pub if_none_match: Option<HeaderValue>,
    /// `Range`: the bytes that are missing.
    pub range: Option<ByteRange>,
    /// `If-Range`: the entity tag of the partial local file.
    pub if_range: Option<HeaderValue>,
}
