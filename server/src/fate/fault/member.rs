//! The interface of the fault family: a fault, and a member, the entry of a kind of fault in the list of known faults;
//! and parsers of parameters: `700,for=5s`.

use super::quoting::{split_parameters, unquote};
use flagpole_protocol::{Fate, Offset, SpecError, spec};
use std::borrow::Cow;
use std::fmt;
use std::ops::RangeBounds;
use std::path::Path;
use std::str::FromStr;

/// A fault with its parameters.
pub trait Fault: fmt::Debug + Send + Sync {
    /// Edits the fate of a response so that this fault happens. `draw` is a uniform random number; `corrupt`
    /// chooses bits by `draw`, all other faults ignore it.
    fn apply(&self, draw: u64, fate: &mut Fate);

    /// The specification without the probability; it parses to the same fault.
    fn text(&self) -> String;

    /// This fault with the content of the file that it names, relative to `folder`; `None` if it names no file, or one
    /// that has been read.
    fn with_file(&self, _folder: &Path) -> Option<ParsedFault> {
        None
    }

    /// The file that this fault names: after it was read, relative to the working directory.
    fn file(&self) -> Option<&Path> {
        None
    }
}

/// A kind of fault in the list of known faults.
pub struct FaultMember {
    /// The name before the colon of a specification.
    pub name: &'static str,
    /// One line for help.
    pub about: &'static str,
    /// An example specification, without a probability.
    pub example: &'static str,
    pub(super) parse: fn(&mut FaultParameters<'_>) -> ParsedFault,
}

/// The result of `FaultMember::parse`.
pub(super) type ParsedFault = Result<Box<dyn Fault>, SpecError>;

/// The parameters after the colon that are not yet parsed; `parse` of a member takes one after the other.
pub(crate) struct FaultParameters<'a> {
    remaining: Vec<&'a str>,
    /// The names that `parse` has asked for.
    names: Vec<&'static str>,
}

impl<'a> FaultParameters<'a> {
    /// The parameters of a text, separated by commas outside of quotes.
    pub(crate) fn new(text: Option<&'a str>) -> FaultParameters<'a> {
        FaultParameters {
            remaining: text.map_or_else(Vec::new, split_parameters),
            names: Vec::new(),
        }
    }

    /// Takes the next parameter without a name.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        let index = self.remaining.iter().position(|word| !word.contains('='))?;
        Some(self.remaining.remove(index))
    }

    /// Takes the next parameter without a name, which must exist.
    pub(crate) fn required(&mut self, what: &str) -> Result<&'a str, SpecError> {
        self.next()
            .ok_or_else(|| SpecError::rule(format!("expected {what}, got nothing")))
    }

    /// Takes the value of `name=value`.
    pub(crate) fn named(&mut self, name: &'static str) -> Option<&'a str> {
        if !self.names.contains(&name) {
            self.names.push(name);
        }
        let value = |word: &&'a str| word.split_once('=').filter(|pair| pair.0 == name);
        let index = self
            .remaining
            .iter()
            .position(|word| value(word).is_some())?;
        value(&self.remaining.remove(index)).map(|pair| pair.1)
    }

    /// Takes the text that the value of `name=value` stands for: without quotes and escapes.
    pub(crate) fn named_text(&mut self, name: &'static str) -> Result<Option<String>, SpecError> {
        let text = self.named(name).map(unquote).transpose();
        let text = text.map_err(|error| error.within(name))?;
        Ok(text.map(Cow::into_owned))
    }

    /// Fails if parameters remain.
    pub(crate) fn end(self) -> Result<(), SpecError> {
        let Some(word) = self.remaining.first() else {
            return Ok(());
        };
        match word.split_once('=') {
            Some((name, _)) if !self.names.is_empty() && !self.names.contains(&name) => {
                Err(SpecError::unknown("parameter", name, self.names))
            }
            _ => {
                // The rest of a text, as in `body=sorry, wait`.
                let is_text = word.starts_with(' ') && !self.names.is_empty();
                let remedy = if is_text {
                    "; quote a value that has a comma"
                } else {
                    ""
                };
                let sentence = format!("unexpected parameter `{word}`{remedy}");
                Err(SpecError::rule(sentence))
            }
        }
    }
}

/// Parses a whole number in a range.
pub(crate) fn number<N: FromStr + PartialOrd>(
    text: &str,
    range: impl RangeBounds<N>,
    what: &str,
) -> Result<N, SpecError> {
    let number = spec::whole_number(text).filter(|number| range.contains(number));
    number.ok_or_else(|| SpecError::expected(what, text))
}

/// Parses an offset in the body: `700` bytes, or `50%` of the body.
pub(crate) fn offset(text: &str) -> Result<Offset, SpecError> {
    let what = "an offset in the body such as `700` (bytes) or `50%`";
    let offset = match text.strip_suffix('%') {
        None => spec::whole_number(text).map(Offset::Bytes),
        Some(percent) => spec::whole_number(percent)
            .filter(|percent| *percent <= 100)
            .map(Offset::Percent),
    };
    offset.ok_or_else(|| SpecError::expected(what, text))
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
