//! The parameters of a fault's specification: `700,for=5s`.

use crate::config::spec::SpecError;
use flagpole_protocol::Offset;
use std::str::FromStr;

/// What stands behind the colon, taken word by word.
pub(crate) struct Parameters<'a> {
    words: Vec<&'a str>,
}

impl<'a> Parameters<'a> {
    /// The words between the commas.
    pub(crate) fn of(text: Option<&'a str>) -> Parameters<'a> {
        Parameters {
            words: text.map_or_else(Vec::new, |text| text.split(',').collect()),
        }
    }

    /// The next word without a name, if there is one.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        let place = self.words.iter().position(|word| !word.contains('='))?;
        Some(self.words.remove(place))
    }

    /// The next word without a name.
    pub(crate) fn required(&mut self, what: &str) -> Result<&'a str, SpecError> {
        self.next()
            .ok_or_else(|| SpecError::rule(format!("expected {what}, got nothing")))
    }

    /// The value of `name=value`, if it is there.
    pub(crate) fn named(&mut self, name: &str) -> Option<&'a str> {
        let value = |word: &&'a str| word.split_once('=').filter(|pair| pair.0 == name);
        let place = self.words.iter().position(|word| value(word).is_some())?;
        value(&self.words.remove(place)).map(|pair| pair.1)
    }

    /// What was not taken is too much.
    pub(crate) fn end(self) -> Result<(), SpecError> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(SpecError::rule(format!("unexpected parameter `{word}`"))),
        }
    }
}

/// A whole number of at least `least`.
pub(crate) fn number<N>(text: &str, least: N, what: &str) -> Result<N, SpecError>
where
    N: FromStr + PartialOrd + Copy,
{
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text
        .parse()
        .ok()
        .filter(|number| digits && *number >= least);
    number.ok_or_else(|| SpecError::expected(what, text))
}

/// A place in the body: `700` bytes, or `50%` of it.
pub(crate) fn offset(text: &str) -> Result<Offset, SpecError> {
    let what = "a place in the body such as `700` (bytes) or `50%`";
    match text.strip_suffix('%') {
        None => number(text, 0, what).map(Offset::Bytes),
        Some(share) => match number(share, 0_u8, what) {
            Ok(share @ 0..=100) => Ok(Offset::PerCent(share)),
            _ => Err(SpecError::expected(what, text)),
        },
    }
}

/// How an offset is written; nothing for the one before the head.
pub(crate) fn spelled(at: Offset) -> String {
    match at {
        Offset::BeforeHead => String::new(),
        Offset::Bytes(bytes) => bytes.to_string(),
        Offset::PerCent(share) => format!("{share}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_by_place_and_by_name() {
        let mut words = Parameters::of(Some("700,for=5s,extra"));
        assert_eq!(words.named("for"), Some("5s"));
        assert_eq!(words.next(), Some("700"));
        assert_eq!(words.named("for"), None);
        assert_eq!(
            words.end().unwrap_err().to_string(),
            "unexpected parameter `extra`"
        );
    }

    #[test]
    fn places_are_bytes_or_per_cent() {
        for (text, at) in [
            ("0", Offset::Bytes(0)),
            ("700", Offset::Bytes(700)),
            ("50%", Offset::PerCent(50)),
            ("100%", Offset::PerCent(100)),
        ] {
            assert_eq!(offset(text), Ok(at));
            assert_eq!(spelled(at), text);
        }
        for bad in [
            "",
            "-1",
            "+1",
            "101%",
            "%",
            "x",
            "1.5",
            "99999999999999999999",
        ] {
            assert_eq!(
                offset(bad).unwrap_err().to_string(),
                format!("expected a place in the body such as `700` (bytes) or `50%`, got `{bad}`")
            );
        }
    }
}
