//! Parses the parameters of a fault's specification: `700,for=5s`.

use flagpole_protocol::{Offset, SpecError};
use std::str::FromStr;

/// The parameters after the colon that are not yet parsed; `parse` of a member takes one after the other.
pub(crate) struct FaultParameters<'a>(Vec<&'a str>);

impl<'a> FaultParameters<'a> {
    /// The parameters of a text, separated by commas.
    pub(crate) fn new(text: Option<&'a str>) -> FaultParameters<'a> {
        FaultParameters(text.map_or_else(Vec::new, |text| text.split(',').collect()))
    }

    /// Takes the next parameter without a name.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        let index = self.0.iter().position(|word| !word.contains('='))?;
        Some(self.0.remove(index))
    }

    /// Takes the next parameter without a name, which must exist.
    pub(crate) fn required(&mut self, what: &str) -> Result<&'a str, SpecError> {
        self.next()
            .ok_or_else(|| SpecError::rule(format!("expected {what}, got nothing")))
    }

    /// Takes the value of `name=value`.
    pub(crate) fn named(&mut self, name: &str) -> Option<&'a str> {
        let value = |word: &&'a str| word.split_once('=').filter(|pair| pair.0 == name);
        let index = self.0.iter().position(|word| value(word).is_some())?;
        value(&self.0.remove(index)).map(|pair| pair.1)
    }

    /// Fails if parameters remain.
    pub(crate) fn end(self) -> Result<(), SpecError> {
        match self.0.first() {
            None => Ok(()),
            Some(word) => Err(SpecError::rule(format!("unexpected parameter `{word}`"))),
        }
    }
}

/// Parses a whole number of at least `min`.
pub(crate) fn number<N>(text: &str, min: N, what: &str) -> Result<N, SpecError>
where
    N: FromStr + PartialOrd + Copy,
{
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok();
    number
        .filter(|number| is_digits && *number >= min)
        .ok_or_else(|| SpecError::expected(what, text))
}

/// Parses an offset in the body: `700` bytes, or `50%` of the body.
pub(crate) fn offset(text: &str) -> Result<Offset, SpecError> {
    let what = "an offset in the body such as `700` (bytes) or `50%`";
    match text.strip_suffix('%') {
        None => number(text, 0, what).map(Offset::Bytes),
        Some(percent) => match number(percent, 0_u8, what) {
            Ok(percent @ 0..=100) => Ok(Offset::Percent(percent)),
            _ => Err(SpecError::expected(what, text)),
        },
    }
}

/// Writes an offset as [`offset`] parses it; an empty text for `Offset::BeforeHead`.
pub(crate) fn offset_text(at: Offset) -> String {
    match at {
        Offset::BeforeHead => String::new(),
        Offset::Bytes(bytes) => bytes.to_string(),
        Offset::Percent(percent) => format!("{percent}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_taken_by_position_and_by_name() {
        let mut parameters = FaultParameters::new(Some("700,for=5s,extra"));
        assert_eq!(parameters.named("for"), Some("5s"));
        assert_eq!(parameters.next(), Some("700"));
        assert_eq!(parameters.named("for"), None);
        assert_eq!(
            parameters.end().unwrap_err().to_string(),
            "unexpected parameter `extra`"
        );
    }

    #[test]
    fn an_offset_is_in_bytes_or_percent() {
        for (text, at) in [
            ("0", Offset::Bytes(0)),
            ("700", Offset::Bytes(700)),
            ("50%", Offset::Percent(50)),
            ("100%", Offset::Percent(100)),
        ] {
            assert_eq!(offset(text), Ok(at));
            assert_eq!(offset_text(at), text);
        }
        let too_long = "99999999999999999999";
        for bad in ["", "-1", "+1", "101%", "%", "x", "1.5", too_long] {
            let expected = "expected an offset in the body such as `700` (bytes) or `50%`, got";
            assert_eq!(
                offset(bad).unwrap_err().to_string(),
                format!("{expected} `{bad}`")
            );
        }
    }
}
