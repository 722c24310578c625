//! The conditional and range fields of a request.

use http::HeaderValue;

/// The conditional and range fields of a request (RFC 9110 sections 13 and 14).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestConditions {
    /// `If-None-Match`: the entity tag of the complete local file.
    pub if_none_match: Option<HeaderValue>,
    /// `Range`: the offset of the first byte that is missing.
    pub range_from: Option<u64>,
    /// `If-Range`: the entity tag of the partial local file.
    pub if_range: Option<HeaderValue>,
}
