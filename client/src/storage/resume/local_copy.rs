//! The complete and the partial file of a resource before the resource is requested.

use super::partial_body::PartialBody;
use crate::transport::RequestConditions;
use flagpole_protocol::{ByteRange, EntityTag};
use http::HeaderValue;

/// A complete file on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedFile {
    /// The entity tag from the server's response, or else the tag that flagpole's server derives from the bytes.
    pub etag: EntityTag,
    /// The length in bytes.
    pub bytes: u64,
}

/// The complete and the partial file of a resource; neither by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalCopy {
    /// The complete file. A 304 means that this file is current.
    pub cached: Option<CachedFile>,
    /// The first part of a file. A 206 brings the rest, which [`PartialBody::merge`] appends.
    pub partial: Option<PartialBody>,
}

impl LocalCopy {
    /// Whether there is neither a complete nor a partial file.
    pub fn is_empty(&self) -> bool {
        self.cached.is_none() && self.partial.is_none()
    }

    /// The conditional fields of a request for the resource.
    pub fn conditions(&self) -> RequestConditions {
        RequestConditions {
            if_none_match: self.cached.as_ref().map(|cached| field(&cached.etag)),
            range: (self.partial.as_ref())
                .map(|partial| ByteRange::From(partial.body().len(), None)),
            if_range: self.partial.as_ref().map(|partial| field(partial.etag())),
        }
    }
}

fn field(etag: &EntityTag) -> HeaderValue {
    HeaderValue::from_str(etag.as_str()).expect("strong entity tags are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn request_names_the_cached_version_and_the_missing_range() {
        let cached = CachedFile {
            etag: EntityTag::parse_strong("\"old\"").unwrap(),
            bytes: 3,
        };
        let half = Bytes::from_static(b"half");
        let local = LocalCopy {
            cached: Some(cached),
            partial: PartialBody::from_response("\"new\"", Some(8), None, half),
        };
        let conditions = RequestConditions {
            if_none_match: Some(HeaderValue::from_static("\"old\"")),
            range: Some(ByteRange::From(4, None)),
            if_range: Some(HeaderValue::from_static("\"new\"")),
        };
        assert_eq!(local.conditions(), conditions);
        assert_eq!(
            LocalCopy::default().conditions(),
            RequestConditions::default()
        );
    }
}
