//! Entity tags and their comparison (RFC 9110 section 8.8.3).
//!
//! Not those of the crate `headers` (0.4.2): `If-None-Match: "a b"`, which is malformed, makes its debug builds panic and
//! matches in release builds; it takes what is well-formed from a malformed list; and it brings ten crates, where the
//! server without features may have 50.

use crate::ContentDigest;
use std::fmt;

/// The longest `ETag` value that a client sends back, in bytes: longer than any in practice, and short enough that no
/// server can make a client send large requests.
const MAX_LENGTH: usize = 256;

/// An entity tag, such as `"5d1f0a2b4c6e8f90"` or `W/"1"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag(Box<str>);

impl EntityTag {
    /// Parses the value of an `ETag` field. `None` if it is malformed.
    pub fn parse(value: &str) -> Option<EntityTag> {
        let (tag, rest) = split_first(value.trim_ascii())?;
        rest.is_empty().then(|| EntityTag(tag.into()))
    }

    /// Whether a client can send this tag back to resume: it is strong (bodies with one weak tag may differ), ASCII (others
    /// have no defined encoding, RFC 9110 section 5.5), and has at most 256 bytes.
    pub fn is_resumable(&self) -> bool {
        !self.is_weak() && self.0.is_ascii() && self.0.len() <= MAX_LENGTH
    }

    /// Parses a list of tags, whose elements may be empty (RFC 9110 section 5.6.1.2); `None` if it is malformed. A
    /// tag may contain commas, so the list cannot be split at them. `*` is not a list; the caller handles it.
    pub fn parse_list(list: &str) -> Option<Vec<EntityTag>> {
        let (mut tags, mut rest) = (Vec::new(), list);
        loop {
            rest = rest.trim_ascii_start();
            if !rest.is_empty() && !rest.starts_with(',') {
                let (tag, after) = split_first(rest)?;
                tags.push(EntityTag(tag.into()));
                rest = after.trim_ascii_start();
            }
            match rest.strip_prefix(',') {
                Some(after) => rest = after,
                None => return rest.is_empty().then_some(tags),
            }
        }
    }

    /// The tag that flagpole's server gives a body with this digest.
    pub fn from_digest(digest: ContentDigest) -> EntityTag {
        EntityTag(format!("\"{}\"", digest.short()).into())
    }

    /// The strong comparison (RFC 9110 section 8.8.3.2).
    pub fn matches_strongly(&self, other: &EntityTag) -> bool {
        !self.is_weak() && self == other
    }

    /// The weak comparison (RFC 9110 section 8.8.3.2).
    pub fn matches_weakly(&self, other: &EntityTag) -> bool {
        self.opaque() == other.opaque()
    }

    /// The field value.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_weak(&self) -> bool {
        self.0.starts_with('W')
    }

    /// The part that weak and strong tags have, with its quotes.
    fn opaque(&self) -> &str {
        self.0.trim_start_matches("W/")
    }
}

/// The tag at the start of `text`, and the rest; `None` if there is no well-formed tag.
fn split_first(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("W/").unwrap_or(text).strip_prefix('"')?;
    let (inner, rest) = inner.split_once('"')?;
    let is_legal = inner.bytes().all(|byte| byte > b' ' && byte != 0x7f);
    is_legal.then(|| (&text[..text.len() - rest.len()], rest))
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The tags of a list, as text.
    fn parts(list: &str) -> Option<Vec<String>> {
        let tags = EntityTag::parse_list(list)?;
        Some(tags.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn tags_may_contain_commas_backslashes_and_non_ascii_letters() {
        assert_eq!(parts("\"a,b\"").unwrap(), ["\"a,b\""]);
        assert_eq!(parts("\"\\\"").unwrap(), ["\"\\\""]);
        assert_eq!(
            parts("W/\"\u{e4}\" ,\"\"").unwrap(),
            ["W/\"\u{e4}\"", "\"\""]
        );
    }

    #[test]
    fn empty_elements_are_skipped_and_malformed_lists_rejected() {
        for list in ["", ",", " ,\t, "] {
            assert_eq!(parts(list), Some(Vec::new()), "{list:?}");
        }
        for list in [
            "a",
            "*",
            "\"a",
            "a\"",
            "\"",
            "W/",
            "w/\"a\"",
            "\"a b\"",
            "\"a\"\"b\"",
        ] {
            assert_eq!(parts(list), None, "{list:?}");
        }
    }

    /// The examples of RFC 9110 section 8.8.3.2.
    #[test]
    fn weak_tags_match_only_weakly() {
        for (one, other, strongly, weakly) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
        ] {
            let [one, other] = [one, other].map(|tag| EntityTag::parse(tag).unwrap());
            assert_eq!(one.matches_strongly(&other), strongly);
            assert_eq!(one.matches_weakly(&other), weakly);
        }
    }

    #[test]
    fn strong_tags_are_kept_unchanged() {
        for tag in [r#""xyzzy""#, r#""""#, r#""a,b!~'""#] {
            let parsed = EntityTag::parse(tag).unwrap();
            assert!(parsed.is_resumable());
            assert_eq!(parsed.to_string(), tag);
        }
        let tag = EntityTag::from_digest(ContentDigest::from_body(b"GIF"));
        assert_eq!(EntityTag::parse(&tag.to_string()), Some(tag));
    }

    #[test]
    fn weak_long_and_malformed_tags_are_not_sent_back() {
        let long = format!("\"{}\"", "x".repeat(MAX_LENGTH));
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
            let parsed = EntityTag::parse(bad);
            assert!(!parsed.is_some_and(|tag| tag.is_resumable()), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn list_holds_the_tags_it_was_written_with(
            tags in proptest::collection::vec(("[!#-~]{0,8}", any::<bool>()), 0..6),
        ) {
            let write = |(inner, is_weak): &(String, bool)| format!("{}\"{inner}\"", if *is_weak { "W/" } else { "" });
            let written: Vec<_> = tags.iter().map(write).collect();
            prop_assert_eq!(parts(&written.join(" ,")), Some(written));
        }
    }
}
