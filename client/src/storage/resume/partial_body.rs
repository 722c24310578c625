//! The first part of a body that broke off.

use bytes::Bytes;
use flagpole_protocol::{ContentDigest, EntityTag};

/// The first bytes of one version of a resource, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialBody {
    etag: EntityTag<'static>,
    whole: Option<u64>,
    digest: Option<ContentDigest>,
    body: Bytes,
}

impl PartialBody {
    /// The incomplete body of a 200, given its `ETag`, `Content-Length`, digest of the representation (from
    /// `Repr-Digest` or `Content-Digest`) and bytes.
    ///
    /// `None` if the body cannot be continued: its tag is not strong, no byte arrived, or none is missing.
    pub fn from_response(
        etag: &str,
        whole: Option<u64>,
        digest: Option<ContentDigest>,
        body: Bytes,
    ) -> Option<PartialBody> {
        let etag = EntityTag::parse_strong(etag)?;
        let partial = PartialBody {
            etag,
            whole,
            digest,
            body,
        };
        let length = partial.length();
        (length > 0 && whole.is_none_or(|whole| length < whole)).then_some(partial)
    }

    /// With the bytes that follow. `whole` is the length of the complete body; `digest` is used unless a digest is
    /// known already.
    pub(super) fn append(
        &self,
        whole: u64,
        digest: Option<ContentDigest>,
        bytes: &[u8],
    ) -> PartialBody {
        PartialBody {
            etag: self.etag.clone(),
            whole: Some(whole),
            digest: self.digest.or(digest),
            body: [&self.body, bytes].concat().into(),
        }
    }

    /// The entity tag of the version.
    pub fn etag(&self) -> &EntityTag<'static> {
        &self.etag
    }

    /// The number of bytes, which is the offset of the first missing byte.
    pub fn length(&self) -> u64 {
        self.body.len() as u64
    }

    /// The length of the complete body in bytes, if the server gave it.
    pub fn whole(&self) -> Option<u64> {
        self.whole
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
        let partial = body("\"v1\"", Some(5), b"half").unwrap();
        assert_eq!((partial.length(), partial.whole()), (4, Some(5)));
        assert!(body("\"v1\"", None, b"half").is_some());
        assert_eq!(body("W/\"v1\"", Some(5), b"half"), None);
        assert_eq!(body("", Some(5), b"half"), None);
        assert_eq!(body("\"v1\"", Some(5), b""), None);
        assert_eq!(body("\"v1\"", Some(4), b"half"), None);
        assert_eq!(body("\"v1\"", Some(3), b"half"), None);
    }
}
