//! Entity tags as clients list them, and how they compare with one of ours (RFC 9110 section 8.8.3).

use http::HeaderValue;

/// An entity tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityTag<'a> {
    is_weak: bool,
    /// With its quotes.
    opaque: &'a [u8],
}

impl<'a> EntityTag<'a> {
    /// The tags of a list, whose elements may be empty (section 5.6.1.2); `None` if it is malformed.
    /// A tag may hold commas, so the list can not be split at them.
    pub fn list(list: &'a [u8]) -> Option<Vec<EntityTag<'a>>> {
        let (mut tags, mut rest) = (Vec::new(), list);
        loop {
            rest = rest.trim_ascii_start();
            if !rest.is_empty() && !rest.starts_with(b",") {
                let (tag, behind) = EntityTag::first(rest)?;
                tags.push(tag);
                rest = behind.trim_ascii_start();
            }
            match rest.split_first() {
                None => return Some(tags),
                Some((b',', behind)) => rest = behind,
                Some(_) => return None,
            }
        }
    }

    /// The strong comparison with a strong tag (section 8.8.3.2).
    pub fn is_strongly(&self, strong: &HeaderValue) -> bool {
        !self.is_weak && self.is_weakly(strong)
    }

    /// The weak comparison with a strong tag.
    pub fn is_weakly(&self, strong: &HeaderValue) -> bool {
        self.opaque == strong.as_bytes()
    }

    /// The tag at the beginning of a text, and what is behind it.
    fn first(text: &'a [u8]) -> Option<(EntityTag<'a>, &'a [u8])> {
        let (is_weak, quoted) = match text.strip_prefix(b"W/") {
            Some(quoted) => (true, quoted),
            None => (false, text),
        };
        let inner = quoted.strip_prefix(b"\"")?;
        let length = inner.iter().position(|&byte| byte == b'"')?;
        let mut inner = inner[..length].iter();
        let is_legal = inner.all(|&byte| byte > b' ' && byte != 0x7f);
        let (opaque, behind) = quoted.split_at(length + 2);
        is_legal.then_some((EntityTag { is_weak, opaque }, behind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The tags of a list as they are written.
    fn read(list: &[u8]) -> Option<Vec<(bool, &[u8])>> {
        let tags = EntityTag::list(list)?;
        Some(tags.iter().map(|tag| (tag.is_weak, tag.opaque)).collect())
    }

    #[test]
    fn a_tag_may_hold_commas_backslashes_and_bytes_outside_of_ascii() {
        assert_eq!(read(b"\"a,b\"").unwrap(), [(false, &b"\"a,b\""[..])]);
        assert_eq!(read(b"\"\\\"").unwrap(), [(false, &b"\"\\\""[..])]);
        assert_eq!(
            read(b"W/\"\xe4\" ,\"\"").unwrap(),
            [(true, &b"\"\xe4\""[..]), (false, b"\"\"")]
        );
    }

    #[test]
    fn empty_elements_are_none_and_other_things_no_list() {
        for list in ["", ",", " ,\t, "] {
            assert_eq!(read(list.as_bytes()), Some(Vec::new()), "{list:?}");
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
            assert_eq!(read(list.as_bytes()), None, "{list:?}");
        }
    }

    /// The examples of section 8.8.3.2, with one of two always strong.
    #[test]
    fn a_weak_tag_is_the_same_only_weakly() {
        let compared = |one: &str| {
            let strong = HeaderValue::from_static("\"1\"");
            let tag = EntityTag::list(one.as_bytes()).unwrap()[0];
            (tag.is_strongly(&strong), tag.is_weakly(&strong))
        };
        assert_eq!(compared("W/\"1\""), (false, true));
        assert_eq!(compared("\"1\""), (true, true));
        assert_eq!(compared("W/\"2\""), (false, false));
        assert_eq!(compared("\"2\""), (false, false));
    }

    proptest! {
        #[test]
        fn a_list_holds_the_tags_it_was_written_with(
            tags in proptest::collection::vec(("[!#-~]{0,8}", any::<bool>()), 0..6),
        ) {
            let quoted: Vec<_> = tags.iter().map(|(inner, is_weak)| (*is_weak, format!("\"{inner}\""))).collect();
            let written = quoted.iter().map(|(is_weak, tag)| format!("{}{tag}", if *is_weak { "W/" } else { "" }));
            let list = written.collect::<Vec<_>>().join(" ,");
            let expected: Vec<_> = quoted.iter().map(|(is_weak, tag)| (*is_weak, tag.as_bytes())).collect();
            prop_assert_eq!(read(list.as_bytes()), Some(expected));
        }
    }
}
