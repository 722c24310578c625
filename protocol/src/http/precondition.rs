//! Decides which response the preconditions and the range of a request select (RFC 9110 sections 13 and 14).
//!
//! Representations have strong entity tags and no modification dates, so `If-Modified-Since` and
//! `If-Unmodified-Since` are ignored, as sections 13.1.3 and 13.1.4 demand.

use super::entity_tag::EntityTag;
use super::range::{ByteRange, NotSatisfiable};
use http::header::{ETAG, GetAll, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::ops::Range;

/// The fields that can select anything but the full response; `If-Range` has no effect alone.
static FIELDS: [HeaderName; 3] = [IF_MATCH, IF_NONE_MATCH, RANGE];

/// The response that the preconditions and the range of a request select.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreconditionResult {
    /// The full response.
    Full,
    /// 206 with these bytes.
    Partial(Range<usize>),
    /// 206 with these bytes for a request with `If-Range`, whose client has the fields already.
    PartialAfterIfRange(Range<usize>),
    /// 416 Range Not Satisfiable.
    RangeNotSatisfiable,
    /// 304 Not Modified.
    NotModified,
    /// 412 Precondition Failed.
    PreconditionFailed,
}

impl PreconditionResult {
    /// Evaluates a request in the order of section 13.2.2, given the fields and the length in bytes of the full
    /// response.
    pub fn evaluate(
        method: &Method,
        request: &HeaderMap,
        response: &HeaderMap,
        length: usize,
    ) -> PreconditionResult {
        // Most requests have few fields and none of these: comparing all names is cheaper than three look-ups.
        if !request.keys().any(|name| FIELDS.contains(name)) {
            return PreconditionResult::Full;
        }
        // Preconditions apply only to successful responses (section 13.2.1), and only those have a tag.
        let tag_field = response.get(ETAG);
        let tag = tag_field.and_then(|field| EntityTag::parse(field.to_str().ok()?));
        let Some((tag_field, tag)) = tag_field.zip(tag) else {
            return PreconditionResult::Full;
        };
        if request.contains_key(IF_MATCH)
            && !matches_any(request, IF_MATCH, |listed| listed.matches_strongly(&tag))
        {
            return PreconditionResult::PreconditionFailed;
        }
        if matches_any(request, IF_NONE_MATCH, |listed| listed.matches_weakly(&tag)) {
            return PreconditionResult::NotModified;
        }
        // A range is defined for GET only (section 14.2).
        match single(&request.get_all(RANGE)) {
            Some(range) if method == Method::GET => {
                evaluate_range(request, range, tag_field, length)
            }
            _ => PreconditionResult::Full,
        }
    }
}

/// Evaluates `If-Range` (section 13.1.5) and the range. The strong comparison accepts only the identical tag: no
/// weak one, and no date, because the representation has none.
fn evaluate_range(
    request: &HeaderMap,
    range: &HeaderValue,
    tag: &HeaderValue,
    length: usize,
) -> PreconditionResult {
    let has_if_range = request.contains_key(IF_RANGE);
    if has_if_range && single(&request.get_all(IF_RANGE)) != Some(tag) {
        return PreconditionResult::Full;
    }
    match ByteRange::select(range, length) {
        Ok(None) => PreconditionResult::Full,
        Ok(Some(range)) if has_if_range => PreconditionResult::PartialAfterIfRange(range),
        Ok(Some(range)) => PreconditionResult::Partial(range),
        Err(NotSatisfiable) => PreconditionResult::RangeNotSatisfiable,
    }
}

/// The value of a field that may occur once; a repeated one is malformed (section 5.3).
fn single<'a>(fields: &GetAll<'a, HeaderValue>) -> Option<&'a HeaderValue> {
    let mut values = fields.iter();
    values.next().filter(|_| values.next().is_none())
}

/// Whether the fields contain `*` or a matching tag. A malformed field matches nothing.
fn matches_any(
    request: &HeaderMap,
    name: HeaderName,
    is_match: impl Fn(&EntityTag) -> bool,
) -> bool {
    request.get_all(name).iter().any(|field| {
        let list = String::from_utf8_lossy(field.as_bytes());
        list == "*" || EntityTag::parse_list(&list).is_some_and(|tags| tags.iter().any(&is_match))
    })
}

#[cfg(test)]
mod tests;
