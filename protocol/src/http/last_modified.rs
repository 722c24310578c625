//! Modification dates and HTTP-dates (RFC 9110 sections 5.6.7 and 8.8.2).

use http::HeaderValue;
use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

/// The last second that an HTTP-date can express: the end of the year 9999, in seconds after 1970.
const MAX_SECOND: u64 = 253_402_300_799;

/// When a representation was last modified, to the second; displayed as the value of a `Last-Modified` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastModified {
    /// Seconds after 1970, as in Unix.
    second: u64,
    is_strong: bool,
}

impl LastModified {
    /// A date that is changed with every change of the representation, in seconds after 1970: a strong validator.
    pub const fn recorded(second: u64) -> LastModified {
        LastModified {
            second,
            is_strong: true,
        }
    }

    /// The date of a file that was modified and read in these seconds after 1970. A date in the future becomes that of the
    /// reading (section 8.8.2.1). A file that was read in the second of its modification may have changed again in that
    /// second, so its date is weak (section 8.8.2.2).
    pub fn of_file(modified: u64, read: u64) -> LastModified {
        LastModified {
            second: modified.min(read).min(MAX_SECOND),
            is_strong: modified < read,
        }
    }

    /// Whether the representation was modified after this second.
    pub(super) fn is_after(self, second: u64) -> bool {
        self.second > second
    }

    /// Whether this is a strong validator and equals the date.
    pub(super) fn matches_strongly(self, second: u64) -> bool {
        self.is_strong && self.second == second
    }
}

impl fmt::Display for LastModified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since_1970 = Duration::from_secs(self.second.min(MAX_SECOND));
        f.write_str(&httpdate::fmt_http_date(UNIX_EPOCH + since_1970))
    }
}

/// The seconds after 1970 of an HTTP-date in any of its three forms. `None` if it is malformed, or before 1970. Years of
/// two digits are 1970 to 2069; section 5.6.7 wants those that are more than 50 years away, and this crate has no clock.
pub(super) fn parse_http_date(field: &HeaderValue) -> Option<u64> {
    let date = httpdate::parse_http_date(field.to_str().ok()?).ok()?;
    Some(date.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The date of the examples in section 5.6.7.
    const EXAMPLE: u64 = 784_111_777;

    fn parse(text: &str) -> Option<u64> {
        parse_http_date(&HeaderValue::from_str(text).unwrap())
    }

    #[test]
    fn all_three_forms_are_parsed() {
        for date in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse(date), Some(EXAMPLE), "{date}");
        }
        assert_eq!(parse("Thursday, 01-Jan-70 00:00:00 GMT"), Some(0));
        assert_eq!(parse("Tue Feb 29 00:00:00 2000"), Some(951_782_400));
        assert_eq!(parse("Fri, 31 Dec 9999 23:59:59 GMT"), Some(MAX_SECOND));
    }

    #[test]
    fn malformed_dates_are_rejected() {
        for date in [
            "",
            "0",
            "784111777",
            "1994-11-06T08:49:37Z",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            // Section 5.6.7: names are case-sensitive.
            "sun, 06 nov 1994 08:49:37 gmt",
            "Sun,  06 Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sunday, 06 Nov 1994 08:49:37 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  6 08:49:37 1994 GMT",
            // No such day, no such time, another day of the week.
            "Fri, 30 Feb 2001 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
            "\"Sun, 06 Nov 1994 08:49:37 GMT\"",
        ] {
            assert_eq!(parse(date), None, "{date}");
        }
        let not_ascii = HeaderValue::from_bytes(b"Sun, 06 Nov 1994 08:49:37 GMT\xff").unwrap();
        assert_eq!(parse_http_date(&not_ascii), None);
    }

    #[test]
    fn a_date_is_written_in_the_preferred_form() {
        let date = LastModified::recorded(EXAMPLE).to_string();
        assert_eq!(date, "Sun, 06 Nov 1994 08:49:37 GMT");
        let last = LastModified::recorded(u64::MAX).to_string();
        assert_eq!(last, "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn the_date_of_a_file_is_strong_once_its_second_is_over_and_never_in_the_future() {
        for (modified, read, second, is_strong) in [
            (5, 6, 5, true),
            (5, 5, 5, false),
            (7, 6, 6, false),
            (0, 6, 0, true),
        ] {
            let expected = LastModified { second, is_strong };
            assert_eq!(LastModified::of_file(modified, read), expected);
        }
    }

    proptest! {
        #[test]
        fn a_written_date_is_parsed_to_its_second(second in 0..=MAX_SECOND) {
            prop_assert_eq!(parse(&LastModified::recorded(second).to_string()), Some(second));
        }

        #[test]
        fn parsing_never_panics(text in "[A-Za-z, :0-9-]{0,40}") {
            parse(&text);
        }
    }
}
