//! The start of a body that broke off, with what it takes to go on with it.

use bytes::Bytes;
use flagpole_protocol::ContentDigest;
use flagpole_protocol::StrongETag;

/// The first bytes of one version of a resource, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialBody {
    pub(crate) etag: StrongETag,
    pub(crate) whole: Option<u64>,
    pub(crate) digest: Option<ContentDigest>,
    pub(crate) body: Bytes,
}

impl PartialBody {
    /// What arrived of a 200 that broke off: the value of its `ETag`; the length of the whole from
    /// `Content-Length`, if it was given; the digest of the whole, from `Repr-Digest` or
    /// `Content-Digest`; and the bytes.
    ///
    /// `None` if it cannot be gone on with: the tag is not a strong one, no byte arrived, or none is
    /// missing.
    pub fn from_response(
        etag: &str,
        whole: Option<u64>,
        digest: Option<ContentDigest>,
        body: Bytes,
    ) -> Option<PartialBody> {
        let etag = StrongETag::strong(etag)?;
        let partial = PartialBody {
            etag,
            whole,
            digest,
            body,
        };
        let have = partial.length();
        (have > 0 && whole.is_none_or(|whole| have < whole)).then_some(partial)
    }

    /// The version that it is the start of.
    pub fn etag(&self) -> &StrongETag {
        &self.etag
    }

    /// How many bytes are there, which is the place where to go on.
    pub fn length(&self) -> u64 {
        self.body.len() as u64
    }

    /// How many bytes the whole has, if the server said so.
    pub fn whole(&self) -> Option<u64> {
        self.whole
    }

    /// The digest of the whole, if the server gave one.
    pub fn digest(&self) -> Option<ContentDigest> {
        self.digest
    }

    /// The bytes.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_gone_on_with_is_a_partial() {
        let begun = |etag, whole, body| {
            PartialBody::from_response(etag, whole, None, Bytes::from_static(body))
        };
        let partial = begun("\"v1\"", Some(5), b"half").unwrap();
        assert_eq!((partial.length(), partial.whole()), (4, Some(5)));
        assert!(begun("\"v1\"", None, b"half").is_some());
        assert_eq!(begun("W/\"v1\"", Some(5), b"half"), None);
        assert_eq!(begun("", Some(5), b"half"), None);
        assert_eq!(begun("\"v1\"", Some(5), b""), None);
        assert_eq!(begun("\"v1\"", Some(4), b"half"), None);
        assert_eq!(begun("\"v1\"", Some(3), b"half"), None);
    }
}
