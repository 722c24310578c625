//! Builds the response that an evaluated precondition or range asks for (RFC 9110 sections 13 to 15).
//!
//! [`PreconditionResult::evaluate`] decides, before a request is delayed; this file only builds.

use crate::http::prepared_response::{CONTENT_DIGEST, PreparedResponse, ascii};
use flagpole_protocol::{ContentDigest, ContentRange, PreconditionResult};
use http::header::{CONTENT_RANGE, CONTENT_TYPE, ETAG};
use http::{HeaderName, StatusCode};
use std::ops::Range;

/// The digest of the full representation, whatever part of it is sent (RFC 9530 section 3).
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// Builds the response for a result; `full` is the response without preconditions and ranges.
pub(crate) fn build(result: &PreconditionResult, full: &PreparedResponse) -> PreparedResponse {
    match result {
        PreconditionResult::Full => full.clone(),
        PreconditionResult::Partial(range) => partial(full, range.clone()),
        PreconditionResult::PartialAfterIfRange(range) => {
            let mut response = partial(full, range.clone());
            // The client has the media type already (section 15.3.7), but may lack `Repr-Digest`.
            response.headers.remove(CONTENT_TYPE);
            response
        }
        PreconditionResult::RangeNotSatisfiable => range_not_satisfiable(full.body.len()),
        PreconditionResult::NotModified => not_modified(full),
        PreconditionResult::PreconditionFailed => {
            PreparedResponse::for_status(StatusCode::PRECONDITION_FAILED)
        }
    }
}

/// 206 Partial Content.
fn partial(full: &PreparedResponse, range: Range<usize>) -> PreparedResponse {
    let content_range = ContentRange {
        start: range.start as u64,
        end: range.end as u64,
        whole: Some(full.body.len() as u64),
    };
    let body = full.body.slice(range);
    let mut headers = full.headers.clone();
    headers.insert(CONTENT_RANGE, ascii(content_range.to_string()));
    // `Content-Digest` is the digest of the content that is sent (RFC 9530 section 2).
    let digest = ascii(ContentDigest::from_body(&body).to_string());
    if let Some(full_digest) = headers.insert(CONTENT_DIGEST, digest) {
        headers.insert(REPR_DIGEST, full_digest);
    }
    PreparedResponse {
        status: StatusCode::PARTIAL_CONTENT,
        headers,
        body,
        reason: None,
    }
}

/// 416 Range Not Satisfiable, with the length of the representation.
fn range_not_satisfiable(length: usize) -> PreparedResponse {
    let mut response = PreparedResponse::for_status(StatusCode::RANGE_NOT_SATISFIABLE);
    let content_range = ascii(ContentRange::unsatisfied(length as u64));
    response.headers.insert(CONTENT_RANGE, content_range);
    response
}

/// 304 Not Modified. Of the fields that section 15.4.5 requires, full responses have only `ETag`.
fn not_modified(full: &PreparedResponse) -> PreparedResponse {
    let mut response = PreparedResponse::for_status(StatusCode::NOT_MODIFIED);
    if let Some(tag) = full.headers.get(ETAG) {
        response.headers.insert(ETAG, tag.clone());
    }
    response
}

#[cfg(test)]
mod tests;
