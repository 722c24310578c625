//! Entity tags and their comparison (RFC 9110 section 8.8.3).

use crate::ContentDigest;
use std::borrow::Cow;
use std::fmt;

/// The longest `ETag` value that a client sends back, in bytes: longer than any in practice, and short enough that no
/// server can make a client send large requests.
const MAX_LENGTH: usize = 256;

/// An entity tag, such as `"5d1f0a2b4c6e8f90"` or `W/"1"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag<'a> {
    is_weak: bool,
    /// Including the quotes.
    opaque: Cow<'a, [u8]>,
}

impl<'a> EntityTag<'a> {
    /// Parses the value of an `ETag` field. `None` if it is malformed.
    pub fn parse(value: &'a [u8]) -> Option<EntityTag<'a>> {
        let (tag, rest) = EntityTag::parse_first(value.trim_ascii())?;
        rest.is_empty().then_some(tag)
    }

    /// Parses a list of tags, whose elements may be empty (RFC 9110 section 5.6.1.2); `None` if it is malformed. A
    /// tag may contain commas, so the list cannot be split at them. `*` is not a list; the caller handles it.
    pub fn parse_list(list: &'a [u8]) -> Option<Vec<EntityTag<'a>>> {
        let (mut tags, mut rest) = (Vec::new(), list);
        loop {
            rest = rest.trim_ascii_start();
            if !rest.is_empty() && !rest.starts_with(b",") {
                let (tag, after) = EntityTag::parse_first(rest)?;
                tags.push(tag);
                rest = after.trim_ascii_start();
            }
            match rest.split_first() {
                None => return Some(tags),
                Some((b',', after)) => rest = after,
                Some(_) => return None,
            }
        }
    }

    /// The strong comparison (RFC 9110 section 8.8.3.2).
    pub fn matches_strongly(&self, other: &EntityTag<'_>) -> bool {
        !self.is_weak && !other.is_weak && self.matches_weakly(other)
    }

    /// The weak comparison (RFC 9110 section 8.8.3.2).
    pub fn matches_weakly(&self, other: &EntityTag<'_>) -> bool {
        self.opaque == other.opaque
    }

    /// The tag at the start of `text`, and the rest; `None` if there is no well-formed tag.
    fn parse_first(text: &'a [u8]) -> Option<(EntityTag<'a>, &'a [u8])> {
        let (is_weak, quoted) = match text.strip_prefix(b"W/") {
            Some(quoted) => (true, quoted),
            None => (false, text),
        };
        let inner = quoted.strip_prefix(b"\"")?;
        let length = inner.iter().position(|&byte| byte == b'"')?;
        let mut inner = inner[..length].iter();
        let is_legal = inner.all(|&byte| byte > b' ' && byte != 0x7f);
        let (opaque, rest) = quoted.split_at(length + 2);
        let opaque = Cow::Borrowed(opaque);
        is_legal.then_some((EntityTag { is_weak, opaque }, rest))
    }
}

impl EntityTag<'static> {
    /// Parses the value of an `ETag` field that a client can send back. `None` if the tag is weak (bodies with one
    /// weak tag may differ), malformed, or not ASCII (which has no defined encoding, RFC 9110 section 5.5), or if the
    /// value is longer than 256 bytes.
    pub fn parse_strong(value: &str) -> Option<EntityTag<'static>> {
        let tag = EntityTag::parse(value.as_bytes())?;
        let is_usable = !tag.is_weak && value.len() <= MAX_LENGTH && tag.opaque.is_ascii();
        is_usable.then(|| EntityTag {
            is_weak: false,
            opaque: Cow::Owned(tag.opaque.into_owned()),
        })
    }

    /// The tag that flagpole's server gives a body with this digest.
    pub fn from_digest(digest: ContentDigest) -> EntityTag<'static> {
        EntityTag {
            is_weak: false,
            opaque: Cow::Owned(format!("\"{}\"", digest.short()).into_bytes()),
        }
    }
}

impl fmt::Display for EntityTag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_weak { "W/" } else { "" })?;
        f.write_str(&String::from_utf8_lossy(&self.opaque))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Weakness and opaque part of each tag of a list.
    fn parts(list: &[u8]) -> Option<Vec<(bool, Vec<u8>)>> {
        let tags = EntityTag::parse_list(list)?;
        let parts = tags
            .into_iter()
            .map(|tag| (tag.is_weak, tag.opaque.into_owned()));
        Some(parts.collect())
    }

    #[test]
    fn tags_may_contain_commas_backslashes_and_non_ascii_bytes() {
        assert_eq!(parts(b"\"a,b\"").unwrap(), [(false, b"\"a,b\"".to_vec())]);
        assert_eq!(parts(b"\"\\\"").unwrap(), [(false, b"\"\\\"".to_vec())]);
        assert_eq!(
            parts(b"W/\"\xe4\" ,\"\"").unwrap(),
            [(true, b"\"\xe4\"".to_vec()), (false, b"\"\"".to_vec())]
        );
    }

    #[test]
    fn empty_elements_are_skipped_and_malformed_lists_rejected() {
        for list in ["", ",", " ,\t, "] {
            assert_eq!(parts(list.as_bytes()), Some(Vec::new()), "{list:?}");
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
            assert_eq!(parts(list.as_bytes()), None, "{list:?}");
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
            let [one, other] = [one, other].map(|tag| EntityTag::parse(tag.as_bytes()).unwrap());
            assert_eq!(one.matches_strongly(&other), strongly);
            assert_eq!(one.matches_weakly(&other), weakly);
        }
    }

    #[test]
    fn strong_tags_are_kept_unchanged() {
        for tag in [r#""xyzzy""#, r#""""#, r#""a,b!~'""#] {
            assert_eq!(EntityTag::parse_strong(tag).unwrap().to_string(), tag);
        }
        let tag = EntityTag::from_digest(ContentDigest::from_body(b"GIF"));
        assert_eq!(EntityTag::parse_strong(&tag.to_string()), Some(tag));
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
            assert_eq!(EntityTag::parse_strong(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn list_holds_the_tags_it_was_written_with(
            tags in proptest::collection::vec(("[!#-~]{0,8}", any::<bool>()), 0..6),
        ) {
            let quoted: Vec<_> = tags.iter().map(|(inner, is_weak)| (*is_weak, format!("\"{inner}\""))).collect();
            let written = quoted.iter().map(|(is_weak, tag)| format!("{}{tag}", if *is_weak { "W/" } else { "" }));
            let list = written.collect::<Vec<_>>().join(" ,");
            let expected: Vec<_> = quoted.into_iter().map(|(is_weak, tag)| (is_weak, tag.into_bytes())).collect();
            prop_assert_eq!(parts(list.as_bytes()), Some(expected));
        }
    }
}
