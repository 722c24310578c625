//! Method, fields and content of a request.

use bytes::Bytes;
use http::Method;
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HeaderMap, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};

/// The fields that the client sends itself, or that would change how messages are framed.
const RESERVED: [HeaderName; 7] = [
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Method, fields and content of a request (RFC 9110 section 6); its target is the resource of the download.
///
/// `Host`, `User-Agent` and `Accept-Encoding: identity` are sent too, unless given here.
///
/// ```
/// use flagpole_client::{RequestMessage, http::Method};
///
/// let order = RequestMessage::new(Method::POST)?
///     .field("Content-Type", "application/json")?
///     .content(r#"{"flag": "BR"}"#);
/// assert!(order.field("Content-Length", "1").is_err());
/// # Ok::<(), flagpole_client::RequestMessageError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestMessage {
    method: Method,
    fields: HeaderMap,
    content: Bytes,
}

/// A method or field that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestMessageError {
    /// `CONNECT` asks for a tunnel, not for a response.
    #[error("expected a method with a response, got `{0}`")]
    Method(Method),
    /// Not the name of a field (RFC 9110 section 5.1).
    #[error("expected the name of a field, such as `Accept`, got `{0}`")]
    Name(String),
    /// A field that the client sends itself, or that would change the framing of messages.
    #[error("expected a field that the client does not set itself, got `{0}`")]
    Reserved(HeaderName),
    /// Not the value of a field (RFC 9110 section 5.5).
    #[error("expected a value without control characters for the field `{name}`, got `{value}`")]
    Value {
        /// The name of the field.
        name: HeaderName,
        /// The value, with escaped control characters.
        value: String,
    },
}

impl Default for RequestMessage {
    /// A GET without fields and content.
    fn default() -> RequestMessage {
        RequestMessage {
            method: Method::GET,
            fields: HeaderMap::new(),
            content: Bytes::new(),
        }
    }
}

impl RequestMessage {
    /// A request without fields and content.
    ///
    /// # Errors
    /// If the method is `CONNECT`.
    pub fn new(method: Method) -> Result<RequestMessage, RequestMessageError> {
        if method == Method::CONNECT {
            return Err(RequestMessageError::Method(method));
        }
        Ok(RequestMessage {
            method,
            ..RequestMessage::default()
        })
    }

    /// Adds a field. A name may be used several times.
    ///
    /// # Errors
    /// If the name or the value is malformed, or the client sends the field itself.
    pub fn field(mut self, name: &str, value: &str) -> Result<RequestMessage, RequestMessageError> {
        let name: HeaderName = name
            .parse()
            .map_err(|_| RequestMessageError::Name(name.escape_debug().to_string()))?;
        if RESERVED.contains(&name) {
            return Err(RequestMessageError::Reserved(name));
        }
        let Ok(value) = HeaderValue::from_str(value) else {
            let value = value.escape_debug().to_string();
            return Err(RequestMessageError::Value { name, value });
        };
        self.fields.append(name, value);
        Ok(self)
    }

    /// Sets the content. `Content-Length` follows from it.
    pub fn content(mut self, content: impl Into<Bytes>) -> RequestMessage {
        self.content = content.into();
        self
    }

    /// The same request with another method.
    pub(crate) fn with_method(
        mut self,
        method: Method,
    ) -> Result<RequestMessage, RequestMessageError> {
        self.method = RequestMessage::new(method)?.method;
        Ok(self)
    }

    /// The same request without the fields of a name.
    pub(crate) fn without_field(mut self, name: &str) -> RequestMessage {
        self.fields.remove(name);
        self
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn fields(&self) -> &HeaderMap {
        &self.fields
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.content
    }

    /// The request that follows a redirect with a method that has changed to GET: without content and what describes it
    /// (RFC 9110 section 15.4).
    pub(crate) fn as_get(&self) -> RequestMessage {
        let fields = self
            .fields
            .iter()
            .filter(|(name, _)| !is_about_content(name));
        RequestMessage {
            method: Method::GET,
            fields: fields
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            content: Bytes::new(),
        }
    }
}

/// Whether a field describes the content of a request.
pub(crate) fn is_about_content(name: &HeaderName) -> bool {
    name.as_str().starts_with("content-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_that_cannot_be_sent_is_refused() {
        let field = |name, value| RequestMessage::default().field(name, value);
        assert!(field("X-Id", "7").is_ok() && field("host", "example.org").is_ok());
        for (name, value, error) in [
            (
                "",
                "x",
                "expected the name of a field, such as `Accept`, got ``",
            ),
            (
                "a b",
                "x",
                "expected the name of a field, such as `Accept`, got `a b`",
            ),
            (
                "Content-Length",
                "1",
                "expected a field that the client does not set itself, got `content-length`",
            ),
            (
                "A",
                "b\r\nc: d",
                "expected a value without control characters for the field `a`, got `b\\r\\nc: d`",
            ),
        ] {
            assert_eq!(field(name, value).unwrap_err().to_string(), error);
        }
        assert!(RequestMessage::new(Method::CONNECT).is_err());
    }

    #[test]
    fn request_after_a_redirect_to_get_has_no_content() {
        let post = RequestMessage::new(Method::POST).unwrap();
        let post = post.field("content-type", "text/plain").unwrap();
        let post = post.field("accept", "*/*").unwrap().content("x");
        let get = RequestMessage::default().field("accept", "*/*").unwrap();
        assert_eq!(post.as_get(), get);
    }
}
