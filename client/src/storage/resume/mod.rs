//! Resumed downloads: the conditional request for a resource with a local copy, and the evaluation of its response.
//!
//! With a complete file, the request has `If-None-Match`: a 304 means that the file is current. With the first part
//! of a body, a [`PartialBody`], the request asks for the rest (`Range`) if the version is the same (`If-Range`): a
//! 206 brings the rest, a 200 a complete body. A request may have both `If-None-Match` and `If-Range`; a server
//! evaluates `If-None-Match` first (RFC 9110 section 13.2.2). This module is pure;
//! [`DownloadDir`](crate::DownloadDir) reads and writes the files.

mod evaluate_conditional;

use bytes::Bytes;
use flagpole_protocol::{ByteRange, ContentDigest, EntityTag};
use http::header::{HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE};
use std::fmt::Display;

/// The complete and the partial file of a resource before the resource is requested; neither by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LocalCopy {
    /// The entity tag of the complete file: the server's, or the tag that flagpole's server derives from the bytes. A 304
    /// means that this file is current.
    pub(crate) cached: Option<EntityTag>,
    /// The first part of a file. A 206 brings the rest.
    pub(crate) partial: Option<PartialBody>,
}

/// One byte or more from the start of one representation, whose transfer broke off.
///
/// Only a strong entity tag identifies what to continue: `Last-Modified` is strong only under conditions on the clock of
/// the server (RFC 9110 section 8.8.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartialBody {
    pub(crate) etag: EntityTag,
    /// The length of the complete body in bytes, if the server gave it.
    pub(crate) complete_length: Option<u64>,
    /// The digest of the complete body, if the server gave one.
    pub(crate) digest: Option<ContentDigest>,
    pub(crate) body: Bytes,
}

/// The change of a resource's partial file after an attempt. Plain data, so that the decision is separate from the access
/// to the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum PartialUpdate {
    /// The partial file stays as it is, if there is one: the response had nothing to store.
    #[default]
    Unchanged,
    /// The partial file is replaced by one with this body, from which a later attempt can continue.
    Replace(PartialBody),
    /// The partial file is removed: it cannot be continued, or the complete file is current.
    Remove,
}

impl LocalCopy {
    /// The conditional and range fields of a request for the resource (RFC 9110 sections 13 and 14).
    pub(crate) fn conditions(&self) -> Vec<(HeaderName, HeaderValue)> {
        let field = |name, value: &dyn Display| {
            let value = HeaderValue::try_from(value.to_string());
            (
                name,
                value.expect("ranges and resumable entity tags are visible ASCII"),
            )
        };
        let mut fields = Vec::new();
        if let Some(etag) = &self.cached {
            fields.push(field(IF_NONE_MATCH, etag));
        }
        if let Some(partial) = &self.partial {
            fields.push(field(RANGE, &ByteRange::From(partial.body.len(), None)));
            fields.push(field(IF_RANGE, &partial.etag));
        }
        fields
    }
}

impl PartialBody {
    /// The incomplete body of a 200, given its `ETag`, `Content-Length`, digest of the representation (from
    /// `Repr-Digest` or `Content-Digest`) and bytes.
    ///
    /// `None` if the body cannot be continued: the tag is not resumable, no byte arrived, or no byte is
    /// missing as far as `complete_length` says.
    pub(crate) fn new(
        etag: EntityTag,
        complete_length: Option<u64>,
        digest: Option<ContentDigest>,
        body: Bytes,
    ) -> Option<PartialBody> {
        let has_missing = complete_length.is_none_or(|complete| (body.len() as u64) < complete);
        (etag.is_resumable() && !body.is_empty() && has_missing).then_some(PartialBody {
            etag,
            complete_length,
            digest,
            body,
        })
    }

    /// The number of bytes, which is the offset of the first missing byte.
    pub(crate) fn length(&self) -> u64 {
        self.body.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> EntityTag {
        EntityTag::parse(text).unwrap()
    }

    #[test]
    fn request_names_the_cached_version_and_the_missing_range() {
        let half = Bytes::from_static(b"half");
        let local = LocalCopy {
            cached: Some(tag("\"old\"")),
            partial: PartialBody::new(tag("\"new\""), Some(8), None, half),
        };
        let conditions = [
            (IF_NONE_MATCH, HeaderValue::from_static("\"old\"")),
            (RANGE, HeaderValue::from_static("bytes=4-")),
            (IF_RANGE, HeaderValue::from_static("\"new\"")),
        ];
        assert_eq!(local.conditions(), conditions);
        assert_eq!(LocalCopy::default().conditions(), []);
    }

    #[test]
    fn only_resumable_bodies_are_kept() {
        let body = |etag, whole, content| {
            PartialBody::new(tag(etag), whole, None, Bytes::from_static(content))
        };
        assert_eq!(body("\"v1\"", Some(5), b"part").unwrap().length(), 4);
        assert!(body("\"v1\"", None, b"part").is_some());
        assert_eq!(body("W/\"v1\"", Some(5), b"part"), None);
        assert_eq!(body("\"v1\"", Some(5), b""), None);
        assert_eq!(body("\"v1\"", Some(4), b"part"), None);
        assert_eq!(body("\"v1\"", Some(3), b"part"), None);
    }
}
