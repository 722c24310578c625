//! Values of the options of `load`. They have the same text on the command line and in files.

use crate::options::value_parsers::valid;
use derive_more::Display;
use flagpole_client::RequestMessage;
use flagpole_protocol::spec::whole_number;
use http::Method;
use std::num::NonZeroUsize;
use std::str::FromStr;

/// The most connections. Each needs an open file and, over TCP, a port.
const MAX_CONNECTIONS: usize = 1_000_000;

/// The methods of RFC 9110, and PATCH.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH",
];

/// A number of connections, 1 to 1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display)]
pub(crate) struct Connections(NonZeroUsize);

/// A number of requests from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display)]
pub(crate) struct RequestCount(pub(crate) u64);

/// A method that gets a response.
#[derive(Clone, Debug, PartialEq, Eq, Display)]
pub(crate) struct RequestMethod(pub(crate) Method);

/// A field such as `Accept: application/json`.
#[derive(Clone, Debug, PartialEq, Eq, Display)]
#[display("{name}: {value}")]
pub(crate) struct FieldLine {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Connections {
    pub(crate) const fn new(number: usize) -> Option<Connections> {
        match NonZeroUsize::new(number) {
            Some(number) if number.get() <= MAX_CONNECTIONS => Some(Connections(number)),
            _ => None,
        }
    }

    pub(crate) fn get(self) -> usize {
        self.0.get()
    }
}

impl FromStr for Connections {
    type Err = String;

    fn from_str(text: &str) -> Result<Connections, String> {
        let connections = whole_number(text).and_then(Connections::new);
        connections.ok_or_else(|| {
            let method = text.to_uppercase();
            let is_method = METHODS.contains(&method.as_str());
            let hint = is_method.then(|| format!("; the method is `-X {method}`"));
            let hint = hint.unwrap_or_default();
            format!("expected a number of connections, 1 to {MAX_CONNECTIONS}, got `{text}`{hint}")
        })
    }
}

impl FromStr for RequestCount {
    type Err = String;

    fn from_str(text: &str) -> Result<RequestCount, String> {
        let count = whole_number(text).filter(|count| *count > 0);
        let expected = || format!("expected a number of requests from 1, got `{text}`");
        count.map(RequestCount).ok_or_else(expected)
    }
}

impl FromStr for RequestMethod {
    type Err = String;

    fn from_str(text: &str) -> Result<RequestMethod, String> {
        let upper = text.to_uppercase();
        // Methods are case-sensitive; a known one in lower case is meant in upper case.
        let name = if METHODS.contains(&upper.as_str()) {
            &upper
        } else {
            text
        };
        let method: Method = valid(name, "a method such as `POST`", |_| true)?;
        let message = RequestMessage::new(method.clone());
        message.map_err(|error| error.to_string())?;
        Ok(RequestMethod(method))
    }
}

impl FromStr for FieldLine {
    type Err = String;

    fn from_str(text: &str) -> Result<FieldLine, String> {
        let parts = text.split_once(':');
        let Some((name, value)) = parts else {
            return Err(format!(
                "expected a field such as `Accept: text/html`, got `{text}`"
            ));
        };
        let field = FieldLine {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
        };
        let message = RequestMessage::default().field(&field.name, &field.value);
        message.map_err(|error| error.to_string())?;
        Ok(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_after_the_option_for_connections_gets_a_hint() {
        let error = |text: &str| text.parse::<Connections>().unwrap_err();
        let expected = "expected a number of connections, 1 to 1000000, got";
        assert_eq!(
            error("post"),
            format!("{expected} `post`; the method is `-X POST`")
        );
        assert_eq!(error("0"), format!("{expected} `0`"));
        assert_eq!("64".parse::<Connections>().unwrap().get(), 64);
    }

    #[test]
    fn fields_and_methods_are_checked() {
        let field: FieldLine = "accept:text/html ".parse().unwrap();
        assert_eq!(field.to_string(), "accept: text/html");
        for text in ["accept", "a b: c", "content-length: 3"] {
            assert!(text.parse::<FieldLine>().is_err(), "{text}");
        }
        let method = |text: &str| {
            text.parse::<RequestMethod>()
                .map(|method| method.to_string())
        };
        assert_eq!(method("patch").as_deref(), Ok("PATCH"));
        assert_eq!(method("purge").as_deref(), Ok("purge"));
        assert!(method("CONNECT").is_err() && method("a b").is_err());
    }
}
