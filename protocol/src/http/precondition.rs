//! Decides which response the preconditions and the ranges of a request select (RFC 9110 sections 13 and 14).

use super::entity_tag::EntityTag;
use super::last_modified::{LastModified, parse_http_date};
use super::range::{ByteRange, NotSatisfiable};
use http::header::{
    ETAG, GetAll, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::ops::Range;

/// The fields that can select anything but the full response; `If-Range` has no effect alone.
static FIELDS: [HeaderName; 5] = [
    IF_MATCH,
    IF_NONE_MATCH,
    RANGE,
    IF_MODIFIED_SINCE,
    IF_UNMODIFIED_SINCE,
];

/// The representation that a request selects by its path and its `Accept-Encoding`.
#[derive(Clone, Copy, Debug)]
pub struct SelectedRepresentation<'a> {
    /// The fields of the full response. Preconditions apply only to successful responses (section 13.2.1), and only those
    /// have an `ETag`.
    pub fields: &'a HeaderMap,
    /// `None` if the response has no `Last-Modified`: conditions with dates are ignored (sections 13.1.3 and 13.1.4).
    pub last_modified: Option<LastModified>,
    /// In bytes.
    pub length: usize,
}

/// The response that the preconditions and the ranges of a request select.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreconditionResult {
    /// The full response.
    Full,
    /// 206 with these bytes.
    Partial(Range<usize>),
    /// 206 with these bytes for a request with `If-Range`, whose client has the fields already.
    PartialAfterIfRange(Range<usize>),
    /// 206 with these parts, at least two, in one body.
    Multipart(Vec<Range<usize>>),
    /// 416 Range Not Satisfiable.
    RangeNotSatisfiable,
    /// 304 Not Modified.
    NotModified,
    /// 412 Precondition Failed.
    PreconditionFailed,
}

impl PreconditionResult {
    /// Evaluates a GET or HEAD in the order of section 13.2.2.
    pub fn evaluate(
        method: &Method,
        request: &HeaderMap,
        selected: SelectedRepresentation<'_>,
    ) -> PreconditionResult {
        // Most requests have few fields and none of these: comparing all names is cheaper than five look-ups.
        if !request.keys().any(|name| FIELDS.contains(name)) {
            return PreconditionResult::Full;
        }
        let tag_field = selected.fields.get(ETAG);
        let tag = tag_field.and_then(|field| EntityTag::parse(field.to_str().ok()?));
        let Some((tag_field, tag)) = tag_field.zip(tag) else {
            return PreconditionResult::Full;
        };
        let modified = selected.last_modified;
        if is_other_version(request, &tag, modified) {
            return PreconditionResult::PreconditionFailed;
        }
        if is_not_modified(request, &tag, modified) {
            return PreconditionResult::NotModified;
        }
        // A range is defined for GET only (section 14.2).
        match single(&request.get_all(RANGE)) {
            Some(range)
                if method == Method::GET && if_range_holds(request, tag_field, modified) =>
            {
                select_range(range, selected.length, request.contains_key(IF_RANGE))
            }
            _ => PreconditionResult::Full,
        }
    }
}

/// Whether `If-Match` is false or, without one, `If-Unmodified-Since` (steps 1 and 2).
fn is_other_version(request: &HeaderMap, tag: &EntityTag, modified: Option<LastModified>) -> bool {
    if request.contains_key(IF_MATCH) {
        return !matches_any(request, IF_MATCH, |listed| listed.matches_strongly(tag));
    }
    let date = single_date(request, IF_UNMODIFIED_SINCE);
    date.zip(modified)
        .is_some_and(|(date, modified)| modified.is_after(date))
}

/// Whether `If-None-Match` is false or, without one, `If-Modified-Since` (steps 3 and 4).
fn is_not_modified(request: &HeaderMap, tag: &EntityTag, modified: Option<LastModified>) -> bool {
    if request.contains_key(IF_NONE_MATCH) {
        return matches_any(request, IF_NONE_MATCH, |listed| listed.matches_weakly(tag));
    }
    let date = single_date(request, IF_MODIFIED_SINCE);
    date.zip(modified)
        .is_some_and(|(date, modified)| !modified.is_after(date))
}

/// Whether there is no `If-Range` or it is true (section 13.1.5, step 5): the identical tag, which is strong, or exactly
/// the date of the modification, if that is a strong validator.
fn if_range_holds(request: &HeaderMap, tag: &HeaderValue, modified: Option<LastModified>) -> bool {
    if !request.contains_key(IF_RANGE) || single(&request.get_all(IF_RANGE)) == Some(tag) {
        return true;
    }
    let date = single_date(request, IF_RANGE);
    date.zip(modified)
        .is_some_and(|(date, modified)| modified.matches_strongly(date))
}

fn select_range(range: &HeaderValue, length: usize, has_if_range: bool) -> PreconditionResult {
    match ByteRange::select(range, length).map(<[_; 1]>::try_from) {
        Err(NotSatisfiable) => PreconditionResult::RangeNotSatisfiable,
        Ok(Ok([range])) if has_if_range => PreconditionResult::PartialAfterIfRange(range),
        Ok(Ok([range])) => PreconditionResult::Partial(range),
        Ok(Err(ranges)) if ranges.is_empty() => PreconditionResult::Full,
        Ok(Err(ranges)) => PreconditionResult::Multipart(ranges),
    }
}

/// The seconds after 1970 of a field that is a date. `None` if the field is missing, repeated or malformed: it is ignored.
fn single_date(request: &HeaderMap, name: HeaderName) -> Option<u64> {
    single(&request.get_all(name)).and_then(parse_http_date)
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
