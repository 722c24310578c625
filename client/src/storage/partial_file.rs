//! The format of a `.part` file: one line of JSON, which says what it is the start of, then the bytes.

use crate::storage::resume::PartialBody;
use bytes::Bytes;
use flagpole_protocol::ContentDigest;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The longest first line, in bytes.
pub(crate) const HEAD_MAX: usize = 4096;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head<'a> {
    url: Cow<'a, str>,
    etag: String,
    /// The length of the whole.
    whole: Option<u64>,
    /// The digest of the whole, as `Repr-Digest` carries it.
    digest: Option<String>,
    /// The digest of the bytes that follow, by which a damaged file shows.
    have: String,
}

/// The first line of the file of a partial body; `partial.body()` follows it.
pub(crate) fn head(url: &str, partial: &PartialBody) -> Vec<u8> {
    let head = Head {
        url: Cow::Borrowed(url),
        etag: partial.etag().to_string(),
        whole: partial.whole(),
        digest: partial.digest().map(|digest| digest.to_string()),
        have: ContentDigest::of(partial.body()).to_string(),
    };
    let mut line = serde_json::to_vec(&head).expect("strings and numbers are always JSON");
    line.push(b'\n');
    line
}

/// Reads a file back. `None` if it is damaged, of another kind, or the start of something else.
pub(crate) fn decode(url: &str, file: &Bytes) -> Option<PartialBody> {
    let end = file.iter().take(HEAD_MAX).position(|&byte| byte == b'\n')?;
    let head: Head<'_> = serde_json::from_slice(&file[..end]).ok()?;
    let body = file.slice(end + 1..);
    let digest = match head.digest {
        Some(text) => Some(ContentDigest::from_header(&text)?),
        None => None,
    };
    let is_ours =
        head.url == url && ContentDigest::from_header(&head.have)? == ContentDigest::of(&body);
    is_ours.then(|| PartialBody::from_response(&head.etag, head.whole, digest, body))?
}
