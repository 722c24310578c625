//! What a response must be to count as a success.

use bytes::Bytes;
use flagpole_protocol::{ContentDigest, SpecError, reason};
use std::fmt;
use std::str::FromStr;

/// What a complete response must be to count as a success ([`Outcome::Ok`]). By default, its status is any 2xx.
///
/// A status that is not expected is the outcome of its response, whatever its body. An expected status with another body is
/// [`Outcome::UnexpectedBody`]. A body that does not match the server's own digest is [`Outcome::Corrupt`] in any case.
///
/// [`Outcome::Corrupt`]: flagpole_protocol::Outcome::Corrupt
/// [`Outcome::Ok`]: flagpole_protocol::Outcome::Ok
/// [`Outcome::UnexpectedBody`]: flagpole_protocol::Outcome::UnexpectedBody
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The statuses of a success.
    pub statuses: StatusSet,
    /// The digest of the whole body.
    pub digest: Option<ContentDigest>,
    /// Bytes that the body contains.
    pub body: Option<Bytes>,
}

/// Statuses of final responses: single ones from 200 to 999, and classes such as `2xx`. By default, any 2xx.
///
/// ```
/// use flagpole_client::StatusSet;
///
/// let expected: StatusSet = "3xx,200,204".parse()?;
/// assert!(expected.contains(204) && expected.contains(307) && !expected.contains(201));
/// assert_eq!(expected.to_string(), "200,204,3xx");
/// # Ok::<(), flagpole_protocol::SpecError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSet {
    /// Bit k is the class of the statuses from 100 k.
    classes: u16,
    /// In order, without those of the classes.
    codes: Vec<u16>,
}

impl StatusSet {
    /// Whether this status is one of the set.
    pub fn contains(&self, status: u16) -> bool {
        self.has_class(status / 100) || self.codes.contains(&status)
    }

    fn has_class(&self, class: u16) -> bool {
        class < 10 && self.classes & 1 << class != 0
    }
}

impl Default for StatusSet {
    /// Any 2xx.
    fn default() -> StatusSet {
        StatusSet {
            classes: 1 << 2,
            codes: Vec::new(),
        }
    }
}

impl FromStr for StatusSet {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<StatusSet, SpecError> {
        let mut set = StatusSet {
            classes: 0,
            codes: Vec::new(),
        };
        for item in text.split(',').map(str::trim) {
            match parse_item(item).ok_or_else(|| refused(item))? {
                Item::Class(class) => set.classes |= 1 << class,
                Item::Code(code) => set.codes.push(code),
            }
        }
        let classes = set.classes;
        set.codes.retain(|code| classes & 1 << (code / 100) == 0);
        set.codes.sort_unstable();
        set.codes.dedup();
        Ok(set)
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = (0..10).filter(|class| self.has_class(*class));
        let classes = classes.map(|class| (class * 100, format!("{class}xx")));
        let codes = self.codes.iter().map(|code| (*code, code.to_string()));
        let mut items: Vec<_> = classes.chain(codes).collect();
        items.sort_unstable();
        let items: Vec<_> = items.into_iter().map(|(_, text)| text).collect();
        f.write_str(&items.join(","))
    }
}

enum Item {
    Class(u16),
    Code(u16),
}

fn parse_item(text: &str) -> Option<Item> {
    let bytes = text.as_bytes();
    // 1xx are not final, and a status has three digits (RFC 9110 section 15).
    if !(bytes.len() == 3 && matches!(bytes[0], b'2'..=b'9')) {
        return None;
    }
    if bytes[1..].eq_ignore_ascii_case(b"xx") {
        return Some(Item::Class(u16::from(bytes[0] - b'0')));
    }
    let is_number = bytes.iter().all(u8::is_ascii_digit);
    text.parse().ok().filter(|_| is_number).map(Item::Code)
}

fn refused(item: &str) -> SpecError {
    let expected = "statuses from 200 to 999 and classes, such as `200,204,3xx`";
    SpecError::expected(expected, &reason(&item))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> StatusSet {
        text.parse().unwrap()
    }

    #[test]
    fn statuses_and_classes_are_read_and_written_in_order() {
        for (text, canonical) in [
            ("200", "200"),
            ("404, 204,404", "204,404"),
            ("5XX,301,3xx,200", "200,3xx,5xx"),
            ("999", "999"),
        ] {
            assert_eq!(parse(text).to_string(), canonical);
            assert_eq!(parse(canonical), parse(text));
        }
    }

    #[test]
    fn any_2xx_is_expected_by_default() {
        let expected = StatusSet::default();
        assert_eq!(expected, parse("2xx"));
        for (status, is_expected) in [(200, true), (299, true), (304, false), (404, false)] {
            assert_eq!(expected.contains(status), is_expected, "{status}");
        }
    }

    #[test]
    fn what_is_no_final_status_is_refused_and_quoted() {
        for (text, item) in [
            ("", ""),
            ("200,", ""),
            ("20", "20"),
            ("2000", "2000"),
            ("100", "100"),
            ("1xx", "1xx"),
            ("200,20x", "20x"),
            ("+20", "+20"),
            ("200-299", "200-299"),
            ("ok", "ok"),
        ] {
            let error = text.parse::<StatusSet>().unwrap_err().to_string();
            let expected = "expected statuses from 200 to 999 and classes, such as `200,204,3xx`";
            assert_eq!(error, format!("{expected}, got `{item}`"));
        }
    }
}
