//! `Content-Range` of a 206 (RFC 9110 section 14.4).

/// The range of bytes that a response contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The offset of the first byte.
    pub start: u64,
    /// The offset after the last byte; above `start`.
    pub end: u64,
    /// The length of the complete representation, at least `end`; `None` if the server does not give it.
    pub whole: Option<u64>,
}

impl ContentRange {
    /// Parses `bytes 0-99/1000` or `bytes 0-99/*`. `None` for another unit, an unsatisfied range (`bytes */1000`), and
    /// a range that the RFC calls invalid.
    pub fn parse(value: &str) -> Option<ContentRange> {
        let (unit, rest) = value.trim().split_once(' ')?;
        let (range, whole) = rest.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let range = ContentRange {
            start: number(first)?,
            end: number(last)?.checked_add(1)?,
            whole: match whole {
                "*" => None,
                length => Some(number(length)?),
            },
        };
        let is_valid =
            range.start < range.end && range.whole.is_none_or(|whole| range.end <= whole);
        (is_valid && unit.eq_ignore_ascii_case("bytes")).then_some(range)
    }

    /// The number of bytes.
    pub fn length(self) -> u64 {
        self.end - self.start
    }
}

/// Accepts digits alone: `parse` would accept a sign too.
fn number(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn examples_of_the_rfc_are_parsed() {
        let first = ContentRange::parse("bytes 42-1233/1234").unwrap();
        assert_eq!((first.start, first.end), (42, 1234));
        assert_eq!((first.length(), first.whole), (1192, Some(1234)));
        assert_eq!(ContentRange::parse("bytes 42-1233/*").unwrap().whole, None);
        assert_eq!(ContentRange::parse("Bytes 0-0/1").unwrap().length(), 1);
    }

    #[test]
    fn invalid_ranges_are_rejected() {
        for bad in [
            "",
            "bytes",
            "bytes ",
            "bytes */1234",
            "bytes 5-4/10",
            "bytes 0-10/10",
            "bytes 0-9/",
            "bytes -9/10",
            "bytes 0-/10",
            "bytes=0-9/10",
            "bytes +0-9/10",
            "bytes 0-9/10/10",
            "bytes 0 - 9/10",
            "bytes 0x0-9/10",
            "bytes 0-18446744073709551615/*",
            "bytes 0-18446744073709551616/*",
            "lines 0-9/10",
        ] {
            assert_eq!(ContentRange::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn valid_ranges_round_trip(start: u32, more: u32, beyond: u32, known: bool) {
            let [start, more, beyond] = [start, more, beyond].map(u64::from);
            let last = start + more;
            let whole = known.then_some(last + 1 + beyond);
            let length = whole.map_or("*".to_owned(), |whole| whole.to_string());
            let read = ContentRange::parse(&format!("bytes {start}-{last}/{length}"));
            prop_assert_eq!(read, Some(ContentRange { start, end: last + 1, whole }));
        }

        #[test]
        fn parsed_ranges_are_valid_for_any_text(text in "[bytes 0-9*/+-]{0,40}|\\PC*") {
            if let Some(range) = ContentRange::parse(&text) {
                prop_assert!(range.start < range.end);
                prop_assert!(range.whole.is_none_or(|whole| range.end <= whole));
            }
        }
    }
}
