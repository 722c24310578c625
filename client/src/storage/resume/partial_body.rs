//! The first part of a body whose transfer broke off.
//!
//! Only a strong entity tag identifies what to continue: `Last-Modified` is strong only under conditions on the clock of
//! the server (RFC 9110 section 8.8.2.2).

use bytes::Bytes;
use flagpole_protocol::{ContentDigest, EntityTag};

/// One byte or more from the start of one representation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialBody {
    etag: EntityTag,
    complete_length: Option<u64>,
    /// The digest of the complete body.
    digest: Option<ContentDigest>,
    body: Bytes,
}

impl PartialBody {
    /// The incomplete body of a 200, given its `ETag`, `Content-Length`, digest of the representation (from
    /// `Repr-Digest` or `Content-Digest`) and bytes.
    ///
    /// `None` if the body cannot be continued: the tag is not strong, no byte arrived, or no byte is
    /// missing as far as `complete_length` says.
    pub fn from_response(
        etag: &str,
        complete_length: Option<u64>,
        digest: Option<ContentDigest>,
        body: Bytes,
    ) -> Option<PartialBody> {
        let etag = EntityTag::parse_strong(etag)?;
        let partial = PartialBody {
            etag,
            complete_length,
            digest,
            body,
        };
        let length = partial.length();
        let has_missing = complete_length.is_none_or(|complete| length < complete);
        (length > 0 && has_missing).then_some(partial)
    }

    /// This body with `bytes` appended. `complete_length` and `digest` are those of the complete body. If both
    /// parts gave one, they are equal (`merge` and `extend` have checked that). The result may be complete.
    pub(super) fn append(
        &self,
        complete_length: u64,
        digest: Option<ContentDigest>,
        bytes: &[u8],
    ) -> PartialBody {
        PartialBody {
            etag: self.etag.clone(),
            complete_length: Some(complete_length),
            digest: self.digest.or(digest),
            body: [&self.body, bytes].concat().into(),
        }
    }

    /// The entity tag of the representation.
    pub fn etag(&self) -> &EntityTag {
        &self.etag
    }

    /// The number of bytes, which is the offset of the first missing byte.
    pub fn length(&self) -> u64 {
        self.body.len() as u64
    }

    /// The length of the complete body in bytes, if the server gave it.
    pub fn complete_length(&self) -> Option<u64> {
        self.complete_length
    }

    /// The digest of the complete body, if the server gave one.
    pub fn digest(&self) -> Option<ContentDigest> {
        self.digest
    }

    /// The bytes.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub(super) fn into_body(self) -> Bytes {
        self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_resumable_bodies_are_kept() {
        let body = |etag, whole, content| {
            PartialBody::from_response(etag, whole, None, Bytes::from_static(content))
        };
        let partial = body("\"v1\"", Some(5), b"part").unwrap();
        assert_eq!((partial.length(), partial.complete_length()), (4, Some(5)));
        assert!(body("\"v1\"", None, b"part").is_some());
        assert_eq!(body("W/\"v1\"", Some(5), b"part"), None);
        assert_eq!(body("", Some(5), b"part"), None);
        assert_eq!(body("\"v1\"", Some(5), b""), None);
        assert_eq!(body("\"v1\"", Some(4), b"part"), None);
        assert_eq!(body("\"v1\"", Some(3), b"part"), None);
    }
}
