//! Texts with placeholders: `/orders/{id}`.

use flagpole_protocol::SpecError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;

/// All but the unreserved characters (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How values are written where a placeholder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As they are.
    Plain,
    /// Percent-encoded, all but unreserved characters.
    Percent,
    /// As the inside of a JSON string (RFC 8259 section 7).
    Json,
}

impl Encoding {
    /// That of content with this media type.
    pub(super) fn from_media_type(media_type: &str) -> Encoding {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        let essence = essence.to_ascii_lowercase();
        if essence == "application/json" || essence.ends_with("+json") {
            Encoding::Json
        } else if essence == "application/x-www-form-urlencoded" {
            Encoding::Percent
        } else {
            Encoding::Plain
        }
    }

    fn encode(self, value: &str) -> Cow<'_, str> {
        match self {
            Encoding::Plain => value.into(),
            Encoding::Percent => utf8_percent_encode(value, RESERVED).into(),
            Encoding::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted[1..quoted.len() - 1].to_owned().into()
            }
        }
    }
}

/// A text in which values are filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
    encoding: Encoding,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The index of a value.
    Value(usize),
}

impl Template {
    /// Parses a text. `{name}` stands for a value, `{{name}}` for the text `{name}`; every other brace is text.
    ///
    /// # Errors
    /// If a placeholder is none of the names.
    pub(super) fn parse(
        text: &str,
        encoding: Encoding,
        names: &[String],
    ) -> Result<Template, SpecError> {
        let (mut parts, mut rest, mut literal) = (Vec::new(), text, String::new());
        while let Some(start) = rest.find('{') {
            literal.push_str(&rest[..start]);
            rest = &rest[start..];
            if let Some(name) = escaped(rest) {
                literal.push_str(&rest[1..name.len() + 3]);
                rest = &rest[name.len() + 4..];
            } else if let Some(name) = placeholder(rest) {
                let known = names.iter().position(|known| known == name);
                let value = known.ok_or_else(|| unknown(name, names))?;
                parts.extend([Part::Text(std::mem::take(&mut literal)), Part::Value(value)]);
                rest = &rest[name.len() + 2..];
            } else {
                literal.push('{');
                rest = &rest[1..];
            }
        }
        literal.push_str(rest);
        parts.push(Part::Text(literal));
        Ok(Template { parts, encoding })
    }

    /// A text without placeholders, whatever braces it has.
    pub(super) fn from_text(text: &str) -> Template {
        Template {
            parts: vec![Part::Text(text.to_owned())],
            encoding: Encoding::Plain,
        }
    }

    /// Whether a value is filled in.
    pub(super) fn has_values(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Value(_)))
    }

    /// The text with these values.
    pub(super) fn render(&self, values: &[String]) -> String {
        let part = |part| match part {
            &Part::Value(value) => self.encoding.encode(&values[value]),
            Part::Text(text) => Cow::from(text),
        };
        self.parts.iter().map(part).collect()
    }
}

/// Whether a value can have this name.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && text.chars().all(is_name_letter)
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'
}

/// The name in `{name}` at the start of a text.
fn placeholder(text: &str) -> Option<&str> {
    let after = text.strip_prefix('{')?;
    let (name, _) = after.split_once('}')?;
    is_name(name).then_some(name)
}

/// The name in `{{name}}` at the start of a text.
fn escaped(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?;
    let name = placeholder(inner)?;
    inner[name.len() + 2..].starts_with('}').then_some(name)
}

fn unknown(name: &str, names: &[String]) -> SpecError {
    let error = SpecError::unknown("placeholder", name, names.iter().map(String::as_str));
    SpecError::rule(format!(
        "{error}; write `{{{{{name}}}}}` for the text `{{{name}}}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> Vec<String> {
        ["iteration", "token"].map(str::to_owned).into()
    }

    fn render(text: &str, encoding: Encoding, token: &str) -> String {
        let template = Template::parse(text, encoding, &names()).unwrap();
        template.render(&["7".to_owned(), token.to_owned()])
    }

    #[test]
    fn values_are_encoded_for_their_place() {
        let token = "a b/\"\u{e9}\n";
        for (encoding, value) in [
            (Encoding::Plain, "a b/\"\u{e9}\n"),
            (Encoding::Percent, "a%20b%2F%22%C3%A9%0A"),
            (Encoding::Json, "a b/\\\"\u{e9}\\n"),
        ] {
            assert_eq!(render("<{token}>", encoding, token), format!("<{value}>"));
        }
    }

    #[test]
    fn encoding_of_content_follows_its_media_type() {
        for (media_type, encoding) in [
            ("application/json", Encoding::Json),
            ("Application/Problem+JSON; charset=utf-8", Encoding::Json),
            ("application/x-www-form-urlencoded", Encoding::Percent),
            ("text/plain", Encoding::Plain),
            ("", Encoding::Plain),
        ] {
            assert_eq!(Encoding::from_media_type(media_type), encoding);
        }
    }

    #[test]
    fn braces_around_other_texts_are_text() {
        for (text, rendered) in [
            ("{\"a\": {\"b\": \"{token}\"}}", "{\"a\": {\"b\": \"x\"}}"),
            ("{token}{iteration}{token}", "x7x"),
            ("{{token}}", "{token}"),
            ("{viewer {{login}}}", "{viewer {login}}"),
            ("{a{token}}", "{ax}"),
            ("{ token } {} { {-a} {1}", "{ token } {} { {-a} {1}"),
            ("", ""),
        ] {
            assert_eq!(render(text, Encoding::Plain, "x"), rendered, "{text}");
        }
    }

    #[test]
    fn unknown_placeholder_is_refused_with_a_suggestion() {
        let error = Template::parse("/{tokn}", Encoding::Percent, &names()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown placeholder `tokn`; did you mean `token`?; write `{{tokn}}` for the text `{tokn}`"
        );
    }

    proptest! {
        #[test]
        fn text_without_braces_is_rendered_as_it_is(text in "[^{]*") {
            prop_assert_eq!(render(&text, Encoding::Json, "x"), text);
        }

        #[test]
        fn value_in_a_json_string_is_read_back(token: String) {
            let document = render("\"{token}\"", Encoding::Json, &token);
            prop_assert_eq!(serde_json::from_str::<String>(&document).unwrap(), token);
        }
    }
}
