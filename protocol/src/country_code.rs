//! A country code: two ASCII letters, of which 249 are assigned by ISO 3166-1 alpha-2.

use crate::SpecError;
use std::fmt;
use std::str::FromStr;

/// Two ASCII letters, in upper case. Any pair is a `CountryCode`; which of them have a flag is known to the catalogue
/// of a site.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// The number of codes: AA to ZZ.
    pub const COUNT: usize = 26 * 26;

    /// All pairs of letters in order, AA to ZZ.
    pub fn every() -> impl Iterator<Item = CountryCode> {
        (b'A'..=b'Z')
            .flat_map(|first| (b'A'..=b'Z').map(move |second| CountryCode([first, second])))
    }

    /// The code in lower case, as in a path.
    pub fn lower(self) -> String {
        self.to_string().to_ascii_lowercase()
    }

    /// The first letter, in upper case.
    pub fn initial(self) -> char {
        char::from(self.0[0])
    }

    /// The index of the code in [`CountryCode::every`], 0 to 675.
    pub fn index(self) -> usize {
        usize::from(self.0[0] - b'A') * 26 + usize::from(self.0[1] - b'A')
    }

    /// A code in upper case, at compile time.
    pub const fn from_upper(text: &str) -> Option<CountryCode> {
        match *text.as_bytes() {
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Some(CountryCode([a, b])),
            _ => None,
        }
    }

    /// A code in lower case, as in a path.
    pub fn from_lower(text: &str) -> Option<CountryCode> {
        match *text.as_bytes() {
            [a @ b'a'..=b'z', b @ b'a'..=b'z'] => Some(CountryCode([
                a.to_ascii_uppercase(),
                b.to_ascii_uppercase(),
            ])),
            _ => None,
        }
    }
}

impl FromStr for CountryCode {
    type Err = SpecError;

    /// Accepts upper and lower case: `BR`, `br`.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        CountryCode::from_lower(&text.to_ascii_lowercase())
            .ok_or_else(|| SpecError::expected("a country code of two letters, such as `BR`", text))
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0 {
            fmt::Write::write_char(f, char::from(letter))?;
        }
        Ok(())
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_case_parses_and_upper_case_is_displayed() {
        assert_eq!("br".parse::<CountryCode>().unwrap().to_string(), "BR");
        assert_eq!("Br".parse::<CountryCode>().unwrap().lower(), "br");
    }

    #[test]
    fn anything_but_two_letters_is_refused() {
        for bad in ["", "B", "B1", "BRA", "é", "b ", "ß"] {
            let error = bad.parse::<CountryCode>().unwrap_err().to_string();
            assert!(error.ends_with(&format!("got `{bad}`")), "{error}");
        }
    }

    #[test]
    fn every_lists_all_codes_in_order_of_their_index() {
        assert_eq!(CountryCode::every().count(), CountryCode::COUNT);
        for (index, code) in CountryCode::every().enumerate() {
            assert_eq!(code.index(), index);
        }
    }
}
