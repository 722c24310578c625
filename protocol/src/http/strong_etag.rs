//! Strong entity tags: the name of exactly these bytes (RFC 9110 section 8.8.3).

use crate::ContentDigest;
use std::fmt;

/// The longest that is sent back, in bytes: longer ones are seen only from servers that mean harm.
const LONGEST: usize = 256;

/// A strong entity tag, its quotes included: `"5d1f0a2b4c6e8f90"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrongETag(String);

impl StrongETag {
    /// Reads the value of an `ETag` field. `None` if it is weak, which says nothing of single bytes,
    /// malformed, or longer than 256 bytes. Bytes over 127, which are obsolete, are not accepted.
    pub fn strong(value: &str) -> Option<StrongETag> {
        let inner = value.trim().strip_prefix('"')?.strip_suffix('"')?;
        let is_tag = |byte: u8| byte == 0x21 || (0x23..=0x7e).contains(&byte);
        let fits = value.len() <= LONGEST && inner.bytes().all(is_tag);
        fits.then(|| StrongETag(format!("\"{inner}\"")))
    }

    /// What flagpole's server calls a body of this digest.
    pub fn of(digest: ContentDigest) -> StrongETag {
        StrongETag(format!("\"{}\"", digest.short()))
    }

    /// As the field carries it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StrongETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strong_tag_is_kept_as_it_is() {
        for tag in [r#""xyzzy""#, r#""""#, r#""a,b!~'""#] {
            assert_eq!(StrongETag::strong(tag).unwrap().as_str(), tag);
        }
        let tag = StrongETag::of(ContentDigest::of(b"GIF"));
        assert_eq!(StrongETag::strong(tag.as_str()), Some(tag));
    }

    #[test]
    fn what_is_weak_or_no_tag_is_none() {
        let long = format!("\"{}\"", "x".repeat(LONGEST));
        for bad in [
            "",
            "x",
            "\"",
            "\"x",
            "x\"",
            r#"W/"x""#,
            r#""a"b""#,
            r#""a", "b""#,
            "\"a b\"",
            "\"\u{e9}\"",
            "\"\r\n\"",
            &long,
        ] {
            assert_eq!(StrongETag::strong(bad), None, "{bad:?}");
        }
    }
}
