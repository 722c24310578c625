//! The format of a `.part` file: a header (one line of JSON), then the bytes of the partial body.

use crate::storage::resume::PartialBody;
use bytes::Bytes;
use flagpole_protocol::ContentDigest;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The maximum length of a header that is read, in bytes; it limits the search in a damaged file. The header of a URL
/// of more than some 3,500 bytes is longer, so that its download starts again instead of being resumed.
pub(super) const HEADER_MAX: usize = 4096;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartialHeader<'a> {
    /// Another run may have used the folder for another site.
    url: Cow<'a, str>,
    etag: String,
    /// The length of the complete body.
    whole: Option<u64>,
    /// The digest of the complete body, as `Repr-Digest` carries it.
    digest: Option<String>,
    /// The digest of the bytes that follow, which reveals a damaged file.
    have: String,
}

/// The header of a partial file. The bytes of `partial.body()` come after it.
pub(super) fn header(url: &str, partial: &PartialBody) -> Vec<u8> {
    let header = PartialHeader {
        url: Cow::Borrowed(url),
        etag: partial.etag().to_string(),
        whole: partial.complete_length(),
        digest: partial.digest().map(|digest| digest.to_string()),
        have: ContentDigest::from_body(partial.body()).to_string(),
    };
    let mut line =
        serde_json::to_vec(&header).expect("strings and numbers can always be written as JSON");
    line.push(b'\n');
    line
}

/// Decodes a partial file; `None` if the file is damaged, of another format or of another URL, or if its body cannot
/// be continued (see [`PartialBody::from_response`]).
pub(super) fn decode(url: &str, file: &Bytes) -> Option<PartialBody> {
    let end = file
        .iter()
        .take(HEADER_MAX)
        .position(|&byte| byte == b'\n')?;
    let header: PartialHeader<'_> = serde_json::from_slice(&file[..end]).ok()?;
    let body = file.slice(end + 1..);
    let digest = match header.digest {
        Some(text) => Some(ContentDigest::from_header(&text)?),
        None => None,
    };
    let is_intact = ContentDigest::from_header(&header.have)? == ContentDigest::from_body(&body);
    (header.url == url && is_intact)
        .then(|| PartialBody::from_response(&header.etag, header.whole, digest, body))?
}
