//! Not fetching again what is there: what a request says of it, and what its answer makes of it.
//!
//! A whole file is asked for on the condition that it is another by now (`If-None-Match`); 304 says
//! that it is not. Of a body that broke off, a [`PartialBody`] is kept, and the request asks for the rest
//! of it (`Range`), should it still be the same version (`If-Range`): 206 brings the rest, 200
//! another version, from its start. A request may carry both: a server looks at `If-None-Match` first
//! (RFC 9110 section 13.2.2). All here is pure; [`DownloadDir`](crate::DownloadDir) keeps the files.

mod evaluate;
mod merge;
mod partial;

pub(crate) use evaluate::PartialUpdate;
pub use merge::{MergeError, PartialResponse};
pub use partial::PartialBody;

use crate::transport::RequestConditions;
use flagpole_protocol::StrongETag;
use http::HeaderValue;

/// A whole file that is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedFile {
    /// What the server called it when it was saved, or what flagpole's calls it. From a server that calls it
    /// otherwise by now, it is fetched again.
    pub etag: StrongETag,
    /// Its length in bytes.
    pub bytes: u64,
}

/// What earlier attempts left of a resource; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalCopy {
    /// The whole file: a 304 means that it is still the true one.
    pub present: Option<CachedFile>,
    /// The start of a file: a 206 brings the rest, which [`PartialBody::join`] judges.
    pub partial: Option<PartialBody>,
}

impl LocalCopy {
    /// Whether there is neither a complete nor a partial file.
    pub fn is_empty(&self) -> bool {
        self.present.is_none() && self.partial.is_none()
    }

    /// What a request says of it.
    pub fn conditions(&self) -> RequestConditions {
        RequestConditions {
            if_none_match: self.present.as_ref().map(|present| field(&present.etag)),
            range_from: self.partial.as_ref().map(PartialBody::length),
            if_range: self.partial.as_ref().map(|partial| field(partial.etag())),
        }
    }
}

fn field(etag: &StrongETag) -> HeaderValue {
    HeaderValue::from_str(etag.as_str()).expect("entity tags are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn a_request_asks_for_what_is_missing() {
        let present = CachedFile {
            etag: StrongETag::strong("\"old\"").unwrap(),
            bytes: 3,
        };
        let half = Bytes::from_static(b"half");
        let left = LocalCopy {
            present: Some(present),
            partial: PartialBody::from_response("\"new\"", Some(8), None, half),
        };
        let conditions = RequestConditions {
            if_none_match: Some(HeaderValue::from_static("\"old\"")),
            range_from: Some(4),
            if_range: Some(HeaderValue::from_static("\"new\"")),
        };
        assert_eq!(left.conditions(), conditions);
        assert_eq!(
            LocalCopy::default().conditions(),
            RequestConditions::default()
        );
    }
}
