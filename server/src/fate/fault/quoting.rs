//! The text of fault specifications: commas separate parameters and the last `@` precedes the probability, but neither
//! does so within double quotes.
//!
//! A value that begins with a quote is a quoted string, `"sorry, wait @ 5%"`, with the escapes `\"`, `\\`, `\n`, `\r`,
//! `\t` and `\u{1b}` (as in Rust). Within any other value, quotes are letters of the value: `header=ETag:"a,b"`.

use flagpole_protocol::SpecError;
use std::borrow::Cow;
use std::mem;
use std::str::Chars;

/// The commas and `@` outside of quotes, with their positions in bytes; `None` if the last quote is not closed.
fn separators(text: &str) -> Option<Vec<(usize, char)>> {
    let mut found = Vec::new();
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '"' => is_quoted = !is_quoted,
            '\\' => is_escaped = is_quoted,
            ',' | '@' if !is_quoted => found.push((at, letter)),
            _ => {}
        }
    }
    (!is_quoted).then_some(found)
}

/// Splits a specification into the fault and the text after the last `@`, if there is one.
pub(super) fn split_probability(text: &str) -> Result<(&str, Option<&str>), SpecError> {
    let separators = separators(text).ok_or_else(unclosed)?;
    let last = separators.iter().rfind(|(_, letter)| *letter == '@');
    Ok(last.map_or((text, None), |&(at, _)| {
        (&text[..at], Some(&text[at + 1..]))
    }))
}

/// Splits parameters at the commas; not at all if a quote is not closed.
pub(crate) fn split_parameters(text: &str) -> Vec<&str> {
    let separators = separators(text).unwrap_or_default();
    let commas = separators.iter().filter(|(_, letter)| *letter == ',');
    let ends = commas.map(|&(at, _)| at).chain([text.len()]);
    let mut start = 0;
    ends.map(|end| &text[mem::replace(&mut start, end + 1)..end])
        .collect()
}

fn unclosed() -> SpecError {
    SpecError::rule("expected a closing `\"`".to_owned())
}

/// The text that a value stands for.
pub(super) fn unquote(value: &str) -> Result<Cow<'_, str>, SpecError> {
    let Some(quoted) = value.strip_prefix('"') else {
        return Ok(value.into());
    };
    let (mut letters, mut text) = (quoted.chars(), String::new());
    loop {
        match letters.next().ok_or_else(unclosed)? {
            '"' if letters.as_str().is_empty() => return Ok(text.into()),
            '"' => {
                let expected = "expected a comma or `@` after a quoted string";
                return Err(SpecError::violation(expected, letters.as_str()));
            }
            '\\' => text.push(escaped(&mut letters)?),
            letter => text.push(letter),
        }
    }
}

/// The letter that an escape stands for, after the backslash.
fn escaped(letters: &mut Chars<'_>) -> Result<char, SpecError> {
    let letter = match letters.next() {
        Some(letter @ ('"' | '\\')) => Some(letter),
        Some('n') => Some('\n'),
        Some('r') => Some('\r'),
        Some('t') => Some('\t'),
        Some('u') => unicode(letters),
        _ => None,
    };
    let expected = r#"expected `"`, `\`, `n`, `r`, `t` or `u{HEX}` after a backslash"#;
    letter.ok_or_else(|| SpecError::rule(expected.to_owned()))
}

fn unicode(letters: &mut Chars<'_>) -> Option<char> {
    let (hex, rest) = letters.as_str().strip_prefix('{')?.split_once('}')?;
    *letters = rest.chars();
    // `from_str_radix` accepts a sign too.
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u32::from_str_radix(hex, 16).ok().filter(|_| is_hex);
    number.and_then(char::from_u32)
}

/// The value that stands for a text: the text itself if it can stand without quotes.
pub(super) fn quote(text: &str) -> Cow<'_, str> {
    let is_printable = |byte: u8| matches!(byte, b' '..=b'~');
    if !text.is_empty()
        && !text.starts_with('"')
        && text.bytes().all(is_printable)
        && separators(text).is_some_and(|separators| separators.is_empty())
    {
        return text.into();
    }
    let mut value = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => value.extend(['\\', letter]),
            '\n' => value.push_str("\\n"),
            '\r' => value.push_str("\\r"),
            '\t' => value.push_str("\\t"),
            _ if letter.is_control() => value.extend(letter.escape_unicode()),
            _ => value.push(letter),
        }
    }
    value.push('"');
    value.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_protect_commas_and_at_signs() {
        let text = r#"503,body="a, \" @ b",header=E:"c,d"@5%"#;
        let (fault, probability) = split_probability(text).unwrap();
        assert_eq!(probability, Some("5%"));
        assert_eq!(
            split_parameters(fault),
            ["503", r#"body="a, \" @ b""#, r#"header=E:"c,d""#]
        );
        assert_eq!(split_probability("a@b@5%"), Ok(("a@b", Some("5%"))));
        assert_eq!(split_parameters(""), [""]);
    }

    #[test]
    fn a_quoted_string_has_escapes() {
        let text = r#""\"\\\n\r\t\u{e9}é""#;
        assert_eq!(unquote(text).unwrap(), "\"\\\n\r\té\u{e9}");
        assert_eq!(unquote(r#"a\n"b""#).unwrap(), r#"a\n"b""#);
    }

    #[test]
    fn malformed_quotes_are_refused() {
        let error = |text: &str| unquote(text).unwrap_err().to_string();
        assert_eq!(error("\"a"), "expected a closing `\"`");
        let after = "expected a comma or `@` after a quoted string, got `b`";
        assert_eq!(error("\"a\"b"), after);
        for bad in [r"\x", r"\u{110000}", r"\u{+1}", r"\u41", r"\u{1"] {
            let message = error(&format!("\"{bad}\""));
            assert!(message.ends_with("after a backslash"), "{bad}: {message}");
        }
    }

    #[test]
    fn only_text_that_needs_quotes_is_quoted() {
        for (text, value) in [
            ("sorry", "sorry"),
            ("it's 5\"x\" \\n", "it's 5\"x\" \\n"),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("a@b", "\"a@b\""),
            ("5\"", "\"5\\\"\""),
            ("é\u{1b}", "\"é\\u{1b}\""),
        ] {
            assert_eq!(quote(text), value);
        }
    }

    proptest! {
        #[test]
        fn every_text_survives_as_a_parameter(text in ".*", other in "[\"\\\\,@a]{0,8}") {
            for text in [text, other] {
                let spec = format!("503,body={},x@5%", quote(&text));
                let (fault, probability) = split_probability(&spec).unwrap();
                prop_assert_eq!(probability, Some("5%"));
                let parameters = split_parameters(fault);
                prop_assert_eq!(parameters.len(), 3);
                let value = parameters[1].strip_prefix("body=").unwrap();
                prop_assert_eq!(unquote(value).unwrap(), text);
            }
        }
    }
}
