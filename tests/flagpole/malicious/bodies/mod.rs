//! Malicious bodies: wrong lengths, wrong contents, no end.

mod contents;
mod gzip_bomb;
mod lengths;

use super::{head, original_body};
use flagpole_protocol::ContentDigest;

/// A head with the digest of the flag of Brazil and these fields.
fn head_with_digest(fields: &str) -> Vec<u8> {
    let digest = ContentDigest::from_body(&original_body());
    head("200 OK", &format!("Content-Digest: {digest}\r\n{fields}"))
}
