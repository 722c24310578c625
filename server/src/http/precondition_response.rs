//! Builds the response that an evaluated precondition or range asks for (RFC 9110 sections 13 to 15).
//!
//! [`PreconditionResult::evaluate`] decides, before a request is delayed; this file only builds.

use crate::http::multipart::Multipart;
use crate::http::prepared_response::{CONTENT_DIGEST, PreparedResponse, ascii};
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, ContentRange, PreconditionResult};
use http::header::{CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED, VARY};
use http::{HeaderMap, HeaderName, StatusCode};
use std::ops::Range;

/// The digest of the full representation, whatever part of it is sent (RFC 9530 section 3).
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// Builds the response for a result; `full` is the response to a GET without preconditions and ranges.
pub(crate) fn build(
    result: &PreconditionResult,
    full: &PreparedResponse,
    is_head: bool,
) -> PreparedResponse {
    match result {
        PreconditionResult::Full if is_head => head(full),
        PreconditionResult::Full => full.clone(),
        PreconditionResult::Partial(range) => partial(full, range.clone()),
        PreconditionResult::PartialAfterIfRange(range) => {
            let mut response = partial(full, range.clone());
            // The client has the fields of the representation already (section 15.3.7), but may lack `Repr-Digest`.
            for name in [CONTENT_TYPE, CONTENT_ENCODING, LAST_MODIFIED] {
                response.headers.remove(name);
            }
            response
        }
        PreconditionResult::Multipart(ranges) => multipart(full, ranges),
        PreconditionResult::RangeNotSatisfiable => range_not_satisfiable(full.body.len()),
        PreconditionResult::NotModified => not_modified(full),
        PreconditionResult::PreconditionFailed => {
            PreparedResponse::for_status(StatusCode::PRECONDITION_FAILED)
        }
    }
}

/// The response to HEAD, without its body, which hyper leaves out. `Content-Digest` would be the digest of no content
/// (RFC 9530 appendix B.2), so the digest of what GET sends is in `Repr-Digest`.
fn head(full: &PreparedResponse) -> PreparedResponse {
    let mut response = full.clone();
    if let Some(digest) = response.headers.remove(CONTENT_DIGEST) {
        response.headers.insert(REPR_DIGEST, digest);
    }
    response
}

/// 206 Partial Content.
fn partial(full: &PreparedResponse, range: Range<usize>) -> PreparedResponse {
    let content_range = ContentRange {
        start: range.start as u64,
        end: range.end as u64,
        whole: Some(full.body.len() as u64),
    };
    let mut headers = full.headers.clone();
    headers.insert(CONTENT_RANGE, ascii(content_range.to_string()));
    partial_content(headers, full.body.slice(range))
}

/// 206 Partial Content with several parts. `Content-Range` is in the parts alone (section 15.3.7.2).
fn multipart(full: &PreparedResponse, ranges: &[Range<usize>]) -> PreparedResponse {
    let joined = Multipart::new(&full.headers, &full.body, ranges);
    let mut headers = full.headers.clone();
    headers.insert(CONTENT_TYPE, joined.content_type());
    headers.remove(CONTENT_ENCODING);
    partial_content(headers, joined.body.into())
}

/// 206 with the fields of the full response and those of the parts; adds the digests.
fn partial_content(mut headers: HeaderMap, body: Bytes) -> PreparedResponse {
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

/// 304 Not Modified with the fields that section 15.4.5 requires; `Cache-Control` is the listener's. As there is an `ETag`,
/// it should have no `Last-Modified`.
fn not_modified(full: &PreparedResponse) -> PreparedResponse {
    let mut response = PreparedResponse::for_status(StatusCode::NOT_MODIFIED);
    let fields = [ETAG, VARY].into_iter();
    let fields = fields.filter_map(|name| Some((name.clone(), full.headers.get(name)?.clone())));
    response.headers.extend(fields);
    response
}

#[cfg(test)]
mod tests;
